//! Flash and watchdog: programs in C on a device that has them. The texts are what include/uapi/mtd/mtd-abi.h and
//! Documentation/watchdog/watchdog-api.rst promise; the machine at hand has neither.
use crate::{compiled::compile, guest::Guest};
use otori_linux::{Isa, NoticeKind, proc::MtdPartition};
use std::path::Path;

const COMPILERS: [(Isa, &str); 2] =
    [(Isa::Mips32El, "mipsel-linux-gnu-gcc"), (Isa::Aarch64, "aarch64-linux-gnu-gcc")];

/// A device with that program at `/tmp/t`; `None` without a compiler.
fn device(source: &str, isa: Isa, compiler: &str) -> Option<Guest> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/devices");
    let program = compile(&folder.join(source), compiler)?;
    let part = |name: &str| MtdPartition { name: name.into(), size: 0x1_0000, erase_size: 0x1000 };
    let mut guest = Guest::bare(|config| {
        config.isa = isa;
        config.identity.mtd = vec![part("boot"), part("config")];
    });
    guest.machine.write_file(b"/tmp/t", &program, 0o755).unwrap();
    Some(guest)
}

fn told(notices: &[otori_linux::Notice]) -> Vec<(u64, String)> {
    let what = |notice: &otori_linux::Notice| match &notice.kind {
        NoticeKind::Refused { what } => Some((notice.at_ns / 1_000_000_000, what.clone())),
        _ => None,
    };
    notices.iter().filter_map(what).collect()
}

#[test]
fn flash_keeps_what_is_written_until_its_block_is_erased() {
    for (isa, compiler) in COMPILERS {
        let Some(mut guest) = device("flash.c", isa, compiler) else { return };
        let before = guest.machine.clone();
        let done = guest.run_program("/tmp/t", &["t"], b"");
        assert_eq!(done.text(), include_str!("devices/flash.txt"), "{isa:?}");
        let what: Vec<String> = told(&done.notices).into_iter().map(|(_, what)| what).collect();
        assert_eq!(what, ["flash config erased", "flash config written", "flash config written"], "{isa:?}");
        // a copy of the machine has the flash that was there when it was made
        let mut copy = Guest { machine: before };
        assert_eq!(copy.run_program("/tmp/t", &["t"], b"").text(), include_str!("devices/flash.txt"));
    }
}

#[test]
fn a_watchdog_that_nobody_feeds_resets_the_machine() {
    const ASKED: &str = "open: ok\nagain: Device or resource busy\nsupport: ok\nHardware Watchdog 8180\n\
        timeout: ok\n60\nno time: Invalid argument\nset: ok\nleft: ok\n69\nfeed: ok\nleft: ok\n9\n";
    for (isa, compiler) in COMPILERS {
        for (word, after, reset) in [("close", "magic: ok\n", None), ("leave", "", Some(130))] {
            let Some(mut guest) = device("watchdog.c", isa, compiler) else { return };
            let done = guest.run_program("/tmp/t", &["t", word], b"");
            assert_eq!(done.text(), format!("{ASKED}{after}"), "{isa:?}");
            let what = told(&done.notices);
            let expect = reset.map(|at| (at, String::from("reboot by the watchdog")));
            assert_eq!(what, expect.into_iter().collect::<Vec<_>>(), "{isa:?} {word}");
        }
    }
}

