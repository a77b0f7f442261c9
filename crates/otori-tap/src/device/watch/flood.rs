//! Flooding: packets of one kind in one second, far beyond a floor and beyond what the device has done before, for seconds.
//!
//! Key type: [`Flood`]. Counted are connections that get no answer (SYN), datagrams, ICMP; in both directions.
use super::{Finding, SECOND_NS, Watch};
use crate::device::contact::{Contact, Happening};
use otori_wire::decode::protocol;

/// Seconds in a row that make a flood.
const SECONDS: u32 = 3;
/// Times the usual number of a second in which there is something.
const TIMES: u64 = 8;
/// Of a hundred datagrams of a flood, at most so many are answered.
const ANSWERED_OF_HUNDRED: u64 = 20;

/// Name, and the number per second that is never a flood: a camera's video has some thousand datagrams.
const KINDS: [(&str, u64); 3] = [("syn", 200), ("udp", 3_000), ("icmp", 200)];

#[derive(Clone, Copy, Default)]
struct Rate {
    second: i64,
    count: u64,
    answers: u64,
    /// usual number of a busy second, times 16
    usual: u64,
    /// seconds in a row beyond
    hot: u32,
}

/// Memory of one device: by kind and direction.
#[derive(Default)]
pub(super) struct Flood {
    rates: [[Rate; 2]; 3],
}

impl Rate {
    /// Counts; a second that is over is judged. Gives its number when it is one too many.
    fn add(&mut self, second: i64, count: u64, answers: u64, floor: u64) -> Option<(u64, u64)> {
        let mut found = None;
        if second > self.second {
            let beyond = self.count > floor && self.count * 16 > self.usual * TIMES;
            let silent = self.answers * 100 <= self.count * ANSWERED_OF_HUNDRED;
            if beyond && silent {
                self.hot = if second - self.second <= 2 { self.hot + 1 } else { 1 };
                found = (self.hot >= SECONDS).then_some((self.count, self.usual / 16));
            } else if self.count > 0 {
                self.hot = 0;
                self.usual = (self.usual * 15 + self.count * 16) / 16;
            }
            if found.is_some() {
                self.hot = 0;
            }
            (self.second, self.count, self.answers) = (second, 0, 0);
        }
        self.count += count;
        self.answers += answers;
        found
    }
}

impl Watch for Flood {
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding)) {
        let tcp = contact.protocol == protocol::TCP;
        // From the device and to it: packets, and answers to them.
        let (kind, counts) = match happening {
            Happening::Opened if tcp => (0, [u64::from(contact.opened), u64::from(!contact.opened)]),
            Happening::Answered if tcp => {
                let rate = &mut self.rates[0][usize::from(!contact.opened)];
                rate.answers += 1;
                return;
            }
            Happening::Progress { packets, .. } if contact.protocol == protocol::UDP => (1, *packets),
            Happening::Progress { packets, .. }
                if matches!(contact.protocol, protocol::ICMP | protocol::ICMPV6) =>
            {
                (2, *packets)
            }
            _ => return,
        };
        let (name, floor) = KINDS[kind];
        let second = contact.at.0.div_euclid(SECOND_NS);
        for way in 0..2 {
            let answers = if kind == 0 { 0 } else { counts[1 - way] };
            let Some((count, usual)) = self.rates[kind][way].add(second, counts[way], answers, floor) else {
                continue;
            };
            let numbers = [
                ("kind", name.to_owned()),
                ("packets_per_second", count.to_string()),
                ("usual_per_second", usual.to_string()),
                ("peer", contact.peer_text()),
            ];
            tell(Finding::new(if way == 0 { 6 } else { 7 }, numbers));
        }
    }
}
