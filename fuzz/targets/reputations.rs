//! Files of categories and scores for `iprep`, and databases of countries for `geoip`: what can be read is asked.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_rule::{
    Tables, Variables,
    country::Country,
    parse_rule,
    rule::Check,
};
use std::net::IpAddr;

fuzz_target!(|input: &[u8]| {
    let mut tables = Tables::default();
    let text = String::from_utf8_lossy(input);
    tables.reputations.load_categories("categories.txt", &text);
    let report = tables.reputations.load([("reputation.list", &*text)]);
    assert!(report.entries + report.refused <= text.lines().count());
    assert!(report.told.iter().all(|error| error.line > 0 && error.column > 0));
    tables.reputations.load_categories("categories.txt", "1,A,a");
    let text = "alert ip any any -> any any (iprep:any,A,>=,1; sid:1;)";
    let rule = parse_rule(text, &Variables::default(), &mut tables).expect("the category is there");
    let (source, destination): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [0; 16].into());
    for check in &rule.checks {
        if let Check::Reputed(reputed) = check {
            reputed.holds(source, destination);
        }
    }
    if tables.countries.load(input.to_vec()).is_ok() {
        let country = Country::parse("any,JP", &tables.countries).expect("there is a table");
        country.holds(source, destination);
    }
});
