//! Packets per second beside ndpiReader, on one thread and one merged capture: `cargo bench -p otori-tap --bench packets`.
//!
//! The capture is made from the Ethernet captures under `OTORI_SHARED` (captures, pcaps), repeated with other addresses
//! until it has a million packets, and removed afterwards. Nothing is claimed: the figures are printed.
#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]
use otori_event::Timestamp;
use otori_rule::Variables;
use otori_tap::{Engine, Settings, capture::Capture};
use std::{
    error::Error,
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
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
        let Ok(mut capture) = Capture::open(BufReader::new(file)) else { continue };
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

/// Most memory that this process has had, in MB (proc(5)).
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).map_or(0, |kb: u64| kb / 1024)
}

fn ours(path: &Path, rules: Option<&str>) -> Outcome<()> {
    let mut engine = Engine::new(Settings { eve: false, ..Settings::default() }, Variables::default());
    let begun = Instant::now();
    let loaded = rules.map_or(0, |text| engine.load("rules", text).loaded);
    let load = begun.elapsed();
    let begun = Instant::now();
    let mut capture = Capture::open(BufReader::with_capacity(1 << 18, File::open(path)?))?;
    let mut count = 0u64;
    while let Some(packet) = capture.next()? {
        count += 1;
        engine.packet(Timestamp(packet.at.0), packet.link, packet.frame, count);
        if count.is_multiple_of(4096) {
            engine.take_verdicts();
        }
    }
    engine.finish();
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "ours, {loaded} rules: {:.0} packets/s ({count} in {seconds:.2} s), rules in {:.2} s, peak {} MB",
        count as f64 / seconds,
        load.as_secs_f64(),
        peak_mb()
    );
    Ok(())
}

fn peer(path: &Path, count: usize) {
    let begun = Instant::now();
    let run = Command::new("ndpiReader").args(["-q", "-n", "1", "-i"]).arg(path).output();
    match run {
        Ok(output) if output.status.success() => {
            let seconds = begun.elapsed().as_secs_f64();
            println!("ndpiReader, 1 thread: {:.0} packets/s (in {seconds:.2} s)", count as f64 / seconds);
        }
        Ok(output) => println!("ndpiReader ended with {}", output.status),
        Err(error) => println!("ndpiReader is not to be had: {error}; install libndpi-bin"),
    }
}

fn run() -> Outcome<()> {
    let Some(shared) = std::env::var_os("OTORI_SHARED").map(PathBuf::from) else {
        println!("packets: OTORI_SHARED names no folder with captures; nothing was measured");
        return Ok(());
    };
    let path = std::env::temp_dir().join(format!("otori-bench-{}.pcap", std::process::id()));
    let all = frames(&shared);
    let (count, bytes) = merge(&all, &path)?;
    drop(all);
    println!("{count} packets, mean {} bytes", bytes / count.max(1) as u64);
    let rules = std::env::var_os("OTORI_RULES").and_then(|file| std::fs::read_to_string(file).ok());
    let measured = ours(&path, None).and_then(|()| match &rules {
        Some(text) => ours(&path, Some(text)),
        None => {
            println!("OTORI_RULES names no file of rules: measured without");
            Ok(())
        }
    });
    peer(&path, count);
    std::fs::remove_file(&path)?;
    measured
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
