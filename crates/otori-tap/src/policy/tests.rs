//! Policies as a file has them, and flows that they decide about.
use super::*;
use otori_event::Timestamp;

const FILE: &str = r#"
[[policy]]
name = "own cloud"
who = "network:192.0.2.0/28"
what = ["name:cloud.example", "peer:198.51.100.0/24"]
do = "allow"

[[policy]]
name = "no video at night"
who = ["network:192.0.2.0/28", "network:2001:db8::/64"]
what = ["application:youtube", "category:media"]
when = "22:00-06:00"
zone = "+09:00"
do = "throttle"
rate = "256kbit/s"
burst = "20kB"

[[policy]]
name = "hidden"
what = ["ech", "list:malware"]
do = "sinkhole"

[[policy]]
name = "nobody knows"
what = "unknown"
do = "block"
"#;

fn seen() -> Seen<'static> {
    Seen {
        device: [192, 0, 2, 1].into(),
        label: None,
        peer: [203, 0, 113, 1].into(),
        protocol: Some("tls"),
        application: Some((Evidence::Protocol, Application { name: "tls", category: Category::Web })),
        names: &[],
        categories: &[],
        hello: EncryptedHello::None,
        sent_bytes: 0,
        settled: true,
    }
}

fn hour_utc(hour: i64) -> Timestamp {
    Timestamp(hour * 3_600_000_000_000)
}

fn ask(policies: &Policies, seen: &Seen<'_>, at: Timestamp) -> String {
    match policies.ask(seen, at) {
        Answer::Nothing => "nothing".into(),
        Answer::Wait => "wait".into(),
        Answer::Entry { place, because } => format!("{} {because}", policies.entries()[place].name),
    }
}

#[test]
fn the_first_entry_that_fits_decides() {
    let policies = Policies::read("p.toml", FILE).unwrap();
    assert!(policies.wants_sinkhole() && policies.is_timed() && policies.wants_lists());
    let (day, night) = (hour_utc(3), hour_utc(14));
    assert_eq!(ask(&policies, &seen(), day), "nothing");
    let peer = Seen { peer: [198, 51, 100, 9].into(), ..seen() };
    assert_eq!(ask(&policies, &peer, day), "own cloud peer:198.51.100.0/24");
    let names = [b"a.cloud.example".to_vec()];
    assert_eq!(ask(&policies, &Seen { names: &names, ..seen() }, day), "own cloud name:cloud.example");
    let video = Application { name: "youtube", category: Category::Media };
    let video = Seen { application: Some((Evidence::Host, video)), ..seen() };
    assert_eq!(ask(&policies, &video, day), "nothing");
    assert_eq!(ask(&policies, &video, night), "no video at night application:youtube");
    let other = Seen { device: [192, 0, 2, 99].into(), ..video };
    assert_eq!(ask(&policies, &other, night), "nothing");
    let hidden = Seen { hello: EncryptedHello::HiddenName, ..seen() };
    assert_eq!(ask(&policies, &hidden, day), "hidden ech");
    assert_eq!(ask(&policies, &Seen { hello: EncryptedHello::Offered, ..seen() }, day), "nothing", "GREASE");
    let listed = ["malware".to_owned()];
    assert_eq!(ask(&policies, &Seen { categories: &listed, ..seen() }, day), "hidden list:malware");
    let unknown = Seen { application: None, protocol: None, ..seen() };
    assert_eq!(ask(&policies, &unknown, day), "nobody knows unknown");
}

#[test]
fn what_may_still_fit_is_waited_for() {
    let policies = Policies::read("p.toml", FILE).unwrap();
    let early = Seen { settled: false, application: None, protocol: None, ..seen() };
    assert_eq!(ask(&policies, &early, hour_utc(3)), "wait");
    let block_all = "[[policy]]\nname = \"all\"\ndo = \"block\"";
    assert_eq!(ask(&Policies::read("p", block_all).unwrap(), &early, hour_utc(3)), "all any");
    let port = Application { name: "rtsp", category: Category::Media };
    let port = Seen { settled: false, application: Some((Evidence::Port, port)), protocol: None, ..seen() };
    let media = "[[policy]]\nname = \"m\"\nwhat = \"category:media\"\ndo = \"block\"";
    let media = Policies::read("p", media).unwrap();
    assert_eq!(ask(&media, &port, hour_utc(3)), "wait", "a port may lie");
    assert_eq!(
        ask(&media, &Seen { settled: true, ..port }, hour_utc(3)),
        "m category:media",
        "nothing better came"
    );
}

