//! Beaconing: one host is called again and again, in intervals and with amounts that are too equal.
//!
//! Key type: [`Beacon`]. The score is RITA's (Active Countermeasures): skew and dispersion of intervals and of bytes. What
//! networks call regularly by design is left out, and a host with a name that the device has called since it is known: most
//! devices report to their maker every minute.
use super::{Finding, SECOND_NS, Watch};
use crate::device::{
    contact::{Contact, Happening},
    lately::Lately,
};
use otori_event::Timestamp;
use otori_wire::decode::protocol;

/// Hosts that are followed.
const TRACKS: usize = 16;
/// Calls of one host that are kept.
const CALLS: usize = 32;
/// Calls that are enough to judge.
const ENOUGH: usize = 20;
/// Intervals that are judged, as their median.
const SHORTEST_MS: i64 = 2_000;
const LONGEST_MS: i64 = 6 * 3_600_000;
/// Of a thousand; equal in all.
const SCORE: i64 = 900;
/// A host with a name that is called since then belongs to the device's business.
const USUAL_NS: i64 = 3_600 * SECOND_NS;
/// Ports that are called regularly by design: DNS, DHCP, NTP, NetBIOS, SNMP, SSDP, MQTT, mDNS, CoAP, LLMNR.
const REGULAR: &[u16] =
    &[53, 67, 68, 123, 137, 138, 161, 162, 853, 1883, 1900, 3702, 5353, 5355, 5683, 5684, 8883];
/// Applications of the same kind.
const REGULAR_APPLICATIONS: &[&str] = &["dns", "ntp", "mqtt", "mdns", "ssdp", "coap", "dhcp", "stun", "snmp"];

#[derive(Default)]
struct Track {
    first_at: Timestamp,
    calls: Vec<Timestamp>,
    bytes: Vec<i64>,
}

/// Memory of one device.
#[derive(Default)]
pub(super) struct Beacon {
    since: Option<Timestamp>,
    tracks: Lately<(String, u8, u16), Track>,
}

/// How equal values are, of a thousand: RITA's skew and dispersion. And the median.
fn equal(values: &mut [i64]) -> (i64, i64, i64) {
    values.sort_unstable();
    let at = |of_four: usize, list: &[i64]| list.get(list.len() * of_four / 4).copied().unwrap_or(0);
    let (low, middle, high) = (at(1, values), at(2, values), at(3, values));
    let skewed = high != low && middle != low && middle != high;
    let skew = if skewed { (low + high - 2 * middle).abs() * 1_000 / (high - low) } else { 0 };
    let mut apart: Vec<i64> = values.iter().map(|value| (value - middle).abs()).collect();
    apart.sort_unstable();
    let dispersion = if middle > 0 { (at(2, &apart) * 1_000 / middle).min(1_000) } else { 1_000 };
    (1_000 - skew.min(1_000), 1_000 - dispersion, middle)
}

fn push<T>(list: &mut Vec<T>, value: T) {
    if list.len() >= CALLS {
        list.remove(0);
    }
    list.push(value);
}

impl Watch for Beacon {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        let since = *self.since.get_or_insert(contact.at);
        let regular = REGULAR.contains(&contact.peer.port)
            || contact.application.is_some_and(|name| REGULAR_APPLICATIONS.contains(&name));
        let ported = matches!(contact.protocol, protocol::TCP | protocol::UDP);
        let wanted = contact.opened && ported && !contact.near && contact.is_single() && !regular;
        if !wanted || !matches!(happening, Happening::Closed) {
            return;
        }
        let key = (contact.peer_text(), contact.protocol, contact.peer.port);
        let track = self.tracks.entry(key, contact.at, TRACKS);
        if track.calls.is_empty() {
            track.first_at = contact.started_at;
        }
        push(&mut track.calls, contact.started_at);
        push(&mut track.bytes, contact.bytes[0].cast_signed());
        let usual = contact.name().is_some() && track.first_at.since_ns(since) < USUAL_NS;
        if track.calls.len() < ENOUGH || usual {
            return;
        }
        // Flows do not end in the order in which they began.
        let mut calls = track.calls.clone();
        calls.sort_unstable();
        let mut intervals: Vec<i64> =
            calls.windows(2).map(|two| two[1].since_ns(two[0]) / 1_000_000).collect();
        let (skew, dispersion, median) = equal(&mut intervals);
        let (bytes_skew, bytes_dispersion, _) = equal(&mut track.bytes.clone());
        let score = (skew + dispersion + bytes_skew + bytes_dispersion) / 4;
        if score < SCORE || dispersion < SCORE || !(SHORTEST_MS..=LONGEST_MS).contains(&median) {
            return;
        }
        let numbers = [
            ("peer", contact.peer_text()),
            ("port", contact.peer.port.to_string()),
            ("calls", track.calls.len().to_string()),
            ("interval_ms", median.to_string()),
            ("score", format!("{}.{:03}", score / 1_000, score % 1_000)),
        ];
        *track = Track { first_at: track.first_at, ..Track::default() };
        tell(Finding::new(8, numbers));
    }
}
