//! The opcodes of MMX and SSE behind 0F, 0F 38 and 0F 3A. Intel SDM volume 2, tables.

use super::super::cpu::{DI, NOTHING, SPARE, VALUE};
use super::super::decode::{Instruction, Operand, Place, Repeat};
use super::super::execute::system;
use super::super::vector::arithmetic::{self, Lane};
use super::super::vector::convert;
use super::super::vector::moves as vector_moves;
use super::super::vector::{Work, wide};
use super::super::vector::{shuffle, text};
use super::{Assembly, Cpu, Illegal, LONG, Translated, WORD, op, vector_integer};
use crate::op::{Op, Run};
use crate::slot::Slot;

/// The prefix that is part of a vector opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    None,
    P66,
    F3,
    F2,
}

pub(super) fn prefix(i: &Instruction) -> Prefix {
    match (i.repeat, i.operand_prefix) {
        (Repeat::Equal, _) => Prefix::F3,
        (Repeat::NotEqual, _) => Prefix::F2,
        (_, true) => Prefix::P66,
        _ => Prefix::None,
    }
}

/// The operation for a kind of address.
macro_rules! by_address {
    ($kind:expr, $($name:ident)::+ $(<$($first:tt),+>)?) => {{
        let run: Run<Cpu> = match $kind {
            LONG => $($name)::+::<$($($first,)+)? LONG>,
            WORD => $($name)::+::<$($($first,)+)? WORD>,
            _ => $($name)::+::<$($($first,)+)? 2>,
        };
        run
    }};
}

/// Memory operands of 16 bytes must be at multiples of 16, unless said otherwise.
const ALIGNED: u64 = 1 << 32;
const ANYWHERE: u64 = 0;

/// Operands.
impl Assembly {
    /// Loads `bytes` (2 to 16) of memory into vector register `to`.
    fn load_vector(&mut self, i: &Instruction, place: Place, to: u8, (bytes, alignment): (u32, u64)) {
        let (fields, kind) = self.reach(i, place);
        let run = match bytes {
            16 => by_address!(kind, vector_moves::load_16),
            8 => by_address!(kind, vector_moves::load_part<64>),
            4 => by_address!(kind, vector_moves::load_part<32>),
            _ => by_address!(kind, vector_moves::load_part<16>),
        };
        self.push(Op { d: to, run, imm: fields.imm & 0xffff_ffff | alignment, ..fields });
    }

    /// The number of the vector (or MMX) register that has the r/m operand.
    pub(super) fn vector_source(&mut self, i: &Instruction, bytes: u32) -> u8 {
        match i.operand {
            Operand::Register(number) => number,
            Operand::Memory(place) => {
                self.load_vector(i, place, SPARE as u8, (bytes, ALIGNED));
                SPARE as u8
            }
        }
    }

    /// d = d operation r/m.
    pub(super) fn vector_binary(&mut self, i: &Instruction, run: Run<Cpu>, bytes: u32) -> Translated {
        let e = self.vector_source(i, bytes);
        // Floating point may stop.
        self.push(Op { d: i.register, e, imm: i.immediate as u64, ..op(run) });
        Ok(())
    }

    /// The same for what cannot stop.
    fn vector_plain(&mut self, i: &Instruction, run: Run<Cpu>, bytes: u32) -> Translated {
        let e = self.vector_source(i, bytes);
        self.plain(Op { d: i.register, e, imm: i.immediate as u64, ..op(run) });
        Ok(())
    }

    /// An MMX or SSE instruction on whole registers.
    fn packed(&mut self, i: &Instruction, run: Option<Run<Cpu>>, is_wide: bool) -> Translated {
        let run = run.ok_or(Illegal)?;
        let i = &if is_wide { *i } else { narrowed(i) };
        self.vector_plain(i, run, if is_wide { 16 } else { 8 })
    }

