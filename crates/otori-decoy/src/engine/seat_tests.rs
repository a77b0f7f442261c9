//! A seat with a scripted guest, at times that the test chooses.
use super::*;
use crate::config::{CaptureConfig, RecordingConfig};
use crate::session::tests::{drain, kinds, session};
use otori_event::{Intake, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// What the guest does in its next slices.
#[derive(Default)]
struct Script {
    slices: VecDeque<(u64, Slice)>,
    signs: Vec<Sign>,
    files: BTreeMap<Vec<u8>, Content>,
    echo: bool,
    accepts: usize,
    output: Vec<u8>,
    now_ns: u64,
    instructions: u64,
    hung_up: bool,
}

#[derive(Clone, Default)]
struct Puppet(Arc<Mutex<Script>>);

impl Puppet {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap()
    }
}

impl Guest for Puppet {
    fn input(&mut self, bytes: &[u8]) -> usize {
        let mut script = self.script();
        let count = bytes.len().min(script.accepts);
        if script.echo {
            script.output.extend_from_slice(&bytes[..count]);
        }
        count
    }
    fn output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.script().output);
    }
    fn resize(&mut self, columns: u16, rows: u16) {
        self.script().output.extend(format!("[{columns}x{rows}]").as_bytes());
    }
    fn hang_up(&mut self) {
        self.script().hung_up = true;
    }
    fn run(&mut self, instructions: u64) -> Slice {
        let mut script = self.script();
        let (used, slice) = script.slices.pop_front().unwrap_or((0, Slice::Idle { wake_ns: None }));
        script.instructions += used.min(instructions);
        slice
    }
    fn instructions(&self) -> u64 {
        self.script().instructions
    }
    fn now_ns(&self) -> u64 {
        self.script().now_ns
    }
    fn advance_to(&mut self, now_ns: u64) {
        self.script().now_ns = now_ns;
    }
    fn signs(&mut self) -> Vec<Sign> {
        std::mem::take(&mut self.script().signs)
    }
    fn file(&mut self, path: &[u8], _: u64) -> Option<Content> {
        self.script().files.get(path).cloned()
    }
}

const S: u64 = 1_000_000_000;

fn seat(limits: Limits) -> (Seat, Puppet, Mutex<Mailbox>, Arc<Session>) {
    let (session, _) = session(1000);
    drain(&session);
    let puppet = Puppet::default();
    puppet.script().accepts = usize::MAX;
    let recorder = Recorder::new(RecordingConfig::default().max_bytes, Timestamp(0), 80, 24, "t");
    let seat = Seat::new(Setup {
        guest: Box::new(puppet.clone()),
        session: session.clone(),
        limits,
        recorder: Some((recorder, 0)),
        capture: Capture::new(CaptureConfig::default(), Arc::default()),
        capture_max_bytes: 1 << 20,
        keyboard: Keyboard::Shell,
        now_ns: 100 * S,
    });
    (seat, puppet, Mutex::default(), session)
}
fn content(bytes: &[u8], mode: u32) -> Content {
    Content { bytes: bytes.to_vec(), mode }
}

#[test]
fn keys_reach_the_guest_and_lines_become_commands() {
    let (mut seat, puppet, mail, session) = seat(Limits::default());
    puppet.script().echo = true;
    lock(&mail).input = b"enable\rsh\rls".to_vec();
    lock(&mail).window = Some((132, 50));
    seat.step(101 * S, &mail);
    assert_eq!(lock(&mail).output, b"[132x50]enable\rsh\rls");
    assert_eq!(puppet.script().now_ns, S, "the guest's clock follows the real one");
    let kinds = kinds(&session);
    assert!(matches!(&kinds[0], EventKind::Exploit { technique, .. } if technique == "telnet-shell"));
    let lines: Vec<_> = kinds
        .iter()
        .filter_map(|k| if let EventKind::Command { line } = k { Some(line.to_string()) } else { None })
        .collect();
    assert_eq!(lines, ["enable", "sh"]);
}

#[test]
fn a_sleep_takes_as_long_as_it_says() {
    let (mut seat, puppet, mail, _) = seat(Limits::default());
    puppet.script().slices.push_back((10, Slice::Idle { wake_ns: Some(5 * S) }));
    // The recording's header is written down after a second, then nothing but the sleep is left.
    assert_eq!(seat.step(100 * S, &mail), Next::At(101 * S));
    puppet.script().slices.push_back((10, Slice::Idle { wake_ns: Some(5 * S) }));
    assert_eq!(seat.step(101 * S, &mail), Next::At(105 * S));
    assert_eq!(seat.step(105 * S, &mail), Next::Rest);
    assert_eq!(puppet.script().now_ns, 5 * S);
}

#[test]
fn instructions_are_limited_by_the_second_and_in_all() {
    let limits = Limits { instructions_per_second: 1500, instructions: 4000, ..Limits::default() };
    let (mut seat, puppet, mail, _) = seat(limits);
    puppet.script().slices.extend([(1000, Slice::Budget); 10]);
    assert_eq!(seat.step(100 * S, &mail), Next::Again);
    assert_eq!(seat.step(100 * S, &mail), Next::Again);
    assert!(matches!(seat.step(100 * S, &mail), Next::At(_)));
    assert_eq!(puppet.script().instructions, 1500);
    assert_eq!(seat.step(101 * S, &mail), Next::Again);
    assert_eq!(seat.step(102 * S, &mail), Next::Again);
    assert_eq!(seat.step(103 * S, &mail), Next::Again);
    assert_eq!(puppet.script().instructions, 4000);
    assert_eq!(seat.step(104 * S, &mail), Next::Ended("limit: instructions".into()));
}

