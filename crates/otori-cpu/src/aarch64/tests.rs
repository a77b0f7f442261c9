//! Cases that random programs do not reach, and the smallest programs by hand.

use super::word::logical_mask;
use super::{Cpu, Link};
use crate::memory::{Access, Fault, FaultKind, Fetched, Memory, Miss};
use crate::{Maps, PAGE_SHIFT, Page, Stop, run};
use alloc::sync::Arc;
use alloc::vec::Vec;

const BASE: u64 = 0x10000;

/// Two pages from [`BASE`] on; code at their beginning.
struct Pages {
    pages: [Arc<Page>; 2],
    maps: Maps,
}

impl Pages {
    fn new(words: &[u32]) -> Pages {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let pages = [Arc::new(Page::from_bytes(&bytes)), Arc::new(Page::zeroed())];
        Pages { maps: Maps::new(&pages[1]), pages }
    }
    fn page(&self, address: u64, access: Access) -> Result<Arc<Page>, Fault> {
        let number = (address.wrapping_sub(BASE) >> PAGE_SHIFT) as usize;
        self.pages.get(number).cloned().ok_or(Fault { address, access, kind: FaultKind::Unmapped })
    }
}

impl Memory for Pages {
    fn generation(&self) -> u64 {
        1
    }
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        Ok(Fetched { page: self.page(address, Access::Execute)?, keeps_code: true })
    }
    fn maps(&self) -> &Maps {
        &self.maps
    }
    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        for address in [miss.address, miss.address + u64::from(miss.size) - 1] {
            let page = self.page(address, miss.access)?;
            match miss.access {
                Access::Write => self.maps.put_writable(address, page),
                _ => self.maps.put_readable(address, page),
            };
        }
        Ok(())
    }
}

/// Runs words from `start` on; gives the CPU, why it stopped and how many instructions it did.
fn execute(words: &[u32], start: u64, prepare: impl FnOnce(&mut Cpu)) -> (Cpu, Stop, u64) {
    let mut memory = Pages::new(words);
    let mut cpu = Cpu::new();
    cpu.pc = BASE + start;
    prepare(&mut cpu);
    let (stop, executed) = run(&mut cpu, &mut memory, 1000);
    (cpu, stop, executed)
}

const SVC: u32 = 0xd400_0001;

#[test]
fn a_call_behind_a_jump_backward_returns_behind_itself() {
    // 0: bl 12; 4: svc; 8: b 0; 12: svc
    let (cpu, stop, executed) = execute(&[0x9400_0003, SVC, 0x17ff_fffe, SVC], 8, |_| {});
    assert_eq!((stop, executed), (Stop::Syscall, 3));
    assert_eq!((cpu.x[30], cpu.pc), (BASE + 4, BASE + 16));
}

#[test]
fn what_is_no_instruction_stops_in_front_of_it() {
    // udf; hvc; msr daifset; crypto; an atomic of Armv8.1; a literal beyond both pages
    for word in [0, 0xd400_0002, 0xd503_42df, 0x4e28_4800, 0xf820_0020, 0x9bff_fc00] {
        let (cpu, stop, executed) = execute(&[0xd280_0020, word], 0, |_| {});
        assert_eq!((stop, executed, cpu.pc, cpu.x[0]), (Stop::Illegal, 1, BASE + 4, 1), "{word:#x}");
    }
    let (cpu, stop, _) = execute(&[0xd420_0540], 0, |_| {});
    assert_eq!((stop, cpu.pc), (Stop::Breakpoint(42), BASE));
}

#[test]
fn an_access_that_faults_changes_nothing() {
    // ldp x0, x1, [x2], #16 over the end of memory
    let end = BASE + 0x2000;
    let (cpu, stop, executed) = execute(&[0xa8c1_0440], 0, |cpu| cpu.x[2] = end - 8);
    let fault = Fault { address: end, access: Access::Read, kind: FaultKind::Unmapped };
    assert_eq!((executed, cpu.x[0], cpu.x[2], cpu.pc), (0, 0, end - 8, BASE));
    assert!(matches!(stop, Stop::Fault(Fault { kind: FaultKind::Unmapped, .. })), "{stop:?} {fault:?}");
    // ldxr minds the alignment
    let (_, stop, _) = execute(&[0xc85f_7c40], 0, |cpu| cpu.x[2] = BASE + 4);
    assert!(matches!(stop, Stop::Fault(Fault { kind: FaultKind::Unaligned, .. })), "{stop:?}");
}

#[test]
fn an_exclusive_store_needs_the_value_that_was_read() {
    // stxr w0, x1, [x2]
    let store = |link| execute(&[0xc800_7c41, SVC], 0, |cpu| (cpu.x[2], cpu.link) = (BASE + 0x1000, link)).0;
    let link = Link { address: BASE + 0x1000, value: 0, bytes: 8 };
    assert_eq!(store(Some(link)).x[0], 0);
    assert_eq!(store(Some(Link { value: 1, ..link })).x[0], 1);
    assert_eq!(store(None).x[0], 1);
}

#[test]
fn masks_of_logical_constants() {
    assert_eq!(logical_mask(1, 0, 0), Some(1));
    assert_eq!(logical_mask(0, 0, 0b11_1100), Some(0x5555_5555_5555_5555));
    assert_eq!(logical_mask(0, 1, 0b11_0000), Some(0x8080_8080_8080_8080));
    assert_eq!(logical_mask(1, 4, 7), Some(0xf000_0000_0000_000f));
    assert_eq!(logical_mask(1, 0, 63), None);
    assert_eq!(logical_mask(0, 0, 0b11_1111), None);
}

#[test]
fn budgets_end_blocks_anywhere() {
    // add x0, x0, #1 (three times); cmp x0, #3; b.eq 8; svc
    let words = [0x9100_0400, 0x9100_0400, 0x9100_0400, 0xf100_0c1f, 0x5400_0040, SVC, SVC];
    for budget in 0..=6 {
        let mut memory = Pages::new(&words);
        let mut cpu = Cpu::new();
        cpu.pc = BASE;
        let (stop, executed) = run(&mut cpu, &mut memory, budget);
        assert_eq!((stop, executed), (if budget < 6 { Stop::Budget } else { Stop::Syscall }, budget));
        assert_eq!(cpu.x[0], budget.min(3));
    }
}
