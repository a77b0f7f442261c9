//! ELF machine numbers: instruction set, level and ABI from `e_machine`, `EI_DATA` and `e_flags`.
//!
//! Key table: [`MACHINES`], one row each. Numbers: gABI `e_machine` list and the processor supplements.
use super::elf::Elf;
use super::{arm, mips, sure};
use otori_event::Evidenced;

/// Level and ABI of a file, where its flags tell.
pub(crate) type Details = (Option<Evidenced>, Option<Evidenced>);

/// One machine number.
pub(crate) struct Machine {
    pub(crate) number: u16,
    pub(crate) name: &'static str,
    pub(crate) details: fn(&Elf<'_>) -> Details,
}

const fn row(number: u16, name: &'static str, details: fn(&Elf<'_>) -> Details) -> Machine {
    Machine { number, name, details }
}

/// Sorted by number.
pub(crate) static MACHINES: [Machine; 29] = [
    row(2, "sparc", |_| (sure_level("sparcv8", "e_machine 2"), None)),
    row(3, "i386", |_| (None, None)),
    row(4, "m68k", m68k),
    row(8, "mips", mips::details),
    row(10, "mips", mips::details),
    row(15, "parisc", |_| (None, None)),
    row(18, "sparc", |_| (sure_level("sparcv8plus", "e_machine 18"), None)),
    row(20, "ppc", ppc),
    row(21, "ppc64", ppc64),
    row(22, "s390", |_| (None, None)),
    row(40, "arm", arm::details),
    row(42, "sh", sh),
    row(43, "sparc64", |_| (sure_level("sparcv9", "e_machine 43"), None)),
    row(45, "arc", |_| (sure_level("arctangent-a5", "e_machine 45"), None)),
    row(50, "ia64", |_| (None, None)),
    row(62, "x86-64", x86_64),
    row(92, "openrisc", |_| (None, None)),
    row(93, "arc", |_| (sure_level("arcompact", "e_machine 93"), None)),
    row(94, "xtensa", |_| (None, None)),
    row(113, "nios2", |_| (None, None)),
    row(164, "hexagon", |_| (None, None)),
    row(183, "aarch64", |_| (sure_level("armv8-a", "e_machine 183"), None)),
    row(189, "microblaze", |_| (None, None)),
    row(195, "arc", |_| (sure_level("arcv2", "e_machine 195"), None)),
    row(243, "riscv", riscv),
    row(247, "bpf", |_| (None, None)),
    row(252, "csky", |_| (None, None)),
    row(258, "loongarch", loongarch),
    row(0x9026, "alpha", |_| (None, None)),
];

pub(crate) fn by_number(number: u16) -> Option<&'static Machine> {
    let index = MACHINES.binary_search_by_key(&number, |machine| machine.number).ok()?;
    MACHINES.get(index)
}

fn sure_level(level: &str, evidence: &str) -> Option<Evidenced> {
    sure(level, evidence, 90)
}

fn flags(elf: &Elf<'_>) -> String {
    format!("e_flags {:#x}", elf.flags)
}

fn m68k(elf: &Elf<'_>) -> Details {
    let level = match elf.flags {
        flags if flags & 0x0081_0000 == 0x0081_0000 => "cpu32",
        flags if flags & 0x8000 != 0 || flags & 0xff != 0 => "coldfire",
        flags if flags & 0x0100_0000 != 0 => "68000",
        _ => "68020",
    };
    (sure(level, flags(elf), 70), None)
}

fn ppc(elf: &Elf<'_>) -> Details {
    let embedded = elf.flags & 0x8000_0000 != 0;
    (sure(if embedded { "ppc-embedded" } else { "ppc32" }, flags(elf), 60), sure("sysv", "EI_CLASS 1", 80))
}

fn ppc64(elf: &Elf<'_>) -> Details {
    let abi = match elf.flags & 3 {
        2 => "elfv2",
        1 => "elfv1",
        _ if elf.file.big => "elfv1",
        _ => "elfv2",
    };
    (None, sure(abi, flags(elf), 80))
}

fn sh(elf: &Elf<'_>) -> Details {
    let level = match elf.flags & 0x1f {
        1 => "sh1",
        2 => "sh2",
        3 => "sh3",
        4 => "sh-dsp",
        5 => "sh3-dsp",
        6 => "sh4al-dsp",
        8 => "sh3e",
        9 => "sh4",
        11 => "sh2e",
        12 => "sh4a",
        13 => "sh2a",
        16 => "sh4-nofpu",
        17 => "sh4a-nofpu",
        18 => "sh4-nommu",
        _ => return (None, None),
    };
    (sure(level, flags(elf), 85), None)
}

fn x86_64(elf: &Elf<'_>) -> Details {
    let abi =
        if elf.is_64 { sure("sysv", "EI_CLASS 2", 90) } else { sure("x32", "EI_CLASS 1, e_machine 62", 95) };
    (None, abi)
}

fn riscv(elf: &Elf<'_>) -> Details {
    let (bits, long) = if elf.is_64 { (64, "lp64") } else { (32, "ilp32") };
    let compressed = if elf.flags & 1 != 0 { "c" } else { "" };
    let (float, extension) = match elf.flags >> 1 & 3 {
        1 => ("f", "f"),
        2 => ("d", "fd"),
        3 => ("q", "fdq"),
        _ => ("", ""),
    };
    let level = format!("rv{bits}ima{extension}{compressed}");
    (sure(level, flags(elf), 70), sure(format!("{long}{float}"), flags(elf), 95))
}

fn loongarch(elf: &Elf<'_>) -> Details {
    let long = if elf.is_64 { "lp64" } else { "ilp32" };
    let float = match elf.flags & 7 {
        1 => "s",
        2 => "f",
        3 => "d",
        _ => return (None, None),
    };
    (None, sure(format!("{long}{float}"), flags(elf), 95))
}

#[cfg(test)]
mod tests {
    #[test]
    fn rows_are_sorted() {
        assert!(super::MACHINES.is_sorted_by_key(|machine| machine.number));
    }
}
