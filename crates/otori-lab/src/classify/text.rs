//! Scripts, pages and plain text.
//!
//! A `#!` line is the best witness; without it the words that droppers use are counted.
use super::bytes::contains;
use super::sure;
use otori_event::{Classification, Evidenced};

/// Bytes that are looked at.
const LOOK_BYTES: usize = 64 * 1024;

/// Names a text; false if the bytes are no text.
pub(crate) fn classify(bytes: &[u8], class: &mut Classification) -> bool {
    let look = bytes.get(..LOOK_BYTES).unwrap_or(bytes);
    let script = shebang(look);
    if script.is_none() && !is_text(look) {
        return false;
    }
    class.format = script
        .or_else(|| markup(look, class))
        .or_else(|| by_words(look))
        .or_else(|| sure("text", "printable", 70));
    if class.format.as_ref().is_some_and(|format| format.value == "shell-script") {
        class.runnable = true;
        class.notes.push("needs /bin/sh of the device".into());
    }
    true
}

/// At least 95 of 100 bytes are printable, blanks or UTF-8, and none is NUL.
fn is_text(look: &[u8]) -> bool {
    let plain = |byte: &&u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace() || **byte >= 0x80;
    let printable = look.iter().filter(plain).count();
    let utf8 = match core::str::from_utf8(look) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    utf8 && !look.contains(&0) && printable * 100 >= look.len() * 95
}

fn shebang(look: &[u8]) -> Option<Evidenced> {
    let line = look.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line.get(..128).unwrap_or(line)).into_owned();
    let mut names = line.split_ascii_whitespace().filter_map(|word| word.rsplit('/').next());
    // `#!/usr/bin/env python3`, `#!/bin/busybox sh`
    let name = names.find(|name| !matches!(*name, "env" | "busybox") && !name.starts_with('-'));
    let format = match name.unwrap_or("sh") {
        "sh" | "bash" | "ash" | "dash" | "ksh" | "zsh" | "mksh" => "shell-script",
        name if name.starts_with("python") => "python",
        name if name.starts_with("perl") => "perl",
        name if name.starts_with("php") => "php",
        name if name.starts_with("lua") => "lua",
        name if name.starts_with("ruby") => "ruby",
        _ => {
            return sure("script", format!("first line #!{}", otori_event::RawText::from(line.as_str())), 70);
        }
    };
    sure(format, format!("first line #!{}", otori_event::RawText::from(line.as_str())), 95)
}

fn markup(look: &[u8], class: &mut Classification) -> Option<Evidenced> {
    let start = look.strip_prefix(b"\xef\xbb\xbf").unwrap_or(look).trim_ascii_start();
    let head = start.get(..4096).unwrap_or(start).to_ascii_lowercase();
    if start.starts_with(b"<?php") {
        return sure("php", "starts with <?php", 95);
    }
    if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") || contains(&head, b"<head>") {
        let error = ["404", "403", "not found", "forbidden", "error", "bad gateway"];
        let title = contains(&head, b"<title>");
        if title && error.iter().any(|word| contains(&head, word.as_bytes())) {
            class.notes.push("looks like an error page that was saved under the file's name".into());
        }
        return sure("html", "markup at the start", 95);
    }
    head.starts_with(b"<?xml").then(|| sure("xml", "starts with <?xml", 95)).flatten()
}

/// Words at the start of a line or command; two different ones make a script.
const WORDS: [(&str, &[&str]); 4] = [
    (
        "shell-script",
        &[
            "cd /",
            "wget ",
            "curl ",
            "tftp ",
            "ftpget ",
            "chmod ",
            "rm -",
            "busybox ",
            "/bin/busybox ",
            "./",
            "sh ",
            "export ",
            "if [",
            "echo ",
            "cat ",
            "killall ",
            "for ",
            "done",
            "fi",
            "mkdir ",
            "cp ",
            "mv ",
            "while ",
            "iptables ",
            "nohup ",
            "pkill ",
            "crontab ",
        ],
    ),
    ("python", &["import ", "from ", "def ", "class ", "print(", "socket.", "if __name__"]),
    ("perl", &["use strict", "use warnings", "my $", "use IO::", "sub ", "package "]),
    ("php", &["<?php", "$_GET", "$_POST", "eval(", "echo $"]),
];

fn by_words(look: &[u8]) -> Option<Evidenced> {
    let text = String::from_utf8_lossy(look.get(..16 * 1024).unwrap_or(look)).into_owned();
    let commands: Vec<&str> = text.split(['\n', ';', '|', '&']).map(str::trim_start).take(1000).collect();
    let mut best: Option<(usize, &str, String)> = None;
    for (format, words) in WORDS {
        let found: Vec<&str> = words
            .iter()
            .copied()
            .filter(|word| commands.iter().any(|command| command.starts_with(word)))
            .collect();
        if found.len() >= 2 && best.as_ref().is_none_or(|known| found.len() > known.0) {
            let shown: Vec<&str> = found.iter().take(4).map(|word| word.trim_end()).collect();
            best = Some((found.len(), format, shown.join(", ")));
        }
    }
    let (count, format, shown) = best?;
    let confidence = u8::try_from((40 + 10 * count).min(85)).unwrap_or(85);
    sure(format, format!("no #! line; words {shown}"), confidence)
}
