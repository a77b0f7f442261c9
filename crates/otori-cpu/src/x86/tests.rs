//! What random programs do not show: stops, faults in the middle of repeated instructions, exact counts, page ends.

use super::{AX, CX, Cpu, DI, Mode, SI, SP};
use crate::{Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, PAGE_SIZE, Page, Stop, run};
use alloc::sync::Arc;
use alloc::vec::Vec;

const BASE: u64 = 0x1000;
const PAGES: usize = 4;

/// Four pages from [`BASE`] on.
struct Four {
    pages: Vec<Arc<Page>>,
    maps: Maps,
}

impl Four {
    fn new(code: &[u8], offset: usize) -> Four {
        let pages: Vec<_> = (0..PAGES).map(|_| Arc::new(Page::zeroed())).collect();
        let first = pages[0].write(offset, code);
        pages[1].write(0, &code[first..]);
        let maps = Maps::new(&pages[0]);
        Four { pages, maps }
    }

    fn page(&self, address: u64, access: Access) -> Result<&Arc<Page>, Fault> {
        let number = (address.wrapping_sub(BASE) as usize) / PAGE_SIZE;
        self.pages.get(number).ok_or(Fault { address, access, kind: FaultKind::Unmapped })
    }
}

impl Memory for Four {
    fn generation(&self) -> u64 {
        1
    }
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        Ok(Fetched { page: Arc::clone(self.page(address, Access::Execute)?), keeps_code: true })
    }
    fn maps(&self) -> &Maps {
        &self.maps
    }
    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        for address in [miss.address, miss.address + u64::from(miss.size.max(1)) - 1] {
            let page = Arc::clone(self.page(address, miss.access)?);
            match miss.access {
                Access::Write => _ = self.maps.put_writable(address, page),
                _ => _ = self.maps.put_readable(address, page),
            }
        }
        Ok(())
    }
}

/// A CPU at the code.
fn cpu(mode: Mode, offset: usize) -> Cpu {
    let mut cpu = Cpu::new(mode);
    cpu.ip = BASE + offset as u64;
    cpu.registers[SP as usize] = BASE + 0x3800;
    cpu
}

#[test]
fn what_cannot_be_done_stops_where_it_stands() {
    let cases: [(&[u8], Stop); 6] = [
        (&[0xf7, 0xf1], Stop::DivideError),
        (&[0x0f, 0x0b], Stop::Illegal),
        (&[0xf4], Stop::Privileged),
        (&[0xe4, 0x60], Stop::Privileged),
        (&[0xf0, 0x01, 0xc0], Stop::Illegal),
        (&[0x0f, 0xff], Stop::Illegal),
    ];
    for mode in [Mode::I386, Mode::X86_64] {
        for (code, expected) in cases {
            let mut memory = Four::new(&[&[0x90], code].concat(), 0);
            let mut cpu = cpu(mode, 0);
            assert_eq!(run(&mut cpu, &mut memory, 100), (expected, 1), "{code:02x?}");
            assert_eq!(cpu.ip, BASE + 1);
        }
    }
}

#[test]
fn a_breakpoint_reports_what_is_behind_it() {
    let mut memory = Four::new(&[0xcc], 0);
    let mut cpu = cpu(Mode::X86_64, 0);
    assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Breakpoint(0), 1));
    assert_eq!(cpu.ip, BASE + 1);
}

#[test]
fn a_repeated_instruction_is_up_to_date_where_it_faults() {
    // rep movsb, from the first page into the last and beyond
    let mut memory = Four::new(&[0xf3, 0xa4], 0);
    let mut cpu = cpu(Mode::X86_64, 0);
    cpu.registers[SI as usize] = BASE;
    cpu.registers[DI as usize] = BASE + 0x3f00;
    cpu.registers[CX as usize] = 0x1000;
    let (stop, _) = run(&mut cpu, &mut memory, 1000);
    assert!(
        matches!(stop, Stop::Fault(Fault { address, access: Access::Write, .. }) if address == BASE + 0x4000)
    );
    assert_eq!(cpu.ip, BASE);
    assert_eq!(cpu.registers[CX as usize], 0xf00);
    assert_eq!(cpu.registers[SI as usize], BASE + 0x100);
    assert_eq!(memory.pages[3].load_u8(0xf00), 0xf3);
}

#[test]
fn an_instruction_may_cross_the_end_of_a_page() {
    // mov eax, 12345678; int3
    let code = [0xb8, 0x78, 0x56, 0x34, 0x12, 0xcc];
    for offset in PAGE_SIZE - 5..PAGE_SIZE {
        let mut memory = Four::new(&code, offset);
        let mut cpu = cpu(Mode::I386, offset);
        assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Breakpoint(0), 2));
        assert_eq!(cpu.registers[AX as usize], 0x1234_5678);
    }
}

#[test]
fn budgets_are_exact_wherever_they_end() {
    // mov ecx, 7; again: add eax, ecx; push rax; pop rdx; dec ecx; jnz again; syscall
    let code = [0xb9, 7, 0, 0, 0, 0x01, 0xc8, 0x50, 0x5a, 0xff, 0xc9, 0x75, 0xf8, 0x0f, 0x05];
    for slice in 1..40 {
        let mut memory = Four::new(&code, 0);
        let mut cpu = cpu(Mode::X86_64, 0);
        let mut total = 0;
        let stop = loop {
            let (stop, count) = run(&mut cpu, &mut memory, slice);
            total += count;
            match stop {
                Stop::Budget => assert_eq!(count, slice),
                stop => break stop,
            }
        };
        assert_eq!((stop, total), (Stop::Syscall, 1 + 7 * 5 + 1));
        assert_eq!(cpu.registers[AX as usize], 28);
        assert_eq!(cpu.registers[CX as usize], BASE + code.len() as u64);
    }
}

#[test]
fn a_thread_segment_adds_its_base() {
    // mov ax, 63; mov gs, ax; mov eax, gs:[0]; int3
    let code = [0x66, 0xb8, 0x63, 0, 0x8e, 0xe8, 0x65, 0xa1, 0, 0, 0, 0, 0xcc];
    let mut memory = Four::new(&code, 0);
    memory.pages[2].store_u32(0x10, 0xcafe);
    let mut cpu = cpu(Mode::I386, 0);
    cpu.tls[0] = BASE as u32 + 0x2010;
    assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Breakpoint(0), 4));
    assert_eq!(cpu.registers[AX as usize], 0xcafe);
    assert!(!cpu.load_segment(super::FS, 0x77));
}
