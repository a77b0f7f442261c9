//! Bits of A32 and T32 words that the manual says should be zero or one, in parentheses. Key function: [`is_broken`]. What breaks the
//! rule is unpredictable; we refuse it, as qemu does for its Cortex-A7. ARMv7-A reference manual, A5.1.2 and chapter A8.

/// An instruction's bits.
struct Row {
    /// Those that tell it from others, and their values.
    mask: u32,
    value: u32,
    /// Those that should be as in `should`.
    fixed: u32,
    should: u32,
}

/// From most to least significant: `0` and `1` tell the instruction, `z` should be zero, `o` should be one.
const fn row(pattern: &str) -> Row {
    let bytes = pattern.as_bytes();
    let mut row = Row { mask: 0, value: 0, fixed: 0, should: 0 };
    let (mut at, mut bit) = (0, 1u32 << 31);
    while at < bytes.len() {
        match bytes[at] {
            b'0' => row.mask |= bit,
            b'1' => (row.mask, row.value) = (row.mask | bit, row.value | bit),
            b'z' => row.fixed |= bit,
            b'o' => (row.fixed, row.should) = (row.fixed | bit, row.should | bit),
            _ => {}
        }
        if bytes[at] != b' ' {
            bit >>= 1;
        }
        at += 1;
    }
    row
}

/// Instructions with a condition.
static CONDITIONAL: [Row; 25] = [
    // tst, teq, cmp, cmn: register, shifted register, constant
    row(".... 0001 0..1 .... zzzz .... ...0 ...."),
    row(".... 0001 0..1 .... zzzz .... 0..1 ...."),
    row(".... 0011 0..1 .... zzzz .... .... ...."),
    // mov, mvn
    row(".... 0001 1.1. zzzz .... .... ...0 ...."),
    row(".... 0001 1.1. zzzz .... .... 0..1 ...."),
    row(".... 0011 1.1. zzzz .... .... .... ...."),
    // mul
    row(".... 0000 000. .... zzzz .... 1001 ...."),
    // halves; signed and double
    row(".... 000. .0.. .... .... zzzz 1011 ...."),
    row(".... 000. .0.. .... .... zzzz 11.1 ...."),
    // mrs, msr
    row(".... 0001 0000 oooo .... zzzz 0000 zzzz"),
    row(".... 0001 0010 .... oooo zzzz 0000 ...."),
    row(".... 0011 0010 .... oooo .... .... ...."),
    // bx, blx, bxj
    row(".... 0001 0010 oooo oooo oooo 00.1 ...."),
    row(".... 0001 0010 oooo oooo oooo 0010 ...."),
    // clz; qadd and its like; products of halves
    row(".... 0001 0110 oooo .... oooo 0001 ...."),
    row(".... 0001 0..0 .... .... zzzz 0101 ...."),
    row(".... 0001 0010 .... zzzz .... 1.10 ...."),
    row(".... 0001 0110 .... zzzz .... 1..0 ...."),
    // exclusive loads
    row(".... 0001 1..1 .... .... oooo 1001 oooo"),
    // side by side; sel; saturation of halves; extension; reversal; division
    row(".... 0110 0... .... .... oooo ...1 ...."),
    row(".... 0110 1000 .... .... oooo 1011 ...."),
    row(".... 0110 1.10 .... .... oooo 0011 ...."),
    row(".... 0110 1... .... .... ..zz 0111 ...."),
    row(".... 0110 1.11 oooo .... oooo .011 ...."),
    row(".... 0111 00.1 .... oooo .... 0001 ...."),
];

/// Instructions with 15 in the field of the condition.
static UNCONDITIONAL: [Row; 5] = [
    // pli, pld, pldw and those with a register
    row("1111 0100 .101 .... oooo .... .... ...."),
    row("1111 0101 ..01 .... oooo .... .... ...."),
    row("1111 0110 .101 .... oooo .... ...0 ...."),
    row("1111 0111 ..01 .... oooo .... ...0 ...."),
    // cps
    row("1111 0001 0000 ...0 zzzz zzz. ..0. ...."),
];

/// T32, of 32 bits, the first half on top.
static WIDE: [Row; 17] = [
    // exclusive loads and stores; tbb and tbh
    row("1110 1000 0101 .... .... oooo .... ...."),
    row("1110 1000 1101 .... .... oooo 010. oooo"),
    row("1110 1000 1101 .... .... .... 0111 oooo"),
    row("1110 1000 1100 .... .... oooo 010. ...."),
    row("1110 1000 1101 .... oooo zzzz 000. ...."),
    // data processing with a shifted register
    row("1110 101. .... .... z... .... .... ...."),
    row("1110 1010 110z .... .... .... ...z ...."),
    // saturation, bit fields
    row("1111 0z11 ...0 .... 0... .... ..z. ...."),
    // hints, barriers, bxj
    row("1111 0011 1010 oooo 10z0 z... .... ...."),
    row("1111 0011 1011 oooo 10z0 oooo .... ...."),
    row("1111 0011 1100 .... 10z0 oooo zzzz zzzz"),
    // mrs, msr
    row("1111 0011 1110 oooo 10z0 .... zzzz zzzz"),
    row("1111 0011 1000 .... 10z0 .... zzzz zzzz"),
    // extension; shifts by a register; division, signed and unsigned
    row("1111 1010 0... .... 1111 .... 1z.. ...."),
    row("1111 1010 0... .... oooo .... 0000 ...."),
    row("1111 1011 1001 .... oooo .... 1111 ...."),
    row("1111 1011 1011 .... oooo .... 1111 ...."),
];

/// Moves to VFP registers, also of T32.
static MOVES: [Row; 3] = [
    row(".... 1110 .... .... .... 101. ...1 zzzz"),
    row(".... 1110 .... .... .... 1010 .zz1 ...."),
    // vmov of a constant
    row(".... 1110 1.11 .... .... 101. z0z0 ...."),
];

fn breaks(rows: &[Row], word: u32) -> bool {
    rows.iter().any(|row| word & row.mask == row.value && word & row.fixed != row.should)
}

/// Does an A32 word break the rule?
pub(in crate::arm) fn is_broken(word: u32) -> bool {
    if word >> 28 == 15 { breaks(&UNCONDITIONAL, word) } else { breaks(&CONDITIONAL, word) }
}

/// Does a T32 word of 32 bits?
pub(in crate::arm) fn is_broken_wide(word: u32) -> bool {
    breaks(&WIDE, word)
}

/// Does a word of coprocessor 10 or 11?
pub(in crate::arm) fn is_broken_move(word: u32) -> bool {
    breaks(&MOVES, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_that_should_be_zero_is_told() {
        // mul r1, r2, r3 and with a register where there is none; mov r1, r2; bx lr
        for (word, broken) in [
            (0xe001_0392, false),
            (0xe001_1392, true),
            (0xe1a0_1002, false),
            (0xe1a3_1002, true),
            (0xe12f_ff1e, false),
            (0xe12f_fe1e, true),
        ] {
            assert_eq!(is_broken(word), broken, "{word:#x}");
        }
        // vmov s0, r1
        assert!(!is_broken_move(0xee00_1a10) && is_broken_move(0xee00_1a11));
    }
}
