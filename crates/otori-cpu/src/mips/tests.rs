//! What the interpreter promises: results, where it stops, how it counts. Instruction by instruction it is held
//! against qemu in `tests/oracle.rs`.

use super::{Cpu, Endian};
use crate::maps::Maps;
use crate::memory::{Access, Fault, FaultKind, Fetched, Memory, Miss};
use crate::page::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page};
use crate::stop::Stop;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Where the test programs stand; four pages are mapped from here on.
const BASE: u32 = 0x40_0000;

/// Four pages, all allowed.
struct Flat {
    pages: Vec<Arc<Page>>,
    generation: u64,
    maps: Maps,
}

impl Flat {
    fn new(endian: Endian, at: u32, words: &[u32]) -> Flat {
        let pages: Vec<Arc<Page>> = (0..4).map(|_| Arc::new(Page::zeroed())).collect();
        let flat = Flat { maps: Maps::new(&pages[0]), pages, generation: 1 };
        for (number, word) in words.iter().enumerate() {
            let word = if endian == Endian::Big { word.swap_bytes() } else { *word };
            let address = at as usize - BASE as usize + 4 * number;
            flat.pages[address / PAGE_SIZE].store_u32(address as u64 & PAGE_MASK, word);
        }
        flat
    }

    fn page(&self, address: u64, access: Access) -> Result<usize, Fault> {
        let number = (address >> PAGE_SHIFT).wrapping_sub(u64::from(BASE) >> PAGE_SHIFT);
        match number {
            0..4 => Ok(number as usize),
            _ => Err(Fault { address, access, kind: FaultKind::Unmapped }),
        }
    }
}

impl Memory for Flat {
    fn generation(&self) -> u64 {
        self.generation
    }
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        let page = &self.pages[self.page(address, Access::Execute)?];
        page.code().mark();
        self.maps.forget_writable(address);
        Ok(Fetched { page: Arc::clone(page), keeps_code: true })
    }
    fn maps(&self) -> &Maps {
        &self.maps
    }
    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        for address in [miss.address, miss.address + u64::from(miss.size) - 1] {
            let number = self.page(address, miss.access)?;
            if miss.access == Access::Read {
                self.maps.put_readable(address, Arc::clone(&self.pages[number]));
                continue;
            }
            if self.pages[number].code().is_marked() {
                self.pages[number] = Arc::new(self.pages[number].duplicate());
                self.maps.forget(address);
                self.generation += 1;
            }
            self.maps.put_writable(address, Arc::clone(&self.pages[number]));
        }
        Ok(())
    }
}

const SYSCALL: u32 = 12;
const NOP: u32 = 0;

fn addiu(t: u32, s: u32, value: i16) -> u32 {
    9 << 26 | s << 21 | t << 16 | u32::from(value as u16)
}
fn branch(opcode: u32, s: u32, t: u32, words: i16) -> u32 {
    opcode << 26 | s << 21 | t << 16 | u32::from(words as u16)
}
fn lui(t: u32, value: u32) -> u32 {
    15 << 26 | t << 16 | value
}
fn memory(opcode: u32, t: u32, s: u32, displacement: i16) -> u32 {
    opcode << 26 | s << 21 | t << 16 | u32::from(displacement as u16)
}
const BEQ: u32 = 4;
const BNE: u32 = 5;
const BNEL: u32 = 21;
const LW: u32 = 35;
const SW: u32 = 43;

/// Runs the program on both byte orders, in one go and in slices of one to seven instructions; all must agree.
fn run_at(at: u32, words: &[u32]) -> (Cpu, Stop, u64) {
    let mut results: Vec<(Cpu, Stop, u64)> = Vec::new();
    for endian in [Endian::Little, Endian::Big] {
        for slice in [1_000_000, 1, 2, 3, 7] {
            let mut memory = Flat::new(endian, at, words);
            let mut cpu = Cpu::new(endian);
            cpu.pc = at;
            let mut total = 0;
            let stop = loop {
                let (stop, executed) = cpu.run(&mut memory, slice);
                assert!(executed <= slice + 1);
                total += executed;
                assert!(total < 1_000_000, "the program does not end");
                if stop != Stop::Budget {
                    break stop;
                }
                assert!(executed >= slice, "stopped early: {executed} of {slice}");
            };
            results.push((cpu, stop, total));
        }
    }
    let (first, stop, executed) = results.remove(0);
    for (cpu, other_stop, other_executed) in results {
        assert_eq!((cpu.gpr, cpu.pc, cpu.hi, cpu.lo), (first.gpr, first.pc, first.hi, first.lo));
        assert_eq!((other_stop, other_executed), (stop, executed));
    }
    (first, stop, executed)
}

fn run(words: &[u32]) -> (Cpu, Stop, u64) {
    run_at(BASE, words)
}

