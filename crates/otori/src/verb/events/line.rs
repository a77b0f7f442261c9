//! One event as one line for a person. Text from attackers is shown by [`RawText`]'s rules: nothing of it steers a terminal.
//!
//! Key function: [`write`].
use otori_event::event::DownloadOutcome;
use otori_event::{Event, EventKind, RawText, RuleChange, Stage, VerdictAction, report::End};
use std::fmt::{self, Display};
use std::io;

/// Whether colours are used.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    colours: bool,
}

impl Paint {
    /// With colours on a terminal, without anywhere else.
    pub fn of(terminal: bool) -> Paint {
        Paint { colours: terminal }
    }
    fn code(self, code: &'static str) -> &'static str {
        if self.colours { code } else { "" }
    }
    /// The colour of how far an event shows the attacker to have come.
    fn stage(self, stage: Option<Stage>) -> &'static str {
        self.code(match stage {
            Some(Stage::Infection) => "\x1b[31m",
            Some(Stage::Exploit) => "\x1b[33m",
            Some(Stage::Login) => "\x1b[36m",
            Some(Stage::Probe) => "\x1b[34m",
            None => "\x1b[32m",
        })
    }
}

/// A plain string that may hold what an attacker chose.
fn safe(text: &str) -> RawText {
    RawText::from(text)
}

/// Writes one line.
pub fn write(event: &Event, paint: Paint, out: &mut impl io::Write) -> io::Result<()> {
    let (dim, colour, plain) =
        (paint.code("\x1b[2m"), paint.stage(event.kind.stage()), paint.code("\x1b[0m"));
    write!(out, "{dim}{}{plain} ", event.at)?;
    match &event.product {
        Some(product) => write!(out, "{product} ")?,
        None => write!(out, "- ")?,
    }
    match event.session {
        Some(session) => write!(out, "{session} ")?,
        None => write!(out, "- ")?,
    }
    let demo = if event.demo { " [demo]" } else { "" };
    writeln!(out, "{colour}{}{plain}{demo} {}", event.kind.as_str(), About(&event.kind))
}

/// What the event says.
struct About<'a>(&'a EventKind);

impl Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            EventKind::SessionOpened { front, source, local } => {
                write!(f, "{} {source} -> {local}", safe(front))
            }
            EventKind::SessionClosed { duration_ms, reason, stage, bytes_in, bytes_out } => write!(
                f,
                "{} after {} ms: {}; {bytes_in} bytes in, {bytes_out} out",
                stage.as_str(),
                duration_ms,
                safe(reason)
            ),
            EventKind::LoginAttempt { user, password, success } => {
                write!(f, "{user} / {password}: {}", if *success { "accepted" } else { "refused" })
            }
            EventKind::Command { line } => write!(f, "{line}"),
            EventKind::Executed { path, arguments } => write!(f, "{path}: {arguments}"),
            EventKind::HttpRequest { method, target, host, status, .. } => {
                write!(f, "{method} {target} (host {host}): {status}")
            }
            EventKind::Exploit { technique, detail } => write!(f, "{}: {detail}", safe(technique)),
            EventKind::FileCaptured { artifact } => {
                write!(f, "{} ({} bytes) {}", artifact.name, artifact.size, artifact.sha256)
            }
            EventKind::DownloadRequested { url, outcome } => write!(f, "{}: {}", safe(url), Outcome(outcome)),
            EventKind::Outbound { remote, transport, name } => {
                write!(f, "{transport:?} {remote} {}", safe(name.as_deref().unwrap_or_default()))
            }
            EventKind::Recorded { size, truncated } => {
                write!(f, "{size} bytes{}", if *truncated { ", cut short" } else { "" })
            }
            EventKind::Unsupported { call } => write!(f, "{}", safe(call)),
            EventKind::Anomaly { what, detail } => write!(f, "{}: {detail}", safe(what)),
            other => about_knowledge(other, f),
        }
    }
}

/// What the lab, the intelligence, the guards and the product itself say.
fn about_knowledge(kind: &EventKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        EventKind::Classified { sha256, class } => {
            let parts =
                [&class.format, &class.os, &class.cpu, &class.endianness, &class.libc, &class.linking];
            let parts: Vec<&str> = parts.into_iter().flatten().map(|part| part.value.as_str()).collect();
            write!(f, "{sha256} {}", safe(&parts.join(" ")))
        }
        EventKind::Detonated { report } => {
            let end = match &report.end {
                End::Exited { status } => format!("exit {status}"),
                End::TimeUp => "time up".to_owned(),
                End::Limit { limit } => format!("limit {limit}"),
                End::NotRun { reason } => format!("not run: {reason}"),
            };
            let (processes, contacts) = (report.processes.len(), report.contacts.len());
            write!(f, "{} {}; {processes} processes, {contacts} contacts", report.sha256, safe(&end))
        }
        EventKind::IndicatorChanged { indicator } => {
            let (kind, state) = (indicator.kind, indicator.state);
            write!(f, "{kind:?} {} {state:?}, score {:.0}", safe(&indicator.value), indicator.score)
        }
        EventKind::RuleChanged { change } => match change {
            RuleChange::Add { rule } => write!(f, "add {}: {}", rule.sid, safe(&rule.text)),
            RuleChange::Remove { sid, reason } => write!(f, "remove {sid}: {}", safe(reason)),
            RuleChange::Keep { sids } => write!(f, "keep {} rules", sids.len()),
        },
        EventKind::VerdictGiven { verdict } => {
            let action = match verdict.action {
                VerdictAction::Alert => "alert",
                VerdictAction::Drop => "drop",
                VerdictAction::Reject => "reject",
            };
            let subject = safe(verdict.subject.as_deref().unwrap_or_default());
            let (from, to, sid) = (verdict.source, verdict.destination, verdict.sid);
            write!(f, "{action} {from} -> {to} {subject} by rule {sid} at {}", safe(&verdict.guard))
        }
        EventKind::RuleEnforced { sid, guard } => write!(f, "{sid} at {}", safe(guard)),
        EventKind::ActionChanged { action } => {
            let (level, state) = (action.level, action.state);
            write!(f, "{level:?} {} {state:?}: {}", safe(&action.device), safe(&action.reason))
        }
        EventKind::SystemStarted { version, recovered_events, .. } => {
            write!(f, "version {}, {recovered_events} events in the inbox", safe(version))
        }
        _ => Ok(()), // said by the caller
    }
}

struct Outcome<'a>(&'a DownloadOutcome);

impl Display for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DownloadOutcome::Fetched { sha256, size } => write!(f, "fetched {size} bytes, {sha256}"),
            DownloadOutcome::Refused { reason } => write!(f, "refused, {}", safe(reason)),
            DownloadOutcome::Failed { reason } => write!(f, "failed, {}", safe(reason)),
        }
    }
}
