//! Policies and bypass, on packets made by hand.
use super::*;
use crate::{
    policy::{Policies, PolicyBook},
    reject::Sinkhole,
};

fn with(policies: &str) -> (Talk, PolicyBook) {
    let mut talk = Talk::new(Mode::Inline, "");
    let book = PolicyBook::new(Policies::read("p.toml", policies).unwrap());
    talk.engine.set_policies(book.clone());
    (talk, book)
}

fn request(host: &str) -> Vec<u8> {
    format!("GET /a HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes()
}

/// A datagram from the client's port 5000 to the server's port.
fn datagram(talk: &mut Talk, port: u16, payload: &[u8]) -> Decision {
    let mut bytes = vec![0x45, 0];
    bytes.extend_from_slice(&((28 + payload.len()) as u16).to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 0, 64, 17, 0, 0]);
    bytes.extend_from_slice(&CLIENT.octets());
    bytes.extend_from_slice(&SERVER.octets());
    for number in [5000, port, (8 + payload.len()) as u16, 0] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(payload);
    talk.at += 1_000_000;
    talk.engine.packet(Timestamp(talk.at), LinkType::Ip, &bytes, 0)
}

fn question(name: &str) -> Vec<u8> {
    let mut bytes = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in name.split('.') {
        bytes.push(label.len() as u8);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.extend_from_slice(b"\0\0\x01\0\x01");
    bytes
}

const CLOUD_ONLY: &str = r#"
[[policy]]
name = "own cloud"
what = "name:cloud.example"
do = "allow"
[[policy]]
name = "nothing else"
do = "block"
"#;

#[test]
fn what_is_not_allowed_is_blocked_when_its_name_is_known() {
    let (mut talk, _book) = with(CLOUD_ONLY);
    assert_eq!(talk.shake(), Decision::Pass, "the name may still be the right one");
    assert_eq!(talk.send(true, 24, &request("a.cloud.example")), Decision::Pass);
    assert_eq!(talk.send(false, 24, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Decision::Pass);
    assert_eq!(talk.send(true, 24, &request("other.example")), Decision::Drop, "another request");
    assert_eq!(talk.send(true, 24, b"x"), Decision::Drop, "the flow is over");
    let lines = talk.lines();
    let alerts: Vec<_> = lines.iter().filter(|line| line["event_type"] == "alert").collect();
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0]["alert"];
    assert_eq!((&alert["gid"], &alert["signature_id"]), (&1002.into(), &2.into()));
    assert_eq!(
        (&alert["action"], &alert["signature"]),
        (&"blocked".into(), &"policy nothing else: block any".into())
    );
    let metadata = &alert["metadata"];
    for (key, expect) in [
        ("policy", "nothing else"),
        ("because", "any"),
        ("file", "p.toml"),
        ("line", "6"),
        ("application", "http"),
        ("category", "web"),
        ("name", "other.example/a"),
    ] {
        assert_eq!(metadata[key][0], expect, "{key}");
    }
    let flow = lines.iter().find(|line| line["event_type"] == "flow").unwrap();
    assert_eq!(flow["policy"], serde_json::json!({"name": "nothing else", "do": "block", "pkts_dropped": 0}));
}

#[test]
fn without_conditions_the_first_packet_is_blocked() {
    let (mut talk, _book) = with("[[policy]]\nname = \"x\"\nwho = \"network:192.0.2.10\"\ndo = \"block\"");
    assert_eq!(talk.shake(), Decision::Drop);
    let (mut talk, _book) = with("[[policy]]\nname = \"x\"\nwho = \"network:192.0.2.11\"\ndo = \"block\"");
    assert_eq!(talk.shake(), Decision::Pass, "another device");
}

#[test]
fn what_has_no_flow_is_blocked_too_and_what_a_tunnel_carries_is_judged() {
    let (mut talk, _book) = with("[[policy]]\nname = \"x\"\nwho = \"network:192.0.2.10\"\ndo = \"block\"");
    let packet = |protocol: u8, source: [u8; 4], body: &[u8]| {
        let mut bytes = vec![0x45, 0];
        bytes.extend_from_slice(&((20 + body.len()) as u16).to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0, 64, protocol, 0, 0]);
        bytes.extend_from_slice(&source);
        bytes.extend_from_slice(&SERVER.octets());
        bytes.extend_from_slice(body);
        bytes
    };
    let mut decide = |bytes: &[u8]| talk.engine.packet(Timestamp(1), LinkType::Ip, bytes, 0);
    let (ours, other) = ([192, 0, 2, 10], [192, 0, 2, 99]);
    assert_eq!(decide(&packet(2, ours, &[0x11; 8])), Decision::Drop, "IGMP");
    assert_eq!(decide(&packet(2, other, &[0x11; 8])), Decision::Pass);
    // GRE from another host, around a datagram of the device and of another one.
    let gre = |inner: &[u8]| packet(47, other, &[&[0, 0, 8, 0][..], inner].concat());
    let datagram = [0x13, 0x88, 0x13, 0x88, 0, 9, 0, 0, b'x'];
    assert_eq!(decide(&gre(&packet(17, other, &datagram))), Decision::Pass);
    assert_eq!(decide(&gre(&packet(17, ours, &datagram))), Decision::Drop);
}

