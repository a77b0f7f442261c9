//! Files of `/proc/PID`, in the form of Linux 3.10. Neighbour: table.rs names them. Specification: proc_pid_stat(5)
//! and its siblings.
use super::machine::ticks;
use super::view::{Magic, MapView, ProcView, ProcessState, ProcessView};
use crate::mm::Resident;
use crate::vfs::{Context, Credentials, DeviceNumber, Follow, Mount, Node, Vfs};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

/// Bytes of a page, as /proc counts memory.
const PAGE_BYTES: u64 = 4096;

pub(super) fn nothing(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn environ(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    process.environ.clone()
}

pub(super) fn auxv(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    process.auxv.clone()
}

pub(super) fn personality(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    format!("{:08x}\n", process.personality).into_bytes()
}

pub(super) fn comm(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    [&process.comm[..], b"\n"].concat()
}

pub(super) fn cmdline(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    if process.state == ProcessState::Zombie { Vec::new() } else { process.cmdline.clone() }
}

fn letter(state: ProcessState) -> (char, &'static str) {
    match state {
        ProcessState::Running => ('R', "running"),
        ProcessState::Sleeping => ('S', "sleeping"),
        ProcessState::Stopped => ('T', "stopped"),
        ProcessState::Traced => ('t', "tracing stop"),
        ProcessState::Zombie => ('Z', "zombie"),
    }
}

pub(super) fn stat(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut text = format!("{} (", process.pid).into_bytes();
    text.extend_from_slice(&process.comm);
    let (state, _) = letter(process.state);
    let zombie = process.state == ProcessState::Zombie;
    let resident = process.resident_bytes / PAGE_BYTES;
    let rest = format!(
        ") {state} {} {} {} {} {} {} {} 0 0 0 {} 0 {} 0 {} {} {} 0 {} {} {resident} {} {} {} {} 0 0 {} {} {} {} {} 0 0 {} 0 0 0 0 0 0 {} {} {} {} {} {} {} {}\n",
        process.parent,
        process.process_group,
        process.session,
        process.terminal,
        process.terminal_group,
        0x0040_0100,
        resident + 40,
        ticks(process.user_ns),
        ticks(process.children_ns),
        20 + process.nice,
        process.nice,
        process.threads,
        ticks(process.start_ns),
        process.virtual_bytes,
        if process.virtual_bytes == 0 { 0 } else { 0x7fff_ffff_u32 },
        process.code.0,
        process.code.1,
        process.stack_start,
        process.pending as u32,
        process.blocked as u32,
        process.ignored as u32,
        process.caught as u32,
        u32::from(process.state == ProcessState::Sleeping),
        process.exit_signal,
        process.data.0,
        process.data.1,
        process.heap_start,
        process.arguments.0,
        process.arguments.1,
        process.environment.0,
        process.environment.1,
        if zombie { process.exit_code } else { 0 },
    );
    text.extend_from_slice(rest.as_bytes());
    text
}

pub(super) fn statm(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let pages = |bytes: u64| bytes.div_ceil(PAGE_BYTES);
    let text = process.code.1.saturating_sub(process.code.0);
    let data = process.data.1.saturating_sub(process.data.0) + process.stack_bytes;
    format!(
        "{} {} {} {} 0 {} 0\n",
        pages(process.virtual_bytes),
        pages(process.resident_bytes),
        pages(process.resident_bytes) / 2,
        pages(text),
        pages(data)
    )
    .into_bytes()
}

pub(super) fn status(_: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut name = String::new();
    for byte in &process.comm {
        match byte {
            b'\n' => name.push_str("\\n"),
            b'\\' => name.push_str("\\\\"),
            byte => name.push(char::from(*byte)),
        }
    }
    let (state, word) = letter(process.state);
    let ids = |ids: &[u32; 4]| ids.map(|id| id.to_string()).join("\t");
    let mut groups = String::new();
    for group in &process.groups {
        let _ = write!(groups, "{group} ");
    }
    let mut text = format!(
        "Name:\t{name}\nState:\t{state} ({word})\nTgid:\t{}\nPid:\t{}\nPPid:\t{}\nTracerPid:\t{}\n\
         Uid:\t{}\nGid:\t{}\nFDSize:\t{}\nGroups:\t{groups}\n",
        process.group,
        process.pid,
        process.parent,
        process.tracer,
        ids(&process.uids),
        ids(&process.gids),
        process.descriptor_slots.max(32),
    );
    if process.state != ProcessState::Zombie {
        status_memory(&mut text, process);
    }
    let [inheritable, permitted, effective, bounding] = process.capabilities;
    let _ = write!(
        text,
        "Threads:\t{}\nSigQ:\t0/{}\nSigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t{:016x}\n\
         SigCgt:\t{:016x}\nCapInh:\t{inheritable:016x}\nCapPrm:\t{permitted:016x}\nCapEff:\t{effective:016x}\n\
         CapBnd:\t{bounding:016x}\nSeccomp:\t{}\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n\
         voluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t{}\n",
        process.threads,
        view.identity().memory_kib / 128,
        process.pending,
        process.shared_pending,
        process.blocked,
        process.ignored,
        process.caught,
        process.seccomp,
        process.switches,
        process.switches / 4,
    );
    text.into_bytes()
}

fn status_memory(text: &mut String, process: &ProcessView) {
    let code = process.code.1.saturating_sub(process.code.0);
    let libraries: u64 = process
        .maps
        .iter()
        .filter(|map| map.execute && map.start > process.code.1)
        .map(|map| map.end.saturating_sub(map.start))
        .sum();
    let rows = [
        ("VmPeak", process.virtual_peak_bytes.max(process.virtual_bytes)),
        ("VmSize", process.virtual_bytes),
        ("VmLck", 0),
        ("VmPin", 0),
        ("VmHWM", process.resident_bytes),
        ("VmRSS", process.resident_bytes),
        ("VmData", process.data.1.saturating_sub(process.data.0)),
        ("VmStk", process.stack_bytes),
        ("VmExe", code),
        ("VmLib", libraries),
        ("VmPTE", 16 << 10),
        ("VmSwap", 0),
    ];
    for (name, bytes) in rows {
        let _ = writeln!(text, "{name}:\t{:>8} kB", bytes / 1024);
    }
}

pub(super) fn limits(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    const ROWS: [(&str, &str); 16] = [
        ("Max cpu time", "seconds"),
        ("Max file size", "bytes"),
        ("Max data size", "bytes"),
        ("Max stack size", "bytes"),
        ("Max core file size", "bytes"),
        ("Max resident set", "bytes"),
        ("Max processes", "processes"),
        ("Max open files", "files"),
        ("Max locked memory", "bytes"),
        ("Max address space", "bytes"),
        ("Max file locks", "locks"),
        ("Max pending signals", "signals"),
        ("Max msgqueue size", "bytes"),
        ("Max nice priority", ""),
        ("Max realtime priority", ""),
        ("Max realtime timeout", "us"),
    ];
    let mut text = format!("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    let value = |limit: u64| if limit == u64::MAX { "unlimited".to_string() } else { limit.to_string() };
    for ((name, unit), (soft, hard)) in ROWS.iter().zip(process.limits) {
        let _ = writeln!(text, "{name:<25} {:<20} {:<20} {unit:<10}", value(soft), value(hard));
    }
    text.into_bytes()
}

pub(super) fn maps(vfs: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut text = Vec::new();
    for map in &process.maps {
        map_line(&mut text, vfs, view, map);
    }
    text
}

/// The file of a mapping, if its path still leads to one.
fn file_of(vfs: &Vfs, view: &dyn ProcView, map: &MapView) -> Option<Node> {
    if map.node.is_some() || !map.name.starts_with('/') {
        return map.node;
    }
    let context = Context { credentials: &Credentials::ROOT, root: vfs.root(), now_ns: 0, view };
    vfs.lookup(&context, vfs.root(), map.name.as_bytes(), Follow::Yes).ok()
}

fn map_line(text: &mut Vec<u8>, vfs: &Vfs, view: &dyn ProcView, map: &MapView) {
    let flag = |on: bool, letter: char| if on { letter } else { '-' };
    let (device, inode) = file_of(vfs, view, map)
        .and_then(|node| Some((vfs.mount_of(node).ok()?.spec.device, node.number + 1)))
        .unwrap_or((DeviceNumber::default(), 0));
    let line = format!(
        "{:08x}-{:08x} {}{}{}{} {:08x} {:02x}:{:02x} {inode} ",
        map.start,
        map.end,
        flag(map.read, 'r'),
        flag(map.write, 'w'),
        flag(map.execute, 'x'),
        if map.shared { 's' } else { 'p' },
        map.offset,
        device.major,
        device.minor,
    );
    let name = map.node.map_or_else(|| map.name.clone().into_bytes(), |node| vfs.path_of(node));
    text.extend_from_slice(line.trim_end().as_bytes());
    if !name.is_empty() {
        // names stand in column 49 on a 32-bit kernel
        text.resize(text.len() + 49_usize.saturating_sub(line.trim_end().len()).max(1), b' ');
        for byte in name {
            if byte == b'\n' {
                text.extend_from_slice(b"\\012");
            } else {
                text.push(byte);
            }
        }
    } else {
        text.push(b' ');
    }
    text.push(b'\n');
}

/// proc(5), /proc/PID/smaps, in the order of Linux 3.10.
pub(super) fn smaps(vfs: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut text = Vec::new();
    for map in &process.maps {
        map_line(&mut text, vfs, view, map);
        let size = map.end.saturating_sub(map.start) / 1024;
        let Resident { shared_clean, shared_dirty, private_dirty } = view.resident(process.pid, map.start);
        let [shared_clean, shared_dirty, private_dirty] =
            [shared_clean, shared_dirty, private_dirty].map(|pages| pages * 4);
        let resident = shared_clean + shared_dirty + private_dirty;
        let anonymous = private_dirty + if map.shared { 0 } else { shared_dirty };
        for (name, kib) in [
            ("Size", size),
            ("Rss", resident),
            // Two share what is shared, as far as is known.
            ("Pss", private_dirty + (shared_clean + shared_dirty) / 2),
            ("Shared_Clean", shared_clean),
            ("Shared_Dirty", shared_dirty),
            ("Private_Clean", 0),
            ("Private_Dirty", private_dirty),
            ("Referenced", resident),
            ("Anonymous", anonymous),
            ("AnonHugePages", 0),
            ("Swap", 0),
            ("KernelPageSize", 4),
            ("MMUPageSize", 4),
            ("Locked", 0),
        ] {
            text.extend_from_slice(format!("{:<16}{kib:>8} kB\n", format!("{name}:")).as_bytes());
        }
        let flag = |on: bool, name: &'static str| if on { name } else { "" };
        let flags = [
            flag(map.read, "rd "),
            flag(map.write, "wr "),
            flag(map.execute, "ex "),
            flag(map.shared, "sh "),
            "mr mw me ",
            flag(map.name == "[stack]", "gd "),
            flag(map.write && !map.shared, "ac "),
        ];
        text.extend_from_slice(format!("VmFlags: {}\n", flags.concat()).as_bytes());
    }
    text
}

/// The mounts that a process sees, with where: those that its root does not reach are left out.
fn seen<'a>(vfs: &'a Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<(&'a Mount, Vec<u8>)> {
    let root = view.magic(process.group, Magic::Root).unwrap_or_else(|| vfs.root());
    let placed = |mount: &'a Mount| {
        let at = vfs.path_from(view, root, vfs.root_of(mount));
        at.starts_with(b"/").then_some((mount, at))
    };
    vfs.mounts_with(root).filter_map(placed).collect()
}

pub(super) fn mounts(vfs: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut text = Vec::new();
    for (index, (mount, at)) in seen(vfs, view, process).into_iter().enumerate() {
        if index == 0 && mount.spec.fstype != "rootfs" {
            text.extend_from_slice(b"rootfs / rootfs rw 0 0\n");
        }
        text.extend_from_slice(&escaped(mount.spec.source.as_bytes()));
        text.push(b' ');
        text.extend_from_slice(&escaped(&at));
        text.extend_from_slice(format!(" {} {} 0 0\n", mount.spec.fstype, mount.options()).as_bytes());
    }
    text
}

pub(super) fn mountinfo(vfs: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut text = Vec::new();
    for (mount, at) in seen(vfs, view, process) {
        let above = mount.covered.and_then(|node| vfs.mount_of(node).ok());
        let parent = above.map_or(0, |mount| mount.id);
        let (device, mode) = (mount.spec.device, if mount.spec.read_only { "ro" } else { "rw" });
        text.extend_from_slice(
            format!("{} {parent} {}:{} ", mount.id, device.major, device.minor).as_bytes(),
        );
        text.extend_from_slice(&escaped(&vfs.shown_path(mount)));
        text.push(b' ');
        text.extend_from_slice(&escaped(&at));
        let options = mount.options();
        let tail = format!(" {options} - {} {} {mode}\n", mount.spec.fstype, mount.spec.source);
        text.extend_from_slice(tail.as_bytes());
    }
    text
}

pub(super) fn mountstats(vfs: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let mut text = Vec::new();
    for (mount, at) in seen(vfs, view, process) {
        text.extend_from_slice(format!("device {} mounted on ", mount.spec.source).as_bytes());
        text.extend_from_slice(&escaped(&at));
        text.extend_from_slice(format!(" with fstype {}\n", mount.spec.fstype).as_bytes());
    }
    text
}

/// Space, tab, line end and backslash in octal, as mount tables write them.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for byte in bytes {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' => text.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            byte => text.push(*byte),
        }
    }
    text
}

