//! Applications beside nDPI's own results for its captures: `shared/captures/ndpi` (`OTORI_SHARED`; skipped without it).
//!
//! Every flow that nDPI labels with the confidence DPI is looked for in our log by its addresses and ports. It is named
//! right if our application is nDPI's protocol or application, on the coarse map of [`SAME`]: nDPI says `TLS.Amazon`, we say
//! `tls` or `amazon`. `OTORI_SHOW=LABEL` shows the flows of one label that are not.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use otori_rule::Variables;
use otori_tap::{Engine, Settings, capture::Capture};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

/// Of a hundred flows, so many are named right.
const FLOOR: usize = 95;

/// Our name, nDPI's names for the same, lower case.
const SAME: &[(&str, &[&str])] = &[
    ("slp", &["service_location_protocol"]),
    ("http", &["http_proxy", "http_connect", "soap", "webdav", "ocsp", "websocket"]),
    ("tls", &["tls", "https", "smtps", "pops", "imaps", "ftps", "doh_dot", "openvpn"]),
    ("dns", &["dnscrypt", "avastsecuredns", "doh_dot", "llmnr", "mdns"]),
    ("ftp", &["ftp_control", "ftp_data"]),
    ("smb", &["smbv1", "smbv23"]),
    ("netbios", &["smbv1"]),
    ("xmpp", &["jabber"]),
    ("tuya", &["tuyalp"]),
    ("tp-link", &["tplink_shp"]),
    ("nest", &["nestlogsink"]),
    ("agora", &["sd-rtn"]),
    ("stratum", &["mining"]),
    ("nntp", &["usenet"]),
    ("skinny", &["ciscoskinny"]),
    ("ethernet-ip", &["ethernetip"]),
    ("knxnet-ip", &["knxnet_ip"]),
    ("opc-ua", &["opc-ua"]),
    ("iec-104", &["iec60870"]),
    ("c37.118", &["ieee-c37118"]),
    ("dlms", &["iec62056"]),
    ("profinet", &["profinet_io"]),
    ("s7comm-plus", &["s7commplus"]),
    ("portmap", &["nfs"]),
    ("ws-discovery", &["wsd"]),
    ("world-of-warcraft", &["worldofwarcraft"]),
    ("genshin-impact", &["genshinimpact"]),
    ("cryengine", &["crynetwork"]),
    ("riot-games", &["riotgames", "lolwildrift"]),
    ("rtp", &["srtp", "whatsappcall", "googlecall", "discord", "skype_teamscall"]),
    ("rtcp", &["kakaotalk_voice", "srtp"]),
    (
        "stun",
        &["whatsappcall", "zoom", "skype_teamscall", "telegram", "facebookvoip", "signalvoip", "googlecall"],
    ),
    ("discord", &["i3d"]),
    ("gaijin", &["gaijinentertainment"]),
    ("cloudflare-warp", &["cloudflarewarp"]),
    ("ipsec", &["ipsec"]),
    ("some-ip", &["someip"]),
    ("rmcp", &["ipmi"]),
    ("vnc", &["vnc"]),
    ("telnet", &["telnet"]),
    ("echonet-lite", &["echonet"]),
    ("modbus", &["umas"]),
    ("xiaomi", &["xiaomi"]),
    ("source-engine", &["steam", "quake", "halflife2"]),
];

type End = (String, u16);
type Key = (String, End, End);

fn key(protocol: &str, a: End, b: End) -> Key {
    if a <= b { (protocol.to_owned(), a, b) } else { (protocol.to_owned(), b, a) }
}

fn end(text: &str) -> Option<End> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.trim_matches(['[', ']']);
    let ip: std::net::IpAddr = host.parse().ok()?;
    Some((ip.to_string(), port.parse().ok()?))
}

