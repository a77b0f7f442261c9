//! The inventory as EVE's `device` record and as a table for people.
use super::{Inventory, Peer, Served, Use, model};
use crate::device::{Label, contact::transport};
use core::fmt::Write;
use otori_event::{RawText, Timestamp};
use serde_json::{Map, Value, json};

fn amount(of: &Use) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("flows".into(), of.flows.into());
    object.insert("bytes_out".into(), of.bytes[0].into());
    object.insert("bytes_in".into(), of.bytes[1].into());
    object
}

fn served(of: &Served, protocol: u8, port: u16) -> Map<String, Value> {
    let mut object = amount(&of.amount);
    object.insert("proto".into(), transport(protocol).into());
    object.insert("port".into(), port.into());
    if let Some(application) = of.application {
        object.insert("application".into(), application.into());
    }
    object
}

/// The largest first.
fn by_size<T>(list: &mut [(T, Use)]) {
    list.sort_by_key(|(_, of)| core::cmp::Reverse(of.bytes[0] + of.bytes[1]));
}

impl Inventory {
    /// Texts of one kind of clue.
    fn texts(&self, kind: &str) -> Vec<&str> {
        self.clues.iter().filter(|(have, _)| *have == kind).map(|(_, text)| text.as_str()).collect()
    }
    /// The members of a `device` record beyond the names.
    pub fn json(&self, label: &Label, time: &dyn Fn(Timestamp) -> String) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("first_seen".into(), time(self.first_at).into());
        object.insert("last_seen".into(), time(self.last_at).into());
        if let Some(mac) = self.mac {
            object.insert("mac".into(), mac.to_string().into());
            object.insert("mac_local".into(), mac.is_local().into());
        }
        let texts: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        object.insert("addresses".into(), texts.into());
        for kind in ["host_name", "vendor_class", "user_agent", "server", "upnp_server", "upnp_usn", "mdns"] {
            let texts = self.texts(kind);
            if !texts.is_empty() {
                object.insert(kind.into(), texts.into());
            }
        }
        let guess = model::guess(self.clues.iter());
        if let Some(model) = label.entry.as_ref().and_then(|entry| entry.model.as_deref()) {
            object.insert("model".into(), json!({"name": model, "by": "mapping"}));
        } else if let Some(guess) = guess {
            object.insert("model".into(), json!({"guess": guess.what, "by": guess.by, "text": guess.text}));
        }
        object.extend(amount(&self.amount));
        object.insert("alerts".into(), self.alerts.into());
        let mut applications: Vec<_> = self.applications.iter().map(|(name, of)| (*name, *of)).collect();
        by_size(&mut applications);
        let applications = applications.iter().map(|(name, of)| {
            let mut one = amount(of);
            one.insert("name".into(), (*name).into());
            Value::from(one)
        });
        object.insert("applications".into(), applications.collect());
        let servers = self.servers.iter().map(|((peer, protocol, port), of)| {
            let mut one = served(of, *protocol, *port);
            match peer {
                Peer::Name(name) => one.insert("name".into(), (**name).into()),
                Peer::Address(ip) => one.insert("ip".into(), ip.to_string().into()),
            };
            (one, of.amount)
        });
        let mut servers: Vec<_> = servers.collect();
        by_size(&mut servers);
        object.insert("servers".into(), servers.into_iter().map(|(one, _)| Value::from(one)).collect());
        let ports = self.ports.iter().map(|((protocol, port), of)| {
            let mut one = served(of, *protocol, *port);
            one.insert("clients".into(), of.clients.iter().map(ToString::to_string).collect());
            Value::from(one)
        });
        object.insert("ports".into(), ports.collect());
        object
    }
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// What a person reads of `device` records, one paragraph each; what devices said of themselves is made harmless.
pub fn table(records: &[Value]) -> String {
    let mut out = String::new();
    let safe = |value: &Value| RawText::from(value.as_str().unwrap_or_default()).to_string();
    for record in records {
        let device = &record["device"];
        let guess = [&device["model"]["name"], &device["model"]["guess"]];
        let guess = guess.into_iter().find(|value| value.is_string()).map_or("unknown".into(), safe);
        let bytes = |key: &str| size(device[key].as_u64().unwrap_or(0));
        let _ = writeln!(
            out,
            "{}  [{guess}]  {} out, {} in, {} flows, {} alerts",
            safe(&device["id"]),
            bytes("bytes_out"),
            bytes("bytes_in"),
            device["flows"],
            device["alerts"]
        );
        let list = |key: &str| device[key].as_array().cloned().unwrap_or_default();
        for key in ["addresses", "host_name", "vendor_class", "user_agent", "server", "upnp_server"] {
            let texts: Vec<_> = list(key).iter().map(safe).collect();
            if !texts.is_empty() {
                let _ = writeln!(out, "  {key}: {}", texts.join(", "));
            }
        }
        for (key, word) in [("servers", "talks to"), ("ports", "serves")] {
            for one in list(key) {
                let peer = [&one["name"], &one["ip"]].into_iter().find(|value| value.is_string()).map(safe);
                let application = one["application"].as_str().unwrap_or("?");
                let bytes = |key: &str| size(one[key].as_u64().unwrap_or(0));
                let _ = writeln!(
                    out,
                    "  {word} {}{}/{} {application}: {} out, {} in",
                    peer.map_or(String::new(), |peer| format!("{peer} ")),
                    one["port"],
                    one["proto"].as_str().unwrap_or_default(),
                    bytes("bytes_out"),
                    bytes("bytes_in")
                );
            }
        }
    }
    out
}
