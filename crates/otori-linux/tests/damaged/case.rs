//! The table of files that are damaged on purpose, and what Linux does with each. Key items: [`CASES`], [`Case`].
//!
//! What is expected is what fs/binfmt_elf.c of Linux 6.1 does; where qemu-user does otherwise, the row says why.
use crate::{
    build::{Build, DATA_BYTE, FILE_BYTES, Part, kind},
    ends::{BUS, Ends, SEGV},
    set::{CODE, STATUS, Set},
};

/// One damaged file for each set.
pub struct Case {
    pub name: &'static str,
    pub damage: fn(&mut Build),
    pub expected: fn(&Set) -> Ends,
    /// why qemu-user ends otherwise
    pub qemu: Option<&'static str>,
}

const RUNS: fn(&Set) -> Ends = |_| Ends::Exit(STATUS);
const REFUSED: fn(&Set) -> Ends = |_| Ends::Refused;
const DATA: fn(&Set) -> Ends = |_| Ends::Exit(DATA_BYTE);
const ZERO: fn(&Set) -> Ends = |_| Ends::Exit(0);

fn is_mips(set: &Set) -> bool {
    set.machine == 8
}
fn is_arm(set: &Set) -> bool {
    set.machine == 40
}
fn word_max(build: &Build) -> u64 {
    if build.set.wide { u64::MAX } else { 0xffff_ffff }
}
/// An address of the kernel's.
fn outside(build: &Build) -> u64 {
    word_max(build) - 0xfff
}
/// A program interpreter's header, its path put into the file.
fn interpreter(build: &mut Build, path: &[u8], length: u64) {
    build.over.push((0x800, path.to_vec()));
    let part = Part { kind: kind::INTERP, offset: 0x800, file_bytes: length, ..build.parts[2] };
    build.parts.insert(0, part);
}
/// The second segment without zeros behind its bytes.
fn without_zeros(build: &mut Build) {
    build.parts[1].memory_bytes = build.parts[1].file_bytes;
}
/// A file that may be anywhere, linked to 0.
fn relocatable(build: &mut Build) {
    build.kind = 3;
    build.entry = CODE;
    (build.parts[0].address, build.parts[1].address) = (0, 0x1_0000);
}

const fn case(name: &'static str, damage: fn(&mut Build), expected: fn(&Set) -> Ends) -> Case {
    Case { name, damage, expected, qemu: None }
}
const fn other(case: Case, why: &'static str) -> Case {
    Case { qemu: Some(why), ..case }
}

const LATER: &str = "jumps there, or crashes itself, where Linux kills at execve";
const STATUS_1: &str = "says that it cannot read it, and exits with 1";
const STRICT: &str = "asks for what Linux does not look at";
const LAX: &str = "does not look at it";

