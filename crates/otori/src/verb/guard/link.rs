//! The guard's side of the live link to `otori up`: rule changes come, events go.
//!
//! Key type: [`Link`]. One UNIX socket, a JSON object per line: the server sends [`RuleChange`]s (all live rules
//! first, then `keep`), the guard sends [`Event`]s. While the server is away the rules stay, events wait in a bounded
//! spool, and the link is tried again with growing pauses.
use otori_event::{Event, RuleChange};
use otori_tap::Control;
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// Events that wait for the server; further ones are counted and forgotten.
const SPOOL_EVENTS: usize = 8192;
/// The longest line from the server.
const LINE_BYTES: u64 = 1 << 20;
/// Pauses between tries.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// A server that takes nothing for so long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last events may take at the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What both threads share.
#[derive(Default)]
struct Shared {
    stream: Mutex<Option<UnixStream>>,
    connected: Condvar,
    closing: AtomicBool,
    /// events handed to the spool and not yet written
    waiting: AtomicU64,
    lost: AtomicU64,
}

/// The live link.
pub struct Link {
    spool: SyncSender<Event>,
    shared: Arc<Shared>,
}

impl Link {
    /// Starts the link's threads; they go on trying until [`Link::close`].
    pub fn start(path: PathBuf, control: Control) -> Link {
        let (spool, events) = sync_channel(SPOOL_EVENTS);
        let shared = Arc::new(Shared::default());
        let reader = shared.clone();
        thread::spawn(move || read_changes(&path, &control, &reader));
        let writer = shared.clone();
        thread::spawn(move || write_events(&events, &writer));
        Link { spool, shared }
    }
    /// Hands an event over; never waits.
    pub fn send(&self, event: Event) {
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.spool.try_send(event) {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
    /// Waits a moment for the last events to leave, and says how many did not.
    pub fn close(self) {
        let begun = Instant::now();
        let waiting = || self.shared.waiting.load(Ordering::Relaxed);
        let connected = || lock(&self.shared).is_some();
        while waiting() > 0 && connected() && begun.elapsed() < CLOSE_TIMEOUT {
            thread::sleep(Duration::from_millis(10));
        }
        self.shared.closing.store(true, Ordering::Relaxed);
        let lost = waiting() + self.shared.lost.load(Ordering::Relaxed);
        if lost > 0 {
            eprintln!("otori: {lost} events did not reach the server");
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Option<UnixStream>> {
    shared.stream.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects, takes changes until the server goes, and again.
fn read_changes(path: &std::path::Path, control: &Control, shared: &Shared) {
    let mut pause = FIRST_PAUSE;
    let mut said = false;
    while !shared.closing.load(Ordering::Relaxed) {
        match UnixStream::connect(path).and_then(|stream| Ok((stream.try_clone()?, stream))) {
            Ok((reading, writing)) => {
                eprintln!("otori: linked to {}", path.display());
                (pause, said) = (FIRST_PAUSE, false);
                // Without the limit a stuck server would hold the spool for ever.
                let _ = writing.set_write_timeout(Some(WRITE_TIMEOUT));
                *lock(shared) = Some(writing);
                shared.connected.notify_all();
                let alive = take_lines(reading, control);
                *lock(shared) = None;
                if !alive {
                    return;
                }
                eprintln!("otori: the link is down; the rules stay");
            }
            Err(error) if !said => {
                eprintln!("otori: no link to {}: {error}; trying again", path.display());
                said = true;
            }
            Err(_) => {}
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Applies changes until the stream ends; `false` when the guard has ended.
fn take_lines(stream: UnixStream, control: &Control) -> bool {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return true,
            Ok(_) if line.last() != Some(&b'\n') => {
                eprintln!("otori: the server sent a line without end");
                return true;
            }
            Ok(_) => {}
        }
        match serde_json::from_slice::<RuleChange>(&line) {
            Ok(change) => {
                if control.apply(change).is_err() {
                    return false;
                }
            }
            Err(error) => eprintln!("otori: the server sent what is no rule change: {error}"),
        }
    }
}

/// Writes events as they come; one that could not be written waits for the next connection.
fn write_events(events: &Receiver<Event>, shared: &Shared) {
    while let Ok(event) = events.recv() {
        let Ok(mut line) = serde_json::to_vec(&event) else {
            shared.waiting.fetch_sub(1, Ordering::Relaxed);
            continue;
        };
        line.push(b'\n');
        loop {
            let mut stream = lock(shared);
            while stream.is_none() {
                stream = shared.connected.wait(stream).unwrap_or_else(PoisonError::into_inner);
            }
            let Some(writing) = stream.take() else { continue };
            drop(stream);
            let written = (&writing).write_all(&line);
            if written.is_ok() {
                let mut place = lock(shared);
                // Unless the reader has connected anew meanwhile, or seen the end.
                if place.is_none() {
                    *place = Some(writing);
                }
                break;
            }
            // Wakes the reader, which connects again.
            let _ = writing.shutdown(std::net::Shutdown::Both);
        }
        shared.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
