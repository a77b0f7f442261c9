//! Multicast DNS: messages of DNS, with a name of their own in rules and in the log.
//!
//! Neighbour: [`super`]. RFC 6762.
use super::{ADDITIONAL_NAME, ANSWER_NAME, AUTHORITY_NAME, Kin, QUERY, RESPONSE_NAME, RESPONSE_QUERY};
use crate::{
    flow::Direction,
    proto::{FieldRow, Parser, ProtocolId},
    transaction::FieldId,
};
use Direction::{ToClient, ToServer};

const fn row(direction: Direction, of_dns: FieldId, keyword: &'static str) -> FieldRow {
    FieldRow::new(direction, FieldId::new(ProtocolId::Mdns, (of_dns.0 & 0xff) as u8), keyword)
}

/// All fields.
pub static FIELDS: &[FieldRow] = &[
    row(ToServer, QUERY, "mdns.queries.rrname"),
    row(ToClient, RESPONSE_QUERY, "mdns.queries.rrname"),
    row(ToClient, ANSWER_NAME, "mdns.answers.rrname"),
    row(ToClient, RESPONSE_NAME, "mdns.response.rrname"),
    row(ToClient, AUTHORITY_NAME, "mdns.authorities.rrname"),
    row(ToClient, ADDITIONAL_NAME, "mdns.additionals.rrname"),
];

const EVENTS: &[(&str, &str)] = &[
    ("dns.malformed_data", "mdns.malformed_data"),
    ("dns.z_flag_set", "mdns.z_flag_set"),
    ("dns.invalid_opcode", "mdns.invalid_opcode"),
    ("dns.infinite_loop", "mdns.infinite_loop"),
    ("dns.name_too_long", "mdns.name_too_long"),
    ("dns.invalid_additionals", "mdns.invalid_additionals"),
    ("dns.invalid_authorities", "mdns.invalid_authorities"),
];

pub(in crate::proto) fn parser() -> Box<dyn Parser> {
    Kin { protocol: ProtocolId::Mdns, events: EVENTS }.parser()
}
