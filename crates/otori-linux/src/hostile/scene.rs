//! Rows of calls that belong together: a listener with a connection, a watched folder, a terminal. Key type: [`Scene`].
use super::{Choices, structure::DATA};
use crate::record::Record;
use alloc::{vec, vec::Vec};

/// A call by its name, with its first arguments.
type Step = (&'static str, [u64; 4]);

/// What the rows are made for.
pub(super) struct Scene {
    /// the descriptor that is given next, and the one after it
    pub(super) new: u64,
    pub(super) next: u64,
    /// numbers are those of MIPS
    pub(super) mips: bool,
}

impl Scene {
    fn non_blocking(&self) -> u64 {
        if self.mips { 0x80 } else { 0x800 }
    }

    /// The calls; what they read at [`DATA`] is written to `record`.
    pub(super) fn steps(&self, choices: &mut Choices<'_>, record: &mut Record) -> Vec<Step> {
        match choices.below(7) {
            0 => {
                let length = record.u16(2).bytes(&[0x1f, 0x90, 127, 0, 0, 1]).zeros(8).len();
                self.connection(2, length as u64)
            }
            1 => {
                let length = record.u16(1).bytes(b"/tmp/sock\0").len();
                self.connection(1, length as u64)
            }
            2 => self.watched_folder(1 + choices.number(1) % 3, record),
            3 => vec![
                ("pipe2", [DATA, self.non_blocking(), 0, 0]),
                ("write", [self.next, DATA, 4096, 0]),
                ("write", [self.next, DATA, 20_000, 0]),
                ("dup", [self.new, 0, 0, 0]),
            ],
            4 => self.terminal(record),
            5 => {
                record.u32(1).u32(0).u64(0);
                let other = choices.number(1) % self.next.max(1);
                vec![
                    ("epoll_create1", [0; 4]),
                    ("epoll_ctl", [self.new, 1, other, DATA]),
                    ("epoll_ctl", [self.new, 1, 0, DATA]),
                    ("epoll_pwait", [self.new, DATA, 4, 0]),
                ]
            }
            _ => {
                record.zeros(32);
                vec![
                    ("shmget", [0, 0x3000, 0o1600, 0]),
                    ("shmat", [0, 0x20_0000, 0, 0]),
                    ("semget", [0, 3, 0o1600, 0]),
                    ("msgget", [0, 0o1600, 0, 0]),
                    ("timer_create", [1, 0, DATA, 0]),
                    ("timerfd_create", [1, self.non_blocking(), 0, 0]),
                ]
            }
        }
    }

    /// A listener and who connects to it; its address of `length` bytes stands in the record.
    fn connection(&self, family: u64, length: u64) -> Vec<Step> {
        let stream = if self.mips { 2 } else { 1 } | self.non_blocking();
        vec![
            ("socket", [family, stream, 0, 0]),
            ("bind", [self.new, DATA, length, 0]),
            ("listen", [self.new, 3, 0, 0]),
            ("socket", [family, stream, 0, 0]),
            ("connect", [self.next, DATA, length, 0]),
            ("accept4", [self.new, 0, 0, self.non_blocking()]),
        ]
    }

    fn watched_folder(&self, watch: u64, record: &mut Record) -> Vec<Step> {
        record.bytes(b"/tmp\0/tmp/w\0");
        vec![
            ("inotify_init1", [self.non_blocking(), 0, 0, 0]),
            ("inotify_add_watch", [self.new, DATA, 0xfff, 0]),
            ("mkdir", [DATA + 5, 0o755, 0, 0]),
            ("inotify_rm_watch", [self.new, watch, 0, 0]),
        ]
    }

    fn terminal(&self, record: &mut Record) -> Vec<Step> {
        record.bytes(b"/dev/ptmx\0").zeros(6).u32(0);
        let unlock = if self.mips { 0x8004_5431 } else { 0x4004_5431 };
        vec![
            ("openat", [u64::MAX - 99, DATA, 2 | self.non_blocking(), 0]),
            ("ioctl", [self.new, unlock, DATA + 16, 0]),
            ("write", [self.new, DATA, 9, 0]),
            ("setsid", [0; 4]),
        ]
    }
}
