//! A million packets of real captures, broken: nothing panics, nothing grows, no flow is stuck.
//!
//! `OTORI_SHARED=FOLDER cargo test -p otori-tap --test hostile -- --ignored --nocapture`; the folder has
//! `captures/ndpi/pcap` and `rules/*.rules` (unpacked; optional). `OTORI_MUTATED` says how many packets.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod broken;

use broken::Random;
use otori_event::Timestamp;
use otori_rule::{Action, Variables, address::AddressSet, list::ListSpec};
use otori_tap::{
    Engine, Mode, Settings,
    capture::Capture,
    device::{Devices, map::Map},
    policy::{Policies, PolicyBook},
};
use otori_wire::LinkType;
use std::{fs::File, io::BufReader, path::Path};

const PACKETS: u32 = 1_000_000;
/// Bytes of frames kept of one capture, so that none outweighs the others.
const CAPTURE_BYTES: usize = 256 << 10;
/// Growth between the half and the end.
const SLACK_BYTES: u64 = 64 << 20;
const POLICIES: &str = "[[policy]]\nname = \"a\"\nwhat = [\"category:media\", \"name:facebook.com\", \"list:x\"]\ndo = \"throttle\"\n\
    rate = \"1Mbit/s\"\n[[policy]]\nname = \"b\"\nwhat = [\"unknown\", \"ech:any\"]\nwhen = \"00:00-12:00\"\ndo = \"reject\"\n";

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn frames(folder: &Path) -> Vec<(LinkType, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let Ok(mut capture) = Capture::open(BufReader::new(File::open(&file).unwrap())) else { continue };
        let mut room = CAPTURE_BYTES;
        while let Ok(Some(packet)) = capture.next() {
            if packet.frame.is_empty() || packet.frame.len() > room {
                break;
            }
            room -= packet.frame.len();
            found.push((packet.link, packet.frame.to_vec()));
        }
    }
    found
}

fn engine(shared: &Path) -> Engine {
    let variables = Variables::default();
    let home = AddressSet::parse("[10.0.0.0/8,192.168.0.0/16]", &variables).unwrap();
    let settings = Settings {
        mode: Mode::Inline,
        home: home.clone(),
        bypass_bytes: Some(100_000),
        ..Settings::default()
    };
    let mut engine = Engine::new(settings, variables);
    let mut rules = 0;
    for entry in std::fs::read_dir(shared.join("rules")).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "rules") {
            rules += engine.load("shared", &std::fs::read_to_string(entry.path()).unwrap()).loaded;
        }
    }
    println!("{rules} rules");
    let spec = ListSpec::new("x", "x", Action::Alert);
    engine.lists().load(spec, b"google.com\nexample.com/x\n").unwrap();
    engine.set_devices(Devices::new(home, Map::default()));
    engine.set_policies(PolicyBook::new(Policies::read("p", POLICIES).unwrap()));
    engine
}

#[test]
#[ignore = "takes minutes and wants OTORI_SHARED"]
fn broken_packets_of_real_captures_do_no_harm() {
    let Some(shared) = std::env::var_os("OTORI_SHARED") else {
        println!("SKIPPED: OTORI_SHARED names no folder");
        return;
    };
    let shared = Path::new(&shared);
    let frames = frames(&shared.join("captures/ndpi/pcap"));
    let wanted = std::env::var("OTORI_MUTATED").ok().and_then(|count| count.parse().ok()).unwrap_or(PACKETS);
    println!("{} frames", frames.len());
    let mut engine = engine(shared);
    let mut random = Random(0x6f74_6f72_6922);
    let mut half = 0;
    let mut place = 0;
    for number in 0..wanted {
        // Stretches in order keep conversations together.
        place = if random.below(50) == 0 { random.below(frames.len()) } else { (place + 1) % frames.len() };
        let (link, frame) = &frames[place];
        let frame = random.broken(frame, 3);
        engine.packet(Timestamp(i64::from(number) * 1_000_000), *link, &frame, 0);
        if number % 1_000 == 0 {
            engine.take_lines();
            engine.take_verdicts();
        }
        if number == wanted / 2 {
            half = resident_bytes();
        }
    }
    let end = resident_bytes();
    println!("resident: {} MB at the half, {} MB at the end; {}", half >> 20, end >> 20, engine.stats());
    assert!(end <= half + SLACK_BYTES, "{half} bytes, then {end}");
    assert_eq!(engine.stats()["decoder"]["pkts"], wanted);
    engine.finish();
    engine.take_lines();
    assert_eq!(engine.stats()["flow"]["active"], 0, "every flow ends");
}
