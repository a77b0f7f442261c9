//! Names by which a device has found addresses: the answers of DNS that it got (RFC 1035).
//!
//! Key type: [`Names`]. An alias leads to the name that was asked for.
use super::lately::Lately;
use core::net::IpAddr;
use otori_event::Timestamp;
use otori_wire::proto::dns::Message;
use std::sync::Arc;

/// Addresses of one device that have a name.
const NAMES: usize = 128;
/// Bytes of a name, RFC 1035 2.3.4.
const NAME_BYTES: usize = 255;

/// Names of addresses.
#[derive(Default)]
pub struct Names {
    known: Lately<IpAddr, Option<Arc<str>>>,
}

impl Names {
    /// Takes an answer that the device got.
    pub fn learn(&mut self, message: &Message, at: Timestamp) {
        let Some(question) = message.questions.first() else { return };
        let Some(name) = plain(&question.name) else { return };
        let addresses = message.answers.iter().filter(|answer| matches!(answer.kind, 1 | 28));
        for answer in addresses {
            let ip = core::str::from_utf8(&answer.data).ok().and_then(|text| text.parse::<IpAddr>().ok());
            if let Some(ip) = ip {
                *self.known.entry(ip, at, NAMES) = Some(name.clone());
            }
        }
    }
    /// The name by which it found that address.
    pub fn of(&mut self, ip: IpAddr) -> Option<Arc<str>> {
        self.known.get_mut(&ip)?.clone()
    }
}

/// A host's name as it is kept: lower case, without the final dot; `None` if it is none.
pub fn plain(name: &[u8]) -> Option<Arc<str>> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let fits = !name.is_empty() && name.len() <= NAME_BYTES;
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !fits || !name.iter().all(known) || !name.iter().any(u8::is_ascii_alphabetic) {
        return None;
    }
    core::str::from_utf8(name).ok().map(|name| name.to_ascii_lowercase().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_wire::proto::dns::{Question, Resource};

    #[test]
    fn addresses_have_the_name_that_was_asked_for() {
        let mut names = Names::default();
        let question = Question { name: b"Cloud.Example.".to_vec(), kind: 1, truncated: false };
        let record = |kind, data: &str| Resource { kind, data: data.into(), ..Resource::default() };
        let answers = vec![record(5, "edge.cdn.example"), record(1, "192.0.2.9"), record(28, "2001:db8::9")];
        let message =
            Message { questions: vec![question].into(), answers: answers.into(), ..Message::default() };
        names.learn(&message, Timestamp(0));
        assert_eq!(names.of("192.0.2.9".parse().unwrap()).as_deref(), Some("cloud.example"));
        assert_eq!(names.of("2001:db8::9".parse().unwrap()).as_deref(), Some("cloud.example"));
        assert_eq!(names.of("192.0.2.8".parse().unwrap()), None);
        assert!(plain(b"192.0.2.1").is_none() && plain(b"a b").is_none() && plain(&[b'a'; 256]).is_none());
    }
}
