//! Which autonomous system announces an address: a compact table, built once from CSV and read in place.
//!
//! Key types: [`build`], [`Networks`]. This file stands alone on purpose: `build.rs` takes it in with
//! `#[path = "src/place/networks.rs"] mod networks;` and calls [`build`] with the two CSV files of
//! npm's `@ip-location-db/asn` (`start,end,number,name`), then writes the bytes to `OUT_DIR/asn.bin`.
//!
//! Layout, all little endian: magic; three `u32` counts (IPv4 ranges, IPv6 ranges, systems); IPv4 ranges as
//! start, end, system index (`u32` each); IPv6 ranges as start and end (high 64 bits, `u64`) and index (`u32`);
//! systems as number, offset of name, length of name (`u32` each); the names.
use std::collections::HashMap;
use std::net::IpAddr;

const MAGIC: &[u8; 8] = b"OTASN01\n";
const HEADER_BYTES: usize = 20;
const V4_BYTES: usize = 12;
const V6_BYTES: usize = 20;
const SYSTEM_BYTES: usize = 12;
/// Longer names are cut: they are for people.
const NAME_MAX_BYTES: usize = 96;

/// Splits one CSV line `start,end,number,name`; the name may be quoted with doubled quotes inside.
fn fields(line: &str) -> Option<(IpAddr, IpAddr, u32, String)> {
    let mut parts = line.splitn(4, ',');
    let start = parts.next()?.parse().ok()?;
    let end = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    let name = parts.next()?.trim_end();
    let name = match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    };
    Some((start, end, number, name))
}

fn cut(name: &str) -> &str {
    let mut end = name.len().min(NAME_MAX_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

fn same_family(a: IpAddr, b: IpAddr) -> bool {
    a.is_ipv4() == b.is_ipv4()
}

/// `start`, or the address behind `last` when that is later; `None` when there is none.
fn clip(start: IpAddr, last: IpAddr) -> Option<IpAddr> {
    match (start, last) {
        (IpAddr::V4(_), IpAddr::V4(last)) if start <= last => {
            u32::from(last).checked_add(1).map(|next| IpAddr::V4(next.into()))
        }
        (IpAddr::V6(_), IpAddr::V6(last)) if start <= last => {
            u128::from(last).checked_add(1).map(|next| IpAddr::V6(next.into()))
        }
        _ => Some(start),
    }
}

/// Builds the table. Errors name the first line that is not understood, or ranges out of order.
#[allow(dead_code, reason = "called by build.rs and by tests")]
pub fn build(v4_csv: &str, v6_csv: &str) -> Result<Vec<u8>, String> {
    let mut index: HashMap<(u32, String), u32> = HashMap::new();
    let mut systems: Vec<u8> = Vec::new();
    let mut names: Vec<u8> = Vec::new();
    let mut v4: Vec<u8> = Vec::new();
    let mut v6: Vec<u8> = Vec::new();
    let mut previous: Option<(IpAddr, IpAddr)> = None;
    for (number, line) in v4_csv.lines().chain(v6_csv.lines()).enumerate() {
        if line.is_empty() {
            continue;
        }
        let (start, end, system, name) = fields(line)
            .ok_or_else(|| format!("line {}: not start,end,number,name: {line:?}", number + 1))?;
        if start > end || previous.is_some_and(|(first, _)| first >= start) {
            return Err(format!("line {}: range out of order: {line:?}", number + 1));
        }
        // The data holds a few overlaps: the earlier range keeps what both claim.
        let first = start;
        let start = previous.map_or(Some(start), |(_, last)| clip(start, last));
        previous = Some((
            first,
            previous.map_or(end, |(_, last)| if same_family(last, end) { last.max(end) } else { end }),
        ));
        let Some(start) = start.filter(|start| *start <= end) else { continue };
        let name = cut(&name).to_owned();
        let next = index.len() as u32;
        let at = *index.entry((system, name.clone())).or_insert(next);
        if at == next {
            for word in [system, names.len() as u32, name.len() as u32] {
                systems.extend_from_slice(&word.to_le_bytes());
            }
            names.extend_from_slice(name.as_bytes());
        }
        match (start, end) {
            (IpAddr::V4(start), IpAddr::V4(end)) => {
                v4.extend_from_slice(&u32::from(start).to_le_bytes());
                v4.extend_from_slice(&u32::from(end).to_le_bytes());
                v4.extend_from_slice(&at.to_le_bytes());
            }
            (IpAddr::V6(start), IpAddr::V6(end)) => {
                v6.extend_from_slice(&((u128::from(start) >> 64) as u64).to_le_bytes());
                v6.extend_from_slice(&((u128::from(end) >> 64) as u64).to_le_bytes());
                v6.extend_from_slice(&at.to_le_bytes());
            }
            _ => return Err(format!("line {}: start and end of different families", number + 1)),
        }
    }
    let mut table = Vec::with_capacity(HEADER_BYTES + v4.len() + v6.len() + systems.len() + names.len());
    table.extend_from_slice(MAGIC);
    for count in [v4.len() / V4_BYTES, v6.len() / V6_BYTES, systems.len() / SYSTEM_BYTES] {
        table.extend_from_slice(&(count as u32).to_le_bytes());
    }
    [v4, v6, systems, names].iter().for_each(|part| table.extend_from_slice(part));
    Ok(table)
}

/// The table, read in place.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "build.rs only builds")]
pub struct Networks<'a> {
    v4: &'a [u8],
    v6: &'a [u8],
    systems: &'a [u8],
    names: &'a [u8],
}

#[allow(dead_code, reason = "build.rs only builds")]
impl<'a> Networks<'a> {
    /// `None` when the bytes are not such a table (an empty file: this build has no data).
    pub fn new(table: &'a [u8]) -> Option<Self> {
        let rest = table.strip_prefix(MAGIC)?;
        let count = |i: usize| Some(u32::from_le_bytes(*rest.get(i * 4..)?.first_chunk()?) as usize);
        let (v4, rest_of) = rest.get(12..)?.split_at_checked(count(0)?.checked_mul(V4_BYTES)?)?;
        let (v6, rest_of) = rest_of.split_at_checked(count(1)?.checked_mul(V6_BYTES)?)?;
        let (systems, names) = rest_of.split_at_checked(count(2)?.checked_mul(SYSTEM_BYTES)?)?;
        Some(Networks { v4, v6, systems, names })
    }

    /// Number and name of the system that announces `ip`.
    pub fn find(&self, ip: IpAddr) -> Option<(u32, &'a str)> {
        let index = match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let row = last_from(self.v4, V4_BYTES, |row| word(row, 0) <= Some(u32::from(ip)))?;
                (word(row, 4)? >= u32::from(ip)).then_some(word(row, 8)?)?
            }
            IpAddr::V6(ip) => {
                let high = (u128::from(ip) >> 64) as u64;
                let row = last_from(self.v6, V6_BYTES, |row| double(row, 0) <= Some(high))?;
                (double(row, 8)? >= high).then_some(word(row, 16)?)?
            }
        };
        let row = self.systems.get((index as usize).checked_mul(SYSTEM_BYTES)?..)?;
        let name = self.names.get(word(row, 4)? as usize..)?.get(..word(row, 8)? as usize)?;
        Some((word(row, 0)?, std::str::from_utf8(name).ok()?))
    }
}

