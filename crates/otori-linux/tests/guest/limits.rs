//! Limits end the call that asks for more, not the machine: fork bombs, thousands of processes, deep recursion,
//! huge mappings.
use crate::guest::Guest;
use otori_linux::{NoticeKind, Run, Stdio};

#[test]
fn a_fork_bomb_meets_the_limit_of_processes() {
    let Some(mut guest) = Guest::with_busybox_and(|config| config.limits.processes = 60) else { return };
    guest.spawn("/bin/sh", &["sh", "-c", "b() { b | b & }; b"], Stdio::Host);
    guest.machine.host_stdin_close();
    let mut limited = false;
    for _ in 0..40 {
        guest.machine.run(2_000_000);
        let hit = |kind: &NoticeKind| matches!(kind, NoticeKind::Limit { limit: "processes" });
        limited |= guest.machine.take_notices().iter().any(|notice| hit(&notice.kind));
        guest.machine.take_stderr();
    }
    assert!(limited);
    guest.machine.kill_all();
    assert_eq!(guest.machine.run(1_000_000), Run::Finished);
}

#[test]
fn two_thousand_processes_sleep_and_end() {
    let Some(mut guest) = Guest::with_busybox_and(|config| config.limits.total_pages = 100_000) else {
        return;
    };
    let script = "i=0; while [ $i -lt 2000 ]; do sleep 100 & i=$((i+1)); done; ps | wc -l; wait; echo all";
    let done = guest.shell(script);
    let text = done.text();
    let count: u32 = text.lines().next().unwrap().trim().parse().unwrap();
    assert!(count >= 2000, "{text}");
    assert!(text.ends_with("all\n"), "{text}");
}

#[test]
fn endless_recursion_ends_by_a_signal() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let done = guest.shell("sh -c 'f() { f; }; f'; echo $?");
    assert_eq!(done.text(), "139\n");
}

#[test]
fn memory_beyond_the_limit_is_refused_or_kills() {
    let Some(mut guest) = Guest::with_busybox_and(|config| config.limits.pages = 2_000) else { return };
    let done = guest.shell("x=0123456789abcdef; while :; do x=$x$x; done");
    assert_ne!(done.status, Some(0));
    let done = guest.shell("dd if=/dev/zero of=/dev/null bs=1900000000 count=1; echo $?");
    assert_eq!(done.text(), "1\n");
}

#[test]
fn files_pipes_and_arguments_are_bounded() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let done =
        guest.shell("dd if=/dev/zero of=/tmp/f bs=1M count=100 2>&1 | tail -n 1; ls -l /tmp/f | wc -l");
    assert!(done.text().contains("No space left") || done.text().ends_with("1\n"), "{}", done.text());
    let done = guest.shell("x=$(seq 1 40000); /bin/echo $x | wc -c; /bin/busybox echo $x");
    let error = String::from_utf8_lossy(&done.error).into_owned();
    assert!(error.contains("Argument list too long"), "{error}");
    let done = guest.shell("ulimit -n 20; exec 9</etc/passwd; i=10; while [ $i -lt 30 ]; do eval \"exec $i<&9\" || break; i=$((i+1)); done; echo $i");
    assert!(!done.text().contains("30"), "{}", done.text());
}
