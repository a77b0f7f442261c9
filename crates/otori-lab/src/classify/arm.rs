//! ARM, 32 bits: level from the build attributes or from the code, ABI from `e_flags`.
//!
//! Source: "ELF for the Arm Architecture" and "Addenda to the ABI: build attributes". Attributes stand in a
//! section, and sections lie, so opcode evidence is looked at as well.
use super::elf::{Elf, PT_LOAD, SHT_ARM_ATTRIBUTES};
use super::machine::Details;
use super::sure;

/// Words of code that are looked at.
const WORDS_MAX: usize = 256 * 1024;
/// Occurrences below this are chance.
const OCCURRENCES: usize = 4;

/// Level (`armv7-a` …) and ABI (`eabi5-hard` …).
pub(crate) fn details(elf: &Elf<'_>) -> Details {
    let attributes = elf
        .sections
        .iter()
        .find(|section| section.kind == SHT_ARM_ATTRIBUTES)
        .map(|section| elf.file.clipped(section.offset, section.size.min(4096)))
        .and_then(|bytes| Attributes::read(bytes, elf.file.big));
    let level = match attributes.as_ref().and_then(Attributes::level) {
        Some(level) => sure(level, ".ARM.attributes Tag_CPU_arch", 85),
        None => from_code(elf),
    };
    (level, abi(elf, attributes.is_some_and(|a| a.hard_float)))
}

fn abi(elf: &Elf<'_>, hard_by_attribute: bool) -> Option<otori_event::Evidenced> {
    let version = elf.flags >> 24;
    let evidence = format!("e_flags {:#010x}", elf.flags);
    if version == 0 {
        return sure("oabi", evidence, 70);
    }
    let float = match (elf.flags & 0x400 != 0, elf.flags & 0x200 != 0) {
        (true, _) => "-hard",
        (_, true) => "-soft",
        _ if hard_by_attribute => "-hard",
        _ => "",
    };
    let order = if elf.flags & 0x0080_0000 != 0 { "-be8" } else { "" };
    sure(format!("eabi{version}{float}{order}"), evidence, 90)
}

/// Instructions that an older core does not have, counted in the executable segments.
fn from_code(elf: &Elf<'_>) -> Option<otori_event::Evidenced> {
    // BE8 keeps code little endian.
    let big_code = elf.file.big && elf.flags & 0x0080_0000 == 0;
    let (mut v7, mut v6, mut v5) = (0, 0, 0);
    let code = elf.segments_of(PT_LOAD).filter(|load| load.flags & 1 != 0);
    let words = code.flat_map(|load| elf.segment_bytes(load).chunks_exact(4)).take(WORDS_MAX);
    for bytes in words {
        let four = [bytes[0], bytes[1], bytes[2], bytes[3]];
        let word = if big_code { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
        if word >> 28 != 0xe {
            continue;
        }
        match word & 0x0ff0_0000 {
            0x0300_0000 | 0x0340_0000 => v7 += 1,                        // movw, movt
            0x0190_0000 if word & 0xfff == 0xf9f => v6 += 1,             // ldrex
            0x0120_0000 if word & 0x0fff_fff0 == 0x012f_ff30 => v5 += 1, // blx register
            0x0160_0000 if word & 0x0fff_0ff0 == 0x016f_0f10 => v5 += 1, // clz
            _ => {}
        }
    }
    let found = |count: usize, what: &str| format!("{count} times {what} in the code");
    if v7 >= OCCURRENCES {
        sure("armv7-a", found(v7, "movw or movt"), 75)
    } else if v6 >= OCCURRENCES {
        sure("armv6", found(v6, "ldrex"), 65)
    } else if v5 >= OCCURRENCES {
        sure("armv5te", found(v5, "blx or clz"), 60)
    } else {
        sure("armv4", "no instruction of a later level found", 40)
    }
}

#[derive(Default)]
struct Attributes {
    arch: Option<u64>,
    profile: Option<u64>,
    hard_float: bool,
}

impl Attributes {
    /// `A`, then vendor subsections; of `aeabi` the first file subsection.
    fn read(bytes: &[u8], big: bool) -> Option<Attributes> {
        let rest = bytes.strip_prefix(b"A")?.get(4..)?.strip_prefix(b"aeabi\0")?;
        let (tag, rest) = rest.split_first()?;
        let size = rest.get(..4)?.try_into().ok()?;
        let size = if big { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
        if *tag != 1 {
            return None;
        }
        let mut body = rest.get(4..)?;
        body = body.get(..(size as usize).saturating_sub(5)).unwrap_or(body);
        let mut found = Attributes::default();
        while let Some((tag, after)) = uleb(body) {
            // Tags 4, 5 and 67 and odd tags above 32 are texts; 32 is a number and a text.
            let is_text = matches!(tag, 4 | 5 | 67) || (tag > 32 && tag % 2 == 1);
            let mut after = after;
            let mut value = 0;
            if !is_text {
                let Some((number, next)) = uleb(after) else { break };
                (value, after) = (number, next);
            }
            if is_text || tag == 32 {
                let Some(end) = after.iter().position(|byte| *byte == 0) else { break };
                after = &after[end + 1..];
            }
            match tag {
                6 => found.arch = Some(value),
                7 => found.profile = Some(value),
                28 => found.hard_float = value == 1,
                _ => {}
            }
            body = after;
        }
        Some(found)
    }
    fn level(&self) -> Option<&'static str> {
        Some(match (self.arch?, self.profile) {
            (0 | 1, _) => "armv4",
            (2, _) => "armv4t",
            (3, _) => "armv5t",
            (4, _) => "armv5te",
            (5, _) => "armv5tej",
            (6, _) => "armv6",
            (7, _) => "armv6kz",
            (8, _) => "armv6t2",
            (9, _) => "armv6k",
            (10, Some(0x4d)) => "armv7-m",
            (10, Some(0x52)) => "armv7-r",
            (10, _) => "armv7-a",
            (11 | 12, _) => "armv6-m",
            (13, _) => "armv7e-m",
            (14, _) => "armv8-a",
            (15, _) => "armv8-r",
            (16, _) => "armv8-m.base",
            (17, _) => "armv8-m.main",
            _ => return None,
        })
    }
}

/// Unsigned LEB128 of at most ten bytes.
fn uleb(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * i as u32).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}
