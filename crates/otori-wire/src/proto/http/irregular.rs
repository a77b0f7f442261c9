//! What is wrong with first lines and headers: the events of Suricata's `http-events.rules`.
//!
//! Neighbour: `message`, which reads them. RFC 9112 3 and 5, RFC 9110 7.2; what is an event and what is not follows
//! Suricata's manual and the names of its events.
use super::{fields::*, message::Head};
use crate::{flow::Direction, transaction::Transaction};

/// One of two names, by direction.
const fn of(direction: Direction, request: &'static str, response: &'static str) -> &'static str {
    if matches!(direction, Direction::ToServer) { request } else { response }
}

/// A request line: blanks at its start and between its words, a method that is known.
pub(super) fn request_line(text: &[u8], known: bool, transaction: &mut Transaction) {
    if text.first().is_some_and(u8::is_ascii_whitespace) {
        transaction.note("http.request_line_leading_whitespace");
    }
    let line = text.trim_ascii();
    let odd = |gap: &[u8]| gap.iter().any(|byte| *byte != b' ');
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let gap = |bytes: &[u8]| bytes.iter().take_while(|byte| blank(byte)).count();
    if let Some(start) = line.iter().position(blank) {
        let rest = line.get(start..).unwrap_or(&[]);
        if odd(rest.get(..gap(rest)).unwrap_or(&[])) {
            transaction.note("http.method_delim_non_compliant");
        }
        let target = rest.trim_ascii_start();
        if let Some(end) = target.iter().rposition(blank) {
            let before = target.get(..=end).unwrap_or(&[]);
            if odd(before.get(before.trim_ascii_end().len()..).unwrap_or(&[])) {
                transaction.note("http.uri_delim_non_compliant");
            }
        }
    }
    if transaction.fields.get(REQUEST_PROTOCOL).is_none() {
        transaction.note("http.request_line_missing_protocol");
        if !known {
            transaction.note("http.request_line_invalid");
        }
    }
}

/// The protocol of a status line.
pub(super) fn status_line(transaction: &mut Transaction) {
    let known = |version: &[u8]| {
        let numbers: &[&[u8]] = &[b"HTTP/0.9", b"HTTP/1.0", b"HTTP/1.1"];
        numbers.iter().any(|number| version.eq_ignore_ascii_case(number))
    };
    if !transaction.fields.get(RESPONSE_PROTOCOL).is_some_and(known) {
        transaction.note("http.response_invalid_protocol");
    }
}

/// The name of a header as written: with a colon behind it, without blanks, a token.
pub(super) fn name(direction: Direction, name: Option<&[u8]>, transaction: &mut Transaction) {
    let Some(name) = name else {
        return transaction.note(of(
            direction,
            "http.request_field_missing_colon",
            "http.response_field_missing_colon",
        ));
    };
    let token = |byte: &u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(byte);
    if name.is_empty() || !name.iter().all(token) {
        transaction.note(of(direction, "http.request_header_invalid", "http.response_header_invalid"));
    }
}

/// A folded line that has nothing before it.
pub(super) fn folding(direction: Direction, transaction: &mut Transaction) {
    transaction.note(of(
        direction,
        "http.invalid_request_field_folding",
        "http.invalid_response_field_folding",
    ));
}

/// All headers of a message.
pub(super) fn headers(head: &Head, direction: Direction, transaction: &mut Transaction) {
    lengths(head, direction, transaction);
    transfer(head, direction, transaction);
    for (place, (name, value)) in head.headers().enumerate() {
        let mut before = head.headers().take(place);
        if !name.is_empty() && before.any(|(have, _)| have.eq_ignore_ascii_case(name)) {
            let event = of(direction, "http.request_header_repetition", "http.response_header_repetition");
            transaction.note(event);
        }
        let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        let starts =
            |word: &[u8]| value.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        if direction == Direction::ToServer && is(b"authorization") {
            let known: &[&[u8]] = &[b"basic", b"digest", b"bearer"];
            if !known.iter().any(|word| starts(word)) {
                transaction.note("http.request_auth_unrecognized");
            }
        } else if direction == Direction::ToClient && is(b"content-type") && starts(b"multipart/byteranges") {
            transaction.note("http.response_multipart_byteranges");
        } else if direction == Direction::ToClient && is(b"content-range") && !is_range(value) {
            transaction.note("http.range_invalid");
        } else if is(b"content-encoding") {
            let codings = value.split(|byte| *byte == b',');
            if !codings.clone().all(coding_is_known) {
                transaction.note("http.abnormal_ce_header");
            }
            if codings.filter(|coding| !coding.trim_ascii().is_empty()).count() > LAYERS {
                transaction.note("http.too_many_encoding_layers");
            }
        }
    }
    if direction == Direction::ToServer {
        hosts(head, transaction);
    }
}

