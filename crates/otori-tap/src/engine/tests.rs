//! Tests of the engine on packets made by hand.
use super::*;
use core::net::Ipv4Addr;
use otori_event::{IndicatorKind, Rule, VerdictAction};
use otori_rule::{address::AddressSet, list::ListSpec, set::LIST_GENERATOR};

mod policing;

/// Builds one TCP conversation, frame by frame.
struct Talk {
    engine: Engine,
    at: i64,
    sequence: [u32; 2],
    port: u16,
}

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

pub(crate) fn settings(mode: Mode) -> Settings {
    Settings {
        name: "test".into(),
        mode,
        home: AddressSet::parse("192.0.2.0/24", &Variables::default()).unwrap(),
        ..Settings::default()
    }
}

impl Talk {
    fn new(mode: Mode, rules: &str) -> Talk {
        let mut engine = Engine::new(settings(mode), Variables::default());
        let report = engine.load("test", rules);
        assert!(report.refused.is_empty(), "{:?}", report.refused);
        Talk { engine, at: 0, sequence: [100, 500], port: 4000 }
    }
    fn send(&mut self, to_server: bool, flags: u8, payload: &[u8]) -> Decision {
        let (from, to, ports, me) = if to_server {
            (CLIENT, SERVER, (self.port, 80), 0)
        } else {
            (SERVER, CLIENT, (80, self.port), 1)
        };
        let mut bytes = vec![0x45, 0];
        bytes.extend_from_slice(&((40 + payload.len()) as u16).to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0, 64, 6, 0, 0]);
        bytes.extend_from_slice(&from.octets());
        bytes.extend_from_slice(&to.octets());
        bytes.extend_from_slice(&ports.0.to_be_bytes());
        bytes.extend_from_slice(&ports.1.to_be_bytes());
        bytes.extend_from_slice(&self.sequence[me].to_be_bytes());
        bytes.extend_from_slice(&self.sequence[1 - me].to_be_bytes());
        bytes.extend_from_slice(&[0x50, flags, 0x20, 0, 0, 0, 0, 0]);
        bytes.extend_from_slice(payload);
        self.sequence[me] += payload.len() as u32 + u32::from(flags & 3 != 0);
        self.at += 1_000_000;
        self.engine.packet(Timestamp(self.at), LinkType::Ip, &bytes, 0)
    }
    fn shake(&mut self) -> Decision {
        let first = self.send(true, 2, b"");
        self.send(false, 18, b"");
        self.send(true, 16, b"");
        first
    }
    fn lines(&mut self) -> Vec<serde_json::Value> {
        self.engine.finish();
        let lines = self.engine.take_lines();
        lines
            .split(|b| *b == b'\n')
            .filter(|l| !l.is_empty())
            .map(|l| serde_json::from_slice(l).unwrap())
            .collect()
    }
}

const REQUEST: &[u8] = b"GET /bot HTTP/1.1\r\nHost: evil.example\r\n\r\n";
const RULE: &str = "drop http any any -> any any (msg:\"m\"; http.host; content:\"evil.example\"; \
    http.uri; content:\"/bot\"; classtype:trojan-activity; sid:9000001;)";

