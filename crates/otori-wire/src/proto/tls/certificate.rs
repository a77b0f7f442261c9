//! The parts of an X.509 certificate that rules and logs show.
//!
//! Key type: [`Certificate`]. RFC 5280 4.1, X.690 (DER). Tolerant: what cannot be read is left out.
use crate::cursor::Cursor;
use std::{borrow::Cow, io::Write};

/// What a certificate says, where it lies: each part was found to be whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Certificate<'a> {
    subject: &'a [u8],
    issuer: &'a [u8],
    /// bytes of the serial number
    serial: &'a [u8],
    /// start of its life, as written (`YYMMDDhhmmssZ` or with four digits of the year)
    pub not_before: &'a [u8],
    /// end of its life
    pub not_after: &'a [u8],
    /// what [`alternatives`] reads
    pub extensions: &'a [u8],
}

/// Why a certificate cannot be read: the name of the anomaly.
pub type Broken = &'static str;

const INVALID: Broken = "tls.certificate_invalid_der";
const LENGTH: Broken = "tls.certificate_invalid_length";

/// Names of attributes by the last bytes of their object identifier; X.520 2.5.4.x first.
const ATTRIBUTES: &[(&[u8], &str)] = &[
    (&[0x55, 4, 3], "CN"),
    (&[0x55, 4, 4], "SN"),
    (&[0x55, 4, 5], "serialNumber"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 9], "street"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 12], "title"),
    (&[0x55, 4, 15], "businessCategory"),
    (&[0x55, 4, 17], "postalCode"),
    (&[0x55, 4, 42], "GN"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1], "emailAddress"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2], "unstructuredName"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1], "UID"),
    (&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25], "DC"),
    (&[0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x3c, 2, 1, 3], "jurisdictionC"),
];
const SUBJECT_ALTERNATIVES: &[u8] = &[0x55, 0x1d, 0x11];
/// Attributes, extensions and names that are read of one certificate.
const PARTS: usize = 256;

/// Tag and contents of the next element.
fn element<'a>(cursor: &mut Cursor<'a>) -> Result<(u8, &'a [u8]), Broken> {
    let tag = cursor.u8().ok_or(INVALID)?;
    let first = cursor.u8().ok_or(INVALID)?;
    let length = match first {
        0..=0x7f => usize::from(first),
        0x81..=0x84 => {
            let bytes = cursor.take(usize::from(first & 0x0f)).ok_or(LENGTH)?;
            bytes.iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte))
        }
        _ => return Err(LENGTH),
    };
    Ok((tag, cursor.take(length).ok_or(LENGTH)?))
}

fn expect<'a>(cursor: &mut Cursor<'a>, tag: u8) -> Result<&'a [u8], Broken> {
    match element(cursor)? {
        (have, body) if have == tag => Ok(body),
        _ => Err("tls.certificate_unknown_element"),
    }
}

