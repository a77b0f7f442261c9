//! The translation caches that every load and store hits. Key type: [`Maps`]; missed into by [`crate::run`].
//!
//! Direct mapped, two lines a slot, one per kind of access; a line holds its page, so a hit needs no further table.
//! While operations run nobody changes it: an operation that misses comes back, the memory fills the cache, the
//! operation is done again. Values are little endian; sets of the other order swap. Addresses need no alignment here;
//! what crosses into another page is put together byte by byte.

use crate::memory::{Access, Miss};
use crate::op::Interrupt;
use crate::page::{PAGE_MASK, PAGE_SHIFT, PAGE_SIZE, Page};
use alloc::sync::Arc;

const ENTRIES: usize = 128;

/// Not a page address: its low bits are set.
const NOTHING: u64 = u64::MAX;

#[derive(Debug)]
struct Line {
    /// Address of the page's first byte, or [`NOTHING`].
    tag: u64,
    page: Arc<Page>,
}

/// Numbers of the two lines that a page has in its slot.
const READS: usize = 0;
const WRITES: usize = 1;

#[inline(always)]
fn slot(address: u64) -> usize {
    (address >> PAGE_SHIFT) as usize & (ENTRIES - 1)
}

/// What a CPU can reach without asking: pages to load from and pages to store to.
#[derive(Debug)]
pub struct Maps {
    /// For each slot the page to load from and that to store to: next to each other, so that host instructions are short.
    lines: [[Line; 2]; ENTRIES],
    /// Fills the empty lines.
    nothing: Arc<Page>,
}

impl Maps {
    /// Empty caches; `nothing` is any page.
    #[must_use]
    pub fn new(nothing: &Arc<Page>) -> Maps {
        let empty = || Line { tag: NOTHING, page: Arc::clone(nothing) };
        Maps { lines: core::array::from_fn(|_| [empty(), empty()]), nothing: Arc::clone(nothing) }
    }

    #[inline(always)]
    fn get(&self, kind: usize, address: u64, alignment: u64) -> Option<&Page> {
        let line = &self.lines[slot(address)][kind];
        (line.tag == address & (!PAGE_MASK | alignment)).then(|| &*line.page)
    }

    fn put(&mut self, kind: usize, address: u64, page: Arc<Page>) -> &Page {
        let line = &mut self.lines[slot(address)][kind];
        *line = Line { tag: address & !PAGE_MASK, page };
        &line.page
    }

    fn forget_kind(&mut self, kind: usize, address: u64) {
        let line = &mut self.lines[slot(address)][kind];
        if line.tag == address & !PAGE_MASK {
            *line = Line { tag: NOTHING, page: Arc::clone(&self.nothing) };
        }
    }

    fn clear_kind(&mut self, kind: usize) {
        for line in self.lines.iter_mut().map(|lines| &mut lines[kind]).filter(|line| line.tag != NOTHING) {
            *line = Line { tag: NOTHING, page: Arc::clone(&self.nothing) };
        }
    }

    /// The page to load from at an address with no bit of `alignment` set, if cached.
    #[inline(always)]
    #[must_use]
    pub fn readable(&self, address: u64, alignment: u64) -> Option<&Page> {
        self.get(READS, address, alignment)
    }

    /// The page to store to at an address with no bit of `alignment` set, if cached.
    #[inline(always)]
    #[must_use]
    pub fn writable(&self, address: u64, alignment: u64) -> Option<&Page> {
        self.get(WRITES, address, alignment)
    }

    /// Keeps a page to load from.
    pub fn put_readable(&mut self, address: u64, page: Arc<Page>) -> &Page {
        self.put(READS, address, page)
    }

    /// Keeps a page to store to.
    pub fn put_writable(&mut self, address: u64, page: Arc<Page>) -> &Page {
        self.put(WRITES, address, page)
    }

    /// Forgets the page of one address, for loads and stores.
    pub fn forget(&mut self, address: u64) {
        self.forget_kind(READS, address);
        self.forget_kind(WRITES, address);
    }

    /// Forgets that the page of one address may be stored to.
    pub fn forget_writable(&mut self, address: u64) {
        self.forget_kind(WRITES, address);
    }

    /// Forgets which pages may be stored to.
    pub fn clear_writable(&mut self) {
        self.clear_kind(WRITES);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.clear_kind(READS);
        self.clear_kind(WRITES);
    }

