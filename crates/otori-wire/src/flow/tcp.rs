//! One TCP connection: its state, and both streams put in order.
//!
//! Key type: [`TcpSession`]; it hands out [`Piece`]s. RFC 9293. Bytes are handed out as soon as they are in
//! order, so that an inline guard can decide on the packet that carries them. Of overlapping bytes the first win.
use super::Direction;
use crate::{
    decode::{Transport, tcp_flag},
    limits::{TCP_PENDING_BYTES, TCP_PENDING_BYTES_ALL, TCP_PENDING_SEGMENTS, TCP_WINDOW_BYTES},
};
use std::collections::BTreeMap;

/// Where a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TcpState {
    /// nothing that counts was seen
    None,
    /// SYN
    SynSent,
    /// SYN and its answer
    SynReceived,
    /// the hand-shake is done, or was taken for granted
    Established,
    /// one side has finished
    Closing,
    /// both have, or a reset came
    Closed,
}

/// What came out of a segment, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// the next bytes of the stream
    Bytes(&'a [u8]),
    /// that many bytes will never be seen
    Gap(u64),
    /// no more bytes
    End,
}

#[derive(Default, Debug)]
struct Side {
    /// number of the next byte; `None` until the first segment
    next: Option<u32>,
    /// bytes handed out or skipped, the offset of `next`
    delivered: u64,
    pending: BTreeMap<u64, Vec<u8>>,
    pending_bytes: usize,
    /// offset behind the last byte, once FIN was seen
    end: Option<u64>,
    ended: bool,
}

/// One connection.
#[derive(Debug)]
pub struct TcpSession {
    state: TcpState,
    sides: [Side; 2],
    /// taken up without a hand-shake
    pub midstream: bool,
    /// all flags seen, per direction
    pub flags: [u8; 2],
}

impl Default for TcpSession {
    fn default() -> Self {
        TcpSession { state: TcpState::None, sides: Default::default(), midstream: false, flags: [0; 2] }
    }
}

impl TcpSession {
    /// Where it is.
    pub const fn state(&self) -> TcpState {
        self.state
    }
    /// The hand-shake is done and it is not closed by a reset.
    pub const fn is_established(&self) -> bool {
        matches!(self.state, TcpState::Established | TcpState::Closing | TcpState::Closed)
    }
    /// Bytes of the stream handed out so far in `direction`.
    pub const fn delivered(&self, direction: Direction) -> u64 {
        self.sides[direction.index()].delivered
    }
    /// The next sequence number expected in `direction`, if known.
    pub const fn next_sequence(&self, direction: Direction) -> Option<u32> {
        self.sides[direction.index()].next
    }

