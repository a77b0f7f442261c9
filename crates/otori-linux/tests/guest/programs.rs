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

/// What busybox's shell on Linux says: ENOEXEC makes it read the file as a script, an exec that cannot be finished kills.
#[test]
fn a_shell_hears_of_damaged_programs_as_on_linux() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let whole = WRITE[0].1;
    let put = |guest: &mut Guest, name: &str, damage: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.to_vec();
        damage(&mut bytes);
        guest.machine.write_file(format!("/tmp/{name}").as_bytes(), &bytes, 0o755).unwrap();
    };
    let word = |bytes: &mut Vec<u8>, place: usize, value: u32| {
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
    };
    put(&mut guest, "script", &|bytes| *bytes = b"echo as a script $0\nexit 3\n".to_vec());
    // p_filesz larger than p_memsz; PT_INTERP in place of the only segment
    put(&mut guest, "killed", &|bytes| word(bytes, 72, 0));
    put(&mut guest, "loader", &|bytes| {
        let path = bytes.len() as u32;
        bytes.extend(b"/lib/ld.so\0");
        for (place, value) in [(52, 3), (56, path), (68, 11), (72, 11)] {
            word(bytes, place, value);
        }
    });
    let script = "/tmp/script; echo $?; /tmp/killed; echo $?; /tmp/loader; echo $?";
    let done = guest.shell(script);
    let errors = String::from_utf8_lossy(&done.error).into_owned();
    assert_eq!(done.text(), "as a script /tmp/script\n3\n139\n127\n", "{errors}");
    assert!(errors.contains("Segmentation fault") && errors.contains("/tmp/loader: not found"), "{errors}");
}

#[test]
fn every_cut_of_a_program_is_refused_or_runs_but_never_panics() {
    /// The ELF header and its one program header: without them it is refused.
    const HEADERS_BYTES: usize = 52 + 32;
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
        assert_eq!(spawned.is_ok(), length >= HEADERS_BYTES, "{length} bytes");
        if let Ok(pid) = spawned {
            // what is missing of its code is zeros, which are no-operations, up to the end of what is mapped
            guest.machine.run(1_000_000);
            assert!(guest.machine.exit_status(pid).is_some(), "{length} bytes");
        }
    }
}
