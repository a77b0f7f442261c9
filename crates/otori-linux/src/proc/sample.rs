//! A small machine for the tests of vfs/ and proc/: one shell that a few descriptors belong to.
use super::{
    DescriptorTarget, DescriptorView, DeviceIdentity, Magic, MapView, MtdPartition, ProcView, ProcessState,
    ProcessView, SystemView,
};
use crate::net::Sockets;
use crate::vfs::Node;
use alloc::vec;
use alloc::vec::Vec;

/// A [`ProcView`] with process 1 (root) and process 42 (the caller).
pub(crate) struct Sample {
    pub(crate) identity: DeviceIdentity,
    pub(crate) sockets: Sockets,
    pub(crate) exe: Option<Node>,
    pub(crate) cwd: Option<Node>,
    pub(crate) descriptors: Vec<(u32, DescriptorTarget)>,
    pub(crate) uid: u32,
}

impl Default for Sample {
    fn default() -> Sample {
        let mut identity =
            DeviceIdentity { cpuinfo: "system type\t\t: sample\n".into(), ..DeviceIdentity::default() };
        identity.mtd.push(MtdPartition { name: "boot".into(), size: 0x4_0000, erase_size: 0x8000 });
        Sample {
            identity,
            sockets: Sockets::default(),
            exe: None,
            cwd: None,
            descriptors: Vec::new(),
            uid: 0,
        }
    }
}

impl ProcView for Sample {
    fn caller(&self) -> u32 {
        42
    }
    fn pids(&self) -> Vec<u32> {
        vec![1, 42]
    }
    fn threads(&self, pid: u32) -> Vec<u32> {
        if self.pids().contains(&pid) { vec![pid] } else { Vec::new() }
    }
    fn owner(&self, pid: u32) -> Option<(u32, u32)> {
        match pid {
            1 => Some((0, 0)),
            42 => Some((self.uid, self.uid)),
            _ => None,
        }
    }
    fn process(&self, pid: u32) -> Option<ProcessView> {
        self.owner(pid)?;
        Some(ProcessView {
            pid,
            group: pid,
            parent: 1,
            state: ProcessState::Sleeping,
            comm: b"s h)".to_vec(),
            cmdline: b"sh\0-c\0id\0".to_vec(),
            uids: [self.uid; 4],
            threads: 1,
            virtual_bytes: 1 << 20,
            resident_bytes: 8192,
            code: (0x40_0000, 0x41_0000),
            maps: vec![MapView {
                start: 0x40_0000,
                end: 0x41_0000,
                read: true,
                execute: true,
                node: self.exe,
                ..MapView::default()
            }],
            limits: [(1024, u64::MAX); 16],
            ..ProcessView::default()
        })
    }
    fn magic(&self, pid: u32, which: Magic) -> Option<Node> {
        self.owner(pid)?;
        match which {
            Magic::Exe => self.exe,
            Magic::Cwd => self.cwd,
            Magic::Root => None,
        }
    }
    fn descriptors(&self, pid: u32) -> Vec<u32> {
        if pid == 42 { self.descriptors.iter().map(|(number, _)| *number).collect() } else { Vec::new() }
    }
    fn descriptor(&self, pid: u32, number: u32) -> Option<DescriptorView> {
        let (_, target) = self.descriptors.iter().find(|(held, _)| pid == 42 && *held == number)?;
        Some(DescriptorView {
            target: target.clone(),
            readable: true,
            writable: false,
            offset: 5,
            flags: 0o100000,
        })
    }
    fn identity(&self) -> &DeviceIdentity {
        &self.identity
    }
    fn system(&self) -> SystemView {
        SystemView {
            uptime_ns: 123_450_000_000,
            idle_ns: 120_000_000_000,
            hostname: "cam".into(),
            domainname: "(none)".into(),
            release: "3.10.14".into(),
            threads: 2,
            ..SystemView::default()
        }
    }
    fn sockets(&self) -> &Sockets {
        &self.sockets
    }
    fn ipc(&self, kind: super::IpcKind) -> Vec<u8> {
        crate::ipc::show::header(kind, size_of::<u32>())
    }
}
