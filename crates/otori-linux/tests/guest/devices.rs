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
