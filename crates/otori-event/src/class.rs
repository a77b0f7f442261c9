//! What a file is: the result of `otori classify`. Every field carries evidence and confidence.
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// A value, why we think so, and how sure we are (0 to 100).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidenced {
    /// the conclusion, in the field's own word (`mips`, `linux`, `uclibc`)
    pub value: String,
    /// what it rests on (`e_machine 8, EI_DATA 1`)
    pub evidence: String,
    /// 0 (a guess) to 100 (certain)
    pub confidence: u8,
}

/// Classification of one file. `None` where the question does not apply (a script has no ABI).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    /// `elf`, `pe`, `mach-o`, `shell-script`, `perl`, `python`, `php`, `html`, `gzip`, `zip`, `text`, `data` …
    pub format: Option<Evidenced>,
    /// `linux`, `freebsd`, `android`, `windows` …
    pub os: Option<Evidenced>,
    /// instruction set: `mips`, `arm`, `aarch64`, `i386`, `x86-64`, `ppc`, `sh`, `m68k`, `sparc` …
    pub cpu: Option<Evidenced>,
    /// micro-architecture level: `mips32r2`, `armv7-a`, `armv5te` …
    pub level: Option<Evidenced>,
    /// `little` or `big`
    pub endianness: Option<Evidenced>,
    /// 32 or 64, as text
    pub bits: Option<Evidenced>,
    /// `o32`, `n32`, `eabi5-hard` …
    pub abi: Option<Evidenced>,
    /// `glibc`, `uclibc`, `musl`, `none` …
    pub libc: Option<Evidenced>,
    /// `static`, `dynamic`, `static-pie`
    pub linking: Option<Evidenced>,
    /// `upx`, `upx-modified`, `none`
    pub packing: Option<Evidenced>,
    /// `stripped` or `symbols`
    pub symbols: Option<Evidenced>,
    /// the engine can run it
    pub runnable: bool,
    /// why it cannot, or what is odd: `truncated: 1,204 of 88,120 bytes`, `section table lies` …
    pub notes: Vec<String>,
    /// URLs found in the bytes, at most 64
    pub urls: Vec<String>,
}
