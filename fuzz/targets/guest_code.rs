//! Any bytes as a program of any set: the first byte chooses the set, the rest is code that may also write itself and
//! make any system call. The machine is small; what a program does ends at its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use otori_cpu::isa::{ISAS, IsaRow};
use otori_linux::net::{Network, NoOutside, Sockets};
use otori_linux::vfs::{BaseBuilder, Limits, MountSpec, Vfs};
use otori_linux::{Machine, MachineConfig, Run, Spawn, Stdio};
use std::sync::Arc;

const BASE: u64 = 0x1_0000;
const CODE_OFFSET: u64 = 0x100;
const CODE_BYTES_MAX: usize = 0x4000;
const INSTRUCTIONS: u64 = 200_000;

/// A static executable with one segment that may be read, written and executed (System V gABI).
fn executable(row: &IsaRow, code: &[u8]) -> Vec<u8> {
    let wide = row.elf_class == 2;
    let mut image = vec![0x7f, b'E', b'L', b'F', row.elf_class, row.elf_data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let put = |image: &mut Vec<u8>, value: u64, bytes: usize| match row.elf_data {
        2 => image.extend(&value.to_be_bytes()[8 - bytes..]),
        _ => image.extend(&value.to_le_bytes()[..bytes]),
    };
    let word = if wide { 8 } else { 4 };
    let header = if wide { 64 } else { 52 };
    let program_header = if wide { 56 } else { 32 };
    for (value, bytes) in [(2, 2), (u64::from(row.elf_machine), 2), (1, 4), (BASE + CODE_OFFSET, word)] {
        put(&mut image, value, bytes);
    }
    // MIPS: o32, release 2. ARM: EABI 5.
    let flags = match row.elf_machine {
        8 => 0x7000_1000,
        40 => 0x0500_0000,
        _ => 0,
    };
    for (value, bytes) in [(header, word), (0, word), (flags, 4), (header, 2), (program_header, 2), (1, 2)] {
        put(&mut image, value, bytes);
    }
    image.resize(header as usize, 0);
    let bytes = CODE_OFFSET + code.len() as u64;
    put(&mut image, 1, 4);
    if wide {
        put(&mut image, 7, 4);
    }
    for value in [0, BASE, BASE, bytes, bytes + 0x1000] {
        put(&mut image, value, word);
    }
    if !wide {
        put(&mut image, 7, 4);
    }
    put(&mut image, 0x1000, word);
    image.resize(CODE_OFFSET as usize, 0);
    image.extend(code);
    image
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, code)) = input.split_first() else { return };
    let row = &ISAS[usize::from(*choice) % ISAS.len()];
    let mut tree = BaseBuilder::new(0);
    let image = executable(row, &code[..code.len().min(CODE_BYTES_MAX)]);
    tree.file("program", Arc::from(image), tree.root_owned(0o755)).expect("the tree is empty");
    let vfs = Vfs::new(MountSpec::tmpfs(Arc::new(tree.finish()), 0, 1), Limits::default());
    let mut config = MachineConfig::new(row.isa);
    (config.limits.pages, config.limits.total_pages) = (512, 2048);
    let mut machine = Machine::new(config, vfs, Sockets::new(Network::default()), Box::new(NoOutside));
    let spawn = Spawn {
        path: b"/program".to_vec(),
        arguments: vec![b"program".to_vec()],
        environment: Vec::new(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    if machine.spawn(spawn).is_err() {
        return;
    }
    for _ in 0..8 {
        match machine.run(INSTRUCTIONS / 8) {
            Run::Idle { wake_ns: Some(wake_ns) } => machine.advance_to(wake_ns.min(machine.now_ns() + (1 << 40))),
            Run::Budget => {}
            _ => break,
        }
        machine.take_notices();
        machine.take_stdout();
    }
    machine.kill_all();
    assert_eq!(machine.run(1_000_000), Run::Finished);
});