#[test]
fn amounts_are_asked_about_as_they_are_reached() {
    let text = "[[policy]]\nname = \"m\"\nwhat = \"sent:1MB\"\ndo = \"block\"\n\
        [[policy]]\nname = \"k\"\nwhat = \"sent:10kB\"\ndo = \"alert\"";
    let policies = Policies::read("p", text).unwrap();
    for (sent_bytes, expect, next) in [
        (0, "nothing", Some(10_000)),
        (9_999, "nothing", Some(10_000)),
        (10_000, "k sent:10kB", Some(1_000_000)),
        (1_000_000, "m sent:1MB", None),
    ] {
        let early = Seen { sent_bytes, settled: false, protocol: None, application: None, ..seen() };
        assert_eq!(ask(&policies, &early, hour_utc(0)), expect);
        assert_eq!(policies.next_amount(sent_bytes), next);
    }
}

#[test]
fn errors_say_line_reason_and_remedy() {
    let rows = [
        ("do = \"blok\"", "write allow, alert"),
        ("do = \"throttle\"", "write rate"),
        ("do = \"block\"\nrate = \"1kB/s\"", "belongs to do = \"throttle\""),
        ("do = \"block\"\nburst = \"1kB\"", "belongs to do = \"throttle\""),
        ("do = \"block\"\nzone = \"Z\"", "belongs to when"),
        ("do = \"block\"\nwhen = \"noon\"", "mon-fri 09:00-17:30"),
        ("do = \"block\"\nwhat = \"application:yuotube\"", "no application \"yuotube\""),
        ("do = \"block\"\nwhat = \"category:video\"", "write one of web, iot"),
        ("do = \"block\"\nwhat = \"protocol:x\"", "protocols.md"),
        ("do = \"block\"\nwhat = \"sent:much\"", "write 20kB or 1MB"),
        ("do = \"block\"\nwhat = []", "empty list"),
        ("do = \"block\"\nwho = \"camera\"", "write any, device:NAME"),
        ("do = \"block\"\nwho = \"network:192.0.2.0/99\"", "write 192.0.2.0/24"),
        ("do = \"block\"\nwhom = \"any\"", "unknown field"),
        ("what = \"any\"", "missing field `do`"),
        ("do = [\"block\", \"allow\"]", "one value only"),
    ];
    for (text, expect) in rows {
        let file = format!("# policies\n\n[[policy]]\nname = \"x\"\n{text}\n");
        let error = Policies::read("p.toml", &file).unwrap_err();
        assert!(error.problem.contains(expect), "{text}: {error}");
        assert!((3..=6).contains(&error.line), "{text}: {error}");
    }
    assert_eq!(Policies::read("p", "").unwrap().entries().len(), 0);
    assert!(Policies::read("p", "policies = 1").unwrap_err().to_string().starts_with("p:1: "));
}

#[test]
fn a_book_counts_its_changes() {
    let book = PolicyBook::new(Policies::default());
    let before = book.version();
    book.clone().replace(Policies::read("p", FILE).unwrap());
    assert!(book.version() > before && book.current().entries().len() == 4);
}

#[test]
fn no_cut_and_no_flipped_byte_of_a_file_panics() {
    for at in 0..FILE.len() {
        let _ = Policies::read("p", &FILE[..at]);
        for byte in [b'"', b'[', b'0', b'\n', b':', b'*'] {
            let mut bytes = FILE.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = Policies::read("p", &String::from_utf8(bytes).unwrap());
        }
    }
}
