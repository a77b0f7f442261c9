//! The way into servers that run inside the device: a firmware's own web server answers, not the decoy.
//!
//! Key types: [`Lodgings`], [`Lodging`]. Every source address gets one copy of the booted device with one session; all of
//! its connections meet there. It is closed after a while without connections. Neighbours: [`crate::engine::line`]
//! carries the bytes, `http/note.rs` reads requests along.
use super::http::note::Watch;
use super::{identity, send};
use crate::appliance::Purpose;
use crate::decoy::{Decoy, hang_up, stopped};
use crate::engine::Place;
use crate::engine::line::{Line, Reach};
use crate::engine::seat::{INPUT_MAX, lock};
use crate::session::Session;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a device may take to notice that it must end.
const FAREWELL: Duration = Duration::from_secs(3);

/// A source's copy of the device.
pub struct Lodging {
    session: Arc<Session>,
    place: Arc<Place>,
}

/// The devices that are lent out at this moment, by source. Bounded by the gate: the first connection of each keeps
/// its pass until the device is closed.
#[derive(Default)]
pub struct Lodgings {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    lodgings: BTreeMap<IpAddr, Arc<Lodging>>,
    next_line: u64,
}

/// A connection's place in a lodging.
struct Seated {
    lodging: Arc<Lodging>,
    line: u64,
    bell: Arc<Notify>,
    /// this connection made the lodging and looks after it
    is_first: bool,
}

impl Lodgings {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Puts a connection into its source's device, which is started for the first; `None` when that has enough.
    fn enter(
        &self,
        decoy: &Decoy,
        front: &'static str,
        port: u16,
        ends: (SocketAddr, SocketAddr),
    ) -> Option<Seated> {
        let (peer, local) = ends;
        let identity = identity(decoy, front, peer, local);
        let source = identity.source.ip;
        let mut table = self.table();
        let found = table.lodgings.get(&source).cloned();
        let is_first = found.is_none();
        let lodging = found.unwrap_or_else(|| {
            let session = Session::open(identity, decoy.ambient.clone(), decoy.config.limits.events);
            let session = Arc::new(session);
            let place = decoy.start_guest(&session, Purpose::Server, None);
            Arc::new(Lodging { session, place })
        });
        let mut mail = lock(&lodging.place.mailbox);
        if mail.ended.is_some() || mail.lines.len() >= decoy.config.inside.connections {
            return None;
        }
        let line = Line::new(SocketAddr::new(source, peer.port()), port);
        let bell = line.bell.clone();
        let number = table.next_line;
        table.next_line += 1;
        mail.lines.insert(number, line);
        drop(mail);
        if is_first {
            table.lodgings.insert(source, lodging.clone());
        }
        lodging.place.ring();
        Some(Seated { lodging, line: number, bell, is_first })
    }
    /// Takes a device out of the table, unless somebody came while that was decided.
    fn leave(&self, source: IpAddr, lodging: &Lodging, when: Leave) -> bool {
        let mut table = self.table();
        if when == Leave::Unused && !lock(&lodging.place.mailbox).lines.is_empty() {
            return false;
        }
        table.lodgings.remove(&source);
        true
    }
}

/// Whether a device that has connections is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    Unused,
    Always,
}

/// Serves one connection of a peer's. The first one of a source stays until the source's device is closed.
pub(super) async fn visit(
    decoy: Arc<Decoy>,
    front: &'static str,
    port: u16,
    stream: TcpStream,
    ends: (SocketAddr, SocketAddr),
) {
    let Some(seated) = decoy.lodgings.enter(&decoy, front, port, ends) else { return };
    let lodging = seated.lodging.clone();
    if !seated.is_first {
        return carry(&decoy, &seated, stream, port).await;
    }
    let source = lodging.session.source();
    let (reason, ()) = tokio::join!(keep(&decoy, &lodging, source), carry(&decoy, &seated, stream, port));
    lodging.session.close(&reason);
    // Without a pipeline there is nobody to tell.
    let _ = lodging.session.deliver(&decoy.pipeline).await;
}

