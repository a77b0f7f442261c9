//! Files of `/proc` that tell of the whole machine, in the form of Linux 3.10. Neighbour: table.rs names them.
use super::view::{IpcKind, ProcView};
use crate::vfs::Vfs;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// Clock ticks per second that /proc counts in (`USER_HZ`).
pub(super) const TICKS_PER_SECOND: u64 = 100;

/// Nanoseconds as clock ticks.
pub(super) fn ticks(nanoseconds: u64) -> u64 {
    nanoseconds / (1_000_000_000 / TICKS_PER_SECOND)
}

pub(super) fn nothing(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    Vec::new()
}

pub(super) fn cmdline(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    format!("{}\n", view.identity().cmdline).into_bytes()
}

pub(super) fn cpuinfo(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    view.identity().cpuinfo.clone().into_bytes()
}

pub(super) fn crypto(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    let mut text = String::new();
    for (name, driver, kind) in [("md5", "md5-generic", "shash"), ("sha1", "sha1-generic", "shash")] {
        let _ = write!(
            text,
            "name         : {name}\ndriver       : {driver}\nmodule       : kernel\npriority     : 0\n\
             refcnt       : 1\nselftest     : passed\ntype         : {kind}\nblocksize    : 64\n\n"
        );
    }
    text.into_bytes()
}

pub(super) fn devices(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let given = &view.identity().devices;
    if !given.is_empty() {
        return given.clone().into_bytes();
    }
    let mut text = String::from("Character devices:\n");
    for (major, name) in [
        (1, "mem"),
        (4, "/dev/vc/0"),
        (4, "tty"),
        (4, "ttyS"),
        (5, "/dev/tty"),
        (5, "/dev/console"),
        (5, "/dev/ptmx"),
        (10, "misc"),
        (90, "mtd"),
        (128, "ptm"),
        (136, "pts"),
    ] {
        let _ = writeln!(text, "{major:3} {name}");
    }
    text.push_str("\nBlock devices:\n259 blkext\n  7 loop\n 31 mtdblock\n");
    text.into_bytes()
}

pub(super) fn diskstats(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let mut text = String::new();
    for index in 0..view.identity().mtd.len() {
        let _ = writeln!(text, "  31 {index:7} mtdblock{index} 0 0 0 0 0 0 0 0 0 0 0");
    }
    text.into_bytes()
}

pub(super) fn execdomains(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    b"0-0\tLinux           \t[kernel]\n".to_vec()
}

pub(super) fn filesystems(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let mut text = String::new();
    for (name, needs_device) in &view.identity().filesystems {
        let _ = writeln!(text, "{}\t{name}", if *needs_device { "" } else { "nodev" });
    }
    text.into_bytes()
}

pub(super) fn interrupts(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    view.identity().interrupts.clone().into_bytes()
}

pub(super) fn iomem(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    view.identity().iomem.clone().into_bytes()
}

pub(super) fn ioports(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    b"00000000-ffffffff : PCI IO\n".to_vec()
}

pub(super) fn loadavg(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let system = view.system();
    // Busy share since boot in hundredths: a device that idles shows nearly nothing.
    let busy = system.uptime_ns.saturating_sub(system.idle_ns);
    let load = (u128::from(busy) * 100 / u128::from(system.uptime_ns.max(1))) as u64;
    let part = format!("{}.{:02}", load / 100, load % 100);
    format!("{part} {part} {part} {}/{} {}\n", system.running.max(1), system.threads, system.last_pid)
        .into_bytes()
}

/// Where the memory of the machine is, in KiB.
struct Memory {
    total: u64,
    files: u64,
    anonymous: u64,
    cached: u64,
    slab: u64,
    free: u64,
}

fn memory(vfs: &Vfs, view: &dyn ProcView) -> Memory {
    let identity = view.identity();
    let total = identity.memory_kib;
    let files = vfs.used_bytes() / 1024;
    let anonymous = view.system().used_bytes / 1024;
    let cached = 6_212 + files;
    let slab = identity.kernel_kib / 2;
    let free = total.saturating_sub(anonymous + cached + slab + identity.kernel_kib / 4);
    Memory { total, files, anonymous, cached, slab, free }
}

