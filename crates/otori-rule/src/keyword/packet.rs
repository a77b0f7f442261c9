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
    builder.rule.checks.push(Check::TcpSequence(number(value)?));
    Ok(())
}
pub(super) fn ack(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    builder.rule.checks.push(Check::TcpAcknowledgement(number(value)?));
    Ok(())
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
    let (number_text, layer) = match value.split_once(',') {
        Some((text, "any" | "all")) => (text, None),
        Some((text, layer)) => (text, Some(number(layer)?)),
        None => (value, None),
    };
    builder.rule.checks.push(Check::Vlan(layer, Compare::parse(number_text)?));
    Ok(())
}

pub(super) fn ip_protocol(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let named = value.trim_start_matches(['!', '<', '>', '=']);
    let sign = value.get(..value.len() - named.len()).unwrap_or("");
    let number = match named.trim().to_ascii_lowercase().as_str() {
        "icmp" => "1",
        "igmp" => "2",
        "tcp" => "6",
        "udp" => "17",
        "gre" => "47",
        "esp" => "50",
        "icmpv6" | "ipv6-icmp" => "58",
        "sctp" => "132",
        _ => named,
    };
    compare(builder, &format!("{sign}{number}"), Check::IpProtocol)
}

pub(super) fn fragment_bits(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    match value.trim() {
        "M" | "+M" | "M+" => {
            builder.rule.checks.push(Check::Fragment(true));
            Ok(())
        }
        "!M" => {
            builder.rule.checks.push(Check::Fragment(false));
            Ok(())
        }
        other => Err(format!("fragbits {other:?} is not supported")),
    }
}

pub(super) fn tcp_flags(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (wanted, ignored) = value.split_once(',').unwrap_or((value, ""));
    let wanted = wanted.trim();
    let (how, letters) = match wanted.chars().next() {
        Some('+') => (FlagTest::All, wanted.get(1..).unwrap_or("")),
        Some('*') => (FlagTest::Any, wanted.get(1..).unwrap_or("")),
        Some('!') => (FlagTest::NotAll, wanted.get(1..).unwrap_or("")),
        Some('=') => (FlagTest::Exactly, wanted.get(1..).unwrap_or("")),
        _ if wanted.ends_with('+') => (FlagTest::All, wanted.trim_end_matches('+')),
        _ if wanted.ends_with('*') => (FlagTest::Any, wanted.trim_end_matches('*')),
        _ => (FlagTest::Exactly, wanted),
    };
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
