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
    refuses: bool,
    depth_bytes: u64,
    window: u16,
    stamp: Option<(u32, u32)>,
    anomalies: Anomalies,
    fast_open: bool,
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
            refuses: true,
            depth_bytes: u64::MAX,
            window: 9999,
            stamp: None,
            anomalies: Anomalies::none(),
            fast_open: false,
        }
    }
    fn send(&mut self, to: Direction, sequence: u32, ack: u32, flags: u8, payload: &[u8]) {
        let header = Transport::Tcp {
            source: 1,
            destination: 2,
            sequence,
            acknowledgement: ack,
            flags,
            window: self.window,
            urgent: 0,
            options: TcpOptions { timestamp: self.stamp, fast_open: self.fast_open, ..TcpOptions::default() },
        };
        let (streams, gaps, ends) = (&mut self.streams, &mut self.gaps, &mut self.ends);
        let notes = Notes { kept_all: &mut self.kept, anomalies: &mut self.anomalies };
        let how = Reassembly {
            midstream: Midstream::Allow,
            immediate: self.immediate,
            refuses: self.refuses,
            depth_bytes: self.depth_bytes,
            ..Reassembly::default()
        };
        self.session.segment(to, &header, payload, &how, notes, |to, piece| match piece {
            Piece::Bytes(bytes) => streams[to.index()].extend_from_slice(bytes),
            Piece::Gap(count) => *gaps += count,
            Piece::End => *ends += 1,
        });
    }
    /// Bytes of the client at that offset, sent at that time.
    fn stamped(&mut self, tick: u32, offset: u32, payload: &[u8]) {
        self.stamp = Some((tick, 0));
        self.send(ToServer, u32::MAX.wrapping_add(offset), 501, tcp_flag::ACK, payload);
        self.stamp = None;
    }
    /// The server has all before that offset.
    fn acknowledged(&mut self, offset: u32) {
        self.send(ToClient, 501, u32::MAX.wrapping_add(offset), tcp_flag::ACK, b"");
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
    assert_eq!((rig.ends, rig.session.state()), (1, TcpState::CloseWait));
    rig.send(ToClient, 501, 2, tcp_flag::ACK | tcp_flag::FIN, b"");
    assert_eq!((rig.ends, rig.session.state()), (2, TcpState::LastAck));
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
fn data_of_a_syn_is_read_once_the_hand_shake_is_over() {
    let mut rig = Rig::new();
    (rig.immediate, rig.fast_open) = (false, true);
    rig.send(ToServer, 99, 0, tcp_flag::SYN, b"early");
    rig.send(ToClient, 499, 105, tcp_flag::SYN | tcp_flag::ACK, b"");
    rig.send(ToServer, 105, 500, tcp_flag::ACK, b"");
    assert!(rig.streams[0].is_empty());
    rig.send(ToClient, 500, 105, tcp_flag::ACK, b"answer");
    assert_eq!(rig.streams[0], b"early");
}

#[test]
fn who_goes_on_after_a_reset_has_not_sent_it() {
    let mut rig = Rig::shaken();
    rig.send(ToClient, 501, u32::MAX, tcp_flag::RST | tcp_flag::ACK, b"");
    rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK, b"crossing");
    rig.send(ToClient, 501, u32::MAX, tcp_flag::RST, b"");
    assert!(!rig.anomalies.names().contains(&"stream.suspected_rst_inject"));
    rig.send(ToClient, 501, 7, tcp_flag::ACK, b"I am here");
    assert!(rig.anomalies.names().contains(&"stream.suspected_rst_inject"));
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
    let mut rig = Rig::new();
    rig.send(ToServer, 0, 501, tcp_flag::ACK, b"taken up here");
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
    assert_eq!(
        rig.anomalies.names(),
        ["stream.pkt_retransmission", "stream.reassembly_overlap_different_data"]
    );
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
    assert_eq!(rig.session.state(), TcpState::CloseWait);
    rig.session.note_flags(ToClient, tcp_flag::ACK);
    assert_eq!(rig.session.state(), TcpState::CloseWait);
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

/// Sends what follows the hand-shake; the names that the last segment has.
fn names_of(segments: &[(Direction, u32, u32, u8, &[u8])]) -> Vec<&'static str> {
    let mut rig = Rig::new();
    rig.send(ToServer, 99, 0, tcp_flag::SYN, b"");
    rig.send(ToClient, 499, 100, tcp_flag::SYN | tcp_flag::ACK, b"");
    rig.send(ToServer, 100, 500, tcp_flag::ACK, b"");
    for (way, sequence, ack, flags, payload) in segments {
        rig.anomalies = Anomalies::none();
        rig.send(*way, *sequence, *ack, *flags, payload);
    }
    rig.anomalies.names().to_vec()
}

