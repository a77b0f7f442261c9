//! Keywords on the headers of a packet.
use super::{Builder, meta::number};
use crate::rule::{Check, Compare, FlagTest};

fn compare(builder: &mut Builder<'_>, value: &str, check: fn(Compare) -> Check) -> Result<(), String> {
    builder.rule.checks.push(check(Compare::parse(value)?));
    Ok(())
}

pub(super) fn payload_size(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::PayloadSize)
}
pub(super) fn icmp_type(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::IcmpType)
}
pub(super) fn icmp_code(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::IcmpCode)
}
pub(super) fn icmp_id(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::IcmpId(number(value)?));
    Ok(())
}
pub(super) fn icmp_sequence(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::IcmpSequence(number(value)?));
    Ok(())
}
pub(super) fn sequence(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::TcpSequence)
}
pub(super) fn ack(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::TcpAcknowledgement)
}
pub(super) fn window(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::TcpWindow)
}
pub(super) fn ttl(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::Ttl)
}
pub(super) fn ip_id(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::IpId(number(value)?));
    Ok(())
}
pub(super) fn same_ip(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::SameIp);
    Ok(())
}
pub(super) fn decode_event(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::DecodeEvent(value.trim().into()));
    Ok(())
}
pub(super) fn vlan_layers(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::VlanLayers)
}

pub(super) fn vlan(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (compare, pick) = super::number::read(value, otori_wire::proto::NumberForm::Plain)?;
    builder.rule.checks.push(Check::Vlan(pick, compare));
    Ok(())
}
pub(super) fn tos(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let hexadecimal = value.trim().replace('x', "0x").replace("00x", "0x");
    compare(builder, &hexadecimal, Check::Tos)
}
pub(super) fn mtu(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::Mtu)
}
pub(super) fn segment_size(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::SegmentSize)
}
pub(super) fn window_scale(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::WindowScale)
}
pub(super) fn igmp_type(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (compare, _) = super::number::read(value, otori_wire::proto::NumberForm::Named(IGMP_TYPES))?;
    builder.rule.checks.push(Check::IgmpType(compare));
    Ok(())
}
pub(super) fn fragment_offset(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    compare(builder, value, Check::FragmentOffset)
}
pub(super) fn stream_event(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::StreamEvent(format!("stream.{}", value.trim())));
    Ok(())
}

pub(super) fn version(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let number = match value.trim() {
        "ip4" | "ipv4" => 4,
        "ip6" | "ipv6" => 6,
        other => return Err(format!("unknown protocol {other:?}")),
    };
    builder.rule.protocol = crate::rule::RuleProtocol::IpVersion(number);
    Ok(())
}

/// Types of IGMP, RFC 2236 2.1 and RFC 3376 4.
const IGMP_TYPES: &[(&str, u64)] = &[
    ("membership_query", 0x11),
    ("v1_membership_report", 0x12),
    ("v2_membership_report", 0x16),
    ("leave_group", 0x17),
    ("v3_membership_report", 0x22),
];

/// Names of IPv4 options and the low five bits of their type, RFC 791.
const IP_OPTIONS: &[(&str, u32)] = &[
    ("rr", 7),
    ("lsrr", 3),
    ("lsrre", 3),
    ("eol", 0),
    ("nop", 1),
    ("ts", 4),
    ("sec", 2),
    ("esec", 5),
    ("cipso", 6),
    ("ssrr", 9),
    ("satid", 8),
    ("rtralt", 20),
];

pub(super) fn ip_options(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let name = value.trim();
    let bits = match IP_OPTIONS.iter().find(|(have, _)| *have == name) {
        Some((_, number)) => 1 << number,
        None if name == "any" => 0,
        None => return Err(format!("unknown option {name:?}")),
    };
    builder.rule.checks.push(Check::IpOptions(bits));
    Ok(())
}

/// Names of IP protocols, IANA.
const PROTOCOLS: &[(&str, &str)] = &[
    ("ah", "51"),
    ("egp", "8"),
    ("eigrp", "88"),
    ("esp", "50"),
    ("gre", "47"),
    ("icmp", "1"),
    ("icmpv6", "58"),
    ("igmp", "2"),
    ("igp", "9"),
    ("ip-in-ip", "4"),
    ("ipip", "4"),
    ("ipv6", "41"),
    ("ipv6-frag", "44"),
    ("ipv6-icmp", "58"),
    ("ipv6-nonxt", "59"),
    ("ipv6-opts", "60"),
    ("ipv6-route", "43"),
    ("l2tp", "115"),
    ("mobile", "55"),
    ("ospf", "89"),
    ("ospfigp", "89"),
    ("pim", "103"),
    ("rdp", "27"),
    ("rsvp", "46"),
    ("sctp", "132"),
    ("swipe", "53"),
    ("tcp", "6"),
    ("udp", "17"),
    ("vrrp", "112"),
];

pub(super) fn ip_protocol(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let named = value.trim_start_matches(['!', '<', '>', '=']);
    let sign = value.get(..value.len() - named.len()).unwrap_or("");
    let lower = named.trim().to_ascii_lowercase();
    let known = PROTOCOLS.iter().find(|(have, _)| *have == lower);
    let number = known.map_or(named, |(_, number)| number);
    compare(builder, &format!("{sign}{number}"), Check::IpProtocol)
}

/// `M`, `!M`, `+MD`, `*RD`: more fragments, do not fragment, reserved. Rules in the wild have `M+D`: Suricata reads the
/// letters before the sign and nothing behind it.
pub(super) fn fragment_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (how, letters) = how(value.trim());
    let mut bits = 0;
    for letter in letters.split(['+', '*']).next().unwrap_or("").chars() {
        bits |= match letter.to_ascii_uppercase() {
            'M' => 1,
            'D' => 2,
            'R' => 4,
            other => return Err(format!("unknown bit {other:?}")),
        };
    }
    builder.rule.checks.push(Check::FragmentBits(bits, how));
    Ok(())
}

/// The sign before or behind letters, and the letters.
fn how(text: &str) -> (FlagTest, &str) {
    let rest = || text.get(1..).unwrap_or("").trim();
    match text.chars().next() {
        Some('+') => (FlagTest::All, rest()),
        Some('*') => (FlagTest::Any, rest()),
        Some('!') => (FlagTest::NotAll, rest()),
        Some('=') => (FlagTest::Exactly, rest()),
        _ if text.ends_with('+') => (FlagTest::All, text.trim_end_matches('+')),
        _ if text.ends_with('*') => (FlagTest::Any, text.trim_end_matches('*')),
        _ => (FlagTest::Exactly, text),
    }
}

pub(super) fn tcp_flags(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (wanted, ignored) = value.split_once(',').unwrap_or((value, ""));
    let (how, letters) = how(wanted.trim());
    builder.rule.checks.push(Check::TcpFlags { bits: bits(letters)?, ignored: bits(ignored)?, how });
    Ok(())
}

fn bits(letters: &str) -> Result<u8, String> {
    letters.trim().chars().try_fold(0, |bits, letter| {
        let bit = match letter.to_ascii_uppercase() {
            'F' => 0x01,
            'S' => 0x02,
            'R' => 0x04,
            'P' => 0x08,
            'A' => 0x10,
            'U' => 0x20,
            'E' | '2' => 0x40,
            'C' | '1' => 0x80,
            '0' => 0,
            other => return Err(format!("unknown flag {other:?}")),
        };
        Ok(bits | bit)
    })
}
