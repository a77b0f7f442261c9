//! The `dns` object of EVE, version 3.
use super::message::{Message, Resource};
use crate::{proto::Record, transaction::Transaction};
use std::{borrow::Cow, io::Write};

/// Names of resource types, IANA.
static TYPES: &[(u16, &str)] = &[
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (10, "NULL"),
    (11, "WKS"),
    (12, "PTR"),
    (13, "HINFO"),
    (15, "MX"),
    (16, "TXT"),
    (17, "RP"),
    (18, "AFSDB"),
    (25, "KEY"),
    (28, "AAAA"),
    (29, "LOC"),
    (33, "SRV"),
    (35, "NAPTR"),
    (36, "KX"),
    (37, "CERT"),
    (39, "DNAME"),
    (41, "OPT"),
    (42, "APL"),
    (43, "DS"),
    (44, "SSHFP"),
    (45, "IPSECKEY"),
    (46, "RRSIG"),
    (47, "NSEC"),
    (48, "DNSKEY"),
    (49, "DHCID"),
    (50, "NSEC3"),
    (51, "NSEC3PARAM"),
    (52, "TLSA"),
    (55, "HIP"),
    (59, "CDS"),
    (60, "CDNSKEY"),
    (64, "SVCB"),
    (65, "HTTPS"),
    (99, "SPF"),
    (249, "TKEY"),
    (250, "TSIG"),
    (251, "IXFR"),
    (252, "AXFR"),
    (253, "MAILB"),
    (254, "MAILA"),
    (255, "ANY"),
    (256, "URI"),
    (257, "CAA"),
];

/// The same, for rules.
pub(super) const TYPE_NUMBERS: &[(&str, u64)] = &[
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("NULL", 10),
    ("PTR", 12),
    ("HINFO", 13),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("SRV", 33),
    ("NAPTR", 35),
    ("DNAME", 39),
    ("OPT", 41),
    ("DS", 43),
    ("SSHFP", 44),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("DNSKEY", 48),
    ("TLSA", 52),
    ("SVCB", 64),
    ("HTTPS", 65),
    ("IXFR", 251),
    ("AXFR", 252),
    ("ANY", 255),
    ("URI", 256),
    ("CAA", 257),
];
/// Response codes, for rules.
pub(super) const RCODE_NUMBERS: &[(&str, u64)] = &[
    ("NOERROR", 0),
    ("FORMERR", 1),
    ("SERVFAIL", 2),
    ("NXDOMAIN", 3),
    ("NOTIMP", 4),
    ("REFUSED", 5),
    ("YXDOMAIN", 6),
    ("YXRRSET", 7),
    ("NXRRSET", 8),
    ("NOTAUTH", 9),
    ("NOTZONE", 10),
];

static RCODES: &[&str] = &[
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
    "NOTAUTH", "NOTZONE",
];

/// The name of a resource type, or its number.
pub fn type_name(kind: u16) -> Cow<'static, str> {
    match TYPES.binary_search_by_key(&kind, |(number, _)| *number).ok().and_then(|place| TYPES.get(place)) {
        Some((_, name)) => (*name).into(),
        None => kind.to_string().into(),
    }
}

fn rcode_name(code: u16) -> Cow<'static, str> {
    RCODES.get(usize::from(code)).map_or_else(|| code.to_string().into(), |name| (*name).into())
}

fn records(key: &'static str, list: &[Resource], record: &mut dyn Record) {
    if list.is_empty() {
        return;
    }
    record.list(key, list.len(), &mut |place, record| {
        let Some(entry) = list.get(place) else { return };
        record.text("rrname", &entry.name);
        record.text("rrtype", type_name(entry.kind).as_bytes());
        if entry.kind != 41 {
            record.number("ttl", i64::from(entry.ttl));
        }
        match entry.kind {
            6 => record.object("soa", &mut |record| authority(entry, record)),
            33 => record.object("srv", &mut |record| service(entry, record)),
            44 => record.object("sshfp", &mut |record| fingerprint(entry, record)),
            1 | 2 | 5 | 12 | 15 | 16 | 28 | 39 => record.text("rdata", &shown(entry)),
            _ => {}
        }
    });
}

/// The text of an answer.
fn shown(entry: &Resource) -> Cow<'_, [u8]> {
    match entry.kind {
        28 => Cow::Owned(in_full(&entry.data)),
        _ => Cow::Borrowed(&entry.data),
    }
}