#[test]
fn numbers_that_cannot_be_have_a_name_in_each_state() {
    const ACK: u8 = tcp_flag::ACK;
    const FIN: u8 = tcp_flag::FIN | tcp_flag::ACK;
    const RST: u8 = tcp_flag::RST | tcp_flag::ACK;
    type Step = (Direction, u32, u32, u8, &'static [u8]);
    let client: Step = (ToServer, 100, 500, FIN, b"");
    let server: Step = (ToClient, 500, 100, FIN, b"");
    let server_known: Step = (ToServer, 100, 501, ACK, b"");
    let server_last: Step = (ToClient, 500, 101, FIN, b"");
    let crossing: Step = (ToServer, 100, 500, FIN, b"");
    let both: Step = (ToServer, 100, 501, FIN, b"");
    for (before, last, names) in [
        (
            &[][..],
            (ToServer, 100, 90_000, ACK, &b"x"[..]),
            &["stream.pkt_invalid_ack", "stream.est_invalid_ack"][..],
        ),
        (&[], (ToServer, 30_000, 500, ACK, b"x"), &["stream.est_packet_out_of_window"]),
        (&[], (ToServer, 100, 90_000, FIN, b""), &["stream.pkt_invalid_ack", "stream.fin_invalid_ack"]),
        (&[], (ToServer, 30_000, 500, FIN, b""), &["stream.fin_out_of_window"]),
        (
            &[client],
            (ToClient, 500, 90_000, ACK, b"x"),
            &["stream.pkt_invalid_ack", "stream.closewait_invalid_ack"],
        ),
        (&[client], (ToClient, 30_000, 101, ACK, b"x"), &["stream.closewait_ack_out_of_window"]),
        (&[client], (ToServer, 101, 500, ACK, b"more"), &["stream.closewait_ack_out_of_window"]),
        (&[client], (ToClient, 30_000, 101, FIN, b""), &["stream.closewait_fin_out_of_window"]),
        (&[client], (ToServer, 90, 0, tcp_flag::SYN, b""), &["stream.shutdown_syn_resend"]),
        (&[client], (ToClient, 500, 90_000, RST, b""), &["stream.pkt_invalid_ack", "stream.rst_invalid_ack"]),
        (
            &[server],
            (ToServer, 100, 90_000, ACK, b""),
            &["stream.pkt_invalid_ack", "stream.fin1_invalid_ack"],
        ),
        (&[server], (ToServer, 30_000, 500, ACK, b"x"), &["stream.fin1_ack_wrong_seq"]),
        (&[server], (ToServer, 30_000, 501, FIN, b""), &["stream.fin1_fin_wrong_seq"]),
        (
            &[server, server_known],
            (ToServer, 100, 90_000, ACK, b""),
            &["stream.pkt_invalid_ack", "stream.fin2_invalid_ack"],
        ),
        (&[server, server_known], (ToServer, 30_000, 501, ACK, b"x"), &["stream.fin2_ack_wrong_seq"]),
        (&[server, server_known], (ToServer, 30_000, 501, FIN, b""), &["stream.fin2_fin_wrong_seq"]),
        (&[server, crossing], (ToServer, 105, 501, ACK, b""), &["stream.closing_ack_wrong_seq"]),
        (
            &[server, crossing],
            (ToServer, 101, 90_000, ACK, b""),
            &["stream.pkt_invalid_ack", "stream.closing_invalid_ack"],
        ),
        (&[client, server_last], (ToServer, 105, 501, ACK, b""), &["stream.lastack_ack_wrong_seq"]),
        (
            &[client, server_last],
            (ToServer, 101, 90_000, ACK, b""),
            &["stream.pkt_invalid_ack", "stream.lastack_invalid_ack"],
        ),
        (&[server, both], (ToClient, 505, 101, ACK, b""), &["stream.timewait_ack_wrong_seq"]),
        (
            &[server, both],
            (ToClient, 501, 90_000, ACK, b""),
            &["stream.pkt_invalid_ack", "stream.timewait_invalid_ack"],
        ),
        (&[client, server_last], (ToServer, 101, 501, ACK, b""), &[]),
        (&[server, both], (ToClient, 501, 101, ACK, b""), &[]),
    ] {
        let all: Vec<Step> = before.iter().copied().chain([last]).collect();
        assert_eq!(names_of(&all), names, "{all:?}");
        assert!(names.is_empty() || names.iter().any(|name| is_refused(name)));
    }
}

#[test]
fn what_comes_again_is_no_surprise() {
    const ACK: u8 = tcp_flag::ACK;
    let sent = (ToServer, 100, 500, ACK, &b"abcd"[..]);
    let known = (ToClient, 500, 104, ACK, &b""[..]);
    let ended = (ToServer, 104, 500, tcp_flag::FIN | ACK, &b""[..]);
    assert_eq!(names_of(&[sent, sent]), ["stream.pkt_retransmission"]);
    let spurious = ["stream.pkt_retransmission", "stream.pkt_spurious_retransmission"];
    let names = names_of(&[sent, known, sent]);
    assert_eq!(names, [&spurious[..], &["stream.est_pkt_before_last_ack"]].concat());
    let names = names_of(&[sent, known, ended, sent]);
    assert_eq!(names, [&spurious[..], &["stream.closewait_pkt_before_last_ack"]].concat());
    assert!(names_of(&[sent, known, (ToServer, 103, 500, ACK, b"d")]).is_empty(), "it keeps alive");
    assert!(names_of(&[sent, known, (ToServer, 103, 500, ACK, b"")]).is_empty(), "it keeps alive");
    assert_eq!(names_of(&[(ToServer, 100, 0, tcp_flag::SYN | tcp_flag::FIN, b"")])[0], "stream.fin_syn");
}

#[test]
fn windows_are_kept_and_may_not_shrink() {
    let mut rig = Rig::shaken();
    rig.window = 0;
    rig.send(ToClient, 501, u32::MAX, tcp_flag::ACK, b"");
    rig.window = 9999;
    rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK, b"p");
    assert!(rig.anomalies.names().is_empty(), "a probe of a closed window");
    rig.send(ToServer, 0, 501, tcp_flag::ACK, b"more");
    assert!(rig.anomalies.names().is_empty(), "the window may have opened behind our back");
    rig.send(ToServer, 9_999, 501, tcp_flag::ACK, b"more");
    assert_eq!(rig.anomalies.names(), ["stream.est_packet_out_of_window"]);
    let mut rig = Rig::shaken();
    rig.window = 1;
    rig.send(ToClient, 700, 100, tcp_flag::ACK, b"");
    assert_eq!(rig.anomalies.names(), ["stream.pkt_bad_window_update"]);
}

