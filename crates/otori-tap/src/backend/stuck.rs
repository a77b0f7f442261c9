//! One worker of several hangs: who stands by notices, and frames pass or wait as configured.
//!
//! Real interfaces, in a network name space of the test's own thread; the engine runs in threads of this process, and the
//! process that is started for it only waits. Needs root; says so and passes without.
#![allow(unsafe_code, reason = "a name space for this thread, and second descriptors of sockets")]
#![allow(clippy::print_stdout, reason = "a test says why it is skipped")]
use super::{
    Backend, BackendError, Counters, Decide, Failure,
    socket::{BATCH_FRAMES, Frame, PacketSocket, Received, wait_for},
};
use crate::{
    Engine, Guard, Mode, Settings,
    watchdog::{Heart, Standby, StandbyNotice, inherited},
};
use otori_rule::Variables;
use std::{
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
        mpsc::{Receiver, channel},
    },
    thread::{scope, sleep},
    time::{Duration, Instant},
};

const RULE: &str = "drop udp any any -> any 7007 (content:\"evil\"; sid:1;)";
/// The engine counts as dead after so long without a beat.
const BEATS: Duration = Duration::from_millis(1_500);
/// Nothing more comes when nothing has for so long.
const QUIET: Duration = Duration::from_millis(800);
/// Something that must happen has not.
const PATIENCE: Duration = Duration::from_secs(20);
/// Hosts that send a good datagram and an evil one in each round.
const HOSTS: u8 = 60;

/// Hangs while it is told to.
struct Sticky {
    inner: Box<dyn Backend>,
    hangs: Arc<AtomicBool>,
}

impl Backend for Sticky {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<usize, BackendError> {
        while self.hangs.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(5));
        }
        self.inner.turn(wait, wake, decide)
    }
    fn counters(&mut self) -> Counters {
        self.inner.counters()
    }
}

/// Whether this thread has a name space with client - guard - server.
fn network() -> bool {
    // SAFETY: takes a plain number; only this thread, which ends with the test, is moved.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } < 0 {
        println!("SKIPPED: network name spaces need root");
        return false;
    }
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    let links = ["link add c0 type veth peer name g0", "link add s0 type veth peer name g1"];
    let up = ["c0", "g0", "s0", "g1"].map(|name| format!("link set {name} up"));
    links.into_iter().map(str::to_owned).chain(up).all(|line| {
        let made = Command::new("ip").args(line.split(' ')).status();
        let made = made.is_ok_and(|status| status.success());
        if !made {
            println!("SKIPPED: ip {line} fails");
        }
        made
    })
}

/// A datagram of a host, in Ethernet.
fn datagram(host: u8, payload: &[u8; 4]) -> Frame {
    let mut bytes = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    bytes.extend_from_slice(&[0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, host, 198, 51, 100, 1]);
    bytes.extend_from_slice(&[0x30, 0x39, 0x1b, 0x5f, 0, 12, 0, 0]);
    bytes.extend_from_slice(payload);
    let mut frame = Frame::new();
    frame.set(&bytes);
    frame
}

/// Both ends of the line.
struct Line {
    client: PacketSocket,
    server: PacketSocket,
}

impl Line {
    /// Every host sends a good datagram and an evil one.
    fn send(&self) {
        for host in 1..=HOSTS {
            let both = [datagram(host, b"good"), datagram(host, b"evil")];
            assert_eq!(self.client.send(both.iter()), 2);
        }
    }
    /// Good and evil datagrams that arrive until all good ones are there, or nothing has come for a while.
    fn take(&self, good: usize) -> (usize, usize) {
        let (wake, _awake) = UnixStream::pair().unwrap();
        let mut frames: Vec<Frame> = (0..BATCH_FRAMES).map(|_| Frame::new()).collect();
        let (mut counts, mut last) = ((0, 0), Instant::now());
        while last.elapsed() < QUIET * if counts.0 < good { 2 } else { 1 } {
            wait_for(&[&self.server], wake.as_fd(), Duration::from_millis(20)).unwrap();
            let mut received = [Received::Skip; BATCH_FRAMES];
            let count = self.server.receive(&mut frames, &mut received).unwrap();
            for frame in frames.iter().zip(received).take(count).filter(|(_, what)| *what == Received::Frame)
            {
                let is = |payload: &[u8]| frame.0.bytes().get(42..46) == Some(payload);
                counts.0 += usize::from(is(b"good"));
                counts.1 += usize::from(is(b"evil"));
                last = Instant::now();
            }
        }
        counts
    }
}

