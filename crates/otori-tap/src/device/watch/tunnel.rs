//! Data in questions of DNS: many different long names below one domain.
//!
//! Key type: [`Tunnel`]. A resolver hands such names on to whoever owns the domain, also where nothing else may leave.
use super::{Finding, SECOND_NS, Watch};
use crate::device::{
    contact::{Contact, Happening},
    lately::{Few, Lately},
};
use otori_event::{RawText, Timestamp};
use otori_wire::hash::Folding;
use std::hash::BuildHasher;

/// Domains that are followed.
const DOMAINS: usize = 8;
/// Different names of one domain that are remembered.
const NAMES: usize = 64;
/// Different names that are too many …
const MANY: usize = 40;
/// … when they are so long below the domain, on average.
const LONG_BYTES: usize = 24;
/// A name is long by itself.
const LONG_NAME_BYTES: usize = 70;
/// A domain that is followed for longer begins anew.
const WINDOW_NS: i64 = 300 * SECOND_NS;

#[derive(Default)]
struct Domain {
    since: Timestamp,
    names: Few<u64>,
    /// different names, and their bytes below the domain
    count: usize,
    bytes: usize,
}

/// Memory of one device.
#[derive(Default)]
pub(super) struct Tunnel {
    hash: Option<Folding>,
    domains: Lately<Vec<u8>, Domain>,
}

/// What is below the domain, and the domain: two labels, three where the last but one is short, as in `co.jp`.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let dots: Vec<usize> =
        name.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.').map(|(place, _)| place).collect();
    let second = dots.first()?.checked_sub(dots.get(1)? + 1)?;
    let at = if second <= 3 { *dots.get(2)? } else { *dots.get(1)? };
    Some((name.get(..at)?, name.get(at + 1..)?))
}

impl Watch for Tunnel {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        let Happening::Asked { name } = happening else { return };
        let Some((below, domain)) = split(name).filter(|_| contact.opened) else { return };
        // What looks for a name by an address asks below one domain by design.
        if domain.eq_ignore_ascii_case(b"in-addr.arpa") || domain.ends_with(b"ip6.arpa") {
            return;
        }
        self.count(contact, below, domain, LONG_BYTES, tell);
        // Where the resolver itself takes the data, names need no common domain.
        if name.len() >= LONG_NAME_BYTES {
            self.count(contact, name, b"", LONG_NAME_BYTES, tell);
        }
    }
}

impl Tunnel {
    fn count(
        &mut self,
        contact: &Contact<'_>,
        below: &[u8],
        domain: &[u8],
        long: usize,
        tell: &mut dyn FnMut(Finding),
    ) {
        let hash = self.hash.get_or_insert_with(Folding::default).hash_one(below);
        let track = self.domains.entry(domain.to_ascii_lowercase(), contact.at, DOMAINS);
        if contact.at.since_ns(track.since) > WINDOW_NS {
            *track = Domain { since: contact.at, ..Domain::default() };
        }
        if !track.names.add(hash, NAMES) {
            return;
        }
        track.count += 1;
        track.bytes += below.len();
        if track.count < MANY || track.bytes < track.count * long {
            return;
        }
        let domain = if domain.is_empty() { "any".into() } else { RawText::new(domain).to_string() };
        let numbers = [
            ("domain", domain),
            ("names", track.count.to_string()),
            ("bytes", track.bytes.to_string()),
            ("resolver", contact.peer.ip.to_string()),
            ("seconds", (contact.at.since_ns(track.since) / SECOND_NS).to_string()),
        ];
        *track = Domain { since: contact.at, ..Domain::default() };
        tell(Finding::new(17, numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_at_its_domain() {
        let text = |name: &str| {
            split(name.as_bytes()).map(|(a, b)| [a, b].map(|part| String::from_utf8_lossy(part).into_owned()))
        };
        assert_eq!(text("a.b.example.com."), Some(["a.b".into(), "example.com".into()]));
        assert_eq!(text("a.example.co.jp"), Some(["a".into(), "example.co.jp".into()]));
        assert_eq!(text("example.com"), None);
        assert_eq!((text("co.jp"), text("."), text("")), (None, None, None));
    }
}
