//! The nftables adapter on a real kernel, in a network namespace that this test makes. Needs root, `ip` and `nft`;
//! says so and ends when it does not have them.
#![allow(clippy::unwrap_used, reason = "tests")]
use otori_act::adapter::nftables::Nftables;
use otori_act::{Adapter, AdapterError, Order};
use otori_event::ActionLevel;
use std::process::{Command, Output};

struct Namespace(String);

impl Namespace {
    fn new() -> Option<Namespace> {
        let name = format!("otori-act-{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output().ok()?;
        let namespace = made.status.success().then_some(Namespace(name))?;
        Command::new("nft").arg("--version").output().ok()?;
        Some(namespace)
    }
    fn nft(name: &str, arguments: &[&str]) -> Output {
        Command::new("ip").args(["netns", "exec", name, "nft"]).args(arguments).output().unwrap()
    }
}
impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).status();
    }
}

#[test]
fn elements_appear_in_the_kernels_sets_with_a_timeout_and_go_again() {
    let Some(namespace) = Namespace::new() else {
        eprintln!("skipped: needs root, ip and nft");
        return;
    };
    let name = namespace.0.clone();
    for set in ["otori_throttle", "otori_restrict", "otori_suspend"] {
        let table = format!("table inet otori {{ set {set} {{ type ipv4_addr; flags timeout; }}; }}");
        let output = Namespace::nft(&name, &[&table]);
        assert!(output.status.success(), "{output:?}");
    }
    let run = move |arguments: &[&str]| {
        let output = Namespace::nft(&name, arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(AdapterError::Refused(text(&output.stderr)))
        }
    };
    let mut nft = Nftables::with_runner("inet", "otori", Box::new(run));
    let order = |seconds| Order {
        case: "c",
        device: "192.0.2.7",
        level: ActionLevel::Restrict,
        seconds,
        reason: "r",
    };
    let found = nft.state("192.0.2.7").unwrap();
    assert_eq!(found.0, "");
    assert!(!nft.verify(&order(60)).unwrap());
    nft.apply(&order(60)).unwrap();
    nft.apply(&order(600)).unwrap();
    assert!(nft.verify(&order(600)).unwrap());
    assert_eq!(nft.state("192.0.2.7").unwrap().0, "otori_restrict");
    let list = Namespace::nft(&namespace.0, &["list", "set", "inet", "otori", "otori_restrict"]);
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(list.contains("192.0.2.7 timeout 10m"), "{list}");
    nft.revert(&order(600), &found).unwrap();
    assert!(!nft.verify(&order(600)).unwrap());
}
