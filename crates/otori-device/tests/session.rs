//! Sessions on the real camera: what an attacker's commands answer, how much a session costs.
use otori_device::linux::net::NoOutside;
use otori_device::linux::{Machine, Run};
use otori_device::{Device, Profile, SessionSetup, userland};
use std::path::PathBuf;
use std::sync::OnceLock;

fn camera() -> &'static Device {
    static CAMERA: OnceLock<Device> = OnceLock::new();
    CAMERA.get_or_init(|| {
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("userland");
        let profile = Profile::embedded("camera-mipsel").expect("the embedded profile is right");
        let ready = userland::obtain(&cache, &profile.table.userland, &mut |_| {})
            .unwrap_or_else(|error| panic!("{error}"));
        Device::prepare(profile, &ready.root).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn session(seed: u64) -> Machine {
    camera().session(SessionSetup {
        seed,
        wall_ns: 1_700_000_000_000_000_000,
        peer: Some(([203, 0, 113, 5], 40_000).into()),
        local: Some(([198, 51, 100, 7], 23).into()),
        outside: Box::new(NoOutside),
    })
}

/// Runs until everybody waits for nothing, jumping over sleeps.
fn run(machine: &mut Machine, output: &mut Vec<u8>) {
    for _ in 0..10_000 {
        let run = machine.run(2_000_000);
        output.extend(machine.take_stdout());
        output.extend(machine.take_stderr());
        match run {
            Run::Budget => {}
            Run::Idle { wake_ns: Some(wake_ns) } => machine.advance_to(wake_ns),
            Run::Idle { wake_ns: None } | Run::Finished => return,
        }
    }
    panic!("does not end");
}

/// What a command line answers, and how it ended.
fn answer(line: &str) -> (String, Option<u32>) {
    let mut machine = session(7);
    let pid = machine.spawn(camera().command(line.as_bytes())).expect("sh starts");
    machine.host_stdin_close();
    let mut output = Vec::new();
    run(&mut machine, &mut output);
    (String::from_utf8_lossy(&output).into_owned(), machine.exit_status(pid))
}

fn check(line: &str, expect: &[&str]) {
    let (said, _) = answer(line);
    for part in expect {
        assert!(said.contains(part), "{line}: {part:?} is not in:\n{said}");
    }
}

#[test]
fn the_device_agrees_with_itself() {
    check("uname -a", &["Linux HV-C210W 3.10.14 #5 PREEMPT Mon Jun 4 10:52:31 CST 2018 mips GNU/Linux"]);
    check("cat /proc/version", &["Linux version 3.10.14 "]);
    check("cat /proc/cpuinfo", &["mips32r2", "Xburst"]);
    check("hostname; cat /etc/hostname /proc/sys/kernel/hostname", &["HV-C210W\nHV-C210W\nHV-C210W\n"]);
    check(
        "dd bs=52 count=1 if=/bin/ls 2>/dev/null | hexdump -C | head -2",
        &["7f 45 4c 46 01 01 01 00", "02 00 08 00"],
    );
    check("busybox | head -1", &["BusyBox v1.35.0 (2018-06-04 10:47:12 CST) multi-call binary."]);
    check("/bin/busybox MIRAI 2>&1; echo $?", &["MIRAI: applet not found\n127\n"]);
    check("cp /bin/busybox /tmp/.s; /tmp/.s", &[".s: applet not found"]);
    check(
        "readlink /proc/self/exe; cat /proc/self/cmdline | tr '\\0' ' '",
        &["/bin/busybox", "cat /proc/self/cmdline"],
    );
    check("cat /proc/$$/status | head -1", &["Name:\tsh"]);
    check("ps", &["    1 root     init", "mini_httpd -C /etc/mini_httpd.conf", "[kthreadd]"]);
}

#[test]
fn mounts_say_what_is_writable() {
    check(
        "cat /proc/mounts",
        &[
            "rootfs / rootfs rw 0 0\n/dev/root / squashfs ro,relatime 0 0\n",
            "tmpfs /tmp tmpfs rw,",
            "/dev/mtdblock4 /config jffs2 rw,relatime 0 0\n",
        ],
    );
    let (said, _) = answer(
        "while read dev dir type options rest; do [ $type = rootfs ] && continue; rw=${options%%,*}; \
         if echo x 2>/dev/null > $dir/.nippon; then echo $type $rw yes; rm $dir/.nippon; else echo $type $rw no; fi; done \
         < /proc/mounts",
    );
    for row in
        ["squashfs ro no", "devtmpfs rw yes", "tmpfs rw yes", "jffs2 rw yes", "proc rw no", "sysfs rw no"]
    {
        assert!(said.contains(row), "{row} is not in:\n{said}");
    }
    check(
        "df -h /tmp; mount | grep config",
        &["tmpfs", "18.0M", "/dev/mtdblock4 on /config type jffs2 (rw,relatime)"],
    );
    check("cat /proc/mtd", &["mtd2: 002c0000 00008000 \"root\""]);
}

#[test]
fn an_echo_loader_drops_a_byte_exact_program_that_runs() {
    check(
        "cd /tmp; echo -ne '\\x7f\\x45\\x4c\\x46' > f; echo -ne '\\x01\\x00' >> f; hexdump -C f",
        &["7f 45 4c 46 01 00"],
    );
    check("cd /tmp; cp /bin/sh .s; > .s; ls -l .s", &["-rwxr-xr-x", " 0 "]);
    check("cp /bin/busybox /tmp/wget; /tmp/wget 2>&1 | head -1", &["BusyBox v1.35.0"]);
}

#[test]
fn the_network_is_that_of_the_session() {
    check(
        "ifconfig eth0",
        &[
            "HWaddr D0:C6:1B:4E:71:2A",
            "inet addr:198.51.100.7  Bcast:198.51.100.255  Mask:255.255.255.0",
            "UP BROADCAST RUNNING MULTICAST",
        ],
    );
    check(
        "route -n",
        &[
            "0.0.0.0         198.51.100.1    0.0.0.0         UG",
            "198.51.100.0    0.0.0.0         255.255.255.0   U ",
        ],
    );
    check("netstat -tn", &["198.51.100.7:23         203.0.113.5:40000       ESTABLISHED"]);
    check("cat /proc/net/arp", &["198.51.100.1"]);
    check("ping -c 1 127.0.0.1", &["1 packets transmitted, 1 packets received, 0% packet loss"]);
    check(
        "wget http://192.0.2.9/x -O /tmp/x 2>&1",
        &["wget: can't connect to remote host (192.0.2.9): Network is unreachable"],
    );
}

#[test]
fn a_log_in_shell_prompts_and_answers_on_its_terminal() {
    let mut machine = session(3);
    let terminal = machine.tty_open().unwrap();
    machine.spawn(camera().log_in(terminal)).unwrap();
    let (mut output, mut shown) = (Vec::new(), Vec::new());
    run(&mut machine, &mut output);
    machine.tty_read(terminal, &mut shown);
    let text = String::from_utf8_lossy(&shown).into_owned();
    assert!(text.contains("built-in shell (ash)"), "{text}");
    assert!(text.contains("[root@HV-C210W:~]# "), "{text:?}");
    let typed = b"enable; echo $((6*7)); tty; id\r";
    assert_eq!(machine.tty_write(terminal, typed), typed.len());
    run(&mut machine, &mut output);
    shown.clear();
    machine.tty_read(terminal, &mut shown);
    let text = String::from_utf8_lossy(&shown).into_owned();
    assert!(text.contains("enable: not found\r\n42\r\n/dev/pts/0\r\nuid=0(root) gid=0(root)"), "{text:?}");
    machine.tty_hangup(terminal);
    run(&mut machine, &mut output);
    assert!(!machine.tty_exists(terminal));
}

#[test]
fn the_start_script_ran_once_and_sessions_do_not_meet() {
    check("cat /var/run/telnetd.pid /tmp/ipcam/id", &["263\nHVC210W0D0C61B4E712A\n"]);
    let mut first = session(1);
    first.write_file(b"/tmp/mine", b"1", 0o644).unwrap();
    assert!(session(2).read_file(b"/tmp/mine").is_err());
    assert!(first.read_file(b"/tmp/ipcam/id").is_ok());
}

#[test]
fn a_session_starts_in_well_under_a_millisecond() {
    let _ = session(0);
    let started = std::time::Instant::now();
    for seed in 0..200 {
        drop(session(seed));
    }
    let each = started.elapsed() / 200;
    println!("a session starts in {each:?}");
    assert!(each.as_micros() < 5_000, "{each:?}");
}
