//! The keywords of the rule language: one row each.
//!
//! Key types: [`Keyword`], [`Builder`]. Sticky buffers and their old modifiers are no rows here: they come from the
//! protocols' rows in [`otori_wire::proto`]. To add a keyword: a function in the file of its family and a row.
mod builder;
mod bytes;
mod content;
mod file;
mod flow;
mod identity;
mod industry;
mod issued;
mod legacy;
mod list;
pub(crate) mod memory;
mod meta;
mod number;
mod packet;
mod pattern;
mod remote;
mod tag;

pub use builder::Builder;
pub(crate) use builder::direction_of;
pub(crate) use meta::unmet;

/// Whether a keyword wants a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// none
    None,
    /// one
    Needed,
    /// perhaps
    Optional,
}

/// One keyword.
pub struct Keyword {
    /// name as written
    pub name: &'static str,
    /// value
    pub argument: Argument,
    /// reads it
    pub read: fn(&mut Builder<'_>, &str) -> Result<(), String>,
    /// one line for the manual
    pub note: &'static str,
}

const fn row(
    name: &'static str,
    argument: Argument,
    read: fn(&mut Builder<'_>, &str) -> Result<(), String>,
    note: &'static str,
) -> Keyword {
    Keyword { name, argument, read, note }
}

use Argument::{Needed, None as Bare, Optional};

/// All keywords, sorted by name.
pub static KEYWORDS: &[Keyword] = &[
    row("absent", Optional, content::absent, "the buffer is not there"),
    row("ack", Needed, packet::ack, "TCP acknowledgement number"),
    row("alert", Bare, meta::outspoken, "an alert although the rule passes"),
    row("app-layer-event", Needed, meta::application_event, "an anomaly of an application protocol"),
    row("app-layer-protocol", Needed, flow::application_protocol, "the application protocol of the flow"),
    row("asn1", Needed, remote::asn1, "something is wrong with the lengths of a BER value"),
    row("base64_data", Bare, bytes::base64_data, "following conditions are on what base64_decode gave"),
    row("base64_decode", Optional, bytes::base64_decode, "decodes base64"),
    row("bsize", Needed, bytes::size, "length of the buffer"),
    row("bypass", Bare, meta::bypass, "the flow is left alone after a match"),
    row("byte_extract", Needed, bytes::extract, "keeps a number under a name"),
    row("byte_jump", Needed, bytes::jump, "moves the cursor by a number"),
    row("byte_math", Needed, bytes::math, "computes with a number and keeps the result"),
    row("byte_test", Needed, bytes::test, "compares a number"),
    row("cip_service", Needed, industry::cip_service, "service, class and attribute of CIP"),
    row("classtype", Needed, meta::class, "short name of the class"),
    row("config", Needed, meta::config, "what is not logged after a match"),
    row("content", Needed, content::content, "bytes that must be there, or must not"),
    row("datarep", Needed, list::datarep, "reputation of the buffer on a list"),
    row("dataset", Needed, list::dataset, "the buffer is on a list, or is put there"),
    row("dce_iface", Needed, identity::interface, "interface that is called over DCE/RPC"),
    row("dce_opnum", Needed, identity::operation, "number of the operation that is called over DCE/RPC"),
    row("dcerpc.iface", Needed, identity::interface, "interface that is called over DCE/RPC"),
    row("dcerpc.opnum", Needed, identity::operation, "number of the operation that is called over DCE/RPC"),
    row("decode-event", Needed, packet::decode_event, "an anomaly of the decoder"),
    row("depth", Needed, content::depth, "bytes that the last content may lie in"),
    row("detection_filter", Needed, memory::detection_filter, "alerts only beyond a rate"),
    row("distance", Needed, content::distance, "bytes between the match before and the last content"),
    row("dnp3_ind", Needed, industry::dnp3_indicators, "one of DNP3's internal indicators is set"),
    row("dnp3_obj", Needed, industry::dnp3_object, "group and variation of a DNP3 object"),
    row("dsize", Needed, packet::payload_size, "bytes of payload"),
    row("endswith", Bare, content::ends_with, "the last content is at the end"),
    row("engine-event", Needed, packet::decode_event, "an anomaly of the decoder"),
    row("entropy", Needed, bytes::entropy, "how even the bytes of the buffer are"),
    row("fast_pattern", Optional, content::fast_pattern, "the prefilter searches the last content"),
    row("fileext", Needed, file::extension, "extension of a file's name"),
    row("filemagic", Needed, file::magic, "what a file's first bytes say it is"),
    row("filemd5", Needed, file::md5, "a file's MD5 is on a list"),
    row("filename", Needed, file::name, "part of a file's name"),
    row("filesha1", Needed, file::sha1, "a file's SHA-1 is on a list"),
    row("filesha256", Needed, file::sha256, "a file's SHA-256 is on a list"),
    row("filestore", Optional, meta::store_files, "the log says that a file is worth keeping; none is kept"),
    row("flags", Needed, packet::tcp_flags, "TCP flags"),
    row("flow", Needed, flow::flow, "direction and state of the flow"),
    row("flow.age", Needed, flow::age, "seconds since the flow's first packet"),
    row("flow.bytes", Needed, flow::bytes, "bytes of the flow"),
    row("flow.bytes_toclient", Needed, flow::bytes_to_client, "bytes to the client"),
    row("flow.bytes_toserver", Needed, flow::bytes_to_server, "bytes to the server"),
    row(
        "flow.elephant",
        Needed,
        flow::elephant,
        "a direction of the flow carries more bytes than flow.rate-tracking says",
    ),
    row("flow.pkts", Needed, flow::packets, "packets of the flow"),
    row("flow.pkts_toclient", Needed, flow::packets_to_client, "packets to the client"),
    row("flow.pkts_toserver", Needed, flow::packets_to_server, "packets to the server"),
    row("flowbits", Needed, memory::flow_bits, "bits remembered with the flow"),
    row("flowint", Needed, memory::flow_number, "numbers remembered with the flow"),
    row("fragbits", Needed, packet::fragment_bits, "IP fragment bits"),
    row("fragoffset", Needed, packet::fragment_offset, "IP fragment offset"),
    row("frame", Needed, legacy::frame, "a part of a protocol's message as it was sent"),
    row("ftpbounce", Bare, legacy::ftp_bounce, "FTP PORT with another address"),
    row("geoip", Needed, list::country, "countries of the addresses"),
    row("gid", Needed, meta::gid, "generator id"),
    row("hostbits", Needed, memory::host_bits, "bits remembered with a host"),
    row("http2.settings", Needed, industry::http2_settings, "a setting of HTTP/2 and its value"),
    row("icmp_id", Needed, packet::icmp_id, "ICMP identifier"),
    row("icmp_seq", Needed, packet::icmp_sequence, "ICMP sequence number"),
    row("icmpv6.mtu", Needed, packet::mtu, "largest packet that ICMPv6 says to be possible"),
    row("icode", Needed, packet::icmp_code, "ICMP code"),
    row("id", Needed, packet::ip_id, "IP identification"),
    row("igmp.type", Needed, packet::igmp_type, "IGMP type"),
    row("ike.chosen_sa_attribute", Needed, identity::chosen_attribute, "what the server has chosen for IKE"),
    row("ike.vendor", Optional, identity::vendor, "identifier of a vendor in IKE"),
    row("ip_proto", Needed, packet::ip_protocol, "IP protocol"),
    row("ipopts", Needed, packet::ip_options, "IPv4 options"),
    row("iprep", Needed, list::address_reputation, "reputation of the addresses in a category"),
    row("isdataat", Needed, bytes::data_at, "there are bytes, or are not"),
    row("itype", Needed, packet::icmp_type, "ICMP type"),
    row("krb5.ticket_encryption", Needed, identity::ticket_encryption, "encryption of a ticket"),
    row("l3_proto", Needed, packet::version, "IPv4 or IPv6"),
    row("lua", Needed, meta::unsupported, "refused: no scripts"),
    row("luajit", Needed, meta::unsupported, "refused: no scripts"),
    row("metadata", Needed, meta::told, "keys and values for people"),
    row("modbus", Needed, industry::modbus, "unit, function, access, address and value of Modbus"),
    row("msg", Needed, meta::message, "message"),
    row("nfq_set_mark", Needed, meta::nothing, "accepted, marks are not set"),
    row("nfs.procedure", Needed, identity::procedure, "procedure of NFS"),
    row("nfs_procedure", Needed, identity::procedure, "procedure of NFS"),
    row("noalert", Bare, meta::no_alert, "no alert is written"),
    row("nocase", Bare, content::nocase, "letters of either case"),
    row("offset", Needed, content::offset, "first byte of the last content"),
    row("pcre", Needed, pattern::pcre, "a regular expression"),
    row("pkt_data", Bare, content::packet_data, "back to the payload"),
    row("prefilter", Bare, meta::nothing, "accepted, the prefilter chooses by itself"),
    row("priority", Needed, meta::priority, "1 is most severe"),
    row("rawbytes", Bare, meta::nothing, "accepted, payloads are always raw"),
    row("reference", Needed, meta::told, "where to read more"),
    row("replace", Needed, meta::nothing, "accepted, packets are not changed"),
    row("requires", Needed, meta::requires, "the rule counts only where this is there"),
    row("rev", Needed, meta::revision, "revision"),
    row("rpc", Needed, remote::rpc, "program, version and procedure of a call of ONC RPC"),
    row("sameip", Bare, packet::same_ip, "source and destination are one"),
    row("seq", Needed, packet::sequence, "TCP sequence number"),
    row("sid", Needed, meta::sid, "signature id"),
    row("ssh.protoversion", Optional, legacy::ssh_version, "version of SSH"),
    row("ssh.softwareversion", Optional, legacy::ssh_software, "software of SSH"),
    row("ssl_state", Needed, legacy::ssl_state, "step of the TLS hand-shake"),
    row("ssl_version", Needed, legacy::ssl_version, "version of TLS"),
    row("startswith", Bare, content::starts_with, "the last content is at the start"),
    row("stream-event", Needed, packet::stream_event, "an anomaly of a stream"),
    row("stream_size", Needed, flow::stream_size, "bytes of the stream so far"),
    row("tag", Needed, tag::tag, "packets behind an alert are logged, of its flow or of a host"),
    row("target", Needed, meta::target, "which side is attacked"),
    row("tcp.ack", Needed, packet::ack, "TCP acknowledgement number"),
    row("tcp.flags", Needed, packet::tcp_flags, "TCP flags"),
    row("tcp.mss", Needed, packet::segment_size, "TCP's maximum segment size"),
    row("tcp.seq", Needed, packet::sequence, "TCP sequence number"),
    row("tcp.window", Needed, packet::window, "TCP window"),
    row("tcp.wscale", Needed, packet::window_scale, "TCP's window scale"),
    row("threshold", Needed, memory::threshold, "limits alerts"),
    row("tls.fingerprint", Optional, legacy::tls_fingerprint, "SHA-1 of the certificate"),
    row("tls.issuerdn", Optional, legacy::tls_issuer, "issuer of the certificate"),
    row("tls.store", Bare, meta::nothing, "accepted, certificates are not stored"),
    row("tls.subject", Optional, legacy::tls_subject, "subject of the certificate"),
    row("tls.version", Needed, legacy::tls_version, "version of TLS"),
    row("tls_cert_expired", Bare, issued::expired, "the certificate's life is over"),
    row("tls_cert_notafter", Needed, issued::not_after, "end of the certificate's life"),
    row("tls_cert_notbefore", Needed, issued::not_before, "start of the certificate's life"),
    row("tls_cert_valid", Bare, issued::valid, "the certificate lives"),
    row("tos", Needed, packet::tos, "IP's differentiated services field"),
    row("ttl", Needed, packet::ttl, "IP time to live"),
    row("uricontent", Needed, content::uri_content, "content in the normal form of the request target"),
    row("urilen", Needed, bytes::uri_size, "length of the request target"),
    row("vlan.id", Needed, packet::vlan, "VLAN identifier"),
    row("vlan.layers", Needed, packet::vlan_layers, "number of VLAN tags"),
    row("window", Needed, packet::window, "TCP window"),
    row("within", Needed, content::within, "bytes behind the match before that the last content must end in"),
    row("xbits", Needed, memory::x_bits, "bits remembered with hosts, pairs or transactions"),
];

/// The table of keywords for people, made from the rows.
pub fn document() -> String {
    let rows = KEYWORDS.iter().map(|row| {
        let argument = match row.argument {
            Argument::None => "none",
            Argument::Needed => "needed",
            Argument::Optional => "optional",
        };
        format!("| `{}` | {argument} | {} |\n", row.name, row.note)
    });
    format!(
        "# Rule keywords\n\nGenerated by `cargo xtask docs` from the code; do not edit. Buffers and numbers of \
         protocols stand in [protocols.md](protocols.md).\n\n| keyword | value | what it asks or says |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// A reason that names its keyword: many rules have many of them.
fn named(name: &str, reason: String) -> String {
    if reason.contains(name) { reason } else { format!("{name}: {reason}") }
}

/// Whether rules may use that keyword.
pub(crate) fn is_known(name: &str) -> bool {
    KEYWORDS.iter().any(|row| row.name == name && !row.note.starts_with("refused"))
        || builder::is_header(name)
        || otori_wire::proto::fields().any(|row| row.keyword == name || row.aliases.contains(&name))
        || otori_wire::proto::numbers().any(|row| row.keyword == name || row.aliases.contains(&name))
        || crate::transform::Transform::parse(name, None).is_ok_and(|transform| transform.is_some())
}

/// Reads one option into the rule.
pub fn apply(builder: &mut Builder<'_>, name: &str, value: Option<&str>) -> Result<(), String> {
    if let Ok(place) = KEYWORDS.binary_search_by(|row| row.name.cmp(name)) {
        let Some(row) = KEYWORDS.get(place) else { return Err("no such row".into()) };
        return match (row.argument, value) {
            (Argument::None, Some(_)) => Err(format!("{name} takes no value")),
            (Argument::Needed, None | Some("")) => Err(format!("{name} needs a value")),
            _ => (row.read)(builder, value.unwrap_or("")).map_err(|reason| named(name, reason)),
        };
    }
    if let Some(transform) = crate::transform::Transform::parse(name, value)? {
        return builder.transform(transform);
    }
    if value.is_some_and(|value| !value.is_empty()) && builder.number(name, value.unwrap_or(""))? {
        return Ok(());
    }
    if builder.sticky(name, value.filter(|value| !value.is_empty()))? || builder.modifier(name)? {
        return Ok(());
    }
    Err(format!("unknown keyword {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(protocol: &str, options: &str) -> Result<(), String> {
        let text = format!("alert {protocol} any any -> any any ({options}; sid:1;)");
        let (variables, mut tables) = (crate::Variables::default(), crate::Tables::default());
        crate::parse_rule(&text, &variables, &mut tables).map(|_| ()).map_err(|fault| fault.reason)
    }
    fn lines(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
    }

    #[test]
    fn the_language_is_taken() {
        for line in lines(include_str!("../../../../vectors/language/taken.txt")) {
            let (protocol, options) = line.split_once('|').unwrap();
            assert_eq!(rule(protocol, options), Ok(()), "{line}");
        }
    }

    #[test]
    fn what_is_refused_is_named() {
        for line in lines(include_str!("../../../../vectors/language/refused.txt")) {
            let (word, rest) = line.split_once('|').unwrap();
            let (protocol, options) = rest.split_once('|').unwrap();
            let reason = rule(protocol, options).expect_err(line);
            assert!(reason.contains(word), "{line}: {reason}");
        }
    }

    #[test]
    fn events_are_known_by_the_names_that_they_had() {
        let (variables, mut tables) = (crate::Variables::default(), crate::Tables::default());
        for name in ["dns.not_a_request", "dns.not_request", "DNS.Not_Request"] {
            let text = format!("alert dns any any -> any any (app-layer-event:{name}; sid:1;)");
            let rule = crate::parse_rule(&text, &variables, &mut tables).unwrap();
            assert_eq!(rule.application_events, ["dns.not_request"]);
        }
    }

    #[test]
    fn rows_are_sorted() {
        assert!(KEYWORDS.is_sorted_by(|a, b| a.name < b.name));
        assert!(KEYWORDS.iter().all(|row| !row.note.is_empty()));
    }
}
