//! What calls like to be given, where their rows in the table do not say it: requests, commands, flags, structures.
//! Key items: [`HINTS`], [`Want`]. Only a help to reach deep code: everything else is given too.
use super::structure::Template::{self, *};

/// What one argument likes to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Want {
    /// as its type in the table says
    Typed,
    /// one of these
    One(&'static [u64]),
    /// the address of such a structure
    At(Template),
    /// a descriptor
    Open,
    /// an id of a task or process
    Task,
    /// a length
    Length,
}
use Want::{At, Length, One, Open, Task, Typed};

const SIGNALS: Want = One(&[1, 2, 10, 14, 17, 18, 19, 20, 34, 64, 9]);
const IDS: Want = One(&[0, 0, 1, 32_769, 128, u64::MAX]);
const KEYS: Want = One(&[0, 1, 1, 2]);
const MAKE: Want = One(&[0o1666, 0o1600, 0o3666, 0o666, 0]);
const CONTROL: Want = One(&[0, 1, 2, 0x100, 0x101, 0x102, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
const MESSAGE_FLAGS: Want = One(&[0, 0x40, 0x40, 0x4000, 2, 1, 0x100, 0x20, 0x2000_0000]);
const CLONE_FLAGS: Want =
    One(&[17, 0x0005_0f11, 0x003d_0f00, 0x4111, 0x0100_0011, 0x0111, 0x0400, 0x7d_0f00, 0x0001_0f00]);
const FUTEX: Want = One(&[0, 1, 0x80, 0x81, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x189]);
const MAPPED: Want = One(&[0, 0, 0x11_0000, 0x11_1000, 0x20_0000, 0x1_4000, 0x1_1000, 0x7fff_f000, 1]);
const MAP_FLAGS: Want = One(&[0x22, 0x822, 0x21, 0x821, 0x32, 0x832, 0x831, 0x31, 1, 2, 0x12]);
const CLOCKS: Want = One(&[0, 1, 2, 3, 7, 9]);

/// Descriptors of each kind, processes, memory: made more often than by chance.
pub(super) const MAKERS: &[&str] = &[
    "accept",
    "bind",
    "clone",
    "connect",
    "dup",
    "epoll_create1",
    "epoll_ctl",
    "eventfd2",
    "fcntl",
    "fork",
    "inotify_add_watch",
    "inotify_init1",
    "ioctl",
    "ipc",
    "listen",
    "memfd_create",
    "mkdir",
    "mmap",
    "mmap2",
    "mprotect",
    "msgget",
    "open",
    "openat",
    "pipe",
    "pipe2",
    "poll",
    "read",
    "recvmsg",
    "rt_sigaction",
    "semget",
    "semop",
    "sendmsg",
    "sendto",
    "shmat",
    "shmget",
    "signalfd4",
    "socket",
    "socketcall",
    "socketpair",
    "timer_create",
    "timerfd_create",
    "timerfd_settime",
    "wait4",
    "write",
    "writev",
];

/// These end what the others work with; they are taken seldom.
pub(super) const ENDERS: &[&str] = &[
    "exit",
    "exit_group",
    "kill",
    "reboot",
    "rt_sigreturn",
    "sigreturn",
    "tgkill",
    "tkill",
    "vfork",
    "chroot",
];

/// By the name of the call.
pub(super) const HINTS: &[(&str, &[Want])] = &[
    ("accept", &[Open, At(Room), At(Numbers)]),
    ("accept4", &[Open, At(Room), At(Numbers), One(&[0, 0x800, 0x80])]),
    ("bind", &[Open, At(Address), One(&[16, 16, 11, 12, 20, 110])]),
    ("clock_nanosleep", &[CLOCKS, One(&[0, 1]), At(Time), At(Room)]),
    ("clone", &[CLONE_FLAGS, MAPPED, At(Room), At(Room), At(Room)]),
    ("connect", &[Open, At(Address), One(&[16, 16, 11, 12, 20])]),
    ("epoll_ctl", &[Open, One(&[1, 1, 2, 3]), Open, At(EpollEvent)]),
    ("epoll_pwait", &[Open, At(Room), One(&[1, 8, 0]), One(&[0, 1, u64::MAX]), At(SignalSet), One(&[8, 16])]),
    ("epoll_wait", &[Open, At(Room), One(&[1, 8, 0]), One(&[0, 1, u64::MAX])]),
    ("execve", &[Typed, At(Strings), At(Strings)]),
    ("execveat", &[Typed, Typed, At(Strings), At(Strings), One(&[0, 0x1000, 0x100])]),
    ("fallocate", &[Open, One(&[0, 1, 3, 8, 0x10]), Length, Length]),
    (
        "fcntl",
        &[Open, One(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1030, 1031, 1032, 1033, 36, 37]), At(Lock)],
    ),
    ("fcntl64", &[Open, One(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 33, 34, 35, 1031, 1032]), At(Lock)]),
    ("flock", &[Open, One(&[1, 2, 5, 6, 8])]),
    ("futex", &[At(Numbers), FUTEX, One(&[0, 1, 2, 100]), At(Time), At(Numbers), One(&[0, 1, u64::MAX])]),
    ("futex_time64", &[At(Numbers), FUTEX, One(&[0, 1, 2]), At(Time), At(Numbers), One(&[0, 1, u64::MAX])]),
    (
        "getsockopt",
        &[Open, One(&[1, 0xffff, 6, 0, 17]), One(&[1, 2, 3, 4, 7, 8, 17, 20]), At(Room), At(Numbers)],
    ),
    ("inotify_add_watch", &[Open, At(Path), One(&[0xfff, 0x2, 0x8000_0fff, 0x2000_0fff])]),
    (
        "ioctl",
        &[
            Open,
            One(&[
                0x5401,
                0x5402,
                0x540d,
                0x540e,
                0x5413,
                0x5414,
                0x5421,
                0x541b,
                0x467f,
                0x667e,
                0x540f,
                0x5410,
                0x5422,
                0x540b,
                0x5409,
                0x8910,
                0x8912,
                0x8913,
                0x8914,
                0x8915,
                0x8916,
                0x8927,
                0x8933,
                0x890b,
                0x8004_5430,
                0x4004_5431,
                0x8004_5704,
                0x4004_5704,
                0x8020_4d01,
                0x5480,
                0x7472,
                0x7412,
            ]),
            At(Interface),
        ],
    ),
    (
        "ipc",
        &[
            One(&[1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24, 0x1_000c, 0x1_0001]),
            IDS,
            One(&[1, 2, 4096, 100]),
            MAKE,
            At(SemaphoreOperations),
            At(Time),
        ],
    ),
    ("listen", &[Open, One(&[0, 1, 128, u64::MAX])]),
    ("lseek", &[Open, Length, One(&[0, 1, 2, 3, 4])]),
    ("madvise", &[MAPPED, Length, One(&[4, 8, 3, 9, 10])]),
    ("memfd_create", &[At(Path), One(&[0, 1, 3])]),
    ("mmap", &[MAPPED, Length, One(&[3, 7, 1, 0]), MAP_FLAGS, Open, One(&[0, 4096, u64::MAX - 4095])]),
    ("mmap2", &[MAPPED, Length, One(&[3, 7, 1, 0]), MAP_FLAGS, Open, One(&[0, 1, u64::MAX])]),
    ("mount", &[At(Path), At(Path), At(Path), One(&[0, 32, 33, 4096, 1]), Typed]),
    ("mprotect", &[MAPPED, Length, One(&[0, 1, 3, 5, 7])]),
    ("mremap", &[MAPPED, Length, Length, One(&[0, 1, 3]), MAPPED]),
    ("msgctl", &[IDS, CONTROL, At(Numbers)]),
    ("msgget", &[KEYS, MAKE]),
    ("msgrcv", &[IDS, At(Room), Length, One(&[0, 1, u64::MAX]), One(&[0x800, 0, 0x1000])]),
    ("msgsnd", &[IDS, At(TypedText), Length, One(&[0x800, 0])]),
    ("munmap", &[MAPPED, Length]),
    ("nanosleep", &[At(Time), At(Room)]),
    ("old_mmap", &[At(Pointers)]),
    ("old_select", &[At(Pointers)]),
    ("poll", &[At(PollSet), One(&[0, 1, 2, 7, 1024, u64::MAX]), One(&[0, 1, u64::MAX])]),
    ("ppoll", &[At(PollSet), One(&[1, 2, 7]), At(Time), At(SignalSet), One(&[8, 16])]),
    (
        "prctl",
        &[One(&[1, 2, 3, 4, 15, 16, 21, 22, 23, 24, 38, 39, 0x4155_5856]), At(Path), Typed, Typed, Typed],
    ),
    ("preadv", &[Open, At(Vectors), One(&[1, 2, 3, 1024]), Length, One(&[0, 0, 1])]),
    ("prlimit64", &[Task, One(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]), At(Time), At(Room)]),
    (
        "pselect6",
        &[One(&[1, 16, 64, 1024]), At(DescriptorSet), At(DescriptorSet), At(DescriptorSet), At(Time), Typed],
    ),
    (
        "ptrace",
        &[One(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 24, 0x4200, 0x4206]), Task, MAPPED, At(Room)],
    ),
    ("pwritev", &[Open, At(Vectors), One(&[1, 2, 3, 1024]), Length, One(&[0, 0, 1])]),
    ("readv", &[Open, At(Vectors), One(&[1, 2, 3, 7, 1024, u64::MAX])]),
    ("recvfrom", &[Open, At(Room), Length, MESSAGE_FLAGS, At(Room), At(Numbers)]),
    ("recvmmsg", &[Open, At(Messages), One(&[1, 2, 3]), MESSAGE_FLAGS, At(Time)]),
    ("recvmsg", &[Open, At(Message), MESSAGE_FLAGS]),
    ("rt_sigaction", &[SIGNALS, At(SignalAction), At(Room), One(&[8, 16])]),
    ("rt_sigprocmask", &[One(&[0, 1, 2, 3]), At(SignalSet), At(Room), One(&[8, 16])]),
    ("rt_sigqueueinfo", &[Task, SIGNALS, At(Noise)]),
    ("rt_sigsuspend", &[At(SignalSet), One(&[8, 16])]),
    ("rt_sigtimedwait", &[At(SignalSet), At(Room), At(Time), One(&[8, 16])]),
    ("select", &[One(&[1, 16, 64, 1024]), At(DescriptorSet), At(DescriptorSet), At(DescriptorSet), At(Time)]),
    ("semctl", &[IDS, One(&[0, 1]), CONTROL, At(Numbers)]),
    ("semget", &[KEYS, One(&[1, 2, 250, 251]), MAKE]),
    ("semop", &[IDS, At(SemaphoreOperations), One(&[1, 2, 3])]),
    ("semtimedop", &[IDS, At(SemaphoreOperations), One(&[1, 2]), At(Time)]),
    ("sendfile", &[Open, Open, At(Offset), Length]),
    ("sendfile64", &[Open, Open, At(Offset), Length]),
    ("sendmmsg", &[Open, At(Messages), One(&[1, 2, 3]), MESSAGE_FLAGS]),
    ("sendmsg", &[Open, At(Message), MESSAGE_FLAGS]),
    ("sendto", &[Open, At(Netlink), Length, MESSAGE_FLAGS, At(Address), One(&[16, 16, 11, 12, 0])]),
    ("set_robust_list", &[At(Pointers), One(&[12, 24])]),
    ("setitimer", &[One(&[0, 1, 2]), At(Time), At(Room)]),
    ("setrlimit", &[One(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11]), At(Time)]),
    (
        "setsockopt",
        &[
            Open,
            One(&[1, 0xffff, 6, 0, 17]),
            One(&[1, 2, 3, 7, 8, 13, 20, 32]),
            At(Numbers),
            One(&[4, 8, 16]),
        ],
    ),
    ("shmat", &[IDS, MAPPED, One(&[0, 0x1000, 0x2000, 0x4000])]),
    ("shmctl", &[IDS, CONTROL, At(Numbers)]),
    ("shmdt", &[MAPPED]),
    ("shmget", &[KEYS, One(&[1, 4096, 65_536, 1 << 20, 0, u64::MAX]), MAKE]),
    ("sigaction", &[SIGNALS, At(SignalAction), At(Room)]),
    ("sigaltstack", &[At(SignalStack), At(Room)]),
    ("signalfd4", &[One(&[u64::MAX, u64::MAX, 4, 5]), At(SignalSet), One(&[8, 16]), One(&[0, 0x800])]),
    (
        "socket",
        &[
            One(&[1, 2, 2, 16, 17, 10]),
            One(&[1, 2, 3, 5, 1 | 0x800, 2 | 0x800, 1 | 0x80, 2 | 0x80]),
            One(&[0, 0, 0, 1, 6, 17, 15]),
        ],
    ),
    (
        "socketcall",
        &[One(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]), At(Numbers)],
    ),
    ("socketpair", &[One(&[1]), One(&[1, 2, 5]), One(&[0]), At(Room)]),
    ("splice", &[Open, At(Offset), Open, At(Offset), Length, One(&[0, 2])]),
    ("timer_create", &[CLOCKS, At(Numbers), At(Room)]),
    ("timer_settime", &[One(&[0, 1, 2]), One(&[0, 1]), At(Time), At(Room)]),
    ("timerfd_create", &[CLOCKS, One(&[0, 0x800, 0x80])]),
    ("timerfd_settime", &[Open, One(&[0, 1, 3]), At(Time), At(Room)]),
    ("wait4", &[Task, At(Room), One(&[0, 1, 2, 3, 8, 0x4000_0000]), At(Room)]),
    ("waitid", &[One(&[0, 1, 2]), Task, At(Room), One(&[4, 5, 0xf, 0x0100_0005]), At(Room)]),
    ("writev", &[Open, At(Vectors), One(&[1, 2, 3, 7, 1024, u64::MAX])]),
];
