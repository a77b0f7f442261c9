//! The socket on which a running guard takes changes of its devices: lines of JSON in, `ok` or `error: …` for each.
//!
//! Key function: [`serve`]. Neighbour: [`otori_tap::device::map::feed`] reads the lines. For its owner alone; a carrier's system
//! that starts anew tells all its devices again.
use anyhow::Context;
use otori_tap::device::{
    Devices,
    map::feed::{CHANGE_BYTES, Feed},
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{FileTypeExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

/// Connections at a time.
const CONNECTIONS: usize = 8;
/// Changes that come within that time are taken together: each time the whole mapping is made anew.
const TOGETHER: Duration = Duration::from_millis(100);

/// Opens the socket and serves it from threads of its own, as long as the process lives.
pub fn serve(path: &Path, feed: Arc<Mutex<Feed>>, devices: Devices) -> anyhow::Result<()> {
    // What an earlier, killed run has left; nothing else is removed.
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket()) {
        std::fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    let listener = UnixListener::bind(path).with_context(|| format!("cannot open {}", path.display()))?;
    let owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, owner).with_context(|| format!("cannot protect {}", path.display()))?;
    let (changed, changes) = sync_channel(1);
    let shared = feed.clone();
    thread::spawn(move || take(&changes, &shared, &devices));
    thread::spawn(move || {
        let open = Arc::new(AtomicUsize::new(0));
        for stream in listener.incoming().flatten() {
            if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                open.fetch_sub(1, Ordering::Relaxed);
                // Who cannot be told is not told.
                let _ = (&stream).write_all(b"error: too many connections, try again\n");
                continue;
            }
            let (feed, changed, open) = (feed.clone(), changed.clone(), open.clone());
            thread::spawn(move || {
                // A connection that breaks has said what it had to say.
                let _ = talk(&stream, &feed, &changed);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Ok(())
}

/// Takes what has changed, at most once in [`TOGETHER`].
fn take(changes: &Receiver<()>, feed: &Mutex<Feed>, devices: &Devices) {
    while changes.recv().is_ok() {
        thread::sleep(TOGETHER);
        let _ = changes.try_recv();
        let map = feed.lock().unwrap_or_else(PoisonError::into_inner).map();
        devices.replace(map);
    }
}

fn talk(stream: &UnixStream, feed: &Mutex<Feed>, changed: &SyncSender<()>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let most = CHANGE_BYTES as u64 + 1;
        if reader.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let whole = line.last() == Some(&b'\n') || line.len() <= CHANGE_BYTES;
        let said = feed.lock().unwrap_or_else(PoisonError::into_inner).change(line.trim_ascii());
        let mut writer = stream;
        match said {
            Ok(()) => {
                // One that waits is enough.
                let _ = changed.try_send(());
                writer.write_all(b"ok\n")?;
            }
            Err(why) => writer.write_all(format!("error: {}\n", why.replace('\n', " ")).as_bytes())?,
        }
        if !whole {
            return Ok(());
        }
    }
}
