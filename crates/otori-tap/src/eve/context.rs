//! What an alert says of the lists that its rule asked, and of the frame that it matched.
//!
//! Suricata's manual, "Datasets" (JSON with context) and "Frame support".
use super::Place;
use core::net::IpAddr;
use otori_rule::{
    Rule,
    rule::{Group, HeaderPart, Target},
    state::Remembered,
    step::{Keeper, Step},
    transform::Changed,
};
use otori_wire::{Direction, Transaction};
use serde_json::{Map, Value, json};

/// Bytes that a group of conditions looked at.
fn looked_at(
    group: &Group,
    transaction: Option<&Transaction>,
    place: &Place<'_, '_>,
    payload: &[u8],
) -> Vec<Vec<u8>> {
    let address = |ip: IpAddr| vec![ip.to_string().into_bytes()];
    let plain = match (&group.target, transaction) {
        (Target::Header(HeaderPart::Source), _) => return address(place.source.ip),
        (Target::Header(HeaderPart::Destination), _) => return address(place.destination.ip),
        (Target::Fields(ids), Some(transaction)) => {
            let fields = transaction.fields.iter().filter(|field| field.is_any(ids));
            fields.map(|field| field.bytes.clone()).collect()
        }
        (Target::Payload, _) => vec![payload.to_vec()],
        _ => Vec::new(),
    };
    if group.transforms.is_empty() {
        return plain;
    }
    let mut room = Changed::default();
    let changed = |bytes: Vec<u8>| room.apply_all(&group.transforms, &bytes).map(<[u8]>::to_vec);
    plain.into_iter().filter_map(changed).collect()
}

/// The objects of the lists in which the rule found something, by their `context_key`.
pub(super) fn of_lists(
    rule: &Rule,
    transaction: Option<&Transaction>,
    place: &Place<'_, '_>,
) -> Option<Map<String, Value>> {
    let mut found = Map::new();
    for group in &rule.groups {
        for step in &group.steps {
            let Step::Listed(list, _) = step else { continue };
            let Ok(list) = list.lock() else { continue };
            let Some(shown) = &list.shown else { continue };
            let values = looked_at(group, transaction, place, &[]);
            let text = values.iter().find_map(|bytes| list.context(bytes));
            let Some(Ok(mut object)) = text.map(serde_json::from_str::<Value>) else { continue };
            if let Some(path) = &shown.removed {
                remove(&mut object, path);
            }
            found.insert(shown.key.clone(), object);
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Groups of expressions that rules have named: with the alert, the flow, the packet.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) alert: Map<String, Value>,
    pub(super) flow: Vec<Value>,
    pub(super) packet: Vec<Value>,
}

/// What the named groups of a rule have.
pub(super) fn of_captures(
    rule: &Rule,
    transaction: Option<&Transaction>,
    place: &Place<'_, '_>,
    payload: &[u8],
) -> Captured {
    let mut found = Captured::default();
    for group in &rule.groups {
        for step in &group.steps {
            let Step::Pattern { expression, .. } = step else { continue };
            if expression.captures().is_empty() {
                continue;
            }
            let values = looked_at(group, transaction, place, payload);
            for capture in expression.captures() {
                let Some(bytes) = values.iter().find_map(|value| expression.group(value, capture.group))
                else {
                    continue;
                };
                let text: Value = String::from_utf8_lossy(&bytes).into();
                match capture.keeper {
                    Keeper::Alert => _ = found.alert.insert(capture.name.clone(), text),
                    Keeper::Flow => found.flow.push(json!({ capture.name.clone(): text })),
                    Keeper::Packet => found.packet.push(json!({ capture.name.clone(): text })),
                }
            }
        }
    }
    found
}

/// Names of bits that say what traffic is.
const TRAFFIC: &[(&str, &str)] = &[("traffic/id/", "id"), ("traffic/label/", "label")];

/// What is remembered with the flow, as `metadata` and `traffic`.
pub(super) fn add_memory(line: &mut Map<String, Value>, memory: &Remembered, captured: Captured) {
    let mut metadata = Map::new();
    let mut traffic: Map<String, Value> = Map::new();
    let mut bits = Vec::new();
    for bit in &memory.bits {
        match TRAFFIC.iter().find_map(|(start, key)| Some((bit.strip_prefix(start)?, *key))) {
            Some((name, key)) => {
                let list = traffic.entry(key).or_insert_with(|| json!([]));
                list.as_array_mut().into_iter().for_each(|list| list.push(name.into()));
            }
            None => bits.push(Value::from(bit.clone())),
        }
    }
    let numbers: Map<String, Value> =
        memory.numbers.iter().map(|(name, value)| (name.clone(), (*value).into())).collect();
    for (key, list) in [("flowbits", bits), ("flowvars", captured.flow), ("pktvars", captured.packet)] {
        if !list.is_empty() {
            metadata.insert(key.into(), list.into());
        }
    }
    if !numbers.is_empty() {
        metadata.insert("flowints".into(), numbers.into());
    }
    for (key, object) in [("metadata", metadata), ("traffic", traffic)] {
        if !object.is_empty() {
            line.insert(key.into(), object.into());
        }
    }
}

/// Takes out the member at a path with dots.
fn remove(object: &mut Value, path: &str) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Some(members) = object.as_object_mut() else { return };
    match (rest, members.get_mut(first)) {
        (Some(rest), Some(inner)) => remove(inner, rest),
        (None, Some(_)) => _ = members.remove(first),
        (_, None) => {}
    }
}

/// The first frame that the rule looked at.
pub(super) fn of_frame(rule: &Rule, transaction: &Transaction, way: Direction) -> Option<Value> {
    rule.groups.iter().find_map(|group| {
        let name = group.keyword.strip_prefix("frame:")?;
        let Target::Fields(ids) = &group.target else { return None };
        let field = transaction.fields.iter().find(|field| field.is_any(ids))?;
        let direction = if way == Direction::ToServer { "toserver" } else { "toclient" };
        Some(json!({
            "type": name.split_once('.').map_or(name, |(_, kind)| kind), "id": transaction.id + 1,
            "complete": field.complete, "length": field.bytes.len(), "direction": direction,
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_taken_out_by_its_path() {
        let mut object = json!({"a": {"b": 1, "c": 2}, "d": 3});
        remove(&mut object, "a.b");
        remove(&mut object, "x.y");
        assert_eq!(object, json!({"a": {"c": 2}, "d": 3}));
    }
}
