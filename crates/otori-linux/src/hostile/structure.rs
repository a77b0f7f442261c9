//! What calls are given: structures in the guest's memory, descriptors that are open, lengths at the edges.
//! Key types: [`Giver`], [`Template`]. Layouts: include/uapi of Linux; most are written as a C compiler would for any set.
use super::{
    Choices, Set,
    set::{BASE, CODE},
};
use crate::{kernel::Core, record::Record, task::Tid};
use alloc::vec::Vec;

/// The data of the hostile program: slots behind its code.
pub(super) const DATA: u64 = BASE + 0x1000;
pub(super) const DATA_BYTES: u64 = 0x8000;
const SLOT_BYTES: u64 = 256;
const SLOTS: u64 = DATA_BYTES / SLOT_BYTES - 1;

/// A structure that some call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// zeros, to be written to
    Room,
    Noise,
    Path,
    Strings,
    /// struct sockaddr of any family
    Address,
    /// struct iovec, several
    Vectors,
    /// struct msghdr with all that it points to
    Message,
    /// several of them for sendmmsg
    Messages,
    /// one or two times
    Time,
    SignalAction,
    SignalSet,
    DescriptorSet,
    PollSet,
    EpollEvent,
    SemaphoreOperations,
    /// struct msgbuf
    TypedText,
    /// a netlink request
    Netlink,
    /// struct ifreq, ifconf
    Interface,
    /// small 32-bit numbers
    Numbers,
    /// words: addresses of other slots
    Pointers,
    SignalStack,
    /// struct flock
    Lock,
    /// where a 64-bit offset stands
    Offset,
}

pub(super) const TEMPLATES: [Template; 22] = [
    Template::Room,
    Template::Noise,
    Template::Path,
    Template::Strings,
    Template::Address,
    Template::Vectors,
    Template::Message,
    Template::Time,
    Template::SignalAction,
    Template::SignalSet,
    Template::DescriptorSet,
    Template::PollSet,
    Template::EpollEvent,
    Template::SemaphoreOperations,
    Template::TypedText,
    Template::Netlink,
    Template::Interface,
    Template::Numbers,
    Template::Pointers,
    Template::SignalStack,
    Template::Lock,
    Template::Offset,
];

const PATHS: [&[u8]; 40] = [
    b"/t",
    b"/s",
    b"/r",
    b"/tmp",
    b"/tmp/a",
    b"/tmp/b",
    b"/tmp/a/b",
    b"/tmp/c",
    b"a",
    b"b",
    b".",
    b"..",
    b"/",
    b"",
    b"/loop",
    b"/loop/x",
    b"/d/d/d/d/../../d",
    b"/proc/self/maps",
    b"/proc/self/fd/4",
    b"/proc/self/exe",
    b"/proc/self/mem",
    b"/proc/self/fd",
    b"/proc",
    b"/proc/net/tcp",
    b"/proc/net/unix",
    b"/proc/1/stat",
    b"/proc/self/task",
    b"/proc/self/oom_score_adj",
    b"/proc/sys/kernel/hostname",
    b"/proc/mounts",
    b"/proc/self/comm",
    b"/dev/null",
    b"/dev/zero",
    b"/dev/full",
    b"/dev/urandom",
    b"/dev/ptmx",
    b"/dev/pts/0",
    b"/dev/tty",
    b"/dev/watchdog",
    b"/tmp/sock",
];

/// What gives a call its arguments.
pub(super) struct Giver<'a, 'b> {
    pub(super) choices: &'a mut Choices<'b>,
    pub(super) core: &'a mut Core,
    pub(super) tid: Tid,
    pub(super) set: &'a Set,
}

