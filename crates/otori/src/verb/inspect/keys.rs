//! What keys of suricata.yaml and of `--set` mean here.
//!
//! Key type: [`Keys`]. Suricata's manual, "Suricata.yaml". Keys that only tune or log are known and do nothing.
use super::super::reputations;
use otori_rule::{Action, Variables, address::AddressSet, set::ActionOrder};
use otori_tap::{
    Mode, Settings,
    engine::{Detail, Exception, Forwarded, RateLimit},
};
use otori_wire::{
    Policy, Reassembly,
    flow::{Midstream, Urgent},
    proto::{ProtocolId, by_name},
    transaction::Bodies,
};
use std::path::PathBuf;

/// Keys that decide something here.
pub struct Keys {
    pub variables: Variables,
    pub threshold_file: Option<PathBuf>,
    pub classification_file: Option<PathBuf>,
    /// name of a list, option and value
    pub datasets: Vec<(String, String, String)>,
    /// files of reputations as named, and where they are
    reputations: reputations::ReputationOptions,
    reputation_folder: Option<PathBuf>,
    /// what `requires` of rules finds
    pub features: Vec<String>,
    mode: Mode,
    reassembly: Reassembly,
    midstream: Option<String>,
    all_exceptions: Option<String>,
    drop_urgent: bool,
    guess_transaction: bool,
    drop_invalid: bool,
    bypass_deep: bool,
    bypass_encrypted: bool,
    inspect_encrypted: bool,
    named_only: Vec<ProtocolId>,
    /// lines say which capture they are from
    pub name_capture: bool,
    inline: Option<bool>,
    hosts: Vec<(AddressSet, Policy)>,
    order: Vec<Action>,
    alerts_per_packet: usize,
    elephant_bytes: Option<u64>,
    elephant_seconds: u32,
    /// a database of countries
    countries: Option<PathBuf>,
    bodies: Bodies,
    detail: Detail,
}

/// Beginnings of keys that are known and have no meaning here.
const WITHOUT_MEANING: &[&str] = &[
    "%",
    "app-layer.",
    "asn1-max-frames",
    "coredump",
    "datasets.",
    "decoder.",
    "default-",
    "defrag.",
    "detect.",
    "flow.",
    "flow-timeouts.",
    "host.",
    "host-mode",
    "include",
    "ippair.",
    "legacy.",
    "logging.",
    "max-pending-packets",
    "mpm-algo",
    "outputs.",
    "pcap-file.",
    "pcre.",
    "pid-file",
    "plugins.",
    "reference-config-file",
    "rule-files",
    "rule-reload",
    "run-as.",
    "runmode",
    "security.",
    "sensor-name",
    "spm-algo",
    "stats.",
    "stream.",
    "suricata-version",
    "threading.",
    "unix-command.",
    "vlan.",
];

/// The `xff` of alerts, or of all events.
fn forwarded(scalars: &[(String, String)]) -> Option<Forwarded> {
    let of = |option: &str| {
        let found = scalars.iter().find(|(key, _)| {
            key.split_once(".xff.").is_some_and(|(front, have)| front.contains("eve-log") && have == option)
        });
        found.map(|(_, value)| value.as_str())
    };
    of("enabled").filter(|value| truth(value))?;
    Some(Forwarded { overwrites: of("mode") == Some("overwrite"), last: of("deployment") != Some("forward") })
}

fn truth(value: &str) -> bool {
    matches!(value, "true" | "yes" | "on" | "1")
}

