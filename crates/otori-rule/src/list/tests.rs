//! Tests of the lists: what is found, what changes, what is bounded.
use super::*;

const EVIL: &str = "\
# hosts and URLs
evil.example
0.0.0.0 only-this.example
http://cdn.example/bins/x86
http://cdn.example/bins/arm?key=1
http://cdn.example/kit/
http://192.0.2.7:8080/i
198.51.100.9
not an entry
";

fn lists() -> Lists {
    let mut lists = Lists::default();
    let spec = ListSpec::new("evil", "malware", Action::Drop);
    let report = lists.load(spec, EVIL.as_bytes()).unwrap();
    assert_eq!((report.entries, report.refused), (7, 1));
    assert_eq!(report.told, [(9, FeedError::NotAnEntry)]);
    lists
}

fn found(lists: &Lists, subject: Subject<'_>) -> Vec<(String, u32, String)> {
    let mut all = Vec::new();
    lists.look_up(subject, &mut Room::default(), &mut |listed| {
        all.push((listed.spec.name.clone(), listed.row, listed.entry));
    });
    all
}

fn on(lists: &Lists, subject: Subject<'_>) -> Option<(u32, String)> {
    found(lists, subject).into_iter().next().map(|(_, row, entry)| (row, entry))
}

fn url<'a>(authority: &'a str, target: &'a str) -> Subject<'a> {
    Subject::Url { authority: authority.as_bytes(), target: target.as_bytes(), usual_port: 80 }
}

#[test]
fn names_are_found_with_what_is_above_them() {
    let lists = lists();
    let check = |name: &str, expect: Option<(u32, &str)>| {
        let expect = expect.map(|(row, entry)| (row, entry.to_owned()));
        assert_eq!(on(&lists, Subject::Host(name.as_bytes())), expect, "{name}");
    };
    check("evil.example", Some((2, "evil.example")));
    check("A.B.Evil.Example.", Some((2, "evil.example")));
    check("notevil.example", None);
    check("example", None);
    check("only-this.example", Some((3, "only-this.example")));
    check("x.only-this.example", None);
    check("198.51.100.9", Some((8, "198.51.100.9")));
    check("3325256713", Some((8, "198.51.100.9")));
    check("cdn.example", None);
}

#[test]
fn urls_are_found_whole_without_query_and_by_folder() {
    let lists = lists();
    let check = |authority: &str, target: &str, expect: Option<(u32, &str)>| {
        let expect = expect.map(|(row, entry)| (row, entry.to_owned()));
        assert_eq!(on(&lists, url(authority, target)), expect, "{authority}{target}");
    };
    check("cdn.example", "/bins/x86", Some((4, "cdn.example/bins/x86")));
    check("CDN.example:80", "//bins/./%78%38%36?anything", Some((4, "cdn.example/bins/x86")));
    check("cdn.example:8080", "/bins/x86", None);
    check("cdn.example", "/bins/x86/more", None);
    check("cdn.example", "/bins/arm", None);
    check("cdn.example", "/bins/arm?key=1", Some((5, "cdn.example/bins/arm?key=1")));
    check("cdn.example", "/kit/a/b/c?d", Some((6, "cdn.example/kit/")));
    check("cdn.example", "/kit", None);
    check("192.0.2.7:8080", "/i", Some((7, "192.0.2.7:8080/i")));
    check("www.evil.example:8080", "/anything", Some((2, "evil.example")));
    check("", "/bins/x86", None);
}

#[test]
fn changes_count_from_the_next_subject_on() {
    let mut lists = lists();
    lists.add("evil", "new.example").unwrap();
    assert_eq!(on(&lists, Subject::Host(b"a.new.example")), Some((0, "new.example".into())));
    lists.remove("evil", "new.example").unwrap();
    assert_eq!(on(&lists, Subject::Host(b"a.new.example")), None);
    lists.remove("evil", "evil.example").unwrap();
    assert_eq!(on(&lists, Subject::Host(b"evil.example")), None);
    assert_eq!(lists.iter().next().unwrap().len(), 6);
    lists.add("evil", "evil.example").unwrap();
    assert_eq!(on(&lists, Subject::Host(b"evil.example")), Some((2, "evil.example".into())));
    assert_eq!(lists.add("none", "a.example"), Err(ListError::NoList("none".into())));
    assert_eq!(lists.add("evil", "com"), Err(ListError::Line("com".into(), FeedError::TopLevel)));
}

