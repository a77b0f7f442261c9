//! MUD files, mapping files of devices, and flow records to learn from, as text.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_event::Timestamp;
use otori_rule::address::AddressSet;
use otori_tap::device::{
    map::Map,
    profile::{By, Learner, export, import},
};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    if let Ok((profile, _)) = import(&text) {
        // What is read can be written, and what is written is understood.
        let written = export(&profile, Timestamp(0), "https://mud.invalid/x.json").to_string();
        let (_, told) = import(&written).expect("it was written just now");
        assert!(told.is_empty(), "{told:?}");
    }
    let _ = Map::read_with("fuzz.toml", &text, &mut |_| Ok(text.to_string()));
    let _ = Map::read("fuzz.csv", &text);
    let mut learner = Learner::new(AddressSet::default(), By::Device);
    for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
        learner.take(&line);
    }
    learner.propose(4);
});
