//! The instruction sets that are compared: name, Debian's architecture, the oracle's program, the cross compiler.
//! Key type: [`Set`]. ELF numbers: gABI, `e_ident` and `e_machine`.
use anyhow::{Result, bail};

/// One instruction set with its byte order and calling convention.
#[derive(Debug, PartialEq, Eq)]
pub struct Set {
    /// name, as Debian calls the port
    pub name: &'static str,
    /// Debian publishes packages for it
    pub debian: bool,
    /// the oracle, on the search path
    pub qemu: &'static str,
    /// the processor it shall be, where its default has more than ours promises: fused multiply-add changes the last
    /// digit of what the C library computes
    pub processor: Option<&'static str>,
    /// C compiler for it, on the search path
    pub compiler: &'static str,
    /// package that brings the compiler
    pub compiler_package: &'static str,
    /// ELF `EI_CLASS`, `EI_DATA`, `e_machine`
    pub elf: (u8, u8, u16),
}

/// Every set, the ones that are fetched first.
pub static SETS: [Set; 7] = [
    Set {
        name: "mipsel",
        debian: true,
        qemu: "qemu-mipsel-static",
        processor: None,
        compiler: "mipsel-linux-gnu-gcc",
        compiler_package: "gcc-mipsel-linux-gnu",
        elf: (1, 1, 8),
    },
    Set {
        name: "mips",
        debian: false,
        qemu: "qemu-mips-static",
        processor: None,
        compiler: "mips-linux-gnu-gcc",
        compiler_package: "gcc-mips-linux-gnu",
        elf: (1, 2, 8),
    },
    Set {
        name: "armel",
        debian: true,
        qemu: "qemu-arm-static",
        processor: None,
        compiler: "arm-linux-gnueabi-gcc",
        compiler_package: "gcc-arm-linux-gnueabi",
        elf: (1, 1, 40),
    },
    Set {
        name: "armhf",
        debian: true,
        qemu: "qemu-arm-static",
        processor: None,
        compiler: "arm-linux-gnueabihf-gcc",
        compiler_package: "gcc-arm-linux-gnueabihf",
        elf: (1, 1, 40),
    },
    Set {
        name: "arm64",
        debian: true,
        qemu: "qemu-aarch64-static",
        processor: None,
        compiler: "aarch64-linux-gnu-gcc",
        compiler_package: "gcc-aarch64-linux-gnu",
        elf: (2, 1, 183),
    },
    Set {
        name: "i386",
        debian: true,
        qemu: "qemu-i386-static",
        processor: Some("n270"),
        compiler: "i686-linux-gnu-gcc",
        compiler_package: "gcc-i686-linux-gnu",
        elf: (1, 1, 3),
    },
    Set {
        name: "amd64",
        debian: true,
        qemu: "qemu-x86_64-static",
        processor: Some("Nehalem"),
        compiler: "x86_64-linux-gnu-gcc",
        compiler_package: "gcc-x86-64-linux-gnu",
        elf: (2, 1, 62),
    },
];

/// Byte of `e_ident` that Linux ignores; where the oracle's own file is marked so that it does not match itself.
pub const MARK_AT: usize = 15;

impl Set {
    /// The rule by which Linux runs programs of this set with `interpreter` (binfmt_misc): class, byte order, no
    /// mark, an executable or shared object of that machine. Preserves argument 0, opens the interpreter at once.
    pub fn binfmt_rule(&self, interpreter: &str) -> String {
        let (class, data, machine) = self.elf;
        let two = |value: u16| if data == 2 { value.to_be_bytes() } else { value.to_le_bytes() };
        let mut magic = b"\x7fELF".to_vec();
        magic.extend([class, data, 1]);
        magic.resize(16, 0);
        magic.extend(two(2));
        magic.extend(two(machine));
        let mut mask = vec![0xff; 7];
        mask.resize(16, 0);
        mask[MARK_AT] = 0xff;
        mask.extend(two(0xfffe));
        mask.extend([0xff, 0xff]);
        let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        format!(":oracle:M::{}:{}:{interpreter}:PF", escaped(&magic), escaped(&mask))
    }
}

/// The sets of those names; all without names.
pub fn named(names: &[String]) -> Result<Vec<&'static Set>> {
    if names.is_empty() {
        return Ok(SETS.iter().collect());
    }
    let find = |name: &String| match SETS.iter().find(|set| set.name == name) {
        Some(set) => Ok(set),
        None => {
            let known: Vec<&str> = SETS.iter().map(|set| set.name).collect();
            bail!("no instruction set is called {name}; known: {}", known.join(", "))
        }
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_follows_the_byte_order_of_the_set() {
        let big = named(&["mips".into()]).unwrap()[0].binfmt_rule("/q");
        assert!(big.contains(r"\x7f\x45\x4c\x46\x01\x02\x01"), "{big}");
        assert!(big.contains(r"\x00\x02\x00\x08:") && big.contains(r"\xff\xfe\xff\xff:/q:PF"), "{big}");
        let little = named(&["arm64".into()]).unwrap()[0].binfmt_rule("/q");
        assert!(
            little.contains(r"\x02\x00\xb7\x00:") && little.ends_with(r"\xfe\xff\xff\xff:/q:PF"),
            "{little}"
        );
        assert!(named(&["vax".into()]).is_err());
    }
}
