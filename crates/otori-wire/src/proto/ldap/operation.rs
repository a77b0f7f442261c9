//! What one message of LDAP says. Key types: [`Message`], [`Said`]. RFC 4511 4.
use super::{super::Record, ber, name};
use crate::limits::LDAP_ATTRIBUTES;
use std::borrow::Cow;

/// A kind of attribute with values.
#[derive(Clone, Copy)]
pub(super) struct Attribute<'a> {
    kind: &'a [u8],
    /// the set of its values
    values: &'a [u8],
}

impl<'a> Attribute<'a> {
    fn values(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        texts(self.values)
    }
    fn log(&self, keys: [&'static str; 2], record: &mut dyn Record) {
        record.text(keys[0], self.kind);
        record.words(keys[1], &mut self.values().map(Cow::Borrowed));
    }
}

/// How a request ended.
#[derive(Clone, Copy)]
pub(super) struct Outcome<'a> {
    code: u64,
    matched: &'a [u8],
    text: &'a [u8],
}

/// The body of a message. Lists are sequences that were found to be whole.
#[derive(Clone, Copy)]
pub(super) enum Said<'a> {
    /// its operation is all
    Nothing,
    Bind {
        version: i64,
        name: &'a [u8],
        mechanism: Option<&'a [u8]>,
        credentials: Option<&'a [u8]>,
    },
    Search {
        base: &'a [u8],
        scope: i64,
        aliases: i64,
        size: i64,
        time: i64,
        types: bool,
        present: Option<&'a [u8]>,
        attributes: &'a [u8],
    },
    Modify {
        object: &'a [u8],
        changes: &'a [u8],
    },
    Add {
        entry: &'a [u8],
        attributes: &'a [u8],
    },
    Delete(&'a [u8]),
    Rename {
        entry: &'a [u8],
        new: &'a [u8],
        drops_old: bool,
        above: Option<&'a [u8]>,
    },
    Compare {
        entry: &'a [u8],
        kind: &'a [u8],
        value: &'a [u8],
    },
    Abandon(i64),
    Extended {
        name: &'a [u8],
        value: Option<&'a [u8]>,
    },
    Entry {
        name: &'a [u8],
        attributes: &'a [u8],
    },
    Reference(&'a [u8]),
    Ended {
        outcome: Outcome<'a>,
        name: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
    },
    Intermediate {
        name: Option<&'a [u8]>,
        value: Option<&'a [u8]>,
    },
}

/// One message, where it lies.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) number: i64,
    pub(super) operation: u8,
    pub(super) said: Said<'a>,
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
    fn text(&mut self) -> Option<&'a [u8]> {
        self.tagged(ber::OCTETS)
    }
    fn number(&mut self, tag: u8) -> Option<i64> {
        ber::number(self.tagged(tag)?)
    }
    fn truth(&mut self) -> Option<bool> {
        self.tagged(ber::BOOLEAN)?.first().map(|byte| *byte != 0)
    }
}

fn texts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let all = ber::values(bytes).filter(|(tag, _)| *tag == ber::OCTETS);
    all.take(LDAP_ATTRIBUTES).map(|(_, text)| text)
}
/// A kind, and a set of values.
fn attribute(bytes: &[u8]) -> Option<Attribute<'_>> {
    let mut parts = Parts(bytes);
    Some(Attribute { kind: parts.text()?, values: parts.tagged(ber::SET)? })
}
/// `None` for one that cannot be read.
fn attributes(bytes: &[u8]) -> impl Iterator<Item = Option<Attribute<'_>>> {
    let all = ber::values(bytes).filter(|(tag, _)| *tag == ber::SEQUENCE);
    all.take(LDAP_ATTRIBUTES).map(|(_, inside)| attribute(inside))
}
/// What is to be changed, and how; `None` for what cannot be read.
fn changes(bytes: &[u8]) -> impl Iterator<Item = Option<(i64, Attribute<'_>)>> {
    ber::values(bytes).take(LDAP_ATTRIBUTES).map(|(_, bytes)| {
        let mut parts = Parts(bytes);
        Some((parts.number(ber::ENUMERATED)?, attribute(parts.tagged(ber::SEQUENCE)?)?))
    })
}
/// The list, if all of it can be read.
fn whole<T>(bytes: &[u8], mut list: impl Iterator<Item = Option<T>>) -> Option<&[u8]> {
    list.all(|one| one.is_some()).then_some(bytes)
}
/// A value that its context names by a number.
fn named(bytes: &[u8], number: u8) -> Option<&[u8]> {
    ber::find(bytes, 0x80 | number)
}

