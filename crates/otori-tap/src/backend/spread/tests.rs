//! Sockets that share interfaces, in a network name space of the test's own thread.
#![allow(unsafe_code, clippy::print_stdout, reason = "unshare; a test says why it is skipped")]
use super::*;
use crate::backend::{Backend, Decision};
use crate::backend::{
    inline::{Pair, open_pairs},
    socket::Frame,
};
use std::{collections::BTreeMap, os::fd::AsFd, os::unix::net::UnixStream, process::Command, time::Duration};

/// Looks for frames, of 5 ms each.
const LOOKS: usize = 200;

/// Whether this thread has a name space with the pairs `ca`-`ga` and `gb`-`sb`.
fn wires() -> bool {
    // SAFETY: takes a plain number; only this thread, which ends with the test, is moved.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } < 0 {
        println!("SKIPPED: network name spaces need root");
        return false;
    }
    // Frames that the kernel sends by itself would be counted among ours.
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    let lines = ["link add ca type veth peer name ga", "link add gb type veth peer name sb"];
    let up = ["ca", "ga", "gb", "sb"].map(|name| format!("link set {name} up"));
    lines.iter().map(|line| (*line).to_owned()).chain(up).all(|line| {
        let made = Command::new("ip").args(line.split(' ')).status();
        let made = made.is_ok_and(|status| status.success());
        if !made {
            println!("SKIPPED: ip {line} fails");
        }
        made
    })
}

/// A datagram between two hosts of a family behind so many tags; `number` is its payload.
fn datagram(tags: usize, is_v6: bool, (from, to): (u8, u8), number: u32) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 1]);
    (0..tags).for_each(|tag| frame.extend_from_slice(&[0x81, 0, 0, tag as u8 + 1]));
    if is_v6 {
        frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0, 0, 12, 17, 64]);
        for host in [from, to] {
            frame.extend_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
        }
    } else {
        frame.extend_from_slice(&[8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0]);
        for host in [from, to] {
            frame.extend_from_slice(&[192, 0, 2, host]);
        }
    }
    frame.extend_from_slice(&[from, 1, to, 1, 0, 12, 0, 0]);
    frame.extend_from_slice(&number.to_be_bytes());
    frame
}

/// Numbers of the datagrams that came, by the pair that got them.
fn take(pairs: &mut [Pair], places: &mut BTreeMap<u32, Vec<usize>>) {
    let (quiet, _end) = UnixStream::pair().unwrap();
    for (place, pair) in pairs.iter_mut().enumerate() {
        let taken = pair.turn(Duration::ZERO, quiet.as_fd(), &mut |incoming| {
            if let Some((_, last)) = incoming.frame.split_last_chunk::<4>() {
                places.entry(u32::from_be_bytes(*last)).or_default().push(place);
            }
            Decision::Drop
        });
        taken.unwrap();
    }
}

#[test]
fn both_directions_of_a_pair_of_hosts_meet_the_same_thread_once() {
    if !wires() {
        return;
    }
    let mut pairs = open_pairs("ga:gb", 3).unwrap();
    let client = PacketSocket::open("ca", None).unwrap();
    let server = PacketSocket::open("sb", None).unwrap();
    let mut sent = Frame::new();
    let mut number = 0;
    for host in 1..40 {
        for (tags, is_v6) in [(0, false), (1, false), (2, false), (3, true), (0, true), (1, true)] {
            for (socket, ends) in [(&client, (host, 200)), (&server, (200, host))] {
                sent.set(&datagram(tags, is_v6, ends, number));
                assert_eq!(socket.send(core::iter::once(&sent)), 1);
                number += 1;
            }
        }
    }
    let mut places = BTreeMap::new();
    for _ in 0..LOOKS {
        take(&mut pairs, &mut places);
        if places.len() == number as usize {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let got: Vec<&Vec<usize>> = places.values().collect();
    assert_eq!(got.len(), number as usize, "each comes");
    assert!(got.iter().all(|places| places.len() == 1), "each comes once");
    for both in got.chunks(2) {
        assert_eq!(both[0], both[1], "both directions come to one");
    }
    let used = |place| got.iter().filter(|places| ***places == [place]).count();
    assert!((0..3).all(|place| used(place) > 40), "all have some: {:?}", [used(0), used(1), used(2)]);
}
