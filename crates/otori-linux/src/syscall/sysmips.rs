//! sysmips: calls that only MIPS has. Neighbour: `thread.rs`. arch/mips/kernel/syscall.c of Linux, sysmips(2).
use super::call::{Call, CallResult};
use crate::{arch::Unaligned, errno::Errno};

/// MIPS_*
const FLUSH_CACHE: u32 = 3;
const FIX_UNALIGNED: u32 = 7;
const ATOMIC_SET: u32 = 2001;

pub(super) fn sysmips(call: &mut Call<'_>) -> CallResult {
    match call.unsigned(0) {
        ATOMIC_SET => exchange(call),
        FIX_UNALIGNED => {
            // Bit 0: mend; bit 1: and log it.
            let bits = call.unsigned(1);
            if bits & !3 != 0 {
                return Err(Errno::EINVAL.into());
            }
            let unaligned = if bits & 1 == 0 { Unaligned::Refuse } else { Unaligned::Mend };
            call.task()?.cpu.set_unaligned(unaligned)?;
            Ok(0)
        }
        // Decoded instructions follow stores by themselves.
        FLUSH_CACHE => Ok(0),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Puts a word into memory and gives the old one, which is never an error.
fn exchange(call: &mut Call<'_>) -> CallResult {
    let address = call.word(1);
    if address & 3 != 0 {
        return Err(Errno::EINVAL.into());
    }
    let old = call.read_u32(address)?;
    call.write_u32(address, call.unsigned(2))?;
    Ok(u64::from(old))
}
