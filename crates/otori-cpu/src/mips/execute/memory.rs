//! Loads and stores. Fields: `a` the register, `b` the base, `imm` the displacement; of pairs also `c` the second
//! register and `d` the step to it. Unaligned words and halves are done as Linux does them for MIPS programs, unless
//! [`Cpu::fixes_unaligned`] says no.

use super::{Cpu, order_u16, order_u32, unaligned};
use crate::chain::{links, load, store};
use crate::memory::Access::{Read, Write};
use crate::op::{interrupted, miss, stop};
use crate::slot::Slot;

links! { Cpu;
    Lb(cpu, op, maps, blocks, ops) {
        let value = load!(load_u8, 1, cpu.address(op.b, op.imm), (cpu, maps, blocks, ops));
        cpu.set(op.a, i32::from(value as i8) as u32);
    }
    Lbu(cpu, op, maps, blocks, ops) {
        let value = load!(load_u8, 1, cpu.address(op.b, op.imm), (cpu, maps, blocks, ops));
        cpu.set(op.a, u32::from(value));
    }
    Sb(cpu, op, maps, blocks, ops) {
        let value = cpu.get(op.a) as u8;
        store!(store_u8, 1, cpu.address(op.b, op.imm), value, (cpu, maps, blocks, ops));
    }
}

/// Goes on if that was done; else comes back for a page, or stops.
macro_rules! done {
    ($done:expr, $cpu:ident, $ops:ident) => {
        if let Err(interrupt) = $done {
            return interrupted($cpu, $ops, interrupt);
        }
    };
}

/// Stops at an unaligned address if the kernel was told not to mend it: seen by the slow version only.
macro_rules! mind {
    ($size:literal, $access:ident, ($cpu:ident, $op:ident, $ops:ident)) => {
        if !FAST && !$cpu.fixes_unaligned {
            let address = $cpu.address($op.b, $op.imm);
            if address & ($size - 1) != 0 {
                return stop($cpu, $ops, unaligned(address, $access));
            }
        }
    };
}

