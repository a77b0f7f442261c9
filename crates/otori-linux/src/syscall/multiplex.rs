//! Old calls that carry others: socketcall, and calls whose arguments stand in memory (i386).
//!
//! Each reads its arguments and makes the call proper; `ipc` is in `ipc.rs`. socketcall(2), select_tut(2);
//! arch/x86/include/asm/syscalls.h and net/socket.c of Linux.
use super::{
    call::{Call, CallResult, Handler},
    memory, poll, socket, socket_message, socket_option,
};
use crate::errno::Errno;

/// The calls of socketcall by number (from 1), with how many arguments each has.
const SOCKET_CALLS: [(Handler, usize); 20] = [
    (socket::socket, 3),
    (socket::bind, 3),
    (socket::connect, 3),
    (socket::listen, 2),
    (socket::accept, 3),
    (socket::getsockname, 3),
    (socket::getpeername, 3),
    (socket::socketpair, 4),
    (socket::send, 4),
    (socket::recv, 4),
    (socket::sendto, 6),
    (socket::recvfrom, 6),
    (socket::shutdown, 2),
    (socket_option::setsockopt, 5),
    (socket_option::getsockopt, 5),
    (socket_message::sendmsg, 3),
    (socket_message::recvmsg, 3),
    (socket::accept4, 4),
    (socket_message::recvmmsg, 5),
    (socket_message::sendmmsg, 4),
];

/// Makes a call whose `count` arguments stand as `long` at an address.
fn with_arguments_at(call: &mut Call<'_>, address: u64, count: usize, handler: Handler) -> CallResult {
    let word = call.abi().word_bytes as u64;
    let mut arguments = [0; 8];
    for (place, argument) in (0..).zip(&mut arguments).take(count) {
        *argument = call.read_word(address.wrapping_add(place * word))?;
    }
    call.arguments = arguments;
    handler(call)
}

pub(super) fn socketcall(call: &mut Call<'_>) -> CallResult {
    let place = usize::try_from(call.word(0)).ok().and_then(|number| number.checked_sub(1));
    let (handler, count) = place.and_then(|place| SOCKET_CALLS.get(place)).ok_or(Errno::EINVAL)?;
    with_arguments_at(call, call.word(1), *count, *handler)
}
/// `struct sel_arg_struct`
pub(super) fn old_select(call: &mut Call<'_>) -> CallResult {
    with_arguments_at(call, call.word(0), 5, poll::select)
}
/// `struct mmap_arg_struct`; the offset counts bytes
pub(super) fn old_mmap(call: &mut Call<'_>) -> CallResult {
    with_arguments_at(call, call.word(0), 6, memory::mmap)
}
