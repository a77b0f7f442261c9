//! Tests of identity on packets made by hand.
use super::{
    frames::{ethernet, gtp, ipv4, udp},
    *,
};
use crate::{Engine, Settings};
use core::net::Ipv4Addr;
use otori_rule::Variables;
use otori_wire::LinkType;
use serde_json::Value;

const OUTSIDE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

fn home(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 1, last)
}

/// An engine with devices; every packet is a flow of its own.
struct Site {
    engine: Engine,
    devices: Devices,
    number: u16,
}

impl Site {
    fn new(map: &str) -> Site {
        let home = AddressSet::parse("192.168.0.0/16", &Variables::default()).unwrap();
        let devices = Devices::with_limit(home, Map::read("d.toml", map).unwrap(), 100);
        let mut engine = Engine::new(Settings::default(), Variables::default());
        engine.load("t", "alert udp any any -> any 9 (msg:\"m\"; sid:1;)");
        engine.set_devices(devices.clone());
        Site { engine, devices, number: 0 }
    }
    fn send(&mut self, link: LinkType, frame: &[u8]) -> Value {
        self.engine.packet(Timestamp(i64::from(self.number) * 1_000_000), link, frame, 0);
        let lines = self.engine.take_lines();
        let mut lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let alert = lines.find_map(|line| {
            let line: Value = serde_json::from_slice(line).unwrap();
            (line["event_type"] == "alert").then_some(line)
        });
        alert.expect("every packet to port 9 alerts")["device"].clone()
    }
    fn datagram(&mut self) -> Vec<u8> {
        self.number += 1;
        udp(1000 + self.number, 9, b"x")
    }
    /// A packet of the device in a frame of a station.
    fn own(&mut self, station: u8, vlan: Option<u8>, ttl: u8, ip: u8) -> Value {
        let body = self.datagram();
        self.send(LinkType::Ethernet, &ethernet(station, vlan, &ipv4(17, ttl, home(ip), OUTSIDE, &body)))
    }
    /// A packet to the device.
    fn to(&mut self, ip: u8) -> Value {
        let body = self.datagram();
        self.send(LinkType::Ethernet, &ethernet(254, None, &ipv4(17, 50, OUTSIDE, home(ip), &body)))
    }
}

#[test]
fn a_device_is_its_ethernet_address_unless_that_is_a_routers() {
    let mut site = Site::new("");
    assert_eq!(site.to(5), Value::Null, "nobody has answered");
    assert_eq!(site.own(254, None, 63, 5)["id"], "192.168.1.5", "from behind a router");
    assert_eq!(site.to(5)["id"], "192.168.1.5");
    let own = site.own(1, None, 64, 5);
    assert_eq!((own["id"].as_str(), site.devices.len()), (Some("192.168.1.5"), 1), "it is the same one");
    assert_eq!(site.own(1, None, 64, 6)["id"], "192.168.1.5", "a new lease");
    assert_eq!(site.to(6)["id"], "192.168.1.5");
    assert_eq!(site.own(2, None, 128, 7)["id"], "02:00:5e:10:00:02");
    assert_eq!(site.own(254, None, 63, 8)["id"], "192.168.1.8", "from behind a router");
    assert_eq!(site.own(254, None, 63, 9)["told_by"], "address");
    assert_eq!(site.own(1, Some(7), 63, 9)["id"], "192.168.1.9 in vlan 7", "another network");
    assert_eq!(site.devices.len(), 5);
    let body = site.datagram();
    assert_eq!(
        site.send(LinkType::Ip, &ipv4(17, 64, OUTSIDE, OUTSIDE, &body)),
        Value::Null,
        "nobody of ours"
    );
}

#[test]
fn a_subscriber_is_told_by_its_tunnel() {
    let mut site = Site::new(
        "[[device]]\nname='meter'\nsim='8981'\nimsi='44010'\ngroup=['meters']\nteid=[0x11, 0x91]\n",
    );
    let node = |last| Ipv4Addr::new(203, 0, 113, last);
    let inner = |site: &mut Site, teid, from, to, up| {
        let body = site.datagram();
        let packet = ipv4(17, 64, from, to, &body);
        let (one, other) = if up { (node(1), node(2)) } else { (node(2), node(1)) };
        site.send(LinkType::Ip, &ipv4(17, 64, one, other, &gtp(teid, &packet)))
    };
    let meter = inner(&mut site, 0x11, home(5), OUTSIDE, true);
    assert_eq!((meter["name"].as_str(), meter["told_by"].as_str()), (Some("meter"), Some("teid")));
    assert_eq!((meter["sim"].as_str(), meter["imsi"].as_str()), (Some("8981"), Some("44010")));
    assert_eq!(meter["group"][0], "meters");
    assert_eq!(inner(&mut site, 0x91, OUTSIDE, home(5), false)["name"], "meter", "towards it");
    let other = inner(&mut site, 0x12, home(6), OUTSIDE, true);
    assert_eq!(
        (other["id"].as_str(), &other["name"]),
        (Some("teid 0x00000012 at 203.0.113.2"), &Value::Null)
    );
    assert_eq!(inner(&mut site, 0x92, OUTSIDE, home(6), false)["id"], other["id"], "known by its address");
    let anew = inner(&mut site, 0x12, home(7), OUTSIDE, true);
    assert_eq!(site.devices.len(), 3, "the tunnel's number was given again: {anew}");
}

