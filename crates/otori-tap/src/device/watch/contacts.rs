//! Alerts of rules and lists, gathered by device: attempts on it, and contact with bad places.
//!
//! Key type: [`Contacts`]. One finding says that there is something and how much; the alerts themselves are in the log.
use super::{Finding, SECOND_NS, Watch};
use crate::device::contact::{Contact, Happening};
use otori_event::Timestamp;

/// Findings sum up what came within this time.
const SUM_NS: i64 = 3_600 * SECOND_NS;

#[derive(Default)]
struct Sum {
    since: Timestamp,
    count: u32,
}

/// Memory of one device: attempts, bad places.
#[derive(Default)]
pub(super) struct Contacts {
    sums: [Sum; 2],
}

impl Watch for Contacts {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        let Happening::Alert { message, from_device, infected } = happening else { return };
        let place = match (*infected, *from_device) {
            (true, _) => 1,
            (false, false) => 0,
            // What a device asks for that is merely against a policy.
            (false, true) => return,
        };
        let sum = &mut self.sums[place];
        if contact.at.since_ns(sum.since) > SUM_NS {
            *sum = Sum { since: contact.at, count: 0 };
        }
        sum.count += 1;
        let numbers = [
            ("alerts", sum.count.to_string()),
            ("peer", contact.peer_text()),
            ("alert", (*message).to_owned()),
        ];
        tell(Finding::new(if place == 0 { 12 } else { 13 }, numbers));
    }
}
