//! `kill -9` at any moment of an attack: no event that was shown is lost, none is there twice, and the restart says
//! what it recovered. OTORI_CRASH_ROUNDS sets how often (default 10).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may unwrap, and say what they measured")]
mod support;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::{hub::Hub, process::Process, telnet::Telnet};

const CONFIGURATION: &str = r#"
[decoy.telnet]
listen = ["127.0.0.1:0"]
[decoy.http]
listen = ["127.0.0.1:0"]
[hub]
listen = "127.0.0.1:0"
"#;

/// A started product: its process, the telnet decoy's address, the line on recovery, a signed-in client.
struct Product {
    process: Process,
    telnet: SocketAddr,
    recovered: String,
    hub: Hub,
}

fn start(folder: &Path) -> Product {
    let configuration = folder.join("otori.toml");
    std::fs::write(&configuration, CONFIGURATION).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_otori"));
    command.arg("up").arg("--config").arg(configuration).arg("--data").arg(folder.join("data"));
    let mut process = Process::start("otori up", &mut command);
    let patience = Duration::from_secs(120);
    let recovered = process.wait_for("recovery", patience, |line| line.contains("recovered"));
    let telnet = process.wait_for("telnet address", patience, |line| line.contains("decoy: telnet on "));
    let telnet = telnet.rsplit(' ').next().unwrap().parse().unwrap();
    let link = process.wait_for("sign-in link", patience, |line| line.contains("sign-in link: "));
    let hub = Hub::sign_in(link.split_once("sign-in link: ").unwrap().1);
    Product { process, telnet, recovered, hub }
}

/// Attacks until told to stop; whatever happens to the connection is part of the test.
fn attack(telnet: SocketAddr, stop: &AtomicBool) {
    let mut round = 0;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let Ok(mut client) = Telnet::connect(telnet) else { return };
        if client.log_in("root", "xc3511").is_err() {
            return;
        }
        let lines = [
            "cat /proc/mounts".to_owned(),
            format!("echo -ne '\\x7f\\x45\\x4c\\x46round{round}' > /tmp/dropped; chmod 755 /tmp/dropped"),
            "/bin/busybox MIRAI".to_owned(),
            "exit".to_owned(),
        ];
        for line in lines {
            if stop.load(Ordering::Relaxed) || client.line(&line).is_err() {
                return;
            }
            let _ = client.expect("# ", Duration::from_millis(300));
        }
    }
}

/// Ids of all events in the record, by the command line of the product.
fn record(folder: &Path) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otori"));
    let output = command.args(["events", "--json", "--data"]).arg(folder.join("data")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let id = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
    };
    text.lines().map(id).collect()
}

/// Ids in one message of the stream: one event or a batch of them.
fn ids_of(data: &str) -> Vec<String> {
    fn walk(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::Array(list) => list.iter().for_each(|one| walk(one, out)),
            serde_json::Value::Object(object) if object.contains_key("kind") => {
                out.extend(object.get("id").and_then(|id| id.as_str()).map(str::to_owned));
            }
            serde_json::Value::Object(object) => object.values().for_each(|one| walk(one, out)),
            _ => {}
        }
    }
    let mut out = vec![];
    if let Ok(value) = serde_json::from_str(data) {
        walk(&value, &mut out);
    }
    out
}

#[test]
fn kill_9_loses_nothing_that_was_shown_and_duplicates_nothing() {
    let rounds: u64 = std::env::var("OTORI_CRASH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let folder = tempfile::tempdir().unwrap();
    let shown: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (mut lost, mut recoveries) = (0, 0);
    for round in 0..rounds {
        let mut product = start(folder.path());
        if round > 0 {
            let words: Vec<u64> =
                product.recovered.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            recoveries += u64::from(words.first().is_some_and(|events| *events > 0));
        }
        let (stop, ids) = (Arc::new(AtomicBool::new(false)), shown.clone());
        let stream = product.hub.stream();
        let reader =
            std::thread::spawn(move || stream.for_each(|data| ids.lock().unwrap().extend(ids_of(&data))));
        let attackers: Vec<_> = (0..3)
            .map(|_| {
                let (stop, telnet) = (stop.clone(), product.telnet);
                std::thread::spawn(move || attack(telnet, &stop))
            })
            .collect();
        // A moment of the attack: not the same in any two rounds.
        let moment = Duration::from_millis(150 + (round * 7919) % 1400);
        let end = Instant::now() + moment;
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        product.process.kill();
        stop.store(true, Ordering::Relaxed);
        attackers.into_iter().for_each(|attacker| attacker.join().unwrap());
        reader.join().unwrap();
        let all = record(folder.path());
        let unique: BTreeSet<&String> = all.iter().collect();
        assert_eq!(unique.len(), all.len(), "round {round}: an event is there twice");
        lost += shown.lock().unwrap().iter().filter(|id| !unique.contains(id)).count();
    }
    let shown = shown.lock().unwrap().len();
    println!(
        "{rounds} times kill -9: {shown} events had been shown, {lost} lost, {recoveries} restarts recovered events"
    );
    assert!(shown > 20 * rounds as usize, "only {shown} events were shown: the attack did not happen");
    assert_eq!(lost, 0);
    assert!(recoveries > 0, "no restart said that it recovered events");
}
