//! The registers of a MIPS32 CPU. Key type: [`Cpu`].

use crate::run::Frame;
use crate::slot::SLOTS;

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
    /// FR=1 with FRE, as Linux emulates it: 32 registers of 64 bits, but a single in an odd register is the upper half
    /// of the even one before it.
    Hybrid,
}

/// A load-linked word that a store-conditional may still replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it was read.
    pub address: u32,
    /// What was read; `sc` fails if memory holds something else by then.
    pub value: u32,
}

/// A user-mode MIPS32 release 2 CPU with MIPS16e.
#[derive(Clone, Debug)]
#[repr(C)] // Registers first: host instructions that reach them are shorter by half.
pub struct Cpu {
    /// General registers in the first 32 slots; number 0 always reads as zero.
    pub gpr: [u32; SLOTS],
    /// The engine's part.
    pub frame: Frame<Cpu>,
    /// Address of the next instruction; bit 0 set: it is one of MIPS16e.
    pub pc: u32,
    /// High half of products, remainder of divisions.
    pub hi: u32,
    /// Low half of products, quotient of divisions.
    pub lo: u32,
    /// Floating point registers. With [`FloatRegisters::Pairs`] only the low 32 bits of each are used.
    pub fpr: [u64; SLOTS],
    /// Floating point control and status register 31.
    pub fcsr: u32,
    /// How the floating point registers are seen.
    pub float_registers: FloatRegisters,
    /// What `rdhwr $29` reads: the thread pointer.
    pub user_local: u32,
    /// Byte order.
    pub endian: Endian,
    /// Are unaligned words and halves loaded and stored piece by piece, as Linux does unless told otherwise? Else they
    /// are address errors.
    pub fixes_unaligned: bool,
    /// What `ll` read, until `sc`. The kernel clears it when another task of the address space has run.
    pub link: Option<Link>,
    /// Condition of a branch whose delay slot might change it. Has no meaning between blocks.
    pub(super) remembered: bool,
    /// Target of a jump whose delay slot might change it. Has no meaning between blocks.
    pub(super) target: u32,
}

impl Cpu {
    /// A CPU with all registers zero.
    #[must_use]
    pub fn new(endian: Endian) -> Cpu {
        Cpu {
            gpr: [0; SLOTS],
            pc: 0,
            hi: 0,
            lo: 0,
            fpr: [0; SLOTS],
            fcsr: 0,
            float_registers: FloatRegisters::Pairs,
            user_local: 0,
            endian,
            fixes_unaligned: true,
            link: None,
            remembered: false,
            target: 0,
            frame: Frame::default(),
        }
    }

    /// Changes how the floating point registers are seen. Doubles in even registers keep their values.
    pub fn set_float_registers(&mut self, registers: FloatRegisters) {
        let was_wide = self.float_registers != FloatRegisters::Pairs;
        let is_wide = registers != FloatRegisters::Pairs;
        self.float_registers = registers;
        for [even, odd] in self.fpr.as_chunks_mut::<2>().0 {
            match (was_wide, is_wide) {
                (false, true) => *even = *even & LOW_HALF | *odd << 32,
                (true, false) => (*even, *odd) = (*even & LOW_HALF, *even >> 32),
                _ => {}
            }
        }
    }

    /// Is it IEEE 754-2008 that says what a NaN is?
    #[must_use]
    pub fn has_2008_nans(&self) -> bool {
        self.fcsr & FCSR_2008 != 0
    }

    /// Lets IEEE 754-2008 say what a NaN is and what `abs` and `neg` do with one (FCSR.NAN2008 and ABS2008, which no
    /// program can change).
    pub fn set_2008_nans(&mut self) {
        self.fcsr |= FCSR_2008;
    }
}

const LOW_HALF: u64 = 0xffff_ffff;
/// NAN2008 and ABS2008 in FCSR.
pub(super) const FCSR_2008: u32 = 1 << 18 | 1 << 19;
