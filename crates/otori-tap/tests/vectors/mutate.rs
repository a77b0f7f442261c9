//! The frames of all vectors, broken in every way that a few bytes allow: nothing panics, nothing grows.
use crate::{broken::Random, engine, folders, talk};
use otori_event::Timestamp;
use otori_rule::address::AddressSet;
use otori_tap::{
    Mode,
    device::{Devices, map::Map},
};
use otori_wire::LinkType;

const PACKETS: u32 = 60_000;
/// Devices that are known at a time.
const DEVICES: usize = 200;

#[test]
fn broken_packets_neither_panic_nor_pile_up() {
    let mut rules = String::new();
    let mut frames = Vec::new();
    for (place, folder) in folders().iter().enumerate() {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        frames.extend(talk::frames(&read("talk.txt")).into_iter().map(|(_, frame)| frame));
        rules.push_str(&read("test.rules").replace("sid:", &format!("sid:{}00", place + 1)));
        rules.push('\n');
    }
    let mut engine = engine(Mode::Observe, &rules, &folders());
    // Every address is a device's.
    let devices = Devices::with_limit(AddressSet::default(), Map::default(), DEVICES);
    engine.set_devices(devices.clone());
    let mut random = Random(0x6f74_6f72_6921);
    for number in 0..PACKETS {
        let place = random.below(frames.len());
        let frame = random.broken(&frames[place], 4);
        engine.packet(
            Timestamp(i64::from(number) * 1_000_000),
            LinkType::Ethernet,
            &frame,
            u64::from(number),
        );
        if number % 1000 == 0 {
            engine.take_lines();
            engine.take_verdicts();
        }
    }
    let stats = engine.stats();
    assert_eq!(stats["decoder"]["pkts"], PACKETS);
    assert!(stats["flow"]["active"].as_u64().unwrap() < 30_000, "{stats}");
    engine.finish();
    assert!(devices.len() > 100 && devices.len() <= DEVICES, "{}", devices.len());
}
