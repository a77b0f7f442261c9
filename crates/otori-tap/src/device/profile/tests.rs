//! Tests of profiles: the RFC's example, round trips, judgement, learning, enforcement.
use super::*;
use crate::device::contact::Begin;
use core::net::IpAddr;
use otori_event::{Endpoint, Timestamp};
use otori_rule::{Variables, address::AddressSet};
use serde_json::{Value, json};

/// The example of RFC 8520 9, shortened to the members that a manager reads.
const LIGHT: &str = r#"{
  "ietf-mud:mud": {
    "mud-version": 1, "mud-url": "https://lighting.example.com/lightbulb2000",
    "last-update": "2019-01-28T11:20:51+01:00", "cache-validity": 48, "is-supported": true,
    "systeminfo": "The BMS Example Light Bulb",
    "from-device-policy": {"access-lists": {"access-list": [{"name": "mud-76100-v6fr"}]}},
    "to-device-policy": {"access-lists": {"access-list": [{"name": "mud-76100-v6to"}]}}
  },
  "ietf-access-control-list:acls": {"acl": [
    {"name": "mud-76100-v6to", "type": "ipv6-acl-type", "aces": {"ace": [{"name": "cl0-todev",
      "matches": {"ipv6": {"ietf-acldns:src-dnsname": "test.example.com", "protocol": 6},
        "tcp": {"ietf-mud:direction-initiated": "from-device", "source-port": {"operator": "eq", "port": 443}}},
      "actions": {"forwarding": "accept"}}]}},
    {"name": "mud-76100-v6fr", "type": "ipv6-acl-type", "aces": {"ace": [{"name": "cl0-frdev",
      "matches": {"ipv6": {"ietf-acldns:dst-dnsname": "test.example.com", "protocol": 6},
        "tcp": {"ietf-mud:direction-initiated": "from-device", "destination-port": {"operator": "eq", "port": 443}}},
      "actions": {"forwarding": "accept"}}]}}
  ]}
}"#;

fn allow(peer: Peer, protocol: u8, peer_port: Option<u16>, own_port: Option<u16>) -> Allow {
    let one = |port: Option<u16>| port.map(|port| (port, port));
    Allow {
        peer,
        protocol: Some(protocol),
        own_ports: one(own_port),
        peer_ports: one(peer_port),
        from_device: own_port.is_none(),
        to_device: own_port.is_some(),
        bytes_per_hour: None,
    }
}

fn contact<'a>(opened: bool, protocol: u8, peer: &str, ports: (u16, u16)) -> Contact<'a> {
    let peer: IpAddr = peer.parse().unwrap();
    Contact {
        at: Timestamp(0),
        started_at: Timestamp(0),
        opened,
        begin: Begin::Clear,
        own: Endpoint { ip: "192.168.1.5".parse().unwrap(), port: ports.0 },
        peer: Endpoint { ip: peer, port: ports.1 },
        near: matches!(peer, IpAddr::V4(ip) if ip.is_private()),
        protocol,
        answered: true,
        application: None,
        said: None,
        found: None,
        bytes: [0; 2],
        packets: [1, 0],
    }
}

#[test]
fn the_example_of_the_rfc_is_one_name_over_tls() {
    let (profile, told) = import(LIGHT).unwrap();
    assert!(told.is_empty());
    assert_eq!(
        (profile.name.as_str(), profile.about.as_str()),
        ("lightbulb2000", "The BMS Example Light Bulb")
    );
    assert_eq!(profile.allows, [allow(Peer::Name("test.example.com".into()), 6, Some(443), None)]);
    // Our own writing of it has the same members, for both families.
    let again = export(&profile, Timestamp(0), "https://lighting.example.com/lightbulb2000");
    let original: Value = serde_json::from_str(LIGHT).unwrap();
    let members =
        |file: &Value| file["ietf-mud:mud"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&again), members(&original));
    let list = |file: &Value, ending: &str| {
        let lists = file["ietf-access-control-list:acls"]["acl"].as_array().unwrap();
        lists.iter().find(|list| list["name"].as_str().unwrap().ends_with(ending)).unwrap()["aces"].clone()
    };
    for ending in ["v6fr", "v6to"] {
        assert_eq!(list(&again, ending), list(&original, ending));
    }
}

