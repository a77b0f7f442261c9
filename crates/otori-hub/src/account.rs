//! Who may look: one-time sign-in tokens and the sessions they open. No password exists.
//!
//! Key type: [`Accounts`]. A token is 256 random bits, works once, for [`TOKEN_SECONDS`]; only hashes are kept.
//! `otori sign-in-link` runs in another process: it leaves the hash of its token in `DATA/sign-in.tokens` (0600), which
//! the hub reads when a token is posted that it does not know.
use otori_event::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a sign-in link works.
pub const TOKEN_SECONDS: i64 = 600;
/// How long a session lasts.
pub const SESSION_SECONDS: i64 = 12 * 3_600;
/// Sessions at once; the oldest one ends when another begins.
const SESSIONS_MAX: usize = 64;
/// Links that wait at once.
const TOKENS_MAX: usize = 64;
/// Failed sign-ins within [`TRIES_SECONDS`] after which nobody may try.
const TRIES_MAX: usize = 10;
const TRIES_SECONDS: i64 = 60;
/// The most bytes of the token file that are read.
const TOKEN_FILE_MAX_BYTES: u64 = 64 << 10;

type Hash = [u8; 32];

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// goes back in `X-Otori-Csrf` with every POST
    pub csrf: String,
    /// when it began
    pub signed_in_at: Timestamp,
    /// when it ends
    pub expires_at: Timestamp,
}

/// Why a sign-in was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// unknown, used or too old
    Token,
    /// too many failed tries; come back later
    Tries,
}

#[derive(Default)]
struct State {
    tokens: HashMap<Hash, Timestamp>,
    used: HashMap<Hash, Timestamp>,
    sessions: HashMap<Hash, Session>,
    failures: Vec<Timestamp>,
}

/// Tokens and sessions of one hub.
pub struct Accounts {
    state: Mutex<State>,
    token_file: Option<PathBuf>,
}

/// 256 random bits as 64 hexadecimal digits.
pub(crate) fn secret() -> io::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where another process leaves its tokens.
fn token_file(data: &Path) -> PathBuf {
    data.join("sign-in.tokens")
}

/// Makes a token that the hub of the same data directory accepts, also when that runs in another process.
pub fn issue_token(data: &Path, now: Timestamp) -> io::Result<String> {
    let token = secret()?;
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(token_file(data))?;
    let line = format!("{} {}\n", hex(&hash(&token)), now.plus_seconds(TOKEN_SECONDS).0);
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    Ok(token)
}

