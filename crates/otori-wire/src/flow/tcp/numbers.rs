//! Whether the numbers of a segment can be those of its sender, from the end of the hand-shake to the end.
//!
//! Key type: [`Track`]; `open` has the hand-shake. RFC 9293 3.3.2, 3.8.4, 3.8.6 and 3.10.7.4. Names are those of
//! Suricata's stream events: each state after the hand-shake has its own.
use super::{Direction, Reassembly, Segment, TcpSession, TcpState, open::refuse};
use crate::{anomaly::Anomalies, decode::tcp_flag};

/// Anomalies that say that the receiver will not take the segment; sorted.
pub(super) const REFUSED: &[&str] = &[
    "stream.3whs_ack_data_inject",
    "stream.3whs_ack_in_wrong_dir",
    "stream.3whs_async_wrong_seq",
    "stream.3whs_right_seq_wrong_ack_evasion",
    "stream.3whs_syn_resend_diff_seq_on_syn_recv",
    "stream.3whs_syn_toclient_on_syn_recv",
    "stream.3whs_synack_flood",
    "stream.3whs_synack_in_wrong_direction",
    "stream.3whs_synack_resend_with_different_ack",
    "stream.3whs_synack_toserver_on_syn_recv",
    "stream.3whs_synack_with_wrong_ack",
    "stream.3whs_wrong_seq_wrong_ack",
    "stream.4whs_invalid_ack",
    "stream.4whs_synack_with_wrong_ack",
    "stream.4whs_synack_with_wrong_syn",
    "stream.4whs_wrong_seq",
    "stream.closewait_ack_out_of_window",
    "stream.closewait_fin_out_of_window",
    "stream.closing_ack_wrong_seq",
    "stream.est_packet_out_of_window",
    "stream.est_syn_resend",
    "stream.est_syn_resend_diff_seq",
    "stream.est_syn_toclient",
    "stream.est_synack_resend",
    "stream.est_synack_resend_with_diff_seq",
    "stream.est_synack_resend_with_different_ack",
    "stream.est_synack_toserver",
    "stream.fin1_ack_wrong_seq",
    "stream.fin1_fin_wrong_seq",
    "stream.fin2_ack_wrong_seq",
    "stream.fin2_fin_wrong_seq",
    "stream.fin_out_of_window",
    "stream.lastack_ack_wrong_seq",
    "stream.pkt_bad_window_update",
    "stream.pkt_invalid_ack",
    "stream.pkt_invalid_timestamp",
    "stream.rst_invalid_ack",
    "stream.shutdown_syn_resend",
    "stream.timewait_ack_wrong_seq",
];

/// The largest shift of a window, RFC 7323 2.3.
const MOST_SHIFT: u8 = 14;

/// By how many bytes more than were acknowledged a window may shrink before it is suspicious.
const SHRINKS_BYTES: u32 = 32;

/// What one side has sent, and what the other side has said to that.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Track {
    /// its first segment was seen
    known: bool,
    /// number behind the last byte, SYN or FIN
    sent: u32,
    /// the highest number that the other side expects next
    acknowledged: u32,
    /// bytes behind that number that the other side has room for
    window: u32,
    /// the most room that it ever had
    widest: u32,
    /// a number that the other side expected though it cannot have been sent, as far as we saw
    claimed: Option<u32>,
    /// how far this side's own windows are shifted
    scale: Option<u8>,
    /// number behind its FIN
    end: Option<u32>,
}

/// Bytes between what one side expects and what the other sends that are taken for agreement, whatever the window.
const NEAR_BYTES: u32 = 1 << 16;

/// `a` lies behind `b`.
pub(super) const fn behind(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}

impl Track {
    /// The last number that it may use. The acknowledgement that moves the window may come to us after what it allows:
    /// the two directions of a line are read one after the other. So it is one window more, as wide as there ever was one.
    const fn limit(&self) -> u32 {
        match self.end {
            Some(end) => end,
            None => self.acknowledged.wrapping_add(self.window).wrapping_add(self.widest),
        }
    }
    /// Both sides are past what we saw of this one: it goes on near the number that the other side expects.
    fn is_missed(&self, sequence: u32) -> bool {
        self.claimed.is_some_and(|claimed| {
            let distance = sequence.wrapping_sub(claimed).cast_signed();
            distance.unsigned_abs() <= self.widest.max(NEAR_BYTES)
        })
    }
    /// Whether its receiver can have sent that acknowledgement: neither of what was never sent nor, by the widest window
    /// that it ever had (RFC 5961 5.2), hopelessly old.
    pub(super) const fn takes(&self, number: u32) -> bool {
        if !self.known {
            return true;
        }
        let furthest = self.acknowledged.wrapping_add(self.window);
        let old = self.acknowledged.wrapping_sub(number).cast_signed();
        !(behind(number, self.sent) && behind(number, furthest)
            || self.window > 0 && old > 0 && old.unsigned_abs() > self.widest)
    }
    /// The highest number that the other side is known to expect next.
    pub(super) fn acknowledged(&self) -> Option<u32> {
        self.known.then_some(self.acknowledged)
    }
    /// All that was sent in front of `number` is acknowledged.
    pub(super) const fn has_acknowledged(&self, number: u32) -> bool {
        self.known && !behind(number, self.acknowledged)
    }
    /// All in front of `number` was sent before.
    pub(super) const fn has_sent(&self, number: u32) -> bool {
        self.known && !behind(number, self.sent)
    }
    /// Its FIN is acknowledged.
    const fn is_through(&self) -> bool {
        matches!(self.end, Some(end) if !behind(end, self.acknowledged))
    }
}