#[test]
fn sysfs_shows_the_interfaces_that_there_are() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let mut check = |script: &str, expect: &str| {
        let done = guest.shell(script);
        assert_eq!(done.text(), expect, "{script}: {}", String::from_utf8_lossy(&done.error));
    };
    check("ls /sys/class/net; ls -d /sys/class/net/eth0/stat*", "eth0\nlo\n/sys/class/net/eth0/statistics\n");
    check("cd /sys/class/net; cat eth0/address eth0/operstate lo/type", "00:11:22:33:44:55\nup\n772\n");
    check("ifconfig eth0 mtu 1400; cat /sys/class/net/eth0/mtu", "1400\n");
    check("echo 1300 > /sys/class/net/eth0/mtu; ip link show eth0 | grep -o 'mtu [0-9]*'", "mtu 1300\n");
    check("ifconfig eth0 down; cd /sys/class/net/eth0; cat operstate; cat carrier", "down\n");
    check("grep -c /sys /proc/mounts; ls /proc/class 2>/dev/null", "1\n");
    check("mkdir /tmp/s; mount -t sysfs none /tmp/s; ls /tmp/s/class/net", "eth0\nlo\n");
    check(
        "cd /sys/class/net/eth0/statistics; env -u PWD /bin/pwd; readlink /proc/self/cwd",
        concat!("/sys/class/net/eth0/statistics\n", "/sys/class/net/eth0/statistics\n"),
    );
    check("umount /tmp/s && ls /tmp/s; grep -c sysfs /proc/mounts", "1\n");
}

/// What vendors' scripts do with brctl and vconfig, and what comes of it. The answers are those of Linux 6.18 to the
/// same commands in a network name space of its own, and, for VLANs, of net/8021q.
const LINKS: &[(&str, &str)] = &[
    ("brctl addbr br0; brctl addbr br0 2>&1", "brctl: bridge br0: File exists\n"),
    ("cat /sys/class/net/br0/ifindex /sys/class/net/br0/operstate", "3\ndown\n"),
    ("brctl addif br0 eth0; brctl addif br0 eth0 2>&1", "brctl: bridge br0: Device or resource busy\n"),
    (
        "brctl addif br0 lo 2>&1; brctl addif no eth0 2>&1",
        concat!("brctl: bridge br0: Invalid argument\n", "brctl: bridge no: No such device\n"),
    ),
    (
        "cat /sys/class/net/br0/address /sys/class/net/br0/bridge/bridge_id",
        concat!("00:11:22:33:44:55\n", "8000.001122334455\n"),
    ),
    ("ls /sys/class/net/br0/brif; readlink /sys/class/net/br0/brif/eth0", "eth0\n../../eth0/brport\n"),
    ("cd /sys/class/net/eth0; cat brport/port_no brport/port_id; readlink master", "0x1\n0x8001\n../br0\n"),
    (
        "ls -d /sys/class/net/lo/br* /sys/class/net/eth0/br*",
        concat!(
            "/sys/class/net/eth0/broadcast\n",
            "/sys/class/net/eth0/brport\n",
            "/sys/class/net/lo/broadcast\n"
        ),
    ),
    (
        "cd /sys/class/net/br0/bridge; cat ageing_time forward_delay hello_time max_age priority stp_state",
        "30000\n1500\n200\n2000\n32768\n0\n",
    ),
    (
        "cd /sys/class/net/br0/bridge; echo 0 > forward_delay; echo 1 > stp_state; cat forward_delay stp_state",
        "0\n1\n",
    ),
    (
        "echo 99999 2>&1 > /sys/class/net/br0/bridge/hello_time",
        "sh: write error: Numerical result out of range\n",
    ),
    (
        "ifconfig eth0 0.0.0.0; ifconfig br0 192.0.2.1 up; cat /sys/class/net/br0/operstate; ip route",
        concat!("up\n", "192.0.2.0/24 dev br0 scope link  src 192.0.2.1 \n"),
    ),
    (
        "ip link show br0 | head -1",
        "3: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast qlen 1000\n",
    ),
    (
        "ip link show eth0 | grep -o 'master br0'; brctl delbr br0 2>&1",
        concat!("master br0\n", "brctl: bridge br0: Device or resource busy\n"),
    ),
    // VLANs
    (
        "vconfig set_name_type DEV_PLUS_VID_NO_PAD; vconfig add eth0 5; vconfig add eth0 5 2>&1",
        "vconfig: ioctl error for add: File exists\n",
    ),
    (
        "cat /proc/net/vlan/config",
        concat!(
            "VLAN Dev name\t | VLAN ID\n",
            "Name-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\n",
            "eth0.5         | 5  | eth0\n"
        ),
    ),
    (
        "cat /sys/class/net/eth0.5/ifindex /sys/class/net/eth0.5/iflink /sys/class/net/eth0.5/address",
        "4\n2\n00:11:22:33:44:55\n",
    ),
    (
        "vconfig set_name_type VLAN_PLUS_VID; vconfig add eth0 7; ifconfig vlan0007 198.51.100.1 up; ip addr show vlan0007 | grep -o '198.*'",
        "198.51.100.1/24 brd 198.51.100.255 scope global vlan0007\n",
    ),
    (
        "ifconfig eth0 down; cat /sys/class/net/vlan0007/operstate; ifconfig vlan0007 up 2>&1; ifconfig eth0 up",
        concat!("down\n", "ifconfig: SIOCSIFFLAGS: Network is down\n"),
    ),
    (
        "vconfig rem eth0 2>&1; vconfig add lo 3 2>&1",
        concat!(
            "vconfig: ioctl error for rem: Invalid argument\n",
            "vconfig: ioctl error for add: Operation not supported\n"
        ),
    ),
    // numbers stay when one before goes
    (
        "vconfig rem eth0.5; cat /sys/class/net/vlan0007/ifindex; ip link | grep -o '^[0-9]*: [a-z0-9]*'",
        concat!("5\n", "1: lo\n", "2: eth0\n", "3: br0\n", "5: vlan0007\n"),
    ),
    (
        "ip link add link eth0 name wan type vlan id 9; ip link | grep wan | cut -d: -f1,2; ip link del wan; ip link del eth0 2>&1",
        concat!("6: wan@eth0\n", "ip: RTNETLINK answers: Operation not supported\n"),
    ),
    (
        "ifconfig br0 down; brctl delif br0 eth0; brctl delif br0 eth0 2>&1; brctl delbr br0; brctl delbr br0 2>&1; brctl delbr eth0 2>&1",
        concat!(
            "brctl: bridge br0: Invalid argument\n",
            "brctl: bridge br0: No such device or address\n",
            "brctl: bridge eth0: Operation not permitted\n"
        ),
    ),
    (
        "ifconfig eth0:1 203.0.113.5; ip addr show eth0 | grep -c 203.0.113.5; ifconfig eth0:1 down; ip addr | grep -c 203.0.113.5; cat /sys/class/net/vlan0007/ifindex",
        "1\n0\n5\n",
    ),
];

