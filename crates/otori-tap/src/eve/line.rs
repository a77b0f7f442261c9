//! Writes a line of the log as its parts come: no map, no value, no memory but that of the lines.
//!
//! Key types: [`Line`] (what the head of a line needs, text or map), [`JsonText`]. Neighbour: [`super::record`], which makes
//! maps for the lines that are put together out of order.
use super::record::{JsonRecord, is_safe};
use core::fmt::{self, Write};
use otori_event::{RawText, Timestamp};
use otori_wire::proto::Record;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// A record that takes what protocols do not have.
pub(super) trait Line: Record {
    /// What shows itself as plain text: an address, a time.
    fn shown(&mut self, key: &'static str, value: &dyn fmt::Display);
    /// Anything.
    fn value(&mut self, key: &'static str, value: Value);
}

impl Line for JsonRecord {
    fn shown(&mut self, key: &'static str, value: &dyn fmt::Display) {
        self.value(key, value.to_string().into());
    }
    fn value(&mut self, key: &'static str, value: Value) {
        self.insert(key, value);
    }
}

/// An object that is written while it is made. Each key must come once.
pub(super) struct JsonText<'a> {
    out: &'a mut Vec<u8>,
    /// keys that are there already; checked in builds for tests
    keys: Keys,
}

/// How many keys an object has, and which, where that is checked.
#[derive(Default)]
struct Keys {
    count: usize,
    #[cfg(debug_assertions)]
    names: Vec<String>,
}

impl Keys {
    fn note(&mut self, key: &str) -> bool {
        #[cfg(debug_assertions)]
        {
            assert!(!self.names.iter().any(|have| have == key), "{key} is there already");
            self.names.push(key.into());
        }
        let _ = key;
        self.count += 1;
        self.count == 1
    }
}

/// Into memory nothing fails to be written.
fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}

/// Bytes as a string of JSON.
fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    match core::str::from_utf8(bytes) {
        Ok(text) if is_safe(text) => json(out, text),
        _ => json(out, &format_args!("{}", RawText::new(bytes))),
    }
}

/// Puts something between the members of a list.
fn list<T>(out: &mut Vec<u8>, all: impl Iterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (place, one) in all.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write(out, one);
    }
    out.push(b']');
}

impl<'a> JsonText<'a> {
    /// The object that `fill` makes, behind what is there.
    pub(super) fn write(out: &'a mut Vec<u8>, fill: impl FnOnce(&mut JsonText<'_>)) {
        out.push(b'{');
        let mut object = JsonText { out, keys: Keys::default() };
        fill(&mut object);
        object.out.push(b'}');
    }
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.keys.note(key) {
            self.out.push(b',');
        }
        json(self.out, key);
        self.out.push(b':');
        self.out
    }
    /// An object in it.
    pub(super) fn inner(&mut self, key: &'static str, fill: impl FnOnce(&mut JsonText<'_>)) {
        JsonText::write(self.key(key), fill);
    }
    /// All members of a map.
    pub(super) fn extend(&mut self, map: serde_json::Map<String, Value>) {
        for (key, value) in map {
            json(self.key(&key), &value);
        }
    }
}

impl Line for JsonText<'_> {
    fn shown(&mut self, key: &'static str, value: &dyn fmt::Display) {
        let out = self.key(key);
        out.push(b'"');
        let _ = write!(Plain(out), "{value}");
        out.push(b'"');
    }
    fn value(&mut self, key: &'static str, value: Value) {
        json(self.key(key), &value);
    }
}

/// Takes text that needs no escape.
struct Plain<'a>(&'a mut Vec<u8>);

impl Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Record for JsonText<'_> {
    fn text(&mut self, key: &'static str, bytes: &[u8]) {
        text(self.key(key), bytes);
    }
    fn number(&mut self, key: &'static str, value: i64) {
        json(self.key(key), &value);
    }
    fn flag(&mut self, key: &'static str, value: bool) {
        json(self.key(key), &value);
    }
    fn list(&mut self, key: &'static str, count: usize, each: &mut dyn FnMut(usize, &mut dyn Record)) {
        list(self.key(key), 0..count, |out, place| JsonText::write(out, |object| each(place, object)));
    }
    fn numbers(&mut self, key: &'static str, values: &[u8]) {
        json(self.key(key), values);
    }
    fn words(&mut self, key: &'static str, words: &mut dyn Iterator<Item = Cow<'_, [u8]>>) {
        list(self.key(key), words, |out, word| text(out, &word));
    }
    fn object(&mut self, key: &'static str, fill: &mut dyn FnMut(&mut dyn Record)) {
        JsonText::write(self.key(key), |object| fill(object));
    }
}

/// `2026-11-22T09:30:00.000000+0000`
pub(super) struct Time(pub(super) Timestamp);

/// Passes on so many bytes of what is written.
struct First<'a, 'f>(usize, &'a mut fmt::Formatter<'f>);

impl Write for First<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let shown = text.get(..self.0.min(text.len())).unwrap_or(text);
        self.0 -= shown.len().min(self.0);
        self.1.write_str(shown)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(First(26, f), "{}", self.0)?;
        f.write_str("+0000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(line: &mut dyn Line) {
        line.shown("at", &Time(Timestamp(1_700_000_000_123_456_789)));
        line.text("name", "a\"b\\ü".as_bytes());
        line.text("raw", b"\xff\n\x00");
        line.text("lines", b"a\nb");
        line.number("less", -5);
        line.flag("is", true);
        line.numbers("few", &[1, 2]);
        line.texts("words", &[b"one".to_vec(), b"t\"wo".to_vec()]);
        line.texts("none", &[]);
        line.list("list", 2, &mut |place, each| each.number("place", place as i64));
        line.object("in", &mut |object| object.object("er", &mut |_| {}));
        line.value("any", serde_json::json!({"b": [null, 1.5]}));
    }

    #[test]
    fn text_says_what_a_map_says() {
        let (mut out, mut map) = (b"x".to_vec(), JsonRecord::default());
        JsonText::write(&mut out, |line| fill(line));
        fill(&mut map);
        let read: Value = serde_json::from_slice(out.strip_prefix(b"x").unwrap()).unwrap();
        assert_eq!(read, map.into_value());
        assert_eq!(read["at"], "2023-11-14T22:13:20.123456+0000");
    }

    #[test]
    #[should_panic(expected = "is there already")]
    #[cfg(debug_assertions)]
    fn a_key_comes_once() {
        JsonText::write(&mut Vec::new(), |line| {
            line.flag("a", true);
            line.flag("a", false);
        });
    }
}
