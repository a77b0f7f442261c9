//! What a detonation report says about which indicator.
//!
//! Neighbour: [`crate::extract`]. A scanned victim is not a command server: many hosts on one port are left
//! out. Addresses that the fake Internet gave out (198.18.0.0/15) stand for their names.
use crate::extract::{Origins, Sighting, host_indicator, service};
use crate::normalise::{Host, Url};
use core::net::IpAddr;
use otori_event::report::{Contact, End, Report};
use otori_event::{EvidenceKind, IndicatorKind, Transport};
use std::collections::{BTreeMap, BTreeSet};

/// From this many hosts on one port on, the contacts are a scan.
const SCAN_HOSTS: usize = 8;
/// A report that asks for more names than this generates them; then only contacted names count.
const NAMES_MAX: usize = 16;
/// Contacts of one report that become indicators.
const CONTACTS_MAX: usize = 64;

/// Techniques that ordinary programs show as well; alone they are no evidence.
const WEAK_TECHNIQUES: [&str; 6] = ["T1059.004", "T1082", "T1057", "T1016", "T1083", "T1033"];

/// The report shows something that ordinary programs do not do.
pub fn is_malicious(report: &Report) -> bool {
    report.behaviours.iter().any(|row| !WEAK_TECHNIQUES.contains(&row.technique.as_str()))
}

pub(crate) fn sightings(report: &Report, origins: &Origins) -> Vec<Sighting> {
    if matches!(report.end, End::NotRun { .. }) {
        return Vec::new();
    }
    let sighting = |kind, value: String, evidence, note: String| Sighting {
        kind,
        value,
        evidence,
        artifact: Some(report.sha256),
        note,
    };
    let mut out = Vec::new();
    if is_malicious(report) {
        let techniques: BTreeSet<&str> = report.behaviours.iter().map(|row| row.technique.as_str()).collect();
        let note = format!("in the sandbox: {}", techniques.into_iter().collect::<Vec<_>>().join(", "));
        let hash = report.sha256.to_string();
        out.push(sighting(IndicatorKind::Sha256, hash, EvidenceKind::SandboxBehaviour, note.clone()));
        for url in origins.urls(&report.sha256) {
            let note = format!("its file {note}");
            out.push(sighting(IndicatorKind::Url, url.clone(), EvidenceKind::SandboxBehaviour, note));
        }
        for dropped in &report.dropped {
            let (hash, note) = (dropped.sha256.to_string(), "dropped in the sandbox".into());
            out.push(sighting(IndicatorKind::Sha256, hash, EvidenceKind::PayloadSource, note));
        }
    }
    let contact = EvidenceKind::SandboxContact;
    for (kind, value) in contacted(report) {
        let note = "contacted in the sandbox".to_owned();
        out.push(sighting(kind, value, contact, note));
    }
    out
}

/// Hosts, services, names and URLs that the artifact itself chose, each once.
fn contacted(report: &Report) -> Vec<(IndicatorKind, String)> {
    let mut hosts: BTreeMap<(Transport, u16), BTreeSet<IpAddr>> = BTreeMap::new();
    for contact in &report.contacts {
        hosts.entry((contact.transport, contact.remote.port)).or_default().insert(contact.remote.ip);
    }
    let scanned = |contact: &Contact| {
        contact.name.is_none()
            && hosts.get(&(contact.transport, contact.remote.port)).is_some_and(|set| set.len() >= SCAN_HOSTS)
    };
    let mut out: Vec<(IndicatorKind, String)> = Vec::new();
    let mut add = |pair: Option<(IndicatorKind, String)>| {
        if let Some(pair) = pair.filter(|pair| !out.contains(pair)) {
            out.push(pair);
        }
    };
    for contact in report.contacts.iter().filter(|contact| !scanned(contact)).take(CONTACTS_MAX) {
        add(contact.url.as_deref().and_then(Url::parse).map(|url| (IndicatorKind::Url, url.to_string())));
        let name = contact.name.as_deref().and_then(Host::parse);
        if let Some(name) = name {
            add(host_indicator(&name));
        } else if !is_made_up(contact.remote.ip) {
            let kind = IndicatorKind::Service;
            add(service(contact.transport, contact.remote.into()).map(|value| (kind, value)));
            add(Some((IndicatorKind::Address, contact.remote.ip.to_canonical().to_string())));
        }
    }
    if report.names.len() <= NAMES_MAX {
        for name in &report.names {
            add(Host::parse(name)
                .filter(|host| matches!(host, Host::Name(_)))
                .as_ref()
                .and_then(host_indicator));
        }
    }
    out
}

/// 198.18.0.0/15 (RFC 2544): the fake Internet's own answers.
fn is_made_up(ip: IpAddr) -> bool {
    matches!(ip.to_canonical(), IpAddr::V4(v4) if v4.octets()[0] == 198 && v4.octets()[1] & 0xfe == 18)
}