/// What is wrong in one state after the hand-shake, in Suricata's words.
struct Names {
    acknowledgement: &'static str,
    fin_acknowledgement: &'static str,
    number: &'static str,
    fin_number: &'static str,
    before: &'static str,
}

const fn names(state: TcpState) -> Names {
    const BEFORE: &str = "stream.reassembly_segment_before_base_seq";
    const fn row(ack: &'static str, number: &'static str, fin: &'static str, before: &'static str) -> Names {
        Names { acknowledgement: ack, fin_acknowledgement: ack, number, fin_number: fin, before }
    }
    match state {
        TcpState::CloseWait => row(
            "stream.closewait_invalid_ack",
            "stream.closewait_ack_out_of_window",
            "stream.closewait_fin_out_of_window",
            "stream.closewait_pkt_before_last_ack",
        ),
        TcpState::FinWait1 => {
            row("stream.fin1_invalid_ack", "stream.fin1_ack_wrong_seq", "stream.fin1_fin_wrong_seq", BEFORE)
        }
        TcpState::FinWait2 => {
            row("stream.fin2_invalid_ack", "stream.fin2_ack_wrong_seq", "stream.fin2_fin_wrong_seq", BEFORE)
        }
        TcpState::Closing => {
            const NUMBER: &str = "stream.closing_ack_wrong_seq";
            row("stream.closing_invalid_ack", NUMBER, NUMBER, BEFORE)
        }
        TcpState::LastAck => {
            const NUMBER: &str = "stream.lastack_ack_wrong_seq";
            row("stream.lastack_invalid_ack", NUMBER, NUMBER, BEFORE)
        }
        TcpState::TimeWait => {
            const NUMBER: &str = "stream.timewait_ack_wrong_seq";
            row("stream.timewait_invalid_ack", NUMBER, NUMBER, BEFORE)
        }
        _ => Names {
            acknowledgement: "stream.est_invalid_ack",
            fin_acknowledgement: "stream.fin_invalid_ack",
            number: "stream.est_packet_out_of_window",
            fin_number: "stream.fin_out_of_window",
            before: "stream.est_pkt_before_last_ack",
        },
    }
}

/// A segment that only asks whether the other side is still there: the number before the next one (RFC 9293 3.8.4).
fn keeps_alive(segment: &Segment<'_>, own: &Track) -> bool {
    let quiet = segment.flags & (tcp_flag::SYN | tcp_flag::FIN | tcp_flag::RST) == 0;
    quiet && own.known && segment.payload.len() <= 1 && segment.sequence.wrapping_add(1) == own.sent
}

impl TcpSession {
    /// Whether the receiver will take the numbers of the segment. What only says something about them is noted too.
    pub(super) fn weigh(
        &mut self,
        segment: &Segment<'_>,
        how: &Reassembly,
        anomalies: &mut Anomalies,
    ) -> bool {
        // Who was not seen from the beginning, in part or not at all, cannot be judged.
        let lossy = self.sides.iter().any(|side| side.lossy);
        let judged = self.state >= TcpState::Established && !self.midstream && !lossy && !how.one_sided;
        if !judged || self.state == TcpState::Closed {
            return true;
        }
        let own = self.sides[segment.direction.index()].track;
        let other = self.sides[segment.direction.flip().index()].track;
        let (fin, rst) = (segment.flags & tcp_flag::FIN != 0, segment.flags & tcp_flag::RST != 0);
        let acks = segment.flags & tcp_flag::ACK != 0;
        let names = names(self.state);
        if acks && !other.takes(segment.acknowledgement) && !(rst && self.state == TcpState::Established) {
            let name = match (rst, fin) {
                (true, _) => "stream.rst_invalid_ack",
                (_, true) => names.fin_acknowledgement,
                _ => names.acknowledgement,
            };
            anomalies.note("stream.pkt_invalid_ack");
            if !rst {
                let claimed = Some(segment.acknowledgement);
                self.sides[segment.direction.flip().index()].track.claimed = claimed;
            }
            return refuse(anomalies, name);
        }
        if rst || !own.known || keeps_alive(segment, &own) {
            return true;
        }
        if self.shrinks_wrongly(segment) {
            return refuse(anomalies, "stream.pkt_bad_window_update");
        }
        let end = segment.sequence.wrapping_add(segment.payload.len() as u32);
        if own.has_sent(end.wrapping_add(u32::from(fin))) && (!segment.payload.is_empty() || fin) {
            // What only fills a hole has come late; it was not sent again.
            let again = self.sides[segment.direction.index()].edge().is_none_or(|edge| !behind(end, edge));
            if !segment.payload.is_empty() && again {
                note_repeated(&own, end, &names, anomalies);
            }
            return true;
        }
        let probes = own.window == 0 && segment.payload.len() <= 1;
        let outside = behind(end, own.limit()) && !probes;
        if outside && own.end.is_none() && own.is_missed(segment.sequence) {
            self.sides[segment.direction.index()].lossy = true;
            return true;
        }
        if fin && (outside || own.known && behind(own.sent, end)) {
            return refuse(anomalies, names.fin_number);
        }
        if outside && (!segment.payload.is_empty() || own.end.is_some()) {
            anomalies.note(names.number);
            // A receiver may give more room than it says: what is let through to it is read.
            return how.immediate && !how.refuses;
        }
        true
    }

