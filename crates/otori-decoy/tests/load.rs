//! How much a session costs. Not part of every run: `cargo test -p otori-decoy --test load -- --ignored --nocapture`.
mod support;

use otori_decoy::product::Product;
use otori_device::{Device, Profile, userland};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Peer, config, start};

fn product() -> Product {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("userland");
    let profile = Profile::embedded("camera-mipsel").expect("the embedded profile is right");
    let ready =
        userland::obtain(&cache, &profile.table.userland, &mut |_| {}).expect("the programs are there");
    Product::new(Arc::new(Device::prepare(profile, &ready.root).expect("it boots"))).expect("it is playable")
}

/// Resident memory of this process, KiB.
fn resident_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).expect("a figure").parse().expect("a number")
}

/// CPU time of this process, clock ticks of 10 ms.
fn cpu_ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<&str> = text.rsplit(')').next().expect("fields").split_whitespace().collect();
    fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn five_hundred_idle_shells() {
    let product = tokio::task::spawn_blocking(product).await.expect("made");
    let mut config = config();
    config.limits.sessions_per_source = 4096;
    let running = start(config, Arc::new(product)).await;
    let mut peers = Vec::new();
    let mut log_in = async |count: usize| {
        let start = Instant::now();
        for _ in 0..count {
            let mut peer = Peer::connect(running.telnet).await;
            peer.log_in("root", "xc3511", "# ").await;
            peers.push(peer);
        }
        start.elapsed()
    };
    log_in(20).await;
    let before = resident_kib();
    let took = log_in(500).await;
    let after = resident_kib();
    println!("500 log-ins one after another in {took:?}; {} KiB each", (after - before) / 500);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let ticks = cpu_ticks();
    tokio::time::sleep(Duration::from_secs(10)).await;
    println!("10 s idle: {} ms of CPU", (cpu_ticks() - ticks) * 10);
    let start = Instant::now();
    for peer in &mut peers {
        peer.send("uname -m\r\n").await;
    }
    for peer in &mut peers {
        peer.until("mips\r\n").await;
    }
    println!("520 commands at once answered in {:?}", start.elapsed());
    assert!((after - before) / 500 < 4096, "an idle shell must not cost megabytes");
    running.stop().await;
}
