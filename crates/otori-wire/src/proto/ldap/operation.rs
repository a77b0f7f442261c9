//! What one message of LDAP says. Key types: [`Message`], [`Said`]. RFC 4511 4.
use super::{super::Record, ber, name};
use crate::limits::LDAP_ATTRIBUTES;

/// A kind of attribute with values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attribute {
    pub(super) kind: Vec<u8>,
    pub(super) values: Vec<Vec<u8>>,
}

/// How a request ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    code: u64,
    matched: Vec<u8>,
    text: Vec<u8>,
}

/// The body of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// its operation is all
    Nothing,
    Bind {
        version: i64,
        name: Vec<u8>,
        mechanism: Option<Vec<u8>>,
        credentials: Option<Vec<u8>>,
    },
    Search {
        base: Vec<u8>,
        scope: i64,
        aliases: i64,
        size: i64,
        time: i64,
        types: bool,
        present: Option<Vec<u8>>,
        attributes: Vec<Vec<u8>>,
    },
    Modify {
        object: Vec<u8>,
        changes: Vec<(i64, Attribute)>,
    },
    Add {
        entry: Vec<u8>,
        attributes: Vec<Attribute>,
    },
    Delete(Vec<u8>),
    Rename {
        entry: Vec<u8>,
        new: Vec<u8>,
        drops_old: bool,
        above: Option<Vec<u8>>,
    },
    Compare {
        entry: Vec<u8>,
        kind: Vec<u8>,
        value: Vec<u8>,
    },
    Abandon(i64),
    Extended {
        name: Vec<u8>,
        value: Option<Vec<u8>>,
    },
    Entry {
        name: Vec<u8>,
        attributes: Vec<Attribute>,
    },
    Reference(Vec<Vec<u8>>),
    Ended {
        outcome: Outcome,
        name: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    },
    Intermediate {
        name: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    },
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) number: i64,
    pub(super) operation: u8,
    pub(super) said: Said,
}

/// Takes a kind of attribute, and a value.
type Tell<'a> = &'a mut dyn FnMut(&[u8], Option<&[u8]>);

/// Values of a sequence, taken in order.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, inside, rest) = ber::value(self.0)?;
        self.0 = rest;
        Some((tag, inside))
    }
    fn tagged(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, inside)| inside)
    }
    fn text(&mut self) -> Option<Vec<u8>> {
        self.tagged(ber::OCTETS).map(<[u8]>::to_vec)
    }
    fn number(&mut self, tag: u8) -> Option<i64> {
        ber::number(self.tagged(tag)?)
    }
    fn truth(&mut self) -> Option<bool> {
        self.tagged(ber::BOOLEAN)?.first().map(|byte| *byte != 0)
    }
}

fn texts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let all = ber::values(bytes).filter(|(tag, _)| *tag == ber::OCTETS);
    all.take(LDAP_ATTRIBUTES).map(|(_, text)| text.to_vec()).collect()
}
/// A kind, and a set of values.
fn attribute(bytes: &[u8]) -> Option<Attribute> {
    let mut parts = Parts(bytes);
    Some(Attribute { kind: parts.text()?, values: texts(parts.tagged(ber::SET)?) })
}
fn attributes(bytes: &[u8]) -> Option<Vec<Attribute>> {
    let all = ber::values(bytes).filter(|(tag, _)| *tag == ber::SEQUENCE);
    all.take(LDAP_ATTRIBUTES).map(|(_, inside)| attribute(inside)).collect()
}
/// A value that its context names by a number.
fn named(bytes: &[u8], number: u8) -> Option<Vec<u8>> {
    ber::find(bytes, 0x80 | number).map(<[u8]>::to_vec)
}

