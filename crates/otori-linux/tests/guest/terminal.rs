//! An interactive ash on a terminal: prompts, editing, job control, hang-up.
use crate::guest::Guest;

#[test]
fn a_shell_greets_and_answers() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, _) = guest.terminal();
    let shown = guest.type_in(terminal, "echo $((6*7)); tty; stty size\n");
    assert!(shown.contains("42\r\n/dev/pts/0\r\n24 80\r\n"), "{shown:?}");
    assert!(shown.ends_with("/ # ") || shown.contains("/ # "), "{shown:?}");
}

#[test]
fn what_bots_type_first_is_answered_like_a_shell_does() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, _) = guest.terminal();
    for word in ["enable", "system", "linuxshell"] {
        let shown = guest.type_in(terminal, &format!("{word}\n"));
        assert!(shown.contains(&format!("sh: {word}: not found")), "{shown:?}");
    }
    let shown = guest.type_in(terminal, "sh\necho $((40+2))\nexit\n");
    assert!(shown.contains("42\r\n"), "{shown:?}");
}

#[test]
fn control_c_ends_the_program_in_front_and_not_the_shell() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, shell) = guest.terminal();
    guest.type_in(terminal, "sleep 1000\n");
    let shown = guest.type_in(terminal, "\x03");
    assert!(shown.contains("^C"), "{shown:?}");
    let shown = guest.type_in(terminal, "echo status $?\n");
    assert!(shown.contains("status 130"), "{shown:?}");
    assert_eq!(guest.machine.exit_status(shell), None);
}

#[test]
fn control_z_stops_and_fg_and_bg_go_on() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, _) = guest.terminal();
    guest.type_in(terminal, "sleep 1000\n");
    let shown = guest.type_in(terminal, "\x1a");
    assert!(shown.contains("Stopped"), "{shown:?}");
    let shown = guest.type_in(terminal, "jobs\n");
    assert!(shown.contains("[1]+") && shown.contains("sleep 1000"), "{shown:?}");
    let shown = guest.type_in(terminal, "bg; jobs\n");
    assert!(shown.contains("Running"), "{shown:?}");
    guest.type_in(terminal, "fg\n");
    let shown = guest.type_in(terminal, "\x03echo back $?\n");
    assert!(shown.contains("back 130"), "{shown:?}");
}

#[test]
fn a_background_reader_is_stopped() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, _) = guest.terminal();
    guest.type_in(terminal, "cat &\n");
    let shown = guest.type_in(terminal, "\njobs\n");
    assert!(shown.contains("Stopped (tty input)"), "{shown:?}");
}

#[test]
fn control_d_ends_the_shell_and_hang_up_ends_what_it_started() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, shell) = guest.terminal();
    guest.type_in(terminal, "\x04");
    assert_eq!(guest.machine.exit_status(shell), Some(0));
    let (terminal, shell) = guest.terminal();
    guest.type_in(terminal, "sleep 1000\n");
    guest.machine.tty_hangup(terminal);
    guest.settle(1000);
    assert!(guest.machine.exit_status(shell).is_some());
    let left = guest.shell("ps | grep -v grep | grep -c 'sleep 1000'");
    assert_eq!(left.text(), "0\n");
}

#[test]
fn a_window_that_changes_is_told() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, _) = guest.terminal();
    guest.machine.tty_resize(terminal, 50, 132);
    let shown = guest.type_in(terminal, "stty size\n");
    assert!(shown.contains("50 132"), "{shown:?}");
}

/// A guest with Debian's bash beside its busybox, when the oracle's programs are here.
fn with_bash() -> Option<Guest> {
    let mut guest = Guest::with_busybox()?;
    let own = std::env::var_os("OTORI_ORACLE_CACHE").map(std::path::PathBuf::from);
    let cache = own.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../.cache/oracle").into());
    guest.shell("mkdir -p /lib/mipsel-linux-gnu");
    let libraries = ["libc.so.6", "libtinfo.so.6"].map(|name| format!("lib/mipsel-linux-gnu/{name}"));
    for path in ["bin/bash".to_string(), "lib/ld.so.1".to_string()].into_iter().chain(libraries) {
        let Ok(bytes) = std::fs::read(cache.join("mipsel/roots/coreutils").join(&path)) else {
            eprintln!("skipped: no bash for mipsel; `cargo xtask oracle fetch` fetches it");
            return None;
        };
        guest.machine.write_file(format!("/{path}").as_bytes(), &bytes, 0o755).unwrap();
    }
    Some(guest)
}

#[test]
fn bash_stops_continues_and_ends_its_jobs() {
    use otori_linux::Stdio;
    let Some(mut guest) = with_bash() else { return };
    let terminal = guest.machine.tty_open().unwrap();
    let shell = guest.spawn("/bin/bash", &["bash", "--norc", "--noprofile", "-i"], Stdio::Tty(terminal));
    guest.settle(1000);
    let mut check = |typed: &str, expect: &str| {
        let shown = guest.type_in(terminal, typed);
        assert!(shown.contains(expect), "{typed:?} shows {shown:?}, not {expect:?}");
    };
    check("echo $BASH_VERSION $((6*7))\n", " 42\r\n");
    check("sleep 1000\n", "sleep 1000");
    check("\x1a", "Stopped");
    check("jobs\n", "[1]+  Stopped");
    check("bg\n", "[1]+ sleep 1000 &");
    check("jobs\n", "Running");
    check("fg\n", "sleep 1000");
    check("\x03", "^C");
    check("echo back $?\n", "back 130");
    // a reader in the background, and a writer that the terminal does not want
    check("cat &\n", "[1]");
    check("jobs -l\n", "Stopped (tty input)");
    check("kill -9 %1; wait; jobs\n", "Killed");
    check("stty tostop; (sleep 0.1; echo out) & sleep 0.5\n", "[1]");
    check("jobs -l\n", "Stopped (tty output)");
    check("stty -tostop; fg\n", "out");
    // a pipeline is one group, and is stopped as a whole
    check("sleep 500 | sleep 500\n", "sleep");
    check("\x1a", "Stopped");
    check("kill %1; kill -CONT %1; wait; jobs; echo none\n", "Terminated");
    // a shell below it that stops itself
    check("bash --norc\n", "bash");
    check("suspend\n", "Stopped");
    check("fg\n", "bash --norc");
    check("exit 5\n", "exit");
    check("echo left $?\n", "left 5");
    // hang-up: the shell ends, and what it started in the background
    check("sleep 2000 &\n", "[1]");
    guest.machine.tty_hangup(terminal);
    guest.settle(1000);
    assert!(guest.machine.exit_status(shell).is_some());
    assert_eq!(guest.shell("ps | grep -v grep | grep -c 'sleep 2000'").text(), "0\n");
}
