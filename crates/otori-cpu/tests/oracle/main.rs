//! Random instruction sequences, run by our engine and by qemu-user, compared register by register.
//!
//! Each program is a small static ELF written from bytes. It runs chunks of random instructions and after each
//! chunk appends all registers to a dump that it writes to standard output at its end. `OTORI_ORACLE_PROGRAMS`
//! sets how many programs of each kind are run (default 6, about 10,000 random instructions each).
#![allow(clippy::unwrap_used, clippy::precedence, reason = "a test harness")]

mod elf;
mod engine;
mod generate;
mod random;

use generate::{DUMP_BYTES, Kind, Program};
use otori_cpu::mips::{Endian, FloatRegisters};
use std::path::PathBuf;
use std::process::Command;

fn qemu(endian: Endian) -> Option<PathBuf> {
    let name = match endian {
        Endian::Little => "qemu-mipsel-static",
        Endian::Big => "qemu-mips-static",
    };
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is not installed (Debian package qemu-user-static); nothing was compared");
    }
    found
}

fn programs_per_kind() -> u64 {
    std::env::var("OTORI_ORACLE_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(6)
}

/// Where two dumps differ, told so that the chunk can be read.
fn difference(program: &Program, ours: &[u8], theirs: &[u8]) -> Option<String> {
    for (number, (chunk, (a, b))) in
        program.chunks.iter().zip(ours.chunks(DUMP_BYTES).zip(theirs.chunks(DUMP_BYTES))).enumerate()
    {
        if a == b {
            continue;
        }
        let mut text = format!("chunk {number}: ");
        for word in chunk {
            text += &format!("{word:08x} ");
        }
        for (name, (a, b)) in generate::dump_names().zip(a.chunks(4).zip(b.chunks(4))) {
            if a != b {
                text += &format!("\n  {name}: ours {a:02x?}, qemu {b:02x?}");
            }
        }
        return Some(text);
    }
    (ours.len() != theirs.len()).then(|| format!("ours {} bytes, qemu {}", ours.len(), theirs.len()))
}

fn check(kind: Kind, endian: Endian, float_registers: FloatRegisters) {
    let Some(qemu) = qemu(endian) else { return };
    let folder = std::env::temp_dir().join(format!("otori-oracle-{}-{kind:?}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut instructions = 0;
    for seed in 0..programs_per_kind() {
        let program = generate::program(kind, float_registers, seed);
        let image = elf::image(&program, endian, float_registers);
        let file = folder.join(format!("{kind:?}-{endian:?}-{float_registers:?}-{seed}"));
        std::fs::write(&file, &image).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output = Command::new(&qemu).arg(&file).output().unwrap();
        let ours = engine::run(&program, endian, float_registers);
        let told = difference(&program, &ours, &output.stdout);
        assert!(output.status.success(), "{kind:?} seed {seed}: qemu {:?} {told:?}", output.status);
        if let Some(told) = told {
            panic!("{kind:?} {endian:?} {float_registers:?} seed {seed} ({}): {told}", file.display());
        }
        std::fs::remove_file(&file).unwrap();
        instructions += program.chunks.iter().map(Vec::len).sum::<usize>();
    }
    std::fs::remove_dir(&folder).unwrap();
    eprintln!("{kind:?} {endian:?} {float_registers:?}: {instructions} instructions agree with qemu");
}

fn check_both_orders(kind: Kind) {
    check(kind, Endian::Little, FloatRegisters::Pairs);
    check(kind, Endian::Big, FloatRegisters::Pairs);
}

#[test]
fn arithmetic_agrees_with_qemu() {
    check_both_orders(Kind::Arithmetic);
}

#[test]
fn products_and_quotients_agree_with_qemu() {
    check_both_orders(Kind::Products);
}

#[test]
fn loads_and_stores_agree_with_qemu() {
    check_both_orders(Kind::Memory);
}

#[test]
fn branches_and_jumps_agree_with_qemu() {
    check_both_orders(Kind::Branches);
}

#[test]
fn floating_point_agrees_with_qemu() {
    check_both_orders(Kind::Float);
    check(Kind::Float, Endian::Little, FloatRegisters::Wide);
    check(Kind::Float, Endian::Big, FloatRegisters::Wide);
}

#[test]
fn everything_mixed_agrees_with_qemu() {
    check_both_orders(Kind::Mixed);
    check(Kind::Mixed, Endian::Little, FloatRegisters::Wide);
}
