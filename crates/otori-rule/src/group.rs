//! Groups of rule headers: lists, negation and variables of addresses and of ports, as sets.
//!
//! Key type: [`Words`]. Neighbours: [`crate::address`] and [`crate::port`], which read a single word. `!` takes away
//! all of what stands behind it, however that is made: `![192.0.2.0/24,!192.0.2.1]` has 192.0.2.1.
use crate::{
    address::{Range, merge, split_group},
    limits::GROUP_DEPTH,
};

/// What is in, and what of it is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// empty: everything
    pub(crate) include: Vec<Range>,
    pub(crate) exclude: Vec<Range>,
}

impl Parts {
    const fn is_everything(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// What single words mean.
pub(crate) struct Words<'a> {
    /// `an address` or `a port`
    pub(crate) kind: &'static str,
    pub(crate) everything: &'a [Range],
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) range: &'a dyn Fn(&str) -> Option<Range>,
}

impl Words<'_> {
    /// Reads a set that has something; the error says what is wrong.
    pub(crate) fn read(&self, text: &str) -> Result<Parts, String> {
        let parts = self.parts(text, 0)?;
        let both = !parts.include.is_empty() && !parts.exclude.is_empty();
        if both && self.ranges(&parts).is_empty() {
            return Err(format!("nothing is left of {text:?}: all of it is taken away again"));
        }
        Ok(parts)
    }

    fn parts(&self, text: &str, depth: usize) -> Result<Parts, String> {
        let (text, kind) = (text.trim(), self.kind);
        if depth > GROUP_DEPTH {
            return Err(format!("groups are nested too deep for {kind}"));
        }
        if let Some(rest) = text.strip_prefix('!') {
            return self.without(self.parts(rest, depth + 1)?);
        }
        if let Some(name) = text.strip_prefix('$') {
            let value = (self.variable)(name).ok_or_else(|| format!("variable ${name} is not set"))?;
            return self.parts(&value, depth + 1);
        }
        if text.starts_with('[') {
            let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
            let inner = inner.ok_or_else(|| format!("no closing bracket in {text:?}"))?;
            return self.group(inner, depth);
        }
        if text.eq_ignore_ascii_case("any") {
            return Ok(Parts::default());
        }
        let range = (self.range)(text).ok_or_else(|| format!("{text:?} is not {kind}"))?;
        Ok(Parts { include: vec![range], exclude: Vec::new() })
    }

    /// All but that.
    fn without(&self, parts: Parts) -> Result<Parts, String> {
        if parts.is_everything() {
            return Err("!any matches nothing".into());
        }
        Ok(match (parts.include.is_empty(), parts.exclude.is_empty()) {
            (true, _) => Parts { include: parts.exclude, exclude: Vec::new() },
            (false, true) => Parts { include: Vec::new(), exclude: parts.include },
            (false, false) => Parts { include: Vec::new(), exclude: self.ranges(&parts) },
        })
    }

    /// What has no `!`, together, without what has one.
    fn group(&self, inner: &str, depth: usize) -> Result<Parts, String> {
        let (mut wanted, mut gone) = (Vec::new(), Vec::new());
        for part in split_group(inner) {
            match part.trim().strip_prefix('!') {
                None => wanted.push(self.parts(part, depth + 1)?),
                Some(rest) => {
                    let parts = self.parts(rest, depth + 1)?;
                    if parts.is_everything() {
                        return Err("!any matches nothing".into());
                    }
                    gone.extend(self.ranges(&parts));
                }
            }
        }
        if wanted.is_empty() && gone.is_empty() {
            return Err(format!("\"[{inner}]\" has nothing that is {}", self.kind));
        }
        let mut whole = match wanted.len() {
            0 | 1 => wanted.pop().unwrap_or_default(),
            _ if wanted.iter().any(Parts::is_everything) => Parts::default(),
            _ => Parts {
                include: wanted.iter().flat_map(|one| self.ranges(one)).collect(),
                ..Parts::default()
            },
        };
        whole.exclude.extend(gone);
        Ok(whole)
    }

    /// The same without exclusions.
    fn ranges(&self, parts: &Parts) -> Vec<Range> {
        let from = if parts.include.is_empty() { self.everything } else { &parts.include };
        let (mut from, mut gone) = (from.to_vec(), parts.exclude.clone());
        if gone.is_empty() {
            return from;
        }
        merge(&mut from);
        merge(&mut gone);
        from.iter().flat_map(|range| left_of(*range, &gone)).collect()
    }
}

/// What sorted ranges leave of one.
fn left_of(range: Range, gone: &[Range]) -> Vec<Range> {
    let first = gone.partition_point(|cut| (cut.v6, cut.high) < (range.v6, range.low));
    let cuts = gone.get(first..).unwrap_or(&[]).iter();
    let mut left = Vec::new();
    let mut next = Some(range.low);
    for cut in cuts.take_while(|cut| cut.v6 == range.v6 && cut.low <= range.high) {
        let Some(low) = next else { break };
        if cut.low > low {
            left.push(Range { low, high: cut.low - 1, ..range });
        }
        next = cut.high.checked_add(1).filter(|next| *next <= range.high);
    }
    left.extend(next.map(|low| Range { low, ..range }));
    left
}
