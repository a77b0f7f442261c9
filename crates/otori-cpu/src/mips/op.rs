//! What instructions are decoded to, before [`super::lower`] gives them their functions. Key type: [`Op`].
//!
//! Fields: `d`, `s`, `t` registers as in the manual; `at` the position in the block of the instruction, or for one
//! in a delay slot of its branch, where a fault leaves `pc`; `offset` of a branch the distance in bytes from the
//! start of the block to the target; `done` the instructions of the block that are done when a branch leaves.
//! Register 0 is never a destination, except of loads, which are then followed by [`Op::ClearZero`].

use crate::slot::Slot as Reg;

/// What a branch or a trap compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    GreaterEqual,
    LessUnsigned,
    GreaterEqualUnsigned,
    /// Signed, used against register 0 only.
    LessEqual,
    /// Signed, used against register 0 only.
    Greater,
}

impl Comparison {
    /// Does the comparison hold?
    #[inline(always)]
    #[must_use]
    pub fn holds(self, a: u32, b: u32) -> bool {
        match self {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            Comparison::Less => (a as i32) < b as i32,
            Comparison::GreaterEqual => a as i32 >= b as i32,
            Comparison::LessUnsigned => a < b,
            Comparison::GreaterEqualUnsigned => a >= b,
            Comparison::LessEqual => a as i32 <= b as i32,
            Comparison::Greater => a as i32 > b as i32,
        }
    }

    /// The comparison with this number as `u8`.
    #[must_use]
    pub fn from_number(number: u8) -> Comparison {
        match number {
            0 => Comparison::Equal,
            1 => Comparison::NotEqual,
            2 => Comparison::Less,
            3 => Comparison::GreaterEqual,
            4 => Comparison::LessUnsigned,
            5 => Comparison::GreaterEqualUnsigned,
            6 => Comparison::LessEqual,
            _ => Comparison::Greater,
        }
    }
}

