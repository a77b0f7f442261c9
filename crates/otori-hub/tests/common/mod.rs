//! A hub on loopback with a store of its own, a plain HTTP client, and a checker for the schemas.
#![allow(dead_code, reason = "each test takes what it needs")]
#[path = "../../../otori-store/tests/common/mod.rs"]
pub mod sample;
pub mod schema;

use otori_event::Timestamp;
use otori_hub::{Hub, HubConfig, Status};
use otori_store::Store;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A running hub. Ends with the value.
pub struct Site {
    pub store: Arc<Store>,
    pub status: Arc<Status>,
    pub address: SocketAddr,
    pub link: String,
    pub folder: tempfile::TempDir,
    pub clock: Arc<AtomicI64>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Site {
    pub fn start() -> Site {
        Site::start_with(HubConfig::default())
    }

    pub fn start_with(config: HubConfig) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path()).unwrap();
        let (store, status) = (Arc::new(store), Arc::new(Status::default()));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(AtomicI64::new(sample::NOON.0));
        let shown = clock.clone();
        let config = HubConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: Some(folder.path().to_owned()),
            ..config
        };
        let bind = Hub::bind(
            config,
            store.clone(),
            status.clone(),
            Arc::new(move || Timestamp(shown.load(Ordering::Relaxed))),
        );
        let hub = runtime.block_on(bind).unwrap();
        let (address, link) = (hub.address(), hub.sign_in_link().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        runtime.spawn(hub.serve(async move {
            let _ = stopped.await;
        }));
        Site { store, status, address, link, folder, clock, stop: Some(stop), runtime: Some(runtime) }
    }

    pub fn token(&self) -> String {
        self.link.split_once('#').unwrap().1.to_owned()
    }

    /// Sends one request and reads the whole answer.
    pub fn send(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = self.connect();
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in fields {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::parse(&bytes)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    pub fn sign_in(&self) -> Browser<'_> {
        let body = format!("{{\"token\":\"{}\"}}", self.token());
        let answer = self.send("POST", "/api/v1/sign-in", &[("Content-Type", "application/json")], &body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.field("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
        Browser { site: self, cookie, csrf }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

/// Someone who is signed in.
pub struct Browser<'a> {
    pub site: &'a Site,
    pub cookie: String,
    pub csrf: String,
}

impl Browser<'_> {
    pub fn get(&self, path: &str) -> Answer {
        self.site.send("GET", path, &[("Cookie", &self.cookie)], "")
    }
    /// A GET that must succeed.
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.field("content-type").as_deref(), Some("application/json"), "{path}");
        answer.json()
    }
    /// Opens the stream; the head of the answer is read.
    pub fn stream(&self, path: &str, fields: &str) -> Events {
        let mut stream = self.site.connect();
        let host = self.site.address;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {}\r\n{fields}\r\n", self.cookie);
        stream.write_all(request.as_bytes()).unwrap();
        Events { stream, buffer: Vec::new() }
    }
}

/// One answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn parse(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: bytes[end + 4..].to_vec() };
        if answer.field("transfer-encoding").as_deref() == Some("chunked") {
            answer.body = unchunk(&answer.body);
        }
        answer
    }
    pub fn field(&self, name: &str) -> Option<String> {
        let mut pairs = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        pairs.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
    body
}

/// Messages of a stream.
pub struct Events {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Events {
    /// The next message: (event, id, data). Heartbeats are skipped.
    pub fn next(&mut self) -> (String, i64, Value) {
        loop {
            if let Some(found) = self.take() {
                return found;
            }
            let mut chunk = [0; 65536];
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the stream ended: {}", String::from_utf8_lossy(&self.buffer));
            self.buffer.extend_from_slice(&chunk[..read]);
        }
    }
    /// The stream ends within the read's time limit.
    pub fn ends(mut self) -> bool {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).is_ok()
    }
    fn take(&mut self) -> Option<(String, i64, Value)> {
        let text = String::from_utf8_lossy(&self.buffer).into_owned();
        let from = text.find("event: ")?;
        let end = from + text[from..].find("\n\n")?;
        let message: String = text[from..end].to_owned();
        // Chunk boundaries of HTTP lie between messages; what is before the message is not needed.
        self.buffer = self.buffer[end + 2..].to_vec();
        let field =
            |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim();
        let data = serde_json::from_str(field("data:")).unwrap();
        Some((field("event:").to_owned(), field("id:").parse().unwrap(), data))
    }
}