#[test]
fn bridges_and_vlans_are_made_as_scripts_of_vendors_do() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let mut wrong = String::new();
    for (script, expect) in LINKS {
        let done = guest.shell(script);
        if done.text() != *expect {
            let error = String::from_utf8_lossy(&done.error);
            wrong += &format!("{script}\n  {:?}\n  not {expect:?}\n  {error}\n", done.text());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A device with a clock, lines, lamps and a key.
fn equipped(config: &mut otori_linux::MachineConfig) {
    use otori_linux::proc::{GpioChip, Input, Led};
    let hardware = &mut config.identity.hardware;
    hardware.clock = Some("rtc-test".into());
    hardware.gpio = vec![GpioChip { label: "gpio-test".into(), base: 32, lines: 16 }];
    hardware.leds =
        vec![Led { name: "test:green:power".into(), max_brightness: 255, trigger: "default-on".into() }];
    let keys = vec![0x198, 0x211];
    hardware.inputs = vec![Input { name: "gpio-keys".into(), place: "gpio-keys/input0".into(), keys }];
    config.identity.cpuinfo = "processor\t: 0\nprocessor\t: 1\n".into();
}

#[test]
fn clock_and_keys_answer_as_their_headers_say() {
    for (isa, compiler) in COMPILERS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guest/devices");
        let Some(program) = compile(&folder.join("hardware.c"), compiler) else { return };
        let mut guest = Guest::bare(|config| {
            config.isa = isa;
            equipped(config);
        });
        guest.machine.write_file(b"/tmp/t", &program, 0o755).unwrap();
        let done = guest.run_program("/tmp/t", &["t"], b"");
        assert_eq!(done.text(), include_str!("devices/hardware.txt"), "{isa:?}");
    }
}

/// Documentation/admin-guide/gpio/sysfs.rst and Documentation/leds/leds-class.rst; the words are busybox's.
const LINES: &[(&str, &str)] = &[
    ("cat /sys/devices/system/cpu/online; ls /sys/devices/system/cpu | grep 'cpu[0-9]'", "0-1\ncpu0\ncpu1\n"),
    ("cat /sys/class/rtc/rtc0/name; ls -l /dev/rtc | grep -o 'rtc -.*'", "rtc-test\nrtc -> rtc0\n"),
    ("cd /sys/class/gpio; ls; cat gpiochip32/ngpio", "export\ngpiochip32\nunexport\n16\n"),
    (
        "echo 40 > /sys/class/gpio/export; ls /sys/class/gpio/gpio40",
        "active_low\ndirection\nedge\nuevent\nvalue\n",
    ),
    ("echo 40 2>&1 > /sys/class/gpio/export", "sh: write error: Device or resource busy\n"),
    (
        "echo 48 2>&1 > /sys/class/gpio/export; echo 31 2>&1 > /sys/class/gpio/export",
        "sh: write error: Invalid argument\nsh: write error: Invalid argument\n",
    ),
    (
        "cd /sys/class/gpio/gpio40; cat direction value; echo 1 2>&1 > value",
        "in\n0\nsh: write error: Operation not permitted\n",
    ),
    ("cd /sys/class/gpio/gpio40; echo out > direction; echo 1 > value; cat direction value", "out\n1\n"),
    (
        "cd /sys/class/gpio/gpio40; echo low > direction; cat direction value; echo high > direction; cat value",
        "out\n0\n1\n",
    ),
    (
        "cd /sys/class/gpio/gpio40; echo up 2>&1 > direction; cat direction",
        "sh: write error: Invalid argument\nout\n",
    ),
    (
        "echo 40 > /sys/class/gpio/unexport; ls /sys/class/gpio; echo 40 2>&1 > /sys/class/gpio/unexport",
        "export\ngpiochip32\nunexport\nsh: write error: Invalid argument\n",
    ),
    ("cat /sys/class/gpio/export 2>&1", "cat: can't open '/sys/class/gpio/export': Permission denied\n"),
    ("cd /sys/class/leds/test:green:power; cat brightness trigger", "255\nnone timer [default-on] netdev\n"),
    (
        "cd /sys/class/leds/test:green:power; echo 0 > brightness; cat brightness; echo 999 > brightness; cat brightness",
        "0\n255\n",
    ),
    (
        "cd /sys/class/leds/test:green:power; echo timer > trigger; cat trigger; echo nothing 2>&1 > trigger",
        "none [timer] default-on netdev\nsh: write error: Invalid argument\n",
    ),
    (
        "grep -c . /proc/bus/input/devices; grep KEY /proc/bus/input/devices",
        "9\nB: KEY=20000 0 0 0 1000000 0 0 0 0 0 0 0 0 0 0 0 0\n",
    ),
];

#[test]
fn lines_and_lamps_do_what_is_written_to_them() {
    let Some(mut guest) = Guest::with_busybox_and(equipped) else { return };
    let mut wrong = String::new();
    for (script, expect) in LINES {
        let done = guest.shell(script);
        if done.text() != *expect {
            let error = String::from_utf8_lossy(&done.error);
            wrong += &format!("{script}\n  {:?}\n  not {expect:?}\n  {error}\n", done.text());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
