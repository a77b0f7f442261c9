//! Lines of the lists that people publish. Key function: [`read_line`].
//!
//! Understood, line by line: bare names (the name and all below it), `*.name` and `.name` (the same), `||name^` (filter
//! lists of browsers), hosts files (`0.0.0.0 name name`: just these names), response policy zones (`name CNAME .`), URLs
//! (`http://host/path`; one that ends in `/` means everything below), addresses, and tables with a URL in one of their
//! quoted columns (URLhaus). Comments begin with `#`, `!`, `;` or `//`.

use super::subject::{HostKind, host, split_port, target};

/// What an entry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EntryKind {
    /// one name or address
    Host,
    /// a name and all below it
    Domain,
    /// a URL without its scheme; if its path ends in `/`, all below it
    Url,
}

/// One entry, in the form that it is compared in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// what it stands for
    pub kind: EntryKind,
    /// `camera.example`, `192.0.2.1`, `camera.example:8080/bins/x?y`
    pub text: Vec<u8>,
}

/// Why a line was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// no name, address or URL
    #[error("no host name, address or URL; write names in ASCII (xn--…)")]
    NotAnEntry,
    /// an exception in a filter list
    #[error("an exception: put it on a list of its own with the action pass")]
    Exception,
    /// a filter that looks inside of pages
    #[error("a filter for pages, not for hosts or URLs")]
    PageFilter,
    /// a top-level domain would be everything
    #[error("a whole top-level domain; name what is below it")]
    TopLevel,
}

/// Names that hosts files give to the machine itself.
const OWN_NAMES: &[&[u8]] =
    &[b"localhost", b"localhost.localdomain", b"local", b"broadcasthost", b"ip6-localhost", b"ip6-loopback"];

/// Reads one line; several entries where it has several, none where it is empty or a comment.
///
/// # Errors
/// Why the line was not taken.
pub fn read_line(line: &[u8], take: &mut dyn FnMut(Entry)) -> Result<(), FeedError> {
    let line = line.trim_ascii();
    if line.is_empty()
        || [b"#".as_slice(), b"!", b";", b"//", b"$", b"@ "].iter().any(|start| line.starts_with(start))
    {
        return Ok(());
    }
    if line.starts_with(b"@@") {
        return Err(FeedError::Exception);
    }
    if line.windows(2).any(|two| two == b"##" || two == b"#@") {
        return Err(FeedError::PageFilter);
    }
    if let Some(filter) = line.strip_prefix(b"||") {
        let name = filter.strip_suffix(b"^").ok_or(FeedError::PageFilter)?;
        return take_name(name, EntryKind::Domain, take);
    }
    if line.starts_with(b"\"") {
        let url = line.split(|byte| *byte == b'"').find(|column| scheme_of(column).is_some());
        // The first line of a table names its columns.
        return url.map_or(Ok(()), |url| take_url(url, take));
    }
    let line = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii_end();
    if scheme_of(line).is_some() {
        return take_url(line, take);
    }
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let rest: Vec<&[u8]> = words.collect();
    match rest.as_slice() {
        [] if first.contains(&b'/') => take_url(first, take),
        [] => take_bare(first, take),
        [..] if is_address(first) => take_names(&rest, take),
        words if words.iter().any(|word| word.eq_ignore_ascii_case(b"CNAME")) => take_zone(first, take),
        _ => Err(FeedError::NotAnEntry),
    }
}

fn is_address(text: &[u8]) -> bool {
    host(text, &mut Vec::new()) == Some(HostKind::Address)
}

/// The names of a line of a hosts file.
fn take_names(names: &[&[u8]], take: &mut dyn FnMut(Entry)) -> Result<(), FeedError> {
    for name in names.iter().filter(|name| !OWN_NAMES.contains(name) && !is_address(name)) {
        take_name(name, EntryKind::Host, take)?;
    }
    Ok(())
}

/// The owner of a record of a response policy zone.
fn take_zone(owner: &[u8], take: &mut dyn FnMut(Entry)) -> Result<(), FeedError> {
    match owner.strip_prefix(b"*.") {
        Some(name) => take_name(name, EntryKind::Domain, take),
        None => take_name(owner, EntryKind::Host, take),
    }
}

fn take_bare(name: &[u8], take: &mut dyn FnMut(Entry)) -> Result<(), FeedError> {
    let below = name.strip_prefix(b"*.").or_else(|| name.strip_prefix(b".")).unwrap_or(name);
    take_name(below, EntryKind::Domain, take)
}

fn take_name(name: &[u8], kind: EntryKind, take: &mut dyn FnMut(Entry)) -> Result<(), FeedError> {
    let mut text = Vec::new();
    let kind = match host(name, &mut text).ok_or(FeedError::NotAnEntry)? {
        HostKind::Address => EntryKind::Host,
        HostKind::Name if kind == EntryKind::Domain && !text.contains(&b'.') => {
            return Err(FeedError::TopLevel);
        }
        HostKind::Name => kind,
    };
    take(Entry { kind, text });
    Ok(())
}

