//! Which blocks of a file there are; key type [`Extents`]. Neighbours: inode.rs has them, space.rs makes and takes them.
//! Specification: lseek(2) on `SEEK_HOLE`, fallocate(2). The bytes of a hole are kept as zeros, so what a file costs
//! the machine is its length.
use alloc::vec::Vec;

/// Bytes of a block.
pub const BLOCK_BYTES: u64 = 4096;

/// The block that an offset is in.
fn block(offset: u64) -> u32 {
    u32::try_from(offset / BLOCK_BYTES).unwrap_or(u32::MAX)
}
/// The first block that begins at an offset or behind it.
pub fn blocks(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(BLOCK_BYTES)).unwrap_or(u32::MAX)
}

/// Numbers of blocks as ranges that are sorted and do not touch: at most as many as a file has blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    fn insert(&mut self, start: u32, end: u32) {
        if start >= end {
            return;
        }
        let first = self.0.partition_point(|range| range.1 < start);
        let last = self.0.partition_point(|range| range.0 <= end);
        let touched = self.0.get(first..last).unwrap_or_default();
        let start = touched.first().map_or(start, |range| range.0.min(start));
        let end = touched.last().map_or(end, |range| range.1.max(end));
        self.0.splice(first..last, [(start, end)]);
    }
    fn remove(&mut self, start: u32, end: u32) {
        let cut = |&(from, to): &(u32, u32)| {
            let parts = [(from, to.min(start)), (from.max(end), to)];
            parts.into_iter().filter(|(from, to)| from < to)
        };
        if start < end {
            self.0 = self.0.iter().flat_map(cut).collect();
        }
    }
    fn count(&self) -> u64 {
        self.0.iter().map(|(start, end)| u64::from(end - start)).sum()
    }
    /// The range that holds a block, or the first behind it.
    fn at_or_behind(&self, block: u32) -> Option<(u32, u32)> {
        self.0.get(self.0.partition_point(|range| range.1 <= block)).copied()
    }
    /// Takes blocks out; what is behind them moves up.
    fn collapse(&mut self, start: u32, end: u32) {
        self.remove(start, end);
        let moved = |place: u32| if place >= end { place - (end - start) } else { place };
        let before = core::mem::take(&mut self.0);
        before.into_iter().for_each(|(from, to)| self.insert(moved(from), moved(to)));
    }
    /// Makes room of `count` blocks; what is behind moves back.
    fn spread(&mut self, at: u32, count: u32) {
        let before = core::mem::take(&mut self.0);
        for (from, to) in before {
            self.insert(from, to.min(at));
            self.insert(from.max(at).saturating_add(count), to.saturating_add(count).max(from.max(at)));
        }
        self.remove(at, at.saturating_add(count));
    }
}

/// The blocks that a file has, and those of them that something was written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extents {
    held: Ranges,
    written: Ranges,
}

impl Extents {
    /// A file of that length without holes.
    pub fn whole(bytes: u64) -> Extents {
        let all = Ranges(if bytes == 0 { Vec::new() } else { [(0, blocks(bytes))].into() });
        Extents { held: all.clone(), written: all }
    }
    /// Whether the file of that length is as one that never had holes.
    pub fn is_whole(&self, bytes: u64) -> bool {
        *self == Extents::whole(bytes)
    }
    /// How many blocks there are.
    pub fn count(&self) -> u64 {
        self.held.count()
    }
    /// Bytes were written there.
    pub fn write(&mut self, offset: u64, length: u64) {
        let (start, end) = (block(offset), blocks(offset.saturating_add(length)));
        self.held.insert(start, end);
        self.written.insert(start, end);
    }
    /// Blocks are there, with zeros.
    pub fn reserve(&mut self, offset: u64, length: u64) {
        self.held.insert(block(offset), blocks(offset.saturating_add(length)));
    }
    /// The file ends there.
    pub fn cut(&mut self, bytes: u64) {
        self.held.remove(blocks(bytes), u32::MAX);
        self.written.remove(blocks(bytes), u32::MAX);
    }
    /// Blocks that lie in a range whole are gone.
    pub fn punch(&mut self, offset: u64, end: u64) {
        self.held.remove(blocks(offset), block(end));
        self.written.remove(blocks(offset), block(end));
    }
    /// Blocks that lie in a range whole have nothing written to them; all of the range are there.
    pub fn clear(&mut self, offset: u64, end: u64) {
        self.written.remove(blocks(offset), block(end));
        self.held.insert(block(offset), blocks(end));
    }
    /// Whole blocks are taken out.
    pub fn collapse(&mut self, offset: u64, end: u64) {
        self.held.collapse(block(offset), block(end));
        self.written.collapse(block(offset), block(end));
    }
    /// Whole blocks are put in, as a hole.
    pub fn spread(&mut self, offset: u64, length: u64) {
        self.held.spread(block(offset), block(length));
        self.written.spread(block(offset), block(length));
    }
    /// The first offset from there on where something is written.
    pub fn data_from(&self, offset: u64) -> Option<u64> {
        let (start, _) = self.written.at_or_behind(block(offset))?;
        Some(offset.max(u64::from(start) * BLOCK_BYTES))
    }
    /// The first offset from there on where nothing is written.
    pub fn hole_from(&self, offset: u64) -> u64 {
        match self.written.at_or_behind(block(offset)) {
            Some((start, end)) if start <= block(offset) => u64::from(end) * BLOCK_BYTES,
            _ => offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const B: u64 = BLOCK_BYTES;

    #[test]
    fn ranges_join_split_and_move_as_a_plain_row_of_blocks_does() {
        let mut seed = 7_u32;
        let mut next = |bound: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % bound
        };
        for _ in 0..300 {
            let (mut ranges, mut plain) = (Ranges::default(), Vec::from([false; 64]));
            for _ in 0..20 {
                let start = next(40);
                let end = start + next(12);
                let (from, to) = (start as usize, end as usize);
                match next(4) {
                    0 | 1 => {
                        ranges.insert(start, end);
                        plain[from..to].fill(true);
                    }
                    2 => {
                        ranges.remove(start, end);
                        plain[from..to].fill(false);
                    }
                    _ if next(2) == 0 => {
                        ranges.collapse(start, end);
                        plain.drain(from..to);
                        plain.resize(64, false);
                    }
                    _ => {
                        ranges.remove(40, 64);
                        plain[40..].fill(false);
                        ranges.spread(start, end - start);
                        plain.splice(from..from, core::iter::repeat_n(false, to - from));
                        plain.truncate(64);
                    }
                }
                let shown: Vec<bool> = (0..64)
                    .map(|block| ranges.0.iter().any(|(start, end)| (*start..*end).contains(&block)))
                    .collect();
                assert_eq!(shown, plain);
                assert!(ranges.0.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ranges:?}");
            }
        }
    }

    #[test]
    fn what_is_reserved_is_there_and_is_a_hole_all_the_same() {
        let mut extents = Extents::whole(B + 1);
        assert!(extents.is_whole(2 * B) && extents.count() == 2);
        extents.reserve(8 * B, B);
        assert_eq!((extents.count(), extents.data_from(2 * B), extents.hole_from(5)), (3, None, 2 * B));
        extents.write(8 * B + 7, 1);
        assert_eq!(extents.data_from(2 * B), Some(8 * B));
        extents.punch(1, 9 * B);
        assert_eq!((extents.count(), extents.hole_from(0)), (1, B));
        extents.cut(0);
        assert!(extents.is_whole(0));
    }
}
