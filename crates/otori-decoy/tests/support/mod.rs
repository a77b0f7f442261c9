//! A decoy on loopback ports that the system chose, and peers that talk to it with raw sockets.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its part; a test stops at what fails")]
use otori_decoy::ambient::Ambient;
use otori_decoy::appliance::Appliance;
use otori_decoy::{DecoyConfig, DemoPeers, Listening, World, run_appliance};
use otori_event::{Event, EventKind, Intake, SessionId};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

/// How long a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the pipeline got.
#[derive(Default)]
pub struct Kept {
    pub events: Vec<Event>,
    pub files: Vec<(Event, Vec<u8>)>,
    pub recordings: BTreeMap<SessionId, Vec<u8>>,
}

/// A running decoy.
pub struct Running {
    pub telnet: SocketAddr,
    pub http: SocketAddr,
    pub demo: DemoPeers,
    pub kept: Arc<Mutex<Kept>>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

/// The defaults, on any free port and without delays.
pub fn config() -> DecoyConfig {
    let mut config = DecoyConfig::default();
    config.telnet.listen = vec!["127.0.0.1:0".parse().unwrap()];
    config.http.listen = vec!["127.0.0.1:0".parse().unwrap()];
    config.telnet.failure_delay_ms = 10;
    config.limits.threads = 2;
    config
}

pub async fn start(config: DecoyConfig, appliance: Arc<dyn Appliance>) -> Running {
    let (pipeline, mut intake) = mpsc::channel(64);
    let kept = Arc::new(Mutex::new(Kept::default()));
    let keep = kept.clone();
    tokio::spawn(async move {
        while let Some(intake) = intake.recv().await {
            let mut kept = keep.lock().unwrap();
            match intake {
                Intake::Event(event) => kept.events.push(event),
                Intake::File { event, bytes } => {
                    kept.events.push(event.clone());
                    kept.files.push((event, bytes));
                }
                Intake::Recording { session, chunk } => {
                    kept.recordings.entry(session).or_default().extend(chunk)
                }
            }
        }
    });
    let demo = DemoPeers::default();
    let world = World { pipeline, demo: demo.clone(), ambient: Ambient::system() };
    let (stop, stopped) = oneshot::channel();
    let (ready, addresses) = oneshot::channel::<Listening>();
    let task = tokio::spawn(async move {
        let started = |listening| drop(ready.send(listening));
        let shutdown = async { drop(stopped.await) };
        run_appliance(config, appliance, world, started, shutdown).await.unwrap();
    });
    let addresses = addresses.await.unwrap();
    let of = |name| addresses.iter().find(|(n, _)| *n == name).unwrap().1;
    Running { telnet: of("telnet"), http: of("http"), demo, kept, stop, task }
}

impl Running {
    pub async fn stop(self) -> Arc<Mutex<Kept>> {
        let _ = self.stop.send(());
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
        self.kept
    }
    /// Waits until an event fits.
    pub async fn wait_for<T>(&self, mut fits: impl FnMut(&Event) -> Option<T>) -> T {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(value) = self.kept.lock().unwrap().events.iter().find_map(&mut fits) {
                    return value;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        match found.await {
            Ok(value) => value,
            Err(_) => panic!("it never came; events: {:#?}", self.kept.lock().unwrap().events),
        }
    }
    pub async fn closed(&self) -> String {
        self.wait_for(|e| match &e.kind {
            EventKind::SessionClosed { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await
    }
    pub fn words(&self) -> Vec<&'static str> {
        self.kept.lock().unwrap().events.iter().map(|e| e.kind.as_str()).collect()
    }
}

/// A peer with a raw socket.
pub struct Peer {
    pub stream: TcpStream,
    pub seen: Vec<u8>,
}

impl Peer {
    pub async fn connect(address: SocketAddr) -> Peer {
        Peer { stream: TcpStream::connect(address).await.unwrap(), seen: Vec::new() }
    }
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }
    /// Reads until `text` stands in what came since the last call; gives everything up to its end.
    pub async fn until(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let text = text.as_ref();
        let mut buffer = [0; 65536];
        loop {
            if let Some(at) = self.seen.windows(text.len()).position(|w| w == text) {
                return self.seen.drain(..at + text.len()).collect();
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await;
            let count = read
                .unwrap_or_else(|_| panic!("no {:?} in {:?}", text.escape_ascii().to_string(), self.shown()))
                .unwrap();
            assert!(count > 0, "closed without {:?}: {:?}", text.escape_ascii().to_string(), self.shown());
            self.seen.extend_from_slice(&buffer[..count]);
        }
    }
    /// Everything up to the end of the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.seen);
        let read = tokio::time::timeout(PATIENCE, self.stream.read_to_end(&mut all)).await;
        let _ = read.expect("the peer closes");
        all
    }
    fn shown(&self) -> String {
        self.seen.escape_ascii().to_string()
    }
    /// Logs in and waits for the prompt.
    pub async fn log_in(&mut self, user: &str, password: &str, prompt: &str) -> Vec<u8> {
        self.until("login: ").await;
        self.send(format!("{user}\r\n")).await;
        self.until("Password: ").await;
        self.send(format!("{password}\r\n")).await;
        self.until(prompt).await
    }
}
