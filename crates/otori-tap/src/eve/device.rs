//! The `device` object of alerts and flows, and the `device` record. Suricata has none: its keys are of our own.
use super::{Eve, time_text};
use crate::device::{Device, Label};
use otori_event::Timestamp;
use serde_json::{Map, Value};

/// Whose it is; what is not known is left out.
fn names(label: &Label) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".into(), label.id.clone().into());
    object.insert("told_by".into(), label.told.name().into());
    for (key, value) in [("name", label.name()), ("sim", label.sim()), ("imsi", label.imsi())] {
        if let Some(value) = value {
            object.insert(key.into(), value.into());
        }
    }
    if !label.groups().is_empty() {
        object.insert("group".into(), label.groups().into());
    }
    object
}

/// Adds whose line it is.
pub(super) fn add(line: &mut Map<String, Value>, label: Option<&Label>) {
    if let Some(label) = label {
        line.insert("device".into(), names(label).into());
    }
}

/// What is known of a device, as a line of the log.
pub(crate) fn record(at: Timestamp, device: &Device) -> Map<String, Value> {
    let label = device.label();
    let mut object = names(&label);
    object.extend(device.inventory(&label, &time_text));
    let mut line = Map::new();
    line.insert("timestamp".into(), time_text(at).into());
    line.insert("event_type".into(), "device".into());
    line.insert("device".into(), object.into());
    line
}

impl Eve {
    /// What is known of a device.
    pub(crate) fn device(&mut self, at: Timestamp, device: &Device) {
        if self.is_enabled() {
            self.write(record(at, device));
        }
    }
}
