//! Tests of the connection: order, gaps, ends, acknowledgements, bounds.
use super::*;
use crate::decode::TcpOptions;

struct Rig {
    session: TcpSession,
    streams: [Vec<u8>; 2],
    gaps: u64,
    ends: u32,
    kept: usize,
    immediate: bool,
    anomalies: Anomalies,
}
impl Rig {
    fn new() -> Self {
        Rig {
            session: TcpSession::default(),
            streams: [vec![], vec![]],
            gaps: 0,
            ends: 0,
            kept: 0,
            immediate: true,
            anomalies: Anomalies::none(),
        }
    }
    fn send(&mut self, to: Direction, sequence: u32, ack: u32, flags: u8, payload: &[u8]) {
        let header = Transport::Tcp {
            source: 1,
            destination: 2,
            sequence,
            acknowledgement: ack,
            flags,
            window: 9999,
            urgent: 0,
            options: TcpOptions::default(),
        };
        let (streams, gaps, ends) = (&mut self.streams, &mut self.gaps, &mut self.ends);
        let notes = Notes { kept_all: &mut self.kept, anomalies: &mut self.anomalies };
        let how =
            Reassembly { midstream: Midstream::Allow, immediate: self.immediate, ..Reassembly::default() };
        self.session.segment(to, &header, payload, &how, notes, |to, piece| match piece {
            Piece::Bytes(bytes) => streams[to.index()].extend_from_slice(bytes),
            Piece::Gap(count) => *gaps += count,
            Piece::End => *ends += 1,
        });
    }
    fn shaken() -> Self {
        let mut rig = Rig::new();
        rig.send(Direction::ToServer, u32::MAX - 1, 0, tcp_flag::SYN, b"");
        rig.send(Direction::ToClient, 500, u32::MAX, tcp_flag::SYN | tcp_flag::ACK, b"");
        rig.send(Direction::ToServer, u32::MAX, 501, tcp_flag::ACK, b"");
        assert_eq!(rig.session.state(), TcpState::Established);
        rig
    }
}
use Direction::{ToClient, ToServer};

fn check(segments: &[(u32, &[u8])], expect: &[u8]) {
    let mut rig = Rig::shaken();
    for (offset, bytes) in segments {
        rig.send(ToServer, u32::MAX.wrapping_add(*offset), 501, tcp_flag::ACK, bytes);
    }
    assert_eq!(rig.streams[0], expect, "{segments:?}");
    assert_eq!(rig.kept, rig.session.kept());
}

#[test]
fn streams_come_out_in_order_and_the_first_copy_wins() {
    check(&[(0, b"ab"), (2, b"cd")], b"abcd");
    check(&[(2, b"cd"), (0, b"ab")], b"abcd");
    check(&[(0, b"ab"), (0, b"XYcd")], b"abcd");
    check(&[(2, b"cd"), (0, b"abXYef")], b"abcdef");
    check(&[(4, b"ef"), (2, b"cd"), (0, b"ab")], b"abcdef");
    check(&[(1, b"b"), (3, b"d"), (0, b"aXcYe")], b"abcde");
    check(&[(0, b"abc"), (0, b"abc"), (1, b"bc")], b"abc");
}

#[test]
fn what_the_peer_acknowledged_but_we_missed_is_a_gap() {
    let mut rig = Rig::shaken();
    rig.send(ToServer, 9, 501, tcp_flag::ACK, b"later");
    assert!(rig.streams[0].is_empty());
    rig.send(ToClient, 501, 14, tcp_flag::ACK, b"");
    assert_eq!((rig.streams[0].as_slice(), rig.gaps, rig.kept), (&b"later"[..], 10, 0));
}

#[test]
fn fin_and_reset_end_the_streams() {
    let mut rig = Rig::shaken();
    rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK | tcp_flag::FIN, b"x");
    assert_eq!((rig.ends, rig.session.state()), (1, TcpState::Closing));
    rig.send(ToClient, 501, 2, tcp_flag::ACK | tcp_flag::FIN, b"");
    assert_eq!((rig.ends, rig.session.state()), (2, TcpState::Closed));
    let mut rig = Rig::shaken();
    rig.send(ToClient, 77_000_000, 0, tcp_flag::RST, b"");
    assert_eq!(rig.session.state(), TcpState::Established, "a blind reset must not blind us");
    rig.send(ToClient, 501, 0, tcp_flag::RST, b"");
    assert_eq!((rig.ends, rig.session.state()), (2, TcpState::Closed));
}

