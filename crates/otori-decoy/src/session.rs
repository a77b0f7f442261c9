//! One peer's visit: what its front, its guest and its gateway write down together.
//!
//! Key type: [`Session`]. Everyone who holds it may [`Session::emit`]; only the connection's own task
//! carries the outbox to the pipeline ([`Session::deliver`]), and a guest does not run while the outbox is full.
use crate::ambient::Ambient;
use otori_event::event::DownloadOutcome;
use otori_event::{
    CaptureMethod, Endpoint, Event, EventId, EventKind, Intake, ProductId, RawText, SessionId, Sha256, Stage,
    Timestamp,
};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc};

/// Hand-overs that may wait in one session before its guest stands still.
pub const OUTBOX_MAX: usize = 512;
/// Different missing calls that one session reports.
pub const UNSUPPORTED_MAX: usize = 64;
/// Anomalies of one kind that one session reports.
pub const ANOMALIES_PER_KIND: u32 = 3;

/// Downloads of one session whose files can still be recognised.
pub const DOWNLOADS_MAX: usize = 64;

/// A file that the gateway gave to the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// of its bytes
    pub sha256: Sha256,
    /// where it came from
    pub url: String,
    /// how the guest asked for it
    pub method: CaptureMethod,
}

/// The pipeline went away: nothing can be kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pipeline does not take events any more")]
pub struct PipelineGone;

/// Who visits, where, and how events of this visit are named.
pub struct Identity {
    /// number of the session
    pub id: SessionId,
    /// the peer as events show it
    pub source: Endpoint,
    /// our side
    pub local: Endpoint,
    /// `telnet`, `http`
    pub front: &'static str,
    /// the product played
    pub product: Option<ProductId>,
    /// part of a demonstration
    pub demo: bool,
}

struct Log {
    sequence: u32,
    omitted: u64,
    stage: Stage,
    outbox: Vec<Intake>,
    unsupported: BTreeSet<String>,
    anomalies: Vec<(String, u32)>,
    downloads: Vec<Download>,
    bytes_in: u64,
    bytes_out: u64,
    closed: bool,
}

/// One visit. Shared by reference counting; no lock is held across a wait.
pub struct Session {
    identity: Identity,
    ambient: Ambient,
    opened: Timestamp,
    events_max: u32,
    log: Mutex<Log>,
    /// rung when the connection's task has something to do
    pub bell: Notify,
}

