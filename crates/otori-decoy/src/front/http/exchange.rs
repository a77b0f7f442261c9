//! One request to one answer, with everything that is written down about it.
//!
//! Key type: [`Exchange`], which lives as long as the connection.
use super::decode::{Plus, basic_credentials, form, percent};
use super::note::{keep_uploads, note_request};
use super::reply::Reply;
use super::request::Head;
use super::site::{Action, Found, Page, fill};
use super::suspicion::{has_shell_characters, suspect};
use crate::appliance::Purpose;
use crate::decoy::{Decoy, hang_up, stopped};
use crate::engine::Place;
use crate::engine::seat::lock;
use crate::session::Session;
use otori_event::{EventKind, RawText};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Different pairs of basic authentication of one connection that are tried.
const BASIC_PAIRS_MAX: usize = 64;
/// How long a guest may take to notice that it must end.
const FAREWELL: Duration = Duration::from_secs(3);

pub(super) struct Exchange {
    decoy: Arc<Decoy>,
    session: Arc<Session>,
    /// pairs that were tried on this connection, and how that went
    basic: Vec<(Pair, bool)>,
}

type Pair = (Vec<u8>, Vec<u8>);
type Parameters = Vec<Pair>;

impl Exchange {
    pub(super) fn new(decoy: Arc<Decoy>, session: Arc<Session>) -> Self {
        Exchange { decoy, session, basic: Vec::new() }
    }
    /// Answers a request.
    pub(super) async fn answer(&mut self, head: &Head, body: Vec<u8>) -> Reply {
        let suspicion = suspect(head, &body);
        if let Some((technique, detail)) = &suspicion {
            let detail = RawText::new(detail);
            self.session.emit(EventKind::Exploit { technique: (*technique).into(), detail });
        }
        keep_uploads(&self.session, head, &body);
        let appliance = self.decoy.appliance.clone();
        let (path, query) = head.path_and_query();
        let path = percent(path, Plus::Plain);
        let mut parameters = form(query);
        parameters.extend(form(&body));
        let reply = match appliance.persona().site.find(&head.method, &path) {
            Found::NoPath => Reply::error(404),
            Found::NoMethod => Reply::error(405),
            Found::Action(Action::Page(page)) => show(200, page),
            Found::Action(Action::Protected { realm, page }) => self.protected(head, realm, page),
            Found::Action(Action::SignIn { user_field, password_field, location, failure }) => {
                let value = |name: &str| {
                    let found = parameters.iter().find(|(n, _)| n == name.as_bytes());
                    found.map(|(_, v)| v.clone()).unwrap_or_default()
                };
                match self.attempt(&value(user_field), &value(password_field)) {
                    true => self.signed_in(location),
                    false => show(200, failure),
                }
            }
            Found::Action(Action::Exec { template, content_type }) => {
                let query = percent(query, Plus::Blank);
                let command = fill(template, &query, &parameters);
                self.note_command(&command, &query, &parameters, suspicion.is_some());
                let output = self.execute(command).await;
                Reply::page(200, content_type, output)
            }
        };
        note_request(&self.session, head, &body, reply.status);
        reply
    }
    fn attempt(&self, user: &[u8], password: &[u8]) -> bool {
        let success = self.decoy.credentials.check(self.session.source(), user, password);
        let (user, password) = (RawText::new(user), RawText::new(password));
        self.session.emit(EventKind::LoginAttempt { user, password, success });
        success
    }
    fn signed_in(&self, location: &str) -> Reply {
        let mut reply = Reply::redirect(location);
        let token = self.decoy.ambient.random.next_u64();
        reply.fields.push(("Set-Cookie", format!("session={token:016x}; path=/")));
        reply
    }
    fn protected(&mut self, head: &Head, realm: &str, page: &Page) -> Reply {
        let pair = head.field("authorization").and_then(basic_credentials);
        if let Some(pair) = pair
            && self.basic_attempt(pair)
        {
            return show(200, page);
        }
        let mut reply = Reply::error(401);
        reply.fields.push(("WWW-Authenticate", format!("Basic realm=\"{}\"", realm.replace('"', "'"))));
        reply
    }
    /// A browser repeats its pair with every request; it is one attempt.
    fn basic_attempt(&mut self, pair: Pair) -> bool {
        if let Some((_, success)) = self.basic.iter().find(|(tried, _)| *tried == pair) {
            return *success;
        }
        let success = self.attempt(&pair.0, &pair.1);
        if self.basic.len() < BASIC_PAIRS_MAX {
            self.basic.push((pair, success));
        }
        success
    }
    /// An injection is written down as the command that it is.
    fn note_command(&self, command: &[u8], query: &[u8], parameters: &Parameters, already_suspect: bool) {
        let injected =
            parameters.iter().any(|(_, value)| has_shell_characters(value)) || has_shell_characters(query);
        if injected && !already_suspect {
            let (technique, detail) = ("http-command-injection".into(), RawText::new(command));
            self.session.emit(EventKind::Exploit { technique, detail });
        }
        if injected || already_suspect {
            self.session.emit(EventKind::Command { line: RawText::new(command) });
        }
    }
    /// Runs a command line on the device; what it printed.
    async fn execute(&self, command: Vec<u8>) -> Vec<u8> {
        let config = &self.decoy.config.http;
        // The kernel takes no NUL in an argument.
        let command = command.into_iter().filter(|b| *b != 0).collect();
        let place = self.decoy.start_guest(&self.session, Purpose::Command(command), None);
        let limit = Instant::now() + Duration::from_secs(config.exec_seconds);
        let mut output = Vec::new();
        self.collect(&place, limit, &mut output).await;
        if lock(&place.mailbox).ended.is_none() {
            hang_up(&place);
            self.collect(&place, Instant::now() + FAREWELL, &mut output).await;
        }
        output.truncate(config.exec_output_bytes);
        output
    }
    async fn collect(&self, place: &Arc<Place>, limit: Instant, output: &mut Vec<u8>) {
        loop {
            let (more, ended) = {
                let mut mail = lock(&place.mailbox);
                (std::mem::take(&mut mail.output), mail.ended.is_some())
            };
            if output.len() < self.decoy.config.http.exec_output_bytes {
                output.extend_from_slice(&more);
            }
            let delivered = self.session.deliver(&self.decoy.pipeline).await;
            if ended || delivered.is_err() {
                return;
            }
            if !more.is_empty() {
                place.ring();
            }
            tokio::select! {
                () = self.session.bell.notified() => {}
                () = tokio::time::sleep_until(limit) => return,
                () = stopped(self.decoy.shutdown.clone()) => return,
            }
        }
    }
}

fn show(status: u16, page: &Page) -> Reply {
    Reply::page(status, &page.content_type, page.body.clone())
}
