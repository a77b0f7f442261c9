//! Which calls a thread may make: strict mode, and filters of classic BPF.
//!
//! Key types: [`Seccomp`], [`Filter`], [`Verdict`]. bpf.rs runs the programs, `syscall/seccomp.rs` acts on
//! the verdict. seccomp(2).
use crate::bpf::{Instruction, Program, Source};
use alloc::{sync::Arc, vec::Vec};

/// Instructions of all filters of a thread, with four more for each (MAX_INSNS_PER_PATH).
const TOTAL_MAX: usize = 32_768;
/// Bytes of `struct seccomp_data`.
pub(crate) const DATA_BYTES: usize = 64;

/// What a thread is restricted to.
#[derive(Clone, Debug, Default)]
pub(crate) enum Seccomp {
    #[default]
    Off,
    /// read, write, exit and sigreturn
    Strict,
    /// every filter is asked, the strictest answer counts
    Filtered(Vec<Arc<Filter>>),
}

impl Seccomp {
    /// As prctl(PR_GET_SECCOMP) and /proc say it.
    pub(crate) fn mode(&self) -> u32 {
        match self {
            Seccomp::Off => 0,
            Seccomp::Strict => 1,
            Seccomp::Filtered(_) => 2,
        }
    }
    /// Another filter; says whether it may be.
    pub(crate) fn add(&mut self, filter: Arc<Filter>) -> bool {
        let mut filters = match self {
            Seccomp::Off => Vec::new(),
            Seccomp::Filtered(filters) => core::mem::take(filters),
            Seccomp::Strict => return false,
        };
        let total: usize = filters.iter().map(|filter| filter.length() + 4).sum();
        let fits = total + filter.length() <= TOTAL_MAX;
        if fits {
            filters.push(filter);
        }
        *self = Seccomp::Filtered(filters);
        fits
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Allow,
    /// the number is the call's error
    Error(u16),
    /// SIGSYS, with the number as si_errno
    Trap(u16),
    /// a tracer is asked; without one ENOSYS
    Trace(u16),
    Kill,
}

/// A program over `struct seccomp_data` that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    program: Program,
}

/// `struct seccomp_data`, as words in the guest's byte order.
struct Data<'a>(&'a [u32; DATA_BYTES / 4]);

impl Source for Data<'_> {
    fn length(&self) -> u32 {
        DATA_BYTES as u32
    }
    fn bytes(&self, at: u32, _size: usize) -> Option<u32> {
        self.0.get(at as usize / 4).copied()
    }
}

impl Filter {
    /// `None` for a program that the kernel refuses: beside what is no program at all, one that loads anything but the
    /// data's words, or takes a remainder by X.
    pub(crate) fn checked(instructions: Vec<Instruction>) -> Option<Filter> {
        let fits = |step: &Instruction| match step.code {
            0x20 => step.value.is_multiple_of(4) && (step.value as usize) < DATA_BYTES,
            0x28 | 0x30 | 0x40 | 0x48 | 0x50 | 0xb1 | 0x9c => false,
            _ => true,
        };
        let all = instructions.iter().all(fits);
        Program::checked(instructions).filter(|_| all).map(|program| Filter { program })
    }

    /// Runs over `struct seccomp_data`; a division by zero answers 0.
    pub(crate) fn run(&self, data: &[u32; DATA_BYTES / 4]) -> u32 {
        self.program.run(&Data(data))
    }

    fn length(&self) -> usize {
        self.program.length()
    }
}

/// The answer of one filter as a verdict; what is not known kills.
pub(crate) fn verdict(answer: u32) -> Verdict {
    let data = answer as u16;
    match answer & 0xffff_0000 {
        0x7fff_0000 | 0x7ffc_0000 => Verdict::Allow,
        0x7ff0_0000 => Verdict::Trace(data),
        0x0005_0000 => Verdict::Error(data),
        0x0003_0000 => Verdict::Trap(data),
        _ => Verdict::Kill,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpf::INSTRUCTIONS_MAX;
    use alloc::vec;

    fn op(code: u16, value: u32, when_true: u8, when_false: u8) -> Instruction {
        Instruction { code, when_true, when_false, value }
    }

    #[test]
    fn a_filter_that_refuses_one_number() {
        let program = vec![
            op(0x20, 0, 0, 0),
            op(0x15, 39, 0, 1),
            op(0x06, 0x0005_0001, 0, 0),
            op(0x06, 0x7fff_0000, 0, 0),
        ];
        let filter = Filter::checked(program).unwrap();
        let data = |number| {
            let mut data = [0; DATA_BYTES / 4];
            data[0] = number;
            data
        };
        assert_eq!(verdict(filter.run(&data(39))), Verdict::Error(1));
        assert_eq!(verdict(filter.run(&data(40))), Verdict::Allow);
    }

    #[test]
    fn arithmetic_and_memory_work() {
        let program = vec![
            op(0x00, 7, 0, 0),
            op(0x02, 3, 0, 0),
            op(0x61, 3, 0, 0),
            op(0x24, 6, 0, 0),
            op(0x1c, 0, 0, 0),
            op(0x64, 2, 0, 0),
            op(0x16, 0, 0, 0),
        ];
        assert_eq!(Filter::checked(program).unwrap().run(&[0; 16]), (7 * 6 - 7) << 2);
        let by_zero = vec![op(0x3c, 0, 0, 0), op(0x06, 5, 0, 0)];
        assert_eq!(Filter::checked(by_zero).unwrap().run(&[0; 16]), 0);
    }

    #[test]
    fn programs_that_could_go_wrong_are_refused() {
        let refused = |program: Vec<Instruction>| Filter::checked(program).is_none();
        assert!(refused(vec![]));
        assert!(refused(vec![op(0x20, 0, 0, 0)]), "no return");
        assert!(refused(vec![op(0x05, 1, 0, 0), op(0x06, 0, 0, 0)]), "jumps out");
        assert!(refused(vec![op(0x20, 64, 0, 0), op(0x06, 0, 0, 0)]), "beside the data");
        assert!(refused(vec![op(0x34, 0, 0, 0), op(0x06, 0, 0, 0)]), "divides by zero");
        assert!(refused(vec![op(0x02, 16, 0, 0), op(0x06, 0, 0, 0)]), "beside the memory");
        let mut each = Seccomp::Off;
        let filter = Arc::new(Filter::checked(vec![op(0x06, 0, 0, 0); INSTRUCTIONS_MAX]).unwrap());
        let added = (0..20).filter(|_| each.add(filter.clone())).count();
        assert!(added < 9, "{added}");
    }
}
