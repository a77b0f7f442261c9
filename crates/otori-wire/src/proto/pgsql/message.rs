//! What one message of PostgreSQL says. Key types: [`Start`], [`Request`], [`Answer`].
//!
//! PostgreSQL's manual, "Message Formats", "Error and Notice Message Fields".
use super::super::Record;
use crate::{
    cursor::Cursor,
    limits::PGSQL_PARAMETERS,
    reused::{Perhaps, Reused, refill},
};

/// Names of parameters that EVE can show.
const PARAMETERS: &[&str] = &[
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "application_name",
    "client_encoding",
    "default_transaction_read_only",
    "extra_float_digits",
    "fallback_application_name",
    "in_hot_standby",
    "integer_datetimes",
    "is_superuser",
    "options",
    "replication",
    "scram_iterations",
    "search_path",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
];

/// A name and a value.
type Parameter<'a> = (&'a [u8], &'a [u8]);

/// Texts, each with a zero behind it.
fn texts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    bytes.split(|byte| *byte == 0)
}
fn text(bytes: &[u8]) -> &[u8] {
    texts(bytes).next().unwrap_or(bytes)
}

/// What a connection begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// it shall be protected, by TLS or otherwise
    Secure(&'static str),
    /// another connection's work shall stop
    Cancel { process: u32, secret: u32 },
    /// major and minor version, and parameters
    Session { version: (u16, u16), parameters: &'a [u8] },
}

/// Names and values of a session's beginning, in turn; an empty name ends them.
fn parameters(bytes: &[u8]) -> impl Iterator<Item = Parameter<'_>> + Clone {
    let pairs = texts(bytes).step_by(2).zip(texts(bytes).skip(1).step_by(2));
    pairs.take_while(|(name, _)| !name.is_empty()).take(PGSQL_PARAMETERS)
}

impl<'a> Start<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Start<'a>> {
        let mut cursor = Cursor::new(bytes);
        let (length, code) = (cursor.u32()?, cursor.u32()?);
        match (code, length) {
            (80_877_103, 8) => return Some(Start::Secure("SSL Request")),
            (80_877_104, 8) => return Some(Start::Secure("GSS Encryption Request")),
            (80_877_102, 16) => return Some(Start::Cancel { process: cursor.u32()?, secret: cursor.u32()? }),
            (0x0003_0000..=0x0003_0002, 9..10_000) => {}
            _ => return None,
        }
        Some(Start::Session { version: ((code >> 16) as u16, code as u16), parameters: cursor.rest() })
    }
}

/// A message of the client, where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    Start(Start<'a>),
    Query {
        text: &'a [u8],
        /// it is one message
        simple: bool,
    },
    /// what proves who asks: a password, or a step of SASL
    Password,
    Mechanism {
        name: &'a [u8],
        first: &'a [u8],
    },
    /// it has no contents of interest
    Plain(&'static str),
    /// a piece of something that goes on
    Part {
        kind: u8,
        bytes: u64,
    },
}

impl<'a> Request<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Request<'a>> {
        let (kind, body) = (*bytes.first()?, bytes.get(5..)?);
        Some(match kind {
            b'Q' => Request::Query { text: text(body), simple: true },
            // The statement stands behind its name.
            b'P' => Request::Query { text: texts(body).nth(1)?, simple: false },
            b'p' if body.starts_with(b"SCRAM-") => {
                let name = text(body);
                let first = body.get(name.len() + 5..).unwrap_or(&[]);
                Request::Mechanism { name, first }
            }
            b'p' => Request::Password,
            b'X' => Request::Plain("terminate"),
            b'F' => Request::Plain("function_call"),
            b'B' | b'C' | b'D' | b'E' | b'H' | b'S' | b'c' | b'd' | b'f' => {
                Request::Part { kind, bytes: body.len() as u64 }
            }
            _ => return None,
        })
    }
    pub(super) const fn query(&self) -> Option<&'a [u8]> {
        match self {
            Request::Query { text, .. } => Some(text),
            _ => None,
        }
    }
    pub(super) fn is_unanswered(&self) -> bool {
        matches!(self, Request::Plain("terminate") | Request::Start(Start::Cancel { .. }))
    }
    /// After it the server says that it is ready: a query in one message, or the end of one in several.
    pub(super) const fn is_ended(&self) -> bool {
        matches!(self, Request::Query { simple: true, .. } | Request::Part { kind: b'S', .. })
    }
    /// Logs it; `copied` are messages and bytes that were copied to the server because of it.
    pub(super) fn log(&self, copied: (u64, u64), record: &mut dyn Record) {
        match self {
            Request::Start(start) => log_start(start, record),
            Request::Query { text, .. } => {
                record.text("simple_query", text);
                if copied.0 > 0 {
                    record.object("copy_data_in", &mut |record| {
                        record.number("msg_count", copied.0.cast_signed());
                        record.number("data_size", copied.1.cast_signed());
                    });
                }
            }
            Request::Password => record.text("message", b"password_message"),
            Request::Mechanism { name, first } => {
                record.text("sasl_authentication_mechanism", name);
                record.text("sasl_param", first);
            }
            Request::Plain(name) => record.text("message", name.as_bytes()),
            Request::Part { kind, .. } => record.text("message", part_name(*kind).as_bytes()),
        }
    }
}