    /// RFC 9293 3.8.6: a window may not shrink. One that does, in a segment from beyond all that was seen, may be
    /// forged to make us take what follows for too far ahead.
    fn shrinks_wrongly(&self, segment: &Segment<'_>) -> bool {
        let own = &self.sides[segment.direction.index()].track;
        let other = &self.sides[segment.direction.flip().index()].track;
        let ahead = behind(segment.sequence, own.sent) && behind(segment.acknowledgement, other.sent);
        let bare = segment.payload.is_empty() && segment.flags & (tcp_flag::SYN | tcp_flag::FIN) == 0;
        let progress = segment.acknowledgement.wrapping_sub(other.acknowledged);
        let shrinks = other.window.saturating_sub(self.window(segment));
        other.known && ahead && bare && shrinks > progress.saturating_add(SHRINKS_BYTES)
    }

    /// The segment's window in bytes.
    fn window(&self, segment: &Segment<'_>) -> u32 {
        let [a, b] = [0, 1].map(|side: usize| self.sides[side].track.scale);
        let own = if segment.direction == Direction::ToServer { a } else { b };
        let agreed = a.is_some() && b.is_some() && segment.flags & tcp_flag::SYN == 0;
        let shift = if agreed { own.unwrap_or(0).min(MOST_SHIFT) } else { 0 };
        u32::from(segment.window) << shift
    }

    /// Remembers the numbers of a segment that its receiver takes, and where the connection is now.
    pub(super) fn track(&mut self, segment: &Segment<'_>, scale: Option<u8>) {
        let (syn, fin) = (segment.flags & tcp_flag::SYN != 0, segment.flags & tcp_flag::FIN != 0);
        let length = segment.payload.len() as u32 + u32::from(syn) + u32::from(fin);
        let end = segment.sequence.wrapping_add(length);
        let own = &mut self.sides[segment.direction.index()].track;
        if syn {
            own.scale = scale;
        }
        if syn || !own.known {
            // The last of several SYNs is the one that counts.
            (own.known, own.acknowledged, own.sent) = (true, segment.sequence, end);
        } else if behind(end, own.sent) {
            own.sent = end;
        }
        if fin && own.end.is_none() {
            own.end = Some(end);
        }
        let window = self.window(segment);
        let acks = segment.flags & tcp_flag::ACK != 0;
        let other = &mut self.sides[segment.direction.flip().index()].track;
        if acks && other.known && !behind(other.acknowledged, segment.acknowledgement) {
            other.acknowledged = segment.acknowledgement;
            other.window = window;
        } else if !other.known && syn {
            other.window = window;
        }
        other.widest = other.widest.max(other.window);
        self.close(segment.direction);
    }

    /// The states of the server in RFC 9293 3.3.2, as far as FINs were seen.
    const fn close(&mut self, from: Direction) {
        let [client, server] = [&self.sides[0].track, &self.sides[1].track];
        self.state = match (self.state, client.end.is_some(), server.end.is_some()) {
            (TcpState::Established, true, false) => TcpState::CloseWait,
            (TcpState::Established | TcpState::FinWait1, false, true) if server.is_through() => {
                TcpState::FinWait2
            }
            (TcpState::Established, false, true) => TcpState::FinWait1,
            (TcpState::Established, true, true) => TcpState::LastAck,
            (TcpState::SynSent | TcpState::SynReceived, true, true) => TcpState::Closed,
            (TcpState::CloseWait, _, true) if server.is_through() => TcpState::Closed,
            (TcpState::CloseWait, _, true) => TcpState::LastAck,
            (TcpState::FinWait1 | TcpState::FinWait2, true, _) if server.is_through() => TcpState::TimeWait,
            (TcpState::FinWait1, true, _) => TcpState::Closing,
            (TcpState::Closing, _, _) if server.is_through() => TcpState::TimeWait,
            (TcpState::LastAck, _, _) if server.is_through() => TcpState::Closed,
            (TcpState::TimeWait, _, _) if matches!(from, Direction::ToClient) && client.is_through() => {
                TcpState::Closed
            }
            (state, _, _) => state,
        };
    }
}

/// A segment whose bytes were all sent before, up to `end`.
fn note_repeated(own: &Track, end: u32, names: &Names, anomalies: &mut Anomalies) {
    anomalies.note("stream.pkt_retransmission");
    if own.has_acknowledged(end) {
        anomalies.note("stream.pkt_spurious_retransmission");
        anomalies.note(names.before);
    }
}
