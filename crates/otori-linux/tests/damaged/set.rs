//! The instruction sets with a program of a few instructions for each. Key type: [`Set`].
use otori_linux::Isa;

/// Where the code stands in the file and in its segment.
pub const CODE: u64 = 0x400;
/// The exit status of the program without a probe.
pub const STATUS: u8 = 42;

/// How the instructions of a set are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Mips,
    Arm,
    Aarch64,
    I386,
    X86_64,
}

/// One set.
#[derive(Debug)]
pub struct Set {
    pub name: &'static str,
    pub isa: Isa,
    /// Debian's emulator of it
    pub qemu: &'static str,
    pub machine: u16,
    pub wide: bool,
    pub big_endian: bool,
    /// e_flags
    pub flags: u32,
    /// where the first segment goes
    pub base: u64,
    family: Family,
}

const fn set(name: &'static str, isa: Isa, qemu: &'static str, family: Family) -> Set {
    let (machine, wide, flags) = match family {
        Family::Mips => (8, false, 0x7000_1000),
        Family::Arm => (40, false, 0x0500_0000),
        Family::Aarch64 => (183, true, 0),
        Family::I386 => (3, false, 0),
        Family::X86_64 => (62, true, 0),
    };
    Set { name, isa, qemu, machine, wide, big_endian: false, flags, base: 0x40_0000, family }
}

/// All of them.
pub static SETS: [Set; 7] = [
    set("mipsel", Isa::Mips32El, "qemu-mipsel-static", Family::Mips),
    Set { big_endian: true, ..set("mips", Isa::Mips32Eb, "qemu-mips-static", Family::Mips) },
    set("arm", Isa::ArmEl, "qemu-arm-static", Family::Arm),
    Set { big_endian: true, ..set("armeb", Isa::ArmEb, "qemu-armeb-static", Family::Arm) },
    set("aarch64", Isa::Aarch64, "qemu-aarch64-static", Family::Aarch64),
    set("i386", Isa::I386, "qemu-i386-static", Family::I386),
    set("x86_64", Isa::X86_64, "qemu-x86_64-static", Family::X86_64),
];

impl Set {
    /// exit([`STATUS`]), or exit(the byte at `probe`). It can stand anywhere.
    pub fn code(&self, probe: Option<u64>) -> Vec<u8> {
        let words = |words: &[u32]| -> Vec<u8> {
            let bytes = |word: &u32| match self.big_endian {
                true => word.to_be_bytes(),
                false => word.to_le_bytes(),
            };
            words.iter().flat_map(bytes).collect()
        };
        let status = u32::from(STATUS);
        let at = probe.unwrap_or(0);
        match (self.family, probe) {
            // li v0, 4001; li a0, 42; syscall
            (Family::Mips, None) => words(&[0x2402_0fa1, 0x2404_0000 | status, 0x0c]),
            // lui a0; ori a0; lbu a0, 0(a0)
            (Family::Mips, Some(_)) => {
                let (high, low) = ((at >> 16) as u32, at as u32 & 0xffff);
                words(&[0x3c04_0000 | high, 0x3484_0000 | low, 0x9084_0000, 0x2402_0fa1, 0x0c])
            }
            // mov r0, #42; mov r7, #1; svc 0
            (Family::Arm, None) => words(&[0xe3a0_0000 | status, 0xe3a0_7001, 0xef00_0000]),
            // ldr r0, [pc, #8]; ldrb r0, [r0]
            (Family::Arm, Some(_)) => words(&[0xe59f_0008, 0xe5d0_0000, 0xe3a0_7001, 0xef00_0000, at as u32]),
            // mov x0, #42; mov x8, #93; svc 0
            (Family::Aarch64, None) => words(&[0xd280_0000 | status << 5, 0xd280_0ba8, 0xd400_0001]),
            // ldr x0, . + 16; ldrb w0, [x0]
            (Family::Aarch64, Some(_)) => {
                let (high, low) = ((at >> 32) as u32, at as u32);
                words(&[0x5800_0080, 0x3940_0000, 0xd280_0ba8, 0xd400_0001, low, high])
            }
            (Family::I386, None) => {
                [&[0xbb][..], &status.to_le_bytes(), &[0xb8, 1, 0, 0, 0, 0xcd, 0x80]].concat()
            }
            // movzx ebx, byte [at]
            (Family::I386, Some(_)) => {
                [&[0x0f, 0xb6, 0x1d][..], &(at as u32).to_le_bytes(), &[0xb8, 1, 0, 0, 0, 0xcd, 0x80]]
                    .concat()
            }
            (Family::X86_64, None) => {
                [&[0xbf][..], &status.to_le_bytes(), &[0xb8, 60, 0, 0, 0, 0x0f, 5]].concat()
            }
            // mov rax, at; movzx edi, byte [rax]
            (Family::X86_64, Some(_)) => {
                let load = [&[0x48, 0xb8][..], &at.to_le_bytes(), &[0x0f, 0xb6, 0x38]].concat();
                [&load[..], &[0xb8, 60, 0, 0, 0, 0x0f, 5]].concat()
            }
        }
    }
}