#[test]
fn classes_mean_what_a_file_says() {
    let mut engine = Engine::new(settings(Mode::Observe), Variables::default());
    let file = "config classification: trojan-activity,Ours,4\nconfig classification: own,Own,2\n";
    assert!(engine.tables().classification.load("c", file).is_empty());
    let rule = |class: &str, sid: u32| {
        format!("alert http any any -> any any (http.uri; content:\"/bot\"; classtype:{class}; sid:{sid};)\n")
    };
    let rules: String = [("trojan-activity", 1), ("own", 2), ("bad-unknown", 3)]
        .map(|(class, sid)| rule(class, sid))
        .concat();
    assert_eq!(engine.load("test", &rules).loaded, 3);
    let mut talk = Talk { engine, at: 0, sequence: [100, 500], port: 4000 };
    talk.shake();
    talk.send(true, 24, REQUEST);
    talk.send(false, 16, b"");
    let lines = talk.lines();
    let mut told: Vec<(u64, &str, u64)> = lines
        .iter()
        .filter_map(|line| line.get("alert"))
        .filter_map(|alert| {
            let number = |key: &str| alert[key].as_u64();
            Some((number("signature_id")?, alert["category"].as_str()?, number("severity")?))
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [(1, "Ours", 4), (2, "Own", 2), (3, "Potentially Bad Traffic", 2)]);
}

#[test]
fn inline_drops_the_packet_and_the_rest_of_the_flow() {
    let mut talk = Talk::new(Mode::Inline, RULE);
    assert_eq!(talk.shake(), Decision::Pass);
    assert_eq!(talk.send(true, 24, &REQUEST[..20]), Decision::Pass);
    assert_eq!(talk.send(true, 24, &REQUEST[20..]), Decision::Drop);
    assert_eq!(talk.send(false, 16, b""), Decision::Drop);
    assert_eq!(talk.send(true, 17, b""), Decision::Drop);
    let lines = talk.lines();
    let of = |kind: &str| lines.iter().filter(|line| line["event_type"] == kind).collect::<Vec<_>>();
    let alert = of("alert")[0];
    assert_eq!(alert["alert"]["action"], "blocked");
    assert_eq!(alert["alert"]["severity"], 1);
    assert_eq!(alert["http"]["hostname"], "evil.example");
    assert_eq!((of("alert").len(), of("drop").len(), of("flow").len(), of("stats").len()), (1, 3, 1, 1));
    let verdicts = talk.engine.take_verdicts();
    assert_eq!(verdicts.len(), 2, "one at once, one for the rest of the flow");
    assert_eq!(verdicts[0].action, VerdictAction::Drop);
    assert_eq!(verdicts[0].subject.as_deref(), Some("http://evil.example/bot"));
    assert_eq!(verdicts[0].device, "192.0.2.10");
    assert_eq!(verdicts[1].repeated, 2);
}

#[test]
fn observing_never_drops() {
    let mut talk = Talk::new(Mode::Observe, RULE);
    talk.shake();
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Pass);
    assert_eq!(talk.engine.take_verdicts()[0].action, VerdictAction::Alert);
    assert!(talk.lines().iter().any(|line| line["alert"]["action"] == "allowed"));
}

#[test]
fn a_rule_added_now_meets_the_next_packet() {
    let mut talk = Talk::new(Mode::Inline, "");
    talk.shake();
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Pass);
    let rule = |sid: u32, text: &str| Rule {
        sid,
        text: format!("{text} sid:{sid};)"),
        indicator_kind: IndicatorKind::Address,
        indicator: "198.51.100.7".into(),
        expires_at: None,
        made_at: Timestamp(77),
    };
    let add = |rule| RuleChange::Add { rule };
    let changed = talk.engine.apply(add(rule(9_000_002, "drop ip any any -> 198.51.100.7 any (msg:\"a\";")));
    assert_eq!(changed.unwrap(), Changed::Added(9_000_002));
    let again = talk.engine.apply(add(rule(9_000_002, "drop ip any any -> 198.51.100.7 any (msg:\"a\";")));
    assert_eq!(again.unwrap(), Changed::Nothing);
    assert_eq!(talk.send(true, 24, b"more"), Decision::Drop);
    assert_eq!(talk.engine.take_verdicts()[0].rule_made_at, Some(Timestamp(77)));
    assert!(talk.engine.apply(add(rule(9_000_003, "drop nonsense ("))).is_err());
    let removed = talk.engine.apply(RuleChange::Keep { sids: vec![1] }).unwrap();
    assert_eq!(removed, Changed::Removed(vec![9_000_002]));
    talk.port = 4001;
    talk.sequence = [1, 2];
    assert_eq!(talk.shake(), Decision::Pass, "a new flow is free again");
}

#[test]
fn reputations_loaded_anew_meet_the_next_packet() {
    let mut engine = Engine::new(settings(Mode::Inline), Variables::default());
    let reputations = engine.tables().reputations.clone();
    reputations.load_categories("categories", "1,BadHosts,x\n");
    let report = engine.load("test", "drop ip any any -> any any (iprep:dst,BadHosts,>,50; sid:1;)");
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    let mut talk = Talk { engine, at: 0, sequence: [100, 500], port: 4000 };
    assert_eq!(talk.shake(), Decision::Pass);
    let list: String =
        (0..50_000u32).map(|n| format!("10.{}.{}.{},1,90\n", n >> 16, n >> 8 & 255, n & 255)).collect();
    reputations.load([("list", list.as_str())]);
    assert_eq!(talk.send(true, 24, b"more"), Decision::Pass);
    let begun = std::time::Instant::now();
    reputations.load([("list", "198.51.100.0/24,1,90\n")]);
    assert_eq!(talk.send(true, 24, b"more"), Decision::Drop);
    assert!(begun.elapsed().as_millis() < 50, "{:?}", begun.elapsed());
}