    fn store_vector(&mut self, i: &Instruction, place: Place, (bytes, alignment): (u32, u64)) {
        let (fields, kind) = self.reach(i, place);
        let run = match bytes {
            16 => by_address!(kind, vector_moves::store_16),
            8 => by_address!(kind, vector_moves::store_part<64>),
            _ => by_address!(kind, vector_moves::store_part<32>),
        };
        self.push(Op { d: i.register, run, imm: fields.imm & 0xffff_ffff | alignment, ..fields });
    }
}

/// MMX registers have numbers of three bits.
fn narrowed(i: &Instruction) -> Instruction {
    let operand = match i.operand {
        Operand::Register(number) => Operand::Register(number & 7),
        memory @ Operand::Memory(_) => memory,
    };
    Instruction { register: i.register & 7, operand, ..*i }
}

fn work<T: Work>() -> Run<Cpu> {
    wide::<T>
}

/// Lanes of a floating point instruction by prefix: packed or scalar, singles or doubles.
fn lanes<T: Lane>(prefix: Prefix) -> (Run<Cpu>, u32) {
    match prefix {
        Prefix::None => (arithmetic::numbers::<T, 32, 4>, 16),
        Prefix::P66 => (arithmetic::numbers::<T, 64, 2>, 16),
        Prefix::F3 => (arithmetic::numbers::<T, 32, 1>, 4),
        Prefix::F2 => (arithmetic::numbers::<T, 64, 1>, 8),
    }
}

/// Opcodes behind 0F.
impl Assembly {
    pub(super) fn vector(&mut self, i: &Instruction) -> Translated {
        let prefix = prefix(i);
        match i.opcode {
            0x10 | 0x11 => self.copy_unaligned(i, prefix),
            0x12 | 0x13 | 0x16 | 0x17 => self.copy_half(i, prefix),
            0x14 | 0x15 => self.unpack(i, prefix),
            0x28 | 0x29 | 0x2b | 0xe7 => self.copy_aligned(i, prefix),
            0x2a | 0x2c | 0x2d => self.convert_integer(i, prefix),
            0x2e | 0x2f => self.compare_scalar(i, prefix),
            0x50 => self.sign_mask(i, prefix),
            0x51..=0x59 | 0x5c..=0x5f | 0xc2 => self.arithmetic_lanes(i, prefix),
            0x5a | 0x5b | 0xe6 => self.convert_format(i, prefix),
            0x6e | 0x7e => self.copy_register(i, prefix),
            0x6f | 0x7f => self.copy_whole(i, prefix),
            0x70 => self.shuffle(i, prefix),
            0x71..=0x73 => self.shift_lanes(i, prefix),
            0x77 => {
                self.plain(op(vector_moves::leave_mmx));
                Ok(())
            }
            0x7c | 0x7d | 0xd0 => self.horizontal(i, prefix),
            0xae => self.state(i),
            0xc4 | 0xc5 => self.lane(i, prefix),
            0xc6 => match prefix {
                Prefix::None => self.vector_plain(i, work::<shuffle::Shufps>(), 16),
                Prefix::P66 => self.vector_plain(i, work::<shuffle::Shufpd>(), 16),
                _ => Err(Illegal),
            },
            0xd6 => self.copy_low(i, prefix),
            0xd7 => self.byte_mask(i, prefix),
            0xf0 if prefix == Prefix::F2 => self.copy_from(i, ANYWHERE),
            0xf7 => self.store_masked(i, prefix),
            opcode => match prefix {
                Prefix::P66 => self.packed(i, vector_integer::two(opcode, true), true),
                Prefix::None => self.packed(i, vector_integer::two(opcode, false), false),
                _ => Err(Illegal),
            },
        }
    }

    /// A load of a whole register.
    fn copy_from(&mut self, i: &Instruction, alignment: u64) -> Translated {
        match i.operand {
            Operand::Register(e) => self.plain(Op { d: i.register, e, ..op(wide::<shuffle::Copy>) }),
            Operand::Memory(place) => self.load_vector(i, place, i.register, (16, alignment)),
        }
        Ok(())
    }

