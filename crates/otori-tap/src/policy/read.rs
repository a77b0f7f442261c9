//! Reads a file of policies, TOML.
//!
//! Key type: [`PolicyError`]. Values are checked while they are read, so that every error has its line.
use super::{
    CONDITIONS, Deed, ENTRIES, Entry, What, Who,
    rate::{Rate, Size, Speed},
    when::{Span, When, Zone},
};
use core::{fmt, marker::PhantomData, str::FromStr};
use otori_rule::{Variables, address::AddressSet, application};
use otori_wire::proto;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

/// Why a file of policies cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct PolicyError {
    /// the file
    pub file: String,
    /// line, from 1
    pub line: usize,
    /// what is wrong, and what to do about it
    pub problem: String,
}

/// One value or a list of them, each read from its text, which is kept.
struct Several<T>(Vec<(T, String)>);

impl<T> Default for Several<T> {
    fn default() -> Self {
        Several(Vec::new())
    }
}

struct SeveralVisitor<T>(PhantomData<T>);

impl<'de, T: FromStr<Err = String>> de::Visitor<'de> for SeveralVisitor<T> {
    type Value = Several<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Several<T>, E> {
        Ok(Several(vec![(text.parse().map_err(E::custom)?, text.to_owned())]))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Several<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(Several(mut one)) = list.next_element()? {
            if all.len() >= CONDITIONS {
                return Err(de::Error::custom(format!(
                    "more than {CONDITIONS} values: write further entries"
                )));
            }
            all.append(&mut one);
        }
        if all.is_empty() {
            return Err(de::Error::custom("an empty list fits nothing: take the key out, or write \"any\""));
        }
        Ok(Several(all))
    }
}

impl<'de, T: FromStr<Err = String>> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeveralVisitor(PhantomData))
    }
}

