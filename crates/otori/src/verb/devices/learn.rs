//! `otori devices learn`: captures and EVE logs of a quiet time in, a MUD file per device or group out.
use super::DeviceOptions;
use crate::verb::Failure;
use anyhow::Context;
use otori_event::Timestamp;
use otori_rule::{Variables, address::AddressSet};
use otori_tap::{
    Engine, Settings,
    capture::Capture,
    device::profile::{By, Learner, export},
};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

/// The longest line of an EVE log.
const LINE_BYTES: u64 = 1 << 20;

/// What is learned together.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Together {
    /// each device
    Device,
    /// the devices of each group
    Group,
}

/// Options of `otori devices learn`.
#[derive(clap::Args)]
pub struct Arguments {
    /// A capture file; may be repeated
    #[arg(long, value_name = "FILE")]
    capture: Vec<PathBuf>,
    /// An EVE log of a guard that was started with --devices or --watch; may be repeated
    #[arg(long, value_name = "FILE")]
    eve: Vec<PathBuf>,
    #[command(flatten)]
    devices: DeviceOptions,
    /// Networks of the devices, as a rule's header has them
    #[arg(
        long,
        value_name = "NET",
        default_value = "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12,fc00::/7,fe80::/10,169.254.0.0/16]"
    )]
    home: String,
    /// One profile for each device, or for each group of the mapping file
    #[arg(long, value_name = "WHAT", default_value = "device")]
    by: Together,
    /// How many times what was seen in the fullest hour a device may talk in an hour
    #[arg(long, value_name = "N", default_value = "4")]
    headroom: u64,
    /// Where the maker's files would be, for `mud-url`
    #[arg(long, value_name = "URL", default_value = "https://mud.invalid")]
    url: String,
    /// Folder for the MUD files; files that are there are not overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.capture.is_empty() && arguments.eve.is_empty() {
        return Err(Failure::Configuration("--capture or --eve is needed to learn from".into()).into());
    }
    let mut variables = Variables::default();
    variables.set_address("HOME_NET", &arguments.home);
    let home = AddressSet::parse(&arguments.home, &variables);
    let home = home.map_err(|reason| Failure::Configuration(format!("--home: {reason}")))?;
    let by = match arguments.by {
        Together::Device => By::Device,
        Together::Group => By::Group,
    };
    let mut learner = Learner::new(home.clone(), by);
    for path in &arguments.capture {
        let settings = Settings { name: "learn".into(), home: home.clone(), ..Settings::default() };
        let mut engine = Engine::new(settings, variables.clone());
        arguments.devices.load_always(&mut engine, &home)?;
        from_capture(engine, path, &mut learner).with_context(|| format!("in {}", path.display()))?;
    }
    for path in &arguments.eve {
        from_log(path, &mut learner).with_context(|| format!("in {}", path.display()))?;
    }
    write(&learner, arguments)
}

fn write(learner: &Learner, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.out;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(0));
    let now = Timestamp(now.0 / 1_000_000_000 * 1_000_000_000);
    let mut out = io::stdout().lock();
    for mut profile in learner.propose(arguments.headroom) {
        profile.name = file_name(&profile.name);
        let path = folder.join(format!("{}.json", profile.name));
        let url = format!("{}/{}.json", arguments.url.trim_end_matches('/'), profile.name);
        let file = File::options().write(true).create_new(true).open(&path);
        let file = file
            .with_context(|| format!("cannot make {}: remove it or choose another --out", path.display()))?;
        serde_json::to_writer_pretty(file, &export(&profile, now, &url))?;
        let mut said = format!("{}: {}, {} entries\n", path.display(), profile.about, profile.allows.len());
        profile.allows.iter().for_each(|allow| said.push_str(&format!("  {allow}\n")));
        out.write_all(said.as_bytes()).context("cannot write")?;
    }
    if learner.skipped > 0 {
        eprintln!("otori: {} flows were nobody's, or beyond the bounds", learner.skipped);
    }
    if learner.is_empty() {
        eprintln!("otori: nothing was learned: no flow of a device in {}", arguments.home);
        return Ok(ExitCode::from(1));
    }
    Ok(ExitCode::SUCCESS)
}

/// A name of a file that is the same on every system.
fn file_name(name: &str) -> String {
    let safe = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let name: String = name.chars().take(100).map(safe).collect();
    if name.is_empty() { "device".into() } else { name }
}

fn from_capture(mut engine: Engine, path: &Path, learner: &mut Learner) -> anyhow::Result<()> {
    let mut capture = Capture::open(File::open(path)?)?;
    while let Some(packet) = capture.next()? {
        engine.packet(packet.at, packet.link, packet.frame, 0);
        engine.take_verdicts();
        take_lines(&engine.take_lines(), learner);
    }
    engine.finish();
    take_lines(&engine.take_lines(), learner);
    Ok(())
}

fn take_lines(lines: &[u8], learner: &mut Learner) {
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        if let Ok(line) = serde_json::from_slice(line) {
            learner.take(&line);
        }
    }
}

fn from_log(path: &Path, learner: &mut Learner) -> anyhow::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    let mut broken = 0u64;
    loop {
        line.clear();
        if file.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        match serde_json::from_slice(&line) {
            Ok(line) => learner.take(&line),
            Err(_) => broken += 1,
        }
    }
    if broken > 0 {
        eprintln!("otori: {}: {broken} lines are no JSON and left out", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_harmless() {
        assert_eq!(file_name("../02:00:5e:10:00:01"), "---02-00-5e-10-00-01");
        assert_eq!(file_name(""), "device");
    }
}