/// Flows of a result file that nDPI was sure of, with its label.
fn labelled(text: &str) -> HashMap<Key, String> {
    let mut flows = HashMap::new();
    for line in text.lines().filter(|line| line.contains("[Confidence: DPI]")) {
        let Some((head, rest)) = line.split_once(" [proto: ") else { continue };
        let words: Vec<&str> = head.split_whitespace().collect();
        let [_, protocol, left, "<->" | "->", right, ..] = words[..] else { continue };
        let label = rest.split(']').next().and_then(|label| label.split_once('/')).map(|(_, name)| name);
        if let (Some(left), Some(right), Some(label)) = (end(left), end(right), label) {
            flows.insert(key(&protocol.to_uppercase(), left, right), label.to_lowercase());
        }
    }
    flows
}

/// What we say of each flow.
fn named(capture: &Path) -> HashMap<Key, HashSet<String>> {
    let mut engine = Engine::new(Settings::default(), Variables::default());
    let mut flows: HashMap<Key, HashSet<String>> = HashMap::new();
    if let Ok(mut capture) = Capture::open(std::fs::File::open(capture).unwrap()) {
        while let Ok(Some(packet)) = capture.next() {
            engine.packet(packet.at, packet.link, packet.frame, 0);
        }
    }
    engine.finish();
    for line in engine.take_lines().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: serde_json::Value = serde_json::from_slice(line).unwrap();
        if line["event_type"] == "flow" {
            let side = |ip: &str, port: &str| {
                let ip: std::net::IpAddr = line[ip].as_str().unwrap_or_default().parse().unwrap();
                (ip.to_string(), line[port].as_u64().unwrap_or_default() as u16)
            };
            let (a, b) = (side("src_ip", "src_port"), side("dest_ip", "dest_port"));
            let protocol =
                line["proto"].as_str().unwrap_or_default().to_uppercase().replace("IPV6-ICMP", "ICMPV6");
            let names = flows.entry(key(&protocol, a, b)).or_default();
            names.extend(line["application"]["name"].as_str().map(str::to_owned));
            names.extend(line["app_proto"].as_str().filter(|name| *name != "failed").map(str::to_owned));
        }
    }
    flows
}

fn is_right(name: &str, label: &str) -> bool {
    let plain = |text: &str| text.replace(['-', '_', '.'], "");
    let others = SAME.iter().find(|(ours, _)| *ours == name).map_or(&[][..], |(_, others)| others);
    label.split('.').any(|part| plain(part) == plain(name) || others.contains(&part))
}

#[test]
fn flows_are_named_as_by_ndpi() {
    let Some(shared) = std::env::var_os("OTORI_SHARED").map(PathBuf::from) else {
        println!("skipped: OTORI_SHARED is not set");
        return;
    };
    let folder = shared.join("captures/ndpi");
    let Ok(results) = std::fs::read_dir(folder.join("result")) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let (mut right, mut all) = (0, 0);
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    for result in results {
        let result = result.unwrap().path();
        let labels = labelled(&String::from_utf8_lossy(&std::fs::read(&result).unwrap()));
        let ours = named(&folder.join("pcap").join(result.file_stem().unwrap()));
        for (flow, label) in labels {
            all += 1;
            let names = ours.get(&flow);
            if names.is_some_and(|names| names.iter().any(|name| is_right(name, &label))) {
                right += 1;
            } else {
                if std::env::var("OTORI_SHOW").is_ok_and(|shown| shown == label) {
                    println!("{} {flow:?} {names:?}", result.display());
                }
                let said = names.map_or("nothing".into(), |names| format!("{names:?}"));
                *wrong.entry(format!("{label}: {said}")).or_default() += 1;
            }
        }
    }
    let mut wrong: Vec<_> = wrong.into_iter().collect();
    wrong.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    println!("named right: {right} of {all}");
    for (what, count) in wrong.iter().take(60) {
        println!("  {count} {what}");
    }
    assert!(all == 0 || right * 100 >= all * FLOOR, "{right} of {all}");
}
