//! Random calls with random arguments: nothing panics, the tables stay consistent.
use super::TABLE;
use crate::{
    Machine, MachineConfig, Run, Spawn, Stdio,
    net::{NoOutside, Sockets},
    random::Random,
    vfs::{BaseBuilder, Limits, MountSpec, Vfs},
};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use otori_cpu::Isa;

/// One set with 32-bit addresses, where sums cannot overflow 64 bits, and one where they can.
const SETS: [Isa; 2] = [Isa::Mips32El, Isa::Aarch64];

/// A program that only loops.
fn program(isa: Isa) -> Vec<u8> {
    if isa == Isa::Mips32El {
        return include_bytes!("../../../../vectors/guest/write.mipsel").to_vec();
    }
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\xb7\0\x01\0\0\0".to_vec();
    let mut words = |values: &[(u64, usize)]| {
        values.iter().for_each(|(value, width)| bytes.extend_from_slice(&value.to_le_bytes()[..*width]));
    };
    // e_entry, e_phoff, e_shoff, e_flags, e_ehsize, e_phentsize, e_phnum, e_sh*
    words(&[(0x40_0078, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2), (1, 2), (64, 2), (0, 2), (0, 2)]);
    // PT_LOAD, readable and executable; offset, addresses, sizes, alignment; then `b .`
    words(&[
        (1, 4),
        (5, 4),
        (0, 8),
        (0x40_0000, 8),
        (0x40_0000, 8),
        (124, 8),
        (124, 8),
        (0x1000, 8),
        (0x1400_0000, 4),
    ]);
    bytes
}

/// Calls of one test; a machine serves for some of them.
const CALLS: usize = 30_000;
const CALLS_PER_MACHINE: usize = 500;

fn machine(isa: Isa, seed: u64) -> Machine {
    let mut builder = BaseBuilder::new(0);
    let executable = builder.root_owned(0o755);
    builder.file("t", Arc::from(program(isa)), executable).unwrap();
    for folder in ["tmp", "dev", "proc"] {
        builder.directory(folder, executable).unwrap();
    }
    let root = MountSpec::tmpfs(Arc::new(builder.finish()), 1 << 20, 1);
    let mut files = Vfs::new(root, Limits { machine_bytes: 2 << 20, ..Limits::default() });
    let nobody = crate::proc::NoProcesses::default();
    let credentials = crate::vfs::Credentials::ROOT;
    let context =
        crate::vfs::Context { credentials: &credentials, root: files.root(), now_ns: 0, view: &nobody };
    let at = files.lookup(&context, files.root(), b"/proc", crate::vfs::Follow::Yes).unwrap();
    files.mount(at, MountSpec::proc(2)).unwrap();
    let mut config = MachineConfig::new(isa);
    config.seed = seed;
    config.trace = true;
    config.limits.processes = 24;
    config.limits.pages = 2_000;
    config.limits.total_pages = 8_000;
    config.limits.open_files = 200;
    config.limits.notices = 10_000;
    Machine::new(config, files, Sockets::default(), Box::new(NoOutside))
}

/// `None` when a call has made something else of the program.
fn spawn(machine: &mut Machine) -> Option<u32> {
    let spawn = Spawn {
        path: b"/t".to_vec(),
        arguments: vec![b"t".to_vec()],
        environment: Vec::new(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    machine.spawn(spawn).ok()
}

/// Values that find the edges: small numbers, mapped addresses, paths, lengths, signs.
fn value(random: &mut Random, stack: u64, most: u64) -> u64 {
    let pick = random.next();
    match pick % 10 {
        0 => 0,
        1..=4 => (pick >> 8) % 12,
        5 => stack.wrapping_add((pick >> 8) % 4096) & most,
        6 => 0x40_0000 + (pick >> 8) % 128,
        7 => most - (pick >> 8) % 130,
        8 => (1 << ((pick >> 8) % 64)) & most,
        _ => random.next() & most,
    }
}

fn prepare_stack(machine: &mut Machine, tid: u32, random: &mut Random) -> Option<u64> {
    let stack = machine.kernel.core.task(tid).ok()?.cpu.stack_pointer() & !0xfff;
    let mut bytes = vec![0; 4096];
    random.fill(&mut bytes);
    let paths: [&[u8]; 6] =
        [b"/t\0", b"/tmp/a\0", b"/proc/self/maps\0", b"/dev/null\0", b".\0", b"/tmp/../tmp/b/\0"];
    for (place, path) in (0..4096).step_by(64).zip(paths.iter().cycle()) {
        if random.next().is_multiple_of(2) {
            bytes[place..place + path.len()].copy_from_slice(path);
        }
    }
    let space = machine.kernel.core.space_of_mut(tid).ok()?;
    space.memory.write(stack, &bytes).ok()?;
    Some(stack)
}

#[test]
fn random_calls_never_panic() {
    let mut random = Random::new(20_261_122);
    for round in 0..CALLS / CALLS_PER_MACHINE {
        let mut machine = machine(SETS[round % SETS.len()], round as u64);
        let most = machine.kernel.core.abi.word_max();
        for _ in 0..CALLS_PER_MACHINE {
            let alive: Vec<u32> = machine.kernel.core.tasks.keys().copied().collect();
            let tid = match alive.len() {
                0 => spawn(&mut machine),
                count => Some(alive[random.next() as usize % count]),
            };
            let Some(tid) = tid else { break };
            let stack = prepare_stack(&mut machine, tid, &mut random).unwrap_or(0x7fff_0000);
            // every row, those too that only other architectures have
            let place = random.next() as usize % TABLE.len();
            machine.kernel.core.end_waiting(tid);
            if let Ok(task) = machine.kernel.core.task_mut(tid) {
                let arguments = core::array::from_fn(|_| value(&mut random, stack, most));
                task.cpu.set_call(arguments, stack);
            }
            machine.kernel.call_row(tid, place as u16, &TABLE[place]);
            machine.kernel.deliver_signals(tid);
            machine.take_notices();
            machine.take_stdout();
        }
        if let Run::Idle { wake_ns: Some(wake_ns) } = machine.run(20_000) {
            machine.advance_to(wake_ns.min(1 << 40));
            machine.run(20_000);
        }
        machine.kill_all();
        assert_eq!(machine.run(100_000), Run::Finished);
        let core = &machine.kernel.core;
        assert_eq!((core.tasks.len(), core.spaces.len(), core.tables.len()), (0, 0, 0));
        assert_eq!((core.files.len(), core.waits.len(), core.total_pages), (0, 0, 0));
    }
}
