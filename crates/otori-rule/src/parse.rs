//! Cuts rule files into rules, and a rule into header and options.
//!
//! Key types: [`RuleError`], [`Variables`]. Suricata's manual, "Rules Format". Columns count bytes from 1.
use crate::{
    address::AddressSet,
    keyword::{self, Builder},
    limits::RULE_BYTES,
    port::PortSet,
    rule::{Action, Check, Rule, RuleProtocol},
    state::Tables,
};
use otori_wire::proto;
use std::collections::HashMap;

/// Why a rule was refused, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {reason}{}", .sid.map(|sid| format!(" (sid {sid})")).unwrap_or_default())]
pub struct RuleError {
    /// file as named by the caller
    pub file: String,
    /// line, from 1
    pub line: usize,
    /// byte in the line, from 1
    pub column: usize,
    /// for a person
    pub reason: String,
    /// the rule's sid, if it could be read
    pub sid: Option<u32>,
}

/// What is wrong, at which byte of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// byte offset in the rule
    pub at: usize,
    /// for a person
    pub reason: String,
}

/// Values of `$NAME` in headers.
#[derive(Clone, Debug)]
pub struct Variables {
    addresses: HashMap<String, String>,
    ports: HashMap<String, String>,
}

impl Default for Variables {
    /// As Suricata's sample configuration: private networks are home, everything is external.
    fn default() -> Self {
        let home = "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]";
        let mut addresses = HashMap::new();
        addresses.insert("HOME_NET".into(), home.into());
        addresses.insert("EXTERNAL_NET".into(), "any".into());
        let servers = [
            "HTTP_SERVERS",
            "SMTP_SERVERS",
            "SQL_SERVERS",
            "DNS_SERVERS",
            "TELNET_SERVERS",
            "AIM_SERVERS",
            "DC_SERVERS",
            "DNP3_SERVER",
            "DNP3_CLIENT",
            "MODBUS_CLIENT",
            "MODBUS_SERVER",
            "ENIP_CLIENT",
            "ENIP_SERVER",
        ];
        for name in servers {
            addresses.insert(name.into(), "$HOME_NET".into());
        }
        let ports = [
            ("HTTP_PORTS", "80"),
            ("SHELLCODE_PORTS", "!80"),
            ("ORACLE_PORTS", "1521"),
            ("SSH_PORTS", "22"),
            ("DNP3_PORTS", "20000"),
            ("MODBUS_PORTS", "502"),
            ("FTP_PORTS", "21"),
            ("GENEVE_PORTS", "6081"),
            ("VXLAN_PORTS", "4789"),
            ("TEREDO_PORTS", "3544"),
            ("FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"),
            ("SIP_PORTS", "[5060,5061]"),
        ];
        let ports = ports.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Variables { addresses, ports }
    }
}

impl Variables {
    /// Sets an address variable, without `$`.
    pub fn set_address(&mut self, name: &str, value: &str) {
        self.addresses.insert(name.into(), value.into());
    }
    /// Sets a port variable, without `$`.
    pub fn set_port(&mut self, name: &str, value: &str) {
        self.ports.insert(name.into(), value.into());
    }
    pub(crate) fn address(&self, name: &str) -> Option<String> {
        self.addresses.get(name).cloned()
    }
    pub(crate) fn port(&self, name: &str) -> Option<String> {
        self.ports.get(name).cloned()
    }
}

/// A rule of a text, which may be commented out.
pub(crate) struct Written {
    /// its line, from 1
    pub(crate) line: usize,
    /// column of its first byte, from 1
    pub(crate) column: usize,
    /// the rule, with continued lines joined and without the mark of a comment
    pub(crate) text: String,
    /// it is not commented out
    pub(crate) enabled: bool,
}

/// The rules of a text: line number, column of the first byte, and the rule with continued lines joined.
pub fn rule_lines(text: &str) -> impl Iterator<Item = (usize, usize, String)> + '_ {
    all_rule_lines(text).filter(|rule| rule.enabled).map(|rule| (rule.line, rule.column, rule.text))
}

