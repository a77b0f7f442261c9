//! From an address to its block: the physical page's table, or a block of its own where that cannot be. Entrance: [`find`].

use super::UNIT;
use super::order_u32;
use crate::block::{Block, BlockCache, BlockTable};
use crate::memory::{Access, Fault, FaultKind, Memory};
use crate::mips::assemble::{BLOCK_INSTRUCTIONS_MAX, assemble};
use crate::mips::op::Op;
use crate::page::{PAGE_MASK, PAGE_SIZE, Page};
use crate::stop::Stop;
use alloc::boxed::Box;
use alloc::sync::Arc;

/// The block at `address`, decoded if need be, with at most `left` instructions (more by a delay slot); or the stop.
#[cold]
#[inline(never)]
pub(super) fn find<M: Memory, const BIG: bool>(
    blocks: &mut BlockCache<Op>,
    memory: &mut M,
    address: u32,
    left: i64,
) -> Result<Arc<Block<Op>>, Stop> {
    if left <= 0 {
        return Err(Stop::Budget);
    }
    let start = u64::from(address);
    if blocks.promote(start, UNIT)
        && let Some(block) = blocks.shared(start, UNIT)
        && i64::from(block.instructions) <= left
    {
        return Ok(block);
    }
    if address & 3 != 0 {
        let fault = Fault { address: start, access: Access::Execute, kind: FaultKind::Unaligned };
        return Err(Stop::Fault(fault));
    }
    let fetched = memory.fetch(start).map_err(Stop::Fault)?;
    let first = fetched.page;
    let offset = (start & PAGE_MASK) as u32;
    let word_here = |distance: u32| word::<BIG>(&first, offset.wrapping_add(distance));
    if fetched.keeps_code {
        let table = if BIG { &first.code().mips_big } else { &first.code().mips_little };
        let table = table.get_or_init(|| Box::new(BlockTable::new(PAGE_SIZE >> UNIT)));
        let block = table.block(offset as usize >> UNIT, || assemble(BLOCK_INSTRUCTIONS_MAX, word_here));
        if let Some(block) = block.filter(|block| !block.operations.is_empty()) {
            if i64::from(block.instructions) <= left {
                blocks.put(start, UNIT, Arc::clone(block));
                return Ok(Arc::clone(block));
            }
            return Ok(Arc::new(assemble(u32::try_from(left).unwrap_or(u32::MAX), word_here)));
        }
    }
    let limit = u32::try_from(left).unwrap_or(u32::MAX);
    let block = assemble(limit, word_here);
    if !block.operations.is_empty() {
        return Ok(Arc::new(block));
    }
    // A branch on the last word of the page, its delay slot on the next one: decoded for this address only.
    let second = memory.fetch(start.wrapping_add(4) & u64::from(u32::MAX)).map_err(Stop::Fault)?;
    let block = assemble(1, |distance| match distance {
        0 => word_here(0),
        4 => word::<BIG>(&second.page, 0),
        _ => None,
    });
    let block = Arc::new(block);
    if fetched.keeps_code && second.keeps_code {
        blocks.put(start, UNIT, Arc::clone(&block));
    }
    Ok(block)
}

/// The instruction at an offset in a page, `None` behind its end.
fn word<const BIG: bool>(page: &Page, offset: u32) -> Option<u32> {
    (offset < PAGE_SIZE as u32).then(|| order_u32::<BIG>(page.load_u32(u64::from(offset))))
}