#[test]
fn what_both_sides_have_and_we_missed_is_passed_over() {
    const ACK: u8 = tcp_flag::ACK;
    let ahead = (ToServer, 60_000, 500, ACK, &b"x"[..]);
    let known = (ToClient, 500, 60_001, ACK, &b""[..]);
    let more = (ToServer, 60_001, 500, ACK, &b"y"[..]);
    let refused = ["stream.est_packet_out_of_window", "stream.pkt_invalid_ack", "stream.est_invalid_ack"];
    assert_eq!(names_of(&[ahead]), refused[..1]);
    assert_eq!(names_of(&[known]), refused[1..]);
    assert_eq!(names_of(&[ahead, ahead]), refused[..1], "one side alone says nothing");
    assert_eq!(names_of(&[ahead, known, more]), [""; 0], "both go on there");
    assert_eq!(names_of(&[ahead, known, more, known]), ["stream.reassembly_seq_gap"]);
}

#[test]
fn what_lies_behind_the_depth_is_followed_to_the_end() {
    for immediate in [false, true] {
        let mut rig = Rig::shaken();
        (rig.depth_bytes, rig.immediate) = (8, immediate);
        let bytes = [b'x'; 4096];
        let mut sent = u32::MAX;
        for _ in 0..3 * TCP_WINDOW_BYTES / bytes.len() as u32 {
            rig.send(ToServer, sent, 501, tcp_flag::ACK, &bytes);
            sent = sent.wrapping_add(bytes.len() as u32);
            rig.send(ToClient, 501, sent, tcp_flag::ACK, b"");
        }
        assert_eq!(rig.anomalies.names(), ["stream.reassembly_depth_reached"]);
        rig.send(ToServer, sent, 501, tcp_flag::FIN | tcp_flag::ACK, b"");
        assert_eq!(rig.session.state(), TcpState::CloseWait);
    }
}

