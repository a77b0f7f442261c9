//! Base64 as rules need it: strict, or lenient to a degree.
//!
//! Key type: [`Mode`]. RFC 4648 4, RFC 2045 6.8. Suricata's manual, "base64_decode" and "from_base64".

/// What is tolerated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// only whole groups of the alphabet; anything else is no base64
    Strict,
    /// up to the first byte outside the alphabet
    Rfc4648,
    /// bytes outside the alphabet are passed over
    Rfc2045,
}

fn value(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// The decoded bytes; `None` when the mode does not allow what is there.
pub fn decode(text: &[u8], mode: Mode) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count, mut padding) = (0u32, 0u32, 0usize);
    for (place, byte) in text.iter().enumerate() {
        let digit = match value(*byte) {
            Some(digit) if padding == 0 => digit,
            _ if *byte == b'=' => {
                padding += 1;
                continue;
            }
            _ => match mode {
                Mode::Strict => return None,
                Mode::Rfc4648 => {
                    if place == 0 {
                        return None;
                    }
                    break;
                }
                Mode::Rfc2045 if padding > 0 => break,
                Mode::Rfc2045 => continue,
            },
        };
        bits = bits << 6 | digit;
        count += 1;
        if count == 4 {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
        }
    }
    if mode == Mode::Strict && !(count + padding as u32).is_multiple_of(4) {
        return None;
    }
    match count {
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&((bits >> 2) as u16).to_be_bytes()),
        _ => {}
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, mode: Mode, expect: Option<&str>) {
        let found = decode(text.as_bytes(), mode);
        assert_eq!(found.as_deref(), expect.map(str::as_bytes), "{text} {mode:?}");
    }

    #[test]
    fn modes_differ_in_what_they_tolerate() {
        check("Zm9vYmFy", Mode::Strict, Some("foobar"));
        check("Zm9vYg==", Mode::Strict, Some("foob"));
        check("Zm9vYmE=", Mode::Strict, Some("fooba"));
        check("Zm 9v", Mode::Strict, None);
        check("Zm 9v", Mode::Rfc2045, Some("foo"));
        check("Zm9v&x", Mode::Rfc4648, Some("foo"));
        check("&", Mode::Rfc4648, None);
    }
}
