//! Reads a MUD file as a profile. Key function: [`import`]. RFC 8520, RFC 8519.
//!
//! What cannot be known here (`controller`, `my-controller`, `manufacturer`, `model`) allows nothing and is told. Entries of
//! the list towards the device that only let answers through add nothing: who may open a flow gets its answers.
use super::{ALLOWS, Allow, Peer, Ports, Profile};
use crate::device::map::Network;
use otori_wire::decode::protocol;
use serde_json::Value;

/// Why a file is no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// not JSON
    #[error("not JSON: {0}")]
    Json(String),
    /// not a MUD file
    #[error("no {0}: a MUD file has it (RFC 8520)")]
    Missing(&'static str),
    /// a list is named and not there
    #[error("the access list {0:?} is named and not there")]
    List(String),
    /// too long
    #[error("more than {ALLOWS} entries")]
    Long,
}

/// One entry of a list, before both lists are put together.
struct Half {
    allow: Allow,
    /// who opens, where it says so
    opens: Option<bool>,
}

/// The profile, and what of it was not understood.
pub fn import(text: &str) -> Result<(Profile, Vec<String>), ImportError> {
    let file: Value = serde_json::from_str(text).map_err(|error| ImportError::Json(error.to_string()))?;
    let mud = file.get("ietf-mud:mud").ok_or(ImportError::Missing("\"ietf-mud:mud\""))?;
    let lists = file.pointer("/ietf-access-control-list:acls/acl").and_then(Value::as_array);
    let lists = lists.ok_or(ImportError::Missing("\"ietf-access-control-list:acls\""))?;
    let mut told = Vec::new();
    let mut read = |policy: &str, from: bool| -> Result<Vec<Half>, ImportError> {
        let named = mud.pointer(&format!("/{policy}/access-lists/access-list")).and_then(Value::as_array);
        let mut all = Vec::new();
        for name in named.into_iter().flatten().filter_map(|one| one["name"].as_str()) {
            let list = lists.iter().find(|list| list["name"].as_str() == Some(name));
            let list = list.ok_or_else(|| ImportError::List(name.to_owned()))?;
            for ace in list.pointer("/aces/ace").and_then(Value::as_array).into_iter().flatten() {
                match half(ace, from) {
                    Ok(half) => all.push(half),
                    Err(why) => {
                        told.push(format!("{name}, {}: {why}", ace["name"].as_str().unwrap_or("an entry")))
                    }
                }
                if all.len() + told.len() > ALLOWS * 4 {
                    return Err(ImportError::Long);
                }
            }
        }
        Ok(all)
    };
    let from = read("from-device-policy", true)?;
    let to = read("to-device-policy", false)?;
    let allows = join(from, &to);
    if allows.len() > ALLOWS {
        return Err(ImportError::Long);
    }
    let url = mud["mud-url"].as_str().unwrap_or_default();
    let name = url.rsplit('/').next().unwrap_or(url).trim_end_matches(".json").to_owned();
    let about = mud["systeminfo"].as_str().unwrap_or_default().to_owned();
    Ok((Profile { name, about, allows }, told))
}

/// Puts the lists from the device and towards it together.
fn join(from: Vec<Half>, to: &[Half]) -> Vec<Allow> {
    let same = |one: &Allow, other: &Allow| {
        (&one.peer, one.protocol, one.own_ports, one.peer_ports)
            == (&other.peer, other.protocol, other.own_ports, other.peer_ports)
    };
    let mut allows: Vec<Allow> = Vec::new();
    // The lists of both families say the same of names.
    let mut add = |allow: Allow| match allows.iter_mut().find(|have| same(have, &allow)) {
        Some(have) => {
            have.from_device |= allow.from_device;
            have.to_device |= allow.to_device;
            have.bytes_per_hour = have.bytes_per_hour.or(allow.bytes_per_hour);
        }
        None => allows.push(allow),
    };
    for Half { mut allow, opens } in from {
        let answered = to.iter().any(|half| same(&half.allow, &allow));
        // Without a word of who opens: the side that has no service port, where answers may pass.
        let serves = allow.own_ports.is_some() && allow.peer_ports.is_none() && answered;
        (allow.from_device, allow.to_device) = match opens {
            Some(device) => (device, !device && answered),
            // "direction-initiated" is for TCP, and without it both may open (RFC 8520).
            None if allow.protocol == Some(protocol::TCP) => (true, answered),
            None => (!serves, serves),
        };
        if allow.from_device || allow.to_device {
            add(allow);
        }
    }
    for Half { allow, opens } in to {
        let mut allow = allow.clone();
        let service = allow.peer_ports.is_some() && allow.own_ports.is_none();
        // Only answers, if the device may open towards that service.
        let opens_it = match opens {
            Some(device) => !device,
            None => !service || allow.protocol == Some(protocol::TCP),
        };
        if opens_it {
            allow.to_device = true;
            add(allow);
        }
    }
    allows
}

