//! Fingerprints of hello messages: JA3, JA3S and JA4.
//!
//! Key type: [`Hello`]. Descriptions of their authors: J. Althouse et al., "TLS Fingerprinting with JA3 and JA3S" (2019);
//! FoxIO, "JA4: TLS Client Fingerprinting" (BSD-3). Values of RFC 8701 (GREASE) do not count. All text is appended to a
//! buffer of the caller.
use crate::{
    cursor::Cursor,
    digest::{Md5, push_hex},
};
use core::ops::ControlFlow;
use sha2::{Digest, Sha256};

/// Extensions of one hello.
const MAX_EXTENSIONS: usize = 128;
/// Numbers that are sorted without asking for memory.
const SORTED: usize = 256;

/// What a hello message lists, in its order, where it lies: lists of numbers of two bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hello<'a> {
    /// version in the message's head
    pub version: u16,
    /// versions of extension 43
    pub versions: &'a [u8],
    /// cipher suites; of a server the one that it chose
    pub suites: &'a [u8],
    /// all extensions, each with its kind, its length and what it says
    pub extensions: &'a [u8],
    /// groups of extension 10
    pub groups: &'a [u8],
    /// point formats of extension 11, a byte each
    pub formats: &'a [u8],
    /// algorithms of extension 13
    pub algorithms: &'a [u8],
    /// first application protocol of extension 16
    pub protocol: &'a [u8],
    /// a server name was given
    pub named: bool,
}

const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn numbers(list: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let all = list.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    all.filter(|value| !is_grease(*value))
}

fn push_number(out: &mut Vec<u8>, value: u16) {
    let mut divisor = 10_000;
    while divisor > 1 && value < divisor {
        divisor /= 10;
    }
    while divisor > 0 {
        out.push(b'0' + (value / divisor % 10) as u8);
        divisor /= 10;
    }
}

fn dashes(out: &mut Vec<u8>, values: impl Iterator<Item = u16>) {
    for (place, value) in values.enumerate() {
        if place > 0 {
            out.push(b'-');
        }
        push_number(out, value);
    }
}

