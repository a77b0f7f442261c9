//! Changes made to a buffer before it is matched.
//!
//! Key type: [`Transform`]; names are keywords. Suricata's manual, "Transformations".
use crate::{
    base64::{self, Mode},
    step::Expression,
};
use otori_wire::digest::{Md5, Sha1};
use sha2::{Digest, Sha256};

/// One change.
#[derive(Clone, Debug)]
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
    /// `xor` with a key that stands in the buffer: first byte that is changed, place and length of the key
    XorInside(usize, usize, usize),
    /// `header_lowercase`: names of headers only
    HeaderLowercase,
    /// `strip_pseudo_headers`: lines that start with a colon
    StripPseudoHeaders,
    /// `to_md5`
    Md5,
    /// `to_sha1`
    Sha1,
    /// `to_sha256`
    Sha256,
    /// `from_base64`: bytes that are looked at, where they start, what is tolerated
    FromBase64(Option<usize>, usize, Mode),
    /// `pcrexform`: what the first group has
    Captured(Box<Expression>),
    /// `subslice`: where it starts, how long it is (negative counts from the end), and whether too much is cut
    Subslice(i64, Option<i64>, bool),
    /// `domain`: the registrable domain
    Domain,
    /// `tld`: the suffix under which names are given out
    TopLevel,
    /// `gunzip`, `zlib_deflate`
    Inflate,
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Transform::Captured(a), Transform::Captured(b)) => a.source() == b.source(),
            (Transform::Captured(_), _) | (_, Transform::Captured(_)) => false,
            _ => format!("{self:?}") == format!("{other:?}"),
        }
    }
}

/// Second labels under which countries give out names, where they do: `co.uk`, `com.au`.
const SECOND_LEVEL: &[&[u8]] = &[
    b"ac", b"co", b"com", b"edu", b"go", b"gob", b"gov", b"ltd", b"mil", b"ne", b"net", b"or", b"org", b"plc",
];

/// Labels of the suffix under which names are given out, as far as it can be told without a list of all.
fn suffix_labels(name: &[u8]) -> usize {
    let mut labels = name.rsplit(|byte| *byte == b'.');
    let (last, second) = (labels.next().unwrap_or(b""), labels.next().unwrap_or(b""));
    let country = last.len() == 2 && labels.next().is_some();
    if country && SECOND_LEVEL.iter().any(|known| second.eq_ignore_ascii_case(known)) { 2 } else { 1 }
}

/// `key value` pairs of an option list.
fn pairs(argument: Option<&str>) -> impl Iterator<Item = (&str, &str)> {
    let parts = argument.unwrap_or("").split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once(char::is_whitespace).unwrap_or((part, "")))
}

fn number<T: core::str::FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is no number that fits"))
}

fn xor(argument: Option<&str>) -> Result<Transform, String> {
    let text = argument.unwrap_or("").trim();
    if text.starts_with('"') {
        let key = crate::dataset::hex(text.trim_matches('"')).filter(|key| !key.is_empty());
        return key.map(Transform::Xor).ok_or_else(|| "xor needs a key of hexadecimal digits".into());
    }
    let (mut offset, mut extract) = (0, None);
    for (key, value) in pairs(argument) {
        match key {
            "offset" => offset = number(value)?,
            "extract" => {
                let (length, at) = value.split_once(char::is_whitespace).unwrap_or((value, "0"));
                extract = Some((number(at)?, number::<usize>(length)?));
            }
            other => return Err(format!("unknown option {other:?}")),
        }
    }
    match extract {
        Some((at, length)) if (1..=8).contains(&length) => Ok(Transform::XorInside(offset, at, length)),
        _ => Err("xor needs a key, or to extract one of 1 to 8 bytes".into()),
    }
}

fn from_base64(argument: Option<&str>) -> Result<Transform, String> {
    let (mut bytes, mut offset, mut mode) = (None, 0, Mode::Rfc4648);
    for (key, value) in pairs(argument) {
        match (key, value.to_ascii_lowercase().as_str()) {
            ("bytes", value) => bytes = Some(number(value)?),
            ("offset", value) => offset = number(value)?,
            ("mode", "strict") => mode = Mode::Strict,
            ("mode", "rfc4648") => mode = Mode::Rfc4648,
            ("mode", "rfc2045") => mode = Mode::Rfc2045,
            _ => return Err(format!("unknown option {key:?}")),
        }
    }
    Ok(Transform::FromBase64(bytes, offset, mode))
}