impl Session {
    /// Begins a visit and writes `SessionOpened`.
    pub fn open(identity: Identity, ambient: Ambient, events_max: u32) -> Self {
        let opened = ambient.clock.wall();
        let kind = EventKind::SessionOpened {
            front: identity.front.into(),
            source: identity.source,
            local: identity.local,
        };
        let log = Log {
            sequence: 0,
            omitted: 0,
            stage: Stage::Probe,
            outbox: Vec::new(),
            unsupported: BTreeSet::new(),
            anomalies: Vec::new(),
            downloads: Vec::new(),
            bytes_in: 0,
            bytes_out: 0,
            closed: false,
        };
        let session =
            Session { identity, ambient, opened, events_max, log: Mutex::new(log), bell: Notify::new() };
        session.emit(kind);
        session
    }
    /// Who visits.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
    /// The peer's address as events show it.
    pub fn source(&self) -> IpAddr {
        self.identity.source.ip
    }
    /// Time and chance of this visit.
    pub fn ambient(&self) -> &Ambient {
        &self.ambient
    }
    /// When it began.
    pub fn opened(&self) -> Timestamp {
        self.opened
    }
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn event(&self, log: &mut Log, kind: EventKind) -> Option<Event> {
        if log.closed {
            return None;
        }
        // The last event is kept for `SessionClosed`.
        if log.sequence >= self.events_max && !matches!(kind, EventKind::SessionClosed { .. }) {
            log.omitted += 1;
            return None;
        }
        if let Some(stage) = kind.stage() {
            log.stage = log.stage.max(stage);
        }
        let at = self.ambient.clock.wall();
        let id = EventId::new(at, self.identity.id.get(), log.sequence);
        log.sequence = log.sequence.saturating_add(1);
        let (product, session) = (self.identity.product.clone(), Some(self.identity.id));
        Some(Event { id, at, product, session, demo: self.identity.demo, kind })
    }
    /// Writes one event down.
    pub fn emit(&self, kind: EventKind) {
        let mut log = self.log();
        if let Some(event) = self.event(&mut log, kind) {
            log.outbox.push(Intake::Event(event));
            drop(log);
            self.bell.notify_one();
        }
    }
    /// Writes an event down that speaks of a file.
    pub fn emit_file(&self, kind: EventKind, bytes: Vec<u8>) {
        let mut log = self.log();
        if let Some(event) = self.event(&mut log, kind) {
            log.outbox.push(Intake::File { event, bytes });
            drop(log);
            self.bell.notify_one();
        }
    }
    /// A download that did not happen.
    pub fn refuse_download(&self, url: String, reason: impl Into<String>) {
        let outcome = DownloadOutcome::Refused { reason: reason.into() };
        self.emit(EventKind::DownloadRequested { url, outcome });
    }
    /// The gateway gave a file to the guest.
    pub fn remember_download(&self, download: Download) {
        let mut log = self.log();
        if log.downloads.len() < DOWNLOADS_MAX && !log.downloads.contains(&download) {
            log.downloads.push(download);
        }
    }
    /// Where the guest got these bytes, if it was through the gateway.
    pub fn download_of(&self, sha256: &Sha256) -> Option<Download> {
        self.log().downloads.iter().find(|d| d.sha256 == *sha256).cloned()
    }
    /// Input that breaks a protocol's rules; the fourth of a kind and later ones are only in the counts.
    pub fn anomaly(&self, what: &str, detail: impl AsRef<[u8]>) {
        let mut log = self.log();
        let count = match log.anomalies.iter().position(|(kind, _)| kind == what) {
            Some(index) => index,
            None if log.anomalies.len() >= UNSUPPORTED_MAX => return,
            None => {
                log.anomalies.push((what.into(), 0));
                log.anomalies.len() - 1
            }
        };
        log.anomalies[count].1 += 1;
        if log.anomalies[count].1 > ANOMALIES_PER_KIND {
            return;
        }
        drop(log);
        self.emit(EventKind::Anomaly { what: what.into(), detail: RawText::new(detail) });
    }
    /// A call that the engine does not have; each name once.
    pub fn unsupported(&self, call: &str) {
        let mut log = self.log();
        let new = log.unsupported.len() < UNSUPPORTED_MAX && log.unsupported.insert(call.into());
        drop(log);
        if new {
            self.emit(EventKind::Unsupported { call: call.into() });
        }
    }
    /// The next piece of the recording, whole lines.
    pub fn record(&self, chunk: Vec<u8>) {
        if !chunk.is_empty() {
            self.log().outbox.push(Intake::Recording { session: self.identity.id, chunk });
            self.bell.notify_one();
        }
    }
    /// Counts bytes that came from the peer; the sum so far.
    pub fn count_in(&self, bytes: usize) -> u64 {
        let mut log = self.log();
        log.bytes_in = log.bytes_in.saturating_add(bytes as u64);
        log.bytes_in
    }
    /// Counts bytes that went to the peer; the sum so far.
    pub fn count_out(&self, bytes: usize) -> u64 {
        let mut log = self.log();
        log.bytes_out = log.bytes_out.saturating_add(bytes as u64);
        log.bytes_out
    }
    /// The outbox is so full that whoever fills it should wait.
    pub fn is_congested(&self) -> bool {
        self.log().outbox.len() >= OUTBOX_MAX
    }
    /// Carries the outbox to the pipeline, waiting while that is full. One task only.
    pub async fn deliver(&self, pipeline: &mpsc::Sender<Intake>) -> Result<(), PipelineGone> {
        loop {
            let batch = std::mem::take(&mut self.log().outbox);
            if batch.is_empty() {
                return Ok(());
            }
            for intake in batch {
                pipeline.send(intake).await.map_err(|_| PipelineGone)?;
            }
        }
    }
    /// Ends the visit with `SessionClosed`; later events are dropped.
    pub fn close(&self, reason: &str) {
        let (omitted, bytes_in, bytes_out, stage) = {
            let log = self.log();
            (log.omitted, log.bytes_in, log.bytes_out, log.stage)
        };
        let duration_ms = (self.ambient.clock.wall().since_ns(self.opened) / 1_000_000).max(0) as u64;
        let reason = match omitted {
            0 => reason.to_string(),
            count => format!("{reason} ({count} events beyond the session's limit were not kept)"),
        };
        self.emit(EventKind::SessionClosed { duration_ms, reason, bytes_in, bytes_out, stage });
        self.log().closed = true;
    }
}

