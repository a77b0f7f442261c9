//! What a session's guest finds outside: downloads through the guarded fetcher, names, and otherwise silence.
//!
//! Key type: [`Gateway`], the session's [`Outside`]. Nothing that a guest sends leaves this process, except that
//! the path of a download reaches [`crate::fetch`] when that is on. A connection is accepted so that the first
//! bytes can be read: an HTTP request names the URL even when fetching is off.
mod ftp;
mod name;
mod tftp;
mod web;

use crate::config::{Egress, GatewayConfig};
use crate::engine::wake::WakeLine;
use crate::fetch::{Fetcher, Request, Scheme};
use crate::session::{Download, Session, sha256};
use name::Names;
use otori_device::linux::errno::Errno;
use otori_device::linux::net::outside::{Connect, Outside};
use otori_event::event::DownloadOutcome;
use otori_event::{CaptureMethod, EventKind, Transport};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Datagrams that wait for the guest.
pub const INBOX_MAX: usize = 256;
/// TFTP reads of one session that are remembered.
pub const TFTP_MAX: usize = 32;
/// Bytes that one call takes from the guest.
const SEND_MAX: usize = 64 << 10;
/// How long Linux tries an unanswered connection with its default of six repetitions (tcp_syn_retries).
const CONNECT_TIMEOUT_NS: u64 = 127_000_000_000;

/// Where a connection of the guest's stands.
enum State {
    /// nothing answers
    Filtered,
    /// accepted; the bytes of its request so far
    Collecting(Vec<u8>),
    /// its request is understood, or will never be: silence until something comes or the reset
    Waiting,
    /// bytes for the guest, then the end
    Answering { bytes: Vec<u8>, at: usize },
    /// an FTP control connection, and its bytes for the guest
    Ftp(Box<ftp::Dialogue>),
}

struct Connection {
    remote: SocketAddr,
    state: State,
    /// bytes of an FTP server's that wait
    replies: VecDeque<u8>,
    finished: bool,
    /// monotonic time at which the peer resets it, or the attempt times out
    ends_ns: Option<u64>,
}

struct Read {
    server: SocketAddr,
    transfer: Option<tftp::Transfer>,
}

struct Table {
    connections: BTreeMap<u32, Connection>,
    names: Names,
    inbox: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
    reads: BTreeMap<SocketAddr, Read>,
    outbound: BTreeSet<(SocketAddr, u8, Option<String>)>,
    data_ports: BTreeSet<SocketAddr>,
}

/// One for each session; what fetches share with it sits behind a lock.
#[derive(Clone)]
pub struct Gateway {
    config: Arc<GatewayConfig>,
    session: Arc<Session>,
    fetcher: Arc<Fetcher>,
    runtime: tokio::runtime::Handle,
    wake: WakeLine,
    table: Arc<Mutex<Table>>,
}

