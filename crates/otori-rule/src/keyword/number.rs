//! Values of the protocols' numbers: a comparison, a name, a list of bits, and which of several is meant.
//!
//! Neighbour: rows of `numbers` in [`otori_wire::proto`].
use crate::rule::{Compare, Pick};
use otori_wire::proto::NumberForm;

/// `1`, `>1`, `get_next_request`, `dup,!retain`; behind a comma the place: `0`, `-1`, `any`, `all`.
pub(super) fn read(value: &str, form: NumberForm) -> Result<(Compare, Pick), String> {
    let value = value.trim();
    if let NumberForm::Flags(names) = form
        && value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!')
    {
        return Ok((flags(value, names)?, Pick::Any));
    }
    // How many there are, whatever they are.
    if let Some(many) = value.strip_prefix("count").filter(|many| !many.starts_with(char::is_alphanumeric)) {
        return Ok((Compare::AtLeast(0), Pick::Times(Compare::parse(many)?)));
    }
    let (text, pick) = match value.split_once(',') {
        Some((text, place)) => (text.trim(), pick(place.trim())?),
        None => (value, Pick::Any),
    };
    if let NumberForm::Named(names) = form {
        let (negated, name) = match text.strip_prefix('!') {
            Some(name) => (true, name.trim()),
            None => (false, text),
        };
        let found = names.iter().find(|(have, _)| have.eq_ignore_ascii_case(name));
        if let Some((_, number)) = found {
            return Ok((if negated { Compare::NotEqual(*number) } else { Compare::Equal(*number) }, pick));
        }
    }
    Ok((Compare::parse(text)?, pick))
}

fn pick(place: &str) -> Result<Pick, String> {
    Ok(match place {
        "any" => Pick::Any,
        "all" | "all1" => Pick::All,
        "or_absent" => Pick::AnyOrNone,
        "all_or_absent" => Pick::AllOrNone,
        times if times.starts_with("nb") => Pick::Times(Compare::parse(times.trim_start_matches("nb"))?),
        number => Pick::At(number.parse().map_err(|_| format!("{number:?} is no place"))?),
    })
}

fn flags(value: &str, names: &[(&str, u64)]) -> Result<Compare, String> {
    let (mut set, mut clear) = (0, 0);
    for word in value.split(',').map(str::trim) {
        let (bits, name) = match word.strip_prefix('!') {
            Some(name) => (&mut clear, name),
            None => (&mut set, word),
        };
        let found = names.iter().find(|(have, _)| *have == name);
        *bits |= found.ok_or_else(|| format!("unknown flag {name:?}"))?.1;
    }
    Ok(Compare::Bits(set, clear))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        const NAMES: &[(&str, u64)] = &[("get", 0), ("set", 3)];
        assert_eq!(read(">5", NumberForm::Plain), Ok((Compare::Greater(5), Pick::Any)));
        assert_eq!(read("1,-1", NumberForm::Plain), Ok((Compare::Equal(1), Pick::At(-1))));
        assert_eq!(read("!SET, all", NumberForm::Named(NAMES)), Ok((Compare::NotEqual(3), Pick::All)));
        assert_eq!(
            read("set,!get", NumberForm::Flags(&[("get", 1), ("set", 2)])),
            Ok((Compare::Bits(2, 1), Pick::Any))
        );
        assert_eq!(read(">5,or_absent", NumberForm::Plain), Ok((Compare::Greater(5), Pick::AnyOrNone)));
        assert_eq!(read("5,all_or_absent", NumberForm::Plain), Ok((Compare::Equal(5), Pick::AllOrNone)));
        let times = Pick::Times(Compare::Greater(3));
        assert_eq!(read("5,nb>3", NumberForm::Plain), Ok((Compare::Equal(5), times)));
        assert_eq!(read("count >3", NumberForm::Plain), Ok((Compare::AtLeast(0), times)));
        assert!(read("countless", NumberForm::Plain).is_err());
        assert!(read("nonsense", NumberForm::Named(NAMES)).is_err());
    }
}
