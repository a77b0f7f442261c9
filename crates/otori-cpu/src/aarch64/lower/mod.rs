//! Gives every instruction that does not branch its operations. Entrance: [`Lowering::push`]. ARM ARM C4.1.
//!
//! Loads and stores are in `memory.rs`. What is not known here is an operation with the word in it, for [`super::execute`].

mod memory;

use super::cpu::{BETWEEN, ZERO};
use super::word::{Word, destination, logical_mask, source, with_sp};
use super::{Cpu, branch, execute, handler, simd};
use crate::chain::{is, one};
use crate::op::{Op, Run};
use crate::slot::Slot;
use alloc::vec::Vec;

/// The operations of a block so far.
pub(super) struct Lowering {
    pub ops: Vec<Op<Cpu>>,
    /// Number of the instruction that is worked on.
    pub at: u8,
    /// Its distance from the start of the block.
    pub here: i32,
}

/// The function for 64 bits or for 32.
macro_rules! width {
    ($wide:expr, $name:ident) => {
        if $wide { one::<Cpu, handler::$name<true>>() } else { one::<Cpu, handler::$name<false>>() }
    };
}

/// The instruction is none.
struct Illegal;

type Lowered = Result<(), Illegal>;

fn ones(bits: u32) -> u64 {
    u64::MAX >> (64 - bits.clamp(1, 64))
}

impl Lowering {
    /// Appends the operations of one instruction.
    pub fn push(&mut self, word: Word) {
        let lowered = match word.bits(25, 4) {
            8 | 9 => self.immediate(word),
            5 | 13 => self.register(word),
            4 | 6 | 12 | 14 => self.memory(word),
            7 | 15 => {
                self.op(simd::lower(word));
                Ok(())
            }
            10 | 11 => self.system(word),
            _ => Err(Illegal),
        };
        if lowered.is_err() {
            self.op(Op::new(one::<Cpu, branch::Illegal>()));
        }
    }

    pub fn op(&mut self, op: Op<Cpu>) {
        self.ops.push(Op { at: self.at, ..op });
    }

    fn three(&mut self, run: Run<Cpu>, a: Slot, b: Slot, c: Slot) {
        self.op(Op { a, b, c, ..Op::new(run) });
    }

    fn constant(&mut self, run: Run<Cpu>, a: Slot, b: Slot, imm: u64) {
        self.op(Op { a, b, imm, ..Op::new(run) });
    }

    fn in_one_piece(&mut self, word: Word) {
        self.op(Op { imm: u64::from(word.0), ..Op::new(execute::run) });
    }

    fn immediate(&mut self, word: Word) -> Lowered {
        match word.bits(23, 3) {
            0 | 1 => self.pc_relative(word),
            2 => self.add_immediate(word),
            4 => return self.logical_immediate(word),
            5 => return self.move_wide(word),
            6 => return self.bitfield(word),
            7 => return self.extract(word),
            _ => return Err(Illegal),
        }
        Ok(())
    }

    fn pc_relative(&mut self, word: Word) {
        let d = destination(word.d());
        let offset = word.signed(5, 19) << 2 | i64::from(word.bits(29, 2));
        if word.bit(31) {
            // All instructions of a block lie on one page.
            self.constant(one::<Cpu, handler::PageAddress>(), d, ZERO, (offset << 12) as u64);
        } else {
            self.constant(one::<Cpu, handler::Address>(), d, ZERO, (i64::from(self.here) + offset) as u64);
        }
    }

    fn add_immediate(&mut self, word: Word) {
        let wide = word.bit(31);
        let imm = u64::from(word.bits(10, 12)) << if word.bit(22) { 12 } else { 0 };
        let n = with_sp(word.n());
        match word.bits(29, 2) {
            0 | 2 => {
                let imm = if word.bit(30) { imm.wrapping_neg() } else { imm };
                let d = with_sp(word.d());
                if let Some(last) = self.ops.last_mut()
                    && wide
                    && is(last.run, one::<Cpu, handler::PageAddress>())
                    && (last.a, last.a) == (n, d)
                {
                    // `adrp` and `add` of its low bits.
                    last.imm = last.imm.wrapping_add(imm);
                    return;
                }
                match imm {
                    0 if wide => self.three(one::<Cpu, handler::Copy>(), d, n, ZERO),
                    _ => self.constant(width!(wide, AddConstant), d, n, imm),
                }
            }
            1 => self.constant(width!(wide, AddsConstant), destination(word.d()), n, imm),
            _ => self.constant(width!(wide, SubsConstant), destination(word.d()), n, imm),
        }
    }

