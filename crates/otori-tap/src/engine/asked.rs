//! What a request asks for, as policies look at it. Key type: [`Request`]. Neighbour: `policing`.
use crate::policy::EncryptedHello;
use otori_rule::list::{Listed, Lists, Room, Subject};
use otori_wire::{
    Direction, Progress, Transaction,
    proto::{ProtocolId, dns, http, quic, tls},
};

/// Bytes kept of a URL.
const URL_BYTES: usize = 2048;

/// Host, URL and lists of a request.
#[derive(Default)]
pub(super) struct Request {
    pub(super) is_there: bool,
    /// hosts, and URLs without their scheme
    pub(super) names: Vec<Vec<u8>>,
    /// categories of the lists that they are on
    pub(super) categories: Vec<String>,
    pub(super) hello: EncryptedHello,
}

/// The client has said what it wants.
pub(super) fn is_asked(transaction: &Transaction) -> bool {
    transaction.progress[Direction::ToServer.index()] >= Progress::Headers
        || transaction.fields.get(dns::QUERY).is_some()
}

impl Request {
    /// That of a transaction with a server's port, and the lists if anybody wants to know.
    pub(super) fn of(transaction: &Transaction, port: u16, lists: Option<(&Lists, &mut Room)>) -> Request {
        let mut request = Request { is_there: true, hello: hello_of(transaction), ..Request::default() };
        let field = |id| transaction.fields.get(id);
        let mut categories = Vec::new();
        let mut tell = |listed: Listed<'_>| {
            if !categories.contains(&listed.spec.category) {
                categories.push(listed.spec.category.clone());
            }
        };
        if matches!(transaction.protocol, ProtocolId::Http | ProtocolId::Http2) {
            let target = field(http::URI_RAW).unwrap_or_default();
            let target = target.get(..target.len().min(URL_BYTES)).unwrap_or(target);
            let (host, target) = url(field(http::HOST_RAW).unwrap_or_default(), target);
            request.names.push([host, target].concat());
            if let Some((lists, room)) = lists {
                let usual_port = if transaction.protocol == ProtocolId::Http2 { 443 } else { 80 };
                let says_port = host.contains(&b':') || port == usual_port;
                let with_port = if says_port { Vec::new() } else { format!(":{port}").into_bytes() };
                let authority = [host, &with_port].concat();
                lists.look_up(Subject::Url { authority: &authority, target, usual_port }, room, &mut tell);
            }
        } else {
            let names = [dns::QUERY, tls::SNI, quic::SNI];
            request.names.extend(names.into_iter().filter_map(field).map(<[u8]>::to_vec));
            if let Some((lists, room)) = lists {
                for name in &request.names {
                    lists.look_up(Subject::Host(name), room, &mut tell);
                }
            }
        }
        request.categories = categories;
        request
    }
}

/// Host and path. A target may be a whole URL, or a host alone (RFC 9112, section 3.2).
fn url<'a>(host: &'a [u8], target: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    if target.starts_with(b"/") || target == b"*" {
        return (host, target);
    }
    let scheme = target.windows(3).position(|three| three == b"://").map_or(0, |at| at + 3);
    let bare = target.get(scheme..).unwrap_or_default();
    bare.split_at(bare.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(bare.len()))
}

fn hello_of(transaction: &Transaction) -> EncryptedHello {
    let offered = match transaction.protocol {
        ProtocolId::Tls => transaction.detail_of::<tls::Handshake>().is_some_and(|said| said.encrypted_hello),
        ProtocolId::Quic => quic::offers_encrypted_hello(transaction),
        _ => false,
    };
    let name = transaction.fields.get(tls::SNI).or_else(|| transaction.fields.get(quic::SNI));
    match (offered, name.is_some_and(tls::hides_a_name)) {
        (false, _) => EncryptedHello::None,
        (true, false) => EncryptedHello::Offered,
        (true, true) => EncryptedHello::HiddenName,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_one_of_three_forms() {
        let rows: &[(&str, &str, &str, &str)] = &[
            ("a.example", "/x?y", "a.example", "/x?y"),
            ("a.example", "*", "a.example", "*"),
            ("proxy.example", "http://b.example:8080/x", "b.example:8080", "/x"),
            ("proxy.example", "http://b.example?x", "b.example", "?x"),
            ("c.example:443", "c.example:443", "c.example:443", ""),
            ("a.example", "", "", ""),
        ];
        for (host, target, expect_host, expect_path) in rows {
            let found = url(host.as_bytes(), target.as_bytes());
            assert_eq!(found, (expect_host.as_bytes(), expect_path.as_bytes()), "{host} {target}");
        }
    }
}
