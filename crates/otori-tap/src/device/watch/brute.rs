//! Brute force: log-ins that are refused one after the other, and SSH sessions that end at once.
//!
//! Key type: [`Brute`]. SSH says nothing in clear text: many sessions too short for work are told as such.
use super::{Finding, SECOND_NS, Watch};
use crate::device::{
    contact::{Contact, Happening, Outcome},
    lately::{Few, Lately},
};
use core::net::IpAddr;
use otori_event::Timestamp;

/// Pairs of peer and service that are followed.
const TRACKS: usize = 32;
/// A track that is older begins anew.
const WINDOW_NS: i64 = 300 * SECOND_NS;
/// Refusals by one peer at one service; a person who has forgotten a password gives up before.
const REFUSED: u32 = 8;
/// Refusals by many peers together, as bots that try a few passwords at each.
const REFUSED_ALL: u32 = 15;
/// Different peers of those.
const PEERS: usize = 5;
/// Short sessions of SSH with one peer.
const SHORT: u32 = 20;
/// A short session is over within that time …
const SHORT_NS: i64 = 30 * SECOND_NS;
/// … and with so few packets from the client.
const SHORT_PACKETS: u64 = 40;
/// Peers that are remembered of many.
const PEERS_KEPT: usize = 8;

#[derive(Default)]
struct Track {
    since: Timestamp,
    count: u32,
    peers: Few<IpAddr>,
}

/// Whether the device opened, the service, and the peer; without one, all of them.
type Key = (bool, &'static str, Option<IpAddr>);

/// Memory of one device.
#[derive(Default)]
pub(super) struct Brute {
    tracks: Lately<Key, Track>,
}

impl Brute {
    fn count(&mut self, contact: &Contact<'_>, service: &'static str, peer: Option<IpAddr>) -> &mut Track {
        let track = self.tracks.entry((contact.opened, service, peer), contact.at, TRACKS);
        if contact.at.since_ns(track.since) > WINDOW_NS {
            *track = Track { since: contact.at, ..Track::default() };
        }
        track.count += 1;
        track.peers.add(contact.peer.ip, PEERS_KEPT);
        track
    }
    fn fail(
        &mut self,
        contact: &Contact<'_>,
        service: &'static str,
        limit: u32,
        tell: &mut dyn FnMut(Finding),
    ) {
        let at = contact.at;
        let sid = if contact.opened { 4 } else { 5 };
        let mut say = |track: &mut Track, peer: String| {
            let seconds = at.since_ns(track.since) / SECOND_NS;
            let numbers = [
                ("service", service.to_owned()),
                ("peer", peer),
                ("refused", track.count.to_string()),
                ("seconds", seconds.to_string()),
            ];
            *track = Track { since: at, ..Track::default() };
            tell(Finding::new(sid, numbers));
        };
        let track = self.count(contact, service, Some(contact.peer.ip));
        if track.count >= limit {
            say(track, contact.peer.ip.to_string());
        }
        let all = self.count(contact, service, None);
        if all.count >= REFUSED_ALL.max(limit) && all.peers.len() >= PEERS {
            let peers = format!("{} peers", all.peers.len());
            say(all, peers);
        }
    }
}

impl Watch for Brute {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        match happening {
            Happening::Login(login) if login.outcome == Outcome::Refused => {
                self.fail(contact, login.service, REFUSED, tell);
            }
            // Digest refuses what is too old before it takes what is new.
            Happening::Login(login) if login.outcome == Outcome::Accepted => {
                if matches!(login.service, "http" | "rtsp")
                    && let Some(track) =
                        self.tracks.get_mut(&(contact.opened, login.service, Some(contact.peer.ip)))
                {
                    *track = Track { since: contact.at, ..Track::default() };
                }
            }
            Happening::Closed if contact.application == Some("ssh") && contact.answered => {
                let sent = if contact.opened { contact.packets[0] } else { contact.packets[1] };
                let short = contact.at.since_ns(contact.started_at) < SHORT_NS && sent < SHORT_PACKETS;
                if short && sent > 4 {
                    self.fail(contact, "ssh", SHORT, tell);
                }
            }
            _ => {}
        }
    }
}
