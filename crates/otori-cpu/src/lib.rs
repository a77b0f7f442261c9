//! Instruction sets: decode and execute against the trait Memory.
