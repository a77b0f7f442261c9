//! Which calls a thread may make: strict mode, and filters of classic BPF.
//!
//! Key types: [`Seccomp`], [`Filter`], [`Verdict`]. A pure machine; `syscall/seccomp.rs` acts on the verdict.
//! seccomp(2); instructions as in linux/filter.h and linux/bpf_common.h.
use alloc::{sync::Arc, vec::Vec};

/// Instructions of one filter (BPF_MAXINSNS).
pub(crate) const INSTRUCTIONS_MAX: usize = 4_096;
/// Instructions of all filters of a thread, with four more for each (MAX_INSNS_PER_PATH).
const TOTAL_MAX: usize = 32_768;
/// Words of scratch memory (BPF_MEMWORDS).
const MEMORY_WORDS: usize = 16;
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
        let total: usize = filters.iter().map(|filter| filter.instructions.len() + 4).sum();
        let fits = total + filter.instructions.len() <= TOTAL_MAX;
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

/// One instruction: `struct sock_filter`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Instruction {
    pub(crate) code: u16,
    pub(crate) when_true: u8,
    pub(crate) when_false: u8,
    pub(crate) value: u32,
}

/// A program that was checked: jumps go forward and stay inside, loads are from the data, the last returns.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    instructions: Vec<Instruction>,
}

/// Classes and parts of an instruction's code.
const LOAD: u16 = 0;
const LOAD_X: u16 = 1;
const STORE: u16 = 2;
const STORE_X: u16 = 3;
const ARITHMETIC: u16 = 4;
const JUMP: u16 = 5;
const RETURN: u16 = 6;
const TRANSFER: u16 = 7;
const FROM_X: u16 = 0x08;
const ALWAYS: u16 = 0x00;

impl Filter {
    /// `None` for a program that the kernel refuses.
    pub(crate) fn checked(instructions: Vec<Instruction>) -> Option<Filter> {
        let length = instructions.len();
        if length == 0 || length > INSTRUCTIONS_MAX {
            return None;
        }
        let fine = |(place, instruction): (usize, &Instruction)| {
            let left = length - place - 1;
            let memory = (instruction.value as usize) < MEMORY_WORDS;
            match instruction.code {
                // the data's words; its length
                0x20 => instruction.value.is_multiple_of(4) && (instruction.value as usize) < DATA_BYTES,
                0x80 | 0x81 | 0x00 | 0x01 | 0x07 | 0x87 | 0x06 | 0x16 => true,
                0x60 | 0x61 | 0x02 | 0x03 => memory,
                0x34 | 0x94 => instruction.value != 0,
                0x64 | 0x74 => instruction.value < 32,
                0x04 | 0x0c | 0x14 | 0x1c | 0x24 | 0x2c | 0x3c | 0x44 | 0x4c | 0x54 | 0x5c | 0x6c | 0x7c
                | 0x84 | 0xa4 | 0xac => true,
                0x05 => (instruction.value as usize) < left,
                0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d | 0x45 | 0x4d => {
                    usize::from(instruction.when_true.max(instruction.when_false)) < left
                }
                _ => false,
            }
        };
        let returns = instructions.last().is_some_and(|last| last.code & 7 == RETURN);
        let all = returns && instructions.iter().enumerate().all(fine);
        all.then_some(Filter { instructions })
    }

    /// Runs over `struct seccomp_data`, as words in the guest's byte order; a division by zero answers 0.
    pub(crate) fn run(&self, data: &[u32; DATA_BYTES / 4]) -> u32 {
        let (mut accumulator, mut index) = (0u32, 0u32);
        let mut memory = [0u32; MEMORY_WORDS];
        let mut place = 0usize;
        // jumps only go forward, so this ends
        while let Some(instruction) = self.instructions.get(place) {
            place += 1;
            let Instruction { code, value, .. } = *instruction;
            let at = value as usize;
            match code & 7 {
                LOAD | LOAD_X => {
                    let loaded = match code & 0xe0 {
                        0x00 => value,
                        0x20 => data.get(at / 4).copied().unwrap_or(0),
                        0x60 => memory.get(at).copied().unwrap_or(0),
                        _ => DATA_BYTES as u32,
                    };
                    *(if code & 7 == LOAD { &mut accumulator } else { &mut index }) = loaded;
                }
                STORE | STORE_X => {
                    if let Some(word) = memory.get_mut(at) {
                        *word = if code & 7 == STORE { accumulator } else { index };
                    }
                }
                ARITHMETIC => {
                    let operand = if code & FROM_X != 0 { index } else { value };
                    match arithmetic(code & 0xf0, accumulator, operand) {
                        Some(result) => accumulator = result,
                        None => return 0,
                    }
                }
                JUMP if code & 0xf0 == ALWAYS => place += at,
                JUMP => {
                    let operand = if code & FROM_X != 0 { index } else { value };
                    let holds = match code & 0xf0 {
                        0x10 => accumulator == operand,
                        0x20 => accumulator > operand,
                        0x30 => accumulator >= operand,
                        _ => accumulator & operand != 0,
                    };
                    place += usize::from(if holds { instruction.when_true } else { instruction.when_false });
                }
                RETURN => return if code & 0x18 == 0x10 { accumulator } else { value },
                TRANSFER if code & 0x80 != 0 => accumulator = index,
                _ => index = accumulator,
            }
        }
        0
    }
}

fn arithmetic(operation: u16, left: u32, right: u32) -> Option<u32> {
    Some(match operation {
        0x00 => left.wrapping_add(right),
        0x10 => left.wrapping_sub(right),
        0x20 => left.wrapping_mul(right),
        0x30 => left.checked_div(right)?,
        0x40 => left | right,
        0x50 => left & right,
        0x60 => left.checked_shl(right).unwrap_or(0),
        0x70 => left.checked_shr(right).unwrap_or(0),
        0x80 => left.wrapping_neg(),
        0x90 => left.checked_rem(right)?,
        _ => left ^ right,
    })
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
