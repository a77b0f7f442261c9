//! One TCP connection: its state, and both streams put in order.
//!
//! Key types: [`TcpSession`], [`Reassembly`]; it hands out [`Piece`]s. RFC 9293, RFC 7323 5 (old time stamps).
//! On the way (`immediate`) bytes are handed out as soon as they are in order, so that the packet that completes a
//! match can be held back. Beside the way they wait for the receiver's acknowledgement: only then it is known which
//! of several copies it took (`overlap`).
use super::{
    Direction,
    overlap::{Policy, Window},
};
use crate::{
    anomaly::Anomalies,
    decode::{Transport, tcp_flag},
    limits::{TCP_PENDING_BYTES, TCP_PENDING_BYTES_ALL, TCP_PENDING_SEGMENTS, TCP_WINDOW_BYTES},
};

mod numbers;
mod open;
mod stamp;
#[cfg(test)]
mod tests;

use numbers::{REFUSED, Track};

/// Where a connection is; once it is established, where its server is (RFC 9293 3.3.2).
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
    /// the server has finished
    FinWait1,
    /// and the client knows
    FinWait2,
    /// the client has finished
    CloseWait,
    /// both have, and the server waits for the acknowledgement: it finished first
    Closing,
    /// it finished last
    LastAck,
    /// both have finished, the server first, and know
    TimeWait,
    /// nothing follows, or a reset came
    Closed,
}

impl TcpState {
    /// As Suricata's EVE has it (`tcp.state`, and the counters of `flow.end.tcp_state`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TcpState::None => "none",
            TcpState::SynSent => "syn_sent",
            TcpState::SynReceived => "syn_recv",
            TcpState::Established => "established",
            TcpState::FinWait1 => "fin_wait1",
            TcpState::FinWait2 => "fin_wait2",
            TcpState::CloseWait => "close_wait",
            TcpState::Closing => "closing",
            TcpState::LastAck => "last_ack",
            TcpState::TimeWait => "time_wait",
            TcpState::Closed => "closed",
        }
    }
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

/// Whether a connection may be taken up without its hand-shake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Midstream {
    /// take it up
    Allow,
    /// its packets are only looked at one by one
    Refuse,
}

/// What happens to a byte that the sender marks as urgent (RFC 6093).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgent {
    /// it stays in the stream
    Inline,
    /// it is taken out, as most systems do
    OutOfBand,
    /// it is a gap
    Gap,
}

/// How streams are put in order.
#[derive(Clone, Copy, Debug)]
pub struct Reassembly {
    /// connections without hand-shake
    pub midstream: Midstream,
    /// bytes are handed out before they are acknowledged
    pub immediate: bool,
    /// what the receiver would not take is dropped, so that it cannot take it
    pub refuses: bool,
    /// one side may be missing altogether
    pub one_sided: bool,
    /// bytes of each direction that are looked at
    pub depth_bytes: u64,
    /// urgent bytes
    pub urgent: Urgent,
}

impl Default for Reassembly {
    fn default() -> Self {
        Reassembly {
            midstream: Midstream::Refuse,
            immediate: true,
            refuses: true,
            one_sided: false,
            depth_bytes: u64::MAX,
            urgent: Urgent::Inline,
        }
    }
}

/// What a segment changes outside its connection.
pub struct Notes<'a> {
    /// bytes that wait in all connections
    pub kept_all: &'a mut usize,
    /// what is wrong with the segment
    pub anomalies: &'a mut Anomalies,
}

#[derive(Default, Debug)]
struct Side {
    /// number of the next byte to hand out; `None` until the first segment
    next: Option<u32>,
    window: Window,
    /// offset behind the last byte that the receiver has acknowledged
    acknowledged: u64,
    /// offset behind the last byte, once FIN was seen
    end: Option<u64>,
    ended: bool,
    /// latest time stamp
    stamp: Option<u32>,
    /// urgent bytes to leave out, by offset; seldom
    #[allow(clippy::box_collection, reason = "eight bytes in each connection, for what is seldom there")]
    urgent: Option<Box<Vec<u64>>>,
    policy: Policy,
    /// all bytes of the depth were handed out
    deep: bool,
    /// bytes were missed that the receiver has
    lossy: bool,
    track: Track,
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
    /// its SYN came with data and the option for that (RFC 7413)
    fast_open: bool,
    /// who has ended the connection with a reset
    reset_by: Option<Direction>,
    /// both sides have sent a SYN (RFC 9293 3.5)
    both_open: bool,
    /// answers with other numbers that its SYN had
    answers: u8,
}