fn wait_for_notice(
    notices: &Receiver<StandbyNotice>,
    what: &str,
    is: impl Fn(&StandbyNotice) -> bool,
) -> StandbyNotice {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Ok(notice) = notices.recv_timeout(Duration::from_millis(50))
            && is(&notice)
        {
            return notice;
        }
    }
    panic!("{what} is not told");
}

/// The unjudged frames that the end of a silence tells.
fn back(notices: &Receiver<StandbyNotice>) -> u64 {
    let notice = wait_for_notice(notices, "an engine that answers", |notice| {
        matches!(notice, StandbyNotice::Back { .. })
    });
    let StandbyNotice::Back { unjudged, .. } = notice else { return 0 };
    unjudged
}

fn engine() -> Engine {
    let settings = Settings { eve: false, mode: Mode::Inline, ..Settings::default() };
    let mut engine = Engine::new(settings, Variables::default());
    assert_eq!(engine.load("test", RULE).loaded, 1);
    engine
}

/// Two workers, of which one hangs for a while; what arrives before, meanwhile and afterwards.
fn check(failure: Failure, meanwhile: impl FnOnce(&Line), end: impl FnOnce(&Line, u64)) {
    if !network() {
        return;
    }
    let line = Line {
        client: PacketSocket::open("c0", None).unwrap(),
        server: PacketSocket::open("s0", None).unwrap(),
    };
    let standby = Standby::open("g0:g1", 2, failure, BEATS).unwrap();
    let heart = Heart::new(standby.heart_for_test(), BEATS, failure).unwrap();
    let (hangs, stop) = (Arc::new(AtomicBool::new(false)), AtomicBool::new(false));
    let child = AtomicI32::new(0);
    let (tell, notices) = channel();
    scope(|scope| {
        let (mut heart, sticks, process) = (Some(heart), hangs.clone(), &child);
        let mut start = move |numbers: &[i32], _: Stdio| {
            // The process that stands by is this one as well, and closes its own descriptors.
            // SAFETY: the numbers are those of open sockets.
            let ours: Vec<i32> = numbers.iter().map(|number| unsafe { libc::dup(*number) }).collect();
            let mut backends = inherited(&ours).unwrap();
            let inner = backends.pop().unwrap();
            backends.push(Box::new(Sticky { inner, hangs: sticks.clone() }));
            let (guard, _control) = Guard::crew(engine(), backends)?;
            let guard = guard.with_heart(heart.take().unwrap());
            std::thread::spawn(move || guard.run(&mut |_| {}).map(|_| ()));
            let child = Command::new("sleep").arg("60").spawn()?;
            process.store(child.id().cast_signed(), Ordering::Relaxed);
            Ok(child)
        };
        let stop = &stop;
        scope.spawn(move || standby.run(&mut start, stop, &mut |notice| _ = tell.send(notice)).map(|_| ()));
        back(&notices);
        line.send();
        assert_eq!(line.take(HOSTS.into()), (HOSTS.into(), 0), "both workers judge");
        hangs.store(true, Ordering::Relaxed);
        wait_for_notice(&notices, "silence", |notice| matches!(notice, StandbyNotice::Silent));
        line.send();
        meanwhile(&line);
        hangs.store(false, Ordering::Relaxed);
        end(&line, back(&notices));
        line.send();
        assert_eq!(line.take(HOSTS.into()), (HOSTS.into(), 0), "both workers judge again");
        stop.store(true, Ordering::Relaxed);
        // SAFETY: plain numbers; the process is a child of this one that nobody has waited for yet.
        unsafe { libc::kill(child.load(Ordering::Relaxed), libc::SIGTERM) };
    });
}

#[test]
fn with_fail_open_the_frames_of_a_worker_that_hangs_pass_unjudged() {
    let meanwhile = |line: &Line| {
        let (good, evil) = line.take(HOSTS.into());
        assert_eq!(good, usize::from(HOSTS), "nothing good is held up");
        assert!(evil > 0, "nobody judges the share of the one that hangs");
    };
    check(Failure::Open, meanwhile, |_, unjudged| assert!(unjudged > 0));
}

#[test]
fn with_fail_closed_the_frames_of_a_worker_that_hangs_wait_for_it() {
    let arrived = std::cell::Cell::new(0);
    let meanwhile = |line: &Line| {
        let (good, evil) = line.take(HOSTS.into());
        assert!(good > 0 && good < usize::from(HOSTS), "the other worker judges its share: {good}");
        assert_eq!(evil, 0);
        arrived.set(good);
    };
    let end = |line: &Line, unjudged| {
        assert_eq!(unjudged, 0);
        let late = usize::from(HOSTS) - arrived.get();
        assert_eq!(line.take(late), (late, 0), "what has waited is judged");
    };
    check(Failure::Closed, meanwhile, end);
}
