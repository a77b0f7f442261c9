//! Google's QUIC before TLS: its ClientHello is a list of tags in clear text.
//!
//! Key type: [`Hello`]. "QUIC Crypto", revision 20200115 (Google), "Handshake messages"; CYU as described by C. Yu,
//! "GQUIC Protocol Analysis and Fingerprinting in Zeek" (2019).
use crate::cursor::Cursor;

/// Tags of one hello that are read.
const TAGS: usize = 128;

/// What a client says.
#[derive(Default)]
pub(super) struct Hello<'a> {
    pub(super) sni: Option<&'a [u8]>,
    pub(super) user_agent: Option<&'a [u8]>,
    /// all tags in their order, each with the end of its value
    rows: &'a [[u8; 8]],
}

/// Versions in clear text, by their four letters.
const VERSIONS: &[&str] = &[
    "Q024", "Q025", "Q030", "Q033", "Q034", "Q035", "Q036", "Q037", "Q038", "Q039", "Q041", "Q042", "Q043",
    "Q044", "Q046",
];

/// The name of a version.
fn version_name(number: u32) -> Option<&'static str> {
    let letters = number.to_be_bytes();
    VERSIONS.iter().find(|name| name.as_bytes() == letters).copied()
}

/// The version of a packet with the public header that was used until Q043.
pub(super) fn public_version(bytes: &[u8]) -> Option<&'static str> {
    let mut cursor = Cursor::new(bytes);
    // A version, and an identifier of eight bytes.
    cursor.u8().filter(|flags| flags & 0xc9 == 9)?;
    cursor.skip(8)?;
    version_name(cursor.u32()?)
}

/// The version of a packet with the long header of Q044 and later.
pub(super) fn long_version(bytes: &[u8]) -> Option<&'static str> {
    let mut cursor = Cursor::new(bytes);
    cursor.u8().filter(|first| first & 0x80 != 0)?;
    version_name(cursor.u32()?)
}

/// The hello in a packet, found by its tag.
pub(super) fn hello(bytes: &[u8]) -> Option<Hello<'_>> {
    let at = bytes.windows(4).position(|four| four == b"CHLO")?;
    let mut cursor = Cursor::new(bytes.get(at + 4..)?);
    let count = usize::from(u16::from_le_bytes(cursor.take(2)?.try_into().ok()?)).min(TAGS);
    cursor.skip(2)?;
    let (rows, _) = cursor.take(count * 8)?.as_chunks::<8>();
    let (values, mut start) = (cursor.rest(), 0);
    let mut hello = Hello { rows, ..Hello::default() };
    for [a, b, c, d, end @ ..] in rows {
        let end = u32::from_le_bytes(*end) as usize;
        match &[*a, *b, *c, *d] {
            b"SNI\0" => hello.sni = values.get(start..end),
            b"UAID" => hello.user_agent = values.get(start..end),
            _ => {}
        }
        start = end;
    }
    Some(hello)
}

impl Hello<'_> {
    /// CYU's text: version and tags.
    pub(super) fn cyu(&self, version: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(version.trim_start_matches('Q').trim_start_matches('0').as_bytes());
        for (place, row) in self.rows.iter().enumerate() {
            out.push(if place == 0 { b',' } else { b'-' });
            let name = String::from_utf8_lossy(row.get(..4).unwrap_or_default());
            out.extend_from_slice(name.trim_end_matches('\0').as_bytes());
        }
        if self.rows.is_empty() {
            out.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_of_tags_is_read() {
        let packet = b"\x09ABCDEFGHQ043\x01..CHLO\x02\0\0\0SNI\0\x03\0\0\0UAID\x05\0\0\0a.bxy";
        let hello = hello(packet).unwrap();
        assert_eq!(hello.sni, Some(&b"a.b"[..]));
        assert_eq!(hello.user_agent, Some(&b"xy"[..]));
        let mut text = Vec::new();
        hello.cyu("Q043", &mut text);
        assert_eq!(text, b"43,SNI-UAID");
        assert_eq!(public_version(packet), Some("Q043"));
        assert!(super::hello(&packet[..30]).is_none());
    }
}
