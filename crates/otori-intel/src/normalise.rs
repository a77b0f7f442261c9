//! One spelling for each URL, host and service, so that evidence meets on the same indicator.
//!
//! Key types: [`Url`], [`Host`]. RFC 3986 for the syntax; the loose IPv4 forms of `inet_aton(3)`, which
//! busybox's `wget` accepts, become dotted quads, so that `http://0xc0000201/` cannot pass the guard as a name.
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use otori_event::url::URL_MAX_BYTES;

/// Longest host name in bytes (RFC 1035).
pub const NAME_MAX_BYTES: usize = 253;
const LABEL_MAX_BYTES: usize = 63;

/// A host as it stands in a URL: an address or a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// IPv4 or IPv6; IPv4 inside IPv6 is IPv4
    Address(IpAddr),
    /// lower case, no final dot; labels outside ASCII stay as they are
    Name(String),
}

impl Host {
    /// Reads a host in any spelling, with or without brackets. `None` if it is neither address nor name.
    pub fn parse(text: &str) -> Option<Host> {
        let text = refang(text.trim());
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Host::Address(IpAddr::V6(address).to_canonical()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Host::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(&text).to_lowercase();
        // As in browsers and libc: a host whose last label is a number is an address or an error.
        if name.rsplit('.').next().is_some_and(looks_numeric) {
            return loose_ipv4(&name).map(|address| Host::Address(IpAddr::V4(address)));
        }
        is_name(&name).then_some(Host::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Address(address) => address.fmt(f),
            Host::Name(name) => f.write_str(name),
        }
    }
}

/// Schemes that a device fetches from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// RFC 9110
    Http,
    /// RFC 9110 over TLS
    Https,
    /// RFC 959
    Ftp,
    /// RFC 1350
    Tftp,
}

impl Scheme {
    const ALL: [(&'static str, Scheme, u16); 4] = [
        ("http", Scheme::Http, 80),
        ("https", Scheme::Https, 443),
        ("ftp", Scheme::Ftp, 21),
        ("tftp", Scheme::Tftp, 69),
    ];
    fn parse(text: &str) -> Option<Scheme> {
        let text = text.to_ascii_lowercase().replace("hxxp", "http");
        Scheme::ALL.iter().find(|row| row.0 == text).map(|row| row.1)
    }
    /// The scheme's word.
    pub fn as_str(self) -> &'static str {
        Scheme::ALL.iter().find(|row| row.1 == self).map_or("", |row| row.0)
    }
    /// The port that a URL need not name.
    pub fn default_port(self) -> u16 {
        Scheme::ALL.iter().find(|row| row.1 == self).map_or(0, |row| row.2)
    }
}

/// A URL in its one spelling: no user, no fragment, no default port, at least `/` as its target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    /// how
    pub scheme: Scheme,
    /// where
    pub host: Host,
    /// port, always known
    pub port: u16,
    /// path and query as they travel, starting with `/`
    pub target: String,
}

impl Url {
    /// Reads a URL, defanged or not. `None` if it is not one that a device could fetch.
    pub fn parse(text: &str) -> Option<Url> {
        let text = text.trim();
        if text.len() > URL_MAX_BYTES + 8 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        let (scheme, rest) = text.split_once("://").or_else(|| text.split_once("[:]//"))?;
        let scheme = Scheme::parse(scheme)?;
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(authority_end);
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = split_port(authority)?;
        let target = target.split('#').next().unwrap_or_default();
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Some(Url { scheme, host: Host::parse(host)?, port: port.unwrap_or(scheme.default_port()), target })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "{}://[{address}]", self.scheme.as_str())?,
            host => write!(f, "{}://{host}", self.scheme.as_str())?,
        }
        if self.port != self.scheme.default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.target)
    }
}

/// `host[:port]`, `[v6][:port]`; port 0 and rubbish behind the colon are no port.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let colon = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|at| bracket + at),
        None => authority.rfind(':'),
    };
    let Some(colon) = colon else { return Some((authority, None)) };
    match &authority[colon + 1..] {
        "" => Some((&authority[..colon], None)),
        digits => {
            let port = digits.parse::<u16>().ok().filter(|port| *port != 0)?;
            Some((&authority[..colon], Some(port)))
        }
    }
}

