//! Tests of the watchers on packets made by hand: each fires, and its benign twin does not. Key type: [`Site`].
use super::*;
use crate::{
    Decision, Engine, Mode, Settings,
    device::{
        Devices,
        frames::{ipv4, tcp, udp},
        map::Map,
    },
};
use core::net::Ipv4Addr;
use otori_rule::{Variables, address::AddressSet, list::ListSpec};
use otori_wire::LinkType;
use serde_json::Value;

pub(super) const DEVICE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);
pub(super) const STRANGER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

pub(super) fn stranger(number: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(Ipv4Addr::new(198, 51, 0, 0)) | u32::from(number))
}

/// A site with one device.
pub(super) struct Site {
    pub(super) engine: Engine,
    at: i64,
    port: u16,
    lines: Vec<Value>,
}

impl Site {
    pub(super) fn new(map: &str) -> Site {
        Site::with(map, Mode::Observe, "")
    }
    pub(super) fn with(map: &str, mode: Mode, rules: &str) -> Site {
        let home = AddressSet::parse("192.168.0.0/16", &Variables::default()).unwrap();
        let settings = Settings { mode, ..Settings::default() };
        let mut engine = Engine::new(settings, Variables::default());
        assert!(engine.load("t", rules).refused.is_empty());
        engine.set_devices(Devices::new(home, Map::read("d.toml", map).unwrap()));
        Site { engine, at: 1_700_000_000 * SECOND_NS, port: 2_000, lines: Vec::new() }
    }
    pub(super) fn wait_ms(&mut self, ms: i64) {
        self.at += ms * 1_000_000;
    }
    pub(super) fn packet(&mut self, protocol: u8, from: Ipv4Addr, to: Ipv4Addr, body: &[u8]) -> Decision {
        self.at += 100_000;
        let packet = ipv4(protocol, 64, from, to, body);
        let decision = self.engine.packet(Timestamp(self.at), LinkType::Ip, &packet, 0);
        self.take();
        decision
    }
    fn take(&mut self) {
        let lines = self.engine.take_lines();
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        self.lines.extend(lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()));
    }
    fn next_port(&mut self) -> u16 {
        self.port = if self.port > 60_000 { 2_000 } else { self.port + 1 };
        self.port
    }
    /// A connection that the server does not answer, or refuses.
    fn knock(&mut self, from: Ipv4Addr, to: Ipv4Addr, port: u16, refused: bool) {
        let own = self.next_port();
        self.packet(6, from, to, &tcp((own, port), (1, 0), SYN, b""));
        if refused {
            self.packet(6, to, from, &tcp((port, own), (0, 2), RST | ACK, b""));
        }
    }
    /// A connection in which both say something in turn, the client first; it ends with a reset.
    fn talk(&mut self, from: Ipv4Addr, to: Ipv4Addr, port: u16, said: &[(bool, &[u8])]) -> Decision {
        let own = self.next_port();
        let mut numbers = [1u32, 1];
        let mut decision = self.packet(6, from, to, &tcp((own, port), (0, 0), SYN, b""));
        self.packet(6, to, from, &tcp((port, own), (0, 1), SYN | ACK, b""));
        self.packet(6, from, to, &tcp((own, port), (1, 1), ACK, b""));
        for (client, text) in said {
            let me = usize::from(!client);
            let (ends, ports) = if *client { ((from, to), (own, port)) } else { ((to, from), (port, own)) };
            let segment = tcp(ports, (numbers[me], numbers[1 - me]), ACK | 8, text);
            numbers[me] += text.len() as u32;
            decision = decision.max(self.packet(6, ends.0, ends.1, &segment));
            // The other side acknowledges: beside the way, streams are looked at then.
            let back = tcp((ports.1, ports.0), (numbers[1 - me], numbers[me]), ACK, b"");
            self.packet(6, ends.1, ends.0, &back);
        }
        self.packet(6, from, to, &tcp((own, port), (numbers[0], numbers[1]), RST, b""));
        decision
    }
    /// Names of the findings so far, at the end.
    pub(super) fn findings(&mut self) -> Vec<String> {
        self.engine.finish();
        self.take();
        let alerts = self.lines.iter().filter(|line| line["event_type"] == "alert");
        let alerts = alerts.filter(|line| line["alert"]["gid"] == DEVICE_GENERATOR);
        alerts.map(|line| line["alert"]["metadata"]["watch"][0].as_str().unwrap().to_owned()).collect()
    }
    fn alert(&self) -> &Value {
        self.lines.iter().find(|line| line["alert"]["gid"] == DEVICE_GENERATOR).unwrap()
    }
}