/// Carries what was written down to the pipeline until the device is closed; says why it was.
async fn keep(decoy: &Arc<Decoy>, lodging: &Arc<Lodging>, source: IpAddr) -> String {
    let (session, place) = (&lodging.session, &lodging.place);
    let ends = Instant::now() + Duration::from_secs(decoy.config.limits.session_seconds);
    let idle = Duration::from_secs(decoy.config.inside.idle_seconds);
    let mut unused_until = Instant::now() + idle;
    let reason = loop {
        if let Err(gone) = session.deliver(&decoy.pipeline).await {
            break gone.to_string();
        }
        let (ended, is_used) = {
            let mail = lock(&place.mailbox);
            (mail.ended.clone(), !mail.lines.is_empty())
        };
        if let Some(reason) = ended {
            break reason;
        }
        if is_used {
            unused_until = Instant::now() + idle;
        }
        let deadline = if is_used { ends } else { ends.min(unused_until) };
        tokio::select! {
            () = session.bell.notified() => {}
            () = tokio::time::sleep_until(deadline) => {
                if deadline == ends {
                    break "limit: session time".into();
                }
                if decoy.lodgings.leave(source, lodging, Leave::Unused) {
                    break "idle".into();
                }
            }
            () = stopped(decoy.shutdown.clone()) => break "shutdown".into(),
        }
    };
    decoy.lodgings.leave(source, lodging, Leave::Always);
    hang_up(place);
    let limit = Instant::now() + FAREWELL;
    while lock(&place.mailbox).ended.is_none() && Instant::now() < limit {
        let rung = tokio::time::timeout_at(limit, session.bell.notified()).await;
        if rung.is_err() || session.deliver(&decoy.pipeline).await.is_err() {
            break;
        }
    }
    for line in lock(&place.mailbox).lines.values_mut() {
        line.reach = Reach::Closed;
        line.bell.notify_one();
    }
    reason
}

/// Passes bytes both ways until one side is done.
async fn carry(decoy: &Arc<Decoy>, seated: &Seated, mut stream: TcpStream, port: u16) {
    let (session, place) = (&seated.lodging.session, &seated.lodging.place);
    let is_web = decoy.appliance.persona().own_web_port == Some(port);
    let mut watch = is_web.then(|| Watch::new(session.clone(), decoy.config.http.clone()));
    // Why a connection ended is not written down: its requests are.
    let _ = pass(decoy, seated, &mut stream, &mut watch).await;
    if let Some(watch) = &mut watch {
        watch.finish();
    }
    if let Some(line) = lock(&place.mailbox).lines.get_mut(&seated.line) {
        line.gone = true;
    }
    if lock(&place.mailbox).ended.is_some() {
        lock(&place.mailbox).lines.remove(&seated.line);
    }
    place.ring();
    session.bell.notify_one();
    let _ = stream.shutdown().await;
}

async fn pass(
    decoy: &Arc<Decoy>,
    seated: &Seated,
    stream: &mut TcpStream,
    watch: &mut Option<Watch>,
) -> Result<(), String> {
    let (session, place) = (&seated.lodging.session, &seated.lodging.place);
    let silence = Duration::from_secs(decoy.config.inside.idle_seconds);
    let (mut reader, mut writer) = stream.split();
    let mut buffer = [0; 8192];
    loop {
        let (output, is_closed, has_room) = {
            let mut mail = lock(&place.mailbox);
            let has_ended = mail.ended.is_some();
            let Some(line) = mail.lines.get_mut(&seated.line) else { return Ok(()) };
            let is_closed = line.reach == Reach::Closed || has_ended;
            let has_room = !line.input_ended && line.input.len() < INPUT_MAX;
            (std::mem::take(&mut line.output), is_closed, has_room)
        };
        if !output.is_empty() {
            if let Some(watch) = watch {
                watch.answered(&output);
            }
            send(decoy, session, &mut writer, &output).await?;
            // It may wait for room.
            place.ring();
            continue;
        }
        if is_closed {
            return Ok(());
        }
        tokio::select! {
            () = seated.bell.notified() => {}
            read = reader.read(&mut buffer), if has_room => {
                let count = read.map_err(|error| error.to_string())?;
                if session.count_in(count) > decoy.config.limits.input_bytes {
                    return Err("limit: input bytes".into());
                }
                if let Some(watch) = watch {
                    watch.asked(&buffer[..count]);
                }
                if let Some(line) = lock(&place.mailbox).lines.get_mut(&seated.line) {
                    line.input.extend_from_slice(&buffer[..count]);
                    line.input_ended = count == 0;
                }
                place.ring();
            }
            () = tokio::time::sleep(silence) => return Err("idle".into()),
            () = stopped(decoy.shutdown.clone()) => return Err("shutdown".into()),
        }
    }
}