/// The same, and the rules that are commented out.
pub(crate) fn all_rule_lines(text: &str) -> impl Iterator<Item = Written> + '_ {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        loop {
            let (number, line) = lines.next()?;
            let mut trimmed = line.trim_start();
            let enabled = !trimmed.starts_with('#');
            if !enabled {
                trimmed = trimmed.trim_start_matches(['#', ' ', '\t']);
            }
            if trimmed.is_empty() || (!enabled && !is_rule(trimmed)) {
                continue;
            }
            let column = line.len() - trimmed.len() + 1;
            let mut rule = trimmed.to_owned();
            while enabled && rule.ends_with('\\') && rule.len() < RULE_BYTES {
                rule.pop();
                let Some((_, more)) = lines.next() else { break };
                rule.push_str(more.trim_start());
            }
            return Some(Written { line: number + 1, column, text: rule.trim_end().to_owned(), enabled });
        }
    })
}

/// A comment is a rule: an action, a direction, options with a sid.
fn is_rule(comment: &str) -> bool {
    let action = comment.split_whitespace().next().unwrap_or_default();
    matches!(
        action,
        "alert" | "drop" | "reject" | "rejectsrc" | "rejectdst" | "rejectboth" | "pass" | "config"
    ) && (comment.contains(" -> ") || comment.contains(" <> "))
        && comment.trim_end().ends_with(')')
        && sid_of(comment).is_some()
}

/// Reads one rule.
pub fn parse_rule(text: &str, variables: &Variables, tables: &mut Tables) -> Result<Rule, Fault> {
    if text.len() > RULE_BYTES {
        return Err(Fault { at: RULE_BYTES, reason: format!("longer than {RULE_BYTES} bytes") });
    }
    let open =
        text.find('(').ok_or_else(|| Fault { at: text.len(), reason: "no options in brackets".into() })?;
    let header = text.get(..open).unwrap_or(text);
    let mut builder = Builder::new(parse_header(header, variables)?, tables);
    let body = text.get(open + 1..).unwrap_or("").trim_end();
    let Some(body) = body.strip_suffix(')') else {
        return Err(Fault { at: text.len(), reason: "no closing bracket at the end".into() });
    };
    for (at, option) in options(body) {
        let at = open + 1 + at;
        let (name, value) = match option.split_once(':') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (option.trim(), None),
        };
        keyword::apply(&mut builder, name, value).map_err(|reason| Fault { at, reason })?;
    }
    builder.finish(text).map_err(|reason| Fault { at: 0, reason })
}

/// The sid of a rule that may be broken otherwise.
pub fn sid_of(text: &str) -> Option<u32> {
    let at = text.rfind("sid:")?;
    let digits = text.get(at + 4..)?.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

/// Options with their offsets: cut at semicolons that no back slash escapes.
pub(crate) fn options(body: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let mut escaped = false;
    let mut ends: Vec<usize> = Vec::new();
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b';' => ends.push(at),
            _ => {}
        }
    }
    ends.push(body.len());
    ends.into_iter().filter_map(move |end| {
        let raw = body.get(start..end).unwrap_or("");
        let lead = raw.len() - raw.trim_start().len();
        let place = start + lead;
        start = end + 1;
        (!raw.trim().is_empty()).then(|| (place, raw.trim()))
    })
}

/// What options of that name say, in their order, in the text of a rule that was read.
pub(crate) fn option_values<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    let body = text.find('(').and_then(|open| text.get(open + 1..)).unwrap_or("").trim_end();
    let pairs =
        options(body.strip_suffix(')').unwrap_or(body)).filter_map(|(_, option)| option.split_once(':'));
    pairs.filter(move |(have, _)| have.trim() == name).map(|(_, value)| value.trim())
}

/// What the rule requires and is not here.
pub(crate) fn unmet_of(text: &str, features: &[String]) -> Option<String> {
    // Few rules say so: the others are not cut into their options twice.
    if !text.contains("requires") {
        return None;
    }
    option_values(text, "requires").find_map(|value| keyword::unmet(value, features).ok().flatten())
}

/// The words of a header with their offsets; brackets hold a word together.
fn words(header: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut depth = 0usize;
    let mut start = None;
    for (at, byte) in header.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let blank = byte.is_ascii_whitespace() && depth == 0;
        match (blank, start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                found.push((from, header.get(from..at).unwrap_or("")));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        found.push((from, header.get(from..).unwrap_or("")));
    }
    found
}

