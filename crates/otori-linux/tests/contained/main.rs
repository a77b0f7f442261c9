//! Named limits: each program in `programs/` asks for more of something than a device has, and prints how that ended.
//!
//! Every case is a process of its own, whose resident memory is measured, with two machines in it: the other one goes
//! on, whatever the first one does. The programs are C for x86-64, compiled when the tests run; their first line says
//! the machine's limits, the instructions they may use and the memory they may cost the host:
//! `// contained: memory_mib=32 instructions=100000000 processes=120 endless`. A program that is `endless` is killed at
//! the end of its instructions; the others have to be done by then and to print what stands in the `.txt` beside them.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test ends where something is wrong")]
#[allow(dead_code, reason = "other tests use the rest of it")]
#[path = "../guest/guest.rs"]
mod guest;

use guest::Guest;
use otori_linux::{Isa, Run, Stdio};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const COMPILER: &str = "x86_64-linux-gnu-gcc";
/// Names the compiled program in the process of its case.
const PROGRAM: &str = "OTORI_CONTAINED_PROGRAM";
/// Its first line.
const LIMITS: &str = "OTORI_CONTAINED_LIMITS";
/// Memory that a case may cost when its program does not say.
const MEMORY_MIB: u64 = 32;
const INSTRUCTIONS: u64 = 1_000_000_000;
/// Instructions after the end that killing everything may take.
const END_INSTRUCTIONS: u64 = 50_000_000;
/// Prints a line, in another machine of the same process.
const OTHER: &[u8] = include_bytes!("../../../../vectors/guest/write.mipsel");

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contained/programs")
}

/// The number behind `name=` in the first line of a program.
fn limit(line: &str, name: &str) -> Option<u64> {
    let value = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    value.map(|value| value.parse().unwrap())
}

#[test]
fn every_limit_is_met_and_holds_for_that_machine_alone() {
    let only = std::env::var("OTORI_CONTAINED_ONLY").unwrap_or_default();
    let mut sources: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| path.extension().is_some_and(|ending| ending == "c"));
    sources.retain(|path| path.file_stem().unwrap().to_string_lossy().contains(&only));
    sources.sort();
    assert!(!sources.is_empty());
    let mut wrong = Vec::new();
    for source in sources {
        match check(&source) {
            None => return eprintln!("skipped: no {COMPILER}"),
            Some(Ok(said)) => eprintln!("{}: {said}", source.file_stem().unwrap().display()),
            Some(Err(said)) => wrong.push(format!("{}: {said}", source.file_stem().unwrap().display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compiles and runs one case; `None` without a compiler.
fn check(source: &Path) -> Option<Result<String, String>> {
    let program =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("contained").with_extension(source.file_stem().unwrap());
    let mut compile = Command::new(COMPILER);
    compile.args(["-static", "-O1", "-w", "-fno-stack-protector", "-pthread", "-o"]).args([&program, source]);
    assert!(compile.status().ok()?.success(), "{} does not compile", source.display());
    let text = fs::read_to_string(source).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "one_case", "--nocapture"])
        .env(PROGRAM, &program)
        .env(LIMITS, text.lines().next().unwrap())
        .env("OTORI_CONTAINED_EXPECT", source.with_extension("txt"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    let figures =
        said.lines().find_map(|line| line.split_once("figures: ")).map(|(_, figures)| figures.to_owned());
    Some(match (child.status.success(), figures) {
        (true, Some(figures)) => Ok(figures),
        _ => Err(format!("{said}{}", String::from_utf8_lossy(&child.stderr))),
    })
}

/// Peak of this process's resident memory, KiB.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
/// Processor time of this process so far, in hundredths of a second.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn other_goes_on(other: &mut Guest) {
    let done = other.run_program("/tmp/t", &["t"], b"");
    assert_eq!((done.text().as_str(), done.status), ("dropped\n", Some(0)), "the other machine");
}

#[test]
#[ignore = "the process of one case; the test above starts it"]
fn one_case() {
    let (program, line) =
        (fs::read(std::env::var(PROGRAM).unwrap()).unwrap(), std::env::var(LIMITS).unwrap());
    let mut other = Guest::bare(|config| config.isa = Isa::Mips32El);
    other.machine.write_file(b"/tmp/t", OTHER, 0o755).unwrap();
    other_goes_on(&mut other);
    let mut guest = Guest::bare(|config| {
        config.isa = Isa::X86_64;
        let number =
            |name: &str, otherwise: usize| limit(&line, name).map_or(otherwise, |number| number as usize);
        config.limits.processes = number("processes", config.limits.processes);
        config.limits.pages = number("pages", config.limits.pages);
        config.limits.total_pages = number("total_pages", config.limits.total_pages);
        config.limits.open_files = number("open_files", config.limits.open_files);
        config.limits.descriptors = number("descriptors", config.limits.descriptors);
    });
    guest.machine.write_file(b"/tmp/t", &program, 0o755).unwrap();
    let (memory, start) = (resident_kib(), ticks());
    let pid = guest.spawn("/tmp/t", &["t"], Stdio::Host);
    let budget = limit(&line, "instructions").unwrap_or(INSTRUCTIONS);
    let (mut output, mut left) = (Vec::new(), budget as i64);
    let mut slices = 0;
    let run = loop {
        let before = guest.machine.now_ns();
        let run = guest.machine.run(20_000_000);
        // what was executed and what calls cost: an instruction takes 2 ns
        left -= ((guest.machine.now_ns() - before) / 2) as i64;
        output.extend(guest.machine.take_stdout());
        output.extend(guest.machine.take_stderr());
        guest.machine.take_notices();
        slices += 1;
        if slices == 2 {
            other_goes_on(&mut other);
        }
        match run {
            _ if left <= 0 => break run,
            Run::Idle { wake_ns: Some(wake_ns) } => guest.machine.advance_to(wake_ns),
            Run::Budget => {}
            run => break run,
        }
    };
    let (status, stats) = (guest.machine.exit_status(pid), guest.machine.stats());
    let text = String::from_utf8_lossy(&output).into_owned();
    guest.machine.kill_all();
    assert_eq!(guest.machine.run(END_INSTRUCTIONS), Run::Finished, "something outlives SIGKILL");
    other_goes_on(&mut other);
    let spent = budget as i64 - left;
    let (cost_mib, ticks) = ((resident_kib() - memory) / 1024, ticks() - start);
    println!(
        "figures: {cost_mib} MiB, {} instructions and {} calls worth {spent}, {} ms of processor time",
        stats.instructions,
        stats.syscalls,
        ticks * 10,
    );
    match line.contains("endless") {
        true => assert!(left <= 0 && spent < budget as i64 + 30_000_000, "{run:?} after {spent}"),
        false => assert_eq!((status, run), (Some(0), Run::Finished), "it did not end: {text}"),
    }
    let most = limit(&line, "memory_mib").unwrap_or(MEMORY_MIB);
    let expect = fs::read_to_string(std::env::var("OTORI_CONTAINED_EXPECT").unwrap()).unwrap();
    assert_eq!(text, expect);
    assert!(cost_mib <= most, "{cost_mib} MiB, more than {most}");
}