#[test]
fn a_loop_counts_and_is_counted() {
    let program =
        [addiu(2, 0, 100), addiu(3, 3, 2), addiu(2, 2, -1), branch(BNE, 2, 0, -3), addiu(4, 4, 1), SYSCALL];
    let (cpu, stop, executed) = run(&program);
    assert_eq!(stop, Stop::Syscall);
    assert_eq!((cpu.gpr[2], cpu.gpr[3], cpu.gpr[4]), (0, 200, 100));
    assert_eq!(executed, 1 + 100 * 4 + 1);
    assert_eq!(cpu.pc, BASE + 24);
}

#[test]
fn a_delay_slot_runs_before_the_target_but_after_the_condition() {
    // The slot changes the register the branch looks at.
    let (cpu, ..) = run(&[branch(BEQ, 2, 0, 2), addiu(2, 0, 7), addiu(3, 0, 1), SYSCALL]);
    assert_eq!((cpu.gpr[2], cpu.gpr[3]), (7, 0));
    // jalr $2, $2 would be unpredictable; jalr $31, $2 with a slot that changes $2 is not.
    let program = [lui(2, BASE >> 16), addiu(2, 2, 24), 2 << 21 | 31 << 11 | 9, lui(2, 9), NOP, NOP, SYSCALL];
    let (cpu, _, executed) = run(&program);
    assert_eq!((cpu.gpr[2], cpu.gpr[31], cpu.pc, executed), (9 << 16, BASE + 16, BASE + 28, 5));
}

#[test]
fn a_likely_branch_not_taken_skips_its_slot_and_does_not_count_it() {
    let (cpu, _, executed) = run(&[branch(BNEL, 0, 0, 2), addiu(2, 0, 7), SYSCALL]);
    assert_eq!((cpu.gpr[2], executed), (0, 2));
    let (cpu, _, executed) = run(&[addiu(3, 0, 1), branch(BNEL, 3, 0, 1), addiu(2, 0, 7), SYSCALL]);
    assert_eq!((cpu.gpr[2], executed), (7, 4));
}

#[test]
fn a_forward_branch_not_taken_stays_in_the_block_and_taken_gives_back_the_rest() {
    let program = [branch(BNE, 2, 0, 3), addiu(3, 3, 1), addiu(4, 4, 1), SYSCALL, SYSCALL];
    assert_eq!(run(&program).2, 4);
    let mut taken = program.to_vec();
    taken.insert(0, addiu(2, 0, 1));
    let (cpu, _, executed) = run(&taken);
    assert_eq!((cpu.gpr[3], cpu.gpr[4], executed, cpu.pc), (1, 0, 4, BASE + 24));
}

#[test]
fn faults_leave_pc_at_the_instruction_or_at_the_branch_of_its_slot() {
    let unmapped = |address| Stop::Fault(Fault { address, access: Access::Read, kind: FaultKind::Unmapped });
    let (cpu, stop, executed) = run(&[addiu(2, 0, 1), memory(LW, 3, 0, 16), addiu(2, 0, 2), SYSCALL]);
    assert_eq!((stop, cpu.pc, executed, cpu.gpr[2]), (unmapped(16), BASE + 4, 1, 1));
    let (cpu, stop, executed) = run(&[addiu(2, 0, 1), branch(BEQ, 0, 0, 1), memory(LW, 3, 0, 16), SYSCALL]);
    assert_eq!((stop, cpu.pc, executed), (unmapped(16), BASE + 4, 1));
    let load_linked = 48;
    let (cpu, stop, _) = run(&[lui(2, BASE >> 16), memory(load_linked, 3, 2, 2)]);
    let unaligned = Fault { address: u64::from(BASE) + 2, access: Access::Read, kind: FaultKind::Unaligned };
    assert_eq!((stop, cpu.pc), (Stop::Fault(unaligned), BASE + 4));
}

#[test]
fn a_word_may_lie_anywhere_and_on_two_pages() {
    for at in [0x1002, 0x0ffe, 0x0fff] {
        let program =
            [lui(2, BASE >> 16), addiu(3, 0, 0x1234), memory(SW, 3, 2, at), memory(LW, 4, 2, at), SYSCALL];
        let (cpu, stop, _) = run(&program);
        assert_eq!((stop, cpu.gpr[4]), (Stop::Syscall, 0x1234));
    }
}

#[test]
fn running_off_the_mapped_pages_or_to_an_odd_address_faults_there() {
    let (cpu, stop, executed) = run_at(BASE + 0x3ff8, &[addiu(2, 0, 1), addiu(3, 0, 1)]);
    let fault =
        Fault { address: u64::from(BASE) + 0x4000, access: Access::Execute, kind: FaultKind::Unmapped };
    assert_eq!((stop, cpu.pc, executed), (Stop::Fault(fault), BASE + 0x4000, 2));
    let (cpu, stop, executed) = run(&[addiu(2, 0, 0x102), 2 << 21 | 8, NOP]);
    let fault = Fault { address: 0x102, access: Access::Execute, kind: FaultKind::Unaligned };
    assert_eq!((stop, cpu.pc, executed), (Stop::Fault(fault), 0x102, 3));
}

