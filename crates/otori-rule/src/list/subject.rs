//! Hosts and URLs in the one form that lists and traffic are compared in. Key functions: [`host`], [`address`], [`target`].
//!
//! A host is lower case, without the dot at its end; an address is written as Rust writes it, whatever form it came in
//! (`0x7f.1`, `2130706433`: inet_aton(3)). A path has no dot segments, no double slashes and no needless percent signs
//! (RFC 3986, section 6.2.2); a fragment is left out. Neighbour: `table` keeps what is made of them.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::io::Write;

/// Bytes of a host name (RFC 1035, section 2.3.4).
const NAME_BYTES: usize = 253;
/// Bytes of a path and its query that are looked at.
const TARGET_BYTES: usize = 8_192;

/// What a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostKind {
    /// of the domain name system: has others above it
    Name,
    /// stands alone
    Address,
}

/// Splits a port off: `host:80`, `[::1]:80`. What is no number stays with the host.
pub(super) fn split_port(raw: &[u8]) -> (&[u8], Option<u16>) {
    let Some(colon) = raw.iter().rposition(|byte| *byte == b':') else { return (raw, None) };
    let (before, after) = (&raw[..colon], &raw[colon + 1..]);
    let one_colon = !before.contains(&b':') || before.ends_with(b"]");
    let number = core::str::from_utf8(after).ok().and_then(|digits| digits.parse().ok());
    match number {
        Some(port) if one_colon => (before, Some(port)),
        None if one_colon && after.is_empty() => (before, None),
        _ => (raw, None),
    }
}

/// Writes the host's one form to `to`, which is emptied before. `None`: it is no host.
pub(super) fn host(raw: &[u8], to: &mut Vec<u8>) -> Option<HostKind> {
    to.clear();
    let raw = raw.trim_ascii();
    if let Some(inner) = raw.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
        return v6(inner, to);
    }
    if raw.contains(&b':') {
        return v6(raw, to);
    }
    let dots = raw.iter().rev().take_while(|byte| **byte == b'.').count();
    let name = &raw[..raw.len() - dots];
    if name.is_empty() || name.len() > NAME_BYTES {
        return None;
    }
    if let Some(found) = v4(name) {
        address(found.into(), to);
        return Some(HostKind::Address);
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !name.iter().all(is_name) || name.starts_with(b".") || name.windows(2).any(|two| two == b"..") {
        return None;
    }
    to.extend(name.iter().map(u8::to_ascii_lowercase));
    Some(HostKind::Name)
}

/// Writes an address's one form to `to`, which is emptied before.
pub(super) fn address(address: IpAddr, to: &mut Vec<u8>) {
    to.clear();
    // Into memory: it cannot fail.
    let _ = write!(to, "{}", address.to_canonical());
}

fn v6(text: &[u8], to: &mut Vec<u8>) -> Option<HostKind> {
    let found: Ipv6Addr = core::str::from_utf8(text).ok()?.parse().ok()?;
    address(found.into(), to);
    Some(HostKind::Address)
}

/// One to four numbers, decimal, octal or hexadecimal; the last one fills what is left (inet_aton(3)).
fn v4(text: &[u8]) -> Option<Ipv4Addr> {
    if !text.last()?.is_ascii_hexdigit() || !text.first()?.is_ascii_digit() {
        return None;
    }
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in text.split(|byte| *byte == b'.') {
        *parts.get_mut(count)? = number(part)?;
        count += 1;
    }
    let (last, above) = parts.get(..count)?.split_last()?;
    let room = 32 - 8 * above.len() as u32;
    if above.iter().any(|part| *part > 255) || *last >> room != 0 {
        return None;
    }
    let upper = above.iter().enumerate().map(|(place, part)| part << (24 - 8 * place)).sum::<u64>();
    u32::try_from(upper | last).ok().map(Ipv4Addr::from)
}

