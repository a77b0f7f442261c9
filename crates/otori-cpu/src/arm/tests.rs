//! What the random-instruction tests cannot see: modes, IT blocks cut by budgets, stops. Whole instructions are
//! compared with qemu-user in `tests/oracle/arm`.

use super::{Cpu, Order};
use crate::{Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, Page, Stop, run};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// One page at 0x1000.
struct Flat {
    page: Arc<Page>,
    maps: Maps,
}

impl Flat {
    fn new(code: &[u8]) -> Flat {
        let page = Arc::new(Page::from_bytes(code));
        Flat { maps: Maps::new(&page), page }
    }
}

impl Memory for Flat {
    fn generation(&self) -> u64 {
        1
    }
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        self.touch(Miss { address, size: 1, access: Access::Execute, step: 0 })?;
        Ok(Fetched { page: Arc::clone(&self.page), keeps_code: true })
    }
    fn maps(&self) -> &Maps {
        &self.maps
    }
    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        if miss.address >> 12 != 1 {
            return Err(Fault { address: miss.address, access: miss.access, kind: FaultKind::Unmapped });
        }
        match miss.access {
            Access::Write => self.maps.put_writable(miss.address, Arc::clone(&self.page)),
            _ => self.maps.put_readable(miss.address, Arc::clone(&self.page)),
        };
        Ok(())
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn halves(halves: &[u16]) -> Vec<u8> {
    halves.iter().flat_map(|half| half.to_le_bytes()).collect()
}

#[test]
fn a_budget_that_ends_inside_an_it_block_goes_on_there() {
    // it te eq; moveq r0, #1; movne r0, #2; moveq r1, #3; svc 0
    let mut memory = Flat::new(&halves(&[0x2800, 0xbf0a, 0x2001, 0x2002, 0x2103, 0xdf00]));
    for budget in 1..=6 {
        let mut cpu = Cpu::new(Order::Little);
        cpu.branch_exchange(0x1001);
        let mut count = 0;
        loop {
            let (stop, done) = run(&mut cpu, &mut memory, budget);
            count += done;
            match stop {
                Stop::Budget => assert_eq!(done, budget),
                other => break assert_eq!(other, Stop::Syscall),
            }
        }
        assert_eq!((count, cpu.registers[0], cpu.registers[1], cpu.pc()), (6, 1, 3, 0x100c));
        assert_eq!(cpu.cpsr() & 0x0600_fc00, 0);
    }
}

#[test]
fn a_breakpoint_stops_inside_an_it_block_whose_condition_fails() {
    // cmp r0, #1; it eq; bkpt 7
    let mut memory = Flat::new(&halves(&[0x2801, 0xbf08, 0xbe07, 0xdf00]));
    let mut cpu = Cpu::new(Order::Little);
    cpu.branch_exchange(0x1001);
    assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Breakpoint(7), 2));
    assert_eq!(cpu.pc(), 0x1004);
}

#[test]
fn flags_that_are_set_twice_are_those_of_the_second_instruction() {
    // movs r1, #0; adds r2, r0, #1; cmp r2, #5; beq +2 (not taken); lsls r3, r2, #31; svc 0
    let mut memory = Flat::new(&halves(&[0x2100, 0x1c42, 0x2a05, 0xd000, 0x07d3, 0xdf00]));
    for budget in 1..=6 {
        let mut cpu = Cpu::new(Order::Little);
        cpu.branch_exchange(0x1001);
        let mut seen = Vec::new();
        loop {
            match run(&mut cpu, &mut memory, budget).0 {
                Stop::Budget if budget == 1 => seen.push(cpu.cpsr() >> 28),
                Stop::Budget => {}
                other => break assert_eq!(other, Stop::Syscall),
            }
        }
        // Z of movs; nothing of adds; N of the comparison, kept by the branch; N of lsls, with the carry kept.
        assert!(budget != 1 || seen == [4, 0, 8, 8, 8], "{seen:?}");
        assert_eq!((cpu.registers[2], cpu.registers[3], cpu.cpsr() >> 28), (1, 0x8000_0000, 8));
    }
}

#[test]
fn a_fault_inside_an_it_block_keeps_its_state() {
    // it eq; ldreq r0, [r1]
    let mut memory = Flat::new(&halves(&[0x2900, 0xbf08, 0x6808, 0xdf00]));
    let mut cpu = Cpu::new(Order::Little);
    cpu.branch_exchange(0x1001);
    let (stop, done) = run(&mut cpu, &mut memory, 100);
    assert!(matches!(stop, Stop::Fault(Fault { address: 0, .. })));
    assert_eq!((done, cpu.pc(), cpu.cpsr() & 0x0600_fc20), (2, 0x1004, 0x0820));
    let saved = cpu.cpsr();
    let mut other = Cpu::new(Order::Little);
    other.set_pc(0x1004);
    other.set_cpsr(saved);
    // Not equal: the load is skipped.
    other.set_cpsr(saved & !0x4000_0000);
    assert_eq!(run(&mut other, &mut memory, 100), (Stop::Syscall, 2));
}

#[test]
fn modes_change_with_bit_0_and_back() {
    // add r0, pc, #1; bx r0; then T32: movs r1, #5; nop; bx pc; nop; then A32: svc 0x900004
    let mut code = words(&[0xe28f_0001, 0xe12f_ff10]);
    code.extend(halves(&[0x2105, 0x46c0, 0x4778, 0x46c0]));
    code.extend(words(&[0xef90_0004]));
    let mut memory = Flat::new(&code);
    let mut cpu = Cpu::new(Order::Little);
    cpu.branch_exchange(0x1000);
    let (stop, _) = run(&mut cpu, &mut memory, 100);
    assert_eq!((stop, cpu.registers[1], cpu.comment), (Stop::Syscall, 5, 0x90_0004));
    assert!(!cpu.is_thumb());
}

#[test]
fn stops_stand_at_their_instruction() {
    let check = |word: u32, expect: Stop| {
        let mut memory = Flat::new(&words(&[0xe3a0_0001, word]));
        let mut cpu = Cpu::new(Order::Little);
        cpu.branch_exchange(0x1000);
        assert_eq!(run(&mut cpu, &mut memory, 100), (expect, 1));
        assert_eq!(cpu.pc(), 0x1004);
    };
    check(0xe7f0_00f0, Stop::Illegal);
    check(0xe120_0174, Stop::Breakpoint(0x14));
    let fault = Fault { address: 1, access: Access::Read, kind: FaultKind::Unaligned };
    check(0xe190_1f9f, Stop::Fault(fault));
    let fault = Fault { address: 1, access: Access::Read, kind: FaultKind::Unmapped };
    check(0xe890_0006, Stop::Fault(fault));
}

#[test]
fn data_is_big_endian_behind_setend() {
    // setend be; ldr r1, [pc, #-8]; setend le; ldr r2, [pc, #-16]; svc 0
    let mut memory = Flat::new(&words(&[0xf101_0200, 0xe51f_100c, 0xf101_0000, 0xe51f_2014, 0xef00_0000]));
    let mut cpu = Cpu::new(Order::Little);
    cpu.branch_exchange(0x1000);
    assert_eq!(run(&mut cpu, &mut memory, 100).0, Stop::Syscall);
    assert_eq!((cpu.registers[1], cpu.registers[2]), (0x0002_01f1, 0xf101_0200));
}
