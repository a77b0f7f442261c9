//! `otori detonate`: runs a file on the device engine in virtual time, with a fake Internet, and reports what it did.
//!
//! Contained: no call of the guest becomes a call of this machine. JSON: `docs/schema/detonate.json`. It runs on the
//! product's files when its programs are at hand or a script needs a shell, else on a plain device.
use crate::verb::classify::{read_bounded, write_class};
use otori_device::{Device, Profile, userland};
use otori_event::RawText;
use otori_event::report::{End, FileOperation, Report};
use otori_lab::{Settings, submitted};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Rows of one kind that the human report shows; `--json` has them all.
const ROWS_SHOWN: usize = 40;

/// Arguments of `otori detonate`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Print the whole report as one JSON object
    #[arg(long)]
    json: bool,
    /// Virtual seconds after which it ends; waits cost no real time
    #[arg(long, value_name = "VIRTUAL_SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time: u64,
    /// Product whose files and programs it finds
    #[arg(long, value_name = "NAME", default_value = "camera-mipsel")]
    product: String,
    /// Data folder with the product's programs
    #[arg(long, value_name = "DIR", default_value = "otori-data")]
    data: PathBuf,
    /// File to run
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs it; exit 1 when it could not be started.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let bytes = read_bounded(&arguments.file)?;
    let name = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let device = device_for(&bytes, &name, &arguments)?;
    let settings = Settings { device, virtual_seconds: arguments.time, ..Settings::default() };
    let began = std::time::Instant::now();
    let outcome = otori_lab::detonate(&submitted(&name, &bytes), &bytes, &settings);
    let mut out = std::io::stdout().lock();
    if arguments.json {
        serde_json::to_writer(&mut out, &outcome.report)?;
        writeln!(out)?;
    } else {
        write_report(&mut out, &name, &outcome.report)?;
        writeln!(out, "took {} ms of real time", began.elapsed().as_millis())?;
    }
    Ok(match outcome.report.end {
        End::NotRun { .. } => ExitCode::FAILURE,
        End::Exited { .. } | End::TimeUp | End::Limit { .. } => ExitCode::SUCCESS,
    })
}

/// The product, if the file can make use of it: programs at hand are used, a script's shell is fetched.
fn device_for(bytes: &[u8], name: &str, arguments: &Arguments) -> anyhow::Result<Option<Arc<Device>>> {
    let class = otori_lab::classify(bytes, name);
    let is_script = class.format.as_ref().is_some_and(|format| format.value == "shell-script");
    let cache = crate::config::userland_cache(&arguments.data);
    let profile = Profile::find(&arguments.product, &arguments.data.join("products"))?;
    let fetches = profile.table.userland.package.is_some();
    if !class.runnable || (fetches && !is_script && !cache.is_dir()) {
        return Ok(None);
    }
    let userland = match fetches {
        true => {
            userland::obtain(&cache, &profile.table.userland, &mut |line| eprintln!("otori: {line}"))?.root
        }
        false => PathBuf::new(),
    };
    Ok(Some(Arc::new(Device::prepare(profile, &userland)?)))
}

fn write_report(out: &mut impl Write, name: &str, report: &Report) -> std::io::Result<()> {
    writeln!(out, "{} (sha256 {})", RawText::from(name), report.sha256)?;
    write_class(out, &report.class)?;
    let end = match &report.end {
        End::Exited { status } => format!("every process ended, status {status}"),
        End::TimeUp => "virtual time was up while something still ran".into(),
        End::Limit { limit } => format!("stopped at the limit of {limit}"),
        End::NotRun { reason } => format!("not run: {}", RawText::from(reason.as_str())),
    };
    writeln!(out, "\nend: {end}")?;
    if matches!(report.end, End::NotRun { .. }) {
        return Ok(());
    }
    let calls: u64 = report.syscalls.values().sum();
    writeln!(
        out,
        "{:.3} virtual seconds, {} instructions, {calls} system calls",
        report.virtual_ns as f64 / 1e9,
        report.instructions
    )?;
    write_behaviours(out, report)?;
    write_contacts(out, report)?;
    write_processes(out, report)?;
    write_files(out, report)?;
    if !report.unsupported.is_empty() {
        section(out, "calls that the engine does not have", report.unsupported.iter(), |(name, count)| {
            format!("{} x{count}", RawText::from(name.as_str()))
        })?;
    }
    if !report.output.is_empty() {
        writeln!(out, "\noutput\n  {}", report.output)?;
    }
    Ok(())
}

/// A heading and its rows; says how many were left out.
fn section<T>(
    out: &mut impl Write,
    heading: &str,
    rows: impl ExactSizeIterator<Item = T>,
    line: impl Fn(T) -> String,
) -> std::io::Result<()> {
    let count = rows.len();
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    for row in rows.take(ROWS_SHOWN) {
        writeln!(out, "  {}", line(row))?;
    }
    match count.saturating_sub(ROWS_SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  … {more} more, see --json"),
    }
}

fn write_behaviours(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    section(out, "behaviour", report.behaviours.iter(), |row| {
        format!("{:<10} {}: {}", row.technique, row.name, RawText::from(row.evidence.as_str()))
    })
}

fn write_contacts(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    section(out, "names asked of DNS", report.names.iter(), |name| RawText::from(name.as_str()).to_string())?;
    section(out, "contacts", report.contacts.iter(), |contact| {
        let transport = format!("{:?}", contact.transport).to_lowercase();
        let name = contact.name.as_ref().map(|name| format!(" ({})", RawText::from(name.as_str())));
        let url = contact.url.as_ref().map(|url| format!(" {}", RawText::from(url.as_str())));
        format!(
            "{transport} {}{} {}{} x{}, {} bytes out, {} in: {}",
            contact.remote,
            name.unwrap_or_default(),
            contact.application,
            url.unwrap_or_default(),
            contact.count,
            contact.bytes_out,
            contact.bytes_in,
            contact.first_bytes
        )
    })
}

fn write_processes(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    section(out, "processes", report.processes.iter(), |process| {
        let status = process.status.map_or("running".to_owned(), |status| format!("status {status}"));
        let arguments: Vec<String> = process.arguments.iter().map(ToString::to_string).collect();
        format!(
            "{} from {} at {:.3} s: {} [{}] {status}",
            process.pid,
            process.parent,
            process.started_ns as f64 / 1e9,
            arguments.join(" "),
            process.comm
        )
    })
}

fn write_files(out: &mut impl Write, report: &Report) -> std::io::Result<()> {
    section(out, "files", report.files.iter(), |file| {
        let word = match file.operation {
            FileOperation::Read => "read",
            FileOperation::Written => "wrote",
            FileOperation::Removed => "removed",
            FileOperation::Renamed => "renamed",
            FileOperation::Changed => "changed",
            FileOperation::Executed => "executed",
        };
        let failed = if file.succeeded { "" } else { " (failed)" };
        format!("{word:<9} {} x{}{failed}", file.path, file.count)
    })?;
    section(out, "dropped", report.dropped.iter(), |artifact| {
        format!("{} {} bytes, sha256 {}", artifact.name, artifact.size, artifact.sha256)
    })
}
