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
