//! From a captured file to rules, through the real rooms: what the lab sees in the committed sample is what
//! intelligence blocks. The wire is tested in the namespace test.
#![allow(clippy::unwrap_used, reason = "tests")]
use otori_event::event::DownloadOutcome;
use otori_event::{Event, EventId, EventKind, IndicatorKind, IndicatorState, SessionId, Timestamp};
use otori_intel::{Intel, Policy};
use otori_lab::{Settings, detonate, submitted};
use otori_rule::{RuleSet, Variables};
use std::path::Path;

const URL: &str = "http://198.51.100.80/beacon.mipsel";

#[test]
fn the_samples_url_and_the_address_that_it_calls_become_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/samples/beacon.mipsel");
    let bytes = std::fs::read(path).unwrap();
    let artifact = submitted("/tmp/beacon.mipsel", &bytes);
    let policy = Policy { treat_documentation_as_public: true, ..Policy::default() };
    let mut intel = Intel::new(policy);
    let mut sequence = 0;
    let mut say = |kind| {
        sequence += 1;
        let at = Timestamp::from_ms(1_795_000_000_000 + i64::from(sequence));
        let id = EventId::new(at, 1, sequence);
        let event = Event { id, at, product: None, session: Some(SessionId::new(1)), demo: false, kind };
        intel.observe(&event);
    };
    let outcome = DownloadOutcome::Fetched { sha256: artifact.sha256, size: artifact.size };
    say(EventKind::DownloadRequested { url: URL.into(), outcome });
    let report = detonate(&artifact, &bytes, &Settings::default()).report;
    say(EventKind::Detonated { report: Box::new(report) });
    for (kind, value) in [
        (IndicatorKind::Url, URL),
        (IndicatorKind::Address, "198.51.100.44"),
        (IndicatorKind::Service, "tcp/198.51.100.44:4444"),
    ] {
        let indicator = intel.indicator(kind, value).unwrap();
        assert_eq!(indicator.state, IndicatorState::Active, "{indicator:#?}");
        assert!(
            !indicator.evidence.is_empty() && indicator.evidence.iter().all(|piece| !piece.events.is_empty())
        );
    }
    let rules = intel.rules();
    let mut set = RuleSet::new(Variables::default());
    for rule in &rules {
        set.add(&rule.text, Some(rule.made_at)).unwrap();
    }
    assert_eq!(rules.len(), 5, "{rules:#?}");
}
