//! Every kind of rule that intelligence makes is one that the rule engine takes: the two rooms do not know each
//! other, so the agreement is tested here, where both may be named.
#![allow(clippy::unwrap_used, reason = "tests")]
use otori_event::{Event, EventId, EventKind, IndicatorKind, RuleChange, Timestamp};
use otori_intel::{Intel, Policy};
use otori_rule::{RuleSet, Variables};

const INDICATORS: [(IndicatorKind, &str); 12] = [
    (IndicatorKind::Url, "http://198.51.100.80/bot.mipsel"),
    (IndicatorKind::Url, "http://198.51.100.80:8081/a;b?c=\"d\"|e"),
    (IndicatorKind::Url, "http://evil.example/%2e%2e/x"),
    (IndicatorKind::Url, "http://bücher.example/ü"),
    (IndicatorKind::Url, "http://[2001:db8::5]/bot"),
    (IndicatorKind::Url, "tftp://198.51.100.80/bot.arm7"),
    (IndicatorKind::Address, "198.51.100.44"),
    (IndicatorKind::Address, "2001:db8::44"),
    (IndicatorKind::Service, "tcp/198.51.100.44:4444"),
    (IndicatorKind::Service, "udp/[2001:db8::44]:53413"),
    (IndicatorKind::Domain, "cnc.evil.example"),
    (IndicatorKind::Domain, "a_b.xn--bcher-kva.example"),
];

#[test]
fn the_rule_engine_takes_every_generated_rule() {
    let at = Timestamp::from_ms(1_795_000_000_000);
    let policy = Policy { treat_documentation_as_public: true, ..Policy::default() };
    let mut intel = Intel::new(policy);
    let mut rules = RuleSet::new(Variables::default());
    let mut sids = std::collections::BTreeSet::new();
    for (number, (kind, value)) in INDICATORS.into_iter().enumerate() {
        let id = EventId::new(at, 1, number as u32);
        let out = intel.confirm(kind, value, id, at).unwrap();
        let added: Vec<_> = out
            .into_iter()
            .filter_map(|kind| match kind {
                EventKind::RuleChanged { change: RuleChange::Add { rule } } => Some(rule),
                _ => None,
            })
            .collect();
        assert!(!added.is_empty(), "{kind:?} {value} makes no rule");
        for rule in added {
            let sid = rules
                .add(&rule.text, Some(rule.made_at))
                .unwrap_or_else(|error| panic!("{error}: {}", rule.text));
            assert_eq!(sid, rule.sid);
            assert!(sids.insert(sid), "sid {sid} is given twice");
            let change = RuleChange::Add { rule };
            let event = Event {
                id,
                at,
                product: None,
                session: None,
                demo: false,
                kind: EventKind::RuleChanged { change },
            };
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event, "survives the link to a guard");
        }
    }
    assert_eq!(rules.len(), sids.len());
}
