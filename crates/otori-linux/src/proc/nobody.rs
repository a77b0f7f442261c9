//! A machine in which nothing runs: for who works on files before a kernel does. Key type [`NoProcesses`].
use super::{DescriptorView, DeviceIdentity, IpcKind, Magic, ProcView, ProcessView, SystemView};
use crate::ipc::show::header;
use crate::net::Sockets;
use crate::vfs::Node;
use alloc::vec::Vec;

/// A [`ProcView`] without processes.
#[derive(Clone, Debug, Default)]
pub struct NoProcesses {
    identity: DeviceIdentity,
    sockets: Sockets,
}

impl ProcView for NoProcesses {
    fn caller(&self) -> u32 {
        0
    }
    fn pids(&self) -> Vec<u32> {
        Vec::new()
    }
    fn threads(&self, _: u32) -> Vec<u32> {
        Vec::new()
    }
    fn owner(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn process(&self, _: u32) -> Option<ProcessView> {
        None
    }
    fn magic(&self, _: u32, _: Magic) -> Option<Node> {
        None
    }
    fn descriptors(&self, _: u32) -> Vec<u32> {
        Vec::new()
    }
    fn descriptor(&self, _: u32, _: u32) -> Option<DescriptorView> {
        None
    }
    fn identity(&self) -> &DeviceIdentity {
        &self.identity
    }
    fn system(&self) -> SystemView {
        SystemView::default()
    }
    fn sockets(&self) -> &Sockets {
        &self.sockets
    }
    fn ipc(&self, kind: IpcKind) -> Vec<u8> {
        header(kind, size_of::<u32>())
    }
}
