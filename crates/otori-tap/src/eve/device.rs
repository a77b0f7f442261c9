//! The `device` object of alerts and flows, and the `device` record. Suricata has none: its keys are of our own.
use super::{Eve, time_text};
use crate::device::{Device, Ends, Label};
use otori_event::Timestamp;
use otori_wire::Direction;
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

/// Adds whose flow it is, who opened it, and the name of the other end; and the other device, if there is one.
pub(super) fn add_ends(line: &mut Map<String, Value>, ends: &Ends) {
    let Some((device, way)) = ends.subject() else { return };
    let mut object = names(&device.label());
    let opened = way == Direction::ToServer;
    object.insert("opened".into(), opened.into());
    if let Some(name) = ends.story.said.as_ref().or(ends.story.found.as_ref()).filter(|_| opened) {
        object.insert("peer".into(), (**name).into());
    }
    line.insert("device".into(), object.into());
    if let (Some(_), Some(server)) = (&ends.client, &ends.server) {
        line.insert("peer_device".into(), names(&server.label()).into());
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
