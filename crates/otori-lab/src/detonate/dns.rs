//! DNS as the fake Internet speaks it: one question in, one answer out (RFC 1035).
//!
//! Key types: [`Question`], [`Book`]. Every name gets an address of 198.18.0.0/15 (benchmarking, RFC 2544), the
//! same one in every run. A device has no IPv6 here, so AAAA gets an empty answer and programs go on with A.
use core::net::Ipv4Addr;
use otori_event::id::fnv1a;
use std::collections::BTreeMap;

/// Names that are written down; later ones are still answered.
pub(crate) const NAMES_MAX: usize = 1_000;
const HEADER_BYTES: usize = 12;
const TYPE_A: u16 = 1;
/// How long an answer may be kept, seconds.
const TIME_TO_LIVE: u32 = 300;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// lower case, labels joined by dots, other bytes as `\DDD`
    pub(crate) name: String,
    /// 1 for A, 28 for AAAA …
    pub(crate) kind: u16,
    /// bytes of header and question
    end: usize,
}

impl Question {
    /// The first question of a query; `None` for what is no query.
    pub(crate) fn read(message: &[u8]) -> Option<Question> {
        let is_response = message.get(2)? & 0x80 != 0;
        let questions = u16::from_be_bytes([*message.get(4)?, *message.get(5)?]);
        if is_response || questions == 0 {
            return None;
        }
        let mut name = String::new();
        let mut at = HEADER_BYTES;
        loop {
            let length = usize::from(*message.get(at)?);
            at += 1;
            match length {
                0 => break,
                // Questions are never compressed by a client.
                64.. => return None,
                _ => {}
            }
            if !name.is_empty() {
                name.push('.');
            }
            for byte in message.get(at..at + length)? {
                match byte {
                    b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(*byte)),
                    b'A'..=b'Z' => name.push(char::from(byte.to_ascii_lowercase())),
                    other => name.push_str(&format!("\\{other:03}")),
                }
            }
            at += length;
            if at > HEADER_BYTES + 255 {
                return None;
            }
        }
        let kind = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
        message.get(at + 2..at + 4)?;
        Some(Question { name, kind, end: at + 4 })
    }

    /// The answer: one A record, or none for other types.
    pub(crate) fn answer(&self, query: &[u8], address: Ipv4Addr) -> Vec<u8> {
        let mut out = query.get(..self.end).unwrap_or(query).to_vec();
        let records = u8::from(self.kind == TYPE_A);
        // response, recursion desired as asked, recursion available, no error; one question
        let recursion = query.get(2).copied().unwrap_or(0) & 1;
        for (at, byte) in [0x80 | recursion, 0x80, 0, 1, 0, records, 0, 0, 0, 0].into_iter().enumerate() {
            if let Some(place) = out.get_mut(at + 2) {
                *place = byte;
            }
        }
        if records == 1 {
            out.extend([0xc0, HEADER_BYTES as u8, 0, TYPE_A as u8, 0, 1]);
            out.extend(TIME_TO_LIVE.to_be_bytes());
            out.extend([0, 4]);
            out.extend(address.octets());
        }
        out
    }
}

/// Who was given which address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    by_name: BTreeMap<String, Ipv4Addr>,
    by_address: BTreeMap<Ipv4Addr, String>,
    /// in the order of first sight
    pub(crate) names: Vec<String>,
}

impl Book {
    /// The address of a name, always the same one; two names share one only beyond [`NAMES_MAX`].
    pub(crate) fn address_of(&mut self, name: &str) -> Ipv4Addr {
        if let Some(address) = self.by_name.get(name) {
            return *address;
        }
        let hash = fnv1a(name.as_bytes());
        let mut address = benchmark_address(hash);
        if self.names.len() >= NAMES_MAX {
            return address;
        }
        for step in 1..=NAMES_MAX as u64 {
            if !self.by_address.contains_key(&address) {
                break;
            }
            address = benchmark_address(hash.wrapping_add(step));
        }
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), address);
        self.by_address.insert(address, name.to_owned());
        address
    }
    /// The name that this address was given out for.
    pub(crate) fn name_of(&self, address: Ipv4Addr) -> Option<&str> {
        self.by_address.get(&address).map(String::as_str)
    }
}

/// One of 512 * 254 host addresses in 198.18.0.0/15.
fn benchmark_address(hash: u64) -> Ipv4Addr {
    let host = 1 + (hash % 254) as u8;
    let net = (hash / 254 % 512) as u16;
    Ipv4Addr::new(198, 18 + (net >> 8) as u8, net as u8, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &[u8], kind: u8) -> Vec<u8> {
        let mut out = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split(|byte| *byte == b'.') {
            out.push(label.len() as u8);
            out.extend(label);
        }
        out.extend([0, 0, kind, 0, 1]);
        out
    }

    #[test]
    fn names_get_stable_addresses_and_ipv6_gets_none() {
        let mut book = Book::default();
        let message = query(b"CNC.evil.example", 1);
        let question = Question::read(&message).unwrap();
        assert_eq!(question.name, "cnc.evil.example");
        let address = book.address_of(&question.name);
        assert_eq!(Book::default().address_of("cnc.evil.example"), address, "the same in every run");
        assert!(address.octets()[0] == 198 && address.octets()[1] & 0xfe == 18);
        assert_eq!(book.name_of(address), Some("cnc.evil.example"));
        let answer = question.answer(&message, address);
        assert_eq!(&answer[..8], [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1]);
        assert!(answer.ends_with(&address.octets()));
        let six = query(b"a.example", 28);
        let answer = Question::read(&six).unwrap().answer(&six, address);
        assert_eq!((answer.len(), answer[7]), (six.len(), 0));
    }

    #[test]
    fn rubbish_is_no_question_and_names_are_bounded() {
        let whole = query(b"a.b", 1);
        for cut in 0..whole.len() {
            assert_eq!(Question::read(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(Question::read(&query(b"a\0\xff.b", 1)).unwrap().name, "a\\000\\255.b");
        let mut endless = vec![0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        endless.extend([1, b'a'].repeat(400));
        assert_eq!(Question::read(&endless), None);
        let mut book = Book::default();
        let all: std::collections::BTreeSet<_> =
            (0..2 * NAMES_MAX).map(|i| book.address_of(&format!("h{i}.example"))).collect();
        assert!(all.len() > NAMES_MAX && book.names.len() == NAMES_MAX);
    }
}
