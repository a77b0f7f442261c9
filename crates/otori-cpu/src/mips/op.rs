//! The compact operations that blocks are decoded to. Key type: [`Op`].

/// One operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Not an instruction.
    Illegal,
}
