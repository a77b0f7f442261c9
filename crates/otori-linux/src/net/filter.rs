//! Filters that programs attach to sockets: classic BPF, checked, then run. Key type: [`Filter`]. Neighbour: tap.rs asks
//! them. Specification: socket(7) SO_ATTACH_FILTER, `linux/filter.h`, the kernel's `networking/filter.rst`.
use super::tap::Frame;
use crate::abi::Endian;
use crate::errno::Errno;
use alloc::vec::Vec;

/// Instructions of one filter (BPF_MAXINSNS).
pub const FILTER_MAX: usize = 4_096;
/// Bytes of one instruction, `struct sock_filter`.
pub const INSTRUCTION_BYTES: usize = 8;
/// Words of scratch memory (BPF_MEMWORDS).
const MEMORY_WORDS: usize = 16;
/// Where loads reach what the kernel knows beside the bytes (SKF_AD_OFF), and offsets from the network and link
/// header (SKF_NET_OFF, SKF_LL_OFF).
const ANCILLARY: u32 = 0xffff_f000;
const NETWORK: u32 = 0xfff0_0000;
const LINK: u32 = 0xffe0_0000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instruction {
    code: u16,
    yes: u8,
    no: u8,
    k: u32,
}

/// A checked program: every jump leads forward inside of it and its last instruction returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    program: Vec<Instruction>,
}

/// What a filter looks at.
pub(super) struct Seen<'a> {
    /// the bytes that the socket would get
    pub(super) bytes: &'a [u8],
    /// the frame that they are of
    pub(super) frame: &'a Frame<'a>,
    /// `PACKET_*`
    pub(super) direction: u8,
}

impl Filter {
    /// Reads `struct sock_filter` instructions; `EINVAL` for a program that Linux refuses.
    pub fn new(bytes: &[u8], endian: Endian) -> Result<Filter, Errno> {
        let mut program = Vec::new();
        for part in bytes.chunks_exact(INSTRUCTION_BYTES) {
            let (Some(code), Some(k)) = (
                part.get(..2).and_then(|part| part.try_into().ok()),
                part.get(4..8).and_then(|part| part.try_into().ok()),
            ) else {
                return Err(Errno::EINVAL);
            };
            let byte = |at: usize| part.get(at).copied().unwrap_or(0);
            program.push(Instruction {
                code: endian.read_u16(code),
                yes: byte(2),
                no: byte(3),
                k: endian.read_u32(k),
            });
        }
        let length = program.len();
        let ends = program.last().is_some_and(|last| last.code & 7 == 6);
        let sound = |(at, step): (usize, &Instruction)| step.is_sound(length - at - 1);
        if length == 0 || length > FILTER_MAX || !ends || !program.iter().enumerate().all(sound) {
            return Err(Errno::EINVAL);
        }
        Ok(Filter { program })
    }

    /// How many bytes are kept; 0 drops the packet. Ends, since every jump leads forward.
    pub(super) fn run(&self, seen: &Seen<'_>) -> usize {
        self.execute(seen).unwrap_or(0) as usize
    }

    fn execute(&self, seen: &Seen<'_>) -> Option<u32> {
        let (mut a, mut x, mut memory) = (0_u32, 0_u32, [0_u32; MEMORY_WORDS]);
        let mut at = 0;
        loop {
            let step = self.program.get(at)?;
            at += 1;
            let operand = if step.code & 8 != 0 { x } else { step.k };
            match step.code & 7 {
                0 | 1 => {
                    let value = step.load(seen, x, &memory)?;
                    if step.code & 7 == 0 { a = value } else { x = value }
                }
                2 => *memory.get_mut(step.k as usize)? = a,
                3 => *memory.get_mut(step.k as usize)? = x,
                4 => a = compute(step.code & 0xf0, a, operand)?,
                5 => {
                    let jump = match step.code & 0xf0 {
                        0x00 => step.k,
                        0x10 => step.choose(a == operand),
                        0x20 => step.choose(a > operand),
                        0x30 => step.choose(a >= operand),
                        _ => step.choose(a & operand != 0),
                    };
                    at += jump as usize;
                }
                6 => return Some(if step.code & 0x18 == 0x10 { a } else { step.k }),
                _ if step.code & 0xf8 == 0 => x = a,
                _ => a = x,
            }
        }
    }
}

