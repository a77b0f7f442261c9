//! A TFTP read (RFC 1350 with the block size of RFC 2348) from an address that was already judged.
//!
//! Key function: [`read`]. The server's transfer port may differ from 69, its address may not.
use super::FetchError;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::net::UdpSocket;

/// Bytes of a block that we ask for: fits an Ethernet frame.
const BLOCK_BYTES: usize = 1428;
/// How often a packet is sent before we give up.
const ATTEMPTS: u32 = 4;
const WAIT: Duration = Duration::from_millis(1500);
/// Packets that may come from elsewhere or out of order while we wait for one.
const STRAY_MAX: u32 = 64;

const DATA: u16 = 3;
const ERROR: u16 = 5;
const OPTIONS: u16 = 6;

fn broken(error: &dyn std::fmt::Display) -> FetchError {
    FetchError::Transfer(error.to_string())
}

fn acknowledge(block: u16) -> Vec<u8> {
    [[0, 4], block.to_be_bytes()].concat()
}

struct Transfer {
    socket: UdpSocket,
    server: SocketAddr,
    is_bound: bool,
}

impl Transfer {
    /// Sends `packet` until an answer comes that `wanted` takes.
    async fn exchange<T>(
        &mut self,
        packet: &[u8],
        mut wanted: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, FetchError> {
        let mut buffer = [0; 2048];
        for _ in 0..ATTEMPTS {
            self.socket.send_to(packet, self.server).await.map_err(|e| broken(&e))?;
            for _ in 0..STRAY_MAX {
                let Ok(received) = tokio::time::timeout(WAIT, self.socket.recv_from(&mut buffer)).await
                else {
                    break;
                };
                let (length, from) = received.map_err(|e| broken(&e))?;
                if from.ip() != self.server.ip() || (self.is_bound && from.port() != self.server.port()) {
                    continue;
                }
                let answer = &buffer[..length];
                if word(answer, 0) == Some(ERROR) {
                    let text = answer.get(4..).unwrap_or_default();
                    let text = text.split(|b| *b == 0).next().unwrap_or_default();
                    return Err(FetchError::Transfer(format!("tftp error: {}", text.escape_ascii())));
                }
                if let Some(value) = wanted(answer) {
                    // The first packet fixes the server's transfer port (RFC 1350 section 4).
                    (self.server, self.is_bound) = (from, true);
                    return Ok(value);
                }
            }
        }
        Err(FetchError::Transfer("tftp: no answer".into()))
    }
}

fn word(packet: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*packet.get(at)?, *packet.get(at + 1)?]))
}

enum First {
    Options(usize),
    Data(Vec<u8>),
}

fn first(answer: &[u8]) -> Option<First> {
    match (word(answer, 0)?, word(answer, 2)) {
        (DATA, Some(1)) => Some(First::Data(answer[4..].to_vec())),
        (OPTIONS, _) => {
            let mut texts = answer[2..].split(|b| *b == 0);
            let size = loop {
                let (name, value) = (texts.next()?, texts.next()?);
                if name.eq_ignore_ascii_case(b"blksize") {
                    break std::str::from_utf8(value).ok()?.parse().ok()?;
                }
            };
            (8..=BLOCK_BYTES).contains(&size).then_some(First::Options(size))
        }
        _ => None,
    }
}

/// Reads one file in octet mode.
pub(super) async fn read(path: &str, server: SocketAddr, max_bytes: u64) -> Result<Vec<u8>, FetchError> {
    let name = path.trim_start_matches('/');
    if name.is_empty() || name.contains('\0') {
        return Err(FetchError::Url);
    }
    let local: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(local).await.map_err(|e| broken(&e))?;
    let mut transfer = Transfer { socket, server, is_bound: false };
    let size = BLOCK_BYTES.to_string();
    let request = [b"\0\x01", name.as_bytes(), b"\0octet\0blksize\0", size.as_bytes(), b"\0"];
    let (mut file, mut block, block_bytes) = match transfer.exchange(&request.concat(), first).await? {
        First::Options(size) => (Vec::new(), 0u16, size),
        First::Data(data) => (data, 1, 512),
    };
    let mut is_last = block == 1 && file.len() < block_bytes;
    while !is_last {
        let next = block.wrapping_add(1);
        let is_next = |answer: &[u8]| match (word(answer, 0), word(answer, 2)) {
            (Some(DATA), Some(number)) if number == next => Some(answer[4..].to_vec()),
            _ => None,
        };
        let data = transfer.exchange(&acknowledge(block), is_next).await?;
        block = next;
        if data.len() > block_bytes || (file.len() + data.len()) as u64 > max_bytes {
            return Err(FetchError::TooLarge(max_bytes));
        }
        is_last = data.len() < block_bytes;
        file.extend(data);
    }
    // The last acknowledgement is not answered; a lost one only makes the server repeat itself.
    let _ = transfer.socket.send_to(&acknowledge(block), transfer.server).await;
    Ok(file)
}