impl Default for TcpSession {
    fn default() -> Self {
        TcpSession {
            state: TcpState::None,
            sides: Default::default(),
            midstream: false,
            flags: [0; 2],
            fast_open: false,
            reset_by: None,
            both_open: false,
            answers: 0,
        }
    }
}

/// Whether that anomaly means that the segment counts for nothing.
pub fn is_refused(anomaly: &str) -> bool {
    REFUSED.binary_search(&anomaly).is_ok()
}

/// Urgent bytes remembered per direction.
const URGENT_BYTES: usize = 16;

/// A segment on its way through a session.
struct Segment<'a> {
    direction: Direction,
    sequence: u32,
    acknowledgement: u32,
    flags: u8,
    window: u16,
    urgent: u16,
    payload: &'a [u8],
    fast_open: bool,
}

impl TcpSession {
    /// Where it is.
    pub const fn state(&self) -> TcpState {
        self.state
    }
    /// The hand-shake is done, or was taken for granted.
    pub const fn is_established(&self) -> bool {
        self.state as u8 >= TcpState::Established as u8
    }
    /// Bytes of the stream handed out so far in `direction`.
    pub const fn delivered(&self, direction: Direction) -> u64 {
        self.sides[direction.index()].window.base()
    }
    /// Bytes in `direction` were missed that the receiver has.
    pub const fn has_gap(&self, direction: Direction) -> bool {
        self.sides[direction.index()].lossy
    }
    /// The next sequence number expected in `direction`, if known.
    pub const fn next_sequence(&self, direction: Direction) -> Option<u32> {
        self.sides[direction.index()].next
    }
    /// The one that was taken for the client is the server.
    pub const fn turn(&mut self) {
        self.sides.swap(0, 1);
        self.flags.swap(0, 1);
        self.reset_by = None;
    }
    /// The receiver of that direction treats overlapping segments so.
    pub const fn set_policy(&mut self, direction: Direction, policy: Policy) {
        self.sides[direction.index()].policy = policy;
    }
    /// Bytes it keeps; given back to `kept_all` when the flow ends.
    pub fn kept(&self) -> usize {
        self.sides.iter().map(|side| side.window.size()).sum()
    }

    /// Notes how the connection ends from the flags of segments that nobody reads any more.
    pub const fn note_flags(&mut self, direction: Direction, flags: u8) {
        self.flags[direction.index()] |= flags;
        let both = self.flags[0] & self.flags[1];
        if (flags | both & tcp_flag::FIN) & (tcp_flag::RST | tcp_flag::FIN) == 0 {
            return;
        }
        let ended = flags & tcp_flag::RST != 0 || both & tcp_flag::FIN != 0;
        self.state = match direction {
            _ if ended => TcpState::Closed,
            Direction::ToServer => TcpState::CloseWait,
            Direction::ToClient => TcpState::FinWait1,
        };
    }

