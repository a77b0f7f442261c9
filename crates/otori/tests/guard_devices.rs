//! A camera is watched in a quiet time, a profile is learned from the log, and a running guard holds the camera to it.
//!
//! ```text
//! camera 192.0.2.20 ── guard (inline pair) ── Internet: 198.51.100.10 (the maker's cloud), 203.0.113.66 (a stranger)
//! ```
//! In network name spaces made here. Needs root; says so and passes without.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use support::{
    namespace::Network,
    process::Process,
    role::{self, is_role},
};

const CLOUD: &str = "198.51.100.10";
const STRANGER: &str = "203.0.113.66";
const PORT: u16 = 7_000;
const PATIENCE: Duration = Duration::from_secs(30);
const DEVICE: &str = "[[device]]\nname = \"cam-1\"\ngroup = \"cameras\"\naddress = \"192.0.2.20\"\n";
const BOUND: &str = "[[group]]\nname = \"cameras\"\nprofile = \"profiles/cameras.json:drop\"\n";

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_internet() {
    if !is_role("role_internet") {
        return;
    }
    let echo = |address| {
        let socket = UdpSocket::bind((address, PORT)).unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                let _ = socket.send_to(&buffer[..length], from);
            }
        })
    };
    let servers = [echo(CLOUD), echo(STRANGER)];
    println!("\nInternet ready");
    servers.into_iter().for_each(|server| server.join().unwrap());
}

/// Whether somebody answers.
fn asks(address: &str) -> bool {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    socket.connect((address, PORT)).unwrap();
    socket.send(b"a picture").is_ok() && socket.recv(&mut [0; 64]).is_ok()
}

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_camera() {
    if !is_role("role_camera") {
        return;
    }
    let strays = std::env::var_os("OTORI_STRAYS").is_some();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let (cloud, stranger) = (asks(CLOUD), strays && asks(STRANGER));
        println!("\nanswers cloud={cloud} stranger={stranger}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn sender(network: &Network, host: &str, role: &str, strays: bool) -> Process {
    let mut command = role::command(network, host, role);
    if strays {
        command.env("OTORI_STRAYS", "1");
    }
    Process::start(role, &mut command)
}

fn guard(network: &Network, folder: &Path, log: &str) -> Process {
    let mut command = network.command("g", env!("CARGO_BIN_EXE_otori"));
    command.args(["guard", "--inline", "g0:g1", "--home", "192.0.2.20", "--name", "wire", "--devices"]);
    command.arg(folder.join("devices.toml")).arg("--eve").arg(folder.join(log));
    command.arg("--device-socket").arg(folder.join("devices.sock"));
    // Nothing of a server is looked for in the test's own folder.
    command.arg("--data").arg(folder);
    let mut guard = Process::start("guard", &mut command);
    guard.wait_for("engine", PATIENCE, |line| line.contains("answers after"));
    guard
}

fn learn(folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otori"));
    command.args(["devices", "learn", "--by", "group", "--home", "192.0.2.0/24", "--eve"]);
    command.arg(folder.join("quiet.json")).arg("--out").arg(folder.join("profiles"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("to 198.51.100.10/32 udp port 7000"), "{said}");
    assert!(!said.contains("203.0.113"), "{said}");
}

#[test]
fn a_profile_is_learned_and_a_running_guard_holds_the_camera_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let Some(mut network) = Network::new("dv") else { return };
    for host in ["c", "g", "s"] {
        network.host(host);
    }
    network.link(("c", "e0", &["192.0.2.20/24"]), ("g", "g0", &[]));
    network.link(("s", "e0", &["192.0.2.1/24", "198.51.100.10/32", "203.0.113.66/32"]), ("g", "g1", &[]));
    network.route("c", "192.0.2.1");
    std::fs::write(folder.join("devices.toml"), DEVICE).unwrap();
    let mut internet = sender(&network, "s", "role_internet", false);
    internet.wait_for("servers", PATIENCE, |line| line == "Internet ready");

    let mut quiet = guard(&network, folder, "quiet.json");
    let mut camera = sender(&network, "c", "role_camera", false);
    (0..5).for_each(|_| _ = camera.wait_for("its cloud", PATIENCE, |line| line.contains("cloud=true")));
    drop(camera);
    assert!(quiet.terminate().unwrap().success());
    learn(folder);

    let mut watching = guard(&network, folder, "eve.json");
    let mut camera = sender(&network, "c", "role_camera", true);
    camera.wait_for("both", PATIENCE, |line| line == "answers cloud=true stranger=true");
    let changed_at = Instant::now();
    std::fs::write(folder.join("devices.toml"), format!("{BOUND}{DEVICE}")).unwrap();
    watching.wait_for("the new file", PATIENCE, |line| line.contains("1 devices from now on"));
    println!("the file is taken after {} ms", changed_at.elapsed().as_millis());
    camera.wait_for("the change", PATIENCE, |line| line == "answers cloud=true stranger=false");
    for _ in 0..5 {
        let line = camera.wait_for("the profile", PATIENCE, |line| line.starts_with("answers"));
        assert_eq!(line, "answers cloud=true stranger=false");
    }
    // The carrier's system says that the address is another device's now, which nobody has bound.
    tell(folder, r#"{"device": {"name": "guest", "sim": "8981", "address": "192.0.2.20"}}"#, "ok\n");
    tell(
        folder,
        r#"{"device": {"name": "guest", "address": "192.0.2"}}"#,
        "error: \"192.0.2\" is no address",
    );
    camera.wait_for("the guest", PATIENCE, |line| line == "answers cloud=true stranger=true");
    tell(folder, r#"{"remove": "guest"}"#, "ok\n");
    camera.wait_for("the camera", PATIENCE, |line| line == "answers cloud=true stranger=false");
    drop(camera);
    assert!(watching.terminate().unwrap().success());
    check_log(&folder.join("eve.json"));
}

/// Says one change at the guard's socket, which answers so.
fn tell(folder: &Path, line: &str, answer: &str) {
    let stream = UnixStream::connect(folder.join("devices.sock")).unwrap();
    (&stream).write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut said = String::new();
    BufReader::new(&stream).read_line(&mut said).unwrap();
    assert!(said.starts_with(answer), "{said}");
}

fn check_log(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alerts: Vec<_> = lines.iter().filter(|line| line["event_type"] == "alert").collect();
    assert_eq!(alerts.len(), 1, "told once in an hour: {alerts:?}");
    let alert = alerts[0];
    assert_eq!((&alert["alert"]["gid"], &alert["alert"]["signature_id"]), (&1003.into(), &14.into()));
    assert_eq!((&alert["alert"]["action"], &alert["device"]["name"]), (&"blocked".into(), &"cam-1".into()));
    assert_eq!(
        (&alert["dest_ip"], &alert["alert"]["metadata"]["profile"][0]),
        (&STRANGER.into(), &"cameras".into())
    );
    assert!(lines.iter().filter(|line| line["event_type"] == "drop").count() >= 5);
    let device = lines.iter().rfind(|line| line["event_type"] == "device").unwrap();
    assert_eq!(
        (&device["device"]["name"], &device["device"]["group"][0]),
        (&"cam-1".into(), &"cameras".into())
    );
}
