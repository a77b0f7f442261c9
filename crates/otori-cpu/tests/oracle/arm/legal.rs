//! Which half words are instructions of T32: `legal.c` runs each of them once in qemu-user, [`is_instruction`] on our
//! engine.

use super::BASE;
use crate::harness::{Flat, find_qemu};
use otori_cpu::Stop;
use otori_cpu::arm::{Cpu, Order};
use std::path::Path;
use std::process::Command;

const COMPILER: &str = "arm-linux-gnueabihf-gcc";
/// From here on a half word is the first of two.
const FIRST_OF_TWO: usize = 0xe800;
/// Where qemu is not followed: it takes `it` with the condition that there is not (UNPREDICTABLE), and answers the
/// breakpoint of Linux, which the processor refuses and the kernel makes a trap of, itself.
const UNLIKE: [u16; 16] = [
    0xbff1, 0xbff2, 0xbff3, 0xbff4, 0xbff5, 0xbff6, 0xbff7, 0xbff8, 0xbff9, 0xbffa, 0xbffb, 0xbffc, 0xbffd,
    0xbffe, 0xbfff, 0xde01,
];
/// Page of code, page of data.
const PAGE: usize = 4096;

/// Whether a half word does anything but being refused, with every register pointing into data.
fn is_instruction(half: u16) -> bool {
    // udf everywhere, the half word in the middle of its page
    let mut image: Vec<u8> = std::iter::repeat_n(0xde00_u16.to_le_bytes(), PAGE / 2).flatten().collect();
    image[PAGE / 2..PAGE / 2 + 2].copy_from_slice(&half.to_le_bytes());
    let mut memory = Flat::new(BASE.into(), &image, 2 * PAGE);
    let mut cpu = Cpu::new(Order::Little);
    let here = BASE + PAGE as u32 / 2;
    cpu.registers[..15].fill(BASE + 3 * PAGE as u32 / 2);
    cpu.branch_exchange(here | 1);
    let (stop, _) = otori_cpu::run(&mut cpu, &mut memory, 1);
    !(stop == Stop::Illegal && cpu.pc() == here)
}

#[test]
fn arm_half_words_that_are_no_instructions_are_those_of_qemu() {
    let Some(qemu) = find_qemu("qemu-arm-static") else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("legal");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/arm/legal.c");
    let compiled = Command::new(COMPILER).args(["-static", "-O1", "-o"]).arg(&program).arg(source).status();
    if compiled.is_err() {
        eprintln!("SKIPPED: {COMPILER} is not installed; nothing was compared");
        return;
    }
    assert!(compiled.unwrap().success());
    let output = Command::new(&qemu).args(["-cpu", "cortex-a7"]).arg(&program).output().unwrap();
    assert_eq!(output.stdout.len(), FIRST_OF_TWO, "{:?}", output.status);
    let mut wrong = Vec::new();
    for (half, theirs) in (0_u16..).zip(&output.stdout) {
        let ours = is_instruction(half);
        if *theirs != b'-' && !UNLIKE.contains(&half) && ours != (*theirs == b'1') {
            wrong.push(format!("{half:04x} {}", if ours { "is taken" } else { "is refused" }));
        }
    }
    assert!(wrong.is_empty(), "{} half words: {:?}", wrong.len(), wrong.get(..wrong.len().min(60)));
    let refused = output.stdout.iter().filter(|answer| **answer == b'0').count();
    assert!(refused > 1_000, "{refused}");
    eprintln!("ARM T32: {FIRST_OF_TWO} half words, {refused} of them none, as in qemu");
}
