//! Fronts: what listens. A row for each; this file accepts, counts and names the visits, a front serves them.
//!
//! Key type: [`Front`]. To add one: a file here and a row in [`FRONTS`].
pub mod http;
pub mod inside;
pub mod telnet;

use crate::config::DecoyConfig;
use crate::decoy::{Decoy, stopped};
use crate::session::{Identity, PipelineGone, Session};
use otori_event::{Endpoint, Event, EventId, EventKind, Intake, RawText, SessionId, id::fnv1a};
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Seconds that a peer may take to read what it was sent.
const WRITE_SECONDS: u64 = 30;
/// How long to wait when the system has no descriptor for another visit.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often turned-away visits are reported.
const REFUSED_REPORT_NS: u64 = 60_000_000_000;

/// Serves one visit and says why it ended.
pub type Serve = fn(Arc<Decoy>, TcpStream, Arc<Session>) -> Pin<Box<dyn Future<Output = String> + Send>>;

/// A front.
pub struct Front {
    /// as in events
    pub name: &'static str,
    /// where it listens
    pub listen: fn(&DecoyConfig) -> &[SocketAddr],
    /// the port inside the device whose server answers instead of the front
    pub inside: fn(&Decoy) -> Option<u16>,
    /// serves one visit
    pub serve: Serve,
}

/// All fronts, by name.
pub static FRONTS: &[Front] = &[
    Front {
        name: "http",
        listen: |config| if config.http.enabled { &config.http.listen } else { &[] },
        inside: |decoy| decoy.appliance.persona().own_web_port,
        serve: |decoy, stream, session| Box::pin(http::serve(decoy, stream, session)),
    },
    Front {
        name: "inside",
        listen: |config| &config.inside.listen,
        inside: |decoy| Some(decoy.config.inside.port),
        serve: |_, _, _| Box::pin(std::future::ready("no server".into())),
    },
    Front {
        name: "telnet",
        listen: |config| if config.telnet.enabled { &config.telnet.listen } else { &[] },
        inside: |_| None,
        serve: |decoy, stream, session| Box::pin(telnet::serve(decoy, stream, session)),
    },
];

/// Accepts visits until the decoy stops.
pub async fn listen(decoy: Arc<Decoy>, front: &'static Front, listener: TcpListener) {
    let mut visits = tokio::task::JoinSet::new();
    let mut reported_ns = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(decoy.shutdown.clone()) => break,
        };
        while visits.try_join_next().is_some() {}
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let now_ns = decoy.ambient.clock.monotonic_ns();
        match decoy.gate.enter(plain(peer).ip()) {
            Ok(pass) => {
                let decoy = decoy.clone();
                visits.spawn(async move {
                    visit(decoy, front, stream, plain(peer)).await;
                    drop(pass);
                });
            }
            Err(_) if now_ns.saturating_sub(reported_ns) >= REFUSED_REPORT_NS => {
                reported_ns = now_ns;
                report_refused(&decoy, front.name);
            }
            Err(_) => {}
        }
    }
    while visits.join_next().await.is_some() {}
}

/// An IPv4 peer of an IPv6 listener is an IPv4 peer.
fn plain(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

/// One event for all that were turned away in a minute.
fn report_refused(decoy: &Decoy, front: &'static str) {
    let at = decoy.ambient.clock.wall();
    let detail = RawText::new(format!("{front}: {} connections were turned away", decoy.gate.take_refused()));
    let event = Event {
        id: EventId::new(at, fnv1a(front.as_bytes()), 0),
        at,
        product: decoy.appliance.persona().product.clone(),
        session: None,
        demo: false,
        kind: EventKind::Anomaly { what: "decoy.full".into(), detail },
    };
    // A full pipeline loses this one notice, not an attack.
    let _ = decoy.pipeline.try_send(Intake::Event(event));
}

async fn visit(decoy: Arc<Decoy>, front: &'static Front, stream: TcpStream, peer: SocketAddr) {
    let Ok(local) = stream.local_addr() else { return };
    // Keys and prompts are small and should not wait for each other.
    let _ = stream.set_nodelay(true);
    if let Some(port) = (front.inside)(&decoy) {
        return inside::visit(decoy, front.name, port, stream, (peer, plain(local))).await;
    }
    let identity = identity(&decoy, front.name, peer, plain(local));
    let session = Arc::new(Session::open(identity, decoy.ambient.clone(), decoy.config.limits.events));
    let reason = (front.serve)(decoy.clone(), stream, session.clone()).await;
    session.close(&reason);
    // Without a pipeline there is nobody to tell.
    let _ = session.deliver(&decoy.pipeline).await;
}

/// Who visits, and under which number.
fn identity(decoy: &Decoy, front: &'static str, peer: SocketAddr, local: SocketAddr) -> Identity {
    let demo = decoy.demo.claim(peer);
    let shown = demo.flatten().unwrap_or(peer.ip());
    Identity {
        id: SessionId::new(decoy.ambient.random.next_u64()),
        source: Endpoint { ip: shown, port: peer.port() },
        local: local.into(),
        front,
        product: decoy.appliance.persona().product.clone(),
        demo: demo.is_some(),
    }
}

/// Why bytes did not reach a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// it closed the connection
    #[error("peer closed")]
    Closed,
    /// it does not read
    #[error("peer does not read")]
    Stuck,
    /// more than the session may send
    #[error("limit: output bytes")]
    Limit,
}

/// Sends bytes to the peer and counts them.
pub async fn send(
    decoy: &Decoy,
    session: &Session,
    writer: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Result<(), SendError> {
    if bytes.is_empty() {
        return Ok(());
    }
    if session.count_out(bytes.len()) > decoy.config.limits.output_bytes {
        return Err(SendError::Limit);
    }
    match tokio::time::timeout(Duration::from_secs(WRITE_SECONDS), writer.write_all(bytes)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(SendError::Closed),
        Err(_) => Err(SendError::Stuck),
    }
}

impl From<PipelineGone> for String {
    fn from(gone: PipelineGone) -> Self {
        gone.to_string()
    }
}
impl From<SendError> for String {
    fn from(error: SendError) -> Self {
        error.to_string()
    }
}
