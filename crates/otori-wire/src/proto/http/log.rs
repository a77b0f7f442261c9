//! The `http` object of EVE.
use super::fields::*;
use crate::{
    proto::Record,
    transaction::{FieldId, Transaction},
};

/// Writes hostname, url, agent, method, protocol, status, length and the like.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let fields = &transaction.fields;
    let mut text = |key, id: FieldId| {
        if let Some(value) = fields.get(id).filter(|value| !value.is_empty()) {
            record.text(key, value);
        }
    };
    text("hostname", HOST);
    text("url", URI_RAW);
    text("http_user_agent", USER_AGENT);
    text("http_method", METHOD);
    text("protocol", REQUEST_PROTOCOL);
    text("http_refer", REFERER);
    text("redirect", LOCATION);
    if fields.get(REQUEST_PROTOCOL).is_none() {
        text("protocol", RESPONSE_PROTOCOL);
    }
    if let Some(kind) = fields.get(RESPONSE_CONTENT_TYPE) {
        let bare = kind.split(|b| *b == b';').next().unwrap_or(kind).trim_ascii();
        record.text("http_content_type", bare);
    }
    let host = fields.get(HOST_RAW).unwrap_or(b"");
    let port = host.rsplit(|b| *b == b':').next().filter(|port| port.len() < host.len());
    if let Some(port) = port.and_then(|port| core::str::from_utf8(port).ok()).and_then(|p| p.parse().ok()) {
        record.number("http_port", port);
    }
    let status = fields.get(STATUS).and_then(|code| core::str::from_utf8(code).ok());
    if let Some(status) = status.and_then(|code| code.parse().ok()) {
        record.number("status", status);
    }
    let kept = fields.get(RESPONSE_BODY).map_or(0, |body| body.len() as u64);
    record.number("length", fields.number(RESPONSE_LENGTH).unwrap_or(kept).cast_signed());
}