fn looks_numeric(label: &str) -> bool {
    let digits = label.strip_prefix("0x").unwrap_or(label);
    let hex = digits.len() != label.len();
    (hex || !label.is_empty())
        && digits.chars().all(|c| if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() })
}

/// `inet_aton(3)`: one to four parts, each decimal, octal (`0…`) or hexadecimal (`0x…`).
fn loose_ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut parts = Vec::with_capacity(4);
    for part in text.split('.') {
        let value = match (part.strip_prefix("0x"), part.strip_prefix('0')) {
            (Some(""), _) => 0,
            (Some(hex), _) => u32::from_str_radix(hex, 16).ok()?,
            (None, Some(octal)) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok()?,
            _ => part.parse().ok()?,
        };
        if parts.len() == 4 {
            return None;
        }
        parts.push(value);
    }
    let (last, head) = parts.split_last()?;
    let room_bits = 32 - 8 * head.len() as u32;
    if u64::from(*last) >= 1u64 << room_bits || head.iter().any(|part| *part > 255) {
        return None;
    }
    let high = head.iter().enumerate().fold(0u32, |sum, (i, part)| sum | part << (24 - 8 * i as u32));
    Some(Ipv4Addr::from(high | last))
}

/// A host name with at least one label; the letters of other scripts are allowed, as typed.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let label = |label: &str| (1..=LABEL_MAX_BYTES).contains(&label.len()) && label.chars().all(fits);
    name.len() <= NAME_MAX_BYTES && name.split('.').all(label)
}

/// Undoes the usual ways to make an indicator harmless in text: `hxxp`, `[.]`, `(.)`, `[:]`.
fn refang(text: &str) -> String {
    text.replace("[.]", ".").replace("(.)", ".").replace("[dot]", ".").replace("[:]", ":")
}

/// A spelling that no program turns into a link: `hxxp://evil[.]example/x`.
pub fn defang(value: &str) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme, rest)) => (format!("{}://", scheme.replace("http", "hxxp")), rest),
        None => (String::new(), value),
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    format!("{scheme}{}{}", rest[..host_end].replace('.', "[.]"), &rest[host_end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: Option<&str>) {
        let url = Url::parse(input);
        assert_eq!(url.as_ref().map(ToString::to_string).as_deref(), expect, "{input}");
        if let Some(url) = url {
            let text = url.to_string();
            assert_eq!(Url::parse(&text).as_ref(), Some(&url), "normal form is stable");
            assert_eq!(Url::parse(&defang(&text)), Some(url), "defanging is undone");
        }
    }

    #[test]
    fn urls_have_one_spelling() {
        check("HTTP://User:pw@Evil.Example.:80/a?b=C#top", Some("http://evil.example/a?b=C"));
        check("http://evil.example:8080", Some("http://evil.example:8080/"));
        check("hxxps://evil[.]example/x", Some("https://evil.example/x"));
        check("http://[2001:DB8:0::1]:80/", Some("http://[2001:db8::1]/"));
        check("http://[::ffff:192.0.2.1]/", Some("http://192.0.2.1/"));
        check("http://3221225985/x", Some("http://192.0.2.1/x"));
        check("http://0xc0.0.0x201/x", Some("http://192.0.2.1/x"));
        check("http://0300.0.2.01/x", Some("http://192.0.2.1/x"));
        check("tftp://192.0.2.1/bot", Some("tftp://192.0.2.1/bot"));
        check("http://bücher.example/?q", Some("http://bücher.example/?q"));
    }

    #[test]
    fn rubbish_is_no_url() {
        for input in [
            "",
            "http://",
            "http://a b/",
            "http://a..b/",
            "http://1.2.3.4.5/",
            "http://256.1.1.1/",
            "http://a:0/",
        ] {
            check(input, None);
        }
        check("http://a:99999/", None);
        check("gopher://a.example/", None);
        check("http://-.\"evil/", None);
        check(&format!("http://{}/", "a".repeat(64)), None);
        check(&format!("http://a.example/{}", "a".repeat(URL_MAX_BYTES)), None);
    }
}
