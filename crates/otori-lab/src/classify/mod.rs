//! What a file is: every answer with its evidence and a confidence.
//!
//! Key function: [`classify`]. It never runs anything and never panics, whatever the bytes are.
//! Order: ELF, PE, Mach-O, magic numbers, text. Neighbour: [`crate::detonate`] runs what is runnable.
mod arm;
mod bytes;
mod elf;
mod foreign;
mod machine;
mod magic;
mod mips;
mod program;
mod text;

use otori_event::{Classification, Evidenced, find_urls};

/// URLs that are kept.
const URLS_MAX: usize = 64;
/// Notes that are kept.
const NOTES_MAX: usize = 32;

/// Names a file by its bytes. `name` is what it was called; a name proves nothing, but may contradict.
pub fn classify(bytes: &[u8], name: &str) -> Classification {
    let mut class = Classification { urls: find_urls(bytes, URLS_MAX), ..Classification::default() };
    if bytes.is_empty() {
        class.format = sure("empty", "0 bytes", 100);
    } else if let Some(elf) = elf::Elf::read(bytes) {
        program::classify(&elf, &mut class);
        contradicts_name(name, &mut class);
    } else if bytes.starts_with(b"\x7fELF") {
        class.format = sure("elf", "magic number 7f 45 4c 46", 90);
        class.notes.push(format!("truncated: {} bytes are less than a header", bytes.len()));
    } else if !(bytes.starts_with(b"MZ") && foreign::pe(bytes, &mut class)
        || foreign::mach_o(bytes, &mut class)
        || magic::classify(bytes, &mut class)
        || text::classify(bytes, &mut class))
    {
        class.format = sure("data", "no known format", 60);
    }
    class.notes.truncate(NOTES_MAX);
    class
}

/// Evidence in one line.
fn sure(value: impl Into<String>, evidence: impl Into<String>, confidence: u8) -> Option<Evidenced> {
    Some(Evidenced { value: value.into(), evidence: evidence.into(), confidence })
}

/// Architecture words that bots put into file names, and what the header must say then.
const NAME_SUFFIXES: [(&str, &str); 14] = [
    ("mipsel", "mips"),
    ("mpsl", "mips"),
    ("mips", "mips"),
    ("arm", "arm"),
    ("arm5", "arm"),
    ("arm6", "arm"),
    ("arm7", "arm"),
    ("x86_64", "x86-64"),
    ("x86", "x86"),
    ("ppc", "ppc"),
    ("sh4", "sh"),
    ("m68k", "m68k"),
    ("spc", "sparc"),
    ("arc", "arc"),
];

fn contradicts_name(name: &str, class: &mut Classification) {
    let Some(cpu) = class.cpu.as_ref().map(|cpu| cpu.value.clone()) else { return };
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let suffix = file.rsplit('.').next().unwrap_or_default();
    let Some((_, promised)) = NAME_SUFFIXES.iter().find(|row| row.0 == suffix) else { return };
    let agrees =
        cpu.starts_with(promised) || (*promised == "x86" && matches!(cpu.as_str(), "i386" | "x86-64"));
    if !agrees {
        class.notes.push(format!("the name says {promised}, the header says {cpu}"));
    }
}
