//! Writes x86 instructions for random programs: registers, memory operands, constants. Key type: [`Code`].

use crate::random::Random;
use otori_cpu::x86::Mode;

/// Data that memory operands reach, around what the base pointer holds.
pub const DATA_BYTES: u32 = 4096;
/// Where in the data the base pointer points.
pub const DATA_MIDDLE: u32 = 2048;

/// Instructions under construction.
pub struct Code<'a> {
    pub random: &'a mut Random,
    pub mode: Mode,
    pub bytes: Vec<u8>,
    /// Instructions so far.
    pub count: u64,
    /// Prefixes of the next [`Form`], in front of its own.
    pub before: Vec<u8>,
}

/// What stands in the r/m field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Register,
    Memory,
    Any,
}

/// An opcode with everything that its encoding needs.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// 66, F2 or F3, which come before REX; 0 for none.
    pub prefix: u8,
    pub opcode: &'a [u8],
    /// The reg field, if it is part of the opcode.
    pub group: Option<u8>,
    pub target: Target,
    /// REX.W.
    pub wide: bool,
    /// The register operands are bytes.
    pub bytes: bool,
    /// The reg field names a vector or MMX register.
    pub vector: bool,
    /// So does the r/m field.
    pub vector_target: bool,
    /// The vector registers are those of MMX, of which there are eight.
    pub mmx: bool,
    /// Multiple that the address of a memory operand must be.
    pub alignment: u32,
}

impl Form<'_> {
    pub const PLAIN: Form<'static> = Form {
        prefix: 0,
        opcode: &[],
        group: None,
        target: Target::Any,
        wide: false,
        bytes: false,
        vector: false,
        vector_target: false,
        mmx: false,
        alignment: 1,
    };
}

impl Code<'_> {
    pub fn long(&self) -> bool {
        self.mode == Mode::X86_64
    }

    /// A register that may be changed: neither the stack nor the base pointer.
    pub fn register(&mut self) -> u8 {
        let count = if self.long() { 16 } else { 8 };
        loop {
            let register = self.random.below(count) as u8;
            if register != 4 && register != 5 {
                return register;
            }
        }
    }

    /// A vector register.
    pub fn vector(&mut self) -> u8 {
        self.random.below(if self.long() { 16 } else { 8 }) as u8
    }

    pub fn emit(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.count += 1;
    }

    pub fn constant(&mut self, bytes: u32) {
        let value = u64::from(self.random.word()) | u64::from(self.random.word()) << 32;
        self.bytes.extend(&value.to_le_bytes()[..bytes as usize]);
    }

    /// mov register, value
    pub fn load(&mut self, register: u8, value: u64) {
        if self.long() {
            self.emit(&[0x48 | register >> 3, 0xb8 | register & 7]);
            self.bytes.extend(value.to_le_bytes());
        } else {
            self.emit(&[0xb8 | register & 7]);
            self.bytes.extend((value as u32).to_le_bytes());
        }
    }

    /// Makes a register small, to be an index.
    fn make_index(&mut self) -> u8 {
        let register = self.register();
        // and register, 1f
        if self.long() {
            self.emit(&[0x48 | register >> 3, 0x83, 0xe0 | register & 7, 0x1f]);
        } else {
            self.emit(&[0x83, 0xe0 | register & 7, 0x1f]);
        }
        register
    }

    /// An instruction with a ModRM byte; immediates follow by hand. Returns the reg field and the r/m register, if any.
    pub fn form(&mut self, form: Form<'_>) -> (u8, Option<u8>) {
        let memory = match form.target {
            Target::Register => false,
            Target::Memory => true,
            Target::Any => self.random.below(3) == 0,
        };
        let index = (memory && self.random.below(4) == 0).then(|| self.make_index());
        // Without REX the byte registers 4 to 7 are the second bytes of 0 to 3; with it two of them are pointers.
        let high = form.bytes && self.random.below(3) == 0 && !form.wide;
        let byte = |code: &mut Self| code.random.below(8) as u8;
        let reg = match (form.group, form.vector) {
            (Some(group), _) => group,
            (None, true) if form.mmx => self.vector() & 7,
            (None, true) => self.vector(),
            (None, false) if form.bytes && (high || !self.long()) => byte(self),
            (None, false) => self.register(),
        };
        let rm = match form.vector_target {
            true if form.mmx => self.vector() & 7,
            true => self.vector(),
            false if form.bytes && (high || !self.long()) => byte(self),
            false => self.register(),
        };
        let mut rex = 0x40 | u8::from(form.wide) << 3 | reg >> 3 << 2;
        match (memory, index) {
            (true, Some(index)) if !(high && index >= 8) => rex |= index >> 3 << 1,
            (true, _) => {}
            _ => rex |= rm >> 3,
        }
        let index = index.filter(|index| !(high && *index >= 8));
        let before = std::mem::take(&mut self.before);
        self.bytes.extend(before);
        if form.prefix != 0 {
            self.bytes.push(form.prefix);
        }
        if self.long() && (rex != 0x40 || form.bytes && !high) {
            self.bytes.push(rex);
        }
        self.bytes.extend(form.opcode);
        self.count += 1;
        if !memory {
            self.bytes.push(0xc0 | (reg & 7) << 3 | rm & 7);
            return (reg, Some(rm));
        }
        let mut displacement = self.random.below(1600) as i32 - 800;
        displacement &= -(form.alignment as i32);
        let shift = if form.alignment > 1 { None } else { Some(self.random.below(4) as u8) };
        match (index, shift) {
            (Some(index), Some(shift)) => {
                self.bytes.extend([0x84 | (reg & 7) << 3, shift << 6 | (index & 7) << 3 | 5]);
                self.bytes.extend(displacement.to_le_bytes());
            }
            _ if (-128..128).contains(&displacement) => {
                self.bytes.extend([0x45 | (reg & 7) << 3, displacement as u8]);
            }
            _ => {
                self.bytes.push(0x85 | (reg & 7) << 3);
                self.bytes.extend(displacement.to_le_bytes());
            }
        }
        (reg, None)
    }
}
