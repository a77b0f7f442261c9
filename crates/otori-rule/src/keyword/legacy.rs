//! Keywords from before there were sticky buffers: a keyword with a text that stands for content on a buffer.
use super::{Builder, content::read};
use crate::{
    rule::{Compare, RuleProtocol},
    step::{Content, Step, Value},
};
use otori_wire::proto::ProtocolId;

/// The text as content of `buffer`; without a text the keyword is the buffer itself.
fn text(
    builder: &mut Builder<'_>,
    buffer: &str,
    value: &str,
    change: fn(&mut Content),
) -> Result<(), String> {
    if value.is_empty() {
        return match builder.sticky(buffer, None)? {
            true => Ok(()),
            false => Err(format!("no buffer {buffer}")),
        };
    }
    let mut content = read(value)?;
    change(&mut content);
    builder.push_named(buffer, Step::Content(content))
}

pub(super) fn tls_subject(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    text(builder, "tls.cert_subject", value, |_| {})
}
pub(super) fn tls_issuer(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    text(builder, "tls.cert_issuer", value, |_| {})
}
pub(super) fn tls_fingerprint(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    text(builder, "tls.cert_fingerprint", value, |content| {
        content.pattern.make_ascii_lowercase();
        content.offset = Some(Value::Constant(0));
        content.at_end = true;
    })
}

/// `2_compat` means what speaks version 2: `2` and `1.99`.
pub(super) fn ssh_version(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    if value.trim() != "2_compat" {
        let quoted =
            if value.is_empty() || value.contains('"') { value.into() } else { format!("\"{value}\"") };
        return text(builder, "ssh.proto", &quoted, at_start);
    }
    let options = crate::expression::Options::default();
    let expression = crate::step::Expression::compile("^(2|1\\.99)", options)?;
    let step = Step::Pattern { expression, relative: false, negated: false, anchored: false };
    builder.push_named("ssh.proto", step)
}

pub(super) fn ssh_software(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let quoted = if value.is_empty() || value.contains('"') { value.into() } else { format!("\"{value}\"") };
    text(builder, "ssh.software", &quoted, at_start)
}

/// The buffer starts with the content.
const fn at_start(content: &mut Content) {
    content.offset = Some(Value::Constant(0));
    content.depth = Some(Value::Constant(content.pattern.len() as i64));
}

/// Names of versions as `ssl_version` and `tls.version` have them, and their numbers.
const VERSIONS: &[(&str, u64)] = &[
    ("sslv2", 0x0002),
    ("sslv3", 0x0300),
    ("tls1.0", 0x0301),
    ("tls1.1", 0x0302),
    ("tls1.2", 0x0303),
    ("tls1.3", 0x0304),
    ("1.0", 0x0301),
    ("1.1", 0x0302),
    ("1.2", 0x0303),
    ("1.3", 0x0304),
];

fn version(name: &str) -> Result<u64, String> {
    let found = VERSIONS.iter().find(|(have, _)| *have == name);
    found.map(|(_, number)| *number).ok_or_else(|| format!("unknown version {name:?}"))
}

pub(super) fn tls_version(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let name = value.trim().trim_matches('"');
    let number = match name.strip_prefix("0x").map(|digits| u16::from_str_radix(digits, 16)) {
        // Drafts of a version have numbers of their own.
        Some(number) => number.map_err(|_| format!("{name:?} is no version"))?.into(),
        None => version(name)?,
    };
    builder.number("tls.version_number", &number.to_string()).map(|_| ())
}

/// `tls1.0,tls1.1`, `!sslv3`: one of them, or none of them. What is refused says more than what is wanted beside it.
pub(super) fn ssl_version(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let mut wanted = Vec::new();
    let mut refused = Vec::new();
    for word in value.split(',').map(str::trim) {
        match word.strip_prefix('!') {
            Some(name) => refused.push(version(name.trim())?),
            None => wanted.push(version(word)?),
        }
    }
    builder.rule.protocol = match builder.rule.protocol {
        RuleProtocol::Tcp | RuleProtocol::Any => RuleProtocol::Application(ProtocolId::Tls),
        other => other,
    };
    let any_refused = !refused.is_empty();
    for number in refused {
        builder.number("tls.version_number", &format!("!{number}"))?;
    }
    if any_refused {
        return Ok(());
    }
    match (wanted.iter().min(), wanted.iter().max()) {
        (Some(low), Some(high)) if low == high => {
            builder.number("tls.version_number", &low.to_string())?;
        }
        (Some(low), Some(high)) => {
            let compare = Compare::Between(low - 1, high + 1);
            builder.number_is("tls.version_number", compare);
        }
        _ => {}
    }
    Ok(())
}

/// Steps of the hand-shake; each of them has been reached when its side has said something.
pub(super) fn ssl_state(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    use otori_wire::{Direction, Progress};
    let first = value.split([',', '|']).next().unwrap_or(value).trim().trim_start_matches('!');
    let hook = match first {
        "client_hello" => (Direction::ToServer, Progress::Headers),
        "server_hello" | "server_keyx" => (Direction::ToClient, Progress::Headers),
        "client_keyx" => (Direction::ToServer, Progress::Headers),
        "unknown" => (Direction::ToServer, Progress::Waiting),
        other => return Err(format!("unknown state {other:?}")),
    };
    builder.rule.hook = Some(hook);
    Ok(())
}

/// `sip.pdu`, or `pdu` in a rule whose header names the protocol.
pub(super) fn frame(builder: &mut Builder<'_>, value: &str) -> Result<(), String> {
    let name = value.trim();
    let of = match builder.rule.protocol {
        RuleProtocol::Application(id) => otori_wire::proto::by_id(id).map_or("", |row| row.name),
        _ => "",
    };
    for candidate in [format!("frame:{name}"), format!("frame:{of}.{name}")] {
        if builder.sticky(&candidate, None)? {
            return Ok(());
        }
    }
    Err(format!("there is no frame {name:?} here"))
}

/// The command that FTP's bounce attack needs.
pub(super) fn ftp_bounce(builder: &mut Builder<'_>, _value: &str) -> Result<(), String> {
    let content = Content { pattern: b"port ".to_vec(), nocase: true, ..Content::default() };
    builder.push(Step::Content(content));
    Ok(())
}
