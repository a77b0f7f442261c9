//! Integer operations on registers that cannot fail. Fields: `a` destination, `b` and `c` sources, `imm` constant, mask
//! or one more addend, `d` and `e` shift amounts, condition or register number.

use super::Cpu;
use super::flags::{narrow, signed};
use crate::block::BlockCache;
use crate::handler::handlers;
use crate::maps::Maps;
use crate::op::{Next, Op, Run, end};

/// Division by zero gives zero, the least number by minus one itself.
fn divide_signed(a: i64, b: i64) -> i64 {
    if b == 0 { 0 } else { a.wrapping_div(b) }
}

handlers! { Cpu;
    constant(cpu, op) { cpu.set(op.a, op.imm); }
    copy(cpu, op) { cpu.set(op.a, cpu.get(op.b)); }
    copy_word(cpu, op) { cpu.set(op.a, cpu.get(op.b) & 0xffff_ffff); }
    /// `movk`: 16 bits at `d`.
    keep(cpu, op) { cpu.set(op.a, cpu.get(op.a) & !(0xffff << (op.d & 63)) | op.imm); }
    /// `movk` of a 32-bit register.
    keep_word(cpu, op) { cpu.set(op.a, cpu.get(op.a) & 0xffff_ffff & !(0xffff << (op.d & 63)) | op.imm); }
    /// The address at distance `imm` from the start of the block.
    address(cpu, op) { cpu.set(op.a, cpu.frame.start.wrapping_add(op.imm)); }
    /// The same, counted from the page that the block begins in.
    page_address(cpu, op) { cpu.set(op.a, (cpu.frame.start & !0xfff).wrapping_add(op.imm)); }

    add_constant<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_add(op.imm))); }
    adds_constant<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_with_flags::<WIDE>(cpu.get(op.b), op.imm);
        cpu.set(op.a, sum);
    }
    subs_constant<const WIDE: bool>(cpu, op) {
        let difference = cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), op.imm);
        cpu.set(op.a, difference);
    }
    add<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_add(cpu.get(op.c)))); }
    sub<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_sub(cpu.get(op.c)))); }
    adds<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, sum);
    }
    subs<const WIDE: bool>(cpu, op) {
        let difference = cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, difference);
    }
    /// `add` of a register shifted left by `d`.
    add_shifted<const WIDE: bool>(cpu, op) {
        let shifted = cpu.get(op.c) << (op.d & 63);
        cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).wrapping_add(shifted)));
    }
    adc<const WIDE: bool>(cpu, op) {
        let sum = cpu.get(op.b).wrapping_add(cpu.get(op.c)).wrapping_add(u64::from(cpu.carry));
        cpu.set(op.a, narrow::<WIDE>(sum));
    }
    sbc<const WIDE: bool>(cpu, op) {
        let sum = cpu.get(op.b).wrapping_add(!cpu.get(op.c)).wrapping_add(u64::from(cpu.carry));
        cpu.set(op.a, narrow::<WIDE>(sum));
    }
    adcs<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_carry_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, sum);
    }
    sbcs<const WIDE: bool>(cpu, op) {
        let sum = cpu.add_carry_with_flags::<WIDE>(cpu.get(op.b), !cpu.get(op.c));
        cpu.set(op.a, sum);
    }

    and_constant(cpu, op) { cpu.set(op.a, cpu.get(op.b) & op.imm); }
    ands_constant<const WIDE: bool>(cpu, op) {
        let result = cpu.set_logical::<WIDE>(cpu.get(op.b) & op.imm);
        cpu.set(op.a, result);
    }
    orr_constant<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) | op.imm)); }
    eor_constant<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) ^ op.imm)); }
    and<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) & cpu.get(op.c))); }
    bic<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) & !cpu.get(op.c))); }
    orr<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) | cpu.get(op.c))); }
    orn<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) | !cpu.get(op.c))); }
    eor<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) ^ cpu.get(op.c))); }
    eon<const WIDE: bool>(cpu, op) { cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b) ^ !cpu.get(op.c))); }
    ands<const WIDE: bool>(cpu, op) {
        let result = cpu.set_logical::<WIDE>(cpu.get(op.b) & cpu.get(op.c));
        cpu.set(op.a, result);
    }
    bics<const WIDE: bool>(cpu, op) {
        let result = cpu.set_logical::<WIDE>(cpu.get(op.b) & !cpu.get(op.c));
        cpu.set(op.a, result);
    }

    /// Shifted left by `d`, then the bits of the mask.
    left_and_mask(cpu, op) { cpu.set(op.a, cpu.get(op.b) << (op.d & 63) & op.imm); }
    /// Shifted right by `d`, then the bits of the mask.
    right_and_mask(cpu, op) { cpu.set(op.a, cpu.get(op.b) >> (op.d & 63) & op.imm); }
    /// Shifted left by `d`, then right by `e` with the sign.
    sign_extract<const WIDE: bool>(cpu, op) {
        let top = (cpu.get(op.b) << (op.d & 63)) as i64;
        cpu.set(op.a, narrow::<WIDE>((top >> (op.e & 63)) as u64));
    }
    /// Rotated right by `d`, the bits of the mask into the destination.
    insert<const WIDE: bool>(cpu, op) {
        let value = cpu.get(op.b);
        let turned = match WIDE {
            true => value.rotate_right(u32::from(op.d)),
            false => u64::from((value as u32).rotate_right(u32::from(op.d))),
        };
        cpu.set(op.a, narrow::<WIDE>(cpu.get(op.a) & !op.imm | turned & op.imm));
    }
    /// 64 or 32 bits from bit `d` of `b` and `c` joined.
    extract<const WIDE: bool>(cpu, op) {
        let (high, low) = (cpu.get(op.b), cpu.get(op.c));
        cpu.set(op.a, match WIDE {
            true => ((u128::from(high) << 64 | u128::from(low)) >> (op.d & 63)) as u64,
            false => (high << 32 | low & 0xffff_ffff) >> (op.d & 31) & 0xffff_ffff,
        });
    }
    lsl<const WIDE: bool>(cpu, op) {
        let by = cpu.get(op.c);
        cpu.set(op.a, if WIDE { cpu.get(op.b) << (by & 63) } else { u64::from((cpu.get(op.b) as u32) << (by & 31)) });
    }
    lsr<const WIDE: bool>(cpu, op) {
        let by = cpu.get(op.c);
        cpu.set(op.a, if WIDE { cpu.get(op.b) >> (by & 63) } else { u64::from(cpu.get(op.b) as u32 >> (by & 31)) });
    }
    asr<const WIDE: bool>(cpu, op) {
        let by = cpu.get(op.c) & if WIDE { 63 } else { 31 };
        cpu.set(op.a, narrow::<WIDE>((signed::<WIDE>(cpu.get(op.b)) >> by) as u64));
    }
    ror<const WIDE: bool>(cpu, op) {
        let (value, by) = (cpu.get(op.b), cpu.get(op.c) as u32);
        cpu.set(op.a, if WIDE { value.rotate_right(by & 63) } else { u64::from((value as u32).rotate_right(by & 31)) });
    }
    /// Rotated right by `d`.
    ror_constant<const WIDE: bool>(cpu, op) {
        let (value, by) = (cpu.get(op.b), u32::from(op.d));
        cpu.set(op.a, if WIDE { value.rotate_right(by) } else { u64::from((value as u32).rotate_right(by)) });
    }

    udiv<const WIDE: bool>(cpu, op) {
        let (a, b) = (narrow::<WIDE>(cpu.get(op.b)), narrow::<WIDE>(cpu.get(op.c)));
        cpu.set(op.a, a.checked_div(b).unwrap_or(0));
    }
    sdiv<const WIDE: bool>(cpu, op) {
        let quotient = divide_signed(signed::<WIDE>(cpu.get(op.b)), signed::<WIDE>(cpu.get(op.c)));
        cpu.set(op.a, narrow::<WIDE>(quotient as u64));
    }
    /// The addend is register `d`.
    madd<const WIDE: bool>(cpu, op) {
        let product = cpu.get(op.b).wrapping_mul(cpu.get(op.c));
        cpu.set(op.a, narrow::<WIDE>(cpu.x[usize::from(op.d & 63)].wrapping_add(product)));
    }
    msub<const WIDE: bool>(cpu, op) {
        let product = cpu.get(op.b).wrapping_mul(cpu.get(op.c));
        cpu.set(op.a, narrow::<WIDE>(cpu.x[usize::from(op.d & 63)].wrapping_sub(product)));
    }
    smaddl(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_add(product as u64));
    }
    smsubl(cpu, op) {
        let product = i64::from(cpu.get(op.b) as i32) * i64::from(cpu.get(op.c) as i32);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_sub(product as u64));
    }
    umaddl(cpu, op) {
        let product = (cpu.get(op.b) & 0xffff_ffff) * (cpu.get(op.c) & 0xffff_ffff);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_add(product));
    }
    umsubl(cpu, op) {
        let product = (cpu.get(op.b) & 0xffff_ffff) * (cpu.get(op.c) & 0xffff_ffff);
        cpu.set(op.a, cpu.x[usize::from(op.d & 63)].wrapping_sub(product));
    }
    smulh(cpu, op) {
        let product = i128::from(cpu.get(op.b) as i64) * i128::from(cpu.get(op.c) as i64);
        cpu.set(op.a, (product >> 64) as u64);
    }
    umulh(cpu, op) {
        cpu.set(op.a, ((u128::from(cpu.get(op.b)) * u128::from(cpu.get(op.c))) >> 64) as u64);
    }

    clz<const WIDE: bool>(cpu, op) {
        let value = cpu.get(op.b);
        cpu.set(op.a, u64::from(if WIDE { value.leading_zeros() } else { (value as u32).leading_zeros() }));
    }
    /// Sign bits behind the first.
    cls<const WIDE: bool>(cpu, op) {
        let value = signed::<WIDE>(cpu.get(op.b));
        let same = (value ^ value >> 63).leading_zeros() - 1;
        cpu.set(op.a, u64::from(if WIDE { same } else { same - 32 }));
    }
    rbit<const WIDE: bool>(cpu, op) {
        let turned = cpu.get(op.b).reverse_bits();
        cpu.set(op.a, if WIDE { turned } else { turned >> 32 });
    }
    /// Bytes turned round in each half word.
    rev16<const WIDE: bool>(cpu, op) {
        let value = cpu.get(op.b);
        cpu.set(op.a, narrow::<WIDE>(value >> 8 & 0x00ff_00ff_00ff_00ff | (value & 0x00ff_00ff_00ff_00ff) << 8));
    }
    /// Bytes turned round in each word.
    rev32<const WIDE: bool>(cpu, op) {
        cpu.set(op.a, narrow::<WIDE>(cpu.get(op.b).swap_bytes().rotate_left(32)));
    }
    rev64(cpu, op) { cpu.set(op.a, cpu.get(op.b).swap_bytes()); }

    /// `ccmp` with `c` plus `imm` if condition `d` holds; else the flags `e`.
    compare_if<const WIDE: bool>(cpu, op) {
        if cpu.condition(u32::from(op.d)) {
            cpu.subtract_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c).wrapping_add(op.imm));
        } else {
            cpu.set_nzcv(u32::from(op.e));
        }
    }
    /// `ccmn`, as [`compare_if`].
    compare_negative_if<const WIDE: bool>(cpu, op) {
        if cpu.condition(u32::from(op.d)) {
            cpu.add_with_flags::<WIDE>(cpu.get(op.b), cpu.get(op.c).wrapping_add(op.imm));
        } else {
            cpu.set_nzcv(u32::from(op.e));
        }
    }
    thread_pointer(cpu, op) { cpu.set(op.a, cpu.thread_pointer); }
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

