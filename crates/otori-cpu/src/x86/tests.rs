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
fn a_subnormal_number_divided_by_zero_tells_only_the_division() {
    // fldz; fdivr dword [0x1800]; fnstsw ax; ud2
    let code = [0xd9, 0xee, 0xd8, 0x3d, 0x00, 0x18, 0, 0, 0xdf, 0xe0, 0x0f, 0x0b];
    for (number, flags) in [(1, 4), (0x3f80_0000, 4), (0x7f80_0001, 1)] {
        let mut memory = Four::new(&code, 0);
        memory.pages[0].store_u32(0x800, number);
        let mut cpu = cpu(Mode::I386, 0);
        assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Illegal, 3));
        assert_eq!(cpu.registers[AX as usize] & 0x3f, flags, "{number:x}");
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

#[test]
fn far_pointers_stay_in_the_code_segment() {
    // What is at BASE + 0x100: offset BASE + 0x40, then the selector.
    for (selector, expected) in [(0x23u16, Stop::Breakpoint(0)), (0x33, Stop::Privileged)] {
        // jmp far [1100], and call far [1100]
        for (modrm, depth) in [(0x2d, 0), (0x1d, 8)] {
            let mut memory = Four::new(&[0xff, modrm, 0, 0x11, 0, 0], 0);
            memory.pages[0].store_u8(0x40, 0xcc);
            memory.pages[0].store_u32(0x100, BASE as u32 + 0x40);
            memory.pages[0].store_u16(0x104, selector);
            let mut cpu = cpu(Mode::I386, 0);
            let top = cpu.registers[SP as usize];
            assert_eq!(run(&mut cpu, &mut memory, 100).0, expected);
            let moved = if selector == 0x23 { depth } else { 0 };
            assert_eq!(top - cpu.registers[SP as usize], moved);
        }
    }
    // call far 23:BASE+10 ... retf
    let mut code = [0x9a, 0x10, 0x10, 0, 0, 0x23, 0, 0xcc].to_vec();
    code.resize(16, 0x90);
    code.push(0xcb);
    let mut memory = Four::new(&code, 0);
    let mut cpu = cpu(Mode::I386, 0);
    assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Breakpoint(0), 3));
    assert_eq!(cpu.ip, BASE + 8);
}

#[test]
fn pointers_with_a_segment_fill_both_registers() {
    // lgs eax, [1100]; int3
    let mut memory = Four::new(&[0x0f, 0xb5, 0x05, 0, 0x11, 0, 0, 0xcc], 0);
    memory.pages[0].store_u32(0x100, 0x1234_5678);
    memory.pages[0].store_u16(0x104, 0x63);
    let mut cpu = cpu(Mode::I386, 0);
    cpu.tls[0] = 0x7700;
    assert_eq!(run(&mut cpu, &mut memory, 100), (Stop::Breakpoint(0), 2));
    assert_eq!(cpu.registers[AX as usize], 0x1234_5678);
    assert_eq!((cpu.selectors[super::GS], cpu.registers[super::GS_BASE as usize]), (0x63, 0x7700));
    // No code segment for the stack.
    assert!(!cpu.load_segment(2, 0x23) && cpu.load_segment(2, 0x2b));
}

#[test]
fn bounds_are_signed_and_included() {
    for (value, fits) in [(-5i32, true), (7, true), (-6, false), (8, false)] {
        // bound eax, [1100]; int3
        let mut memory = Four::new(&[0x62, 0x05, 0, 0x11, 0, 0, 0xcc], 0);
        memory.pages[0].store_u32(0x100, -5i32 as u32);
        memory.pages[0].store_u32(0x104, 7);
        let mut cpu = cpu(Mode::I386, 0);
        cpu.registers[AX as usize] = u64::from(value as u32);
        let expected = if fits { Stop::Breakpoint(0) } else { Stop::Privileged };
        assert_eq!(run(&mut cpu, &mut memory, 100).0, expected, "{value}");
    }
}

