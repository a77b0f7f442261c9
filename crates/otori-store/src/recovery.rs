//! What a sudden end left behind, and how it is put right when the store is opened.
//!
//! Key type: [`Recovery`]. Nothing that was acknowledged is touched: sessions that never ended are closed, artifacts
//! whose work is unfinished are named, files that were never announced are removed.
use crate::StoreError;
use crate::derive::{SampleRow, SessionRow};
use crate::folder::Folder;
use crate::store::{Writer, resume};
use otori_event::{Artifact, SessionId};
use std::collections::BTreeSet;
use std::fs;

/// The most artifacts that are queued again at once; the others follow at the next start.
const REQUEUED_MAX: usize = 10_000;

/// What was found when the store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// events in the inbox
    pub events: u64,
    /// sessions that were open; they are marked as interrupted now
    pub interrupted_sessions: Vec<SessionId>,
    /// artifacts that were captured and not yet detonated; their bytes are there
    pub requeued_artifacts: Vec<Artifact>,
    /// files that were not finished or never announced, removed now
    pub removed_files: u64,
    /// segments that are announced and missing; their events are gone
    pub missing_segments: Vec<String>,
}

pub(crate) fn recover(folder: &Folder, writer: &mut Writer) -> Result<Recovery, StoreError> {
    let mut recovery = Recovery { removed_files: folder.remove_unfinished()?, ..Recovery::default() };
    (writer.next_seq, writer.sealed_last) = resume(&writer.connection)?;
    recovery.events = writer.connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
    compare_segments(folder, writer, &mut recovery)?;
    interrupt_sessions(writer, &mut recovery)?;
    requeue(folder, writer, &mut recovery)?;
    Ok(recovery)
}

fn compare_segments(folder: &Folder, writer: &Writer, recovery: &mut Recovery) -> Result<(), StoreError> {
    let mut statement = writer.connection.prepare("SELECT name FROM segment")?;
    let known: BTreeSet<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut present = BTreeSet::new();
    for entry in fs::read_dir(folder.segments()).map_err(StoreError::file(folder.segments()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".parquet") && !known.contains(&name) {
            // Its rows are still in the inbox: the announcement and their removal are one transaction.
            fs::remove_file(entry.path()).map_err(StoreError::file(entry.path()))?;
            recovery.removed_files += 1;
        }
        present.insert(name);
    }
    recovery.missing_segments = known.difference(&present).cloned().collect();
    Ok(())
}

fn interrupt_sessions(writer: &mut Writer, recovery: &mut Recovery) -> Result<(), StoreError> {
    let transaction = writer.connection.transaction()?;
    let mut rows: Vec<SessionRow> = Vec::new();
    {
        let mut statement = transaction.prepare("SELECT body FROM session WHERE is_open = 1 ORDER BY id")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            rows.push(serde_json::from_str(&row.get::<_, String>(0)?)?);
        }
    }
    for row in &mut rows {
        let summary = &mut row.summary;
        summary.interrupted = true;
        summary.closed_at = Some(row.last_at);
        summary.duration_ms = u64::try_from(row.last_at.as_ms() - summary.opened_at.as_ms()).ok();
        summary.reason = Some("Otori stopped".to_owned());
        row.write(&transaction)?;
        recovery.interrupted_sessions.push(row.summary.id);
    }
    transaction.commit()?;
    Ok(())
}

fn requeue(folder: &Folder, writer: &Writer, recovery: &mut Recovery) -> Result<(), StoreError> {
    let mut statement = writer
        .connection
        .prepare("SELECT body FROM sample WHERE state <> 'detonated' ORDER BY first_seen LIMIT ?")?;
    let mut found = statement.query([REQUEUED_MAX as i64])?;
    while let Some(row) = found.next()? {
        let sample: SampleRow = serde_json::from_str(&row.get::<_, String>(0)?)?;
        if folder.artifact(&sample.summary.sha256).is_file() {
            recovery.requeued_artifacts.push(sample.artifact());
        }
    }
    Ok(())
}
