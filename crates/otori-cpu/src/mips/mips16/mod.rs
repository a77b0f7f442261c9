//! MIPS16e: instructions of 16 bits (32 with EXTEND) that do what those of MIPS32 do, with fewer registers. Key types:
//! [`Short`], [`Width`]. Specification: MIPS Architecture For Programmers, volume IV-a, revision 2.6.
//!
//! [`decode`] turns halves into the operations of [`super::op`], [`frame`] does so for SAVE and RESTORE, [`assemble`] joins
//! them to blocks. The mode is bit 0 of `pc`, and so of a block's key: branches and links keep it by themselves.

mod assemble;
mod decode;
mod frame;

pub(super) use assemble::assemble;

use super::decode::Condition;
use super::op::Op;
use crate::slot::Slot as Reg;
use frame::Frame;

/// Bit of `pc` and of a block's key: the instruction there is one of MIPS16e.
pub(super) const MODE: u32 = 1;

/// What an instruction is to the block it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Short {
    /// Does its work and goes on.
    Plain(Op),
    /// Has no effect.
    Nothing,
    /// SAVE or RESTORE.
    Frame(Frame),
    /// The instruction's address, a multiple of four, and `displacement` more.
    Address { d: Reg, displacement: u32 },
    /// A word from there.
    LoadRelative { t: Reg, displacement: u32 },
    /// A branch without a delay slot; `offset` counts bytes from the instruction behind.
    Branch { condition: Condition, offset: u32 },
    /// JAL and JALX: `target` within the region of 256 MB, with the bit of the mode. Has a delay slot.
    Jump { target: u32 },
    /// JR, JALR, JRC, JALRC; the last two are compact: they have no delay slot.
    JumpRegister { s: Reg, link: bool, compact: bool },
    /// Stops in place: breakpoint or illegal.
    Stop(Op),
}

/// The form of an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    /// One half.
    Narrow,
    /// Behind an EXTEND, with these low eleven bits.
    Extended(u32),
}
