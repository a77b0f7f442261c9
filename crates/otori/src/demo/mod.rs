//! The demonstration: attackers that play on loopback against the decoy's own ports, so that a newcomer sees attacks.
//!
//! Key function: [`play`]. Every connection is announced to the decoy first ([`DemoPeers`]), so that its events are
//! marked `demo`. All real peers here are 127.0.0.1; the announcement gives each a source address from a documentation
//! range (RFC 5737) to be shown, which no real attack can have. What is done is in [`scene`].
mod peer;
mod scene;

use otori_decoy::{DemoPeers, Listening};
use peer::Stage;
use scene::SCENES;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// From the start to the first attack.
const FIRST: Duration = Duration::from_millis(500);
/// Between scenes while everything is shown for the first time.
const PAUSE_FIRST_ROUND: Duration = Duration::from_secs(2);
/// Between scenes afterwards: at most 180 sessions an hour.
const PAUSE: Duration = Duration::from_secs(20);
/// A scene that hangs is broken off.
const SCENE_MAX: Duration = Duration::from_secs(90);

/// Plays all scenes, again and again, until `shutdown` comes. `fronts` is where the decoy listens.
pub async fn play(fronts: Listening, peers: DemoPeers, shutdown: impl Future<Output = ()>) {
    let stage = Stage { telnet: reachable(&fronts, "telnet"), http: reachable(&fronts, "http"), peers };
    tokio::select! {
        () = perform(stage) => {}
        () = shutdown => {}
    }
}

/// A front's address as loopback reaches it; `None` when it is off or listens elsewhere.
fn reachable(fronts: &Listening, name: &str) -> Option<SocketAddr> {
    let of_front = fronts.iter().filter(|(front, _)| *front == name).map(|(_, address)| *address);
    let on_loopback = |address: SocketAddr| match address.ip() {
        ip if ip.is_loopback() => Some(address),
        IpAddr::V4(ip) if ip.is_unspecified() => Some((Ipv4Addr::LOCALHOST, address.port()).into()),
        _ => None,
    };
    of_front.filter_map(on_loopback).next()
}

async fn perform(stage: Stage) {
    tokio::time::sleep(FIRST).await;
    let mut number = 0;
    loop {
        let scene = &SCENES[number % SCENES.len()];
        // Whatever goes wrong, it is one attacker less; the next one comes.
        let _ = tokio::time::timeout(SCENE_MAX, (scene.play)(&stage, source(number))).await;
        number += 1;
        tokio::time::sleep(if number < SCENES.len() { PAUSE_FIRST_ROUND } else { PAUSE }).await;
    }
}

/// The shown address of the `number`-th attacker: all three documentation ranges, 150 addresses.
fn source(number: usize) -> IpAddr {
    let [a, b, c] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]][number % 3];
    IpAddr::from([a, b, c, 101 + (number / 3 * 7 % 50) as u8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shown_source_is_a_documentation_address() {
        let peers = DemoPeers::default();
        for number in 0..1000 {
            let own = SocketAddr::from((Ipv4Addr::LOCALHOST, 1 + number as u16));
            assert!(peers.announce(own, Some(source(number))), "{}", source(number));
        }
    }

    #[test]
    fn fronts_are_reached_over_loopback_only() {
        let at =
            |text: &str| reachable(&vec![("telnet", text.parse().unwrap())], "telnet").map(|a| a.to_string());
        assert_eq!(at("0.0.0.0:23").as_deref(), Some("127.0.0.1:23"));
        assert_eq!(at("127.0.0.1:2323").as_deref(), Some("127.0.0.1:2323"));
        assert_eq!(at("192.0.2.1:23"), None);
    }
}
