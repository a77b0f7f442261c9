//! Port sets of rule headers: groups, negation, variables, ranges.
//!
//! Key type: [`PortSet`]. Neighbour: [`crate::address`].
use crate::{address::split_group, limits::GROUP_DEPTH, parse::Variables};

/// Ports that are in some range and in no excluded one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PortSet {
    /// empty: every port
    include: Vec<(u16, u16)>,
    exclude: Vec<(u16, u16)>,
}

impl PortSet {
    /// Whether `port` is in the set.
    pub fn has(&self, port: u16) -> bool {
        let within = |list: &[(u16, u16)]| list.iter().any(|(low, high)| (*low..=*high).contains(&port));
        (self.include.is_empty() || within(&self.include)) && !within(&self.exclude)
    }
    /// Every port.
    pub fn is_any(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
    /// Reads a set; the error says what is wrong.
    pub fn parse(text: &str, variables: &Variables) -> Result<PortSet, String> {
        let mut set = PortSet::default();
        let mut any = false;
        add(&mut set, &mut any, text, false, variables, 0)?;
        if any {
            set.include.clear();
        }
        Ok(set)
    }
}

fn add(
    set: &mut PortSet,
    any: &mut bool,
    text: &str,
    negated: bool,
    variables: &Variables,
    depth: usize,
) -> Result<(), String> {
    let text = text.trim();
    if depth > GROUP_DEPTH {
        return Err("port groups are nested too deep".into());
    }
    if let Some(rest) = text.strip_prefix('!') {
        return add(set, any, rest, !negated, variables, depth + 1);
    }
    if let Some(name) = text.strip_prefix('$') {
        let value = variables.port(name).ok_or_else(|| format!("variable ${name} is not set"))?;
        return add(set, any, &value, negated, variables, depth + 1);
    }
    if text.starts_with('[') {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
        let inner = inner.ok_or_else(|| format!("no closing bracket in {text:?}"))?;
        return split_group(inner).try_for_each(|part| add(set, any, part, negated, variables, depth + 1));
    }
    if text.eq_ignore_ascii_case("any") {
        *any = true;
        return if negated { Err("!any matches nothing".into()) } else { Ok(()) };
    }
    let range = parse_range(text).ok_or_else(|| format!("{text:?} is not a port"))?;
    if negated {
        set.exclude.push(range)
    } else {
        set.include.push(range)
    }
    Ok(())
}

fn parse_range(text: &str) -> Option<(u16, u16)> {
    let Some((low, high)) = text.split_once(':') else {
        let port = text.parse().ok()?;
        return Some((port, port));
    };
    let low = if low.trim().is_empty() { 0 } else { low.trim().parse().ok()? };
    let high = if high.trim().is_empty() { u16::MAX } else { high.trim().parse().ok()? };
    (low <= high).then_some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, inside: &[u16], outside: &[u16]) {
        let set = PortSet::parse(text, &Variables::default()).unwrap();
        assert!(inside.iter().all(|port| set.has(*port)), "{text}");
        assert!(outside.iter().all(|port| !set.has(*port)), "{text}");
    }

    #[test]
    fn sets_hold_what_they_say() {
        check("any", &[0, 65535], &[]);
        check("[80,8000:8100,!8080]", &[80, 8000, 8100], &[81, 8080]);
        check("!22", &[21, 23], &[22]);
        check("1024:", &[1024, 65535], &[1023]);
        check(":1023", &[0, 1023], &[1024]);
        check("$HTTP_PORTS", &[80], &[81]);
        for bad in ["", "70000", "9:1", "[80", "$NOBODY"] {
            assert!(PortSet::parse(bad, &Variables::default()).is_err(), "{bad}");
        }
    }
}
