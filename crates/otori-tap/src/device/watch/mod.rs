//! Watches what each device does and what is done to it; what is wrong becomes a [`Finding`], an alert of its own generator.
//!
//! Key types: [`Watches`] (one device's), [`Row`], [`Finding`]. To add a watcher: a file with a [`Watch`], and its rows in
//! [`ROWS`]. Techniques are MITRE ATT&CK's.
mod beacon;
mod brute;
mod contacts;
mod credentials;
mod exfiltrate;
mod flood;
mod outside;
mod scan;
mod tunnel;

#[cfg(test)]
mod profile_tests;
#[cfg(test)]
mod tests;

use super::{
    contact::{Contact, Happening},
    lately::Lately,
    map::{Bound, Entry},
};
use otori_event::Timestamp;
use otori_rule::{
    Action, Rule,
    rule::{RuleProtocol, Stage},
};
use std::sync::Arc;

/// Generator of alerts about devices; rules have 1, lists 1001.
pub const DEVICE_GENERATOR: u32 = 1_003;
/// A finding of one kind about one device is told once in that time; the others are counted.
const QUIET_NS: i64 = 3_600 * SECOND_NS;
/// Findings of one kind that are about different things, told in that time.
const LOUD: u32 = 16;
/// Findings of one device that are remembered as told.
const TOLD: usize = 64;
const SECOND_NS: i64 = 1_000_000_000;

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// signature id, fixed for ever
    pub sid: u32,
    /// name of its watcher, by which the mapping file sets what is done
    pub watch: &'static str,
    /// name of the kind
    pub name: &'static str,
    /// what the alert says
    pub message: &'static str,
    /// technique of ATT&CK
    pub technique: &'static str,
    /// 1 is most severe
    pub severity: u8,
    /// the device does it; else it is done to the device
    pub from_device: bool,
}

const fn row(
    sid: u32,
    names: (&'static str, &'static str),
    message: &'static str,
    technique: &'static str,
    severity: u8,
    from_device: bool,
) -> Row {
    Row { sid, watch: names.0, name: names.1, message, technique, severity, from_device }
}

/// All kinds, by signature id.
pub static ROWS: &[Row] = &[
    row(1, ("scan", "scan-hosts"), "Device tries one port of many hosts", "T1046", 2, true),
    row(2, ("scan", "scan-ports"), "Device tries many ports of one host", "T1046", 2, true),
    row(
        3,
        ("scan", "scan-towards"),
        "Ports of the device are tried one after the other",
        "T1595.001",
        3,
        false,
    ),
    row(4, ("brute", "brute-from"), "Device tries one log-in after the other", "T1110", 1, true),
    row(
        5,
        ("brute", "brute-towards"),
        "Log-ins are tried one after the other at the device",
        "T1110",
        2,
        false,
    ),
    row(6, ("flood", "flood-from"), "Device floods another host", "T1498.001", 1, true),
    row(7, ("flood", "flood-towards"), "Device is flooded", "T1498.001", 2, false),
    row(
        8,
        ("beacon", "beacon"),
        "Device calls one host again and again in equal intervals",
        "T1071",
        2,
        true,
    ),
    row(9, ("exfiltrate", "exfiltrate"), "Device uploads more than usual to a new host", "T1048", 1, true),
    row(
        10,
        ("credentials", "default-password"),
        "Log-in to the device with a default password in clear text",
        "T1078.001",
        1,
        false,
    ),
    row(
        11,
        ("credentials", "default-password-from"),
        "Device logs in elsewhere with a default password in clear text",
        "T1078.001",
        2,
        true,
    ),
    row(12, ("contacts", "probed"), "Attempts on the device", "T1190", 2, false),
    row(
        13,
        ("contacts", "infected"),
        "Device talks to bad places or as infected devices do",
        "T1071",
        1,
        true,
    ),
    row(14, ("profile", "outside"), "Device does what its profile does not allow", "T1071", 2, true),
    row(
        15,
        ("profile", "outside-towards"),
        "Somebody does with the device what its profile does not allow",
        "T1190",
        2,
        false,
    ),
    row(16, ("profile", "too-much"), "Device talks more than its profile allows", "T1048", 2, true),
    row(17, ("tunnel", "tunnel"), "Device sends data in questions of DNS", "T1048.003", 1, true),
];

/// The row of that number.
pub fn row_of(sid: u32) -> &'static Row {
    let place = (sid as usize).saturating_sub(1).min(ROWS.len() - 1);
    &ROWS[place]
}

/// What a watcher has found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// which kind
    pub row: &'static Row,
    /// the numbers that made it
    pub numbers: Vec<(&'static str, String)>,
    /// what tells it from another one of its kind that is told as well
    pub about: String,
}

