//! Never block the wrong thing: the last word before an indicator becomes a rule.
//!
//! Key types: [`Guard`], [`Ruling`]. The lists are `data/networks.txt` and `data/names.txt` and those of
//! [`crate::policy::Policy`]. A name is matched with everything below it, never by a part of a label.
use crate::normalise::{Host, Url};
use crate::policy::Policy;
use crate::prefix::PrefixTable;
use core::net::IpAddr;
use otori_event::{IndicatorKind, Network, Special, special_range};
use std::collections::BTreeMap;

const NETWORKS: &str = include_str!("../data/networks.txt");
const NAMES: &str = include_str!("../data/names.txt");
/// Addresses of our own decoys that are learned from sessions.
const OWN_LEARNED_MAX: usize = 4096;

/// May it be blocked?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// nothing speaks against it
    Pass,
    /// not on its own; a URL below it may be
    Shared(String),
    /// in no way
    Never(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Never,
    Shared,
}

/// The lists, ready for look-up.
#[derive(Clone, Debug)]
pub struct Guard {
    never: PrefixTable<String>,
    shared: PrefixTable<String>,
    names: BTreeMap<String, (Class, String)>,
    learned: usize,
    documentation_is_public: bool,
}

/// Rows of a data file: class, key, reason. Documentation rows count as `never` unless they are public.
fn rows(
    file: &'static str,
    documentation_is_public: bool,
) -> impl Iterator<Item = (Class, &'static str, &'static str)> {
    file.lines().filter(|line| !line.starts_with('#')).filter_map(move |line| {
        let mut fields = line.splitn(3, ' ');
        let (class, key, reason) = (fields.next()?, fields.next()?, fields.next()?);
        let class = match class {
            "shared" => Class::Shared,
            "documentation" if documentation_is_public => return None,
            _ => Class::Never,
        };
        Some((class, key, reason))
    })
}

impl Guard {
    /// The built-in lists and those of the policy.
    pub fn new(policy: &Policy) -> Guard {
        let mut guard = Guard {
            never: PrefixTable::new(),
            shared: PrefixTable::new(),
            names: BTreeMap::new(),
            learned: 0,
            documentation_is_public: policy.treat_documentation_as_public,
        };
        for (class, network, reason) in rows(NETWORKS, policy.treat_documentation_as_public) {
            if let Ok(network) = network.parse() {
                guard.add_network(class, network, reason);
            }
        }
        let lists = [
            (Class::Shared, &policy.shared_networks, "shared by the policy"),
            (Class::Never, &policy.never_networks, "never by the policy"),
            (Class::Never, &policy.own_networks, "own infrastructure"),
        ];
        for (class, networks, reason) in lists {
            networks.iter().for_each(|network| guard.add_network(class, *network, reason));
        }
        for (class, name, reason) in rows(NAMES, policy.treat_documentation_as_public) {
            guard.add_name(class, name, reason);
        }
        let lists = [
            (Class::Shared, &policy.shared_names, "shared by the policy"),
            (Class::Never, &policy.never_names, "never by the policy"),
            (Class::Never, &policy.own_names, "own infrastructure"),
        ];
        for (class, names, reason) in lists {
            names.iter().for_each(|name| guard.add_name(class, name, reason));
        }
        guard
    }

    fn add_network(&mut self, class: Class, network: Network, reason: &str) {
        let table = if class == Class::Never { &mut self.never } else { &mut self.shared };
        table.insert(network, format!("{network}: {reason}"));
    }

    /// A policy name that is an address guards that address. `never` is not weakened by a later `shared`.
    fn add_name(&mut self, class: Class, name: &str, reason: &str) {
        match Host::parse(name.trim_start_matches("*.").trim_start_matches('.')) {
            Some(Host::Name(name)) => {
                let reason = format!("{name}: {reason}");
                let row = self.names.entry(name).or_insert((class, reason.clone()));
                if class == Class::Never {
                    *row = (class, reason);
                }
            }
            Some(Host::Address(address)) => {
                if let Some(network) = single(address) {
                    self.add_network(class, network, reason);
                }
            }
            None => {}
        }
    }

    /// Our own side of a session is never blocked. Beyond [`OWN_LEARNED_MAX`] nothing more is learned.
    pub fn learn_own(&mut self, address: IpAddr) {
        if self.learned < OWN_LEARNED_MAX
            && self.never.longest(address).is_none()
            && let Some(network) = single(address)
        {
            self.add_network(Class::Never, network, "own decoy");
            self.learned += 1;
        }
    }

    /// Rules on an address as such.
    pub fn address(&self, address: IpAddr) -> Ruling {
        if let Some(reason) = self.never.longest(address) {
            return Ruling::Never(reason.clone());
        }
        let opened = |range: &Special| *range == Special::Documentation && self.documentation_is_public;
        if let Some(range) = special_range(address).filter(|range| !opened(range)) {
            return Ruling::Never(format!("{address}: special range ({})", range.as_str()));
        }
        match self.shared.longest(address) {
            Some(reason) => Ruling::Shared(reason.clone()),
            None => Ruling::Pass,
        }
    }