impl<'a> Message<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Message<'a>> {
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
    pub(super) const fn name(&self) -> Option<&'a [u8]> {
        Some(match self.said {
            Said::Bind { name, .. } | Said::Entry { name, .. } | Said::Delete(name) => name,
            Said::Search { base, .. } => base,
            Said::Modify { object, .. } => object,
            Said::Add { entry, .. } | Said::Rename { entry, .. } | Said::Compare { entry, .. } => entry,
            Said::Ended { outcome, .. } => outcome.matched,
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
    pub(super) const fn text(&self) -> Option<&'a [u8]> {
        match self.said {
            Said::Ended { outcome, .. } => Some(outcome.text),
            Said::Entry { .. } | Said::Reference(_) | Said::Intermediate { .. } => Some(&[]),
            _ => None,
        }
    }
    /// Tells each kind of attribute alone, and with each of its values.
    pub(super) fn attributes(&self, tell: Tell<'_>) {
        let mut one = |attribute: Attribute<'_>| {
            tell(attribute.kind, None);
            attribute.values().for_each(|value| tell(attribute.kind, Some(value)));
        };
        match self.said {
            Said::Add { attributes: list, .. } | Said::Entry { attributes: list, .. } => {
                attributes(list).flatten().for_each(one);
            }
            Said::Modify { changes: list, .. } => {
                changes(list).flatten().for_each(|(_, attribute)| one(attribute));
            }
            Said::Search { attributes: list, .. } => texts(list).for_each(|kind| tell(kind, None)),
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
            record.object(operation, &mut |record| log(self.said, self.operation, record));
        }
    }
}

fn said(operation: u8, body: &[u8]) -> Option<Said<'_>> {
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
            present: parts.next().filter(|(tag, _)| *tag == 0x87).map(|(_, name)| name),
            attributes: parts.tagged(ber::SEQUENCE).unwrap_or_default(),
        },
        6 => {
            let object = parts.text()?;
            let list = parts.tagged(ber::SEQUENCE)?;
            Said::Modify { object, changes: whole(list, changes(list))? }
        }
        8 => {
            let (entry, list) = (parts.text()?, parts.tagged(ber::SEQUENCE)?);
            Said::Add { entry, attributes: whole(list, attributes(list))? }
        }
        10 => Said::Delete(body),
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
            let (name, list) = (parts.text()?, parts.tagged(ber::SEQUENCE)?);
            Said::Entry { name, attributes: whole(list, attributes(list))? }
        }
        name::REFERENCE => Said::Reference(body),
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

fn optional(record: &mut dyn Record, key: &'static str, text: Option<&[u8]>) {
    if let Some(text) = text {
        record.text(key, text);
    }
}

fn log(said: Said<'_>, operation: u8, record: &mut dyn Record) {
    match said {
        Said::Modify { object, changes } => log_changes(object, changes, record),
        Said::Search { .. } => log_search(&said, record),
        Said::Bind { version, name, mechanism, credentials } => {
            record.number("version", version);
            record.text("name", name);
            if let Some(mechanism) = mechanism {
                record.object("sasl", &mut |record| {
                    record.text("mechanism", mechanism);
                    optional(record, "credentials", credentials);
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
            record.flag("delete_old_rdn", drops_old);
            optional(record, "new_superior", above);
        }
        Said::Compare { entry, kind, value } => {
            record.text("entry", entry);
            record.object("attribute_value_assertion", &mut |record| {
                record.text("description", kind);
                record.text("value", value);
            });
        }
        Said::Abandon(number) => record.number("message_id", number),
        Said::Extended { name, value } => {
            record.text("name", name);
            optional(record, "value", value);
        }
        Said::Entry { name, attributes } => {
            record.text("base_object", name);
            log_attributes(attributes, "type", record);
        }
        Said::Reference(uris) => record.words("uris", &mut texts(uris).map(Cow::Borrowed)),
        Said::Ended { outcome, name, value } => {
            record.text("result_code", name::result(outcome.code).as_bytes());
            record.text("matched_dn", outcome.matched);
            record.text("message", outcome.text);
            optional(record, "name", name);
            optional(record, if operation == 1 { "server_sasl_creds" } else { "value" }, value);
        }
        Said::Nothing => {}
        Said::Intermediate { name, value } => {
            optional(record, "name", name);
            optional(record, "value", value);
        }
    }
}

fn log_attributes(list: &[u8], kind: &'static str, record: &mut dyn Record) {
    let count = attributes(list).count();
    let mut all = attributes(list).flatten();
    if count > 0 {
        record.list("attributes", count, &mut |_, record| {
            all.next().into_iter().for_each(|attribute| attribute.log([kind, "values"], record));
        });
    }
}

fn log_search(said: &Said<'_>, record: &mut dyn Record) {
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
    let mut kinds = texts(attributes).map(Cow::Borrowed).peekable();
    if kinds.peek().is_some() {
        record.words("attributes", &mut kinds);
    }
}

fn log_changes(object: &[u8], list: &[u8], record: &mut dyn Record) {
    record.text("object", object);
    let mut all = changes(list).flatten();
    record.list("changes", changes(list).count(), &mut |_, record| {
        let Some((operation, attribute)) = all.next() else { return };
        record.text("operation", name::change(operation).as_bytes());
        record.object("modification", &mut |record| {
            attribute.log(["attribute_type", "attribute_values"], record);
        });
    });
}