#[test]
fn a_scan_of_hosts_is_found_while_it_goes_on() {
    let mut site = Site::new("");
    for number in 0..40 {
        site.knock(DEVICE, stranger(number), 23, number % 3 == 0);
        site.wait_ms(100);
    }
    assert!(
        site.lines.iter().any(|line| line["alert"]["gid"] == DEVICE_GENERATOR),
        "before any flow has ended"
    );
    let alert = site.alert();
    assert_eq!((&alert["src_ip"], &alert["alert"]["signature_id"]), (&"192.168.1.5".into(), &1.into()));
    assert_eq!(alert["alert"]["metadata"]["port"][0], "23");
    assert_eq!(alert["alert"]["metadata"]["mitre_technique_id"][0], "T1046");
    assert_eq!(alert["device"]["id"], "192.168.1.5");
    assert_eq!(site.findings(), ["scan-hosts"], "once");
}

#[test]
fn many_hosts_that_answer_are_no_scan() {
    let mut site = Site::new("");
    for number in 0..200 {
        site.talk(DEVICE, stranger(number), 443, &[]);
        if number % 4 == 0 {
            site.knock(DEVICE, stranger(1_000 + number), 443, false);
        }
    }
    assert!(site.findings().is_empty());
}

#[test]
fn ports_are_scanned_from_and_towards_a_device() {
    for (from, to, expect) in [(DEVICE, STRANGER, "scan-ports"), (STRANGER, DEVICE, "scan-towards")] {
        let mut site = Site::new("");
        for port in 1..40 {
            site.knock(from, to, port, true);
            site.wait_ms(200);
        }
        assert_eq!(site.findings(), [expect]);
    }
    let mut site = Site::new("");
    (1..40).for_each(|port| _ = site.talk(DEVICE, STRANGER, port, &[]));
    assert!(site.findings().is_empty(), "all are answered");
}

#[test]
fn refused_log_ins_are_brute_force() {
    let ask: &[(bool, &[u8])] = &[
        (false, b"220 ready\r\n"),
        (true, b"USER a\r\n"),
        (false, b"331 password\r\n"),
        (true, b"PASS b\r\n"),
        (false, b"530 no\r\n"),
    ];
    for (from, to, expect) in [(DEVICE, STRANGER, "brute-from"), (STRANGER, DEVICE, "brute-towards")] {
        let mut site = Site::new("");
        (0..9).for_each(|_| _ = site.talk(from, to, 21, ask));
        assert_eq!(site.findings(), [expect]);
        assert_eq!(site.alert()["alert"]["metadata"]["refused"][0], "8");
    }
    let mut site = Site::new("");
    (0..5).for_each(|_| _ = site.talk(STRANGER, DEVICE, 21, ask));
    let mut let_in = ask.to_vec();
    let_in[4] = (false, b"230 yes\r\n");
    (0..40).for_each(|_| _ = site.talk(STRANGER, DEVICE, 21, &let_in));
    assert!(
        site.findings().is_empty(),
        "somebody who has forgotten a password, and a job that logs in often"
    );
}

#[test]
fn a_bot_that_tries_few_passwords_at_many_hosts_is_found() {
    let mut site = Site::new("");
    let try_one: &[(bool, &[u8])] = &[
        (false, b"\xff\xfd\x01login: "),
        (true, b"operator\r\n"),
        (false, b"Password: "),
        (true, b"zzzzzz\r\n"),
        (false, b"Login incorrect\r\nlogin: "),
    ];
    (0..20).for_each(|number| _ = site.talk(DEVICE, stranger(number), 23, try_one));
    assert_eq!(site.findings(), ["brute-from"]);
    assert_eq!(site.alert()["alert"]["metadata"]["service"][0], "telnet");
}

#[test]
fn a_flood_of_datagrams_is_told_from_a_video() {
    let mut site = Site::new("");
    let video = |site: &mut Site, per_second: i64, seconds: i64, host| {
        for _ in 0..seconds * per_second {
            site.at += SECOND_NS / per_second - 100_000;
            site.packet(17, DEVICE, host, &udp(5_000, 6_000, &[0; 200]));
        }
    };
    video(&mut site, 1_000, 5, STRANGER);
    let before = site.lines.len();
    video(&mut site, 9_000, 5, stranger(1));
    assert!(site.lines.len() > before, "it is told while it lasts");
    assert_eq!(site.findings(), ["flood-from"]);
    let mut calm = Site::new("");
    video(&mut calm, 2_500, 6, STRANGER);
    assert!(calm.findings().is_empty());
}

