//! Values in BER: a tag, a length, bytes. Key function: [`value`]. X.690 8.1; only tags of one byte and definite lengths.

/// A sequence.
pub(super) const SEQUENCE: u8 = 0x30;
/// A set.
pub(super) const SET: u8 = 0x31;
/// A truth.
pub(super) const BOOLEAN: u8 = 1;
/// A whole number.
pub(super) const INTEGER: u8 = 2;
/// Bytes.
pub(super) const OCTETS: u8 = 4;
/// A name of an object.
pub(super) const OBJECT: u8 = 6;
/// One of a list.
pub(super) const ENUMERATED: u8 = 10;

/// The tag of a value that its context names by a number, with other values in it.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Length of a head and of what follows it. `Err(true)`: more bytes are needed; `Err(false)`: it is no value.
pub(super) fn head(bytes: &[u8]) -> Result<(usize, usize), bool> {
    let first = *bytes.get(1).ok_or(true)?;
    match first {
        0..=0x7f => Ok((2, usize::from(first))),
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let digits = bytes.get(2..2 + count).ok_or(true)?;
            Ok((2 + count, digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit))))
        }
        _ => Err(false),
    }
}

/// The next value: its tag, its bytes, and what follows it.
pub(super) fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (start, length) = head(bytes).ok()?;
    let (inside, rest) = bytes.get(start..)?.split_at_checked(length)?;
    Some((*bytes.first()?, inside, rest))
}
/// The same, when it has that tag.
pub(super) fn tagged(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    value(bytes).filter(|(tag, ..)| *tag == wanted).map(|(_, inside, rest)| (inside, rest))
}
/// A number, and what follows it.
pub(super) fn integer(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (digits, rest) = tagged(bytes, INTEGER)?;
    Some((number(digits)?, rest))
}
/// A number from its bytes.
pub(super) fn number(digits: &[u8]) -> Option<i64> {
    let first = digits.first().filter(|_| digits.len() <= 8)?;
    let sign = if first & 0x80 != 0 { -1 } else { 0 };
    Some(digits.iter().fold(sign, |sum, digit| sum << 8 | i64::from(*digit)))
}
/// The values in a sequence; ends at the first that is none.
pub(super) fn values(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes;
    core::iter::from_fn(move || {
        let (tag, inside, after) = value(rest)?;
        rest = after;
        Some((tag, inside))
    })
}
/// The bytes of the first value of that tag in a sequence.
pub(super) fn find(bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    values(bytes).find(|(tag, _)| *tag == wanted).map(|(_, inside)| inside)
}
