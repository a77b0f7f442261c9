//! Rules that are added while packets flow: how long until they act, how long a packet waits for it, and what memory it takes.
//!
//! The packets of the capture are in memory. Between them, new rules come one at a time, of four kinds, and behind each the
//! packet that it is about. Neighbour: `main`, which has the other figures.
use super::{Outcome, load, memory_mb};
use otori_event::{IndicatorKind, Rule, RuleChange, Timestamp};
use otori_rule::Variables;
use otori_tap::{Decision, Engine, Settings, Spread, capture::Capture, engine::Mode};
use otori_wire::LinkType;
use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

/// Packets that are read into memory, and that flow past.
const PACKETS: usize = 200_000;
/// Rules that come, one every so many packets.
const RULES: usize = 200;
const EVERY: usize = PACKETS / RULES;

/// The first packets of a capture.
fn frames(path: &Path) -> Outcome<Vec<(LinkType, Vec<u8>)>> {
    let mut capture = Capture::open(File::open(path)?)?;
    let mut frames = Vec::with_capacity(PACKETS);
    while let Some(packet) = capture.next()?.filter(|_| frames.len() < PACKETS) {
        frames.push((packet.link, packet.frame.to_vec()));
    }
    Ok(frames)
}

/// A rule as the loop makes them, and a packet that it drops.
fn rule(number: usize) -> (RuleChange, Vec<u8>) {
    let name = format!("bot{number:05}.example");
    let to = [198, 51, 100, number as u8];
    let (options, frame) = match number % 4 {
        0 => (
            format!("ip any any -> {}.{}.{}.{} any (", to[0], to[1], to[2], to[3]),
            packet(to, 17, number, 9_999, b"any"),
        ),
        1 => {
            let label = name.split_once('.').map_or(&*name, |(label, _)| label);
            let question = [
                b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x08".as_slice(),
                label.as_bytes(),
                b"\x07example\0\0\x01\0\x01",
            ];
            let options =
                format!("dns any any -> any any (dns.query; content:\"{name}\"; nocase; endswith; ");
            (options, packet([192, 0, 2, 53], 17, number, 53, &question.concat()))
        }
        2 => {
            let options = format!("http any any -> any any (http.host; content:\"{name}\"; ");
            let ask = format!("GET /x HTTP/1.1\r\nHost: {name}\r\n\r\n");
            (options, packet([192, 0, 2, 80], 6, number, 80, ask.as_bytes()))
        }
        _ => (
            format!("tcp any any -> any any (content:\"{name}\"; "),
            packet([192, 0, 2, 81], 6, number, 8_081, name.as_bytes()),
        ),
    };
    let sid = 9_000_001 + number as u32;
    let rule = Rule {
        sid,
        text: format!("drop {options}msg:\"live\"; sid:{sid};)"),
        indicator_kind: IndicatorKind::Address,
        indicator: name,
        expires_at: None,
        made_at: Timestamp(0),
    };
    (RuleChange::Add { rule }, frame)
}

/// A packet of IPv4 from a port of its own.
fn packet(to: [u8; 4], protocol: u8, number: usize, port: u16, payload: &[u8]) -> Vec<u8> {
    let ports = [(20_000 + number as u16).to_be_bytes(), port.to_be_bytes()].concat();
    let head = match protocol {
        6 => [&ports[..], &[0, 0, 4, 0, 0, 0, 4, 0, 0x50, 24, 0x20, 0, 0, 0, 0, 0]].concat(),
        _ => [&ports[..], &(8 + payload.len() as u16).to_be_bytes(), &[0, 0]].concat(),
    };
    let total = (20 + head.len() + payload.len()) as u16;
    let ip = [&[0x45, 0][..], &total.to_be_bytes(), &[0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1], &to];
    [&ip.concat()[..], &head, payload].concat()
}

/// The longest, and the one that half of them are below.
fn most_and_middle(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    format!("{:.2} ms at most, {:.3} ms the middle one", ms(times.last()), ms(times.get(times.len() / 2)))
}

/// One thread: the time of each change, until it acts, and of the packets around it.
pub(super) fn measure(path: &Path, rules: &Path) -> Outcome<()> {
    let frames = frames(path)?;
    let settings = Settings { eve: false, mode: Mode::Inline, ..Settings::default() };
    let mut engine = Engine::new(settings.clone(), Variables::default());
    let loaded = load(&mut engine, Some(rules))?;
    let mut at = 0;
    let mut flow = |engine: &mut Engine, frames: &[(LinkType, Vec<u8>)], longest: &mut Duration| {
        for (link, frame) in frames {
            at += 10_000;
            let begun = Instant::now();
            engine.packet(Timestamp(at), *link, frame, 0);
            *longest = (*longest).max(begun.elapsed());
        }
    };
    let (mut before, mut quiet, mut during) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    flow(&mut engine, &frames, &mut before);
    flow(&mut engine, &frames, &mut quiet);
    let (memory_before, _) = memory_mb();
    let (mut changes, mut effects, mut missed) = (Vec::new(), Vec::new(), 0);
    for (number, part) in frames.chunks(EVERY).take(RULES).enumerate() {
        let (change, frame) = rule(number);
        let begun = Instant::now();
        engine.apply(change).map_err(|error| error.to_string())?;
        changes.push(begun.elapsed());
        let decision = engine.packet(Timestamp(i64::from(u32::MAX)), LinkType::Ip, &frame, 0);
        effects.push(begun.elapsed());
        missed += usize::from(decision != Decision::Drop);
        flow(&mut engine, part, &mut during);
    }
    let (memory_after, _) = memory_mb();
    println!(
        "live, {loaded} rules, {RULES} more while {PACKETS} packets flow, 1 thread: {missed} without effect"
    );
    println!("  a change takes {}", most_and_middle(changes));
    println!("  from the change to the packet that it drops {}", most_and_middle(effects));
    println!(
        "  longest look at a packet: {:.2} ms the first time, {:.2} ms without changes, {:.2} ms with them",
        before.as_secs_f64() * 1e3,
        quiet.as_secs_f64() * 1e3,
        during.as_secs_f64() * 1e3
    );
    println!("  memory {memory_before} MB before the first, {memory_after} MB after the last");
    workers(&frames, settings, rules)
}

/// Two workers: a change waits until each is between two batches of packets.
fn workers(frames: &[(LinkType, Vec<u8>)], settings: Settings, rules: &Path) -> Outcome<()> {
    let mut engine = Engine::new(settings, Variables::default());
    load(&mut engine, Some(rules))?;
    let mut workers = engine.spread(2, Spread::Outer)?;
    let mut at = 0;
    let mut changes = Vec::new();
    for (number, part) in frames.chunks(EVERY).take(RULES).enumerate() {
        for (link, frame) in part {
            at += 10_000;
            workers.packet(Timestamp(at), *link, frame, 0);
        }
        let begun = Instant::now();
        workers.apply(rule(number).0).map_err(|error| error.to_string())?;
        changes.push(begun.elapsed());
    }
    workers.finish();
    println!("live, 2 workers: a change, with the wait for the workers, takes {}", most_and_middle(changes));
    Ok(())
}