#[test]
fn a_subscriber_is_known_by_its_tunnel() {
    use crate::device::{
        Devices,
        frames::{gtp, ipv4, udp},
        map::Map,
    };
    let map = "[[device]]\nname = \"meter\"\nsim = \"8981\"\nimsi = \"440101234567890\"\ngroup = \"meters\"\nteid = \"0x11\"\n";
    for (who, expect) in [
        ("imsi:440101234567890", Decision::Drop),
        ("sim:8981", Decision::Drop),
        ("group:meters", Decision::Drop),
        ("device:meter", Decision::Drop),
        ("device:other", Decision::Pass),
        ("sim:8982", Decision::Pass),
    ] {
        let (mut talk, _book) = with(&format!(
            "[[policy]]\nname = \"x\"\nwho = \"{who}\"\nwhat = \"protocol:dns\"\ndo = \"block\""
        ));
        talk.engine.set_devices(Devices::new(AddressSet::default(), Map::read("d", map).unwrap()));
        let mut asks = |teid: u32, host: u8| {
            let question = udp(5000, 53, &question("a.example"));
            let inner = ipv4(17, 64, Ipv4Addr::new(10, 0, 0, host), SERVER, &question);
            let outer = gtp(teid, &inner);
            let frame = ipv4(17, 64, Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(203, 0, 113, 2), &outer);
            talk.engine.packet(Timestamp(1), LinkType::Ip, &frame, 0)
        };
        assert_eq!(asks(0x11, 1), expect, "{who}");
        assert_eq!(asks(0x12, 2), Decision::Pass, "{who}: another subscriber");
    }
}

#[test]
fn who_only_looks_on_says_so() {
    let mut talk = Talk::new(Mode::Observe, "");
    let text = "[[policy]]\nname = \"x\"\nwhat = \"category:web\"\ndo = \"reject\"";
    talk.engine.set_policies(PolicyBook::new(Policies::read("p", text).unwrap()));
    talk.shake();
    assert_eq!(talk.send(true, 24, &request("a.example")), Decision::Pass);
    let lines = talk.lines();
    let alert = lines.iter().find(|line| line["event_type"] == "alert").unwrap();
    assert_eq!(alert["alert"]["action"], "allowed");
}

#[test]
fn policies_change_under_an_open_flow() {
    let (mut talk, book) = with(CLOUD_ONLY);
    talk.shake();
    assert_eq!(talk.send(true, 24, &request("cloud.example")), Decision::Pass);
    book.replace(
        Policies::read("p", "[[policy]]\nname = \"x\"\nwhat = \"category:web\"\ndo = \"block\"").unwrap(),
    );
    assert_eq!(talk.send(true, 16, b""), Decision::Drop);
    talk.send(true, 16, b"");
    let text =
        "[[policy]]\nname = \"y\"\nwhat = [\"application:http\", \"peer:203.0.113.0/24\"]\ndo = \"reject\"";
    book.replace(Policies::read("p", text).unwrap());
    assert_eq!(talk.send(true, 16, b""), Decision::Drop, "condemned as before, without another alert");
    book.replace(Policies::default());
    assert_eq!(talk.send(true, 16, b""), Decision::Pass, "nobody condemns it any more");
    assert_eq!(talk.send(true, 24, &request("cloud.example")), Decision::Pass);
    let alerts = talk.lines().iter().filter(|line| line["event_type"] == "alert").count();
    assert_eq!(alerts, 1);
}

