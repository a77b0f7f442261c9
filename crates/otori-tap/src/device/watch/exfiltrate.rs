//! Exfiltration: a device sends much to a host that it has begun to talk to lately, and gets little back.
//!
//! Key type: [`Exfiltrate`]. Until a device is known for an hour only a high floor counts; then a low one, and what it has
//! sent to any host within an hour before.
use super::{Finding, SECOND_NS, Watch};
use crate::device::{
    contact::{Contact, Happening},
    lately::Lately,
};
use otori_event::Timestamp;

/// Hosts that are followed.
const TRACKS: usize = 32;
/// A host is new, and a device not known yet, for that time.
const NEW_NS: i64 = 3_600 * SECOND_NS;
/// Bytes in an hour that a device may send to anybody, before it is known.
const FLOOR_UNKNOWN: u64 = 16 << 20;
/// The same, afterwards.
const FLOOR: u64 = 1 << 20;
/// Times what it has ever sent to one host in an hour.
const TIMES: u64 = 4;
/// Times what it got back.
const TIMES_BACK: u64 = 4;

#[derive(Default)]
struct Track {
    first_at: Option<Timestamp>,
    hour: i64,
    sent: u64,
    got: u64,
    /// of the hours that are over
    told: bool,
}

/// Memory of one device.
#[derive(Default)]
pub(super) struct Exfiltrate {
    since: Option<Timestamp>,
    /// the most bytes to one host in one hour, of hours that are over
    usual: u64,
    tracks: Lately<String, Track>,
}

impl Watch for Exfiltrate {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        let since = *self.since.get_or_insert(contact.at);
        let Happening::Progress { bytes, .. } = happening else { return };
        if contact.near || !contact.is_single() {
            return;
        }
        let hour = contact.at.0.div_euclid(3_600 * SECOND_NS);
        let track = self.tracks.entry(contact.peer_text(), contact.at, TRACKS);
        if track.hour != hour {
            if !track.told {
                self.usual = self.usual.max(track.sent);
            }
            (track.hour, track.sent, track.got, track.told) = (hour, 0, 0, false);
        }
        let first_at = *track.first_at.get_or_insert(contact.at);
        track.sent += bytes[0];
        track.got += bytes[1];
        let known = contact.at.since_ns(since) >= NEW_NS;
        let limit = if known { FLOOR.max(self.usual * TIMES) } else { FLOOR_UNKNOWN };
        let new = contact.at.since_ns(first_at) < NEW_NS;
        if !new || track.sent < limit || track.sent < track.got * TIMES_BACK {
            return;
        }
        track.told = true;
        let numbers = [
            ("peer", contact.peer_text()),
            ("bytes_out", track.sent.to_string()),
            ("bytes_in", track.got.to_string()),
            ("limit", limit.to_string()),
            ("usual", self.usual.to_string()),
        ];
        tell(Finding::new(9, numbers));
    }
}
