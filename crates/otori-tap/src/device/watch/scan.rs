//! Scanning: one port of many hosts, many ports of one host, most of them without an answer.
//!
//! Key type: [`Scan`]. What was opened within the last second is not counted yet: its answer may be on the way. After Jung
//! et al., "Fast Portscan Detection Using Sequential Hypothesis Testing" (2004): failures tell, not the mere number.
use super::{Finding, SECOND_NS, Watch};
use crate::device::{
    contact::{Contact, Happening},
    lately::{Few, Lately},
};
use core::net::IpAddr;
use otori_event::Timestamp;
use otori_wire::decode::protocol;

/// Ports, or hosts, that are followed at a time.
const TRACKS: usize = 16;
/// Different hosts, or ports, of one track that are remembered.
const TARGETS: usize = 64;
/// A track that is older begins anew.
const WINDOW_NS: i64 = 300 * SECOND_NS;
/// Different targets of TCP and ICMP that are too many.
const MANY: usize = 25;
/// The same of UDP, where peers that have gone are usual.
const MANY_UDP: usize = 60;
/// Of a hundred attempts, so many stay without an answer.
const FAILED_OF_HUNDRED: u32 = 60;

/// What is the same of all attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Same {
    /// protocol and port: hosts are counted
    Port(u8, u16),
    /// the host that is tried: ports are counted
    Host(u8, IpAddr),
    /// the host that tries the device: ports are counted
    Guest(u8, IpAddr),
}

/// A host or a port, short.
type Target = u32;

/// An address in 32 bits: two that fall together are one target less.
fn host(ip: IpAddr) -> Target {
    match ip {
        IpAddr::V4(ip) => ip.to_bits(),
        IpAddr::V6(ip) => ip.to_bits().to_be_bytes().chunks(4).fold(0, |sum, four| {
            let four = four.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
            sum.rotate_left(7) ^ four.wrapping_mul(0x9e37_79b1)
        }),
    }
}

#[derive(Default)]
struct Track {
    since: Timestamp,
    targets: Few<Target>,
    opened: u32,
    answered: u32,
    /// attempts of the latest second
    fresh: (i64, u32),
}

/// Memory of one device.
#[derive(Default)]
pub(super) struct Scan {
    tracks: Lately<Same, Track>,
}

const fn many(protocol: u8) -> usize {
    if protocol == protocol::UDP { MANY_UDP } else { MANY }
}

/// Tracks that an attempt belongs to, and what it counts there.
fn tracks(contact: &Contact<'_>) -> [Option<(Same, Target)>; 2] {
    let number = contact.protocol;
    let ported = matches!(number, protocol::TCP | protocol::UDP);
    let ip = contact.peer.ip;
    if !contact.opened {
        return [ported.then_some((Same::Guest(number, ip), contact.own.port.into())), None];
    }
    // The identifier of an echo stands where ports do.
    let port = if ported { contact.peer.port } else { 0 };
    let ports = ported.then_some((Same::Host(number, ip), port.into()));
    [Some((Same::Port(number, port), host(ip))), ports]
}

impl Track {
    fn attempt(&mut self, target: Target, at: Timestamp, protocol: u8) -> bool {
        if at.since_ns(self.since) > WINDOW_NS {
            *self = Track { since: at, ..Track::default() };
        }
        let second = at.0.div_euclid(SECOND_NS);
        if self.fresh.0 != second {
            self.fresh = (second, 0);
        }
        self.targets.add(target, TARGETS);
        let settled = self.opened - self.fresh.1.min(self.opened);
        self.opened += 1;
        self.fresh.1 += 1;
        let failed = settled.saturating_sub(self.answered);
        self.targets.len() >= many(protocol)
            && failed as usize * 4 >= many(protocol) * 3
            && failed * 100 >= settled * FAILED_OF_HUNDRED
    }
}

impl Watch for Scan {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        if !contact.is_single() || !matches!(happening, Happening::Opened | Happening::Answered) {
            return;
        }
        for (same, target) in tracks(contact).into_iter().flatten() {
            if matches!(happening, Happening::Answered) {
                if let Some(track) = self.tracks.get_mut(&same) {
                    track.answered += 1;
                }
                continue;
            }
            let track = self.tracks.entry(same, contact.at, TRACKS);
            if !track.attempt(target, contact.at, contact.protocol) {
                continue;
            }
            let (sid, what, value) = match same {
                Same::Port(_, port) => (1, "port", port.to_string()),
                Same::Host(_, ip) => (2, "host", ip.to_string()),
                Same::Guest(_, ip) => (3, "host", ip.to_string()),
            };
            tell(Finding::new(
                sid,
                [
                    (what, value),
                    ("transport", contact.transport()),
                    ("targets", track.targets.len().to_string()),
                    ("attempts", track.opened.to_string()),
                    ("answered", track.answered.to_string()),
                    ("seconds", (contact.at.since_ns(track.since) / SECOND_NS).to_string()),
                ],
            ));
            *track = Track { since: contact.at, ..Track::default() };
        }
    }
}
