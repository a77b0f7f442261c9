//! Bytes that an attacker chose, kept exactly and shown safely.
//!
//! Key type: [`RawText`]. JSON: a plain string when the bytes are UTF-8 and whole; otherwise an object
//! `{"hex": "…", "omitted_bytes": n}` so that nothing is changed by being stored.
use alloc::{borrow::Cow, format, string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeStruct};

/// The most bytes an event keeps of one attacker-chosen text; the rest stays in the recording.
pub const RAW_TEXT_MAX_BYTES: usize = 16 * 1024;

/// Attacker-chosen bytes, at most [`RAW_TEXT_MAX_BYTES`] of them, and how many were left out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RawText {
    bytes: Vec<u8>,
    omitted_bytes: u64,
}

impl RawText {
    /// Keeps the first [`RAW_TEXT_MAX_BYTES`] bytes and counts the others.
    pub fn new(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let kept = bytes.len().min(RAW_TEXT_MAX_BYTES);
        RawText { bytes: bytes[..kept].to_vec(), omitted_bytes: (bytes.len() - kept) as u64 }
    }
    /// The bytes that were kept, exactly as sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
    /// How many bytes followed those that were kept.
    pub fn omitted_bytes(&self) -> u64 {
        self.omitted_bytes
    }
    /// Lossy text for matching; never print it: use `Display`, which is safe on a terminal.
    pub fn to_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
    /// No byte kept and none left out.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.omitted_bytes == 0
    }
}

impl From<&str> for RawText {
    fn from(text: &str) -> Self {
        RawText::new(text)
    }
}
impl From<&[u8]> for RawText {
    fn from(bytes: &[u8]) -> Self {
        RawText::new(bytes)
    }
}

/// Characters that steer a terminal or reorder a line: controls, bidi embeddings, zero-width, BOM.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

/// Safe on a terminal, in a log and in a page: controls and bidi marks are shown as escapes.
impl fmt::Display for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    c if is_dangerous(c) && (c as u32) < 0x100 => write!(f, "\\x{:02x}", c as u32)?,
                    c if is_dangerous(c) => write!(f, "\\u{{{:x}}}", c as u32)?,
                    c => write!(f, "{c}")?,
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        if self.omitted_bytes > 0 {
            write!(f, " … {} bytes more", self.omitted_bytes)?;
        }
        Ok(())
    }
}
impl fmt::Debug for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawText({self})")
    }
}

impl Serialize for RawText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let (0, Ok(text)) = (self.omitted_bytes, core::str::from_utf8(&self.bytes)) {
            return serializer.serialize_str(text);
        }
        let mut object = serializer.serialize_struct("RawText", 2)?;
        let hex = self.bytes.iter().fold(String::with_capacity(self.bytes.len() * 2), |mut out, byte| {
            out.push_str(&format!("{byte:02x}"));
            out
        });
        object.serialize_field("hex", &hex)?;
        object.serialize_field("omitted_bytes", &self.omitted_bytes)?;
        object.end()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Plain(String),
    Exact { hex: String, omitted_bytes: u64 },
}

impl<'de> Deserialize<'de> for RawText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (bytes, omitted_bytes) = match Form::deserialize(deserializer)? {
            Form::Plain(text) => (text.into_bytes(), 0),
            Form::Exact { hex, omitted_bytes } => {
                let digits = hex.as_bytes();
                if digits.len() % 2 != 0 {
                    return Err(de::Error::custom("hex needs an even number of digits"));
                }
                let value = |d: u8| char::from(d).to_digit(16).map(|v| v as u8);
                let byte = |p: &[u8]| Some(value(p[0])? << 4 | value(p[1])?);
                let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
                (bytes.ok_or_else(|| de::Error::custom("hex has a digit outside 0-9a-f"))?, omitted_bytes)
            }
        };
        let mut text = RawText::new(&bytes);
        text.omitted_bytes = text.omitted_bytes.saturating_add(omitted_bytes);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn check(input: &[u8], shown: &str) {
        let text = RawText::new(input);
        assert_eq!(text.to_string(), shown);
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(serde_json::from_str::<RawText>(&json).unwrap(), text, "{json}");
    }

    #[test]
    fn hostile_bytes_are_kept_and_shown_harmlessly() {
        check(b"wget http://192.0.2.1/x", "wget http://192.0.2.1/x");
        check(b"\x1b[2J\0", "\\x1b[2J\\x00");
        check(b"\xff\xfe", "\\xff\\xfe");
        check("\u{202e}gpj.exe".as_bytes(), "\\u{202e}gpj.exe");
        check("カメラ".as_bytes(), "カメラ");
    }

    #[test]
    fn a_megabyte_is_bounded_and_counted() {
        let text = RawText::new(alloc::vec![b'A'; 1 << 20]);
        assert_eq!(text.as_bytes().len(), RAW_TEXT_MAX_BYTES);
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(
            serde_json::from_str::<RawText>(&json).unwrap().omitted_bytes(),
            (1 << 20) - RAW_TEXT_MAX_BYTES as u64
        );
    }
}
