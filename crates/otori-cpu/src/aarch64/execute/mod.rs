//! Instructions done in one piece, from the word: system registers, CRCs, exclusive and ordered accesses, loads and
//! stores of structures. Entrance: [`run`].

mod exclusive;
mod structure;
mod system;

use super::Cpu;
use super::word::{Word, destination, source};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Interrupt, Next, Op, end, settle};
use crate::stop::Stop;

/// How an instruction ends.
pub(super) type Done = Result<(), Interrupt>;

/// It is none, or not for users.
pub(super) const ILLEGAL: Interrupt = Interrupt::Stop(Stop::Illegal);

/// The instruction whose word is in `imm`.
pub(super) fn run<'a>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, ..] = ops else { return end() };
    let done = execute(cpu, maps, Word(op.imm as u32));
    settle(cpu, maps, blocks, ops, done)
}

fn execute(cpu: &mut Cpu, maps: &Maps, word: Word) -> Done {
    match word.bits(25, 4) {
        10 | 11 => system::execute(cpu, maps, word),
        4 | 6 | 12 | 14 if word.bits(24, 6) == 8 => exclusive::execute(cpu, maps, word),
        4 | 6 | 12 | 14 if word.bit(26) => structure::execute(cpu, maps, word),
        5 | 13 => checksum(cpu, word),
        _ => Err(ILLEGAL),
    }
}

/// CRC-32 (IEEE 802.3) and CRC-32C (Castagnoli), least significant bit first.
const POLYNOMIALS: [u32; 2] = [0xedb8_8320, 0x82f6_3b78];

/// `crc32b` to `crc32cx`.
fn checksum(cpu: &mut Cpu, word: Word) -> Done {
    let size = word.bits(10, 2);
    if word.bit(31) != (size == 3) {
        return Err(ILLEGAL);
    }
    let polynomial = POLYNOMIALS[usize::from(word.bit(12))];
    let mut checksum = cpu.get(source(word.n())) as u32;
    let value = cpu.get(source(word.m()));
    for byte in value.to_le_bytes().iter().take(1 << size) {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = checksum >> 1 ^ if checksum & 1 == 1 { polynomial } else { 0 };
        }
    }
    cpu.set(destination(word.d()), u64::from(checksum));
    Ok(())
}