#[test]
fn what_is_written_is_read_back() {
    let network = |text: &str| Peer::Network(text.parse().unwrap());
    let mut both = allow(network("198.51.100.0/24"), 6, Some(8_000), None);
    both.to_device = true;
    let mut limited = allow(Peer::Name("cloud.example".into()), 17, Some(443), None);
    limited.bytes_per_hour = Some([1_000_000, 2_000_000]);
    // Of ICMP, MUD cannot say who begins.
    let mut echo = allow(Peer::Near, 1, None, None);
    echo.to_device = true;
    let mut range = allow(Peer::Near, 17, None, Some(5_000));
    range.own_ports = Some((5_000, 5_010));
    let allows = vec![
        allow(network("2001:db8::7"), 6, Some(443), None),
        allow(network("198.51.100.9"), 17, Some(123), None),
        allow(Peer::Near, 6, None, Some(554)),
        allow(Peer::Any, 17, Some(4_500), None),
        echo,
        both,
        limited,
        range,
    ];
    let profile = Profile { name: "cam".into(), about: "a camera".into(), allows };
    let text = export(&profile, Timestamp(0), "https://mud.invalid/cam.json").to_string();
    let (mut again, told) = import(&text).unwrap();
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(again.name, "cam");
    let mut expect = profile;
    let key = |allow: &Allow| format!("{allow:?}");
    again.allows.sort_by_key(key);
    expect.allows.sort_by_key(key);
    assert_eq!(again, expect);
}

#[test]
fn what_cannot_be_known_is_told_and_allows_nothing() {
    let mut file: Value = serde_json::from_str(LIGHT).unwrap();
    let matches = file.pointer_mut("/ietf-access-control-list:acls/acl/1/aces/ace/0/matches").unwrap();
    *matches = json!({"ietf-mud:mud": {"manufacturer": "lighting.example.com"}});
    let (profile, told) = import(&file.to_string()).unwrap();
    assert_eq!((profile.allows.len(), told.len()), (0, 1));
    assert!(told[0].contains("mud-76100-v6fr, cl0-frdev: who is meant by \"manufacturer\""), "{told:?}");
    let matches = file.pointer_mut("/ietf-access-control-list:acls/acl/1/aces/ace/0/matches").unwrap();
    *matches = json!({"ietf-mud:mud": {"controller": "urn:ietf:params:mud:ntp"}, "udp": {}});
    let (profile, _) = import(&file.to_string()).unwrap();
    assert_eq!(profile.allows, [allow(Peer::Any, 17, Some(123), None)]);
    let wrong = |text: &str| import(text).unwrap_err().to_string();
    assert!(wrong("{").starts_with("not JSON"));
    assert!(wrong("{}").contains("ietf-mud:mud"));
    assert!(
        wrong(&LIGHT.replace("\"mud-76100-v6fr\", \"type\"", "\"x\", \"type\""))
            .contains("named and not there")
    );
    // No cut of a file does harm.
    (0..LIGHT.len()).for_each(|end| _ = import(&LIGHT[..end]));
}

#[test]
fn a_flow_is_judged_by_who_opens_and_by_name() {
    let name = || Peer::Name("cloud.example".into());
    let allows = vec![allow(name(), 6, Some(443), None), allow(Peer::Near, 6, None, Some(554))];
    let profile = Profile { name: "cam".into(), about: String::new(), allows };
    let judge = |contact: &Contact<'_>| profile.judge(contact);
    let cloud = contact(true, 6, "198.51.100.7", (4_000, 443));
    assert_eq!(judge(&cloud), Verdict::Unknown);
    assert_eq!(judge(&Contact { found: Some("cloud.example"), ..cloud }), Verdict::Allowed(0));
    assert_eq!(judge(&Contact { found: Some("cdn.example"), ..cloud }), Verdict::Unknown, "one of its names");
    let both = Contact { found: Some("cdn.example"), said: Some("cloud.example"), ..cloud };
    assert_eq!(judge(&both), Verdict::Allowed(0));
    assert_eq!(judge(&Contact { said: Some("evil.example"), ..cloud }), Verdict::Outside);
    assert_eq!(judge(&contact(true, 6, "198.51.100.7", (4_000, 80))), Verdict::Outside);
    assert_eq!(judge(&contact(false, 6, "198.51.100.7", (443, 4_000))), Verdict::Outside, "nobody calls it");
    assert_eq!(judge(&contact(false, 6, "192.168.1.9", (554, 4_000))), Verdict::Allowed(1));
    let late = Contact { begin: Begin::Loose, ..contact(true, 6, "192.168.1.9", (554, 4_000)) };
    assert_eq!(judge(&late), Verdict::Allowed(1), "an answer after a long silence");
    assert_eq!(judge(&contact(true, 17, "192.168.1.1", (4_000, 53))), Verdict::Usual);
    assert_eq!(
        judge(&contact(true, 17, "198.51.100.53", (4_000, 53))),
        Verdict::Outside,
        "not the local one"
    );
}

