//! ioctl on sockets: queues, marks, owners, interfaces, Ethernet drivers.
//!
//! Neighbours: `net/ioctl.rs` answers what is asked of interfaces, `link_ioctl.rs` makes bridges and VLANs. netdevice(7), tcp(7), `linux/sockios.h`,
//! `linux/ethtool.h`.
use super::{
    call::{Call, CallResult},
    link_ioctl,
};
use crate::{abi::Numbering, errno::Errno, net::InterfaceRequest};

/// Requests about the socket itself: generic number, number on MIPS.
mod request {
    pub(super) const FIOSETOWN: [u32; 2] = [0x8901, 0x8004_667c];
    pub(super) const SIOCSPGRP: [u32; 2] = [0x8902, 0x8004_7308];
    pub(super) const FIOGETOWN: [u32; 2] = [0x8903, 0x4004_667b];
    pub(super) const SIOCGPGRP: [u32; 2] = [0x8904, 0x4004_7309];
    pub(super) const SIOCATMARK: [u32; 2] = [0x8905, 0x4004_7307];
    pub(super) const SIOCOUTQ: [u32; 2] = [0x5411, 0x7472];
    pub(super) const SIOCGSTAMP: [u32; 2] = [0x8906, 0x8906];
    pub(super) const SIOCGSTAMPNS: [u32; 2] = [0x8907, 0x8907];
    pub(super) const SIOCETHTOOL: [u32; 2] = [0x8946, 0x8946];
}

/// What is asked of a socket.
pub(super) fn ioctl(call: &mut Call<'_>, number: u32) -> CallResult {
    let column = usize::from(call.abi().numbering == Numbering::Mips);
    let is = |row: [u32; 2]| row.get(column) == Some(&number);
    let (id, address) = (call.socket(0)?, call.word(2));
    if is(request::SIOCATMARK) {
        let mark = call.kernel.core.sockets.is_at_mark(id)?;
        call.write_u32(address, u32::from(mark))?;
        return Ok(0);
    }
    if is(request::SIOCOUTQ) {
        let unsent = call.kernel.core.sockets.unsent(id)?;
        call.write_u32(address, u32::try_from(unsent).unwrap_or(u32::MAX))?;
        return Ok(0);
    }
    if is(request::FIOSETOWN) || is(request::SIOCSPGRP) {
        let owner = call.read_u32(address)? as i32;
        call.file_mut(0)?.owner = owner;
        return Ok(0);
    }
    if is(request::FIOGETOWN) || is(request::SIOCGPGRP) {
        let owner = call.file(0)?.owner;
        call.write_u32(address, owner.cast_unsigned())?;
        return Ok(0);
    }
    // the time of a packet is kept once somebody has asked for it with SO_TIMESTAMP
    if is(request::SIOCGSTAMP) || is(request::SIOCGSTAMPNS) {
        return Err(Errno::ENOENT.into());
    }
    if is(request::SIOCETHTOOL) {
        return ethernet(call);
    }
    match link_ioctl::ioctl(call, number) {
        Some(done) => done,
        None => interface(call, number),
    }
}

/// SIOCETHTOOL: the link, and how fast it is; other commands are not in such drivers.
fn ethernet(call: &mut Call<'_>) -> CallResult {
    /// ETHTOOL_GSET, ETHTOOL_GLINK
    const SETTINGS: u32 = 1;
    const LINK: u32 = 0xa;
    /// 10 and 100 Mbit/s, half and full, told by the link itself, twisted pair
    const SUPPORTED: u32 = 0x2cf;
    let (address, word) = (call.word(2), call.abi().word_bytes);
    let bytes = call.read_bytes(address, InterfaceRequest::Name.size(word))?;
    let name = bytes.get(..16).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
    let name = core::str::from_utf8(name).map_err(|_| Errno::ENODEV)?;
    let interface = call.kernel.core.sockets.network.interface(name).ok_or(Errno::ENODEV)?;
    let (loops, up) = (interface.is_loopback(), interface.is_up());
    let data = call.read_word(address.wrapping_add(16))?;
    match call.read_u32(data)? {
        LINK => call.write_u32(data.wrapping_add(4), u32::from(up))?,
        SETTINGS if !loops => {
            let mut record = call.record();
            // supported, advertised; speed, duplex, port, address, transceiver, negotiation
            record.u32(SUPPORTED).u32(SUPPORTED).u16(100).u8(1).u8(0).u8(0).u8(0).u8(1).u8(0).zeros(24);
            call.write(data.wrapping_add(4), record.as_bytes())?;
        }
        _ => return Err(Errno::EOPNOTSUPP.into()),
    }
    Ok(0)
}

/// SIOCGIFADDR and its family.
fn interface(call: &mut Call<'_>, number: u32) -> CallResult {
    let request = InterfaceRequest::from_number(number).ok_or(Errno::ENOTTY)?;
    let (address, word, endian) = (call.word(2), call.abi().word_bytes, call.endian());
    if request == InterfaceRequest::List {
        return interface_list(call);
    }
    let (id, uid) = (call.socket(0)?, call.process()?.identity.effective.uid);
    let mut bytes = call.read_bytes(address, request.size(word))?;
    call.core().sockets.interface_request(id, request, &mut bytes, uid, endian)?;
    call.write(address, &bytes)?;
    Ok(0)
}
/// SIOCGIFCONF: `struct ifconf` has a length and a pointer.
fn interface_list(call: &mut Call<'_>) -> CallResult {
    let (address, word, endian) = (call.word(2), call.abi().word_bytes, call.endian());
    let entry = InterfaceRequest::Name.size(word);
    let room = usize::try_from(call.read_u32(address)? as i32).map_err(|_| Errno::EINVAL)?;
    let target = call.read_word(address + word as u64)?;
    let room = if target == 0 { usize::MAX } else { room };
    let list = call.core().sockets.interface_list(entry, room, endian);
    if target != 0 {
        call.write(target, &list)?;
    }
    call.write_u32(address, list.len() as u32)?;
    Ok(0)
}