impl<T> Several<T> {
    fn values(self) -> Vec<T> {
        self.0.into_iter().map(|(value, _)| value).collect()
    }
    /// The only value.
    fn one(self, key: &str) -> Result<Option<T>, String> {
        let mut values = self.values();
        let value = values.pop();
        if values.is_empty() { Ok(value) } else { Err(format!("`{key}` has one value only")) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    policy: Vec<Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    who: Several<Who>,
    #[serde(default)]
    what: Several<What>,
    #[serde(default)]
    when: Several<Span>,
    #[serde(default)]
    zone: Several<Zone>,
    #[serde(rename = "do")]
    deed: Several<Word>,
    #[serde(default)]
    rate: Several<Speed>,
    #[serde(default)]
    burst: Several<Size>,
}

/// What is done, before its rate is known.
struct Word(Deed);

impl FromStr for Word {
    type Err = String;
    fn from_str(text: &str) -> Result<Word, String> {
        let unlimited = Rate::new(u64::from(u32::MAX), None);
        let all =
            [Deed::Allow, Deed::Alert, Deed::Throttle(unlimited), Deed::Block, Deed::Reject, Deed::Sinkhole];
        let found = all.into_iter().find(|deed| deed.name() == text);
        found
            .map(Word)
            .ok_or_else(|| format!("do = {text:?}: write allow, alert, throttle, block, reject or sinkhole"))
    }
}

fn network(text: &str) -> Result<AddressSet, String> {
    AddressSet::parse(text, &Variables::default())
        .map_err(|reason| format!("{text:?} is no network ({reason}): write 192.0.2.0/24 or [2001:db8::/32]"))
}

impl FromStr for Who {
    type Err = String;
    fn from_str(text: &str) -> Result<Who, String> {
        let value = |value: &str| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let found = match kind {
            "any" if rest.is_empty() => Some(Who::Any),
            "device" => value(rest).map(Who::Device),
            "group" => value(rest).map(Who::Group),
            "sim" => value(rest).map(Who::Sim),
            "imsi" => value(rest).map(Who::Imsi),
            "network" => Some(Who::Network(network(rest)?)),
            _ => None,
        };
        found.ok_or_else(|| {
            format!("who = {text:?}: write any, device:NAME, group:NAME, sim:ID, imsi:DIGITS or network:192.0.2.0/24")
        })
    }
}

impl FromStr for What {
    type Err = String;
    fn from_str(text: &str) -> Result<What, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let found = match (kind, rest) {
            ("any", "") => What::Any,
            ("unknown", "") => What::Unknown,
            ("ech", "") => What::HiddenName,
            ("ech", "any") => What::EncryptedHello,
            ("application", name) if application::is_known(name) => What::Application(name.to_owned()),
            ("application", name) => {
                return Err(format!(
                    "there is no application {name:?}: write one of docs/generated/applications.md"
                ));
            }
            ("category", name) => {
                application::Category::by_name(name).map(What::Category).ok_or_else(|| {
                    let all = application::Category::ALL.map(application::Category::name).join(", ");
                    format!("there is no category {name:?}: write one of {all}")
                })?
            }
            ("protocol", name) => {
                proto::by_name(name).map(|row| What::Protocol(row.name)).ok_or_else(|| {
                    format!("there is no protocol {name:?}: write one of docs/generated/protocols.md")
                })?
            }
            ("name", pattern) => What::Name(pattern.parse()?),
            ("list", category) if !category.is_empty() => What::List(category.to_owned()),
            ("peer", place) => What::Peer(network(place)?),
            ("sent", bytes) => What::Sent(bytes.parse::<Size>()?.0),
            _ => {
                return Err(format!(
                    "what = {text:?}: write any, application:NAME, category:NAME, protocol:NAME, name:HOST or name:HOST/PATH, \
                     list:CATEGORY, peer:NETWORK, sent:SIZE, ech, ech:any or unknown"
                ));
            }
        };
        Ok(found)
    }
}

impl Row {
    fn entry(self, line: usize) -> Result<Entry, String> {
        let word = "write do = \"allow\", \"alert\", \"throttle\", \"block\", \"reject\" or \"sinkhole\"";
        let mut deed = self.deed.one("do")?.ok_or_else(|| format!("nothing is to be done: {word}"))?.0;
        let (rate, burst) = (self.rate.one("rate")?, self.burst.one("burst")?);
        match (&mut deed, rate) {
            (Deed::Throttle(rate), Some(Speed(speed))) => {
                *rate = Rate::new(speed, burst.map(|burst| burst.0))
            }
            (Deed::Throttle(_), None) => return Err("throttle to what? write rate = \"256kbit/s\"".into()),
            (_, Some(_)) => return Err("rate belongs to do = \"throttle\": take one of them out".into()),
            (_, None) if burst.is_some() => {
                return Err("burst belongs to do = \"throttle\": take it out".into());
            }
            _ => {}
        }
        let (spans, zone) = (self.when.values(), self.zone.one("zone")?);
        if spans.is_empty() && zone.is_some() {
            return Err("zone belongs to when: write when = \"mon-fri 09:00-17:30\", or take it out".into());
        }
        let zone_minutes = zone.map_or(0, |zone| zone.0);
        let when = (!spans.is_empty()).then_some(When { spans, zone_minutes });
        let any = || vec![(What::Any, "any".to_owned())];
        let (who, what) = (self.who.values(), self.what.0);
        Ok(Entry {
            name: self.name,
            line,
            deed,
            who: if who.is_empty() { vec![Who::Any] } else { who },
            what: if what.is_empty() { any() } else { what },
            when,
        })
    }
}

/// The entries of a file.
pub(super) fn entries(file: &str, text: &str) -> Result<Vec<Entry>, PolicyError> {
    let line_of = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let error = |at: usize, problem: String| PolicyError { file: file.into(), line: line_of(at), problem };
    let read: File = toml::from_str(text)
        .map_err(|reason| error(reason.span().map_or(0, |span| span.start), reason.message().to_owned()))?;
    if let Some(beyond) = read.policy.get(ENTRIES) {
        return Err(error(
            beyond.span().start,
            format!("more than {ENTRIES} entries: put conditions together"),
        ));
    }
    let rows = read.policy.into_iter();
    rows.map(|row| {
        let at = row.span().start;
        row.into_inner().entry(line_of(at)).map_err(|problem| error(at, problem))
    })
    .collect()
}
