//! The unit's state in memory: FSTENV, FSAVE, and its part of FXSAVE. Intel SDM volume 1, 8.1.10, 10.5 and figure 8-9.

use super::extended::Class;
use super::{Extended, Float, TOP_SHIFT};
use crate::maps::Maps;
use crate::memory::Access;
use crate::op::Interrupt;

/// Bytes of an environment with 16-bit and with 32-bit fields.
const SIZES: [u64; 2] = [14, 28];
/// Bytes of a register.
const REGISTER_BYTES: u64 = 10;

/// A tag: valid, zero, special, empty.
fn tag(value: Extended, empty: bool) -> u16 {
    match value.unpack().class {
        _ if empty => 3,
        Class::Zero => 1,
        Class::Finite if value.head & 0x7fff != 0 => 0,
        _ => 2,
    }
}

impl Float {
    /// Two bits for each physical register.
    fn tag_word(&self) -> u16 {
        (0..8).fold(0, |word, number| {
            let empty = self.empty >> number & 1 != 0;
            word | tag(self.registers[number], empty) << (2 * number)
        })
    }

    fn set_tag_word(&mut self, word: u16) {
        self.empty = (0..8)
            .filter(|number| word >> (2 * number) & 3 == 3)
            .fold(0, |empty, number| empty | 1 << number);
    }

    /// The words of an environment: control, status, tags, instruction, its segment, operand, its segment; the segments are
    /// zero as on processors that have given them up.
    pub(super) fn store_environment(
        &mut self,
        maps: &Maps,
        address: u64,
        wide: bool,
    ) -> Result<(), Interrupt> {
        maps.reach(address, SIZES[usize::from(wide)] as u32, Access::Write)?;
        let [control, status, tags] = [self.control, self.status_word(), self.tag_word()].map(u32::from);
        let words = [control, status, tags, self.at as u32, 0, self.operand as u32, 0];
        for (number, word) in (0..).zip(words) {
            if wide {
                // The upper halves of the first three and the last one are ones.
                let upper = if number < 3 || number == 6 { 0xffff_0000 } else { 0 };
                maps.set_u32(address.wrapping_add(4 * number), upper | word)?;
            } else {
                maps.set_u16(address.wrapping_add(2 * number), word as u16)?;
            }
        }
        Ok(())
    }

    pub(super) fn load_environment(
        &mut self,
        maps: &Maps,
        address: u64,
        wide: bool,
    ) -> Result<(), Interrupt> {
        maps.reach(address, SIZES[usize::from(wide)] as u32, Access::Read)?;
        let step = if wide { 4 } else { 2 };
        let mut words = [0; 3];
        for (number, word) in (0..).zip(words.iter_mut()) {
            *word = maps.get_u16(address.wrapping_add(step * number))?;
        }
        let pointer = |number: u64| {
            let at = address.wrapping_add(step * number);
            if wide { maps.get_u32(at).map(u64::from) } else { maps.get_u16(at).map(u64::from) }
        };
        (self.at, self.operand) = (pointer(3)?, pointer(5)?);
        self.set_control(words[0]);
        self.set_status_word(words[1]);
        self.set_tag_word(words[2]);
        Ok(())
    }

    /// FSAVE: environment and registers; then as after FNINIT.
    pub(super) fn save(&mut self, maps: &Maps, address: u64, wide: bool) -> Result<(), Interrupt> {
        let size = SIZES[usize::from(wide)];
        maps.reach(address, (size + 8 * REGISTER_BYTES) as u32, Access::Write)?;
        self.store_environment(maps, address, wide)?;
        for number in 0..8 {
            let at = address.wrapping_add(size + REGISTER_BYTES * u64::from(number));
            let value = self.raw(number);
            maps.set_u64(at, value.significand)?;
            maps.set_u16(at.wrapping_add(8), value.head)?;
        }
        self.reset();
        Ok(())
    }

    /// FRSTOR.
    pub(super) fn restore(&mut self, maps: &Maps, address: u64, wide: bool) -> Result<(), Interrupt> {
        let size = SIZES[usize::from(wide)];
        maps.reach(address, (size + 8 * REGISTER_BYTES) as u32, Access::Read)?;
        self.load_environment(maps, address, wide)?;
        for number in 0..8 {
            let at = address.wrapping_add(size + REGISTER_BYTES * u64::from(number));
            let value = Extended { significand: maps.get_u64(at)?, head: maps.get_u16(at.wrapping_add(8))? };
            let physical = self.physical(number);
            self.registers[physical] = value;
        }
        Ok(())
    }

    /// Control, status and the tags of FXSAVE (a bit per register that is not empty).
    pub(in super::super) fn short_words(&self) -> (u16, u16, u8) {
        (self.control, self.status_word(), !self.empty)
    }

    /// Sets them.
    pub(in super::super) fn set_short_words(&mut self, control: u16, status: u16, tags: u8) {
        self.set_control(control);
        self.top = (status >> TOP_SHIFT) as u8 & 7;
        self.set_status_word(status);
        self.empty = !tags;
    }

    /// Where the last instruction and its operand in memory are.
    pub(in super::super) fn pointers(&self) -> [u64; 2] {
        [self.at, self.operand]
    }

    /// Sets them.
    pub(in super::super) fn set_pointers(&mut self, [at, operand]: [u64; 2]) {
        (self.at, self.operand) = (at, operand);
    }

    /// ST(number), empty or not.
    #[must_use]
    pub fn stack(&self, number: u8) -> Extended {
        self.raw(number)
    }

    /// Sets ST(number) and leaves its tag.
    pub fn set_stack(&mut self, number: u8, value: Extended) {
        let physical = self.physical(number);
        self.registers[physical] = value;
    }

    /// The 16-bit tag word, as `fnsave` stores it.
    #[must_use]
    pub fn tags(&self) -> u16 {
        self.tag_word()
    }

    /// Control and status words.
    #[must_use]
    pub fn words(&self) -> (u16, u16) {
        (self.control, self.status_word())
    }

    /// Sets control, status and tag words, as `frstor` does.
    pub fn set_words(&mut self, control: u16, status: u16, tags: u16) {
        self.set_control(control);
        self.set_status_word(status);
        self.set_tag_word(tags);
    }
}