impl Giver<'_, '_> {
    fn record(&self) -> Record {
        Record::new(self.core.abi)
    }
    /// Puts bytes into a slot; gives its address.
    fn place(&mut self, bytes: &[u8]) -> u64 {
        let slot = DATA + self.choices.number(1) % SLOTS * SLOT_BYTES;
        if let Ok(space) = self.core.space_of_mut(self.tid) {
            let _ = space.memory.write(slot, &bytes[..bytes.len().min(SLOT_BYTES as usize)]);
        }
        slot
    }
    fn write(&mut self, record: Record) -> u64 {
        self.place(&record.finish())
    }

    /// A descriptor: mostly one that is open.
    pub(super) fn descriptor(&mut self) -> u64 {
        match self.choices.below(16) {
            0 => u64::from(self.choices.byte()),
            1 => self.core.abi.word_max() - self.choices.number(1) % 120,
            _ => {
                let open: Vec<u32> = self
                    .core
                    .table_of(self.tid)
                    .map_or(Vec::new(), |table| table.iter().map(|row| row.0).collect());
                if open.is_empty() { 0 } else { u64::from(self.choices.pick(&open)) }
            }
        }
    }
    /// A length, an offset, a count.
    pub(super) fn length(&mut self) -> u64 {
        const SMALL: [u64; 16] = [1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64, 100, 128, 144];
        const EDGES: [u64; 24] = [
            0,
            255,
            256,
            1024,
            4095,
            4096,
            4097,
            8192,
            65_535,
            65_536,
            65_537,
            1 << 20,
            (1 << 20) + 1,
            4 << 20,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_f000,
            0xffff_ffff,
            1 << 32,
            1 << 47,
            i64::MAX as u64,
            1 << 63,
            u64::MAX - 4095,
            u64::MAX,
        ];
        let value = match self.choices.below(4) {
            0 => self.choices.pick(&EDGES),
            1 => u64::from(self.choices.byte()),
            _ => self.choices.pick(&SMALL),
        };
        value & self.core.abi.word_max()
    }
    /// The id of a task or process, or a group, or none.
    pub(super) fn task(&mut self) -> u64 {
        match self.choices.below(8) {
            0 => self.core.abi.word_max() - self.choices.number(1) % 3,
            1 => u64::from(self.choices.byte()),
            2 => 0,
            3 => u64::from(self.tid).wrapping_neg() & self.core.abi.word_max(),
            _ => {
                let alive: Vec<Tid> = self.core.tasks.keys().copied().collect();
                if alive.is_empty() { 0 } else { u64::from(self.choices.pick(&alive)) }
            }
        }
    }
    /// An address: of a structure, or one that goes wrong.
    pub(super) fn pointer(&mut self, template: Template) -> u64 {
        match self.choices.below(20) {
            0 => 0,
            1 => DATA + DATA_BYTES - self.choices.number(1) % 24,
            2 => self.core.abi.task_end.wrapping_sub(self.choices.number(1) % 64),
            3 => self.core.abi.word_max() - self.choices.number(1) % 64,
            4 => CODE,
            5 => DATA + self.choices.number(2) % DATA_BYTES,
            _ => self.structure(template),
        }
    }

    fn slot(&mut self) -> u64 {
        DATA + self.choices.number(1) % SLOTS * SLOT_BYTES
    }
    fn small(&mut self) -> u64 {
        self.choices.number(1) % 8
    }

    fn structure(&mut self, template: Template) -> u64 {
        match template {
            Template::Room => self.slot(),
            Template::Noise => {
                let bytes = self.choices.take(24).to_vec();
                self.place(&bytes)
            }
            Template::Path => self.path(),
            Template::Strings => {
                let mut record = self.record();
                for _ in 0..self.small() {
                    record.word(self.path());
                }
                record.word(0);
                self.write(record)
            }
            Template::Address => self.address(),
            Template::Vectors => self.vectors().0,
            Template::Message => self.message(),
            Template::Messages => self.messages(),
            Template::Time => self.times(),
            Template::Netlink => self.netlink(),
            Template::Interface => self.interface(),
            _ => self.plain(template),
        }
    }