impl Message {
    pub(super) fn read(bytes: &[u8]) -> Option<Message> {
        let (inside, _) = ber::tagged(bytes, ber::SEQUENCE)?;
        let (number, rest) = ber::integer(inside)?;
        let (tag, body, _) = ber::value(rest)?;
        let operation = tag & 0x1f;
        if tag & 0xc0 != 0x40 || !name::is_operation(operation) {
            return None;
        }
        Some(Message { number, operation, said: said(operation, body)? })
    }
    /// No answer comes to it.
    pub(super) const fn is_unanswered(&self) -> bool {
        matches!(self.operation, name::UNBIND | name::ABANDON)
    }
    /// No further answer comes.
    pub(super) const fn is_last(&self) -> bool {
        !matches!(self.operation, name::ENTRY | name::REFERENCE | name::INTERMEDIATE)
    }
    /// The distinguished name that it is about.
    pub(super) fn name(&self) -> Option<&[u8]> {
        Some(match &self.said {
            Said::Bind { name, .. } | Said::Entry { name, .. } | Said::Delete(name) => name,
            Said::Search { base, .. } => base,
            Said::Modify { object, .. } => object,
            Said::Add { entry, .. } | Said::Rename { entry, .. } | Said::Compare { entry, .. } => entry,
            Said::Ended { outcome, .. } => &outcome.matched,
            Said::Reference(_) | Said::Intermediate { .. } => &[],
            Said::Nothing | Said::Abandon(_) | Said::Extended { .. } => return None,
        })
    }
    pub(super) const fn result(&self) -> Option<u64> {
        match &self.said {
            Said::Ended { outcome, .. } => Some(outcome.code),
            _ => None,
        }
    }
    /// What an answer tells people; empty where its kind has none.
    pub(super) fn text(&self) -> Option<&[u8]> {
        match &self.said {
            Said::Ended { outcome, .. } => Some(&outcome.text),
            Said::Entry { .. } | Said::Reference(_) | Said::Intermediate { .. } => Some(&[]),
            _ => None,
        }
    }
    /// Tells each kind of attribute alone, and with each of its values.
    pub(super) fn attributes(&self, tell: Tell<'_>) {
        let mut one = |attribute: &Attribute| {
            tell(&attribute.kind, None);
            attribute.values.iter().for_each(|value| tell(&attribute.kind, Some(value)));
        };
        match &self.said {
            Said::Add { attributes, .. } | Said::Entry { attributes, .. } => attributes.iter().for_each(one),
            Said::Modify { changes, .. } => changes.iter().for_each(|(_, attribute)| one(attribute)),
            Said::Search { attributes, .. } => attributes.iter().for_each(|kind| tell(kind, None)),
            Said::Compare { kind, value, .. } => {
                tell(kind, None);
                tell(kind, Some(value));
            }
            _ => {}
        }
    }
    pub(super) fn log(&self, record: &mut dyn Record) {
        let operation = name::operation(self.operation);
        record.text("operation", operation.as_bytes());
        record.number("message_id", self.number);
        if !matches!(self.said, Said::Nothing) {
            record.object(operation, &mut |record| log(&self.said, self.operation, record));
        }
    }
}

fn said(operation: u8, body: &[u8]) -> Option<Said> {
    let mut parts = Parts(body);
    Some(match operation {
        name::BIND => {
            let (version, name) = (parts.number(ber::INTEGER)?, parts.text()?);
            let (mut mechanism, mut credentials) = (None, None);
            if let (0xa3, inside) = parts.next()? {
                let mut inside = Parts(inside);
                (mechanism, credentials) = (inside.text(), inside.text());
            }
            Said::Bind { version, name, mechanism, credentials }
        }
        3 => Said::Search {
            base: parts.text()?,
            scope: parts.number(ber::ENUMERATED)?,
            aliases: parts.number(ber::ENUMERATED)?,
            size: parts.number(ber::INTEGER)?,
            time: parts.number(ber::INTEGER)?,
            types: parts.truth()?,
            present: parts.next().filter(|(tag, _)| *tag == 0x87).map(|(_, name)| name.to_vec()),
            attributes: parts.tagged(ber::SEQUENCE).map(texts).unwrap_or_default(),
        },
        6 => {
            let object = parts.text()?;
            let list = parts.tagged(ber::SEQUENCE)?;
            let change = |bytes| {
                let mut parts = Parts(bytes);
                Some((parts.number(ber::ENUMERATED)?, attribute(parts.tagged(ber::SEQUENCE)?)?))
            };
            let changes = ber::values(list).take(LDAP_ATTRIBUTES).map(|(_, bytes)| change(bytes));
            Said::Modify { object, changes: changes.collect::<Option<_>>()? }
        }
        8 => Said::Add { entry: parts.text()?, attributes: attributes(parts.tagged(ber::SEQUENCE)?)? },
        10 => Said::Delete(body.to_vec()),
        12 => Said::Rename {
            entry: parts.text()?,
            new: parts.text()?,
            drops_old: parts.truth()?,
            above: named(parts.0, 0),
        },
        14 => {
            let entry = parts.text()?;
            let mut assertion = Parts(parts.tagged(ber::SEQUENCE)?);
            Said::Compare { entry, kind: assertion.text()?, value: assertion.text()? }
        }
        name::ABANDON => Said::Abandon(ber::number(body)?),
        23 => Said::Extended { name: named(body, 0)?, value: named(body, 1) },
        name::ENTRY => {
            Said::Entry { name: parts.text()?, attributes: attributes(parts.tagged(ber::SEQUENCE)?)? }
        }
        name::REFERENCE => Said::Reference(texts(body)),
        1 | 5 | 7 | 9 | 11 | 13 | 15 | 24 => {
            let code = parts.number(ber::ENUMERATED)?.cast_unsigned();
            let outcome = Outcome { code, matched: parts.text()?, text: parts.text()? };
            let (name, value) = match operation {
                24 => (named(parts.0, 10), named(parts.0, 11)),
                1 => (None, named(parts.0, 7)),
                _ => (None, None),
            };
            Said::Ended { outcome, name, value }
        }
        name::INTERMEDIATE => Said::Intermediate { name: named(body, 0), value: named(body, 1) },
        _ => Said::Nothing,
    })
}

