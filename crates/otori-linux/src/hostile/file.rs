//! Any bytes as an executable file: headers that nearly are right, damaged ones, or nothing of the kind. Key function:
//! [`file()`]. Neighbours: `exec/elf.rs` reads them, `exec/segments.rs` maps. System V gABI.
use super::{
    Choices, Set,
    program::{machine, run_out, spawn},
    set::{BASE, CODE},
};
use alloc::vec::Vec;

/// Program headers of one file.
const HEADERS_MAX: usize = 10;
/// Bytes of a file.
const FILE_BYTES_MAX: usize = 0x6000;

/// `p_type`: what the loader looks at, and what it does not.
const KINDS: [u64; 12] = [1, 1, 1, 1, 1, 1, 3, 6, 0x6474_e551, 0x7000_0003, 7, 0x6474_e553];

/// Where sums overflow and spaces end.
const EDGES: [u64; 20] = [
    0,
    1,
    2,
    0xfff,
    0x1000,
    0x1001,
    0x7fff_0000,
    0x7fff_6000,
    0x7fff_7000,
    0x7fff_8000,
    0x7fff_ffff,
    0x8000_0000,
    0xbfff_f000,
    0xffff_0000,
    0xffff_f000,
    0xffff_ffff,
    0x7fff_ffff_f000,
    0x8000_0000_0000,
    0xffff_ffff_ffff_f000,
    u64::MAX,
];

/// Starts a file that `choices` make, and runs what comes of it for a while.
pub fn file(set: &Set, choices: &mut Choices<'_>) {
    let mut bytes = match choices.below(4) {
        0 => choices.take(FILE_BYTES_MAX).to_vec(),
        1 => set.executable(set.spin, 0x1000),
        _ => headers(set, choices),
    };
    for _ in 0..choices.below(8) {
        let (place, value) = (choices.below(0x200), choices.byte());
        if let Some(byte) = bytes.get_mut(place) {
            *byte = value;
        }
    }
    if choices.one_in(6) {
        bytes.truncate(choices.below(0x400));
    }
    bytes.truncate(FILE_BYTES_MAX);
    let mut machine = machine(set, bytes);
    if spawn(&mut machine).is_some() {
        run_out(set, &mut machine);
    }
}

/// A number that matters to a loader.
fn number(choices: &mut Choices<'_>) -> u64 {
    match choices.below(6) {
        0 => 0,
        1 => BASE.wrapping_add(choices.number(2)),
        2 => choices.number(2),
        3 => choices.pick(&EDGES),
        4 => choices.pick(&EDGES).wrapping_sub(choices.number(2)),
        _ => choices.number(8),
    }
}

/// An ELF header for this set with program headers of any kind, code behind them.
fn headers(set: &Set, choices: &mut Choices<'_>) -> Vec<u8> {
    let row = set.isa.row();
    let wide = row.elf_class == 2;
    let (word, header, one) = if wide { (8, 64, 56) } else { (4, 52, 32) };
    let count = 1 + choices.below(HEADERS_MAX);
    let mut image = alloc::vec![0x7f, b'E', b'L', b'F', row.elf_class, row.elf_data, 1];
    image.resize(16, 0);
    let put = |image: &mut Vec<u8>, value: u64, bytes: usize| match row.elf_data {
        2 => image.extend(&value.to_be_bytes()[8 - bytes..]),
        _ => image.extend(&value.to_le_bytes()[..bytes]),
    };
    let entry = if choices.one_in(8) { number(choices) } else { set.entry(CODE) };
    let kind = if choices.one_in(3) { 3 } else { 2 };
    for (value, bytes) in [(kind, 2), (u64::from(row.elf_machine), 2), (1, 4), (entry, word)] {
        put(&mut image, value, bytes);
    }
    let fields =
        [(header, word), (0, word), (u64::from(set.flags), 4), (header, 2), (one, 2), (count as u64, 2)];
    for (value, bytes) in fields {
        put(&mut image, value, bytes);
    }
    image.resize(header as usize, 0);
    for place in 0..count {
        // the first one is as a rule one that runs
        let usual = place == 0 && !choices.one_in(4);
        let kind = if usual { 1 } else { choices.pick(&KINDS) };
        let flags = if usual { 7 } else { choices.number(1) };
        let values = match usual {
            true => [0, BASE, BASE, 0x1000, 0x2000],
            false => [(); 5].map(|()| number(choices)),
        };
        put(&mut image, kind, 4);
        if wide {
            put(&mut image, flags, 4);
        }
        values.iter().for_each(|value| put(&mut image, *value, word));
        if !wide {
            put(&mut image, flags, 4);
        }
        let alignment = if usual { 0x1000 } else { number(choices) };
        put(&mut image, alignment, word);
    }
    image.resize(image.len().max((CODE - BASE) as usize), 0);
    image.extend_from_slice(b"/t\0");
    image.resize(0x400, 0);
    image.extend(set.spin);
    let more = choices.below(0x3000);
    image.resize(image.len() + more, 0);
    image
}
