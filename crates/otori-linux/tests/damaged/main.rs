//! Damaged ELF files of every set: the table of [`case::CASES`], and thousands that chance damages. The engine ends them
//! as Linux does, never panics, and stays within its limits; qemu-user is asked for its opinion where it is installed.
#![allow(clippy::unwrap_used, reason = "a test")]
mod build;
mod case;
mod ends;
mod set;

use build::Build;
use ends::{Ends, on_the_engine, under_qemu};
use set::{SETS, Set};

/// Files that chance damages, per set, and every how many qemu-user runs too.
const DAMAGED: u64 = 600;
const COMPARED_EVERY: u64 = 60;

#[test]
fn files_damaged_on_purpose_end_as_on_linux() {
    let mut failures = Vec::new();
    for set in &SETS {
        for case in case::CASES {
            let mut build = Build::new(set);
            (case.damage)(&mut build);
            let (ended, expected) = (on_the_engine(set, &build.bytes()), (case.expected)(set));
            if ended != expected {
                failures.push(format!("{}, {}: {ended:?}, Linux: {expected:?}", set.name, case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn qemu_ends_files_that_are_damaged_on_purpose_in_the_same_way() {
    let mut failures = Vec::new();
    for set in &SETS {
        for case in case::CASES.iter().filter(|case| case.qemu.is_none()) {
            let mut build = Build::new(set);
            (case.damage)(&mut build);
            let Some(ended) = under_qemu(set, &build.bytes(), "purpose") else {
                eprintln!("skipped: no {}", set.qemu);
                break;
            };
            let expected = (case.expected)(set);
            if ended != expected {
                failures.push(format!("{}, {}: {ended:?}, Linux: {expected:?}", set.name, case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Numbers from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) as usize) % end
    }
}

/// What fields are set to: edges of sizes and signs.
const VALUES: [u64; 16] =
    [0, 1, 2, 3, 4, 0xf, 0x10, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0x1001, 0x7fff_ffff, 0x8000_0000, u64::MAX];

/// A file with one to three damages in its headers, or its end missing.
fn damaged(set: &'static Set, chance: &mut Chance, anything: bool) -> Vec<u8> {
    let mut file = Build::new(set).bytes();
    let headers = if set.wide { 64 + 3 * 56 } else { 52 + 3 * 32 };
    for _ in 0..1 + chance.below(3) {
        let (place, length) = (chance.below(headers), 1 << chance.below(4));
        // the identification and sizes of headers, which qemu-user sees more strictly
        let strict = place < 24 || (36..64).contains(&place);
        if strict && !anything {
            continue;
        }
        let value = match chance.below(3) {
            0 => chance.below(256) as u64,
            1 => VALUES[chance.below(VALUES.len())],
            _ => set.base + chance.below(0x4000) as u64,
        };
        let bytes = if set.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let bytes = if set.big_endian { &bytes[8 - length..] } else { &bytes[..length] };
        file[place..place + length].copy_from_slice(bytes);
    }
    if anything && chance.below(5) == 0 {
        file.truncate(chance.below(file.len()));
    }
    file
}

/// Whether a segment has more bytes in the file than in memory, or more than the machine has: qemu-user minds neither.
fn is_larger_than_qemu_minds(set: &Set, file: &[u8]) -> bool {
    let number = |place: usize| -> u64 {
        let field = &file[place..place + if set.wide { 8 } else { 4 }];
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if set.big_endian { field.iter().fold(0, fold) } else { field.iter().rev().fold(0, fold) }
    };
    let (first, one, size) = if set.wide { (64, 56, 32) } else { (52, 32, 16) };
    (0..3).any(|part| {
        let at = first + part * one + size;
        let memory_bytes = number(at + if set.wide { 8 } else { 4 });
        number(at) > memory_bytes || memory_bytes > (ends::PAGES_MAX * 4096) as u64
    })
}

#[test]
fn files_that_chance_damages_end_within_their_limits() {
    let mut seen = std::collections::BTreeMap::<&str, u64>::new();
    for set in &SETS {
        let mut chance = Chance(1);
        for _ in 0..DAMAGED {
            let kind = match on_the_engine(set, &damaged(set, &mut chance, true)) {
                Ends::Exit(_) => "exits",
                Ends::Signal(_) => "is killed",
                Ends::Refused => "is refused",
                Ends::Running => "runs on",
            };
            *seen.entry(kind).or_default() += 1;
        }
    }
    eprintln!("{seen:?}");
    // chance reaches both sides of the loader
    assert!(seen["exits"] > DAMAGED && seen["is refused"] > DAMAGED, "{seen:?}");
}

#[test]
fn qemu_ends_files_that_chance_damages_in_the_same_way() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for set in &SETS {
        let mut chance = Chance(2);
        for number in 0..DAMAGED {
            let file = damaged(set, &mut chance, false);
            if number % COMPARED_EVERY != 0 {
                continue;
            }
            let ended = on_the_engine(set, &file);
            if ended == Ends::Running || is_larger_than_qemu_minds(set, &file) {
                // one that runs on would be waited for in vain
                continue;
            }
            let Some(qemu) = under_qemu(set, &file, "chance") else {
                eprintln!("skipped: no {}", set.qemu);
                break;
            };
            compared += 1;
            // huge segments: it fills its tables for so long
            if qemu == Ends::Running {
                continue;
            }
            // not started, or ended by a fault of its first instruction: Linux and qemu-user differ in what they notice first
            let runs = |ends| matches!(ends, Ends::Exit(_) | Ends::Running);
            if (runs(ended) || runs(qemu)) && ended != qemu {
                let whole = Build::new(set).bytes();
                let changed: Vec<_> =
                    (0..file.len()).filter(|at| file[*at] != whole[*at]).map(|at| (at, file[at])).collect();
                failures.push(format!("{}, {changed:x?}: {ended:?}, qemu-user: {qemu:?}", set.name));
            }
        }
    }
    eprintln!("{compared} files compared");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