fn word(row: &[u8], at: usize) -> Option<u32> {
    row.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn double(row: &[u8], at: usize) -> Option<u64> {
    row.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The last of `rows` (each `size` bytes, sorted) for which `before` still holds.
fn last_from(rows: &[u8], size: usize, before: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    let (mut low, mut high) = (0, rows.len() / size);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(rows.get(middle * size..)?) { low = middle + 1 } else { high = middle }
    }
    rows.get(low.checked_sub(1)? * size..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: &str =
        "192.0.2.0,192.0.2.127,64500,\"Example, \"\"quoted\"\" Ltd\"\n192.0.2.200,192.0.2.255,64501,Other\n";
    const V6: &str = "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,64501,Other\n";

    fn check(ip: &str, expect: Option<(u32, &str)>) {
        let table = build(V4, V6).unwrap();
        assert_eq!(Networks::new(&table).unwrap().find(ip.parse().unwrap()), expect, "{ip}");
    }

    #[test]
    fn ranges_are_found_and_gaps_are_not() {
        check("192.0.2.0", Some((64500, "Example, \"quoted\" Ltd")));
        check("192.0.2.127", Some((64500, "Example, \"quoted\" Ltd")));
        check("192.0.2.128", None);
        check("192.0.2.255", Some((64501, "Other")));
        check("192.0.1.255", None);
        check("::ffff:192.0.2.1", Some((64500, "Example, \"quoted\" Ltd")));
        check("2001:db8:0:1::1", Some((64501, "Other")));
        check("2001:db9::1", None);
    }

    #[test]
    fn the_earlier_of_two_overlapping_ranges_keeps_the_overlap() {
        let csv =
            "192.0.2.0,192.0.2.9,1,first\n192.0.2.5,192.0.2.20,2,second\n192.0.2.6,192.0.2.7,3,inside\n";
        let table = build(csv, "").unwrap();
        let find =
            |ip: &str| Networks::new(&table).unwrap().find(ip.parse().unwrap()).map(|(number, _)| number);
        assert_eq!((find("192.0.2.9"), find("192.0.2.10"), find("192.0.2.6")), (Some(1), Some(2), Some(1)));
    }

    #[test]
    fn bad_input_is_refused_with_its_line() {
        assert!(build("nonsense\n", "").unwrap_err().starts_with("line 1"));
        assert!(build("192.0.2.9,192.0.2.1,1,x\n", "").is_err());
        assert!(build("192.0.2.9,192.0.2.9,1,x\n192.0.2.1,192.0.2.1,1,x\n", "").is_err());
        assert!(Networks::new(b"").is_none());
        assert!(Networks::new(b"OTASN01\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").is_none());
    }
}
