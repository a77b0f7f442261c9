//! Options of IPv4, IPv6 and TCP headers: which are there, and what is wrong with them.
//!
//! RFC 791 3.1, RFC 8200 4.2, RFC 9293 3.2, RFC 7323 (time stamps). Names of anomalies are Suricata's decode events.
use crate::{anomaly::Anomalies, limits::HEADER_OPTIONS};

/// Numbers of IPv4 options without copy bit and class: end, no-op, route records and the like.
const KNOWN_IPV4: &[u8] = &[0x07, 0x44, 0x82, 0x83, 0x85, 0x86, 0x88, 0x89, 0x94];

/// Which options an IPv4 header has: a bit per number (the low five bits of its type).
pub(super) fn ipv4(bytes: &[u8], anomalies: &mut Anomalies) -> u32 {
    let mut found = 0u32;
    let mut rest = bytes;
    for _ in 0..HEADER_OPTIONS {
        let Some((kind, after)) = rest.split_first() else { break };
        let bit = 1u32 << (kind & 0x1f);
        match kind {
            0 => {
                found |= bit;
                break;
            }
            1 => {
                found |= bit;
                rest = after;
                continue;
            }
            _ => {}
        }
        let Some(length) = after.first().map(|length| usize::from(*length)) else {
            anomalies.note("ipv4.opt_invalid_len");
            break;
        };
        if length < 2 || length > rest.len() {
            anomalies.note("ipv4.opt_invalid_len");
            break;
        }
        if !KNOWN_IPV4.contains(kind) {
            anomalies.note("ipv4.opt_unknown");
        } else if found & bit != 0 {
            anomalies.note("ipv4.opt_duplicate");
        } else if !fits(*kind, rest.get(..length).unwrap_or(rest)) {
            anomalies.note("ipv4.opt_malformed");
        }
        found |= bit;
        rest = rest.get(length..).unwrap_or(&[]);
    }
    found
}

/// The shape that an IPv4 option must have.
fn fits(kind: u8, option: &[u8]) -> bool {
    let pointer = option.get(2).copied().unwrap_or(0);
    match kind {
        // Record and source routes: addresses behind a pointer that starts at 4.
        0x07 | 0x83 | 0x89 => option.len() >= 3 && (option.len() - 3).is_multiple_of(4) && pointer >= 4,
        0x44 => option.len() >= 5 && pointer >= 5,
        0x88 | 0x94 => option.len() == 4,
        0x82 => option.len() == 11 || option.len() >= 3,
        _ => true,
    }
}

/// Known options of an IPv6 options header and the names of what is wrong with it.
pub(super) struct Kind {
    known: &'static [u8],
    unknown: &'static str,
    only_padding: &'static str,
}

pub(super) const HOP_BY_HOP: Kind = Kind {
    known: &[0x05, 0xc2, 0x07, 0x26, 0x63, 0x6d, 0x08, 0x8a, 0x8b],
    unknown: "ipv6.hopopts_unknown_opt",
    only_padding: "ipv6.hopopts_only_padding",
};
pub(super) const DESTINATION: Kind = Kind {
    known: &[0xc9, 0x04, 0x8b, 0x8a, 0x05, 0xc2],
    unknown: "ipv6.dstopts_unknown_opt",
    only_padding: "ipv6.dstopts_only_padding",
};

pub(super) fn ipv6(header: &[u8], kind: &Kind, anomalies: &mut Anomalies) {
    let mut rest = header.get(2..).unwrap_or(&[]);
    let (mut padding, mut others) = (0usize, 0usize);
    for _ in 0..header.len() {
        let Some((number, after)) = rest.split_first() else { break };
        if *number == 0 {
            padding += 1;
            rest = after;
            continue;
        }
        let body = after.split_first().and_then(|(length, body)| body.get(..usize::from(*length)));
        let Some(body) = body else { return anomalies.note("ipv6.exthdr_invalid_optlen") };
        match number {
            1 => {
                padding += 1;
                if body.is_empty() {
                    anomalies.note("ipv6.zero_len_padn");
                }
            }
            0x05 if body.len() != 2 => return anomalies.note("ipv6.exthdr_invalid_optlen"),
            0xc2 if body.len() != 4 => return anomalies.note("ipv6.exthdr_invalid_optlen"),
            0xc9 if body.len() != 16 => return anomalies.note("ipv6.exthdr_invalid_optlen"),
            number => {
                others += 1;
                if !kind.known.contains(number) {
                    anomalies.note(kind.unknown);
                }
            }
        }
        rest = after.get(1 + body.len()..).unwrap_or(&[]);
    }
    if others == 0 && padding > 0 {
        anomalies.note(kind.only_padding);
    }
}

