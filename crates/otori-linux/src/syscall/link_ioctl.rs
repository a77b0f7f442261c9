//! ioctl on sockets that makes links: bridges (brctl) and VLANs (vconfig).
//!
//! Neighbour: `net/link.rs` keeps them. `linux/if_bridge.h`, `linux/if_vlan.h`, net/bridge/br_ioctl.c and net/8021q of
//! Linux for the errors.
use super::call::{Call, CallResult};
use crate::{
    errno::Errno,
    net::{BridgeSetting, Interface, Network, VlanNames},
};
use alloc::{string::String, vec::Vec};

/// Bytes of an interface's name.
const NAME_BYTES: usize = 16;
/// Interfaces that one list gives at most: more than there can be.
const LIST_MAX: usize = 256;

/// SIOC*
mod request {
    pub(super) const GET_BRIDGE: u32 = 0x8940;
    pub(super) const SET_BRIDGE: u32 = 0x8941;
    pub(super) const GET_VLAN: u32 = 0x8982;
    pub(super) const SET_VLAN: u32 = 0x8983;
    pub(super) const ADD_BRIDGE: u32 = 0x89a0;
    pub(super) const DELETE_BRIDGE: u32 = 0x89a1;
    pub(super) const ADD_PORT: u32 = 0x89a2;
    pub(super) const DELETE_PORT: u32 = 0x89a3;
    /// SIOCDEVPRIVATE, which bridges take
    pub(super) const PRIVATE: u32 = 0x89f0;
}

/// What is asked of links; `None` for another request.
pub(super) fn ioctl(call: &mut Call<'_>, number: u32) -> Option<CallResult> {
    Some(match number {
        request::ADD_BRIDGE | request::DELETE_BRIDGE => whole_bridge(call, number == request::ADD_BRIDGE),
        request::ADD_PORT | request::DELETE_PORT => port(call, number == request::ADD_PORT),
        request::GET_BRIDGE | request::SET_BRIDGE => old_request(call),
        request::PRIVATE => return private(call),
        request::GET_VLAN | request::SET_VLAN => vlan(call),
        _ => return None,
    })
}

fn network<'a>(call: &'a mut Call<'_>) -> &'a mut Network {
    &mut call.core().sockets.network
}
/// CAP_NET_ADMIN
fn require_root(call: &mut Call<'_>) -> Result<(), Errno> {
    if call.process()?.identity.effective.uid == 0 { Ok(()) } else { Err(Errno::EPERM) }
}
fn name_at(call: &mut Call<'_>, address: u64) -> Result<String, Errno> {
    let bytes = call.read_bytes(address, NAME_BYTES)?;
    let name = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = name.get(..name.len().min(NAME_BYTES - 1)).unwrap_or_default();
    core::str::from_utf8(name).map(String::from).map_err(|_| Errno::EINVAL)
}

/// SIOCBRADDBR, SIOCBRDELBR: the argument is the name.
fn whole_bridge(call: &mut Call<'_>, adds: bool) -> CallResult {
    let name = name_at(call, call.word(2))?;
    change_bridge(call, &name, adds)
}
fn change_bridge(call: &mut Call<'_>, name: &str, adds: bool) -> CallResult {
    require_root(call)?;
    let network = network(call);
    if adds {
        network.add_bridge(name)?;
        return Ok(0);
    }
    let bridge = network.interface(name).ok_or(Errno::ENXIO)?;
    let (number, up) = (bridge.number, bridge.is_up());
    match () {
        () if bridge.bridge().is_none() => return Err(Errno::EPERM.into()),
        () if up => return Err(Errno::EBUSY.into()),
        () => network.remove_link(number)?,
    }
    Ok(0)
}

/// SIOCBRADDIF, SIOCBRDELIF: `struct ifreq` with the bridge's name and the port's number.
fn port(call: &mut Call<'_>, adds: bool) -> CallResult {
    let name = name_at(call, call.word(2))?;
    let port = call.read_u32(call.word(2).wrapping_add(NAME_BYTES as u64))?;
    let bridge = network(call).number_of(&name).ok_or(Errno::ENODEV)?;
    change_port(call, bridge, port, adds)
}
fn change_port(call: &mut Call<'_>, bridge: u32, port: u32, adds: bool) -> CallResult {
    require_root(call)?;
    let network = network(call);
    if adds {
        network.add_port(bridge, port)?
    } else {
        network.remove_port(bridge, port)?
    }
    Ok(0)
}

fn words(call: &mut Call<'_>, address: u64, count: usize) -> Result<Vec<u64>, Errno> {
    let width = call.abi().word_bytes as u64;
    (0..count as u64).map(|place| call.read_word(address.wrapping_add(place * width))).collect()
}
/// Gives numbers of interfaces as an array of `int`; gives how many there are.
fn give_numbers(call: &mut Call<'_>, numbers: &[u32], address: u64, room: u64) -> CallResult {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(LIST_MAX);
    let mut record = call.record();
    numbers.iter().take(room).for_each(|number| _ = record.u32(*number));
    call.write(address, record.as_bytes())?;
    Ok(numbers.len().min(room) as u64)
}

