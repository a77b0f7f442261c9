//! Quarantine on a Linux gateway: the device's address becomes an element of a set with a timeout.
//!
//! Key type: [`Nftables`]. The operator owns the table and what the sets mean; we only add and remove
//! elements. Levels throttle, restrict and suspend are the sets `otori_throttle`, `otori_restrict` and
//! `otori_suspend` (IPv6: `…6`). Source: nft(8), "SET STATEMENT", "ELEMENT COMMANDS".
use super::{Adapter, AdapterError, Found, Order, TIMEOUT_SECONDS};
use core::net::IpAddr;
use otori_event::ActionLevel;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const NAME: &str = "nftables";
const LEVELS: [ActionLevel; 3] = [ActionLevel::Throttle, ActionLevel::Restrict, ActionLevel::Suspend];

/// Runs `nft` with arguments; replaced in tests. `Ok` is standard output.
pub type Runner = Box<dyn FnMut(&[&str]) -> Result<String, AdapterError> + Send>;

/// Elements of sets in one table.
pub struct Nftables {
    /// family and table (`inet otori`)
    family: String,
    table: String,
    run: Runner,
}

impl Nftables {
    /// Works on `family table` with the `nft` program of this machine.
    pub fn new(family: &str, table: &str) -> Nftables {
        Nftables::with_runner(family, table, Box::new(run_nft))
    }
    /// As [`Nftables::new`], with another way to run `nft`.
    pub fn with_runner(family: &str, table: &str, run: Runner) -> Nftables {
        Nftables { family: family.into(), table: table.into(), run }
    }

    fn is_in(&mut self, set: &str, address: &str) -> bool {
        let element = format!("{{ {address} }}");
        (self.run)(&["get", "element", &self.family, &self.table, set, &element]).is_ok()
    }
    fn remove(&mut self, set: &str, address: &str) -> Result<(), AdapterError> {
        if !self.is_in(set, address) {
            return Ok(());
        }
        let element = format!("{{ {address} }}");
        (self.run)(&["delete", "element", &self.family, &self.table, set, &element]).map(drop)
    }
}

/// The address in its one spelling: nothing else ever reaches the command line.
fn address(device: &str) -> Result<IpAddr, AdapterError> {
    let fits =
        device.parse::<IpAddr>().map_err(|_| AdapterError::Device(device.chars().take(80).collect()))?;
    Ok(fits.to_canonical())
}

fn set_name(level: ActionLevel, address: IpAddr) -> Result<String, AdapterError> {
    let word = match level {
        ActionLevel::Notify => return Err(AdapterError::Unsupported { adapter: NAME, level }),
        ActionLevel::Throttle => "throttle",
        ActionLevel::Restrict => "restrict",
        ActionLevel::Suspend => "suspend",
    };
    Ok(format!("otori_{word}{}", if address.is_ipv6() { "6" } else { "" }))
}

impl Adapter for Nftables {
    fn name(&self) -> &'static str {
        NAME
    }
    fn state(&mut self, device: &str) -> Result<Found, AdapterError> {
        let address = address(device)?;
        let mut sets = Vec::new();
        for level in LEVELS {
            let set = set_name(level, address)?;
            if self.is_in(&set, &address.to_string()) {
                sets.push(set);
            }
        }
        Ok(Found(sets.join(" ")))
    }
    fn apply(&mut self, order: &Order<'_>) -> Result<(), AdapterError> {
        let address = address(order.device)?;
        let set = set_name(order.level, address)?;
        // An element's timeout is not renewed by adding it again.
        self.remove(&set, &address.to_string())?;
        let element = format!("{{ {address} timeout {}s }}", order.seconds.max(1));
        (self.run)(&["add", "element", &self.family, &self.table, &set, &element]).map(drop)
    }
    fn verify(&mut self, order: &Order<'_>) -> Result<bool, AdapterError> {
        let address = address(order.device)?;
        let set = set_name(order.level, address)?;
        Ok(self.is_in(&set, &address.to_string()))
    }
    fn revert(&mut self, order: &Order<'_>, found: &Found) -> Result<(), AdapterError> {
        let address = address(order.device)?;
        let set = set_name(order.level, address)?;
        if found.0.split(' ').any(|before| before == set) {
            return Ok(());
        }
        self.remove(&set, &address.to_string())
    }
}

