//! Turns a protocol's log fields into JSON.
//!
//! Key type: [`JsonRecord`], which implements [`Record`].
use otori_event::RawText;
use otori_wire::proto::Record;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// One JSON object in the making.
#[derive(Default)]
pub(super) struct JsonRecord {
    object: Map<String, Value>,
}

impl JsonRecord {
    pub(super) fn into_value(self) -> Value {
        self.object.into()
    }
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.object
    }
    pub(super) fn insert(&mut self, key: &'static str, value: Value) {
        self.object.insert(key.into(), value);
    }
}

/// Nothing in it harms a reader of the log.
pub(super) fn is_safe(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Printable text as it is; anything else with escapes, so that no log reader is harmed.
pub(super) fn safe(bytes: &[u8]) -> Value {
    match core::str::from_utf8(bytes) {
        Ok(text) if is_safe(text) => text.into(),
        _ => RawText::new(bytes).to_string().into(),
    }
}

impl Record for JsonRecord {
    fn text(&mut self, key: &'static str, bytes: &[u8]) {
        self.object.insert(key.into(), safe(bytes));
    }
    fn number(&mut self, key: &'static str, value: i64) {
        self.object.insert(key.into(), value.into());
    }
    fn flag(&mut self, key: &'static str, value: bool) {
        self.object.insert(key.into(), value.into());
    }
    fn list(&mut self, key: &'static str, count: usize, each: &mut dyn FnMut(usize, &mut dyn Record)) {
        let list: Vec<Value> = (0..count)
            .map(|place| {
                let mut object = JsonRecord::default();
                each(place, &mut object);
                object.into_value()
            })
            .collect();
        self.object.insert(key.into(), list.into());
    }
    fn numbers(&mut self, key: &'static str, values: &[u8]) {
        self.object.insert(key.into(), values.into());
    }
    fn words(&mut self, key: &'static str, words: &mut dyn Iterator<Item = Cow<'_, [u8]>>) {
        let list: Vec<Value> = words.map(|word| safe(&word)).collect();
        self.object.insert(key.into(), list.into());
    }
    fn object(&mut self, key: &'static str, fill: &mut dyn FnMut(&mut dyn Record)) {
        let mut object = JsonRecord::default();
        fill(&mut object);
        self.object.insert(key.into(), object.into_value());
    }
}