impl Finding {
    fn new<const N: usize>(sid: u32, numbers: [(&'static str, String); N]) -> Finding {
        Finding { row: row_of(sid), numbers: numbers.into(), about: String::new() }
    }
    /// What the engine does with it is what it does with a rule that has matched; `silent` ones only act.
    pub fn rule(&self, action: Action, silent: bool) -> Arc<Rule> {
        let Finding { row, numbers, .. } = self;
        let shown =
            numbers.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ");
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut metadata = vec![pair("watch", row.name), pair("mitre_technique_id", row.technique)];
        metadata.extend(numbers.iter().map(|(key, value)| pair(key, value)));
        Arc::new(Rule {
            sid: row.sid,
            gid: DEVICE_GENERATOR,
            revision: 1,
            message: format!("{}: {shown}", row.message),
            priority: Some(row.severity),
            metadata,
            silent,
            stage: Stage::Transaction,
            ..Rule::empty(action, RuleProtocol::Any)
        })
    }
}

/// One watcher's memory of one device.
trait Watch {
    /// Takes what has happened; tells what is wrong.
    fn see(&mut self, contact: &Contact<'_>, happening: &Happening<'_>, tell: &mut dyn FnMut(Finding));
}

/// What is done with findings, by watcher, where it was set: without, they are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// nothing is done where there is no action
    list: Vec<(&'static str, Option<Action>)>,
}

/// Names of the watchers that can be set; a profile says itself what is done.
fn watch_names() -> Vec<&'static str> {
    let mut names: Vec<_> = ROWS.iter().map(|row| row.watch).filter(|name| *name != "profile").collect();
    names.dedup();
    names
}

impl Actions {
    /// Sets what is done; an error names what there is.
    pub fn set(&mut self, watch: &str, action: &str) -> Result<(), String> {
        let action = match action {
            "off" => None,
            "alert" => Some(Action::Alert),
            "drop" => Some(Action::Drop),
            "reject" => Some(Action::Reject),
            _ => return Err(format!("{action:?} is none of off, alert, drop and reject")),
        };
        let names = watch_names();
        let name = names.iter().find(|name| **name == watch);
        let name =
            name.ok_or_else(|| format!("no watcher is called {watch:?}: there are {}", names.join(", ")))?;
        self.list.retain(|(have, _)| have != name);
        self.list.push((name, action));
        Ok(())
    }
    /// Takes what the other one sets and this one does not.
    pub(super) fn fill(&mut self, other: &Actions) {
        for one in &other.list {
            if self.get(one.0).is_none() {
                self.list.push(*one);
            }
        }
    }
    pub(super) fn get(&self, watch: &str) -> Option<Option<Action>> {
        self.list.iter().find(|(name, _)| *name == watch).map(|(_, action)| *action)
    }
}

/// All watchers of one device.
#[derive(Default)]
pub struct Watches {
    scan: scan::Scan,
    brute: brute::Brute,
    flood: flood::Flood,
    beacon: beacon::Beacon,
    exfiltrate: exfiltrate::Exfiltrate,
    credentials: credentials::Credentials,
    contacts: contacts::Contacts,
    tunnel: tunnel::Tunnel,
    outside: outside::Outside,
    told: Told,
}

/// By row and what it is about, or nothing for all of the row: since when it is counted, how often it came, and how often it
/// was kept back and not said yet.
type Told = Lately<(u32, String), (Timestamp, u32, u32)>;

impl Watches {
    /// Takes what has happened to a device that perhaps has an entry in the mapping file; gives the rules that the findings
    /// are.
    pub fn see(
        &mut self,
        (contact, happening): (&Contact<'_>, &Happening<'_>),
        actions: &Actions,
        entry: Option<&Entry>,
        tell: &mut dyn FnMut(Arc<Rule>),
    ) {
        let Watches { scan, brute, flood, beacon, exfiltrate, credentials, contacts, tunnel, outside, told } =
            self;
        let mut found = |mut finding: Finding, action: Action| {
            let silent = is_repeated(told, &mut finding, contact.at);
            // Who is told of it once in an hour is still protected all the time.
            if !silent || action != Action::Alert {
                tell(finding.rule(action, silent));
            }
        };
        if let Some(Bound { profile, action }) = entry.and_then(|entry| entry.profile.as_ref()) {
            outside.see(profile, contact, happening, &mut |finding| found(finding, *action));
        }
        let watchers: [&mut dyn Watch; 8] =
            [scan, brute, flood, beacon, exfiltrate, credentials, contacts, tunnel];
        for watcher in watchers {
            watcher.see(contact, happening, &mut |finding| {
                let set = entry.and_then(|entry| entry.watch.get(finding.row.watch));
                let set = set.or_else(|| actions.get(finding.row.watch));
                if let Some(action) = set.unwrap_or(Some(Action::Alert)) {
                    found(finding, action);
                }
            });
        }
    }
}

/// Whether it was told lately, or too many of its kind were; if not, it says how often it was kept back.
fn is_repeated(told: &mut Told, finding: &mut Finding, at: Timestamp) -> bool {
    let sid = finding.row.sid;
    let mut count = |about: String, most: u32| {
        let (since, count, kept) = told.entry((sid, about), at, TOLD);
        if at.since_ns(*since) >= QUIET_NS {
            (*since, *count) = (at, 0);
        }
        *count += 1;
        if *count > most {
            *kept += 1;
            return Err(());
        }
        Ok(core::mem::take(kept))
    };
    let about = core::mem::take(&mut finding.about);
    let most = if about.is_empty() { 1 } else { LOUD };
    let one = if about.is_empty() { Ok(0) } else { count(about, 1) };
    let all = if one.is_ok() { count(String::new(), most) } else { Err(()) };
    let (Ok(one), Ok(all)) = (one, all) else { return true };
    if one + all > 0 {
        finding.numbers.push(("repeated", (one + all).to_string()));
    }
    false
}