impl<'a> Certificate<'a> {
    /// Reads a certificate.
    pub fn read(der: &'a [u8]) -> Result<Certificate<'a>, Broken> {
        let outer = expect(&mut Cursor::new(der), 0x30)?;
        let mut body = Cursor::new(expect(&mut Cursor::new(outer), 0x30)?);
        let (mut tag, mut part) = element(&mut body)?;
        if tag == 0xa0 {
            (tag, part) = element(&mut body)?;
        }
        if tag != 2 {
            return Err("tls.certificate_missing_element");
        }
        let serial = part;
        expect(&mut body, 0x30)?;
        let issuer = whole_name(expect(&mut body, 0x30)?)?;
        let mut life = Cursor::new(expect(&mut body, 0x30)?);
        let (not_before, not_after) = (element(&mut life)?.1, element(&mut life)?.1);
        let subject = whole_name(expect(&mut body, 0x30)?)?;
        expect(&mut body, 0x30)?;
        let mut certificate =
            Certificate { subject, issuer, serial, not_before, not_after, ..Certificate::default() };
        while body.left() > 0 {
            let (tag, part) = element(&mut body)?;
            if tag == 0xa3 {
                let whole = each_alternative(part, &mut |_, _| {}).is_ok();
                certificate.extensions = if whole { part } else { &[] };
            }
        }
        Ok(certificate)
    }
    /// Writes `C=FR, O=Example, CN=host`, in the order of the certificate.
    pub fn subject(&self, out: &mut Vec<u8>) {
        name(self.subject, out);
    }
    /// Writes the same of the issuer.
    pub fn issuer(&self, out: &mut Vec<u8>) {
        name(self.issuer, out);
    }
    /// Writes the serial number, `0A:1B`.
    pub fn serial(&self, out: &mut Vec<u8>) {
        colons(out, self.serial, b"0123456789ABCDEF");
    }
}

/// Seconds since 1970 of year, month, day, hour, minute, second; `None` when there is no such time.
pub fn seconds_of(parts: [u32; 6]) -> Option<u64> {
    let [year, month, day, hour, minute, second] = parts.map(u64::from);
    let fits = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    // Days of a year that starts in March, whose months have a plain rule.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let since = days.checked_sub(719_468)?;
    fits.then(|| since * 86_400 + hour * 3600 + minute * 60 + second)
}

/// The same of a time as a certificate has it.
pub fn seconds_of_life(text: &[u8]) -> Option<u64> {
    let digits = text.split(|byte| !byte.is_ascii_digit()).next()?;
    // Two digits of the year stand for 1950 to 2049.
    let (year, rest) = if digits.len() >= 14 { digits.split_at(4) } else { digits.split_at_checked(2)? };
    let number =
        |digits: &[u8]| digits.iter().fold(0u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    let year = match (year.len(), number(year)) {
        (4, year) => year,
        (_, year) if year < 50 => 2000 + year,
        (_, year) => 1900 + year,
    };
    let part = |place: usize| rest.get(place * 2..place * 2 + 2).map(number);
    seconds_of([year, part(0)?, part(1)?, part(2)?, part(3)?, part(4).unwrap_or(0)])
}

/// Appends bytes as hexadecimal digits, joined by colons.
pub fn colons(out: &mut Vec<u8>, bytes: &[u8], digits: &[u8; 16]) {
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 {
            out.push(b':');
        }
        out.extend([byte >> 4, byte & 15].map(|nibble| digits[usize::from(nibble)]));
    }
}

/// Tells each attribute of a distinguished name: its object identifier, the tag of its value, and that.
fn each_attribute<'a>(bytes: &'a [u8], each: &mut dyn FnMut(&'a [u8], u8, &'a [u8])) -> Result<(), Broken> {
    let mut sets = Cursor::new(bytes);
    for _ in 0..PARTS {
        if sets.left() == 0 {
            break;
        }
        let mut set = Cursor::new(expect(&mut sets, 0x31)?);
        while set.left() > 0 {
            let mut pair = Cursor::new(expect(&mut set, 0x30)?);
            let id = expect(&mut pair, 6)?;
            let (tag, value) = element(&mut pair)?;
            each(id, tag, value);
        }
    }
    Ok(())
}

/// The name, if all of it can be read.
fn whole_name(bytes: &[u8]) -> Result<&[u8], Broken> {
    each_attribute(bytes, &mut |_, _, _| {}).map(|()| bytes)
}

/// Writes a distinguished name.
fn name(bytes: &[u8], out: &mut Vec<u8>) {
    // It was found to be whole.
    let _ = each_attribute(bytes, &mut |id, tag, value| {
        let known = ATTRIBUTES.iter().find(|(have, _)| *have == id).map(|(_, name)| *name);
        if !out.is_empty() {
            out.extend_from_slice(b", ");
        }
        match known {
            Some(name) => out.extend_from_slice(name.as_bytes()),
            None => dotted(id, out),
        }
        out.push(b'=');
        match tag {
            // BMPString: two bytes a letter.
            0x1e => out.extend(value.chunks(2).filter_map(|pair| pair.last())),
            _ => out.extend_from_slice(value),
        }
    });
}

/// `1.2.840.…`
fn dotted(id: &[u8], out: &mut Vec<u8>) {
    let (mut value, mut begun) = (0u64, false);
    // Writing to memory does not fail.
    let mut part = |value: u64, begun: bool| write!(out, "{}{value}", if begun { "." } else { "" }).is_ok();
    for byte in id {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if !begun {
                let first = (value / 40).min(2);
                begun = part(first, false);
                value -= first * 40;
            }
            part(value, true);
            value = 0;
        }
    }
}

