//! What queries answer: the shapes of the API (docs/api.md), ready to be serialised.
//!
//! Neighbours: [`crate::query`] fills them, the hub sends them. Times and ids serialise as in `otori-event`.
use crate::place::{Place, Special};
use otori_event::{
    CaptureMethod, Classification, Endpoint, Event, EventId, Indicator, IndicatorKind, ProductId, RawText,
    Report, SessionId, Sha256, Stage, Timestamp, Verdict,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// the entries
    pub items: Vec<T>,
    /// pass back as `cursor` for the next page; `None` at the end
    pub next: Option<String>,
}

/// This window and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// in the window
    pub now: u64,
    /// in the window of the same length before it; `None` when the window is everything
    pub before: Option<u64>,
}

/// Which window an answer speaks of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowView {
    /// `1h`, `24h`, `7d`, `30d` or `all`
    pub range: String,
    /// `include`, `exclude` or `only`
    pub demo: String,
    /// start of the first bucket; `None` when there is no event
    pub since: Option<Timestamp>,
    /// now
    pub until: Timestamp,
    /// length of a bucket
    pub bucket_seconds: i64,
}

/// Spread of a duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spread {
    /// how many were measured
    pub count: u64,
    /// middle one, milliseconds
    pub median: Option<i64>,
    /// 95 of 100 are not longer, milliseconds
    pub p95: Option<i64>,
    /// longest, milliseconds
    pub max: Option<i64>,
}

impl Spread {
    /// Of durations in milliseconds, in any order (nearest-rank percentiles).
    pub fn of(mut durations_ms: Vec<i64>) -> Self {
        durations_ms.sort_unstable();
        let rank = |percent: usize| {
            let at = (durations_ms.len() * percent).div_ceil(100).saturating_sub(1);
            durations_ms.get(at).copied()
        };
        Spread {
            count: durations_ms.len() as u64,
            median: rank(50),
            p95: rank(95),
            max: durations_ms.last().copied(),
        }
    }
}

/// A country or special range, and how many sessions came from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview.countries")]
pub struct CountryCount {
    pub country: Option<String>,
    pub special: Option<Special>,
    pub count: u64,
}
/// An autonomous system and how many sessions came from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview.networks")]
pub struct NetworkCount {
    pub asn: u32,
    pub name: String,
    pub count: u64,
}
/// A product and its sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview.products")]
pub struct ProductCount {
    pub product: String,
    pub count: u64,
}
/// A user name with a password and how often they were tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview.credentials")]
pub struct CredentialCount {
    pub user: RawText,
    pub password: RawText,
    pub count: u64,
    pub accepted: u64,
}
/// A command line and how often it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview.commands")]
pub struct CommandCount {
    pub line: RawText,
    pub count: u64,
}

/// Sessions per bucket by furthest stage; every list is as long as `at`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview.series")]
pub struct Series {
    pub at: Vec<Timestamp>,
    pub probe: Vec<u64>,
    pub login: Vec<u64>,
    pub exploit: Vec<u64>,
    pub infection: Vec<u64>,
}

/// What changed in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Overview")]
pub struct Overview {
    #[serde(flatten)]
    pub window: WindowView,
    pub sessions: Compared,
    pub stages: BTreeMap<Stage, Compared>,
    pub series: Series,
    pub events: Compared,
    pub countries: Vec<CountryCount>,
    pub networks: Vec<NetworkCount>,
    pub products: Vec<ProductCount>,
    pub credentials: Vec<CredentialCount>,
    pub commands: Vec<CommandCount>,
    pub new_samples: Compared,
    pub samples: Vec<SampleSummary>,
    pub active_blocks: u64,
    pub refused: Compared,
    pub capture_to_block_ms: Spread,
    pub last_event_at: Option<Timestamp>,
}

/// One country on the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Geo.countries")]
pub struct GeoCountry {
    pub country: String,
    pub count: u64,
    pub stages: BTreeMap<Stage, u64>,
}
/// Sessions from one special range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Geo.special")]
pub struct SpecialCount {
    pub special: String,
    pub count: u64,
}
/// Where sessions came from in a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Geo")]
pub struct Geo {
    #[serde(flatten)]
    pub window: WindowView,
    pub countries: Vec<GeoCountry>,
    pub special: Vec<SpecialCount>,
    pub unknown: u64,
}