fn optional(record: &mut dyn Record, key: &'static str, text: Option<&Vec<u8>>) {
    if let Some(text) = text {
        record.text(key, text);
    }
}

fn log(said: &Said, operation: u8, record: &mut dyn Record) {
    match said {
        Said::Modify { object, changes } => log_changes(object, changes, record),
        Said::Search { .. } => log_search(said, record),
        Said::Bind { version, name, mechanism, credentials } => {
            record.number("version", *version);
            record.text("name", name);
            if let Some(mechanism) = mechanism {
                record.object("sasl", &mut |record| {
                    record.text("mechanism", mechanism);
                    optional(record, "credentials", credentials.as_ref());
                });
            }
        }
        Said::Add { entry, attributes } => {
            record.text("entry", entry);
            log_attributes(attributes, "name", record);
        }
        Said::Delete(name) => record.text("dn", name),
        Said::Rename { entry, new, drops_old, above } => {
            record.text("entry", entry);
            record.text("new_rdn", new);
            record.flag("delete_old_rdn", *drops_old);
            optional(record, "new_superior", above.as_ref());
        }
        Said::Compare { entry, kind, value } => {
            record.text("entry", entry);
            record.object("attribute_value_assertion", &mut |record| {
                record.text("description", kind);
                record.text("value", value);
            });
        }
        Said::Abandon(number) => record.number("message_id", *number),
        Said::Extended { name, value } => {
            record.text("name", name);
            optional(record, "value", value.as_ref());
        }
        Said::Entry { name, attributes } => {
            record.text("base_object", name);
            log_attributes(attributes, "type", record);
        }
        Said::Reference(uris) => record.texts("uris", uris),
        Said::Ended { outcome, name, value } => {
            record.text("result_code", name::result(outcome.code).as_bytes());
            record.text("matched_dn", &outcome.matched);
            record.text("message", &outcome.text);
            optional(record, "name", name.as_ref());
            optional(record, if operation == 1 { "server_sasl_creds" } else { "value" }, value.as_ref());
        }
        Said::Nothing => {}
        Said::Intermediate { name, value } => {
            optional(record, "name", name.as_ref());
            optional(record, "value", value.as_ref());
        }
    }
}

fn log_attributes(attributes: &[Attribute], kind: &'static str, record: &mut dyn Record) {
    if attributes.is_empty() {
        return;
    }
    record.list("attributes", attributes.len(), &mut |place, record| {
        if let Some(attribute) = attributes.get(place) {
            record.text(kind, &attribute.kind);
            record.texts("values", &attribute.values);
        }
    });
}

fn log_search(said: &Said, record: &mut dyn Record) {
    let Said::Search { base, scope, aliases, size, time, types, present, attributes } = said else { return };
    record.text("base_object", base);
    for (key, number) in
        [("scope", scope), ("deref_alias", aliases), ("size_limit", size), ("time_limit", time)]
    {
        record.number(key, *number);
    }
    record.flag("types_only", *types);
    if let Some(present) = present {
        record.object("filter", &mut |record| {
            record.text("type", b"present");
            record.text("value", present);
        });
    }
    if !attributes.is_empty() {
        record.texts("attributes", attributes);
    }
}

fn log_changes(object: &[u8], changes: &[(i64, Attribute)], record: &mut dyn Record) {
    record.text("object", object);
    record.list("changes", changes.len(), &mut |place, record| {
        let Some((operation, attribute)) = changes.get(place) else { return };
        record.text("operation", name::change(*operation).as_bytes());
        record.object("modification", &mut |record| {
            record.text("attribute_type", &attribute.kind);
            record.texts("attribute_values", &attribute.values);
        });
    });
}