impl Gateway {
    /// `wake` rings the guest when something came for it; fetches run on `runtime`.
    pub fn new(
        config: Arc<GatewayConfig>,
        session: Arc<Session>,
        fetcher: Arc<Fetcher>,
        runtime: tokio::runtime::Handle,
        wake: WakeLine,
    ) -> Self {
        let table = Table {
            connections: BTreeMap::new(),
            names: Names::new(config.names),
            inbox: VecDeque::new(),
            reads: BTreeMap::new(),
            outbound: BTreeSet::new(),
            data_ports: BTreeSet::new(),
        };
        Gateway { config, session, fetcher, runtime, wake, table: Arc::new(Mutex::new(table)) }
    }
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn now_ns(&self) -> u64 {
        self.session.ambient().clock.monotonic_ns()
    }
    /// Writes down where the guest wants to, each end once.
    fn note_outbound(&self, remote: SocketAddr, transport: Transport, name: Option<String>) {
        let mut table = self.table();
        let name = name.or_else(|| table.names.name_of(remote.ip()).map(str::to_string));
        let code = if transport == Transport::Tcp { 6 } else { 17 };
        let room = table.outbound.len() < self.config.outbound_events;
        let new = room && table.outbound.insert((remote, code, name.clone()));
        drop(table);
        if new {
            self.session.emit(EventKind::Outbound { remote: remote.into(), transport, name });
        }
    }
    /// Rings the guest when `delay_ns` have passed.
    fn ring_later(&self, delay_ns: u64) {
        let wake = self.wake.clone();
        self.runtime.spawn(async move {
            tokio::time::sleep(Duration::from_nanos(delay_ns)).await;
            wake.ring();
        });
    }
    /// A filtered path: silence now, a reset after a believable time.
    fn refuse_later(&self, connection: &mut Connection) {
        let delay_ns = self.config.refuse_after_ms.saturating_mul(1_000_000);
        connection.state = State::Waiting;
        connection.ends_ns = Some(self.now_ns().saturating_add(delay_ns));
        self.ring_later(delay_ns);
    }
    /// Looks at what the guest has sent on a connection so far.
    fn collect(&self, number: u32, table: &mut Table, bytes: &[u8]) {
        let names = &table.names;
        let Some(connection) = table.connections.get_mut(&number) else { return };
        let State::Collecting(sent) = &mut connection.state else { return };
        sent.extend_from_slice(bytes);
        match web::read(sent, connection.remote, names) {
            web::Outcome::More => {}
            web::Outcome::Other => self.refuse_later(connection),
            web::Outcome::Refuse { url, reason } => {
                self.session.refuse_download(url, reason);
                self.refuse_later(connection);
            }
            web::Outcome::Get { request, .. } if !self.fetcher.is_on() => {
                self.session.refuse_download(request.url(), "fetching is off");
                self.refuse_later(connection);
            }
            web::Outcome::Get { request, head_only } => {
                connection.state = State::Waiting;
                self.fetch_web(number, request, head_only);
            }
        }
    }
    fn fetch_web(&self, number: u32, request: Request, head_only: bool) {
        let gateway = self.clone();
        self.runtime.spawn(async move {
            let fetched = gateway.fetch(request, CaptureMethod::Http).await;
            let mut table = gateway.table();
            if let Some(connection) = table.connections.get_mut(&number) {
                match fetched {
                    Some(file) => {
                        let bytes = web::answer(&file, head_only);
                        connection.state = State::Answering { bytes, at: 0 };
                    }
                    None => gateway.refuse_later(connection),
                }
            }
            drop(table);
            gateway.wake.ring();
        });
    }
    /// Fetches and writes down what became of it.
    async fn fetch(&self, request: Request, method: CaptureMethod) -> Option<crate::fetch::Fetched> {
        let url = request.url();
        let result = self.fetcher.fetch(self.session.source(), request).await;
        let outcome = match &result {
            Ok(file) if file.status == 200 => {
                let hash = sha256(&file.bytes);
                self.session.remember_download(Download { sha256: hash, url: url.clone(), method });
                let fetched = DownloadOutcome::Fetched { sha256: hash, size: file.bytes.len() as u64 };
                if file.url != url {
                    let (url, outcome) = (file.url.clone(), fetched.clone());
                    self.session
                        .emit_file(EventKind::DownloadRequested { url, outcome }, file.bytes.to_vec());
                }
                self.session
                    .emit_file(EventKind::DownloadRequested { url, outcome: fetched }, file.bytes.to_vec());
                return result.ok();
            }
            Ok(file) => DownloadOutcome::Failed { reason: format!("HTTP status {}", file.status) },
            Err(error) if error.is_refusal() => DownloadOutcome::Refused { reason: error.to_string() },
            Err(error) => DownloadOutcome::Failed { reason: error.to_string() },
        };
        self.session.emit(EventKind::DownloadRequested { url, outcome });
        result.ok()
    }
    fn push_datagram(table: &mut Table, local: SocketAddr, from: SocketAddr, bytes: Vec<u8>) {
        if table.inbox.len() < INBOX_MAX {
            table.inbox.push_back((local, from, bytes));
        }
    }
    fn resolve(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let answered = self.table().names.answer(bytes);
        match answered {
            Some(answered) => {
                self.note_outbound(to, Transport::Udp, Some(answered.name));
                Self::push_datagram(&mut self.table(), from, to, answered.packet);
            }
            None => self.note_outbound(to, Transport::Udp, None),
        }
    }
    /// A TFTP packet: a new read, or the next acknowledgement of one that runs.
    fn tftp(&self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let mut table = self.table();
        if let Some(read) = table.reads.get_mut(&from)
            && (to == read.server || to.ip() == read.server.ip() && to.port() == 69)
        {
            let server = read.server;
            let answer = read.transfer.as_mut().filter(|_| to == server).and_then(|t| t.answer(bytes));
            if let Some(packet) = answer {
                Self::push_datagram(&mut table, from, server, packet);
            }
            return;
        }
        let Some(request) = tftp::ReadRequest::parse(bytes).filter(|_| to.port() == 69) else { return };
        if table.reads.len() >= TFTP_MAX {
            table.reads.pop_first();
        }
        // A transfer port of the server's own, as RFC 1350 has it.
        let server = SocketAddr::new(to.ip(), 40_000 + (from.port() % 20_000));
        table.reads.insert(from, Read { server, transfer: None });
        let name = table.names.name_of(to.ip()).map(str::to_string);
        drop(table);
        let wanted = Request {
            scheme: Scheme::Tftp,
            host: name.clone().unwrap_or_else(|| to.ip().to_string()),
            port: 69,
            path: web::printable(&request.name),
            address: if name.is_some() { None } else { Some(to.ip()) },
            user_agent: Vec::new(),
        };
        if !self.fetcher.is_on() {
            return self.session.refuse_download(wanted.url(), "fetching is off");
        }
        self.fetch_tftp(from, server, request, wanted);
    }
    fn fetch_tftp(&self, from: SocketAddr, server: SocketAddr, read: tftp::ReadRequest, wanted: Request) {
        let gateway = self.clone();
        self.runtime.spawn(async move {
            let file = gateway.fetch(wanted, CaptureMethod::Tftp).await;
            let mut table = gateway.table();
            let packet = match file {
                Some(file) => {
                    let (transfer, packet) = tftp::Transfer::start(file.bytes, &read);
                    if let Some(read) = table.reads.get_mut(&from) {
                        read.transfer = Some(transfer);
                    }
                    packet
                }
                None => tftp::error(1, "File not found"),
            };
            Self::push_datagram(&mut table, from, server, packet);
            drop(table);
            gateway.wake.ring();
        });
    }
    fn ftp(&self, number: u32, table: &mut Table, bytes: &[u8]) {
        let Some(connection) = table.connections.get_mut(&number) else { return };
        let remote = connection.remote;
        let State::Ftp(dialogue) = &mut connection.state else { return };
        let reaction = dialogue.push(bytes, remote);
        connection.replies.extend(reaction.reply);
        connection.finished |= reaction.quit;
        if let Some(data) = reaction.data
            && table.data_ports.len() < self.config.connections
        {
            table.data_ports.insert(data);
        }
        let host = table.names.name_of(remote.ip()).map_or_else(|| remote.ip().to_string(), str::to_string);
        for file in reaction.files {
            let path = web::printable(file.trim_start_matches('/').as_bytes());
            self.session.refuse_download(format!("ftp://{host}/{path}"), "ftp is not fetched");
        }
    }
}

