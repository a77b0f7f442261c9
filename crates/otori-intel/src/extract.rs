//! What an event says about which indicator.
//!
//! Key types: [`Sighting`], [`Origins`]. One function per kind of event; the weight of each piece of evidence
//! is `otori_event::EvidenceKind::weight`. Neighbour: [`crate::sandbox`] reads detonation reports.
use crate::normalise::{Host, Url};
use crate::recent::Recent;
use core::net::{IpAddr, SocketAddr};
use otori_event::event::DownloadOutcome;
use otori_event::{
    Artifact, CaptureMethod, Event, EventKind, EvidenceKind, IndicatorKind, SessionId, Sha256, Transport,
    find_urls,
};

/// URLs taken from one command or one script.
const URLS_PER_EVENT_MAX: usize = 32;
/// Sessions whose peer is remembered.
const SESSIONS_MAX: usize = 65_536;
/// Artifacts whose URLs are remembered.
const ARTIFACTS_MAX: usize = 65_536;
/// URLs remembered per artifact.
const URLS_PER_ARTIFACT_MAX: usize = 16;

/// One piece of evidence for one indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) kind: IndicatorKind,
    pub(crate) value: String,
    pub(crate) evidence: EvidenceKind,
    pub(crate) artifact: Option<Sha256>,
    pub(crate) note: String,
}

/// Where sessions come from and artifacts were fetched: joins events that do not repeat it.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    peers: Recent<SessionId, Option<IpAddr>>,
    urls: Recent<Sha256, Vec<String>>,
}

impl Origins {
    pub(crate) fn new() -> Self {
        Origins { peers: Recent::new(SESSIONS_MAX), urls: Recent::new(ARTIFACTS_MAX) }
    }
    /// The artifact came from this URL (normalised).
    pub(crate) fn fetched_from(&mut self, artifact: Sha256, url: &str) {
        let urls = self.urls.entry(artifact);
        if urls.len() < URLS_PER_ARTIFACT_MAX && !urls.iter().any(|known| known == url) {
            urls.push(url.to_owned());
        }
    }
    /// Normalised URLs of an artifact.
    pub(crate) fn urls(&self, artifact: &Sha256) -> &[String] {
        self.urls.get(artifact).map_or(&[], Vec::as_slice)
    }
    fn peer(&self, event: &Event) -> Option<IpAddr> {
        *self.peers.get(&event.session?)?
    }
}

/// `tcp/192.0.2.1:4444`, `udp/[2001:db8::1]:53`; `None` for a transport without ports.
pub fn service(transport: Transport, at: SocketAddr) -> Option<String> {
    let at = SocketAddr::new(at.ip().to_canonical(), at.port());
    match transport {
        Transport::Tcp => Some(format!("tcp/{at}")),
        Transport::Udp => Some(format!("udp/{at}")),
        Transport::Icmp | Transport::Other => None,
    }
}