    fn copy_to(&mut self, i: &Instruction, alignment: u64) -> Translated {
        match i.operand {
            Operand::Register(d) => self.plain(Op { d, e: i.register, ..op(wide::<shuffle::Copy>) }),
            Operand::Memory(place) => self.store_vector(i, place, (16, alignment)),
        }
        Ok(())
    }

    /// MOVUPS, MOVUPD, MOVSS, MOVSD.
    fn copy_unaligned(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let bytes = match prefix {
            Prefix::None | Prefix::P66 if i.opcode == 0x10 => return self.copy_from(i, ANYWHERE),
            Prefix::None | Prefix::P66 => return self.copy_to(i, ANYWHERE),
            Prefix::F3 => 4,
            Prefix::F2 => 8,
        };
        let merge = if bytes == 4 { work::<shuffle::Movss>() } else { work::<shuffle::Movsd>() };
        match i.operand {
            Operand::Register(e) if i.opcode == 0x10 => self.plain(Op { d: i.register, e, ..op(merge) }),
            Operand::Register(d) => self.plain(Op { d, e: i.register, ..op(merge) }),
            Operand::Memory(place) if i.opcode == 0x10 => {
                self.load_vector(i, place, i.register, (bytes, ANYWHERE))
            }
            Operand::Memory(place) => self.store_vector(i, place, (bytes, ANYWHERE)),
        }
        Ok(())
    }

    /// MOVLPS, MOVHPS and their kin.
    fn copy_half(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let high = i.opcode & 4 != 0;
        match (prefix, i.operand, i.opcode & 1) {
            (Prefix::F3, _, 0) if high => return self.vector_plain(i, work::<shuffle::Movshdup>(), 16),
            (Prefix::F3, _, 0) => return self.vector_plain(i, work::<shuffle::Movsldup>(), 16),
            (Prefix::F2, _, 0) if !high => return self.vector_plain(i, work::<shuffle::Movddup>(), 8),
            (Prefix::None, Operand::Register(_), 0) if high => {
                return self.vector_plain(i, work::<shuffle::Movlhps>(), 16);
            }
            (Prefix::None, Operand::Register(_), 0) => {
                return self.vector_plain(i, work::<shuffle::Movhlps>(), 16);
            }
            _ => {}
        }
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        if !matches!(prefix, Prefix::None | Prefix::P66) {
            return Err(Illegal);
        }
        if i.opcode & 1 == 0 {
            self.load_vector(i, place, SPARE as u8, (8, ANYWHERE));
            let run = op(vector_moves::set_half);
            self.plain(Op { d: i.register, e: SPARE as u8, imm: high.into(), ..run });
        } else if high {
            let (fields, kind) = self.reach(i, place);
            let run = by_address!(kind, vector_moves::store_high);
            self.push(Op { d: i.register, run, ..fields });
        } else {
            self.store_vector(i, place, (8, ANYWHERE));
        }
        Ok(())
    }

    /// UNPCKLPS and kin: the integer interleavings by another name.
    fn unpack(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let opcode = match (prefix, i.opcode) {
            (Prefix::None, 0x14) => 0x62,
            (Prefix::None, _) => 0x6a,
            (Prefix::P66, 0x14) => 0x6c,
            (Prefix::P66, _) => 0x6d,
            _ => return Err(Illegal),
        };
        self.packed(i, vector_integer::two(opcode, true), true)
    }

    /// MOVAPS, MOVNTPS, MOVNTDQ, MOVNTQ.
    fn copy_aligned(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        match (i.opcode, prefix) {
            (0x28, Prefix::None | Prefix::P66) => self.copy_from(i, ALIGNED),
            (0x29, Prefix::None | Prefix::P66) => self.copy_to(i, ALIGNED),
            (0xe7, Prefix::None) if i.in_memory() => self.store_mmx(i, 64),
            (0x2b, Prefix::None | Prefix::P66) | (0xe7, Prefix::P66) if i.in_memory() => {
                self.copy_to(i, ALIGNED)
            }
            _ => Err(Illegal),
        }
    }

