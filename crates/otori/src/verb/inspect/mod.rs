//! `otori inspect`: a capture file through the engine, EVE lines out.
//!
//! Neighbours: [`otori_tap::engine`], `keys` (what suricata.yaml and `--set` say), `yaml`. Options keep Suricata's names and
//! meaning where they have one here; an unknown key is a warning, so that command lines made for Suricata run unchanged.
mod filter;
mod keys;
mod yaml;

use super::{Failure, devices, lists, policies, reputations, rules};
use anyhow::Context;
use filter::Filter;
use keys::Keys;
use otori_rule::address::AddressSet;
use otori_tap::{
    Engine, Mode, Settings,
    capture::{Capture, CaptureError},
};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Lines are handed to the output when so many bytes wait.
const OUTPUT_BYTES: usize = 256 * 1024;

/// How an inventory is shown.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// for people
    Table,
    /// EVE's `device` records
    Json,
}

/// Options of `otori inspect`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where EVE lines go: a file, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    eve: PathBuf,
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
    devices: devices::DeviceOptions,
    #[command(flatten)]
    policies: policies::PolicyOptions,
    /// A suricata.yaml; its `vars` are read, the rest is not needed
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets one key as suricata.yaml would (stream.midstream=true, vars.address-groups.HOME_NET=…)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Checksums: `none` accepts wrong ones, as always here
    #[arg(short = 'k', value_name = "MODE")]
    checksum: Option<String>,
    /// Drop rules drop, as if the packets were on the way
    #[arg(long)]
    simulate_ips: bool,
    /// Accepted for Suricata's sake: threads are chosen by ourselves
    #[arg(long, hide = true)]
    runmode: Option<String>,
    /// Accepted for Suricata's sake
    #[arg(long, hide = true)]
    data_dir: Option<PathBuf>,
    /// Accepted for Suricata's sake: nothing here is random
    #[arg(long, hide = true)]
    no_random: bool,
    /// Print what every device is and does instead of EVE lines (with --devices or --watch)
    #[arg(long, value_name = "FORM")]
    inventory: Option<Form>,
    /// Capture file, pcap or pcapng
    capture: PathBuf,
    /// Only packets that fit: host, net, port, protocols, and, or, not (pcap-filter(7)); may stand before the capture
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
}

/// What classes of rules mean. A file of another machine's configuration may not be here: rules load without it.
fn load_classes(engine: &mut Engine, path: &Path) {
    let text = match std::fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            return eprintln!(
                "otori: cannot read {}, classes mean what they usually do: {error}",
                path.display()
            );
        }
    };
    for error in engine.tables().classification.load(&path.display().to_string(), &text) {
        eprintln!("otori: line refused: {error}");
    }
}

