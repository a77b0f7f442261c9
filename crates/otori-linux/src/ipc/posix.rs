//! POSIX message queues: by name, ordered by priority. Key types: [`PosixQueues`], [`PosixQueue`].
//!
//! Neighbour: `syscall/posix_message.rs` waits and checks. mq_overview(7), mq_open(3).
use crate::{config::Pid, errno::Errno, signal::Signal};
use alloc::{collections::BTreeMap, vec::Vec};

/// Queues of one machine (queues_max); then ENOSPC.
const QUEUES_MAX: usize = 256;
/// Bytes that wait in all queues of one machine; then EMFILE for a new queue.
const TOTAL_BYTES_MAX: usize = 4 << 20;
/// Without CAP_SYS_RESOURCE: messages of one queue (msg_max) and bytes of one message (msgsize_max).
pub(crate) const MESSAGES_MAX: usize = 10;
pub(crate) const MESSAGE_BYTES_MAX: usize = 8_192;
/// With it (HARD_MSGMAX, HARD_MSGSIZEMAX), as far as the machine's total allows.
pub(crate) const MESSAGES_HARD_MAX: usize = 65_536;
pub(crate) const MESSAGE_BYTES_HARD_MAX: usize = 1 << 20;
/// Priorities below this one (MQ_PRIO_MAX).
pub(crate) const PRIORITIES: u32 = 32_768;

/// Number of a queue, never used again.
pub(crate) type QueueNumber = u32;

/// What mq_notify asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Notify {
    pub(crate) pid: Pid,
    /// none for SIGEV_NONE
    pub(crate) signal: Option<Signal>,
    pub(crate) value: u64,
}

/// One queue.
#[derive(Clone, Debug)]
pub(crate) struct PosixQueue {
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) messages_max: usize,
    pub(crate) message_bytes: usize,
    /// priority and text, the next one to be received first
    messages: Vec<(u32, Vec<u8>)>,
    pub(crate) notify: Option<Notify>,
    /// open descriptions
    users: u32,
}

impl PosixQueue {
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
    fn bytes(&self) -> usize {
        self.messages.iter().map(|(_, text)| text.len()).sum()
    }
    pub(crate) fn is_full(&self) -> bool {
        self.messages.len() >= self.messages_max
    }
    /// What read(2) gives: how many bytes wait.
    pub(crate) fn read_status(&self, offset: u64, into: &mut [u8]) -> usize {
        let bytes = self.bytes();
        let text = alloc::format!("QSIZE:{bytes:<10} NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n");
        let rest = text.as_bytes().get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        into.iter_mut().zip(rest).for_each(|(target, byte)| *target = *byte);
        rest.len().min(into.len())
    }
    /// Behind the others of its priority; EAGAIN when the queue is full.
    pub(crate) fn send(&mut self, priority: u32, text: Vec<u8>) -> Result<(), Errno> {
        if self.is_full() {
            return Err(Errno::EAGAIN);
        }
        let place = self.messages.iter().position(|(other, _)| *other < priority);
        self.messages.insert(place.unwrap_or(self.messages.len()), (priority, text));
        Ok(())
    }
    /// The oldest of the highest priority; EAGAIN when there is none.
    pub(crate) fn receive(&mut self) -> Result<(u32, Vec<u8>), Errno> {
        if self.messages.is_empty() { Err(Errno::EAGAIN) } else { Ok(self.messages.remove(0)) }
    }
}

/// What a new queue is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewQueue {
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) messages_max: usize,
    pub(crate) message_bytes: usize,
}

/// All queues of a machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct PosixQueues {
    queues: BTreeMap<QueueNumber, PosixQueue>,
    names: BTreeMap<Vec<u8>, QueueNumber>,
    next: QueueNumber,
}

