//! Attributes of bridges and their ports below `/sys/class/net`. Neighbours: interface.rs has those of every interface,
//! net/link.rs the bridges. Specification: Documentation/ABI/testing/sysfs-class-net and net/bridge/br_sysfs_br.c.
use super::interface::text;
use crate::net::{Bridge, Interface};
use alloc::{format, string::String};

/// BR_STATE_DISABLED, BR_STATE_FORWARDING
const DISABLED: u8 = 0;
const FORWARDING: u8 = 3;
/// What a port of 100 Mbit/s costs (IEEE 802.1D), and its priority.
const PATH_COST: u32 = 19;
const PRIORITY: u16 = 32;

fn of(interface: &Interface, value: impl Fn(&Bridge) -> u32) -> Option<String> {
    interface.bridge().and_then(|bridge| text(value(bridge)))
}
pub(super) fn ageing_time(interface: &Interface, _: u32) -> Option<String> {
    of(interface, |bridge| bridge.ageing_time)
}
pub(super) fn forward_delay(interface: &Interface, _: u32) -> Option<String> {
    of(interface, |bridge| bridge.forward_delay)
}
pub(super) fn hello_time(interface: &Interface, _: u32) -> Option<String> {
    of(interface, |bridge| bridge.hello_time)
}
pub(super) fn max_age(interface: &Interface, _: u32) -> Option<String> {
    of(interface, |bridge| bridge.max_age)
}
pub(super) fn priority(interface: &Interface, _: u32) -> Option<String> {
    of(interface, |bridge| u32::from(bridge.priority))
}
pub(super) fn spanning_tree(interface: &Interface, _: u32) -> Option<String> {
    of(interface, |bridge| u32::from(bridge.spanning_tree))
}
pub(super) fn id(interface: &Interface, _: u32) -> Option<String> {
    let (priority, [a, b, c, d, e, f]) = interface.bridge_id()?;
    Some(format!("{priority:04x}.{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}"))
}
/// The table of addresses has those of nobody: the wire is not emulated frame by frame.
pub(super) fn addresses(_: &Interface, _: u32) -> Option<String> {
    Some(String::new())
}
pub(super) fn path_cost(_: &Interface, _: u32) -> Option<String> {
    text(PATH_COST)
}
pub(super) fn port_priority(_: &Interface, _: u32) -> Option<String> {
    text(PRIORITY)
}
pub(super) fn port_number(interface: &Interface, _: u32) -> Option<String> {
    Some(format!("{:#x}", interface.master?.1))
}
pub(super) fn port_id(interface: &Interface, _: u32) -> Option<String> {
    Some(format!("{:#x}", PRIORITY << 10 | interface.master?.1))
}
pub(super) fn port_state(interface: &Interface, _: u32) -> Option<String> {
    text(if interface.flags & crate::net::RUNNING != 0 { FORWARDING } else { DISABLED })
}
