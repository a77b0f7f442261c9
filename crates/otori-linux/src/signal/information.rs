//! Who sent a signal and why, and how a guest reads it: `siginfo_t`.
//!
//! Key type: [`Information`]; [`Information::layout`] is used by handlers' frames, sigtimedwait and waitid alike.
//! sigaction(2) "The siginfo_t argument", include/uapi/asm-generic/siginfo.h; MIPS has si_code before si_errno.
use super::{Signal, code};
use crate::{
    abi::Numbering,
    arch::Abi,
    record::{Record, View},
};
use alloc::vec::Vec;

/// Bytes of `siginfo_t` on every architecture.
pub(crate) const INFORMATION_BYTES: usize = 128;

/// MIPS numbers SI_TIMER in its own way.
const MIPS_SI_TIMER: i32 = -3;
/// … and SI_MESGQ.
const MIPS_SI_MESGQ: i32 = -4;

/// si_code and what goes with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Information {
    pub(crate) code: i32,
    pub(crate) detail: Detail,
}

/// The member of the union behind the three numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Detail {
    #[default]
    Nothing,
    /// kill, sigqueue
    Sender { pid: u32, uid: u32, value: u64 },
    /// SIGCHLD; the status is an exit status or a guest's signal number
    Child { pid: u32, uid: u32, status: u32 },
    /// SIGSEGV and its kind
    Fault { address: u64 },
    /// a timer of timer_create
    Timer { timer: u32, overrun: u32, value: u64 },
    /// a call that a filter refused: where, its number, AUDIT_ARCH_*, what the filter said
    Call { address: u64, number: u32, architecture: u32, reason: u32 },
}

impl Information {
    /// kill(2) by that process.
    pub(crate) fn from_process(code: i32, pid: u32, uid: u32) -> Self {
        Information { code, detail: Detail::Sender { pid, uid, value: 0 } }
    }
    /// The kernel itself.
    pub(crate) fn kernel() -> Self {
        Information { code: code::KERNEL, detail: Detail::Nothing }
    }
    /// A fault at that address.
    pub(crate) fn fault(code: i32, address: u64) -> Self {
        Information { code, detail: Detail::Fault { address } }
    }
    /// News of a child.
    pub(crate) fn child(code: i32, pid: u32, uid: u32, status: u32) -> Self {
        Information { code, detail: Detail::Child { pid, uid, status } }
    }

    /// si_code as that architecture numbers it.
    pub(crate) fn code_for(&self, abi: &Abi) -> i32 {
        match (abi.numbering, self.code) {
            (Numbering::Mips, code::TIMER) => MIPS_SI_TIMER,
            (Numbering::Mips, code::MESSAGE) => MIPS_SI_MESGQ,
            (_, code) => code,
        }
    }

    /// The 128 bytes of `siginfo_t`.
    pub(crate) fn layout(&self, abi: &Abi, signal: Signal) -> Vec<u8> {
        let mut record = Record::new(abi);
        record.u32(u32::from(abi.signal_to_guest(signal)));
        let error = match self.detail {
            Detail::Call { reason, .. } => reason,
            _ => 0,
        };
        match abi.numbering {
            Numbering::Mips => record.u32(self.code_for(abi) as u32).u32(error),
            Numbering::Generic => record.u32(error).u32(self.code as u32),
        };
        if abi.word_bytes == 8 {
            record.u32(0);
        }
        match self.detail {
            Detail::Nothing => &mut record,
            Detail::Sender { pid, uid, value } => record.u32(pid).u32(uid).word(value),
            Detail::Child { pid, uid, status } => record.u32(pid).u32(uid).u32(status),
            Detail::Fault { address } => record.word(address),
            Detail::Timer { timer, overrun, value } => record.u32(timer).u32(overrun).word(value),
            Detail::Call { address, number, architecture, .. } => {
                record.word(address).u32(number).u32(architecture)
            }
        };
        record.pad_to(INFORMATION_BYTES);
        record.finish()
    }

    /// What a program hands to rt_sigqueueinfo; `None` when the bytes are too few.
    pub(crate) fn parse(abi: &Abi, bytes: &[u8]) -> Option<Self> {
        let view = View::new(abi, bytes);
        let code = view.u32(if abi.numbering == Numbering::Mips { 4 } else { 8 })? as i32;
        let union = if abi.word_bytes == 8 { 16 } else { 12 };
        let detail =
            Detail::Sender { pid: view.u32(union)?, uid: view.u32(union + 4)?, value: view.word(union + 8)? };
        Some(Information { code, detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_cpu::Isa;

    #[test]
    fn what_a_program_queues_arrives_as_it_was() {
        for isa in [Isa::Mips32El, Isa::Mips32Eb] {
            let abi = Abi::of(isa);
            let detail = Detail::Sender { pid: 77, uid: 5, value: 0xdead_beef };
            let sent = Information { code: -1, detail };
            let bytes = sent.layout(abi, Signal::USR1);
            assert_eq!(bytes.len(), INFORMATION_BYTES);
            assert_eq!(Information::parse(abi, &bytes), Some(sent));
            // signo 16 on MIPS, then code, then errno
            assert_eq!(View::new(abi, &bytes).u32(0), Some(16));
            assert_eq!(View::new(abi, &bytes).u32(4), Some(u32::MAX));
        }
    }
}
