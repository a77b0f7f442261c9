//! What an alert says of the lists that its rule asked, and of the frame that it matched.
//!
//! Suricata's manual, "Datasets" (JSON with context) and "Frame support".
use super::Place;
use core::net::IpAddr;
use otori_rule::{
    Rule,
    rule::{Group, HeaderPart, Target},
    step::Step,
    transform::Changed,
};
use otori_wire::{Direction, Transaction};
use serde_json::{Map, Value, json};

/// Bytes that a group of conditions looked at.
fn looked_at(group: &Group, transaction: Option<&Transaction>, place: &Place<'_, '_>) -> Vec<Vec<u8>> {
    let address = |ip: IpAddr| vec![ip.to_string().into_bytes()];
    let plain = match (&group.target, transaction) {
        (Target::Header(HeaderPart::Source), _) => return address(place.source.ip),
        (Target::Header(HeaderPart::Destination), _) => return address(place.destination.ip),
        (Target::Fields(ids), Some(transaction)) => {
            let fields = transaction.fields.iter().filter(|field| ids.contains(&field.id));
            fields.map(|field| field.bytes.clone()).collect()
        }
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
            let values = looked_at(group, transaction, place);
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
        let field = transaction.fields.iter().find(|field| ids.contains(&field.id))?;
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
