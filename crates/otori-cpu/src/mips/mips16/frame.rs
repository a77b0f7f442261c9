//! SAVE and RESTORE: what a function puts on its stack and takes back, as loads and stores. Key type: [`Frame`].
//! Operations are in an order that lets the instruction begin again after a fault: the stack pointer is last.

use super::super::op::Op;
use super::Width;
use crate::slot::Slot as Reg;
use alloc::vec::Vec;

/// The stack pointer.
const SP: Reg = Reg::R29;
/// Bytes that the narrow form means by a size of zero.
const NARROW_ZERO_BYTES: u32 = 128;
/// Static registers beyond s0 and s1 in the order of their number in XSREGS.
const STATIC: [Reg; 7] = [Reg::R18, Reg::R19, Reg::R20, Reg::R21, Reg::R22, Reg::R23, Reg::R30];
/// The argument registers.
const ARGUMENTS: [Reg; 4] = [Reg::R4, Reg::R5, Reg::R6, Reg::R7];
/// Argument registers that go to the caller's frame, and those that are kept in the function's own, by ARGS.
const ROLES: [(usize, usize); 15] = [
    (0, 0),
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 0),
    (1, 1),
    (1, 2),
    (1, 3),
    (2, 0),
    (2, 1),
    (2, 2),
    (0, 4),
    (3, 0),
    (3, 1),
    (4, 0),
];

/// A SAVE or RESTORE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// SAVE, or RESTORE?
    saves: bool,
    bytes: u32,
    /// ra, s0, s1: bits 6 to 4 of the instruction.
    which: u32,
    /// How many of [`STATIC`].
    more: usize,
    /// See [`ROLES`].
    roles: (usize, usize),
}

impl Frame {
    /// The instruction with these low eight bits; `None` where ARGS is reserved.
    pub(super) fn of(half: u32, width: Width) -> Option<Frame> {
        let (size, extension) = match width {
            Width::Narrow => (half & 15, 0),
            Width::Extended(extension) => (extension & 0xf0 | half & 15, extension),
        };
        let bytes = match size * 8 {
            0 if width == Width::Narrow => NARROW_ZERO_BYTES,
            bytes => bytes,
        };
        Some(Frame {
            saves: half & 0x80 != 0,
            bytes,
            which: half,
            more: (extension >> 8 & 7) as usize,
            roles: *ROLES.get((extension & 15) as usize)?,
        })
    }

    /// Registers that the function keeps, from the top of its frame down.
    fn kept(&self) -> impl Iterator<Item = Reg> {
        let which = self.which;
        let chosen = move |bit: u32, register| (which >> bit & 1 != 0).then_some(register);
        let more = STATIC.iter().take(self.more).rev().copied();
        let arguments = ARGUMENTS.iter().rev().take(self.roles.1).copied();
        let low = chosen(4, Reg::R17).into_iter().chain(chosen(5, Reg::R16));
        chosen(6, Reg::R31).into_iter().chain(more).chain(low).chain(arguments)
    }

    /// The registers that it writes.
    pub(super) fn changes(&self, register: Reg) -> bool {
        register == SP || !self.saves && self.kept().any(|kept| kept == register)
    }

    /// What it does.
    pub(super) fn push(&self, operations: &mut Vec<Op>, at: u8) {
        let top = if self.saves { 0 } else { self.bytes };
        if self.saves {
            for (t, displacement) in ARGUMENTS.into_iter().zip((0..).step_by(4)).take(self.roles.0) {
                operations.push(Op::Sw { t, s: SP, at, displacement });
            }
        }
        let mut displacement = top;
        for t in self.kept() {
            displacement = displacement.wrapping_sub(4);
            operations.push(match self.saves {
                true => Op::Sw { t, s: SP, at, displacement },
                false => Op::Lw { t, s: SP, at, displacement },
            });
        }
        let change = if self.saves { self.bytes.wrapping_neg() } else { self.bytes };
        operations.push(Op::Addiu { t: SP, s: SP, value: change });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn save_stores_downwards_from_the_callers_frame() {
        // save 32, ra, s0-s2, a0 for the caller, a3 kept
        let frame = Frame::of(0xf4, Width::Extended(0x105)).unwrap();
        let mut operations = Vec::new();
        frame.push(&mut operations, 3);
        let store = |t, displacement: i32| Op::Sw { t, s: SP, at: 3, displacement: displacement as u32 };
        let expected = [
            store(Reg::R4, 0),
            store(Reg::R31, -4),
            store(Reg::R18, -8),
            store(Reg::R17, -12),
            store(Reg::R16, -16),
            store(Reg::R7, -20),
            Op::Addiu { t: SP, s: SP, value: 32u32.wrapping_neg() },
        ];
        assert_eq!(operations, expected);
    }

    #[test]
    fn restore_loads_from_the_top_of_the_frame() {
        let frame = Frame::of(0x40, Width::Narrow).unwrap();
        let mut operations = Vec::new();
        frame.push(&mut operations, 0);
        let load = Op::Lw { t: Reg::R31, s: SP, at: 0, displacement: 124 };
        assert_eq!(operations, [load, Op::Addiu { t: SP, s: SP, value: 128 }]);
        assert!(frame.changes(Reg::R31) && frame.changes(SP) && !frame.changes(Reg::R16));
        assert_eq!(Frame::of(0x40, Width::Extended(15)), None);
    }
}
