//! The hand-shake of a TCP connection: what fits into it and what its receiver ignores.
//!
//! RFC 9293 3.5 and 3.10.7, RFC 7413. Names are those of Suricata's stream events. `close` has what
//! comes after it.
use super::{Direction, Reassembly, Segment, TcpSession, TcpState};
use crate::{anomaly::Anomalies, decode::tcp_flag};

/// Answers with other numbers that one SYN may have.
const ANSWERS: u8 = 5;

/// Notes why; the segment counts for nothing.
pub(super) fn refuse(anomalies: &mut Anomalies, name: &'static str) -> bool {
    anomalies.note(name);
    false
}

impl TcpSession {
    /// The hand-shake; false when the segment does not fit into it, so that the receiver ignores it.
    pub(super) fn advance(
        &mut self,
        segment: &Segment<'_>,
        how: &Reassembly,
        anomalies: &mut Anomalies,
    ) -> bool {
        let (syn, acks) = (segment.flags & tcp_flag::SYN != 0, segment.flags & tcp_flag::ACK != 0);
        let again = syn && self.repeats_first(segment);
        if !syn {
            if let Some(name) = self.strays(segment, how) {
                return refuse(anomalies, name);
            }
            let answers = match self.state {
                TcpState::SynReceived => (segment.direction == Direction::ToServer || self.both_open) && acks,
                // The other side is not to be seen.
                TcpState::SynSent => {
                    let unseen = how.one_sided && segment.direction == Direction::ToServer;
                    if unseen && !self.fits(Direction::ToServer, segment.sequence) {
                        return refuse(anomalies, "stream.3whs_async_wrong_seq");
                    }
                    unseen
                }
                _ => false,
            };
            if answers {
                self.state = TcpState::Established;
            }
            return true;
        }
        let next = self.sides[Direction::ToServer.index()].next;
        match (segment.direction, acks) {
            (Direction::ToServer, false) if self.state <= TcpState::SynSent => self.state = TcpState::SynSent,
            // Both open at once (RFC 9293 3.5).
            (Direction::ToClient, false) if self.state == TcpState::SynSent => self.both_open = true,
            (Direction::ToServer, true) if self.both_open && self.state == TcpState::SynSent => {
                if !self.fits(Direction::ToClient, segment.acknowledgement) {
                    return refuse(anomalies, "stream.4whs_synack_with_wrong_ack");
                }
                if !again {
                    return refuse(anomalies, "stream.4whs_synack_with_wrong_syn");
                }
                self.state = TcpState::SynReceived;
            }
            (Direction::ToClient, true) if self.state <= TcpState::SynReceived => {
                if !self.fast_open && next.is_some_and(|next| next != segment.acknowledgement) {
                    return refuse(
                        anomalies,
                        match self.state {
                            TcpState::SynReceived => "stream.3whs_synack_resend_with_different_ack",
                            _ => "stream.3whs_synack_with_wrong_ack",
                        },
                    );
                }
                if self.state == TcpState::SynReceived && !self.both_open && !again {
                    anomalies.note("stream.3whs_synack_resend_with_diff_seq");
                    self.answers = self.answers.saturating_add(1);
                    if self.answers > ANSWERS {
                        return refuse(anomalies, "stream.3whs_synack_flood");
                    }
                }
                let data = self.sides[Direction::ToServer.index()].window.base() > 0
                    || !self.sides[Direction::ToServer.index()].window.is_empty();
                let first = self.first(Direction::ToServer);
                if self.fast_open && segment.fast_open && data && first == Some(segment.acknowledgement) {
                    anomalies.note("stream.3whs_synack_tfo_data_ignored");
                }
                self.state = TcpState::SynReceived;
            }
            // The answer has not come to its receiver yet.
            (Direction::ToServer, false) if self.state == TcpState::SynReceived && again => {}
            (way, acks) => return refuse(anomalies, self.strange_syn(way, acks, segment)),
        }
        let side = &mut self.sides[segment.direction.index()];
        // A repeated SYN with another number replaces the first: only the last one can be answered.
        if side.window.base() == 0 && side.window.is_empty() {
            side.next = Some(segment.sequence.wrapping_add(1));
        }
        true
    }
    /// The number of the first byte behind the SYN of `way`.
    fn first(&self, way: Direction) -> Option<u32> {
        let side = &self.sides[way.index()];
        side.next.map(|next| next.wrapping_sub(side.window.base() as u32))
    }
    /// `number` is the next one of `way`, as far as that is known.
    fn fits(&self, way: Direction, number: u32) -> bool {
        self.sides[way.index()].next.is_none_or(|next| next == number)
    }
    /// The number of a SYN is that of the one before.
    fn repeats_first(&self, segment: &Segment<'_>) -> bool {
        self.first(segment.direction).is_none_or(|first| segment.sequence.wrapping_add(1) == first)
    }
    /// What is wrong with a SYN that comes after the hand-shake, or at a wrong place in it.
    fn strange_syn(&self, way: Direction, acks: bool, segment: &Segment<'_>) -> &'static str {
        let again = self.repeats_first(segment);
        let first = self.first(Direction::ToServer);
        match (way, acks, self.state) {
            (_, _, state) if state > TcpState::Established && state < TcpState::Closed => {
                "stream.shutdown_syn_resend"
            }
            (Direction::ToServer, true, TcpState::SynReceived) => "stream.3whs_synack_toserver_on_syn_recv",
            (Direction::ToServer, true, state) if state < TcpState::SynReceived => {
                "stream.3whs_synack_in_wrong_direction"
            }
            (Direction::ToServer, false, TcpState::SynReceived) => {
                "stream.3whs_syn_resend_diff_seq_on_syn_recv"
            }
            (Direction::ToClient, false, TcpState::SynReceived) => "stream.3whs_syn_toclient_on_syn_recv",
            (Direction::ToServer, true, _) => "stream.est_synack_toserver",
            (Direction::ToClient, true, _) if first.is_some_and(|first| first != segment.acknowledgement) => {
                "stream.est_synack_resend_with_different_ack"
            }
            (Direction::ToClient, true, _) if !again => "stream.est_synack_resend_with_diff_seq",
            (Direction::ToClient, true, _) => "stream.est_synack_resend",
            (Direction::ToServer, false, _) if !again => "stream.est_syn_resend_diff_seq",
            (Direction::ToServer, false, _) => "stream.est_syn_resend",
            (Direction::ToClient, false, _) => "stream.est_syn_toclient",
        }
    }
    /// What is wrong with a segment between the answer to the SYN and the end of the hand-shake. Beside the way a
    /// segment from the server only says that we have missed the client's; on the way nothing is missed.
    fn strays(&self, segment: &Segment<'_>, how: &Reassembly) -> Option<&'static str> {
        let acks = segment.flags & tcp_flag::ACK != 0;
        let judged = self.state == TcpState::SynReceived && acks && !self.fast_open;
        if !judged || self.midstream || how.one_sided {
            return None;
        }
        if self.both_open {
            return match segment.direction {
                Direction::ToClient if !self.fits(Direction::ToClient, segment.sequence) => {
                    Some("stream.4whs_wrong_seq")
                }
                Direction::ToClient if !self.takes(Direction::ToServer, segment.acknowledgement) => {
                    Some("stream.4whs_invalid_ack")
                }
                _ => None,
            };
        }
        let right = self.fits(segment.direction, segment.sequence);
        match segment.direction {
            Direction::ToClient if !how.immediate && (right || !segment.payload.is_empty()) => None,
            Direction::ToClient if !segment.payload.is_empty() && right => {
                Some("stream.3whs_ack_data_inject")
            }
            Direction::ToClient => Some("stream.3whs_ack_in_wrong_dir"),
            Direction::ToServer if self.fits(Direction::ToClient, segment.acknowledgement) => None,
            Direction::ToServer
                if !how.immediate && self.takes(Direction::ToClient, segment.acknowledgement) =>
            {
                None
            }
            Direction::ToServer if right => Some("stream.3whs_right_seq_wrong_ack_evasion"),
            Direction::ToServer => Some("stream.3whs_wrong_seq_wrong_ack"),
        }
    }
    /// An acknowledgement that the receiver of `way` can have sent.
    fn takes(&self, way: Direction, number: u32) -> bool {
        self.sides[way.index()].track.takes(number)
    }
}
