//! Lowers loads and stores. Entrance: [`Lowering::memory`]. ARM ARM C4.1.66.

use super::super::access::{kind, loader, mode, pair_loader, pair_storer, storer};
use super::super::cpu::ZERO;
use super::super::word::{Word, destination, source, with_sp};
use super::super::{Cpu, handler};
use super::{Illegal, Lowered, Lowering};
use crate::chain::{is, one};
use crate::op::{Op, Run};
use crate::page::PAGE_MASK;
use crate::slot::Slot;

impl Lowering {
    pub(super) fn memory(&mut self, word: Word) -> Lowered {
        match (word.bits(28, 2), word.bit(26)) {
            (0, _) => {
                self.in_one_piece(word);
                Ok(())
            }
            (1, _) if word.bits(24, 2) == 0 => self.load_literal(word),
            (2, _) => self.pair(word),
            (3, _) => self.one(word),
            _ => Err(Illegal),
        }
    }

    fn load_literal(&mut self, word: Word) -> Lowered {
        let offset = i64::from(self.here) + (word.signed(5, 19) << 2);
        let (kind, a) = match (word.bits(30, 2), word.bit(26)) {
            (0, false) => (kind::U32, destination(word.d())),
            (1, false) => (kind::U64, destination(word.d())),
            (2, false) => (kind::I32, destination(word.d())),
            // A prefetch.
            (_, false) => return Ok(()),
            (0, true) => (kind::S, Slot::of(word.d())),
            (1, true) => (kind::D, Slot::of(word.d())),
            (2, true) => (kind::Q, Slot::of(word.d())),
            _ => return Err(Illegal),
        };
        self.constant(loader(kind, mode::LITERAL), a, ZERO, offset as u64);
        Ok(())
    }

    fn pair(&mut self, word: Word) -> Lowered {
        let load = word.bit(22);
        let (kind, scale) = match (word.bits(30, 2), word.bit(26)) {
            (0, false) => (kind::U32, 2),
            (1, false) if load && word.bits(23, 2) != 0 => (kind::I32, 2),
            (2, false) => (kind::U64, 3),
            (0, true) => (kind::S, 2),
            (1, true) => (kind::D, 3),
            (2, true) => (kind::Q, 4),
            _ => return Err(Illegal),
        };
        let mode = match word.bits(23, 2) {
            1 => mode::POST,
            3 => mode::PRE,
            _ => mode::OFFSET,
        };
        let (a, c) = match (word.bit(26), load) {
            (true, _) => (Slot::of(word.d()), Slot::of(word.a())),
            (false, true) => (destination(word.d()), destination(word.a())),
            (false, false) => (source(word.d()), source(word.a())),
        };
        let run = if load { pair_loader(kind, mode) } else { pair_storer(kind, mode) };
        let imm = (word.signed(15, 7) << scale) as u64;
        self.op(Op { a, b: with_sp(word.n()), c, imm, ..Op::new(run) });
        Ok(())
    }

    /// A load or store of one register.
    fn one(&mut self, word: Word) -> Lowered {
        let (size, opc) = (word.bits(30, 2), word.bits(22, 2));
        if size == 3 && opc == 2 && !word.bit(26) {
            return self.prefetch(word);
        }
        let (load, kind, scale) = if word.bit(26) {
            let wide = opc & 2 != 0;
            if wide && size != 0 {
                return Err(Illegal);
            }
            let scale = if wide { 4 } else { size };
            (opc & 1 == 1, [kind::B, kind::H, kind::S, kind::D, kind::Q][scale as usize % 5], scale)
        } else {
            let kind = match (size, opc) {
                (_, 0 | 1) => [kind::U8, kind::U16, kind::U32, kind::U64][size as usize % 4],
                (0..=2, 2) => [kind::I8, kind::I16, kind::I32][size as usize % 3],
                (0, _) => kind::I8_WORD,
                (1, _) => kind::I16_WORD,
                _ => return Err(Illegal),
            };
            (opc != 0, kind, size)
        };
        let a = match (word.bit(26), load) {
            (true, _) => Slot::of(word.d()),
            (false, true) => destination(word.d()),
            (false, false) => source(word.d()),
        };
        let run = |mode| if load { loader(kind, mode) } else { storer(kind, mode) };
        let b = with_sp(word.n());
        if word.bit(24) {
            let displacement = u64::from(word.bits(10, 12)) << scale;
            if !self.join_page(run(mode::PAGE), a, b, displacement) {
                self.constant(run(mode::OFFSET), a, b, displacement);
            }
            return Ok(());
        }
        let displacement = word.signed(12, 9) as u64;
        match (word.bit(21), word.bits(10, 2)) {
            // Unprivileged ones are as any other here; there are none of SIMD registers.
            (false, 2) if word.bit(26) => return Err(Illegal),
            (false, 0 | 2) => self.constant(run(mode::OFFSET), a, b, displacement),
            (false, 1) => self.constant(run(mode::POST), a, b, displacement),
            (false, _) => self.constant(run(mode::PRE), a, b, displacement),
            (true, 2) if word.bit(14) => {
                let shift = if word.bit(12) { scale } else { 0 };
                let (index, option) = (source(word.m()), word.bits(13, 3));
                let (c, d) =
                    if option & 3 == 3 { (index, shift) } else { (self.extended(index, option, shift), 0) };
                self.op(Op { a, b, c, d: d as u8, ..Op::new(run(mode::INDEX)) });
            }
            _ => return Err(Illegal),
        }
        Ok(())
    }

    /// Makes one operation of `adrp` and an access relative to its page, if that is what stands here.
    fn join_page(&mut self, run: Run<Cpu>, a: Slot, b: Slot, displacement: u64) -> bool {
        let Some(last) = self.ops.last_mut() else { return false };
        let is_page = is(last.run, one::<Cpu, handler::PageAddress>());
        let fits = last.imm & PAGE_MASK == 0 && displacement <= PAGE_MASK;
        let joins = is_page && fits && last.a == b && last.at.wrapping_add(1) == self.at;
        if joins {
            *last = Op { run, a, b, imm: last.imm | displacement, ..last.clone() };
        }
        joins
    }

    fn prefetch(&mut self, word: Word) -> Lowered {
        let offset = word.bit(24) || !word.bit(21) && word.bits(10, 2) == 0;
        let index = !word.bit(24) && word.bit(21) && word.bits(10, 2) == 2 && word.bit(14);
        if offset || index { Ok(()) } else { Err(Illegal) }
    }
}