fn log_start(start: &Start<'_>, record: &mut dyn Record) {
    match start {
        Start::Secure(name) => record.text("message", name.as_bytes()),
        Start::Cancel { process, secret } => {
            record.text("message", b"cancel_request");
            record.number("process_id", (*process).into());
            record.number("secret_key", (*secret).into());
        }
        Start::Session { version: (major, minor), parameters: list } => {
            record.text("protocol_version", format!("{major}.{minor}").as_bytes());
            record.object("startup_parameters", &mut |record| {
                for key in ["user", "database"] {
                    let mut said = parameters(list).filter(|(name, _)| *name == key.as_bytes());
                    said.next().into_iter().for_each(|(_, value)| record.text(key, value));
                }
                log_parameters("optional_parameters", parameters(list), record);
            });
        }
    }
}

/// Those whose names are known.
fn log_parameters<'a>(
    key: &'static str,
    all: impl Iterator<Item = Parameter<'a>> + Clone,
    record: &mut dyn Record,
) {
    let named = |(name, value)| {
        let known = PARAMETERS.iter().find(|known| known.as_bytes() == name)?;
        Some((*known, value))
    };
    let mut known = all.filter_map(named);
    let count = known.clone().count();
    if count > 0 {
        record.list(key, count, &mut |_, record| {
            known.next().into_iter().for_each(|(name, value)| record.text(name, value));
        });
    }
}

const fn part_name(kind: u8) -> &'static str {
    match kind {
        b'B' => "bind",
        b'C' => "close",
        b'D' => "describe",
        b'E' => "execute",
        b'H' => "flush",
        b'S' => "sync",
        b'c' => "copy_done",
        b'd' => "copy_data",
        _ => "copy_fail",
    }
}

/// What all answers to a request sum up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// whether TLS was accepted
    pub(super) secured: Option<bool>,
    /// messages without contents of interest
    message: Option<&'static str>,
    pub(super) salt: Option<[u8; 4]>,
    /// a step of SASL: its key in EVE, and what it says
    sasl: Option<&'static str>,
    sasl_text: Vec<u8>,
    parameters: Reused<[Vec<u8>; 2]>,
    /// number and secret of the server's process
    pub(super) process: Option<(u32, u32)>,
    pub(super) columns: Option<u16>,
    pub(super) rows: u64,
    pub(super) row_bytes: u64,
    copied: (u64, u64),
    pub(super) completed: Perhaps,
    /// an error or a notice: severity, code, message
    trouble: [Perhaps; 3],
}

