//! `otori rehearse`: what `otori guard` would block of captures, packet by packet, before it stands in anybody's way.
//!
//! Neighbours: `guard` (whose settings it takes), `inspect` (what Suricata would say of a capture). Every block is told with
//! its rule or list; what a file of known findings does not name is a failure.
#![allow(clippy::print_stdout, reason = "the findings are this verb's data")]
use super::{Failure, guard, lists, policies, reputations, rules};
use anyhow::Context;
use otori_tap::{
    Decision, Engine, Mode,
    capture::{Capture, CaptureError},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Blocks that are told of one capture; further ones are counted.
const TOLD: usize = 50;

/// Options of `otori rehearse`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Rules in Suricata's language; may be repeated
    #[arg(long, short = 'S', value_name = "FILE")]
    rules: Vec<PathBuf>,
    #[command(flatten)]
    selection: rules::RuleOptions,
    #[command(flatten)]
    lists: lists::Options,
    #[command(flatten)]
    reputations: reputations::ReputationOptions,
    #[command(flatten)]
    policies: policies::PolicyOptions,
    /// Networks of the guarded devices, as a rule's header has them
    #[arg(long, value_name = "NET", default_value = guard::HOME)]
    home: String,
    /// What is known: lines of capture, what blocks (GID:SID or *, which leaves the capture out) and the reason
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Capture files, pcap or pcapng
    #[arg(required = true)]
    captures: Vec<PathBuf>,
}

/// Findings that are known, by name of the capture and what blocks; whether they were met.
#[derive(Default)]
struct Known(BTreeMap<(String, String), (String, bool)>);

impl Known {
    fn read(path: &Path) -> anyhow::Result<Known> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut known = Known::default();
        for (number, line) in text.lines().enumerate() {
            let mut words = line.splitn(3, ' ');
            match (words.next().unwrap_or_default(), words.next(), words.next()) {
                ("", ..) => {}
                (first, ..) if first.starts_with('#') => {}
                (capture, Some(what), Some(reason)) => {
                    known.0.insert((capture.into(), what.into()), (reason.into(), false));
                }
                _ => {
                    let place = format!("{}:{}", path.display(), number + 1);
                    let text = format!("{place}: wants a capture, GID:SID or *, and a reason");
                    return Err(Failure::Configuration(text).into());
                }
            }
        }
        Ok(known)
    }
    fn reason(&mut self, capture: &str, what: &str) -> Option<&str> {
        let (reason, met) = self.0.get_mut(&(capture.to_owned(), what.to_owned()))?;
        *met = true;
        Some(reason)
    }
}

/// What became of a capture, or of all.
#[derive(Default)]
struct Sum {
    packets: u64,
    blocked: u64,
    alerts: u64,
    /// blocks that nobody knows
    unknown: u64,
    known: u64,
}

