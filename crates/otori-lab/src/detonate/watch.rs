//! What the guest did, from the machine's notices: process tree, files, calls.
//!
//! Key type: [`Watch`]. It sees everything from outside the guest, so a sample can neither find nor cut it.
use otori_device::linux::{Notice, NoticeKind};
use otori_event::report::{Call, FileActivity, FileOperation, Process};
use otori_event::{RawText, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

const PROCESSES_MAX: usize = 2_000;
const FILES_MAX: usize = 10_000;
const TRACE_MAX: usize = 20_000;
const ARGUMENTS_MAX: usize = 64;
/// Names of calls and of refused things that are counted.
const NAMES_MAX: usize = 1_024;
/// Written files that are waiting to be collected.
const WRITTEN_MAX: usize = 4_096;
/// Removed files whose content waits to be collected; they go at every slice of the driver.
const REMOVED_MAX: usize = 256;
/// `TASK_COMM_LEN` without its NUL.
const COMM_BYTES: usize = 15;

/// Collects notices into the parts of a report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// machine's clock at the start
    base_ns: u64,
    pub(crate) processes: Vec<Process>,
    by_pid: BTreeMap<u32, usize>,
    pub(crate) files: Vec<FileActivity>,
    by_file: BTreeMap<(Vec<u8>, FileOperation), usize>,
    pub(crate) syscalls: BTreeMap<String, u64>,
    pub(crate) unsupported: BTreeMap<String, u64>,
    pub(crate) trace: Vec<Call>,
    pub(crate) trace_omitted: u64,
    first_contact: BTreeMap<(Transport, SocketAddr), u64>,
    /// closed after writing, not yet looked at
    pub(crate) written: BTreeSet<Vec<u8>>,
    /// removed with their last content and permission bits, not yet looked at
    pub(crate) removed: Vec<(Vec<u8>, Arc<[u8]>, u32)>,
    /// process, name before, name after
    pub(crate) renamed: Vec<(u32, Vec<u8>, Vec<u8>)>,
    /// quietly refused: watchdog, reboot …
    pub(crate) refused: BTreeMap<String, u64>,
    /// processes of the device that did not end by themselves
    pub(crate) killed: Vec<u32>,
    pub(crate) limits: BTreeMap<&'static str, u64>,
}

impl Watch {
    /// The first process stands before anything is heard of it.
    pub(crate) fn new(base_ns: u64, first: Process) -> Watch {
        let by_pid = BTreeMap::from([(first.pid, 0)]);
        Watch { base_ns, processes: vec![first], by_pid, ..Watch::default() }
    }

    /// Every process that is known has ended; false when there were too many to know them all.
    pub(crate) fn all_ended(&self) -> bool {
        self.processes.len() < PROCESSES_MAX
            && self.processes.iter().all(|process| process.ended_ns.is_some())
    }

    /// When a peer was first spoken to, virtual nanoseconds after the start.
    pub(crate) fn first_contact_ns(&self, transport: Transport, remote: SocketAddr) -> u64 {
        self.first_contact.get(&(transport, remote)).copied().unwrap_or(0)
    }

