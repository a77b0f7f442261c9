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

const PROGRAM: &[u8] = include_bytes!("../../../../vectors/guest/write.mipsel");

/// Calls of one test; a machine serves for some of them.
const CALLS: usize = 30_000;
const CALLS_PER_MACHINE: usize = 500;

fn machine(seed: u64) -> Machine {
    let mut builder = BaseBuilder::new(0);
    let executable = builder.root_owned(0o755);
    builder.file("t", Arc::from(PROGRAM), executable).unwrap();
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
    let mut config = MachineConfig::new(Isa::Mips32El);
    config.seed = seed;
    config.trace = true;
    config.limits.processes = 24;
    config.limits.pages = 2_000;
    config.limits.total_pages = 8_000;
    config.limits.open_files = 200;
    config.limits.notices = 10_000;
    Machine::new(config, files, Sockets::default(), Box::new(NoOutside))
}

fn spawn(machine: &mut Machine) -> u32 {
    let spawn = Spawn {
        path: b"/t".to_vec(),
        arguments: vec![b"t".to_vec()],
        environment: Vec::new(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    machine.spawn(spawn).unwrap()
}

/// Values that find the edges: small numbers, mapped addresses, paths, lengths, signs.
fn value(random: &mut Random, stack: u32) -> u32 {
    let pick = random.next();
    match pick % 10 {
        0 => 0,
        1..=4 => (pick >> 8) as u32 % 12,
        5 => stack.wrapping_add((pick >> 8) as u32 % 4096),
        6 => 0x40_0000 + (pick >> 8) as u32 % 128,
        7 => u32::MAX - (pick >> 8) as u32 % 130,
        8 => 1 << ((pick >> 8) % 32),
        _ => (pick >> 16) as u32,
    }
}

fn prepare_stack(machine: &mut Machine, tid: u32, random: &mut Random) -> Option<u32> {
    let stack = machine.kernel.core.task(tid).ok()?.cpu.stack_pointer() as u32 & !0xfff;
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
    space.memory.write(u64::from(stack), &bytes).ok()?;
    Some(stack)
}

#[test]
fn random_calls_never_panic() {
    let mut random = Random::new(20_261_122);
    for round in 0..CALLS / CALLS_PER_MACHINE {
        let mut machine = machine(round as u64);
        for _ in 0..CALLS_PER_MACHINE {
            let alive: Vec<u32> = machine.kernel.core.tasks.keys().copied().collect();
            let tid = match alive.len() {
                0 => spawn(&mut machine),
                count => alive[random.next() as usize % count],
            };
            let stack = prepare_stack(&mut machine, tid, &mut random).unwrap_or(0x7fff_0000);
            // every row, those too that only other architectures have
            let place = random.next() as usize % TABLE.len();
            machine.kernel.core.end_waiting(tid);
            if let Ok(task) = machine.kernel.core.task_mut(tid) {
                let arguments = core::array::from_fn(|_| u64::from(value(&mut random, stack)));
                task.cpu.set_call(arguments, stack.into());
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