impl Answer {
    /// Nothing was answered yet.
    pub(super) fn clear(&mut self) {
        let Answer { sasl_text, mut parameters, mut completed, mut trouble, .. } = core::mem::take(self);
        parameters.clear();
        [&mut completed].into_iter().chain(&mut trouble).for_each(|text| text.set(None));
        *self = Answer { sasl_text, parameters, completed, trouble, ..Answer::default() };
    }
    /// Adds a message; whether it is one, and whether nothing more comes to the request.
    pub(super) fn add(&mut self, bytes: &[u8]) -> (bool, bool) {
        let (Some(kind), Some(body)) = (bytes.first(), bytes.get(5..)) else { return (false, false) };
        let mut cursor = Cursor::new(body);
        match kind {
            // Who is let in, or has proved itself, is told more.
            b'R' => {
                let more = matches!(body, [0, 0, 0, 0 | 12, ..]);
                return (self.authentication(body).is_some(), !more);
            }
            b'S' => {
                let mut words = texts(body);
                if let (Some(name), Some(value)) = (words.next(), words.next())
                    && self.parameters.len() < PGSQL_PARAMETERS
                {
                    let [called, is] = self.parameters.again();
                    refill(called, name);
                    refill(is, value);
                }
            }
            b'K' => self.process = cursor.u32().zip(cursor.u32()),
            b'T' => self.columns = cursor.u16(),
            b'D' => (self.rows, self.row_bytes) = (self.rows + 1, self.row_bytes + body.len() as u64),
            b'd' => self.copied = (self.copied.0 + 1, self.copied.1 + body.len() as u64),
            b'C' => self.completed.set(Some(text(body))),
            b'E' | b'N' => self.trouble(body),
            b'Z' => return (true, true),
            b'1' => self.message = Some("parse_complete"),
            b'2' => self.message = Some("bind_complete"),
            b'3' => self.message = Some("close_complete"),
            b'I' => self.message = Some("empty_query_response"),
            b'n' => self.message = Some("no_data"),
            b's' => self.message = Some("portal_suspended"),
            b'A' | b'G' | b'H' | b'W' | b'c' | b't' | b'v' | b'V' => {}
            _ => return (false, false),
        }
        // Who was refused before a session began gets no more.
        (true, *kind == b'E' && self.is_fatal())
    }
    fn authentication(&mut self, body: &[u8]) -> Option<()> {
        let (code, rest) = body.split_first_chunk::<4>()?;
        match u32::from_be_bytes(*code) {
            0 => self.message = Some("authentication_ok"),
            3 => self.message = Some("authentication_cleartext_password"),
            5 => self.salt = Some(*rest.first_chunk()?),
            9 => self.message = Some("authentication_sspi"),
            10 => self.sasl("authentication_sasl", text(rest)),
            11 => self.sasl("authentication_sasl_continue", rest),
            12 => self.sasl("authentication_sasl_final", rest),
            _ => return None,
        }
        Some(())
    }
    fn sasl(&mut self, key: &'static str, text: &[u8]) {
        self.sasl = Some(key);
        refill(&mut self.sasl_text, text);
    }
    /// Severity, code and message.
    fn trouble(&mut self, body: &[u8]) {
        for (place, kind) in self.trouble.iter_mut().zip(*b"SCM") {
            let found = texts(body).find(|text| text.first() == Some(&kind));
            place.set(found.and_then(|text| text.get(1..)));
        }
    }
    fn is_fatal(&self) -> bool {
        matches!(self.trouble[0].get(), Some(b"FATAL" | b"PANIC"))
    }
    pub(super) fn log(&self, record: &mut dyn Record) {
        if let Some(secured) = self.secured {
            record.flag("ssl_accepted", secured);
        }
        if let Some(message) = self.message {
            record.text("message", message.as_bytes());
        }
        if let Some(salt) = &self.salt {
            record.text("authentication_md5_password", salt);
        }
        if let Some(key) = self.sasl {
            record.text(key, &self.sasl_text);
        }
        let parameters = self.parameters.iter().map(|[name, value]| (name.as_slice(), value.as_slice()));
        log_parameters("parameter_status", parameters, record);
        if let Some((process, secret)) = self.process {
            record.number("process_id", process.into());
            record.number("secret_key", secret.into());
        }
        if let Some(columns) = self.columns {
            record.number("field_count", columns.into());
        }
        if self.rows > 0 {
            record.number("data_rows", self.rows.cast_signed());
            record.number("data_size", self.row_bytes.cast_signed());
        }
        if self.copied.0 > 0 {
            record.object("copy_data_out", &mut |record| {
                record.number("row_cnt", self.copied.0.cast_signed());
                record.number("data_size", self.copied.1.cast_signed());
            });
        }
        if let Some(completed) = self.completed.get() {
            record.text("command_completed", completed);
        }
        let keys = ["severity_localizable", "code", "message"];
        for (key, text) in keys.into_iter().zip(&self.trouble) {
            if let Some(text) = text.get() {
                record.text(key, text);
            }
        }
    }
}