    /// Takes a segment; hands out what became readable, with its direction. `midstream` allows a start without
    /// SYN. `kept_all` is the count of out-of-order bytes over all connections.
    pub fn segment(
        &mut self,
        direction: Direction,
        header: &Transport,
        payload: &[u8],
        midstream: Midstream,
        kept_all: &mut usize,
        mut sink: impl FnMut(Direction, Piece<'_>),
    ) {
        let Transport::Tcp { sequence, acknowledgement, flags, .. } = *header else { return };
        self.flags[direction.index()] |= flags;
        let syn = flags & tcp_flag::SYN != 0;
        let acks = flags & tcp_flag::ACK != 0;
        if self.state == TcpState::None && !syn {
            if midstream == Midstream::Refuse || flags & tcp_flag::RST != 0 {
                return;
            }
            self.midstream = true;
            self.state = TcpState::Established;
            if acks {
                self.sides[direction.flip().index()].next = Some(acknowledgement);
            }
        }
        if flags & tcp_flag::RST != 0 {
            return self.reset(direction, sequence, &mut sink);
        }
        if syn {
            self.open(direction, sequence, acks);
        } else if self.state == TcpState::SynReceived && direction == Direction::ToServer && acks {
            self.state = TcpState::Established;
        }
        if acks {
            self.acknowledge(direction.flip(), acknowledgement, kept_all, &mut sink);
        }
        let first = if syn { sequence.wrapping_add(1) } else { sequence };
        self.data(direction, first, payload, flags, kept_all, &mut sink);
        let both_ended = self.sides.iter().all(|side| side.ended);
        let one_ended = self.sides.iter().any(|side| side.ended);
        if both_ended {
            self.state = TcpState::Closed;
        } else if one_ended && self.state == TcpState::Established {
            self.state = TcpState::Closing;
        }
    }

    fn open(&mut self, direction: Direction, sequence: u32, acks: bool) {
        match (direction, acks) {
            (Direction::ToServer, false) if self.state <= TcpState::SynSent => self.state = TcpState::SynSent,
            (Direction::ToClient, true) if self.state <= TcpState::SynReceived => {
                self.state = TcpState::SynReceived;
            }
            _ => return,
        }
        let side = &mut self.sides[direction.index()];
        // A repeated SYN with another number replaces the first: only the last one can be answered.
        if side.delivered == 0 {
            side.next = Some(sequence.wrapping_add(1));
        }
    }

    fn reset(&mut self, direction: Direction, sequence: u32, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        let side = &self.sides[direction.index()];
        // A reset far outside the window is somebody else's: it must not blind us.
        let distance = side.next.map_or(0, |next| sequence.wrapping_sub(next).cast_signed());
        let in_window = distance.unsigned_abs() < TCP_WINDOW_BYTES;
        let answers_syn = self.state == TcpState::SynSent;
        if !in_window && !answers_syn {
            return;
        }
        self.state = TcpState::Closed;
        self.finish(sink);
    }

    /// Ends both directions, as a time-out does.
    pub fn finish(&mut self, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        for direction in Direction::BOTH {
            let side = &mut self.sides[direction.index()];
            if !side.ended {
                side.ended = true;
                sink(direction, Piece::End);
            }
        }
    }

    /// The peer has bytes that we never saw: they are a gap.
    fn acknowledge(
        &mut self,
        direction: Direction,
        number: u32,
        kept_all: &mut usize,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let side = &mut self.sides[direction.index()];
        let Some(next) = side.next else { return };
        let ahead = number.wrapping_sub(next);
        if ahead == 0 || ahead > TCP_WINDOW_BYTES || side.pending.is_empty() {
            return;
        }
        let acknowledged = side.delivered + u64::from(ahead);
        while let Some(first) = side.pending.keys().next().copied().filter(|first| *first < acknowledged) {
            side.skip_to(first, direction, sink);
            side.drain(direction, kept_all, sink);
        }
    }

    fn data(
        &mut self,
        direction: Direction,
        sequence: u32,
        payload: &[u8],
        flags: u8,
        kept_all: &mut usize,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let side = &mut self.sides[direction.index()];
        if side.ended {
            return;
        }
        let next = *side.next.get_or_insert(sequence);
        let distance = sequence.wrapping_sub(next).cast_signed();
        if distance.unsigned_abs() > TCP_WINDOW_BYTES {
            return;
        }
        let start = side.delivered.saturating_add_signed(i64::from(distance));
        if flags & tcp_flag::FIN != 0 && side.end.is_none() {
            side.end = Some(start + payload.len() as u64);
        }
        if !payload.is_empty() {
            let old = if distance < 0 { distance.unsigned_abs() as usize } else { 0 };
            match payload.get(old..) {
                Some(fresh) if distance <= 0 && !fresh.is_empty() => {
                    side.take(fresh, direction, kept_all, sink)
                }
                Some(_) if distance > 0 => side.keep(start, payload, direction, kept_all, sink),
                _ => {}
            }
        }
        side.end_if_reached(direction, sink);
    }
}

/// Whether a connection may be taken up without its hand-shake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Midstream {
    /// take it up
    Allow,
    /// its packets are only looked at one by one
    Refuse,
}

