//! Google's QUIC before TLS: its ClientHello is a list of tags in clear text.
//!
//! Key type: [`Hello`]. "QUIC Crypto", revision 20200115 (Google), "Handshake messages"; CYU as described by C. Yu,
//! "GQUIC Protocol Analysis and Fingerprinting in Zeek" (2019).
use crate::cursor::Cursor;

/// Tags of one hello that are read.
const TAGS: usize = 128;

/// What a client says.
#[derive(Default)]
pub(super) struct Hello {
    pub(super) sni: Option<Vec<u8>>,
    pub(super) user_agent: Option<Vec<u8>>,
    /// names of all tags in their order
    pub(super) tags: Vec<[u8; 4]>,
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
pub(super) fn hello(bytes: &[u8]) -> Option<Hello> {
    let at = bytes.windows(4).position(|four| four == b"CHLO")?;
    let mut cursor = Cursor::new(bytes.get(at + 4..)?);
    let count = usize::from(u16::from_le_bytes(cursor.take(2)?.try_into().ok()?)).min(TAGS);
    cursor.skip(2)?;
    let mut rows = Vec::new();
    for _ in 0..count {
        let tag: [u8; 4] = cursor.take(4)?.try_into().ok()?;
        rows.push((tag, u32::from_le_bytes(cursor.take(4)?.try_into().ok()?) as usize));
    }
    let (values, mut start) = (cursor.rest(), 0);
    let mut hello = Hello::default();
    for (tag, end) in rows {
        let value = values.get(start..end);
        match &tag {
            b"SNI\0" => hello.sni = value.map(<[u8]>::to_vec),
            b"UAID" => hello.user_agent = value.map(<[u8]>::to_vec),
            _ => {}
        }
        hello.tags.push(tag);
        start = end;
    }
    Some(hello)
}

impl Hello {
    /// CYU's text: version and tags.
    pub(super) fn cyu(&self, version: &str) -> String {
        let names =
            self.tags.iter().map(|tag| String::from_utf8_lossy(tag).trim_end_matches('\0').to_owned());
        let digits = version.trim_start_matches('Q').trim_start_matches('0');
        format!("{digits},{}", names.collect::<Vec<_>>().join("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_of_tags_is_read() {
        let packet = b"\x09ABCDEFGHQ043\x01..CHLO\x02\0\0\0SNI\0\x03\0\0\0UAID\x05\0\0\0a.bxy";
        let hello = hello(packet).unwrap();
        assert_eq!(hello.sni.as_deref(), Some(&b"a.b"[..]));
        assert_eq!(hello.user_agent.as_deref(), Some(&b"xy"[..]));
        assert_eq!(hello.cyu("Q043"), "43,SNI-UAID");
        assert_eq!(public_version(packet), Some("Q043"));
        assert!(super::hello(&packet[..30]).is_none());
    }
}
