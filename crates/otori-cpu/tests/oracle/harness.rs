//! Runs an executable on our engine (a flat memory and two system calls) and on qemu-user, and compares what they
//! write. Key types: [`Case`], one program of a set; [`Guest`], a set's CPU.

use otori_cpu::{
    Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page, Stop,
};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// A system call of a test program.
pub enum Call {
    Write {
        address: u64,
        bytes: u64,
    },
    Exit,
    /// Changes nothing that the program looks at.
    Idle,
    Other,
}

/// A CPU of some set at the entry of the program.
pub trait Guest {
    fn run(&mut self, memory: &mut Flat, budget: u64) -> Stop;
    /// What it asks for after [`Stop::Syscall`].
    fn call(&self) -> Call;
    fn program_counter(&self) -> u64;
    /// Joins neighbouring operations from the start.
    fn expect_more(&mut self);
}

/// A program that runs chunks of random instructions, appends all registers to a dump after each, and writes the dump to
/// standard output at its end.
pub struct Case {
    /// Set, kind and seed, for messages and the file's name.
    pub name: String,
    /// Name of the emulator, and its options.
    pub qemu: &'static str,
    pub qemu_options: &'static [&'static str],
    /// A static ELF whose only segment, headers included, is loaded at `base`.
    pub image: Vec<u8>,
    pub base: u64,
    /// Of the segment in memory.
    pub memory_bytes: usize,
    pub dump_address: u64,
    /// Names of what is dumped after a chunk, with the bytes of each.
    pub registers: Vec<(String, usize)>,
    /// The random instructions of each chunk, as a reader wants to see them.
    pub chunks: Vec<String>,
    /// Random instructions in all.
    pub instructions: usize,
}

/// How many programs of each kind are run.
pub fn programs_per_kind() -> u64 {
    std::env::var("OTORI_ORACLE_PROGRAMS").ok().and_then(|count| count.parse().ok()).unwrap_or(6)
}

/// Where the emulator is; without it nothing can be compared, and that is said.
pub fn find_qemu(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: {name} is not installed (Debian package qemu-user-static); nothing was compared");
    }
    found
}

/// Runs the programs of all seeds on both sides. Returns how many random instructions agreed.
pub fn check<G: Guest>(mut make: impl FnMut(u64) -> (Case, G)) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut instructions = 0;
    let mut last = String::new();
    for seed in 0..programs_per_kind() {
        let (case, guest) = make(seed);
        let (_, mut joined) = make(seed);
        joined.expect_more();
        let Some(qemu) = find_qemu(case.qemu) else { return 0 };
        let file = folder.path().join("program");
        std::fs::write(&file, &case.image).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let output = Command::new(&qemu).args(case.qemu_options).arg(&file).output().unwrap();
        for (how, guest) in [("", guest), (" joined", joined)] {
            let told = difference(&case, &run(&case, guest), &output.stdout);
            assert!(output.status.success(), "{}{how}: qemu {:?} {told:?}", case.name, output.status);
            if let Some(told) = told {
                panic!("{}{how}: {told}", case.name);
            }
        }
        std::fs::remove_file(&file).unwrap();
        instructions += case.instructions;
        last = case.name;
    }
    eprintln!("{last} and those before: {instructions} instructions agree with qemu");
    instructions
}

/// Where two dumps differ, told so that the chunk can be read.
fn difference(case: &Case, ours: &[u8], theirs: &[u8]) -> Option<String> {
    let bytes = case.registers.iter().map(|(_, bytes)| bytes).sum();
    let dumps = ours.chunks(bytes).zip(theirs.chunks(bytes));
    for (number, (chunk, (a, b))) in case.chunks.iter().zip(dumps).enumerate() {
        if a == b {
            continue;
        }
        let mut text = format!("chunk {number}: {chunk}");
        let mut at = 0;
        for (name, bytes) in &case.registers {
            let (a, b) = (&a[at..at + bytes], &b[at..at + bytes]);
            at += bytes;
            if a != b {
                text += &format!("\n  {name}: ours {a:02x?}, qemu {b:02x?}");
            }
        }
        return Some(text);
    }
    (ours.len() != theirs.len()).then(|| format!("ours {} bytes, qemu {}", ours.len(), theirs.len()))
}

/// Pages from an address on, everything allowed. Decoded code is not kept where stores go.
pub struct Flat {
    base: u64,
    pages: Vec<Arc<Page>>,
    maps: Maps,
}

impl Flat {
    pub fn new(base: u64, image: &[u8], bytes: usize) -> Flat {
        let mut pages: Vec<_> =
            image.chunks(PAGE_SIZE).map(|bytes| Arc::new(Page::from_bytes(bytes))).collect();
        pages.resize_with(bytes.div_ceil(PAGE_SIZE), || Arc::new(Page::zeroed()));
        Flat { base, maps: Maps::new(&pages[0]), pages }
    }

    fn page(&self, address: u64, access: Access) -> Result<&Arc<Page>, Fault> {
        let number = (address >> PAGE_SHIFT).wrapping_sub(self.base >> PAGE_SHIFT);
        self.pages.get(number as usize).ok_or(Fault { address, access, kind: FaultKind::Unmapped })
    }

    fn bytes(&self, address: u64, length: u64) -> Vec<u8> {
        let byte = |at: u64| self.page(at, Access::Read).unwrap().load_u8(at & PAGE_MASK);
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

/// What the program writes to standard output on our engine.
fn run(case: &Case, mut guest: impl Guest) -> Vec<u8> {
    let mut memory = Flat::new(case.base, &case.image, case.memory_bytes);
    let mut output = Vec::new();
    for _ in 0..1_000_000 {
        // Odd slices, so that the budget ends blocks everywhere.
        let stop = guest.run(&mut memory, 997);
        match (stop, guest.call()) {
            (Stop::Budget, _) | (Stop::Syscall, Call::Idle) => {}
            (Stop::Syscall, Call::Write { address, bytes }) => output.extend(memory.bytes(address, bytes)),
            (Stop::Syscall, Call::Exit) => return output,
            (stop, _) => {
                eprintln!("stopped at {:#x}: {stop:?}", guest.program_counter());
                let at = guest.program_counter() & !1;
                if memory.page(at, Access::Read).is_ok() {
                    eprintln!("there: {:02x?}", memory.bytes(at, 4));
                }
                let bytes = case.registers.iter().map(|(_, bytes)| bytes).sum::<usize>() * case.chunks.len();
                return memory.bytes(case.dump_address, bytes as u64);
            }
        }
    }
    panic!("the program does not end");
}