#[test]
fn what_does_not_fit_the_hand_shake_counts_for_nothing() {
    let begun = |immediate| {
        let mut rig = Rig::new();
        rig.immediate = immediate;
        rig.send(ToServer, 99, 0, tcp_flag::SYN, b"");
        rig.send(ToClient, 499, 100, tcp_flag::SYN | tcp_flag::ACK, b"");
        rig
    };
    let mut rig = begun(true);
    rig.send(ToClient, 500, 100, tcp_flag::ACK, b"injected");
    rig.send(ToServer, 100, 777, tcp_flag::ACK, b"evades");
    assert_eq!(
        rig.anomalies.names(),
        ["stream.3whs_ack_data_inject", "stream.3whs_right_seq_wrong_ack_evasion"]
    );
    assert!(rig.anomalies.names().iter().all(|name| is_refused(name)));
    assert!(rig.streams.iter().all(Vec::is_empty));
    let mut rig = begun(false);
    rig.send(ToClient, 500, 100, tcp_flag::ACK, b"late");
    rig.send(ToServer, 100, 504, tcp_flag::ACK, b"");
    assert_eq!((rig.streams[1].as_slice(), rig.anomalies.names()), (&b"late"[..], &[][..]));
}

#[test]
fn data_of_a_syn_counts_only_with_fast_open() {
    let mut rig = Rig::new();
    rig.send(ToServer, 99, 0, tcp_flag::SYN, b"early");
    rig.send(ToClient, 499, 100, tcp_flag::SYN | tcp_flag::ACK, b"");
    rig.send(ToServer, 100, 500, tcp_flag::ACK, b"late");
    assert_eq!(rig.streams[0], b"late");
}

#[test]
fn refusals_are_sorted() {
    assert!(REFUSED.is_sorted());
}

#[test]
fn a_connection_may_be_taken_up_midstream() {
    let mut rig = Rig::new();
    rig.send(ToServer, 1000, 5000, tcp_flag::ACK, b"GET");
    rig.send(ToClient, 5000, 1003, tcp_flag::ACK, b"200");
    assert_eq!((rig.streams[0].as_slice(), rig.streams[1].as_slice()), (&b"GET"[..], &b"200"[..]));
}

#[test]
fn out_of_order_data_is_bounded() {
    let mut rig = Rig::shaken();
    for i in 0..2000u32 {
        rig.send(ToServer, 10 + i * 1000, 501, tcp_flag::ACK, &[b'x'; 999]);
    }
    assert!(rig.kept <= TCP_PENDING_BYTES + 2000, "{}", rig.kept);
    assert!(rig.gaps > 0);
}

#[test]
fn beside_the_way_bytes_wait_for_their_acknowledgement() {
    let mut rig = Rig::shaken();
    rig.immediate = false;
    rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK, b"good");
    assert!(rig.streams[0].is_empty() && rig.kept == 4);
    rig.session.set_policy(ToServer, Policy::Last);
    rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK, b"evil");
    assert_eq!(rig.anomalies.names(), ["stream.reassembly_overlap_different_data"]);
    rig.send(ToClient, 501, 3, tcp_flag::ACK, b"");
    assert_eq!((rig.streams[0].as_slice(), rig.kept), (&b"evil"[..], 0));
    rig.send(ToServer, 3, 501, tcp_flag::ACK, b"late");
    let mut out = Vec::new();
    rig.session.finish(&mut |_, piece| {
        if let Piece::Bytes(bytes) = piece {
            out.extend_from_slice(bytes);
        }
    });
    assert_eq!(out, b"late");
}

