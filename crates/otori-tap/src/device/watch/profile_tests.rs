//! Tests of profiles on packets made by hand. Neighbour: `tests` (the site).
use super::{
    tests::{DEVICE, STRANGER, Site, stranger},
    *,
};
use crate::{
    Decision, Mode,
    device::{Devices, frames::udp, map::Map},
};
use otori_rule::{Variables, address::AddressSet};

/// A profile that allows UDP to one address, bound with that action.
fn bound(action: &str) -> Map {
    use crate::device::profile::{Profile, export, import};
    let mud = r#"{"ietf-mud:mud": {"mud-url": "https://mud.invalid/cam.json",
        "from-device-policy": {"access-lists": {"access-list": [{"name": "a"}]}}},
        "ietf-access-control-list:acls": {"acl": [{"name": "a", "aces": {"ace": [{"name": "x",
        "matches": {"ipv4": {"destination-ipv4-network": "198.51.100.7/32", "protocol": 17},
        "udp": {"destination-port": {"operator": "eq", "port": 7000}}},
        "actions": {"forwarding": "accept"}, "otori:bytes-per-hour": {"from-device": 9000, "to-device": 9000}}]}}]}}"#;
    let (profile, _) = import(mud).unwrap();
    let (again, _) =
        import(&export(&profile, Timestamp(0), "https://mud.invalid/cam.json").to_string()).unwrap();
    assert_eq!(Profile { about: String::new(), ..again }, profile);
    let text = format!(
        "[[group]]\nname = 'cameras'\nprofile = 'cam.json{action}'\n[[device]]\nname = 'cam'\ngroup = 'cameras'\n\
         address = '{DEVICE}'\n"
    );
    Map::read_with("d.toml", &text, &mut |name| {
        assert_eq!(name, "cam.json");
        Ok(mud.to_owned())
    })
    .unwrap()
}

#[test]
fn what_is_outside_of_the_profile_is_told_or_dropped() {
    let send = |site: &mut Site, to, port, bytes: usize| {
        site.packet(17, DEVICE, to, &udp(4_000, port, &vec![0; bytes]))
    };
    let site = |action: &str, mode| {
        let mut site = Site::with("", mode, "");
        let home = AddressSet::parse("192.168.0.0/16", &Variables::default()).unwrap();
        site.engine.set_devices(Devices::new(home, bound(action)));
        site
    };
    let mut told = site("", Mode::Inline);
    assert_eq!(send(&mut told, STRANGER, 7_000, 100), Decision::Pass);
    assert_eq!(send(&mut told, stranger(1), 7_000, 100), Decision::Pass, "only told");
    assert_eq!(send(&mut told, STRANGER, 7_001, 100), Decision::Pass);
    assert_eq!(told.findings(), ["outside", "outside"], "two hosts and ports");
    let mut dropped = site(":drop", Mode::Inline);
    assert_eq!(send(&mut dropped, stranger(1), 7_000, 100), Decision::Drop, "the first packet");
    assert_eq!(send(&mut dropped, STRANGER, 7_000, 100), Decision::Pass);
    dropped.wait_ms(2_000);
    assert_eq!(send(&mut dropped, STRANGER, 7_000, 1_200), Decision::Pass);
    for _ in 0..8 {
        dropped.wait_ms(2_000);
        send(&mut dropped, STRANGER, 7_000, 1_200);
    }
    assert_eq!(send(&mut dropped, STRANGER, 7_000, 100), Decision::Drop, "more than 9000 bytes in this hour");
    assert_eq!(dropped.findings(), ["outside", "too-much"]);
    let mut many = site(":drop", Mode::Inline);
    (0..200).for_each(|number| assert_eq!(send(&mut many, stranger(number), 1, 1), Decision::Drop));
    assert_eq!(
        many.findings().iter().filter(|name| *name == "outside").count(),
        LOUD as usize,
        "not two hundred"
    );
}

#[test]
fn a_profile_that_cannot_be_used_is_an_error_with_its_place() {
    let wrong = |text: &str, profile: Result<&str, &str>| {
        let profile = profile.map(str::to_owned).map_err(str::to_owned);
        Map::read_with("d.toml", text, &mut |_| profile.clone()).unwrap_err().to_string()
    };
    let text = "\n[[device]]\naddress = '192.0.2.1'\nprofile = 'x.json:drop'\n";
    assert_eq!(wrong(text, Err("not there")), "d.toml:2: profile \"x.json\": not there");
    assert!(wrong(text, Ok("{}")).contains("no \"ietf-mud:mud\": a MUD file has it"));
    assert!(
        wrong("[[group]]\nname = 'g'\nprofile = 'x'\n", Ok("["))
            .starts_with("d.toml:1: profile \"x\": not JSON")
    );
}