/// One operation. Instructions that mean the same share one; names follow the manual where they are one to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[rustfmt::skip]
pub enum Op {
    // Register arithmetic and logic.
    Addu { d: Reg, s: Reg, t: Reg },
    Subu { d: Reg, s: Reg, t: Reg },
    And { d: Reg, s: Reg, t: Reg },
    Or { d: Reg, s: Reg, t: Reg },
    Xor { d: Reg, s: Reg, t: Reg },
    Nor { d: Reg, s: Reg, t: Reg },
    Slt { d: Reg, s: Reg, t: Reg },
    Sltu { d: Reg, s: Reg, t: Reg },
    Movz { d: Reg, s: Reg, t: Reg },
    Movn { d: Reg, s: Reg, t: Reg },
    Mul { d: Reg, s: Reg, t: Reg },
    Move { d: Reg, s: Reg },
    Const { d: Reg, value: u32 },
    // Immediate arithmetic and logic; `value` is extended already.
    Addiu { t: Reg, s: Reg, value: u32 },
    Slti { t: Reg, s: Reg, value: u32 },
    Sltiu { t: Reg, s: Reg, value: u32 },
    Andi { t: Reg, s: Reg, value: u32 },
    Ori { t: Reg, s: Reg, value: u32 },
    Xori { t: Reg, s: Reg, value: u32 },
    // Shifts and fields.
    Sll { d: Reg, t: Reg, amount: u8 },
    Srl { d: Reg, t: Reg, amount: u8 },
    Sra { d: Reg, t: Reg, amount: u8 },
    Rotr { d: Reg, t: Reg, amount: u8 },
    Sllv { d: Reg, t: Reg, s: Reg },
    Srlv { d: Reg, t: Reg, s: Reg },
    Srav { d: Reg, t: Reg, s: Reg },
    Rotrv { d: Reg, t: Reg, s: Reg },
    Ext { t: Reg, s: Reg, lsb: u8, mask: u32 },
    Ins { t: Reg, s: Reg, lsb: u8, mask: u32 },
    Seb { d: Reg, t: Reg },
    Seh { d: Reg, t: Reg },
    Wsbh { d: Reg, t: Reg },
    Clz { d: Reg, s: Reg },
    Clo { d: Reg, s: Reg },
    // Products and quotients.
    Mult { s: Reg, t: Reg },
    Multu { s: Reg, t: Reg },
    Madd { s: Reg, t: Reg },
    Maddu { s: Reg, t: Reg },
    Msub { s: Reg, t: Reg },
    Msubu { s: Reg, t: Reg },
    Div { s: Reg, t: Reg },
    Divu { s: Reg, t: Reg },
    Mfhi { d: Reg },
    Mflo { d: Reg },
    Mthi { s: Reg },
    Mtlo { s: Reg },
    // Arithmetic that traps.
    Add { d: Reg, s: Reg, t: Reg, at: u8 },
    Sub { d: Reg, s: Reg, t: Reg, at: u8 },
    Addi { t: Reg, s: Reg, at: u8, value: u32 },
    Trap { comparison: Comparison, s: Reg, t: Reg, at: u8, code: u16 },
    TrapImmediate { comparison: Comparison, s: Reg, at: u8, value: u32 },
    // Loads and stores; the displacement is extended already.
    Lb { t: Reg, s: Reg, at: u8, displacement: u32 },
    Lbu { t: Reg, s: Reg, at: u8, displacement: u32 },
    Lh { t: Reg, s: Reg, at: u8, displacement: u32 },
    Lhu { t: Reg, s: Reg, at: u8, displacement: u32 },
    Lw { t: Reg, s: Reg, at: u8, displacement: u32 },
    Lwl { t: Reg, s: Reg, at: u8, displacement: u32 },
    Lwr { t: Reg, s: Reg, at: u8, displacement: u32 },
    Ll { t: Reg, s: Reg, at: u8, displacement: u32 },
    /// `distance` bytes from the start of the block.
    LwRelative { t: Reg, at: u8, distance: u32 },
    Sb { t: Reg, s: Reg, at: u8, displacement: u32 },
    Sh { t: Reg, s: Reg, at: u8, displacement: u32 },
    Sw { t: Reg, s: Reg, at: u8, displacement: u32 },
    Swl { t: Reg, s: Reg, at: u8, displacement: u32 },
    Swr { t: Reg, s: Reg, at: u8, displacement: u32 },
    Sc { t: Reg, s: Reg, at: u8, displacement: u32 },
    /// Register 0 was the destination of the load before.
    ClearZero,
    Rdhwr { t: Reg, number: u8, at: u8 },
    // Floating point. `f` is a floating point register number.
    Lwc1 { f: Reg, s: Reg, at: u8, displacement: u32 },
    Ldc1 { f: Reg, s: Reg, at: u8, displacement: u32 },
    Swc1 { f: Reg, s: Reg, at: u8, displacement: u32 },
    Sdc1 { f: Reg, s: Reg, at: u8, displacement: u32 },
    Mfc1 { t: Reg, f: Reg },
    Mtc1 { t: Reg, f: Reg },
    Mfhc1 { t: Reg, f: Reg },
    Mthc1 { t: Reg, f: Reg },
    Cfc1 { t: Reg, control: u8 },
    Ctc1 { t: Reg, control: u8, at: u8 },
    Movci { d: Reg, s: Reg, code: u8, when: bool },
    /// COP1 arithmetic, decoded when executed.
    Float { at: u8, word: u32 },
    /// COP1X: indexed loads and stores, multiply-add.
    FloatExtended { at: u8, word: u32 },
    // Branches. Conditional ones leave the block if they hold and fall through if not.
    BranchEqual { s: Reg, t: Reg, done: u8, offset: u32 },
    BranchNotEqual { s: Reg, t: Reg, done: u8, offset: u32 },
    BranchLess { s: Reg, done: u8, offset: u32 },
    BranchGreaterEqual { s: Reg, done: u8, offset: u32 },
    BranchLessEqual { s: Reg, done: u8, offset: u32 },
    BranchGreater { s: Reg, done: u8, offset: u32 },
    /// Remembers a condition because the delay slot may change what it depends on.
    Remember { comparison: Comparison, s: Reg, t: Reg },
    /// Remembers a floating point condition code.
    RememberFloat { code: u8, when: bool },
    BranchRemembered { done: u8, offset: u32 },
    /// Leaves unless remembered: a branch-likely that is not taken skips its delay slot.
    BranchForgotten { done: u8, offset: u32 },
    Goto { offset: u32 },
    /// Within the 256 MB of the block's second instruction, which is the delay slot's where that matters.
    Jump { target: u32 },
    JumpRegister { s: Reg },
    /// Remembers where to jump because the delay slot or the link changes the register.
    RememberTarget { s: Reg },
    JumpRemembered,
    /// Stores the address behind the delay slot, `distance` bytes from the start of the block.
    Link { d: Reg, distance: u32 },
    /// `next`: distance of the instruction behind.
    Syscall { next: u32 },
    /// A system call in the delay slot of the branch that follows as the next operations.
    SyscallInSlot,
    Break { at: u8, code: u32 },
    Illegal { at: u8 },
}