/// Runs it.
pub fn run(mut arguments: Arguments) -> anyhow::Result<ExitCode> {
    let filter = take_filter(&mut arguments)?;
    let keys = read_keys(&arguments)?;
    let home = AddressSet::parse("$HOME_NET", &keys.variables).map_err(Failure::Configuration)?;
    let settings = keys.settings(Settings { name: "inspect".into(), home, ..Settings::default() });
    let capture = keys.name_capture.then(|| arguments.capture.display().to_string());
    let sinkhole = arguments.lists.sinkhole()?;
    let settings = Settings { capture, sinkhole, ..settings };
    let home = settings.home.clone();
    let reputations = keys.reputations(&arguments.reputations);
    let mut engine = Engine::new(settings, keys.variables);
    reputations.load(&engine.tables().reputations)?;
    reputations.load_countries(&engine.tables().countries)?;
    let devices = arguments.devices.load(&mut engine, &home)?;
    let inventory = match (arguments.inventory, devices) {
        (Some(form), Some(devices)) => Some((form, devices)),
        (None, _) => None,
        (Some(_), None) => {
            return Err(Failure::Configuration("--inventory wants --devices FILE or --watch".into()).into());
        }
    };
    arguments.policies.load(&mut engine, policies::Sinkholes::of(sinkhole.as_ref()))?;
    engine.tables().features = keys.features;
    for (name, option, value) in &keys.datasets {
        let declared = engine.tables().declare(name, option, value);
        declared.map_err(|reason| Failure::Configuration(format!("datasets.{name}.{option}: {reason}")))?;
    }
    if let Some(path) = &keys.classification_file {
        load_classes(&mut engine, path);
    }
    for path in &arguments.rules {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        engine.tables().read = Some(Box::new(move |name| read_list(&folder, name)));
        arguments.selection.load(&mut engine, std::slice::from_ref(path))?;
    }
    arguments.lists.load(&mut engine, &home)?;
    if let Some(path) = &keys.threshold_file {
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        for error in engine.load_thresholds(&path.display().to_string(), &String::from_utf8_lossy(&text)) {
            eprintln!("otori: line refused: {error}");
        }
    }
    let file = File::open(&arguments.capture);
    let file = file.with_context(|| format!("cannot open {}", arguments.capture.display()))?;
    let quiet = inventory.is_some() && arguments.eve == Path::new("-");
    let mut output = if quiet { Box::new(io::sink()) } else { output(&arguments.eve)? };
    let file = BufReader::with_capacity(1 << 18, file);
    let done = read(&mut engine, file, filter.as_ref(), &mut output);
    done.with_context(|| format!("in {}", arguments.capture.display()))?;
    engine.finish();
    output.write_all(&engine.take_lines()).and_then(|()| output.flush()).context("cannot write EVE lines")?;
    if let Some((form, devices)) = inventory {
        let records = devices.records(engine.now());
        let mut out = io::stdout().lock();
        let written = match form {
            Form::Table => write!(out, "{}", otori_tap::device::inventory::table(&records)),
            Form::Json => records.iter().try_for_each(|record| writeln!(out, "{record}")),
        };
        written.context("cannot write the inventory")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The filter, which may stand before the capture or behind it.
fn take_filter(arguments: &mut Arguments) -> anyhow::Result<Option<Filter>> {
    let mut words = std::mem::take(&mut arguments.filter);
    if let Some(last) = words.last().filter(|last| Path::new(last).is_file()).cloned() {
        words.pop();
        words.insert(0, arguments.capture.display().to_string());
        arguments.capture = last.into();
    }
    if words.is_empty() {
        return Ok(None);
    }
    let text = words.join(" ");
    let filter = Filter::parse(&text);
    Ok(Some(filter.map_err(|reason| Failure::Configuration(format!("filter {text:?}: {reason}")))?))
}

fn read(
    engine: &mut Engine,
    file: BufReader<File>,
    filter: Option<&Filter>,
    output: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut capture = Capture::open(file)?;
    let mut number = 0;
    let mut waiting = 0;
    loop {
        let packet = match capture.next() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // What was read so far counts; a broken tail is said, not fatal.
            Err(error @ CaptureError::Record { .. }) => {
                eprintln!("otori: {error}; stopped there");
                break;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(filter) = filter
            && !filter.takes(&otori_wire::decode(packet.link, packet.at, packet.frame))
        {
            continue;
        }
        number += 1;
        waiting += packet.frame.len();
        engine.packet(packet.at, packet.link, packet.frame, number);
        if waiting > OUTPUT_BYTES {
            waiting = 0;
            output.write_all(&engine.take_lines()).context("cannot write EVE lines")?;
            engine.take_verdicts();
        }
    }
    if capture.truncated {
        eprintln!("otori: the file ends inside packet {}", number + 1);
    }
    Ok(())
}

fn output(path: &Path) -> anyhow::Result<Box<dyn Write>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(io::stdout().lock())));
    }
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Box::new(BufWriter::new(file)))
}

/// A list that a rule names: beside its rules, else from here.
fn read_list(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let beside = folder.join(name);
    let path = if beside.exists() { beside } else { PathBuf::from(name) };
    std::fs::read(&path).map_err(|error| error.to_string())
}

fn read_keys(arguments: &Arguments) -> anyhow::Result<Keys> {
    let mode = if arguments.simulate_ips { Mode::Inline } else { Mode::Observe };
    let mut keys = Keys::new(mode);
    if let Some(path) = &arguments.config {
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        keys.take_file(&yaml::scalars(&String::from_utf8_lossy(&text)));
    }
    for setting in &arguments.set {
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| Failure::Configuration(format!("--set {setting}: wants KEY=VALUE")))?;
        if !keys.take(key.trim(), value.trim()) {
            eprintln!("otori: --set {}: no such key here, ignored", key.trim());
        }
    }
    Ok(keys)
}