/// A user name and a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, SessionSummary.credential")]
pub struct Credential {
    pub user: RawText,
    pub password: RawText,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, SessionSummary")]
pub struct SessionSummary {
    pub id: SessionId,
    pub front: String,
    pub product: Option<ProductId>,
    pub demo: bool,
    pub source: Endpoint,
    pub local: Endpoint,
    pub place: Place,
    pub stage: Stage,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub duration_ms: Option<u64>,
    pub reason: Option<String>,
    pub interrupted: bool,
    pub events: u64,
    pub logins: u64,
    pub commands: u64,
    pub captures: u64,
    pub credential: Option<Credential>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub recording_bytes: u64,
}

/// One session with what happened in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "docs/api.md, SessionDetail")]
pub struct SessionDetail {
    pub session: SessionSummary,
    pub events: Page<Event>,
    pub captures: Vec<Capture>,
    pub indicators: Vec<IndicatorEntry>,
}

/// One time that a file was captured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Capture")]
pub struct Capture {
    pub event: EventId,
    pub at: Timestamp,
    pub session: Option<SessionId>,
    pub product: Option<ProductId>,
    pub demo: bool,
    pub sha256: Sha256,
    pub size: u64,
    pub name: RawText,
    pub url: Option<String>,
    pub mode: u32,
    pub method: CaptureMethod,
}

/// How far the lab is with a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleState {
    /// captured only
    Waiting,
    /// named, not run
    Classified,
    /// run, or found not to be runnable
    Detonated,
}

/// One captured file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, SampleSummary")]
pub struct SampleSummary {
    pub sha256: Sha256,
    pub size: u64,
    pub name: RawText,
    pub method: CaptureMethod,
    pub demo: bool,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub captures: u64,
    pub state: SampleState,
    pub format: Option<String>,
    pub os: Option<String>,
    pub cpu: Option<String>,
    pub endianness: Option<String>,
    pub end: Option<String>,
    pub contacts: u64,
    pub techniques: Vec<String>,
}

/// One captured file with everything known about it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "docs/api.md, SampleDetail")]
pub struct SampleDetail {
    pub sample: SampleSummary,
    pub class: Option<Classification>,
    pub report: Option<Report>,
    pub captures: Vec<Capture>,
    pub sessions: Vec<SessionSummary>,
    pub indicators: Vec<IndicatorEntry>,
}

/// An indicator and the live rule made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndicatorEntry {
    /// its present value
    #[serde(flatten)]
    pub indicator: Indicator,
    /// `sid` of the live rule
    pub rule: Option<u32>,
}

/// One guard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Network.guards")]
pub struct GuardView {
    pub guard: String,
    pub rules: u64,
    pub last_enforced_at: Option<Timestamp>,
    pub last_verdict_at: Option<Timestamp>,
    pub refused: u64,
    pub alerts: u64,
}
/// A guard took a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, LiveRule.enforced")]
pub struct Enforced {
    pub guard: String,
    pub at: Timestamp,
}
/// A rule that is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, LiveRule")]
pub struct LiveRule {
    pub sid: u32,
    pub text: String,
    pub indicator_kind: IndicatorKind,
    pub indicator: String,
    pub demo: bool,
    pub captured_at: Option<Timestamp>,
    pub made_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub enforced: Vec<Enforced>,
    pub first_refusal_at: Option<Timestamp>,
    pub refusals: u64,
}
/// A decision on the wire, with its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Network.verdicts")]
pub struct VerdictEntry {
    pub event: EventId,
    pub at: Timestamp,
    pub demo: bool,
    pub verdict: Verdict,
}
/// A guarded device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Network.devices")]
pub struct DeviceView {
    pub device: String,
    pub alerts: u64,
    pub refused: u64,
    pub last_at: Timestamp,
}
/// How long each step of the loop took, for rules made in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Network.latency")]
pub struct Latency {
    pub capture_to_rule_ms: Spread,
    pub rule_to_enforced_ms: Spread,
    pub capture_to_enforced_ms: Spread,
    pub capture_to_refusal_ms: Spread,
}
/// What is enforced on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, Network")]
pub struct Network {
    #[serde(flatten)]
    pub window: WindowView,
    pub guards: Vec<GuardView>,
    pub rules: Vec<LiveRule>,
    pub rules_total: u64,
    pub verdicts: Vec<VerdictEntry>,
    pub devices: Vec<DeviceView>,
    pub latency: Latency,
}

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// days that an event stays in the inbox before it is sealed
    pub inbox_days: u32,
    /// days that sealed events, sessions and verdicts are kept
    pub event_days: u32,
    /// days that artifacts are kept after they were last seen; `None` keeps them for good
    pub artifact_days: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Retention { inbox_days: 2, event_days: 365, artifact_days: None }
    }
}

/// How big the store is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "docs/api.md, System.store")]
pub struct Sizes {
    pub inbox_events: u64,
    pub sealed_events: u64,
    pub segments: u64,
    pub database_bytes: u64,
    pub segment_bytes: u64,
    pub artifacts: u64,
    pub artifact_bytes: u64,
    pub recordings: u64,
    pub recording_bytes: u64,
    pub oldest_event_at: Option<Timestamp>,
    pub last_event_at: Option<Timestamp>,
    pub retention: Retention,
}
