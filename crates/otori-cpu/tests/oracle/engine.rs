//! Runs the same executable on our engine: a flat memory and the two system calls the programs make.

use crate::elf;
use crate::generate::{BASE, Program};
use otori_cpu::mips::{Cpu, Endian, FloatRegisters};
use otori_cpu::{
    Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page, Stop,
};
use std::sync::Arc;

/// Pages from [`BASE`] on, everything allowed. Decoded code is not kept where stores go.
pub struct Flat {
    pages: Vec<Arc<Page>>,
    maps: Maps,
}

impl Flat {
    pub fn new(image: &[u8], bytes: u32) -> Flat {
        let mut pages: Vec<_> =
            image.chunks(PAGE_SIZE).map(|bytes| Arc::new(Page::from_bytes(bytes))).collect();
        pages.resize_with((bytes as usize).div_ceil(PAGE_SIZE), || Arc::new(Page::zeroed()));
        Flat { maps: Maps::new(&pages[0]), pages }
    }

    fn page(&self, address: u64, access: Access) -> Result<&Arc<Page>, Fault> {
        let number = (address >> PAGE_SHIFT).wrapping_sub(u64::from(BASE) >> PAGE_SHIFT);
        self.pages.get(number as usize).ok_or(Fault { address, access, kind: FaultKind::Unmapped })
    }

    fn bytes(&self, address: u32, length: u32) -> Vec<u8> {
        let byte =
            |at: u32| self.page(u64::from(at), Access::Read).unwrap().load_u8(u64::from(at) & PAGE_MASK);
        (address..address + length).map(byte).collect()
    }
}

impl Memory for Flat {
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
        for address in [miss.address, miss.address + u64::from(miss.size) - 1] {
            let page = Arc::clone(self.page(address, miss.access)?);
            match miss.access {
                Access::Write => self.maps.put_writable(address, page),
                _ => self.maps.put_readable(address, page),
            };
        }
        Ok(())
    }
}

/// What the program writes to standard output.
pub fn run(program: &Program, endian: Endian, float_registers: FloatRegisters) -> Vec<u8> {
    let mut memory = Flat::new(&elf::image(program, endian, float_registers), program.memory_bytes());
    let mut cpu = Cpu::new(endian);
    cpu.pc = BASE + elf::CODE_OFFSET;
    cpu.float_registers = float_registers;
    let mut output = Vec::new();
    for _ in 0..1_000_000 {
        // Odd slices, so that the budget ends blocks everywhere.
        match cpu.run(&mut memory, 997).0 {
            Stop::Budget => {}
            Stop::Syscall if cpu.gpr[2] == 4004 => output.extend(memory.bytes(cpu.gpr[5], cpu.gpr[6])),
            Stop::Syscall if cpu.gpr[2] == 4001 => return output,
            stop => {
                eprintln!("stopped at {:#x}: {stop:?}", cpu.pc);
                return memory.bytes(program.dump_address(), program.dump_bytes());
            }
        }
    }
    panic!("the program does not end");
}
