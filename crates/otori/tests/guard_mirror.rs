//! `otori guard --mirror`: one thread and several see the same of the same packets, with VLAN tags.
//!
//! In network name spaces made here. Needs root; says so and passes without.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::net::UdpSocket;
use std::time::{Duration, Instant};
use support::{
    namespace::Network,
    process::Process,
    role::{self, is_role},
};

const PATIENCE: Duration = Duration::from_secs(20);
const CLIENTS: u8 = 8;
const RULE: &str = "alert udp any any -> any 7008 (msg:\"number\"; content:\"number\"; sid:1;)\n";

/// One datagram from each of its addresses.
#[test]
#[ignore = "a role of the test below, run in a name space"]
fn role_client() {
    if !is_role("role_client") {
        return;
    }
    for client in 1..=CLIENTS {
        let socket = UdpSocket::bind(format!("192.0.2.{client}:0")).unwrap();
        socket.send_to(format!("number {client}").as_bytes(), "192.0.2.20:7008").unwrap();
    }
}

fn alerts(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let alerts = lines.filter(|line| line["event_type"] == "alert");
    let mut found: Vec<String> = alerts.map(|line| line["src_ip"].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

#[test]
fn one_thread_and_several_see_the_same() {
    let Some(mut network) = Network::new("mi") else { return };
    network.host("c");
    network.host("s");
    let addresses: Vec<String> = (1..=CLIENTS).map(|client| format!("192.0.2.{client}/24")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    network.link(("c", "e0", &addresses), ("s", "e0", &["192.0.2.20/24"]));
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("test.rules");
    std::fs::write(&rules, RULE).unwrap();
    let mut guards: Vec<(Process, std::path::PathBuf)> = ["1", "3"]
        .iter()
        .map(|workers| {
            let eve = folder.path().join(format!("eve-{workers}.json"));
            let mut command = network.command("s", env!("CARGO_BIN_EXE_otori"));
            command.args(["guard", "--mirror", "e0", "--workers", workers, "--rules"]).arg(&rules);
            let mut guard = Process::start(workers, command.arg("--eve").arg(&eve));
            guard.wait_for("the guard", PATIENCE, |line| line.contains("guard guard on mirror"));
            (guard, eve)
        })
        .collect();
    assert!(role::command(&network, "c", "role_client").output().unwrap().status.success());
    let expect: Vec<String> = (1..=CLIENTS).map(|client| format!("192.0.2.{client}")).collect();
    for (_, eve) in &guards {
        // Alerts come while the guard runs, without further packets that would push them.
        let until = Instant::now() + PATIENCE;
        while alerts(eve).len() < expect.len() {
            assert!(Instant::now() < until, "alerts wait: {:?}", alerts(eve));
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(alerts(eve), expect);
    }
    for (guard, _) in &mut guards {
        assert!(guard.terminate().unwrap().success());
    }
}