#[test]
fn a_branch_and_its_slot_may_lie_on_two_pages() {
    let program = [addiu(2, 2, 1), branch(BEQ, 0, 0, 2), addiu(3, 0, 5), SYSCALL, addiu(4, 0, 6), SYSCALL];
    let (cpu, stop, executed) = run_at(BASE + 0xff8, &program);
    assert_eq!((stop, executed, cpu.pc), (Stop::Syscall, 5, BASE + 0x1010));
    assert_eq!((cpu.gpr[2], cpu.gpr[3], cpu.gpr[4]), (1, 5, 6));
    // The slot's page is not there: nothing happens, pc stays at the branch.
    let (cpu, stop, executed) = run_at(BASE + 0x3ffc, &[branch(BEQ, 0, 0, 2)]);
    let fault =
        Fault { address: u64::from(BASE) + 0x4000, access: Access::Execute, kind: FaultKind::Unmapped };
    assert_eq!((stop, cpu.pc, executed), (Stop::Fault(fault), BASE + 0x3ffc, 0));
}

#[test]
fn code_that_was_executed_and_is_overwritten_runs_as_overwritten() {
    // A function at +0x40 is called, its first word replaced by the one at +0x50, and called again.
    let call = 3 << 26 | (BASE + 0x40) >> 2;
    let mut program = [NOP; 21];
    program[0] = call;
    program[2] = addiu(5, 2, 0);
    program[3] = lui(6, BASE >> 16);
    program[4] = memory(LW, 7, 6, 0x50);
    program[5] = memory(SW, 7, 6, 0x40);
    program[6] = call;
    program[8] = SYSCALL;
    program[16] = addiu(2, 0, 1);
    program[17] = 31 << 21 | 8;
    program[20] = addiu(2, 0, 2);
    let (cpu, stop, _) = run(&program);
    assert_eq!((stop, cpu.gpr[5], cpu.gpr[2]), (Stop::Syscall, 1, 2));
}

#[test]
fn a_system_call_in_a_delay_slot_goes_on_at_the_target() {
    let (cpu, stop, executed) = run(&[branch(BEQ, 0, 0, 4), SYSCALL]);
    assert_eq!((stop, executed, cpu.pc), (Stop::Syscall, 2, BASE + 20));
    let (cpu, stop, executed) = run(&[branch(BNE, 0, 0, 4), SYSCALL]);
    assert_eq!((stop, executed, cpu.pc), (Stop::Syscall, 2, BASE + 8));
}

#[test]
fn what_is_not_an_instruction_stops_where_it_stands() {
    for word in [0xffff_ffff, 0x7000_003f, 0x4000_0000, 0x4800_0000, 0x7c00_0010, 0x0000_0001 | 1 << 17] {
        let (cpu, stop, executed) = run(&[NOP, word]);
        assert_eq!((stop, cpu.pc, executed), (Stop::Illegal, BASE + 4, 1), "{word:#x}");
    }
    let (cpu, stop, _) = run(&[NOP, 7 << 6 | 13]);
    assert_eq!((stop, cpu.pc), (Stop::Breakpoint(7), BASE + 4));
    let (cpu, stop, _) = run(&[NOP, 5 << 6 | 52]);
    assert_eq!((stop, cpu.pc), (Stop::Trap(5), BASE + 4));
    let (cpu, stop, _) = run(&[lui(2, 0x7fff), 13 << 26 | 2 << 21 | 2 << 16 | 0xffff, 8 << 26 | 2 << 21 | 1]);
    assert_eq!((stop, cpu.pc, cpu.gpr[2]), (Stop::Overflow, BASE + 8, 0x7fff_ffff));
}

#[test]
fn a_load_to_register_zero_reads_but_changes_nothing() {
    let (cpu, ..) = run(&[lui(2, BASE >> 16), memory(LW, 0, 2, 0), addiu(3, 0, 4), SYSCALL]);
    assert_eq!((cpu.gpr[0], cpu.gpr[3]), (0, 4));
    let (_, stop, _) = run(&[memory(LW, 0, 0, 0)]);
    assert!(matches!(stop, Stop::Fault(_)));
}

#[test]
fn a_store_conditional_needs_its_link() {
    let (ll, sc) = (48, 56);
    let begin = [lui(2, BASE >> 16), memory(ll, 3, 2, 0x100), addiu(3, 3, 5)];
    let mut program = begin.to_vec();
    program.extend([memory(sc, 3, 2, 0x100), memory(LW, 4, 2, 0x100), memory(sc, 2, 2, 0x100), SYSCALL]);
    let (cpu, ..) = run(&program);
    assert_eq!((cpu.gpr[3], cpu.gpr[4], cpu.gpr[2]), (1, 5, 0));
}
