//! DNP3's data objects: group, variation, range, and the points in it.
//!
//! Key type: [`Object`]. IEEE 1815-2012 4.2.2.7 (qualifier) and annex A (sizes).
use crate::{cursor::Cursor, proto::Record};

/// Objects read of one fragment.
const OBJECTS: usize = 128;
/// Points shown of one object.
const POINTS: usize = 64;

/// One object header with its points.
pub(super) struct Object {
    pub(super) group: u8,
    pub(super) variation: u8,
    qualifier: u8,
    start: u32,
    stop: u32,
    count: u32,
    /// places of the points, and their bytes
    points: Vec<(u32, Vec<u8>)>,
}

/// Bytes of one point of a group and variation.
enum Size {
    Bytes(usize),
    /// points are bits, that many each
    Bits(usize),
}

/// Group, variation, size of a point.
const SIZES: &[(u8, u8, Size)] = &[
    (1, 1, Size::Bits(1)),
    (1, 2, Size::Bytes(1)),
    (2, 1, Size::Bytes(1)),
    (2, 2, Size::Bytes(7)),
    (2, 3, Size::Bytes(3)),
    (3, 1, Size::Bits(2)),
    (3, 2, Size::Bytes(1)),
    (4, 1, Size::Bytes(1)),
    (4, 2, Size::Bytes(7)),
    (4, 3, Size::Bytes(3)),
    (10, 1, Size::Bits(1)),
    (10, 2, Size::Bytes(1)),
    (11, 1, Size::Bytes(1)),
    (11, 2, Size::Bytes(7)),
    (12, 1, Size::Bytes(11)),
    (12, 2, Size::Bytes(11)),
    (12, 3, Size::Bits(1)),
    (13, 1, Size::Bytes(1)),
    (13, 2, Size::Bytes(7)),
    (20, 1, Size::Bytes(5)),
    (20, 2, Size::Bytes(3)),
    (20, 5, Size::Bytes(4)),
    (20, 6, Size::Bytes(2)),
    (21, 1, Size::Bytes(5)),
    (21, 2, Size::Bytes(3)),
    (21, 5, Size::Bytes(11)),
    (21, 6, Size::Bytes(9)),
    (21, 9, Size::Bytes(4)),
    (21, 10, Size::Bytes(2)),
    (22, 1, Size::Bytes(5)),
    (22, 2, Size::Bytes(3)),
    (22, 5, Size::Bytes(11)),
    (22, 6, Size::Bytes(9)),
    (23, 1, Size::Bytes(5)),
    (23, 2, Size::Bytes(3)),
    (23, 5, Size::Bytes(11)),
    (23, 6, Size::Bytes(9)),
    (30, 1, Size::Bytes(5)),
    (30, 2, Size::Bytes(3)),
    (30, 3, Size::Bytes(4)),
    (30, 4, Size::Bytes(2)),
    (30, 5, Size::Bytes(5)),
    (30, 6, Size::Bytes(9)),
    (32, 1, Size::Bytes(5)),
    (32, 2, Size::Bytes(3)),
    (32, 3, Size::Bytes(11)),
    (32, 4, Size::Bytes(9)),
    (32, 5, Size::Bytes(5)),
    (32, 6, Size::Bytes(9)),
    (32, 7, Size::Bytes(11)),
    (32, 8, Size::Bytes(15)),
    (34, 1, Size::Bytes(2)),
    (34, 2, Size::Bytes(4)),
    (34, 3, Size::Bytes(4)),
    (40, 1, Size::Bytes(5)),
    (40, 2, Size::Bytes(3)),
    (40, 3, Size::Bytes(5)),
    (40, 4, Size::Bytes(9)),
    (41, 1, Size::Bytes(5)),
    (41, 2, Size::Bytes(3)),
    (41, 3, Size::Bytes(5)),
    (41, 4, Size::Bytes(9)),
    (42, 1, Size::Bytes(5)),
    (42, 2, Size::Bytes(3)),
    (42, 3, Size::Bytes(11)),
    (42, 4, Size::Bytes(9)),
    (42, 5, Size::Bytes(5)),
    (42, 6, Size::Bytes(9)),
    (42, 7, Size::Bytes(11)),
    (42, 8, Size::Bytes(15)),
    (50, 1, Size::Bytes(6)),
    (50, 2, Size::Bytes(10)),
    (50, 3, Size::Bytes(6)),
    (50, 4, Size::Bytes(11)),
    (51, 1, Size::Bytes(6)),
    (51, 2, Size::Bytes(6)),
    (52, 1, Size::Bytes(2)),
    (52, 2, Size::Bytes(2)),
    (80, 1, Size::Bits(1)),
    (102, 1, Size::Bytes(1)),
];