#[test]
fn networks_behind_gre_peers_may_have_the_same_addresses() {
    let mut site = Site::new("[[device]]\nname='site-a'\ngre_peer='203.0.113.1'\n");
    let inner = |site: &mut Site, peer| {
        let body = site.datagram();
        let mut carried = vec![0, 0, 8, 0];
        carried.extend_from_slice(&ipv4(17, 64, home(5), OUTSIDE, &body));
        let ends = (Ipv4Addr::new(203, 0, 113, peer), Ipv4Addr::new(203, 0, 113, 200));
        site.send(LinkType::Ip, &ipv4(47, 64, ends.0, ends.1, &carried))
    };
    assert_eq!(inner(&mut site, 1)["name"], "site-a");
    assert_eq!(inner(&mut site, 1)["told_by"], "gre_peer");
    let (two, three) = (inner(&mut site, 2), inner(&mut site, 3));
    assert_eq!(two["id"], "192.168.1.5 behind 203.0.113.2 and 203.0.113.200");
    assert_ne!(two["id"], three["id"]);
}

#[test]
fn a_new_mapping_file_renames_devices_and_flows_hear_of_it() {
    let mut site = Site::new("");
    assert_eq!(site.own(1, None, 64, 5)["name"], Value::Null);
    let map = |text: &str| Map::read("d.toml", text).unwrap();
    site.devices.replace(map("[[device]]\nname='cam'\nmac='02:00:5e:10:00:01'\ngroup='camera'\n"));
    assert_eq!(site.to(5)["name"], "cam", "a packet that does not show the Ethernet address");
    site.devices.replace(map("[[device]]\nname='cam-5'\naddress='192.168.1.5'\n"));
    let renamed = site.to(5);
    assert_eq!((&renamed["name"], &renamed["group"]), (&"cam-5".into(), &Value::Null));
    // The name goes on to another one.
    site.devices.replace(map("[[device]]\nname='cam-5'\nmac='02:00:5e:10:00:02'\n"));
    assert_eq!(site.own(2, None, 64, 6)["name"], "cam-5");
    assert_eq!((&site.own(1, None, 64, 5)["name"], site.devices.len()), (&Value::Null, 2));
    site.devices.replace(map(""));
    let unnamed = site.own(1, None, 64, 5);
    assert_eq!((&unnamed["name"], site.devices.len()), (&Value::Null, 2), "still they");
    site.engine.finish();
    let lines = String::from_utf8(site.engine.take_lines()).unwrap();
    let flows = lines.lines().filter(|line| line.contains("\"event_type\":\"flow\""));
    assert!(flows.clone().count() == 6 && flows.clone().all(|line| line.contains("\"device\":{")), "{lines}");
}

#[test]
fn an_entry_that_describes_many_takes_no_name_from_one() {
    let mut site = Site::new(
        "[[device]]\nname='cam'\nmac='02:00:5e:10:00:01'\n[[device]]\ngroup='lan'\naddress='192.168.1.0/24'\n",
    );
    assert_eq!(site.own(1, None, 64, 5)["name"], "cam");
    assert_eq!(site.to(5)["name"], "cam", "though the address is in a network that is described");
    assert_eq!(site.to(6), Value::Null);
    let others = [site.own(6, None, 64, 6), site.own(7, None, 64, 7)];
    assert!(others.iter().all(|device| device["group"][0] == "lan"));
    assert_ne!(others[0]["id"], others[1]["id"]);
}

#[test]
fn a_flood_of_addresses_keeps_the_bound() {
    let mut site = Site::new("");
    for number in 0..2_000u16 {
        let from = Ipv4Addr::from_bits(0xc0a8_0000 | u32::from(number));
        site.send(LinkType::Ip, &ipv4(17, 63, from, OUTSIDE, &udp(1, 9, b"x")));
    }
    assert_eq!(site.devices.len(), 100);
    site.engine.finish();
    let lines = String::from_utf8(site.engine.take_lines()).unwrap();
    let records = lines.lines().filter(|line| line.contains("\"event_type\":\"device\""));
    assert!(records.clone().count() == 100 && records.clone().all(|line| line.contains("first_seen")));
}

