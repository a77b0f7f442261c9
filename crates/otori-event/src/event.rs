//! What happened: the closed set of events. The store keeps them, the pipeline acts on them.
//!
//! Key types: [`Event`], [`EventKind`], [`Stage`]. To add a kind: a variant here, a row in `docs/events.md`.
use crate::{
    Action, Artifact, Classification, Endpoint, EventId, Indicator, ProductId, RawText, Report, RuleChange,
    SessionId, Sha256, Timestamp, Transport, Verdict,
};
use alloc::{boxed::Box, string::String};
use serde::{Deserialize, Serialize};

/// How far an attack got. Counted apart, never added up as one figure without saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// connected, scanned, asked for a page
    Probe,
    /// tried a password
    Login,
    /// logged in and gave commands, or sent an exploit
    Exploit,
    /// brought a file or tried to fetch one
    Infection,
}

impl Stage {
    /// All stages, mildest first.
    pub const ALL: [Stage; 4] = [Stage::Probe, Stage::Login, Stage::Exploit, Stage::Infection];
    /// The word used in JSON, URLs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Probe => "probe",
            Stage::Login => "login",
            Stage::Exploit => "exploit",
            Stage::Infection => "infection",
        }
    }
}

/// Why a download did not bring a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum DownloadOutcome {
    /// the guarded fetcher brought it
    Fetched {
        /// its name in the store
        sha256: Sha256,
        /// bytes
        size: u64,
    },
    /// fetching is off, or the guard said no
    Refused {
        /// why, for a person
        reason: String,
    },
    /// it was tried and did not work
    Failed {
        /// why, for a person
        reason: String,
    },
}

/// What happened. `#[serde(tag = "kind")]`: JSON is flat, `{"kind": "login_attempt", "user": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum EventKind {
    /// A peer connected to a front of a decoy.
    SessionOpened {
        /// front (`telnet`, `http`)
        front: String,
        /// the peer
        source: Endpoint,
        /// our side
        local: Endpoint,
    },
    /// The session ended.
    SessionClosed {
        /// how long it took
        duration_ms: u64,
        /// why (`peer closed`, `idle`, `logout`, `limit: …`)
        reason: String,
        /// bytes from the peer
        bytes_in: u64,
        /// bytes to the peer
        bytes_out: u64,
        /// how far it got
        stage: Stage,
    },
    /// A user name and a password were tried.
    LoginAttempt {
        /// user name as typed
        user: RawText,
        /// password as typed
        password: RawText,
        /// the decoy let it in
        success: bool,
    },
    /// A line was typed or sent to a shell.
    Command {
        /// the line, without its end
        line: RawText,
    },
    /// A program was started on the device by the session.
    Executed {
        /// its path
        path: RawText,
        /// its arguments, joined by blanks
        arguments: RawText,
    },
    /// An HTTP request came in.
    HttpRequest {
        /// method as sent
        method: RawText,
        /// request target as sent
        target: RawText,
        /// Host field
        host: RawText,
        /// User-Agent field
        user_agent: RawText,
        /// the first bytes of the body
        body: RawText,
        /// our answer
        status: u16,
    },
    /// Something that is only done to attack (`command injection in /cgi-bin/…`).
    Exploit {
        /// short stable name (`telnet-shell`, `http-command-injection`)
        technique: String,
        /// what was seen
        detail: RawText,
    },
    /// A file was captured; its bytes are already in the store.
    FileCaptured {
        /// the file
        artifact: Artifact,
    },
    /// The device was told to fetch something.
    DownloadRequested {
        /// URL (`http://…`, `tftp://…`)
        url: String,
        /// what became of it
        #[serde(flatten)]
        outcome: DownloadOutcome,
    },
    /// A program on the decoy connected or sent to the outside; it never got further than the virtual network.
    Outbound {
        /// where to
        remote: Endpoint,
        /// how
        transport: Transport,
        /// name that was resolved, if any
        name: Option<String>,
    },
    /// A session's recording is complete (asciinema v2, in the store's recordings).
    Recorded {
        /// bytes of the recording
        size: u64,
        /// the recording hit its limit and stops early
        truncated: bool,
    },
    /// The engine met a call that it does not have; answered ENOSYS.
    Unsupported {
        /// name or number
        call: String,
    },
    /// Input that breaks a protocol's rules.
    Anomaly {
        /// which (`telnet.option_flood`)
        what: String,
        /// evidence
        detail: RawText,
    },
    /// The lab named the artifact.
    Classified {
        /// artifact
        sha256: Sha256,
        /// what it is
        class: Box<Classification>,
    },
    /// The lab ran the artifact.
    Detonated {
        /// everything seen
        report: Box<Report>,
    },
    /// An indicator appeared or changed.
    IndicatorChanged {
        /// its new value
        indicator: Box<Indicator>,
    },
    /// The live rules changed.
    RuleChanged {
        /// how
        #[serde(flatten)]
        change: RuleChange,
    },
    /// A guard decided on the wire.
    VerdictGiven {
        /// the decision
        verdict: Box<Verdict>,
    },
    /// A guard took a rule change into its live rules.
    RuleEnforced {
        /// which rule
        sid: u32,
        /// guard's name
        guard: String,
    },
    /// Something was done, or proposed, to a subscriber.
    ActionChanged {
        /// its new state
        action: Box<Action>,
    },
    /// The product started; says what was recovered.
    SystemStarted {
        /// version of the binary
        version: String,
        /// events found in the inbox at the start
        recovered_events: u64,
        /// sessions that were open when it stopped, closed now
        interrupted_sessions: u64,
        /// artifacts whose work was unfinished, queued again
        requeued_artifacts: u64,
    },
}