fn subslice(argument: Option<&str>) -> Result<Transform, String> {
    let mut parts = argument.unwrap_or("").split(',').map(str::trim);
    let offset = number(parts.next().unwrap_or(""))?;
    let (mut length, mut cut) = (None, false);
    for part in parts {
        match part {
            "truncate" => cut = true,
            value => length = Some(number(value)?),
        }
    }
    Ok(Transform::Subslice(offset, length, cut))
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
            "to_md5" => Transform::Md5,
            "to_sha1" => Transform::Sha1,
            "to_sha256" => Transform::Sha256,
            "domain" => Transform::Domain,
            "tld" => Transform::TopLevel,
            "gunzip" | "zlib_deflate" => Transform::Inflate,
            "xor" => xor(argument)?,
            "from_base64" => from_base64(argument)?,
            "subslice" => subslice(argument)?,
            "pcrexform" => {
                let source = argument.unwrap_or("").trim().trim_matches('"');
                Transform::Captured(Box::new(Expression::plain(source)?))
            }
            _ => return Ok(None),
        }))
    }

    /// Appends the changed bytes; `None` when the change cannot be made and nothing is to be looked at.
    pub fn apply(&self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        match self {
            Transform::DotPrefix => {
                out.push(b'.');
                out.extend_from_slice(bytes);
            }
            Transform::Lowercase => out.extend(bytes.iter().map(u8::to_ascii_lowercase)),
            Transform::Uppercase => out.extend(bytes.iter().map(u8::to_ascii_uppercase)),
            Transform::StripWhitespace => out.extend(bytes.iter().filter(|b| !is_space(**b))),
            Transform::CompressWhitespace => {
                out.extend_from_slice(bytes);
                out.dedup_by(|b, a| is_space(*a) && is_space(*b));
            }
            Transform::UrlDecode => url_decode(bytes, out),
            Transform::Xor(key) => out.extend(bytes.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k)),
            Transform::XorInside(offset, at, length) => {
                let key = bytes.get(*at..at.checked_add(*length)?)?;
                out.extend(bytes.get(*offset..)?.iter().zip(key.iter().cycle()).map(|(b, k)| b ^ k));
            }
            Transform::HeaderLowercase => header_lowercase(bytes, out),
            Transform::StripPseudoHeaders => {
                let lines = bytes.split_inclusive(|b| *b == b'\n');
                lines.filter(|line| line.first() != Some(&b':')).for_each(|line| out.extend_from_slice(line));
            }
            Transform::Md5 => out.extend_from_slice(&Md5::of(bytes)),
            Transform::Sha1 => out.extend_from_slice(&Sha1::of(bytes)),
            Transform::Sha256 => out.extend_from_slice(&Sha256::digest(bytes)),
            Transform::FromBase64(count, offset, mode) => {
                let rest = bytes.get(*offset..)?;
                let part = count.map_or(rest, |count| rest.get(..count).unwrap_or(rest));
                out.extend_from_slice(&base64::decode(part, *mode)?);
            }
            Transform::Captured(expression) => out.extend_from_slice(&expression.captured(bytes)?),
            Transform::Subslice(offset, length, cut) => {
                out.extend_from_slice(slice(bytes, *offset, *length, *cut).unwrap_or(&[]));
            }
            Transform::Domain => {
                let mut dots = bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'.').map(|(at, _)| at);
                let start = dots.nth(suffix_labels(bytes)).map_or(0, |at| at + 1);
                out.extend_from_slice(bytes.get(start..)?);
            }
            Transform::TopLevel => {
                let mut dots = bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'.').map(|(at, _)| at);
                let start = dots.nth(suffix_labels(bytes) - 1).map_or(0, |at| at + 1);
                out.extend_from_slice(bytes.get(start..)?);
            }
            Transform::Inflate => out.extend_from_slice(&inflate(bytes)?),
        }
        Some(())
    }
}

/// Memory for changed bytes, used again for every buffer.
#[derive(Default)]
pub struct Changed {
    buffers: [Vec<u8>; 2],
}

impl Changed {
    /// Applies all of them, one after the other; gives what comes out.
    pub fn apply_all(&mut self, transforms: &[Transform], bytes: &[u8]) -> Option<&[u8]> {
        let [done, next] = &mut self.buffers;
        done.clear();
        let Some((first, others)) = transforms.split_first() else {
            done.extend_from_slice(bytes);
            return Some(done);
        };
        first.apply(bytes, done)?;
        for change in others {
            next.clear();
            change.apply(done, next)?;
            core::mem::swap(done, next);
        }
        Some(done)
    }
}

/// Part of the bytes: a negative start counts from the end, a negative length leaves so many out at the end.
fn slice(bytes: &[u8], offset: i64, length: Option<i64>, cut: bool) -> Option<&[u8]> {
    let total = bytes.len() as i64;
    let start = if offset < 0 { total + offset } else { offset };
    let end = match length {
        None => total,
        Some(length) if length < 0 => total + length,
        Some(length) => start.saturating_add(length),
    };
    let inside = 0 <= start && start <= end && end <= total;
    if !cut && !inside {
        return None;
    }
    let (start, end) = (start.clamp(0, total), end.clamp(0, total));
    bytes.get(start as usize..end.max(start) as usize)
}

/// Bytes inflated by a transform.
const INFLATED_BYTES: usize = 1 << 20;

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    otori_wire::proto::http::inflate_whole(bytes, INFLATED_BYTES)
}

fn header_lowercase(bytes: &[u8], out: &mut Vec<u8>) {
    let mut name = true;
    let lower = |b: &u8| {
        match b {
            b':' => name = false,
            b'\n' => name = true,
            _ => {}
        }
        if name { b.to_ascii_lowercase() } else { *b }
    };
    out.extend(bytes.iter().map(lower));
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn url_decode(bytes: &[u8], out: &mut Vec<u8>) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, argument: Option<&str>, input: &str, expect: &str) {
        let transform = Transform::parse(name, argument).unwrap().unwrap();
        let mut changed = Changed::default();
        let out = changed.apply_all(&[transform], input.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(out), expect, "{name}");
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
        check("xor", Some("offset 1,extract 1 0"), "\u{1}a", "`");
        check("from_base64", Some("offset 1, mode rfc2045"), "-Zm 9v", "foo");
        check("subslice", Some("-6"), "curl/7.64.1", "7.64.1");
        check("subslice", Some("0, -8, truncate"), "curl/7.64.1", "cur");
        check("subslice", Some("0, -30, truncate"), "curl", "");
        check("pcrexform", Some("\"a(.)c\""), "xabcx", "b");
        check("tld", None, "a.example.org", "org");
        check("domain", None, "a.b.example.org", "example.org");
        let both = [Transform::Lowercase, Transform::DotPrefix, Transform::TopLevel];
        assert_eq!(Changed::default().apply_all(&both, b"A.Example"), Some(&b"example"[..]));
        assert!(Transform::parse("xor", Some("z")).is_err());
        assert_eq!(slice(b"abc", 0, Some(9), false), None);
    }
}