/// Tells each name of the extension subjectAltName, with its tag.
fn each_alternative<'a>(bytes: &'a [u8], each: &mut dyn FnMut(u8, &'a [u8])) -> Result<(), Broken> {
    let mut list = Cursor::new(expect(&mut Cursor::new(bytes), 0x30)?);
    let mut count = 0;
    for _ in 0..PARTS {
        if list.left() == 0 {
            break;
        }
        let mut extension = Cursor::new(expect(&mut list, 0x30)?);
        let id = expect(&mut extension, 6)?;
        let (mut tag, mut value) = element(&mut extension)?;
        // A flag may stand between: whether the extension is critical.
        if tag == 1 {
            (tag, value) = element(&mut extension)?;
        }
        if id != SUBJECT_ALTERNATIVES || tag != 4 {
            continue;
        }
        let mut names = Cursor::new(expect(&mut Cursor::new(value), 0x30)?);
        while names.left() > 0 && count < PARTS {
            let (tag, value) = element(&mut names)?;
            if matches!((tag, value), (0x81 | 0x82 | 0x86, _) | (0x87, [_, _, _, _])) {
                each(tag, value);
                count += 1;
            }
        }
    }
    Ok(())
}

/// Tells the other names of the subject: DNS names, addresses, mail addresses. `extensions` are those of a certificate.
pub fn alternatives<'a>(extensions: &'a [u8], mut each: impl FnMut(Cow<'a, [u8]>)) {
    // They were found to be whole.
    let _ = each_alternative(extensions, &mut |tag, value| match (tag, value) {
        (0x87, [a, b, c, d]) => each(format!("{a}.{b}.{c}.{d}").into_bytes().into()),
        _ => each(value.into()),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![tag];
        match body.len() {
            length @ 0..=127 => out.push(length as u8),
            length => out.extend_from_slice(&[0x82, (length >> 8) as u8, length as u8]),
        }
        out.extend_from_slice(body);
        out
    }
    fn attribute(id: u8, value: &str) -> Vec<u8> {
        let pair = [wrap(6, &[0x55, 4, id]), wrap(0x0c, value.as_bytes())].concat();
        wrap(0x31, &wrap(0x30, &pair))
    }
    fn sample() -> Vec<u8> {
        let alternative = wrap(0x30, &wrap(0x82, b"a.example"));
        let extension = [wrap(6, SUBJECT_ALTERNATIVES), wrap(4, &alternative)].concat();
        let body = [
            wrap(0xa0, &wrap(2, &[2])),
            wrap(2, &[0x0a, 0xff]),
            wrap(0x30, &[]),
            wrap(0x30, &attribute(10, "Maker")),
            wrap(0x30, &[wrap(0x17, b"260101000000Z"), wrap(0x17, b"270101000000Z")].concat()),
            wrap(0x30, &[attribute(6, "FR"), attribute(3, "host")].concat()),
            wrap(0x30, &[0; 200]),
            wrap(0xa3, &wrap(0x30, &wrap(0x30, &extension))),
        ];
        wrap(0x30, &wrap(0x30, &body.concat()))
    }

    #[test]
    fn names_and_numbers_are_shown() {
        let sample = sample();
        let certificate = Certificate::read(&sample).unwrap();
        let text = |write: &dyn Fn(&mut Vec<u8>)| {
            let mut out = Vec::new();
            write(&mut out);
            out
        };
        assert_eq!(text(&|out| certificate.subject(out)), b"C=FR, CN=host");
        assert_eq!(text(&|out| certificate.issuer(out)), b"O=Maker");
        assert_eq!(text(&|out| certificate.serial(out)), b"0A:FF");
        let mut names = Vec::new();
        alternatives(certificate.extensions, |name| names.push(name.into_owned()));
        assert_eq!(names, [b"a.example".to_vec()]);
        assert_eq!(certificate.not_after, b"270101000000Z");
    }

    #[test]
    fn no_cut_and_no_flipped_byte_panics() {
        let whole = sample();
        for at in 0..whole.len() {
            assert!(Certificate::read(&whole[..at]).is_err());
            for flip in [1, 0x80, 0xff] {
                let mut broken = whole.clone();
                broken[at] ^= flip;
                let _ = Certificate::read(&broken);
            }
        }
    }
}
