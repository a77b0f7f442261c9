//! `kill -9` at any moment loses nothing that was acknowledged and duplicates nothing.
//!
//! The test starts itself again as a child that appends, seals and prints what was acknowledged, kills it after a
//! random time, opens the store and compares; many rounds on one and the same folder.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says what it counted")]
mod common;

use common::{NOON, captured, command, opened};
use otori_event::{EventKind, SessionId, Timestamp};
use otori_store::query::{Demo, EventQuery, Order, Range};
use otori_store::{QueryLimit, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "OTORI_TEST_SUDDEN_END_FOLDER";
const ROUND: &str = "OTORI_TEST_SUDDEN_END_ROUND";
const ROUNDS: u64 = 60;
const BATCH: u64 = 9;

/// The `batch`-th batch of a round; the same numbers give the same events.
fn batch(round: u64, batch: u64, sha256: otori_event::Sha256) -> Vec<otori_event::Event> {
    let session = round * 1_000_000 + batch + 1;
    let at = Timestamp(NOON.0 + (round * 100_000 + batch) as i64 * 3_000_000);
    let mut events = vec![opened(at, session)];
    events
        .extend((1..BATCH - 1).map(|i| command(at, session, i as u32, &format!("echo {round} {batch} {i}"))));
    events.push(captured(at, session, BATCH as u32, sha256));
    events
}

/// Runs only as the child of the test below.
#[test]
fn child() {
    let (Ok(folder), Ok(round)) = (std::env::var(FOLDER), std::env::var(ROUND)) else { return };
    let round: u64 = round.parse().unwrap();
    let (store, _) = Store::open(folder.as_ref()).unwrap();
    let mut out = std::io::stdout();
    for number in 0..100_000u64 {
        let sha256 = store.put_artifact(format!("file {}", number % 5).as_bytes()).unwrap();
        store.append_recording(SessionId::new(round + 1), b"[0.1,\"o\",\"x\"]\n").unwrap();
        let events = batch(round, number, sha256);
        let last = events.last().unwrap().at;
        assert_eq!(store.append(&events).unwrap().new, BATCH);
        // The same again, as a pipeline does that did not see the acknowledgement.
        assert_eq!(store.append(&events[..2]).unwrap().duplicates, 2);
        writeln!(out, "ack {number}").unwrap();
        out.flush().unwrap();
        if number.is_multiple_of(4) {
            store.seal(Timestamp(last.0 - 9_000_000)).unwrap();
        }
    }
}

/// A number from the clock's noise; only the moment of the kill depends on it.
fn noise() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// Starts a child, kills it, and returns how many batches it said were durable.
fn run_and_kill(folder: &std::path::Path, round: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (first, begun) = std::sync::mpsc::channel();
    let counter = std::thread::spawn(move || {
        let acknowledged = lines.map_while(Result::ok).filter(|line| line.starts_with("ack "));
        acknowledged.inspect(|_| first.send(()).unwrap_or_default()).count()
    });
    // Most children are killed at work, every fifth while it opens the store.
    if round % 5 != 4 {
        begun.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    std::thread::sleep(Duration::from_micros(noise() % 60_000));
    child.kill().unwrap();
    child.wait().unwrap();
    counter.join().unwrap() as u64
}

/// Every stored event by session, in one walk.
fn stored(store: &Store) -> BTreeMap<SessionId, Vec<otori_event::EventId>> {
    let mut query = EventQuery { order: Order::Oldest, limit: 500, ..EventQuery::default() };
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    loop {
        let page = store.events(&query, &QueryLimit::new(Duration::from_secs(60))).unwrap();
        for event in page.items {
            found.entry(event.session.unwrap()).or_default().push(event.id);
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            return found;
        }
    }
}

#[test]
fn kill_9_loses_nothing_acknowledged_and_duplicates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut recovered) = (BTreeMap::new(), 0);
    let begun = Instant::now();
    for round in 0..ROUNDS {
        acknowledged.insert(round, run_and_kill(folder.path(), round));
        let (store, recovery) = Store::open(folder.path()).unwrap();
        assert!(recovery.missing_segments.is_empty());
        recovered += recovery.interrupted_sessions.len();
        if round % 10 != 9 {
            continue;
        }
        let found = stored(&store);
        for ids in found.values() {
            assert_eq!(ids.len() as u64, BATCH, "a batch is there whole or not at all");
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an event is there twice");
        }
        for (round, batches) in &acknowledged {
            for number in 0..*batches {
                let session = SessionId::new(round * 1_000_000 + number + 1);
                assert!(
                    found.contains_key(&session),
                    "round {round}: batch {number} was acknowledged and is gone"
                );
            }
        }
        // What is derived agrees with the events.
        let overview = store
            .overview(Range::All, Demo::Include, NOON.plus_seconds(86_400), &QueryLimit::default())
            .unwrap();
        assert_eq!(overview.sessions.now, found.len() as u64);
        assert_eq!(overview.events.now, found.len() as u64 * BATCH);
        for sample in &overview.samples {
            assert!(store.artifact(&sample.sha256).unwrap().is_some(), "a captured file has no bytes");
        }
    }
    let total: u64 = acknowledged.values().sum();
    assert!(total >= ROUNDS / 5 * 4, "the children hardly got to work: {total} batches");
    assert!(recovered > 0);
    let (store, _) = Store::open(folder.path()).unwrap();
    let sizes = store.sizes(store.retention(), &QueryLimit::default()).unwrap();
    assert!(sizes.segments > 0 && sizes.inbox_events > 0, "nothing was sealed, or everything");
    println!(
        "{ROUNDS} kills, {total} batches acknowledged, {recovered} sessions recovered, {:.1?}",
        begun.elapsed()
    );
}

