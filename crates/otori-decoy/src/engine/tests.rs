//! The worker threads with guests that never stop, that sleep, and that break.
use super::guest::{Content, Guest, Sign, Slice};
use super::seat::{Keyboard, Setup};
use super::*;
use crate::ambient::Ambient;
use crate::capture::Capture;
use crate::config::{CaptureConfig, Limits};
use crate::session::tests::session;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Busy,
    Echo,
    Sleepy,
    Broken,
}

struct Actor {
    mood: Mood,
    instructions: u64,
    now_ns: u64,
    input: Vec<u8>,
    output: Vec<u8>,
    slices: Arc<AtomicU64>,
}

impl Guest for Actor {
    fn input(&mut self, bytes: &[u8]) -> usize {
        self.input.extend_from_slice(bytes);
        bytes.len()
    }
    fn output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.output);
    }
    fn resize(&mut self, _: u16, _: u16) {}
    fn hang_up(&mut self) {}
    fn run(&mut self, instructions: u64) -> Slice {
        self.slices.fetch_add(1, Ordering::SeqCst);
        self.instructions += 1000.min(instructions);
        match self.mood {
            Mood::Busy => Slice::Budget,
            Mood::Broken => panic!("a fault of ours, on purpose"),
            Mood::Sleepy if self.now_ns >= 30_000_000 => Slice::Finished,
            Mood::Sleepy => Slice::Idle { wake_ns: Some(30_000_000) },
            Mood::Echo => {
                self.output.append(&mut self.input);
                Slice::Idle { wake_ns: None }
            }
        }
    }
    fn instructions(&self) -> u64 {
        self.instructions
    }
    fn now_ns(&self) -> u64 {
        self.now_ns
    }
    fn advance_to(&mut self, now_ns: u64) {
        self.now_ns = now_ns;
    }
    fn signs(&mut self) -> Vec<Sign> {
        Vec::new()
    }
    fn file(&mut self, _: &[u8], _: u64) -> Option<Content> {
        None
    }
}

fn seat_of(engine: &Engine, mood: Mood) -> (Arc<Place>, Arc<AtomicU64>) {
    let (session, _) = session(1000);
    let slices = Arc::new(AtomicU64::new(0));
    let place = engine.place(session.clone());
    let counter = slices.clone();
    let now_ns = engine.shared.clock.monotonic_ns();
    place.start(Box::new(move || {
        let actor =
            Actor { mood, instructions: 0, now_ns: 0, input: vec![], output: vec![], slices: counter };
        Ok(Seat::new(Setup {
            guest: Box::new(actor),
            session,
            limits: Limits::default(),
            recorder: None,
            capture: Capture::new(CaptureConfig::default(), Arc::default()),
            capture_max_bytes: 1,
            keyboard: Keyboard::None,
            now_ns,
        }))
    }));
    (place, slices)
}

fn wait_for(mut done: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(10), "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
    start.elapsed()
}
fn ended(place: &Place) -> Option<String> {
    lock(&place.mailbox).ended.clone()
}

#[test]
fn busy_guests_share_and_do_not_delay_a_key_press() {
    let engine = Engine::start(1, Ambient::system().clock).unwrap();
    let busy: Vec<_> = (0..20).map(|_| seat_of(&engine, Mood::Busy)).collect();
    let (echo, _) = seat_of(&engine, Mood::Echo);
    for _ in 0..20 {
        lock(&echo.mailbox).input.push(b'x');
        echo.ring();
        let took = wait_for(|| !std::mem::take(&mut lock(&echo.mailbox).output).is_empty());
        assert!(took < Duration::from_millis(500), "{took:?}");
    }
    let counts: Vec<u64> = busy.iter().map(|(_, slices)| slices.load(Ordering::SeqCst)).collect();
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(*least > 0 && most - least <= 2, "fair: {counts:?}");
}

#[test]
fn idle_guests_are_not_run_and_sleepers_wake_in_time() {
    let engine = Engine::start(2, Ambient::system().clock).unwrap();
    let (echo, slices) = seat_of(&engine, Mood::Echo);
    let (sleepy, sleeps) = seat_of(&engine, Mood::Sleepy);
    let took = wait_for(|| ended(&sleepy).is_some());
    assert!(took >= Duration::from_millis(20), "{took:?}");
    assert_eq!(ended(&sleepy).as_deref(), Some("logout"));
    assert!(sleeps.load(Ordering::SeqCst) <= 3);
    assert_eq!(slices.load(Ordering::SeqCst), 1);
    assert_eq!(ended(&echo), None);
}

#[test]
fn a_fault_ends_its_own_session_alone() {
    let engine = Engine::start(1, Ambient::system().clock).unwrap();
    let (broken, _) = seat_of(&engine, Mood::Broken);
    wait_for(|| ended(&broken).is_some());
    assert_eq!(ended(&broken).as_deref(), Some("fault of the engine"));
    let (sleepy, _) = seat_of(&engine, Mood::Sleepy);
    wait_for(|| ended(&sleepy).is_some());
    assert_eq!(ended(&sleepy).as_deref(), Some("logout"));
}
