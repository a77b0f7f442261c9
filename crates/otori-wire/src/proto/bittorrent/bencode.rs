//! Bencoding, the form of BitTorrent's messages: texts, whole numbers, lists and dictionaries.
//!
//! Key type: [`Value`]. BEP 3, "bencoding". Nothing is copied: lists and dictionaries are read again when they are asked.
use crate::limits::BENCODE_DEPTH;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(&'a [u8]),
    Number(i64),
    /// what is between its marks
    List(&'a [u8]),
    /// the same
    Dictionary(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) const fn text(self) -> Option<&'a [u8]> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    pub(super) const fn number(self) -> Option<i64> {
        match self {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }
    /// The values of a list; of anything else there are none.
    pub(super) fn items(self) -> impl Iterator<Item = Value<'a>> {
        let mut rest = match self {
            Value::List(inside) => inside,
            _ => &[],
        };
        core::iter::from_fn(move || {
            let (value, after) = value(rest)?;
            rest = after;
            Some(value)
        })
    }
    /// The value of that key of a dictionary.
    pub(super) fn get(self, key: &[u8]) -> Option<Value<'a>> {
        let Value::Dictionary(mut rest) = self else { return None };
        // Each turn takes two values or ends.
        loop {
            let (name, after) = value(rest)?;
            let (found, after) = value(after)?;
            if name.text()? == key {
                return Some(found);
            }
            rest = after;
        }
    }
}

/// The value that starts there, and what follows it.
pub(super) fn value(bytes: &[u8]) -> Option<(Value<'_>, &[u8])> {
    deep(bytes, BENCODE_DEPTH)
}

fn deep(bytes: &[u8], depth: usize) -> Option<(Value<'_>, &[u8])> {
    let (first, after) = bytes.split_first()?;
    match first {
        b'0'..=b'9' => {
            let colon = bytes.iter().take(8).position(|byte| *byte == b':')?;
            let length = digits(bytes.get(..colon)?)?;
            let (text, rest) = bytes.get(colon + 1..)?.split_at_checked(usize::try_from(length).ok()?)?;
            Some((Value::Text(text), rest))
        }
        b'i' => {
            let end = after.iter().take(21).position(|byte| *byte == b'e')?;
            let written = after.get(..end)?;
            let number = match written.split_first()? {
                (b'-', written) => -digits(written)?,
                _ => digits(written)?,
            };
            Some((Value::Number(number), after.get(end + 1..)?))
        }
        b'l' | b'd' => {
            let mut rest = after;
            while rest.first()? != &b'e' {
                rest = deep(rest, depth.checked_sub(1)?)?.1;
            }
            let inside = after.get(..after.len() - rest.len())?;
            let value = if *first == b'l' { Value::List(inside) } else { Value::Dictionary(inside) };
            Some((value, rest.get(1..)?))
        }
        _ => None,
    }
}

fn digits(written: &[u8]) -> Option<i64> {
    let digits = !written.is_empty() && written.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(written).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: Option<Value<'_>>) {
        assert_eq!(value(bytes).map(|(value, _)| value), expect, "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn values_are_read_and_broken_ones_are_none() {
        check(b"4:spam", Some(Value::Text(b"spam")));
        check(b"i-42e", Some(Value::Number(-42)));
        check(b"l4:spami7ee", Some(Value::List(b"4:spami7e")));
        for broken in [&b"5:spam"[..], b"i4-2e", b"ie", b"l4:spam", b"99999999:", b"x", b"", b"i-e"] {
            check(broken, None);
        }
        let deep = [vec![b'l'; 5000], vec![b'e'; 5000]].concat();
        check(&deep, None);
        let (map, _) = value(b"d1:ai1e1:bl1:x1:yee").unwrap();
        assert_eq!(map.get(b"a").and_then(Value::number), Some(1));
        assert_eq!(map.get(b"b").unwrap().items().filter_map(Value::text).count(), 2);
        assert_eq!(map.get(b"c"), None);
    }
}
