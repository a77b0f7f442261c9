//! What a driver hears: processes, programs, files, contacts, and that the same seed tells the same story.
use crate::guest::Guest;
use otori_linux::{Notice, NoticeKind, Run};

const SCRIPT: &str =
    "cd /tmp; echo -n abc > f; chmod 755 f; mv f g; rm g; wget -q http://192.0.2.99/x; (exit 3); kill -9 $$";

/// Says whether a notice is the one that is looked for.
type Wanted = Box<dyn Fn(&NoticeKind) -> bool>;

fn tell(guest: &mut Guest) -> Vec<Notice> {
    let done = guest.shell(SCRIPT);
    assert_eq!((done.run, done.status), (Run::Finished, Some(137)));
    done.notices
}

#[test]
fn what_happens_is_told_in_order() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let notices = tell(&mut guest);
    let mut expected: Vec<Wanted> = vec![
        Box::new(|kind| matches!(kind, NoticeKind::Exec { argv, .. } if argv[0] == b"sh")),
        Box::new(
            |kind| matches!(kind, NoticeKind::Open { path, write: true, error: None } if path == b"/tmp/f"),
        ),
        Box::new(|kind| matches!(kind, NoticeKind::FileClosedAfterWrite { path, .. } if path == b"/tmp/f")),
        Box::new(|kind| matches!(kind, NoticeKind::Chmod { path, mode: 0o755 } if path == b"/tmp/f")),
        Box::new(
            |kind| matches!(kind, NoticeKind::Rename { from, to } if from == b"/tmp/f" && to == b"/tmp/g"),
        ),
        Box::new(|kind| matches!(kind, NoticeKind::Unlink { path } if path == b"/tmp/g")),
        Box::new(
            |kind| matches!(kind, NoticeKind::Connect { remote, .. } if remote.to_string() == "192.0.2.99:80"),
        ),
        Box::new(|kind| matches!(kind, NoticeKind::Exit { status: 3, signal: None })),
        Box::new(|kind| matches!(kind, NoticeKind::Exit { status: 137, signal: Some(9) })),
    ];
    expected.reverse();
    for notice in &notices {
        if expected.last().is_some_and(|wanted| wanted(&notice.kind)) {
            expected.pop();
        }
    }
    assert!(expected.is_empty(), "{} are missing in {notices:#?}", expected.len());
}

#[test]
fn the_same_seed_tells_the_same_story_to_the_nanosecond() {
    let Some(mut first) = Guest::with_busybox_and(|config| config.trace = true) else { return };
    let Some(mut second) = Guest::with_busybox_and(|config| config.trace = true) else { return };
    assert_eq!(tell(&mut first), tell(&mut second));
}

#[test]
fn a_snapshot_goes_on_where_the_machine_was() {
    let Some(mut guest) = Guest::with_busybox() else { return };
    let (terminal, _) = guest.terminal();
    guest.type_in(terminal, "x=42; echo kept > /tmp/f\n");
    let snapshot = guest.machine.snapshot();
    let mut texts = Vec::new();
    for seed in [1, 2] {
        let machine = snapshot.start(Box::new(otori_linux::net::NoOutside), seed, crate::guest::WALL_NS);
        let mut other = Guest { machine };
        let shown = other.type_in(
            terminal,
            "cat /tmp/f; echo $x; rm /tmp/f; dd if=/dev/urandom bs=8 count=1 2>/dev/null | md5sum\n",
        );
        assert!(shown.contains("kept\r\n42\r\n"), "{shown:?}");
        texts.push(shown);
    }
    assert_ne!(texts[0], texts[1]);
    let shown = guest.type_in(terminal, "cat /tmp/f\n");
    assert!(shown.contains("kept"), "{shown:?}");
}