impl<'a> Hello<'a> {
    /// Kinds of extensions, and what they say; as many as count.
    pub fn extensions(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut cursor = Cursor::new(self.extensions);
        core::iter::from_fn(move || {
            let (kind, length) = (cursor.u16()?, cursor.u16()?);
            Some((kind, cursor.take(usize::from(length))?))
        })
    }
    /// Kinds of extensions.
    pub fn kinds(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.extensions().take(MAX_EXTENSIONS).map(|(kind, _)| kind)
    }
    fn proper_kinds(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.kinds().filter(|kind| !is_grease(*kind))
    }
    /// JA3's text, before it is hashed.
    pub fn ja3(&self, out: &mut Vec<u8>) {
        push_number(out, self.version);
        out.push(b',');
        dashes(out, numbers(self.suites));
        out.push(b',');
        dashes(out, self.proper_kinds());
        out.push(b',');
        dashes(out, numbers(self.groups));
        out.push(b',');
        dashes(out, self.formats.iter().map(|format| u16::from(*format)));
    }
    /// JA3S's text.
    pub fn ja3s(&self, out: &mut Vec<u8>) {
        push_number(out, self.version);
        out.push(b',');
        let suite = self.suites.first_chunk::<2>().map_or(0, |pair| u16::from_be_bytes(*pair));
        push_number(out, suite);
        out.push(b',');
        dashes(out, self.proper_kinds());
    }
    /// JA4; `transport` is `t` for TCP and `q` for QUIC.
    pub fn ja4(&self, transport: u8, out: &mut Vec<u8>) {
        let version: &[u8] = match numbers(self.versions).max().unwrap_or(self.version) {
            0x0304 => b"13",
            0x0303 => b"12",
            0x0302 => b"11",
            0x0301 => b"10",
            0x0300 => b"s3",
            0x0002 => b"s2",
            _ => b"00",
        };
        out.push(transport);
        out.extend_from_slice(version);
        out.push(if self.named { b'd' } else { b'i' });
        for count in [numbers(self.suites).count(), self.proper_kinds().count()] {
            let count = count.min(99) as u8;
            out.extend_from_slice(&[b'0' + count / 10, b'0' + count % 10]);
        }
        match (self.protocol.first(), self.protocol.last()) {
            (Some(first), Some(last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
                out.extend_from_slice(&[*first, *last]);
            }
            (Some(first), Some(last)) => push_hex(out, &[first & 0xf0 | last & 0x0f]),
            _ => out.extend_from_slice(b"00"),
        }
        out.push(b'_');
        let mut suites = Commas::default();
        in_order(numbers(self.suites), |suite| suites.push(suite));
        suites.short(out);
        out.push(b'_');
        let mut second = Commas::default();
        // Name and protocols are left out: they change with the destination.
        in_order(self.proper_kinds().filter(|kind| !matches!(kind, 0 | 16)), |kind| second.push(kind));
        let mut algorithms = numbers(self.algorithms).peekable();
        if algorithms.peek().is_some() {
            second.part();
        }
        algorithms.for_each(|algorithm| second.push(algorithm));
        second.short(out);
    }
}

/// The smallest first.
fn in_order(values: impl Iterator<Item = u16>, each: impl FnMut(u16)) {
    let (mut few, mut count) = ([0; SORTED], 0);
    let mut values = values;
    let rest = values.try_for_each(|value| match few.get_mut(count) {
        Some(place) => {
            *place = value;
            count += 1;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(value),
    });
    let few = few.get_mut(..count).unwrap_or(&mut []);
    let mut many: Vec<u16> = Vec::new();
    let sorted = match rest {
        ControlFlow::Continue(()) => few,
        ControlFlow::Break(value) => {
            many.extend_from_slice(few);
            many.push(value);
            many.extend(values);
            &mut many
        }
    };
    sorted.sort_unstable();
    sorted.iter().copied().for_each(each);
}

/// Numbers of four digits with commas between them, on their way into SHA-256.
#[derive(Default)]
struct Commas {
    digest: Sha256,
    /// the last number is followed by another one of the same list
    goes_on: bool,
    some: bool,
}

impl Commas {
    fn push(&mut self, value: u16) {
        if core::mem::replace(&mut self.goes_on, true) {
            self.digest.update(b",");
        }
        let digit = |shift: u32| b"0123456789abcdef"[usize::from(value >> shift & 15)];
        self.digest.update([digit(12), digit(8), digit(4), digit(0)]);
        self.some = true;
    }
    /// Another list follows.
    fn part(&mut self) {
        self.digest.update(b"_");
        (self.goes_on, self.some) = (false, true);
    }
    /// The first twelve digits; zeros for nothing.
    fn short(self, out: &mut Vec<u8>) {
        let digest = self.digest.finalize();
        let short = digest.get(..6).filter(|_| self.some).unwrap_or(&[0; 6]);
        push_hex(out, short);
    }
}

/// MD5 of a fingerprint's text, in hexadecimal digits.
pub fn hash(text: &[u8], out: &mut Vec<u8>) {
    push_hex(out, &Md5::of(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fingerprints_leave_out_what_does_not_count() {
        let hello = Hello {
            version: 0x0303,
            versions: &[0x0a, 0x0a, 3, 4],
            suites: &[0x1a, 0x1a, 0x13, 1, 0x13, 2],
            extensions: &[0, 0, 0, 1, 9, 0x2a, 0x2a, 0, 0, 0, 16, 0, 0, 0, 43, 0, 0, 0, 13, 0, 0],
            groups: &[0, 29],
            formats: &[0],
            algorithms: &[4, 3],
            protocol: b"h2",
            named: true,
        };
        assert_eq!(text(|out| hello.ja3(out)), "771,4865-4866,0-16-43-13,29,0");
        assert_eq!(text(|out| hello.ja3s(out)), "771,6682,0-16-43-13");
        // The second and the third part are SHA-256 of "1301,1302" and of "000d,002b_0403".
        assert_eq!(text(|out| hello.ja4(b't', out)), "t13d0204h2_62ed6f6ca7ad_3953dc75acc4");
        assert_eq!(text(|out| Hello::default().ja4(b'q', out)), "q00i000000_000000000000_000000000000");
        let odd = Hello { protocol: b"\x7fa\xe5", ..Hello::default() };
        assert!(text(|out| odd.ja4(b't', out)).starts_with("t00i000075_"));
    }

    #[test]
    fn more_numbers_than_usual_are_sorted_as_well() {
        let many: Vec<u16> = (0..300).rev().collect();
        let mut sorted = Vec::new();
        in_order(many.into_iter(), |value| sorted.push(value));
        assert!(sorted.is_sorted() && sorted.len() == 300);
        assert_eq!(text(|out| dashes(out, [0, 9, 10, 65_535].into_iter())), "0-9-10-65535");
    }
}