/// An address of IPv6 with all its digits, as Suricata writes it.
fn in_full(text: &[u8]) -> Vec<u8> {
    let Some(ip) = core::str::from_utf8(text).ok().and_then(|text| text.parse::<core::net::Ipv6Addr>().ok())
    else {
        return text.to_vec();
    };
    let parts = ip.segments().map(|part| format!("{part:04x}"));
    parts.join(":").into_bytes()
}

fn authority(entry: &Resource, record: &mut dyn Record) {
    record.text("mname", &entry.data);
    record.text("rname", &entry.responsible);
    for (key, number) in ["serial", "refresh", "retry", "expire", "minimum"].into_iter().zip(entry.numbers) {
        record.number(key, number.into());
    }
}

fn service(entry: &Resource, record: &mut dyn Record) {
    for (key, number) in ["priority", "weight", "port"].into_iter().zip(entry.numbers) {
        record.number(key, number.into());
    }
    record.text("name", &entry.data);
}

fn fingerprint(entry: &Resource, record: &mut dyn Record) {
    let bytes: Vec<String> = entry.data.iter().map(|byte| format!("{byte:02x}")).collect();
    record.text("fingerprint", bytes.join(":").as_bytes());
    record.number("algo", entry.numbers[0].into());
    record.number("type", entry.numbers[1].into());
}

/// Writes the message.
pub fn log(transaction: &Transaction, record: &mut dyn Record) {
    let Some(message) = transaction.detail_of::<Message>() else { return };
    record.number("version", 3);
    record.text("type", if message.is_response() { b"response" } else { b"request" });
    record.number("tx_id", transaction.id as i64);
    record.number("id", i64::from(message.id));
    let mut room = [0; 4];
    let mut left = room.as_mut_slice();
    // Four digits have room.
    let _ = write!(left, "{:x}", message.flags);
    let unused = left.len();
    record.text("flags", room.get(..room.len() - unused).unwrap_or(&room));
    for (key, bit) in [("qr", 0x8000), ("aa", 0x400), ("tc", 0x200), ("rd", 0x100), ("ra", 0x80), ("z", 0x40)]
    {
        if message.flags & bit != 0 {
            record.flag(key, true);
        }
    }
    record.number("opcode", i64::from(message.opcode()));
    record.text("rcode", rcode_name(message.rcode()).as_bytes());
    if !message.questions.is_empty() {
        record.list("queries", message.questions.len(), &mut |place, record| {
            let Some(question) = message.questions.get(place) else { return };
            record.text("rrname", &question.name);
            record.text("rrtype", type_name(question.kind).as_bytes());
            if question.truncated {
                record.flag("rrname_truncated", true);
            }
        });
    }
    records("answers", &message.answers, record);
    records("authorities", &message.authorities, record);
    records("additionals", &message.additionals, record);
    grouped(message, record);
}

/// How the answers of one type are listed.
enum Listed {
    Text,
    Object(fn(&Resource, &mut dyn Record)),
}

/// Types whose answers are listed by type as well.
static GROUPED: &[(u16, &str, Listed)] = &[
    (1, "A", Listed::Text),
    (28, "AAAA", Listed::Text),
    (5, "CNAME", Listed::Text),
    (15, "MX", Listed::Text),
    (2, "NS", Listed::Text),
    (12, "PTR", Listed::Text),
    (16, "TXT", Listed::Text),
    (6, "SOA", Listed::Object(authority)),
    (33, "SRV", Listed::Object(service)),
    (44, "SSHFP", Listed::Object(fingerprint)),
];

fn grouped(message: &Message, record: &mut dyn Record) {
    if !message.answers.iter().any(|answer| GROUPED.iter().any(|(kind, ..)| *kind == answer.kind)) {
        return;
    }
    record.object("grouped", &mut |record| {
        for (kind, name, listed) in GROUPED {
            let mut of_kind = message.answers.iter().filter(|answer| answer.kind == *kind);
            let count = of_kind.clone().count();
            match listed {
                _ if count == 0 => {}
                Listed::Text => record.words(name, &mut of_kind.map(shown)),
                Listed::Object(write) => record.list(name, count, &mut |_, record| {
                    if let Some(answer) = of_kind.next() {
                        write(answer, record);
                    }
                }),
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_sorted_and_addresses_in_full() {
        assert!(TYPES.is_sorted_by_key(|(number, _)| *number));
        assert_eq!(in_full(b"2001:db8::68"), b"2001:0db8:0000:0000:0000:0000:0000:0068");
        assert_eq!(in_full(b"x"), b"x");
    }
}