#[test]
fn what_a_crash_leaves_behind_is_put_right() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path()).unwrap();
    let sha256 = store.put_artifact(b"payload").unwrap();
    store.append(&[opened(NOON, 1), captured(NOON.plus_seconds(1), 1, 1, sha256)]).unwrap();
    store.append_recording(SessionId::new(1), b"{\"version\":2}\n[0.5,\"o\",\"cut sh").unwrap();
    drop(store);
    std::fs::write(folder.path().join("segments/events-unannounced.parquet"), b"half").unwrap();
    std::fs::write(folder.path().join("artifacts/.tmp-1-1"), b"half").unwrap();

    let (store, recovery) = Store::open(folder.path()).unwrap();
    assert_eq!((recovery.events, recovery.removed_files), (2, 2));
    assert_eq!(recovery.interrupted_sessions, [SessionId::new(1)]);
    assert_eq!(recovery.requeued_artifacts.len(), 1);
    assert_eq!(recovery.requeued_artifacts[0].sha256, sha256);
    let session = store.session(SessionId::new(1), 10, None, &QueryLimit::default()).unwrap().session;
    assert!(session.interrupted && session.closed_at.is_some());
    assert_eq!(store.recording(SessionId::new(1)).unwrap().unwrap(), b"{\"version\":2}\n");
    let report = common::report(sha256);
    store
        .append(&[common::lab(NOON.plus_seconds(2), 5, EventKind::Detonated { report: Box::new(report) })])
        .unwrap();
    drop(store);
    let (_, recovery) = Store::open(folder.path()).unwrap();
    assert!(recovery.interrupted_sessions.is_empty() && recovery.requeued_artifacts.is_empty());
}

#[test]
fn a_damaged_artifact_is_not_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path()).unwrap();
    let sha256 = store.put_artifact(b"payload").unwrap();
    let name = sha256.to_string();
    std::fs::write(folder.path().join("artifacts").join(&name[..2]).join(&name), b"changed").unwrap();
    assert!(matches!(store.artifact(&sha256), Err(otori_store::StoreError::Damaged { .. })));
}