#[test]
fn a_flood_of_connections_is_found_and_a_busy_client_is_none() {
    let mut site = Site::new("");
    site.talk(DEVICE, STRANGER, 443, &[]);
    for _ in 0..2_500 {
        site.at += SECOND_NS / 500;
        site.knock(STRANGER, DEVICE, 80, false);
    }
    assert!(site.findings().contains(&"flood-towards".to_owned()));
    let mut busy = Site::new("");
    (0..2_500).for_each(|_| _ = busy.talk(STRANGER, DEVICE, 80, &[]));
    assert!(busy.findings().is_empty());
}

#[test]
fn equal_calls_of_a_bare_address_are_a_beacon() {
    let call: &[(bool, &[u8])] = &[(true, &[0x42; 40])];
    let calls = |gap: &dyn Fn(i64) -> i64, port| {
        let mut site = Site::new("");
        for number in 0..25 {
            site.talk(DEVICE, STRANGER, port, call);
            site.wait_ms(gap(number));
        }
        // Flows end when others come, and at the end.
        site.findings()
    };
    assert_eq!(calls(&|_| 30_000, 4_444), ["beacon"]);
    assert!(calls(&|number| 5_000 + number * number % 7 * 20_000, 4_444).is_empty(), "as a person does");
    assert!(calls(&|_| 30_000, 1_883).is_empty(), "MQTT is regular by design");
}

#[test]
fn an_upload_to_a_new_host_is_told_and_to_the_usual_one_not() {
    let chunk = [7u8; 1_400];
    let upload = |site: &mut Site, host, kilobytes: usize| {
        let said = vec![(true, chunk.as_slice()); kilobytes * 1_024 / chunk.len()];
        site.talk(DEVICE, host, 443, &said)
    };
    let mut site = Site::new("");
    // A camera that sends some megabytes to its cloud every half an hour.
    for _ in 0..6 {
        upload(&mut site, STRANGER, 2_000);
        site.wait_ms(30 * 60_000);
    }
    upload(&mut site, STRANGER, 6_000);
    upload(&mut site, stranger(1), 3_000);
    assert!(site.findings().is_empty(), "little to a new host, and more to the usual one");
    let mut site = Site::with("[watch]\nexfiltrate = 'drop'\n", Mode::Inline, "");
    for _ in 0..6 {
        upload(&mut site, STRANGER, 500);
        site.wait_ms(30 * 60_000);
    }
    assert_eq!(upload(&mut site, stranger(1), 10_000), Decision::Drop);
    assert_eq!(upload(&mut site, STRANGER, 1_000), Decision::Pass, "normal traffic goes on");
    assert_eq!(site.findings(), ["exfiltrate"]);
    assert_eq!(site.alert()["alert"]["action"], "blocked");
}

#[test]
fn a_default_password_is_told_without_being_shown() {
    let log_in = |user: &[u8], secret: &[u8], end: &[u8]| {
        let mut site = Site::new("");
        let said: &[(bool, &[u8])] = &[
            (false, b"\xff\xfd\x01login: "),
            (true, user),
            (false, b"Password: "),
            (true, secret),
            (false, end),
            (true, b"id\r\n"),
        ];
        site.talk(STRANGER, DEVICE, 23, said);
        let findings = site.findings();
        (site, findings)
    };
    let (site, findings) = log_in(b"root\r\n", b"xc3511\r\n", b"# ");
    assert_eq!(findings, ["default-password"]);
    let alert = site.alert();
    let metadata = &alert["alert"]["metadata"];
    assert_eq!((&metadata["password"][0], &metadata["default"][0]), (&"x*****".into(), &"1".into()));
    assert_eq!((&metadata["accepted"][0], &alert["src_ip"]), (&"yes".into(), &"198.51.100.7".into()));
    assert!(!alert["alert"].to_string().contains("xc3511"));
    assert!(log_in(b"root\r\n", b"correct horse\r\n", b"# ").1.is_empty());
    assert!(log_in(b"root\r\n", b"xc3511\r\n", b"Login incorrect\r\nlogin: ").1.is_empty());
}

