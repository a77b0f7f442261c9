//! A demonstration attacker's connection: announced, then raw bytes both ways.
//!
//! Key types: [`Stage`], [`Peer`].
use otori_decoy::DemoPeers;
use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How long an attacker waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an answer that are looked at.
const ANSWER_MAX: usize = 1 << 20;

/// Where it plays.
pub struct Stage {
    /// the telnet front
    pub telnet: Option<SocketAddr>,
    /// the HTTP front
    pub http: Option<SocketAddr>,
    /// where connections are announced
    pub peers: DemoPeers,
}

/// One connection.
pub struct Peer {
    stream: TcpStream,
    seen: Vec<u8>,
}

impl Stage {
    /// Connects to a front, shown as `source`.
    pub async fn connect(&self, front: Option<SocketAddr>, source: IpAddr) -> Result<Peer> {
        let front = front.ok_or_else(|| Error::from(ErrorKind::AddrNotAvailable))?;
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        // Unannounced it would look like a real attack: rather not at all.
        if !self.peers.announce(socket.local_addr()?, Some(source)) {
            return Err(ErrorKind::AddrInUse.into());
        }
        Ok(Peer { stream: socket.connect(front).await?, seen: Vec::new() })
    }
}

impl Peer {
    /// Sends bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.stream.write_all(bytes.as_ref()).await
    }
    /// Reads until `text` comes.
    pub async fn until(&mut self, text: &str) -> Result<()> {
        let text = text.as_bytes();
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.seen.windows(text.len()).position(|window| window == text) {
                self.seen.drain(..at + text.len());
                return Ok(());
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await;
            let count = read.map_err(|_| ErrorKind::TimedOut)??;
            if count == 0 || self.seen.len() > ANSWER_MAX {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.seen.extend_from_slice(&buffer[..count]);
        }
    }
    /// Types a line and waits for the next prompt.
    pub async fn line(&mut self, line: &str) -> Result<()> {
        self.send(format!("{line}\r\n")).await?;
        self.until("# ").await
    }
    /// Tries a pair at the log-in prompt.
    pub async fn try_pair(&mut self, user: &str, password: &str) -> Result<()> {
        self.until("login: ").await?;
        self.send(format!("{user}\r\n")).await?;
        self.until("assword: ").await?;
        self.send(format!("{password}\r\n")).await
    }
    /// Reads to the end of the connection.
    pub async fn drain(&mut self) -> Result<()> {
        let mut buffer = [0; 4096];
        while tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer))
            .await
            .map_err(|_| ErrorKind::TimedOut)??
            > 0
        {}
        Ok(())
    }
}