/// What the options of a TCP header say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// time stamp and its echo, RFC 7323
    pub timestamp: Option<(u32, u32)>,
    /// maximum segment size
    pub segment_size: Option<u16>,
    /// window scale
    pub window_scale: Option<u8>,
    /// fast open, RFC 7413
    pub fast_open: bool,
    /// selective acknowledgement is permitted
    pub selective: bool,
}

pub(super) fn tcp(bytes: &[u8], anomalies: &mut Anomalies) -> TcpOptions {
    let mut options = TcpOptions::default();
    let mut rest = bytes;
    for _ in 0..HEADER_OPTIONS {
        let Some((kind, after)) = rest.split_first() else { break };
        match kind {
            0 => break,
            1 => {
                rest = after;
                continue;
            }
            _ => {}
        }
        let Some(length) = after.first().map(|length| usize::from(*length)) else { break };
        if length < 2 || length > rest.len() {
            anomalies.note("tcp.opt_invalid_len");
            break;
        }
        let body = rest.get(2..length).unwrap_or(&[]);
        let word =
            |at: usize| body.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        let (wrong_length, again) = match (kind, body.len()) {
            (2, 2) => {
                let size = u16::from_be_bytes([body[0], body[1]]);
                (false, options.segment_size.replace(size).is_some())
            }
            (3, 1) => (false, options.window_scale.replace(body[0]).is_some()),
            (4, 0) => (false, core::mem::replace(&mut options.selective, true)),
            (8, 8) => (false, options.timestamp.replace((word(0), word(4))).is_some()),
            (34, _) => {
                (body.len() > 16 || body.len() % 2 != 0, core::mem::replace(&mut options.fast_open, true))
            }
            // Fast open before it got its number: an experiment's option with this mark (RFC 6994).
            (253 | 254, _) if body.starts_with(&[0xf9, 0x89]) => {
                (false, core::mem::replace(&mut options.fast_open, true))
            }
            (2 | 3 | 4 | 8, _) => (true, false),
            (5, count) => (!count.is_multiple_of(8) || !(8..=32).contains(&count), false),
            _ => (false, false),
        };
        if wrong_length {
            anomalies.note("tcp.opt_invalid_len");
        }
        if again {
            anomalies.note("tcp.opt_duplicate");
        }
        rest = rest.get(length..).unwrap_or(&[]);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_named_and_bounded() {
        let mut anomalies = Anomalies::none();
        assert_eq!(ipv4(&[7, 7, 4, 0, 0, 0, 0, 0], &mut anomalies), 1 << 7 | 1);
        assert!(anomalies.names().is_empty());
        ipv4(&[7, 0, 4, 0], &mut anomalies);
        assert_eq!(anomalies.names(), ["ipv4.opt_invalid_len"]);
        let mut anomalies = Anomalies::none();
        let options = tcp(&[1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6], &mut anomalies);
        assert_eq!((options.timestamp, anomalies.names()), (Some((5, 6)), &[][..]));
        tcp(&[2, 4, 1, 1, 2, 4, 1, 1, 8, 3, 1], &mut anomalies);
        assert_eq!(anomalies.names(), ["tcp.opt_duplicate", "tcp.opt_invalid_len"]);
        let mut anomalies = Anomalies::none();
        ipv6(&[58, 0, 1, 4, 0, 0, 0, 0], &HOP_BY_HOP, &mut anomalies);
        assert_eq!(anomalies.names(), ["ipv6.hopopts_only_padding"]);
    }
}
