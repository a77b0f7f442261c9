//! Where a program runs: our engine with a flat memory, or qemu-user.

use super::{BASE, CODE_OFFSET, Program};
use otori_cpu::x86::{Cpu, Mode};
use otori_cpu::{
    Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page, Set, Stop,
    run,
};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Pages from [`BASE`] on, everything allowed.
struct Flat {
    pages: Vec<Arc<Page>>,
    maps: Maps,
}

impl Flat {
    fn new(image: &[u8], bytes: u32) -> Flat {
        let mut pages: Vec<_> =
            image.chunks(PAGE_SIZE).map(|bytes| Arc::new(Page::from_bytes(bytes))).collect();
        pages.resize_with((bytes as usize).div_ceil(PAGE_SIZE), || Arc::new(Page::zeroed()));
        let maps = Maps::new(&pages[0]);
        Flat { pages, maps }
    }

    fn page(&self, address: u64, access: Access) -> Result<&Arc<Page>, Fault> {
        let number = (address >> PAGE_SHIFT).wrapping_sub(u64::from(BASE) >> PAGE_SHIFT);
        self.pages.get(number as usize).ok_or(Fault { address, access, kind: FaultKind::Unmapped })
    }

    fn bytes(&self, address: u64, length: u64) -> Vec<u8> {
        let byte = |at| self.page(at, Access::Read).map_or(0, |page| page.load_u8(at & PAGE_MASK));
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
        for address in [miss.address, miss.address.wrapping_add(u64::from(miss.size.max(1)) - 1)] {
            let page = Arc::clone(self.page(address, miss.access)?);
            match miss.access {
                Access::Write => _ = self.maps.put_writable(address, page),
                _ => _ = self.maps.put_readable(address, page),
            }
        }
        Ok(())
    }
}

/// What the program writes to standard output on our engine, with neighbouring operations joined or not.
pub fn ours(program: &Program, is_joined: bool) -> Vec<u8> {
    let mut memory = Flat::new(&program.elf(), program.end() - BASE);
    let mut cpu = Cpu::new(program.mode);
    if is_joined {
        cpu.frame().expect_more();
    }
    cpu.ip = u64::from(BASE + CODE_OFFSET);
    let (write, second, third) = if program.mode == Mode::I386 { (4, 1, 2) } else { (1, 6, 2) };
    let mut output = Vec::new();
    for _ in 0..10_000_000 {
        // Odd slices, so that the budget ends blocks everywhere.
        match run(&mut cpu, &mut memory, 997).0 {
            Stop::Budget => {}
            Stop::Syscall if cpu.registers[0] == write => {
                output.extend(memory.bytes(cpu.registers[second], cpu.registers[third]));
            }
            Stop::Syscall => return output,
            stop => {
                let code = memory.bytes(cpu.ip, 16);
                eprintln!("stopped at {:#x}: {stop:?} {code:02x?}", cpu.ip);
                return memory.bytes(super::DATA.into(), (program.end() - super::DATA).into());
            }
        }
    }
    panic!("the program does not end");
}

/// The same on qemu-user, or on the processor of this host.
pub fn oracle(program: &Program) -> Vec<u8> {
    use std::os::unix::fs::PermissionsExt;
    let name = format!(
        "otori-x86-{}-{:?}-{:?}-{:?}",
        std::process::id(),
        program.mode,
        program.kind,
        std::thread::current().id()
    );
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, program.elf()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let qemu = if program.mode == Mode::I386 { "qemu-i386-static" } else { "qemu-x86_64-static" };
    let mut command = match program.kind.asks_processor() {
        true => Command::new(&path),
        false => {
            let mut command = Command::new(qemu);
            command.args(["-cpu", "max"]).arg(&path);
            command
        }
    };
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    if !output.status.success() {
        eprintln!("qemu: {} ({})", output.status, path.display());
    } else {
        _ = std::fs::remove_file(&path);
    }
    output.stdout
}
