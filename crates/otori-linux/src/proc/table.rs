//! Every fixed entry of procfs, one row each: path, mode, what it is. Neighbours: machine.rs, network.rs and
//! process.rs render the texts.
use super::bridge as b;
use super::interface as i;
use super::machine as m;
use super::network as n;
use super::process as p;
use super::setting::Default;
use super::socket_table as t;
use super::view::{Magic, MemoryFile, ProcView, ProcessView};
use crate::vfs::Vfs;
use alloc::vec::Vec;

/// Renders a file of the machine.
pub(super) type Render = fn(&Vfs, &dyn ProcView) -> Vec<u8>;
/// Renders a file of a process.
pub(super) type RenderProcess = fn(&Vfs, &dyn ProcView, &ProcessView) -> Vec<u8>;

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// a directory whose names are rows
    Directory,
    /// `/proc/PID/task`
    Tasks,
    /// `/proc/PID/fd`
    Descriptors,
    /// `/proc/PID/fdinfo`
    DescriptorInfos,
    /// a file of the machine
    Text(Render),
    /// a file of a process
    ProcessText(RenderProcess),
    /// a file that keeps what is written
    Setting(Default),
    /// the same, with a value that is the same on every device at first; a line each
    Value(&'static str),
    /// `/proc/self`
    SelfLink,
    /// `/proc/thread-self`
    ThreadLink,
    /// the memory of a process
    Memory(MemoryFile),
    /// an attribute of an interface, below `/sys/class/net`
    OfInterface(super::interface::Render),
    /// a link from a port to its bridge
    OfMaster,
    /// a link to a path
    Path(&'static str),
    /// a link to a file of a process
    Magic(Magic),
    /// a link to the name space of mounts of a process
    Mounts,
}

/// One entry.
pub(super) struct Row {
    /// path below `/proc` or `/proc/PID`, empty for the directory itself
    pub(super) path: &'static str,
    /// permission bits
    pub(super) mode: u16,
    /// what it is
    pub(super) body: Body,
}

const fn row(path: &'static str, mode: u16, body: Body) -> Row {
    Row { path, mode, body }
}

/// Stands in where a number names no row.
pub(super) static NOTHING: Row = row("", 0, Body::Directory);

/// `/proc`; a directory stands before its entries.
pub(super) static ROOT: &[Row] = &[
    row("", 0o555, Body::Directory),
    row("bus", 0o555, Body::Directory),
    row("bus/input", 0o555, Body::Directory),
    row("bus/input/devices", 0o444, Body::Text(m::inputs)),
    row("buddyinfo", 0o444, Body::Text(m::buddyinfo)),
    row("class", 0o755, Body::Directory),
    row("class/net", 0o755, Body::Directory),
    row("cmdline", 0o444, Body::Text(m::cmdline)),
    row("consoles", 0o444, Body::Text(m::consoles)),
    row("cpuinfo", 0o444, Body::Text(m::cpuinfo)),
    row("crypto", 0o444, Body::Text(m::crypto)),
    row("devices", 0o444, Body::Text(m::devices)),
    row("diskstats", 0o444, Body::Text(m::diskstats)),
    row("driver", 0o555, Body::Directory),
    row("execdomains", 0o444, Body::Text(m::execdomains)),
    row("filesystems", 0o444, Body::Text(m::filesystems)),
    row("fs", 0o555, Body::Directory),
    row("interrupts", 0o444, Body::Text(m::interrupts)),
    row("iomem", 0o444, Body::Text(m::iomem)),
    row("ioports", 0o444, Body::Text(m::ioports)),
    row("irq", 0o555, Body::Directory),
    row("kallsyms", 0o444, Body::Text(m::nothing)),
    row("kmsg", 0o400, Body::Text(m::nothing)),
    row("loadavg", 0o444, Body::Text(m::loadavg)),
    row("locks", 0o444, Body::Text(m::locks)),
    row("meminfo", 0o444, Body::Text(m::meminfo)),
    row("misc", 0o444, Body::Text(m::misc)),
    row("modules", 0o444, Body::Text(m::modules)),
    row("mounts", 0o777, Body::Path("self/mounts")),
    row("mtd", 0o444, Body::Text(m::mtd)),
    row("net", 0o777, Body::Path("self/net")),
    row("partitions", 0o444, Body::Text(m::partitions)),
    row("self", 0o777, Body::SelfLink),
    row("softirqs", 0o444, Body::Text(m::softirqs)),
    row("stat", 0o444, Body::Text(m::stat)),
    row("swaps", 0o444, Body::Text(m::swaps)),
    row("sys", 0o555, Body::Directory),
    row("sys/fs", 0o555, Body::Directory),
    row("sys/fs/aio-max-nr", 0o644, Body::Value("65536")),
    row("sys/fs/epoll", 0o555, Body::Directory),
    row("sys/fs/epoll/max_user_watches", 0o644, Body::Value("26009")),
    row("sys/fs/file-max", 0o644, Body::Value("5970")),
    row(
        "sys/fs/file-nr",
        0o444,
        Body::Text(|_, view| alloc::format!("{}\t0\t5970\n", 32 * view.pids().len()).into_bytes()),
    ),
    row("sys/fs/inotify", 0o555, Body::Directory),
    row("sys/fs/inotify/max_queued_events", 0o644, Body::Value("16384")),
    row("sys/fs/inotify/max_user_instances", 0o644, Body::Value("128")),
    row("sys/fs/inotify/max_user_watches", 0o644, Body::Value("8192")),
    row("sys/fs/mqueue", 0o555, Body::Directory),
    row("sys/fs/mqueue/msg_default", 0o644, Body::Value("10")),
    row("sys/fs/mqueue/msg_max", 0o644, Body::Value("10")),
    row("sys/fs/mqueue/msgsize_default", 0o644, Body::Value("8192")),
    row("sys/fs/mqueue/msgsize_max", 0o644, Body::Value("8192")),
    row("sys/fs/mqueue/queues_max", 0o644, Body::Value("256")),
    row("sys/fs/nr_open", 0o644, Body::Value("1048576")),
    row("sys/fs/pipe-max-size", 0o644, Body::Value("1048576")),
    row("sys/fs/protected_hardlinks", 0o644, Body::Value("0")),
    row("sys/fs/protected_symlinks", 0o644, Body::Value("0")),
    row("sys/fs/suid_dumpable", 0o644, Body::Value("0")),
    row("sys/kernel", 0o555, Body::Directory),
    row("sys/kernel/cap_last_cap", 0o444, Body::Text(|_, _| b"37\n".to_vec())),
    row("sys/kernel/core_pattern", 0o644, Body::Value("core")),
    row("sys/kernel/core_uses_pid", 0o644, Body::Value("0")),
    row("sys/kernel/ctrl-alt-del", 0o644, Body::Value("0")),
    row("sys/kernel/dmesg_restrict", 0o644, Body::Value("0")),
    row("sys/kernel/domainname", 0o644, Body::Setting(m::domainname)),
    row("sys/kernel/hostname", 0o644, Body::Setting(m::hostname)),
    row("sys/kernel/hotplug", 0o644, Body::Value("")),
    row("sys/kernel/kptr_restrict", 0o644, Body::Value("0")),
    row("sys/kernel/modprobe", 0o644, Body::Value("/sbin/modprobe")),
    row("sys/kernel/modules_disabled", 0o644, Body::Value("0")),
    row("sys/kernel/msgmax", 0o644, Body::Value("8192")),
    row("sys/kernel/msgmnb", 0o644, Body::Value("16384")),
    row("sys/kernel/msgmni", 0o644, Body::Value("250")),
    row("sys/kernel/ngroups_max", 0o444, Body::Text(|_, _| b"65536\n".to_vec())),
    row("sys/kernel/osrelease", 0o444, Body::Text(m::osrelease)),
    row("sys/kernel/ostype", 0o444, Body::Text(|_, _| b"Linux\n".to_vec())),
    row("sys/kernel/overflowgid", 0o644, Body::Value("65534")),
    row("sys/kernel/overflowuid", 0o644, Body::Value("65534")),
    row("sys/kernel/panic", 0o644, Body::Value("3")),
    row("sys/kernel/panic_on_oops", 0o644, Body::Value("1")),
    row("sys/kernel/pid_max", 0o644, Body::Value("32768")),
    row("sys/kernel/poweroff_cmd", 0o644, Body::Value("/sbin/poweroff")),
    row("sys/kernel/print-fatal-signals", 0o644, Body::Value("0")),
    row("sys/kernel/printk", 0o644, Body::Value("7\t4\t1\t7")),
    row("sys/kernel/pty", 0o555, Body::Directory),
    row("sys/kernel/pty/max", 0o644, Body::Value("4096")),
    row("sys/kernel/random", 0o555, Body::Directory),
    row("sys/kernel/random/boot_id", 0o444, Body::Text(m::boot_id)),
    row("sys/kernel/random/entropy_avail", 0o444, Body::Text(|_, _| b"896\n".to_vec())),
    row("sys/kernel/random/poolsize", 0o444, Body::Text(|_, _| b"4096\n".to_vec())),
    row("sys/kernel/random/read_wakeup_threshold", 0o644, Body::Value("64")),
    row("sys/kernel/random/uuid", 0o444, Body::Text(m::uuid)),
    row("sys/kernel/random/write_wakeup_threshold", 0o644, Body::Value("896")),
    row("sys/kernel/randomize_va_space", 0o644, Body::Value("1")),
    row("sys/kernel/sched_child_runs_first", 0o644, Body::Value("0")),
    row("sys/kernel/sched_rt_period_us", 0o644, Body::Value("1000000")),
    row("sys/kernel/sched_rt_runtime_us", 0o644, Body::Value("950000")),
    row("sys/kernel/sem", 0o644, Body::Value("250\t32000\t32\t128")),
    row("sys/kernel/shmall", 0o644, Body::Value("8388608")),
    row("sys/kernel/shmmax", 0o644, Body::Value("33554432")),
    row("sys/kernel/shmmni", 0o644, Body::Value("4096")),
    row("sys/kernel/sysrq", 0o644, Body::Value("1")),
    row("sys/kernel/tainted", 0o644, Body::Value("0")),
    row("sys/kernel/threads-max", 0o644, Body::Value("457")),
    row("sys/kernel/version", 0o444, Body::Text(m::kernel_version)),
    row("sys/net", 0o555, Body::Directory),
    row("sys/net/core", 0o555, Body::Directory),
    row("sys/net/core/netdev_max_backlog", 0o644, Body::Value("1000")),
    row("sys/net/core/optmem_max", 0o644, Body::Value("10240")),
    row("sys/net/core/rmem_default", 0o644, Body::Value("163840")),
    row("sys/net/core/rmem_max", 0o644, Body::Value("163840")),
    row("sys/net/core/somaxconn", 0o644, Body::Value("128")),
    row("sys/net/core/wmem_default", 0o644, Body::Value("163840")),
    row("sys/net/core/wmem_max", 0o644, Body::Value("163840")),
    row("sys/net/ipv4", 0o555, Body::Directory),
    row("sys/net/ipv4/conf", 0o555, Body::Directory),
    row("sys/net/ipv4/conf/all", 0o555, Body::Directory),
    row("sys/net/ipv4/conf/all/accept_redirects", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/accept_source_route", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/arp_ignore", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/forwarding", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/log_martians", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/proxy_arp", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/rp_filter", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/all/send_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/default", 0o555, Body::Directory),
    row("sys/net/ipv4/conf/default/accept_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/default/accept_source_route", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/default/forwarding", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/default/rp_filter", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/default/send_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv4/icmp_echo_ignore_all", 0o644, Body::Value("0")),
    row("sys/net/ipv4/icmp_echo_ignore_broadcasts", 0o644, Body::Value("1")),
    row("sys/net/ipv4/icmp_ignore_bogus_error_responses", 0o644, Body::Value("1")),
    row("sys/net/ipv4/igmp_max_memberships", 0o644, Body::Value("20")),
    row("sys/net/ipv4/ip_default_ttl", 0o644, Body::Value("64")),
    row("sys/net/ipv4/ip_forward", 0o644, Body::Value("0")),
    row("sys/net/ipv4/ip_local_port_range", 0o644, Body::Value("32768\t61000")),
    row("sys/net/ipv4/neigh", 0o555, Body::Directory),
    row("sys/net/ipv4/neigh/default", 0o555, Body::Directory),
    row("sys/net/ipv4/neigh/default/gc_thresh1", 0o644, Body::Value("128")),
    row("sys/net/ipv4/neigh/default/gc_thresh2", 0o644, Body::Value("512")),
    row("sys/net/ipv4/neigh/default/gc_thresh3", 0o644, Body::Value("1024")),
    row("sys/net/ipv4/ping_group_range", 0o644, Body::Value("1\t0")),
    row("sys/net/ipv4/route", 0o555, Body::Directory),
    row("sys/net/ipv4/route/flush", 0o200, Body::Value("")),
    row("sys/net/ipv4/tcp_congestion_control", 0o644, Body::Value("cubic")),
    row("sys/net/ipv4/tcp_fin_timeout", 0o644, Body::Value("60")),
    row("sys/net/ipv4/tcp_keepalive_intvl", 0o644, Body::Value("75")),
    row("sys/net/ipv4/tcp_keepalive_probes", 0o644, Body::Value("9")),
    row("sys/net/ipv4/tcp_keepalive_time", 0o644, Body::Value("7200")),
    row("sys/net/ipv4/tcp_max_syn_backlog", 0o644, Body::Value("128")),
    row("sys/net/ipv4/tcp_max_tw_buckets", 0o644, Body::Value("4096")),
    row("sys/net/ipv4/tcp_mem", 0o644, Body::Value("2886\t3849\t5772")),
    row("sys/net/ipv4/tcp_rmem", 0o644, Body::Value("4096\t87380\t985280")),
    row("sys/net/ipv4/tcp_sack", 0o644, Body::Value("1")),
    row("sys/net/ipv4/tcp_syn_retries", 0o644, Body::Value("6")),
    row("sys/net/ipv4/tcp_syncookies", 0o644, Body::Value("0")),
    row("sys/net/ipv4/tcp_timestamps", 0o644, Body::Value("1")),
    row("sys/net/ipv4/tcp_tw_recycle", 0o644, Body::Value("0")),
    row("sys/net/ipv4/tcp_tw_reuse", 0o644, Body::Value("0")),
    row("sys/net/ipv4/tcp_window_scaling", 0o644, Body::Value("1")),
    row("sys/net/ipv4/tcp_wmem", 0o644, Body::Value("4096\t16384\t985280")),
    row("sys/net/ipv6", 0o555, Body::Directory),
    row("sys/net/ipv6/bindv6only", 0o644, Body::Value("0")),
    row("sys/net/ipv6/conf", 0o555, Body::Directory),
    row("sys/net/ipv6/conf/all", 0o555, Body::Directory),
    row("sys/net/ipv6/conf/all/disable_ipv6", 0o644, Body::Value("0")),
    row("sys/net/ipv6/conf/all/forwarding", 0o644, Body::Value("0")),
    row("sys/net/ipv6/conf/default", 0o555, Body::Directory),
    row("sys/net/ipv6/conf/default/disable_ipv6", 0o644, Body::Value("0")),
    row("sys/net/unix", 0o555, Body::Directory),
    row("sys/net/unix/max_dgram_qlen", 0o644, Body::Value("10")),
    row("sys/vm", 0o555, Body::Directory),
    row("sys/vm/dirty_background_ratio", 0o644, Body::Value("10")),
    row("sys/vm/dirty_expire_centisecs", 0o644, Body::Value("3000")),
    row("sys/vm/dirty_ratio", 0o644, Body::Value("20")),
    row("sys/vm/dirty_writeback_centisecs", 0o644, Body::Value("500")),
    row("sys/vm/drop_caches", 0o644, Body::Value("0")),
    row("sys/vm/laptop_mode", 0o644, Body::Value("0")),
    row("sys/vm/max_map_count", 0o644, Body::Value("65530")),
    row("sys/vm/min_free_kbytes", 0o644, Body::Value("996")),
    row("sys/vm/mmap_min_addr", 0o644, Body::Value("4096")),
    row("sys/vm/oom_dump_tasks", 0o644, Body::Value("1")),
    row("sys/vm/oom_kill_allocating_task", 0o644, Body::Value("0")),
    row("sys/vm/overcommit_kbytes", 0o644, Body::Value("0")),
    row("sys/vm/overcommit_memory", 0o644, Body::Value("0")),
    row("sys/vm/overcommit_ratio", 0o644, Body::Value("50")),
    row("sys/vm/panic_on_oom", 0o644, Body::Value("0")),
    row("sys/vm/swappiness", 0o644, Body::Value("60")),
    row("sys/vm/vfs_cache_pressure", 0o644, Body::Value("100")),
    row("sysrq-trigger", 0o200, Body::Setting(|_| Vec::new())),
    row("sysvipc", 0o555, Body::Directory),
    row("sysvipc/msg", 0o444, Body::Text(m::sysvipc_msg)),
    row("sysvipc/sem", 0o444, Body::Text(m::sysvipc_sem)),
    row("sysvipc/shm", 0o444, Body::Text(m::sysvipc_shm)),
    row("thread-self", 0o777, Body::ThreadLink),
    row("timer_list", 0o444, Body::Text(m::nothing)),
    row("tty", 0o555, Body::Directory),
    row("tty/drivers", 0o444, Body::Text(m::tty_drivers)),
    row("uptime", 0o444, Body::Text(m::uptime)),
    row("version", 0o444, Body::Text(m::version)),
    row("vmstat", 0o444, Body::Text(m::vmstat)),
    row("zoneinfo", 0o444, Body::Text(m::nothing)),
];

/// `/proc/PID`; a directory stands before its entries.
pub(super) static PROCESS: &[Row] = &[
    row("", 0o555, Body::Directory),
    row("task", 0o555, Body::Tasks),
    row("fd", 0o500, Body::Descriptors),
    row("fdinfo", 0o500, Body::DescriptorInfos),
    row("net", 0o555, Body::Directory),
    row("net/arp", 0o444, Body::ProcessText(n::arp)),
    row("net/dev", 0o444, Body::ProcessText(n::dev)),
    row("net/dev_mcast", 0o444, Body::ProcessText(n::dev_mcast)),
    row("net/icmp", 0o444, Body::ProcessText(t::icmp)),
    row("net/icmp6", 0o444, Body::ProcessText(t::icmp6)),
    row("net/if_inet6", 0o444, Body::ProcessText(n::if_inet6)),
    row("net/igmp", 0o444, Body::ProcessText(n::igmp)),
    row("net/igmp6", 0o444, Body::ProcessText(n::igmp6)),
    row("net/ipv6_route", 0o444, Body::ProcessText(n::ipv6_route)),
    row("net/mcfilter", 0o444, Body::ProcessText(n::mcfilter)),
    row("net/netlink", 0o444, Body::ProcessText(t::netlink)),
    row("net/netstat", 0o444, Body::ProcessText(n::netstat)),
    row("net/packet", 0o444, Body::ProcessText(t::packet)),
    row("net/protocols", 0o444, Body::ProcessText(n::protocols)),
    row("net/psched", 0o444, Body::ProcessText(n::psched)),
    row("net/ptype", 0o444, Body::ProcessText(n::ptype)),
    row("net/raw", 0o444, Body::ProcessText(t::raw)),
    row("net/raw6", 0o444, Body::ProcessText(t::raw6)),
    row("net/route", 0o444, Body::ProcessText(n::route)),
    row("net/rt_cache", 0o444, Body::ProcessText(n::rt_cache)),
    row("net/snmp", 0o444, Body::ProcessText(n::snmp)),
    row("net/snmp6", 0o444, Body::ProcessText(n::snmp6)),
    row("net/softnet_stat", 0o444, Body::ProcessText(n::softnet_stat)),
    row("net/sockstat", 0o444, Body::ProcessText(n::sockstat)),
    row("net/sockstat6", 0o444, Body::ProcessText(n::sockstat6)),
    row("net/tcp", 0o444, Body::ProcessText(t::tcp)),
    row("net/tcp6", 0o444, Body::ProcessText(t::tcp6)),
    row("net/udp", 0o444, Body::ProcessText(t::udp)),
    row("net/udp6", 0o444, Body::ProcessText(t::udp6)),
    row("net/unix", 0o444, Body::ProcessText(t::unix)),
    row("net/vlan", 0o555, Body::Directory),
    row("net/vlan/config", 0o600, Body::ProcessText(n::vlans)),
    row("net/wireless", 0o444, Body::ProcessText(n::wireless)),
    row("ns", 0o511, Body::Directory),
    row("ns/mnt", 0o777, Body::Mounts),
    row("environ", 0o400, Body::ProcessText(p::environ)),
    row("auxv", 0o400, Body::ProcessText(p::auxv)),
    row("status", 0o444, Body::ProcessText(p::status)),
    row("personality", 0o400, Body::ProcessText(p::personality)),
    row("limits", 0o444, Body::ProcessText(p::limits)),
    row("comm", 0o644, Body::ProcessText(p::comm)),
    row("cmdline", 0o444, Body::ProcessText(p::cmdline)),
    row("stat", 0o444, Body::ProcessText(p::stat)),
    row("statm", 0o444, Body::ProcessText(p::statm)),
    row("maps", 0o444, Body::ProcessText(p::maps)),
    row("smaps", 0o444, Body::ProcessText(p::smaps)),
    row("mem", 0o600, Body::Memory(MemoryFile::Bytes)),
    row("pagemap", 0o400, Body::Memory(MemoryFile::Pages)),
    row("clear_refs", 0o200, Body::ProcessText(p::nothing)),
    row("loginuid", 0o644, Body::ProcessText(p::loginuid)),
    row("sessionid", 0o444, Body::ProcessText(p::loginuid)),
    row("schedstat", 0o444, Body::ProcessText(p::schedstat)),
    row("timerslack_ns", 0o666, Body::ProcessText(p::timer_slack)),
    row("cwd", 0o777, Body::Magic(Magic::Cwd)),
    row("root", 0o777, Body::Magic(Magic::Root)),
    row("exe", 0o777, Body::Magic(Magic::Exe)),
    row("mounts", 0o444, Body::ProcessText(p::mounts)),
    row("mountinfo", 0o444, Body::ProcessText(p::mountinfo)),
    row("mountstats", 0o400, Body::ProcessText(p::mountstats)),
    row("wchan", 0o444, Body::ProcessText(p::wchan)),
    row("stack", 0o400, Body::ProcessText(p::nothing)),
    row("oom_score", 0o444, Body::ProcessText(p::oom_score)),
    row("oom_adj", 0o644, Body::ProcessText(p::oom_adj)),
    row("oom_score_adj", 0o644, Body::ProcessText(p::oom_score_adj)),
    row("io", 0o400, Body::ProcessText(p::io)),
    row("coredump_filter", 0o644, Body::ProcessText(p::coredump_filter)),
    row("cgroup", 0o444, Body::ProcessText(p::nothing)),
    row("sched", 0o644, Body::ProcessText(p::nothing)),
];

/// Where `/sys/class/net` stands among the rows of `/proc`, which does not show it.
pub(super) const SYSFS: &str = "class";

/// The ports of a bridge.
pub(super) const PORTS: &str = "class/net/*/brif";

/// What each interface has below `/proc/sys/net` and `/sys/class/net`; `*` stands for its name.
pub(super) static INTERFACE: &[Row] = &[
    row("class/net/*", 0o755, Body::Directory),
    row("class/net/*/addr_assign_type", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/addr_len", 0o444, Body::OfInterface(i::address_length)),
    row("class/net/*/address", 0o444, Body::OfInterface(i::address)),
    row("class/net/*/brforward", 0o444, Body::OfInterface(b::addresses)),
    row("class/net/*/bridge", 0o755, Body::Directory),
    row("class/net/*/bridge/ageing_time", 0o644, Body::OfInterface(b::ageing_time)),
    row("class/net/*/bridge/bridge_id", 0o444, Body::OfInterface(b::id)),
    row("class/net/*/bridge/forward_delay", 0o644, Body::OfInterface(b::forward_delay)),
    row("class/net/*/bridge/gc_timer", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/hello_time", 0o644, Body::OfInterface(b::hello_time)),
    row("class/net/*/bridge/hello_timer", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/max_age", 0o644, Body::OfInterface(b::max_age)),
    row("class/net/*/bridge/priority", 0o644, Body::OfInterface(b::priority)),
    row("class/net/*/bridge/root_id", 0o444, Body::OfInterface(b::id)),
    row("class/net/*/bridge/root_path_cost", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/root_port", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/stp_state", 0o644, Body::OfInterface(b::spanning_tree)),
    row("class/net/*/bridge/tcn_timer", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/topology_change", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/topology_change_detected", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/bridge/topology_change_timer", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/brif", 0o755, Body::Directory),
    row("class/net/*/brport", 0o755, Body::Directory),
    row("class/net/*/brport/bridge", 0o777, Body::OfMaster),
    row("class/net/*/brport/path_cost", 0o644, Body::OfInterface(b::path_cost)),
    row("class/net/*/brport/port_id", 0o444, Body::OfInterface(b::port_id)),
    row("class/net/*/brport/port_no", 0o444, Body::OfInterface(b::port_number)),
    row("class/net/*/brport/priority", 0o644, Body::OfInterface(b::port_priority)),
    row("class/net/*/brport/state", 0o444, Body::OfInterface(b::port_state)),
    row("class/net/*/broadcast", 0o444, Body::OfInterface(i::broadcast)),
    row("class/net/*/carrier", 0o444, Body::OfInterface(i::carrier)),
    row("class/net/*/dev_id", 0o444, Body::OfInterface(i::device_id)),
    row("class/net/*/dormant", 0o444, Body::OfInterface(i::dormant)),
    row("class/net/*/duplex", 0o444, Body::OfInterface(i::duplex)),
    row("class/net/*/flags", 0o644, Body::OfInterface(i::flags)),
    row("class/net/*/ifalias", 0o644, Body::OfInterface(i::alias)),
    row("class/net/*/ifindex", 0o444, Body::OfInterface(i::number)),
    row("class/net/*/iflink", 0o444, Body::OfInterface(i::number_below)),
    row("class/net/*/link_mode", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/master", 0o777, Body::OfMaster),
    row("class/net/*/mtu", 0o644, Body::OfInterface(i::mtu)),
    row("class/net/*/operstate", 0o444, Body::OfInterface(i::state)),
    row("class/net/*/speed", 0o444, Body::OfInterface(i::speed)),
    row("class/net/*/statistics", 0o755, Body::Directory),
    row("class/net/*/statistics/collisions", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/statistics/multicast", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/statistics/rx_bytes", 0o444, Body::OfInterface(i::received_bytes)),
    row("class/net/*/statistics/rx_dropped", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/statistics/rx_errors", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/statistics/rx_packets", 0o444, Body::OfInterface(i::received_packets)),
    row("class/net/*/statistics/tx_bytes", 0o444, Body::OfInterface(i::sent_bytes)),
    row("class/net/*/statistics/tx_dropped", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/statistics/tx_errors", 0o444, Body::OfInterface(i::zero)),
    row("class/net/*/statistics/tx_packets", 0o444, Body::OfInterface(i::sent_packets)),
    row("class/net/*/tx_queue_len", 0o644, Body::OfInterface(i::queue_length)),
    row("class/net/*/type", 0o444, Body::OfInterface(i::kind)),
    row("class/net/*/uevent", 0o644, Body::OfInterface(i::event)),
    row("sys/net/ipv4/conf/*", 0o555, Body::Directory),
    row("sys/net/ipv4/conf/*/accept_local", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/accept_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/*/accept_source_route", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/arp_accept", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/arp_announce", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/arp_filter", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/arp_ignore", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/arp_notify", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/bootp_relay", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/disable_policy", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/disable_xfrm", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/force_igmp_version", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/forwarding", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/log_martians", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/mc_forwarding", 0o444, Body::Value("0")),
    row("sys/net/ipv4/conf/*/medium_id", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/promote_secondaries", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/proxy_arp", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/proxy_arp_pvlan", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/rp_filter", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/secure_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/*/send_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/*/shared_media", 0o644, Body::Value("1")),
    row("sys/net/ipv4/conf/*/src_valid_mark", 0o644, Body::Value("0")),
    row("sys/net/ipv4/conf/*/tag", 0o644, Body::Value("0")),
    row("sys/net/ipv4/neigh/*", 0o555, Body::Directory),
    row("sys/net/ipv4/neigh/*/app_solicit", 0o644, Body::Value("0")),
    row("sys/net/ipv4/neigh/*/base_reachable_time_ms", 0o644, Body::Value("30000")),
    row("sys/net/ipv4/neigh/*/delay_first_probe_time", 0o644, Body::Value("5")),
    row("sys/net/ipv4/neigh/*/gc_stale_time", 0o644, Body::Value("60")),
    row("sys/net/ipv4/neigh/*/locktime", 0o644, Body::Value("100")),
    row("sys/net/ipv4/neigh/*/mcast_solicit", 0o644, Body::Value("3")),
    row("sys/net/ipv4/neigh/*/proxy_delay", 0o644, Body::Value("80")),
    row("sys/net/ipv4/neigh/*/proxy_qlen", 0o644, Body::Value("64")),
    row("sys/net/ipv4/neigh/*/retrans_time_ms", 0o644, Body::Value("1000")),
    row("sys/net/ipv4/neigh/*/ucast_solicit", 0o644, Body::Value("3")),
    row("sys/net/ipv6/conf/*", 0o555, Body::Directory),
    row("sys/net/ipv6/conf/*/accept_dad", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/accept_ra", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/accept_ra_defrtr", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/accept_ra_pinfo", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/accept_redirects", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/autoconf", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/dad_transmits", 0o644, Body::Value("1")),
    row("sys/net/ipv6/conf/*/disable_ipv6", 0o644, Body::Value("0")),
    row("sys/net/ipv6/conf/*/forwarding", 0o644, Body::Value("0")),
    row("sys/net/ipv6/conf/*/hop_limit", 0o644, Body::Value("64")),
    row("sys/net/ipv6/conf/*/max_addresses", 0o644, Body::Value("16")),
    row("sys/net/ipv6/conf/*/mtu", 0o644, Body::Value("1500")),
    row("sys/net/ipv6/conf/*/proxy_ndp", 0o644, Body::Value("0")),
    row("sys/net/ipv6/conf/*/router_solicitations", 0o644, Body::Value("3")),
    row("sys/net/ipv6/conf/*/use_tempaddr", 0o644, Body::Value("0")),
];

/// The row of what each interface has in a directory of [`ROOT`].
pub(super) fn of_interfaces(directory: &str) -> Option<u16> {
    let stands = |row: &Row| row.path.strip_suffix("/*").is_some_and(|above| above == directory);
    INTERFACE.iter().position(stands).map(|index| index as u16)
}

/// The last component of a row's path.
pub(super) fn last(path: &'static str) -> &'static str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The row with that path.
pub(super) fn find(rows: &[Row], path: &str) -> Option<u16> {
    rows.iter().position(|row| row.path == path).map(|index| index as u16)
}

/// The row of the directory above a path.
pub(super) fn parent(rows: &[Row], path: &str) -> u16 {
    find(rows, folder(path)).unwrap_or(0)
}

/// The row of a name in a directory.
pub(super) fn child(rows: &'static [Row], directory: &str, name: &str) -> Option<u16> {
    let stands = |row: &Row| !row.path.is_empty() && folder(row.path) == directory && last(row.path) == name;
    rows.iter().position(stands).map(|index| index as u16)
}

/// The rows of a directory.
pub(super) fn children(rows: &'static [Row], directory: usize) -> Vec<u16> {
    let Some(path) = rows.get(directory).map(|row| row.path) else { return Vec::new() };
    let stands = |row: &Row| !row.path.is_empty() && folder(row.path) == path;
    rows.iter().enumerate().filter(|(_, row)| stands(row)).map(|(index, _)| index as u16).collect()
}

/// Whether an entry is of IPv6: a kernel without it has none of them.
pub(super) fn is_of_ipv6(path: &str) -> bool {
    let six = |name: &str| name.ends_with('6') || name == "ipv6_route";
    path.strip_prefix("net/").is_some_and(six) || path.starts_with("sys/net/ipv6")
}
