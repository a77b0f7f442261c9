//! Same seed and same input: the same trace, byte for byte, on every set; also after a snapshot in the midst of it, and
//! however the driver cuts its calls.
//!
//! `exact/everything.c` has threads, forks, pipes, sockets, a terminal, timers, signals, futexes, random numbers and
//! times at once. Compiled when the tests run, by Debian's cross compilers; a set without one is said and left out.
use crate::{compiled::compile, guest::Guest};
use otori_linux::{Isa, Machine, Notice, Run, Stats, Stdio, net::NoOutside};
use std::path::Path;

const COMPILERS: [(Isa, &str); 7] = [
    (Isa::Mips32El, "mipsel-linux-gnu-gcc"),
    (Isa::Mips32Eb, "mips-linux-gnu-gcc"),
    (Isa::ArmEl, "arm-linux-gnueabi-gcc"),
    (Isa::ArmEl, "arm-linux-gnueabihf-gcc"),
    (Isa::Aarch64, "aarch64-linux-gnu-gcc"),
    (Isa::I386, "i686-linux-gnu-gcc"),
    (Isa::X86_64, "x86_64-linux-gnu-gcc"),
];

/// Instructions between two looks of the driver.
const SLICE: u64 = 100_000;

/// Everything that a driver can see of a run.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    notices: Vec<Notice>,
    output: Vec<u8>,
    status: Option<u32>,
    stats: Stats,
}

fn started(isa: Isa, program: &[u8], seed: u64) -> Guest {
    let mut guest = Guest::bare(|config| {
        (config.isa, config.seed, config.trace) = (isa, seed, true);
    });
    guest.machine.write_file(b"/tmp/t", program, 0o755).unwrap();
    guest.spawn("/tmp/t", &["t"], Stdio::Host);
    guest.machine.host_stdin_close();
    guest
}

/// One turn of the driver; false at the end.
fn turn(machine: &mut Machine) -> bool {
    turn_of(machine, SLICE)
}

fn turn_of(machine: &mut Machine, slice: u64) -> bool {
    match machine.run(slice) {
        Run::Budget => true,
        Run::Idle { wake_ns: Some(wake_ns) } => {
            machine.advance_to(wake_ns);
            true
        }
        Run::Idle { wake_ns: None } => panic!("everything waits for ever"),
        Run::Finished => false,
    }
}

fn to_the_end(machine: Machine) -> (Seen, u64) {
    to_the_end_by(machine, || SLICE)
}

/// Runs a machine in calls of as many instructions as `slice` says each time.
fn to_the_end_by(mut machine: Machine, mut slice: impl FnMut() -> u64) -> (Seen, u64) {
    let mut turns = 1;
    while turn_of(&mut machine, slice()) {
        turns += 1;
    }
    let seen = Seen {
        notices: machine.take_notices(),
        output: machine.take_stdout(),
        status: machine.exit_status(FIRST),
        stats: machine.stats(),
    };
    (seen, turns)
}

/// The first process that a machine starts.
const FIRST: u32 = 1_201;

fn equal(left: &Seen, right: &Seen, what: &str) {
    let differs = left.notices.iter().zip(&right.notices).position(|(left, right)| left != right);
    if let Some(place) = differs {
        panic!("{what}: notice {place}: {:?} {:?}", left.notices[place], right.notices[place]);
    }
    assert_eq!(left, right, "{what}");
}

#[test]
fn the_same_seed_and_input_give_the_same_trace_on_every_set() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/exact/everything.c");
    for (isa, compiler) in COMPILERS {
        let Some(program) = compile(&source, compiler) else {
            eprintln!("skipped: no {compiler}");
            continue;
        };
        let (first, turns) = to_the_end(started(isa, &program, 7).machine);
        let text = String::from_utf8_lossy(&first.output);
        assert_eq!(first.status, Some(0), "{compiler}: {text}");
        assert!(first.notices.len() > 1_000 && text.lines().count() == 12, "{compiler}: {text}");
        equal(&first, &to_the_end(started(isa, &program, 7).machine).0, compiler);
        assert_ne!(first.output, to_the_end(started(isa, &program, 8).machine).0.output, "{compiler}");

        let mut guest = started(isa, &program, 7);
        let mut taken = Vec::new();
        for number in 1..turns {
            turn(&mut guest.machine);
            if number % (turns / 5) == 0 {
                taken.push(guest.machine.snapshot());
            }
        }
        assert!(taken.len() >= 4, "{compiler}: {turns} turns");
        equal(&first, &to_the_end(guest.machine).0, "the machine of which snapshots were taken");
        for (number, snapshot) in taken.iter().enumerate() {
            let restored = snapshot.resume(Box::new(NoOutside));
            let copy = restored.clone();
            equal(&first, &to_the_end(restored).0, &format!("{compiler}, restored from snapshot {number}"));
            equal(&first, &to_the_end(copy).0, &format!("{compiler}, copy of snapshot {number}"));
        }
    }
}

/// Calls of one instruction, of which a run has too many: then the next number of [`SLICES`] has its turn.
const SHORT_CALLS: u64 = 300_000;

/// Instructions per call: less than a block, a part of a task's turn, a turn, several turns.
const SLICES: [u64; 5] = [1, 17, 1_000, 1_000_000, 5_000_001];

#[test]
fn the_trace_does_not_depend_on_how_the_driver_cuts_its_calls() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/exact/everything.c");
    for (isa, compiler) in COMPILERS {
        let Some(program) = compile(&source, compiler) else {
            eprintln!("skipped: no {compiler}");
            continue;
        };
        let (first, _) = to_the_end(started(isa, &program, 7).machine);
        assert_eq!(first.status, Some(0), "{compiler}");
        for slice in SLICES {
            let mut calls = 0;
            let cut = || {
                calls += 1;
                if calls <= SHORT_CALLS { slice } else { slice.max(1_000) }
            };
            let (seen, _) = to_the_end_by(started(isa, &program, 7).machine, cut);
            equal(&first, &seen, &format!("{compiler}, {slice} instructions a call"));
        }
        // from one to 64 K, small ones as often as large ones
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let random = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let bits = (state >> 59) % 17;
            1 + (state >> 20) % (1 << bits)
        };
        let (seen, _) = to_the_end_by(started(isa, &program, 7).machine, random);
        equal(&first, &seen, &format!("{compiler}, random numbers of instructions a call"));
    }
}