/// `1mb`, `100kb`, `5`.
fn size(value: &str) -> Option<u64> {
    let lower = value.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let factor = match lower.get(digits.len()..).unwrap_or("").trim() {
        "" | "b" => 1,
        "kb" | "kib" => 1 << 10,
        "mb" | "mib" => 1 << 20,
        "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(factor)
}

/// Most that is kept of a body, whatever the configuration says; 0 there means everything.
const MOST_BODY_BYTES: u64 = 16 << 20;

fn body_bytes(value: &str) -> usize {
    let bytes = size(value).filter(|bytes| *bytes > 0).unwrap_or(MOST_BODY_BYTES);
    usize::try_from(bytes.min(MOST_BODY_BYTES)).unwrap_or(usize::MAX)
}

fn action(name: &str) -> Option<Action> {
    Some(match name {
        "pass" => Action::Pass,
        "drop" => Action::Drop,
        "reject" => Action::Reject,
        "alert" => Action::Alert,
        _ => return None,
    })
}

impl Keys {
    pub fn new(mode: Mode) -> Keys {
        Keys {
            variables: Variables::default(),
            threshold_file: None,
            classification_file: None,
            datasets: Vec::new(),
            reputations: reputations::ReputationOptions::default(),
            reputation_folder: None,
            features: vec!["ja3".into(), "ja4".into(), "output::alert".into()],
            mode,
            reassembly: Reassembly { immediate: false, ..Reassembly::default() },
            midstream: None,
            all_exceptions: None,
            drop_urgent: false,
            guess_transaction: false,
            inline: None,
            hosts: Vec::new(),
            order: Vec::new(),
            alerts_per_packet: 15,
            elephant_bytes: None,
            elephant_seconds: 10,
            countries: None,
            bodies: Bodies::default(),
            detail: Detail { packet: true, payload: true, ethernet: true, ..Detail::default() },
            drop_invalid: true,
            bypass_deep: false,
            bypass_encrypted: false,
            inspect_encrypted: false,
            name_capture: false,
            named_only: Vec::new(),
        }
    }
    /// The keys of a file; unknown ones are passed over silently.
    pub fn take_file(&mut self, scalars: &[(String, String)]) {
        let mut shown = None;
        for (key, value) in scalars {
            self.take(key, value);
            // What alerts carry is said by the file, if it says anything about alerts.
            let of_alert = key.strip_prefix("outputs.").and_then(|key| key.split_once(".alert."));
            if let Some((_, option)) = of_alert {
                let detail = shown.get_or_insert(Detail { ethernet: true, ..Detail::default() });
                match option {
                    "metadata.rule.reference" => detail.references = truth(value),
                    "packet" => detail.packet = truth(value),
                    "payload" | "payload-printable" => detail.payload |= truth(value),
                    _ => {}
                }
            }
        }
        self.detail = shown.unwrap_or(self.detail);
        for (key, value) in scalars {
            match key.rsplit_once(".files.").map(|(_, option)| option) {
                Some("force-magic") => self.detail.magic = truth(value),
                // A list in lines of its own, or in brackets.
                Some(option) if option.starts_with("force-hash") => {
                    let names = value.trim_matches(['[', ']']).split(',').map(str::trim);
                    for name in names {
                        self.detail.md5 |= name == "md5";
                        self.detail.sha1 |= name == "sha1";
                        self.detail.sha256 |= name == "sha256";
                    }
                }
                _ => {}
            }
        }
        self.detail.forwarded = forwarded(scalars);
        self.name_capture =
            scalars.iter().any(|(key, value)| key.ends_with(".eve-log.pcap-file") && truth(value));
        let short = |(key, value): &(String, String)| key.ends_with(".eve-log.ipv6-compress") && truth(value);
        self.detail.short_addresses = scalars.iter().any(short);
    }
    /// Takes a key; `false` when it is unknown.
    pub fn take(&mut self, key: &str, value: &str) -> bool {
        if let Some(name) = key.strip_prefix("vars.address-groups.") {
            self.variables.set_address(name, value);
            return true;
        }
        if let Some(name) = key.strip_prefix("vars.port-groups.") {
            self.variables.set_port(name, value);
            return true;
        }
        let list = key.strip_prefix("datasets.").and_then(|rest| rest.rsplit_once('.'));
        if let Some((name, option)) = list.filter(|(name, _)| !matches!(*name, "defaults" | "rules")) {
            self.datasets.push((name.into(), option.into(), value.into()));
            return true;
        }
        if let Some(rest) = key.strip_prefix("host-os-policy.") {
            return self.host(rest, value);
        }
        if key.starts_with("reputation-files.") {
            self.reputations.files.push(value.into());
            return true;
        }
        if key.starts_with("action-order.") {
            self.order.extend(action(value));
            return true;
        }
        let protocol =
            key.strip_prefix("app-layer.protocols.").and_then(|rest| rest.strip_suffix(".enabled"));
        if let (Some(row), "detection-only") = (protocol.and_then(by_name), value) {
            self.named_only.push(row.id);
            return true;
        }
        match key {
            "stream.midstream" => self.reassembly.midstream = midstream(value),
            "stream.drop-invalid" => self.drop_invalid = truth(value),
            "stream.async-oneside" => self.reassembly.one_sided = truth(value),
            "stream.inline" => self.inline = (value != "auto").then(|| truth(value)),
            "stream.midstream-policy" => self.midstream = Some(value.into()),
            "exception-policy" => self.all_exceptions = Some(value.into()),
            "stream.bypass" => self.bypass_deep = truth(value),
            "app-layer.protocols.tls.encryption-handling" | "app-layer.protocols.ssh.encryption-handling" => {
                self.bypass_encrypted |= value == "bypass";
                self.inspect_encrypted |= value == "full";
            }
            "stream.reassembly.depth" => {
                let depth = size(value).filter(|depth| *depth > 0);
                self.reassembly.depth_bytes = depth.unwrap_or(u64::MAX);
            }
            "stream.reassembly.urgent.policy" => self.urgent(value),
            "app-layer.protocols.http.libhtp.default-config.response-body-limit" => {
                self.bodies.response_bytes = body_bytes(value);
            }
            "app-layer.protocols.http.libhtp.default-config.request-body-limit" => {
                self.bodies.request_bytes = body_bytes(value);
            }
            "reputation-categories-file" => self.reputations.categories = Some(value.into()),
            "default-reputation-path" => self.reputation_folder = Some(value.into()),
            "geoip-database" => self.countries = Some(value.into()),
            "flow.rate-tracking.bytes" => self.elephant_bytes = size(value),
            "flow.rate-tracking.interval" => self.elephant_seconds = value.parse().unwrap_or(10),
            "threshold-file" => self.threshold_file = Some(value.into()),
            "detect.guess-applayer-tx" => self.guess_transaction = truth(value),
            "classification-file" => self.classification_file = Some(value.into()),
            "packet-alert-max" => self.alerts_per_packet = value.parse().unwrap_or(15),
            "app-layer.protocols.tls.ja3-fingerprints" => self.feature("ja3", value),
            "app-layer.protocols.tls.ja4-fingerprints" => self.feature("ja4", value),
            _ => return WITHOUT_MEANING.iter().any(|known| key.starts_with(known)),
        }
        true
    }
    fn feature(&mut self, name: &str, value: &str) {
        if matches!(value, "no" | "false" | "off" | "0") {
            self.features.retain(|have| have != name);
        }
    }
    fn urgent(&mut self, value: &str) {
        match value {
            "oob" => self.reassembly.urgent = Urgent::OutOfBand,
            "gap" => self.reassembly.urgent = Urgent::Gap,
            "drop" => self.drop_urgent = true,
            _ => self.reassembly.urgent = Urgent::Inline,
        }
    }
    /// `windows` or `windows.0`, and addresses.
    fn host(&mut self, name: &str, value: &str) -> bool {
        let name = name.split('.').next().unwrap_or(name);
        let addresses = AddressSet::parse(value.trim_matches(['[', ']']), &self.variables).or_else(|_| {
            AddressSet::parse(&format!("[{}]", value.trim_matches(['[', ']'])), &self.variables)
        });
        match (Policy::by_name(name), addresses) {
            (Some(policy), Ok(set)) => self.hosts.push((set, policy)),
            (Some(_), Err(_)) => {}
            (None, _) => return false,
        }
        true
    }
    /// Files of reputations: those of the command line, and those that the keys name.
    pub fn reputations(&self, also: &reputations::ReputationOptions) -> reputations::ReputationOptions {
        let named =
            |path: &PathBuf| reputations::placed(self.reputation_folder.as_deref(), &path.to_string_lossy());
        reputations::ReputationOptions {
            geoip_database: also.geoip_database.clone().or_else(|| self.countries.clone()),
            categories: also.categories.clone().or_else(|| self.reputations.categories.clone()),
            files: also.files.iter().cloned().chain(self.reputations.files.iter().map(named)).collect(),
        }
    }
    /// An engine's settings.
    pub fn settings(&self, base: Settings) -> Settings {
        let inline = self.inline.unwrap_or(self.mode == Mode::Inline);
        // `auto` drops only what is not taken up.
        let taken_up = self.reassembly.midstream == Midstream::Allow;
        let exception = |name: &Option<String>| match name.as_deref()? {
            "auto" if taken_up => Some(Exception::Ignore),
            name => Exception::by_name(name, self.mode),
        };
        let midstream = exception(&self.midstream).or_else(|| match &self.all_exceptions {
            Some(_) => exception(&self.all_exceptions),
            // In the way of packets, Suricata's default is `auto`.
            None if self.mode == Mode::Inline && self.reassembly.midstream == Midstream::Refuse => {
                Exception::by_name("auto", self.mode)
            }
            None => None,
        });
        // The more special address comes first.
        let mut hosts = self.hosts.clone();
        hosts.sort_by_key(|(set, _)| set.plain_ranges().map_or(usize::MAX, span));
        let mut order = ActionOrder::default();
        if let Ok(chosen) = <[Action; 4]>::try_from(self.order.as_slice()) {
            order = ActionOrder(chosen);
        }
        Settings {
            mode: self.mode,
            reassembly: Reassembly { immediate: inline, ..self.reassembly },
            midstream: midstream.unwrap_or_default(),
            drop_invalid: self.drop_invalid && self.mode == Mode::Inline,
            drop_urgent: self.drop_urgent,
            bypass_deep: self.bypass_deep,
            bypass_encrypted: self.bypass_encrypted,
            inspect_encrypted: self.inspect_encrypted,
            named_only: self.named_only.clone(),
            hosts,
            order,
            alerts_per_packet: self.alerts_per_packet,
            guess_transaction: self.guess_transaction,
            elephant: self.elephant_bytes.map(|bytes| RateLimit { bytes, seconds: self.elephant_seconds }),
            bodies: self.bodies,
            detail: self.detail,
            ..base
        }
    }
}

/// Free bits of the widest range.
fn span(ranges: &[otori_rule::address::Range]) -> usize {
    let free = |range: &otori_rule::address::Range| {
        range.as_prefix().map_or(0, |(_, _, length)| 128 - usize::from(length))
    };
    ranges.iter().map(free).max().unwrap_or(0)
}

fn midstream(value: &str) -> Midstream {
    if truth(value) { Midstream::Allow } else { Midstream::Refuse }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_suricatas_meaning() {
        let mut keys = Keys::new(Mode::Inline);
        let refuse = keys.settings(Settings::default());
        assert_eq!((refuse.midstream, refuse.reassembly.immediate), (Exception::DropFlow, true));
        for (key, value) in [
            ("stream.midstream", "true"),
            ("stream.inline", "no"),
            ("stream.reassembly.depth", "2kb"),
            ("host-os-policy.windows.0", "192.0.2.1"),
            ("action-order.0", "drop"),
            ("mpm-algo", "ac"),
            ("classification-file", "/classes"),
            ("datasets.defaults.memcap", "10mb"),
            ("datasets.rules.allow-write", "true"),
            ("datasets.seen.type", "string"),
            ("default-reputation-path", "/lists"),
            ("reputation-files.0", "a.list"),
            ("reputation-files.1", "/b.list"),
        ] {
            assert!(keys.take(key, value), "{key}");
        }
        assert!(!keys.take("nonsense", "1"));
        assert_eq!(keys.classification_file.as_deref(), Some(std::path::Path::new("/classes")));
        assert_eq!(keys.datasets, [("seen".into(), "type".into(), "string".into())]);
        let files = keys.reputations(&reputations::ReputationOptions::default()).files;
        assert_eq!(files, [PathBuf::from("/lists/a.list"), PathBuf::from("/b.list")]);
        let settings = keys.settings(Settings::default());
        assert_eq!((settings.midstream, settings.reassembly.immediate), (Exception::Ignore, false));
        assert_eq!(settings.reassembly.depth_bytes, 2048);
        assert_eq!(settings.policy("192.0.2.1".parse().unwrap()), Policy::Windows);
    }
}
