//! Packets per second beside ndpiReader, on one thread and one merged capture: `cargo bench -p otori-tap --bench packets`.
//!
//! The capture is made from the Ethernet captures under `OTORI_SHARED` (captures, pcaps), repeated with other addresses
//! until it has a million packets, and removed afterwards. Nothing is claimed: the figures are printed.
//!
//! Variables: `OTORI_RULES` names a file of rules; `OTORI_CAPTURE` a capture to use, which is made and kept when it is
//! not there; `OTORI_ONLY` is `peer`, `bare`, `rules`, `log` (rules, and the event log), `workers` or `live` (rules that are
//! added while packets flow); `OTORI_DEVICES` tells devices apart and watches them;
//! `OTORI_POLICIES` names a file of policies; `OTORI_ALERTS` names a file that gets the alerts, sorted, in place of figures: to
//! compare two builds.
#![allow(unsafe_code, reason = "counts allocations and processor time")]
#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]
mod live;

use otori_event::Timestamp;
use otori_rule::{Variables, address::AddressSet};
use otori_tap::{
    Engine, Settings, Spread,
    capture::Capture,
    device::{Devices, map::Map},
    engine::Detail,
    policy::{Policies, PolicyBook},
};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    error::Error,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// Packets of the merged capture.
const PACKETS: usize = 1_000_000;
/// Captures that are read into memory, together.
const SOURCE_BYTES: usize = 256 << 20;
/// Time between packets.
const STEP_NS: i64 = 10_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            captures(&path, found);
        } else if path.extension().is_some_and(|end| end == "pcap" || end == "pcapng" || end == "cap") {
            found.push(path);
        }
    }
}

/// Ethernet frames of every capture that can be read.
fn frames(shared: &Path) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    ["captures", "pcaps"].iter().for_each(|name| captures(&shared.join(name), &mut paths));
    paths.sort();
    let (mut all, mut size) = (Vec::new(), 0);
    for path in paths {
        let Ok(file) = File::open(&path) else { continue };
        let Ok(mut capture) = Capture::open(file) else { continue };
        while let Ok(Some(packet)) = capture.next() {
            if packet.link == otori_wire::LinkType::Ethernet && size < SOURCE_BYTES {
                size += packet.frame.len();
                all.push(packet.frame.to_vec());
            }
        }
    }
    all
}

/// The same frame between other hosts.
fn moved(frame: &mut [u8], round: u8) {
    let places: &[usize] = match frame.get(12..14) {
        Some([8, 0]) => &[27, 31],
        Some([0x86, 0xdd]) => &[23, 39],
        _ => &[],
    };
    for place in places {
        if let Some(byte) = frame.get_mut(*place) {
            *byte = byte.wrapping_add(round);
        }
    }
}

/// Writes the merged capture, libpcap's classic format; gives packets and bytes.
fn merge(frames: &[Vec<u8>], path: &Path) -> Outcome<(usize, u64)> {
    let mut out = BufWriter::new(File::create(path)?);
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    let (mut count, mut bytes) = (0, 0);
    for round in 0u8.. {
        for frame in frames {
            let mut frame = frame.clone();
            moved(&mut frame, round);
            let at = 1_700_000_000_000_000_000 + count as i64 * STEP_NS;
            let words = [(at / 1_000_000_000) as u32, (at % 1_000_000_000) as u32, frame.len() as u32];
            words
                .iter()
                .chain(&[frame.len() as u32])
                .try_for_each(|word| out.write_all(&word.to_le_bytes()))?;
            out.write_all(&frame)?;
            count += 1;
            bytes += frame.len() as u64;
        }
        if count >= PACKETS || round == u8::MAX {
            break;
        }
    }
    out.flush()?;
    Ok((count, bytes))
}

/// Memory of this process in MB: what it has, and the most it has had (proc(5)).
fn memory_mb() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).map_or(0, |kb: u64| kb / 1024)
    };
    (value("VmRSS:"), value("VmHWM:"))
}

/// Seconds on the clock, and on processors.
struct Watch {
    begun: Instant,
    who: libc::c_int,
    cpu: f64,
}