fn flow(ends: (&str, u16, &str, u16), packets: (u64, u64), bytes: u64, device: Value) -> Value {
    json!({"event_type": "flow", "proto": "UDP", "src_ip": ends.0, "src_port": ends.1, "dest_ip": ends.2,
        "dest_port": ends.3, "device": device,
        "flow": {"pkts_toserver": packets.0, "pkts_toclient": packets.1, "bytes_toserver": bytes,
            "bytes_toclient": bytes / 2, "start": "2026-11-22T09:30:00.000000+0000",
            "end": "2026-11-22T09:31:00.000000+0000"}})
}

#[test]
fn a_quiet_time_becomes_a_profile() {
    let home = AddressSet::parse("192.168.0.0/16", &Variables::default()).unwrap();
    let camera = |peer: Option<&str>| match peer {
        Some(peer) => json!({"id": "cam", "group": ["cameras"], "opened": true, "peer": peer}),
        None => json!({"id": "cam", "group": ["cameras"], "opened": true}),
    };
    let mut learner = Learner::new(home.clone(), By::Device);
    let mut by_group = Learner::new(home, By::Group);
    let mut lines = vec![
        flow(("192.168.1.5", 4_000, "198.51.100.7", 443), (9, 9), 3_000_000, camera(Some("cloud.example"))),
        flow(("192.168.1.5", 4_001, "198.51.100.8", 443), (9, 9), 3_000_000, camera(Some("cloud.example"))),
        flow(("192.168.1.5", 4_002, "198.51.100.9", 9_999), (1, 0), 60, camera(None)),
        flow(("192.168.1.9", 4_003, "192.168.1.5", 554), (5, 5), 500, json!({"id": "cam", "opened": false})),
        flow(("198.51.100.9", 5, "198.51.100.8", 6), (1, 1), 60, Value::Null),
    ];
    for last in 1..=12 {
        lines.push(flow(("192.168.1.5", 123, &format!("203.0.113.{last}"), 123), (1, 1), 90, camera(None)));
    }
    lines.iter().for_each(|line| {
        learner.take(line);
        by_group.take(line);
    });
    assert_eq!((learner.skipped, learner.len(), by_group.len()), (1, 1, 1));
    let profile = learner.propose(4).remove(0);
    let shown: Vec<_> = profile.allows.iter().map(ToString::to_string).collect();
    assert_eq!(profile.name, "cam");
    let expect = [
        "from local networks udp own port 554, 1048576 bytes out and 1048576 in an hour",
        "to anybody udp port 123, 1048576 bytes out and 1048576 in an hour",
        "to cloud.example udp port 443, 24000000 bytes out and 12000000 in an hour",
    ];
    assert_eq!(shown, expect);
    assert_eq!(by_group.propose(4)[0].name, "cameras");
}

#[test]
fn broken_files_do_no_harm() {
    // Marsaglia's xorshift, with a fixed seed.
    let mut state = 0x6f74_6f72_6921u64;
    let mut below = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % bound.max(1)
    };
    let words = ["null", "{}", "[]", "-1", "65536", "\"eq\"", "true", "1e99", "\"from-device\"", "47"];
    let mut understood = 0;
    for _ in 0..20_000 {
        let mut text = LIGHT.as_bytes().to_vec();
        for _ in 0..1 + below(3) {
            let at = below(text.len());
            match below(3) {
                0 => text[at] = below(256) as u8,
                1 => text.truncate(at.max(1)),
                // A value becomes another one.
                _ => {
                    let start =
                        text[at..].iter().position(|byte| *byte == b':').map_or(at, |place| at + place + 1);
                    let stop = |byte: &u8| matches!(byte, b',' | b'}' | b']');
                    let end = text[start..].iter().position(stop).map_or(text.len(), |place| start + place);
                    text.splice(start..end, words[below(words.len())].bytes());
                }
            }
        }
        let Ok((profile, _)) = import(&String::from_utf8_lossy(&text)) else { continue };
        understood += 1;
        let written = export(&profile, Timestamp(0), "https://mud.invalid/x.json").to_string();
        let (again, told) = import(&written).unwrap();
        assert!(told.is_empty(), "{told:?}");
        assert!(again.allows.len() <= profile.allows.len());
    }
    assert!(understood > 1_000, "{understood} were still files");
}
