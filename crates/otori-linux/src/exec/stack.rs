//! The first stack of a program: strings, vectors, auxiliary vector; and how stacks grow.
//!
//! Key functions: [`build`], [`grow`]. System V ABI, "Process initialization"; getauxval(3).
use crate::{
    arch::{Abi, PAGE_BYTES},
    errno::Errno,
    mm::{AddressSpace, Backing, Prot},
    record::Record,
    task::Layout,
};
use alloc::vec::Vec;

/// The stack may grow to this many bytes (RLIMIT_STACK).
pub(crate) const STACK_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Mapped at the start, beyond what the arguments need.
const STACK_BYTES_FIRST: u64 = 132 * 1024;

/// Entries of the auxiliary vector.
mod auxiliary {
    pub(super) const NULL: u64 = 0;
    pub(super) const PHDR: u64 = 3;
    pub(super) const PHENT: u64 = 4;
    pub(super) const PHNUM: u64 = 5;
    pub(super) const PAGESZ: u64 = 6;
    pub(super) const BASE: u64 = 7;
    pub(super) const FLAGS: u64 = 8;
    pub(super) const ENTRY: u64 = 9;
    pub(super) const UID: u64 = 11;
    pub(super) const EUID: u64 = 12;
    pub(super) const GID: u64 = 13;
    pub(super) const EGID: u64 = 14;
    pub(super) const PLATFORM: u64 = 15;
    pub(super) const HWCAP: u64 = 16;
    pub(super) const CLKTCK: u64 = 17;
    pub(super) const SECURE: u64 = 23;
    pub(super) const RANDOM: u64 = 25;
    pub(super) const EXECFN: u64 = 31;
}

/// What goes on the stack.
pub(crate) struct Contents<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) arguments: &'a [Vec<u8>],
    pub(crate) environment: &'a [Vec<u8>],
    pub(crate) random: [u8; 16],
    pub(crate) headers_address: u64,
    pub(crate) header_bytes: u64,
    pub(crate) header_count: u64,
    pub(crate) interpreter_base: u64,
    pub(crate) entry: u64,
    /// real and effective user, real and effective group
    pub(crate) ids: [u32; 4],
    pub(crate) executable: bool,
    pub(crate) argument_limit: usize,
}

/// Bytes written from high to low addresses.
struct Down {
    top: u64,
    bytes: Vec<u8>,
}

impl Down {
    /// Puts bytes below the last ones; gives their address.
    fn push(&mut self, bytes: &[u8]) -> u64 {
        self.bytes.extend(bytes.iter().rev());
        self.top - self.bytes.len() as u64
    }
    fn push_string(&mut self, text: &[u8]) -> u64 {
        self.bytes.push(0);
        self.push(text)
    }
    fn align(&mut self, to: u64) {
        while !(self.top - self.bytes.len() as u64).is_multiple_of(to) {
            self.bytes.push(0);
        }
    }
    fn address(&self) -> u64 {
        self.top - self.bytes.len() as u64
    }
}