/// Processor seconds of this process or of its children that have ended (getrusage(2)).
fn cpu_seconds(who: libc::c_int) -> f64 {
    // SAFETY: `rusage` is plain numbers, and the call fills it or leaves it zero.
    let usage = unsafe {
        let mut usage: libc::rusage = core::mem::zeroed();
        libc::getrusage(who, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

impl Watch {
    fn start(who: libc::c_int) -> Watch {
        Watch { begun: Instant::now(), who, cpu: cpu_seconds(who) }
    }
    fn line(&self, count: u64) -> String {
        let (wall, cpu) = (self.begun.elapsed().as_secs_f64(), cpu_seconds(self.who) - self.cpu);
        let rate = |seconds: f64| count as f64 / seconds.max(1e-9);
        format!(
            "{:.0} packets/s ({wall:.2} s), {:.0} per processor second ({cpu:.2} s)",
            rate(wall),
            rate(cpu)
        )
    }
}

/// Calls of the allocator, to see that the way of a packet makes none.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from `alloc` above.
        unsafe { System.dealloc(memory, layout) }
    }
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the memory came from `alloc` above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Writes alerts, one a line: time, flow's ends, sid.
fn keep_alerts(lines: &[u8], out: &mut Vec<String>) -> Outcome<()> {
    for line in lines.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")) {
        let line: serde_json::Value = serde_json::from_slice(line)?;
        if line["event_type"] == "alert" {
            let parts =
                ["timestamp", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "tx_id", "app_proto"];
            let mut text: Vec<String> = parts.iter().map(|part| line[part].to_string()).collect();
            text.extend([line["alert"]["signature_id"].to_string(), line["payload"].to_string()]);
            out.push(text.join(" "));
        }
    }
    Ok(())
}

/// Calls of the allocator in packets that open a flow, and in all others.
#[derive(Default)]
struct Calls {
    opening: u64,
    flows: u64,
    others: u64,
    packets: u64,
}

impl Calls {
    const fn add(&mut self, calls: u64, flows: u64) {
        if flows > 0 {
            self.opening += calls;
            self.flows += flows;
        } else {
            self.others += calls;
            self.packets += 1;
        }
    }
    const fn all(&self) -> u64 {
        self.opening + self.others
    }
}

/// Reads and loads a file of rules; how many were taken. Its text is not kept.
fn load(engine: &mut Engine, rules: Option<&Path>) -> Outcome<usize> {
    let Some(path) = rules else { return Ok(0) };
    Ok(engine.load("rules", &std::fs::read_to_string(path)?).loaded)
}

/// What of the event log is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log<'a> {
    /// nothing
    Off,
    /// all of it, and thrown away
    On,
    /// alerts with payloads, which go to that file
    Alerts(&'a Path),
}

fn ours(path: &Path, rules: Option<&Path>, log: Log<'_>) -> Outcome<()> {
    let alerts = if let Log::Alerts(path) = log { Some(path) } else { None };
    let detail = Detail { payload: alerts.is_some(), ..Detail::default() };
    let settings = Settings { eve: log != Log::Off, detail, ..Settings::default() };
    let mut engine = Engine::new(settings, Variables::default());
    let devices = watch_devices(&mut engine)?;
    let begun = Instant::now();
    let loaded = load(&mut engine, rules)?;
    let load = begun.elapsed();
    let (resident, _) = memory_mb();
    println!("ours, {loaded} rules: loaded in {:.2} s, {resident} MB", load.as_secs_f64());
    let mut told = Vec::new();
    let (mut calls, mut lines, mut bytes) = (Calls::default(), 0, 0);
    let watch = Watch::start(libc::RUSAGE_SELF);
    let mut capture = Capture::open(File::open(path)?)?;
    let mut count = 0u64;
    while let Some(packet) = capture.next()? {
        count += 1;
        let before = (ALLOCATIONS.load(Ordering::Relaxed), engine.flows_opened());
        engine.packet(Timestamp(packet.at.0), packet.link, packet.frame, count);
        calls.add(ALLOCATIONS.load(Ordering::Relaxed) - before.0, engine.flows_opened() - before.1);
        if count.is_multiple_of(4096) {
            engine.take_verdicts();
            let text = engine.take_lines();
            if alerts.is_some() {
                keep_alerts(&text, &mut told)?;
            }
            lines += text.iter().filter(|byte| **byte == b'\n').count();
            bytes += text.len();
        }
    }
    let (resident, peak) = memory_mb();
    engine.finish();
    println!("ours, {loaded} rules, 1 thread: {}", watch.line(count));
    if log != Log::Off {
        let text = engine.take_lines();
        lines += text.iter().filter(|byte| **byte == b'\n').count();
        bytes += text.len();
        println!("  {lines} lines of the event log, {} MB", bytes >> 20);
        if alerts.is_some() {
            keep_alerts(&text, &mut told)?;
        }
    }
    println!(
        "  {:.3} allocations per packet ({:.2} per flow in the packets that open one, {:.3} per packet in the others), \
        {resident} MB with its flows, peak {peak} MB",
        calls.all() as f64 / count as f64,
        calls.opening as f64 / calls.flows.max(1) as f64,
        calls.others as f64 / calls.packets.max(1) as f64,
    );
    if let Some(devices) = devices {
        println!("  {} devices", devices.len());
    }
    if let Some(alerts) = alerts {
        told.sort_unstable();
        std::fs::write(alerts, told.join("\n"))?;
        println!("  {} alerts", told.len());
    }
    Ok(())
}

/// The same on several threads, one of which only reads.
fn spread(path: &Path, rules: Option<&Path>, threads: usize, alerts: Option<&Path>) -> Outcome<()> {
    let detail = Detail { payload: alerts.is_some(), ..Detail::default() };
    let settings = Settings { eve: alerts.is_some(), detail, ..Settings::default() };
    let mut engine = Engine::new(settings, Variables::default());
    watch_devices(&mut engine)?;
    let loaded = load(&mut engine, rules)?;
    let mut workers = engine.spread(threads, Spread::Outer)?;
    let mut told = Vec::new();
    let (watch, reader) = (Watch::start(libc::RUSAGE_SELF), Watch::start(libc::RUSAGE_THREAD));
    let mut capture = Capture::open(File::open(path)?)?;
    let mut count = 0u64;
    while let Some(packet) = capture.next()? {
        count += 1;
        workers.packet(Timestamp(packet.at.0), packet.link, packet.frame, count);
        if count.is_multiple_of(4096) {
            workers.take_verdicts();
            keep_alerts(&workers.take_lines(), &mut told)?;
        }
    }
    let reading = cpu_seconds(reader.who) - reader.cpu;
    let (lines, _) = workers.finish();
    println!("ours, {loaded} rules, {threads} workers: {}; reading {reading:.2} s", watch.line(count));
    if let Some(alerts) = alerts {
        keep_alerts(&lines, &mut told)?;
        told.sort_unstable();
        std::fs::write(alerts, told.join("\n"))?;
        println!("  {} alerts", told.len());
    }
    Ok(())
}

fn peer(path: &Path, count: u64) {
    let watch = Watch::start(libc::RUSAGE_CHILDREN);
    let run = Command::new("ndpiReader").args(["-q", "-n", "1", "-i"]).arg(path).output();
    match run {
        Ok(output) if output.status.success() => println!("ndpiReader, 1 thread: {}", watch.line(count)),
        Ok(output) => println!("ndpiReader ended with {}", output.status),
        Err(error) => println!("ndpiReader is not to be had: {error}; install libndpi-bin"),
    }
}

/// Devices are the addresses of private networks; policies are asked about all.
fn watch_devices(engine: &mut Engine) -> Outcome<Option<Devices>> {
    if let Some(path) = std::env::var_os("OTORI_POLICIES") {
        let text = std::fs::read_to_string(&path)?;
        engine.set_policies(PolicyBook::new(Policies::read("policies", &text)?));
    }
    if std::env::var_os("OTORI_DEVICES").is_none() {
        return Ok(None);
    }
    let devices = Devices::new(AddressSet::parse("$HOME_NET", &Variables::default())?, Map::default());
    engine.set_devices(devices.clone());
    Ok(Some(devices))
}

fn run() -> Outcome<()> {
    let Some(shared) = std::env::var_os("OTORI_SHARED").map(PathBuf::from) else {
        println!("packets: OTORI_SHARED names no folder with captures; nothing was measured");
        return Ok(());
    };
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let kept = variable("OTORI_CAPTURE");
    let name = format!("otori-bench-{}.pcap", std::process::id());
    let path = kept.clone().unwrap_or_else(|| std::env::temp_dir().join(name));
    if !path.exists() {
        let (count, bytes) = merge(&frames(&shared), &path)?;
        println!("{count} packets, mean {} bytes", bytes / count.max(1) as u64);
    }
    let measured = measure(&path);
    if kept.is_none() {
        std::fs::remove_file(&path)?;
    }
    measured
}

fn measure(path: &Path) -> Outcome<()> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let rules = variable("OTORI_RULES");
    if let Some(alerts) = variable("OTORI_ALERTS") {
        let workers = std::env::var("OTORI_WORKERS").ok().and_then(|number| number.parse().ok());
        return match workers {
            Some(workers) => spread(path, rules.as_deref(), workers, Some(&alerts)),
            None => ours(path, rules.as_deref(), Log::Alerts(&alerts)),
        };
    }
    let only = std::env::var("OTORI_ONLY").unwrap_or_default();
    let wants = |part: &str| only.is_empty() || only == part;
    if wants("peer") {
        let mut capture = Capture::open(File::open(path)?)?;
        let mut count = 0;
        while capture.next()?.is_some() {
            count += 1;
        }
        peer(path, count);
    }
    if wants("bare") {
        ours(path, None, Log::Off)?;
    }
    match &rules {
        Some(rules) => {
            if wants("rules") {
                ours(path, Some(rules), Log::Off)?;
            }
            if wants("log") {
                ours(path, Some(rules), Log::On)?;
            }
            for workers in [1, 2] {
                if wants("workers") {
                    spread(path, Some(rules), workers, None)?;
                }
            }
            if wants("live") {
                live::measure(path, rules)?;
            }
            Ok(())
        }
        None => {
            println!("OTORI_RULES names no file of rules: measured without");
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    // `cargo test --benches` starts it too; a benchmark is not a test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("packets: {error}");
            ExitCode::FAILURE
        }
    }
}
