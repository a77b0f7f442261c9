//! Small programs of our own, both byte orders: `vectors/guest` has source, bytes and what they print.
//!
//! `calls.txt` is what qemu-mips-static and qemu-mipsel-static 7.2 printed for the same bytes.
use crate::guest::{Done, Guest};
use otori_linux::{Isa, NoticeKind, SpawnError, Stdio};

const CALLS: [(Isa, &[u8]); 2] = [
    (Isa::Mips32El, include_bytes!("../../../../vectors/guest/calls.mipsel")),
    (Isa::Mips32Eb, include_bytes!("../../../../vectors/guest/calls.mips")),
];
const WRITE: [(Isa, &[u8]); 2] = [
    (Isa::Mips32El, include_bytes!("../../../../vectors/guest/write.mipsel")),
    (Isa::Mips32Eb, include_bytes!("../../../../vectors/guest/write.mips")),
];
/// A32, T32, BE8, BE32.
const ARM: [(Isa, &[u8]); 4] = [
    (Isa::ArmEl, include_bytes!("../../../../vectors/guest/arm.a32")),
    (Isa::ArmEl, include_bytes!("../../../../vectors/guest/arm.t32")),
    (Isa::ArmEb, include_bytes!("../../../../vectors/guest/arm.be8")),
    (Isa::ArmEb, include_bytes!("../../../../vectors/guest/arm.be32")),
];
/// The old ABI in both byte orders.
const OLD_ARM: [(Isa, &[u8]); 2] = [
    (Isa::ArmEl, include_bytes!("../../../../vectors/guest/oabi.little")),
    (Isa::ArmEb, include_bytes!("../../../../vectors/guest/oabi.big")),
];
const OLD_ARM_EXPECT: &str = include_str!("../../../../vectors/guest/oabi.txt");
const ARM_EXPECT: &str = include_str!("../../../../vectors/guest/arm.txt");
const EXPECT: &str = include_str!("../../../../vectors/guest/calls.txt");

fn run(isa: Isa, program: &[u8]) -> Done {
    let mut guest = Guest::bare(|config| {
        config.isa = isa;
        config.trace = true;
    });
    guest.machine.write_file(b"/tmp/t", program, 0o755).unwrap();
    guest.run_program("/tmp/t", &["t"], b"")
}

#[test]
fn signals_processes_threads_and_memory_behave_in_both_byte_orders() {
    for (isa, program) in CALLS {
        let done = run(isa, program);
        assert_eq!((done.text().as_str(), done.status), (EXPECT, Some(9)), "{isa:?}");
        let unsupported =
            |kind: &NoticeKind| matches!(kind, NoticeKind::Unsupported { call } if call == "syscall_4999");
        assert!(done.notices.iter().any(|notice| unsupported(&notice.kind)));
    }
}

#[test]
fn arm_has_its_helpers_frames_and_orders() {
    for (number, (isa, program)) in ARM.into_iter().enumerate() {
        let done = run(isa, program);
        assert_eq!((done.text().as_str(), done.status), (ARM_EXPECT, Some(3)), "{number}");
    }
}

#[test]
fn programs_of_the_old_arm_abi_have_its_calls_and_structures() {
    for (isa, program) in OLD_ARM {
        let done = run(isa, program);
        assert_eq!((done.text().as_str(), done.status), (OLD_ARM_EXPECT, Some(3)), "{isa:?}");
    }
}

#[test]
fn the_trace_reads_like_strace() {
    for (isa, program) in WRITE {
        let done = run(isa, program);
        let lines: Vec<&str> = done
            .notices
            .iter()
            .filter_map(|notice| match &notice.kind {
                NoticeKind::Call { line } => Some(line.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(lines, ["write(1, \"dropped\\n\", 8) = 8", "exit(0) = ?"]);
        assert_eq!(done.status, Some(0));
    }
}

#[test]
fn what_is_for_another_machine_is_refused_with_the_reason() {
    let mut guest = Guest::bare(|config| config.isa = Isa::Mips32El);
    guest.machine.write_file(b"/tmp/t", WRITE[1].1, 0o755).unwrap();
    guest.machine.write_file(b"/tmp/text", b"no program", 0o644).unwrap();
    let spawn = |path: &str| otori_linux::Spawn {
        path: path.into(),
        arguments: vec![b"t".to_vec()],
        environment: Vec::new(),
        cwd: b"/".to_vec(),
        uid: 0,
        gid: 0,
        stdio: Stdio::Host,
    };
    let error = guest.machine.spawn(spawn("/tmp/t")).unwrap_err();
    assert!(matches!(error, SpawnError::Format(_)), "{error}");
    assert_eq!(guest.machine.spawn(spawn("/tmp/text")).unwrap_err().to_string(), "/tmp/text: EACCES");
    assert_eq!(guest.machine.spawn(spawn("/nowhere")).unwrap_err().to_string(), "/nowhere: ENOENT");
}

#[test]
fn every_cut_of_a_program_is_refused_or_runs_but_never_panics() {
    let program = WRITE[0].1;
    for length in 0..program.len() {
        let mut guest = Guest::bare(|config| config.isa = Isa::Mips32El);
        guest.machine.write_file(b"/tmp/t", &program[..length], 0o755).unwrap();
        let spawned = guest.machine.spawn(otori_linux::Spawn {
            path: b"/tmp/t".to_vec(),
            arguments: Vec::new(),
            environment: Vec::new(),
            cwd: b"/".to_vec(),
            uid: 0,
            gid: 0,
            stdio: Stdio::Host,
        });
        assert!(spawned.is_err(), "{length} bytes");
    }
}