/// Content codings on top of each other that are usual.
const LAYERS: usize = 2;

/// RFC 9110 14.4: `bytes 0-9/100`, either side of the slash perhaps `*`.
fn is_range(value: &[u8]) -> bool {
    let number = |text: &[u8]| core::str::from_utf8(text).ok()?.parse::<u64>().ok();
    let parts = || {
        let value = value.trim_ascii();
        let (unit, rest) = value.split_at_checked(value.iter().position(u8::is_ascii_whitespace)?)?;
        let rest = rest.trim_ascii();
        let (range, size) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'/')?)?;
        Some((unit, range, size.get(1..)?))
    };
    let Some((unit, range, size)) = parts() else { return false };
    let size = if size == b"*" { Some(u64::MAX) } else { number(size) };
    let whole = range == b"*";
    let mut ends = range.splitn(2, |byte| *byte == b'-').map(number);
    let ends = (ends.next().flatten(), ends.next().flatten());
    unit.eq_ignore_ascii_case(b"bytes")
        && size.is_some_and(|size| whole || matches!(ends, (Some(from), Some(to)) if from <= to && to < size))
}

fn coding_is_known(coding: &[u8]) -> bool {
    let known: &[&[u8]] =
        &[b"gzip", b"x-gzip", b"deflate", b"x-deflate", b"lzma", b"br", b"identity", b"inflate", b""];
    known.iter().any(|name| coding.trim_ascii().eq_ignore_ascii_case(name))
}

fn lengths(head: &Head, direction: Direction, transaction: &mut Transaction) {
    let mut all = head.values(b"content-length");
    let Some(first) = all.next() else { return };
    if !first.trim_ascii().iter().all(u8::is_ascii_digit) || first.trim_ascii().is_empty() {
        transaction.note(of(
            direction,
            "http.invalid_content_length_field_in_request",
            "http.invalid_content_length_field_in_response",
        ));
    }
    if all.next().is_some() {
        transaction.note(of(
            direction,
            "http.duplicate_content_length_field_in_request",
            "http.duplicate_content_length_field_in_response",
        ));
    }
}

fn transfer(head: &Head, direction: Direction, transaction: &mut Transaction) {
    let Some(coding) = head.values(b"transfer-encoding").next() else { return };
    let plain = coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
    let somewhere = coding.windows(7).any(|word| word.eq_ignore_ascii_case(b"chunked"));
    if !somewhere {
        transaction.note(of(
            direction,
            "http.invalid_transfer_encoding_value_in_request",
            "http.invalid_transfer_encoding_value_in_response",
        ));
    } else if direction == Direction::ToClient {
        if !plain {
            transaction.note("http.response_abnormal_transfer_encoding");
        }
        if transaction.fields.get(RESPONSE_PROTOCOL).is_some_and(|version| version != b"HTTP/1.1") {
            transaction.note("http.response_chunked_old_proto");
        }
    }
}

fn hosts(head: &Head, transaction: &mut Transaction) {
    if let Some(host) = head.target_host().filter(|host| !is_host(host)) {
        transaction.note("http.request_uri_host_invalid");
        if !has_port(host) {
            transaction.note("http.invalid_server_port_in_request");
        }
    }
    if transaction.fields.get(METHOD) == Some(b"CONNECT") {
        let target = transaction.fields.get(URI_RAW).unwrap_or(&[]);
        if target.contains(&b':') && !has_port(target) {
            transaction.note("http.invalid_authority_port");
        }
    }
    if head.values(b"host").next().is_some_and(|host| !is_host(host)) {
        transaction.note("http.request_header_host_invalid");
    }
}