fn select<'a, const CONDITION: u8, const KIND: u8, const WIDE: bool>(
    cpu: &mut Cpu,
    maps: &'a Maps,
    blocks: &'a BlockCache<Cpu>,
    ops: &'a [Op<Cpu>],
) -> Next {
    let [op, next, ..] = ops else { return end() };
    let otherwise = second::<KIND>(cpu.get(op.c));
    let value = if cpu.holds::<CONDITION>() { cpu.get(op.b) } else { otherwise };
    cpu.set(op.a, narrow::<WIDE>(value));
    (next.run)(cpu, maps, blocks, &ops[1..])
}

/// An array of a function for each condition.
macro_rules! by_condition {
    ($name:ident $(, $more:expr)*) => {
        [
            $name::<0 $(, $more)*>, $name::<1 $(, $more)*>, $name::<2 $(, $more)*>, $name::<3 $(, $more)*>,
            $name::<4 $(, $more)*>, $name::<5 $(, $more)*>, $name::<6 $(, $more)*>, $name::<7 $(, $more)*>,
            $name::<8 $(, $more)*>, $name::<9 $(, $more)*>, $name::<10 $(, $more)*>, $name::<11 $(, $more)*>,
            $name::<12 $(, $more)*>, $name::<13 $(, $more)*>, $name::<14 $(, $more)*>, $name::<15 $(, $more)*>,
        ]
    };
}
pub(super) use by_condition;

/// The function of a conditional select of 64 (or 32) bits.
pub(super) fn selector(kind: u32, condition: u32, wide: bool) -> Run<Cpu> {
    static NARROW: [[Run<Cpu>; 16]; 4] = [
        by_condition!(select, 0, false),
        by_condition!(select, 1, false),
        by_condition!(select, 2, false),
        by_condition!(select, 3, false),
    ];
    static WIDE: [[Run<Cpu>; 16]; 4] = [
        by_condition!(select, 0, true),
        by_condition!(select, 1, true),
        by_condition!(select, 2, true),
        by_condition!(select, 3, true),
    ];
    let table = if wide { &WIDE } else { &NARROW };
    table[(kind & 3) as usize][(condition & 15) as usize]
}
