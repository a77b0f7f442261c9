//! What an ELF file is: machine, system, libc, linking, packing, symbols, and whether the engine runs it.
//!
//! Neighbours: [`super::elf`] reads the headers, [`super::machine`] knows the machines.
use super::bytes::{contains, entropy_bits, find};
use super::elf::{ET_DYN, Elf, PT_DYNAMIC, PT_INTERP, PT_LOAD};
use super::{machine, sure};
use otori_device::linux::Isa;
use otori_event::{Classification, Evidenced};

/// From this many bits a byte on, a segment is compressed or encrypted.
const PACKED_ENTROPY_BITS: f64 = 7.2;

pub(crate) fn classify(elf: &Elf<'_>, class: &mut Classification) {
    let order = if elf.file.big { "big" } else { "little" };
    class.format = sure("elf", "magic number 7f 45 4c 46", 100);
    class.endianness = sure(order, format!("EI_DATA {}", elf.file.all.get(5).copied().unwrap_or(0)), 95);
    class.bits = sure(if elf.is_64 { "64" } else { "32" }, "EI_CLASS", 95);
    class.notes.extend(elf.notes.iter().cloned());
    if let Some(machine) = machine::by_number(elf.machine) {
        class.cpu = sure(machine.name, format!("e_machine {}", elf.machine), 95);
        (class.level, class.abi) = (machine.details)(elf);
    } else {
        class.notes.push(format!("e_machine {} is not a machine we know", elf.machine));
    }
    class.os = operating_system(elf);
    class.libc = libc(elf);
    class.linking = linking(elf);
    class.packing = packing(elf);
    class.symbols = if elf.has_symbols() {
        sure("symbols", "SHT_SYMTAB in the file", 80)
    } else {
        sure("stripped", "no SHT_SYMTAB in the file", 85)
    };
    runnable(elf, class);
}

/// Notes name the system; `EI_OSABI` often lies; the interpreter's path tells it for dynamic files.
fn operating_system(elf: &Elf<'_>) -> Option<Evidenced> {
    for (owner, kind, body) in elf.notes_in_file() {
        let os = match (owner.as_str(), kind) {
            ("Android", _) => "android",
            ("FreeBSD", _) => "freebsd",
            ("NetBSD", _) => "netbsd",
            ("OpenBSD", _) => "openbsd",
            ("DragonFly", _) => "dragonfly",
            ("GNU", 1) => match body.get(..4) {
                Some([0, 0, 0, 0]) => "linux",
                Some([1, 0, 0, 0] | [0, 0, 0, 1]) => "hurd",
                _ => continue,
            },
            _ => continue,
        };
        return sure(os, format!("note of owner {owner}, type {kind}"), 95);
    }
    if let Some(interpreter) = elf.interpreter() {
        let os = match interpreter.as_str() {
            path if path.starts_with("/system/") || path.starts_with("/apex/") => "android",
            path if path.starts_with("/libexec/ld-elf") => "freebsd",
            path if path.starts_with("/usr/libexec/ld.elf_so") => "netbsd",
            path if path.starts_with("/usr/libexec/ld.so") => "openbsd",
            path if path.starts_with("/lib") => "linux",
            _ => "unknown",
        };
        return sure(
            os,
            format!("interpreter {}", safe(&interpreter)),
            if os == "unknown" { 10 } else { 85 },
        );
    }
    let by_abi = |os, confidence| sure(os, format!("EI_OSABI {}", elf.os_abi), confidence);
    match elf.os_abi {
        9 => by_abi("freebsd", 70),
        2 => by_abi("netbsd", 70),
        12 => by_abi("openbsd", 70),
        6 => by_abi("solaris", 70),
        3 => by_abi("linux", 80),
        _ if contains(elf.file.all, b"/proc/") => sure("linux", "names /proc/", 75),
        _ => sure("linux", "no sign of another system", 50),
    }
}

/// Texts that only one libc carries, most telling first.
const LIBC_TEXTS: [(&str, &str); 13] = [
    ("__uClibc_main", "uclibc"),
    ("uClibc", "uclibc"),
    ("ld-musl-", "musl"),
    ("musl libc", "musl"),
    ("GNU C Library", "glibc"),
    ("FATAL: kernel too old", "glibc"),
    ("GLIBC_2.", "glibc"),
    ("Fatal glibc error", "glibc"),
    ("GCONV_PATH", "glibc"),
    ("glibc: ", "glibc"),
    ("dietlibc", "dietlibc"),
    ("ANDROID_PROPERTY_WORKSPACE", "bionic"),
    ("Go build ID: ", "none (Go)"),
];

fn libc(elf: &Elf<'_>) -> Option<Evidenced> {
    if let Some(interpreter) = elf.interpreter() {
        let file = interpreter.rsplit('/').next().unwrap_or_default();
        let libc = match file {
            name if name.contains("uClibc") => "uclibc",
            name if name.contains("musl") => "musl",
            name if name.starts_with("linker") => "bionic",
            name if name.starts_with("ld-linux")
                || name.starts_with("ld.so")
                || name.starts_with("ld64.so") =>
            {
                "glibc"
            }
            name if name.starts_with("ld-2.") || name.starts_with("ld-elf") => "libc",
            _ => "unknown",
        };
        return sure(
            libc,
            format!("interpreter {}", safe(&interpreter)),
            if libc == "unknown" { 10 } else { 90 },
        );
    }
    for (text, libc) in LIBC_TEXTS {
        if contains(elf.file.all, text.as_bytes()) {
            return sure(libc, format!("text {text:?} in the file"), 75);
        }
    }
    if elf.file.all.len() < 16 * 1024 && !contains(elf.file.all, b"%s") {
        return sure("none", "static, under 16 KiB, no format strings", 55);
    }
    sure("unknown", "static, without the mark of a known libc", 10)
}

