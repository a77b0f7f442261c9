//! `ike.chosen_sa_attribute`, `ike.vendor`, `krb5.ticket_encryption`, `dcerpc.iface`, `dcerpc.opnum`, `nfs_procedure`: who talks,
//! what they agreed on, and what is called.
//!
//! Suricata's manual, "IKE Keywords", "Kerberos Keywords", "DCERPC Keywords", "NFS Keywords". Neighbour: rows in [`otori_wire::proto`], which the
//! values are written in terms of.
use super::{Builder, meta::number};
use crate::{
    dataset::hex,
    rule::Compare,
    step::{ByteTest, Content, Encoding, Number, Step, Value},
};
use otori_wire::proto::{krb5, nfs};

/// Ranges of one rule's list.
const RANGES: usize = 256;

/// `alg_hash=2`, `sa_key_length=128`.
pub(super) fn chosen_attribute(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(value.len());
    let (name, rest) = value.split_at(end);
    let compare = Compare::parse(rest).map_err(|_| "write NAME=NUMBER, as in alg_hash=2".to_owned())?;
    let keyword = format!("ike.chosen_sa_attribute.{name}");
    if !otori_wire::proto::numbers().any(|row| row.keyword == keyword) {
        return Err(format!("unknown attribute {name:?}"));
    }
    builder.number_is(&keyword, compare);
    Ok(())
}

/// A vendor's identifier in digits of base 16; without a value the buffer of all of them.
pub(super) fn vendor(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    if value.is_empty() {
        return builder.sticky("ike.vendor", None).map(|_| ());
    }
    let digits = value.trim_matches('"').to_ascii_lowercase();
    hex(&digits).ok_or_else(|| format!("{value:?} is no number of base 16"))?;
    let content = Content {
        pattern: digits.into_bytes(),
        offset: Some(Value::Constant(0)),
        at_end: true,
        ..Content::default()
    };
    builder.push_whole("ike.vendor", vec![Step::Content(content)])
}

/// `weak`, `!weak`, or numbers and names of which it is one; `!` before the first: none of them.
pub(super) fn ticket_encryption(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (negated, list) = match value.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, value),
    };
    if list == "weak" {
        builder.number_is("krb5.ticket_is_weak", Compare::Equal(u64::from(!negated)));
        return Ok(());
    }
    let mut among = Vec::new();
    for word in list.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()) {
        let named = krb5::ENCRYPTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        let kind = match (named, word.parse::<i64>()) {
            (Some((_, kind)), _) => *kind,
            (None, Ok(kind)) => kind.cast_unsigned(),
            (None, Err(_)) => return Err(format!("unknown encryption {word:?}")),
        };
        among.push((kind, kind));
    }
    push_among(builder, "krb5.ticket_encryption_number", among, negated)
}

fn push_among(
    builder: &mut Builder<'_>,
    keyword: &str,
    among: Vec<(u64, u64)>,
    negated: bool,
) -> Result<(), String> {
    if among.is_empty() || among.len() > RANGES {
        return Err(format!("1 to {RANGES} values are needed"));
    }
    builder.push_named_number(keyword, Step::NumberAmong(among, negated));
    Ok(())
}

/// `15`, `12,18-24,5`.
pub(super) fn operation(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let range = |part: &str| {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        let (low, high) = (number::<u16>(low)?, number::<u16>(high)?);
        if low > high { Err(format!("{part:?} is empty")) } else { Ok((low.into(), high.into())) }
    };
    let among = value.split(',').map(|part| range(part.trim())).collect::<Result<Vec<_>, String>>()?;
    push_among(builder, "dcerpc.operation", among, false)
}

/// A number, a comparison, a range with its ends (`1-4`, `1<>3`), or a name, which means one procedure before version 4 and
/// another one in it.
pub(super) fn procedure(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (negated, bare) = match value.strip_prefix('!') {
        Some(rest) => (true, rest.trim()),
        None => (false, value),
    };
    let named = |(name, _): &&(&str, u64)| name.eq_ignore_ascii_case(bare);
    let among: Vec<_> = nfs::PROCEDURES.iter().filter(named).map(|(_, key)| (*key, *key)).collect();
    if !among.is_empty() {
        return push_among(builder, "nfs.procedure_of_version", among, negated);
    }
    if let Some((low, high)) = bare.split_once("<>").or_else(|| bare.split_once('-')) {
        let (low, high) = (number::<u32>(low)?, number::<u32>(high)?);
        if low > high {
            return Err(format!("{bare:?} is empty"));
        }
        return push_among(builder, "nfs.procedure_number", vec![(low.into(), high.into())], negated);
    }
    builder.number_is("nfs.procedure_number", Compare::parse(value)?);
    Ok(())
}

