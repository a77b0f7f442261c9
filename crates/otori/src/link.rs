//! The link to the guards: rules go out the moment they are made, verdicts come back.
//!
//! Key type: [`Link`]. A UNIX socket in the data folder, readable by its owner alone. Lines of JSON:
//! towards the guard [`RuleChange`], first one `add` for each live rule and a `keep` that names them, then every change; from the guard
//! [`Event`]. Neighbour: `verb/guard.rs`, the other end.
use otori_event::{Event, EventKind, Intake, Rule, RuleChange};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{broadcast, mpsc};

/// Guards at a time.
const GUARDS_MAX: usize = 64;
/// Changes that a slow guard may lag behind before it is sent the whole again.
const CHANGES_MAX: usize = 4096;
/// Bytes of one line from a guard.
const LINE_MAX_BYTES: u64 = 64 * 1024;

/// Live rules and who listens to their changes. Cloning shares.
#[derive(Clone)]
pub struct Link {
    rules: Arc<Mutex<BTreeMap<u32, Rule>>>,
    changes: broadcast::Sender<RuleChange>,
    guards: Arc<tokio::sync::Semaphore>,
}

impl Link {
    /// Starts from the rules that were live before.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule.sid, rule)).collect();
        let guards = Arc::new(tokio::sync::Semaphore::new(GUARDS_MAX));
        Link { rules: Arc::new(Mutex::new(rules)), changes: broadcast::channel(CHANGES_MAX).0, guards }
    }

    /// Takes a change and tells every guard.
    pub fn apply(&self, change: &RuleChange) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        match change {
            RuleChange::Add { rule } => drop(rules.insert(rule.sid, rule.clone())),
            RuleChange::Remove { sid, .. } => drop(rules.remove(sid)),
            RuleChange::Keep { sids } => rules.retain(|sid, _| sids.contains(sid)),
        }
        // No guard is connected: nobody is told, the next one gets the whole.
        let _ = self.changes.send(change.clone());
    }

    fn snapshot(&self) -> (Vec<Rule>, broadcast::Receiver<RuleChange>) {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        (rules.values().cloned().collect(), self.changes.subscribe())
    }

    /// Opens the socket at `path` for its owner alone.
    pub fn bind(&self, path: &Path) -> std::io::Result<Door> {
        // A socket that an earlier, killed run left behind; the store's lock says that there is no other run.
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Door { link: self.clone(), listener, path: path.to_owned() })
    }
}

/// The open socket.
pub struct Door {
    link: Link,
    listener: UnixListener,
    path: PathBuf,
}

impl Door {
    /// Serves guards until the task is dropped. Their events go to `intake`.
    pub async fn serve(self, intake: mpsc::Sender<Intake>) {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else { continue };
            let Ok(permit) = self.link.guards.clone().try_acquire_owned() else { continue };
            let (link, intake) = (self.link.clone(), intake.clone());
            tokio::spawn(async move {
                let (read, write) = stream.into_split();
                tokio::select! {
                    () = tell(link, write) => {}
                    () = hear(read, intake) => {}
                }
                drop(permit);
            });
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn send(write: &mut OwnedWriteHalf, change: &RuleChange) -> Option<()> {
    let mut line = serde_json::to_vec(change).ok()?;
    line.push(b'\n');
    write.write_all(&line).await.ok()
}

/// All rules, then each change; the whole again when the guard lagged too far behind.
async fn tell(link: Link, mut write: OwnedWriteHalf) {
    loop {
        let (rules, mut changes) = link.snapshot();
        let keep = RuleChange::Keep { sids: rules.iter().map(|rule| rule.sid).collect() };
        let adds = rules.into_iter().map(|rule| RuleChange::Add { rule });
        for change in adds.chain([keep]) {
            if send(&mut write, &change).await.is_none() {
                return;
            }
        }
        loop {
            match changes.recv().await {
                Ok(change) => {
                    if send(&mut write, &change).await.is_none() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => break,
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }
}

/// Events of a guard: only what a guard may say is taken.
async fn hear(read: OwnedReadHalf, intake: mpsc::Sender<Intake>) {
    let mut read = BufReader::new(read);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = (&mut read).take(LINE_MAX_BYTES).read_until(b'\n', &mut line).await.unwrap_or(0);
        if length == 0 || line.last() != Some(&b'\n') {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Event>(&line) else { continue };
        let fits = matches!(event.kind, EventKind::VerdictGiven { .. } | EventKind::RuleEnforced { .. });
        if fits && intake.send(Intake::Event(event)).await.is_err() {
            return;
        }
    }
}
