//! The registers of a MIPS32 CPU. Key type: [`Cpu`].

use super::op::Op;
use crate::block::BlockCache;

/// Byte order of loads, stores and instruction fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// How the 32 floating point registers are seen (Status.FR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatRegisters {
    /// FR=0: 32 registers of 32 bits; a double lies in an even-odd pair.
    Pairs,
    /// FR=1: 32 registers of 64 bits.
    Wide,
}

/// A load-linked word that a store-conditional may still replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it was read.
    pub address: u32,
    /// What was read; `sc` fails if memory holds something else by then.
    pub value: u32,
}

/// A user-mode MIPS32 release 2 CPU: registers, and a cache of decoded blocks that has no meaning of its own.
#[derive(Debug)]
pub struct Cpu {
    /// General registers; number 0 always reads as zero.
    pub gpr: [u32; 32],
    /// Address of the next instruction.
    pub pc: u32,
    /// High half of products, remainder of divisions.
    pub hi: u32,
    /// Low half of products, quotient of divisions.
    pub lo: u32,
    /// Floating point registers. With [`FloatRegisters::Pairs`] only the low 32 bits of each are used.
    pub fpr: [u64; 32],
    /// Floating point control and status register 31.
    pub fcsr: u32,
    /// How the floating point registers are seen.
    pub float_registers: FloatRegisters,
    /// What `rdhwr $29` reads: the thread pointer.
    pub user_local: u32,
    /// Byte order.
    pub endian: Endian,
    /// Instructions executed in this CPU's life; drives the cycle counter that `rdhwr $2` reads.
    pub executed: u64,
    /// What `ll` read, until `sc`. The kernel clears it when another task of the address space has run.
    pub link: Option<Link>,
    /// Made when it first runs.
    pub(super) blocks: Option<BlockCache<Op>>,
}

impl Cpu {
    /// A CPU with all registers zero.
    #[must_use]
    pub fn new(endian: Endian) -> Cpu {
        Cpu {
            gpr: [0; 32],
            pc: 0,
            hi: 0,
            lo: 0,
            fpr: [0; 32],
            fcsr: 0,
            float_registers: FloatRegisters::Pairs,
            user_local: 0,
            endian,
            executed: 0,
            link: None,
            blocks: None,
        }
    }
}

impl Clone for Cpu {
    /// The same registers; the copy finds its blocks again by itself.
    fn clone(&self) -> Cpu {
        Cpu { blocks: None, ..*self }
    }
}