#[test]
fn changes_have_a_bound_and_a_list_can_be_replaced() {
    let mut lists = lists();
    for number in 0..LIST_CHANGES_MAX {
        lists.add("evil", &format!("{number}.new.example")).unwrap();
    }
    assert_eq!(lists.add("evil", "one-more.example"), Err(ListError::TooManyChanges("evil".into())));
    let spec = ListSpec::new("evil", "malware", Action::Drop);
    lists.load(spec, b"other.example").unwrap();
    assert_eq!(on(&lists, Subject::Host(b"evil.example")), None);
    assert_eq!(on(&lists, Subject::Host(b"other.example")), Some((1, "other.example".into())));
    assert_eq!(lists.iter().count(), 1);
    assert!(lists.unload("evil") && !lists.unload("evil"));
}

#[test]
fn a_list_that_lets_pass_takes_the_subject_from_all_others() {
    let mut lists = lists();
    let spec = ListSpec::new("ours", "update", Action::Pass);
    lists.load(spec, b"update.evil.example\n").unwrap();
    assert!(found(&lists, Subject::Host(b"update.evil.example")).is_empty());
    assert_eq!(found(&lists, Subject::Host(b"other.evil.example")).len(), 1);
}

#[test]
fn there_are_only_so_many_lists() {
    let mut lists = Lists::default();
    let spec = |number: usize| ListSpec {
        name: number.to_string(),
        category: String::new(),
        action: Action::Alert,
        sinkhole: false,
    };
    for number in 0..LISTS_MAX {
        lists.load(spec(number), b"a.example").unwrap();
    }
    assert_eq!(lists.load(spec(LISTS_MAX), b"a.example"), Err(ListError::TooManyLists));
    assert_eq!(found(&lists, Subject::Host(b"a.example")).len(), LISTS_MAX);
}

#[test]
fn hostile_subjects_are_looked_up_without_harm() {
    let lists = lists();
    let deep = vec!["a"; 127].join(".");
    let long = format!("/{}", "x/".repeat(50_000));
    for (authority, target) in
        [(deep.as_str(), "/"), ("evil.example", long.as_str()), ("[", "/"), ("a..b", "%")]
    {
        let _ = found(&lists, url(authority, target));
    }
    for seed in 0..5_000_u64 {
        let bytes = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
        let _ = found(&lists, Subject::Host(&bytes));
        let _ = found(&lists, Subject::Url { authority: &bytes[..4], target: &bytes[4..], usual_port: 80 });
        let _ = read_line(&bytes, &mut |_| ());
    }
}

#[test]
fn what_must_never_be_blocked_is_refused_or_only_told() {
    let spec = |name: &str, action| ListSpec::new(name, "x", action);
    let mut lists = Lists::default();
    lists.set_veto(Veto::new(|host| {
        let ours = [b"time.ours.example".as_slice(), b"192.0.2.53"].contains(&host);
        ours.then(|| "ours".to_owned())
    }));
    let text =
        b"time.ours.example\nours.example\n192.0.2.53\nhttp://192.0.2.53:80/x\nhttp://other.example/\n";
    let report = lists.load(spec("drop", Action::Drop), text).unwrap();
    assert_eq!((report.entries, report.vetoed), (2, 3));
    assert_eq!(report.vetoes[1], (3, "192.0.2.53".to_owned(), "ours".to_owned()));
    // Who only looks may look for them.
    let report = lists.load(spec("alert", Action::Alert), text).unwrap();
    assert_eq!((report.entries, report.vetoed), (5, 0));
    let why = |lists: &Lists, host: &[u8]| {
        let mut all = Vec::new();
        lists.look_up(Subject::Host(host), &mut Room::default(), &mut |listed| {
            all.push((listed.spec.name.clone(), listed.vetoed.is_some()));
        });
        all
    };
    let both = |vetoed| vec![("drop".to_owned(), vetoed), ("alert".to_owned(), false)];
    assert_eq!(why(&lists, b"time.ours.example"), both(true), "through the entry above it");
    assert_eq!(why(&lists, b"www.ours.example"), both(false));
    assert!(matches!(lists.add("drop", "192.0.2.53"), Err(ListError::Vetoed(..))));
    assert_eq!(lists.add("alert", "192.0.2.53"), Ok(()));
}