fn parse_header(header: &str, variables: &Variables) -> Result<Rule, Fault> {
    let words = words(header);
    let fault = |place: usize, reason: String| Fault {
        at: words.get(place).map_or(header.len(), |(at, _)| *at),
        reason,
    };
    let word = |place: usize| words.get(place).map_or("", |(_, word)| *word);
    if words.len() != 7 && words.len() != 2 {
        return Err(fault(0, format!("a header has 7 words, this has {}", words.len())));
    }
    let action = match word(0) {
        "alert" => Action::Alert,
        "drop" => Action::Drop,
        "reject" | "rejectsrc" | "rejectdst" | "rejectboth" => Action::Reject,
        "pass" => Action::Pass,
        // Changes what is logged; nothing here is.
        "config" => Action::Alert,
        other if other == "accept" || other.contains(':') => {
            let reason = format!("{other:?} is of firewall mode; here policies say who may do what");
            return Err(fault(0, reason));
        }
        other => return Err(fault(0, format!("unknown action {other:?}"))),
    };
    let (name, hook) = word(1).split_once(':').unwrap_or((word(1), ""));
    let protocol = parse_protocol(name).ok_or_else(|| fault(1, format!("unknown protocol {:?}", word(1))))?;
    let mut rule = Rule::empty(action, protocol);
    if name.eq_ignore_ascii_case("http1") {
        rule.checks.push(Check::Application("http", false));
    }
    rule.silent = word(0) == "config";
    parse_hook(&mut rule, hook).map_err(|reason| fault(1, reason))?;
    if words.len() == 2 {
        return Ok(rule);
    }
    rule.source = AddressSet::parse(word(2), variables).map_err(|reason| fault(2, reason))?;
    rule.source_ports = PortSet::parse(word(3), variables).map_err(|reason| fault(3, reason))?;
    rule.both_ways = match word(4) {
        "->" => false,
        "<>" => true,
        "=>" => {
            rule.transactional = true;
            false
        }
        other => return Err(fault(4, format!("unknown direction {other:?}"))),
    };
    rule.destination = AddressSet::parse(word(5), variables).map_err(|reason| fault(5, reason))?;
    rule.destination_ports = PortSet::parse(word(6), variables).map_err(|reason| fault(6, reason))?;
    Ok(rule)
}

/// What stands behind the protocol: a place in the way of a packet, or a step of a transaction.
fn parse_hook(rule: &mut Rule, hook: &str) -> Result<(), String> {
    use otori_wire::{Direction, Progress};
    let step = match hook {
        "" | "all" | "packet" | "flow" | "pre_flow" | "pre_stream" => return Ok(()),
        "flow_start" => {
            rule.checks.push(Check::FlowStart);
            return Ok(());
        }
        "request_started" => (Direction::ToServer, Progress::Started),
        "request_line" | "request_headers" | "client_hello_done" | "client_banner_done" => {
            (Direction::ToServer, Progress::Headers)
        }
        "request_body" | "request_trailer" => (Direction::ToServer, Progress::Body),
        "request_complete" | "client_handshake_done" | "client_finished" => {
            (Direction::ToServer, Progress::Complete)
        }
        "response_started" => (Direction::ToClient, Progress::Started),
        "response_line" | "response_headers" | "server_hello_done" | "server_cert_done"
        | "server_banner_done" | "server_hello" => (Direction::ToClient, Progress::Headers),
        "response_body" | "response_trailer" => (Direction::ToClient, Progress::Body),
        "response_complete" | "server_handshake_done" | "server_finished" => {
            (Direction::ToClient, Progress::Complete)
        }
        other => return Err(format!("unknown hook {other:?}")),
    };
    rule.hook = Some(step);
    Ok(())
}