/// Output of `nft` that is read; an element listing is a few lines.
const OUTPUT_MAX_BYTES: u64 = 64 * 1024;

fn run_nft(arguments: &[&str]) -> Result<String, AdapterError> {
    let unreachable = |error: std::io::Error| {
        AdapterError::Unreachable(format!("nft: {error}; is Debian's package nftables installed?"))
    };
    let mut child = Command::new("nft")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(unreachable)?;
    let deadline = Instant::now() + Duration::from_secs(TIMEOUT_SECONDS);
    let status = loop {
        if let Some(status) = child.try_wait().map_err(unreachable)? {
            break status;
        }
        if Instant::now() >= deadline {
            child.kill().and_then(|()| child.wait()).map_err(unreachable)?;
            return Err(AdapterError::Unreachable(format!("nft did not end within {TIMEOUT_SECONDS} s")));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    if status.success() {
        return Ok(read(child.stdout.take()));
    }
    let text = read(child.stderr.take());
    Err(AdapterError::Refused(text.lines().next().unwrap_or("nft failed").chars().take(200).collect()))
}

fn read(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What cannot be read is left out: the exit status has told the result.
        let _ = pipe.take(OUTPUT_MAX_BYTES).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    /// A gateway's sets, as `nft` would keep them.
    fn gateway() -> (Nftables, Arc<Mutex<BTreeSet<String>>>) {
        let sets = Arc::new(Mutex::new(BTreeSet::new()));
        let inside = sets.clone();
        let run = move |arguments: &[&str]| {
            let element = arguments[5].trim_matches(['{', ' ', '}']).split(' ').next().unwrap();
            let key = format!("{} {element}", arguments[4]);
            let mut sets = inside.lock().unwrap();
            let done = match arguments[0] {
                "add" => sets.insert(key),
                "delete" => sets.remove(&key),
                _ => sets.contains(&key),
            };
            if done { Ok(String::new()) } else { Err(AdapterError::Refused("no such element".into())) }
        };
        (Nftables::with_runner("inet", "otori", Box::new(run)), sets)
    }

    fn order(device: &str) -> Order<'_> {
        Order { case: "c", device, level: ActionLevel::Restrict, seconds: 60, reason: "r" }
    }

    #[test]
    fn applies_twice_as_once_and_reverts_only_what_is_ours() {
        let (mut nft, sets) = gateway();
        let found = nft.state("192.0.2.7").unwrap();
        for _ in 0..2 {
            nft.apply(&order("192.0.2.7")).unwrap();
            assert!(nft.verify(&order("192.0.2.7")).unwrap());
        }
        assert_eq!(sets.lock().unwrap().len(), 1);
        nft.revert(&order("192.0.2.7"), &found).unwrap();
        assert!(sets.lock().unwrap().is_empty());
        sets.lock().unwrap().insert("otori_restrict6 2001:db8::7".into());
        let found = nft.state("2001:db8:0::7").unwrap();
        nft.apply(&order("2001:db8::7")).unwrap();
        nft.revert(&order("2001:db8::7"), &found).unwrap();
        assert_eq!(sets.lock().unwrap().len(), 1, "it was restricted before us");
    }

    #[test]
    fn nothing_but_an_address_reaches_the_command_line() {
        let (mut nft, _) = gateway();
        for device in ["", "192.0.2.7; flush ruleset", "-f", "{ 0.0.0.0/0 }"] {
            assert!(matches!(nft.apply(&order(device)), Err(AdapterError::Device(_))), "{device}");
        }
    }
}
