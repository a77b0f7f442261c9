//! Bits: tests and changes of one, search, counting, checksums. Intel SDM volume 2: BT*, BSF, BSR, POPCNT, CRC32.
//!
//! After a bit test only carry has a meaning; zero, sign and parity stay, overflow and adjust too (which are undefined).

use super::super::cpu::{ADDRESS, Cpu};
use super::super::flags::{Flags, cut, extend};
use super::{address, get, handlers, set};

/// BT, by the two bits of the opcode.
pub(in super::super) const TEST: u8 = 0;
/// BTS.
pub(in super::super) const SET: u8 = 1;
/// BTR.
pub(in super::super) const RESET: u8 = 2;

fn change<const K: u8, const W: u32>(cpu: &mut Cpu, value: u64, number: u64) -> Option<u64> {
    let bit = 1u64 << (number & u64::from(W - 1));
    cpu.flags.change_only_carry(value & bit != 0);
    match K {
        TEST => None,
        SET => Some(value | bit),
        RESET => Some(value & !bit),
        _ => Some(value ^ bit),
    }
}

/// CRC-32C of one byte more, least significant bit first.
fn checksum(sum: u32, byte: u8) -> u32 {
    (0..8).fold(sum ^ u32::from(byte), |sum, _| sum >> 1 ^ if sum & 1 != 0 { 0x82f6_3b78 } else { 0 })
}

handlers! {
    /// Bit b of a.
    fn by_register<const K: u8, const W: u32>(cpu, maps, blocks, ops, op) {
        let (value, number) = (get(cpu, op.a), get(cpu, op.b));
        if let Some(value) = change::<K, W>(cpu, value, number) {
            set::<W>(cpu, op.a, value);
        }
    }

    /// Bit imm of a.
    fn by_constant<const K: u8, const W: u32>(cpu, maps, blocks, ops, op) {
        let value = get(cpu, op.a);
        if let Some(value) = change::<K, W>(cpu, value, op.imm) {
            set::<W>(cpu, op.a, value);
        }
    }

    /// The address of the word with bit a of a string of bits in memory.
    fn word_address<const W: u32, const A: u8>(cpu, maps, blocks, ops, op) {
        let number = extend::<W>(get(cpu, op.a)) as i64;
        let bytes = number.div_euclid(W.into()) * i64::from(W / 8);
        let address = address::<A>(cpu, op).wrapping_add_signed(bytes);
        let address = if A == super::WORD { address & 0xffff_ffff } else { address };
        set::<64>(cpu, ADDRESS, address);
    }

    /// a = number of the lowest bit of b; a stays if there is none.
    fn scan_forward<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = cut::<W>(get(cpu, op.b));
        cpu.flags.logic::<W>(value);
        let found = if value == 0 { get(cpu, op.a) } else { value.trailing_zeros().into() };
        set::<W>(cpu, op.a, found);
    }

    /// a = number of the highest bit of b; a stays if there is none.
    fn scan_backward<const W: u32>(cpu, maps, blocks, ops, op) {
        let value = cut::<W>(get(cpu, op.b));
        cpu.flags.logic::<W>(value);
        let found = if value == 0 { get(cpu, op.a) } else { (63 - value.leading_zeros()).into() };
        set::<W>(cpu, op.a, found);
    }

    /// a = number of bits in b.
    fn count<const W: u32>(cpu, maps, blocks, ops, op) {
        let ones = cut::<W>(get(cpu, op.b)).count_ones();
        cpu.flags = Flags::default();
        cpu.flags.set_bits(if ones == 0 { super::super::flags::ZERO } else { 0 });
        set::<W>(cpu, op.a, ones.into());
    }

    /// a = checksum a with `W` bits of b added.
    fn add_to_checksum<const W: u32>(cpu, maps, blocks, ops, op) {
        let bytes = get(cpu, op.b).to_le_bytes();
        let sum = bytes.iter().take(W as usize / 8).fold(get(cpu, op.a) as u32, |sum, byte| checksum(sum, *byte));
        set::<64>(cpu, op.a, sum.into());
    }
}