    pub(crate) fn take(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            let at_ns = notice.at_ns.saturating_sub(self.base_ns);
            self.one(at_ns, notice.pid, notice.kind);
        }
    }

    fn one(&mut self, at_ns: u64, pid: u32, kind: NoticeKind) {
        match kind {
            NoticeKind::Fork { child } => self.fork(at_ns, pid, child),
            NoticeKind::Exec { path, script, argv } => {
                let shown = script.unwrap_or_else(|| path.clone());
                self.file(pid, &shown, FileOperation::Executed, true);
                self.exec(pid, &path, &argv);
            }
            NoticeKind::ExecFailed { path, .. } => self.file(pid, &path, FileOperation::Executed, false),
            NoticeKind::Renamed { comm } => self.rename_process(pid, comm),
            NoticeKind::Exit { status, signal } => self.exit(at_ns, pid, status, signal.is_some()),
            NoticeKind::Open { path, write, error } => {
                let operation = if write { FileOperation::Written } else { FileOperation::Read };
                self.file(pid, &path, operation, error.is_none());
            }
            NoticeKind::FileClosedAfterWrite { path, .. } => {
                if self.written.len() < WRITTEN_MAX {
                    self.written.insert(path);
                }
            }
            NoticeKind::Unlink { path } => self.file(pid, &path, FileOperation::Removed, true),
            NoticeKind::Rename { from, to } => {
                self.file(pid, &from, FileOperation::Renamed, true);
                self.file(pid, &to, FileOperation::Renamed, true);
            }
            NoticeKind::Chmod { path, .. } => self.file(pid, &path, FileOperation::Changed, true),
            NoticeKind::Connect { remote, transport, .. } => self.contact(at_ns, transport, Some(remote)),
            NoticeKind::SendTo { remote, transport, .. } => self.contact(at_ns, transport, remote),
            NoticeKind::Unsupported { call } => count(&mut self.unsupported, call),
            NoticeKind::Refused { what } => count(&mut self.refused, what),
            NoticeKind::Call { line } => self.call(at_ns, pid, &line),
            NoticeKind::Limit { limit } => *self.limits.entry(limit).or_default() += 1,
            NoticeKind::LastContent { path, content, mode } => {
                if self.removed.len() < REMOVED_MAX {
                    self.removed.push((path, content, mode));
                }
            }
            NoticeKind::Received { .. } | NoticeKind::Listen { .. } => {}
        }
    }

    fn fork(&mut self, at_ns: u64, pid: u32, child: u32) {
        if self.processes.len() >= PROCESSES_MAX {
            return;
        }
        let parent = self.by_pid.get(&pid).and_then(|at| self.processes.get(*at));
        let (path, comm, arguments) = match parent {
            Some(parent) => (parent.path.clone(), parent.comm.clone(), parent.arguments.clone()),
            None => Default::default(),
        };
        let process = Process {
            pid: child,
            parent: pid,
            path,
            comm,
            arguments,
            started_ns: at_ns,
            ended_ns: None,
            status: None,
        };
        self.by_pid.insert(child, self.processes.len());
        self.processes.push(process);
    }

    fn process(&mut self, pid: u32) -> Option<&mut Process> {
        let at = *self.by_pid.get(&pid)?;
        self.processes.get_mut(at)
    }

    fn exec(&mut self, pid: u32, path: &[u8], argv: &[Vec<u8>]) {
        let Some(process) = self.process(pid) else { return };
        process.path = RawText::new(path);
        let base = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        process.comm = RawText::new(base.get(..COMM_BYTES).unwrap_or(base));
        process.arguments = argv.iter().take(ARGUMENTS_MAX).map(RawText::new).collect();
    }

    fn rename_process(&mut self, pid: u32, comm: Vec<u8>) {
        let Some(process) = self.process(pid) else { return };
        let before = process.comm.as_bytes().to_vec();
        process.comm = RawText::new(&comm);
        if before != comm && self.renamed.len() < NAMES_MAX {
            self.renamed.push((pid, before, comm));
        }
    }

    fn exit(&mut self, at_ns: u64, pid: u32, status: u32, by_signal: bool) {
        if let Some(process) = self.process(pid) {
            (process.ended_ns, process.status) = (Some(at_ns), Some(status));
        } else if by_signal && self.killed.len() < NAMES_MAX {
            self.killed.push(pid);
        }
    }

    fn file(&mut self, pid: u32, path: &[u8], operation: FileOperation, succeeded: bool) {
        let known = self.by_file.get(&(path.to_vec(), operation));
        if let Some(file) = known.and_then(|at| self.files.get_mut(*at)) {
            file.count += 1;
            file.succeeded |= succeeded;
            return;
        }
        if self.files.len() < FILES_MAX {
            self.by_file.insert((path.to_vec(), operation), self.files.len());
            self.files.push(FileActivity { path: RawText::new(path), operation, pid, count: 1, succeeded });
        }
    }

    fn contact(&mut self, at_ns: u64, transport: Transport, remote: Option<SocketAddr>) {
        if let Some(remote) = remote
            && self.first_contact.len() < FILES_MAX
        {
            self.first_contact.entry((transport, remote)).or_insert(at_ns);
        }
    }

    fn call(&mut self, at_ns: u64, pid: u32, line: &str) {
        let name = line.split('(').next().unwrap_or_default();
        if !name.is_empty()
            && name.len() < line.len()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            count(&mut self.syscalls, name.to_owned());
        }
        if self.trace.len() < TRACE_MAX {
            self.trace.push(Call { at_ns, pid, line: RawText::from(line) });
        } else {
            self.trace_omitted += 1;
        }
    }
}

/// Counts by name; beyond [`NAMES_MAX`] only names that are known.
fn count(map: &mut BTreeMap<String, u64>, name: String) {
    if map.len() < NAMES_MAX || map.contains_key(&name) {
        *map.entry(name).or_default() += 1;
    }
}
