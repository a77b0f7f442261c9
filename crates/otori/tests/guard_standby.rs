//! The engine of an inline pair is killed, stopped and let go again: with `--fail open` traffic goes on, with
//! `--fail closed` it waits, and in both cases the rules are enforced again as soon as the engine lives.
//!
//! In network name spaces made here: client - guard - server. Needs root; says so and passes without.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{
    namespace::Network,
    process::Process,
    role::{is_role, role},
};

const SERVER: &str = "192.0.2.20:7007";
/// No echo for so long: the line is down.
const DOWN: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(20);
const RULE: &str = "drop udp any any -> any 7007 (msg:\"evil\"; content:\"evil\"; sid:1;)\n";

#[test]
#[ignore = "a role of the tests below, run in a name space"]
fn role_server() {
    if !is_role("role_server") {
        return;
    }
    let socket = UdpSocket::bind(SERVER).unwrap();
    println!("\nserver ready");
    let mut buffer = [0; 64];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        let _ = socket.send_to(&buffer[..length], from);
    }
}

/// Sends a good datagram every ten milliseconds and an evil one with each tenth; says when echoes of the good ones begin
/// and end, and each echo of an evil one.
#[test]
#[ignore = "a role of the tests below, run in a name space"]
fn role_client() {
    if !is_role("role_client") {
        return;
    }
    // Whatever the test harness has begun to write ends here.
    println!();
    let (good, evil) = (UdpSocket::bind("0.0.0.0:0").unwrap(), UdpSocket::bind("0.0.0.0:0").unwrap());
    for socket in [&good, &evil] {
        socket.connect(SERVER).unwrap();
        socket.set_nonblocking(true).unwrap();
    }
    let (mut is_up, mut last) = (false, Instant::now());
    let mut buffer = [0; 64];
    for number in 0u32.. {
        let _ = good.send(b"good");
        if number % 10 == 0 {
            let _ = evil.send(b"evil");
        }
        std::thread::sleep(Duration::from_millis(10));
        while good.recv(&mut buffer).is_ok() {
            last = Instant::now();
        }
        if is_up != (last.elapsed() < DOWN) {
            is_up = !is_up;
            println!("{}", if is_up { "up" } else { "down" });
        }
        while evil.recv(&mut buffer).is_ok() {
            println!("evil");
        }
    }
}

struct World {
    guard: Process,
    client: Process,
    _server: Process,
    _folder: tempfile::TempDir,
    _network: Network,
}

fn world(name: &str, fail: &str) -> Option<World> {
    let mut network = Network::new(name)?;
    for host in ["c", "g", "s"] {
        network.host(host);
    }
    network.link(("c", "e0", &["192.0.2.10/24"]), ("g", "g0", &[]));
    network.link(("s", "e0", &["192.0.2.20/24"]), ("g", "g1", &[]));
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("test.rules");
    std::fs::write(&rules, RULE).unwrap();
    let mut server = role(&network, "s", "role_server");
    server.wait_for("server", PATIENCE, |line| line == "server ready");
    let mut command = network.command("g", env!("CARGO_BIN_EXE_otori"));
    command.args(["guard", "--inline", "g0:g1", "--fail", fail, "--watchdog-ms", "200", "--rules"]);
    let guard = Process::start("guard", command.arg(&rules));
    let client = role(&network, "c", "role_client");
    Some(World { guard, client, _server: server, _folder: folder, _network: network })
}

impl World {
    /// The process that judges, from now on.
    fn engine(&mut self) -> String {
        let line = self.guard.wait_for("engine", PATIENCE, |line| line.contains("the engine is process"));
        line.rsplit(' ').next().unwrap().to_owned()
    }
    fn judges(&mut self) -> String {
        let line =
            self.guard.wait_for("engine that answers", PATIENCE, |line| line.contains("answers after"));
        println!("{line}");
        line
    }
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([name, process]).status().unwrap().success());
}

#[test]
fn with_fail_open_traffic_goes_on_while_the_engine_is_dead() {
    let Some(mut world) = world("fo", "open") else { return };
    let first = world.engine();
    world.judges();
    world.client.wait_for("echo", PATIENCE, |line| line == "up");
    // What was on its way when the engine began may still come.
    world.client.is_silent_for(&["down"], Duration::from_millis(500));
    assert_eq!(world.client.is_silent_for(&["evil"], Duration::from_secs(1)), None, "the rule is enforced");

    signal("-KILL", &first);
    let second = world.engine();
    assert_ne!(first, second);
    world.judges();
    assert_eq!(world.client.is_silent_for(&["down"], Duration::from_millis(500)), None);
    assert_eq!(world.client.is_silent_for(&["down", "evil"], Duration::from_secs(1)), None);

    signal("-STOP", &second);
    world.guard.wait_for("silence", PATIENCE, |line| line.contains("packets pass unjudged"));
    world.client.wait_for("an evil echo, unjudged", PATIENCE, |line| line == "evil");
    assert_eq!(world.client.is_silent_for(&["down"], Duration::from_secs(1)), None, "traffic goes on");
    signal("-CONT", &second);
    assert!(!world.judges().contains(" 0 packets"), "they are counted");
    assert_eq!(world.client.is_silent_for(&["down"], Duration::from_millis(500)), None);
    assert_eq!(world.client.is_silent_for(&["down", "evil"], Duration::from_secs(1)), None);
    assert!(world.guard.terminate().unwrap().success());
    world.client.wait_for("no echo", PATIENCE, |line| line == "down");
}

#[test]
fn with_fail_open_the_engine_goes_on_when_who_stands_by_is_killed() {
    let Some(mut world) = world("fs", "open") else { return };
    let engine = world.engine();
    world.judges();
    world.client.wait_for("echo", PATIENCE, |line| line == "up");
    world.client.is_silent_for(&["down"], Duration::from_millis(500));
    world.guard.kill();
    world.guard.wait_for("the engine alone", PATIENCE, |line| line.contains("goes on alone"));
    assert_eq!(
        world.client.is_silent_for(&["down", "evil"], Duration::from_secs(2)),
        None,
        "judged as before"
    );
    signal("-TERM", &engine);
    world.client.wait_for("no echo", PATIENCE, |line| line == "down");
}

#[test]
fn with_fail_closed_nothing_passes_unjudged() {
    let Some(mut world) = world("fc", "closed") else { return };
    let first = world.engine();
    world.judges();
    world.client.wait_for("echo", PATIENCE, |line| line == "up");
    signal("-STOP", &first);
    world.client.wait_for("no echo", PATIENCE, |line| line == "down");
    assert_eq!(world.client.is_silent_for(&["up", "evil"], Duration::from_secs(1)), None, "nothing passes");
    signal("-CONT", &first);
    world.client.wait_for("echo", PATIENCE, |line| line == "up");
    signal("-KILL", &first);
    world.judges();
    let again = world.judges();
    assert!(again.contains(" 0 packets"), "{again}");
    assert_eq!(world.client.is_silent_for(&["evil"], Duration::from_secs(1)), None);
    world.guard.kill();
    world.client.wait_for("no echo", PATIENCE, |line| line == "down");
    assert_eq!(world.client.is_silent_for(&["up", "evil"], Duration::from_secs(1)), None, "nothing passes");
}
