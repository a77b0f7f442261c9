//! Tests of mapping files.
use super::*;
use crate::{device::identity::Scope, engine::Carrier};
use otori_event::{Endpoint, Timestamp};
use otori_wire::{LinkType, TunnelKind, decode, decode::Packet};

const FILE: &str = r#"
# devices of a site
[[device]]
name = "cam-1"
sim = "8981100000000000001"
imsi = "440101234567890"
group = ["camera", "floor-2"]
model = "Example C1"
mac = "02:00:5e:10:00:01"
address = ["192.0.2.7", "2001:db8::7"]

[[device]]
name = "meter-9"
teid = ["0x1a2b", 77]

[[device]]
group = "guest"
address = "192.0.2.0/24"
vlan = 30

[[device]]
name = "site-b"
gre_peer = "198.51.100.9"

[[device]]
name = "site-b-router"
gre_peer = "198.51.100.9"
address = "10.0.0.1"
"#;

fn tagged(vlan: Option<u8>) -> Vec<u8> {
    let mut frame = vec![2, 0, 0x5e, 0, 0, 9, 2, 0, 0x5e, 0x10, 0, 1];
    if let Some(vlan) = vlan {
        frame.extend_from_slice(&[0x81, 0, 0, vlan]);
    }
    frame.extend_from_slice(&[8, 0]);
    frame
}

fn carrier(kind: TunnelKind, id: Option<u32>) -> Carrier {
    let end = |ip: &str| Endpoint { ip: ip.parse().unwrap(), port: 0 };
    Carrier { kind, source: end("203.0.113.1"), destination: end("198.51.100.9"), protocol: 47, id }
}

fn found(map: &Map, ip: &str, mac: Option<&str>, vlan: Option<u8>, carriers: &[Carrier]) -> String {
    let frame = tagged(vlan);
    let packet: Packet<'_> = decode(LinkType::Ethernet, Timestamp(0), &frame);
    let marks = Marks {
        ip: ip.parse().unwrap(),
        scope: Scope::of(&packet, carriers),
        mac: mac.map(|text| text.parse().unwrap()),
        carriers,
    };
    map.find(&marks).map_or("nobody".into(), |(entry, told)| {
        format!("{} by {}", entry.name.as_deref().unwrap_or("unnamed"), told.name())
    })
}

fn check(map: &Map) {
    assert_eq!(map.len(), 5);
    assert_eq!(found(map, "192.0.2.7", None, None, &[]), "cam-1 by address");
    assert_eq!(found(map, "2001:db8::7", None, None, &[]), "cam-1 by address");
    assert_eq!(found(map, "192.0.2.200", Some("02:00:5e:10:00:01"), None, &[]), "cam-1 by mac");
    assert_eq!(found(map, "192.0.2.8", None, None, &[]), "nobody", "the VLAN is another one");
    assert_eq!(found(map, "192.0.2.8", None, Some(30), &[]), "unnamed by vlan_address");
    let gtp = [carrier(TunnelKind::Gtp, Some(0x1a2b))];
    assert_eq!(found(map, "10.9.9.9", None, None, &gtp), "meter-9 by teid");
    assert_eq!(found(map, "10.9.9.9", None, None, &[carrier(TunnelKind::Gtp, Some(78))]), "nobody");
    let gre = [carrier(TunnelKind::Gre, None)];
    assert_eq!(found(map, "10.9.9.9", None, None, &gre), "site-b by gre_peer");
    assert_eq!(found(map, "10.0.0.1", None, None, &gre), "site-b-router by address");
    assert_eq!(found(map, "10.0.0.1", None, None, &[]), "nobody", "not behind that peer");
}

#[test]
fn toml_and_csv_say_the_same() {
    let map = Map::read("devices.toml", FILE).unwrap();
    check(&map);
    let entry = map.entries().next().unwrap();
    assert_eq!((entry.line, entry.imsi.as_deref()), (3, Some("440101234567890")));
    assert_eq!(entry.groups, ["camera", "floor-2"]);
    let csv = "name,sim,imsi,group,model,mac,address,teid,gre_peer,vlan\n\
        cam-1,8981100000000000001,440101234567890,camera;floor-2,\"Example C1\",02:00:5e:10:00:01,192.0.2.7 2001:db8::7\n\
        meter-9,,,,,,,0x1a2b 77\n,,,guest,,,192.0.2.0/24,,,30\nsite-b,,,,,,,,198.51.100.9\n\
        site-b-router,,,,,,10.0.0.1,,198.51.100.9\n";
    let other = Map::read("devices.CSV", csv).unwrap();
    check(&other);
    let plain =
        |map: &Map| map.entries().map(|entry| Entry { line: 0, ..(**entry).clone() }).collect::<Vec<_>>();
    assert_eq!(plain(&map), plain(&other));
}

#[test]
fn errors_say_line_reason_and_remedy() {
    let wrong = |file: &str, text: &str| Map::read(file, text).unwrap_err().to_string();
    let toml = |text: &str| wrong("d.toml", text);
    assert!(toml("[[device]]\nname = 'a'\n").starts_with("d.toml:1: nothing tells this device: add mac"));
    assert!(
        toml("[[device]]\nvlan = 1\nmac = 'x'").starts_with("d.toml:3: \"x\" is no Ethernet address: write")
    );
    assert!(
        toml("[[device]]\naddress = ['192.0.2.1',\n'192.0.2.0/33']").contains("is no address or network")
    );
    assert!(
        toml("[[device]]\nadress = '192.0.2.1'")
            .starts_with("d.toml:2: unknown field `adress`, expected one of")
    );
    assert!(toml("[[device]]\nvlan = 4095").contains("from 1 to 4094"));
    assert!(toml("[[device]]\nvlan = [1, 2]").contains("`vlan` has one value only"));
    assert!(toml("[[device]]\nteid = -1").contains("is no TEID"));
    let twice = "[[device]]\nname='a'\nvlan=1\n\n[[device]]\nname='a'\nvlan=2\n";
    assert!(toml(twice).starts_with("d.toml:5: the device \"a\" is in line 1 already"));
    assert!(toml("[[device]\n").starts_with("d.toml:1: "));
    let csv = |text: &str| wrong("d.csv", text);
    assert!(csv("name,adress\n").starts_with("d.csv:1: unknown column \"adress\""));
    assert!(csv("name,mac\n# a\n\na,zz\n").starts_with("d.csv:4: \"zz\" is no Ethernet address"));
    assert!(csv("name,mac\n\"a,zz\n").contains("not closed"));
    assert!(csv("name\na,b\n").contains("2 fields, but 1 columns"));
    assert!(Map::read("d.csv", "").unwrap().is_empty() && Map::read("d.toml", "").unwrap().is_empty());
}
