//! Millions of entries in a few bytes each, whose memory is known exactly. Key type: [`Table`].
//!
//! An entry is 96 bits of keyed hash and the row of the list it stood in: 16 bytes, and a bucket index of half a byte.
//! With five million entries a subject that is on no list is taken for one with a chance of 10^-22, and since the key is
//! random nobody can look for such a subject beforehand.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Entries of one bucket, about.
const PER_BUCKET: usize = 8;

/// What an entry is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Print {
    /// finds the place
    first: u64,
    /// makes sure
    second: u32,
}

/// Makes prints; tables can only be asked with the keys that they were built with.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    first: RandomState,
    second: RandomState,
}

/// A print in the making. Bytes may come in pieces.
#[derive(Clone)]
pub(super) struct Printer {
    first: <RandomState as BuildHasher>::Hasher,
    second: <RandomState as BuildHasher>::Hasher,
}

impl Keys {
    /// Begins the print of an entry of this kind.
    pub(super) fn printer(&self, kind: u8) -> Printer {
        let mut printer = Printer { first: self.first.build_hasher(), second: self.second.build_hasher() };
        printer.write(&[kind]);
        printer
    }
}

impl Printer {
    pub(super) fn write(&mut self, bytes: &[u8]) {
        self.first.write(bytes);
        self.second.write(bytes);
    }
    pub(super) fn print(&self) -> Print {
        Print { first: self.first.finish(), second: self.second.finish() as u32 }
    }
}

/// What was read from a list, ready to be looked up.
#[derive(Debug, Default)]
pub(super) struct Table {
    firsts: Box<[u64]>,
    seconds: Box<[u32]>,
    rows: Box<[u32]>,
    /// where each bucket begins, and where the last one ends
    starts: Box<[u32]>,
    /// log2 of the number of buckets
    bucket_bits: u32,
}

impl Table {
    /// Of entries with their rows, in any order; of equal entries the first row stays. At most `u32::MAX` of them.
    pub(super) fn new(mut entries: Vec<(Print, u32)>) -> Table {
        entries.sort_unstable();
        entries.dedup_by_key(|(print, _)| *print);
        let bucket_bits = (entries.len() / PER_BUCKET).checked_ilog2().unwrap_or(0);
        let bucket = |print: &Print| bucket_of(print.first, bucket_bits);
        let mut starts = vec![0; (1 << bucket_bits) + 1];
        for (print, _) in &entries {
            if let Some(count) = starts.get_mut(bucket(print) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Table {
            firsts: entries.iter().map(|(print, _)| print.first).collect(),
            seconds: entries.iter().map(|(print, _)| print.second).collect(),
            rows: entries.iter().map(|(_, row)| *row).collect(),
            starts: starts.into(),
            bucket_bits,
        }
    }

    /// The row of an entry.
    pub(super) fn row(&self, print: Print) -> Option<u32> {
        let bucket = bucket_of(print.first, self.bucket_bits);
        let [start, end] = self.starts.get(bucket..bucket + 2)? else { return None };
        let range = *start as usize..*end as usize;
        let at = self.firsts.get(range.clone())?.iter().position(|first| *first == print.first)?;
        // Two entries that agree in 64 bits stand next to each other.
        (range.start + at..range.end)
            .take_while(|at| self.firsts.get(*at) == Some(&print.first))
            .find(|at| self.seconds.get(*at) == Some(&print.second))
            .and_then(|at| self.rows.get(at).copied())
    }

    /// Entries.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Bytes on the heap, exactly.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of_val(&*self.firsts)
            + size_of_val(&*self.seconds)
            + size_of_val(&*self.rows)
            + size_of_val(&*self.starts)
    }
}

/// The upper bits choose.
fn bucket_of(first: u64, bits: u32) -> usize {
    first.checked_shr(u64::BITS - bits).unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(keys: &Keys, text: &str) -> Print {
        let mut printer = keys.printer(0);
        printer.write(text.as_bytes());
        printer.print()
    }

    #[test]
    fn what_went_in_is_found_and_nothing_else() {
        let keys = Keys::default();
        for count in [0_u32, 1, 2, 15, 16, 17, 5000] {
            let entries = (0..count).map(|row| (print(&keys, &format!("entry {row}")), row)).collect();
            let table = Table::new(entries);
            assert_eq!(table.len(), count as usize);
            for row in 0..count {
                assert_eq!(table.row(print(&keys, &format!("entry {row}"))), Some(row));
                assert_eq!(table.row(print(&keys, &format!("other {row}"))), None);
            }
        }
    }

    #[test]
    fn of_two_equal_entries_the_first_stays() {
        let keys = Keys::default();
        let table = Table::new(vec![(print(&keys, "a"), 7), (print(&keys, "a"), 3), (print(&keys, "b"), 9)]);
        assert_eq!((table.len(), table.row(print(&keys, "a"))), (2, Some(3)));
    }

    #[test]
    fn prints_that_agree_in_their_first_part_are_told_apart() {
        let one = |second| Print { first: 5, second };
        let table = Table::new(vec![(one(1), 10), (one(2), 20)]);
        assert_eq!([0, 1, 2, 3].map(|second| table.row(one(second))), [None, Some(10), Some(20), None]);
    }

    #[test]
    fn an_entry_takes_sixteen_bytes_and_a_little() {
        let keys = Keys::default();
        let table = Table::new((0..100_000).map(|row| (print(&keys, &row.to_string()), row)).collect());
        let least = 100_000 * 16;
        assert!((least..least + least / 16).contains(&table.memory_bytes()), "{}", table.memory_bytes());
    }
}
