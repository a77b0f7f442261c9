//! Which operation an opcode of packed integers is. Intel SDM volume 2, tables.

use super::super::cpu::Cpu;
use super::super::vector::integer::*;
use super::super::vector::shuffle::*;
use super::super::vector::{Work, narrow, wide};
use crate::op::Run;

fn pick<T: Work>(is_wide: bool) -> Option<Run<Cpu>> {
    Some(if is_wide { wide::<T> } else { narrow::<T> })
}

/// Opcodes behind 0F whose operands are two registers of one kind (or one and memory): MMX, or SSE with the prefix 66.
pub(super) fn two(opcode: u8, is_wide: bool) -> Option<Run<Cpu>> {
    match opcode {
        0x60 => pick::<Punpcklbw>(is_wide),
        0x61 => pick::<Punpcklwd>(is_wide),
        0x62 => pick::<Punpckldq>(is_wide),
        0x63 => pick::<Packsswb>(is_wide),
        0x64 => pick::<Pcmpgtb>(is_wide),
        0x65 => pick::<Pcmpgtw>(is_wide),
        0x66 => pick::<Pcmpgtd>(is_wide),
        0x67 => pick::<Packuswb>(is_wide),
        0x68 => pick::<Punpckhbw>(is_wide),
        0x69 => pick::<Punpckhwd>(is_wide),
        0x6a => pick::<Punpckhdq>(is_wide),
        0x6b => pick::<Packssdw>(is_wide),
        0x6c if is_wide => pick::<Punpcklqdq>(true),
        0x6d if is_wide => pick::<Punpckhqdq>(true),
        0x70 if is_wide => pick::<Pshufd>(true),
        0x70 => pick::<Pshufw>(false),
        0x74 => pick::<Pcmpeqb>(is_wide),
        0x75 => pick::<Pcmpeqw>(is_wide),
        0x76 => pick::<Pcmpeqd>(is_wide),
        0xd1..=0xdf => two_d(opcode, is_wide),
        0xe0..=0xef => two_e(opcode, is_wide),
        0xf1 => pick::<Psllw>(is_wide),
        0xf2 => pick::<Pslld>(is_wide),
        0xf3 => pick::<Psllq>(is_wide),
        0xf4 => pick::<Pmuludq>(is_wide),
        0xf5 => pick::<Pmaddwd>(is_wide),
        0xf6 => pick::<Psadbw>(is_wide),
        0xf8 => pick::<Psubb>(is_wide),
        0xf9 => pick::<Psubw>(is_wide),
        0xfa => pick::<Psubd>(is_wide),
        0xfb => pick::<Psubq>(is_wide),
        0xfc => pick::<Paddb>(is_wide),
        0xfd => pick::<Paddw>(is_wide),
        0xfe => pick::<Paddd>(is_wide),
        _ => None,
    }
}

fn two_d(opcode: u8, is_wide: bool) -> Option<Run<Cpu>> {
    match opcode {
        0xd1 => pick::<Psrlw>(is_wide),
        0xd2 => pick::<Psrld>(is_wide),
        0xd3 => pick::<Psrlq>(is_wide),
        0xd4 => pick::<Paddq>(is_wide),
        0xd5 => pick::<Pmullw>(is_wide),
        0xd8 => pick::<Psubusb>(is_wide),
        0xd9 => pick::<Psubusw>(is_wide),
        0xda => pick::<Pminub>(is_wide),
        0xdb => pick::<Pand>(is_wide),
        0xdc => pick::<Paddusb>(is_wide),
        0xdd => pick::<Paddusw>(is_wide),
        0xde => pick::<Pmaxub>(is_wide),
        0xdf => pick::<Pandn>(is_wide),
        _ => None,
    }
}

fn two_e(opcode: u8, is_wide: bool) -> Option<Run<Cpu>> {
    match opcode {
        0xe0 => pick::<Pavgb>(is_wide),
        0xe1 => pick::<Psraw>(is_wide),
        0xe2 => pick::<Psrad>(is_wide),
        0xe3 => pick::<Pavgw>(is_wide),
        0xe4 => pick::<Pmulhuw>(is_wide),
        0xe5 => pick::<Pmulhw>(is_wide),
        0xe8 => pick::<Psubsb>(is_wide),
        0xe9 => pick::<Psubsw>(is_wide),
        0xea => pick::<Pminsw>(is_wide),
        0xeb => pick::<Por>(is_wide),
        0xec => pick::<Paddsb>(is_wide),
        0xed => pick::<Paddsw>(is_wide),
        0xee => pick::<Pmaxsw>(is_wide),
        0xef => pick::<Pxor>(is_wide),
        _ => None,
    }
}