impl Outside for Gateway {
    fn tcp_connect(&mut self, number: u32, _: SocketAddr, to: SocketAddr) -> Connect {
        let is_data = self.table().data_ports.contains(&to);
        if !is_data {
            self.note_outbound(to, Transport::Tcp, None);
        }
        let now_ns = self.now_ns();
        let mut table = self.table();
        if table.connections.len() >= self.config.connections {
            return Connect::Refused(Errno::ENETUNREACH);
        }
        let filtered = self.config.filtered_ports.contains(&to.port());
        if filtered && self.config.egress == Egress::Refused {
            return Connect::Refused(Errno::ECONNREFUSED);
        }
        let mut replies = VecDeque::new();
        let state = match to.port() {
            _ if filtered => State::Filtered,
            21 => {
                replies.extend(ftp::GREETING);
                State::Ftp(Box::default())
            }
            _ => State::Collecting(Vec::new()),
        };
        let ends_ns = filtered.then(|| now_ns.saturating_add(CONNECT_TIMEOUT_NS));
        let connection = Connection { remote: to, state, replies, finished: false, ends_ns };
        table.connections.insert(number, connection);
        drop(table);
        if filtered {
            self.ring_later(CONNECT_TIMEOUT_NS);
            return Connect::Pending;
        }
        Connect::Accepted
    }
    fn tcp_state(&mut self, number: u32) -> Connect {
        let now_ns = self.now_ns();
        match self.table().connections.get(&number) {
            Some(Connection { state: State::Filtered, ends_ns, .. }) => match ends_ns {
                Some(end) if *end <= now_ns => Connect::Refused(Errno::ETIMEDOUT),
                _ => Connect::Pending,
            },
            Some(_) => Connect::Accepted,
            None => Connect::Refused(Errno::ECONNRESET),
        }
    }
    fn tcp_send(&mut self, number: u32, bytes: &[u8]) -> Result<usize, Errno> {
        let bytes = &bytes[..bytes.len().min(SEND_MAX)];
        let now_ns = self.now_ns();
        let mut table = self.table();
        let connection = table.connections.get(&number).ok_or(Errno::EPIPE)?;
        if connection.ends_ns.is_some_and(|end| end <= now_ns) {
            return Err(Errno::ECONNRESET);
        }
        match connection.state {
            State::Collecting(_) => self.collect(number, &mut table, bytes),
            State::Ftp(_) => self.ftp(number, &mut table, bytes),
            // What follows a request is taken and forgotten.
            State::Filtered | State::Waiting | State::Answering { .. } => {}
        }
        Ok(bytes.len())
    }
    fn tcp_receive(&mut self, number: u32, into: &mut [u8]) -> Result<usize, Errno> {
        let now_ns = self.now_ns();
        let mut table = self.table();
        let connection = table.connections.get_mut(&number).ok_or(Errno::ECONNRESET)?;
        if let State::Answering { bytes, at } = &mut connection.state {
            let count = into.len().min(bytes.len() - *at);
            into[..count].copy_from_slice(&bytes[*at..*at + count]);
            *at += count;
            return Ok(count);
        }
        if !connection.replies.is_empty() {
            let count = into.len().min(connection.replies.len());
            for (slot, byte) in into.iter_mut().zip(connection.replies.drain(..count)) {
                *slot = byte;
            }
            return Ok(count);
        }
        match connection.ends_ns {
            Some(end) if end <= now_ns => Err(Errno::ECONNRESET),
            _ if connection.finished => Ok(0),
            _ => Err(Errno::EAGAIN),
        }
    }
    fn tcp_readable(&mut self, number: u32) -> bool {
        let now_ns = self.now_ns();
        self.table().connections.get(&number).is_none_or(|connection| {
            matches!(connection.state, State::Answering { .. })
                || !connection.replies.is_empty()
                || connection.finished
                || connection.ends_ns.is_some_and(|end| end <= now_ns)
        })
    }
    fn tcp_close(&mut self, number: u32) {
        self.table().connections.remove(&number);
    }
    fn udp_send(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> Result<usize, Errno> {
        let is_known = self.table().reads.get(&from).is_some_and(|read| read.server == to);
        match to.port() {
            53 => self.resolve(from, to, bytes),
            _ if is_known => self.tftp(from, to, bytes),
            69 => {
                self.note_outbound(to, Transport::Udp, None);
                self.tftp(from, to, bytes);
            }
            _ => self.note_outbound(to, Transport::Udp, None),
        }
        Ok(bytes.len())
    }
    fn udp_receive(&mut self, local: SocketAddr) -> Option<(SocketAddr, Vec<u8>)> {
        let mut table = self.table();
        let fits = |to: &SocketAddr| {
            to.port() == local.port() && (local.ip().is_unspecified() || to.ip() == local.ip())
        };
        let at = table.inbox.iter().position(|(to, ..)| fits(to))?;
        table.inbox.remove(at).map(|(_, from, bytes)| (from, bytes))
    }
    fn icmp_echo(&mut self, to: IpAddr) -> bool {
        // The router of a private network answers; the world beyond is filtered.
        matches!(to, IpAddr::V4(v4) if v4.is_private() && v4.octets()[3] == 1)
    }
}

#[cfg(test)]
mod tests;