/// One event. JSON is flat: `{"id", "at", "product", "session", "demo", "kind", …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// identity; the store keeps one of each
    pub id: EventId,
    /// when
    pub at: Timestamp,
    /// which product it happened on or with
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    /// which session it belongs to
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// part of a demonstration (`otori up --demo`), not a real attack
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub demo: bool,
    /// what
    #[serde(flatten)]
    pub kind: EventKind,
}

impl EventKind {
    /// The word in JSON's `kind`, for filters and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            EventKind::SessionOpened { .. } => "session_opened",
            EventKind::SessionClosed { .. } => "session_closed",
            EventKind::LoginAttempt { .. } => "login_attempt",
            EventKind::Command { .. } => "command",
            EventKind::Executed { .. } => "executed",
            EventKind::HttpRequest { .. } => "http_request",
            EventKind::Exploit { .. } => "exploit",
            EventKind::FileCaptured { .. } => "file_captured",
            EventKind::DownloadRequested { .. } => "download_requested",
            EventKind::Outbound { .. } => "outbound",
            EventKind::Recorded { .. } => "recorded",
            EventKind::Unsupported { .. } => "unsupported",
            EventKind::Anomaly { .. } => "anomaly",
            EventKind::Classified { .. } => "classified",
            EventKind::Detonated { .. } => "detonated",
            EventKind::IndicatorChanged { .. } => "indicator_changed",
            EventKind::RuleChanged { .. } => "rule_changed",
            EventKind::VerdictGiven { .. } => "verdict_given",
            EventKind::RuleEnforced { .. } => "rule_enforced",
            EventKind::ActionChanged { .. } => "action_changed",
            EventKind::SystemStarted { .. } => "system_started",
        }
    }

    /// How far this event shows the attacker to have come; `None` for what is not an attacker's deed.
    pub const fn stage(&self) -> Option<Stage> {
        match self {
            EventKind::SessionOpened { .. } | EventKind::HttpRequest { .. } | EventKind::Anomaly { .. } => {
                Some(Stage::Probe)
            }
            EventKind::LoginAttempt { .. } => Some(Stage::Login),
            EventKind::Command { .. } | EventKind::Executed { .. } | EventKind::Exploit { .. } => {
                Some(Stage::Exploit)
            }
            EventKind::FileCaptured { .. } | EventKind::DownloadRequested { .. } => Some(Stage::Infection),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn json_is_flat_and_round_trips() {
        let at = Timestamp::from_ms(1_700_000_000_000);
        let event = Event {
            id: EventId::new(at, 5, 1),
            at,
            product: Some("camera-mipsel".parse().unwrap()),
            session: Some(SessionId::new(5)),
            demo: false,
            kind: EventKind::DownloadRequested {
                url: "http://192.0.2.9/bot".into(),
                outcome: DownloadOutcome::Refused { reason: "fetching is off".into() },
            },
        };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["kind"], event.kind.as_str());
        assert_eq!(json["outcome"], "refused");
        assert_eq!(json["session"], event.session.unwrap().to_string());
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    }
}
