//! Floods of packets that open something and never close it: memory stays where the bounds are.
//!
//! One test in a process of its own, since it reads the process's memory (proc(5), statm).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
use otori_event::Timestamp;
use otori_rule::{Variables, address::AddressSet};
use otori_tap::{
    Engine, Mode, Settings,
    device::{Devices, map::Map},
    policy::{Policies, PolicyBook},
};
use otori_wire::{LinkType, flow::FlowLimits};

/// Flows at a time, and packets of one flood.
const FLOWS: usize = 10_000;
const PACKETS: u32 = 40_000;
/// What one more flood may add: the allocator's own business.
const SLACK_BYTES: u64 = 8 << 20;

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn header(number: u32, protocol: u8, fragment: [u8; 2], body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend_from_slice(&((20 + body.len()) as u16).to_be_bytes());
    bytes.extend_from_slice(&(number as u16).to_be_bytes());
    bytes.extend_from_slice(&fragment);
    bytes.extend_from_slice(&[64, protocol, 0, 0]);
    // Sources of 10.0.0.0/8, each once.
    let [_, b, c, d] = number.to_be_bytes();
    bytes.extend_from_slice(&[10, b, c, d, 198, 51, 100, 7]);
    bytes.extend_from_slice(body);
    bytes
}

fn syn(number: u32) -> Vec<u8> {
    let mut tcp = vec![0x9c, 0x40, 0, 80];
    tcp.extend_from_slice(&number.to_be_bytes());
    tcp.extend_from_slice(&[0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0]);
    header(number, 6, [0, 0], &tcp)
}

/// A first piece of a datagram whose others never come.
fn piece(number: u32) -> Vec<u8> {
    header(number, 17, [0x20, 0], &[0xee; 1400])
}

/// A datagram in the middle of nothing, which opens a flow.
fn datagram(number: u32) -> Vec<u8> {
    header(number, 17, [0, 0], &[0x13, 0x88, 0x13, 0x89, 0, 16, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
}

/// A segment that says that bytes before it are missing.
fn gap(number: u32) -> Vec<u8> {
    let mut tcp = vec![0x9c, 0x41, 0, 80];
    tcp.extend_from_slice(&number.to_be_bytes());
    tcp.extend_from_slice(&[0, 0, 0, 1, 0x50, 16, 0x20, 0, 0, 0, 0, 0]);
    tcp.extend_from_slice(&[0xee; 1200]);
    header(number, 6, [0, 0], &tcp)
}

fn engine() -> Engine {
    let variables = Variables::default();
    let home = AddressSet::parse("10.0.0.0/8", &variables).unwrap();
    let flows = FlowLimits { flows: FLOWS, ..FlowLimits::default() };
    let settings =
        Settings { mode: Mode::Inline, home: home.clone(), flows, eve: false, ..Settings::default() };
    let mut engine = Engine::new(settings, variables);
    let text = "drop http any any -> any any (http.uri; content:\"/bot\"; sid:1;)\n\
        alert tcp any any -> any any (content:\"x\"; threshold:type both, track by_src, count 5, seconds 60; sid:2;)";
    assert!(engine.load("test", text).refused.is_empty());
    engine.set_devices(Devices::new(home, Map::default()));
    let slow = "[[policy]]\nname = \"slow\"\ndo = \"throttle\"\nrate = \"1Mbit/s\"";
    engine.set_policies(PolicyBook::new(Policies::read("p", slow).unwrap()));
    engine
}

#[test]
fn floods_keep_memory_within_its_bounds() {
    let mut engine = engine();
    let mut at = 0;
    let mut flood = |engine: &mut Engine, make: fn(u32) -> Vec<u8>| {
        for number in 0..PACKETS {
            at += 1_000;
            engine.packet(Timestamp(at), LinkType::Ip, &make(number), 0);
            if number % 1_000 == 0 {
                engine.take_lines();
                engine.take_verdicts();
            }
        }
    };
    let begun = resident_bytes();
    for (name, make) in
        [("SYN", syn as fn(u32) -> Vec<u8>), ("pieces", piece), ("datagrams", datagram), ("gaps", gap)]
    {
        flood(&mut engine, make);
        flood(&mut engine, make);
        let before = resident_bytes();
        flood(&mut engine, make);
        let after = resident_bytes();
        println!("{name}: {} MB above the start", (after.saturating_sub(begun)) >> 20);
        assert!(after <= before + SLACK_BYTES, "{name}: {before} bytes, then {after}");
        assert!(engine.stats()["flow"]["active"].as_u64().unwrap() <= FLOWS as u64, "{name}");
    }
}