    /// Takes a segment; hands out what became readable, with its direction. False when the segment says nothing
    /// about the connection: it is not taken up, or its SYN has no answer yet.
    pub fn segment(
        &mut self,
        direction: Direction,
        header: &Transport,
        payload: &[u8],
        how: &Reassembly,
        notes: Notes<'_>,
        mut sink: impl FnMut(Direction, Piece<'_>),
    ) -> bool {
        let Notes { kept_all, anomalies } = notes;
        let Transport::Tcp { sequence, acknowledgement, flags, window, urgent, options, .. } = *header else {
            return false;
        };
        let opens = flags & tcp_flag::SYN != 0;
        self.fast_open |= opens && options.fast_open && !payload.is_empty();
        // Without that option no receiver takes the data of a SYN.
        let payload = if opens && !self.fast_open { &[] } else { payload };
        let fast_open = options.fast_open;
        let segment =
            Segment { direction, sequence, acknowledgement, flags, window, urgent, payload, fast_open };
        let acks = flags & tcp_flag::ACK != 0;
        let unanswered = self.state == TcpState::SynSent && !how.one_sided && !self.fast_open;
        let had = self.flags;
        self.flags[direction.index()] |= flags;
        if self.state == TcpState::SynSent && !opens && self.echoes_wrongly(direction, options.timestamp) {
            anomalies.note("stream.pkt_invalid_timestamp");
            return true;
        }
        if !self.take_up(&segment, how, anomalies) {
            // Nobody follows it: flags are those of connections.
            self.flags = had;
            return false;
        }
        if unanswered && flags & (tcp_flag::SYN | tcp_flag::RST) == 0 {
            return false;
        }
        // Who goes on after its reset has not sent it.
        if self.reset_by == Some(direction) && flags & (tcp_flag::SYN | tcp_flag::RST) == 0 {
            self.reset_by = None;
            anomalies.note("stream.suspected_rst_inject");
        }
        if let Some((stamp, _)) = options.timestamp
            && self.is_old(&segment, stamp)
        {
            if !self.says_nothing_new(&segment) {
                anomalies.note("stream.pkt_invalid_timestamp");
            }
            return true;
        }
        if !acks && acknowledgement != 0 {
            anomalies.note("stream.pkt_broken_ack");
        }
        if flags & (tcp_flag::SYN | tcp_flag::FIN) == tcp_flag::SYN | tcp_flag::FIN {
            anomalies.note("stream.fin_syn");
        }
        if !opens && !self.weigh(&segment, how, anomalies) {
            return true;
        }
        let kept_before = self.kept();
        if flags & tcp_flag::RST != 0 {
            self.reset(&segment, how, anomalies, &mut sink);
        } else {
            if !self.advance(&segment, how, anomalies) {
                return true;
            }
            // Beside the way, what a SYN carried is read once the hand-shake is over: its answer says nothing yet.
            if acks && (how.immediate || flags & tcp_flag::SYN == 0) {
                self.acknowledge(direction.flip(), acknowledgement, how, anomalies, &mut sink);
            }
            let first = sequence.wrapping_add(u32::from(flags & tcp_flag::SYN != 0));
            self.data(&segment, first, how, *kept_all, anomalies, &mut sink);
            self.track(&segment, options.window_scale);
        }
        *kept_all = (*kept_all + self.kept()).saturating_sub(kept_before);
        true
    }

    /// The first segment of a connection that did not begin before our eyes; false when it is left alone.
    fn take_up(&mut self, segment: &Segment<'_>, how: &Reassembly, anomalies: &mut Anomalies) -> bool {
        let syn = segment.flags & tcp_flag::SYN != 0;
        if self.state != TcpState::None || syn && segment.flags & tcp_flag::ACK == 0 {
            return true;
        }
        if syn {
            // The answer to a SYN that was not seen.
            self.midstream = how.midstream == Midstream::Allow;
            return self.midstream || how.one_sided;
        }
        if segment.flags & tcp_flag::RST != 0 {
            anomalies.note("stream.rst_but_no_session");
            return false;
        }
        if segment.flags & tcp_flag::FIN != 0 {
            anomalies.note("stream.fin_but_no_session");
        }
        if how.midstream == Midstream::Refuse {
            return false;
        }
        self.midstream = true;
        self.state = TcpState::Established;
        if segment.flags & tcp_flag::ACK != 0 {
            self.sides[segment.direction.flip().index()].next = Some(segment.acknowledgement);
        }
        true
    }

    fn reset(
        &mut self,
        segment: &Segment<'_>,
        how: &Reassembly,
        anomalies: &mut Anomalies,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let side = &self.sides[segment.direction.index()];
        // A reset far outside the window is somebody else's: it must not blind us.
        let distance = side.next.map_or(0, |next| segment.sequence.wrapping_sub(next).cast_signed());
        let in_window = distance.unsigned_abs() < TCP_WINDOW_BYTES;
        let answers_syn = self.state == TcpState::SynSent;
        if !in_window && !answers_syn {
            return anomalies.note("stream.rst_invalid_ack");
        }
        // Who has asked and has no answer resets with the number of its SYN; anything else is not its own.
        if answers_syn && side.next == Some(segment.sequence) && segment.flags & tcp_flag::ACK == 0 {
            return;
        }
        self.state = TcpState::Closed;
        self.reset_by = Some(segment.direction);
        // Beside the way, bytes that nobody acknowledged come out when the flow ends.
        if how.immediate || self.sides.iter().all(|side| side.window.is_empty()) {
            self.finish(sink);
        }
    }

    /// Ends both directions, as a time-out does; what waits comes out.
    pub fn finish(&mut self, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        for direction in Direction::BOTH {
            let side = &mut self.sides[direction.index()];
            if side.ended {
                continue;
            }
            // Each turn takes one piece that is there.
            while let Some(first) = side.window.first() {
                side.skip_to(first, direction, sink);
                side.hand_out(side.window.contiguous(), u64::MAX, direction, sink);
            }
            side.ended = true;
            sink(direction, Piece::End);
        }
    }

    /// The receiver has everything before `number`. What it has and we have not is a gap.
    fn acknowledge(
        &mut self,
        direction: Direction,
        number: u32,
        how: &Reassembly,
        anomalies: &mut Anomalies,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let side = &mut self.sides[direction.index()];
        let Some(next) = side.next else { return };
        let ahead = number.wrapping_sub(next);
        let far = ahead > TCP_WINDOW_BYTES;
        // So far ahead, both must say so: who sends has come there, and who receives has it all.
        if ahead == 0 || ahead.cast_signed() < 0 || far && !side.track.has_sent(number) {
            return;
        }
        side.acknowledged = side.acknowledged.max(side.window.base() + u64::from(ahead));
        side.release(how, direction, anomalies, sink);
        if far && side.window.is_empty() && side.acknowledged > side.window.base() {
            // More was missed than is waited for: nothing that follows would be near.
            side.miss(anomalies);
            side.skip_to(side.acknowledged, direction, sink);
        }
    }

    fn data(
        &mut self,
        segment: &Segment<'_>,
        first: u32,
        how: &Reassembly,
        kept_all: usize,
        anomalies: &mut Anomalies,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let direction = segment.direction;
        let one_sided = how.one_sided && self.flags[direction.flip().index()] == 0;
        let how = &Reassembly { immediate: how.immediate || one_sided, ..*how };
        let side = &mut self.sides[direction.index()];
        if side.ended {
            return;
        }
        let next = *side.next.get_or_insert(first);
        let distance = first.wrapping_sub(next).cast_signed();
        if distance.unsigned_abs() > TCP_WINDOW_BYTES {
            return anomalies.note("stream.est_packet_out_of_window");
        }
        let base = side.window.base();
        let start = base.saturating_add_signed(i64::from(distance));
        let payload = match distance {
            0.. => segment.payload,
            _ => segment.payload.get(distance.unsigned_abs() as usize..).unwrap_or(&[]),
        };
        let start = start.max(base);
        let end = start + payload.len() as u64;
        if segment.flags & tcp_flag::FIN != 0 && side.end.is_none() {
            side.end = Some(end);
        }
        if side.deep {
            // Nobody reads it; the place goes on, so that what follows is near it.
            side.pass(end.max(base));
        } else if !payload.is_empty() {
            side.note_urgent(segment, start, how);
            if how.immediate && side.window.is_empty() && start == base && side.urgent.is_none() {
                // The usual case on the way: nothing waits, nothing is copied.
                side.hand_over(payload, how.depth_bytes, direction, sink);
                if side.deep {
                    anomalies.note("stream.reassembly_depth_reached");
                }
            } else {
                side.keep(start, payload, kept_all, direction, how, anomalies, sink);
            }
        }
        side.release(how, direction, anomalies, sink);
    }
}

impl Side {
    /// The number behind what was seen without a hole. Behind the depth nobody puts segments in order: there only what
    /// the receiver says tells.
    fn edge(&self) -> Option<u32> {
        if self.deep {
            return self.track.acknowledged();
        }
        let waiting = self.window.contiguous().saturating_sub(self.window.base());
        self.next.map(|next| next.wrapping_add(waiting as u32))
    }
    fn note_urgent(&mut self, segment: &Segment<'_>, start: u64, how: &Reassembly) {
        if segment.flags & tcp_flag::URG == 0 || how.urgent == Urgent::Inline || segment.urgent == 0 {
            return;
        }
        let offset = start + u64::from(segment.urgent) - 1;
        let urgent = self.urgent.get_or_insert_default();
        if urgent.len() < URGENT_BYTES && !urgent.contains(&offset) {
            urgent.push(offset);
        }
    }
    /// Bytes at exactly the base that were never in the window.
    fn hand_over(
        &mut self,
        bytes: &[u8],
        depth: u64,
        direction: Direction,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let base = self.window.base();
        let room = usize::try_from(depth.saturating_sub(base)).unwrap_or(usize::MAX);
        let end = base + bytes.len() as u64;
        let shown = bytes.get(..room.min(bytes.len())).unwrap_or(bytes);
        self.deep |= end >= depth;
        self.pass(end);
        if !shown.is_empty() {
            sink(direction, Piece::Bytes(shown));
        }
    }
    fn pass(&mut self, to: u64) {
        let count = to.saturating_sub(self.window.base());
        // The low 32 bits are what counts on the wire.
        self.next = self.next.map(|next| next.wrapping_add(count as u32));
        self.window.pass(to);
        if let Some(urgent) = &mut self.urgent {
            urgent.retain(|offset| *offset >= to);
            if urgent.is_empty() {
                self.urgent = None;
            }
        }
    }
    /// Hands out the bytes up to `to`, without urgent ones.
    fn hand_out(
        &mut self,
        to: u64,
        depth: u64,
        direction: Direction,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let base = self.window.base();
        if to <= base {
            return;
        }
        let bytes = self.window.front(to.min(depth.max(base)));
        let mut from = 0;
        let urgent = self.urgent.as_deref_mut().map_or(&mut [][..], |urgent| {
            urgent.sort_unstable();
            urgent
        });
        for offset in urgent {
            let at = usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX);
            if at < bytes.len() && at >= from {
                let before = bytes.get(from..at).unwrap_or(&[]);
                if !before.is_empty() {
                    sink(direction, Piece::Bytes(before));
                }
                from = at + 1;
            }
        }
        let rest = bytes.get(from..).unwrap_or(&[]);
        if !rest.is_empty() {
            sink(direction, Piece::Bytes(rest));
        }
        self.deep |= to >= depth;
        self.pass(to);
    }
    /// Keeps a segment. Full: the hole before it becomes a gap.
    #[allow(clippy::too_many_arguments, reason = "one call, from one place")]
    fn keep(
        &mut self,
        start: u64,
        payload: &[u8],
        kept_all: usize,
        direction: Direction,
        how: &Reassembly,
        anomalies: &mut Anomalies,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let reach = usize::try_from(start - self.window.base()).unwrap_or(usize::MAX) + payload.len();
        let full = reach > TCP_PENDING_BYTES
            || self.window.pieces() >= TCP_PENDING_SEGMENTS
            || kept_all + payload.len() > TCP_PENDING_BYTES_ALL;
        if full {
            // What waits comes out, acknowledged or not; then there is room.
            while let Some(first) = self.window.first() {
                self.skip_to(first, direction, sink);
                self.hand_out(self.window.contiguous(), how.depth_bytes, direction, sink);
            }
            self.skip_to(start, direction, sink);
            self.miss(anomalies);
        }
        // On the way the bytes that were let through first are those that count.
        let policy = if how.immediate { Policy::First } else { self.policy };
        if self.window.insert(start.max(self.window.base()), payload, policy) {
            anomalies.note("stream.reassembly_overlap_different_data");
        }
    }
    /// Hands out what is due.
    fn release(
        &mut self,
        how: &Reassembly,
        direction: Direction,
        anomalies: &mut Anomalies,
        sink: &mut impl FnMut(Direction, Piece<'_>),
    ) {
        let was_deep = self.deep;
        // Each turn takes a piece or ends.
        for _ in 0..=TCP_PENDING_SEGMENTS {
            let contiguous = self.window.contiguous();
            let due = if how.immediate { contiguous } else { contiguous.min(self.acknowledged) };
            if due > self.window.base() {
                self.hand_out(due, how.depth_bytes, direction, sink);
                continue;
            }
            let missing = self.window.first().filter(|first| *first > self.window.base());
            match missing {
                Some(first) if self.acknowledged > self.window.base() => {
                    if !self.deep {
                        self.miss(anomalies);
                    }
                    self.skip_to(first.min(self.acknowledged), direction, sink);
                }
                _ => break,
            }
        }
        if self.deep && !was_deep {
            anomalies.note("stream.reassembly_depth_reached");
        }
        self.end_if_reached(direction, sink);
    }
    fn miss(&mut self, anomalies: &mut Anomalies) {
        self.lossy = true;
        anomalies.note("stream.reassembly_seq_gap");
    }
    fn skip_to(&mut self, offset: u64, direction: Direction, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        let missing = offset.saturating_sub(self.window.base());
        if missing > 0 {
            self.pass(offset);
            sink(direction, Piece::Gap(missing));
        }
    }
    fn end_if_reached(&mut self, direction: Direction, sink: &mut impl FnMut(Direction, Piece<'_>)) {
        if !self.ended && self.end.is_some_and(|end| self.window.base() >= end) {
            self.ended = true;
            sink(direction, Piece::End);
        }
    }
}
