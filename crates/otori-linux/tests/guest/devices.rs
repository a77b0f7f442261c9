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
    check("umount /tmp/s && ls /tmp/s; grep -c sysfs /proc/mounts", "1\n");
}