#[test]
fn hours_are_looked_at_while_a_flow_is_open() {
    let (mut talk, _book) =
        with("[[policy]]\nname = \"x\"\nwhat = \"category:web\"\nwhen = \"00:01-23:59\"\ndo = \"block\"");
    talk.shake();
    assert_eq!(talk.send(true, 24, &request("cloud.example")), Decision::Pass);
    talk.at += 59_000_000_000;
    assert_eq!(talk.send(true, 16, b""), Decision::Pass);
    talk.at += 2_000_000_000;
    assert_eq!(talk.send(true, 16, b""), Decision::Drop);
    for _ in 0..172 {
        talk.at += 500_000_000_000;
        assert_eq!(talk.send(true, 16, b""), Decision::Drop, "until a minute before midnight");
    }
    talk.at += 300_000_000_000;
    assert_eq!(talk.send(true, 16, b""), Decision::Pass);
}

#[test]
fn an_upload_ends_at_its_amount_and_a_download_goes_on() {
    let policies = "[[policy]]\nname = \"no uploads\"\nwhat = \"sent:100kB\"\ndo = \"block\"";
    for bypass_bytes in [None, Some(20_000)] {
        let (mut talk, book) = with(policies);
        let settings = Settings { bypass_bytes, ..settings(Mode::Inline) };
        talk.engine = Engine::new(settings, Variables::default());
        talk.engine.set_policies(book);
        talk.shake();
        assert_eq!(talk.send(true, 24, &hello("shop.example")), Decision::Pass);
        for _ in 0..200 {
            assert_eq!(talk.send(false, 24, &[0xee; 1000]), Decision::Pass);
        }
        let sent = (0..200).take_while(|_| talk.send(true, 24, &[0xee; 1000]) == Decision::Pass).count();
        assert!((90..100).contains(&sent), "{sent} of 1040 bytes");
    }
}

#[test]
fn a_throttled_flow_keeps_to_its_rate() {
    let (mut talk, _book) = with(
        "[[policy]]\nname = \"slow\"\nwhat = \"category:web\"\ndo = \"throttle\"\nrate = \"80kbit/s\"\nburst = \"10kB\"",
    );
    talk.shake();
    assert_eq!(talk.send(true, 24, &request("cloud.example")), Decision::Pass);
    // A frame of 1040 bytes each ten milliseconds is ten times the rate.
    let mut passed = 0;
    for _ in 0..1_000 {
        talk.at += 9_000_000;
        passed += usize::from(talk.send(false, 16, &[b'x'; 1000]) == Decision::Pass) * 1040;
    }
    assert!((100_000..=115_000).contains(&passed), "10 s at 10 kB/s and the burst: {passed}");
    let lines = talk.lines();
    let drops: Vec<_> = lines.iter().filter(|line| line["event_type"] == "drop").collect();
    assert_eq!(drops.len(), 1, "the first one is told");
    assert_eq!(drops[0]["drop"]["reason"], "policy throttle");
    assert_eq!(lines.iter().filter(|line| line["event_type"] == "alert").count(), 1);
    let flow = lines.iter().find(|line| line["event_type"] == "flow").unwrap();
    assert_eq!(flow["policy"]["pkts_dropped"].as_u64(), Some(1_000 - passed as u64 / 1040));
}

#[test]
fn a_question_is_answered_for_itself_and_the_next_one_passes() {
    let mut talk = Talk::new(Mode::Inline, "");
    let sinkhole = Sinkhole { v4: Some([192, 0, 2, 53].into()), v6: None, ttl_s: 60 };
    let settings = Settings { sinkhole: Some(sinkhole), ..settings(Mode::Inline) };
    talk.engine = Engine::new(settings, Variables::default());
    let text = "[[policy]]\nname = \"dns\"\nwhat = \"name:bad.example\"\ndo = \"sinkhole\"\n\
                [[policy]]\nname = \"no\"\nwhat = \"name:refused.example\"\ndo = \"reject\"";
    talk.engine.set_policies(PolicyBook::new(Policies::read("p", text).unwrap()));
    let spec = ListSpec {
        name: "feed".into(),
        category: "malware".into(),
        action: otori_rule::Action::Reject,
        sinkhole: true,
    };
    talk.engine.lists().load(spec, b"listed.example\n").unwrap();
    for (name, expect) in [
        ("good.example", Decision::Pass),
        ("a.bad.example", Decision::Sinkhole),
        ("good.example", Decision::Pass),
        ("refused.example", Decision::Reject),
        ("listed.example", Decision::Sinkhole),
        ("a.bad.example", Decision::Sinkhole),
        ("good.example", Decision::Pass),
    ] {
        assert_eq!(datagram(&mut talk, 53, &question(name)), expect, "{name}");
    }
    let alerts = talk.lines().iter().filter(|line| line["event_type"] == "alert").count();
    assert_eq!(alerts, 4, "each is told");
}

