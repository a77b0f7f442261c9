//! The `device` object of alerts and flows. Suricata has none: its keys are of our own.
use crate::device::Label;
use serde_json::{Map, Value};

/// Adds whose line it is; what is not known is left out.
pub(super) fn add(line: &mut Map<String, Value>, label: Option<&Label>) {
    let Some(label) = label else { return };
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
    line.insert("device".into(), object.into());
}