/// Functions whose objects have no points: they only say which.
fn only_names(function: u8) -> bool {
    matches!(function, 1 | 7..=10 | 20..=22)
}

fn number(cursor: &mut Cursor<'_>, bytes: usize) -> Option<u32> {
    let bytes = cursor.take(bytes)?;
    Some(bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte)))
}

/// All objects, and whether every one of them could be read.
pub(super) fn read_all(cursor: &mut Cursor<'_>, function: u8) -> (Vec<Object>, bool) {
    let mut objects = Vec::new();
    while cursor.left() > 0 && objects.len() < OBJECTS {
        let Some(mut object) = head(cursor) else { return (objects, false) };
        let whole = only_names(function) || object.read_points(cursor).is_some();
        objects.push(object);
        if !whole {
            return (objects, false);
        }
    }
    (objects, cursor.left() == 0)
}

/// The header of an object: IEEE 1815-2012 tables 4-5 and 4-6.
fn head(cursor: &mut Cursor<'_>) -> Option<Object> {
    let (group, variation, qualifier) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    let (mut start, mut stop) = (0, 0);
    let count = match qualifier & 0x0f {
        code @ 0..=2 => {
            let bytes = 1 << code;
            (start, stop) = (number(cursor, bytes)?, number(cursor, bytes)?);
            stop.checked_sub(start)?.checked_add(1)?
        }
        6 => 0,
        code @ 7..=9 => number(cursor, 1 << (code - 7))?,
        0x0b => number(cursor, 1)?,
        _ => return None,
    };
    Some(Object { group, variation, qualifier, start, stop, count, points: Vec::new() })
}

impl Object {
    fn prefix(&self) -> u8 {
        self.qualifier >> 4 & 7
    }
    fn read_points(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        if self.count == 0 || self.variation == 0 || self.group == 60 {
            return Some(());
        }
        let prefix = match self.prefix() {
            0 => 0,
            code @ 1..=3 | code @ 4..=6 => 1usize << ((code - 1) % 3),
            _ => return None,
        };
        let sized = self.prefix() >= 4;
        let row =
            SIZES.iter().find(|(group, variation, _)| (*group, *variation) == (self.group, self.variation));
        let size = match row {
            Some((.., Size::Bits(bits))) if prefix == 0 => {
                let bits = (self.count as usize).checked_mul(*bits)?;
                return cursor.skip(bits.div_ceil(8));
            }
            Some((.., Size::Bytes(bytes))) => *bytes,
            // Octet strings: the variation is the length.
            None if matches!(self.group, 110 | 111) => usize::from(self.variation),
            None if sized => 0,
            _ => return None,
        };
        for place in 0..self.count {
            let lead = number(cursor, prefix)?;
            let bytes = cursor.take(if sized { lead as usize } else { size })?;
            if self.points.len() < POINTS {
                let index = if prefix > 0 && !sized { lead } else { self.start.wrapping_add(place) };
                self.points.push((index, bytes.to_vec()));
            }
        }
        Some(())
    }
    /// What EVE shows of it.
    pub(super) fn log(&self, record: &mut dyn Record) {
        record.number("group", i64::from(self.group));
        record.number("variation", i64::from(self.variation));
        record.number("qualifier", i64::from(self.qualifier));
        record.number("prefix_code", i64::from(self.prefix()));
        record.number("range_code", i64::from(self.qualifier & 0x0f));
        record.number("start", i64::from(self.start));
        record.number("stop", i64::from(self.stop));
        record.number("count", i64::from(self.count));
        if self.points.is_empty() {
            return;
        }
        record.list("points", self.points.len(), &mut |place, record| {
            let Some((index, bytes)) = self.points.get(place) else { return };
            record.number("prefix", if self.prefix() == 0 { 0 } else { i64::from(*index) });
            record.number("index", i64::from(*index));
            record.numbers("data", bytes);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], function: u8, expect: &[(u8, u8, usize)], whole: bool) {
        let (objects, complete) = read_all(&mut Cursor::new(bytes), function);
        let found: Vec<_> = objects.iter().map(|o| (o.group, o.variation, o.points.len())).collect();
        assert_eq!((found.as_slice(), complete), (expect, whole));
    }

    #[test]
    fn points_are_passed_over_by_their_size() {
        check(
            &[30, 1, 0, 0, 1, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 60, 2, 6],
            129,
            &[(30, 1, 2), (60, 2, 0)],
            true,
        );
        check(&[12, 1, 0x28, 1, 0, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 5, &[(12, 1, 1)], true);
        check(&[1, 1, 0, 0, 9, 0xff, 3], 129, &[(1, 1, 0)], true);
        check(&[9, 9, 0, 0, 9], 129, &[(9, 9, 0)], false);
        check(&[30, 1, 2, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 129, &[], false);
    }
}