/// Memory where a store into a page that was fetched from goes to a fresh copy, as the kernel's does.
struct Own {
    four: Four,
    generation: u64,
}

impl Memory for Own {
    fn generation(&self) -> u64 {
        self.generation
    }
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        let fetched = self.four.fetch(address)?;
        fetched.page.code().mark();
        self.four.maps.forget_writable(address);
        Ok(fetched)
    }
    fn maps(&self) -> &Maps {
        &self.four.maps
    }
    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        let number = (miss.address - BASE) as usize / PAGE_SIZE;
        let page = Arc::clone(self.four.page(miss.address, miss.access)?);
        if miss.access == Access::Write && page.code().is_marked() {
            self.four.pages[number] = Arc::new(page.duplicate());
            self.four.maps.clear();
            self.generation += 1;
        }
        self.four.touch(miss)
    }
}

#[test]
fn a_store_into_the_code_that_runs_is_seen_by_the_next_instruction() {
    // mov byte [1008], 2; mov eax, 1; int3: the constant becomes 2
    let store = [0xc6, 0x05, 0x08, 0x10, 0, 0, 2];
    // The same after and before what it could be joined with.
    for around in [&[][..], &[0x89, 0xca], &[0x90, 0x01, 0xca]] {
        let mut code = [around, &store, &[0xb8, 1, 0, 0, 0, 0x89, 0xc2, 0xcc]].concat();
        code[around.len() + 2] += around.len() as u8;
        for slice in [1, 100] {
            let mut memory = Own { four: Four::new(&code, 0), generation: 1 };
            let mut cpu = cpu(Mode::I386, 0);
            while run(&mut cpu, &mut memory, slice).0 == Stop::Budget {}
            assert_eq!((cpu.registers[AX as usize], cpu.registers[super::DX as usize]), (2, 2));
        }
    }
}

/// Random instructions of registers, and what is left out or joined in a block is none the less there at a fault.
#[test]
fn a_block_leaves_out_nothing_that_a_fault_shows() {
    let mut state = 1u32;
    let mut below = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % limit
    };
    for _ in 0..3000 {
        let mut code = Vec::new();
        for _ in 0..1 + below(12) {
            let modrm = 0xc0 | below(4) as u8 | (below(4) as u8) << 3;
            let wide = below(2) == 0;
            let form = below(14);
            // A carry operation, a shift and a rotation by CL too.
            let opcodes: [&[u8]; 14] = [
                &[0x89],
                &[0x01],
                &[0x31],
                &[0x11],
                &[0x19],
                &[0x88],
                &[0x0f, 0xaf],
                &[0x0f, 0x44],
                &[0x0f, 0xb6],
                &[0xc1],
                &[0xd3],
                &[0xd1],
                &[0xff],
                &[0xf7],
            ];
            if wide {
                code.push(0x48);
            }
            code.extend(opcodes[form as usize]);
            match form {
                9..=11 => code.push(modrm | (below(2) as u8) << 5),
                12 => code.push(modrm & 0xcf),
                13 => code.push(modrm & 0xc7 | 0x10 | (modrm & 8)),
                _ => code.push(modrm),
            }
            if form == 9 {
                code.push(below(40) as u8);
            }
        }
        // mov eax, [0]
        code.extend([0x8b, 0x04, 0x25, 0, 0, 0, 0]);
        let [whole, stepped] = [100, 1].map(|slice| {
            let mut memory = Four::new(&code, 0);
            let mut cpu = cpu(Mode::X86_64, 0);
            for (number, register) in cpu.registers.iter_mut().enumerate().take(4) {
                *register = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            let mut total = 0;
            let stop = loop {
                let (stop, count) = run(&mut cpu, &mut memory, slice);
                total += count;
                if stop != Stop::Budget {
                    break stop;
                }
            };
            assert!(matches!(stop, Stop::Fault(_)), "{stop:?} {code:02x?}");
            (cpu.registers[..16].to_vec(), cpu.eflags(), cpu.ip, total)
        });
        assert_eq!(whole, stepped, "{code:02x?}");
    }
}