/// Runs it.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut known = arguments.known.as_deref().map(Known::read).transpose()?.unwrap_or_default();
    let sinkhole = arguments.lists.sinkhole()?;
    let (settings, variables) = guard::settings(&arguments.home, "rehearse", Mode::Inline)?;
    let settings = otori_tap::Settings { sinkhole, eve: true, ..settings };
    let home = settings.home.clone();
    let mut engine = Engine::new(settings, variables);
    arguments.reputations.load_countries(&engine.tables().countries)?;
    arguments.reputations.load(&engine.tables().reputations)?;
    arguments.selection.load(&mut engine, &arguments.rules)?;
    arguments.lists.load(&mut engine, &home)?;
    let mut sum = Sum::default();
    for path in &arguments.captures {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(reason) = known.reason(&name, "*") {
            println!("{name}: left out: {reason}");
            continue;
        }
        engine.forget_packets();
        arguments.policies.load(&mut engine, policies::Sinkholes::of(sinkhole.as_ref()))?;
        let one = capture(&mut engine, path, &name, &mut known)
            .with_context(|| format!("in {}", path.display()))?;
        sum = Sum {
            packets: sum.packets + one.packets,
            blocked: sum.blocked + one.blocked,
            alerts: sum.alerts + one.alerts,
            unknown: sum.unknown + one.unknown,
            known: sum.known + one.known,
        };
    }
    for ((capture, what), (reason, _)) in known.0.iter().filter(|(_, (_, met))| !met) {
        println!("{capture}: {what} is known but did not come: {reason}");
    }
    let Sum { packets, blocked, alerts, unknown, known } = sum;
    println!(
        "{} captures, {packets} packets, {alerts} alerts, {blocked} packets blocked; {known} findings that are known, {unknown} that are not",
        arguments.captures.len()
    );
    Ok(if unknown > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn capture(engine: &mut Engine, path: &Path, name: &str, known: &mut Known) -> anyhow::Result<Sum> {
    let file = File::open(path).context("cannot open it")?;
    let mut capture = Capture::open(file)?;
    let mut sum = Sum::default();
    let mut told = 0;
    loop {
        let packet = match capture.next() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            Err(error @ CaptureError::Record { .. }) => {
                eprintln!("otori: {name}: {error}; stopped there");
                break;
            }
            Err(error) => return Err(error.into()),
        };
        sum.packets += 1;
        let decision = engine.packet(packet.at, packet.link, packet.frame, sum.packets);
        let lines = engine.take_lines();
        engine.take_verdicts();
        let blocked = decision != Decision::Pass;
        sum.blocked += u64::from(blocked);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| is_alert(line)) {
            sum.alerts += 1;
            let Ok(record) = serde_json::from_slice::<Value>(line) else { continue };
            if record["alert"]["action"] == "blocked" {
                told += 1;
                tell(&record, (name, sum.packets), known, &mut sum, told <= TOLD);
            }
        }
    }
    // A block without an alert: the engine itself refuses the packet.
    if sum.blocked > 0 && told == 0 {
        println!("{name}: {} packets blocked without a rule", sum.blocked);
        sum.unknown += 1;
    }
    Ok(sum)
}

/// Before the line is read as a whole.
fn is_alert(line: &[u8]) -> bool {
    line.windows(20).any(|part| part == b"\"event_type\":\"alert\"")
}

fn tell(record: &Value, (name, number): (&str, u64), known: &mut Known, sum: &mut Sum, shown: bool) {
    let alert = &record["alert"];
    let what = format!("{}:{}", alert["gid"], alert["signature_id"]);
    let reason = known.reason(name, &what).map(str::to_owned);
    match reason {
        Some(_) => sum.known += 1,
        None => sum.unknown += 1,
    }
    if !shown {
        return;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let end = |ip: &str, port: &str| match record[port].as_u64() {
        Some(port) => format!("{} port {port}", text(&record[ip])),
        None => text(&record[ip]),
    };
    let why = reason.map_or_else(|| "NOT KNOWN".to_owned(), |reason| format!("known: {reason}"));
    println!(
        "{name} packet {number}: {what} {:?} blocks {} {} -> {}; {why}",
        text(&alert["signature"]),
        text(&record["proto"]),
        end("src_ip", "src_port"),
        end("dest_ip", "dest_port"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_says_capture_rule_and_reason() {
        let folder = std::env::temp_dir().join(format!("otori-rehearse-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("known.txt");
        std::fs::write(&path, "# c\n\na.pcap 1:7 it is one\nb.pcap * an attack\n").unwrap();
        let mut known = Known::read(&path).unwrap();
        assert_eq!(known.reason("a.pcap", "1:7"), Some("it is one"));
        assert_eq!(known.reason("a.pcap", "1:8"), None);
        assert_eq!(known.reason("b.pcap", "*"), Some("an attack"));
        std::fs::write(&path, "a.pcap 1:7\n").unwrap();
        assert!(Known::read(&path).err().unwrap().to_string().contains(":1: wants"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