impl Side {
    /// Bytes at exactly `delivered`. Those that a kept segment already has are cut off: the first win.
    fn take(
        &mut self,
        bytes: &[u8],
        direction: Direction,
        kept_all: &mut usize,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.pending.keys().next().map_or(u64::MAX, |first| first - self.delivered);
            let count = usize::try_from(room).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(count);
            self.hand_out(now, direction, sink);
            let before = self.delivered;
            self.drain(direction, kept_all, sink);
            let passed = usize::try_from(self.delivered - before).unwrap_or(usize::MAX);
            rest = later.get(passed..).unwrap_or(&[]);
        }
    }
    fn hand_out(&mut self, bytes: &[u8], direction: Direction, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        if bytes.is_empty() {
            return;
        }
        self.delivered += bytes.len() as u64;
        // The low 32 bits are what counts on the wire.
        self.next = self.next.map(|next| next.wrapping_add(bytes.len() as u32));
        sink(direction, Piece::Bytes(bytes));
    }
    /// Hands out kept segments that have become due.
    fn drain(
        &mut self,
        direction: Direction,
        kept_all: &mut usize,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        while let Some(entry) = self.pending.first_entry().filter(|entry| *entry.key() <= self.delivered) {
            let (start, bytes) = entry.remove_entry();
            self.pending_bytes = self.pending_bytes.saturating_sub(bytes.len());
            *kept_all = kept_all.saturating_sub(bytes.len());
            let old = usize::try_from(self.delivered - start).unwrap_or(usize::MAX);
            self.hand_out(bytes.get(old..).unwrap_or(&[]), direction, sink);
        }
    }
    /// Keeps what lies ahead, without what is kept already. Full: the hole before it becomes a gap.
    fn keep(
        &mut self,
        start: u64,
        payload: &[u8],
        direction: Direction,
        kept_all: &mut usize,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let mut from = start;
        let end = start + payload.len() as u64;
        while from < end {
            let covering = self.pending.range(..=from).next_back().map(|(at, b)| at + b.len() as u64);
            if let Some(until) = covering.filter(|until| *until > from) {
                from = until;
                continue;
            }
            let until = self.pending.range(from..).next().map_or(end, |(at, _)| (*at).min(end));
            let (a, b) = ((from - start) as usize, (until - start) as usize);
            let piece = payload.get(a..b).unwrap_or(&[]).to_vec();
            self.pending_bytes += piece.len();
            *kept_all += piece.len();
            self.pending.insert(from, piece);
            from = until;
        }
        let full = self.pending_bytes > TCP_PENDING_BYTES
            || self.pending.len() > TCP_PENDING_SEGMENTS
            || *kept_all > TCP_PENDING_BYTES_ALL;
        if let Some(first) = self.pending.keys().next().copied().filter(|_| full) {
            self.skip_to(first, direction, sink);
            self.drain(direction, kept_all, sink);
        }
    }
    fn skip_to(&mut self, offset: u64, direction: Direction, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        let Some(missing) = offset.checked_sub(self.delivered).filter(|missing| *missing > 0) else { return };
        self.delivered = offset;
        self.next = self.next.map(|next| next.wrapping_add(missing as u32));
        sink(direction, Piece::Gap(missing));
    }
    fn end_if_reached(&mut self, direction: Direction, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        if !self.ended && self.end.is_some_and(|end| self.delivered >= end) {
            self.ended = true;
            sink(direction, Piece::End);
        }
    }
}

impl TcpSession {
    /// Out-of-order bytes it keeps; given back to `kept_all` when the flow ends.
    pub fn kept(&self) -> usize {
        self.sides.iter().map(|side| side.pending_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rig {
        session: TcpSession,
        streams: [Vec<u8>; 2],
        gaps: u64,
        ends: u32,
        kept: usize,
    }
    impl Rig {
        fn new() -> Self {
            Rig { session: TcpSession::default(), streams: [vec![], vec![]], gaps: 0, ends: 0, kept: 0 }
        }
        fn send(&mut self, to: Direction, sequence: u32, ack: u32, flags: u8, payload: &[u8]) {
            let header = Transport::Tcp {
                source: 1,
                destination: 2,
                sequence,
                acknowledgement: ack,
                flags,
                window: 9999,
            };
            let (streams, gaps, ends) = (&mut self.streams, &mut self.gaps, &mut self.ends);
            self.session.segment(to, &header, payload, Midstream::Allow, &mut self.kept, |to, piece| {
                match piece {
                    Piece::Bytes(bytes) => streams[to.index()].extend_from_slice(bytes),
                    Piece::Gap(count) => *gaps += count,
                    Piece::End => *ends += 1,
                }
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
}
