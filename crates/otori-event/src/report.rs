//! What an artifact did in the sandbox: the result of `otori detonate`.
use crate::{Artifact, Classification, Endpoint, RawText, Sha256, Transport};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// How a detonation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum End {
    /// every process ended; the first one's wait status
    Exited {
        /// exit status 0-255, or 128 + signal
        status: u32,
    },
    /// virtual time was used up while something still ran
    TimeUp,
    /// a named limit was reached
    Limit {
        /// which (`instructions`, `processes`, `memory` …)
        limit: String,
    },
    /// it was not started
    NotRun {
        /// why not
        reason: String,
    },
}

/// One process of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// process id in the sandbox
    pub pid: u32,
    /// parent's id, 0 for the first
    pub parent: u32,
    /// executable path at last `execve`
    pub path: RawText,
    /// `comm` at the end (PR_SET_NAME changes it)
    pub comm: RawText,
    /// arguments at last `execve`, at most 64
    pub arguments: Vec<RawText>,
    /// virtual nanoseconds after the start
    pub started_ns: u64,
    /// virtual nanoseconds after the start, when it ended
    pub ended_ns: Option<u64>,
    /// exit status, 128 + signal for a signal
    pub status: Option<u32>,
}

/// What was done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOperation {
    /// opened for reading
    Read,
    /// created or written
    Written,
    /// unlinked
    Removed,
    /// renamed to or from
    Renamed,
    /// mode or owner changed
    Changed,
    /// executed
    Executed,
}

/// One path and what was done to it, in the order of first sight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileActivity {
    /// absolute path
    pub path: RawText,
    /// what was done
    pub operation: FileOperation,
    /// by which process
    pub pid: u32,
    /// how often
    pub count: u64,
    /// succeeded at least once
    pub succeeded: bool,
}

/// One peer that the artifact spoke to, or tried to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// where to
    pub remote: Endpoint,
    /// how
    pub transport: Transport,
    /// application protocol as recognised (`http`, `dns`, `telnet`, `unknown`)
    pub application: String,
    /// the name that was resolved to this address, if any
    pub name: Option<String>,
    /// URL asked for, for HTTP
    pub url: Option<String>,
    /// bytes the artifact sent
    pub bytes_out: u64,
    /// bytes it was answered
    pub bytes_in: u64,
    /// first bytes it sent, at most 256
    pub first_bytes: RawText,
    /// how many connections or datagrams
    pub count: u64,
    /// virtual nanoseconds after the start of the first one
    pub first_ns: u64,
}

/// Behaviour seen, named in ATT&CK's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behaviour {
    /// technique, as `T1070.004`
    pub technique: String,
    /// its ATT&CK name
    pub name: String,
    /// what was seen
    pub evidence: String,
}

/// One system call in the trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// virtual nanoseconds after the start
    pub at_ns: u64,
    /// calling process
    pub pid: u32,
    /// as strace prints it: `open("/etc/passwd", O_RDONLY) = 3`
    pub line: RawText,
}

/// Everything one detonation showed. Same file, seed and settings give the same report, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// the artifact
    pub sha256: Sha256,
    /// what it is
    pub class: Classification,
    /// how it ended
    pub end: End,
    /// virtual nanoseconds that passed in the sandbox
    pub virtual_ns: u64,
    /// guest instructions executed
    pub instructions: u64,
    /// how often each system call was made
    pub syscalls: BTreeMap<String, u64>,
    /// calls the engine does not have, answered ENOSYS
    pub unsupported: BTreeMap<String, u64>,
    /// process tree, first process first; at most 2,000
    pub processes: Vec<Process>,
    /// files touched; at most 10,000
    pub files: Vec<FileActivity>,
    /// peers; at most 10,000
    pub contacts: Vec<Contact>,
    /// names asked of DNS, in order of first sight; at most 1,000
    pub names: Vec<String>,
    /// files it left behind
    pub dropped: Vec<Artifact>,
    /// what that amounts to
    pub behaviours: Vec<Behaviour>,
    /// standard output and error, the first bytes
    pub output: RawText,
    /// first calls of the run; at most 20,000
    pub trace: Vec<Call>,
    /// calls that were made after the trace was full
    pub trace_omitted: u64,
}
