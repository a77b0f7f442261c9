//! The Linux personality: processes, copy-on-write memory, files, signals, sockets, virtual time.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;

pub mod abi;
mod arch;
mod arena;
mod bpf;
mod config;
pub mod dev;
pub mod errno;
mod exec;
mod file;
mod flash;
#[cfg(any(test, feature = "hostile"))]
pub mod hostile;
mod ipc;
mod kernel;
mod machine;
pub mod mm;
pub mod net;
mod notice;
pub mod pipe;
pub mod poll;
pub mod proc;
mod random;
mod record;
mod sched;
mod signal;
mod snapshot;
mod spawn;
mod syscall;
mod task;
pub mod tty;
pub mod vfs;
mod view;
mod watchdog;

pub use config::{Limits, MachineConfig, Pid, Resident, Run, Spawn, SpawnError, Stats, Stdio};
pub use exec::elf::{ElfError, SegmentProblem, isa_of};
pub use machine::Machine;
pub use notice::{Notice, NoticeKind};
pub use snapshot::Snapshot;
pub use syscall::{ABSENT, Argument, Row as CallRow, TABLE as CALLS, call_document};

/// Instruction sets, for who prepares machines or asks whether a program can run.
pub use otori_cpu::isa::Isa;