#[test]
fn a_flow_that_carries_much_is_an_elephant() {
    let elephant = Some(RateLimit { bytes: 1000, seconds: 10 });
    let mut engine = Engine::new(Settings { elephant, ..settings(Mode::Inline) }, Variables::default());
    let report = engine.load("test", "drop tcp any any -> any any (flow.elephant:toserver; sid:1;)");
    assert!(report.refused.is_empty(), "{:?}", report.refused);
    let mut talk = Talk { engine, at: 0, sequence: [100, 500], port: 4000 };
    talk.shake();
    assert_eq!(talk.send(false, 24, &[7; 1200]), Decision::Pass);
    assert_eq!(talk.send(true, 24, &[7; 500]), Decision::Pass);
    assert_eq!(talk.send(true, 24, &[7; 500]), Decision::Drop);
}

#[test]
fn pass_rules_end_the_questions() {
    let rules = format!("{RULE}\npass ip 192.0.2.10 any -> any any (sid:1;)");
    let mut talk = Talk::new(Mode::Inline, &rules);
    talk.shake();
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Pass);
}

#[test]
fn many_pipelined_requests_in_one_segment_are_all_asked_about() {
    let mut talk = Talk::new(Mode::Inline, RULE);
    talk.shake();
    let harmless = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    let mut many = harmless.repeat(700);
    many.extend_from_slice(REQUEST);
    assert_eq!(talk.send(true, 24, &many), Decision::Drop);
}

#[test]
fn a_url_on_a_list_is_dropped_with_its_proof() {
    let mut talk = Talk::new(Mode::Inline, "");
    let spec = ListSpec::new("feed", "malware", otori_rule::Action::Drop);
    talk.engine.lists().load(spec, b"# droppers\nhttp://evil.example/bot\n").unwrap();
    talk.shake();
    assert_eq!(talk.send(true, 24, &REQUEST[..20]), Decision::Pass);
    assert_eq!(talk.send(true, 24, &REQUEST[20..]), Decision::Drop);
    assert_eq!(talk.send(false, 16, b""), Decision::Drop, "the flow is over");
    let verdicts = talk.engine.take_verdicts();
    assert_eq!(verdicts[0].message, "malware on list feed: evil.example/bot");
    assert_eq!(verdicts[0].subject.as_deref(), Some("http://evil.example/bot"));
    let lines = talk.lines();
    let alerts: Vec<_> = lines.iter().filter(|line| line["event_type"] == "alert").collect();
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0]["alert"];
    assert_eq!((&alert["gid"], &alert["action"]), (&LIST_GENERATOR.into(), &"blocked".into()));
    assert_eq!((&alert["metadata"]["list"][0], &alert["metadata"]["line"][0]), (&"feed".into(), &"2".into()));
    assert_eq!(alerts[0]["http"]["url"], "/bot");
}

#[test]
fn a_flow_with_an_address_of_a_list_does_not_begin_and_does_not_go_on() {
    let mut talk = Talk::new(Mode::Inline, "");
    let spec = ListSpec::new("servers", "command", otori_rule::Action::Drop);
    talk.engine.lists().load(spec, b"").unwrap();
    talk.shake();
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Pass);
    talk.engine.lists().add("servers", &SERVER.to_string()).unwrap();
    assert_eq!(talk.send(false, 16, b""), Decision::Drop, "what is open does not go on");
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Drop);
    talk.port += 1;
    assert_eq!(talk.send(true, 2, b""), Decision::Drop, "nothing new begins");
    let lines = talk.lines();
    let alerts: Vec<_> = lines.iter().filter(|line| line["event_type"] == "alert").collect();
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0]["alert"]["signature"], "command on list servers: 198.51.100.7");
    assert_eq!(alerts[0]["alert"]["gid"], LIST_GENERATOR);
}

#[test]
fn an_entry_added_to_a_list_meets_the_next_request() {
    let mut talk = Talk::new(Mode::Inline, "");
    let spec = ListSpec::new("own", "own", otori_rule::Action::Drop);
    talk.engine.lists().load(spec, b"").unwrap();
    talk.shake();
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Pass);
    talk.engine.lists().add("own", "evil.example").unwrap();
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Drop);
}

#[test]
fn the_end_of_a_flow_tells_gaps_and_congestion() {
    let mut talk = Talk::new(Mode::Observe, "");
    talk.shake();
    talk.send(true, 0x58, b"GET / HTTP/1.1\r\n");
    talk.sequence[0] += 9;
    talk.send(false, 0x10, b"");
    talk.send(true, 0x18, b"\r\n");
    let lines = talk.lines();
    let flow = lines.iter().find(|line| line["event_type"] == "flow").unwrap();
    let tcp = &flow["tcp"];
    assert_eq!((&tcp["tcp_flags"], &tcp["ecn"], &tcp["ts_gap"]), (&"5a".into(), &true.into(), &true.into()));
    assert!(tcp["cwr"].is_null() && tcp["tc_gap"].is_null(), "{tcp}");
}
