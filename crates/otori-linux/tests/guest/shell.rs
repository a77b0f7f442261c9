//! Shell lines whose output is known: `vectors/shell`, one file per line, found by walking.
//!
//! A file is the script, `--- expect`, what standard output and error show together, `--- status N`. The expectations
//! come from the same busybox under qemu-mipsel-static 7.2 in a chroot, so they are not what we think it does.
use crate::guest::Guest;
use std::{fs, path::PathBuf};

/// One file of the folder.
struct Vector {
    name: String,
    script: String,
    expect: Vec<u8>,
    status: u32,
}

fn parse(name: String, bytes: &[u8]) -> Vector {
    let find = |needle: &[u8], from: usize| {
        let found = bytes[from..].windows(needle.len()).rposition(|window| window == needle);
        found.map(|place| place + from).unwrap_or_else(|| panic!("{name}: no {:?}", needle))
    };
    let expect = find(b"\n--- expect\n", 0);
    let status = find(b"--- status ", expect);
    let script = String::from_utf8(bytes[..expect].to_vec()).unwrap();
    let number = std::str::from_utf8(&bytes[status + 11..]).unwrap().trim().parse().unwrap();
    let shown = &bytes[expect + 12..status];
    // a backslash at the end stands for "no line end here"
    let shown = shown.strip_suffix(b"\\\n").unwrap_or(shown);
    Vector { name, script, expect: shown.to_vec(), status: number }
}

fn vectors(folder: &str) -> Vec<Vector> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(folder);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<Vector> = files
        .map(|path| {
            parse(path.file_stem().unwrap().to_string_lossy().into_owned(), &fs::read(&path).unwrap())
        })
        .collect();
    found.sort_by(|first, second| first.name.cmp(&second.name));
    found
}

/// Runs every vector of a folder on a machine of its own; tells all that differ.
pub fn check_folder(folder: &str, least: usize) {
    if Guest::with_busybox().is_none() {
        return;
    }
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut failures = Vec::new();
    let all = vectors(folder);
    assert!(all.len() >= least, "{} vectors in {folder}", all.len());
    for vector in all.iter().filter(|vector| vector.name.contains(&only)) {
        let mut guest = Guest::with_busybox().unwrap();
        let script = format!("exec 2>&1\n{}", vector.script);
        let done = guest.shell(&script);
        if done.output != vector.expect || done.status != Some(vector.status) {
            failures.push(format!(
                "== {}\n{}\n-- expected {}\n{}\n-- got {:?}\n{}",
                vector.name,
                vector.script,
                vector.status,
                String::from_utf8_lossy(&vector.expect),
                done.status,
                done.text()
            ));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ\n{}", failures.len(), all.len(), failures.join("\n"));
}

#[test]
fn shell_lines_show_what_the_same_busybox_shows_under_qemu() {
    check_folder("shell", 60);
}