pub(super) fn wchan(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let name = if process.wait_channel.is_empty() { "0" } else { process.wait_channel };
    name.as_bytes().to_vec()
}

pub(super) fn oom_score(_: &Vfs, view: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let memory = (view.identity().memory_kib * 1024).max(1);
    let share = i64::try_from(process.resident_bytes * 1000 / memory).unwrap_or(1000);
    format!("{}\n", (share + i64::from(process.oom_score_adjust)).clamp(0, 1000)).into_bytes()
}

pub(super) fn oom_adj(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let value = match process.oom_score_adjust {
        -1000 => -17,
        1000 => 15,
        score => score * 17 / 1000,
    };
    format!("{value}\n").into_bytes()
}

pub(super) fn oom_score_adj(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    format!("{}\n", process.oom_score_adjust).into_bytes()
}

pub(super) fn io(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    let [read, written, reads, writes] = process.io;
    format!(
        "rchar: {read}\nwchar: {written}\nsyscr: {reads}\nsyscw: {writes}\nread_bytes: 0\nwrite_bytes: 0\n\
         cancelled_write_bytes: 0\n"
    )
    .into_bytes()
}

pub(super) fn coredump_filter(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    b"00000003\n".to_vec()
}

/// No login was recorded: -1 as an unsigned number.
pub(super) fn loginuid(_: &Vfs, _: &dyn ProcView, _: &ProcessView) -> Vec<u8> {
    format!("{}", u32::MAX).into_bytes()
}

/// Time on the processor, time in its queue, and turns.
pub(super) fn schedstat(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    format!("{} {} {}\n", process.user_ns, process.user_ns / 64, process.switches).into_bytes()
}

pub(super) fn timer_slack(_: &Vfs, _: &dyn ProcView, process: &ProcessView) -> Vec<u8> {
    format!("{}\n", process.timer_slack_ns).into_bytes()
}
