//! The normal form of a request target, so that one spelling in a rule meets all spellings on the wire.
//!
//! RFC 3986 6.2.2, and what servers accept beyond it: back slashes, doubled slashes, `%u` escapes.

/// Splits an absolute target into host and the rest; other targets have no host.
pub(super) fn split(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let scheme = target.windows(3).take(16).position(|w| w == b"://");
    let Some(after) = scheme.and_then(|at| target.get(at + 3..)) else { return (None, target) };
    if target.first() == Some(&b'/') {
        return (None, target);
    }
    let end = after.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(after.len());
    let (authority, path) = after.split_at(end);
    let host = authority.rsplit(|b| *b == b'@').next().unwrap_or(authority);
    (Some(host), path)
}

/// A host without `:port`; IPv6 literals keep their brackets.
pub(in crate::proto) fn host_without_port(host: &[u8]) -> &[u8] {
    if host.first() == Some(&b'[') {
        let end = host.iter().position(|b| *b == b']').map_or(host.len(), |at| at + 1);
        return host.get(..end).unwrap_or(host);
    }
    match host.iter().rposition(|b| *b == b':') {
        Some(colon) if host.get(colon + 1..).unwrap_or(&[]).iter().all(u8::is_ascii_digit) => {
            host.get(..colon).unwrap_or(host)
        }
        _ => host,
    }
}

/// Writes the path decoded and without detours; of the query only escapes are decoded. `out` is empty before.
pub(in crate::proto) fn normal(target: &[u8], out: &mut Vec<u8>) {
    let target = target.split(|b| *b == b'#').next().unwrap_or(target);
    let path_end = target.iter().position(|b| *b == b'?').unwrap_or(target.len());
    let (path, query) = target.split_at(path_end);
    decoded(path, out);
    without_detours(out);
    unescaped(query, out);
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| char::from(*digit).to_digit(16).map(|d| value << 4 | d))
}

/// `%41` becomes `A`.
fn unescaped(query: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = query.get(at) {
        let escape = query.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(hex);
        out.push(escape.map_or(*byte, |value| value as u8));
        at += if escape.is_some() { 3 } else { 1 };
    }
}

fn decoded(path: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let wide = path.get(at + 1).is_some_and(|b| matches!(b, b'u' | b'U'));
        let (start, count) = if wide { (at + 2, 4) } else { (at + 1, 2) };
        let escape = path.get(start..start + count).filter(|_| *byte == b'%').and_then(hex);
        let next = match escape {
            Some(value) => {
                at = start + count;
                if value < 0x100 { value as u8 } else { b'?' }
            }
            None => {
                at += 1;
                *byte
            }
        };
        out.push(if next == b'\\' { b'/' } else { next });
    }
}

/// What is written is never longer than what was read of the path, so it is changed where it lies.
fn without_detours(path: &mut Vec<u8>) {
    if path.first() != Some(&b'/') {
        return;
    }
    let (mut from, mut to, length) = (1, 0, path.len());
    while from <= length {
        let rest = path.get(from..).unwrap_or(&[]);
        let end = from + rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
        let last = end == length;
        match path.get(from..end).unwrap_or(&[]) {
            b"" | b"." | b".." if last => {
                if path.get(from..end) == Some(b"..") {
                    to = parent(path, to);
                }
                path[to] = b'/';
                to += 1;
            }
            b"" | b"." => {}
            b".." => to = parent(path, to),
            _ => {
                path.copy_within(from - 1..end, to);
                to += end - from + 1;
            }
        }
        from = end + 1;
    }
    path.truncate(to);
    if path.is_empty() {
        path.push(b'/');
    }
}

/// The last segment of the first `to` bytes is gone.
fn parent(path: &[u8], to: usize) -> usize {
    path.get(..to).and_then(|done| done.iter().rposition(|b| *b == b'/')).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, expect: &str) {
        let (_, path) = split(target.as_bytes());
        let mut out = Vec::new();
        normal(path, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expect, "{target}");
    }

    #[test]
    fn one_form_for_all_spellings() {
        check("/a/b?c=%41%4", "/a/b?c=A%4");
        check("/%61//b", "/a/b");
        check("/a/./b/../c", "/a/c");
        check("/../../x", "/x");
        check("/a\\b", "/a/b");
        check("/%u0061", "/a");
        check("http://h.example:80/x?y", "/x?y");
        check("*", "*");
        check("/", "/");
        check("/a/", "/a/");
        check("/a/..", "/");
        check("/a/b/../..//", "/");
        check("/..", "/");
        check("/a//.", "/a/");
        check("/%zz%4", "/%zz%4");
    }

    #[test]
    fn hosts_lose_their_port() {
        for (host, expect) in [("a:80", "a"), ("a", "a"), ("[::1]:80", "[::1]"), ("a:b", "a:b"), ("", "")] {
            assert_eq!(host_without_port(host.as_bytes()), expect.as_bytes());
        }
    }
}