    fn logical_immediate(&mut self, word: Word) -> Lowered {
        let wide = word.bit(31);
        if !wide && word.bit(22) {
            return Err(Illegal);
        }
        let mask = logical_mask(word.bits(22, 1), word.bits(16, 6), word.bits(10, 6)).ok_or(Illegal)?;
        let mask = if wide { mask } else { mask & ones(32) };
        let n = source(word.n());
        match word.bits(29, 2) {
            0 => self.constant(one::<Cpu, handler::AndConstant>(), with_sp(word.d()), n, mask),
            1 if n == ZERO => self.constant(one::<Cpu, handler::Constant>(), with_sp(word.d()), ZERO, mask),
            1 => self.constant(width!(wide, OrrConstant), with_sp(word.d()), n, mask),
            2 => self.constant(width!(wide, EorConstant), with_sp(word.d()), n, mask),
            _ => self.constant(width!(wide, AndsConstant), destination(word.d()), n, mask),
        }
        Ok(())
    }

    fn move_wide(&mut self, word: Word) -> Lowered {
        let (wide, shift) = (word.bit(31), 16 * word.bits(21, 2));
        if !wide && shift > 16 {
            return Err(Illegal);
        }
        let d = destination(word.d());
        let value = u64::from(word.bits(5, 16)) << shift;
        let mask = if wide { u64::MAX } else { ones(32) };
        match word.bits(29, 2) {
            0 => self.constant(one::<Cpu, handler::Constant>(), d, ZERO, !value & mask),
            2 => self.constant(one::<Cpu, handler::Constant>(), d, ZERO, value),
            3 => {
                if let Some(last) = self.ops.last_mut()
                    && is(last.run, one::<Cpu, handler::Constant>())
                    && last.a == d
                {
                    // A constant built piece by piece.
                    last.imm = (last.imm & !(0xffff << shift) | value) & mask;
                    return Ok(());
                }
                let run = if wide { one::<Cpu, handler::Keep>() } else { one::<Cpu, handler::KeepWord>() };
                self.op(Op { a: d, imm: value, d: shift as u8, ..Op::new(run) });
            }
            _ => return Err(Illegal),
        }
        Ok(())
    }

    fn bitfield(&mut self, word: Word) -> Lowered {
        let wide = word.bit(31);
        let size = if wide { 64 } else { 32 };
        let (rotation, last) = (word.bits(16, 6), word.bits(10, 6));
        if word.bit(22) != wide || rotation >= size || last >= size {
            return Err(Illegal);
        }
        let (a, b) = (destination(word.d()), source(word.n()));
        let shifted = |run, d: u32, e: u32, imm| Op { a, b, imm, d: d as u8, e: e as u8, ..Op::new(run) };
        // Bits to the right end, or from the right end up.
        let downward = last >= rotation;
        let up = size - rotation;
        let op = match word.bits(29, 2) {
            0 if downward => shifted(width!(wide, SignExtract), 63 - last, 63 - last + rotation, 0),
            0 => shifted(width!(wide, SignExtract), 63 - last, 63 - last - up, 0),
            1 if downward => shifted(width!(wide, Insert), rotation, 0, ones(last - rotation + 1)),
            1 => shifted(width!(wide, Insert), rotation, 0, ones(last + 1) << up),
            2 if downward => {
                shifted(one::<Cpu, handler::RightAndMask>(), rotation, 0, ones(last - rotation + 1))
            }
            2 => shifted(one::<Cpu, handler::LeftAndMask>(), up, 0, ones(last + 1) << up),
            _ => return Err(Illegal),
        };
        self.op(op);
        Ok(())
    }

    fn extract(&mut self, word: Word) -> Lowered {
        let (wide, low) = (word.bit(31), word.bits(10, 6));
        if word.bits(29, 2) != 0 || word.bit(21) || word.bit(22) != wide || !wide && low > 31 {
            return Err(Illegal);
        }
        let (a, b, c) = (destination(word.d()), source(word.n()), source(word.m()));
        let run = if b == c { width!(wide, RorConstant) } else { width!(wide, Extract) };
        self.op(Op { a, b, c, d: low as u8, ..Op::new(run) });
        Ok(())
    }

    fn register(&mut self, word: Word) -> Lowered {
        match (word.bit(28), word.bits(21, 4)) {
            (false, 0..=7) => self.logical_register(word),
            (false, 8 | 10 | 12 | 14) => self.add_register(word),
            (false, _) => self.add_extended(word),
            (true, 0) if word.bits(10, 6) == 0 => self.add_with_carry(word),
            (true, 2) => self.compare_conditionally(word),
            (true, 4) => self.select(word),
            (true, 6) if word.bit(30) => self.one_source(word),
            (true, 6) => self.two_sources(word),
            (true, 8..=15) => self.three_sources(word),
            _ => Err(Illegal),
        }
    }

