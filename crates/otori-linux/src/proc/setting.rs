//! What can be written below /proc; key types [`Settings`], [`Written`]. Specification: proc_sys(5),
//! proc_pid_oom_score_adj(5), proc_pid_comm(5).
use super::view::ProcView;
use crate::errno::Errno;
use crate::net::BridgeSetting;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// How the value of a setting begins before anyone writes it.
pub type Default = fn(&dyn ProcView) -> Vec<u8>;

/// Longest comm, bytes.
const COMM_MAX: usize = 15;

/// Values that were written below `/proc/sys`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, Vec<u8>>,
}

/// What the kernel has to do after a write to procfs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// nothing: the value is kept
    Kept,
    /// set the host name
    Hostname(Vec<u8>),
    /// set the NIS domain name
    Domainname(Vec<u8>),
    /// name a process
    Comm(u32, Vec<u8>),
    /// set the oom_score_adj of a process
    OomScoreAdjust(u32, i32),
    /// a magic SysRq key
    SysRq(u8),
    /// the first and the last group that may make sockets of echo requests
    PingGroups(u32, u32),
    /// whether new sockets of IPv6 leave IPv4 alone
    BindOnly6(bool),
    /// the largest packet of an interface, by its number
    Mtu(u32, u32),
    /// a setting of a bridge, by its number
    Bridge(u32, BridgeSetting, u32),
}

impl Settings {
    /// The value of a setting now.
    pub(super) fn value(
        &self,
        path: &str,
        default: impl Fn(&dyn ProcView) -> Vec<u8>,
        view: &dyn ProcView,
    ) -> Vec<u8> {
        match self.values.get(path) {
            Some(value) => value.clone(),
            None => default(view),
        }
    }

    /// Keeps a value: one line, as the kernel's own parser would give it back.
    pub(super) fn write(&mut self, path: &str, bytes: &[u8]) -> Written {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line: Vec<u8> = line.iter().copied().take_while(|byte| *byte != 0).collect();
        match path {
            "sys/kernel/hostname" => return Written::Hostname(line),
            "sys/kernel/domainname" => return Written::Domainname(line),
            "sysrq-trigger" => return Written::SysRq(line.first().copied().unwrap_or(0)),
            _ => {}
        }
        let mut value = line;
        value.push(b'\n');
        let numbers = core::str::from_utf8(&value).unwrap_or_default().split_whitespace();
        let numbers: Vec<u32> = numbers.filter_map(|word| word.parse().ok()).collect();
        self.values.insert(path.into(), value);
        match (path, numbers.as_slice()) {
            ("sys/net/ipv4/ping_group_range", [first, last]) => Written::PingGroups(*first, *last),
            ("sys/net/ipv6/bindv6only", [on]) => Written::BindOnly6(*on != 0),
            _ => Written::Kept,
        }
    }
}

/// Writes to attributes of an interface: the length of packets is set, what is only noted elsewhere is taken.
pub(super) fn write_interface(path: &str, interface: u32, bytes: &[u8]) -> Result<Written, Errno> {
    let text = core::str::from_utf8(bytes).unwrap_or_default().trim();
    match path.rsplit('/').next() {
        // the least that IPv4 asks for, the most that a length of 16 bits holds
        Some("mtu") => match text.parse() {
            Ok(mtu @ 68..=65_536) => Ok(Written::Mtu(interface, mtu)),
            _ => Err(Errno::EINVAL),
        },
        Some("tx_queue_len" | "ifalias" | "uevent" | "path_cost") => Ok(Written::Kept),
        Some("priority") if path.contains("/brport/") => Ok(Written::Kept),
        Some(name) => {
            let setting = match name {
                "ageing_time" => BridgeSetting::AgeingTime,
                "forward_delay" => BridgeSetting::ForwardDelay,
                "hello_time" => BridgeSetting::HelloTime,
                "max_age" => BridgeSetting::MaxAge,
                "priority" => BridgeSetting::Priority,
                "stp_state" => BridgeSetting::SpanningTree,
                _ => return Err(Errno::EIO),
            };
            let value = text.parse().map_err(|_| Errno::EINVAL)?;
            Ok(Written::Bridge(interface, setting, value))
        }
        None => Err(Errno::EIO),
    }
}

/// Writes to files of a process.
pub(super) fn write_process(path: &'static str, pid: u32, bytes: &[u8]) -> Result<Written, Errno> {
    let text = core::str::from_utf8(bytes).unwrap_or_default().trim();
    match path {
        "comm" => {
            let name = bytes.strip_suffix(b"\n").unwrap_or(bytes);
            Ok(Written::Comm(pid, name.get(..COMM_MAX).unwrap_or(name).to_vec()))
        }
        "oom_score_adj" => {
            let value: i32 = text.parse().map_err(|_| Errno::EINVAL)?;
            if (-1000..=1000).contains(&value) {
                Ok(Written::OomScoreAdjust(pid, value))
            } else {
                Err(Errno::EINVAL)
            }
        }
        "oom_adj" => {
            let value: i32 = text.parse().map_err(|_| Errno::EINVAL)?;
            match value {
                -17 => Ok(Written::OomScoreAdjust(pid, -1000)),
                15 => Ok(Written::OomScoreAdjust(pid, 1000)),
                -16..=14 => Ok(Written::OomScoreAdjust(pid, value * 1000 / 17)),
                _ => Err(Errno::EINVAL),
            }
        }
        "coredump_filter" | "loginuid" | "clear_refs" => Ok(Written::Kept),
        _ => Err(Errno::EINVAL),
    }
}
