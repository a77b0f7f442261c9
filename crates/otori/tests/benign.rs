//! No block over benign traffic, with everything on: the shared rules with the default drops, lists of millions of made
//! entries, rules of the loop's own kinds. `cargo xtask benign` shows what it prints.
//!
//! The captures lie beside the project (`OTORI_SHARED`); `vectors/benign.txt` says which are attacks and which findings are
//! true. Made entries are documentation's names and addresses, which nobody asks for: a hit would be a collision.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that tells what it found")]
use otori_event::{EventId, EventKind, IndicatorKind, RuleChange, Timestamp};
use otori_intel::{Intel, Policy};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Made entries of each kind.
const HOSTS: u32 = 2_000_000;
const URLS: u32 = 2_000_000;
const ADDRESSES: u32 = 1_000_000;
/// Made indicators of each kind that become rules.
const INDICATORS: u32 = 250;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("OTORI_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    folder.join("captures/ndpi/pcap").is_dir().then_some(folder)
}

/// Neighbours do not follow each other.
const fn spread(number: u32) -> u32 {
    number.wrapping_mul(0x9e37_79b1)
}

fn lists(folder: &Path) -> Vec<String> {
    let mut text = [String::new(), String::new(), String::new()];
    let [hosts, urls, addresses] = &mut text;
    (0..HOSTS).for_each(|n| writeln!(hosts, "host-{:08x}.net{}.example", spread(n), n % 5000).unwrap());
    (0..URLS).for_each(|n| writeln!(urls, "http://cdn-{:08x}.example/bins/{n}", spread(n)).unwrap());
    (0..ADDRESSES).for_each(|n| {
        let [a, b, c, d] = spread(n).to_be_bytes();
        writeln!(addresses, "2001:db8:{:x}::{a:x}{b:02x}:{c:x}{d:02x}", n >> 8).unwrap();
    });
    let names = ["hosts", "urls", "addresses"];
    names
        .into_iter()
        .zip(text)
        .flat_map(|(name, text)| {
            let path = folder.join(format!("{name}.txt"));
            fs::write(&path, text).unwrap();
            ["--list".to_owned(), format!("drop:malware:{}", path.display())]
        })
        .collect()
}

/// Rules as intelligence makes them of what decoys saw.
fn loop_rules() -> String {
    let at = Timestamp::from_ms(1_795_000_000_000);
    let mut intel = Intel::new(Policy { treat_documentation_as_public: true, ..Policy::default() });
    let mut text = String::new();
    for n in 0..INDICATORS {
        let made = [
            (IndicatorKind::Url, format!("http://203.0.113.{n}/bins/{:x}", spread(n))),
            (IndicatorKind::Domain, format!("c2-{:x}.example", spread(n))),
            (IndicatorKind::Address, format!("198.51.100.{n}")),
            (IndicatorKind::Service, format!("tcp/192.0.2.{n}:{}", 1024 + n)),
        ];
        for (kind, value) in made {
            let id = EventId::new(at, 1, n);
            for kind in intel.confirm(kind, &value, id, at).unwrap() {
                if let EventKind::RuleChanged { change: RuleChange::Add { rule } } = kind {
                    writeln!(text, "{}", rule.text).unwrap();
                }
            }
        }
    }
    assert!(text.lines().count() >= 4 * INDICATORS as usize);
    text
}

fn captures(shared: &Path) -> Vec<PathBuf> {
    let folders = ["captures/ndpi/pcap", "pcaps"].map(|folder| fs::read_dir(shared.join(folder)).unwrap());
    let mut all: Vec<PathBuf> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

fn rehearse(options: &[String], captures: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otori"));
    command.arg("rehearse").args(options).args(captures).output().unwrap()
}

#[test]
fn nothing_benign_is_blocked_with_all_rules_and_lists_on() {
    let Some(shared) = shared() else {
        println!("SKIPPED: the shared captures are not beside the project (OTORI_SHARED)");
        return;
    };
    let folder = std::env::temp_dir().join(format!("otori-benign-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let feed = folder.join("feed.rules");
    let packed = shared.join("rules/et-open-2025-08.rules.gz");
    let unpacked = Command::new("gzip").arg("-dc").arg(packed).output().unwrap();
    assert!(unpacked.status.success(), "gzip is needed");
    fs::write(&feed, unpacked.stdout).unwrap();
    let ours = folder.join("loop.rules");
    fs::write(&ours, loop_rules()).unwrap();
    let file = |path: &Path| path.display().to_string();
    let known = root().join("vectors/benign.txt");
    let mut options = vec!["--rules".into(), file(&feed), "--rules".into(), file(&ours)];
    options.extend(["--drop-default".into(), "--known".into(), file(&known)]);
    options.extend(lists(&folder));
    let captures = captures(&shared);
    let output = rehearse(&options, &captures);
    let (told, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{warned}{told}");
    assert!(output.status.success(), "something benign is blocked");
    let feed = warned.lines().find(|line| line.contains("feed.rules: ")).unwrap();
    assert!(feed.contains(" turned into drops") && !feed.contains(" 0 turned into drops"), "{feed}");
    for count in [HOSTS, URLS, ADDRESSES] {
        assert!(warned.contains(&format!(".txt: {count} entries, 0 lines refused")), "{count}");
    }
    assert!(!told.contains("did not come"), "a known finding is gone: take it out of vectors/benign.txt");
    // The test can fail: with one rule that fits benign traffic it does.
    fs::write(
        &ours,
        "drop dns any any -> any any (msg:\"too much\"; dns.query; content:\"google\"; sid:1;)\n",
    )
    .unwrap();
    let output = rehearse(&["--rules".into(), file(&ours)], &captures);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && told.contains("1:1 \"too much\" blocks UDP"), "{told}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_list_cannot_block_resolvers_special_ranges_or_guarded_networks() {
    let folder = std::env::temp_dir().join(format!("otori-veto-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let list = folder.join("feed.txt");
    fs::write(&list, "8.8.8.8\n127.0.0.1\n10.20.30.40\n100.64.0.1\n224.0.0.251\npool.ntp.org\n0.jp.pool.ntp.org\nupdates.ours.example\n45.0.0.9\nhttp://192.168.1.1/x\nevil.example\n").unwrap();
    let capture = folder.join("empty.pcap");
    // A capture without packets: little-endian, microseconds, Ethernet.
    fs::write(&capture, b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0").unwrap();
    let options = [
        "--list",
        &format!("drop:malware:{}", list.display()),
        "--home",
        "[10.20.0.0/16]",
        "--never-block",
        "ours.example",
        "--never-block",
        "45.0.0.0/8",
    ];
    let output = rehearse(&options.map(str::to_owned), &[capture]);
    let warned = String::from_utf8_lossy(&output.stderr);
    assert!(warned.contains("feed.txt: 1 entries"), "{warned}");
    for entry in [
        "8.8.8.8",
        "127.0.0.1",
        "10.20.30.40",
        "100.64.0.1",
        "224.0.0.251",
        "pool.ntp.org",
        "updates.ours.example",
        "45.0.0.9",
        "192.168.1.1/x",
    ] {
        assert!(
            warned.contains(&format!("{entry} is left out, as it must never be blocked: ")),
            "{entry}: {warned}"
        );
    }
    fs::remove_dir_all(&folder).unwrap();
}