#[test]
fn both_may_open_at_once() {
    const BOTH: u8 = tcp_flag::SYN | tcp_flag::ACK;
    for (last, name) in [
        ((ToServer, 99, 7, BOTH), "stream.4whs_synack_with_wrong_ack"),
        ((ToServer, 77, 500, BOTH), "stream.4whs_synack_with_wrong_syn"),
        ((ToClient, 600, 100, tcp_flag::ACK), "stream.4whs_wrong_seq"),
        ((ToClient, 500, 90_000, tcp_flag::ACK), "stream.4whs_invalid_ack"),
    ] {
        let mut rig = Rig::new();
        rig.send(ToServer, 99, 0, tcp_flag::SYN, b"");
        rig.send(ToClient, 499, 0, tcp_flag::SYN, b"");
        if last.0 == ToClient {
            rig.send(ToServer, 99, 500, BOTH, b"");
        }
        rig.send(last.0, last.1, last.2, last.3, b"");
        assert_eq!(rig.anomalies.names(), [name]);
    }
}

#[test]
fn a_syn_has_only_so_many_answers() {
    let mut rig = Rig::new();
    rig.send(ToServer, 99, 0, tcp_flag::SYN, b"");
    for number in 0..7 {
        rig.anomalies = Anomalies::none();
        rig.send(ToClient, 500 + number, 100, tcp_flag::SYN | tcp_flag::ACK, b"");
    }
    assert!(rig.anomalies.names().contains(&"stream.3whs_synack_flood"));
}

#[test]
fn states_are_those_of_the_server() {
    const ACK: u8 = tcp_flag::ACK;
    const FIN: u8 = tcp_flag::FIN | tcp_flag::ACK;
    let mut rig = Rig::shaken();
    for (way, sequence, ack, flags, state) in [
        (ToServer, u32::MAX, 501, FIN, TcpState::CloseWait),
        (ToClient, 501, 0, ACK, TcpState::CloseWait),
        (ToClient, 501, 0, FIN, TcpState::LastAck),
        (ToServer, 0, 502, ACK, TcpState::Closed),
    ] {
        rig.send(way, sequence, ack, flags, b"");
        assert_eq!(rig.session.state(), state);
    }
    let mut rig = Rig::shaken();
    for (way, sequence, ack, flags, state) in [
        (ToClient, 501, u32::MAX, FIN, TcpState::FinWait1),
        (ToServer, u32::MAX, 502, ACK, TcpState::FinWait2),
        (ToServer, u32::MAX, 502, FIN, TcpState::TimeWait),
        (ToClient, 502, 0, ACK, TcpState::Closed),
    ] {
        rig.send(way, sequence, ack, flags, b"");
        assert_eq!(rig.session.state(), state);
    }
}

#[test]
fn segments_out_of_order_are_not_taken_for_old_ones() {
    // What the receiver has already says nothing of its clock: the copy comes before what was sent before it.
    let mut rig = Rig::shaken();
    rig.stamped(100, 0, b"ab");
    rig.acknowledged(2);
    rig.stamped(130, 0, b"ab");
    rig.stamped(110, 2, b"cd");
    assert_eq!(rig.streams[0], b"abcd");
    // Neither does what comes too early.
    rig.stamped(150, 6, b"gh");
    rig.stamped(140, 4, b"ef");
    assert_eq!((rig.streams[0].as_slice(), rig.gaps), (&b"abcdefgh"[..], 0));
    let names = ["stream.pkt_retransmission", "stream.pkt_spurious_retransmission"];
    assert!(rig.anomalies.names().starts_with(&names), "{:?}", rig.anomalies.names());
    assert!(!rig.anomalies.names().contains(&"stream.pkt_invalid_timestamp"));
    // What fills the hole does: a late segment of one tick before is taken, one of two is not.
    rig.stamped(160, 8, b"ij");
    rig.stamped(159, 10, b"kl");
    rig.stamped(158, 12, b"mn");
    assert_eq!(rig.streams[0], b"abcdefghijkl");
    assert!(rig.anomalies.names().contains(&"stream.pkt_invalid_timestamp"));
}

