//! Percent encoding, form fields and base64 as small servers read them: what is wrong stays as it is.
//!
//! Key functions: [`percent`], [`form`], [`basic_credentials`]. RFC 3986, WHATWG URL, RFC 4648, RFC 7617.

/// Fields of one form.
pub const FIELDS_MAX: usize = 64;

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Whether `+` is a blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plus {
    /// in paths
    Plain,
    /// in queries and forms
    Blank,
}

/// Undoes percent encoding.
pub fn percent(text: &[u8], plus: Plus) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let pair = text.get(at + 1).zip(text.get(at + 2));
        match (text[at], pair.and_then(|(high, low)| Some(hex(*high)? << 4 | hex(*low)?))) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus == Plus::Blank => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    out
}

/// The fields of a query or form, decoded.
pub fn form(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let fields = text.split(|b| *b == b'&').filter(|field| !field.is_empty()).take(FIELDS_MAX);
    fields
        .map(|field| match field.iter().position(|b| *b == b'=') {
            Some(at) => (percent(&field[..at], Plus::Blank), percent(&field[at + 1..], Plus::Blank)),
            None => (percent(field, Plus::Blank), Vec::new()),
        })
        .collect()
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.iter().filter(|b| **b != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out)
}

/// User and password of an Authorization field.
pub fn basic_credentials(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let scheme = value.get(..6).filter(|s| s.eq_ignore_ascii_case(b"basic "))?;
    let plain = base64(value[scheme.len()..].trim_ascii())?;
    let colon = plain.iter().position(|b| *b == b':')?;
    Some((plain[..colon].to_vec(), plain[colon + 1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_forms() {
        assert_eq!(percent(b"/a%20b%2f%zz%4+c%", Plus::Plain), b"/a b/%zz%4+c%");
        let fields = form(b"user=admin&pw=a%26b+c&&flag");
        let pair = |a: &str, b: &str| (a.as_bytes().to_vec(), b.as_bytes().to_vec());
        assert_eq!(fields, [pair("user", "admin"), pair("pw", "a&b c"), pair("flag", "")]);
        assert_eq!(form(&b"a=b&".repeat(1000)).len(), FIELDS_MAX);
    }

    #[test]
    fn basic_authentication() {
        let got = |text: &str| basic_credentials(text.as_bytes());
        assert_eq!(got("Basic YWRtaW46YWRtaW4="), Some((b"admin".to_vec(), b"admin".to_vec())));
        assert_eq!(got("basic cm9vdDo="), Some((b"root".to_vec(), b"".to_vec())));
        for bad in ["Basic", "Basic !!!", "Digest x", "", "Basic YWRtaW4="] {
            assert_eq!(got(bad), None, "{bad}");
        }
    }
}