fn linking(elf: &Elf<'_>) -> Option<Evidenced> {
    let has = |kind| elf.segments_of(kind).next().is_some();
    match (has(PT_INTERP), elf.kind == ET_DYN, has(PT_DYNAMIC)) {
        (true, _, _) => sure("dynamic", "PT_INTERP", 95),
        (false, true, true) => sure("static-pie", "ET_DYN with PT_DYNAMIC, without PT_INTERP", 75),
        (false, true, false) => sure("static-pie", "ET_DYN without PT_DYNAMIC and PT_INTERP", 60),
        (false, false, _) => sure("static", "no PT_INTERP", 90),
    }
}

/// UPX puts `l_info` (checksum, `UPX!`, …) and `p_info` (id, size, block size) behind the program headers.
fn packing(elf: &Elf<'_>) -> Option<Evidenced> {
    let all = elf.file.all;
    let head = elf.headers_end;
    let magic_in_place = elf.file.slice(head.saturating_add(4), 4) == Some(b"UPX!".as_slice());
    let info = contains(all, b"$Info: This file is packed with the UPX");
    let trailing = find(all.get(all.len().saturating_sub(64)..).unwrap_or(all), b"UPX!").is_some();
    let sizes = (elf.file.u32(head.saturating_add(16)), elf.file.u32(head.saturating_add(20)));
    let sizes_whole = matches!(sizes, (Some(file), Some(block)) if file > 0 && block > 0 && file >= block);
    if magic_in_place && info && trailing && sizes_whole {
        return sure("upx", "l_info, p_info and the $Info text are whole", 98);
    }
    if magic_in_place || info || trailing {
        let missing =
            [(magic_in_place, "magic"), (info, "$Info text"), (trailing, "trailer"), (sizes_whole, "p_info")];
        let list: Vec<&str> = missing.iter().filter(|part| !part.0).map(|part| part.1).collect();
        return sure("upx-modified", format!("damaged: {}", list.join(", ")), 85);
    }
    let loads: Vec<_> = elf.segments_of(PT_LOAD).collect();
    let packed =
        loads.iter().filter(|load| load.file_size > 2048).map(|load| entropy_bits(elf.segment_bytes(load)));
    let highest = packed.fold(0.0, f64::max);
    if highest >= PACKED_ENTROPY_BITS && elf.sections.is_empty() && (1..=3).contains(&loads.len()) {
        return sure(
            "upx-modified",
            format!("{highest:.2} bits a byte, no sections, {} PT_LOAD", loads.len()),
            55,
        );
    }
    if highest >= PACKED_ENTROPY_BITS {
        return sure("unknown", format!("{highest:.2} bits a byte in a PT_LOAD"), 50);
    }
    sure("none", format!("at most {highest:.2} bits a byte"), 85)
}

fn runnable(elf: &Elf<'_>, class: &mut Classification) {
    let mut reasons = Vec::new();
    let (have, need) = (elf.file.all.len() as u64, elf.needed_bytes());
    if need == 0 {
        reasons.push("not runnable: no PT_LOAD".to_owned());
    } else if have < need {
        reasons.push(format!("truncated: {} of {} bytes", thousands(have), thousands(need)));
    }
    if !matches!(elf.kind, 2 | ET_DYN) {
        reasons.push(format!("not runnable: e_type {} is no program", elf.kind));
    }
    let foreign = class.os.as_ref().is_some_and(|os| !matches!(os.value.as_str(), "linux" | "unknown"));
    if foreign {
        reasons.push("not runnable: not a Linux program".to_owned());
    }
    let data = if elf.file.big { 2 } else { 1 };
    let has_engine = Isa::of_elf(elf.machine, if elf.is_64 { 2 } else { 1 }, data).is_some();
    if !has_engine || !is_within_engine(class) {
        reasons.push("not runnable: no engine for this instruction set yet".to_owned());
    }
    class.runnable = reasons.is_empty();
    class.notes.extend(reasons);
    if let (true, Some(interpreter)) = (class.runnable, elf.interpreter()) {
        class.notes.push(format!("needs {} of the device", safe(&interpreter)));
    }
    if elf.entry == 0 && elf.kind != ET_DYN {
        class.notes.push("e_entry is 0".to_owned());
    }
}

/// MIPS has one machine number for levels and ABIs that our 32-bit engine does not run.
fn is_within_engine(class: &Classification) -> bool {
    let is =
        |field: &Option<Evidenced>, fits: fn(&str) -> bool| field.as_ref().is_none_or(|f| fits(&f.value));
    let mips = class.cpu.as_ref().is_some_and(|cpu| cpu.value == "mips");
    let level = |level: &str| {
        matches!(level, "mips1" | "mips2" | "mips32" | "mips32r2" | "mips32r3" | "mips32r5" | "unknown")
    };
    !mips || (is(&class.level, level) && is(&class.abi, |abi| abi.starts_with("o32")))
}

/// `1204` as `1,204`.
fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A path out of a hostile file, for a note.
fn safe(path: &str) -> String {
    otori_event::RawText::from(path).to_string()
}
