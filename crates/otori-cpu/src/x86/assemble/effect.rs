//! What operations read, change and show to others, and what need not be done then. Key type: [`Effect`]; entrance:
//! [`settle`].
//!
//! Nobody sees registers and flags but at operations that may stop or leave. Between two of these a copy is looked
//! through (`mov edx, ecx; ror edx, 7` is one rotation of three operands), what nobody reads before it is written again is
//! left out, and of what sets flags that nobody reads the quiet twin is taken.

use super::super::cpu::{Cpu, Mode};
use super::super::flags::ARITHMETIC;
use crate::op::{Op, Run};
use crate::slot::Slot;
use alloc::vec::Vec;

/// Which registers an operation has to do with.
#[derive(Clone, Copy, Debug)]
enum Registers {
    /// Any, or it may stop or leave and shows them all.
    Any,
    /// a = b, so many bits, the upper ones zero.
    Copy(u32),
    /// Those in its fields, so many bits of each (none: the field is no register), and those of a set.
    Fields { a: u32, b: u32, c: u32, also: u32 },
}

/// What an operation does that others may see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effect {
    registers: Registers,
    /// Flags that it reads, or shows when it stops.
    reads: u32,
    /// Flags that it perhaps changes.
    changes: u32,
    /// Flags that it sets whatever they were.
    sets: u32,
    /// Does the same without changing flags; reads no more than this one.
    quiet: Option<Run<Cpu>>,
}

impl Effect {
    /// Does anything, or stops, or leaves.
    pub(super) const SHOWS: Effect =
        Effect { registers: Registers::Any, reads: ARITHMETIC, changes: 0, sets: 0, quiet: None };
    /// Has nothing to do with flags and cannot stop.
    pub(super) const PLAIN: Effect = Effect { reads: 0, ..Effect::SHOWS };

    /// Copies b to a, so many bits, and clears those above.
    pub(super) fn copy(bits: u32) -> Effect {
        Effect { registers: Registers::Copy(bits), ..Effect::PLAIN }
    }

    /// Writes so many bits of a from so many of b and of c, and cannot stop.
    pub(super) fn fields(a: u32, b: u32, c: u32) -> Effect {
        Effect { registers: Registers::Fields { a, b, c, also: 0 }, ..Effect::PLAIN }
    }

    /// Reads one more register.
    pub(super) fn also(self, slot: Slot) -> Effect {
        let registers = match self.registers {
            Registers::Fields { a, b, c, also } => Registers::Fields { a, b, c, also: also | bit(slot) },
            other => other,
        };
        Effect { registers, ..self }
    }

    /// Reads these flags too.
    pub(super) fn reading(self, flags: u32) -> Effect {
        Effect { reads: self.reads | flags, ..self }
    }

    /// Sets these flags.
    pub(super) fn setting(self, flags: u32) -> Effect {
        Effect { changes: self.changes | flags, sets: self.sets | flags, ..self }
    }

    /// Perhaps changes these flags.
    pub(super) fn changing(self, flags: u32) -> Effect {
        Effect { changes: self.changes | flags, ..self }
    }

    /// Has a twin that changes no flags.
    pub(super) fn or_quietly(self, quiet: Run<Cpu>) -> Effect {
        Effect { quiet: Some(quiet), ..self }
    }
}

/// A slot in a set; those that only operations of one instruction use are taken for one.
fn bit(slot: Slot) -> u32 {
    1 << (slot as u32).min(31)
}

/// Leaves undone what nobody sees.
pub(super) fn settle(mode: Mode, ops: &mut Vec<Op<Cpu>>, effects: &[Effect]) {
    look_through_copies(mode, ops, effects);
    let unseen = find_unseen(ops, effects);
    let mut unseen = unseen.into_iter();
    ops.retain(|_| !unseen.next().unwrap_or(false));
}

/// A register with the value of another one.
struct Alias {
    register: Slot,
    same: Slot,
    /// As far as the values are known to be the same.
    bits: u32,
}

/// Lets operations read the register that a copy was made of.
fn look_through_copies(mode: Mode, ops: &mut [Op<Cpu>], effects: &[Effect]) {
    let mut aliases: Vec<Alias> = Vec::new();
    for (operation, effect) in ops.iter_mut().zip(effects) {
        let (b, c) = match effect.registers {
            Registers::Any => {
                aliases.clear();
                continue;
            }
            Registers::Copy(bits) => (bits, 0),
            Registers::Fields { b, c, .. } => (b, c),
        };
        let find = |slot: Slot, bits: u32| {
            let fits = |alias: &&Alias| alias.register == slot && bits <= alias.bits;
            aliases.iter().find(fits).filter(|_| bits > 0).map_or(slot, |alias| alias.same)
        };
        (operation.b, operation.c) = (find(operation.b, b), find(operation.c, c));
        if matches!(effect.registers, Registers::Fields { a: 0, .. }) {
            continue;
        }
        let written = operation.a;
        aliases.retain(|alias| alias.register != written && alias.same != written);
        if let Registers::Copy(bits) = effect.registers
            && operation.b != written
        {
            // In 32-bit mode nothing is above.
            let bits = if mode == Mode::I386 { 64 } else { bits };
            aliases.push(Alias { register: written, same: operation.b, bits });
        }
    }
}

/// Which operations do nothing that is seen; of the others, those that are not heard become quiet.
fn find_unseen(ops: &mut [Op<Cpu>], effects: &[Effect]) -> Vec<bool> {
    let mut unseen = Vec::from_iter(effects.iter().map(|_| false));
    let (mut wanted, mut heard) = (u32::MAX, ARITHMETIC);
    for ((operation, effect), unseen) in ops.iter_mut().zip(effects).zip(&mut unseen).rev() {
        let is_heard = effect.changes & heard != 0;
        match effect.registers {
            Registers::Any => wanted = u32::MAX,
            Registers::Copy(_) | Registers::Fields { .. } => {
                let (a, b, c, also) = match effect.registers {
                    Registers::Fields { a, b, c, also } => (a, b, c, also),
                    _ => (64, 64, 0, 0),
                };
                if !is_heard && (a == 0 || wanted & bit(operation.a) == 0) {
                    *unseen = true;
                    continue;
                }
                if a >= 32 {
                    wanted &= !bit(operation.a);
                }
                wanted |= also;
                wanted |= if b > 0 { bit(operation.b) } else { 0 };
                wanted |= if c > 0 { bit(operation.c) } else { 0 };
            }
        }
        if let (Some(quiet), false) = (effect.quiet, is_heard) {
            operation.run = quiet;
        }
        heard = heard & !effect.sets | effect.reads;
    }
    unseen
}
