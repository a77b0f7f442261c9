//! Message queues. Key types: [`Queue`], [`Wanted`]. msgget(2), msgop(2).
use crate::errno::Errno;
use alloc::{collections::VecDeque, vec::Vec};

/// Bytes of one message (MSGMAX).
pub(crate) const MESSAGE_MAX: usize = 8_192;
/// Bytes that wait in one queue (MSGMNB), unless IPC_SET lowers it.
pub(crate) const QUEUE_BYTES: usize = 16_384;

/// One queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    messages: VecDeque<(i64, Vec<u8>)>,
    pub(crate) bytes: usize,
    /// most bytes that may wait
    pub(crate) bytes_max: usize,
    /// seconds since 1970
    pub(crate) send_time: u64,
    pub(crate) receive_time: u64,
    pub(crate) change_time: u64,
    pub(crate) sender: u32,
    pub(crate) receiver: u32,
}

/// Which message a receiver asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    First,
    OfType(i64),
    /// MSG_EXCEPT
    NotOfType(i64),
    /// the lowest type up to that one
    UpTo(i64),
}

impl Wanted {
    /// From the type argument and MSG_EXCEPT.
    pub(crate) fn from_type(number: i64, except: bool) -> Wanted {
        match number {
            0 => Wanted::First,
            1.. if except => Wanted::NotOfType(number),
            1.. => Wanted::OfType(number),
            _ => Wanted::UpTo(number.checked_neg().unwrap_or(i64::MAX)),
        }
    }
}

impl Queue {
    pub(crate) fn new(now: u64) -> Queue {
        Queue { bytes_max: QUEUE_BYTES, change_time: now, ..Queue::default() }
    }
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
    /// Puts a message at the end; EAGAIN when the queue is full.
    pub(crate) fn send(&mut self, kind: i64, text: Vec<u8>) -> Result<(), Errno> {
        // as Linux: also as many messages as bytes, so that empty ones are bounded
        if self.bytes + text.len() > self.bytes_max || self.messages.len() + 1 > self.bytes_max {
            return Err(Errno::EAGAIN);
        }
        self.bytes += text.len();
        self.messages.push_back((kind, text));
        Ok(())
    }
    /// Takes a message of at most `room` bytes; with `cut` a longer one is cut. ENOMSG, E2BIG.
    pub(crate) fn receive(
        &mut self,
        wanted: Wanted,
        room: usize,
        cut: bool,
    ) -> Result<(i64, Vec<u8>), Errno> {
        let mut each = self.messages.iter();
        let place = match wanted {
            Wanted::First => (!self.messages.is_empty()).then_some(0),
            Wanted::OfType(wanted) => each.position(|(kind, _)| *kind == wanted),
            Wanted::NotOfType(other) => each.position(|(kind, _)| *kind != other),
            Wanted::UpTo(most) => {
                let fitting = each.enumerate().filter(|(_, (kind, _))| *kind <= most);
                fitting.min_by_key(|(place, (kind, _))| (*kind, *place)).map(|(place, _)| place)
            }
        };
        let place = place.ok_or(Errno::ENOMSG)?;
        let length = self.messages.get(place).map_or(0, |(_, text)| text.len());
        if length > room && !cut {
            return Err(Errno::E2BIG);
        }
        let (kind, mut text) = self.messages.remove(place).ok_or(Errno::ENOMSG)?;
        self.bytes -= text.len();
        text.truncate(room);
        Ok((kind, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_chosen_by_type() {
        let mut queue = Queue::new(0);
        for (kind, text) in [(3, "c"), (1, "a"), (2, "b"), (1, "aa")] {
            queue.send(kind, text.as_bytes().to_vec()).unwrap();
        }
        let mut take = |number, except| {
            let wanted = Wanted::from_type(number, except);
            queue.receive(wanted, 10, false).map(|(kind, text)| (kind, text.len()))
        };
        assert_eq!(take(2, false), Ok((2, 1)));
        assert_eq!(take(-5, false), Ok((1, 1)));
        assert_eq!(take(3, true), Ok((1, 2)));
        assert_eq!(take(7, false), Err(Errno::ENOMSG));
        assert_eq!(take(0, false), Ok((3, 1)));
    }

    #[test]
    fn a_full_queue_and_a_small_buffer_are_said() {
        let mut queue = Queue::new(0);
        queue.send(1, alloc::vec![0; MESSAGE_MAX]).unwrap();
        queue.send(1, alloc::vec![0; MESSAGE_MAX]).unwrap();
        assert_eq!(queue.send(1, alloc::vec![0]), Err(Errno::EAGAIN));
        assert_eq!(queue.receive(Wanted::First, 5, false), Err(Errno::E2BIG));
        assert_eq!(queue.receive(Wanted::First, 5, true).unwrap().1.len(), 5);
        assert_eq!(queue.bytes, MESSAGE_MAX);
    }
}