/// The SHA-256 of some bytes: the name of an artifact.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    use sha2::Digest;
    Sha256(sha2::Sha256::digest(bytes).into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ambient::Fixed;
    use std::sync::Arc;

    /// A session of the tests, at a fixed time.
    pub(crate) fn session(events_max: u32) -> (Arc<Session>, Arc<Fixed>) {
        let fixed = Fixed::new(Timestamp::from_ms(1_700_000_000_000), 1);
        let end = |text: &str| text.parse::<std::net::SocketAddr>().unwrap().into();
        let identity = Identity {
            id: SessionId::new(7),
            source: end("203.0.113.5:40000"),
            local: end("127.0.0.1:23"),
            front: "telnet",
            product: "camera".parse().ok(),
            demo: false,
        };
        (Arc::new(Session::open(identity, fixed.ambient(), events_max)), fixed)
    }

    /// Everything that waits in the outbox.
    pub(crate) fn drain(session: &Session) -> Vec<Intake> {
        std::mem::take(&mut session.log().outbox)
    }

    /// The kinds of the events that wait in the outbox.
    pub(crate) fn kinds(session: &Session) -> Vec<EventKind> {
        let kind = |intake| match intake {
            Intake::Event(event) | Intake::File { event, .. } => Some(event.kind),
            Intake::Recording { .. } => None,
        };
        drain(session).into_iter().filter_map(kind).collect()
    }

    #[test]
    fn events_are_numbered_bounded_and_end_with_closed() {
        let (session, fixed) = session(3);
        for i in 0..5 {
            session.emit(EventKind::Command { line: RawText::new(format!("echo {i}")) });
        }
        fixed.advance_ns(2_000_000_000);
        session.count_in(10);
        session.close("logout");
        session.emit(EventKind::Command { line: "late".into() });
        let intakes = drain(&session);
        assert_eq!(intakes.len(), 4);
        let Intake::Event(last) = &intakes[3] else { panic!("an event") };
        assert_eq!(last.id, EventId::new(last.at, 7, 3));
        let EventKind::SessionClosed { duration_ms, reason, bytes_in, stage, .. } = &last.kind else {
            panic!("closed is last: {last:?}")
        };
        assert_eq!((*duration_ms, *bytes_in, *stage), (2000, 10, Stage::Exploit));
        assert_eq!(reason, "logout (3 events beyond the session's limit were not kept)");
    }

    #[test]
    fn a_flood_of_anomalies_and_missing_calls_is_named_once() {
        let (session, _) = session(1000);
        for _ in 0..100 {
            session.anomaly("telnet.option_flood", b"x");
            session.unsupported("bpf");
        }
        let count = |what: &str, kinds: &[EventKind]| kinds.iter().filter(|k| k.as_str() == what).count();
        let kinds = kinds(&session);
        assert_eq!(count("anomaly", &kinds), ANOMALIES_PER_KIND as usize);
        assert_eq!(count("unsupported", &kinds), 1);
    }
}
