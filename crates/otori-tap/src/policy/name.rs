//! Patterns of hosts and URLs. Key type: [`Pattern`].
use core::str::FromStr;

/// `example.com` (it and all below it), `*.example.com` (all below it), `example.com/path` (URLs that begin so).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    host: Vec<u8>,
    only_below: bool,
    path: Vec<u8>,
}

impl FromStr for Pattern {
    type Err = String;
    fn from_str(text: &str) -> Result<Pattern, String> {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (host, path) = bare.find('/').map_or((bare, ""), |at| bare.split_at(at));
        let (only_below, host) = match host.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, host),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(fits) || path.contains(['*', ' ']) {
            return Err(format!(
                "{text:?} is no name or URL: write example.com, *.example.com or example.com/path; a * may stand before \
                 the first dot only"
            ));
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase().into_bytes();
        Ok(Pattern { host, only_below, path: path.as_bytes().to_vec() })
    }
}

impl Pattern {
    /// A host, or a URL without its scheme.
    pub(super) fn fits(&self, name: &[u8]) -> bool {
        let at = name.iter().position(|byte| *byte == b'/').unwrap_or(name.len());
        let (host, path) = name.split_at(at);
        path.starts_with(&self.path) && (self.is_host(host) || self.is_host(without_port(host)))
    }
    fn is_host(&self, host: &[u8]) -> bool {
        let host = host.strip_suffix(b".").unwrap_or(host);
        let Some(more) = host.len().checked_sub(self.host.len()) else { return false };
        let (front, end) = host.split_at(more);
        let below = front.ends_with(b".");
        end.eq_ignore_ascii_case(&self.host) && (below || (front.is_empty() && !self.only_below))
    }
}

/// `[2001:db8::1]:80` has a port, `2001:db8::1` has none.
fn without_port(host: &[u8]) -> &[u8] {
    match host.iter().rposition(|byte| *byte == b':') {
        Some(at) if host.get(at + 1..).is_some_and(|port| port.iter().all(u8::is_ascii_digit)) => {
            host.get(..at).unwrap_or(host)
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_all_below_them_and_paths_how_urls_begin() {
        let rows: &[(&str, &str, bool)] = &[
            ("example.com", "example.com", true),
            ("example.com", "WWW.Example.COM.", true),
            ("example.com", "notexample.com", false),
            ("example.com", "example.com:8080/x", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", true),
            ("http://example.com/up/", "example.com/up/load", true),
            ("example.com/up/", "example.com/down", false),
            ("example.com/up/", "example.com", false),
            ("192.0.2.7", "192.0.2.7:80/", true),
            ("[2001:db8::1]", "[2001:db8::1]:80/", true),
        ];
        for (pattern, name, expect) in rows {
            assert_eq!(
                pattern.parse::<Pattern>().unwrap().fits(name.as_bytes()),
                *expect,
                "{pattern} {name}"
            );
        }
        for wrong in ["", "*", "a.*.example", "*x.example", "exa mple", "example.com/*"] {
            assert!(wrong.parse::<Pattern>().unwrap_err().contains("write example.com"), "{wrong}");
        }
    }
}