#[test]
fn a_guest_that_is_ahead_of_time_waits() {
    let (mut seat, puppet, mail, _) = seat(Limits::default());
    puppet.script().now_ns = S;
    puppet.script().slices.push_back((7, Slice::Budget));
    assert!(matches!(seat.step(100 * S, &mail), Next::At(at) if at > 100 * S + S / 2));
    assert_eq!(puppet.script().instructions, 0);
}

#[test]
fn a_full_screen_or_a_full_keyboard_holds_bytes_back() {
    let (mut seat, puppet, mail, _) = seat(Limits::default());
    puppet.script().accepts = 3;
    lock(&mail).input = b"abcdef".to_vec();
    assert_eq!(seat.step(100 * S, &mail), Next::Again, "the rest is tried again");
    lock(&mail).input = b"ghi".to_vec();
    seat.step(100 * S, &mail);
    assert_eq!(lock(&mail).input, b"ghi", "the next bytes wait for those before them");
    lock(&mail).output = vec![0; OUTPUT_MAX];
    puppet.script().output = b"more".to_vec();
    seat.step(100 * S, &mail);
    assert_eq!(lock(&mail).output.len(), OUTPUT_MAX);
    lock(&mail).output.clear();
    seat.step(100 * S, &mail);
    assert_eq!(lock(&mail).output, b"more");
}

#[test]
fn a_dropped_file_is_captured_when_it_is_run_or_quiet_or_removed() {
    let (mut seat, puppet, mail, session) = seat(Limits::default());
    let elf = b"\x7fELF harmless";
    puppet.script().files.insert(b"/tmp/a".to_vec(), content(elf, 0o755));
    puppet.script().files.insert(b"/tmp/b".to_vec(), content(b"#!/bin/sh\n", 0o644));
    let written = |path: &[u8]| Sign::Written { path: path.to_vec() };
    puppet.script().signs = vec![
        written(b"/tmp/a"),
        written(b"/tmp/b"),
        written(b"/tmp/c"),
        Sign::Executed { path: b"/tmp/a".to_vec(), arguments: vec![b"./a".to_vec(), b"x y".to_vec()] },
        Sign::Removed { path: b"/tmp/c".to_vec(), content: Some(content(b"\x7fELF gone", 0o700)) },
    ];
    seat.step(100 * S, &mail);
    let names = |session: &Session| -> Vec<String> {
        let kinds = kinds(session);
        let name = |k| {
            if let EventKind::FileCaptured { artifact } = k { Some(artifact.name.to_string()) } else { None }
        };
        kinds.into_iter().filter_map(name).collect()
    };
    assert_eq!(names(&session), ["/tmp/c", "/tmp/a"]);
    assert!(matches!(seat.step(101 * S, &mail), Next::At(at) if at == 102 * S));
    assert!(names(&session).is_empty());
    seat.step(102 * S, &mail);
    assert_eq!(names(&session), ["/tmp/b"]);
}

#[test]
fn the_end_writes_what_is_left() {
    let (mut seat, puppet, mail, session) = seat(Limits::default());
    puppet.script().files.insert(b"/tmp/a".to_vec(), content(b"\x7fELF", 0o644));
    puppet.script().signs = vec![Sign::Written { path: b"/tmp/a".to_vec() }];
    puppet.script().output = b"# ".to_vec();
    lock(&mail).input = b"exit".to_vec();
    lock(&mail).hang_up = true;
    assert_eq!(seat.step(100 * S, &mail), Next::Again, "it said something; it may say more");
    assert_eq!(seat.step(100 * S, &mail), Next::Ended("hung up".into()));
    assert!(puppet.script().hung_up);
    let intakes = drain(&session);
    let recording: Vec<u8> = intakes
        .iter()
        .filter_map(|i| if let Intake::Recording { chunk, .. } = i { Some(chunk.clone()) } else { None })
        .flatten()
        .collect();
    assert_eq!(String::from_utf8(recording).unwrap().lines().count(), 3, "header, input, output");
    let words: Vec<_> = intakes
        .iter()
        .filter_map(|i| match i {
            Intake::Event(e) | Intake::File { event: e, .. } => Some(e.kind.as_str()),
            Intake::Recording { .. } => None,
        })
        .collect();
    assert_eq!(words, ["file_captured", "exploit", "command", "recorded"]);
}

#[test]
fn a_guest_that_ignores_the_hang_up_is_ended() {
    let (mut seat, puppet, mail, _) = seat(Limits::default());
    puppet.script().slices.extend([(10, Slice::Budget); 10]);
    lock(&mail).hang_up = true;
    assert_eq!(seat.step(100 * S, &mail), Next::Again);
    assert_eq!(seat.step(101 * S, &mail), Next::Ended("hung up".into()));
}
