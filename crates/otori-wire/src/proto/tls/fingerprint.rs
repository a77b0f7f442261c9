//! Fingerprints of hello messages: JA3, JA3S and JA4.
//!
//! Key type: [`Hello`]. Descriptions of their authors: J. Althouse et al., "TLS Fingerprinting with JA3 and JA3S" (2019);
//! FoxIO, "JA4: TLS Client Fingerprinting" (BSD-3). Values of RFC 8701 (GREASE) do not count.
use crate::digest::{Md5, hex};
use sha2::{Digest, Sha256};

/// What a hello message lists, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// version in the message's head
    pub version: u16,
    /// versions of extension 43
    pub versions: Vec<u16>,
    /// cipher suites; of a server the one that it chose
    pub suites: Vec<u16>,
    /// kinds of extensions
    pub extensions: Vec<u16>,
    /// groups of extension 10
    pub groups: Vec<u16>,
    /// point formats of extension 11
    pub formats: Vec<u8>,
    /// algorithms of extension 13
    pub algorithms: Vec<u16>,
    /// first application protocol of extension 16
    pub protocol: Vec<u8>,
    /// a server name was given
    pub named: bool,
}

const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn numbers(values: &[u16]) -> impl Iterator<Item = u16> + '_ {
    values.iter().copied().filter(|value| !is_grease(*value))
}

fn dashes(values: impl Iterator<Item = u16>) -> String {
    values.map(|value| value.to_string()).collect::<Vec<_>>().join("-")
}

impl Hello {
    /// JA3's text, before it is hashed.
    pub fn ja3(&self) -> String {
        let formats = self.formats.iter().map(|format| u16::from(*format));
        [
            self.version.to_string(),
            dashes(numbers(&self.suites)),
            dashes(numbers(&self.extensions)),
            dashes(numbers(&self.groups)),
            dashes(formats),
        ]
        .join(",")
    }
    /// JA3S's text.
    pub fn ja3s(&self) -> String {
        let suite = self.suites.first().copied().unwrap_or(0);
        [self.version.to_string(), suite.to_string(), dashes(numbers(&self.extensions))].join(",")
    }
    /// JA4; `transport` is `t` for TCP and `q` for QUIC.
    pub fn ja4(&self, transport: char) -> String {
        let version = numbers(&self.versions).max().unwrap_or(self.version);
        let version = match version {
            0x0304 => "13",
            0x0303 => "12",
            0x0302 => "11",
            0x0301 => "10",
            0x0300 => "s3",
            0x0002 => "s2",
            _ => "00",
        };
        let name = if self.named { 'd' } else { 'i' };
        let suites: Vec<u16> = numbers(&self.suites).collect();
        let extensions: Vec<u16> = numbers(&self.extensions).collect();
        let protocol = match (self.protocol.first(), self.protocol.last()) {
            (Some(first), Some(last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
                [char::from(*first), char::from(*last)].iter().collect()
            }
            (Some(first), Some(last)) => {
                let high = hex(&[*first]);
                let low = hex(&[*last]);
                format!("{}{}", high.get(..1).unwrap_or("0"), low.get(1..).unwrap_or("0"))
            }
            _ => String::from("00"),
        };
        let (few, many) = (suites.len().min(99), extensions.len().min(99));
        let mut sorted = suites;
        sorted.sort_unstable();
        // Name and protocols are left out: they change with the destination.
        let mut listed: Vec<u16> = extensions.into_iter().filter(|kind| !matches!(kind, 0 | 16)).collect();
        listed.sort_unstable();
        let algorithms: Vec<u16> = numbers(&self.algorithms).collect();
        let mut second = commas(&listed);
        if !algorithms.is_empty() {
            second.push('_');
            second.push_str(&commas(&algorithms));
        }
        format!(
            "{transport}{version}{name}{few:02}{many:02}{protocol}_{}_{}",
            short(&commas(&sorted)),
            short(&second)
        )
    }
}

fn commas(values: &[u16]) -> String {
    values.iter().map(|value| format!("{value:04x}")).collect::<Vec<_>>().join(",")
}

/// The first twelve digits of SHA-256; zeros for nothing.
fn short(text: &str) -> String {
    if text.is_empty() {
        return "0".repeat(12);
    }
    hex(&Sha256::digest(text.as_bytes())).get(..12).unwrap_or("").to_owned()
}

/// MD5 of a fingerprint's text, in hexadecimal digits.
pub fn hash(text: &str) -> String {
    hex(&Md5::of(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_leave_out_what_does_not_count() {
        let hello = Hello {
            version: 0x0303,
            versions: vec![0x0a0a, 0x0304],
            suites: vec![0x1a1a, 0x1301, 0x1302],
            extensions: vec![0, 0x2a2a, 16, 43, 13],
            groups: vec![29],
            formats: vec![0],
            algorithms: vec![0x0403],
            protocol: b"h2".to_vec(),
            named: true,
        };
        assert_eq!(hello.ja3(), "771,4865-4866,0-16-43-13,29,0");
        assert_eq!(hello.ja3s(), "771,6682,0-16-43-13");
        assert!(hello.ja4('t').starts_with("t13d0204h2_"));
        assert_eq!(Hello::default().ja4('q'), "q00i000000_000000000000_000000000000");
    }
}
