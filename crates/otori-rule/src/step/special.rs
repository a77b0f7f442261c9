//! Steps that compute, decode, ask lists, or look at the buffer as a whole.
//!
//! Neighbour: [`super`], which has the steps on bytes and expressions.
use super::{Ber, Buffer, Hash, ListTest, Operator, Run, Step};
use crate::{
    base64::{self, Mode},
    limits::BASE64_BYTES,
};

impl Run<'_> {
    pub(super) fn special(&mut self, step: &Step, rest: &[Step], cursor: usize) -> bool {
        match step {
            Step::ByteMath { number, operator, with, into } => {
                let Some((value, end)) = self.number(number, cursor) else { return false };
                let Some(result) = compute(value, *operator, self.value(*with)) else { return false };
                if let Some(place) = self.extracted.get_mut(*into) {
                    *place = result;
                }
                self.steps(rest, end)
            }
            Step::Decoded { count, offset, relative, steps } => {
                let base = if *relative { cursor } else { 0 };
                let bytes = self.buffer.bytes.get(base + offset..).unwrap_or(&[]);
                let part = bytes.get(..*count.min(&BASE64_BYTES)).unwrap_or(bytes);
                let decoded = base64::decode(part, Mode::Rfc4648).filter(|bytes| !bytes.is_empty());
                let holds = decoded.is_some_and(|bytes| {
                    let buffer = Buffer { bytes: &bytes, complete: true, from_start: true };
                    let mut inner = Run::new(buffer, self.tries, self.extracted);
                    inner.steps(steps, 0)
                });
                holds && self.steps(rest, cursor)
            }
            Step::Listed(list, test) => {
                let bytes = self.buffer.bytes;
                let Ok(mut list) = list.lock() else { return false };
                let holds = match test {
                    ListTest::IsSet => list.get(bytes).is_some(),
                    ListTest::IsNotSet => list.get(bytes).is_none(),
                    ListTest::Set => list.set(bytes),
                    ListTest::Unset => list.unset(bytes),
                    ListTest::Reputation(compare) => {
                        list.get(bytes).is_some_and(|value| compare.holds(u64::from(value)))
                    }
                };
                drop(list);
                holds && self.steps(rest, cursor)
            }
            Step::NumberIs(_) | Step::NumberAmong(..) => {
                let value = self.buffer.bytes.try_into().ok().map(u64::from_be_bytes);
                value.is_some_and(|value| number_holds(step, value)) && self.steps(rest, cursor)
            }
            // The clock is not in the buffer: it was asked before.
            Step::IsPast(_) => self.steps(rest, cursor),
            Step::Entropy { count, offset, compare } => {
                let bytes = self.buffer.bytes.get(*offset..).unwrap_or(&[]);
                let part = bytes.get(..count.unwrap_or(bytes.len()).min(bytes.len())).unwrap_or(bytes);
                !part.is_empty() && compare.holds(entropy_milli(part)) && self.steps(rest, cursor)
            }
            Step::Ber(ber) => {
                let base = if ber.relative { cursor } else { 0 };
                let bytes = self.buffer.bytes.get(base.saturating_add(ber.offset)..).unwrap_or(&[]);
                ber.finds(bytes) && self.steps(rest, cursor)
            }
            Step::Hashed(list, hash, negated) => {
                let digest = hash.of(self.buffer.bytes);
                let there = list.lock().is_ok_and(|list| list.get(&digest).is_some());
                there != *negated && self.steps(rest, cursor)
            }
            Step::DataAt { at, relative, negated } => {
                let at = self.value(*at);
                let length = self.buffer.bytes.len() as i64;
                let there = if *relative { at.saturating_add(cursor as i64) <= length } else { at < length };
                there != *negated && self.steps(rest, cursor)
            }
            Step::Size(compare) => compare.holds(self.buffer.bytes.len() as u64) && self.steps(rest, cursor),
            Step::Absent { or_else } => *or_else && self.steps(rest, cursor),
            // Steps on bytes are decided before it comes here.
            Step::Content(_)
            | Step::Pattern { .. }
            | Step::ByteTest { .. }
            | Step::ByteJump { .. }
            | Step::ByteExtract { .. } => false,
        }
    }
}

/// Whether a number is what the step wants.
fn number_holds(step: &Step, value: u64) -> bool {
    match step {
        Step::NumberIs(compare) => compare.holds(value),
        Step::NumberAmong(ranges, negated) => {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&value)) != *negated
        }
        _ => false,
    }
}

/// Shannon's entropy in thousandths of a bit per byte.
fn entropy_milli(bytes: &[u8]) -> u64 {
    let mut counts = [0u32; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let all = bytes.len() as f64;
    let share = |count: &u32| f64::from(*count) / all;
    let bits: f64 = counts.iter().filter(|count| **count > 0).map(share).map(|p| -p * p.log2()).sum();
    (bits * 1000.0).round() as u64
}

/// Elements of BER that are looked at.
const BER_ELEMENTS: usize = 256;

impl Ber {
    /// Walks the elements, into those that have elements inside.
    fn finds(&self, mut bytes: &[u8]) -> bool {
        for _ in 0..BER_ELEMENTS {
            let Some((tag, length, head)) = ber_head(bytes) else { return false };
            let body = bytes.get(head..).unwrap_or(&[]);
            if self.longest.is_some_and(|most| length > most) {
                return true;
            }
            let first = body.first().copied().unwrap_or(0);
            let unused = self.bit_string && tag == 3 && length > 0 && first > 7;
            if unused || self.double && tag == 9 && first & 0xc0 == 0 && length > 256 {
                return true;
            }
            let skip = if tag & 0x20 == 0 { usize::try_from(length).unwrap_or(usize::MAX) } else { 0 };
            bytes = body.get(skip..).unwrap_or(&[]);
        }
        false
    }
}

/// Tag, length of the contents, length of both.
fn ber_head(bytes: &[u8]) -> Option<(u8, u64, usize)> {
    let (tag, first) = (*bytes.first()?, *bytes.get(1)?);
    if first < 0x80 {
        return Some((tag, u64::from(first), 2));
    }
    let count = usize::from(first & 0x7f);
    let digits = bytes.get(2..2 + count)?;
    let length = digits.iter().fold(0u64, |length, byte| length.saturating_mul(256) + u64::from(*byte));
    Some((tag, length, 2 + count))
}

fn compute(value: i64, operator: Operator, with: i64) -> Option<i64> {
    let shift = || u32::try_from(with).ok();
    Some(match operator {
        Operator::Add => value.wrapping_add(with),
        Operator::Subtract => value.wrapping_sub(with),
        Operator::Multiply => value.wrapping_mul(with),
        Operator::Divide => value.checked_div(with)?,
        Operator::Left => value.checked_shl(shift()?)?,
        Operator::Right => value.checked_shr(shift()?)?,
    })
}

impl Hash {
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        use sha2::Digest;
        match self {
            Hash::Md5 => otori_wire::digest::Md5::of(bytes).to_vec(),
            Hash::Sha1 => otori_wire::digest::Sha1::of(bytes).to_vec(),
            Hash::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
        }
    }
}
