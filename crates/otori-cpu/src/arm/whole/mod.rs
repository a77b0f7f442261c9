//! Instructions that are done in one piece, from their A32 word. Entrances: [`whole`], [`simd`].

mod media;
mod multiply;
pub(in crate::arm) mod status;
mod synchronize;

use crate::arm::cpu::Cpu;
use crate::arm::decode::{bit, field};
use crate::arm::execute::data::{NOTHING, Op, Run};
use crate::arm::{neon, vfp};
use crate::block::BlockCache;
use crate::maps::Maps;
use crate::op::{Interrupt, Next, settle};
use crate::stop::Stop;

/// What doing one gives.
pub(in crate::arm) type Done = Result<(), Interrupt>;

/// Not an instruction of this processor.
pub(in crate::arm) const ILLEGAL: Done = Err(Interrupt::Stop(Stop::Illegal));

/// What these instructions see of the world.
pub(in crate::arm) struct Context<'a> {
    pub maps: &'a Maps,
    /// Is data big endian?
    pub big: bool,
}

fn whole_one<'a, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let done = execute(cpu, &Context { maps, big: BIG }, op.imm as u32, (op.imm >> 32) as u32);
    settle(cpu, maps, blocks, ops, done)
}

fn simd_one<'a, const BIG: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op],
) -> Next {
    let [op, ..] = ops else { return NOTHING };
    let context = Context { maps, big: BIG };
    let word = op.imm as u32;
    let done =
        if word >> 28 == 15 { neon::execute(cpu, &context, word) } else { vfp::execute(cpu, &context, word) };
    settle(cpu, maps, blocks, ops, done)
}

/// The function of an integer instruction.
pub(in crate::arm) fn whole(big: bool) -> Run {
    if big { whole_one::<true> } else { whole_one::<false> }
}

/// The function of a VFP or Advanced SIMD instruction.
pub(in crate::arm) fn simd(big: bool) -> Run {
    if big { simd_one::<true> } else { simd_one::<false> }
}

fn execute(cpu: &mut Cpu, context: &Context, word: u32, extra: u32) -> Done {
    match (field(word, 25, 3), bit(word, 4)) {
        (0, true) if bit(word, 7) && bit(word, 24) => synchronize::execute(cpu, context, word, extra),
        (0, true) if bit(word, 7) => multiply::execute(cpu, word),
        (0, false) if bit(word, 7) => multiply::halves(cpu, word),
        (0, _) => status::execute(cpu, word),
        (1, _) => status::move_immediate(cpu, word),
        (2, _) => {
            cpu.exclusive = None;
            Ok(())
        }
        (3, _) if field(word, 23, 2) == 2 => multiply::media(cpu, word),
        (3, _) => media::execute(cpu, word),
        (7, _) => status::coprocessor(cpu, word),
        _ => ILLEGAL,
    }
}