impl Op {
    /// The general register it writes, if any.
    #[must_use]
    #[rustfmt::skip]
    pub fn destination(&self) -> Option<Reg> {
        match *self {
            Op::Addu { d, .. } | Op::Subu { d, .. } | Op::And { d, .. } | Op::Or { d, .. } | Op::Xor { d, .. }
            | Op::Nor { d, .. } | Op::Slt { d, .. } | Op::Sltu { d, .. } | Op::Movz { d, .. } | Op::Movn { d, .. }
            | Op::Mul { d, .. } | Op::Move { d, .. } | Op::Const { d, .. } | Op::Sll { d, .. } | Op::Srl { d, .. }
            | Op::Sra { d, .. } | Op::Rotr { d, .. } | Op::Sllv { d, .. } | Op::Srlv { d, .. } | Op::Srav { d, .. }
            | Op::Rotrv { d, .. } | Op::Seb { d, .. } | Op::Seh { d, .. } | Op::Wsbh { d, .. } | Op::Clz { d, .. }
            | Op::Clo { d, .. } | Op::Mfhi { d } | Op::Mflo { d } | Op::Add { d, .. } | Op::Sub { d, .. }
            | Op::Movci { d, .. } | Op::Link { d, .. } => Some(d),
            Op::Addiu { t, .. } | Op::Slti { t, .. } | Op::Sltiu { t, .. } | Op::Andi { t, .. } | Op::Ori { t, .. }
            | Op::Xori { t, .. } | Op::Ext { t, .. } | Op::Ins { t, .. } | Op::Addi { t, .. } | Op::Lb { t, .. }
            | Op::Lbu { t, .. } | Op::Lh { t, .. } | Op::Lhu { t, .. } | Op::Lw { t, .. } | Op::Lwl { t, .. }
            | Op::Lwr { t, .. } | Op::LwRelative { t, .. } | Op::Ll { t, .. } | Op::Sc { t, .. } | Op::Rdhwr { t, .. } | Op::Mfc1 { t, .. }
            | Op::Mfhc1 { t, .. } | Op::Cfc1 { t, .. } => Some(t),
            _ => None,
        }
    }

    /// Can it do more than write its destination? If not and the destination is register 0, it does nothing.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.destination().is_none()
            || matches!(
                self,
                Op::Add { .. }
                    | Op::Sub { .. }
                    | Op::Addi { .. }
                    | Op::Lb { .. }
                    | Op::Lbu { .. }
                    | Op::Lh { .. }
                    | Op::Lhu { .. }
                    | Op::Lw { .. }
                    | Op::Lwl { .. }
                    | Op::Lwr { .. }
                    | Op::LwRelative { .. }
                    | Op::Ll { .. }
                    | Op::Sc { .. }
                    | Op::Rdhwr { .. }
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_takes_eight_bytes() {
        assert_eq!(size_of::<Op>(), 8);
    }
}
