//! The telnet front: a busybox telnetd and login in front of the device's own shell.
//!
//! Key function: [`serve`]. The log-in dialogue is ours (the credential policy decides); after it every byte goes to
//! and from the terminal of the session's own computer.
pub mod login;
pub mod protocol;

use crate::appliance::Purpose;
use crate::decoy::{Decoy, hang_up, stopped};
use crate::engine::Place;
use crate::engine::seat::{INPUT_MAX, lock};
use crate::front::send;
use crate::recording::{Recorder, Stream};
use crate::session::Session;
use login::{Login, Step};
use otori_event::{EventKind, RawText};
use protocol::{Decoder, OPENING, encode};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::Instant;

/// What a terminal is before its peer says otherwise.
const WINDOW: (u16, u16) = (80, 24);
/// Typed ahead of the log-in.
const TYPED_AHEAD_MAX: usize = 64 << 10;
/// After the peer's end of stream a shell is closed when it has been silent that long …
const LAST_WORDS: Duration = Duration::from_secs(4);
/// … or after that long in any case.
const LAST_WORDS_MAX: Duration = Duration::from_secs(30);
/// How long a guest may take to notice that it is alone.
const FAREWELL: Duration = Duration::from_secs(5);

struct Line {
    decoy: Arc<Decoy>,
    session: Arc<Session>,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    decoder: Decoder,
    window: (u16, u16),
    told_window: (u16, u16),
    started_ns: u64,
}