    /// The slot of a second operand shifted as the instruction says.
    fn shifted(&mut self, word: Word) -> Result<Slot, Illegal> {
        let (wide, amount, m) = (word.bit(31), word.bits(10, 6), source(word.m()));
        if !wide && amount > 31 {
            return Err(Illegal);
        }
        if amount == 0 {
            return Ok(m);
        }
        let bits = if wide { 64 } else { 32 };
        let (run, d, e, imm) = match word.bits(22, 2) {
            0 => (one::<Cpu, handler::LeftAndMask>() as Run<Cpu>, amount, 0, u64::MAX),
            1 => (one::<Cpu, handler::RightAndMask>() as Run<Cpu>, amount, 0, ones(bits - amount)),
            2 => (width!(wide, SignExtract), 64 - bits, 64 - bits + amount, 0),
            _ => (width!(wide, RorConstant), amount, 0, 0),
        };
        self.op(Op { a: BETWEEN, b: m, d: d as u8, e: e as u8, imm, ..Op::new(run) });
        Ok(BETWEEN)
    }

    fn logical_register(&mut self, word: Word) -> Lowered {
        let (wide, d, n) = (word.bit(31), destination(word.d()), source(word.n()));
        let m = self.shifted(word)?;
        let run = match (word.bits(29, 2), word.bit(21)) {
            (1, false) if n == ZERO => {
                let run = if wide { one::<Cpu, handler::Copy>() } else { one::<Cpu, handler::CopyWord>() };
                self.three(run, d, m, ZERO);
                return Ok(());
            }
            (0, false) => width!(wide, And),
            (0, true) => width!(wide, Bic),
            (1, false) => width!(wide, Orr),
            (1, true) => width!(wide, Orn),
            (2, false) => width!(wide, Eor),
            (2, true) => width!(wide, Eon),
            (_, false) => width!(wide, Ands),
            (_, true) => width!(wide, Bics),
        };
        self.three(run, d, n, m);
        Ok(())
    }

    /// The function of `add`, `adds`, `sub`, `subs`.
    fn sum(word: Word) -> Run<Cpu> {
        let wide = word.bit(31);
        match word.bits(29, 2) {
            0 => width!(wide, Add),
            1 => width!(wide, Adds),
            2 => width!(wide, Sub),
            _ => width!(wide, Subs),
        }
    }

    fn add_register(&mut self, word: Word) -> Lowered {
        let (wide, d, n, amount) = (word.bit(31), destination(word.d()), source(word.n()), word.bits(10, 6));
        if word.bits(22, 2) == 3 {
            return Err(Illegal);
        }
        if word.bits(29, 2) == 0 && word.bits(22, 2) == 0 && (1..32).contains(&amount) {
            let run = width!(wide, AddShifted);
            self.op(Op { a: d, b: n, c: source(word.m()), d: amount as u8, ..Op::new(run) });
            return Ok(());
        }
        let m = self.shifted(word)?;
        self.three(Self::sum(word), d, n, m);
        Ok(())
    }

    /// The slot of an index or operand, extended (UXTB to SXTX) and shifted left.
    fn extended(&mut self, m: Slot, option: u32, shift: u32) -> Slot {
        let bits = 8 << (option & 3);
        if bits == 64 && shift == 0 {
            return m;
        }
        let (run, d, e, imm) = match option {
            0..=3 => (one::<Cpu, handler::LeftAndMask>() as Run<Cpu>, shift, 0, ones(bits) << shift),
            _ => (one::<Cpu, handler::SignExtract<true>>(), 64 - bits, 64 - bits - shift.min(64 - bits), 0),
        };
        let (run, d, e, imm) = match option {
            // All bits: there is nothing to extend.
            7 => (one::<Cpu, handler::LeftAndMask>() as Run<Cpu>, shift, 0, u64::MAX),
            _ => (run, d, e, imm),
        };
        self.op(Op { a: BETWEEN, b: m, d: d as u8, e: e as u8, imm, ..Op::new(run) });
        BETWEEN
    }

    fn add_extended(&mut self, word: Word) -> Lowered {
        if word.bits(22, 2) != 0 || word.bits(10, 3) > 4 {
            return Err(Illegal);
        }
        let d = if word.bit(29) { destination(word.d()) } else { with_sp(word.d()) };
        let m = self.extended(source(word.m()), word.bits(13, 3), word.bits(10, 3));
        self.three(Self::sum(word), d, with_sp(word.n()), m);
        Ok(())
    }

    fn add_with_carry(&mut self, word: Word) -> Lowered {
        let wide = word.bit(31);
        let run = match word.bits(29, 2) {
            0 => width!(wide, Adc),
            1 => width!(wide, Adcs),
            2 => width!(wide, Sbc),
            _ => width!(wide, Sbcs),
        };
        self.three(run, destination(word.d()), source(word.n()), source(word.m()));
        Ok(())
    }

