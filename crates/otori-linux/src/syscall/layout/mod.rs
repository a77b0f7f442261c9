//! Structures that no two architectures lay out alike, as rows of members with their widths.
//!
//! One file per family; each has a row per architecture, from the uapi headers of Linux, and a test with the sizes
//! and offsets that a C compiler gives. What only follows the width of `long` is written with
//! [`crate::record::Record::word`] where it is used.
pub(crate) mod ipc;
pub(crate) mod lock;
pub(crate) mod stat;
pub(crate) mod statfs;

#[cfg(test)]
pub(crate) mod tests {
    use crate::{
        abi::Numbering,
        arch::{Abi, Column, Members},
    };
    use otori_cpu::Isa;

    /// All five, as far as layouts ask: column, width of `long`, numbering.
    pub(crate) fn abis() -> [Abi; 5] {
        let abi = |column, word_bytes, numbering| {
            let signal_set_bytes = if numbering == Numbering::Mips { 16 } else { 8 };
            let members = if column == Column::I386 { Members::Words } else { Members::Natural };
            Abi { column, word_bytes, numbering, signal_set_bytes, members, ..*Abi::of(Isa::Mips32El) }
        };
        [
            abi(Column::MipsO32, 4, Numbering::Mips),
            abi(Column::Arm, 4, Numbering::Generic),
            abi(Column::Aarch64, 8, Numbering::Generic),
            abi(Column::I386, 4, Numbering::Generic),
            abi(Column::X86_64, 8, Numbering::Generic),
        ]
    }
}
