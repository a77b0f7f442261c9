//! The time stamps of segments: which of them make a receiver ignore one.
//!
//! RFC 7323 3 and 5. Lines put segments out of order, and receivers live with that: a stamp counts only where the
//! receiver would remember it.
use super::{Direction, Segment, TcpSession, numbers::behind};
use crate::decode::tcp_flag;

/// By how many ticks a stamp may be late and is still taken: Linux allows that for segments out of order.
const LATE_TICKS: u32 = 1;

impl TcpSession {
    /// Before the answer to a SYN, a time stamp that does not give back that of the SYN: the client ignores the segment.
    pub(super) fn echoes_wrongly(&self, direction: Direction, stamp: Option<(u32, u32)>) -> bool {
        let (own, other) = (&self.sides[direction.index()], &self.sides[direction.flip().index()]);
        let opener = other.next.is_some() && own.next.is_none();
        opener && stamp.is_some_and(|(_, echo)| other.stamp != Some(echo))
    }

    /// A time stamp before the last one: the receiver ignores the segment.
    pub(super) fn is_old(&mut self, segment: &Segment<'_>, stamp: u32) -> bool {
        let side = &self.sides[segment.direction.index()];
        let Some(last) = side.stamp else {
            self.sides[segment.direction.index()].stamp = Some(stamp);
            return false;
        };
        if behind(last, stamp.wrapping_add(LATE_TICKS)) && segment.flags & tcp_flag::RST == 0 && last != 0 {
            return true;
        }
        if behind(stamp, last) && self.moves_clock(segment) {
            self.sides[segment.direction.index()].stamp = Some(stamp);
        }
        false
    }

    /// The receiver remembers the stamp of a segment that begins at or before what it expects next and is not wholly
    /// from before: neither one that comes too early nor one that it has already.
    fn moves_clock(&self, segment: &Segment<'_>) -> bool {
        let side = &self.sides[segment.direction.index()];
        if segment.flags & tcp_flag::SYN != 0 {
            return true;
        }
        // Behind the depth nobody puts segments in order: only what the receiver says tells where it is.
        let expected = if side.deep { side.track.acknowledged().or(side.next) } else { side.next };
        let Some(expected) = expected else { return true };
        let fin = u32::from(segment.flags & tcp_flag::FIN != 0);
        let length = (segment.payload.len() as u32).wrapping_add(fin);
        let end = segment.sequence.wrapping_add(length);
        !behind(segment.sequence, expected) && (behind(end, expected) || length == 0 && end == expected)
    }

    /// An acknowledgement that a later one has overtaken: its receiver ignores it, and loses nothing.
    pub(super) fn says_nothing_new(&self, segment: &Segment<'_>) -> bool {
        let bare = segment.payload.is_empty() && segment.flags & (tcp_flag::SYN | tcp_flag::FIN) == 0;
        let other = &self.sides[segment.direction.flip().index()].track;
        bare && segment.flags & tcp_flag::ACK != 0 && other.has_acknowledged(segment.acknowledgement)
    }
}
