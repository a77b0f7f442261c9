//! Port sets of rule headers: groups, negation, variables, ranges.
//!
//! Key type: [`PortSet`]. Neighbour: [`crate::address`].
use crate::{address::Range, group::Words, parse::Variables};

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
        let variable = |name: &str| variables.port(name);
        let range = |text: &str| {
            let (low, high) = parse_range(text)?;
            Some(Range { v6: false, low: low.into(), high: high.into() })
        };
        let everything = [Range { v6: false, low: 0, high: u16::MAX.into() }];
        let words = Words { kind: "a port", everything: &everything, variable: &variable, range: &range };
        let parts = words.read(text)?;
        // All of them were ports before.
        let ports =
            |list: Vec<Range>| list.iter().map(|range| (range.low as u16, range.high as u16)).collect();
        Ok(PortSet { include: ports(parts.include), exclude: ports(parts.exclude) })
    }
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
        check("!$SHELLCODE_PORTS", &[80], &[81]);
        check("[1:100,![20:30,!25]]", &[1, 19, 25, 31, 100], &[20, 24, 26, 30, 101]);
        check("![20:30,!25]", &[0, 19, 25, 31, 65535], &[20, 24, 26, 30]);
        for bad in ["", "[80,!1:1024]", "!any", "70000", "9:1", "[80", "$NOBODY"] {
            assert!(PortSet::parse(bad, &Variables::default()).is_err(), "{bad}");
        }
    }
}
