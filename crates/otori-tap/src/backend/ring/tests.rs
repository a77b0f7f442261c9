//! The ring on a pair of interfaces, in a network name space of the test's own thread.
#![allow(clippy::print_stdout, reason = "a test says why it is skipped")]
use super::*;
use crate::backend::socket::{Frame, wait_for};
use std::{os::fd::AsFd, os::unix::net::UnixStream, process::Command, time::Duration};

/// Looks for a frame, of 50 ms each.
const LOOKS: usize = 40;

/// Whether this thread has a name space with the pair `ra` and `rb`.
fn pair() -> bool {
    // SAFETY: takes a plain number; only this thread, which ends with the test, is moved.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } < 0 {
        println!("SKIPPED: network name spaces need root");
        return false;
    }
    // Frames that the kernel sends by itself would be counted among ours.
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    ["link add ra type veth peer name rb", "link set ra up", "link set rb up"].iter().all(|line| {
        let made = Command::new("ip").args(line.split(' ')).status();
        let made = made.is_ok_and(|status| status.success());
        if !made {
            println!("SKIPPED: ip {line} fails");
        }
        made
    })
}

/// The next frame of the protocol for local experiments (IEEE 802, 88b5), perhaps behind a tag.
fn next_of_ours(ring: &mut Ring) -> Option<(i64, Vec<u8>)> {
    let (wake, _awake) = UnixStream::pair().unwrap();
    for _ in 0..LOOKS {
        while let Some(Seen { at, frame }) = ring.next() {
            if frame.get(12..22).is_some_and(|kinds| kinds.windows(2).any(|kind| kind == [0x88, 0xb5])) {
                return Some((at.0, frame.to_vec()));
            }
        }
        wait_for(&[ring.socket()], wake.as_fd(), Duration::from_millis(50)).unwrap();
    }
    None
}

fn frame(tags: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; 6];
    bytes.extend_from_slice(&[2, 0, 0, 0, 0, 1]);
    bytes.extend_from_slice(tags);
    bytes.extend_from_slice(&[0x88, 0xb5]);
    bytes.extend((0..length).map(|at| (at % 251) as u8));
    bytes
}

#[test]
fn frames_come_whole_with_their_tags_and_in_order() {
    if !pair() {
        return;
    }
    let mut ring = Ring::open("rb").unwrap();
    let sender = PacketSocket::open("ra", None).unwrap();
    let mut sent = Frame::new();
    let tag = [0x81, 0, 0x60, 7];
    let two = [0x88, 0xa8, 0, 9, 0x81, 0, 0, 7];
    for (what, bytes) in [
        ("bare", frame(&[], 100)),
        ("a tag", frame(&tag, 100)),
        ("two tags", frame(&two, 100)),
        ("the longest", frame(&[], 1500)),
    ] {
        sent.set(&bytes);
        assert_eq!(sender.send(core::iter::once(&sent)), 1, "{what}");
        let (at, seen) = next_of_ours(&mut ring).unwrap_or_else(|| panic!("{what}: nothing came"));
        assert_eq!(seen, bytes, "{what}");
        assert!(at > 1_700_000_000_000_000_000, "{what}: the kernel's time");
    }
    assert_eq!(ring.lost(), 0);
}

#[test]
fn every_block_is_used_again() {
    if !pair() {
        return;
    }
    let mut ring = Ring::open("rb").unwrap();
    let sender = PacketSocket::open("ra", None).unwrap();
    let mut sent = Frame::new();
    // One and a half times what the ring holds.
    let (length, rounds) = (1400, RING_BYTES / 1400 / 64 * 3 / 2);
    let mut number = 0u32;
    for _ in 0..rounds {
        for place in 0..64u32 {
            let mut bytes = frame(&[], length);
            bytes[14..18].copy_from_slice(&(number + place).to_be_bytes());
            sent.set(&bytes);
            assert_eq!(sender.send(core::iter::once(&sent)), 1);
        }
        for _ in 0..64 {
            let (_, seen) = next_of_ours(&mut ring).expect("all are seen");
            assert_eq!(seen[14..18], number.to_be_bytes(), "in order");
            number += 1;
        }
    }
    assert!(number as usize * length > RING_BYTES);
    assert_eq!(ring.lost(), 0);
}

#[test]
fn a_full_ring_counts_what_it_loses() {
    if !pair() {
        return;
    }
    let mut ring = Ring::open("rb").unwrap();
    let sender = PacketSocket::open("ra", None).unwrap();
    let mut sent = Frame::new();
    sent.set(&frame(&[], 1400));
    let count = (RING_BYTES / 1400 * 5 / 4) as u64;
    for _ in 0..count {
        assert_eq!(sender.send(core::iter::once(&sent)), 1);
    }
    let mut seen = 0;
    while next_of_ours_now(&mut ring) {
        seen += 1;
    }
    let lost = ring.lost();
    assert!(lost > 0 && seen > 0);
    assert_eq!(seen + lost, count, "each is seen or counted");
}

/// The next of ours, after waiting for the time-out of a block that is not full.
fn next_of_ours_now(ring: &mut Ring) -> bool {
    let (wake, _awake) = UnixStream::pair().unwrap();
    for _ in 0..4 {
        if let Some(Seen { frame, .. }) = ring.next() {
            return frame.get(12..14) == Some(&[0x88, 0xb5][..]);
        }
        wait_for(&[ring.socket()], wake.as_fd(), Duration::from_millis(u64::from(BLOCK_TIMEOUT_MS))).unwrap();
    }
    false
}

#[test]
fn an_interface_that_went_down_and_came_back_neither_wakes_for_ever_nor_stays_silent() {
    if !pair() {
        return;
    }
    let mut ring = Ring::open("rb").unwrap();
    let sender = PacketSocket::open("ra", None).unwrap();
    let (wake, _awake) = UnixStream::pair().unwrap();
    for state in ["down", "up"] {
        assert!(Command::new("ip").args(["link", "set", "rb", state]).status().unwrap().success());
    }
    while ring.next().is_some() {}
    // Once for the error, and then the whole time.
    let wait = Duration::from_millis(200);
    let begun = std::time::Instant::now();
    (0..3).for_each(|_| wait_for(&[ring.socket()], wake.as_fd(), wait).unwrap());
    assert!(begun.elapsed() >= wait, "woken {:?} after", begun.elapsed());
    let mut sent = Frame::new();
    sent.set(&frame(&[], 100));
    assert_eq!(sender.send(core::iter::once(&sent)), 1);
    assert!(next_of_ours(&mut ring).is_some());
}

#[test]
fn an_interface_that_is_gone_is_told() {
    if !pair() {
        return;
    }
    let mut ring = Ring::open("rb").unwrap();
    let socket = PacketSocket::open("rb", None).unwrap();
    let (wake, _awake) = UnixStream::pair().unwrap();
    assert!(Command::new("ip").args(["link", "del", "rb"]).status().unwrap().success());
    while ring.next().is_some() {}
    let mut told = (0..LOOKS).map(|_| wait_for(&[ring.socket()], wake.as_fd(), Duration::from_millis(50)));
    let error = told.find_map(Result::err).expect("the ring tells");
    assert_eq!(error.raw_os_error(), Some(libc::ENODEV));
    assert!(socket.check().is_err() && PacketSocket::inherited(socket.descriptor().as_raw_fd()).is_err());
}