#[test]
fn behind_the_depth_the_clock_is_that_of_what_is_acknowledged() {
    let mut rig = Rig::shaken();
    rig.depth_bytes = 2;
    rig.stamped(100, 0, b"ab");
    rig.acknowledged(2);
    rig.anomalies = Anomalies::none();
    rig.stamped(110, 4, b"ef");
    rig.stamped(120, 6, b"gh");
    rig.stamped(105, 2, b"cd");
    assert!(rig.anomalies.names().iter().all(|name| !is_refused(name)), "{:?}", rig.anomalies.names());
    rig.acknowledged(8);
    rig.stamped(130, 8, b"ij");
    rig.stamped(104, 10, b"kl");
    assert!(rig.anomalies.names().contains(&"stream.pkt_invalid_timestamp"));
}

#[test]
fn an_acknowledgement_that_was_overtaken_is_no_anomaly() {
    let mut rig = Rig::shaken();
    rig.send(ToClient, 501, u32::MAX, tcp_flag::ACK, b"abcd");
    let acks = |rig: &mut Rig, tick, number, payload: &[u8]| {
        rig.stamp = Some((tick, 0));
        rig.send(ToServer, u32::MAX, number, tcp_flag::ACK, payload);
    };
    acks(&mut rig, 100, 503, b"");
    acks(&mut rig, 200, 505, b"");
    acks(&mut rig, 100, 503, b"");
    assert_eq!(rig.anomalies.names(), [""; 0]);
    acks(&mut rig, 100, 505, b"x");
    assert_eq!(rig.anomalies.names(), ["stream.pkt_invalid_timestamp"]);
}

#[test]
fn what_fills_a_hole_was_not_sent_again() {
    for immediate in [true, false] {
        let mut rig = Rig::shaken();
        rig.immediate = immediate;
        rig.stamped(100, 0, b"ab");
        rig.stamped(100, 4, b"ef");
        rig.stamped(100, 2, b"cd");
        assert_eq!(rig.anomalies.names(), [""; 0]);
        rig.stamped(100, 2, b"cd");
        assert_eq!(rig.anomalies.names(), ["stream.pkt_retransmission"]);
    }
}

#[test]
fn a_narrow_window_makes_no_acknowledgement_too_old() {
    let mut rig = Rig::shaken();
    rig.send(ToServer, u32::MAX, 501, tcp_flag::ACK, &[b'x'; 3_000]);
    rig.acknowledged(2_000);
    rig.window = 10;
    rig.acknowledged(3_000);
    // The window of before, and what was acknowledged then: it was overtaken.
    rig.window = 9_999;
    rig.acknowledged(2_000);
    assert_eq!(rig.anomalies.names(), [""; 0]);
}

#[test]
fn what_was_missed_over_many_bytes_is_a_gap_and_no_end() {
    const FAR: u32 = 2 * TCP_WINDOW_BYTES;
    for (immediate, refuses, depth) in
        [(true, true, u64::MAX), (true, false, u64::MAX), (false, true, u64::MAX), (true, false, 1)]
    {
        let mut rig = Rig::shaken();
        (rig.immediate, rig.refuses, rig.depth_bytes) = (immediate, refuses, depth);
        rig.stamped(1, 0, b"ab");
        rig.acknowledged(2);
        for at in [FAR, FAR + 2, FAR + 4] {
            rig.stamped(1, at, b"yz");
            rig.acknowledged(at + 2);
        }
        rig.anomalies = Anomalies::none();
        rig.stamped(1, FAR + 6, b"cd");
        rig.acknowledged(FAR + 8);
        assert_eq!(rig.anomalies.names(), [""; 0], "{immediate} {refuses} {depth}");
        assert!(depth == 1 || rig.streams[0].ends_with(b"cd"), "{immediate} {refuses} {:?}", rig.streams);
        assert!(rig.session.has_gap(ToServer));
    }
    // Nobody has got what only one side claims to have sent.
    let mut rig = Rig::shaken();
    rig.refuses = false;
    rig.stamped(1, FAR, b"yz");
    rig.acknowledged(0);
    rig.stamped(1, 0, b"ab");
    assert_eq!(rig.streams[0], b"ab");
}
