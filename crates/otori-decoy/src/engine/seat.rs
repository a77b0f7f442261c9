//! One guest and all that watches it: limits, recording, typed lines, captures.
//!
//! Key type: [`Seat`]; [`Seat::step`] runs one slice and says when to come back. It reads no clock, so that its
//! limits are tested to the nanosecond; [`super::Engine`] calls it from the worker threads.
use super::guest::{Content, Guest, Sign, Slice};
use super::line::Line;
use crate::capture::{Capture, Due, Ending, Judgement};
use crate::config::Limits;
use crate::recording::{Recorder, Stream};
use crate::session::{Session, sha256};
use crate::typed::TypedLines;
use otori_event::{EventKind, RawText};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Instructions of one slice: a few milliseconds.
pub const SLICE_INSTRUCTIONS: u64 = 1_000_000;
/// Bytes from the peer that wait for the guest; then the peer waits.
pub const INPUT_MAX: usize = 64 << 10;
/// Bytes for the peer that wait for its connection; then the guest waits.
pub const OUTPUT_MAX: usize = 256 << 10;
/// Programs of one session that get an event.
pub const EXECUTED_MAX: u32 = 2_000;
/// How far a guest's clock may be ahead of the real one before it waits.
const AHEAD_MAX_NS: u64 = 20_000_000;
/// How long a guest may go on after its peer is gone.
const FAREWELL_NS: u64 = 1_000_000_000;
/// How long recorded lines are gathered.
const GATHER_NS: u64 = 1_000_000_000;
const GATHER_BYTES: usize = 4 << 10;
/// How long a guest rests while the pipeline is full.
const CONGESTION_NS: u64 = 50_000_000;
const SECOND_NS: u64 = 1_000_000_000;

/// What passes between a connection's task and its guest.
#[derive(Default)]
pub struct Mailbox {
    /// bytes from the peer
    pub input: Vec<u8>,
    /// columns and rows, when they changed
    pub window: Option<(u16, u16)>,
    /// the connection is gone or must go
    pub hang_up: bool,
    /// bytes for the peer
    pub output: Vec<u8>,
    /// inbound connections to servers in the guest
    pub lines: BTreeMap<u64, Line>,
    /// why the guest is no more
    pub ended: Option<String>,
}

/// When to run a guest again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// as soon as it is its turn
    Again,
    /// at that monotonic time, or when it is rung
    At(u64),
    /// when it is rung
    Rest,
    /// never
    Ended(String),
}

/// A guest with its observers.
pub struct Seat {
    guest: Box<dyn Guest>,
    session: Arc<Session>,
    limits: Limits,
    recorder: Option<Recorder>,
    capture: Capture,
    capture_max_bytes: u64,
    typed: TypedLines,
    keyboard: Keyboard,
    backlog: Vec<u8>,
    started_ns: u64,
    recorder_offset_ns: u64,
    second: (u64, u64),
    hung_up_ns: Option<u64>,
    executed: u32,
    commands: u32,
    gathered_since_ns: Option<u64>,
}

/// Whether lines that come in are commands that somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyboard {
    /// a shell's terminal
    Shell,
    /// no one types here
    None,
}

/// What a seat is made of.
pub struct Setup {
    /// the computer
    pub guest: Box<dyn Guest>,
    /// whose
    pub session: Arc<Session>,
    /// bounds
    pub limits: Limits,
    /// the recording so far, and how long ago it began
    pub recorder: Option<(Recorder, u64)>,
    /// which files are kept
    pub capture: Capture,
    /// bytes of a file that is looked at
    pub capture_max_bytes: u64,
    /// who types
    pub keyboard: Keyboard,
    /// monotonic time
    pub now_ns: u64,
}

