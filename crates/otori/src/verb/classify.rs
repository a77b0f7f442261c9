//! `otori classify`: names the system, machine, ABI, libc and linking of files, with evidence.
//!
//! JSON: one object per file and line, `docs/schema/classify.json`.
use anyhow::Context;
use otori_event::{Classification, Evidenced, RawText};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The largest file that is read, in bytes: the most that a capture keeps, and more.
pub const FILE_MAX_BYTES: u64 = 256 << 20;

/// Arguments of `otori classify`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Print one JSON object per file
    #[arg(long)]
    json: bool,
    /// Files to name; nothing is run
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Names each file; exit 1 if one could not be read.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let mut failed = false;
    for path in &arguments.files {
        match read_bounded(path) {
            Ok(bytes) => print(&mut out, path, &bytes, arguments.json)?,
            Err(error) => {
                eprintln!("otori: {error:#}");
                failed = true;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The whole file, if it is a regular one of at most [`FILE_MAX_BYTES`].
pub fn read_bounded(path: &Path) -> anyhow::Result<Vec<u8>> {
    bounded_size(path)?;
    let shown = RawText::from(path.as_os_str().as_encoded_bytes());
    std::fs::read(path).with_context(|| format!("cannot read {shown}"))
}

/// The size of a regular file that is not larger than what is read.
pub fn bounded_size(path: &Path) -> anyhow::Result<u64> {
    let shown = RawText::from(path.as_os_str().as_encoded_bytes());
    let about = std::fs::metadata(path).with_context(|| format!("cannot read {shown}"))?;
    anyhow::ensure!(about.is_file(), "{shown} is not a regular file");
    anyhow::ensure!(about.len() <= FILE_MAX_BYTES, "{shown} has more than {FILE_MAX_BYTES} bytes");
    Ok(about.len())
}

fn print(out: &mut impl Write, path: &Path, bytes: &[u8], json: bool) -> anyhow::Result<()> {
    let name = path.as_os_str().as_encoded_bytes();
    let class = otori_lab::classify(bytes, &String::from_utf8_lossy(name));
    let sha256 = otori_lab::submit::sha256(bytes);
    if json {
        let mut value = serde_json::to_value(&class)?;
        if let Some(object) = value.as_object_mut() {
            object.insert("file".into(), serde_json::to_value(RawText::from(name))?);
            object.insert("sha256".into(), sha256.to_string().into());
            object.insert("size".into(), bytes.len().into());
        }
        writeln!(out, "{value}")?;
        return Ok(());
    }
    writeln!(out, "{} ({} bytes, sha256 {sha256})", RawText::from(name), bytes.len())?;
    write_class(out, &class)?;
    Ok(())
}

/// The human form, also part of `otori detonate`.
pub fn write_class(out: &mut impl Write, class: &Classification) -> std::io::Result<()> {
    let rows: [(&str, &Option<Evidenced>); 11] = [
        ("format", &class.format),
        ("system", &class.os),
        ("cpu", &class.cpu),
        ("level", &class.level),
        ("endianness", &class.endianness),
        ("bits", &class.bits),
        ("abi", &class.abi),
        ("libc", &class.libc),
        ("linking", &class.linking),
        ("packing", &class.packing),
        ("symbols", &class.symbols),
    ];
    for (label, field) in rows {
        if let Some(field) = field {
            writeln!(out, "  {label:<11} {:<14} {:>3} %  {}", field.value, field.confidence, field.evidence)?;
        }
    }
    writeln!(out, "  {:<11} {}", "runnable", if class.runnable { "yes" } else { "no" })?;
    for note in &class.notes {
        writeln!(out, "  {:<11} {}", "note", RawText::from(note.as_str()))?;
    }
    for url in &class.urls {
        writeln!(out, "  {:<11} {}", "url", RawText::from(url.as_str()))?;
    }
    Ok(())
}
