//! `otori guard --queue` on a router: what is rejected is answered as by an inline pair, through the router's own routes.
//!
//! In network name spaces made here: client - router - server. Needs root and iptables; says so and passes without.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests may unwrap, and say why they are skipped"
)]
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;
use support::{
    dns,
    namespace::Network,
    process::Process,
    role::{is_role, role},
};

const SERVER: &str = "198.51.100.20";
const PATIENCE: Duration = Duration::from_secs(30);
const RULES: &str = "reject tcp any any -> any 8080 (msg:\"no\"; flow:established,to_server; content:\"rejected\"; sid:1;)\n\
    drop tcp any any -> any 8080 (msg:\"silent\"; flow:established,to_server; content:\"dropped\"; sid:2;)\n\
    reject udp any any -> any 4444 (msg:\"datagram\"; sid:3;)\n";

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_server() {
    if !is_role("role_server") {
        return;
    }
    let listener = TcpListener::bind((SERVER, 8080)).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 64];
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => _ = stream.write_all(b"hello"),
                other => println!("server sees {:?}", other.map_err(|error| error.kind())),
            }
        }
    });
    let socket = UdpSocket::bind((SERVER, 53)).unwrap();
    println!("\nserver ready");
    dns::serve(&socket);
}

fn ask(socket: &UdpSocket, name: &str) -> String {
    match dns::ask(socket, name) {
        None => "nothing".into(),
        Some((code, None)) => format!("code {code}"),
        Some((_, Some(address))) => format!("{address:?}"),
    }
}

/// What comes back for these words.
fn say(words: &str) -> String {
    let Ok(mut stream) = TcpStream::connect((SERVER, 8080)) else { return "no connection".into() };
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    stream.write_all(words.as_bytes()).unwrap();
    let mut buffer = [0; 64];
    match stream.read(&mut buffer) {
        Ok(count) => String::from_utf8_lossy(&buffer[..count]).into_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_client() {
    if !is_role("role_client") {
        return;
    }
    println!();
    let udp = |port: u16| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect((SERVER, port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        socket
    };
    let resolver = udp(53);
    for name in ["good.example", "www.bad.example", "refused.example"] {
        println!("{name}: {}", ask(&resolver, name));
    }
    for words in ["good", "rejected", "dropped"] {
        println!("{words}: {}", say(words));
    }
    let other = udp(4444);
    other.send(b"x").unwrap();
    println!("datagram: {:?}", other.recv(&mut [0; 64]).unwrap_err().kind());
    println!("client done");
}

/// The kernel hands forwarded packets to the queue.
fn queues(network: &Network) -> bool {
    let line = ["-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", "0"];
    let made = network.command("router", "iptables-legacy").args(line).output();
    match made {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            println!("SKIPPED: iptables-legacy: {}", String::from_utf8_lossy(&output.stderr));
            false
        }
        Err(error) => {
            println!("SKIPPED: iptables-legacy: {error}");
            false
        }
    }
}

#[test]
fn a_queue_answers_what_it_rejects() {
    let Some(mut network) = Network::new("qu") else { return };
    ["client", "router", "server"].iter().for_each(|host| network.host(host));
    network.link(("client", "c0", &["192.0.2.10/24"]), ("router", "r0", &["192.0.2.1/24"]));
    network.link(("server", "s0", &["198.51.100.20/24"]), ("router", "r1", &["198.51.100.1/24"]));
    network.route("client", "192.0.2.1");
    network.route("server", "198.51.100.1");
    network.forward("router");
    if !queues(&network) {
        return;
    }
    let folder = std::env::temp_dir().join(format!("otori-queue-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let rules = file("test.rules", RULES);
    let sunk = file("sunk.txt", "bad.example\n");
    let refused = file("refused.txt", "refused.example\n");
    let mut server = role(&network, "server", "role_server");
    server.wait_for("the server", PATIENCE, |line| line == "server ready");
    let mut command = network.command("router", env!("CARGO_BIN_EXE_otori"));
    command.args([
        "guard",
        "--queue",
        "0",
        "--home",
        "[192.0.2.0/24]",
        "--rules",
        &rules,
        "--sinkhole",
        "203.0.113.9",
    ]);
    command.args(["--list", &format!("sinkhole:bad:{sunk}"), "--list", &format!("reject:bad:{refused}")]);
    let mut guard = Process::start("guard", &mut command);
    guard.wait_for("the guard", PATIENCE, |line| line.contains("guard guard on queue 0"));
    let mut client = role(&network, "client", "role_client");
    let mut told = Vec::new();
    loop {
        let line =
            client.wait_for("the client", PATIENCE, |line| line.contains(": ") || line == "client done");
        if line == "client done" {
            break;
        }
        told.push(line);
    }
    let expect = [
        "good.example: [198, 51, 100, 1]",
        "www.bad.example: [203, 0, 113, 9]",
        "refused.example: code 5",
        "good: hello",
        "rejected: ConnectionReset",
        "dropped: WouldBlock",
        "datagram: HostUnreachable",
    ];
    assert_eq!(told, expect);
    server.wait_for("a reset", PATIENCE, |line| line == "server sees Err(ConnectionReset)");
    assert!(guard.terminate().is_some_and(|status| status.success()));
    std::fs::remove_dir_all(&folder).unwrap();
}