#[test]
fn a_large_flow_that_cannot_be_read_is_only_counted_until_rules_change() {
    let mut talk = Talk::new(Mode::Inline, "");
    let mut few = settings(Mode::Inline);
    few.bypass_bytes = Some(100_000);
    talk.engine = Engine::new(few, Variables::default());
    talk.shake();
    for _ in 0..200 {
        assert_eq!(talk.send(true, 24, &[0xee; 1000]), Decision::Pass);
        talk.send(false, 16, b"");
    }
    let rule = otori_event::Rule {
        sid: 1,
        text: "drop ip any any -> 198.51.100.7 any (sid:1;)".into(),
        indicator_kind: IndicatorKind::Address,
        indicator: "198.51.100.7".into(),
        expires_at: None,
        made_at: Timestamp(1),
    };
    let lines = talk.lines();
    let flow = &lines.iter().find(|line| line["event_type"] == "flow").unwrap()["flow"];
    assert_eq!((&flow["state"], &flow["bypass"]), (&"bypassed".into(), &"local".into()));
    let skipped = flow["bypassed"]["bytes_toserver"].as_u64().unwrap();
    let all = flow["bytes_toserver"].as_u64().unwrap();
    assert!(all > 200_000 && (90_000..=130_000).contains(&skipped), "{flow}");

    talk.port = 4001;
    talk.shake();
    for _ in 0..200 {
        talk.send(true, 24, &[0xee; 1000]);
    }
    assert_eq!(talk.send(true, 24, b"x"), Decision::Pass);
    talk.engine.apply(RuleChange::Add { rule }).unwrap();
    assert_eq!(talk.send(true, 24, b"x"), Decision::Drop, "an address that is blocked now");
}

#[test]
fn a_readable_flow_is_never_only_counted() {
    let mut talk = Talk::new(Mode::Inline, RULE);
    talk.engine.lane.settings =
        std::sync::Arc::new(Settings { bypass_bytes: Some(1000), ..settings(Mode::Inline) });
    talk.shake();
    for _ in 0..50 {
        assert_eq!(talk.send(true, 24, &request("a.example")), Decision::Pass);
    }
    assert_eq!(talk.send(true, 24, REQUEST), Decision::Drop);
}

/// A hello that asks for that name, with Encrypted Client Hello (its outer form, RFC 9849 section 5).
fn hello(name: &str) -> Vec<u8> {
    let entry = [&[0][..], &(name.len() as u16).to_be_bytes(), name.as_bytes()].concat();
    let named = [&(entry.len() as u16).to_be_bytes()[..], &entry].concat();
    let outer = [&[0, 0, 1, 0, 1, 7, 0, 32][..], &[9; 32], &[0, 144], &[8; 144]].concat();
    let mut extensions = Vec::new();
    for (kind, data) in [(0u16, named), (0xfe0d, outer)] {
        extensions.extend_from_slice(&kind.to_be_bytes());
        extensions.extend_from_slice(&(data.len() as u16).to_be_bytes());
        extensions.extend_from_slice(&data);
    }
    let length = (extensions.len() as u16).to_be_bytes();
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0], &length, &extensions].concat();
    let message = [&[1, 0][..], &(body.len() as u16).to_be_bytes(), &body].concat();
    [&[22, 3, 1][..], &(message.len() as u16).to_be_bytes(), &message].concat()
}

#[test]
fn a_name_that_is_hidden_is_told_from_grease() {
    let policy = |what: &str| format!("[[policy]]\nname = \"x\"\nwhat = \"{what}\"\ndo = \"reject\"");
    for (what, name, expect) in [
        ("ech", "cloudflare-ech.com", Decision::Reject),
        ("ech", "shop.example", Decision::Pass),
        ("ech:any", "shop.example", Decision::Reject),
    ] {
        let (mut talk, _book) = with(&policy(what));
        talk.shake();
        assert_eq!(talk.send(true, 24, &hello(name)), expect, "{what} {name}");
    }
}