    /// Structures that point at nothing.
    fn plain(&mut self, template: Template) -> u64 {
        let mut record = self.record();
        match template {
            Template::SignalAction => {
                let code = self.set.entry(CODE);
                let handler = self.choices.pick(&[0, 1, code, code, 8]);
                let flags = self.choices.pick(&[0, 4, 8, 0x1000_0000, 0x4000_0000, 0x0c00_0004, 0x8000_0004]);
                // each layout has the handler first or second
                record.word(handler).word(handler | flags).word(flags).word(0).word(self.small());
            }
            Template::SignalSet => {
                record.bytes(self.choices.take(8)).pad_to(16);
            }
            Template::DescriptorSet => {
                record.bytes(self.choices.take(8)).pad_to(128);
            }
            Template::PollSet => {
                for _ in 0..self.small() {
                    let events = u16::from(self.choices.byte());
                    record.u32(self.descriptor() as u32).u16(events).u16(0);
                }
            }
            Template::EpollEvent => {
                let events = self.choices.pick(&[1, 4, 0x8000_0001, 0x4000_0005, 0x2019, u32::MAX]);
                record.u32(events).u32(0).u64(7);
            }
            Template::SemaphoreOperations => {
                for _ in 0..self.small() {
                    let change = self.choices.pick(&[0u16, 1, 1, 0xffff, 0xfffe, 0x7fff]);
                    let flags = self.choices.pick(&[0u16, 0x800, 0x1000, 0x1800]);
                    record.u16(self.choices.pick(&[0u16, 0, 1, 2, 249])).u16(change).u16(flags);
                }
            }
            Template::TypedText => {
                record.word(self.choices.pick(&[1, 2, 0, u64::MAX])).bytes(self.choices.take(16));
            }
            Template::Numbers => {
                for _ in 0..6 {
                    record.u32(self.choices.pick(&[0, 1, 2, 3, 100, 4096, 0x7fff_ffff, u32::MAX]));
                }
            }
            Template::Pointers => {
                for _ in 0..6 {
                    record.word(self.slot());
                }
            }
            Template::SignalStack => {
                let flags = self.choices.pick(&[0, 0, 2, 1]);
                let bytes = self.choices.pick(&[0x4000, 2048, 100, u64::MAX]);
                record.word(DATA).word(flags).word(bytes).word(bytes);
            }
            Template::Lock => {
                let kind = self.choices.pick(&[0u16, 1, 2]);
                record.u16(kind).u16(self.choices.pick(&[0, 1, 2])).zeros(4);
                record.u64(self.length()).u64(self.length()).word(0).word(0);
            }
            _ => {
                record.u64(self.length());
            }
        }
        self.write(record)
    }

    fn path(&mut self) -> u64 {
        let mut path = match self.choices.below(32) {
            // a component that is too long, a path that is
            0 => alloc::vec![b'n'; 255],
            1 => alloc::vec![b'/'; 255],
            _ => self.choices.pick(&PATHS).to_vec(),
        };
        path.push(0);
        self.place(&path)
    }

    fn address(&mut self) -> u64 {
        let mut record = self.record();
        match self.choices.below(8) {
            0 => {
                record.u16(1).bytes(b"/tmp/sock\0");
            }
            1 => {
                record.u16(1).bytes(b"\0abstract");
            }
            2 => {
                record.u16(16).u16(0).u32(self.small() as u32).u32(self.small() as u32);
            }
            3 => {
                record.u16(17).bytes(&[8, 0]).u32(self.small() as u32).zeros(12);
            }
            4 => {
                record.u16(10).bytes(&[0x1f, 0x90]).zeros(24);
            }
            _ => {
                let port = self.choices.pick(&[[0, 0], [0x1f, 0x90], [0, 80], [0xff, 0xff]]);
                let host =
                    self.choices.pick(&[[127, 0, 0, 1], [0; 4], [192, 0, 2, 10], [192, 0, 2, 77], [255; 4]]);
                record.u16(self.choices.pick(&[2, 2, 2, 0])).bytes(&port).bytes(&host).zeros(8);
            }
        }
        self.write(record)
    }

