//! Files in a body of parts (`multipart/form-data`), and parameters of header values.
//!
//! RFC 7578, RFC 2046 5.1, RFC 6266. Tolerant: parts without an end are taken as far as they go.
use crate::{proto::file, transaction::Fields};

/// Parts of one body.
const PARTS: usize = 64;

/// The value of `name=value` behind a semicolon, without quotes; names in any case.
pub(in crate::proto) fn parameter(value: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    for part in value.split(|b| *b == b';').skip(1) {
        let part = part.trim_ascii();
        let Some(equals) = part.iter().position(|b| *b == b'=') else { continue };
        let (key, value) = part.split_at(equals);
        if key.trim_ascii().eq_ignore_ascii_case(name) {
            let value = value.get(1..).unwrap_or(&[]).trim_ascii();
            let bare = value.strip_prefix(b"\"").unwrap_or(value);
            return Some(bare.strip_suffix(b"\"").unwrap_or(bare).to_vec());
        }
    }
    None
}

/// Whether the body is made of parts.
pub(in crate::proto) fn is_multipart(content_type: &[u8]) -> bool {
    content_type.get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"))
}

/// What separates the parts, if the body is made of parts.
pub(in crate::proto) fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    if !is_multipart(content_type) {
        return None;
    }
    parameter(content_type, b"boundary").filter(|boundary| !boundary.is_empty())
}

/// Sets name and data of every part that is a file; gives what is wrong with the parts, under Suricata's names.
pub(super) fn files(boundary: &[u8], body: &[u8], fields: &mut Fields) -> [Option<&'static str>; 3] {
    let mark = [b"--", boundary].concat();
    let (mut headless, mut empty) = (false, false);
    let mut rest = body;
    let without_parts = !body.is_empty() && find(body, &mark).is_none();
    for _ in 0..PARTS {
        let Some(start) = find(rest, &mark) else { break };
        rest = rest.get(start + mark.len()..).unwrap_or(&[]);
        let end = find(rest, &mark).unwrap_or(rest.len());
        let part = rest.get(..end).unwrap_or(rest);
        let over = part.starts_with(b"--") && part.trim_ascii().len() == 2;
        headless |= !over && end < rest.len() && split(part).is_none();
        if let Some((head, data)) = split(part)
            && let Some(name) = file_name(head)
        {
            let data = data.strip_suffix(b"\r\n").unwrap_or(data);
            // A form whose field for a file was left empty has no name in it either.
            empty |= data.is_empty() && !name.is_empty();
            fields.set(file::NAME_TO_SERVER, name);
            fields.set(file::DATA_TO_SERVER, data);
            fields.set(file::MAGIC_TO_SERVER, file::magic(data));
            fields.set_number(file::SIZE_TO_SERVER, data.len() as u64);
        }
    }
    [
        without_parts.then_some("http.multipart_generic_error"),
        headless.then_some("http.multipart_invalid_header"),
        empty.then_some("http.multipart_no_filedata"),
    ]
}

fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = find(part, b"\r\n\r\n")?;
    Some((part.get(..at)?, part.get(at + 4..)?))
}

fn file_name(head: &[u8]) -> Option<Vec<u8>> {
    let lines = head.split(|b| *b == b'\n');
    let mut dispositions = lines.filter(|line| {
        line.get(..20).is_some_and(|start| start.eq_ignore_ascii_case(b"content-disposition:"))
    });
    parameter(dispositions.next()?, b"filename")
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len().max(1)).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_files_are_found() {
        let body = b"--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nplain\r\n--XX\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"bot.sh\"\r\n\r\n#!/bin/sh\r\n--XX--\r\n";
        let boundary = boundary(b"multipart/form-data; boundary=XX").unwrap();
        let mut fields = Fields::default();
        assert_eq!(files(&boundary, body, &mut fields), [None; 3]);
        assert_eq!(fields.get(file::NAME_TO_SERVER), Some(&b"bot.sh"[..]));
        assert_eq!(fields.get(file::DATA_TO_SERVER), Some(&b"#!/bin/sh"[..]));
        assert_eq!(fields.number(file::SIZE_TO_SERVER), Some(9));
    }

    #[test]
    fn parts_that_are_none_are_told() {
        let wrong = |body: &[u8]| {
            files(b"XX", body, &mut Fields::default()).into_iter().flatten().collect::<Vec<_>>()
        };
        assert_eq!(wrong(b"no parts"), ["http.multipart_generic_error"]);
        assert_eq!(wrong(b"--XX\r\nno end of a head\r\n--XX--\r\n"), ["http.multipart_invalid_header"]);
        let empty = b"--XX\r\nContent-Disposition: form-data; filename=\"a\"\r\n\r\n\r\n--XX--\r\n";
        assert_eq!(wrong(empty), ["http.multipart_no_filedata"]);
        let unnamed = b"--XX\r\nContent-Disposition: form-data; filename=\"\"\r\n\r\n\r\n--XX--\r\n";
        assert!(wrong(unnamed).is_empty());
    }
}
