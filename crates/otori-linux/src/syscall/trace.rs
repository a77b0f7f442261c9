//! The trace: one line per call, as strace prints it.
//!
//! Key types: [`Argument`] (how an argument is shown), [`Entry`]. What a call reads is shown as it was at its start,
//! what it writes as it was at its end.
use super::Row;
use crate::{
    errno::Errno,
    kernel::Kernel,
    net::Address,
    notice::NoticeKind,
    task::{Tid, waiting::Waiting},
};
use alloc::{format, string::String, vec::Vec};
use core::fmt::Write;

/// Bytes of a buffer that a line shows, as strace does without `-s`.
const SHOWN_BYTES: usize = 32;
/// Bytes of a path that a line shows.
const SHOWN_PATH_BYTES: usize = 256;
/// Entries of an argument vector that a line shows.
const SHOWN_STRINGS: usize = 16;

/// What an argument is, for the trace and for the joining of 64-bit values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument {
    /// signed number
    Int,
    /// unsigned number
    Unsigned,
    /// bits or an address
    Hex,
    /// descriptor
    Descriptor,
    /// descriptor of a folder, or AT_FDCWD
    At,
    /// string
    Path,
    /// NULL-ended array of strings
    Strings,
    /// bytes that the call reads; the next argument is their length
    Input,
    /// bytes that the call writes; its result is their length
    Output,
    /// two descriptors that the call writes
    DescriptorPair,
    /// O_*
    OpenFlags,
    /// permission bits
    Mode,
    /// signal number
    Signal,
    /// 64-bit value; two registers on 32-bit architectures
    Pair,
    /// PROT_*
    Protection,
    /// MAP_*
    MapFlags,
    /// wait status that the call writes
    Status,
    /// struct sockaddr; the next argument is its length
    Address,
}

impl Argument {
    pub(crate) fn is_pair(self) -> bool {
        self == Argument::Pair
    }
    fn is_written(self) -> bool {
        matches!(self, Argument::Output | Argument::DescriptorPair | Argument::Status)
    }
}

/// A line that waits for the end of its call.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    name: &'static str,
    pieces: Vec<String>,
}