impl Seat {
    /// The guest's clock starts with this moment.
    pub fn new(setup: Setup) -> Self {
        let (recorder, recorder_offset_ns) =
            setup.recorder.map_or((None, 0), |(r, offset)| (Some(r), offset));
        Seat {
            guest: setup.guest,
            session: setup.session,
            limits: setup.limits,
            recorder,
            capture: setup.capture,
            capture_max_bytes: setup.capture_max_bytes,
            typed: TypedLines::default(),
            keyboard: setup.keyboard,
            backlog: Vec::new(),
            started_ns: setup.now_ns,
            recorder_offset_ns,
            second: (setup.now_ns, 0),
            hung_up_ns: None,
            executed: 0,
            commands: 0,
            gathered_since_ns: None,
        }
    }
    /// Runs one slice at monotonic time `now_ns`.
    pub fn step(&mut self, now_ns: u64, mailbox: &Mutex<Mailbox>) -> Next {
        if self.session.is_congested() && self.hung_up_ns.is_none() {
            return Next::At(now_ns + CONGESTION_NS);
        }
        let elapsed_ns = now_ns.saturating_sub(self.started_ns);
        let took_input = self.take_in(elapsed_ns, now_ns, mailbox);
        self.serve_lines(mailbox);
        if self.guest.now_ns() < elapsed_ns {
            self.guest.advance_to(elapsed_ns);
        }
        let next = match self.allowed_slice(now_ns, elapsed_ns) {
            Err(next) => next,
            Ok(instructions) => {
                let before = self.guest.instructions();
                let slice = self.guest.run(instructions);
                self.second.1 += self.guest.instructions().saturating_sub(before);
                match slice {
                    Slice::Budget => Next::Again,
                    Slice::Finished => Next::Ended("logout".into()),
                    Slice::Idle { .. } if took_input && !self.backlog.is_empty() => Next::Again,
                    Slice::Idle { wake_ns } => {
                        wake_ns.map_or(Next::Rest, |wake| Next::At(self.started_ns.saturating_add(wake)))
                    }
                }
            }
        };
        let took_output = self.take_out(elapsed_ns, now_ns, mailbox) | self.serve_lines(mailbox);
        let next = match next {
            // A writer or a change of the terminal's mode may have waited for the screen to drain.
            Next::Rest | Next::At(_) if took_output => Next::Again,
            next => next,
        };
        self.read_signs(elapsed_ns);
        self.look_at_files(elapsed_ns, Ending::No);
        match self.farewell(now_ns, next) {
            Next::Ended(reason) => {
                self.end(elapsed_ns);
                Next::Ended(reason)
            }
            next => self.no_later_than_chores(now_ns, next),
        }
    }
    /// The peer is gone and the guest had its time to notice.
    fn farewell(&self, now_ns: u64, next: Next) -> Next {
        match (self.hung_up_ns, &next) {
            (Some(since), Next::Again | Next::At(_)) if now_ns < since + FAREWELL_NS => next,
            (Some(_), _) => Next::Ended("hung up".into()),
            (None, _) => next,
        }
    }
    /// How much may run now, or when again.
    fn allowed_slice(&mut self, now_ns: u64, elapsed_ns: u64) -> Result<u64, Next> {
        let total_left = self.limits.instructions.saturating_sub(self.guest.instructions());
        if total_left == 0 {
            return Err(Next::Ended("limit: instructions".into()));
        }
        let ahead_ns = self.guest.now_ns().saturating_sub(elapsed_ns);
        if ahead_ns > AHEAD_MAX_NS {
            return Err(Next::At(now_ns + ahead_ns - AHEAD_MAX_NS / 2));
        }
        if now_ns >= self.second.0 + SECOND_NS {
            self.second = (now_ns, 0);
        }
        match self.limits.instructions_per_second.saturating_sub(self.second.1) {
            0 => Err(Next::At(self.second.0 + SECOND_NS)),
            left => Ok(left.min(total_left).min(SLICE_INSTRUCTIONS)),
        }
    }
    /// Hands the peer's bytes to the guest; says whether it took any.
    fn take_in(&mut self, elapsed_ns: u64, now_ns: u64, mailbox: &Mutex<Mailbox>) -> bool {
        let (window, hang_up) = {
            let mut mail = lock(mailbox);
            if self.backlog.is_empty() {
                self.backlog = std::mem::take(&mut mail.input);
            }
            (mail.window.take(), mail.hang_up)
        };
        if let Some((columns, rows)) = window {
            self.guest.resize(columns, rows);
            if let Some(recorder) = &mut self.recorder {
                recorder.resize(self.recorder_offset_ns + elapsed_ns, columns, rows);
            }
        }
        if hang_up && self.hung_up_ns.is_none() {
            self.guest.hang_up();
            self.hung_up_ns = Some(now_ns);
        }
        if self.backlog.is_empty() {
            return false;
        }
        let count = self.guest.input(&self.backlog).min(self.backlog.len());
        let taken: Vec<u8> = self.backlog.drain(..count).collect();
        if let Some(recorder) = &mut self.recorder {
            recorder.bytes(self.recorder_offset_ns + elapsed_ns, Stream::Input, &taken);
        }
        if self.keyboard == Keyboard::Shell {
            for line in self.typed.push(&taken) {
                self.command(&line);
            }
        }
        if count > 0 {
            // The connection may wait for room.
            self.session.bell.notify_one();
        }
        count > 0
    }
    /// Moves the bytes of inbound connections; says whether any moved.
    fn serve_lines(&mut self, mailbox: &Mutex<Mailbox>) -> bool {
        let (guest, mut moved) = (&mut self.guest, false);
        let mut mail = lock(mailbox);
        let before = mail.lines.len();
        mail.lines.retain(|id, line| {
            if guest.serve_line(*id, line) {
                moved = true;
                line.bell.notify_one();
            }
            !line.gone
        });
        if mail.lines.len() < before {
            // Who looks after the device counts its connections.
            self.session.bell.notify_one();
        }
        moved
    }
    fn command(&mut self, line: &[u8]) {
        if self.commands == 0 {
            let technique = format!("{}-shell", self.session.identity().front);
            self.session.emit(EventKind::Exploit { technique, detail: RawText::new(line) });
        }
        self.commands = self.commands.saturating_add(1);
        self.session.emit(EventKind::Command { line: RawText::new(line) });
    }
    /// Passes on what the guest says; says whether it said anything.
    fn take_out(&mut self, elapsed_ns: u64, now_ns: u64, mailbox: &Mutex<Mailbox>) -> bool {
        let mut took = false;
        if lock(mailbox).output.len() < OUTPUT_MAX {
            let mut output = Vec::new();
            self.guest.output(&mut output);
            took = !output.is_empty();
            if took {
                if let Some(recorder) = &mut self.recorder {
                    recorder.bytes(self.recorder_offset_ns + elapsed_ns, Stream::Output, &output);
                }
                lock(mailbox).output.extend_from_slice(&output);
                self.session.bell.notify_one();
            }
        }
        let Some(recorder) = &mut self.recorder else { return took };
        let waiting = recorder.waiting_bytes();
        match self.gathered_since_ns {
            Some(since) if waiting >= GATHER_BYTES || now_ns >= since + GATHER_NS => {
                self.session.record(recorder.take());
                self.gathered_since_ns = None;
            }
            None if waiting > 0 => self.gathered_since_ns = Some(now_ns),
            _ => {}
        }
        took
    }
    fn read_signs(&mut self, elapsed_ns: u64) {
        for sign in self.guest.signs() {
            match sign {
                Sign::Executed { path, arguments } => self.note_executed(&path, &arguments),
                Sign::Written { path } => self.capture.written(&path, elapsed_ns),
                Sign::ModeChanged { path, mode } if mode & 0o111 != 0 => {
                    self.capture.executed(&path);
                }
                Sign::ModeChanged { .. } => {}
                Sign::Renamed { from, to } => self.capture.renamed(&from, &to),
                Sign::Removed { path, content } => {
                    if let (Some(due), Some(content)) = (self.capture.removed(&path), content) {
                        self.judge(&due, content);
                    }
                }
                Sign::Unsupported { call } => self.session.unsupported(&call),
                Sign::Limit { name } => self.session.anomaly("guest.limit", name),
            }
        }
    }
    fn note_executed(&mut self, path: &[u8], arguments: &[Vec<u8>]) {
        self.capture.executed(path);
        // `sh x.sh` runs x.sh as well.
        if arguments.iter().take(2).any(|argument| is_shell(argument)) {
            for argument in arguments.iter().skip(1).filter(|a| a.starts_with(b"/")) {
                self.capture.executed(argument);
            }
        }
        self.executed = self.executed.saturating_add(1);
        if self.executed <= EXECUTED_MAX {
            let (path, arguments) = (RawText::new(path), RawText::new(arguments.join(&b' ')));
            self.session.emit(EventKind::Executed { path, arguments });
        }
    }
    fn look_at_files(&mut self, elapsed_ns: u64, ending: Ending) {
        for due in self.capture.due(elapsed_ns, ending) {
            if let Some(content) = self.guest.file(&due.path, self.capture_max_bytes) {
                self.judge(&due, content);
            }
        }
    }
    fn judge(&mut self, due: &Due, content: Content) {
        let download = self.session.download_of(&sha256(&content.bytes));
        match self.capture.judge(due, content.mode, &content.bytes, download.as_ref()) {
            Judgement::Keep(artifact) => {
                self.session.emit_file(EventKind::FileCaptured { artifact }, content.bytes);
            }
            Judgement::Beyond(what) => self.session.anomaly(what, &due.path),
            Judgement::Skip => {}
        }
    }
    /// Captures and recordings must not wait until the peer types again.
    fn no_later_than_chores(&self, now_ns: u64, next: Next) -> Next {
        let quiet = self.capture.next_due_ns().map(|due| self.started_ns.saturating_add(due));
        let gathered = self.gathered_since_ns.map(|since| since + GATHER_NS);
        let Some(chore) = quiet.into_iter().chain(gathered).min() else { return next };
        match next {
            Next::Rest => Next::At(chore.max(now_ns)),
            Next::At(at) => Next::At(at.min(chore).max(now_ns)),
            next => next,
        }
    }
    /// Last captures, end of the recording.
    pub(super) fn end(&mut self, elapsed_ns: u64) {
        self.read_signs(elapsed_ns);
        self.look_at_files(elapsed_ns, Ending::Yes);
        if let Some(line) = self.typed.rest().filter(|_| self.keyboard == Keyboard::Shell) {
            self.command(&line);
        }
        if let Some(mut recorder) = self.recorder.take() {
            self.session.record(recorder.take());
            let (size, truncated) = recorder.size();
            self.session.emit(EventKind::Recorded { size, truncated });
        }
    }
}

/// The name of a shell, however it is called: `sh`, `-sh`, `/bin/ash`.
fn is_shell(argument: &[u8]) -> bool {
    let name = argument.rsplit(|b| *b == b'/').next().unwrap_or_default();
    matches!(name.strip_prefix(b"-").unwrap_or(name), b"sh" | b"ash" | b"bash")
}

/// A mailbox is plain data: a panic elsewhere leaves it usable.
pub fn lock(mailbox: &Mutex<Mailbox>) -> MutexGuard<'_, Mailbox> {
    mailbox.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "seat_tests.rs"]
mod tests;
