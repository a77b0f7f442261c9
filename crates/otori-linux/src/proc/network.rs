//! Files of `/proc/net`. Specification: proc_pid_net(5).
use super::view::{ProcView, ProcessView};
use crate::vfs::Vfs;
use alloc::vec::Vec;

pub(super) fn arp(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn dev(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn nothing(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn netlink(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn packet(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn protocols(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn raw(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn route(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn snmp(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn sockstat(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn tcp(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn tcp6(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn udp(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn udp6(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn unix(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn wireless(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}
