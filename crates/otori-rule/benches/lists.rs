//! Lists of hosts and URLs: `cargo bench -p otori-rule --bench lists [-- ENTRIES]`, five million without it.
//!
//! Makes a list of that many entries, half of them names, half URLs, and prints how long it takes to load, what memory it
//! has, and what a look-up costs of what is on the list and of what is not.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measuring program")]

use otori_rule::{
    Action,
    list::{ListSpec, Lists, Room, Subject},
};
use std::{fmt::Write, hint::black_box, time::Instant};

const ENTRIES: u32 = 5_000_000;
const LOOK_UPS: u32 = 1_000_000;

fn name(number: u32) -> String {
    // Spread, so that neighbours do not follow each other.
    let spread = number.wrapping_mul(0x9e37_79b1);
    format!("host-{spread:08x}.net{}.example", number % 5000)
}

fn main() {
    let wanted = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(ENTRIES);
    let mut text = String::new();
    for number in 0..wanted {
        match number % 2 {
            0 => writeln!(text, "{}", name(number)).unwrap(),
            _ => writeln!(text, "http://{}/bins/{number}", name(number)).unwrap(),
        }
    }
    let mut lists = Lists::default();
    let spec = ListSpec::new("bench", "malware", Action::Drop);
    let begun = Instant::now();
    let report = lists.load(spec, text.as_bytes()).unwrap();
    let loaded = begun.elapsed();
    assert_eq!((report.entries, report.refused), (wanted as usize, 0));
    let bytes = lists.iter().map(otori_rule::list::List::memory_bytes).sum::<usize>();
    println!("| entries | text | load | memory | a byte count each |\n|---|---|---|---|---|");
    println!(
        "| {wanted} | {:.1} MB | {} ms | {:.1} MB | {:.2} |",
        text.len() as f64 / 1e6,
        loaded.as_millis(),
        bytes as f64 / 1e6,
        bytes as f64 / f64::from(wanted)
    );
    let mut room = Room::default();
    println!("\n| looked up | found | ns each |\n|---|---|---|");
    for (what, first) in [("names on the list", 0), ("names on no list", wanted + wanted % 2)] {
        let names: Vec<String> = (0..LOOK_UPS).map(|at| name(first + at % (wanted / 2) * 2)).collect();
        report_cost(what, &lists, &mut room, names.iter().map(|name| Subject::Host(name.as_bytes())));
    }
    let urls: Vec<(String, String)> = (0..LOOK_UPS)
        .map(|at| at % (wanted / 2) * 2 + 1)
        .map(|number| (format!("www.{}", name(number)), format!("/bins/{number}?q=1")))
        .collect();
    let subjects = urls.iter().map(|(host, target)| Subject::Url {
        authority: host.as_bytes(),
        target: target.as_bytes(),
        usual_port: 80,
    });
    report_cost("URLs on no list", &lists, &mut room, subjects);
}

fn report_cost<'a>(what: &str, lists: &Lists, room: &mut Room, subjects: impl Iterator<Item = Subject<'a>>) {
    let (mut found, mut count) = (0, 0_u32);
    let begun = Instant::now();
    for subject in subjects {
        lists.look_up(subject, room, &mut |listed| found += usize::from(black_box(listed).row > 0));
        count += 1;
    }
    let nanoseconds = begun.elapsed().as_nanos() as f64 / f64::from(count);
    println!("| {what} | {found} of {count} | {nanoseconds:.0} |");
}
