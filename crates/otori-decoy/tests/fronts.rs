//! The fronts with raw sockets and a shell of straw: what the protocols do before and around a real device.
mod support;

use otori_decoy::appliance::{Appliance, Boot, Persona, Purpose};
use otori_decoy::credential::CredentialPolicy;
use otori_decoy::engine::guest::{Content, Guest, Sign, Slice};
use otori_decoy::front::http::site::{Action, Page, Route, Site};
use otori_decoy::front::telnet::login::LoginTexts;
use otori_event::{EventKind, Stage};
use std::sync::Arc;
use support::{Peer, Running, config, start};

/// Says its prompt, repeats lines, knows `exit` and `spin`.
#[derive(Default)]
struct Straw {
    lines: Vec<u8>,
    output: Vec<u8>,
    begun: bool,
    command: Option<Vec<u8>>,
    instructions: u64,
    now_ns: u64,
}

impl Guest for Straw {
    fn input(&mut self, bytes: &[u8]) -> usize {
        self.lines.extend_from_slice(bytes);
        bytes.len()
    }
    fn output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.output);
    }
    fn resize(&mut self, columns: u16, rows: u16) {
        self.output.extend(format!("<{columns}x{rows}>").bytes());
    }
    fn hang_up(&mut self) {}
    fn run(&mut self, instructions: u64) -> Slice {
        self.instructions += instructions.min(1000);
        if let Some(command) = self.command.take() {
            self.output.extend(b"$ ".iter().chain(&command));
            return Slice::Finished;
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.output.extend(b"# ");
        }
        while let Some(end) = self.lines.iter().position(|b| *b == b'\r') {
            let line: Vec<u8> = self.lines.drain(..=end).collect();
            match &line[..end] {
                b"exit" => return Slice::Finished,
                b"spin" => {
                    self.lines = b"spin\r".to_vec();
                    return Slice::Budget;
                }
                text => self.output.extend([text, b"\r\n# "].concat()),
            }
        }
        Slice::Idle { wake_ns: None }
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

struct StrawProduct(Persona);

impl Appliance for StrawProduct {
    fn persona(&self) -> &Persona {
        &self.0
    }
    fn boot(&self, boot: Boot) -> Result<Box<dyn Guest>, String> {
        let mut straw = Straw::default();
        match boot.purpose {
            Purpose::Command(line) => straw.command = Some(line),
            Purpose::Shell { window, .. } => straw.resize(window.0, window.1),
            Purpose::Server => {}
        }
        Ok(Box::new(straw))
    }
}

fn product() -> Arc<dyn Appliance> {
    let page = |body: &str| Page { content_type: "text/html".into(), body: body.into() };
    let route = |path: &str, methods: &[&str], action| Route {
        path: path.into(),
        methods: methods.iter().map(|m| m.to_string()).collect(),
        action,
    };
    let sign_in = Action::SignIn {
        user_field: "u".into(),
        password_field: "p".into(),
        location: "/home".into(),
        failure: page("wrong"),
    };
    let exec = Action::Exec { template: "ping -c 1 {ip}".into(), content_type: "text/plain".into() };
    Arc::new(StrawProduct(Persona {
        own_web_port: None,
        product: "camera".parse().ok(),
        texts: LoginTexts {
            banner: Vec::new(),
            user_prompt: b"camera login: ".to_vec(),
            password_prompt: b"Password: ".to_vec(),
        },
        motd: b"hello\r\n".to_vec(),
        credentials: CredentialPolicy::default(),
        site: Site {
            server: "mini_httpd/1.30".into(),
            routes: vec![
                route("/", &["GET"], Action::Page(page("sign in"))),
                route("/login", &["POST"], sign_in),
                route("/video", &[], Action::Protected { realm: "camera".into(), page: page("video") }),
                route("/ping", &["GET"], exec),
            ],
        },
        device_files: Arc::default(),
    }))
}

async fn running() -> Running {
    start(config(), product()).await
}

#[tokio::test]
async fn a_client_that_refuses_every_option_gets_the_same_login() {
    let running = running().await;
    for replies in [&b""[..], b"\xff\xfc\x01\xff\xfc\x1f\xff\xfe\x01\xff\xfe\x03"] {
        let mut peer = Peer::connect(running.telnet).await;
        let opening = peer.until("camera login: ").await;
        assert_eq!(opening, b"\xff\xfd\x01\xff\xfd\x1f\xff\xfb\x01\xff\xfb\x03camera login: ");
        peer.send(replies).await;
        peer.send(b"root\r\0vizxv\r\n").await;
        let shown = peer.until("# ").await;
        assert_eq!(shown.escape_ascii().to_string(), "root\\r\\nPassword: \\r\\nhello\\r\\n<80x24># ");
        peer.send(b"echo \xff\xff\r\n").await;
        assert_eq!(peer.until("# ").await, b"echo \xff\xff\r\n# ");
    }
    running.stop().await;
}

#[tokio::test]
async fn what_is_typed_becomes_events_and_a_recording() {
    let running = running().await;
    let mut peer = Peer::connect(running.telnet).await;
    peer.send(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x84\x00\x32\xff\xf0").await;
    peer.log_in("admin", "admin", "<132x50># ").await;
    peer.send("enable\r\nsystem\r\nexit\r\n").await;
    peer.rest().await;
    assert_eq!(running.closed().await, "logout");
    let words = running.words();
    assert_eq!(
        words,
        [
            "session_opened",
            "login_attempt",
            "exploit",
            "command",
            "command",
            "command",
            "recorded",
            "session_closed"
        ]
    );
    let kept = running.stop().await;
    let kept = kept.lock().unwrap();
    let EventKind::SessionClosed { bytes_in, bytes_out, stage, .. } = kept.events.last().unwrap().kind else {
        panic!("closed is last")
    };
    assert_eq!((bytes_in, stage), (12 + 7 + 7 + 22, Stage::Exploit));
    assert!(bytes_out > 50);
    let recording = kept.recordings.values().next().unwrap();
    let text = String::from_utf8(recording.clone()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines[0]["version"], 2);
    let joined = |code: &str| -> String {
        lines[1..].iter().filter(|l| l[1] == code).map(|l| l[2].as_str().unwrap()).collect()
    };
    assert_eq!(joined("i"), "admin\radmin\renable\rsystem\rexit\r");
    assert!(joined("o").contains("enable\r\n# system\r\n# "), "{}", joined("o"));
}

#[tokio::test]
async fn wrong_passwords_are_written_down_and_end_it() {
    let running = running().await;
    let mut peer = Peer::connect(running.telnet).await;
    peer.send("root\r\nwrong1\r\nroot\r\nwrong2\r\nroot\r\n\x1b[2J\r\n").await;
    let shown = String::from_utf8_lossy(&peer.rest().await).into_owned();
    assert_eq!(shown.matches("Login incorrect\r\n").count(), 3, "{shown}");
    assert_eq!(running.closed().await, "three wrong passwords");
    let failures = |e: &otori_event::Event| matches!(e.kind, EventKind::LoginAttempt { success: false, .. });
    assert_eq!(running.kept.lock().unwrap().events.iter().filter(|e| failures(e)).count(), 3);
    running.stop().await;
}

#[tokio::test]
async fn limits_end_a_session_alone_with_their_reason() {
    let mut config = config();
    config.limits.instructions = 5_000;
    config.limits.sessions_per_source = 2;
    let running = start(config, product()).await;
    let mut spinning = Peer::connect(running.telnet).await;
    let mut quiet = Peer::connect(running.telnet).await;
    quiet.log_in("root", "root", "# ").await;
    assert!(Peer::connect(running.telnet).await.rest().await.is_empty(), "the third is turned away");
    spinning.log_in("root", "root", "# ").await;
    spinning.send("spin\r\n").await;
    spinning.rest().await;
    assert_eq!(running.closed().await, "limit: instructions");
    quiet.send("still here\r\n").await;
    quiet.until("still here\r\n# ").await;
    running.stop().await;
}

#[tokio::test]
async fn idle_and_flooding_peers_are_cut_off() {
    let mut config = config();
    config.limits.idle_seconds = 1;
    let running = start(config, product()).await;
    let mut peer = Peer::connect(running.telnet).await;
    peer.log_in("root", "root", "# ").await;
    peer.rest().await;
    assert_eq!(running.closed().await, "idle");
    let mut flood = Peer::connect(running.telnet).await;
    let _ = tokio::io::AsyncWriteExt::write_all(&mut flood.stream, &b"\xff\xfb\x22".repeat(20_000)).await;
    flood.rest().await;
    running
        .wait_for(|e| match &e.kind {
            EventKind::SessionClosed { reason, .. } if reason == "limit: telnet commands" => Some(()),
            _ => None,
        })
        .await;
    assert!(running.words().contains(&"anomaly"));
    running.stop().await;
}

#[tokio::test]
async fn a_demonstration_is_marked() {
    let running = running().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let own = socket.local_addr().unwrap();
    assert!(running.demo.announce(own, "203.0.113.77".parse().ok()));
    let stream = socket.connect(running.telnet).await.unwrap();
    let mut peer = Peer { stream, seen: Vec::new() };
    peer.until("login: ").await;
    let (demo, source) = running
        .wait_for(|e| match &e.kind {
            EventKind::SessionOpened { source, .. } => Some((e.demo, *source)),
            _ => None,
        })
        .await;
    assert!(demo);
    assert_eq!(source.ip.to_string(), "203.0.113.77");
    running.stop().await;
}

#[tokio::test]
async fn pages_sign_in_and_pipelining() {
    let running = running().await;
    let mut peer = Peer::connect(running.http).await;
    peer.send(
        "GET / HTTP/1.1\r\nHost: c\r\n\r\nHEAD / HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\nPUT / HTTP/1.1\r\n\r\n\
         POST /login HTTP/1.1\r\nContent-Length: 14\r\n\r\nu=root&p=wrong\
         POST /login HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n7\r\nu=admin\r\n8\r\n&p=admin\r\n0\r\n\r\n",
    )
    .await;
    let shown = String::from_utf8_lossy(&peer.rest().await).into_owned();
    let statuses: Vec<&str> =
        shown.match_indices("HTTP/1.1 ").map(|(at, _)| &shown[at + 9..at + 12]).collect();
    assert_eq!(statuses, ["200", "200", "404", "405", "200", "302"], "{shown}");
    assert!(shown.contains("Server: mini_httpd/1.30\r\n") && shown.contains("Location: /home\r\n"));
    running.stop().await;
}

#[tokio::test]
async fn an_injected_command_is_run_and_written_down() {
    let running = running().await;
    let mut peer = Peer::connect(running.http).await;
    peer.send("GET /ping?ip=1.1.1.1%3Bcat+/etc/passwd HTTP/1.0\r\n\r\n").await;
    let shown = String::from_utf8_lossy(&peer.rest().await).into_owned();
    assert!(shown.ends_with("\r\n\r\n$ ping -c 1 1.1.1.1;cat /etc/passwd"), "{shown}");
    running.closed().await;
    assert_eq!(running.words(), ["session_opened", "exploit", "command", "http_request", "session_closed"]);
    running.stop().await;
}

#[tokio::test]
async fn basic_authentication_and_uploads() {
    let running = running().await;
    let mut peer = Peer::connect(running.http).await;
    peer.send("GET /video HTTP/1.1\r\n\r\n").await;
    peer.until("WWW-Authenticate: Basic realm=\"camera\"\r\n").await;
    for _ in 0..2 {
        peer.send("GET /video HTTP/1.1\r\nAuthorization: Basic YWRtaW46YWRtaW4=\r\n\r\n").await;
        peer.until("\r\n\r\nvideo").await;
    }
    peer.send("PUT /bot.mips HTTP/1.0\r\nContent-Length: 5\r\n\r\n\x7fELF\n").await;
    peer.rest().await;
    running.closed().await;
    let kept = running.stop().await;
    let kept = kept.lock().unwrap();
    let attempts =
        kept.events.iter().filter(|e| matches!(e.kind, EventKind::LoginAttempt { success: true, .. }));
    assert_eq!(attempts.count(), 1, "a browser repeats its pair");
    assert_eq!(kept.files[0].1, b"\x7fELF\n");
    assert!(
        matches!(&kept.files[0].0.kind, EventKind::FileCaptured { artifact } if artifact.name.to_string() == "/bot.mips")
    );
}

#[tokio::test]
async fn nonsense_is_answered_as_a_small_server_does() {
    let running = running().await;
    for (sent, status) in [
        (&b"\x16\x03\x01\0\0 \0\r\n\r\n"[..], "400"),
        (b"GET / HTTP/9.9\r\n\r\n", "505"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "413"),
    ] {
        let mut peer = Peer::connect(running.http).await;
        peer.send(sent).await;
        let shown = String::from_utf8_lossy(&peer.rest().await).into_owned();
        assert!(shown.starts_with(&format!("HTTP/1.1 {status} ")), "{shown}");
    }
    let mut peer = Peer::connect(running.http).await;
    let _ = tokio::io::AsyncWriteExt::write_all(&mut peer.stream, &vec![b'A'; 1 << 20]).await;
    peer.rest().await;
    running
        .wait_for(|e| {
            matches!(&e.kind, EventKind::Anomaly { what, .. } if what == "http.head_too_large").then_some(())
        })
        .await;
    running.stop().await;
}