/// SIOCGIFBR: three words, the first of which says what is asked; what was there before SIOCBRADDBR.
fn old_request(call: &mut Call<'_>) -> CallResult {
    let [what, first, second] = words(call, call.word(2), 3)?.try_into().unwrap_or([u64::MAX, 0, 0]);
    match what {
        // BRCTL_GET_VERSION, GET_BRIDGES, ADD_BRIDGE, DEL_BRIDGE
        0 => Ok(1),
        1 => {
            let bridges = |interface: &&Interface| interface.bridge().is_some();
            let found = network(call).interfaces.iter().filter(bridges).map(|bridge| bridge.number);
            let found: Vec<u32> = found.collect();
            give_numbers(call, &found, first, second)
        }
        2 | 3 => {
            let name = name_at(call, first)?;
            change_bridge(call, &name, what == 2)
        }
        _ => Err(Errno::EOPNOTSUPP.into()),
    }
}

/// SIOCDEVPRIVATE of a bridge: four words behind the pointer of a `struct ifreq`.
fn private(call: &mut Call<'_>) -> Option<CallResult> {
    let name = name_at(call, call.word(2)).ok()?;
    let bridge = network(call).interface(&name).filter(|interface| interface.bridge().is_some())?.number;
    Some(ask_bridge(call, bridge))
}
fn ask_bridge(call: &mut Call<'_>, bridge: u32) -> CallResult {
    let pointer = call.read_word(call.word(2).wrapping_add(NAME_BYTES as u64))?;
    let [what, first, second, _] = words(call, pointer, 4)?.try_into().unwrap_or([u64::MAX, 0, 0, 0]);
    let setting = match what {
        // BRCTL_ADD_IF, DEL_IF, GET_BRIDGE_INFO, GET_PORT_LIST
        4 | 5 => return change_port(call, bridge, first as u32, what == 4),
        6 => return bridge_information(call, bridge, first),
        7 => {
            let ports = network(call).ports_of(bridge);
            return give_numbers(call, &ports, first, if second == 0 { LIST_MAX as u64 } else { second });
        }
        8 => BridgeSetting::ForwardDelay,
        9 => BridgeSetting::HelloTime,
        10 => BridgeSetting::MaxAge,
        11 => BridgeSetting::AgeingTime,
        14 => BridgeSetting::SpanningTree,
        15 => BridgeSetting::Priority,
        _ => return Err(Errno::EOPNOTSUPP.into()),
    };
    require_root(call)?;
    network(call).configure_bridge(bridge, setting, first as u32)?;
    Ok(0)
}

/// `struct __bridge_info`
fn bridge_information(call: &mut Call<'_>, number: u32, address: u64) -> CallResult {
    let mut record = call.record();
    let interface = network(call).numbered(number).ok_or(Errno::ENODEV)?;
    let (Some(bridge), Some((priority, mac))) = (interface.bridge(), interface.bridge_id()) else {
        return Err(Errno::EOPNOTSUPP.into());
    };
    for _ in 0..2 {
        record.bytes(&priority.to_be_bytes()).bytes(&mac);
    }
    record.u32(0);
    for _ in 0..2 {
        record.u32(bridge.max_age).u32(bridge.hello_time).u32(bridge.forward_delay);
    }
    record.u8(0).u8(0).u8(0).u8(u8::from(bridge.spanning_tree)).u32(bridge.ageing_time).zeros(5 * 4);
    call.write(address, record.as_bytes())?;
    Ok(0)
}

/// SIOCSIFVLAN and SIOCGIFVLAN: `struct vlan_ioctl_args` says what is asked.
fn vlan(call: &mut Call<'_>) -> CallResult {
    /// command, name of a device, 24 bytes that depend on the command
    const DEVICE: u64 = 4;
    const UNION: u64 = 28;
    const DEVICE_BYTES: usize = 24;
    let address = call.word(2);
    let command = call.read_u32(address)?;
    let name = name_at(call, address.wrapping_add(DEVICE))?;
    let value = call.read_u32(address.wrapping_add(UNION))?;
    let found = network(call).interface(&name).map(|interface| (interface.number, interface.vlan()));
    // ADD_VLAN … SET_VLAN_FLAG_CMD change something
    if command <= 3 || command == 6 || command == 7 {
        require_root(call)?;
    }
    if command == 6 {
        network(call).vlan_names = VlanNames::from_number(value).ok_or(Errno::EINVAL)?;
        return Ok(0);
    }
    let (number, tag) = found.ok_or(Errno::ENODEV)?;
    if command == 0 {
        network(call).add_vlan(number, value as u16, None)?;
        return Ok(0);
    }
    let tag = tag.ok_or(Errno::EINVAL)?;
    match command {
        1 => network(call).remove_link(number)?,
        // priorities of packets are nobody's affair here
        2 | 3 | 7 => {}
        8 => {
            let parent = network(call).numbered(tag.parent).map(|parent| parent.name.clone());
            let mut bytes = parent.unwrap_or_default().into_bytes();
            bytes.resize(DEVICE_BYTES, 0);
            call.write(address.wrapping_add(UNION), &bytes)?;
        }
        9 => call.write_u32(address.wrapping_add(UNION), u32::from(tag.id))?,
        _ => return Err(Errno::EOPNOTSUPP.into()),
    }
    Ok(0)
}
