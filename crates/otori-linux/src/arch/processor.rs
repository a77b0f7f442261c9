//! One thread's processor as the kernel sees it. Key trait: [`Processor`], implemented once per instruction set, beside
//! its [`Abi`] row. Neighbours: `otori_cpu` executes, [`super::Abi`] has what is the same for all threads.
use super::{Abi, float_registers::FloatSet};
use crate::{
    errno::Errno,
    mm::AddressSpace,
    signal::{Frame, Signal, SignalSet, code},
};
use alloc::{boxed::Box, vec::Vec};
use core::fmt::Debug;
use otori_cpu::{Blocks, Fault, Stop};

/// The processor of one thread.
pub(crate) type Cpu = Box<dyn Processor>;

impl Clone for Cpu {
    fn clone(&self) -> Cpu {
        self.duplicate()
    }
}

/// Which of the two signal frames a return takes down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Return {
    /// sigreturn
    Old,
    /// rt_sigreturn
    RealTime,
}

/// What the kernel does with an unaligned access of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unaligned {
    /// does it piece by piece
    Mend,
    /// SIGBUS
    Refuse,
}

/// What the kernel does with a processor.
pub(crate) trait Processor: Debug + Send {
    /// A copy with the same registers.
    fn duplicate(&self) -> Cpu;

    /// Sets the clock behind its counter registers, in instructions of virtual time; before a run.
    fn set_clock(&mut self, instructions: u64);

    /// Runs until something stops it or `budget` instructions are done; gives why, and how many were.
    fn run(&mut self, memory: &mut AddressSpace, budget: u64) -> (Stop, u64);

    /// Of a fresh program: the processor's mode, as [`Abi::mode_of`] gives it.
    fn take_mode(&mut self, _mode: u32) {}

    /// What `prctl(PR_GET_FP_MODE)` tells, where there is such a thing (MIPS).
    fn float_mode(&self) -> Option<u32> {
        None
    }

    /// `prctl(PR_SET_FP_MODE)`.
    ///
    /// # Errors
    /// EINVAL where there is no such thing, EOPNOTSUPP when the processor lacks that mode.
    fn set_float_mode(&mut self, _mode: u32) -> Result<(), Errno> {
        Err(Errno::EINVAL)
    }

    /// Whether the kernel mends unaligned accesses (`sysmips(MIPS_FIXADE)`).
    ///
    /// # Errors
    /// ENOSYS where there is no such choice.
    fn set_unaligned(&mut self, _unaligned: Unaligned) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }

    /// Gives away the blocks that it found: they only make it faster.
    fn give_blocks(&mut self) -> Option<Blocks>;

    /// Takes blocks that another one gave.
    fn take_blocks(&mut self, blocks: Blocks);

    /// Where it stands; for `si_addr`.
    fn program_counter(&self) -> u64;

    /// For the growth of stacks, and for the choice of a signal's stack.
    fn stack_pointer(&self) -> u64;

    /// The number of the call that the program makes.
    fn call_number(&self) -> u64;

    /// How the call that the program makes lays out arguments and structures, where that may differ from `abi`.
    fn call_abi(&self, abi: &'static Abi) -> &'static Abi {
        abi
    }

    /// Has the ABI of the call that number?
    fn offers(&self, _number: u64) -> bool {
        true
    }

    /// The first `count` arguments (at most 8). What cannot be read is 0.
    fn arguments(&self, abi: &Abi, memory: &mut AddressSpace, count: usize) -> [u64; 8];

    /// Puts the result of a call where the program looks for it.
    fn finish(&mut self, result: Result<u64, Errno>);

    /// The second result of a call that has two in registers (MIPS `pipe`).
    fn set_second_result(&mut self, _value: u64) {}

    /// Goes back to the instruction that makes the call, so that it is made again. [`Processor::finish`] has not been
    /// called yet.
    fn restart(&mut self);

    /// What `clone` changes in the child: result 0, and its own stack where asked for.
    fn become_child(&mut self, stack: Option<u64>);

    /// Sets the thread pointer: to `value`, or as the set's structure at that address says (i386).
    ///
    /// # Errors
    /// EFAULT, EINVAL when the structure is not good.
    fn set_thread_pointer(&mut self, memory: &mut AddressSpace, value: u64) -> Result<(), Errno>;

    /// The thread pointer, where the set has a register for it (get_tls of ARM, tracers).
    fn thread_pointer(&self) -> Option<u64> {
        None
    }

    /// Fills in the structure of set_thread_area for the entry that it names (i386).
    ///
    /// # Errors
    /// EFAULT, EINVAL for an entry that is none, ENOSYS when the set has no such thing.
    fn describe_thread_area(&self, _memory: &mut AddressSpace, _address: u64) -> Result<(), Errno> {
        Err(Errno::ENOSYS)
    }

    /// Whether it stands at a word that it refuses and that the kernel takes for a breakpoint (ARM).
    fn is_at_breakpoint(&self, _memory: &mut AddressSpace) -> bool {
        false
    }

    /// Sets and gives the base of a segment, by the segment register's number (x86-64).
    ///
    /// # Errors
    /// EPERM when user space may not use the address, ENOSYS when the set has no such thing.
    fn segment_base(&mut self, _number: usize, _value: Option<u64>) -> Result<u64, Errno> {
        Err(Errno::ENOSYS)
    }

    /// Makes it enter a signal handler.
    ///
    /// # Errors
    /// EFAULT when the stack cannot be written: the process gets SIGSEGV.
    fn push_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, frame: &Frame) -> Result<(), Errno>;

    /// Takes the frame down that the stack pointer points at; gives the signal mask to go back to.
    ///
    /// # Errors
    /// EFAULT when the frame cannot be read: the process gets SIGSEGV.
    fn pop_frame(&mut self, abi: &Abi, memory: &mut AddressSpace, kind: Return) -> Result<SignalSet, Errno>;

    /// Its registers in the order of `struct user_regs_struct` (`registers.rs`).
    fn registers(&self) -> Vec<u64>;

    /// Takes registers in that order; those that a tracer may not change stay as they are.
    fn set_registers(&mut self, values: &[u64]);

    /// Its floating point registers as ptrace shows them (`float_registers.rs`); none when it has no such set.
    fn float_bytes(&self, abi: &Abi, which: FloatSet) -> Option<Vec<u8>>;

    /// Takes them from such bytes; none when there are too few, or when they are no state of it.
    fn set_float_bytes(&mut self, abi: &Abi, which: FloatSet, bytes: &[u8]) -> Option<()>;

    /// The signal, with `si_code`, of an access that the processor itself refuses, where that is not answered as an
    /// access to unmapped memory is.
    fn address_error(&self, _fault: &Fault) -> Option<(Signal, i32)> {
        None
    }

    /// The signal, with `si_code`, of a stop that is neither a fault nor a call. Where the code is SI_KERNEL, nobody is
    /// told an address.
    fn exception(&mut self, stop: Stop) -> (Signal, i32) {
        match stop {
            Stop::Breakpoint(_) | Stop::Trap(_) => (Signal::TRAP, code::TRAP_BRKPT),
            Stop::Overflow => (Signal::FPE, code::FPE_INTOVF),
            Stop::FloatingPoint(_) => (Signal::FPE, code::FPE_FLTINV),
            _ => (Signal::ILL, code::ILL_ILLOPC),
        }
    }

    /// Sets registers so that [`Processor::arguments`] gives these first six (o32: four), and the stack
    /// pointer. For tests.
    #[cfg(any(test, feature = "hostile"))]
    fn set_call(&mut self, arguments: [u64; 6], stack: u64);
}