fn parse_protocol(name: &str) -> Option<RuleProtocol> {
    use otori_wire::decode::protocol;
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "ip" | "pkthdr" | "ether" => RuleProtocol::Any,
        "arp" => RuleProtocol::Frame(0x0806),
        "ip4" | "ipv4" => RuleProtocol::IpVersion(4),
        "ip6" | "ipv6" => RuleProtocol::IpVersion(6),
        "tcp" => RuleProtocol::Tcp,
        "tcp-pkt" => RuleProtocol::TcpPacket,
        "tcp-stream" => RuleProtocol::TcpStream,
        "udp" => RuleProtocol::Number(protocol::UDP),
        "icmp" | "icmpv4" => RuleProtocol::Number(protocol::ICMP),
        "icmpv6" => RuleProtocol::Number(protocol::ICMPV6),
        "sctp" => RuleProtocol::Number(protocol::SCTP),
        "igmp" => RuleProtocol::Number(protocol::IGMP),
        "http1" => RuleProtocol::Application(proto::ProtocolId::Http),
        // DNS over HTTP/2: what is asked for decides which of both a rule is about.
        "doh2" => RuleProtocol::Application(proto::ProtocolId::Http2),
        name => RuleProtocol::Application(proto::by_name(name)?.id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<(), (usize, &str)>) {
        let found = parse_rule(text, &Variables::default(), &mut Tables::default());
        match (found, expect) {
            (Ok(_), Ok(())) => {}
            (Err(fault), Err((at, reason))) => {
                assert_eq!(fault.at, at, "{text}: {fault:?}");
                assert!(fault.reason.contains(reason), "{text}: {fault:?}");
            }
            (found, expect) => panic!("{text}: {found:?}, wanted {expect:?}"),
        }
    }

    #[test]
    fn faults_say_where_and_why() {
        check("alert tcp any any -> any any (msg:\"a\"; content:\"x\\;y\"; sid:1;)", Ok(()));
        check("alert tcp [192.0.2.1, 192.0.2.2] any <> any [80, 81] (sid:1;)", Ok(()));
        check("permit tcp any any -> any any (sid:1;)", Err((0, "action")));
        check("accept:hook tcp:all any any -> any any (sid:1;)", Err((0, "firewall")));
        check("drop:flow tls any any -> any any (sid:1;)", Err((0, "firewall")));
        check("alert xyz any any -> any any (sid:1;)", Err((6, "protocol")));
        check("alert tcp any any ~> any any (sid:1;)", Err((18, "direction")));
        check("alert http any any => any any (http.uri; content:\"a\"; sid:1;)", Ok(()));
        check("alert tcp:nowhere any any -> any any (sid:1;)", Err((6, "hook")));
        check("alert tcp any any -> any 99999 (sid:1;)", Err((25, "not a port")));
        check("alert tcp any any -> any any (sid:1; nonsense:2;)", Err((37, "unknown keyword")));
        check("alert tcp any any -> any any (msg:\"x\";)", Err((0, "sid")));
        check("alert tcp any any -> any any (sid:1;", Err((36, "closing bracket")));
        check("alert tcp any any -> any any", Err((28, "options")));
        check("alert tcp any any -> any any (content:\"|4|\"; sid:1;)", Err((30, "hexadecimal")));
        check("alert tcp any any -> any any (depth:3; sid:1;)", Err((30, "content")));
    }

    #[test]
    fn lines_are_joined_and_comments_skipped() {
        let found: Vec<_> = rule_lines("# c\n\n  alert a \\\n   b\nalert c").collect();
        assert_eq!(found, [(3, 3, "alert a b".to_owned()), (5, 1, "alert c".to_owned())]);
    }

    #[test]
    fn no_cut_and_no_flipped_byte_panics() {
        let seed = "drop http $HOME_NET !80 <> [192.0.2.0/24,!192.0.2.1] 1:9 (msg:\"m\"; flow:established,to_server; \
            http.uri; content:\"/a|20 41|\"; depth:9; offset:1; pcre:\"/a(b|c)+[^\\\"]/Ri\"; byte_test:2,>,5,0,relative; \
            byte_jump:1,0,relative; isdataat:!1,relative; bsize:<9; threshold:type limit, track by_src, count 1, seconds 9; \
            flowbits:set,a; flowint:n,+,1; xbits:set,b,track ip_src,expire 9; dsize:2<>9; sid:7; rev:2;)";
        assert!(parse_rule(seed, &Variables::default(), &mut Tables::default()).is_ok());
        for at in 0..seed.len() {
            for byte in ["", "\"", "|", "\\", ":", ";", "!", "9", "é", "\u{0}"] {
                let text = [&seed[..at], byte, &seed[at + 1..]].concat();
                let _ = parse_rule(&text, &Variables::default(), &mut Tables::default());
                let _ = parse_rule(&seed[..at], &Variables::default(), &mut Tables::default());
            }
        }
    }
}
