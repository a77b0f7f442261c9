//! LLMNR: messages of DNS, with a name of their own in rules and in the log.
//!
//! Neighbour: [`super`]. RFC 4795.
use super::{ADDITIONAL_NAME, ANSWER_NAME, AUTHORITY_NAME, Kin, QUERY, RESPONSE_NAME, RESPONSE_QUERY};
use crate::{
    flow::Direction,
    proto::{FieldRow, Parser, ProtocolId},
    transaction::FieldId,
};
use Direction::{ToClient, ToServer};

const fn row(direction: Direction, of_dns: FieldId, keyword: &'static str) -> FieldRow {
    FieldRow::new(direction, FieldId::new(ProtocolId::Llmnr, (of_dns.0 & 0xff) as u8), keyword)
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, QUERY, "llmnr.queries.rrname"),
    row(ToClient, RESPONSE_QUERY, "llmnr.queries.rrname"),
    row(ToClient, ANSWER_NAME, "llmnr.answers.rrname"),
    row(ToClient, RESPONSE_NAME, "llmnr.response.rrname"),
    row(ToClient, AUTHORITY_NAME, "llmnr.authorities.rrname"),
    row(ToClient, ADDITIONAL_NAME, "llmnr.additionals.rrname"),
];

const EVENTS: &[(&str, &str)] = &[
    ("dns.malformed_data", "llmnr.malformed_data"),
    ("dns.not_request", "llmnr.not_request"),
    ("dns.not_response", "llmnr.not_response"),
    ("dns.z_flag_set", "llmnr.z_flag_set"),
    ("dns.invalid_opcode", "llmnr.invalid_opcode"),
    ("dns.infinite_loop", "llmnr.infinite_loop"),
    ("dns.name_too_long", "llmnr.name_too_long"),
    ("dns.invalid_additionals", "llmnr.invalid_additionals"),
    ("dns.invalid_authorities", "llmnr.invalid_authorities"),
];

pub(in crate::proto) fn parser() -> Box<dyn Parser> {
    Kin { protocol: ProtocolId::Llmnr, events: EVENTS }.parser()
}
