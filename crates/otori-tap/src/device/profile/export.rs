//! Writes a profile as a MUD file. Key function: [`export`]. RFC 8520 2 and 9, RFC 8519 (access lists).
//!
//! Bytes in an hour are no part of MUD: they are a member `otori:bytes-per-hour` of the entry, as the extension `otori`
//! (RFC 8520 3.9), which others pass over.
use super::{Allow, Peer, Ports, Profile};
use otori_event::Timestamp;
use otori_wire::decode::protocol;
use serde_json::{Map, Value, json};

/// Hours for which a manager may keep the file, RFC 8520 3.5: 1 to 168.
const CACHE_HOURS: u8 = 48;

/// Which way packets of an entry go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    From,
    To,
}

fn port(ports: Ports) -> Value {
    match ports {
        (low, high) if low == high => json!({"operator": "eq", "port": low}),
        (low, high) => json!({"lower-port": low, "upper-port": high}),
    }
}

/// The entry of one list, or nothing when the family is another one.
fn entry(allow: &Allow, v6: bool, way: Way, name: String) -> Option<Value> {
    let mut ip = Map::new();
    let (named, network) = match way {
        Way::From => (
            "ietf-acldns:dst-dnsname",
            if v6 { "destination-ipv6-network" } else { "destination-ipv4-network" },
        ),
        Way::To => {
            ("ietf-acldns:src-dnsname", if v6 { "source-ipv6-network" } else { "source-ipv4-network" })
        }
    };
    let mut matches = Map::new();
    match &allow.peer {
        Peer::Any => {}
        Peer::Near => _ = matches.insert("ietf-mud:mud".into(), json!({"local-networks": [null]})),
        Peer::Name(name) => _ = ip.insert(named.into(), name.clone().into()),
        Peer::Network(one) if one.is_v6() == v6 => _ = ip.insert(network.into(), one.to_string().into()),
        Peer::Network(_) => return None,
    }
    if let Some(number) = allow.protocol {
        ip.insert("protocol".into(), number.into());
    }
    if !ip.is_empty() {
        matches.insert(if v6 { "ipv6" } else { "ipv4" }.into(), ip.into());
    }
    let (source, destination) = match way {
        Way::From => (allow.own_ports, allow.peer_ports),
        Way::To => (allow.peer_ports, allow.own_ports),
    };
    let mut transport = Map::new();
    for (key, ports) in [("source-port", source), ("destination-port", destination)] {
        if let Some(ports) = ports {
            transport.insert(key.into(), port(ports));
        }
    }
    if allow.protocol == Some(protocol::TCP) && allow.from_device != allow.to_device {
        let who = if allow.from_device { "from-device" } else { "to-device" };
        transport.insert("ietf-mud:direction-initiated".into(), who.into());
    }
    let key = match allow.protocol {
        Some(protocol::TCP) => "tcp",
        Some(protocol::UDP) => "udp",
        _ => "",
    };
    if !transport.is_empty() && !key.is_empty() {
        matches.insert(key.into(), transport.into());
    }
    let mut ace = Map::new();
    ace.insert("name".into(), name.into());
    ace.insert("matches".into(), matches.into());
    ace.insert("actions".into(), json!({"forwarding": "accept"}));
    if let Some([out, back]) = allow.bytes_per_hour.filter(|_| way == Way::From) {
        ace.insert("otori:bytes-per-hour".into(), json!({"from-device": out, "to-device": back}));
    }
    Some(ace.into())
}

/// The profile as the JSON of a MUD file, made at `at`. `url` is where its maker would serve it.
pub fn export(profile: &Profile, at: Timestamp, url: &str) -> Value {
    let mut lists = Vec::new();
    let mut names = [Vec::new(), Vec::new()];
    for (v6, family) in [(false, "4"), (true, "6")] {
        for (way, ending) in [(Way::From, "fr"), (Way::To, "to")] {
            let entries = profile.allows.iter().enumerate().filter_map(|(place, allow)| {
                entry(
                    allow,
                    v6,
                    way,
                    format!("cl{place}-{}", if way == Way::From { "frdev" } else { "todev" }),
                )
            });
            let entries: Vec<Value> = entries.collect();
            if entries.is_empty() {
                continue;
            }
            let name = format!("mud-{}-v{family}{ending}", profile.name);
            names[way as usize].push(json!({"name": name}));
            lists.push(
                json!({"name": name, "type": format!("ipv{family}-acl-type"), "aces": {"ace": entries}}),
            );
        }
    }
    let [from, to] = names;
    let limited = profile.allows.iter().any(|allow| allow.bytes_per_hour.is_some());
    let mut mud = json!({
        "mud-version": 1, "mud-url": url, "last-update": at.to_string(), "cache-validity": CACHE_HOURS,
        "is-supported": true, "systeminfo": profile.about,
        "from-device-policy": {"access-lists": {"access-list": from}},
        "to-device-policy": {"access-lists": {"access-list": to}},
    });
    if let (true, Some(mud)) = (limited, mud.as_object_mut()) {
        mud.insert("extensions".into(), json!(["otori"]));
    }
    json!({"ietf-mud:mud": mud, "ietf-access-control-list:acls": {"acl": lists}})
}