pub(super) fn meminfo(vfs: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let system = view.system();
    let Memory { total, files, anonymous, cached, slab, free } = memory(vfs, view);
    let mut text = String::new();
    let rows: [(&str, u64); 31] = [
        ("MemTotal", total),
        ("MemFree", free),
        ("Buffers", 1_472),
        ("Cached", cached),
        ("SwapCached", 0),
        ("Active", anonymous + cached / 2),
        ("Inactive", cached / 2),
        ("Active(anon)", anonymous),
        ("Inactive(anon)", files),
        ("Active(file)", cached / 2),
        ("Inactive(file)", (cached / 2).saturating_sub(files)),
        ("Unevictable", 0),
        ("Mlocked", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Dirty", 0),
        ("Writeback", 0),
        ("AnonPages", anonymous),
        ("Mapped", cached / 3),
        ("Shmem", files),
        ("Slab", slab),
        ("SReclaimable", slab / 4),
        ("SUnreclaim", slab - slab / 4),
        ("KernelStack", 8 * u64::from(system.threads)),
        ("PageTables", 16 * u64::from(system.threads)),
        ("NFS_Unstable", 0),
        ("Bounce", 0),
        ("WritebackTmp", 0),
        ("CommitLimit", total / 2),
        ("Committed_AS", anonymous * 3),
        ("VmallocTotal", 1_048_372),
    ];
    for (name, kib) in rows {
        let _ = writeln!(text, "{:<15} {kib:>8} kB", format!("{name}:"));
    }
    text.push_str("VmallocUsed:        1624 kB\nVmallocChunk:    1042620 kB\n");
    text.into_bytes()
}

pub(super) fn misc(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    b"130 watchdog\n 61 network_throughput\n 62 network_latency\n 63 cpu_dma_latency\n".to_vec()
}

pub(super) fn modules(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    lines(&view.identity().modules)
}

pub(super) fn mtd(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let mut text = String::from("dev:    size   erasesize  name\n");
    for (index, part) in view.identity().mtd.iter().enumerate() {
        let _ = writeln!(text, "mtd{index}: {:08x} {:08x} \"{}\"", part.size, part.erase_size, part.name);
    }
    text.into_bytes()
}

pub(super) fn partitions(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let mut text = String::from("major minor  #blocks  name\n\n");
    for (index, part) in view.identity().mtd.iter().enumerate() {
        let _ = writeln!(text, "  31 {index:>8} {:>10} mtdblock{index}", part.size / 1024);
    }
    text.into_bytes()
}

pub(super) fn softirqs(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let timer = ticks(view.system().uptime_ns);
    let mut text = String::from("                    CPU0       \n");
    for (name, count) in [
        ("HI", 0),
        ("TIMER", timer),
        ("NET_TX", timer / 900),
        ("NET_RX", timer / 40),
        ("BLOCK", 0),
        ("BLOCK_IOPOLL", 0),
        ("TASKLET", timer / 70),
        ("SCHED", 0),
        ("HRTIMER", timer / 80),
        ("RCU", timer / 3),
    ] {
        let _ = writeln!(text, "{name:>12}: {count:>10}");
    }
    text.into_bytes()
}

pub(super) fn stat(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let system = view.system();
    let idle = ticks(system.idle_ns);
    let busy = ticks(system.uptime_ns.saturating_sub(system.idle_ns));
    let (user, kernel) = (busy / 3, busy - busy / 3);
    let cpu = format!("{user} 0 {kernel} {idle} 0 0 {} 0 0 0", busy / 20);
    let mut text = format!("cpu  {cpu}\ncpu0 {cpu}\nintr {} 0 0 0 0 0 0 0\n", system.interrupts);
    let _ = write!(
        text,
        "ctxt {}\nbtime {}\nprocesses {}\nprocs_running {}\nprocs_blocked 0\n",
        system.switches,
        system.boot_seconds,
        system.forks,
        system.running.max(1)
    );
    let timer = ticks(system.uptime_ns);
    let _ = writeln!(
        text,
        "softirq {} 0 {timer} {} {} 0 0 {} 0 {} {}",
        timer + timer / 3,
        timer / 900,
        timer / 40,
        timer / 70,
        timer / 80,
        timer / 3
    );
    text.into_bytes()
}

pub(super) fn swaps(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    b"Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n".to_vec()
}

pub(super) fn domainname(view: &dyn ProcView) -> Vec<u8> {
    format!("{}\n", view.system().domainname).into_bytes()
}

pub(super) fn hostname(view: &dyn ProcView) -> Vec<u8> {
    format!("{}\n", view.system().hostname).into_bytes()
}

pub(super) fn osrelease(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    format!("{}\n", view.system().release).into_bytes()
}

pub(super) fn kernel_version(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    format!("{}\n", view.system().version).into_bytes()
}

pub(super) fn boot_id(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    uuid_text(view.system().boot_id)
}

pub(super) fn uuid(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    uuid_text(view.system().random_id)
}

/// A random UUID (RFC 9562, version 4) in its text form.
fn uuid_text(random: u128) -> Vec<u8> {
    let bits = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}\n",
        bits >> 96,
        bits >> 80 & 0xffff,
        bits >> 64 & 0xffff,
        bits >> 48 & 0xffff,
        bits & 0xffff_ffff_ffff
    )
    .into_bytes()
}

pub(super) fn sysvipc_msg(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    view.ipc(IpcKind::Messages)
}

pub(super) fn sysvipc_sem(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    view.ipc(IpcKind::Semaphores)
}

pub(super) fn sysvipc_shm(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    view.ipc(IpcKind::Memory)
}

