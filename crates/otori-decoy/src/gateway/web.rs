//! A guest's HTTP request, read far enough to know its URL, and the answer it gets.
//!
//! Key functions: [`read`], [`answer`]. Uses the front's parser (RFC 9112).
use super::name::Names;
use crate::fetch::{Fetched, Request, Scheme, split_host_port};
use crate::front::http::request::{Bad, Head, parse_head};
use std::net::SocketAddr;

/// Bytes of a guest's request.
const HEAD_MAX: usize = 16 << 10;

/// What the bytes are so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// the start of a request
    More,
    /// no HTTP
    Other,
    /// a request for a file
    Get {
        /// which
        request: Request,
        /// HEAD
        head_only: bool,
    },
    /// a request that is never passed on
    Refuse {
        /// of what
        url: String,
        /// why
        reason: &'static str,
    },
}

/// Could these bytes be the start of a request line?
fn starts_like_http(bytes: &[u8]) -> bool {
    let method = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    match bytes.get(method) {
        None => method <= 10,
        Some(b' ') => (3..=10).contains(&method),
        Some(_) => false,
    }
}

/// Reads what the guest sent to `remote`.
pub(super) fn read(sent: &[u8], remote: SocketAddr, names: &Names) -> Outcome {
    if !starts_like_http(sent) {
        return Outcome::Other;
    }
    match parse_head(sent, HEAD_MAX) {
        Ok(None) => Outcome::More,
        Ok(Some((head, _))) => understand(&head, remote, names),
        Err(Bad::TooLarge | Bad::RequestLine | Bad::Version | Bad::Length) => Outcome::Other,
    }
}

fn understand(head: &Head, remote: SocketAddr, names: &Names) -> Outcome {
    let resolved = names.name_of(remote.ip()).map(str::to_string);
    let field = head.field("host").map(|v| String::from_utf8_lossy(v).into_owned());
    let host = field.and_then(|v| split_host_port(&v, 80)).map(|(host, _)| host);
    let request = Request {
        scheme: Scheme::Http,
        host: host.or(resolved.clone()).unwrap_or_else(|| remote.ip().to_string()),
        port: remote.port(),
        path: path(head),
        // An address that stands for a name is no address to go to; the name is looked up by the fetcher.
        address: if resolved.is_some() { None } else { Some(remote.ip()) },
        user_agent: head.field("user-agent").unwrap_or_default().to_vec(),
    };
    // What is looked up is the name that the guest resolved, never another one from its Host field.
    let request = match resolved {
        Some(name) => Request { host: name, ..request },
        None => request,
    };
    match head.method.as_slice() {
        b"GET" => Outcome::Get { request, head_only: false },
        b"HEAD" => Outcome::Get { request, head_only: true },
        _ => Outcome::Refuse { url: request.url(), reason: "only GET is fetched" },
    }
}

fn path(head: &Head) -> String {
    let (path, query) = head.path_and_query();
    let mut text = printable(path);
    if !text.starts_with('/') {
        text.insert(0, '/');
    }
    if !query.is_empty() {
        text.push('?');
        text.push_str(&printable(query));
    }
    text
}

/// Bytes of a path as URL text: what may not stand there is percent-encoded (RFC 3986).
pub(super) fn printable(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut text, byte| {
        match byte {
            0x21..=0x7e if !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}') => {
                text.push(char::from(*byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
        text
    })
}

/// The answer that a simple server would give, with the fetched bytes unchanged.
pub(super) fn answer(file: &Fetched, head_only: bool) -> Vec<u8> {
    let reason = match file.status {
        200 => "OK",
        403 => "Forbidden",
        404 => "Not Found",
        _ => "Status",
    };
    let kind = file.content_type.as_deref().unwrap_or("application/octet-stream");
    let mut bytes = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        file.status,
        file.bytes.len()
    )
    .into_bytes();
    if !head_only {
        bytes.extend_from_slice(&file.bytes);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(sent: &[u8]) -> Outcome {
        let names = Names::new("198.18.0.0/15".parse().unwrap());
        read(sent, "192.0.2.1:8080".parse().unwrap(), &names)
    }
    fn url(sent: &[u8]) -> String {
        match outcome(sent) {
            Outcome::Get { request, .. } => request.url(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn urls_are_read_from_requests() {
        assert_eq!(url(b"GET /m HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n"), "http://192.0.2.1:8080/m");
        assert_eq!(url(b"GET /m HTTP/1.0\r\n\r\n"), "http://192.0.2.1:8080/m");
        assert_eq!(url(b"GET /\xff<x>?a b HTTP/1.0\r\n\r\n"), "http://192.0.2.1:8080/%FF%3Cx%3E?a%20b");
        assert_eq!(url(b"GET m HTTP/1.0\r\nHost: \x1b[2J\r\n\r\n"), "http://192.0.2.1:8080/m");
    }

    #[test]
    fn the_name_that_was_resolved_is_the_one_that_is_fetched() {
        let mut names = Names::new("198.18.0.0/15".parse().unwrap());
        let address = names.address_of("a.example").unwrap();
        let sent = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let Outcome::Get { request, .. } = read(sent, (address, 80).into(), &names) else { panic!("get") };
        assert_eq!((request.host.as_str(), request.address), ("a.example", None));
    }

    #[test]
    fn what_is_no_download_is_told_apart() {
        assert_eq!(outcome(b"GE"), Outcome::More);
        assert_eq!(outcome(b"GET / HTTP/1.1\r\nHost:"), Outcome::More);
        assert_eq!(outcome(b"\0\0\0\x01"), Outcome::Other);
        assert_eq!(outcome(b"SSH-2.0-x"), Outcome::Other);
        assert_eq!(outcome(&[b'A'; 40]), Outcome::Other);
        assert!(matches!(outcome(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"), Outcome::Refuse { .. }));
    }
}