/// `UUID`, `UUID,>1`, `UUID,any_frag`: all fragments of a call are looked at together.
pub(super) fn interface(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut parts = value.split(',').map(str::trim);
    let uuid = parts.next().unwrap_or("");
    let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
    let bytes = hex(&uuid.to_ascii_lowercase().replace('-', "")).filter(|_| groups == [8, 4, 4, 4, 12]);
    let pattern = bytes.ok_or_else(|| format!("{uuid:?} is no UUID"))?;
    let content = Content {
        offset: Some(Value::Constant(0)),
        depth: Some(Value::Constant(pattern.len() as i64)),
        pattern,
        ..Content::default()
    };
    let mut steps = vec![Step::Content(content)];
    for part in parts.filter(|part| *part != "any_frag") {
        let (test, negated) = match part.chars().next() {
            Some('<') => (ByteTest::Less, false),
            Some('>') => (ByteTest::Greater, false),
            Some('=') => (ByteTest::Equal, false),
            Some('!') => (ByteTest::Equal, true),
            _ => return Err(format!("unknown option {part:?}")),
        };
        let against = Value::Constant(number::<u16>(part.get(1..).unwrap_or(""))?.into());
        let (count, offset) = (Value::Constant(2), Value::Constant(16));
        let number = Number { count, offset, relative: false, encoding: Encoding::Big, mask: u64::MAX };
        steps.push(Step::ByteTest { number, test, negated, against });
    }
    builder.push_whole("dcerpc.interface", steps)
}

#[cfg(test)]
mod tests {
    use crate::{Tables, Variables, parse_rule};

    #[test]
    fn values_are_read() {
        let read = |protocol: &str, option: &str| {
            let rule = format!("alert {protocol} any any -> any any ({option}; sid:1;)");
            parse_rule(&rule, &Variables::default(), &mut Tables::default()).map_err(|fault| fault.reason)
        };
        for (protocol, option) in [
            ("ike", "ike.chosen_sa_attribute:alg_enc>3"),
            ("ike", "ike.vendor:4a131c81070358455c5728f20e95452f"),
            ("ike", "ike.vendor; content:\"4a13\""),
            ("krb5", "krb5.ticket_encryption:!weak"),
            ("krb5", "krb5.ticket_encryption:aes256-cts-hmac-sha1-96, 23 -133"),
            ("tcp", "dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003,!10,any_frag"),
            ("tcp", "dce_opnum:12-14,12,121,62-78"),
            ("nfs", "nfs_procedure:!getattr"),
            ("nfs", "nfs_procedure:1<>4"),
            ("nfs", "nfs_procedure:>=3"),
        ] {
            assert!(read(protocol, option).is_ok(), "{option}: {:?}", read(protocol, option));
        }
        for (protocol, option, word) in [
            ("ike", "ike.chosen_sa_attribute:alg_x=3", "alg_x"),
            ("ike", "ike.chosen_sa_attribute:alg_enc", "alg_hash=2"),
            ("ike", "ike.vendor:xyz", "xyz"),
            ("krb5", "krb5.ticket_encryption:des99", "des99"),
            ("dcerpc", "dcerpc.iface:367abb81-9844-35f1-ad32", "UUID"),
            ("dcerpc", "dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003,any", "any"),
            ("dcerpc", "dcerpc.opnum:5-3", "5-3"),
            ("dcerpc", "dcerpc.opnum:70000", "70000"),
            ("nfs", "nfs_procedure:upload", "upload"),
            ("nfs", "nfs_procedure:4-2", "4-2"),
        ] {
            assert!(read(protocol, option).unwrap_err().contains(word), "{option}");
        }
    }
}
