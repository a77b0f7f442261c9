//! Programs in C for calls that no busybox applet makes: `compiled/NAME.c` prints what stands in `compiled/NAME.txt`.
//!
//! Compiled when the tests run, by Debian's cross compilers; without them they say so and pass. The texts are
//! what the same sources print when compiled for the machine at hand and run by its own Linux.
use crate::guest::Guest;
use otori_linux::{Isa, net::Network};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Both widths of `long`, and both numberings.
const COMPILERS: [(Isa, &str); 3] = [
    (Isa::Mips32El, "mipsel-linux-gnu-gcc"),
    (Isa::Aarch64, "aarch64-linux-gnu-gcc"),
    (Isa::X86_64, "x86_64-linux-gnu-gcc"),
];

/// The program, compiled; `None` without a compiler.
pub fn compile(source: &Path, compiler: &str) -> Option<Vec<u8>> {
    let name = source.file_stem().unwrap();
    // tests that run side by side compile the same program
    let thread = format!("{}-{:?}", name.display(), std::thread::current().id());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(compiler).with_extension(thread);
    let status = Command::new(compiler)
        .args(["-static", "-O1", "-Wall", "-pthread", "-o"])
        .args([&target, source])
        .arg("-lm")
        .status();
    match status {
        Err(_) => None,
        Ok(status) => {
            assert!(status.success(), "{} does not compile", source.display());
            Some(fs::read(&target).unwrap())
        }
    }
}

/// What the machine is connected to.
#[derive(Clone, Copy)]
enum Wire {
    /// an Ethernet interface
    Ethernet,
    /// nothing, as a new network name space of Linux
    Loopback,
}

fn check_folder(name: &str, compilers: &[(Isa, &str)], wire: Wire) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest").join(name);
    let mut sources: Vec<PathBuf> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    sources.sort();
    assert!(!sources.is_empty());
    for (isa, compiler) in compilers {
        sources.iter().all(|source| check(source, *isa, compiler, wire));
    }
}

#[test]
fn programs_print_what_linux_lets_them_print() {
    check_folder("compiled", &COMPILERS, Wire::Ethernet);
}

/// Their texts are what arch/mips of Linux says; qemu-user answers some of it otherwise.
#[test]
fn what_only_mips_has_is_as_its_linux_has_it() {
    let big = (Isa::Mips32Eb, "mips-linux-gnu-gcc");
    check_folder("compiled/mips", &[COMPILERS[0], big], Wire::Ethernet);
}

/// Their texts are qemu-user's.
#[test]
fn what_only_arm_has_is_as_qemu_user_has_it() {
    check_folder("compiled/arm", &[(Isa::ArmEl, "arm-linux-gnueabihf-gcc")], Wire::Ethernet);
}

/// Their texts are those of the processor at hand and its Linux.
#[test]
fn what_only_x86_has_is_as_its_linux_has_it() {
    let i386 = (Isa::I386, "i686-linux-gnu-gcc");
    check_folder("compiled/x86", &[i386, COMPILERS[2]], Wire::Ethernet);
    check_folder("compiled/x86_64", &[COMPILERS[2]], Wire::Ethernet);
    check_folder("compiled/i386", &[i386], Wire::Ethernet);
}

/// What is kept of decoded blocks for a process and its children must not show.
#[test]
fn code_that_programs_write_is_run_by_those_who_have_it() {
    let others = [(Isa::Mips32Eb, "mips-linux-gnu-gcc"), (Isa::ArmEl, "arm-linux-gnueabihf-gcc")];
    let i386 = (Isa::I386, "i686-linux-gnu-gcc");
    let all: Vec<_> = COMPILERS.into_iter().chain(others).chain([i386]).collect();
    check_folder("compiled/written_code", &all, Wire::Loopback);
}

/// Both byte orders: packets and addresses are in the network's order, what stands beside them in the machine's.
#[test]
fn sockets_answer_as_linux_lets_them() {
    let big = (Isa::Mips32Eb, "mips-linux-gnu-gcc");
    check_folder("compiled/network", &[COMPILERS[0], big, COMPILERS[1], COMPILERS[2]], Wire::Loopback);
}

/// Says whether there is a compiler.
fn check(source: &Path, isa: Isa, compiler: &str, wire: Wire) -> bool {
    let Some(program) = compile(source, compiler) else {
        eprintln!("skipped: no {compiler}; install gcc-*-linux-gnu to run the compiled programs");
        return false;
    };
    let expect = fs::read_to_string(source.with_extension("txt")).unwrap();
    let mut guest = Guest::bare(|config| config.isa = isa);
    if let Wire::Loopback = wire {
        guest.machine.sockets().network = Network::default();
    }
    guest.machine.write_file(b"/tmp/t", &program, 0o755).unwrap();
    let done = guest.run_program("/tmp/t", &["t"], b"");
    let errors = String::from_utf8_lossy(&done.error);
    assert_eq!(done.text(), expect, "{} {isa:?}: {errors} {:?}", source.display(), done.run);
    assert_eq!(done.status, Some(0), "{}", source.display());
    true
}

/// A device that shows an older kernel does not have what came later; what it had is there.
#[test]
fn calls_of_later_kernels_are_not_there() {
    const SOURCE: &str = "#include <errno.h>\n#include <stdio.h>\n#include <sys/syscall.h>\n#include <unistd.h>\n\
        int main(void) { char b[4]; printf(\"%d \", syscall(SYS_pidfd_open, getpid(), 0) < 0 && errno == ENOSYS);\n\
        printf(\"%d \", syscall(SYS_getrandom, b, 4, 0) < 0 && errno == ENOSYS);\n\
        printf(\"%d\\n\", syscall(SYS_prlimit64, 0, 0, 0, 0) < 0 && errno == ENOSYS); return 0; }\n";
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("since.c");
    fs::write(&source, SOURCE).unwrap();
    for (isa, compiler) in COMPILERS {
        let Some(program) = compile(&source, compiler) else { return };
        for (release, expect) in [("3.10.14", "1 1 0\n"), ("4.9.0", "1 0 0\n"), ("6.1.0", "0 0 0\n")] {
            let mut guest = Guest::bare(|config| {
                config.isa = isa;
                config.kernel_release = release.into();
            });
            guest.machine.write_file(b"/tmp/t", &program, 0o755).unwrap();
            assert_eq!(guest.run_program("/tmp/t", &["t"], b"").text(), expect, "{isa:?} {release}");
        }
    }
}