fn compute(operation: u16, a: u32, operand: u32) -> Option<u32> {
    Some(match operation {
        0x00 => a.wrapping_add(operand),
        0x10 => a.wrapping_sub(operand),
        0x20 => a.wrapping_mul(operand),
        0x30 => a.checked_div(operand)?,
        0x40 => a | operand,
        0x50 => a & operand,
        0x60 => a.wrapping_shl(operand),
        0x70 => a.wrapping_shr(operand),
        0x80 => a.wrapping_neg(),
        0x90 => a.checked_rem(operand)?,
        _ => a ^ operand,
    })
}

impl Instruction {
    /// Whether Linux takes it, with that many instructions behind it.
    fn is_sound(&self, behind: usize) -> bool {
        let scratch = (self.k as usize) < MEMORY_WORDS;
        match self.code {
            // loads: word, half, byte; absolute, indexed, immediate, memory, length; the header length into X
            0x20 | 0x28 | 0x30 | 0x40 | 0x48 | 0x50 | 0x00 | 0x80 | 0x01 | 0x81 | 0xb1 => true,
            0x60 | 0x61 | 0x02 | 0x03 => scratch,
            // arithmetic; a constant divisor must not be 0, a constant shift less than 32
            0x34 | 0x94 => self.k != 0,
            0x64 | 0x74 => self.k < 32,
            0x04 | 0x14 | 0x24 | 0x44 | 0x54 | 0xa4 | 0x84 => true,
            0x0c | 0x1c | 0x2c | 0x3c | 0x4c | 0x5c | 0x6c | 0x7c | 0x9c | 0xac => true,
            0x05 => (self.k as usize) < behind,
            0x15 | 0x25 | 0x35 | 0x45 | 0x1d | 0x2d | 0x3d | 0x4d => {
                usize::from(self.yes) < behind && usize::from(self.no) < behind
            }
            0x06 | 0x16 | 0x07 | 0x87 => true,
            _ => false,
        }
    }

    fn choose(&self, yes: bool) -> u32 {
        u32::from(if yes { self.yes } else { self.no })
    }

    fn load(&self, seen: &Seen<'_>, x: u32, memory: &[u32; MEMORY_WORDS]) -> Option<u32> {
        match self.code & 0xe0 {
            0x00 => Some(self.k),
            0x60 => memory.get(self.k as usize).copied(),
            0x80 => Some(seen.bytes.len() as u32),
            // 4 * (byte & 15): the length of an IPv4 header
            0xa0 => Some((seen.part(self.k, 1)? & 0xf) * 4),
            mode => {
                let size = [4, 2, 1].get(usize::from(self.code >> 3 & 3)).copied()?;
                let at = if mode == 0x40 { self.k.wrapping_add(x) } else { self.k };
                if at >= ANCILLARY { seen.ancillary(at - ANCILLARY) } else { seen.part(at, size) }
            }
        }
    }
}

