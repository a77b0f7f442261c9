//! The page at 0xffff0000: the kernel's user helpers, and the returns from signal handlers.
//!
//! Entrance: [`page`]. Source: Documentation/arch/arm/kernel_user_helpers.rst of Linux; the returns stand where kernels
//! before 3.11 had them. The helpers are real instructions, so that they run and can be read as on a device.
use super::{Abi, PAGE_BYTES};
use crate::abi::Endian;
use alloc::{vec, vec::Vec};

/// Address of the page.
pub(super) const PAGE: u64 = 0xffff_0000;

/// Where the returns begin: for A32 and T32, three words each, first the old one.
pub(super) const RETURNS: u64 = PAGE + 0x500;

/// `mov r7, #number; swi number`, and the same in T32.
const RETURN_CODE: [u32; 6] = [0xe3a0_7077, 0xef90_0077, 0xdf00_2777, 0xe3a0_70ad, 0xef90_00ad, 0xdf00_27ad];

/// How many helpers there are, at 0xffff0ffc.
const VERSION: u32 = 5;

/// `__kuser_cmpxchg64`: the old value at r0, the new one at r1, the place in r2.
const COMPARE_EXCHANGE_64: [u32; 12] = [
    0xe92d_40f0, // push {r4-r7, lr}
    0xe8b0_0030, // ldm r0!, {r4, r5}
    0xe8b1_00c0, // ldm r1!, {r6, r7}
    0xe1b2_0f9f, // ldrexd r0, r1, [r2]
    0xe050_3004, // subs r3, r0, r4
    0x0051_3005, // subseq r3, r1, r5
    0x01a2_3f96, // strexdeq r3, r6, r7, [r2]
    0x0333_0001, // teqeq r3, #1
    0x0aff_fff9, // beq to ldrexd
    0xe273_0000, // rsbs r0, r3, #0
    0xe8bd_80f0, // pop {r4-r7, pc}
    0xe7fd_def0, // udf
];

/// `__kuser_memory_barrier`.
const BARRIER: [u32; 2] = [0xf57f_f05b, 0xe12f_ff1e];

/// `__kuser_cmpxchg`: the old value in r0, the new one in r1, the place in r2.
const COMPARE_EXCHANGE: [u32; 7] = [
    0xe192_3f9f, // ldrex r3, [r2]
    0xe053_3000, // subs r3, r3, r0
    0x0182_3f91, // strexeq r3, r1, [r2]
    0x0333_0001, // teqeq r3, #1
    0x0aff_fffa, // beq to ldrex
    0xe273_0000, // rsbs r0, r3, #0
    0xe12f_ff1e, // bx lr
];

/// `__kuser_get_tls`.
const THREAD_POINTER: [u32; 2] = [0xee1d_0f70, 0xe12f_ff1e];

/// The bytes of the page, for the order of code that goes with big-endian data in BE32.
pub(super) fn page(abi: &Abi) -> Vec<u8> {
    fill(abi.endian, abi.endian)
}

/// The bytes of the page in BE8: code is little endian, the version is data.
pub(super) fn page_be8() -> Vec<u8> {
    fill(Endian::Little, Endian::Big)
}

fn fill(code: Endian, data: Endian) -> Vec<u8> {
    let mut page = vec![0u8; PAGE_BYTES as usize];
    let mut put = |offset: u64, words: &[u32], endian: Endian| {
        let bytes = words.iter().flat_map(|word| endian.u32(*word));
        page.iter_mut().skip(offset as usize).zip(bytes).for_each(|(target, byte)| *target = byte);
    };
    put(RETURNS - PAGE, &RETURN_CODE, code);
    put(0xf60, &COMPARE_EXCHANGE_64, code);
    put(0xfa0, &BARRIER, code);
    put(0xfc0, &COMPARE_EXCHANGE, code);
    put(0xfe0, &THREAD_POINTER, code);
    put(0xffc, &[VERSION], data);
    page
}
