//! What a device does outside of its profile, and more than the profile allows.
//!
//! Key type: [`Outside`]. A flow is judged when it opens, and once more when the name of its other end is known; until then
//! only so many bytes pass as names need.
use super::{Finding, SECOND_NS};
use crate::device::{
    contact::{Contact, Happening},
    lately::Lately,
    profile::{Profile, Verdict},
};

/// Entries of a profile whose bytes are counted at a time.
const COUNTED: usize = 64;
/// Bytes from the device without a known name, where a name is allowed: a hand-shake.
const NAMELESS_BYTES: u64 = 16 << 10;
const HOUR_NS: i64 = 3_600 * SECOND_NS;

/// Memory of one device.
#[derive(Default)]
pub(super) struct Outside {
    /// by entry: the hour, and bytes from the device and to it
    counts: Lately<usize, (i64, [u64; 2])>,
}

impl Outside {
    /// Takes what has happened to a device with that profile; tells what is outside.
    pub(super) fn see(
        &mut self,
        profile: &Profile,
        contact: &Contact<'_>,
        happening: &Happening<'_>,
        tell: &mut dyn FnMut(Finding),
    ) {
        let verdict = profile.judge(contact);
        let told = match (verdict, happening) {
            (Verdict::Outside, Happening::Opened | Happening::Named) => true,
            // A flow that goes on although it was told, on the way of the packets after a change of the profile.
            (Verdict::Outside, Happening::Progress { .. }) => true,
            (Verdict::Unknown, Happening::Progress { .. }) => contact.bytes[0] > NAMELESS_BYTES,
            (Verdict::Unknown, Happening::Closed) => contact.answered,
            _ => false,
        };
        if told {
            let name = if contact.name().is_some() { "yes" } else { "no" };
            let numbers = [
                ("profile", profile.name.clone()),
                ("peer", contact.peer_text()),
                ("transport", contact.transport()),
                ("port", contact.service().to_string()),
                ("opened_by", if contact.opened { "device" } else { "peer" }.to_owned()),
                ("named", name.to_owned()),
            ];
            let mut finding = Finding::new(if contact.opened { 14 } else { 15 }, numbers);
            finding.about = format!("{} {} {}", contact.peer_text(), contact.protocol, contact.service());
            tell(finding);
        }
        if let (Verdict::Allowed(place), Happening::Progress { bytes, .. }) = (verdict, happening) {
            self.count(profile, place, contact, *bytes, tell);
        }
    }
    fn count(
        &mut self,
        profile: &Profile,
        place: usize,
        contact: &Contact<'_>,
        bytes: [u64; 2],
        tell: &mut dyn FnMut(Finding),
    ) {
        let Some(limit) = profile.allows.get(place).and_then(|allow| allow.bytes_per_hour) else { return };
        let hour = contact.at.0.div_euclid(HOUR_NS);
        let count = self.counts.entry(place, contact.at, COUNTED);
        if count.0 != hour {
            *count = (hour, [0; 2]);
        }
        count.1 = [count.1[0] + bytes[0], count.1[1] + bytes[1]];
        let Some(way) = (0..2).find(|way| count.1[*way] > limit[*way]) else { return };
        let numbers = [
            ("profile", profile.name.clone()),
            ("peer", contact.peer_text()),
            ("direction", if way == 0 { "from device" } else { "to device" }.to_owned()),
            ("bytes", count.1[way].to_string()),
            ("limit", limit[way].to_string()),
        ];
        let mut finding = Finding::new(16, numbers);
        finding.about = place.to_string();
        tell(finding);
    }
}