impl Seen<'_> {
    /// Bytes in network order.
    fn part(&self, at: u32, size: usize) -> Option<u32> {
        let (bytes, at) = match at {
            NETWORK.. => (self.frame.packet, at - NETWORK),
            LINK.. => (self.bytes, at - LINK),
            _ => (self.bytes, at),
        };
        let at = at as usize;
        let field = bytes.get(at..at.checked_add(size)?)?;
        Some(field.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    /// Protocol, direction, interface and hardware type (SKF_AD_*); the others are 0, as on a device without them.
    fn ancillary(&self, which: u32) -> Option<u32> {
        Some(match which {
            0 => u32::from(self.frame.protocol),
            4 => u32::from(self.direction),
            8 => self.frame.interface,
            28 => {
                if self.frame.interface == 1 {
                    772
                } else {
                    1
                }
            }
            _ => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(steps: &[(u16, u8, u8, u32)]) -> Result<Filter, Errno> {
        let bytes: Vec<u8> = steps
            .iter()
            .flat_map(|(code, yes, no, k)| {
                [&Endian::Big.u16(*code)[..], &[*yes, *no], &Endian::Big.u32(*k)].concat()
            })
            .collect();
        Filter::new(&bytes, Endian::Big)
    }

    fn kept(filter: &Filter, bytes: &[u8]) -> usize {
        let frame = Frame { protocol: 0x800, interface: 2, from: [2; 6], to: [4; 6], packet: bytes };
        filter.run(&Seen { bytes, frame: &frame, direction: 0 })
    }

    #[test]
    fn a_filter_of_libpcap_chooses_by_protocol_and_port() {
        // "ip proto tcp and dst port 23", 96 bytes, over packets without a link header
        let filter = program(&[
            (0x30, 0, 0, 0),
            (0x54, 0, 0, 0xf0),
            (0x15, 0, 6, 0x40),
            (0x30, 0, 0, 9),
            (0x15, 0, 4, 6),
            (0xb1, 0, 0, 0),
            (0x48, 0, 0, 2),
            (0x15, 0, 1, 23),
            (0x06, 0, 0, 96),
            (0x06, 0, 0, 0),
        ])
        .unwrap();
        let mut packet = [0; 40];
        (packet[0], packet[9], packet[23]) = (0x45, 6, 23);
        assert_eq!(kept(&filter, &packet), 96);
        packet[23] = 24;
        assert_eq!(kept(&filter, &packet), 0);
        (packet[9], packet[23]) = (17, 23);
        assert_eq!(kept(&filter, &packet), 0);
        assert_eq!(kept(&filter, &packet[..3]), 0, "a load behind the end drops the packet");
    }

    #[test]
    fn programs_that_would_not_end_or_leave_their_memory_are_refused() {
        assert_eq!(program(&[]), Err(Errno::EINVAL));
        assert_eq!(program(&[(0x00, 0, 0, 1)]), Err(Errno::EINVAL), "falls off its end");
        assert_eq!(program(&[(0x15, 1, 0, 0), (0x06, 0, 0, 0)]), Err(Errno::EINVAL), "jumps outside");
        assert_eq!(program(&[(0x05, 0, 0, u32::MAX), (0x06, 0, 0, 0)]), Err(Errno::EINVAL));
        assert_eq!(program(&[(0x02, 0, 0, 16), (0x06, 0, 0, 0)]), Err(Errno::EINVAL), "memory word 16");
        assert_eq!(program(&[(0x34, 0, 0, 0), (0x06, 0, 0, 0)]), Err(Errno::EINVAL), "divides by 0");
        assert_eq!(program(&[(0xff, 0, 0, 0), (0x06, 0, 0, 0)]), Err(Errno::EINVAL), "no instruction");
        let divide = program(&[(0x80, 0, 0, 0), (0x3c, 0, 0, 0), (0x06, 0, 0, 1)]).unwrap();
        assert_eq!(kept(&divide, &[1]), 0, "a divisor of 0 drops the packet");
    }

    #[test]
    fn what_the_kernel_knows_can_be_asked_for() {
        for (which, value) in [(0, 0x800), (8, 2), (28, 1)] {
            let filter = program(&[(0x20, 0, 0, ANCILLARY + which), (0x16, 0, 0, 0)]).unwrap();
            assert_eq!(kept(&filter, &[0]), value, "{which}");
        }
        let network = program(&[(0x30, 0, 0, NETWORK + 1), (0x16, 0, 0, 0)]).unwrap();
        assert_eq!(kept(&network, &[7, 9]), 9);
    }
}