    fn store_mmx(&mut self, i: &Instruction, bits: u32) -> Translated {
        let Operand::Memory(place) = i.operand else { return Err(Illegal) };
        let (fields, kind) = self.reach(i, place);
        let run = match bits {
            64 => by_address!(kind, vector_moves::store_narrow<64>),
            _ => by_address!(kind, vector_moves::store_narrow<32>),
        };
        self.push(Op { d: i.register & 7, run, ..fields });
        Ok(())
    }

    /// CVTSI2SS and CVTSS2SI with their kin, also those with MMX registers.
    fn convert_integer(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        if matches!(prefix, Prefix::None | Prefix::P66) {
            return self.convert_mmx(i, prefix == Prefix::P66);
        }
        let (double, wide) = (prefix == Prefix::F2, i.rex & 8 != 0);
        if i.opcode == 0x2a {
            let a = self.source(i, if wide { 64 } else { 32 });
            let run: Run<Cpu> = match (wide, double) {
                (false, false) => convert::from_register::<32, 32>,
                (false, true) => convert::from_register::<32, 64>,
                (true, false) => convert::from_register::<64, 32>,
                (true, true) => convert::from_register::<64, 64>,
            };
            self.push(Op { a, d: i.register, ..op(run) });
            return Ok(());
        }
        let e = self.vector_source(i, if double { 8 } else { 4 });
        let run: Run<Cpu> = match (double, wide) {
            (false, false) => convert::to_register::<32, 32>,
            (false, true) => convert::to_register::<32, 64>,
            (true, false) => convert::to_register::<64, 32>,
            (true, true) => convert::to_register::<64, 64>,
        };
        let a = Slot::of(i.register.into());
        self.push(Op { a, e, imm: u64::from(i.opcode == 0x2c), ..op(run) });
        Ok(())
    }

    fn convert_mmx(&mut self, i: &Instruction, double: bool) -> Translated {
        let from_mmx = i.opcode == 0x2a;
        let mut operands = *i;
        match operands.operand {
            Operand::Register(number) if from_mmx => operands.operand = Operand::Register(number & 7),
            _ => {}
        }
        if !from_mmx {
            operands.register &= 7;
        }
        let run: Run<Cpu> = match (i.opcode, double) {
            (0x2a, false) => convert::convert::<convert::TwoWordsToSingles, 64, 1>,
            (0x2a, true) => convert::convert::<convert::WordsToDoubles, 0, 1>,
            (0x2c, false) => convert::convert::<convert::TwoSinglesToWordsTruncated, 0, 2>,
            (0x2c, true) => convert::convert::<convert::DoublesToWordsTruncated, 0, 2>,
            (_, false) => convert::convert::<convert::TwoSinglesToWords, 0, 2>,
            (_, true) => convert::convert::<convert::DoublesToWords, 0, 2>,
        };
        let bytes = if double && !from_mmx { 16 } else { 8 };
        self.vector_binary(&operands, run, bytes)
    }

    fn compare_scalar(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let (run, bytes): (Run<Cpu>, u32) = match (prefix, i.opcode) {
            (Prefix::None, 0x2e) => (arithmetic::compare::<32, true>, 4),
            (Prefix::None, _) => (arithmetic::compare::<32, false>, 4),
            (Prefix::P66, 0x2e) => (arithmetic::compare::<64, true>, 8),
            (Prefix::P66, _) => (arithmetic::compare::<64, false>, 8),
            _ => return Err(Illegal),
        };
        self.vector_binary(i, run, bytes)
    }

    /// MOVMSKPS, MOVMSKPD.
    fn sign_mask(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let Operand::Register(e) = i.operand else { return Err(Illegal) };
        let run: Run<Cpu> = match prefix {
            Prefix::None => vector_moves::mask::<4>,
            Prefix::P66 => vector_moves::mask::<8>,
            _ => return Err(Illegal),
        };
        self.plain(Op { a: Slot::of(i.register.into()), e, ..op(run) });
        Ok(())
    }

