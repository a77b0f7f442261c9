//! Integer operations on registers that cannot fail. Fields: `a` destination, `b` and `c` sources, `imm` constant, mask
//! or one more addend, `d` and `e` shift amounts, condition or register number.

use super::Cpu;
use super::flags::{narrow, signed};
use crate::chain::{links, one};
use crate::op::Run;

/// Division by zero gives zero, the least number by minus one itself.
fn divide_signed(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_div(b) }
}

links! { Cpu;
    Constant(cpu, op) { cpu.set(op.a, op.imm); }
    Copy(cpu, op) { cpu.set(op.a, cpu.get(op.b)); }
    CopyWord(cpu, op) { cpu.set(op.a, cpu.get(op.b) & 0xffff_ffff); }
    /// `movk`: 16 bits at `d`.
    Keep(cpu, op) { cpu.set(op.a, cpu.get(op.a) & !(0xffff << (op.d & 63)) | op.imm); }
    /// `movk` of a 32-bit register.
    KeepWord(cpu, op) { cpu.set(op.a, cpu.get(op.a) & 0xffff_ffff & !(0xffff << (op.d & 63)) | op.imm); }
    /// The address at distance `imm` from the start of the block.
    Address(cpu, op) { cpu.set(op.a, cpu.frame.start.wrapping_add(op.imm)); }
    /// The same, counted from the page that the block begins in.
    PageAddress(cpu, op) { cpu.set(op.a, (cpu.frame.start & !0xfff).wrapping_add(op.imm)); }

    AddConstant<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_add(op.imm))); }
    AddsConstant<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_with_flags::<WIDE>(cpu.get(op.b), op.imm);
        cpu.set(op.a, sum);
    }
    SubsConstant<const WIDE: bool>(cpu, op) {
        let difference = cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), op.imm);
        cpu.set(op.a, difference);
    }
    Add<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_add(cpu.get(op.c)))); }
    Sub<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_sub(cpu.get(op.c)))); }
    Adds<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, sum);
    }
    Subs<const WIDE: bool>(cpu, op) {
        let difference = cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, difference);
    }
    /// `add` of a register shifted left by `d`.
    AddShifted<const WIDE: bool>(cpu, op) {
        let shifted = cpu.get(op.c) << (op.d & 63);
        cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_add(shifted)));
    }
    Adc<const WIDE: bool>(cpu, op) {
        let sum = cpu.get(op.b).wrapping_add(cpu.get(op.c)).wrapping_add(u64::from(cpu.carry));
        cpu.set(op.a, narrow::<WIDE>(sum));
    }
    Sbc<const WIDE: bool>(cpu, op) {
        let sum = cpu.get(op.b).wrapping_add(!cpu.get(op.c)).wrapping_add(u64::from(cpu.carry));
        cpu.set(op.a, narrow::<WIDE>(sum));
    }
    Adcs<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_carry_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, sum);
    }
    Sbcs<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_carry_with_flags::<WIDE>(cpu.get(op.b), !cpu.get(op.c));
        cpu.set(op.a, sum);
    }

    AndConstant(cpu, op) { cpu.set(op.a, cpu.get(op.b) & op.imm); }
    AndsConstant<const WIDE: bool>(cpu, op) {
        let result = cpu.set_logical::<WIDE>(cpu.get(op.b) & op.imm);
        cpu.set(op.a, result);
    }
    OrrConstant<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) | op.imm)); }
    EorConstant<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) ^ op.imm)); }
    And<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) & cpu.get(op.c))); }
    Bic<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) & !cpu.get(op.c))); }
    Orr<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) | cpu.get(op.c))); }
    Orn<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) | !cpu.get(op.c))); }
    Eor<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) ^ cpu.get(op.c))); }
    Eon<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) ^ !cpu.get(op.c))); }
    Ands<const WIDE: bool>(cpu, op) {
        let result = cpu.set_logical::<WIDE>(cpu.get(op.b) & cpu.get(op.c));
        cpu.set(op.a, result);
    }
    Bics<const WIDE: bool>(cpu, op) {
        let result = cpu.set_logical::<WIDE>(cpu.get(op.b) & !cpu.get(op.c));
        cpu.set(op.a, result);
    }

    /// Shifted left by `d`, then the bits of the mask.
    LeftAndMask(cpu, op) { cpu.set(op.a, cpu.get(op.b) << (op.d & 63) & op.imm); }
    /// Shifted right by `d`, then the bits of the mask.
    RightAndMask(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (op.d & 63) & op.imm); }
    /// Shifted left by `d`, then right by `e` with the sign.
    SignExtract<const WIDE: bool>(cpu, op) {
        let top = (cpu.get(op.b) << (op.d & 63)) as i64;
        cpu.set(op.a, narrow::<WIDE>((top >> (op.e & 63)) as u64));
    }
    /// Rotated right by `d`, the bits of the mask into the destination.
    Insert<const WIDE: bool>(cpu, op) {
        let value = cpu.get(op.b);
        let turned = match WIDE {
            true => value.rotate_right(u32::from(op.d)),
            false => u64::from((value as u32).rotate_right(u32::from(op.d))),
        };
        cpu.set(op.a, narrow::<WIDE>(cpu.get(op.a) & !op.imm | turned & op.imm));
    }
    /// 64 or 32 bits from bit `d` of `b` and `c` joined.
    Extract<const WIDE: bool>(cpu, op) {
        let (high, low) = (cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, match WIDE {
            true => ((u128::from(high) << 64 | u128::from(low)) >> (op.d & 63)) as u64,
            false => (high << 32 | low & 0xffff_ffff) >> (op.d & 31) & 0xffff_ffff,
        });
    }
    Lsl<const WIDE: bool>(cpu, op) {
        let by = cpu.get(op.c);
        cpu.set(op.a, if WIDE { cpu.get(op.b) << (by & 63) } else { u64::from((cpu.get(op.b) as u32) << (by & 31)) });
    }
    Lsr<const WIDE: bool>(cpu, op) {
        let by = cpu.get(op.c);
        cpu.set(op.a, if WIDE { cpu.get(op.b) >> (by & 63) } else { u64::from(cpu.get(op.b) as u32 >> (by & 31)) });
    }
    Asr<const WIDE: bool>(cpu, op) {
        let by = cpu.get(op.c) & if WIDE { 63 } else { 31 };
        cpu.set(op.a, narrow::<WIDE>((signed::<WIDE>(cpu.get(op.b)) >> by) as u64));
    }
    Ror<const WIDE: bool>(cpu, op) {
        let (value, by) = (cpu.get(op.b), cpu.get(op.c) as u32);
        cpu.set(op.a, if WIDE { value.rotate_right(by & 63) } else { u64::from((value as u32).rotate_right(by & 31)) });
    }
    /// Rotated right by `d`.
    RorConstant<const WIDE: bool>(cpu, op) {
        let (value, by) = (cpu.get(op.b), u32::from(op.d));
        cpu.set(op.a, if WIDE { value.rotate_right(by) } else { u64::from((value as u32).rotate_right(by)) });
    }

    Udiv<const WIDE: bool>(cpu, op) {
        let (a, b) = (narrow::<WIDE>(cpu.get(op.b)), narrow::<WIDE>(cpu.get(op.c)));
        cpu.set(op.a, a.checked_div(b).unwrap_or(0));
    }
    Sdiv<const WIDE: bool>(cpu, op) {
        let quotient = divide_signed(signed::<WIDE>(cpu.get(op.b)), signed::<WIDE>(cpu.get(op.c)));
        cpu.set(op.a, narrow::<WIDE>(quotient as u64));
    }
    /// The addend is register `d`.
    Madd<const WIDE: bool>(cpu, op) {
        let product = cpu.get(op.b).wrapping_mul(cpu.get(op.c));
        cpu.set(op.a, narrow::<WIDE>(cpu.x[usize::from(op.d & 63)].wrapping_add(product)));
    }
    Msub<const WIDE: bool>(cpu, op) {
        let product = cpu.get(op.b).wrapping_mul(cpu.get(op.c));
        cpu.set(op.a, narrow::<WIDE>(cpu.x[usize::from(op.d & 63)].wrapping_sub(product)));
    }
    Smaddl(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_add(product as u64));
    }
    Smsubl(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_sub(product as u64));
    }
    Umaddl(cpu, op) {
        let product = (cpu.get(op.b) & 0xffff_ffff) * (cpu.get(op.c) & 0xffff_ffff);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_add(product));
    }
    Umsubl(cpu, op) {
        let product = (cpu.get(op.b) & 0xffff_ffff) * (cpu.get(op.c) & 0xffff_ffff);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_sub(product));
    }
    Smulh(cpu, op) {
        let product = i128::from(cpu.get(op.b) as i64) * i128::from(cpu.get(op.c) as i64);
        cpu.set(op.a, (product >> 64) as u64);
    }
    Umulh(cpu, op) {
        cpu.set(op.a, ((u128::from(cpu.get(op.b)) * u128::from(cpu.get(op.c))) >> 64) as u64);
    }

    Clz<const WIDE: bool>(cpu, op) {
        let value = cpu.get(op.b);
        cpu.set(op.a, u64::from(if WIDE { value.leading_zeros() } else { (value as u32).leading_zeros() }));
    }
    /// Sign bits behind the first.
    Cls<const WIDE: bool>(cpu, op) {
        let value = signed::<WIDE>(cpu.get(op.b));
        let same = (value ^ value >> 63).leading_zeros() - 1;
        cpu.set(op.a, u64::from(if WIDE { same } else { same - 32 }));
    }
    Rbit<const WIDE: bool>(cpu, op) {
        let turned = cpu.get(op.b).reverse_bits();
        cpu.set(op.a, if WIDE { turned } else { turned >> 32 });
    }
    /// Bytes turned round in each half word.
    Rev16<const WIDE: bool>(cpu, op) {
        let value = cpu.get(op.b);
        cpu.set(op.a, narrow::<WIDE>(value >> 8 & 0x00ff_00ff_00ff_00ff | (value & 0x00ff_00ff_00ff_00ff) << 8));
    }
    /// Bytes turned round in each word.
    Rev32<const WIDE: bool>(cpu, op) {
        cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).swap_bytes().rotate_left(32)));
    }
    Rev64(cpu, op) { cpu.set(op.a, cpu.get(op.b).swap_bytes()); }

    /// `ccmp` with `c` plus `imm` if condition `d` holds; else the flags `e`.
    CompareIf<const WIDE: bool>(cpu, op) {
        if cpu.condition(u32::from(op.d)) {
            cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c).wrapping_add(op.imm));
        } else {
            cpu.set_nzcv(u32::from(op.e));
        }
    }
    /// `ccmn`, as [`compare_if`].
    CompareNegativeIf<const WIDE: bool>(cpu, op) {
        if cpu.condition(u32::from(op.d)) {
            cpu.add_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c).wrapping_add(op.imm));
        } else {
            cpu.set_nzcv(u32::from(op.e));
        }
    }
    ThreadPointer(cpu, op) { cpu.set(op.a, cpu.thread_pointer); }
}