/// A DNS message with one question for `cam.example` and perhaps its address.
fn dns(answer: Option<Ipv4Addr>) -> Vec<u8> {
    let mut bytes = vec![
        0,
        1,
        if answer.is_some() { 0x81 } else { 1 },
        0,
        0,
        1,
        0,
        u8::from(answer.is_some()),
        0,
        0,
        0,
        0,
    ];
    bytes.extend_from_slice(b"\x03cam\x07example\0\0\x01\0\x01");
    if let Some(ip) = answer {
        bytes.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        bytes.extend_from_slice(&ip.octets());
    }
    bytes
}

#[test]
fn the_inventory_says_what_a_device_is_and_does() {
    let mut site = Site::new("");
    let resolver = Ipv4Addr::new(198, 51, 100, 53);
    let mut send = |from, to, body: &[u8]| {
        site.number += 1;
        let frame = ethernet(if from == home(5) { 1 } else { 254 }, None, &ipv4(17, 64, from, to, body));
        site.engine.packet(Timestamp(i64::from(site.number) * 1_000_000), LinkType::Ethernet, &frame, 0);
    };
    let mut discover = vec![1, 1, 6, 0, 0, 0, 0, 1];
    discover.resize(28, 0);
    discover.extend_from_slice(&super::frames::mac(1));
    discover.resize(236, 0);
    discover.extend_from_slice(b"\x63\x82\x53\x63\x35\x01\x01\x0c\x06ipcam7\x3c\x0cudhcp 1.20.2\xff");
    let anybody = Ipv4Addr::BROADCAST;
    let frame = ethernet(1, None, &ipv4(17, 64, Ipv4Addr::UNSPECIFIED, anybody, &udp(68, 67, &discover)));
    send(home(5), resolver, &udp(4000, 53, &dns(None)));
    send(resolver, home(5), &udp(53, 4000, &dns(Some(OUTSIDE))));
    send(home(5), OUTSIDE, &udp(4001, 7000, &[0; 500]));
    send(OUTSIDE, home(5), &udp(7000, 4001, &[0; 100]));
    send(home(6), home(5), &udp(4002, 8000, b"x"));
    send(home(5), home(6), &udp(8000, 4002, b"y"));
    site.engine.packet(Timestamp(1_000_000_000), LinkType::Ethernet, &frame, 0);
    site.engine.finish();
    let records = site.devices.records(Timestamp(2_000_000_000));
    let device = records.iter().find(|one| one["device"]["mac"] == "02:00:5e:10:00:01").unwrap();
    let device = &device["device"];
    assert_eq!((&device["addresses"][0], &device["host_name"][0]), (&"192.168.1.5".into(), &"ipcam7".into()));
    assert_eq!(
        (&device["vendor_class"][0], &device["model"]["by"]),
        (&"udhcp 1.20.2".into(), &"vendor_class".into())
    );
    let server = &device["servers"][0];
    assert_eq!(
        (&server["name"], &server["port"], &server["proto"]),
        (&"cam.example".into(), &7000.into(), &"udp".into())
    );
    assert_eq!((server["bytes_out"].as_u64(), server["bytes_in"].as_u64()), (Some(542), Some(142)));
    assert_eq!(
        (&device["ports"][0]["port"], &device["ports"][0]["clients"][0]),
        (&8000.into(), &"192.168.1.6".into())
    );
    let table = super::inventory::table(&records);
    assert!(table.contains("talks to cam.example 7000/udp"), "{table}");
    let lines = String::from_utf8(site.engine.take_lines()).unwrap();
    assert_eq!(lines.matches("\"event_type\":\"device\"").count(), records.len());
}

#[test]
fn who_tries_all_addresses_makes_no_devices_but_who_answers_is_one() {
    let mut site = Site::new("");
    (1..=250).for_each(|last| assert_eq!(site.to(last), Value::Null));
    assert!(site.devices.is_empty());
    let body = udp(9, 1_000 + site.number, b"x");
    let answer = ethernet(7, None, &ipv4(17, 64, home(250), OUTSIDE, &body));
    site.engine.packet(Timestamp(1_000_000_000), LinkType::Ethernet, &answer, 0);
    assert_eq!(site.devices.len(), 1);
    site.engine.finish();
    let lines = String::from_utf8(site.engine.take_lines()).unwrap();
    let flows: Vec<_> = lines.lines().filter(|line| line.contains("\"event_type\":\"flow\"")).collect();
    assert_eq!(flows.iter().filter(|line| line.contains("02:00:5e:10:00:07")).count(), 1);
}
