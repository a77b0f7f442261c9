//! Loads lists of hosts and URLs for the verbs that look at packets. Key type: [`Options`].
use super::Failure;
use anyhow::Context;
use otori_event::Network;
use otori_intel::{Policy, Ruling};
use otori_rule::{
    Action,
    address::AddressSet,
    list::{ListSpec, Veto},
};
use otori_tap::{Engine, reject::Sinkhole};
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Instant,
};

/// How long who has asked may keep the sinkhole's address.
const SINKHOLE_TTL_S: u32 = 60;

/// The options that name lists.
#[derive(clap::Args)]
pub struct Options {
    /// A list of hosts and URLs, and what is done with who asks for one of them: pass, alert, drop, reject or sinkhole (as
    /// reject, and questions of DNS are answered with --sinkhole); pass takes a host from all other lists. Names mean all
    /// below them. May be repeated
    #[arg(long = "list", value_name = "ACTION:CATEGORY:FILE")]
    lists: Vec<String>,
    /// Address with which questions of DNS are answered that a list or a policy sends into the sinkhole: one of IPv4, one
    /// of IPv6, or both
    #[arg(long, value_name = "ADDR", value_delimiter = ',')]
    sinkhole: Vec<IpAddr>,
    /// A name (with all below it), an address or a network that no list may block, besides special ranges, public
    /// resolvers, time and update servers, and the networks of --home; may be repeated
    #[arg(long = "never-block", value_name = "HOST")]
    never: Vec<String>,
}

impl Options {
    /// Whether any is named.
    pub const fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// The addresses of `--sinkhole`.
    pub fn sinkhole(&self) -> anyhow::Result<Option<Sinkhole>> {
        let mut sinkhole = Sinkhole { ttl_s: SINKHOLE_TTL_S, ..Sinkhole::default() };
        for address in &self.sinkhole {
            let twice = match address {
                IpAddr::V4(ip) => sinkhole.v4.replace(*ip).is_some(),
                IpAddr::V6(ip) => sinkhole.v6.replace(*ip).is_some(),
            };
            if twice {
                let text = format!("--sinkhole {address}: one address of each family is enough");
                return Err(Failure::Configuration(text).into());
            }
        }
        Ok((!self.sinkhole.is_empty()).then_some(sinkhole))
    }

    /// What no list may block: what intelligence never blocks, the guarded networks, and what was named.
    fn veto(&self, home: &AddressSet) -> anyhow::Result<Veto> {
        // Nobody else has documentation's addresses and names, so who lists them means it.
        let mut policy = Policy { treat_documentation_as_public: true, ..Policy::default() };
        for host in &self.never {
            match (host.parse::<Network>(), host.parse::<IpAddr>()) {
                (Ok(network), _) => policy.never_networks.push(network),
                (_, Ok(address)) => policy.never_names.push(address.to_string()),
                _ if host.contains(['/', ':', ' ']) => {
                    let text = format!("--never-block {host}: wants a name, an address or a network");
                    return Err(Failure::Configuration(text).into());
                }
                _ => policy.never_names.push(host.clone()),
            }
        }
        let (guard, home) = (otori_intel::Guard::new(&policy), home.clone());
        Ok(Veto::new(move |host| {
            let host = std::str::from_utf8(host).ok().filter(|host| !host.is_empty())?;
            let ruling = match host.parse::<IpAddr>() {
                Ok(address) if home.has(address) => {
                    return Some(format!("{address}: in the guarded networks"));
                }
                Ok(address) => guard.address(address),
                Err(_) => guard.name(host),
            };
            match ruling {
                Ruling::Never(why) => Some(why),
                Ruling::Shared(_) | Ruling::Pass => None,
            }
        }))
    }

    /// Loads every list; lines that are refused are reported, the others count.
    pub fn load(&self, engine: &mut Engine, home: &AddressSet) -> anyhow::Result<()> {
        engine.lists().set_veto(self.veto(home)?);
        for argument in &self.lists {
            let (spec, path) = parse(argument).map_err(Failure::Configuration)?;
            if spec.sinkhole && self.sinkhole.is_empty() {
                let text =
                    format!("--list {argument}: say with --sinkhole ADDR what questions are answered with");
                return Err(Failure::Configuration(text).into());
            }
            load(engine, spec, &path)?;
        }
        Ok(())
    }
}

fn parse(argument: &str) -> Result<(ListSpec, PathBuf), String> {
    let mut parts = argument.splitn(3, ':');
    let (Some(action), Some(category), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("--list {argument}: write ACTION:CATEGORY:FILE, as in drop:malware:urls.txt"));
    };
    let sinkhole = action == "sinkhole";
    let action = match action {
        "pass" => Action::Pass,
        "alert" => Action::Alert,
        "drop" => Action::Drop,
        "reject" | "sinkhole" => Action::Reject,
        _ => {
            return Err(format!(
                "--list {argument}: {action:?} is none of pass, alert, drop, reject and sinkhole"
            ));
        }
    };
    let path = PathBuf::from(path);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((ListSpec { name, category: category.to_owned(), action, sinkhole }, path))
}

fn load(engine: &mut Engine, spec: ListSpec, path: &Path) -> anyhow::Result<()> {
    let begun = Instant::now();
    let name = spec.name.clone();
    let twice = engine.lists().iter().any(|list| list.spec().name == name);
    if twice {
        let text = format!("two lists are called {name:?}: rename the file {}", path.display());
        return Err(Failure::Configuration(text).into());
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read the list {}", path.display()))?;
    let lists = engine.lists();
    let report = lists.load(spec, &bytes).map_err(|error| Failure::Configuration(error.to_string()))?;
    for (line, why) in &report.told {
        eprintln!("otori: {}:{line}: {why}", path.display());
    }
    if report.refused > report.told.len() {
        eprintln!("otori: and {} more lines", report.refused - report.told.len());
    }
    for (line, entry, why) in &report.vetoes {
        eprintln!(
            "otori: {}:{line}: {entry} is left out, as it must never be blocked: {why}",
            path.display()
        );
    }
    if report.vetoed > report.vetoes.len() {
        eprintln!("otori: and {} more that must never be blocked", report.vetoed - report.vetoes.len());
    }
    if report.beyond > 0 {
        eprintln!("otori: {}: {} entries are too many and left out", path.display(), report.beyond);
    }
    let memory = lists.iter().find(|list| list.spec().name == name).map_or(0, |list| list.memory_bytes());
    eprintln!(
        "otori: {}: {} entries, {} lines refused, {:.1} MB, {} ms",
        path.display(),
        report.entries,
        report.refused,
        memory as f64 / 1e6,
        begun.elapsed().as_millis()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_says_what_is_done_and_why() {
        let (spec, path) = parse("drop:malware:lists/url:haus.txt").unwrap();
        assert_eq!(
            spec,
            ListSpec {
                name: "url:haus".into(),
                category: "malware".into(),
                action: Action::Drop,
                sinkhole: false
            }
        );
        assert_eq!(path, Path::new("lists/url:haus.txt"));
        for bad in ["urls.txt", "drop:urls.txt", "block:malware:urls.txt"] {
            assert!(parse(bad).unwrap_err().contains(bad));
        }
    }
}
