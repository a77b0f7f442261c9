//! Every folder of vectors/wire: a conversation, rules, and the events that must come out.
//!
//! `talk.txt` says who sends what (see `talk`), `test.rules` are the rules, `expect.json` lists
//! `{"count": n, "match": {"dotted.key": value}}` over EVE events; a file `inline` makes drops real; `categories.txt` and
//! `reputation.list` are what is thought of addresses.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#[path = "../broken/mod.rs"]
mod broken;
mod mutate;
mod talk;

use otori_rule::{Variables, address::AddressSet};
use otori_tap::{Engine, Mode, Settings, capture::Capture};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn engine(mode: Mode, rules: &str, folders: &[PathBuf]) -> Engine {
    let variables = Variables::default();
    let settings = Settings {
        name: "vectors".into(),
        mode,
        home: AddressSet::parse("192.0.2.0/24", &variables).unwrap(),
        ..Settings::default()
    };
    let mut engine = Engine::new(settings, variables);
    let reputations = engine.tables().reputations.clone();
    let read = |name: &str| -> String {
        folders.iter().filter_map(|folder| std::fs::read_to_string(folder.join(name)).ok()).collect()
    };
    reputations.load_categories("categories.txt", &read("categories.txt"));
    reputations.load([("reputation.list", read("reputation.list").as_str())]);
    let report = engine.load("test.rules", rules);
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    engine
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/wire");
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn lookup<'a>(event: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(event, |node, part| match part.parse::<usize>() {
        Ok(place) => &node[place],
        Err(_) => &node[part],
    })
}

fn check(folder: &Path) {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mode = if folder.join("inline").exists() { Mode::Inline } else { Mode::Observe };
    let mut engine = engine(mode, &read("test.rules"), &[folder.to_owned()]);
    let file = talk::pcap(&talk::frames(&read("talk.txt")));
    let mut capture = Capture::open(file.as_slice()).unwrap();
    let mut number = 0;
    while let Some(packet) = capture.next().unwrap() {
        number += 1;
        engine.packet(packet.at, packet.link, packet.frame, number);
    }
    engine.finish();
    let lines = engine.take_lines();
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let expect: Value = serde_json::from_str(&read("expect.json")).unwrap();
    for want in expect.as_array().unwrap() {
        let fits =
            |event: &&Value| want["match"].as_object().unwrap().iter().all(|(k, v)| lookup(event, k) == v);
        let found = events.iter().filter(fits).count() as u64;
        assert_eq!(Some(found), want["count"].as_u64(), "{}: {want}\n{events:#?}", folder.display());
    }
}

#[test]
fn every_vector_gives_its_events() {
    let folders = folders();
    assert!(folders.len() >= 8, "vectors/wire is there");
    folders.iter().for_each(|folder| check(folder));
}