impl Accounts {
    /// Nobody is signed in. With a data directory, tokens made by other processes work, too.
    pub fn new(data: Option<&Path>) -> Self {
        Accounts { state: Mutex::default(), token_file: data.map(token_file) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fresh token.
    pub fn issue(&self, now: Timestamp) -> io::Result<String> {
        let token = secret()?;
        let mut state = self.lock();
        state.tokens.retain(|_, expires| *expires > now);
        if state.tokens.len() >= TOKENS_MAX {
            let oldest = state.tokens.iter().min_by_key(|(_, expires)| **expires).map(|(hash, _)| *hash);
            oldest.map(|hash| state.tokens.remove(&hash));
        }
        state.tokens.insert(hash(&token), now.plus_seconds(TOKEN_SECONDS));
        Ok(token)
    }

    /// Turns a token into a session: its secret for the cookie, and the session.
    pub fn sign_in(&self, token: &str, now: Timestamp) -> io::Result<Result<(String, Session), Refused>> {
        let (cookie, csrf) = (secret()?, secret()?);
        let wanted = hash(token);
        let mut state = self.lock();
        state.failures.retain(|at| now.since_ns(*at) < TRIES_SECONDS * 1_000_000_000);
        if state.failures.len() >= TRIES_MAX {
            return Ok(Err(Refused::Tries));
        }
        state.used.retain(|_, expires| *expires > now);
        let expires = match state.tokens.remove(&wanted) {
            Some(expires) => Some(expires),
            None if state.used.contains_key(&wanted) => None,
            None => self.token_of_another_process(&wanted),
        };
        let Some(expires) = expires.filter(|expires| *expires > now) else {
            state.failures.push(now);
            return Ok(Err(Refused::Token));
        };
        state.used.insert(wanted, expires);
        self.forget(&wanted, now);
        let session = Session { csrf, signed_in_at: now, expires_at: now.plus_seconds(SESSION_SECONDS) };
        state.sessions.retain(|_, session| session.expires_at > now);
        if state.sessions.len() >= SESSIONS_MAX {
            let oldest =
                state.sessions.iter().min_by_key(|(_, session)| session.signed_in_at).map(|(hash, _)| *hash);
            oldest.map(|hash| state.sessions.remove(&hash));
        }
        state.sessions.insert(hash(&cookie), session.clone());
        Ok(Ok((cookie, session)))
    }

    /// The session of a cookie.
    pub fn session(&self, cookie: &str, now: Timestamp) -> Option<Session> {
        self.lock().sessions.get(&hash(cookie)).filter(|session| session.expires_at > now).cloned()
    }

    /// Ends the session of a cookie.
    pub fn sign_out(&self, cookie: &str) {
        self.lock().sessions.remove(&hash(cookie));
    }

    fn lines(&self) -> Vec<(String, Timestamp)> {
        let read = |path: &PathBuf| -> io::Result<String> {
            let mut text = String::new();
            fs::File::open(path)?.take(TOKEN_FILE_MAX_BYTES).read_to_string(&mut text)?;
            Ok(text)
        };
        let text = self.token_file.as_ref().and_then(|path| read(path).ok()).unwrap_or_default();
        let line = |line: &str| {
            let (hash, expires) = line.split_once(' ')?;
            Some((hash.to_owned(), Timestamp(expires.parse().ok()?)))
        };
        text.lines().filter_map(line).collect()
    }

    fn token_of_another_process(&self, wanted: &Hash) -> Option<Timestamp> {
        let wanted = hex(wanted);
        self.lines().into_iter().find(|(hash, _)| *hash == wanted).map(|(_, expires)| expires)
    }

    /// Takes a used token, and those past their time, out of the file. Best effort: `used` holds it as well.
    fn forget(&self, used: &Hash, now: Timestamp) {
        let Some(path) = &self.token_file else { return };
        let (used, lines) = (hex(used), self.lines());
        if lines.is_empty() {
            return;
        }
        let kept = lines.iter().filter(|(hash, expires)| *hash != used && *expires > now);
        let text: String = kept.map(|(hash, expires)| format!("{hash} {}\n", expires.0)).collect();
        let _ = if text.is_empty() { fs::remove_file(path) } else { fs::write(path, text) };
    }
}

/// Compares in a time that does not depend on where the two differ.
pub(crate) fn same_secret(a: &str, b: &str) -> bool {
    let differences = a.bytes().zip(b.bytes()).fold(0u8, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_348_800_000_000_000);

    #[test]
    fn a_token_works_once_and_for_ten_minutes() {
        let accounts = Accounts::new(None);
        let token = accounts.issue(NOW).unwrap();
        let late = NOW.plus_seconds(TOKEN_SECONDS);
        assert_eq!(accounts.sign_in(&token, late).unwrap(), Err(Refused::Token));
        let token = accounts.issue(NOW).unwrap();
        let (cookie, session) = accounts.sign_in(&token, NOW).unwrap().unwrap();
        assert_eq!(accounts.sign_in(&token, NOW).unwrap(), Err(Refused::Token));
        assert_eq!(accounts.session(&cookie, NOW), Some(session));
        assert_eq!(accounts.session(&cookie, NOW.plus_seconds(SESSION_SECONDS)), None);
        assert_eq!(accounts.session("", NOW), None);
        accounts.sign_out(&cookie);
        assert_eq!(accounts.session(&cookie, NOW), None);
    }

    #[test]
    fn guessing_is_slowed_down() {
        let accounts = Accounts::new(None);
        for _ in 0..TRIES_MAX {
            assert_eq!(accounts.sign_in("guess", NOW).unwrap(), Err(Refused::Token));
        }
        let token = accounts.issue(NOW).unwrap();
        assert_eq!(accounts.sign_in(&token, NOW).unwrap(), Err(Refused::Tries));
        assert!(accounts.sign_in(&token, NOW.plus_seconds(TRIES_SECONDS)).unwrap().is_ok());
    }

    #[test]
    fn another_process_can_make_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::new(Some(folder.path()));
        let (first, second) =
            (issue_token(folder.path(), NOW).unwrap(), issue_token(folder.path(), NOW).unwrap());
        assert!(
            !fs::read_to_string(token_file(folder.path())).unwrap().contains(&first),
            "only hashes are kept"
        );
        assert!(accounts.sign_in(&first, NOW).unwrap().is_ok());
        assert_eq!(accounts.sign_in(&first, NOW).unwrap(), Err(Refused::Token));
        assert!(accounts.sign_in(&second, NOW).unwrap().is_ok());
        assert!(!token_file(folder.path()).exists());
    }

    #[test]
    fn sessions_are_bounded() {
        let accounts = Accounts::new(None);
        for i in 0..SESSIONS_MAX as i64 + 5 {
            let token = accounts.issue(NOW.plus_seconds(i)).unwrap();
            assert!(accounts.sign_in(&token, NOW.plus_seconds(i)).unwrap().is_ok());
        }
        assert_eq!(accounts.lock().sessions.len(), SESSIONS_MAX);
    }
}
