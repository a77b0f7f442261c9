//! Changes made to a buffer before it is matched.
//!
//! Key type: [`Transform`]; names are keywords. Suricata's manual, "Transformations".

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Transform {
    /// `dotprefix`: a dot before the value, so that `.example.org` meets the domain and what is under it
    DotPrefix,
    /// `to_lowercase`
    Lowercase,
    /// `to_uppercase`
    Uppercase,
    /// `strip_whitespace`
    StripWhitespace,
    /// `compress_whitespace`
    CompressWhitespace,
    /// `url_decode`
    UrlDecode,
    /// `xor`: with this key, repeated
    Xor(Vec<u8>),
    /// `header_lowercase`: names of headers only
    HeaderLowercase,
    /// `strip_pseudo_headers`: lines that start with a colon
    StripPseudoHeaders,
}

impl Transform {
    /// The transform of that keyword.
    pub fn parse(name: &str, argument: Option<&str>) -> Result<Option<Transform>, String> {
        Ok(Some(match name {
            "dotprefix" => Transform::DotPrefix,
            "to_lowercase" => Transform::Lowercase,
            "to_uppercase" => Transform::Uppercase,
            "strip_whitespace" => Transform::StripWhitespace,
            "compress_whitespace" => Transform::CompressWhitespace,
            "url_decode" => Transform::UrlDecode,
            "header_lowercase" => Transform::HeaderLowercase,
            "strip_pseudo_headers" => Transform::StripPseudoHeaders,
            "xor" => {
                let digits = argument.unwrap_or("").trim().trim_matches('"');
                let pairs: Option<Vec<u8>> = (0..digits.len())
                    .step_by(2)
                    .map(|at| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
                    .collect();
                match pairs {
                    Some(key) if !key.is_empty() => Transform::Xor(key),
                    _ => return Err("xor needs a key of hexadecimal digits".into()),
                }
            }
            _ => return Ok(None),
        }))
    }

    /// The changed bytes.
    pub fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Transform::DotPrefix => [b".", bytes].concat(),
            Transform::Lowercase => bytes.to_ascii_lowercase(),
            Transform::Uppercase => bytes.to_ascii_uppercase(),
            Transform::StripWhitespace => bytes.iter().copied().filter(|b| !is_space(*b)).collect(),
            Transform::CompressWhitespace => {
                let mut out = bytes.to_vec();
                out.dedup_by(|b, a| is_space(*a) && is_space(*b));
                out
            }
            Transform::UrlDecode => url_decode(bytes),
            Transform::Xor(key) => bytes.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k).collect(),
            Transform::HeaderLowercase => {
                let mut name = true;
                bytes
                    .iter()
                    .map(|b| {
                        match b {
                            b':' => name = false,
                            b'\n' => name = true,
                            _ => {}
                        }
                        if name { b.to_ascii_lowercase() } else { *b }
                    })
                    .collect()
            }
            Transform::StripPseudoHeaders => bytes
                .split_inclusive(|b| *b == b'\n')
                .filter(|line| line.first() != Some(&b':'))
                .flatten()
                .copied()
                .collect(),
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn url_decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                at += 1;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, argument: Option<&str>, input: &str, expect: &str) {
        let transform = Transform::parse(name, argument).unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&transform.apply(input.as_bytes())), expect, "{name}");
    }

    #[test]
    fn buffers_are_changed_as_named() {
        check("dotprefix", None, "a.example", ".a.example");
        check("to_lowercase", None, "AbC", "abc");
        check("strip_whitespace", None, " a \t\r\nb", "ab");
        check("compress_whitespace", None, "a  \t b", "a b");
        check("url_decode", None, "a%41+%zz", "aA %zz");
        check("xor", Some("\"01\""), "a", "`");
        check("header_lowercase", None, "Host: A\nX-Y: B\n", "host: A\nx-y: B\n");
        assert!(Transform::parse("xor", Some("z")).is_err());
    }
}