/// The reverse of [`service`], in any spelling of the address.
pub fn parse_service(value: &str) -> Option<(Transport, SocketAddr)> {
    let (transport, at) = value.split_once('/')?;
    let transport = match transport {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    let at: SocketAddr = at.parse().ok()?;
    Some((transport, SocketAddr::new(at.ip().to_canonical(), at.port())))
}

/// The one spelling of a value of this kind; `None` if it is not readable as one.
pub fn normal_value(kind: IndicatorKind, value: &str) -> Option<String> {
    match (kind, Host::parse(value)) {
        (IndicatorKind::Url, _) => Url::parse(value).map(|url| url.to_string()),
        (IndicatorKind::Address, Some(Host::Address(address))) => Some(address.to_string()),
        (IndicatorKind::Domain, Some(Host::Name(name))) => Some(name),
        (IndicatorKind::Service, _) => {
            parse_service(value).and_then(|(transport, at)| service(transport, at))
        }
        (IndicatorKind::Sha256, _) => value.parse::<Sha256>().ok().map(|hash| hash.to_string()),
        _ => None,
    }
}

/// A host as an indicator: address, or a name of at least two labels.
pub(crate) fn host_indicator(host: &Host) -> Option<(IndicatorKind, String)> {
    match host {
        Host::Address(address) => Some((IndicatorKind::Address, address.to_string())),
        Host::Name(name) => name.contains('.').then(|| (IndicatorKind::Domain, name.clone())),
    }
}

/// Everything an event says. `origins` learns from it.
pub(crate) fn sightings(event: &Event, origins: &mut Origins) -> Vec<Sighting> {
    match &event.kind {
        EventKind::SessionOpened { front, source, .. } => {
            if let Some(session) = event.session {
                *origins.peers.entry(session) = Some(source.ip.to_canonical());
            }
            vec![address(source.ip, EvidenceKind::Scan, format!("connected to {front}"))]
        }
        EventKind::LoginAttempt { success, .. } => {
            let note = if *success { "logged in to a decoy" } else { "tried a password" };
            peer(event, origins, EvidenceKind::Login, note.into())
        }
        EventKind::Exploit { technique, .. } => {
            peer(event, origins, EvidenceKind::Exploit, format!("exploit: {technique}"))
        }
        EventKind::Command { line } => {
            let urls = find_urls(line.as_bytes(), URLS_PER_EVENT_MAX);
            urls.iter().flat_map(|url| payload_url(url, None, "named in a command")).collect()
        }
        EventKind::DownloadRequested { url, outcome } => {
            let artifact = match outcome {
                DownloadOutcome::Fetched { sha256, .. } => Some(*sha256),
                DownloadOutcome::Refused { .. } | DownloadOutcome::Failed { .. } => None,
            };
            fetched(url, artifact, origins)
        }
        EventKind::FileCaptured { artifact } => captured(event, artifact, origins),
        EventKind::Classified { sha256, class } => {
            let script = class.format.as_ref().is_some_and(|format| is_script(&format.value));
            let urls = if script { class.urls.as_slice() } else { &[] };
            let named = |url: &String| payload_url(url, Some(*sha256), "named in a captured script");
            urls.iter().take(URLS_PER_EVENT_MAX).flat_map(named).collect()
        }
        EventKind::Detonated { report } => crate::sandbox::sightings(report, origins),
        _ => Vec::new(),
    }
}

/// URLs in a program's strings may be anyone's; those in a script are there to be fetched.
fn is_script(format: &str) -> bool {
    matches!(format, "shell-script" | "perl" | "python" | "php")
}

fn address(ip: IpAddr, evidence: EvidenceKind, note: String) -> Sighting {
    Sighting {
        kind: IndicatorKind::Address,
        value: ip.to_canonical().to_string(),
        evidence,
        artifact: None,
        note,
    }
}

/// Evidence against the peer of the event's session, if it is known.
fn peer(event: &Event, origins: &Origins, evidence: EvidenceKind, note: String) -> Vec<Sighting> {
    origins.peer(event).map(|ip| address(ip, evidence, note)).into_iter().collect()
}

/// A payload stands at this URL: evidence for the URL and for its host.
fn payload_url(url: &str, artifact: Option<Sha256>, note: &str) -> Vec<Sighting> {
    let Some(url) = Url::parse(url) else { return Vec::new() };
    let host = host_indicator(&url.host).map(|(kind, value)| Sighting {
        kind,
        value,
        evidence: EvidenceKind::PayloadSource,
        artifact,
        note: format!("host of a URL {note}"),
    });
    let url = Sighting {
        kind: IndicatorKind::Url,
        value: url.to_string(),
        evidence: EvidenceKind::PayloadSource,
        artifact,
        note: note.into(),
    };
    core::iter::once(url).chain(host).collect()
}

fn fetched(url: &str, artifact: Option<Sha256>, origins: &mut Origins) -> Vec<Sighting> {
    if let (Some(artifact), Some(url)) = (artifact, Url::parse(url)) {
        origins.fetched_from(artifact, &url.to_string());
    }
    payload_url(
        url,
        artifact,
        if artifact.is_some() { "a file was fetched from" } else { "asked for by a session" },
    )
}

fn captured(event: &Event, artifact: &Artifact, origins: &mut Origins) -> Vec<Sighting> {
    if artifact.method == CaptureMethod::Submitted {
        return Vec::new();
    }
    let mut out = vec![Sighting {
        kind: IndicatorKind::Sha256,
        value: artifact.sha256.to_string(),
        evidence: EvidenceKind::PayloadSource,
        artifact: Some(artifact.sha256),
        note: "captured".into(),
    }];
    if let Some(url) = &artifact.url {
        out.extend(fetched(url, Some(artifact.sha256), origins));
    }
    if matches!(artifact.method, CaptureMethod::Written | CaptureMethod::Upload) {
        out.extend(peer(event, origins, EvidenceKind::PayloadSource, "brought a file".into()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_one_spelling() {
        for (input, expect) in [
            ("tcp/192.0.2.1:4444", Some("tcp/192.0.2.1:4444")),
            ("tcp/[::ffff:192.0.2.1]:4444", Some("tcp/192.0.2.1:4444")),
            ("udp/[2001:DB8::1]:53", Some("udp/[2001:db8::1]:53")),
            ("icmp/192.0.2.1:0", None),
            ("192.0.2.1:1", None),
        ] {
            assert_eq!(normal_value(IndicatorKind::Service, input).as_deref(), expect, "{input}");
        }
        assert_eq!(normal_value(IndicatorKind::Domain, "Evil.Example."), Some("evil.example".into()));
        assert_eq!(normal_value(IndicatorKind::Domain, "192.0.2.1"), None);
        assert_eq!(normal_value(IndicatorKind::Address, "evil.example"), None);
    }
}
