//! `modbus`, `dnp3_obj`, `dnp3_ind`, `cip_service` and `http2.settings`: several numbers of one protocol in one value.
//!
//! Suricata's manual, "Modbus Keyword", "DNP3 Keywords", "ENIP/CIP Keywords". Neighbour: rows of numbers in
//! [`otori_wire::proto`], which the values are written in terms of.
use super::Builder;
use crate::rule::Compare;
use otori_wire::{
    Direction,
    proto::{dnp3, modbus},
};

/// The bits of a name.
fn bits(table: &[(&str, u64)], name: &str) -> Result<u64, String> {
    let found = table.iter().find(|(have, _)| *have == name);
    found.map(|(_, bits)| *bits).ok_or_else(|| format!("unknown word {name:?}"))
}

/// `unit 10, function 4, subfunction 4`; `function !reserved`; `access write holding, address 500, value >200`.
pub(super) fn modbus(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    // It is about requests.
    builder.rule.flow.direction.get_or_insert(Direction::ToServer);
    let mut address = None;
    for part in value.split(',').map(str::trim) {
        let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        let rest = rest.trim();
        match word {
            "unit" => builder.number_is("modbus.unit", Compare::parse(rest)?),
            "function" => function(builder, rest)?,
            "subfunction" => builder.number_is("modbus.subfunction", Compare::parse(rest)?),
            "access" => {
                let mut wanted = 0;
                for name in rest.split_whitespace() {
                    wanted |= bits(modbus::ACCESSES, name)?;
                }
                builder.number_is("modbus.access", Compare::Bits(wanted, 0));
            }
            "address" => {
                let compare = Compare::parse(rest)?;
                touches(builder, compare)?;
                address = Some(compare);
            }
            "value" => written(builder, address, Compare::parse(rest)?)?,
            other => return Err(format!("unknown setting {other:?}")),
        }
    }
    Ok(())
}

/// A number, or a category of functions.
fn function(builder: &mut Builder<'_>, text: &str) -> Result<(), String> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        builder.number_is("modbus.function", Compare::parse(text)?);
        return Ok(());
    }
    let (negated, name) = match text.strip_prefix('!') {
        Some(name) => (true, name.trim()),
        None => (false, text),
    };
    let wanted = bits(modbus::CATEGORIES, name)?;
    // A function has one category: it is one of the wanted bits when it is none of the others.
    let clear = if negated { wanted } else { !wanted & bits(modbus::CATEGORIES, "all")? };
    builder.number_is("modbus.category", Compare::Bits(0, clear));
    Ok(())
}

/// An access touches an address when its first is not behind it and its last not before it.
fn touches(builder: &mut Builder<'_>, compare: Compare) -> Result<(), String> {
    let (first, last) = match compare {
        Compare::Equal(at) => (Some(Compare::AtMost(at)), Some(Compare::AtLeast(at))),
        Compare::Less(_) | Compare::AtMost(_) => (Some(compare), None),
        Compare::Greater(_) | Compare::AtLeast(_) => (None, Some(compare)),
        Compare::Between(low, high) => (Some(Compare::Less(high)), Some(Compare::Greater(low))),
        _ => return Err("an address is a number, a bound or a range".into()),
    };
    for (keyword, compare) in [("modbus.first_address", first), ("modbus.last_address", last)] {
        compare.into_iter().for_each(|compare| builder.number_is(keyword, compare));
    }
    Ok(())
}

/// What is written at one address.
fn written(builder: &mut Builder<'_>, address: Option<Compare>, value: Compare) -> Result<(), String> {
    let Some(Compare::Equal(address)) = address else {
        return Err("a value needs one address before it".into());
    };
    let at = |value: u64| address << 16 | value.min(0xffff);
    let compare = match value {
        Compare::Equal(value) => Compare::Equal(at(value)),
        Compare::Less(value) => Compare::Between(at(0).saturating_sub(1), at(value)),
        Compare::AtMost(value) => Compare::Between(at(0).saturating_sub(1), at(value) + 1),
        Compare::Greater(value) => Compare::Between(at(value), at(0xffff) + 1),
        Compare::AtLeast(value) => Compare::Between(at(value).saturating_sub(1), at(0xffff) + 1),
        Compare::Between(low, high) => Compare::Between(at(low), at(high)),
        _ => return Err("a value is a number, a bound or a range".into()),
    };
    builder.number_is("modbus.written", compare);
    Ok(())
}

/// `group,variation`.
pub(super) fn dnp3_object(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (group, variation) = value.split_once(',').ok_or("dnp3_obj has a group and a variation")?;
    let (group, variation): (u8, u8) = (super::meta::number(group)?, super::meta::number(variation)?);
    let number = u64::from(group) << 8 | u64::from(variation);
    builder.number_is("dnp3.object", Compare::Equal(number));
    Ok(())
}

/// Flags, one of which is set.
pub(super) fn dnp3_indicators(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut wanted = 0;
    for name in value.split(',').map(str::trim) {
        wanted |= bits(dnp3::INDICATOR_NAMES, name)?;
    }
    builder.number_is("dnp3.ind", Compare::AnyBit(wanted));
    Ok(())
}

/// `SETTINGS_MAX_CONCURRENT_STREAMS >50`; without a comparison the setting is there.
pub(super) fn http2_settings(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let (name, compare) = value.split_once(char::is_whitespace).unwrap_or((value, ""));
    let name = name.to_ascii_lowercase();
    let keyword = format!("http2.settings.{}", name.strip_prefix("settings_").unwrap_or(&name));
    let compare = if compare.trim().is_empty() { ">=0" } else { compare };
    match builder.number(&keyword, compare)? {
        true => Ok(()),
        false => Err(format!("unknown setting {name:?}")),
    }
}

/// `service`, `service,class`, `service,class,attribute`.
pub(super) fn cip_service(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    if parts.len() > 3 {
        return Err("cip_service has at most a service, a class and an attribute".into());
    }
    let keywords = ["enip.cip_service", "enip.cip_class", "enip.cip_attribute"];
    for (keyword, part) in keywords.into_iter().zip(parts) {
        builder.number_is(keyword, Compare::Equal(super::meta::number(part)?));
    }
    Ok(())
}
