//! Which words are instructions, as our engine says. Key type: [`Probe`], a CPU and one page that are used again and
//! again: made anew for every word they would cost more than everything else.

use otori_cpu::aarch64::Cpu;
use otori_cpu::{Access, Fault, FaultKind, Fetched, Maps, Memory, Miss, PAGE_SHIFT, Page, Stop, run};
use std::sync::Arc;

const BASE: u64 = 0x10000;
/// Where accesses go, on the same page.
const DATA: u64 = BASE + 0x800;

pub struct Probe {
    cpu: Cpu,
    page: Arc<Page>,
    maps: Maps,
    generation: u64,
}

struct OnePage<'a> {
    page: &'a Arc<Page>,
    maps: &'a mut Maps,
    generation: u64,
}

impl OnePage<'_> {
    fn check(&self, address: u64, access: Access) -> Result<(), Fault> {
        let is_there = address >> PAGE_SHIFT == BASE >> PAGE_SHIFT;
        is_there.then_some(()).ok_or(Fault { address, access, kind: FaultKind::Unmapped })
    }
}

impl Memory for OnePage<'_> {
    fn generation(&self) -> u64 {
        self.generation
    }
    fn fetch(&mut self, address: u64) -> Result<Fetched, Fault> {
        self.check(address, Access::Execute)?;
        Ok(Fetched { page: Arc::clone(self.page), keeps_code: false })
    }
    fn maps(&self) -> &Maps {
        self.maps
    }
    fn touch(&mut self, miss: Miss) -> Result<(), Fault> {
        self.check(miss.address, miss.access)?;
        self.check(miss.address + u64::from(miss.size) - 1, miss.access)?;
        match miss.access {
            Access::Write => self.maps.put_writable(miss.address, Arc::clone(self.page)),
            _ => self.maps.put_readable(miss.address, Arc::clone(self.page)),
        };
        Ok(())
    }
}

impl Probe {
    pub fn new() -> Probe {
        let page = Arc::new(Page::zeroed());
        Probe { cpu: Cpu::new(), maps: Maps::new(&page), page, generation: 1 }
    }

    /// The words (at most 500) that are instructions. They are run one after the other; none may branch.
    pub fn legal(&mut self, mut words: Vec<u32>) -> Vec<u32> {
        for (number, word) in words.iter().enumerate() {
            self.page.store_u32(4 * number as u64, *word);
        }
        self.generation += 1;
        let mut good = vec![true; words.len()];
        let mut at = 0;
        while at < words.len() as u64 {
            self.cpu.pc = BASE + 4 * at;
            self.cpu.x[26] = DATA;
            let mut memory = OnePage { page: &self.page, maps: &mut self.maps, generation: self.generation };
            let (stop, executed) = run(&mut self.cpu, &mut memory, words.len() as u64 - at);
            at += executed;
            if stop != Stop::Budget {
                if let Some(good) = good.get_mut(at as usize) {
                    *good = stop != Stop::Illegal;
                }
                at += 1;
            }
        }
        let mut good = good.into_iter();
        words.retain(|_| good.next() == Some(true));
        words
    }
}