    fn compare_conditionally(&mut self, word: Word) -> Lowered {
        if !word.bit(29) || word.bit(10) || word.bit(4) {
            return Err(Illegal);
        }
        let wide = word.bit(31);
        let run = if word.bit(30) { width!(wide, CompareIf) } else { width!(wide, CompareNegativeIf) };
        let (c, imm) = if word.bit(11) { (ZERO, u64::from(word.m())) } else { (source(word.m()), 0) };
        let (condition, flags) = (word.bits(12, 4) as u8, word.bits(0, 4) as u8);
        self.op(Op { b: source(word.n()), c, imm, d: condition, e: flags, ..Op::new(run) });
        Ok(())
    }

    fn select(&mut self, word: Word) -> Lowered {
        if word.bit(29) || word.bit(11) {
            return Err(Illegal);
        }
        let kind = word.bits(30, 1) << 1 | word.bits(10, 1);
        let run = handler::selector(kind, word.bits(12, 4), word.bit(31));
        self.three(run, destination(word.d()), source(word.n()), source(word.m()));
        Ok(())
    }

    fn one_source(&mut self, word: Word) -> Lowered {
        let wide = word.bit(31);
        if word.bit(29) || word.m() != 0 {
            return Err(Illegal);
        }
        let run = match word.bits(10, 6) {
            0 => width!(wide, Rbit),
            1 => width!(wide, Rev16),
            2 => width!(wide, Rev32),
            3 if wide => one::<Cpu, handler::Rev64>(),
            4 => width!(wide, Clz),
            5 => width!(wide, Cls),
            _ => return Err(Illegal),
        };
        self.three(run, destination(word.d()), source(word.n()), ZERO);
        Ok(())
    }

    fn two_sources(&mut self, word: Word) -> Lowered {
        let wide = word.bit(31);
        if word.bit(29) {
            return Err(Illegal);
        }
        let run = match word.bits(10, 6) {
            2 => width!(wide, Udiv),
            3 => width!(wide, Sdiv),
            8 => width!(wide, Lsl),
            9 => width!(wide, Lsr),
            10 => width!(wide, Asr),
            11 => width!(wide, Ror),
            16..=23 => {
                self.in_one_piece(word);
                return Ok(());
            }
            _ => return Err(Illegal),
        };
        self.three(run, destination(word.d()), source(word.n()), source(word.m()));
        Ok(())
    }

    fn three_sources(&mut self, word: Word) -> Lowered {
        let (wide, minus) = (word.bit(31), word.bit(15));
        if word.bits(29, 2) != 0 {
            return Err(Illegal);
        }
        let run: Run<Cpu> = match (word.bits(21, 3), minus) {
            (0, false) => width!(wide, Madd),
            (0, true) => width!(wide, Msub),
            (1, false) if wide => one::<Cpu, handler::Smaddl>(),
            (1, true) if wide => one::<Cpu, handler::Smsubl>(),
            (2, false) if wide => one::<Cpu, handler::Smulh>(),
            (5, false) if wide => one::<Cpu, handler::Umaddl>(),
            (5, true) if wide => one::<Cpu, handler::Umsubl>(),
            (6, false) if wide => one::<Cpu, handler::Umulh>(),
            _ => return Err(Illegal),
        };
        let (a, b, c) = (destination(word.d()), source(word.n()), source(word.m()));
        self.op(Op { a, b, c, d: source(word.a()) as u8, ..Op::new(run) });
        Ok(())
    }

    fn system(&mut self, word: Word) -> Lowered {
        // Hints and barriers do nothing that shows; `clrex` is not one of them.
        let hint = word.is(0xffff_f01f, 0xd503_201f);
        let barrier = word.is(0xffff_f01f, 0xd503_301f) && matches!(word.bits(5, 3), 4..=6);
        // `mrs` of the thread pointer.
        if word.is(0xffff_ffe0, 0xd53b_d040) {
            self.three(one::<Cpu, handler::ThreadPointer>(), destination(word.d()), ZERO, ZERO);
        } else if !hint && !barrier {
            self.in_one_piece(word);
        }
        Ok(())
    }

    /// The two slots of a comparison with nothing else to it (`cmp` of registers, unshifted), if the word is one.
    pub fn compared_registers(word: Word) -> Option<(Slot, Slot)> {
        let is = word.is(0x7fe0_fc1f, 0x6b00_001f);
        is.then(|| (source(word.n()), source(word.m())))
    }

    /// The slot and the constant of a comparison with a constant, if the word is one.
    pub fn compared_constant(word: Word) -> Option<(Slot, u64)> {
        let shift = if word.bit(22) { 12 } else { 0 };
        let is = word.is(0x7f80_001f, 0x7100_001f);
        is.then(|| (with_sp(word.n()), u64::from(word.bits(10, 12)) << shift))
    }
}