/// Every one.
pub const CASES: &[Case] = &[
    case("whole", |_| {}, RUNS),
    case("data", |b| b.probe = Some(b.data_address()), DATA),
    case("zeros in the last page of the file's part", |b| b.probe = Some(b.data_address() + 0x900), ZERO),
    case("zeros in a page of their own", |b| b.probe = Some(b.data_address() + 0x2800), ZERO),
    case("program headers elsewhere", |b| b.table = Some(0x1f00), RUNS),
    case("e_phentsize 0", |b| b.header_bytes = Some(0), REFUSED),
    case("e_phentsize 31", |b| b.header_bytes = Some(31), REFUSED),
    case("e_phentsize 64", |b| b.header_bytes = Some(64), REFUSED),
    other(case("e_phnum 0", |b| b.header_count = Some(0), REFUSED), LATER),
    case(
        "1,000 program headers",
        |b| {
            let note = Part { kind: kind::NOTE, ..b.parts[2] };
            b.parts.resize(1_000, note);
            b.table = Some(0x3000);
        },
        RUNS,
    ),
    other(
        case(
            "more than 64 KiB of program headers",
            |b| {
                let note = Part { kind: kind::NOTE, ..b.parts[2] };
                b.parts.resize(2_049, note);
                b.table = Some(0x3000);
            },
            REFUSED,
        ),
        LAX,
    ),
    case("program headers behind the file", |b| b.table = Some(0x10_0000), REFUSED),
    case(
        "program headers cut by the end of the file",
        |b| (b.table, b.length) = (Some(FILE_BYTES - 40), Some(FILE_BYTES as usize)),
        REFUSED,
    ),
    other(case("e_phoff at the end of addresses", |b| b.table = Some(word_max(b)), REFUSED), LATER),
    case("e_type none", |b| b.kind = 0, REFUSED),
    case("e_type relocatable object", |b| b.kind = 1, REFUSED),
    case("e_type core", |b| b.kind = 4, REFUSED),
    case("another machine", |b| b.machine = 21, REFUSED),
    case("e_version 0", |b| b.version = 0, RUNS),
    other(case("EI_VERSION 9", |b| b.over.push((6, vec![9])), RUNS), STRICT),
    other(case("EI_DATA lies", |b| b.data = 3 - b.data, RUNS), STRICT),
    other(
        case(
            "EI_CLASS lies",
            |b| b.class = 3 - b.class,
            |set| if is_mips(set) { Ends::Refused } else { Ends::Exit(STATUS) },
        ),
        STRICT,
    ),
    other(
        case("e_ehsize lies", |b| b.over.push((if b.set.wide { 52 } else { 40 }, vec![0xff])), RUNS),
        STRICT,
    ),
    case("nothing behind the ELF header", |b| b.length = Some(if b.set.wide { 64 } else { 52 }), REFUSED),
    other(case("four bytes", |b| b.length = Some(4), REFUSED), STATUS_1),
    other(case("no bytes", |b| b.length = Some(0), REFUSED), STATUS_1),
    case(
        "the file ends within the data",
        |b| (b.length, b.probe) = (Some(0x1400), Some(b.data_address())),
        DATA,
    ),
    case(
        "zeros between the end of the file and of the page",
        |b| (b.length, b.probe) = (Some(0x1400), Some(b.data_address() + 0x700)),
        ZERO,
    ),
    other(case("zeros in a page behind the file", |b| b.length = Some(0x1000), REFUSED), LATER),
    case(
        "a page behind the file",
        |b| {
            without_zeros(b);
            (b.length, b.probe) = (Some(0x1000), Some(b.data_address()));
        },
        |_| BUS,
    ),
    case(
        "a page behind the file that is not touched",
        |b| {
            without_zeros(b);
            b.length = Some(0x1000);
        },
        RUNS,
    ),
    case(
        "a segment that goes on behind the file",
        |b| {
            (b.parts[1].file_bytes, b.parts[1].memory_bytes) = (0x10_0000, 0x10_0000);
            b.probe = Some(b.data_address() + 0x8_0000);
        },
        |_| BUS,
    ),
    other(case("p_filesz larger than p_memsz", |b| b.parts[1].memory_bytes = 0x700, REFUSED), LAX),
    case("an empty segment", |b| (b.parts[1].file_bytes, b.parts[1].memory_bytes) = (0, 0), RUNS),
    case(
        "a segment of zeros alone",
        |b| {
            (b.parts[1].file_bytes, b.parts[1].offset) = (0, 0);
            b.probe = Some(b.data_address() + 0x123);
        },
        ZERO,
    ),
    other(case("p_vaddr + p_memsz wraps", |b| b.parts[1].address = outside(b), REFUSED), LATER),
    other(case("p_memsz larger than user space", |b| b.parts[1].memory_bytes = word_max(b), REFUSED), LATER),
    other(
        case("more zeros than there is memory", |b| b.parts[1].memory_bytes = 0x2000_0000, REFUSED),
        "maps them",
    ),
    other(
        case(
            "p_offset that is negative",
            |b| {
                without_zeros(b);
                b.parts[1].offset = outside(b);
            },
            // 32 bits are a place behind the file
            |set| if set.wide { Ends::Refused } else { Ends::Exit(STATUS) },
        ),
        LATER,
    ),
    case("p_align 0", |b| b.parts[1].align = 0, RUNS),
    case("p_align 3", |b| b.parts[1].align = 3, RUNS),
    case("p_align of 1 GiB", |b| b.parts[1].align = 1 << 30, RUNS),
    case("p_offset at another place of the page", |b| b.parts[1].offset = 0x1010, REFUSED),
    case("the same segment twice", |b| b.parts.insert(1, b.parts[0]), RUNS),
    case(
        "a later segment over an earlier one",
        |b| {
            let over = Part { offset: 0, file_bytes: 0x1000, memory_bytes: 0x1000, ..b.parts[1] };
            b.parts.insert(2, over);
            b.probe = Some(b.data_address() + 1);
        },
        |_| Ends::Exit(b'E'),
    ),
    case("segments in falling order", |b| b.parts.swap(0, 1), RUNS),
    case("the entry is nowhere", |b| b.entry = 0x2000, |_| SEGV),
    other(case("the entry is the kernel's", |b| b.entry = outside(b), REFUSED), LATER),
    case("the entry is in data", |b| b.entry = b.data_address(), |_| SEGV),
    other(
        case(
            "code in data, without PT_GNU_STACK",
            |b| {
                b.over.push((0x1000, b.set.code(None)));
                b.entry = b.data_address();
                b.parts.pop();
            },
            |set| if set.wide { SEGV } else { Ends::Exit(STATUS) },
        ),
        "does not let old programs execute what they may read",
    ),
    case(
        "code in data that may be executed",
        |b| {
            b.over.push((0x1000, b.set.code(None)));
            b.entry = b.data_address();
            b.parts[1].flags = 7;
        },
        RUNS,
    ),
    case("code that may only be executed", |b| b.parts[0].flags = 1, RUNS),
    case(
        "data without any access",
        |b| {
            without_zeros(b);
            (b.parts[1].flags, b.probe) = (0, Some(b.data_address()));
        },
        |_| SEGV,
    ),
    case(
        "data that may only be written",
        |b| {
            without_zeros(b);
            (b.parts[1].flags, b.probe) = (2, Some(b.data_address()));
        },
        DATA,
    ),
    other(case("zeros behind data that cannot be written", |b| b.parts[1].flags = 4, REFUSED), LATER),
    other(case("no segment", |b| b.parts.drain(..2).for_each(drop), |_| SEGV), LATER),
    case("a dynamic loader that is not there", |b| interpreter(b, b"/lib/none.so\0", 13), REFUSED),
    case("a dynamic loader that is a text", |b| interpreter(b, b"/etc/passwd\0", 12), REFUSED),
    other(case("PT_INTERP without a NUL", |b| interpreter(b, b"/lib/none.so", 12), REFUSED), LAX),
    case("PT_INTERP of one byte", |b| interpreter(b, b"\0", 1), REFUSED),
    other(case("PT_INTERP of no byte", |b| interpreter(b, b"", 0), REFUSED), LATER),
    case("PT_INTERP that is empty", |b| interpreter(b, b"\0\0", 2), REFUSED),
    case("PT_INTERP of 5,000 bytes", |b| interpreter(b, b"/lib/none.so\0", 5_000), REFUSED),
    case(
        "PT_INTERP behind the file",
        |b| {
            interpreter(b, b"", 10);
            b.parts[0].offset = 0x10_0000;
        },
        REFUSED,
    ),
    case("a program that may be anywhere", relocatable, RUNS),
    case(
        "a program that may be anywhere, linked high",
        |b| {
            relocatable(b);
            b.entry += 0x50_0000;
            b.parts[0].address += 0x50_0000;
            b.parts[1].address += 0x50_0000;
            b.parts[1].align = 0x1_0000;
        },
        RUNS,
    ),
    case(
        "a packed file: one segment, an empty one, no sections",
        |b| {
            b.parts.truncate(2);
            b.parts[0].flags = 7;
            (b.parts[1].offset, b.parts[1].address) = (0x7c5c, b.data_address() + 0xc5c);
            (b.parts[1].file_bytes, b.parts[1].memory_bytes) = (0, 0);
        },
        RUNS,
    ),
    case(
        "e_flags of MIPS n32",
        |b| b.flags |= if is_mips(b.set) { 0x20 } else { 0 },
        |set| if is_mips(set) { Ends::Refused } else { Ends::Exit(STATUS) },
    ),
    other(
        case(
            "e_flags of MIPS EABI",
            |b| b.flags = if is_mips(b.set) { 0x7000_3000 } else { b.flags },
            |set| if is_mips(set) { Ends::Refused } else { Ends::Exit(STATUS) },
        ),
        LAX,
    ),
    case("e_flags of ARM EABI 4", |b| b.flags = if is_arm(b.set) { 0x0400_0000 } else { b.flags }, RUNS),
    case("e_flags of the old ARM ABI", |b| b.flags = if is_arm(b.set) { 0 } else { b.flags }, RUNS),
    other(
        case(
            "e_flags of ARM with addresses of 26 bits",
            |b| b.flags = if is_arm(b.set) { 8 } else { b.flags },
            |set| if is_arm(set) { Ends::Refused } else { Ends::Exit(STATUS) },
        ),
        LAX,
    ),
    other(
        case(
            "PT_MIPS_ABIFLAGS of four bytes",
            |b| {
                let part = Part { kind: kind::MIPS_ABIFLAGS, file_bytes: 4, memory_bytes: 4, ..b.parts[2] };
                b.parts.push(part);
            },
            |set| if is_mips(set) { Ends::Refused } else { Ends::Exit(STATUS) },
        ),
        LAX,
    ),
];
