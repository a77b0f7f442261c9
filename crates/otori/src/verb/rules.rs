//! Loads rule files for the verbs that match packets.
use anyhow::Context;
use otori_tap::Engine;
use std::{path::PathBuf, time::Instant};

/// Refused rules that are shown one by one.
const SHOWN: usize = 20;

/// Loads every file; a rule that is refused is reported, the others load.
pub fn load(engine: &mut Engine, files: &[PathBuf]) -> anyhow::Result<()> {
    for path in files {
        let begun = Instant::now();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read rules {}", path.display()))?;
        let report = engine.load(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
        for error in report.refused.iter().take(SHOWN) {
            eprintln!("otori: rule refused: {error}");
        }
        if report.refused.len() > SHOWN {
            eprintln!("otori: and {} more", report.refused.len() - SHOWN);
        }
        eprintln!(
            "otori: {}: {} rules loaded, {} refused, {} ms",
            path.display(),
            report.loaded,
            report.refused.len(),
            begun.elapsed().as_millis()
        );
    }
    Ok(())
}
