//! Hosts that no list may block. Key type: [`Veto`].
//!
//! Whoever loads lists says which: this room knows none. An entry that names one is refused when its list blocks; a host
//! that is met through an entry above it is only told.
use super::feed::{Entry, EntryKind};
use super::subject::split_port;
use std::{fmt, sync::Arc};

/// Why a name or an address must not be blocked, if so.
type Forbids = dyn Fn(&[u8]) -> Option<String> + Send + Sync;

/// Hosts that no list may block.
#[derive(Clone, Default)]
pub struct Veto(Option<Arc<Forbids>>);

impl Veto {
    /// Asks that function about names (lower case, no final dot) and addresses.
    pub fn new(forbids: impl Fn(&[u8]) -> Option<String> + Send + Sync + 'static) -> Veto {
        Veto(Some(Arc::new(forbids)))
    }
    /// Why that host must not be blocked, if so.
    pub(super) fn host(&self, host: &[u8]) -> Option<String> {
        self.0.as_ref()?(host)
    }
    /// Why that entry must not be on a list that blocks, if so.
    pub(super) fn entry(&self, entry: &Entry) -> Option<String> {
        let host = match entry.kind {
            EntryKind::Host | EntryKind::Domain => &*entry.text,
            EntryKind::Url => {
                let end = entry.text.iter().position(|byte| *byte == b'/').unwrap_or(entry.text.len());
                split_port(entry.text.get(..end).unwrap_or_default()).0
            }
        };
        self.host(host)
    }
}

impl fmt::Debug for Veto {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(if self.0.is_some() { "Veto" } else { "no veto" })
    }
}