/// What stands behind the last colon, if one does, is a port.
fn has_port(host: &[u8]) -> bool {
    let Some(colon) = host.iter().rposition(|byte| *byte == b':') else { return true };
    let port = host.get(colon + 1..).and_then(|port| core::str::from_utf8(port).ok());
    port.and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0)
}

/// Labels of letters, digits, `-` and `_`, joined by single dots; or an address in brackets; and a port.
fn is_host(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    if text.first() == Some(&b'[') {
        return text.contains(&b']');
    }
    let (host, port) = match text.iter().position(|byte| *byte == b':') {
        Some(colon) => (text.get(..colon).unwrap_or(&[]), text.get(colon + 1..).unwrap_or(&[])),
        None => (text, &b"1"[..]),
    };
    let number = core::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok());
    let host = host.strip_suffix(b".").unwrap_or(host);
    let label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    number.is_some_and(|port| port > 0) && host.len() <= 255 && host.split(|byte| *byte == b'.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{proto::http, transaction::Transactions};

    fn check(request: &str, response: &str, expect: &[&str]) {
        let (mut parser, mut transactions) = (http::parser(), Transactions::default());
        parser.feed(Direction::ToServer, request.as_bytes(), &mut transactions);
        parser.feed(Direction::ToClient, response.as_bytes(), &mut transactions);
        let found = transactions.iter().next().map(|transaction| transaction.anomalies.clone());
        assert_eq!(found.unwrap_or_default(), expect, "{request} {response}");
    }

    #[test]
    fn regular_messages_are_no_events() {
        check(
            "GET / HTTP/1.1\r\nHost: a-b.example:8080\r\nAuthorization: Basic eA==\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\n\r\n",
            &[],
        );
        check("GET / HTTP/1.0\r\n\r\n", "", &[]);
    }

    #[test]
    fn irregular_requests_are_events() {
        check(
            "GET\t/ HTTP/1.1\r\nHost: a b\r\n\r\n",
            "",
            &["http.method_delim_non_compliant", "http.request_header_host_invalid"],
        );
        check(
            "GET /\tHTTP/1.0\r\nX y\r\nA: 1\r\nA: 2\r\n\r\n",
            "",
            &[
                "http.uri_delim_non_compliant",
                "http.request_field_missing_colon",
                "http.request_header_repetition",
            ],
        );
        check(
            "POST / HTTP/1.0\r\nContent-Length: x\r\nAuthorization: other\r\n\r\n",
            "",
            &["http.invalid_content_length_field_in_request", "http.request_auth_unrecognized"],
        );
    }

    #[test]
    fn ports_ranges_and_interim_answers_are_read() {
        let connect = "CONNECT a.example:99999 HTTP/1.1\r\nHost: a.example\r\n\r\n";
        check(connect, "", &["http.invalid_authority_port"]);
        let (get, part) =
            ("GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 206 x\r\nContent-Length: 0\r\nContent-Range: ");
        check(get, &format!("{part}bytes 0-9/10\r\n\r\n"), &[]);
        check(get, &format!("{part}bytes 9-0/10\r\n\r\n"), &["http.range_invalid"]);
        let continues = "HTTP/1.1 100 Continue\r\n\r\n";
        check(get, &format!("{continues}HTTP/1.1 204 x\r\n\r\n"), &[]);
        check(get, &continues.repeat(2), &["http.100_continue_already_seen"]);
        let codings = "HTTP/1.1 204 x\r\nContent-Encoding: gzip, gzip, gzip\r\n\r\n";
        check(get, codings, &["http.too_many_encoding_layers"]);
        let long = format!("HTTP/1.1 204 x\r\nA: {}\r\n\r\n", "a".repeat(crate::limits::HTTP_LINE_BYTES));
        check(get, &long, &["http.response_field_too_long"]);
    }

    #[test]
    fn irregular_responses_are_events() {
        check(
            "GET / HTTP/1.0\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: x, chunked\r\nNo colon\r\n\r\n",
            &[
                "http.response_field_missing_colon",
                "http.response_abnormal_transfer_encoding",
                "http.response_chunked_old_proto",
            ],
        );
    }
}