/// Maps and fills the stack; gives the stack pointer and notes in `layout` where things are.
///
/// # Errors
/// E2BIG when arguments and environment are too many.
pub(crate) fn build(
    abi: &Abi,
    memory: &mut AddressSpace,
    contents: &Contents<'_>,
    layout: &mut Layout,
) -> Result<u64, Errno> {
    let strings = contents.arguments.iter().chain(contents.environment);
    let total: usize = strings.map(|text| text.len() + 1 + abi.word_bytes).sum();
    if total > contents.argument_limit {
        return Err(Errno::E2BIG);
    }
    let top = abi.stack_top;
    let mut down = Down { top, bytes: Vec::new() };
    down.push(&[0; 4]);
    let name = down.push_string(contents.name);
    layout.environment.1 = name;
    let mut environment: Vec<u64> =
        contents.environment.iter().rev().map(|text| down.push_string(text)).collect();
    layout.environment.0 = down.address();
    layout.arguments.1 = down.address();
    let mut arguments: Vec<u64> =
        contents.arguments.iter().rev().map(|text| down.push_string(text)).collect();
    layout.arguments.0 = down.address();
    environment.reverse();
    arguments.reverse();
    let platform = if abi.platform.is_empty() { 0 } else { down.push_string(abi.platform.as_bytes()) };
    down.align(16);
    let random = down.push(&contents.random);
    let vector = auxiliary_vector(abi, contents, name, random, platform);
    layout.auxiliary = vector.clone();
    let mut record = Record::new(abi);
    record.word(arguments.len() as u64);
    arguments.iter().for_each(|address| _ = record.word(*address));
    record.word(0);
    environment.iter().for_each(|address| _ = record.word(*address));
    record.word(0).bytes(&vector);
    let image = record.finish();
    let below = (down.address() - image.len() as u64) & !15;
    while down.address() > below + image.len() as u64 {
        down.push(&[0]);
    }
    let pointer = down.push(&image);
    layout.stack_start = pointer;
    down.bytes.reverse();
    map(memory, top, pointer, contents.executable)?;
    memory.write(pointer, &down.bytes).map_err(|_| Errno::ENOMEM)?;
    Ok(pointer)
}

fn map(memory: &mut AddressSpace, top: u64, pointer: u64, executable: bool) -> Result<(), Errno> {
    let length = (top - pointer).div_ceil(PAGE_BYTES) * PAGE_BYTES + STACK_BYTES_FIRST;
    let prot = if executable { Prot::ALL } else { Prot::READ_WRITE };
    if !memory.is_free(top - length, top) {
        return Err(Errno::ENOMEM);
    }
    memory.map(top - length, length, prot, Backing::Zero, "[stack]").map_err(|_| Errno::ENOMEM)
}

fn auxiliary_vector(abi: &Abi, contents: &Contents<'_>, name: u64, random: u64, platform: u64) -> Vec<u8> {
    let [uid, euid, gid, egid] = contents.ids.map(u64::from);
    let mut entries = Vec::from([
        (auxiliary::HWCAP, abi.hwcap),
        (auxiliary::PAGESZ, PAGE_BYTES),
        (auxiliary::CLKTCK, 100),
        (auxiliary::PHDR, contents.headers_address),
        (auxiliary::PHENT, contents.header_bytes),
        (auxiliary::PHNUM, contents.header_count),
        (auxiliary::BASE, contents.interpreter_base),
        (auxiliary::FLAGS, 0),
        (auxiliary::ENTRY, contents.entry),
        (auxiliary::UID, uid),
        (auxiliary::EUID, euid),
        (auxiliary::GID, gid),
        (auxiliary::EGID, egid),
        (auxiliary::SECURE, u64::from(uid != euid || gid != egid)),
        (auxiliary::RANDOM, random),
        (auxiliary::EXECFN, name),
    ]);
    if platform != 0 {
        entries.push((auxiliary::PLATFORM, platform));
    }
    entries.push((auxiliary::NULL, 0));
    let mut record = Record::new(abi);
    entries.iter().for_each(|(kind, value)| _ = record.word(*kind).word(*value));
    record.finish()
}

/// Maps more stack when `address` lies below it and within the limit; says whether it did.
pub(crate) fn grow(memory: &mut AddressSpace, layout: &Layout, address: u64) -> bool {
    let page = address & !(PAGE_BYTES - 1);
    let lowest = layout.stack_start.saturating_sub(STACK_BYTES_MAX);
    if page < lowest || address >= layout.stack_start {
        return false;
    }
    let stack = memory.regions().find(|region| &*region.name == "[stack]");
    let Some((bottom, prot)) = stack.map(|region| (region.start, region.prot)) else { return false };
    if page >= bottom || !memory.is_free(page, bottom) {
        return false;
    }
    memory.map(page, bottom - page, prot, Backing::Zero, "[stack]").is_ok()
}
