//! What it amounts to, in ATT&CK's words (Enterprise matrix, Linux).
//!
//! Key table: [`ROWS`], one technique each with the rule that sees it. Evidence is a sentence for a person and
//! names what was seen, not how often it may happen elsewhere.
use super::ledger::SCAN_HOSTS;
use super::watch::Watch;
use otori_event::report::{Behaviour, Contact, FileOperation};
use otori_event::{RawText, Transport};

/// What the rules look at.
pub(crate) struct Seen<'a> {
    pub(crate) watch: &'a Watch,
    pub(crate) contacts: &'a [Contact],
    /// transport, port, hosts
    pub(crate) scans: &'a [(Transport, u16, usize)],
    /// where the sample stood
    pub(crate) own_path: &'a [u8],
    /// files it left or wrote, other than itself
    pub(crate) dropped: usize,
}

struct Row {
    technique: &'static str,
    name: &'static str,
    sees: fn(&Seen<'_>) -> Option<String>,
}

const fn row(technique: &'static str, name: &'static str, sees: fn(&Seen<'_>) -> Option<String>) -> Row {
    Row { technique, name, sees }
}

/// Sorted by technique.
static ROWS: [Row; 27] = [
    row("T1014", "Rootkit", |seen| called(seen, &["init_module", "finit_module"])),
    row("T1016", "System Network Configuration Discovery", |seen| {
        read(seen, &["/proc/net/route", "/proc/net/arp", "/proc/net/dev", "/etc/resolv.conf"])
    }),
    row("T1036", "Masquerading", masquerading),
    row("T1037.004", "Boot or Logon Initialization Scripts: RC Scripts", |seen| {
        written(seen, &["/etc/rc", "/etc/init.d/", "/etc/inittab", "/etc/conf.d/", "/etc/config/"])
    }),
    row("T1046", "Network Service Discovery", scanning),
    row("T1049", "System Network Connections Discovery", |seen| {
        read(seen, &["/proc/net/tcp", "/proc/net/udp"])
    }),
    row("T1053.003", "Scheduled Task/Job: Cron", |seen| {
        written(seen, &["/etc/cron", "/var/spool/cron", "/etc/anacrontab"])
            .or_else(|| executed(seen, &["crontab"]))
    }),
    row("T1057", "Process Discovery", process_discovery),
    row("T1059.004", "Command and Scripting Interpreter: Unix Shell", |seen| {
        executed(seen, &["sh", "ash", "bash", "dash"])
    }),
    row("T1070.003", "Indicator Removal: Clear Command History", |seen| {
        removed(seen, &[".bash_history", ".ash_history"])
    }),
    row("T1070.004", "Indicator Removal: File Deletion", own_deletion),
    row("T1071.001", "Application Layer Protocol: Web Protocols", |seen| {
        let contact = seen.contacts.iter().find(|contact| contact.application == "http")?;
        Some(format!("HTTP request to {}", shown(contact.url.as_deref().unwrap_or("a server"))))
    }),
    row("T1071.004", "Application Layer Protocol: DNS", |seen| {
        let contact =
            seen.contacts.iter().find(|contact| contact.application == "dns" && contact.count >= 20)?;
        Some(format!("{} DNS messages to {}", contact.count, contact.remote))
    }),
    row("T1082", "System Information Discovery", |seen| {
        read(
            seen,
            &["/proc/cpuinfo", "/proc/meminfo", "/proc/version", "/proc/stat", "/sys/devices/system/cpu/"],
        )
    }),
    row("T1095", "Non-Application Layer Protocol", raw_contact),
    row("T1098.004", "Account Manipulation: SSH Authorized Keys", |seen| {
        written_with(seen, "authorized_keys")
    }),
    row("T1105", "Ingress Tool Transfer", |seen| {
        let tool = executed(seen, &["wget", "curl", "tftp", "ftpget"]);
        tool.or_else(|| {
            let fetched = seen.contacts.iter().any(|contact| contact.url.is_some());
            (fetched && seen.dropped > 0).then(|| "asked a server by HTTP and wrote a file".to_owned())
        })
    }),
    row("T1110", "Brute Force", |seen| {
        let tried =
            seen.contacts.iter().filter(|contact| contact.application == "telnet" && contact.bytes_out > 0);
        let count = tried.count();
        (count >= 3).then(|| format!("typed into the telnet log-in of {count} hosts or more"))
    }),
    row("T1485", "Data Destruction", |seen| {
        let gone = files(seen, FileOperation::Removed).filter(|path| !path.starts_with(b"/tmp/")).count();
        (gone >= 20).then(|| format!("removed {gone} files outside /tmp"))
    }),
    row("T1489", "Service Stop", |seen| {
        let killed = seen.watch.killed.len();
        (killed > 0).then(|| format!("killed {killed} processes of the device"))
    }),
    row("T1497.001", "Virtualization/Sandbox Evasion: System Checks", |seen| {
        read(seen, &["/sys/class/dmi/", "/sys/devices/virtual/dmi/", "/proc/scsi/scsi", "/proc/1/mountinfo"])
    }),
    row("T1498.001", "Network Denial of Service: Direct Network Flood", |seen| {
        let flood = seen.contacts.iter().find(|contact| contact.count >= 1_000)?;
        Some(format!("{} connections or datagrams to {}", flood.count, flood.remote))
    }),
    row("T1543.002", "Create or Modify System Process: Systemd Service", |seen| {
        written(seen, &["/etc/systemd/", "/lib/systemd/", "/usr/lib/systemd/"])
    }),
    row("T1546.004", "Event Triggered Execution: Unix Shell Configuration Modification", |seen| {
        written(seen, &["/etc/profile", "/root/.profile", "/root/.bashrc"])
            .or_else(|| written_with(seen, ".bashrc"))
    }),
    row("T1562.001", "Impair Defenses: Disable or Modify Tools", |seen| {
        let watchdog = |what: &&String| what.contains("watchdog");
        let refused = seen.watch.refused.keys().find(watchdog).map(|what| shown(what));
        refused.or_else(|| written_with(seen, "watchdog"))
    }),
    row("T1562.004", "Impair Defenses: Disable or Modify System Firewall", |seen| {
        executed(seen, &["iptables", "ip6tables", "nft", "ufw"])
    }),
    row("T1622", "Debugger Evasion", |seen| called(seen, &["ptrace"])),
];

/// Every technique that was seen, in the order of the table.
pub(crate) fn behaviours(seen: &Seen<'_>) -> Vec<Behaviour> {
    let found = ROWS.iter().filter_map(|row| (row.sees)(seen).map(|evidence| (row, evidence)));
    let behaviour = |(row, evidence): (&Row, String)| Behaviour {
        technique: row.technique.into(),
        name: row.name.into(),
        evidence,
    };
    found.map(behaviour).collect()
}

/// Attacker's bytes, safe in a sentence and short.
fn shown(text: &str) -> String {
    RawText::from(text).to_string().chars().take(200).collect()
}
fn shown_path(path: &[u8]) -> String {
    RawText::new(path).to_string().chars().take(200).collect()
}

fn files<'a>(seen: &'a Seen<'_>, operation: FileOperation) -> impl Iterator<Item = &'a [u8]> {
    let done = seen.watch.files.iter().filter(move |file| file.operation == operation && file.succeeded);
    done.map(|file| file.path.as_bytes())
}
fn with_prefix(seen: &Seen<'_>, operation: FileOperation, prefixes: &[&str], what: &str) -> Option<String> {
    let fits = |path: &&[u8]| prefixes.iter().any(|prefix| path.starts_with(prefix.as_bytes()));
    files(seen, operation).find(fits).map(|path| format!("{what} {}", shown_path(path)))
}
fn read(seen: &Seen<'_>, prefixes: &[&str]) -> Option<String> {
    with_prefix(seen, FileOperation::Read, prefixes, "read")
}
fn written(seen: &Seen<'_>, prefixes: &[&str]) -> Option<String> {
    with_prefix(seen, FileOperation::Written, prefixes, "wrote")
        .or_else(|| with_prefix(seen, FileOperation::Renamed, prefixes, "moved a file to"))
}
fn written_with(seen: &Seen<'_>, part: &str) -> Option<String> {
    let fits = |path: &&[u8]| path.windows(part.len()).any(|window| window == part.as_bytes());
    files(seen, FileOperation::Written)
        .find(fits)
        .map(|path| format!("opened {} for writing", shown_path(path)))
}
fn removed(seen: &Seen<'_>, parts: &[&str]) -> Option<String> {
    let fits = |path: &&[u8]| parts.iter().any(|part| path.ends_with(part.as_bytes()));
    files(seen, FileOperation::Removed).find(fits).map(|path| format!("removed {}", shown_path(path)))
}
fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}
/// A program of one of these names ran, itself or as busybox's first argument.
fn executed(seen: &Seen<'_>, names: &[&str]) -> Option<String> {
    let fits = |name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
    let tried = seen.watch.files.iter().filter(|file| file.operation == FileOperation::Executed);
    let by_path = tried.map(|file| file.path.as_bytes()).find(|path| fits(base_name(path)));
    let by_argument = || {
        let applet = |argument: &RawText| fits(base_name(argument.as_bytes()));
        let process =
            seen.watch.processes.iter().find(|process| process.arguments.iter().take(2).any(applet))?;
        Some(process.path.as_bytes())
    };
    by_path.or_else(by_argument).map(|path| format!("ran {}", shown_path(path)))
}
fn called(seen: &Seen<'_>, names: &[&str]) -> Option<String> {
    let count = |name: &&&str| {
        seen.watch.syscalls.contains_key(**name) || seen.watch.unsupported.contains_key(**name)
    };
    names.iter().find(count).map(|name| format!("called {name}"))
}

/// The name shown by `ps` is not that of the file.
fn masquerading(seen: &Seen<'_>) -> Option<String> {
    if let Some((pid, before, after)) = seen.watch.renamed.first() {
        return Some(format!(
            "process {pid} renamed itself from {} to {}",
            shown_path(before),
            shown_path(after)
        ));
    }
    let own = base_name(seen.own_path);
    let first = seen.watch.processes.first()?;
    let argument = first.arguments.first()?;
    let differs = base_name(argument.as_bytes()) != own && first.path.as_bytes() == seen.own_path;
    differs.then(|| format!("ran as {} with argv[0] {}", shown_path(own), shown_path(argument.as_bytes())))
}

fn own_deletion(seen: &Seen<'_>) -> Option<String> {
    let own = files(seen, FileOperation::Removed).find(|path| *path == seen.own_path)?;
    Some(format!("deleted its own file {}", shown_path(own)))
}

fn scanning(seen: &Seen<'_>) -> Option<String> {
    let scans: Vec<String> = seen
        .scans
        .iter()
        .filter(|scan| matches!(scan.0, Transport::Tcp) && scan.2 >= SCAN_HOSTS)
        .take(8)
        .map(|(_, port, hosts)| format!("{hosts} hosts on port {port}"))
        .collect();
    (!scans.is_empty()).then(|| format!("tried {}", scans.join(", ")))
}

fn process_discovery(seen: &Seen<'_>) -> Option<String> {
    let of_process = |path: &&[u8]| {
        path.strip_prefix(b"/proc/").and_then(|rest| rest.first()).is_some_and(u8::is_ascii_digit)
    };
    let count = files(seen, FileOperation::Read).filter(of_process).count();
    (count >= 5).then(|| format!("read {count} files of other processes below /proc"))
}

/// Sent bytes, or connected, to a server of its own choice without a known protocol.
fn raw_contact(seen: &Seen<'_>) -> Option<String> {
    let scanned = |contact: &Contact| {
        seen.scans.iter().any(|scan| (scan.0, scan.1) == (contact.transport, contact.remote.port))
    };
    let is_raw = |contact: &&Contact| contact.application == "unknown" && !scanned(contact);
    let contact = seen.contacts.iter().find(is_raw)?;
    let word = if contact.transport == Transport::Udp { "UDP" } else { "TCP" };
    let name = contact.name.as_deref().map(|name| format!(" ({})", shown(name))).unwrap_or_default();
    Some(format!("{word} to {}{name}, {} bytes sent", contact.remote, contact.bytes_out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_device::linux::{Notice, NoticeKind};
    use otori_event::report::Process;

    const OWN: &[u8] = b"/tmp/bot";

    /// Techniques that these notices of the first process show.
    fn check(kinds: Vec<NoticeKind>, expect: &[&str]) {
        let first = Process {
            pid: 7,
            parent: 0,
            path: RawText::new(OWN),
            comm: "bot".into(),
            arguments: vec![RawText::new(OWN)],
            started_ns: 0,
            ended_ns: None,
            status: None,
        };
        let mut watch = Watch::new(0, first);
        watch.take(kinds.into_iter().map(|kind| Notice { at_ns: 5, pid: 7, kind }).collect());
        let seen = Seen { watch: &watch, contacts: &[], scans: &[], own_path: OWN, dropped: 0 };
        let found = behaviours(&seen);
        let techniques: Vec<&str> = found.iter().map(|row| row.technique.as_str()).collect();
        assert_eq!(techniques, expect, "{found:?}");
    }
    fn open(path: &str, write: bool) -> NoticeKind {
        NoticeKind::Open { path: path.into(), write, error: None }
    }
    fn call(line: &str) -> NoticeKind {
        NoticeKind::Call { line: line.into() }
    }

    #[test]
    fn rows_are_sorted() {
        assert!(ROWS.is_sorted_by_key(|row| row.technique));
    }

    #[test]
    fn each_deed_has_its_technique() {
        check(vec![], &[]);
        check(vec![open("/tmp/x", true), open("/etc/passwd", false)], &[]);
        check(vec![NoticeKind::Unlink { path: OWN.to_vec() }], &["T1070.004"]);
        check(vec![NoticeKind::Unlink { path: b"/tmp/other".to_vec() }], &[]);
        check(vec![NoticeKind::Renamed { comm: b"sshd".to_vec() }], &["T1036"]);
        check(vec![NoticeKind::Renamed { comm: b"bot".to_vec() }], &[]);
        check(vec![open("/etc/init.d/S99x", true)], &["T1037.004"]);
        check(vec![open("/etc/cron.hourly/x", true)], &["T1053.003"]);
        check(
            vec![NoticeKind::Rename { from: b"/tmp/a".to_vec(), to: b"/etc/rc.local".to_vec() }],
            &["T1037.004"],
        );
        check(vec![open("/root/.ssh/authorized_keys", true)], &["T1098.004"]);
        check(vec![open("/proc/net/tcp", false), open("/proc/cpuinfo", false)], &["T1049", "T1082"]);
        check((1..9).map(|pid| open(&format!("/proc/{pid}/exe"), false)).collect(), &["T1057"]);
        check(vec![NoticeKind::Refused { what: "watchdog disabled".into() }], &["T1562.001"]);
        check(vec![call("ptrace(PTRACE_TRACEME) = 0")], &["T1622"]);
        check(vec![call("ptraceful"), call("<... ptrace resumed>")], &[]);
        let exec = |path: &[u8], argv: &[&[u8]]| NoticeKind::Exec {
            path: path.to_vec(),
            script: None,
            argv: argv.iter().map(|argument| argument.to_vec()).collect(),
        };
        check(vec![exec(b"/bin/busybox", &[b"busybox", b"wget", b"x"])], &["T1105"]);
        check(
            vec![NoticeKind::ExecFailed {
                path: b"/usr/sbin/iptables".to_vec(),
                error: otori_device::linux::errno::Errno::ENOENT,
            }],
            &["T1562.004"],
        );
    }

    #[test]
    fn a_killed_process_of_the_device_is_a_stopped_service() {
        let exit = |signal| NoticeKind::Exit { status: 137, signal };
        let mut watch = Watch::default();
        let notice = |pid, signal| Notice { at_ns: 1, pid, kind: exit(signal) };
        watch.take(vec![notice(300, Some(9)), notice(301, None)]);
        assert_eq!(watch.killed, [300]);
    }
}