/// What a read brought.
enum Heard {
    Bytes(Vec<u8>),
    End,
    Cut(&'static str),
}

/// Serves one visit; the answer says why it ended.
pub(super) async fn serve(decoy: Arc<Decoy>, stream: TcpStream, session: Arc<Session>) -> String {
    let (reader, writer) = stream.into_split();
    let started_ns = decoy.ambient.clock.monotonic_ns();
    let mut line = Line {
        decoy,
        session,
        reader,
        writer,
        decoder: Decoder::default(),
        window: WINDOW,
        told_window: WINDOW,
        started_ns,
    };
    match line.run().await {
        Ok(reason) | Err(reason) => reason,
    }
}

impl Line {
    async fn run(&mut self) -> Result<String, String> {
        let title = self.decoy.appliance.persona().product.as_ref().map_or("", |p| p.as_str()).to_string();
        let max_bytes = self.decoy.config.recording.max_bytes;
        let mut recorder = Recorder::new(max_bytes, self.session.opened(), WINDOW.0, WINDOW.1, &title);
        let (user, typed_ahead) = self.log_in(&mut recorder).await?;
        let motd = self.decoy.appliance.persona().motd.clone();
        recorder.bytes(self.elapsed_ns(), Stream::Output, &motd);
        self.send(&motd).await?;
        let recording = Some((recorder, self.elapsed_ns()));
        let purpose = Purpose::Shell { user, window: self.window };
        self.told_window = self.window;
        let place = self.decoy.clone().start_guest(&self.session, purpose, recording);
        lock(&place.mailbox).input = typed_ahead;
        place.ring();
        let reason = self.shell(&place).await;
        hang_up(&place);
        self.wait_for_end(&place).await;
        Ok(reason)
    }
    fn elapsed_ns(&self) -> u64 {
        self.decoy.ambient.clock.monotonic_ns().saturating_sub(self.started_ns)
    }
    async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        Ok(send(&self.decoy, &self.session, &mut self.writer, &encode(bytes)).await?)
    }
    async fn deliver(&self) -> Result<(), String> {
        Ok(self.session.deliver(&self.decoy.pipeline).await?)
    }
    /// Takes telnet's own bytes out of what was read.
    fn hear(&mut self, bytes: &[u8]) -> Heard {
        if bytes.is_empty() {
            return Heard::End;
        }
        let total = self.session.count_in(bytes.len());
        let decoded = self.decoder.push(bytes);
        for oddity in &decoded.oddities {
            self.session.anomaly(oddity.what, &oddity.detail);
        }
        self.window = decoded.window.unwrap_or(self.window);
        match () {
            () if decoded.fatal => Heard::Cut("limit: telnet commands"),
            () if total > self.decoy.config.limits.input_bytes => Heard::Cut("limit: input bytes"),
            () => Heard::Bytes(decoded.data),
        }
    }
    /// The dialogue; gives the user and what was typed ahead.
    async fn log_in(&mut self, recorder: &mut Recorder) -> Result<(Vec<u8>, Vec<u8>), String> {
        let limit = Instant::now() + Duration::from_secs(self.decoy.config.telnet.login_seconds);
        let mut out = Vec::new();
        let texts = self.decoy.appliance.persona().texts.clone();
        let mut login = Login::start(texts, &mut out);
        let mut input = VecDeque::new();
        // The opening is telnet itself and must not be escaped.
        send(&self.decoy, &self.session, &mut self.writer, &OPENING).await?;
        loop {
            let step = login.feed(&mut input, &mut out);
            recorder.bytes(self.elapsed_ns(), Stream::Output, &out);
            self.send(&std::mem::take(&mut out)).await?;
            self.deliver().await?;
            match step {
                Step::End(reason) => return Err(reason.into()),
                Step::Try { user, password } => {
                    if self.attempt(&user, &password) {
                        return Ok((user, input.into()));
                    }
                    self.deliver().await?;
                    tokio::time::sleep(Duration::from_millis(self.decoy.config.telnet.failure_delay_ms))
                        .await;
                    if let Step::End(reason) = login.refuse(&mut out) {
                        self.send(&std::mem::take(&mut out)).await?;
                        return Err(reason.into());
                    }
                }
                Step::Read => {
                    let bytes = self.read_before(limit).await?;
                    recorder.bytes(self.elapsed_ns(), Stream::Input, &bytes);
                    input.extend(bytes.iter().take(TYPED_AHEAD_MAX.saturating_sub(input.len())));
                }
            }
        }
    }
    fn attempt(&self, user: &[u8], password: &[u8]) -> bool {
        let success = self.decoy.credentials.check(self.session.source(), user, password);
        let (user, password) = (RawText::new(user), RawText::new(password));
        self.session.emit(EventKind::LoginAttempt { user, password, success });
        success
    }
    async fn read_before(&mut self, limit: Instant) -> Result<Vec<u8>, String> {
        let mut buffer = [0; 4096];
        let count = tokio::select! {
            read = self.reader.read(&mut buffer) => read.map_err(|_| "peer closed")?,
            () = tokio::time::sleep_until(limit) => {
                let seconds = self.decoy.config.telnet.login_seconds;
                self.send(format!("\r\nLogin timed out after {seconds} seconds\r\n").as_bytes()).await?;
                return Err("log-in timed out".into());
            }
            () = stopped(self.decoy.shutdown.clone()) => return Err("shutdown".into()),
        };
        match self.hear(&buffer[..count]) {
            Heard::Bytes(bytes) => Ok(bytes),
            Heard::End => Err("peer closed".into()),
            Heard::Cut(reason) => Err(reason.into()),
        }
    }
    /// Passes bytes both ways until something ends it.
    async fn shell(&mut self, place: &Arc<Place>) -> String {
        let limits = self.decoy.config.limits.clone();
        let opened_ago = Duration::from_nanos(self.elapsed_ns());
        let ends = Instant::now() + Duration::from_secs(limits.session_seconds).saturating_sub(opened_ago);
        let mut idle_ends = Instant::now() + Duration::from_secs(limits.idle_seconds);
        let mut peer_ended: Option<Instant> = None;
        let mut last_words = Instant::now();
        let mut buffer = [0; 4096];
        loop {
            match self.pass_output(place).await {
                Ok(true) => last_words = Instant::now() + LAST_WORDS,
                Ok(false) => {}
                Err(reason) => return reason,
            }
            if let Some(reason) = self.ended(place) {
                return reason;
            }
            let has_room = peer_ended.is_none() && lock(&place.mailbox).input.len() < INPUT_MAX;
            let deadline = peer_ended.map_or(idle_ends.min(ends), |at| last_words.min(at + LAST_WORDS_MAX));
            tokio::select! {
                () = self.session.bell.notified() => {}
                read = self.reader.read(&mut buffer), if has_room => {
                    idle_ends = Instant::now() + Duration::from_secs(limits.idle_seconds);
                    let count = read.unwrap_or(0);
                    match self.hear(&buffer[..count]) {
                        Heard::Bytes(bytes) => self.type_bytes(place, &bytes),
                        Heard::Cut(reason) => return reason.into(),
                        Heard::End => {
                            peer_ended = Some(Instant::now());
                            last_words = Instant::now() + LAST_WORDS;
                        }
                    }
                }
                () = tokio::time::sleep_until(deadline) => {
                    return match peer_ended {
                        Some(_) => "peer closed",
                        None if deadline == ends => "limit: session time",
                        None => "idle",
                    }.into();
                }
                () = stopped(self.decoy.shutdown.clone()) => return "shutdown".into(),
            }
        }
    }
    fn type_bytes(&mut self, place: &Arc<Place>, bytes: &[u8]) {
        let mut mail = lock(&place.mailbox);
        mail.input.extend_from_slice(bytes);
        if self.window != self.told_window {
            self.told_window = self.window;
            mail.window = Some(self.window);
        }
        drop(mail);
        place.ring();
    }
    /// Sends what the guest said and delivers what was written down; true if it said something.
    async fn pass_output(&mut self, place: &Arc<Place>) -> Result<bool, String> {
        let output = std::mem::take(&mut lock(&place.mailbox).output);
        self.send(&output).await?;
        self.deliver().await?;
        if !output.is_empty() {
            // It may wait for room.
            place.ring();
        }
        Ok(!output.is_empty())
    }
    /// Why the guest is no more, once all of its output is gone.
    fn ended(&self, place: &Place) -> Option<String> {
        let mail = lock(&place.mailbox);
        mail.ended.clone().filter(|_| mail.output.is_empty())
    }
    /// The guest's last captures belong into this session.
    async fn wait_for_end(&mut self, place: &Arc<Place>) {
        let limit = Instant::now() + FAREWELL;
        while lock(&place.mailbox).ended.is_none() && Instant::now() < limit {
            let rung = tokio::time::timeout_at(limit, self.session.bell.notified()).await;
            lock(&place.mailbox).output.clear();
            if rung.is_err() || self.deliver().await.is_err() {
                return;
            }
        }
    }
}
