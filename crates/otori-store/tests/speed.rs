//! How fast the store is. Not a check: prints figures. `cargo test -p otori-store --release --test speed -- --ignored --nocapture`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that prints figures")]
mod common;

use common::{NOON, closed, command, login, opened};
use otori_event::{Event, Stage};
use otori_store::query::{Demo, EventFilter, EventQuery, Range};
use otori_store::{QueryLimit, Store};
use std::time::{Duration, Instant};

/// A brute-force session of twelve events.
fn session(number: u64) -> Vec<Event> {
    let at = NOON.plus_ns(number as i64 * 500_000_000);
    let mut events = vec![opened(at, number + 1)];
    events.extend((1..10).map(|i| {
        login(at, number + 1, i, "root", &format!("pw{}", (number * 7 + u64::from(i)) % 3_000), i == 9)
    }));
    events.push(command(at, number + 1, 10, "cat /proc/cpuinfo"));
    events.push(closed(at, number + 1, 11, Stage::Exploit));
    events
}

fn timed<T>(what: &str, action: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = action();
    println!("{what}: {:.1} ms", begun.elapsed().as_secs_f64() * 1_000.0);
    result
}

#[test]
#[ignore = "prints figures"]
fn figures() {
    const SESSIONS: u64 = 30_000;
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path()).unwrap();
    let now = NOON.plus_ns(SESSIONS as i64 * 500_000_000);
    let begun = Instant::now();
    for batch in 0..SESSIONS / 100 {
        let events: Vec<Event> = (batch * 100..batch * 100 + 100).flat_map(session).collect();
        store.append(&events).unwrap();
    }
    let rate = (SESSIONS * 12) as f64 / begun.elapsed().as_secs_f64();
    println!("append, batches of 1,200: {rate:.0} events a second, {} events", SESSIONS * 12);
    let one = Instant::now();
    for i in 0..50 {
        store.append(&[opened(now, 1_000_000 + i)]).unwrap();
    }
    println!("append of one event: {:.2} ms", one.elapsed().as_secs_f64() * 20.0);
    let limit = || QueryLimit::new(Duration::from_secs(60));
    for range in [Range::Hour, Range::Day, Range::Week, Range::All] {
        timed(&format!("overview {}", range.as_str()), || {
            store.overview(range, Demo::Include, now, &limit()).unwrap()
        });
    }
    let newest = EventQuery { limit: 50, ..EventQuery::default() };
    let rare = EventFilter { text: Some("no such text".into()), ..EventFilter::default() };
    let rare = EventQuery { filter: rare, limit: 50, ..EventQuery::default() };
    let source = EventFilter { source: "198.51.100.1".parse().ok(), ..EventFilter::default() };
    let source = EventQuery { filter: source, limit: 50, ..EventQuery::default() };
    for place in ["inbox", "segments"] {
        timed(&format!("newest 50, {place}"), || store.events(&newest, &limit()).unwrap());
        timed(&format!("a text that is nowhere, 200,000 events, {place}"), || {
            store.events(&rare, &limit()).unwrap()
        });
        timed(&format!("an address that is nowhere, 200,000 events, {place}"), || {
            store.events(&source, &limit()).unwrap()
        });
        timed(&format!("a session, {place}"), || {
            store.session(otori_event::SessionId::new(15_000), 100, None, &limit()).unwrap()
        });
        if place == "inbox" {
            let sealed = timed("seal", || store.seal(now).unwrap());
            let sizes = store.sizes(store.retention(), &limit()).unwrap();
            println!(
                "sealed {sealed} events into {} bytes: {:.1} bytes each",
                sizes.segment_bytes,
                sizes.segment_bytes as f64 / sealed as f64
            );
        }
    }
}