fn number(part: &[u8]) -> Option<u64> {
    let (digits, radix) = match part {
        [b'0', b'x' | b'X', hex @ ..] => (hex, 16),
        [b'0', octal @ ..] if !octal.is_empty() => (octal, 8),
        decimal => (decimal, 10),
    };
    // from_str_radix would take a sign.
    if !digits.first().is_some_and(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(core::str::from_utf8(digits).ok()?, radix).ok()
}

/// Writes the one form of a path with its query (`/a/b?c`) behind what `to` holds. Gives where the query's `?` stands,
/// or the end.
pub(super) fn target(raw: &[u8], to: &mut Vec<u8>) -> usize {
    let raw = raw.get(..TARGET_BYTES).unwrap_or(raw);
    let raw = raw.split(|byte| *byte == b'#').next().unwrap_or_default();
    let query = raw.iter().position(|byte| *byte == b'?').unwrap_or(raw.len());
    let (path, query) = raw.split_at(query);
    let root = to.len();
    for segment in path.split(|byte| *byte == b'/') {
        let before = to.len();
        to.push(b'/');
        escape(segment, to);
        match &to[before + 1..] {
            b"" | b"." => to.truncate(before),
            b".." => {
                let parent = to[root..before].iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                to.truncate(root + parent);
            }
            _ => {}
        }
    }
    let ends_in_folder =
        path.is_empty() || [b"/".as_slice(), b"/.", b"/.."].iter().any(|end| path.ends_with(end));
    if ends_in_folder || to.len() == root {
        to.push(b'/');
    }
    let end = to.len();
    escape(query, to);
    end
}

/// Percent signs only where they are needed, then with capital digits.
fn escape(bytes: &[u8], to: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let value = escaped.and_then(|two| u8::from_str_radix(core::str::from_utf8(two).ok()?, 16).ok());
        at += if value.is_some() { 3 } else { 1 };
        let plain = match value {
            Some(value) => value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~'),
            None => byte.is_ascii_graphic(),
        };
        let value = value.unwrap_or(*byte);
        match plain {
            true => to.push(value),
            false => {
                let digit = |four: u8| DIGITS[usize::from(four & 15)];
                to.extend_from_slice(&[b'%', digit(value >> 4), digit(value)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_form() {
        let check = |raw: &str, expect: Option<(&str, HostKind)>| {
            let mut to = Vec::new();
            let kind = host(raw.as_bytes(), &mut to);
            let found = kind.map(|kind| (String::from_utf8(to).unwrap(), kind));
            assert_eq!(found, expect.map(|(text, kind)| (text.to_owned(), kind)), "{raw}");
        };
        let name = |text| Some((text, HostKind::Name));
        let address = |text| Some((text, HostKind::Address));
        check("Camera.Example", name("camera.example"));
        check("camera.example..", name("camera.example"));
        check("_srv.a-b.example", name("_srv.a-b.example"));
        check("192.0.2.1", address("192.0.2.1"));
        check("0xc0.0.2.1", address("192.0.2.1"));
        check("3221225985", address("192.0.2.1"));
        check("0300.0.513", address("192.0.2.1"));
        check("[2001:DB8:0::1]", address("2001:db8::1"));
        check("2001:db8::1", address("2001:db8::1"));
        check("::ffff:192.0.2.1", address("192.0.2.1"));
        check("1.2.3.4.example", name("1.2.3.4.example"));
        check("256.1.1.1", name("256.1.1.1"));
        check("0xzz", name("0xzz"));
        check("+1.2.3.4", None);
        for bad in ["", ".", "a..b", ".a", "a b", "a/b", "[::1", &"a".repeat(254)] {
            check(bad, None);
        }
    }

    #[test]
    fn a_port_is_split_off_where_it_is_one() {
        let check = |raw: &str, expect: (&str, Option<u16>)| {
            let (host, port) = split_port(raw.as_bytes());
            assert_eq!((core::str::from_utf8(host).unwrap(), port), expect, "{raw}");
        };
        check("a.example:8080", ("a.example", Some(8080)));
        check("a.example:", ("a.example", None));
        check("a.example", ("a.example", None));
        check("[2001:db8::1]:80", ("[2001:db8::1]", Some(80)));
        check("2001:db8::1", ("2001:db8::1", None));
        check("a.example:99999", ("a.example:99999", None));
    }

    #[test]
    fn a_target_has_one_form() {
        let check = |raw: &str, path: &str, query: &str| {
            let mut to = b"host".to_vec();
            let at = target(raw.as_bytes(), &mut to);
            let text = String::from_utf8(to).unwrap();
            assert_eq!((&text[4..at], &text[at..]), (path, query), "{raw}");
        };
        check("", "/", "");
        check("/", "/", "");
        check("?q", "/", "?q");
        check("/bins/%73h4?a=%2f#frag", "/bins/sh4", "?a=%2F");
        check("//bins///./x/../sh4", "/bins/sh4", "");
        check("/a/b/..", "/a/", "");
        check("/a/.", "/a/", "");
        check("/../../a", "/a", "");
        check("/%2e%2e/a", "/a", "");
        check("/a%zz b\u{e9}", "/a%zz%20b%C3%A9", "");
        check("/A", "/A", "");
    }
}