    /// Rules on a name as such: the name itself and each name above it; `never` above wins.
    pub fn name(&self, name: &str) -> Ruling {
        let mut ruling = Ruling::Pass;
        let mut rest = Some(name);
        while let Some(suffix) = rest {
            match self.names.get(suffix) {
                Some((Class::Never, reason)) => return Ruling::Never(reason.clone()),
                Some((Class::Shared, reason)) if ruling == Ruling::Pass => {
                    ruling = Ruling::Shared(reason.clone());
                }
                _ => {}
            }
            rest = suffix.split_once('.').map(|(_, above)| above);
        }
        if !name.contains('.') && ruling == Ruling::Pass {
            return Ruling::Never(format!("{name}: a single label"));
        }
        ruling
    }

    fn host(&self, host: &Host) -> Ruling {
        match host {
            Host::Address(address) => self.address(*address),
            Host::Name(name) => self.name(name),
        }
    }

    /// May this indicator be blocked? The reason why not, if not. What cannot be read is never blocked.
    pub fn forbids(&self, kind: IndicatorKind, value: &str) -> Option<String> {
        let (ruling, alone) = match kind {
            IndicatorKind::Sha256 => return None,
            IndicatorKind::Url => (Url::parse(value).map(|url| self.host(&url.host)), false),
            IndicatorKind::Domain => (Some(self.name(value)), true),
            IndicatorKind::Address => (value.parse().ok().map(|address| self.address(address)), true),
            IndicatorKind::Service => {
                (crate::extract::parse_service(value).map(|(_, at)| self.address(at.ip())), true)
            }
        };
        match ruling {
            None => Some("not readable".into()),
            Some(Ruling::Never(reason)) => Some(reason),
            Some(Ruling::Shared(reason)) if alone => Some(reason),
            Some(Ruling::Shared(_) | Ruling::Pass) => None,
        }
    }
}

fn single(address: IpAddr) -> Option<Network> {
    Network::new(address, if address.to_canonical().is_ipv4() { 32 } else { 128 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, kind: IndicatorKind, value: &str, forbidden: bool) {
        assert_eq!(guard.forbids(kind, value).is_some(), forbidden, "{kind:?} {value}");
    }

    #[test]
    fn every_row_of_the_data_is_read() {
        let written = |file: &str| file.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows(NETWORKS, false).count(), written(NETWORKS));
        assert_eq!(rows(NAMES, false).count(), written(NAMES));
        assert!(rows(NETWORKS, false).all(|row| row.1.parse::<Network>().is_ok()));
        assert!(rows(NAMES, false).all(|row| matches!(Host::parse(row.1), Some(Host::Name(_)))));
        for line in NETWORKS.lines().chain(NAMES.lines()).filter(|line| !line.starts_with('#')) {
            assert!(
                ["never ", "shared ", "documentation "].iter().any(|class| line.starts_with(class)),
                "{line}"
            );
        }
    }

    #[test]
    fn private_own_and_shared_things_are_guarded() {
        let policy = Policy {
            own_networks: vec!["45.0.0.0/8".parse().unwrap()],
            own_names: vec!["update.maker.jp".into(), "77.1.2.3".into()],
            ..Policy::default()
        };
        let guard = Guard::new(&policy);
        use IndicatorKind::{Address, Domain, Service, Url};
        check(&guard, Address, "192.168.1.1", true);
        check(&guard, Address, "45.1.2.3", true);
        check(&guard, Address, "77.1.2.3", true);
        check(&guard, Address, "104.16.1.1", true);
        check(&guard, Address, "8.8.8.8", true);
        check(&guard, Service, "udp/8.8.8.8:53", true);
        check(&guard, Service, "tcp/8.8.8.9:53", false);
        check(&guard, Domain, "fw.update.maker.jp", true);
        check(&guard, Domain, "notupdate.maker.jp", false);
        check(&guard, Domain, "raw.githubusercontent.com", true);
        check(&guard, Url, "http://raw.githubusercontent.com/x/y", false);
        check(&guard, Url, "http://0x7f000001/", true);
        check(&guard, Url, "http://[::ffff:10.0.0.1]/", true);
        check(&guard, Domain, "com", true);
        check(&guard, Address, "not an address", true);
    }

    #[test]
    fn documentation_ranges_open_by_policy_only() {
        let open = Guard::new(&Policy { treat_documentation_as_public: true, ..Policy::default() });
        let shut = Guard::new(&Policy::default());
        for value in ["192.0.2.1", "198.51.100.44", "203.0.113.9", "2001:db8::1"] {
            check(&shut, IndicatorKind::Address, value, true);
            check(&open, IndicatorKind::Address, value, false);
        }
        check(&open, IndicatorKind::Address, "198.18.0.1", true);
        check(&open, IndicatorKind::Domain, "evil.example", false);
        check(&shut, IndicatorKind::Domain, "evil.example", true);
    }
}