const OPEN_FLAGS: &[(u32, &str)] = &[
    (0o100, "O_CREAT"),
    (0o200, "O_EXCL"),
    (0o400, "O_NOCTTY"),
    (0o1000, "O_TRUNC"),
    (0o2000, "O_APPEND"),
    (0o4000, "O_NONBLOCK"),
    (0o100000, "O_LARGEFILE"),
    (0o200000, "O_DIRECTORY"),
    (0o400000, "O_NOFOLLOW"),
    (0o2000000, "O_CLOEXEC"),
    (0o10000000, "O_PATH"),
];
const MAP_FLAGS: &[(u32, &str)] = &[
    (1, "MAP_SHARED"),
    (2, "MAP_PRIVATE"),
    (0x10, "MAP_FIXED"),
    (0x20, "MAP_ANONYMOUS"),
    (0x800, "MAP_DENYWRITE"),
    (0x4000, "MAP_NORESERVE"),
    (0x20000, "MAP_STACK"),
];
const PROTECTIONS: &[(u32, &str)] = &[(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC")];

/// Names of bits joined by `|`; what has no name stays a number.
fn bits(value: u32, names: &[(u32, &str)], first: Option<&str>) -> String {
    let mut shown = String::from(first.unwrap_or_default());
    let mut rest = value;
    let mut join = |name: &str| {
        let separator = if shown.is_empty() { "" } else { "|" };
        let _ = write!(shown, "{separator}{name}");
    };
    for (bit, name) in names {
        if value & bit != 0 {
            join(name);
            rest &= !bit;
        }
    }
    if rest != 0 {
        join(&format!("{rest:#x}"));
    }
    if shown.is_empty() { String::from("0") } else { shown }
}

/// Bytes in quotes with C escapes.
fn quoted(bytes: &[u8], cut: bool) -> String {
    let mut shown = String::from("\"");
    for (place, &byte) in bytes.iter().enumerate() {
        let digit_follows = bytes.get(place + 1).is_some_and(u8::is_ascii_digit);
        let _ = match byte {
            b'\n' => shown.write_str("\\n"),
            b'\t' => shown.write_str("\\t"),
            b'\r' => shown.write_str("\\r"),
            b'"' => shown.write_str("\\\""),
            b'\\' => shown.write_str("\\\\"),
            0x20..=0x7e => shown.write_char(char::from(byte)),
            _ if digit_follows => write!(shown, "\\{byte:03o}"),
            _ => write!(shown, "\\{byte:o}"),
        };
    }
    shown.push('"');
    if cut {
        shown.push_str("...");
    }
    shown
}

impl Kernel {
    /// What can be said of a call before it is made.
    pub(super) fn trace_entry(&mut self, tid: Tid, row: &'static Row, arguments: &[u64; 8]) -> Entry {
        let mut pieces = Vec::new();
        for (index, argument) in row.arguments.iter().enumerate() {
            let value = arguments.get(index).copied().unwrap_or(0);
            let next = arguments.get(index + 1).copied().unwrap_or(0);
            pieces.push(self.shown(tid, *argument, value, next));
        }
        Entry { name: row.name, pieces }
    }

    fn shown(&mut self, tid: Tid, argument: Argument, value: u64, next: u64) -> String {
        let abi = self.core.abi;
        let small = value as u32;
        match argument {
            Argument::Int | Argument::Descriptor => format!("{}", value as i32),
            Argument::At if value as i32 == -100 => String::from("AT_FDCWD"),
            Argument::At => format!("{}", value as i32),
            Argument::Unsigned => format!("{value}"),
            Argument::Pair => format!("{}", value as i64),
            Argument::Mode => format!("0{:o}", small & 0o7777),
            Argument::Signal => match abi.signal_from_guest(value) {
                Some(signal) if signal.number() < 32 => String::from(signal.name()),
                _ => format!("{}", value as i32),
            },
            Argument::OpenFlags => {
                let flags = abi.open_from_guest(small);
                let access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
                bits(flags & !3, OPEN_FLAGS, access.get((flags & 3) as usize).copied())
                    .replace("O_RDONLY0", "O_RDONLY")
            }
            Argument::MapFlags => bits(abi.map_from_guest(small), MAP_FLAGS, None),
            Argument::Protection if small == 0 => String::from("PROT_NONE"),
            Argument::Protection => bits(small, PROTECTIONS, None),
            _ if value == 0 => String::from("NULL"),
            Argument::Path => self.shown_string(tid, value),
            Argument::Strings => self.shown_strings(tid, value),
            Argument::Address => self.shown_address(tid, value, next),
            Argument::Input => {
                let length = usize::try_from(next).unwrap_or(usize::MAX);
                self.shown_bytes(tid, value, length)
            }
            _ => format!("{value:#x}"),
        }
    }

    fn shown_string(&mut self, tid: Tid, address: u64) -> String {
        let Ok(space) = self.core.space_of_mut(tid) else { return format!("{address:#x}") };
        match space.memory.read_c_string(address, SHOWN_PATH_BYTES) {
            Ok(text) => quoted(&text, false),
            Err(_) => format!("{address:#x}"),
        }
    }

    fn shown_bytes(&mut self, tid: Tid, address: u64, length: usize) -> String {
        let Ok(space) = self.core.space_of(tid) else { return format!("{address:#x}") };
        let wanted = length.min(SHOWN_BYTES);
        let bytes = space.memory.peek(address, wanted);
        if bytes.len() < wanted {
            return format!("{address:#x}");
        }
        quoted(&bytes, length > SHOWN_BYTES)
    }

    fn shown_address(&self, tid: Tid, address: u64, length: u64) -> String {
        let length = usize::try_from(length).unwrap_or(0).min(SHOWN_PATH_BYTES);
        let bytes =
            self.core.space_of(tid).map(|space| space.memory.peek(address, length)).unwrap_or_default();
        match Address::decode(&bytes, self.core.abi.endian) {
            Ok(Address::Inet(found)) => format!(
                "{{sa_family=AF_INET, sin_port=htons({}), sin_addr=inet_addr(\"{}\")}}",
                found.port(),
                found.ip()
            ),
            Ok(Address::UnixPath { path, .. }) => {
                format!("{{sa_family=AF_UNIX, sun_path={}}}", quoted(&path, false))
            }
            _ => format!("{address:#x}"),
        }
    }

    fn shown_strings(&mut self, tid: Tid, address: u64) -> String {
        let abi = self.core.abi;
        let mut shown = Vec::new();
        for index in 0..=SHOWN_STRINGS as u64 {
            let Ok(space) = self.core.space_of(tid) else { break };
            let word = space.memory.peek(address + index * abi.word_bytes as u64, abi.word_bytes);
            match crate::record::View::new(abi, &word).word(0) {
                None | Some(0) => break,
                Some(_) if shown.len() == SHOWN_STRINGS => shown.push(String::from("...")),
                Some(text) => shown.push(self.shown_string(tid, text)),
            }
        }
        format!("[{}]", shown.join(", "))
    }

    /// What a call wrote, for the arguments that are only known at its end.
    fn shown_after(&mut self, tid: Tid, argument: Argument, value: u64, result: u64) -> Option<String> {
        if value == 0 {
            return None;
        }
        match argument {
            Argument::Output => Some(self.shown_bytes(tid, value, usize::try_from(result).ok()?)),
            Argument::Status | Argument::DescriptorPair => {
                let length = if argument == Argument::Status { 4 } else { 8 };
                let bytes = self.core.space_of(tid).ok()?.memory.peek(value, length);
                let view = crate::record::View::new(self.core.abi, &bytes);
                match argument {
                    Argument::Status => Some(format!("[{:#x}]", view.u32(0)?)),
                    _ => Some(format!("[{}, {}]", view.u32(0)?, view.u32(4)?)),
                }
            }
            _ => None,
        }
    }

    /// The call has ended: writes its line. `None` is a call without a result (exit, execve that worked).
    pub(super) fn trace_exit(
        &mut self,
        tid: Tid,
        pid: u32,
        waiting: Waiting,
        result: Option<Result<u64, Errno>>,
    ) {
        let Some(mut entry) = waiting.entry else { return };
        let row = super::TABLE.get(usize::from(waiting.row));
        let Some(row) = row else { return };
        if let Some(Ok(value)) = result {
            for (index, argument) in row.arguments.iter().enumerate() {
                let address = waiting.arguments.get(index).copied().unwrap_or(0);
                if argument.is_written()
                    && let Some(shown) = self.shown_after(tid, *argument, address, value)
                    && let Some(piece) = entry.pieces.get_mut(index)
                {
                    *piece = shown;
                }
            }
        }
        let outcome = match result {
            None if row.name.starts_with("exec") => String::from("0"),
            None => String::from("?"),
            Some(Err(error)) => format!("-1 {}", error.name()),
            Some(Ok(value)) if value > 0x40_0000 => format!("{value:#x}"),
            Some(Ok(value)) => format!("{value}"),
        };
        let line = format!("{}({}) = {outcome}", entry.name, entry.pieces.join(", "));
        self.core.notify(pid, NoticeKind::Call { line });
    }

    /// A signal ended a call that waited.
    pub(crate) fn trace_interrupted(&mut self, tid: Tid, waiting: &Waiting, again: bool) {
        let (Some(entry), Ok(task)) = (&waiting.entry, self.core.task(tid)) else { return };
        let pid = task.pid;
        let outcome = if again { "? ERESTARTSYS" } else { "-1 EINTR" };
        let line = format!("{}({}) = {outcome}", entry.name, entry.pieces.join(", "));
        self.core.notify(pid, NoticeKind::Call { line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_in_c() {
        assert_eq!(quoted(b"a\n\"\\\x7fELF\x011\xff", true), "\"a\\n\\\"\\\\\\177ELF\\0011\\377\"...");
    }

    #[test]
    fn bits_have_names_and_the_rest_is_a_number() {
        assert_eq!(bits(0o1100, OPEN_FLAGS, Some("O_WRONLY")), "O_WRONLY|O_CREAT|O_TRUNC");
        assert_eq!(bits(0x22, MAP_FLAGS, None), "MAP_PRIVATE|MAP_ANONYMOUS");
        assert_eq!(bits(0, PROTECTIONS, None), "0");
        assert_eq!(bits(0x100, PROTECTIONS, None), "0x100");
    }
}
