//! Policies on the wire: questions of DNS answered and refused, a download that keeps to its rate, a file that changes.
//!
//! In network name spaces made here: client - guard - server. Needs root; says so and passes without.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};
use support::{
    dns,
    namespace::Network,
    process::Process,
    role::{is_role, role},
};

const SERVER: &str = "192.0.2.20";
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a download is measured.
const DOWNLOAD: Duration = Duration::from_secs(6);

const POLICIES: &str = r#"
[[policy]]
name = "sinkhole"
what = "name:bad.example"
do = "sinkhole"
[[policy]]
name = "refused"
what = "name:refused.example"
do = "reject"
[[policy]]
name = "no clocks"
what = "application:ntp"
do = "reject"
[[policy]]
name = "slow"
what = "name:slow.example"
do = "throttle"
rate = "800kbit/s"
burst = "20kB"
"#;

/// Answers every question with 198.51.100.1 and every request with bytes without end.
#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_server() {
    if !is_role("role_server") {
        return;
    }
    let listener = TcpListener::bind((SERVER, 8080)).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(&[b'x'; 4096]).is_ok() {}
            });
        }
    });
    let socket = UdpSocket::bind((SERVER, 53)).unwrap();
    println!("\nserver ready");
    dns::serve(&socket);
}

/// Code of the answer, and its last four bytes when it has a record.
fn ask(socket: &UdpSocket, name: &str) -> String {
    match dns::ask(socket, name) {
        None => "nothing".into(),
        Some((code, None)) => format!("code {code}"),
        Some((code, Some(address))) => format!("code {code} {address:?}"),
    }
}

/// Bytes in that time, or `None` when the connection was cut.
fn download(host: &str, time: Duration) -> Option<usize> {
    let mut stream = TcpStream::connect((SERVER, 8080)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).ok()?;
    let (begun, mut count, mut buffer) = (Instant::now(), 0, [0; 16384]);
    while begun.elapsed() < time {
        count += stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
    }
    Some(count)
}

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_client() {
    if !is_role("role_client") {
        return;
    }
    println!();
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect((SERVER, 53)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    // One socket, one flow: each question is judged by itself.
    for name in ["good.example", "www.bad.example", "refused.example", "good.example"] {
        println!("{name}: {}", ask(&socket, name));
    }
    let clock = UdpSocket::bind("0.0.0.0:0").unwrap();
    clock.connect((SERVER, 123)).unwrap();
    clock.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    clock.send(&[&[0x23][..], &[0; 47]].concat()).unwrap();
    println!("clock {}", clock.recv(&mut [0; 64]).unwrap_err().kind());
    println!("fast {:?}", download("fast.example", Duration::from_millis(500)));
    println!("slow {:?}", download("slow.example", DOWNLOAD));
    let mut passed = true;
    loop {
        if passed != download("slow.example", Duration::from_millis(50)).is_some() {
            passed = !passed;
            println!("downloads {}", if passed { "pass" } else { "are cut" });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What a download brought.
fn bytes_of(client: &mut Process, which: &str) -> usize {
    let line = client.wait_for(which, PATIENCE, |line| line.starts_with(which));
    println!("{line}");
    line.trim_end_matches(')').rsplit('(').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[test]
fn policies_act_on_the_wire_and_change_there() {
    let Some(mut network) = Network::new("po") else { return };
    for host in ["c", "g", "s"] {
        network.host(host);
    }
    network.link(("c", "e0", &["192.0.2.10/24"]), ("g", "g0", &[]));
    network.link(("s", "e0", &["192.0.2.20/24"]), ("g", "g1", &[]));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policies.toml");
    std::fs::write(&file, POLICIES).unwrap();
    let mut server = role(&network, "s", "role_server");
    server.wait_for("server", PATIENCE, |line| line == "server ready");
    let mut command = network.command("g", env!("CARGO_BIN_EXE_otori"));
    command.args(["guard", "--inline", "g0:g1", "--home", "192.0.2.10", "--sinkhole", "203.0.113.53"]);
    // No rules, and no server: an empty file says that this is meant.
    let rules = folder.path().join("none.rules");
    std::fs::write(&rules, "").unwrap();
    let mut guard = Process::start("guard", command.arg("--rules").arg(rules).arg("--policy").arg(&file));
    guard.wait_for("engine", PATIENCE, |line| line.contains("answers after"));
    let mut client = role(&network, "c", "role_client");
    for expect in [
        "good.example: code 0 [198, 51, 100, 1]",
        "www.bad.example: code 0 [203, 0, 113, 53]",
        "refused.example: code 5",
        "good.example: code 0 [198, 51, 100, 1]",
    ] {
        let name = expect.split(':').next().unwrap();
        let line = client.wait_for(name, PATIENCE, |line| line.starts_with(name));
        assert_eq!(line, expect);
    }
    let line = client.wait_for("clock", PATIENCE, |line| line.starts_with("clock"));
    assert_eq!(line, "clock host unreachable", "told at once, by ICMP");
    let fast = bytes_of(&mut client, "fast ");
    let slow = bytes_of(&mut client, "slow ");
    assert!(fast > 1_000_000, "{fast}");
    // 100 kB a second, the burst, and what one frame may be above.
    assert!((100_000..=600_000 + 20_000 + 65_536).contains(&slow), "{slow}");

    std::fs::write(&file, "[[policy]]\nname = \"cut\"\nwhat = \"name:slow.example\"\ndo = \"reject\"\n")
        .unwrap();
    guard.wait_for("new policies", PATIENCE, |line| line.contains("1 policies from now on"));
    client.wait_for("cut", PATIENCE, |line| line == "downloads are cut");
    std::fs::write(&file, "[[policy]]\nname = \"cut\"\ndo = \"rejct\"\n").unwrap();
    let line = guard.wait_for("refusal", PATIENCE, |line| line.contains("stay as they were"));
    assert!(line.contains("policies.toml:3: ") && line.contains("write allow"), "{line}");
    std::fs::write(&file, "").unwrap();
    client.wait_for("free", PATIENCE, |line| line == "downloads pass");
    assert!(guard.terminate().unwrap().success());
}
