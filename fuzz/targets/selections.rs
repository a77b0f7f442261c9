//! Files that select rules, as text, and what they make of rules.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_rule::{
    RuleSet, Variables,
    selection::{Kind, Selection, Tally},
};

const RULES: &str = "alert http any any -> any any (msg:\"ET MALWARE A\"; classtype:trojan-activity; \
    metadata:confidence High, signature_severity Major; sid:1; rev:2;)\n\
    # alert dns any any -> any any (msg:\"B\"; dns.query; content:\"b\"; sid:2;)\n";

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    for kind in [Kind::Enable, Kind::Disable, Kind::Drop, Kind::Modify] {
        let mut selection = Selection::default();
        selection.read(kind, "fuzz.conf", &text);
        RuleSet::new(Variables::default()).load_selected("fuzz.rules", RULES, &selection);
        // The input as rules, too.
        let count = selection.rules("fuzz.rules", &text, &mut Tally::default()).count();
        assert!(count <= text.lines().count());
    }
});