fn half(ace: &Value, from: bool) -> Result<Half, String> {
    match ace.pointer("/actions/forwarding").and_then(Value::as_str) {
        Some("accept" | "ietf-access-control-list:accept") => {}
        Some("drop" | "reject") => return Err("refuses: what is not accepted is refused anyway".into()),
        other => return Err(format!("its action {other:?} is not known")),
    }
    let matches = ace["matches"].as_object().ok_or("it has no matches")?;
    let mut allow = Allow {
        peer: Peer::Any,
        protocol: None,
        own_ports: None,
        peer_ports: None,
        from_device: false,
        to_device: false,
        bytes_per_hour: None,
    };
    let mut opens = None;
    for (key, value) in matches {
        match key.as_str() {
            "ipv4" | "ipv6" => of_ip(value, from, &mut allow)?,
            "ietf-mud:mud" | "mud" => allow.peer = of_mud(value)?,
            "tcp" | "udp" => {
                allow.protocol = Some(if key == "tcp" { protocol::TCP } else { protocol::UDP });
                let (source, destination) =
                    (ports(&value["source-port"])?, ports(&value["destination-port"])?);
                (allow.own_ports, allow.peer_ports) =
                    if from { (source, destination) } else { (destination, source) };
                opens = match value["ietf-mud:direction-initiated"].as_str() {
                    Some("from-device") => Some(true),
                    Some("to-device") => Some(false),
                    Some(other) => return Err(format!("direction {other:?} is not known")),
                    None => None,
                };
            }
            "icmp" => allow.protocol = allow.protocol.or(Some(protocol::ICMP)),
            other => return Err(format!("{other:?} is not known")),
        }
    }
    // Services that RFC 8520 names by a URN.
    if let Some(port) = urn_port(matches) {
        allow.peer = Peer::Any;
        allow.peer_ports = allow.peer_ports.or(Some((port, port)));
        allow.protocol = allow.protocol.or(Some(protocol::UDP));
    }
    let limit = &ace["otori:bytes-per-hour"];
    allow.bytes_per_hour =
        limit["from-device"].as_u64().zip(limit["to-device"].as_u64()).map(|(out, back)| [out, back]);
    Ok(Half { allow, opens })
}

fn urn_port(matches: &serde_json::Map<String, Value>) -> Option<u16> {
    match matches.get("ietf-mud:mud")?["controller"].as_str()? {
        "urn:ietf:params:mud:dns" => Some(53),
        "urn:ietf:params:mud:ntp" => Some(123),
        _ => None,
    }
}

fn of_ip(value: &Value, from: bool, allow: &mut Allow) -> Result<(), String> {
    for (key, value) in value.as_object().into_iter().flatten() {
        let text = value.as_str().unwrap_or_default();
        match (key.as_str(), from) {
            ("protocol", _) => {
                let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
                allow.protocol = Some(number.ok_or_else(|| format!("protocol {value} is no number of IP"))?);
            }
            ("ietf-acldns:dst-dnsname", true) | ("ietf-acldns:src-dnsname", false) => {
                let name = crate::device::plain_name(text.as_bytes());
                allow.peer =
                    Peer::Name(name.ok_or_else(|| format!("{text:?} is no name of a host"))?.to_string());
            }
            ("destination-ipv4-network" | "destination-ipv6-network", true)
            | ("source-ipv4-network" | "source-ipv6-network", false) => {
                allow.peer = Peer::Network(text.parse::<Network>()?);
            }
            (other, _) => return Err(format!("{other:?} is not known")),
        }
    }
    Ok(())
}

fn of_mud(value: &Value) -> Result<Peer, String> {
    let Some((key, inner)) = value.as_object().and_then(|object| object.iter().next()) else {
        return Err("it names nobody".into());
    };
    match (key.as_str(), inner.as_str()) {
        ("local-networks", _) => Ok(Peer::Near),
        ("controller", Some("urn:ietf:params:mud:dns" | "urn:ietf:params:mud:ntp")) => Ok(Peer::Any),
        (other, _) => Err(format!("who is meant by {other:?} is not known here: write addresses or names")),
    }
}

fn ports(value: &Value) -> Result<Option<Ports>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let number = |key: &str| value[key].as_u64().and_then(|port| u16::try_from(port).ok());
    if let (Some(low), Some(high)) = (number("lower-port"), number("upper-port")) {
        return Ok(Some((low, high)));
    }
    let port = number("port").ok_or_else(|| format!("{value} is no port"))?;
    match value["operator"].as_str() {
        Some("eq") | None => Ok(Some((port, port))),
        Some("lte") => Ok(Some((0, port))),
        Some("gte") => Ok(Some((port, u16::MAX))),
        Some(other) => Err(format!("operator {other:?} is not known: write a range")),
    }
}