    fn arithmetic_lanes(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        use arithmetic::*;
        let logic = |opcode| vector_integer::two(opcode, true);
        let single = matches!(prefix, Prefix::None | Prefix::F3);
        let (run, bytes) = match i.opcode {
            0x51 => lanes::<Root>(prefix),
            0x52 if single => lanes::<ReciprocalRoot>(prefix),
            0x53 if single => lanes::<Reciprocal>(prefix),
            0x54..=0x57 if matches!(prefix, Prefix::None | Prefix::P66) => {
                let run = logic([0xdb, 0xdf, 0xeb, 0xef][usize::from(i.opcode & 3)]);
                return self.packed(i, run, true);
            }
            0x58 => lanes::<Add>(prefix),
            0x59 => lanes::<Multiply>(prefix),
            0x5c => lanes::<Subtract>(prefix),
            0x5d => lanes::<Minimum>(prefix),
            0x5e => lanes::<Divide>(prefix),
            0x5f => lanes::<Maximum>(prefix),
            0xc2 => lanes::<Compare>(prefix),
            _ => return Err(Illegal),
        };
        self.vector_binary(i, run, bytes)
    }

    fn convert_format(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        use convert::*;
        fn all<T: Conversion>() -> Run<Cpu> {
            convert::<T, 0, 0>
        }
        let (run, bytes): (Run<Cpu>, u32) = match (i.opcode, prefix) {
            (0x5a, Prefix::None) => (all::<SinglesToDoubles>(), 8),
            (0x5a, Prefix::P66) => (all::<DoublesToSingles>(), 16),
            (0x5a, Prefix::F3) => (convert::<SingleToDouble, 64, 0>, 4),
            (0x5a, Prefix::F2) => (convert::<DoubleToSingle, 96, 0>, 8),
            (0x5b, Prefix::None) => (all::<WordsToSingles>(), 16),
            (0x5b, Prefix::P66) => (all::<SinglesToWords>(), 16),
            (0x5b, Prefix::F3) => (all::<SinglesToWordsTruncated>(), 16),
            (0xe6, Prefix::F3) => (all::<WordsToDoubles>(), 8),
            (0xe6, Prefix::F2) => (all::<DoublesToWords>(), 16),
            (0xe6, Prefix::P66) => (all::<DoublesToWordsTruncated>(), 16),
            _ => return Err(Illegal),
        };
        self.vector_binary(i, run, bytes)
    }

    /// MOVD, MOVQ between vectors and general registers.
    fn copy_register(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let bits = if i.rex & 8 != 0 { 64 } else { 32 };
        if i.opcode == 0x7e && prefix == Prefix::F3 {
            return self.vector_plain(i, work::<shuffle::CopyLow>(), 8);
        }
        let is_wide = prefix == Prefix::P66;
        if !matches!(prefix, Prefix::None | Prefix::P66) {
            return Err(Illegal);
        }
        let d = if is_wide { i.register } else { i.register & 7 };
        if i.opcode == 0x6e {
            let a = self.source(i, bits);
            let run: Run<Cpu> = match (is_wide, bits) {
                (true, 32) => vector_moves::from_register::<32>,
                (true, _) => vector_moves::from_register::<64>,
                (false, 32) => vector_moves::narrow_from_register::<32>,
                (false, _) => vector_moves::narrow_from_register::<64>,
            };
            self.plain(Op { a, d, ..op(run) });
            return Ok(());
        }
        match i.operand {
            Operand::Memory(_) if !is_wide => self.store_mmx(i, bits),
            Operand::Memory(place) => {
                self.store_vector(i, place, (bits / 8, ANYWHERE));
                Ok(())
            }
            Operand::Register(number) => {
                let run: Run<Cpu> = match (is_wide, bits) {
                    (true, 32) => vector_moves::to_register::<32>,
                    (true, _) => vector_moves::to_register::<64>,
                    (false, 32) => vector_moves::narrow_to_register::<32>,
                    (false, _) => vector_moves::narrow_to_register::<64>,
                };
                self.plain(Op { a: Slot::of(number.into()), d, ..op(run) });
                Ok(())
            }
        }
    }