/// What `csel` (0), `csinc` (1), `csinv` (2) and `csneg` (3) make of the second register.
#[inline(always)]
fn second<const KIND: u8>(value: u64) -> u64 {
    match KIND {
        0 => value,
        1 => value.wrapping_add(1),
        2 => !value,
        _ => value.wrapping_neg(),
    }
}

links! { Cpu;
    Select<const CONDITION: u8, const KIND: u8, const WIDE: bool>(cpu, op) {
        let otherwise = second::<KIND>(cpu.get(op.c));
        let value = if cpu.holds::<CONDITION>() { cpu.get(op.b) } else { otherwise };
        cpu.set(op.a, narrow::<WIDE>(value));
    }
}

/// An array of a function for each condition.
macro_rules! by_condition {
    ($name:ident $(, $more:expr)*) => {
        [
            one::<Cpu, $name<0 $(, $more)*>>(), one::<Cpu, $name<1 $(, $more)*>>(), one::<Cpu, $name<2 $(, $more)*>>(), one::<Cpu, $name<3 $(, $more)*>>(),
            one::<Cpu, $name<4 $(, $more)*>>(), one::<Cpu, $name<5 $(, $more)*>>(), one::<Cpu, $name<6 $(, $more)*>>(), one::<Cpu, $name<7 $(, $more)*>>(),
            one::<Cpu, $name<8 $(, $more)*>>(), one::<Cpu, $name<9 $(, $more)*>>(), one::<Cpu, $name<10 $(, $more)*>>(), one::<Cpu, $name<11 $(, $more)*>>(),
            one::<Cpu, $name<12 $(, $more)*>>(), one::<Cpu, $name<13 $(, $more)*>>(), one::<Cpu, $name<14 $(, $more)*>>(), one::<Cpu, $name<15 $(, $more)*>>(),
        ]
    };
}
pub(super) use by_condition;

/// The function of a conditional select of 64 (or 32) bits.
pub(super) fn selector(kind: u32, condition: u32, wide: bool) -> Run<Cpu> {
    static NARROW: [[Run<Cpu>; 16]; 4] = [
        by_condition!(Select, 0, false),
        by_condition!(Select, 1, false),
        by_condition!(Select, 2, false),
        by_condition!(Select, 3, false),
    ];
    static WIDE: [[Run<Cpu>; 16]; 4] = [
        by_condition!(Select, 0, true),
        by_condition!(Select, 1, true),
        by_condition!(Select, 2, true),
        by_condition!(Select, 3, true),
    ];
    let table = if wide { &WIDE } else { &NARROW };
    table[(kind & 3) as usize][(condition & 15) as usize]
}