    /// Their address and number.
    fn vectors(&mut self) -> (u64, u64) {
        let count = self.small();
        let mut record = self.record();
        for _ in 0..count {
            let base = self.pointer(Template::Room);
            record.word(base).word(self.length());
        }
        (self.write(record), count)
    }

    fn control(&mut self) -> (u64, u64) {
        let mut record = self.record();
        let word = self.core.abi.word_bytes as u64;
        for _ in 0..=self.small() % 3 {
            let count = 1 + self.small() % 4;
            let kind = self.choices.pick(&[1, 1, 1, 2]);
            let level = self.choices.pick(&[1, 1, 0xffff, 0, 41]);
            record.word(word + 8 + 4 * count).u32(level).u32(kind);
            for _ in 0..count {
                record.u32(self.descriptor() as u32);
            }
            record.pad_to(record_room(record.len(), word as usize));
        }
        let length = record.len() as u64;
        (self.write(record), length)
    }

    fn message_fields(&mut self, record: &mut Record) {
        let padding = self.core.abi.word_bytes - 4;
        let name = self.pointer(Template::Address);
        let name_length = self.choices.pick(&[0u32, 16, 11, 110, 128, u32::MAX]);
        let (vectors, count) = self.vectors();
        let (control, control_length) = if self.choices.one_in(2) { self.control() } else { (0, 0) };
        record.word(if self.choices.one_in(2) { name } else { 0 }).u32(name_length).zeros(padding);
        record.word(vectors).word(count).word(control).word(control_length).u32(0).zeros(padding);
    }
    fn message(&mut self) -> u64 {
        let mut record = self.record();
        self.message_fields(&mut record);
        self.write(record)
    }
    fn messages(&mut self) -> u64 {
        let mut record = self.record();
        for _ in 0..3 {
            self.message_fields(&mut record);
            record.u32(0).zeros(self.core.abi.word_bytes - 4);
        }
        self.write(record)
    }

    /// Two times, of words or of 64 bits; nanoseconds now and then out of range.
    fn times(&mut self) -> u64 {
        let mut record = self.record();
        for _ in 0..2 {
            let seconds = self.choices.pick(&[0, 0, 0, 1, 2, 3600, u64::MAX, i64::MAX as u64]);
            let part = self.choices.pick(&[0, 1, 1000, 999_999, 999_999_999, 1_000_000_000, u64::MAX]);
            match self.choices.one_in(3) {
                true => record.u64(seconds).u64(part),
                false => record.word(seconds).word(part),
            };
        }
        self.write(record)
    }

    fn netlink(&mut self) -> u64 {
        let mut record = self.record();
        let length = self.choices.pick(&[16, 17, 20, 32, 44, 0, u32::MAX]);
        let kind = self.choices.pick(&[18, 22, 26, 30, 16, 20, 24, 3, 0xffff]);
        let flags = self.choices.pick(&[0x301, 0x1, 0x5, 0x401, 0x305]);
        record.u32(length).u16(kind).u16(flags).u32(7).u32(0);
        record.bytes(self.choices.take(16)).pad_to(64);
        self.write(record)
    }

    fn interface(&mut self) -> u64 {
        let name: &[u8] = self.choices.pick(&[b"lo" as &[u8], b"eth0", b"br0", b""]);
        let slot = self.slot();
        let mut record = self.record();
        match self.choices.one_in(3) {
            true => record.u32(self.length() as u32).zeros(self.core.abi.word_bytes - 4).word(slot),
            false => record.text(name, 16).u16(2).bytes(&[0, 0, 192, 0, 2, 11]).zeros(8),
        };
        self.write(record)
    }
}

/// A length with the padding that follows it.
fn record_room(length: usize, word: usize) -> usize {
    length.next_multiple_of(word)
}