    /// MOVQ of MMX, MOVDQA, MOVDQU.
    fn copy_whole(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let alignment = if prefix == Prefix::P66 { ALIGNED } else { ANYWHERE };
        match (prefix, i.opcode) {
            (Prefix::None, _) => self.copy_mmx(i),
            (Prefix::F2, _) => Err(Illegal),
            (_, 0x6f) => self.copy_from(i, alignment),
            _ => self.copy_to(i, alignment),
        }
    }

    fn copy_mmx(&mut self, i: &Instruction) -> Translated {
        let load = i.opcode == 0x6f;
        let d = i.register & 7;
        match i.operand {
            Operand::Register(number) => {
                let (d, e) = if load { (d, number & 7) } else { (number & 7, d) };
                self.plain(Op { d, e, ..op(super::super::vector::narrow::<shuffle::Copy>) });
            }
            Operand::Memory(place) if load => {
                let (fields, kind) = self.reach(i, place);
                let run = by_address!(kind, vector_moves::load_narrow);
                self.push(Op { d, run, ..fields });
            }
            Operand::Memory(_) => return self.store_mmx(i, 64),
        }
        Ok(())
    }

    fn shuffle(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        match prefix {
            Prefix::None => self.packed(i, vector_integer::two(0x70, false), false),
            Prefix::P66 => self.packed(i, vector_integer::two(0x70, true), true),
            Prefix::F3 => self.vector_plain(i, work::<shuffle::Pshufhw>(), 16),
            Prefix::F2 => self.vector_plain(i, work::<shuffle::Pshuflw>(), 16),
        }
    }

    fn shift_lanes(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let Operand::Register(number) = i.operand else { return Err(Illegal) };
        let is_wide = match prefix {
            Prefix::P66 => true,
            Prefix::None => false,
            _ => return Err(Illegal),
        };
        let run = vector_integer::shift(i.opcode, i.group(), is_wide).ok_or(Illegal)?;
        let d = if is_wide { number } else { number & 7 };
        self.plain(Op { d, e: d, imm: i.immediate as u64, ..op(run) });
        Ok(())
    }

    /// HADDPS, HSUBPS, ADDSUBPS and those of doubles.
    fn horizontal(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let run: Run<Cpu> = match (i.opcode, prefix) {
            (0x7c, Prefix::P66) => arithmetic::across::<64, 0>,
            (0x7c, Prefix::F2) => arithmetic::across::<32, 0>,
            (0x7d, Prefix::P66) => arithmetic::across::<64, 1>,
            (0x7d, Prefix::F2) => arithmetic::across::<32, 1>,
            (0xd0, Prefix::P66) => arithmetic::across::<64, 2>,
            (0xd0, Prefix::F2) => arithmetic::across::<32, 2>,
            _ => return Err(Illegal),
        };
        self.vector_binary(i, run, 16)
    }

    /// Group 15: FXSAVE and kin, fences.
    fn state(&mut self, i: &Instruction) -> Translated {
        let Operand::Memory(place) = i.operand else {
            // LFENCE, MFENCE, SFENCE.
            return if i.group() >= 5 && prefix(i) == Prefix::None { Ok(()) } else { Err(Illegal) };
        };
        let run: Run<Cpu> = match i.group() {
            0 => system::save_all,
            1 => system::restore_all,
            2 => system::load_control,
            3 => system::store_control,
            // CLFLUSH.
            7 => return Ok(()),
            _ => return Err(Illegal),
        };
        self.address_of(i, place);
        self.push(op(run));
        Ok(())
    }

