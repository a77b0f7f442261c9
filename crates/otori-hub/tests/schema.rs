//! Every kind of event fits docs/schema/event.schema.json, and what does not fit is refused.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
mod common;

use common::{sample, schema};
use otori_event::event::DownloadOutcome;
use otori_event::report::{Behaviour, Contact, End, FileActivity, FileOperation, Process};
use otori_event::{
    Action, ActionLevel, ActionState, Event, EventKind, RawText, RuleChange, Sha256, Stage, Timestamp,
    Transport,
};
use sample::NOON;
use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/schema/event.schema.json")).unwrap()
}

/// A report with every part filled.
fn full_report() -> otori_event::Report {
    let name = || RawText::from("/tmp/x");
    otori_event::Report {
        end: End::Limit { limit: "processes".into() },
        processes: vec![Process {
            pid: 1,
            parent: 0,
            path: name(),
            comm: name(),
            arguments: vec![RawText::new(b"\xff")],
            started_ns: 0,
            ended_ns: Some(5),
            status: None,
        }],
        files: vec![FileActivity {
            path: name(),
            operation: FileOperation::Removed,
            pid: 1,
            count: 1,
            succeeded: true,
        }],
        contacts: vec![Contact {
            remote: sample::endpoint("192.0.2.1:23"),
            transport: Transport::Tcp,
            application: "telnet".into(),
            name: None,
            url: None,
            bytes_out: 1,
            bytes_in: 0,
            first_bytes: RawText::new(b"\0\xff"),
            count: 1,
            first_ns: 3,
        }],
        dropped: vec![sample::artifact(Sha256([1; 32]))],
        behaviours: vec![Behaviour {
            technique: "T1070.004".into(),
            name: "File Deletion".into(),
            evidence: "unlink(\"/tmp/x\")".into(),
        }],
        ..sample::report(Sha256([1; 32]))
    }
}

/// One or more events of the kind. A new kind does not compile until it is here.
fn samples_of(kind: &EventKind) -> Vec<EventKind> {
    let hash = Sha256([7; 32]);
    match kind {
        EventKind::DownloadRequested { .. } => [
            DownloadOutcome::Fetched { sha256: hash, size: 4 },
            DownloadOutcome::Refused { reason: "fetching is off".into() },
            DownloadOutcome::Failed { reason: "no answer".into() },
        ]
        .into_iter()
        .map(|outcome| EventKind::DownloadRequested { url: "http://192.0.2.9/bot".into(), outcome })
        .collect(),
        EventKind::RuleChanged { .. } => [
            RuleChange::Add { rule: sample::rule(NOON, 9_000_001, "http://192.0.2.9/bot") },
            RuleChange::Remove { sid: 9_000_001, reason: "expired".into() },
            RuleChange::Keep { sids: vec![1, 2] },
        ]
        .into_iter()
        .map(|change| EventKind::RuleChanged { change })
        .collect(),
        EventKind::Detonated { .. } => [
            full_report(),
            otori_event::Report { end: End::TimeUp, ..full_report() },
            otori_event::Report { end: End::NotRun { reason: "no engine".into() }, ..full_report() },
            sample::report(hash),
        ]
        .into_iter()
        .map(|report| EventKind::Detonated { report: Box::new(report) })
        .collect(),
        EventKind::SessionOpened { .. }
        | EventKind::SessionClosed { .. }
        | EventKind::LoginAttempt { .. }
        | EventKind::Command { .. }
        | EventKind::Executed { .. }
        | EventKind::HttpRequest { .. }
        | EventKind::Exploit { .. }
        | EventKind::FileCaptured { .. }
        | EventKind::Outbound { .. }
        | EventKind::Recorded { .. }
        | EventKind::Unsupported { .. }
        | EventKind::Anomaly { .. }
        | EventKind::Classified { .. }
        | EventKind::IndicatorChanged { .. }
        | EventKind::VerdictGiven { .. }
        | EventKind::RuleEnforced { .. }
        | EventKind::ActionChanged { .. }
        | EventKind::SystemStarted { .. } => vec![kind.clone()],
    }
}

fn kinds() -> Vec<EventKind> {
    let text = || RawText::from("x");
    let sha256 = Sha256([7; 32]);
    let plain = sample::attack(NOON, 5, sha256).into_iter().map(|event| event.kind);
    let others = [
        EventKind::Executed { path: text(), arguments: RawText::new(b"\xfe") },
        EventKind::HttpRequest {
            method: text(),
            target: text(),
            host: text(),
            user_agent: text(),
            body: RawText::new(vec![b'A'; 1 << 20]),
            status: 200,
        },
        EventKind::Exploit { technique: "telnet-shell".into(), detail: text() },
        EventKind::DownloadRequested {
            url: String::new(),
            outcome: DownloadOutcome::Failed { reason: String::new() },
        },
        EventKind::Outbound {
            remote: sample::endpoint("[2001:db8::1]:80"),
            transport: Transport::Udp,
            name: None,
        },
        EventKind::Recorded { size: 1, truncated: false },
        EventKind::Unsupported { call: "futex".into() },
        EventKind::Anomaly { what: "telnet.option_flood".into(), detail: text() },
        EventKind::ActionChanged {
            action: Box::new(Action {
                case: "c1".into(),
                adapter: "webhook".into(),
                device: "sim-1".into(),
                level: ActionLevel::Throttle,
                state: ActionState::Proposed,
                reason: "calls a C2".into(),
                events: vec![],
            }),
        },
        EventKind::SystemStarted {
            version: "0.1.0".into(),
            recovered_events: 1,
            interrupted_sessions: 0,
            requeued_artifacts: 0,
        },
        EventKind::SessionClosed {
            duration_ms: 1,
            reason: "idle".into(),
            bytes_in: 0,
            bytes_out: 0,
            stage: Stage::Probe,
        },
    ];
    plain.chain(others).flat_map(|kind| samples_of(&kind)).collect()
}

#[test]
fn every_kind_of_event_fits() {
    let document = document();
    let mut seen = std::collections::BTreeSet::new();
    for (i, kind) in kinds().into_iter().enumerate() {
        seen.insert(kind.as_str());
        for demo in [false, true] {
            let event = Event { demo, ..sample::event(NOON, 5, i as u32, kind.clone()) };
            let json = serde_json::to_value(&event).unwrap();
            schema::check(&document, &document, &json, kind.as_str()).unwrap();
            let mut bare = event.clone();
            (bare.product, bare.session) = (None, None);
            let json = serde_json::to_value(&bare).unwrap();
            schema::check(&document, &document, &json, kind.as_str()).unwrap();
        }
    }
    let named: std::collections::BTreeSet<_> = document["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variant| variant["properties"]["kind"]["const"].as_str().unwrap())
        .collect();
    assert_eq!(seen, named, "the schema names the kinds that exist, all of them");
}

#[test]
fn what_does_not_fit_is_refused() {
    let document = document();
    let event = sample::opened(Timestamp(NOON.0), 5);
    let good = serde_json::to_value(&event).unwrap();
    let check = |change: &dyn Fn(&mut Value)| {
        let mut changed = good.clone();
        change(&mut changed);
        assert!(schema::check(&document, &document, &changed, "event").is_err(), "{changed}");
    };
    check(&|event| event["id"] = "short".into());
    check(&|event| event["at"] = "yesterday".into());
    check(&|event| event["kind"] = "unheard_of".into());
    check(&|event| event["source"]["port"] = (-1).into());
    check(&|event| event["source"]["ip"] = 5.into());
    check(&|event| event["extra"] = true.into());
    check(&|event| drop(event.as_object_mut().unwrap().remove("front")));
}
