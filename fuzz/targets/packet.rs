//! Frames through the whole packet engine: decode, flows, reassembly, protocols, rules, devices, log.
//!
//! Input: first byte chooses the link type, then packets, each with two bytes of length before it.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_event::Timestamp;
use otori_rule::{Variables, address::AddressSet};
use otori_tap::{
    Engine, Mode, Settings,
    device::{Devices, map::Map},
};
use otori_wire::{
    LinkType,
    flow::FlowLimits,
};

const RULES: &str = include_str!("../../vectors/wire/midstream-http/test.rules");

fuzz_target!(|input: &[u8]| {
    let settings = Settings {
        name: "fuzz".into(),
        mode: Mode::Inline,
        home: AddressSet::default(),
        flows: FlowLimits { flows: 64, ..FlowLimits::default() },
        ..Settings::default()
    };
    let mut engine = Engine::new(settings, Variables::default());
    engine.load("rules", RULES);
    engine.set_devices(Devices::with_limit(AddressSet::default(), Map::default(), 16));
    let Some((kind, mut rest)) = input.split_first() else { return };
    let link = LinkType::from_number(u32::from(*kind));
    let mut at = 0;
    while let Some((length, packets)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(packets.len());
        let (frame, more) = packets.split_at(length);
        engine.packet(Timestamp(at), link, frame, 0);
        at += 1_000_000;
        rest = more;
    }
    engine.finish();
});
