//! Rules in Suricata 7's language, one indicator to a few lines.
//!
//! Key type: [`Draft`], which becomes text once it has a signature id. A URL is split over the buffers of host
//! and URI, never matched as one string. All attacker-chosen bytes pass through [`content`].
use crate::extract::parse_service;
use crate::normalise::{Host, Scheme, Url};
use core::fmt::Write;
use core::net::IpAddr;
use otori_event::{IndicatorKind, Transport};

/// A rule without its signature id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    /// action, protocol, addresses and direction
    head: String,
    /// for a person
    message: String,
    /// options between message and sid, each with its `;`
    options: String,
    kind: &'static str,
}

impl Draft {
    /// The line of Suricata 7 syntax.
    pub(crate) fn render(&self, sid: u32) -> String {
        let Draft { head, message, options, kind } = self;
        format!(
            "drop {head} (msg:\"Otori: {message}\"; {options}sid:{sid}; rev:1; metadata:otori_indicator {kind};)"
        )
    }
}

/// The rules of an indicator; none for what cannot be seen on the wire (hashes, paths under TLS).
pub(crate) fn drafts(kind: IndicatorKind, value: &str) -> Vec<Draft> {
    match kind {
        IndicatorKind::Url => Url::parse(value).map(|url| url_rules(&url)).unwrap_or_default(),
        IndicatorKind::Address => value.parse().map(address_rules).unwrap_or_default(),
        IndicatorKind::Service => parse_service(value).map(service_rules).unwrap_or_default(),
        IndicatorKind::Domain => domain_rules(value),
        IndicatorKind::Sha256 => Vec::new(),
    }
}

fn url_rules(url: &Url) -> Vec<Draft> {
    match (url.scheme, &url.host) {
        (Scheme::Http, host) => {
            // http.uri is decoded and tidied by the parser; what it would change is matched as it travels.
            let altered = ["%", "//", "/.", "\\", "+"].iter().any(|part| url.target.contains(part));
            let buffer = if altered { "http.uri.raw" } else { "http.uri" };
            let host = match host {
                Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
                host => host.to_string(),
            };
            let options = format!(
                "flow:established,to_server; http.host; {} startswith; endswith; {buffer}; {} startswith; endswith; ",
                content(host.as_bytes()),
                content(url.target.as_bytes())
            );
            vec![Draft {
                head: "http any any -> any any".into(),
                message: format!("payload URL on {}", printable(&host)),
                options,
                kind: "url",
            }]
        }
        // RFC 1350: opcode 1, file name, NUL. busybox sends the name without a leading slash when it was
        // given none; both spellings are refused.
        (Scheme::Tftp, Host::Address(address)) => {
            let name = url.target.trim_start_matches('/');
            let mut file = name.as_bytes().to_vec();
            file.push(0);
            let options = format!(
                "content:\"|00 01|\"; depth:2; content:{}; within:{}; ",
                quoted(&file),
                file.len().saturating_add(1)
            );
            let head = format!("udp any any -> {address} {}", url.port);
            vec![Draft { head, message: format!("payload by TFTP on {address}"), options, kind: "url" }]
        }
        (Scheme::Tftp | Scheme::Https | Scheme::Ftp, _) => Vec::new(),
    }
}

fn address_rules(address: IpAddr) -> Vec<Draft> {
    let draft = |head: String, what: &str| Draft {
        head,
        message: format!("{what} {address}"),
        options: String::new(),
        kind: "address",
    };
    vec![
        draft(format!("ip any any -> {address} any"), "traffic to"),
        draft(format!("ip {address} any -> any any"), "traffic from"),
    ]
}

fn service_rules((transport, at): (Transport, core::net::SocketAddr)) -> Vec<Draft> {
    let protocol = match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::Icmp | Transport::Other => return Vec::new(),
    };
    let (ip, port) = (at.ip(), at.port());
    let draft = |head: String, what: &str| Draft {
        head,
        message: format!("{what} {protocol} {at}"),
        options: String::new(),
        kind: "service",
    };
    vec![
        draft(format!("{protocol} any any -> {ip} {port}"), "traffic to"),
        draft(format!("{protocol} {ip} {port} -> any any"), "traffic from"),
    ]
}

