//! The emulated machine as the engine drives it.
//!
//! Key type: [`MachineGuest`]: a terminal for a log-in shell, or a pair of pipes for a command line.
use super::guest::{Content, Guest, Sign, Slice};
use super::line::Line;
use super::switchboard::Switchboard;
use otori_device::linux::tty::TtyId;
use otori_device::linux::{Machine, Notice, NoticeKind, Pid, Run};
use otori_device::profile::Usual;
use std::sync::Arc;

/// Where the peer's bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// a terminal
    Terminal(TtyId),
    /// standard input, output and error
    Pipes,
    /// connections to servers that listen in the machine
    Network,
}

/// A machine, its wire and the process whose end is the end of the visit.
pub struct MachineGuest {
    machine: Machine,
    wire: Wire,
    /// `None` for a device that runs by itself
    leader: Option<Pid>,
    switchboard: Switchboard,
    /// the start of the leader itself is no deed of the peer's
    leader_started: bool,
    /// the device ran before the visit: time and instructions count from here
    began_ns: u64,
    began_instructions: u64,
    /// what the device's own servers run by themselves, which is no deed of the peer's either
    usual: Arc<Usual>,
    /// content of a file whose last name goes, until that is told
    last_content: Option<(Vec<u8>, Content)>,
}

/// Bytes of removed files that are kept between two slices.
const REMOVED_BYTES_MAX: usize = 16 << 20;

impl MachineGuest {
    /// A visit to a process: `leader` was spawned on `wire`.
    pub fn visit(machine: Machine, wire: Wire, leader: Pid) -> Self {
        MachineGuest::new(machine, wire, Some(leader), Arc::default())
    }
    /// A visit to the machine's own servers, which run what is `usual` for them.
    pub fn servers(machine: Machine, usual: Arc<Usual>) -> Self {
        MachineGuest::new(machine, Wire::Network, None, usual)
    }
    fn new(mut machine: Machine, wire: Wire, leader: Option<Pid>, usual: Arc<Usual>) -> Self {
        machine.keep_removed(REMOVED_BYTES_MAX);
        let (began_ns, began_instructions) = (machine.now_ns(), machine.stats().instructions);
        let (leader_started, last_content) = (false, None);
        let switchboard = Switchboard::default();
        MachineGuest {
            machine,
            wire,
            leader,
            switchboard,
            leader_started,
            began_ns,
            began_instructions,
            usual,
            last_content,
        }
    }
    /// What services print goes to a console that nobody watches; a full one would stop them.
    fn drain_console(&mut self) {
        self.machine.take_stdout();
        self.machine.take_stderr();
    }
    fn sign(&mut self, notice: Notice) -> Option<Sign> {
        match notice.kind {
            NoticeKind::Exec { path, script, argv } => {
                if Some(notice.pid) == self.leader && !std::mem::replace(&mut self.leader_started, true) {
                    return None;
                }
                if self.usual.runs(&argv) {
                    return None;
                }
                Some(Sign::Executed { path: script.unwrap_or(path), arguments: argv })
            }
            NoticeKind::FileClosedAfterWrite { path, .. } => Some(Sign::Written { path }),
            NoticeKind::LastContent { path, content, mode } => {
                self.last_content = Some((path, Content { bytes: content.to_vec(), mode }));
                None
            }
            NoticeKind::Unlink { path } => {
                let content =
                    self.last_content.take().filter(|(of, _)| *of == path).map(|(_, content)| content);
                Some(Sign::Removed { path, content })
            }
            NoticeKind::Rename { from, to } => Some(Sign::Renamed { from, to }),
            NoticeKind::Chmod { path, mode } => Some(Sign::ModeChanged { path, mode }),
            NoticeKind::Unsupported { call } => Some(Sign::Unsupported { call }),
            NoticeKind::Limit { limit } => Some(Sign::Limit { name: limit.into() }),
            _ => None,
        }
    }
}

impl Guest for MachineGuest {
    fn input(&mut self, bytes: &[u8]) -> usize {
        match self.wire {
            Wire::Terminal(tty) => self.machine.tty_write(tty, bytes),
            Wire::Network => bytes.len(),
            Wire::Pipes => {
                self.machine.host_stdin(bytes);
                bytes.len()
            }
        }
    }
    fn output(&mut self, into: &mut Vec<u8>) {
        match self.wire {
            Wire::Terminal(tty) => {
                self.machine.tty_read(tty, into);
                self.drain_console();
            }
            Wire::Network => self.drain_console(),
            Wire::Pipes => {
                into.extend(self.machine.take_stdout());
                // A web server's children write their errors elsewhere.
                self.machine.take_stderr();
            }
        }
    }
    fn resize(&mut self, columns: u16, rows: u16) {
        if let Wire::Terminal(tty) = self.wire {
            self.machine.tty_resize(tty, rows, columns);
        }
    }
    fn hang_up(&mut self) {
        match self.wire {
            Wire::Terminal(tty) => self.machine.tty_hangup(tty),
            Wire::Pipes | Wire::Network => self.machine.kill_all(),
        }
    }
    fn run(&mut self, instructions: u64) -> Slice {
        let run = self.machine.run(instructions);
        if self.leader.is_some_and(|leader| self.machine.exit_status(leader).is_some()) {
            return Slice::Finished;
        }
        match run {
            Run::Budget => Slice::Budget,
            Run::Idle { wake_ns } => {
                // A person types slowly: what only makes the machine faster is made again in microseconds.
                self.machine.trim();
                Slice::Idle { wake_ns: wake_ns.map(|wake| wake.saturating_sub(self.began_ns)) }
            }
            Run::Finished => Slice::Finished,
        }
    }
    fn instructions(&self) -> u64 {
        self.machine.stats().instructions.saturating_sub(self.began_instructions)
    }
    fn now_ns(&self) -> u64 {
        self.machine.now_ns().saturating_sub(self.began_ns)
    }
    fn advance_to(&mut self, now_ns: u64) {
        self.machine.advance_to(self.began_ns.saturating_add(now_ns));
    }
    fn serve_line(&mut self, id: u64, line: &mut Line) -> bool {
        self.switchboard.serve(&mut self.machine, id, line)
    }
    fn signs(&mut self) -> Vec<Sign> {
        let notices = self.machine.take_notices();
        notices.into_iter().filter_map(|notice| self.sign(notice)).collect()
    }
    fn file(&mut self, path: &[u8], max_bytes: u64) -> Option<Content> {
        let bytes = self.machine.read_file(path).ok()?;
        let kept = usize::try_from(max_bytes.saturating_add(1)).unwrap_or(usize::MAX).min(bytes.len());
        let mode = self.machine.file_mode(path).unwrap_or(0o644);
        Some(Content { bytes: bytes[..kept].to_vec(), mode })
    }
}
