//! Lines of suricata-update's files, and what they make of rules.
use super::*;

const FEED: &str = concat!(
    "alert http any any -> any any (msg:\"ET MALWARE A\"; classtype:trojan-activity; ",
    "metadata:confidence High, signature_severity Major; sid:1; rev:2;)\n",
    "alert http any any -> any any (msg:\"ET INFO B\"; classtype:trojan-activity; ",
    "metadata:confidence High, signature_severity Major; sid:2; rev:1;)\n",
    "#alert dns any any -> any any (msg:\"ET HUNTING C\"; classtype:misc-activity; sid:3;)\n",
    "# alert comments are no rules\n",
    "alert tcp any any -> any any (msg:\"heart|20|bleed\"; flowbits:set,x; flowbits:noalert; sid:4; gid:7;)\n",
    "alert ip any any -> any any (msg:\"ET EXPLOIT D\"; classtype:attempted-admin; ",
    "metadata:confidence Medium, signature_severity Critical; sid:5;)\n",
);

/// Rules as they count after these files: action and sid of each.
fn check(files: &[(Kind, &str)], expect: &str) -> Vec<Selected> {
    let mut selection = Selection::default();
    for (kind, text) in files {
        assert_eq!(selection.read(*kind, "t.conf", text), [], "{text}");
    }
    let rules: Vec<Selected> =
        selection.rules("rules/emerging-all.rules", FEED, &mut Tally::default()).collect();
    let found: Vec<String> = rules
        .iter()
        .map(|rule| {
            let facts = Facts::of("", &rule.text);
            format!("{}{}", facts.action.get(..1).unwrap(), facts.sid.unwrap())
        })
        .collect();
    assert_eq!(found.join(" "), expect, "{files:?}");
    rules
}

#[test]
fn files_of_suricata_update_mean_what_they_mean_there() {
    use Kind::{Disable, Drop, Enable, Modify};
    check(&[], "a1 a2 a4 a5");
    check(&[(Enable, "3")], "a1 a2 a3 a4 a5");
    check(&[(Disable, "1:1, 2"), (Enable, "2\n")], "a2 a4 a5");
    check(&[(Disable, "7:4\n1:4")], "a1 a2 a5");
    check(&[(Disable, "4")], "a1 a2 a4 a5");
    check(&[(Disable, "re:HEART\\|20\\|bleed|et info")], "a1 a5");
    check(&[(Disable, "group:emerging-all")], "");
    check(&[(Disable, "group:emerging-?ll.rules")], "");
    check(&[(Disable, "group:other*")], "a1 a2 a4 a5");
    check(&[(Disable, "filename:rules/*all*")], "");
    check(&[(Disable, "metadata: Signature_Severity major")], "a4 a5");
    // A rule that notes only is never a drop.
    check(&[(Drop, "*")], "d1 d2 a4 d5");
    check(&[(Drop, "default")], "d1 a2 a4 a5");
    check(&[(Drop, "default\n5\nexcept 1")], "a1 a2 a4 d5");
    let rules = check(&[(Modify, "1 \"^alert (\\w+)\" \"reject \\1\"\n2 'any$' 'x'")], "r1 a2 a4 a5");
    assert!(rules[0].text.starts_with("reject http any"), "{}", rules[0].text);
    check(&[(Modify, "modifysid 5 \"^alert\" | \"drop\"")], "a1 a2 a4 d5");
    check(&[(Modify, "5 \"^\" \"# \""), (Drop, "5")], "a1 a2 a4");
    check(&[(Modify, "3 \"^# *\" \"\"")], "a1 a2 a3 a4 a5");
    let rules = check(
        &[(Modify, "metadata-add 5 \"policy\" \"ours\"\nelse-metadata-add 1 confidence Low")],
        "a1 a2 a4 a5",
    );
    assert!(rules[3].text.ends_with("metadata:policy ours;)") && !rules[0].text.contains("Low"));
}

#[test]
fn what_is_done_is_counted_with_its_line() {
    let mut selection = Selection::default();
    for (kind, text) in [(Kind::Drop, "1"), (Kind::Enable, "3"), (Kind::Disable, "5")] {
        assert_eq!(selection.read(kind, "t", text), []);
    }
    let mut tally = Tally::default();
    let lines: Vec<usize> = selection.rules("t", FEED, &mut tally).map(|rule| rule.line).collect();
    assert_eq!(lines, [1, 2, 3, 5]);
    assert_eq!(tally, Tally { enabled: 1, disabled: 1, dropped: 1, modified: 0 });
}

#[test]
fn wrong_lines_are_told_with_their_place() {
    use Kind::{Disable, Drop, Modify};
    for (kind, text, why) in [
        (Drop, "20194o1", "none of SID"),
        (Drop, "1:2:3", "none of SID"),
        (Drop, "re:(", "re:("),
        (Drop, "group:", "name of a file"),
        (Drop, "metadata: deployment", "key and a value"),
        (Disable, "default", "drops only"),
        (Modify, "1 \"a\"", "wants WHICH"),
        (Modify, "1 \"a\" \"b", "quote is open"),
        (Modify, "1 \"(\" \"b\"", "re:("),
    ] {
        let mut selection = Selection::default();
        let refused = selection.read(kind, "x.conf", &format!("# c\n\n  {text}\n1\n"));
        let places: Vec<_> = refused.iter().map(|error| (error.line, error.column)).collect();
        // Line 4 is no change of a rule.
        let expect: &[_] = if kind == Modify { &[(3, 3), (4, 1)] } else { &[(3, 3)] };
        assert_eq!(places, expect, "{text}");
        assert!(refused[0].to_string().contains(why), "{}", refused[0]);
    }
}