/// Shifts by an immediate: opcodes 71 to 73, by the reg field.
pub(super) fn shift(opcode: u8, group: u8, is_wide: bool) -> Option<Run<Cpu>> {
    match (opcode, group) {
        (0x71, 2) => pick::<PsrlwBy>(is_wide),
        (0x71, 4) => pick::<PsrawBy>(is_wide),
        (0x71, 6) => pick::<PsllwBy>(is_wide),
        (0x72, 2) => pick::<PsrldBy>(is_wide),
        (0x72, 4) => pick::<PsradBy>(is_wide),
        (0x72, 6) => pick::<PslldBy>(is_wide),
        (0x73, 2) => pick::<PsrlqBy>(is_wide),
        (0x73, 6) => pick::<PsllqBy>(is_wide),
        (0x73, 3) if is_wide => pick::<Psrldq>(true),
        (0x73, 7) if is_wide => pick::<Pslldq>(true),
        _ => None,
    }
}

/// Opcodes behind 0F 38: SSSE3 in both kinds, SSE4 in one; and how many bytes a memory operand has (0: all).
pub(super) fn three_38(opcode: u8, is_wide: bool) -> Option<(Run<Cpu>, u32)> {
    let all = |run: Option<Run<Cpu>>| run.map(|run| (run, 0));
    match opcode {
        0x00 => all(pick::<Pshufb>(is_wide)),
        0x01 => all(pick::<Phaddw>(is_wide)),
        0x02 => all(pick::<Phaddd>(is_wide)),
        0x03 => all(pick::<Phaddsw>(is_wide)),
        0x04 => all(pick::<Pmaddubsw>(is_wide)),
        0x05 => all(pick::<Phsubw>(is_wide)),
        0x06 => all(pick::<Phsubd>(is_wide)),
        0x07 => all(pick::<Phsubsw>(is_wide)),
        0x08 => all(pick::<Psignb>(is_wide)),
        0x09 => all(pick::<Psignw>(is_wide)),
        0x0a => all(pick::<Psignd>(is_wide)),
        0x0b => all(pick::<Pmulhrsw>(is_wide)),
        0x1c => all(pick::<Pabsb>(is_wide)),
        0x1d => all(pick::<Pabsw>(is_wide)),
        0x1e => all(pick::<Pabsd>(is_wide)),
        _ if !is_wide => None,
        0x20..=0x25 | 0x30..=0x35 => widening(opcode),
        0x28 => all(pick::<Pmuldq>(true)),
        0x29 => all(pick::<Pcmpeqq>(true)),
        0x2a => all(pick::<Copy>(true)),
        0x2b => all(pick::<Packusdw>(true)),
        0x37 => all(pick::<Pcmpgtq>(true)),
        0x38 => all(pick::<Pminsb>(true)),
        0x39 => all(pick::<Pminsd>(true)),
        0x3a => all(pick::<Pminuw>(true)),
        0x3b => all(pick::<Pminud>(true)),
        0x3c => all(pick::<Pmaxsb>(true)),
        0x3d => all(pick::<Pmaxsd>(true)),
        0x3e => all(pick::<Pmaxuw>(true)),
        0x3f => all(pick::<Pmaxud>(true)),
        0x40 => all(pick::<Pmulld>(true)),
        0x41 => all(pick::<Phminposuw>(true)),
        _ => None,
    }
}

fn widening(opcode: u8) -> Option<(Run<Cpu>, u32)> {
    let run = match opcode {
        0x20 => pick::<Pmovsxbw>(true),
        0x21 => pick::<Pmovsxbd>(true),
        0x22 => pick::<Pmovsxbq>(true),
        0x23 => pick::<Pmovsxwd>(true),
        0x24 => pick::<Pmovsxwq>(true),
        0x25 => pick::<Pmovsxdq>(true),
        0x30 => pick::<Pmovzxbw>(true),
        0x31 => pick::<Pmovzxbd>(true),
        0x32 => pick::<Pmovzxbq>(true),
        0x33 => pick::<Pmovzxwd>(true),
        0x34 => pick::<Pmovzxwq>(true),
        _ => pick::<Pmovzxdq>(true),
    };
    let bytes = match opcode & 15 {
        1 | 4 => 4,
        2 => 2,
        _ => 8,
    };
    run.map(|run| (run, bytes))
}

/// Opcodes behind 0F 3A with two vector operands and an immediate.
pub(super) fn three_3a(opcode: u8, is_wide: bool) -> Option<Run<Cpu>> {
    match opcode {
        0x0f => pick::<Palignr>(is_wide),
        _ if !is_wide => None,
        0x0c => pick::<Blendps>(true),
        0x0d => pick::<Blendpd>(true),
        0x0e => pick::<Pblendw>(true),
        0x42 => pick::<Mpsadbw>(true),
        _ => None,
    }
}
