//! Which peers are ours: the demonstration's attackers announce themselves before they connect.
//!
//! Key type: [`DemoPeers`]. A demonstration plays over loopback, so every peer would show as 127.0.0.1;
//! the announcement may carry an address from a documentation range (RFC 5737) to be shown in its place.
//! Only sessions marked `demo` ever carry such an address.
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

/// Announcements that were not yet met by a connection.
pub const DEMO_PEERS_MAX: usize = 1024;

/// Shared between the demonstration player and the fronts. Cloning shares.
#[derive(Clone, Default)]
pub struct DemoPeers {
    peers: Arc<Mutex<BTreeMap<SocketAddr, Option<IpAddr>>>>,
}

impl DemoPeers {
    /// A connection from `peer` (its own socket address, loopback only) is part of the demonstration;
    /// `shown` is the documentation address that its events carry. Returns false when it is not
    /// loopback, `shown` is not a documentation address, or too many are announced.
    pub fn announce(&self, peer: SocketAddr, shown: Option<IpAddr>) -> bool {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = peer.ip().is_loopback() && shown.is_none_or(crate::address::is_documentation);
        if allowed && peers.len() < DEMO_PEERS_MAX {
            peers.insert(peer, shown);
            return true;
        }
        false
    }
    /// Was it announced? `Some(shown)` once; the announcement is used up.
    pub fn claim(&self, peer: SocketAddr) -> Option<Option<IpAddr>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_used_once_and_only_for_loopback() {
        let peers = DemoPeers::default();
        let peer = "127.0.0.1:4000".parse().unwrap();
        let shown = Some("203.0.113.9".parse().unwrap());
        assert!(peers.announce(peer, shown));
        assert_eq!(peers.claim(peer), Some(shown));
        assert_eq!(peers.claim(peer), None);
        assert!(!peers.announce("192.0.2.1:4000".parse().unwrap(), None));
        assert!(!peers.announce(peer, Some("8.8.8.8".parse().unwrap())));
    }
}
