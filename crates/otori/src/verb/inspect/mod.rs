//! `otori inspect`: a capture file through the engine, EVE lines out.
//!
//! Neighbour: [`otori_tap::engine`]. Options keep Suricata's names and meaning where they have one here; a
//! `--set` key without a meaning is a warning, so that command lines made for Suricata run unchanged.
use super::{Failure, rules};
use anyhow::Context;
use otori_rule::{Variables, address::AddressSet};
use otori_tap::{
    Engine, Mode, Settings,
    capture::{Capture, CaptureError},
};
use otori_wire::flow::{FlowLimits, Midstream};
use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Lines are handed to the output when so many bytes wait.
const OUTPUT_BYTES: usize = 256 * 1024;

/// Options of `otori inspect`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where EVE lines go: a file, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    eve: PathBuf,
    /// Rules in Suricata's language; may be repeated
    #[arg(long, short = 'S', value_name = "FILE")]
    rules: Vec<PathBuf>,
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
    /// Capture file, pcap or pcapng
    capture: PathBuf,
    /// A filter in the language of libpcap, which we do not have
    #[arg(hide = true)]
    filter: Vec<String>,
}

/// Keys that decide something here.
struct Keys {
    variables: Variables,
    midstream: Midstream,
    inline: bool,
}

/// Runs it.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    if !arguments.filter.is_empty() {
        return Err(
            Failure::Configuration("inspect reads one capture and knows no filter language".into()).into()
        );
    }
    let keys = read_keys(&arguments)?;
    let settings = Settings {
        name: "inspect".into(),
        mode: if keys.inline { Mode::Inline } else { Mode::Observe },
        home: AddressSet::parse("$HOME_NET", &keys.variables).map_err(Failure::Configuration)?,
        midstream: keys.midstream,
        flows: FlowLimits::default(),
        eve: true,
    };
    let mut engine = Engine::new(settings, keys.variables);
    rules::load(&mut engine, &arguments.rules)?;
    let file = File::open(&arguments.capture);
    let file = file.with_context(|| format!("cannot open {}", arguments.capture.display()))?;
    let mut output = output(&arguments.eve)?;
    let done = read(&mut engine, BufReader::with_capacity(1 << 18, file), &mut output);
    done.with_context(|| format!("in {}", arguments.capture.display()))?;
    engine.finish();
    output.write_all(&engine.take_lines()).and_then(|()| output.flush()).context("cannot write EVE lines")?;
    Ok(ExitCode::SUCCESS)
}

fn read(engine: &mut Engine, file: BufReader<File>, output: &mut dyn Write) -> anyhow::Result<()> {
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

fn read_keys(arguments: &Arguments) -> anyhow::Result<Keys> {
    let mut keys = Keys {
        variables: Variables::default(),
        midstream: Midstream::Refuse,
        inline: arguments.simulate_ips,
    };
    if let Some(path) = &arguments.config {
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        for (key, value) in yaml_scalars(&String::from_utf8_lossy(&text)) {
            keys.take(&key, &value);
        }
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

fn truth(value: &str) -> bool {
    matches!(value, "true" | "yes" | "on" | "1")
}

impl Keys {
    /// Takes a key; `false` when it has no meaning here.
    fn take(&mut self, key: &str, value: &str) -> bool {
        if let Some(name) = key.strip_prefix("vars.address-groups.") {
            self.variables.set_address(name, value);
            return true;
        }
        if let Some(name) = key.strip_prefix("vars.port-groups.") {
            self.variables.set_port(name, value);
            return true;
        }
        match key {
            "stream.midstream" | "stream.async-oneside" if truth(value) => self.midstream = Midstream::Allow,
            "stream.midstream" | "stream.async-oneside" | "stream.inline" | "mpm-algo" | "spm-algo" => {}
            _ => return false,
        }
        true
    }
}

/// `a.b.c` and value of every scalar of a YAML file that is made of plain mappings, which is all that `vars` needs.
fn yaml_scalars(text: &str) -> Vec<(String, String)> {
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start();
        if bare.is_empty() || bare.starts_with(['#', '%', '-']) {
            continue;
        }
        let indent = line.len() - bare.len();
        let Some((key, value)) = bare.split_once(':') else { continue };
        while path.last().is_some_and(|(above, _)| *above >= indent) {
            path.pop();
        }
        let value = value.trim();
        let value = match value.strip_prefix('"').and_then(|v| v.split_once('"')) {
            Some((quoted, _)) => quoted,
            None => value.split(" #").next().unwrap_or(value).trim(),
        };
        path.push((indent, key.trim().into()));
        if !value.is_empty() {
            let names: Vec<&str> = path.iter().map(|(_, name)| name.as_str()).collect();
            found.push((names.join("."), value.into()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_have_their_path() {
        let text = "%YAML 1.1\n---\nvars:\n  address-groups:\n    HOME_NET: \"[192.0.2.0/24]\" # x\n    E: any\n  port-groups:\n    P: 80\n";
        let found = yaml_scalars(text);
        let expect = [
            ("vars.address-groups.HOME_NET", "[192.0.2.0/24]"),
            ("vars.address-groups.E", "any"),
            ("vars.port-groups.P", "80"),
        ];
        assert_eq!(found, expect.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