/// Loads and stores of one byte order.
macro_rules! ordered {
    ($module:ident, $big:literal) => {
        pub(in crate::mips) mod $module {
            use super::*;
            const BIG: bool = $big;

            links! { Cpu;
                Lh(cpu, op, maps, blocks, ops) {
                    mind!(2, Read, (cpu, op, ops));
                    let value = load!(load_u16, 2, cpu.address(op.b, op.imm), (cpu, maps, blocks, ops));
                    cpu.set(op.a, i32::from(order_u16::<BIG>(value) as i16) as u32);
                }
                Lhu(cpu, op, maps, blocks, ops) {
                    mind!(2, Read, (cpu, op, ops));
                    let value = load!(load_u16, 2, cpu.address(op.b, op.imm), (cpu, maps, blocks, ops));
                    cpu.set(op.a, u32::from(order_u16::<BIG>(value)));
                }
                Lw(cpu, op, maps, blocks, ops) {
                    mind!(4, Read, (cpu, op, ops));
                    let value = load!(load_u32, 4, cpu.address(op.b, op.imm), (cpu, maps, blocks, ops));
                    cpu.set(op.a, order_u32::<BIG>(value));
                }
                /// A multiple of four, `imm` bytes from the start of the block.
                LwRelative(cpu, op, maps, blocks, ops) {
                    let address = u64::from((cpu.frame.start as u32).wrapping_add(op.imm as u32));
                    let value = load!(load_u32, 4, address, (cpu, maps, blocks, ops));
                    cpu.set(op.a, order_u32::<BIG>(value));
                }
                Sh(cpu, op, maps, blocks, ops) {
                    mind!(2, Write, (cpu, op, ops));
                    let value = order_u16::<BIG>(cpu.get(op.a) as u16);
                    store!(store_u16, 2, cpu.address(op.b, op.imm), value, (cpu, maps, blocks, ops));
                }
                Sw(cpu, op, maps, blocks, ops) {
                    mind!(4, Write, (cpu, op, ops));
                    let value = order_u32::<BIG>(cpu.get(op.a));
                    store!(store_u32, 4, cpu.address(op.b, op.imm), value, (cpu, maps, blocks, ops));
                }
            }

            links! { Cpu;
                Lwl(cpu, op, maps, _blocks, ops) {
                    let address = cpu.address(op.b, op.imm);
                    let Some(page) = maps.readable(address, 0) else { return miss(cpu, ops, address, 1, Read) };
                    cpu.load_left::<BIG>(op.a, address, page.load_u32(address & !3));
                }
                Lwr(cpu, op, maps, _blocks, ops) {
                    let address = cpu.address(op.b, op.imm);
                    let Some(page) = maps.readable(address, 0) else { return miss(cpu, ops, address, 1, Read) };
                    cpu.load_right::<BIG>(op.a, address, page.load_u32(address & !3));
                }
                Swl(cpu, op, maps, _blocks, ops) {
                    let address = cpu.address(op.b, op.imm);
                    let Some(page) = maps.writable(address, 0) else { return miss(cpu, ops, address, 1, Write) };
                    let (byte, old) = (position::<BIG>(address), order_u32::<BIG>(page.load_u32(address & !3)));
                    let new = old & 0xffff_ff00 << (8 * byte) | cpu.get(op.a) >> (24 - 8 * byte);
                    page.store_u32(address & !3, order_u32::<BIG>(new));
                }
                Swr(cpu, op, maps, _blocks, ops) {
                    let address = cpu.address(op.b, op.imm);
                    let Some(page) = maps.writable(address, 0) else { return miss(cpu, ops, address, 1, Write) };
                    let (byte, old) = (position::<BIG>(address), order_u32::<BIG>(page.load_u32(address & !3)));
                    let new = old & !(u32::MAX << (8 * byte)) | cpu.get(op.a) << (8 * byte);
                    page.store_u32(address & !3, order_u32::<BIG>(new));
                }
                Ll(cpu, op, maps, _blocks, ops) {
                    done!(cpu.load_linked::<BIG>(op.a, cpu.address(op.b, op.imm), maps), cpu, ops);
                }
                Sc(cpu, op, maps, _blocks, ops) {
                    done!(cpu.store_conditional::<BIG>(op.a, cpu.address(op.b, op.imm), maps), cpu, ops);
                }
                Lwc1(cpu, op, maps, _blocks, ops) {
                    done!(cpu.load_single::<BIG>(op.a, cpu.address(op.b, op.imm), maps), cpu, ops);
                }
                Ldc1(cpu, op, maps, _blocks, ops) {
                    done!(cpu.load_double::<BIG>(op.a, cpu.address(op.b, op.imm), maps), cpu, ops);
                }
                Swc1(cpu, op, maps, _blocks, ops) {
                    done!(cpu.store_single::<BIG>(op.a, cpu.address(op.b, op.imm), maps), cpu, ops);
                }
                Sdc1(cpu, op, maps, _blocks, ops) {
                    done!(cpu.store_double::<BIG>(op.a, cpu.address(op.b, op.imm), maps), cpu, ops);
                }
                /// COP1X: the word is in `imm`.
                FloatExtended(cpu, op, maps, _blocks, ops) {
                    done!(cpu.run_extended::<BIG>(op.imm as u32, maps), cpu, ops);
                }
            }
        }
    };
}

ordered!(little, false);
ordered!(big, true);

/// Number of the byte at an address within its word, from the least significant.
#[inline(always)]
fn position<const BIG: bool>(address: u64) -> u32 {
    address as u32 & 3 ^ if BIG { 3 } else { 0 }
}

impl Cpu {
    /// `lwl`: bytes from `address` to the less significant end of its word go to the more significant end of `t`.
    #[inline(always)]
    fn load_left<const BIG: bool>(&mut self, t: Slot, address: u64, word: u32) {
        let (byte, word) = (position::<BIG>(address), order_u32::<BIG>(word));
        self.set(t, self.get(t) & 0x00ff_ffff >> (8 * byte) | word << (24 - 8 * byte));
    }

    /// `lwr`: bytes from the more significant end of the word to `address` go to the less significant end of `t`.
    #[inline(always)]
    fn load_right<const BIG: bool>(&mut self, t: Slot, address: u64, word: u32) {
        let (byte, word) = (position::<BIG>(address), order_u32::<BIG>(word));
        self.set(t, self.get(t) & !(u32::MAX >> (8 * byte)) | word >> (8 * byte));
    }
}
