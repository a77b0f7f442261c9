//! setsockopt and getsockopt: values in the guest's memory, structures that have words in them.
//!
//! Neighbours: `net/option.rs` knows the numbers, `net/option_value.rs` the values. setsockopt(2), socket(7).
use super::{
    call::{Call, CallResult},
    socket_message::socket_level,
};
use crate::{
    bpf::{INSTRUCTION_BYTES, INSTRUCTIONS_MAX},
    errno::Errno,
    net::{Domain, Level, SocketId, SocketOption},
    record::View,
};
use alloc::{vec, vec::Vec};

/// Bytes of an option value.
const OPTION_MAX: usize = 256;

/// The option that the arguments name. UNIX sockets have options of no protocol.
fn option(call: &Call<'_>, id: SocketId, unknown: Errno) -> Result<SocketOption, Errno> {
    let (level, numbering) = (call.unsigned(1), call.abi().numbering);
    let domain = call.kernel.core.sockets.description(id)?.0;
    if domain == Domain::Unix && level != socket_level(call) {
        return Err(Errno::EOPNOTSUPP);
    }
    let known = Level::from_number(level, numbering).is_some();
    let unknown = if known || domain != Domain::Inet { Errno::ENOPROTOOPT } else { unknown };
    SocketOption::from_number(level, call.unsigned(2), numbering).map_err(|_| unknown)
}

pub(super) fn setsockopt(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let endian = call.endian();
    let option = option(call, id, Errno::ENOPROTOOPT)?;
    let length = call.length(4);
    if length > OPTION_MAX {
        return Err(Errno::EINVAL.into());
    }
    let value = call.read_bytes(call.word(3), length)?;
    let value = if is_timeout(option) { short_timeval(call, &value)? } else { value };
    if option == SocketOption::AttachFilter {
        return attach_filter(call, id, &value);
    }
    call.core().sockets.set_option(id, option, &value, endian)?;
    Ok(0)
}
/// `struct sock_fprog`: how many instructions, and where they are.
fn attach_filter(call: &mut Call<'_>, id: SocketId, value: &[u8]) -> CallResult {
    let view = View::new(call.abi(), value);
    let count = usize::from(view.u16(0).ok_or(Errno::EINVAL)?);
    let address = view.word(call.abi().word_bytes).ok_or(Errno::EINVAL)?;
    if count == 0 || count > INSTRUCTIONS_MAX {
        return Err(Errno::EINVAL.into());
    }
    let (bytes, endian) = (call.read_bytes(address, count * INSTRUCTION_BYTES)?, call.endian());
    call.core().sockets.attach_filter(id, &bytes, endian)?;
    Ok(0)
}
pub(super) fn getsockopt(call: &mut Call<'_>) -> CallResult {
    let id = call.socket(0)?;
    let (numbering, endian) = (call.abi().numbering, call.endian());
    let option = option(call, id, Errno::EOPNOTSUPP)?;
    let room = usize::try_from(call.read_u32(call.word(4))? as i32).map_err(|_| Errno::EINVAL)?;
    if option == SocketOption::Error {
        let kernel = &mut *call.kernel;
        // a pending connection that failed keeps its error from here on
        let _ = kernel.core.sockets.poll(id, &mut *kernel.outside);
    }
    let value = call.core().sockets.option(id, option, numbering, endian)?;
    let value = if is_timeout(option) { long_timeval(call, &value) } else { value };
    let small = (1..4).contains(&room) && call.unsigned(1) == 0 && value.len() == 4;
    let number = <[u8; 4]>::try_from(value.as_slice()).map(|word| endian.read_u32(word));
    let value = match (small, number.map(u8::try_from)) {
        // the protocol IP gives a small number as one byte to who has no room for four
        (true, Ok(Ok(byte))) => vec![byte],
        _ => value,
    };
    let kept = value.get(..room.min(value.len())).unwrap_or_default();
    call.write(call.word(3), kept)?;
    call.write_u32(call.word(4), kept.len() as u32)?;
    Ok(0)
}

fn is_timeout(option: SocketOption) -> bool {
    matches!(option, SocketOption::ReceiveTimeout | SocketOption::SendTimeout)
}
/// The network keeps timeouts as two words of 32 bits; programs have `struct timeval`, two `long`.
fn short_timeval(call: &Call<'_>, value: &[u8]) -> Result<Vec<u8>, Errno> {
    let view = View::new(call.abi(), value);
    let (seconds, micros) = view.word(0).zip(view.word(call.abi().word_bytes)).ok_or(Errno::EINVAL)?;
    let mut record = call.record();
    record.u32(u32::try_from(seconds).unwrap_or(u32::MAX)).u32(micros as u32);
    Ok(record.finish())
}
fn long_timeval(call: &Call<'_>, value: &[u8]) -> Vec<u8> {
    let view = View::new(call.abi(), value);
    let mut record = call.record();
    [0, 4].into_iter().for_each(|at| _ = record.word(u64::from(view.u32(at).unwrap_or(0))));
    record.finish()
}