/// `dotprefix` puts a dot before the buffer, so `.evil.example` matches the name and all below it, no other.
fn domain_rules(name: &str) -> Vec<Draft> {
    let below = content(format!(".{name}").as_bytes());
    let draft = |head: &str, what: &str, options: String| Draft {
        head: head.into(),
        message: format!("{what} {}", printable(name)),
        options,
        kind: "domain",
    };
    vec![
        draft(
            "dns any any -> any any",
            "DNS query for",
            format!("dns.query; dotprefix; {below} nocase; endswith; "),
        ),
        draft(
            "tls any any -> any any",
            "TLS to",
            format!("flow:established,to_server; tls.sni; dotprefix; {below} nocase; endswith; "),
        ),
        draft(
            "http any any -> any any",
            "HTTP to",
            format!("flow:established,to_server; http.host; dotprefix; {below} endswith; "),
        ),
    ]
}

/// `content:"…";` with everything escaped that the language or a terminal could take for more than itself.
fn content(bytes: &[u8]) -> String {
    format!("content:{};", quoted(bytes))
}

/// Suricata wants `" ; \ | :` as hexadecimal between bars; so go all bytes that are not printable ASCII.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    let mut in_hex = false;
    for byte in bytes {
        let hex = !(b' '..=b'~').contains(byte) || b"\";\\|:".contains(byte);
        if hex != in_hex {
            text.push('|');
        } else if hex {
            text.push(' ');
        }
        in_hex = hex;
        // Writing into a String cannot fail.
        let _ = if hex { write!(text, "{byte:02X}") } else { write!(text, "{}", char::from(*byte)) };
    }
    if in_hex {
        text.push('|');
    }
    text.push('"');
    text
}

/// A host for a message: letters, digits, `.-_:[]` only, so that no message can break its quotes.
fn printable(host: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || ".-_[]".contains(*c);
    host.chars().filter(fits).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: IndicatorKind, value: &str, expect: &[&str]) {
        let texts: Vec<String> = drafts(kind, value).iter().map(|draft| draft.render(9_000_001)).collect();
        assert_eq!(texts, expect, "{value}");
    }

    #[test]
    fn rules_are_suricata_lines() {
        check(
            IndicatorKind::Url,
            "http://198.51.100.7/bot.mips?a=1;b",
            &[
                "drop http any any -> any any (msg:\"Otori: payload URL on 198.51.100.7\"; flow:established,to_server; \
             http.host; content:\"198.51.100.7\"; startswith; endswith; http.uri; content:\"/bot.mips?a=1|3B|b\"; \
             startswith; endswith; sid:9000001; rev:1; metadata:otori_indicator url;)",
            ],
        );
        check(
            IndicatorKind::Address,
            "2001:db8::9",
            &[
                "drop ip any any -> 2001:db8::9 any (msg:\"Otori: traffic to 2001:db8::9\"; sid:9000001; rev:1; \
             metadata:otori_indicator address;)",
                "drop ip 2001:db8::9 any -> any any (msg:\"Otori: traffic from 2001:db8::9\"; sid:9000001; rev:1; \
             metadata:otori_indicator address;)",
            ],
        );
        check(IndicatorKind::Sha256, &"ab".repeat(32), &[]);
        check(IndicatorKind::Url, "https://evil.example/x", &[]);
    }

    #[test]
    fn tftp_requests_are_matched_by_file() {
        let rule = drafts(IndicatorKind::Url, "tftp://192.0.2.1/bot")[0].render(1);
        assert!(rule.contains("udp any any -> 192.0.2.1 69 "), "{rule}");
        assert!(rule.contains("content:\"|00 01|\"; depth:2; content:\"bot|00|\"; within:5; "), "{rule}");
    }

    #[test]
    fn hostile_bytes_are_escaped() {
        assert_eq!(quoted(b"a\";|x:\\\x00\xff~"), "\"a|22 3B 7C|x|3A 5C 00 FF|~\"");
        let rule = drafts(IndicatorKind::Url, "http://a.example/%0a\";)x").remove(0).render(1);
        assert!(rule.contains("http.uri.raw; content:\"/%0a|22 3B|)x\""), "{rule}");
    }
}