impl PosixQueues {
    pub(crate) fn find(&self, name: &[u8]) -> Option<QueueNumber> {
        self.names.get(name).copied()
    }
    /// A queue under a name that is free, without users.
    pub(crate) fn make(&mut self, name: &[u8], new: NewQueue) -> Result<QueueNumber, Errno> {
        if self.queues.len() >= QUEUES_MAX {
            return Err(Errno::ENOSPC);
        }
        let room = |messages: usize, bytes: usize| messages.saturating_mul(bytes);
        let used: usize =
            self.queues.values().map(|queue| room(queue.messages_max, queue.message_bytes)).sum();
        if used.saturating_add(room(new.messages_max, new.message_bytes)) > TOTAL_BYTES_MAX {
            return Err(Errno::EMFILE);
        }
        let number = self.next;
        self.next = self.next.checked_add(1).ok_or(Errno::ENOSPC)?;
        let NewQueue { mode, uid, gid, messages_max, message_bytes } = new;
        let queue = PosixQueue {
            mode,
            uid,
            gid,
            messages_max,
            message_bytes,
            messages: Vec::new(),
            notify: None,
            users: 0,
        };
        self.queues.insert(number, queue);
        self.names.insert(name.to_vec(), number);
        Ok(number)
    }
    pub(crate) fn get(&self, number: QueueNumber) -> Result<&PosixQueue, Errno> {
        self.queues.get(&number).ok_or(Errno::EBADF)
    }
    pub(crate) fn get_mut(&mut self, number: QueueNumber) -> Result<&mut PosixQueue, Errno> {
        self.queues.get_mut(&number).ok_or(Errno::EBADF)
    }
    /// One open description more.
    pub(crate) fn hold(&mut self, number: QueueNumber) {
        if let Some(queue) = self.queues.get_mut(&number) {
            queue.users += 1;
        }
    }
    /// One less; a queue without a name goes with its last.
    pub(crate) fn release(&mut self, number: QueueNumber, pid: Pid) {
        if let Some(queue) = self.queues.get_mut(&number) {
            queue.users = queue.users.saturating_sub(1);
            queue.notify = queue.notify.filter(|notify| notify.pid != pid);
        }
        self.forget_unused(number);
    }
    /// Takes the name away.
    pub(crate) fn unlink(&mut self, name: &[u8]) -> Result<(), Errno> {
        let number = self.names.remove(name).ok_or(Errno::ENOENT)?;
        self.forget_unused(number);
        Ok(())
    }
    fn forget_unused(&mut self, number: QueueNumber) {
        let named = self.names.values().any(|other| *other == number);
        if !named && self.queues.get(&number).is_some_and(|queue| queue.users == 0) {
            self.queues.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: NewQueue = NewQueue { mode: 0o600, uid: 0, gid: 0, messages_max: 3, message_bytes: 10 };

    #[test]
    fn the_highest_priority_comes_first_and_the_oldest_of_it() {
        let mut queues = PosixQueues::default();
        let number = queues.make(b"q", NEW).unwrap();
        let queue = queues.get_mut(number).unwrap();
        for (priority, text) in [(1, "a"), (5, "b"), (5, "c")] {
            queue.send(priority, text.into()).unwrap();
        }
        assert_eq!(queue.send(9, "d".into()), Err(Errno::EAGAIN));
        let taken: Vec<(u32, Vec<u8>)> = (0..3).map(|_| queue.receive().unwrap()).collect();
        assert_eq!(taken, [(5, b"b".to_vec()), (5, b"c".to_vec()), (1, b"a".to_vec())]);
        assert_eq!(queue.receive(), Err(Errno::EAGAIN));
    }

    #[test]
    fn a_queue_lives_as_long_as_its_name_or_a_user() {
        let mut queues = PosixQueues::default();
        let number = queues.make(b"q", NEW).unwrap();
        queues.hold(number);
        queues.unlink(b"q").unwrap();
        assert_eq!(queues.find(b"q"), None);
        assert!(queues.get(number).is_ok());
        queues.release(number, 1);
        assert!(queues.get(number).is_err());
    }

    #[test]
    fn queues_and_their_bytes_are_bounded() {
        let mut queues = PosixQueues::default();
        let made = (0..1_000u32).take_while(|each| queues.make(&each.to_le_bytes(), NEW).is_ok()).count();
        assert_eq!(made, QUEUES_MAX);
        let mut wide = PosixQueues::default();
        let new = NewQueue { messages_max: MESSAGES_HARD_MAX, message_bytes: MESSAGE_BYTES_HARD_MAX, ..NEW };
        assert_eq!(wide.make(b"q", new), Err(Errno::EMFILE));
    }
}
