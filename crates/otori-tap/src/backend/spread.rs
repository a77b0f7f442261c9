//! Several packet sockets on one interface that share its frames: PACKET_FANOUT with a filter that hashes addresses.
//!
//! Key type: [`Share`]. packet(7), linux/filter.h. The filter takes the two addresses together, whichever comes first, so
//! that the sockets of two interfaces get both directions of a flow, fragments and announced connections at the same
//! place. Frames that are not IP go to the first one. Neighbour: `inline`.
use super::{BackendError, socket::PacketSocket};
use std::{
    io,
    sync::atomic::{AtomicU16, Ordering},
};

/// linux/if_packet.h: who has joined a group so is skipped for frames that this host sends.
const FLAG_IGNORE_OUTGOING: u32 = 0x4000;
/// Spreads bits (2^32 by the golden ratio).
const SPREAD: u32 = 0x9e37_79b1;
/// Ethernet types.
const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const TAGS: [u32; 2] = [0x8100, 0x88a8];

/// A group of sockets on one interface.
pub(super) struct Share {
    number: u16,
}

/// Next number to try, in this process; groups of a name space have different ones.
static NEXT: AtomicU16 = AtomicU16::new(0);

impl Share {
    /// Groups for both sides of a pair. A number that another process has taken is an error when it is joined.
    pub(super) fn pair() -> [Share; 2] {
        // Numbers are those of a name space; processes begin at different ones.
        let first = (std::process::id() as u16).wrapping_mul(257);
        let next = || Share { number: first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) };
        [next(), next()]
    }

    /// Joins, and receives its part from now on and nothing before.
    pub(super) fn listen(&self, socket: &PacketSocket, index: i32) -> Result<(), BackendError> {
        let wrap = |what: &'static str| move |error: io::Error| BackendError::of(what, error);
        // Between binding and joining it would get everything.
        let nothing = [op(libc::BPF_RET | libc::BPF_K, 0, 0, 0)];
        attach(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &nothing)
            .map_err(wrap("closing a socket"))?;
        socket.listen(index)?;
        self.join(socket).map_err(wrap("sharing an interface"))?;
        attach(socket, libc::SOL_PACKET, libc::PACKET_FANOUT_DATA, &program())
            .map_err(wrap("telling how frames are shared"))?;
        socket.set(libc::SOL_SOCKET, libc::SO_DETACH_FILTER, &0i32).map_err(wrap("opening a socket"))
    }

    fn join(&self, socket: &PacketSocket) -> io::Result<()> {
        let kind = libc::PACKET_FANOUT_CBPF;
        let ask = |kind: u32| {
            socket.set(libc::SOL_PACKET, libc::PACKET_FANOUT, &(u32::from(self.number) | kind << 16))
        };
        // Kernels before 5.17 do not know the flag; then the type of each frame is asked.
        ask(kind | FLAG_IGNORE_OUTGOING).or_else(|_| ask(kind))
    }
}

const fn op(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt, jf, k }
}

/// struct sock_fprog of a program, set as an option.
fn attach(socket: &PacketSocket, level: i32, option: i32, program: &[libc::sock_filter]) -> io::Result<()> {
    let length = u16::try_from(program.len()).unwrap_or(u16::MAX);
    let program = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut() };
    socket.set(level, option, &program)
}

/// A number made of both addresses; the kernel takes its rest by the number of sockets.
fn program() -> Vec<libc::sock_filter> {
    use libc::{BPF_A, BPF_ABS, BPF_ALU, BPF_H, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_MUL, BPF_RET, BPF_RSH};
    // From the network header on; the frame's type is beside it, without the outermost tag.
    let at = |offset: u32| (libc::SKF_NET_OFF as u32).wrapping_add(offset);
    let mut program =
        vec![op(BPF_LD | BPF_H | BPF_ABS, 0, 0, (libc::SKF_AD_OFF + libc::SKF_AD_PROTOCOL) as u32)];
    // Up to two more tags inside: each has the type of what follows it at its third byte.
    for tags in 0..3u32 {
        let start = 4 * tags;
        let four = fold(&[at(start + 12), at(start + 16)]);
        let six: Vec<u32> = (0..8).map(|word| at(start + 8 + 4 * word)).collect();
        for (kind, body) in [(IPV4, four), (IPV6, fold(&six))] {
            program.push(op(BPF_JMP | BPF_JEQ | BPF_K, 0, body.len() as u8 + 3, kind));
            program.extend(body);
            program.push(op(BPF_ALU | BPF_MUL | BPF_K, 0, 0, SPREAD));
            program.push(op(BPF_ALU | BPF_RSH | BPF_K, 0, 0, 16));
            program.push(op(BPF_RET | BPF_A, 0, 0, 0));
        }
        program.push(op(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, TAGS[0]));
        program.push(op(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, TAGS[1]));
        program.push(op(BPF_RET | BPF_K, 0, 0, 0));
        program.push(op(BPF_LD | BPF_H | BPF_ABS, 0, 0, at(start + 2)));
    }
    program.push(op(BPF_RET | BPF_K, 0, 0, 0));
    program
}

/// The words at these offsets, taken together without an order.
fn fold(offsets: &[u32]) -> Vec<libc::sock_filter> {
    use libc::{BPF_ABS, BPF_ALU, BPF_LD, BPF_MISC, BPF_TAX, BPF_W, BPF_X, BPF_XOR};
    let mut body = Vec::new();
    for (place, offset) in offsets.iter().enumerate() {
        // X has the sum so far.
        if place > 0 {
            body.push(op(BPF_MISC | BPF_TAX, 0, 0, 0));
        }
        body.push(op(BPF_LD | BPF_W | BPF_ABS, 0, 0, *offset));
        if place > 0 {
            body.push(op(BPF_ALU | BPF_XOR | BPF_X, 0, 0, 0));
        }
    }
    body
}

#[cfg(test)]
mod tests;
