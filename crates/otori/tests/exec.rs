//! `otori exec` as a user sees it: streams, exit statuses, containment, trace and figures. The programs are small
//! MIPS executables written here from words.
#![allow(clippy::unwrap_used, clippy::precedence, reason = "a test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const BASE: u32 = 0x40_0000;
const CODE_OFFSET: u32 = 84;
const SYSCALL: u32 = 12;
const READ: u32 = 4003;
const WRITE: u32 = 4004;
const EXIT: u32 = 4001;

/// A static executable for MIPS32 with one segment that may be written and executed.
fn executable(words: &[u32], text: &[u8], big: bool) -> Vec<u8> {
    let half = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let word = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let length = CODE_OFFSET + 4 * words.len() as u32 + text.len() as u32;
    let mut out = vec![0x7f, b'E', b'L', b'F', 1, if big { 2 } else { 1 }, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    out.extend([2, 8].into_iter().flat_map(half));
    out.extend([1, BASE + CODE_OFFSET, 52, 0, 0x7000_1001].into_iter().flat_map(word));
    out.extend([52, 32, 1, 0, 0, 0].into_iter().flat_map(half));
    out.extend([1, 0, BASE, BASE, length, length + 4096, 7, 4096].into_iter().flat_map(word));
    out.extend(words.iter().copied().flat_map(word));
    out.extend(text);
    out
}

fn set(register: u32, value: u32) -> [u32; 2] {
    [15 << 26 | register << 16 | value >> 16, 13 << 26 | register << 21 | register << 16 | value & 0xffff]
}

fn call(number: u32, arguments: [u32; 3]) -> Vec<u32> {
    let mut words: Vec<u32> =
        (4..7).zip(arguments).flat_map(|(register, value)| set(register, value)).collect();
    words.extend(set(2, number));
    words.push(SYSCALL);
    words
}

/// Writes "hello\n" and exits with 7.
fn hello(big: bool) -> Vec<u8> {
    let mut words = call(WRITE, [1, 0, 6]);
    words.extend(call(EXIT, [7, 0, 0]));
    let text = BASE + CODE_OFFSET + 4 * words.len() as u32;
    words.splice(2..4, set(5, text));
    executable(&words, b"hello\n", big)
}

/// Reads up to 64 bytes and writes as many back.
fn echo() -> Vec<u8> {
    let buffer = BASE + 0x800;
    let mut words = call(READ, [0, buffer, 64]);
    let length = words.len();
    words.extend(call(WRITE, [1, buffer, 0]));
    // The third argument is what read(2) returned: addu $6, $2, $0 before $2 is set.
    words.splice(length + 4..length + 6, [2 << 21 | 6 << 11 | 33, 0]);
    words.extend(call(EXIT, [0, 0, 0]));
    executable(&words, b"", false)
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("otori-exec-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("bin")).unwrap();
        Folder(path)
    }
    fn program(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join("bin").join(name);
        std::fs::write(&path, bytes).unwrap();
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn exec(arguments: &[&str], program: &Path, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_otori"))
        .arg("exec")
        .args(arguments)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn output_and_exit_status_pass_through_on_both_byte_orders() {
    let folder = Folder::new("hello");
    for big in [false, true] {
        let output = exec(&[], &folder.program("hello", &hello(big)), b"");
        assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"hello\n"[..], Some(7)));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

#[test]
fn input_passes_through() {
    let folder = Folder::new("echo");
    let output = exec(&[], &folder.program("echo", &echo()), b"from the host");
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b"from the host"[..], Some(0)));
}

#[test]
fn a_program_below_the_root_is_found_by_path_or_by_name() {
    let folder = Folder::new("root");
    folder.program("hello", &hello(false));
    let root = ["--root", folder.0.to_str().unwrap()];
    for name in ["/bin/hello", "bin/hello", "hello"] {
        assert_eq!(exec(&root, Path::new(name), b"").status.code(), Some(7), "{name}");
    }
    // A file of the host that is not below the root is not there.
    let outside = Folder::new("outside").program("hello", &hello(false));
    assert_eq!(exec(&root, &outside, b"").status.code(), Some(127));
    assert_eq!(exec(&root, Path::new("/bin"), b"").status.code(), Some(126), "a folder");
}

#[test]
fn a_signal_gives_128_and_its_number() {
    let folder = Folder::new("signal");
    let illegal = exec(&[], &folder.program("illegal", &executable(&[0xffff_ffff], b"", false)), b"");
    assert_eq!(illegal.status.code(), Some(128 + 4));
    let wild = exec(&[], &folder.program("wild", &executable(&[35 << 26], b"", false)), b"");
    assert_eq!(wild.status.code(), Some(128 + 11));
}

#[test]
fn what_cannot_be_run_says_why_and_exits_with_126() {
    let folder = Folder::new("cannot");
    let mut foreign = hello(false);
    foreign[18] = 62;
    for (name, bytes) in [("text", &b"just text"[..]), ("foreign", &foreign), ("short", b"\x7fELF\x01\x01")] {
        let output = exec(&[], &folder.program(name, bytes), b"");
        assert_eq!(output.status.code(), Some(126), "{name}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("otori: cannot run "), "{name}");
    }
    let root = ["--root", "/no/such/root"];
    assert_eq!(exec(&root, Path::new("x"), b"").status.code(), Some(126), "the root is not the program");
}

#[test]
fn what_is_missing_is_named_and_exits_with_127() {
    let folder = Folder::new("missing");
    let check = |path: &Path, expected: &str| {
        let output = exec(&[], path, b"");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(expected), "{text}");
        assert_eq!(output.status.code(), Some(127), "{text}");
    };
    check(&folder.0.join("missing"), "there is no such file");
    check(&folder.program("script", b"#!/bin/none\n"), "there is no /bin/none");
    let mut dynamic = hello(false);
    // a second program header: PT_INTERP, its path at the end of the file
    let path = dynamic.len() as u32;
    dynamic.extend(b"/lib/ld-none.so.1\0");
    let fields = [3, path, 0, 0, 18, 18, 4, 1];
    dynamic[44] = 2;
    for (place, value) in (84..).step_by(4).zip(fields) {
        dynamic[place..place + 4].copy_from_slice(&u32::to_le_bytes(value));
    }
    check(
        &folder.program("dynamic", &dynamic),
        "dynamic loader /lib/ld-none.so.1 cannot be used (ENOENT); put",
    );
}

#[test]
fn figures_are_one_json_line_and_the_trace_one_line_per_call() {
    let folder = Folder::new("stats");
    let program = folder.program("hello", &hello(false));
    let stats = |arguments: &[&str]| {
        let output = exec(arguments, &program, b"");
        String::from_utf8(output.stderr).unwrap()
    };
    let value: serde_json::Value = serde_json::from_str(stats(&["--stats"]).trim()).unwrap();
    assert_eq!(value["isa"], "mipsel");
    assert_eq!(value["instructions"], 18);
    assert_eq!(value["syscalls"], 2);
    assert_eq!(value["processes"], 1);
    assert!(value["virtual_ns"].is_u64() && value["pages_peak"].is_u64());
    let trace = stats(&["--trace"]);
    let lines: Vec<&str> = trace.lines().collect();
    assert_eq!(lines.len(), 2, "{trace}");
    assert!(lines[0].contains("write(1, \"hello\\n\", 6) = 6") && lines[1].contains("exit(7)"), "{trace}");
}

#[test]
fn a_budget_ends_an_endless_program_exactly() {
    let folder = Folder::new("budget");
    let endless = folder.program("endless", &executable(&[0x1000_ffff, 0], b"", false));
    let output = exec(&["--stats", "--budget", "1000000"], &endless, b"");
    assert_eq!(output.status.code(), Some(137));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("\"instructions\":1000000,"), "{text}");
}