    /// PINSRW, PEXTRW.
    fn lane(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let is_wide = match prefix {
            Prefix::P66 => true,
            Prefix::None => false,
            _ => return Err(Illegal),
        };
        let imm = i.immediate as u64 & 7;
        if i.opcode == 0xc4 {
            let a = self.source(i, if i.in_memory() { 16 } else { 32 });
            let run: Run<Cpu> =
                if is_wide { vector_moves::insert::<16> } else { vector_moves::insert_narrow };
            let d = if is_wide { i.register } else { i.register & 7 };
            self.plain(Op { a, d, imm, ..op(run) });
            return Ok(());
        }
        let Operand::Register(e) = i.operand else { return Err(Illegal) };
        let run: Run<Cpu> = if is_wide { vector_moves::extract::<16> } else { vector_moves::extract_narrow };
        let e = if is_wide { e } else { e & 7 };
        self.plain(Op { a: Slot::of(i.register.into()), e, imm, ..op(run) });
        Ok(())
    }

    /// MOVQ to memory or a register, MOVQ2DQ, MOVDQ2Q.
    fn copy_low(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        match (prefix, i.operand) {
            (Prefix::P66, Operand::Register(d)) => {
                self.plain(Op { d, e: i.register, ..op(wide::<shuffle::CopyLow>) });
            }
            (Prefix::P66, Operand::Memory(place)) => self.store_vector(i, place, (8, ANYWHERE)),
            (Prefix::F3, Operand::Register(e)) => {
                self.plain(Op { d: i.register, e: e & 7, ..op(vector_moves::between) });
            }
            (Prefix::F2, Operand::Register(e)) => {
                self.plain(Op { d: i.register & 7, e, imm: 1, ..op(vector_moves::between) });
            }
            _ => return Err(Illegal),
        }
        Ok(())
    }

    /// PMOVMSKB.
    fn byte_mask(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let Operand::Register(e) = i.operand else { return Err(Illegal) };
        let (run, e): (Run<Cpu>, u8) = match prefix {
            Prefix::P66 => (vector_moves::mask::<1>, e),
            Prefix::None => (vector_moves::mask_narrow, e & 7),
            _ => return Err(Illegal),
        };
        self.plain(Op { a: Slot::of(i.register.into()), e, ..op(run) });
        Ok(())
    }

    /// MASKMOVQ, MASKMOVDQU.
    fn store_masked(&mut self, i: &Instruction, prefix: Prefix) -> Translated {
        let Operand::Register(e) = i.operand else { return Err(Illegal) };
        let place = Place { base: DI, index: NOTHING, shift: 0, displacement: 0, relative: false };
        self.address_of(i, place);
        let (d, e, imm) = match prefix {
            Prefix::P66 => (i.register, e, 16),
            Prefix::None => (i.register & 7, e & 7, 8),
            _ => return Err(Illegal),
        };
        self.push(Op { d, e, imm, ..op(vector_moves::store_masked) });
        Ok(())
    }
}

/// Opcodes behind 0F 38 and 0F 3A.
impl Assembly {
    pub(super) fn three_38(&mut self, i: &Instruction) -> Translated {
        if matches!(i.opcode, 0xf0 | 0xf1) {
            return self.checksum(i);
        }
        let is_wide = match prefix(i) {
            Prefix::P66 => true,
            Prefix::None => false,
            _ => return Err(Illegal),
        };
        match i.opcode {
            0x10 | 0x14 | 0x15 if is_wide => {
                let size = [1, 0, 0, 0, 4, 8][usize::from(i.opcode & 7)];
                let e = self.vector_source(i, 16);
                self.plain(Op { d: i.register, e, imm: size, ..op(vector_moves::blend_by_first) });
                return Ok(());
            }
            0x17 if is_wide => {
                let e = self.vector_source(i, 16);
                self.sets(Op { d: i.register, e, ..op(vector_moves::test) });
                return Ok(());
            }
            _ => {}
        }
        let (run, bytes) = vector_integer::three_38(i.opcode, is_wide).ok_or(Illegal)?;
        match bytes {
            0 => self.packed(i, Some(run), is_wide),
            bytes => self.vector_plain(i, run, bytes),
        }
    }

