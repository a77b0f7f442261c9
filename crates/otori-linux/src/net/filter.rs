//! Filters that programs attach to sockets, and what they see of a packet. Key type: [`Filter`]. Neighbours: tap.rs asks
//! them, bpf.rs runs them. Specification: socket(7) SO_ATTACH_FILTER, `linux/filter.h`, the kernel's `networking/filter.rst`.
use super::tap::Frame;
use crate::abi::Endian;
use crate::bpf::{self, Program, Source};
use crate::errno::Errno;

/// Where loads reach what the kernel knows beside the bytes (SKF_AD_OFF), and offsets from the network and link
/// header (SKF_NET_OFF, SKF_LL_OFF).
const ANCILLARY: u32 = 0xffff_f000;
const NETWORK: u32 = 0xfff0_0000;
const LINK: u32 = 0xffe0_0000;

/// A checked program over packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    program: Program,
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
        let program = Program::checked(bpf::read(bytes, endian)).ok_or(Errno::EINVAL)?;
        Ok(Filter { program })
    }

    /// How many bytes are kept; 0 drops the packet.
    pub(super) fn run(&self, seen: &Seen<'_>) -> usize {
        self.program.run(seen) as usize
    }
}

impl Source for Seen<'_> {
    fn length(&self) -> u32 {
        self.bytes.len() as u32
    }
    /// Bytes in network order.
    fn bytes(&self, at: u32, size: usize) -> Option<u32> {
        let (bytes, at) = match at {
            NETWORK.. => (self.frame.packet, at - NETWORK),
            LINK.. => (self.bytes, at - LINK),
            _ => (self.bytes, at),
        };
        let at = at as usize;
        let field = bytes.get(at..at.checked_add(size)?)?;
        Some(field.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    fn load(&self, at: u32, size: usize) -> Option<u32> {
        if at >= ANCILLARY { self.ancillary(at - ANCILLARY) } else { self.bytes(at, size) }
    }
}

impl Seen<'_> {
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
    use alloc::vec::Vec;

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