pub(super) fn tty_drivers(_: &Vfs, _: &dyn ProcView) -> Vec<u8> {
    let mut text = String::new();
    for (driver, device, major, minors, kind) in [
        ("/dev/tty", "/dev/tty", 5, "0", "system:/dev/tty"),
        ("/dev/console", "/dev/console", 5, "1", "system:console"),
        ("/dev/ptmx", "/dev/ptmx", 5, "2", "system"),
        ("serial", "/dev/ttyS", 4, "64-67", "serial"),
        ("pty_slave", "/dev/pts", 136, "0-1048575", "pty:slave"),
        ("pty_master", "/dev/ptm", 128, "0-1048575", "pty:master"),
    ] {
        let _ = writeln!(text, "{driver:<20} {device:<11} {major:3} {minors:>7} {kind}");
    }
    text.into_bytes()
}

pub(super) fn uptime(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let system = view.system();
    let hundredths =
        |nanoseconds: u64| format!("{}.{:02}", nanoseconds / 1_000_000_000, nanoseconds / 10_000_000 % 100);
    format!("{} {}\n", hundredths(system.uptime_ns), hundredths(system.idle_ns)).into_bytes()
}

pub(super) fn version(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    format!("{}\n", view.identity().version).into_bytes()
}

pub(super) fn vmstat(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let system = view.system();
    let anonymous = system.used_bytes / 4096;
    let free = (view.identity().memory_kib / 4).saturating_sub(anonymous + 1_900);
    format!(
        "nr_free_pages {free}\nnr_anon_pages {anonymous}\nnr_mapped 612\nnr_dirty 0\nnr_writeback 0\n\
         pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault {}\npgmajfault 41\n",
        system.switches / 3
    )
    .into_bytes()
}

fn lines(rows: &[String]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    text.into_bytes()
}

/// Free memory as the page allocator holds it: in the largest blocks that are left, 4 KiB to 4 MiB.
/// `bus/input/devices`
pub(super) fn inputs(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let mut text = String::new();
    for (index, input) in view.identity().hardware.inputs.iter().enumerate() {
        let folder = input.place.split('/').next().unwrap_or_default();
        let words = input.keys.iter().copied().max().map_or(0, |most| u32::from(most) / 32);
        let word = |place: u32| {
            let within = input.keys.iter().filter(|key| u32::from(**key) / 32 == place);
            within.fold(0_u32, |all, key| all | 1 << (key % 32))
        };
        let keys: Vec<String> = (0..=words).rev().map(|place| format!("{:x}", word(place))).collect();
        let _ = write!(
            text,
            "I: Bus=0019 Vendor=0001 Product=0001 Version=0100\nN: Name=\"{}\"\nP: Phys={}\n\
             S: Sysfs=/devices/platform/{folder}/input/input{index}\nU: Uniq=\n\
             H: Handlers=kbd event{index} \nB: PROP=0\nB: EV=3\nB: KEY={}\n\n",
            input.name,
            input.place,
            keys.join(" ")
        );
    }
    text.into_bytes()
}

pub(super) fn buddyinfo(vfs: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    const ORDERS: u32 = 11;
    let mut pages = memory(vfs, view).free / 4;
    let mut counts = [0; ORDERS as usize];
    for (order, count) in counts.iter_mut().enumerate().rev() {
        // a part of each size is broken up: half of what is left goes to the largest blocks
        let share = if order == 0 { pages } else { pages / 2 };
        *count = share >> order;
        pages -= *count << order;
    }
    let mut line = String::from("Node 0, zone   Normal ");
    counts.iter().for_each(|count| _ = write!(line, "{count:>6} "));
    line.push('\n');
    line.into_bytes()
}

/// The serial console, as the kernel command line names it.
pub(super) fn consoles(_: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let named = view.identity().cmdline.split_whitespace().find_map(|word| word.strip_prefix("console="));
    let name = named.and_then(|value| value.split(',').next()).unwrap_or("ttyS0");
    format!("{name:<21}-W- (EC p a)    4:64\n").into_bytes()
}

pub(super) fn locks(vfs: &Vfs, view: &dyn ProcView) -> Vec<u8> {
    let mut text = String::new();
    for (number, lock) in view.locks(vfs).iter().enumerate() {
        let device = vfs.device_of(lock.file);
        let (kind, pid, start) = (lock.kind, lock.pid, lock.start);
        let strength = if lock.exclusive { "WRITE" } else { "READ" };
        let (major, minor, inode) = (device.major, device.minor, lock.file.number + 1);
        let last = lock.last.map_or_else(|| String::from("EOF"), |last| format!("{last}"));
        let _ = writeln!(
            text,
            "{}: {kind:<6} ADVISORY  {strength} {pid} {major:02x}:{minor:02x}:{inode} {start} {last}",
            number + 1
        );
    }
    text.into_bytes()
}