#[test]
fn the_depth_bounds_what_is_looked_at() {
    let mut rig = Rig::shaken();
    let how = Reassembly { depth_bytes: 5, ..Reassembly::default() };
    let header = |sequence| Transport::Tcp {
        source: 1,
        destination: 2,
        sequence,
        acknowledgement: 501,
        flags: tcp_flag::ACK,
        window: 1,
        urgent: 0,
        options: TcpOptions::default(),
    };
    let mut out = Vec::new();
    for (place, bytes) in [b"abcd", b"efgh", b"ijkl"].iter().enumerate() {
        let sequence = u32::MAX.wrapping_add(place as u32 * 4);
        let notes = Notes { kept_all: &mut rig.kept, anomalies: &mut rig.anomalies };
        rig.session.segment(ToServer, &header(sequence), *bytes, &how, notes, |_, piece| {
            if let Piece::Bytes(bytes) = piece {
                out.extend_from_slice(bytes);
            }
        });
    }
    assert_eq!(out, b"abcde");
    assert_eq!(rig.anomalies.names(), ["stream.reassembly_depth_reached"]);
}

#[test]
fn flags_alone_end_a_connection() {
    let mut rig = Rig::shaken();
    rig.session.note_flags(ToServer, tcp_flag::ACK);
    assert_eq!(rig.session.state(), TcpState::Established);
    rig.session.note_flags(ToServer, tcp_flag::FIN | tcp_flag::ACK);
    assert_eq!(rig.session.state(), TcpState::Closing);
    rig.session.note_flags(ToClient, tcp_flag::ACK);
    assert_eq!(rig.session.state(), TcpState::Closing);
    rig.session.note_flags(ToClient, tcp_flag::FIN | tcp_flag::ACK);
    assert_eq!(rig.session.state(), TcpState::Closed);
    let mut rig = Rig::shaken();
    rig.session.note_flags(ToClient, tcp_flag::RST);
    assert_eq!(rig.session.state(), TcpState::Closed);
}

#[test]
fn a_syn_at_the_wrong_time_has_a_name() {
    const SYN: u8 = tcp_flag::SYN;
    const BOTH: u8 = tcp_flag::SYN | tcp_flag::ACK;
    for (way, sequence, ack, flags, name) in [
        (ToServer, u32::MAX - 1, 0, SYN, "stream.est_syn_resend"),
        (ToServer, 77, 0, SYN, "stream.est_syn_resend_diff_seq"),
        (ToClient, 77, 0, SYN, "stream.est_syn_toclient"),
        (ToClient, 500, u32::MAX, BOTH, "stream.est_synack_resend"),
        (ToClient, 600, u32::MAX, BOTH, "stream.est_synack_resend_with_diff_seq"),
        (ToClient, 500, 9, BOTH, "stream.est_synack_resend_with_different_ack"),
        (ToServer, 9, 9, BOTH, "stream.est_synack_toserver"),
    ] {
        let mut rig = Rig::shaken();
        rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK, b"abc");
        rig.send(way, sequence, ack, flags, b"");
        assert_eq!(rig.anomalies.names(), [name]);
        assert!(is_refused(name));
    }
    for (way, sequence, ack, flags, names) in [
        (ToServer, 9, 0, SYN, &[][..]),
        (ToServer, 77, 0, SYN, &["stream.3whs_syn_resend_diff_seq_on_syn_recv"]),
        (ToClient, 77, 0, SYN, &["stream.3whs_syn_toclient_on_syn_recv"]),
        (ToServer, 77, 7, BOTH, &["stream.3whs_synack_toserver_on_syn_recv"]),
        (ToClient, 500, 7, BOTH, &["stream.3whs_synack_resend_with_different_ack"]),
        (ToClient, 700, 10, BOTH, &["stream.3whs_synack_resend_with_diff_seq"]),
        (ToClient, 500, 10, BOTH, &[]),
    ] {
        let mut rig = Rig::new();
        rig.send(ToServer, 9, 0, SYN, b"");
        rig.send(ToClient, 500, 10, BOTH, b"");
        rig.send(way, sequence, ack, flags, b"");
        assert_eq!(rig.anomalies.names(), names);
    }
}
