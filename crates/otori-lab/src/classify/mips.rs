//! MIPS: level and ABI from `e_flags`, refined by `PT_MIPS_ABIFLAGS`.
//!
//! Source: MIPS psABI supplement, "ELF header flags"; the layout of `Elf_MIPS_ABIFlags_v0` (24 bytes).
use super::elf::{Elf, PT_MIPS_ABIFLAGS};
use super::machine::Details;
use super::sure;

/// Level (`mips32r2` …) and ABI (`o32-hard` …).
pub(crate) fn details(elf: &Elf<'_>) -> Details {
    let flags = elf.flags;
    let level = match flags >> 28 {
        0 => "mips1",
        1 => "mips2",
        2 => "mips3",
        3 => "mips4",
        4 => "mips5",
        5 => "mips32",
        6 => "mips64",
        7 => "mips32r2",
        8 => "mips64r2",
        9 => "mips32r6",
        10 => "mips64r6",
        _ => "unknown",
    };
    let shown = format!("e_flags {flags:#010x}");
    let abiflags = AbiFlags::read(elf);
    let level = match &abiflags {
        Some(more) if more.level().is_some_and(|name| name != level) => {
            let named = more.level().unwrap_or_default();
            sure(named, format!("PT_MIPS_ABIFLAGS; {shown} says {level}"), 85)
        }
        Some(_) => sure(level, format!("{shown}, PT_MIPS_ABIFLAGS agrees"), 98),
        None => sure(level, shown.clone(), if level == "unknown" { 10 } else { 90 }),
    };
    let (base, confidence) = match (elf.is_64, flags & 0x20 != 0, flags >> 12 & 0xf) {
        (true, _, _) => ("n64", 95),
        (_, true, _) => ("n32", 95),
        (_, _, 1) => ("o32", 95),
        (_, _, 2) => ("o64", 95),
        (_, _, 3) => ("eabi32", 95),
        (_, _, 4) => ("eabi64", 95),
        // Old toolchains leave the field empty and mean o32.
        _ => ("o32", 60),
    };
    let mut abi = base.to_owned();
    let mut evidence = shown;
    if let Some(float) = abiflags.as_ref().and_then(AbiFlags::float) {
        abi = format!("{base}-{float}");
        evidence.push_str(", fp_abi in PT_MIPS_ABIFLAGS");
    }
    if flags & 0x400 != 0 {
        abi.push_str("-nan2008");
    }
    (level, sure(abi, evidence, confidence))
}

struct AbiFlags {
    isa_level: u8,
    isa_revision: u8,
    float: u8,
}

impl AbiFlags {
    fn read(elf: &Elf<'_>) -> Option<AbiFlags> {
        let at = elf.segments_of(PT_MIPS_ABIFLAGS).next()?.offset;
        let version = elf.file.u16(at)?;
        let field = |offset| elf.file.u8(at.checked_add(offset)?);
        (version == 0).then_some(AbiFlags { isa_level: field(2)?, isa_revision: field(3)?, float: field(7)? })
    }
    fn level(&self) -> Option<&'static str> {
        Some(match (self.isa_level, self.isa_revision) {
            (1, _) => "mips1",
            (2, _) => "mips2",
            (3, _) => "mips3",
            (4, _) => "mips4",
            (5, _) => "mips5",
            (32, 1) => "mips32",
            (32, 2) => "mips32r2",
            (32, 3) => "mips32r3",
            (32, 5) => "mips32r5",
            (32, 6) => "mips32r6",
            (64, 1) => "mips64",
            (64, 2) => "mips64r2",
            (64, 6) => "mips64r6",
            _ => return None,
        })
    }
    fn float(&self) -> Option<&'static str> {
        Some(match self.float {
            1 => "hard",
            2 => "single",
            3 => "soft",
            5 => "hard-xx",
            6 | 7 => "hard-64",
            _ => return None,
        })
    }
}