    pub(super) fn three_3a(&mut self, i: &Instruction) -> Translated {
        use arithmetic::*;
        let is_wide = match prefix(i) {
            Prefix::P66 => true,
            Prefix::None => false,
            _ => return Err(Illegal),
        };
        if is_wide && matches!(i.opcode, 0x60..=0x63) {
            return self.compare_texts(i);
        }
        if !is_wide || !matches!(i.opcode, 0x08..=0x0b | 0x14..=0x17 | 0x20..=0x22 | 0x40 | 0x41) {
            return self.packed(i, vector_integer::three_3a(i.opcode, is_wide), is_wide);
        }
        match i.opcode {
            0x08 => self.vector_binary(i, numbers::<Round, 32, 4>, 16),
            0x09 => self.vector_binary(i, numbers::<Round, 64, 2>, 16),
            0x0a => self.vector_binary(i, numbers::<Round, 32, 1>, 4),
            0x0b => self.vector_binary(i, numbers::<Round, 64, 1>, 8),
            0x40 => self.vector_binary(i, across::<32, 3>, 16),
            0x41 => self.vector_binary(i, across::<64, 3>, 16),
            0x21 if i.in_memory() => self.vector_plain(i, work::<shuffle::InsertpsOfMemory>(), 4),
            0x21 => self.vector_plain(i, work::<shuffle::Insertps>(), 4),
            0x20 | 0x22 => {
                let bits = match (i.opcode, i.rex & 8) {
                    (0x20, _) => 8,
                    (_, 0) => 32,
                    _ => 64,
                };
                let a = self.source(&without_bytes(i), if i.in_memory() { bits } else { 64 });
                let run: Run<Cpu> = match bits {
                    8 => vector_moves::insert::<8>,
                    64 => vector_moves::insert::<64>,
                    _ => vector_moves::insert::<32>,
                };
                self.plain(Op { a, d: i.register, imm: i.immediate as u64, ..op(run) });
                Ok(())
            }
            _ => self.extract_lane(i),
        }
    }

    /// PCMPESTRM, PCMPESTRI, PCMPISTRM, PCMPISTRI: their memory operands may be anywhere.
    fn compare_texts(&mut self, i: &Instruction) -> Translated {
        let e = match i.operand {
            Operand::Register(number) => number,
            Operand::Memory(place) => {
                self.load_vector(i, place, SPARE as u8, (16, ANYWHERE));
                SPARE as u8
            }
        };
        let kind = u64::from(i.opcode & 3 | (i.rex & 8) >> 1);
        let imm = u64::from(i.immediate as u8) | kind << 8;
        self.sets(Op { d: i.register, e, imm, ..op(text::compare_texts) });
        Ok(())
    }

    /// PEXTRB, PEXTRW, PEXTRD, PEXTRQ, EXTRACTPS.
    fn extract_lane(&mut self, i: &Instruction) -> Translated {
        let bits = match i.opcode {
            0x14 => 8,
            0x15 => 16,
            0x16 if i.rex & 8 != 0 => 64,
            _ => 32,
        };
        let run: Run<Cpu> = match bits {
            8 => vector_moves::extract::<8>,
            16 => vector_moves::extract::<16>,
            64 => vector_moves::extract::<64>,
            _ => vector_moves::extract::<32>,
        };
        let operation = Op { e: i.register, imm: i.immediate as u8 as u64, ..op(run) };
        match i.operand {
            Operand::Register(number) => self.plain(Op { a: Slot::of(number.into()), ..operation }),
            Operand::Memory(place) => {
                self.plain(Op { a: VALUE, ..operation });
                let (fields, kind) = self.reach(i, place);
                self.push(Op { a: VALUE, run: super::choose::store_register(bits, kind), ..fields });
            }
        }
        Ok(())
    }
}

/// The prefix 66 is part of these opcodes and says nothing about operands.
fn without_bytes(i: &Instruction) -> Instruction {
    Instruction { operand_prefix: false, ..*i }
}
