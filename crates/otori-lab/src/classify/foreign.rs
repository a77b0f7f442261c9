//! Programs of other systems: PE (Microsoft PE format specification) and Mach-O (`mach-o/loader.h`).
//!
//! Only named, never run. Neighbour: [`super::elf`] for the format that devices run.
use super::bytes::Bytes;
use super::sure;
use otori_event::Classification;

/// Names a PE file. False if the header behind `MZ` is not there: then it is DOS or something else.
pub(crate) fn pe(all: &[u8], class: &mut Classification) -> bool {
    let file = Bytes::little(all);
    let Some(header) = file.u32(0x3c).map(u64::from) else { return false };
    if file.slice(header, 4) != Some(b"PE\0\0".as_slice()) {
        return false;
    }
    let Some(machine) = file.u16(header + 4) else { return false };
    let (cpu, bits) = match machine {
        0x14c => ("i386", "32"),
        0x8664 => ("x86-64", "64"),
        0x1c0 | 0x1c2 | 0x1c4 => ("arm", "32"),
        0xaa64 => ("aarch64", "64"),
        0x166 | 0x169 => ("mips", "32"),
        0x1f0 => ("ppc", "32"),
        0x1a2..=0x1a6 => ("sh", "32"),
        _ => ("unknown", "unknown"),
    };
    class.format = sure("pe", "MZ and PE\\0\\0", 100);
    class.os = sure("windows", "PE", 90);
    class.cpu = sure(cpu, format!("Machine {machine:#x}"), 90);
    class.bits = sure(bits, format!("Machine {machine:#x}"), 90);
    class.endianness = sure("little", "PE", 90);
    class.notes.push("not runnable: not a Linux program".into());
    true
}

/// Names a Mach-O file, thin or fat.
pub(crate) fn mach_o(all: &[u8], class: &mut Classification) -> bool {
    let (big, bits) = match all.get(..4) {
        Some([0xfe, 0xed, 0xfa, 0xce]) => (true, "32"),
        Some([0xfe, 0xed, 0xfa, 0xcf]) => (true, "64"),
        Some([0xce, 0xfa, 0xed, 0xfe]) => (false, "32"),
        Some([0xcf, 0xfa, 0xed, 0xfe]) => (false, "64"),
        Some([0xca, 0xfe, 0xba, 0xbe]) => return fat_mach_o(all, class),
        _ => return false,
    };
    let Some(cpu_type) = (Bytes { all, big }).u32(4) else { return false };
    class.format = sure("mach-o", "magic number", 100);
    class.os = sure("macos", "Mach-O", 85);
    class.cpu = sure(mach_cpu(cpu_type), format!("cputype {cpu_type:#x}"), 90);
    class.bits = sure(bits, "magic number", 95);
    class.endianness = sure(if big { "big" } else { "little" }, "magic number", 95);
    class.notes.push("not runnable: not a Linux program".into());
    true
}

/// Java class files have the same magic number, but a version from 45 on where a fat file counts its parts.
fn fat_mach_o(all: &[u8], class: &mut Classification) -> bool {
    let file = Bytes { all, big: true };
    let (Some(parts), Some(cpu_type)) = (file.u32(4), file.u32(8)) else { return false };
    if parts == 0 || parts > 30 {
        return false;
    }
    class.format = sure("mach-o", format!("fat, {parts} parts"), 90);
    class.os = sure("macos", "Mach-O", 85);
    class.cpu = sure(mach_cpu(cpu_type), "first part of a fat file", 60);
    class.notes.push("not runnable: not a Linux program".into());
    true
}

fn mach_cpu(cpu_type: u32) -> &'static str {
    match cpu_type {
        7 => "i386",
        0x0100_0007 => "x86-64",
        12 => "arm",
        0x0100_000c => "aarch64",
        18 => "ppc",
        0x0100_0012 => "ppc64",
        _ => "unknown",
    }
}