    /// `size` bytes (at most eight) at any address, if all are cached.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn load_across(&self, address: u64, size: u32) -> Option<u64> {
        if (address & PAGE_MASK) + u64::from(size) <= PAGE_SIZE as u64 {
            return Some(self.readable(address, 0)?.load_anywhere(address, size));
        }
        let mut value = 0;
        for byte in 0..u64::from(size) {
            let at = address.wrapping_add(byte);
            value |= u64::from(self.readable(at, 0)?.load_u8(at)) << (8 * byte);
        }
        Some(value)
    }

    /// Stores `size` bytes (at most eight) at any address, if all are cached; else none of them.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn store_across(&self, address: u64, size: u32, value: u64) -> Option<()> {
        if (address & PAGE_MASK) + u64::from(size) <= PAGE_SIZE as u64 {
            self.writable(address, 0)?.store_anywhere(address, size, value);
            return Some(());
        }
        let last = address.wrapping_add(u64::from(size) - 1);
        self.writable(address, 0)?;
        self.writable(last, 0)?;
        for byte in 0..u64::from(size) {
            let at = address.wrapping_add(byte);
            self.writable(at, 0)?.store_u8(at, (value >> (8 * byte)) as u8);
        }
        Some(())
    }
}

/// A load and a store of one width, in two flavours: `None`, and the [`Interrupt`] that says what is missing.
macro_rules! width {
    ($type:ty, $size:literal, $page_load:ident, $page_store:ident, $load:ident, $store:ident, $get:ident, $set:ident) => {
        impl Maps {
            /// Loads; `None` if a page is not cached.
            #[inline(always)]
            #[must_use]
            pub fn $load(&self, address: u64) -> Option<$type> {
                match self.readable(address, $size - 1) {
                    Some(page) => Some(page.$page_load(address)),
                    None => self.load_across(address, $size).map(|value| value as $type),
                }
            }

            /// Stores; `None`, and nothing changed, if a page is not cached.
            #[inline(always)]
            #[must_use]
            pub fn $store(&self, address: u64, value: $type) -> Option<()> {
                match self.writable(address, $size - 1) {
                    Some(page) => Some(page.$page_store(address, value)),
                    None => self.store_across(address, $size, u64::from(value)),
                }
            }

            /// Loads.
            ///
            /// # Errors
            /// The [`Miss`] if a page is not cached.
            #[inline]
            pub fn $get(&self, address: u64) -> Result<$type, Interrupt> {
                self.$load(address).ok_or(missing(address, $size, Access::Read))
            }

            /// Stores.
            ///
            /// # Errors
            /// The [`Miss`], and nothing changed, if a page is not cached.
            #[inline]
            pub fn $set(&self, address: u64, value: $type) -> Result<(), Interrupt> {
                self.$store(address, value).ok_or(missing(address, $size, Access::Write))
            }
        }
    };
}

width!(u8, 1, load_u8, store_u8, load_u8, store_u8, get_u8, set_u8);
width!(u16, 2, load_u16, store_u16, load_u16, store_u16, get_u16, set_u16);
width!(u32, 4, load_u32, store_u32, load_u32, store_u32, get_u32, set_u32);
width!(u64, 8, load_u64, store_u64, load_u64, store_u64, get_u64, set_u64);

/// What is missing, as an [`Interrupt`].
fn missing(address: u64, size: u32, access: Access) -> Interrupt {
    Interrupt::Miss(Miss { address, size, access, step: 0 })
}

impl Maps {
    /// Checks that `size` bytes (at most one page) can be accessed, before an instruction that accesses them one by
    /// one changes anything.
    ///
    /// # Errors
    /// The [`Miss`] if a page is not cached.
    pub fn reach(&self, address: u64, size: u32, access: Access) -> Result<(), Interrupt> {
        let last = address.wrapping_add(u64::from(size.max(1)) - 1);
        let cached = |at| match access {
            Access::Write => self.writable(at, 0).is_some(),
            _ => self.readable(at, 0).is_some(),
        };
        match cached(address) && cached(last) {
            true => Ok(()),
            false => Err(missing(address, size, access)),
        }
    }

    /// 16 bytes, the first one least significant.
    ///
    /// # Errors
    /// The [`Miss`] if a page is not cached.
    #[inline]
    pub fn get_u128(&self, address: u64) -> Result<u128, Interrupt> {
        let low = self.get_u64(address)?;
        let high = self.get_u64(address.wrapping_add(8))?;
        Ok(u128::from(low) | u128::from(high) << 64)
    }

    /// Stores 16 bytes, the least significant first.
    ///
    /// # Errors
    /// The [`Miss`], and nothing changed, if a page is not cached.
    #[inline]
    pub fn set_u128(&self, address: u64, value: u128) -> Result<(), Interrupt> {
        self.reach(address, 16, Access::Write)?;
        self.set_u64(address, value as u64)?;
        self.set_u64(address.wrapping_add(8), (value >> 64) as u64)
    }
}
