//! From events to tables: sessions, samples, indicators, rules, verdicts and roll-ups.
//!
//! Key type: [`Derivation`]: one per append, inside its transaction. Rows that several events of a batch touch are
//! read once, changed in memory and written once.
mod knowledge;
mod sample;
mod session;
mod tally;

pub(crate) use knowledge::word;
pub(crate) use sample::SampleRow;
pub(crate) use session::SessionRow;
pub(crate) use tally::{Book, KeyCounts, Level, SEPARATOR, country_key, prune};

use crate::StoreError;
use crate::place::Locate;
use otori_event::{Event, EventKind, SessionId, Sha256};
use rusqlite::Transaction;
use std::collections::HashMap;
use std::net::IpAddr;

/// What one append changes beside the inbox.
pub(crate) struct Derivation<'a> {
    transaction: &'a Transaction<'a>,
    locate: &'a dyn Locate,
    sessions: HashMap<SessionId, SessionRow>,
    samples: HashMap<Sha256, SampleRow>,
    book: Book,
}

impl<'a> Derivation<'a> {
    pub(crate) fn new(transaction: &'a Transaction<'a>, locate: &'a dyn Locate) -> Self {
        Derivation {
            transaction,
            locate,
            sessions: HashMap::new(),
            samples: HashMap::new(),
            book: Book::default(),
        }
    }

    /// Address that an event is filed under: the session's peer, or the packet's sender.
    pub(crate) fn source(&mut self, event: &Event) -> Result<Option<IpAddr>, StoreError> {
        match (&event.kind, event.session) {
            (EventKind::SessionOpened { source, .. }, _) => Ok(Some(source.ip)),
            (EventKind::VerdictGiven { verdict }, _) => Ok(Some(verdict.source.ip)),
            (_, Some(session)) => Ok(self.session(session)?.map(|row| row.summary.source.ip)),
            _ => Ok(None),
        }
    }

    /// Takes one new event into account.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), StoreError> {
        self.book.add(event.at, event.demo, "event", event.kind.as_str(), 1, 0);
        self.apply_to_session(event)?;
        match &event.kind {
            EventKind::LoginAttempt { user, password, success } => {
                let key = serde_json::to_string(&[tally::short(user), tally::short(password)])?;
                self.book.add(event.at, event.demo, "credential", &key, 1, i64::from(*success));
            }
            EventKind::Command { line } => {
                let key = serde_json::to_string(&tally::short(line))?;
                self.book.add(event.at, event.demo, "command", &key, 1, 0);
            }
            EventKind::FileCaptured { artifact } => self.captured(event, artifact)?,
            EventKind::Classified { sha256, class } => self.classified(sha256, class)?,
            EventKind::Detonated { report } => self.detonated(event, report)?,
            EventKind::IndicatorChanged { indicator } => knowledge::indicator(self.transaction, indicator)?,
            EventKind::RuleChanged { change } => knowledge::rule(self.transaction, event, change)?,
            EventKind::RuleEnforced { sid, guard } => {
                knowledge::enforced(self.transaction, event.at, *sid, guard)?;
            }
            EventKind::VerdictGiven { verdict } => {
                knowledge::verdict(self.transaction, &mut self.book, event, verdict)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Writes what was gathered.
    pub(crate) fn finish(self, counts: &mut KeyCounts) -> Result<(), StoreError> {
        for row in self.sessions.values() {
            row.write(self.transaction)?;
        }
        for row in self.samples.values() {
            row.write(self.transaction)?;
        }
        self.book.write(self.transaction, counts)
    }
}