/// The port that a scheme stands for, and what follows the scheme.
fn scheme_of(text: &[u8]) -> Option<(u16, &[u8])> {
    let colon = text.windows(3).position(|three| three == b"://")?;
    let (scheme, rest) = (&text[..colon], &text[colon + 3..]);
    let port = if scheme.eq_ignore_ascii_case(b"http") {
        80
    } else if scheme.eq_ignore_ascii_case(b"https") {
        443
    } else {
        return None;
    };
    Some((port, rest))
}

fn take_url(url: &[u8], take: &mut dyn FnMut(Entry)) -> Result<(), FeedError> {
    let (usual, rest) = scheme_of(url).unwrap_or((80, url));
    let slash = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    // A user name and a password before the host.
    let authority = authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
    let mut text = Vec::new();
    url_text(authority, path, usual, &mut text).ok_or(FeedError::NotAnEntry)?;
    take(Entry { kind: EntryKind::Url, text });
    Ok(())
}

/// What a URL is compared as: host, port unless it is the usual one, path and query. Gives where the path begins and where
/// the query does.
pub(super) fn url_text(
    authority: &[u8],
    path: &[u8],
    usual: u16,
    to: &mut Vec<u8>,
) -> Option<(usize, usize)> {
    let (name, port) = split_port(authority);
    let kind = host(name, to)?;
    if kind == HostKind::Address && to.contains(&b':') {
        to.insert(0, b'[');
        to.push(b']');
    }
    if let Some(port) = port.filter(|port| *port != usual) {
        to.extend_from_slice(format!(":{port}").as_bytes());
    }
    let begins = to.len();
    let query = target(path, to);
    Some((begins, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(line: &str) -> Result<Vec<(EntryKind, String)>, FeedError> {
        let mut all = Vec::new();
        let mut take = |entry: Entry| all.push((entry.kind, String::from_utf8(entry.text).unwrap()));
        read_line(line.as_bytes(), &mut take)?;
        Ok(all)
    }

    fn check(line: &str, expect: &[(EntryKind, &str)]) {
        let expect: Vec<_> = expect.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
        assert_eq!(entries(line), Ok(expect), "{line}");
    }

    #[test]
    fn every_known_form_is_read() {
        use EntryKind::{Domain, Host, Url};
        check("  ", &[]);
        check("# a comment", &[]);
        check("! a comment", &[]);
        check("; a comment", &[]);
        check("Evil.example", &[(Domain, "evil.example")]);
        check("*.evil.example", &[(Domain, "evil.example")]);
        check(".evil.example # why", &[(Domain, "evil.example")]);
        check("||evil.example^", &[(Domain, "evil.example")]);
        check("0.0.0.0 evil.example bad.example", &[(Host, "evil.example"), (Host, "bad.example")]);
        check("127.0.0.1\tlocalhost", &[]);
        check("::1 localhost ip6-loopback", &[]);
        check("evil.example. 300 IN CNAME .", &[(Host, "evil.example")]);
        check("*.evil.example CNAME .", &[(Domain, "evil.example")]);
        check("192.0.2.7", &[(Host, "192.0.2.7")]);
        check("2001:db8::7", &[(Host, "2001:db8::7")]);
        check("http://evil.example/bins/x", &[(Url, "evil.example/bins/x")]);
        check("https://EVIL.example:443", &[(Url, "evil.example/")]);
        check("http://u:p@192.0.2.7:8080/x?y#z", &[(Url, "192.0.2.7:8080/x?y")]);
        check("http://[2001:db8::7]/x", &[(Url, "[2001:db8::7]/x")]);
        check("evil.example/path/", &[(Url, "evil.example/path/")]);
        check(r#""id","dateadded","url","url_status""#, &[]);
        check(
            r#""3141","2025-08-01 00:00:00","http://192.0.2.7:44444/i","online","malware_download""#,
            &[(Url, "192.0.2.7:44444/i")],
        );
    }

    #[test]
    fn what_cannot_be_taken_says_why() {
        let refused = |line: &str, why| assert_eq!(entries(line), Err(why), "{line}");
        refused("@@||good.example^", FeedError::Exception);
        refused("example.com##.banner", FeedError::PageFilter);
        refused("||evil.example/banner$third-party", FeedError::PageFilter);
        refused("com", FeedError::TopLevel);
        refused("*.jp", FeedError::TopLevel);
        refused("two words", FeedError::NotAnEntry);
        refused("例え.jp", FeedError::NotAnEntry);
        refused("http:///x", FeedError::NotAnEntry);
    }
}
