//! Attributes of a network interface below `/sys/class/net`. Neighbour: table.rs names them, vfs/mounts.rs shows them
//! in sysfs. Specification: Documentation/ABI/testing/sysfs-class-net.
use crate::net::{self, Interface};
use alloc::format;
use alloc::string::{String, ToString};

/// The value of an attribute, without its line end; none where reading is EINVAL.
pub(super) type Render = fn(&Interface, u32) -> Option<String>;

/// ARPHRD_ETHER and ARPHRD_LOOPBACK
const ETHERNET: u32 = 1;
const LOOPBACK: u32 = 772;
/// Packets that wait for the wire at most.
const QUEUE_LENGTH: u32 = 1000;
/// Mbit/s of the wire.
const SPEED: u32 = 100;

fn is_loopback(interface: &Interface) -> bool {
    interface.flags & net::LOOPBACK != 0
}
fn is_up(interface: &Interface) -> bool {
    interface.flags & net::UP != 0
}
fn runs(interface: &Interface) -> bool {
    interface.flags & net::RUNNING != 0
}
fn hardware(bytes: [u8; 6]) -> Option<String> {
    let [a, b, c, d, e, f] = bytes;
    Some(format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"))
}
pub(super) fn text(value: impl ToString) -> Option<String> {
    Some(value.to_string())
}

pub(super) fn zero(_: &Interface, _: u32) -> Option<String> {
    text(0)
}
pub(super) fn address_length(_: &Interface, _: u32) -> Option<String> {
    text(6)
}
pub(super) fn address(interface: &Interface, _: u32) -> Option<String> {
    hardware(interface.mac)
}
pub(super) fn broadcast(interface: &Interface, _: u32) -> Option<String> {
    hardware(if is_loopback(interface) { [0; 6] } else { [0xff; 6] })
}
pub(super) fn carrier(interface: &Interface, _: u32) -> Option<String> {
    is_up(interface).then(|| String::from(if runs(interface) { "1" } else { "0" }))
}
pub(super) fn dormant(interface: &Interface, _: u32) -> Option<String> {
    is_up(interface).then(|| String::from("0"))
}
pub(super) fn device_id(_: &Interface, _: u32) -> Option<String> {
    text("0x0")
}
pub(super) fn duplex(interface: &Interface, _: u32) -> Option<String> {
    (is_up(interface) && !is_loopback(interface)).then(|| String::from("full"))
}
pub(super) fn speed(interface: &Interface, _: u32) -> Option<String> {
    if is_up(interface) && !is_loopback(interface) { text(SPEED) } else { None }
}
/// The driver's own bits only: that it runs is not one of them.
pub(super) fn flags(interface: &Interface, _: u32) -> Option<String> {
    text(format!("{:#x}", interface.flags & !net::RUNNING))
}
pub(super) fn alias(_: &Interface, _: u32) -> Option<String> {
    text("")
}
pub(super) fn number(_: &Interface, number: u32) -> Option<String> {
    text(number)
}
/// The number of what it lies on: its own, but of a VLAN.
pub(super) fn number_below(interface: &Interface, number: u32) -> Option<String> {
    text(interface.vlan().map_or(number, |vlan| vlan.parent))
}
pub(super) fn mtu(interface: &Interface, _: u32) -> Option<String> {
    text(interface.mtu)
}
pub(super) fn state(interface: &Interface, _: u32) -> Option<String> {
    text(match (is_up(interface), is_loopback(interface)) {
        (true, true) => "unknown",
        (true, false) if runs(interface) => "up",
        (true, false) => "down",
        (false, _) => "down",
    })
}
pub(super) fn queue_length(_: &Interface, _: u32) -> Option<String> {
    text(QUEUE_LENGTH)
}
pub(super) fn kind(interface: &Interface, _: u32) -> Option<String> {
    text(if is_loopback(interface) { LOOPBACK } else { ETHERNET })
}
pub(super) fn event(interface: &Interface, number: u32) -> Option<String> {
    let kind = match interface.role {
        net::Role::Plain => "",
        net::Role::Bridge(_) => "DEVTYPE=bridge\n",
        net::Role::Vlan(_) => "DEVTYPE=vlan\n",
    };
    text(format!("{kind}INTERFACE={}\nIFINDEX={number}", interface.name))
}
pub(super) fn received_bytes(interface: &Interface, _: u32) -> Option<String> {
    text(interface.received.0)
}
pub(super) fn received_packets(interface: &Interface, _: u32) -> Option<String> {
    text(interface.received.1)
}
pub(super) fn sent_bytes(interface: &Interface, _: u32) -> Option<String> {
    text(interface.sent.0)
}
pub(super) fn sent_packets(interface: &Interface, _: u32) -> Option<String> {
    text(interface.sent.1)
}