#[test]
fn alerts_are_gathered_by_device_and_kind() {
    let rules = "alert http any any -> any any (msg:\"injection\"; http.uri; content:\"cmd=\"; \
        classtype:web-application-attack; sid:1;)\n\
        alert http any any -> any any (msg:\"note\"; http.uri; content:\"note\"; classtype:misc-activity; sid:2;)";
    let get = |site: &mut Site, from, to, target: &str, host: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        site.talk(from, to, 80, &[(true, request.as_bytes()), (false, answer)]);
    };
    let mut site = Site::with("", Mode::Observe, rules);
    let spec = ListSpec::new("feed", "malware", Action::Alert);
    site.engine.lists().load(spec, b"evil.example\n").unwrap();
    get(&mut site, STRANGER, DEVICE, "/note", "a.example");
    get(&mut site, DEVICE, STRANGER, "/", "good.example");
    assert_eq!(site.lines.iter().filter(|line| line["alert"]["gid"] == DEVICE_GENERATOR).count(), 0);
    for _ in 0..3 {
        get(&mut site, STRANGER, DEVICE, "/?cmd=id", "a.example");
        get(&mut site, DEVICE, STRANGER, "/bot", "evil.example");
    }
    assert_eq!(site.findings(), ["probed", "infected"]);
}

#[test]
fn watchers_are_switched_by_the_mapping_file() {
    let scan = |map: &str| {
        let mut site = Site::new(map);
        for number in 0..40 {
            site.knock(DEVICE, stranger(number), 23, true);
            site.wait_ms(100);
        }
        site.findings().len()
    };
    assert_eq!((scan(""), scan("[watch]\nscan = 'off'\n")), (1, 0));
    let device = format!("[[device]]\ngroup = 'a'\naddress = '{DEVICE}'\n");
    let (on, off) = ("watch.scan = 'alert'\n", "watch.scan = 'off'\n");
    assert_eq!(scan(&format!("{device}{off}")), 0, "this device");
    assert_eq!(scan(&format!("[[group]]\nname = 'a'\n{off}{device}")), 0, "its group");
    assert_eq!(scan(&format!("[[group]]\nname = 'a'\n{off}{device}{on}")), 1, "the device before its group");
    assert_eq!(scan(&format!("[watch]\nscan = 'off'\n{device}{on}")), 1, "the device before all");
    let wrong = |text: &str| Map::read("d.toml", text).unwrap_err().to_string();
    assert!(
        wrong("\n[watch]\nscam = 'off'\n")
            .starts_with("d.toml:3: no watcher is called \"scam\": there are scan, brute")
    );
    assert!(wrong("[watch]\nscan = 'block'\n").contains("none of off, alert, drop and reject"));
}

#[test]
fn workers_share_what_is_known_of_a_device() {
    use crate::Spread;
    let home = AddressSet::parse("192.168.0.0/16", &Variables::default()).unwrap();
    let mut engine = Engine::new(Settings::default(), Variables::default());
    let devices = Devices::new(home, Map::default());
    engine.set_devices(devices.clone());
    let mut workers = engine.spread(3, Spread::Outer).unwrap();
    for number in 0..120u16 {
        let body = tcp((2_000 + number, 23), (1, 0), SYN, b"");
        let packet = ipv4(6, 64, DEVICE, stranger(number), &body);
        workers.packet(Timestamp(i64::from(number) * SECOND_NS / 10), LinkType::Ip, &packet, 0);
    }
    let lines = String::from_utf8(workers.finish().0).unwrap();
    let count = |what: &str| lines.lines().filter(|line| line.contains(what)).count();
    assert_eq!(
        (count("\"watch\":[\"scan-hosts\"]"), devices.len()),
        (1, 1),
        "each worker saw a third of the hosts"
    );
    assert_eq!((count("\"event_type\":\"device\""), count("\"flows\":120")), (1, 1));
}

#[test]
fn rows_are_found_by_their_number() {
    assert!((1..).zip(ROWS).all(|(sid, row)| row.sid == sid && row_of(sid) == row));
}

#[test]
fn data_in_questions_is_told_from_many_names() {
    let ask = |site: &mut Site, name: &str| {
        let mut body = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            body.push(label.len() as u8);
            body.extend_from_slice(label.as_bytes());
        }
        body.extend_from_slice(&[0, 0, 1, 0, 1]);
        let port = site.next_port();
        site.packet(17, DEVICE, STRANGER, &udp(port, 53, &body));
    };
    let mut site = Site::new("");
    (0..60).for_each(|number| ask(&mut site, &format!("{number:032x}.t.evil.example")));
    assert_eq!(site.findings(), ["tunnel"]);
    assert_eq!(site.alert()["alert"]["metadata"]["domain"][0], "evil.example");
    let mut site = Site::new("");
    (0..60).for_each(|number| ask(&mut site, &format!("img{number}.cdn.example.com")));
    (0..60).for_each(|_| ask(&mut site, "0123456789abcdef0123456789abcdef.t.good.example"));
    (0..60).for_each(|number| ask(&mut site, &format!("0.0.0.0.0.0.0.0.0.{number}.100.51.198.in-addr.arpa")));
    assert!(site.findings().is_empty());
}
