//! Pipes and named pipes; key type [`Pipes`]. Nothing blocks: `EAGAIN` means that the kernel puts the task to
//! sleep. Specification: pipe(7), fifo(7).
use crate::errno::Errno;
use crate::poll::PollMask;
use crate::vfs::Node;
use alloc::collections::{BTreeMap, VecDeque};

/// Bytes that a pipe holds.
pub const CAPACITY: usize = 65_536;
/// Writes up to this size are not torn.
pub const PIPE_BUF: usize = 4_096;
/// Most pipes of a machine.
pub const PIPES_MAX: usize = 1_024;
/// Inode number of the first pipe, as `/proc/PID/fd` shows it.
const FIRST_INODE: u64 = 4_000;

/// A pipe; valid as long as one of its ends is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PipeId(pub u32);

/// One end of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// where bytes come out
    Read,
    /// where bytes go in
    Write,
    /// a named pipe that was opened for both
    Both,
}

impl End {
    fn reads(self) -> bool {
        self != End::Write
    }

    fn writes(self) -> bool {
        self != End::Read
    }
}

#[derive(Clone, Debug, Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    readers: u32,
    writers: u32,
    /// there has been a writer since the last reader came: until then a named pipe shows no end
    written: bool,
    node: Option<Node>,
}

/// All pipes of a machine.
#[derive(Clone, Debug, Default)]
pub struct Pipes {
    pipes: BTreeMap<PipeId, Pipe>,
    named: BTreeMap<Node, PipeId>,
    next: u32,
}

impl Pipes {
    /// A new pipe with both ends open once: `ENFILE` when there are too many.
    pub fn create(&mut self) -> Result<PipeId, Errno> {
        self.insert(Pipe { readers: 1, writers: 1, ..Pipe::default() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pipes.len()
    }
    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.pipes.is_empty()
    }

    /// Opens an end of a named pipe. The kernel then waits, for a blocking open, until [`Pipes::readers`] or
    /// [`Pipes::writers`] says that the other end is there.
    pub fn open_named(&mut self, node: Node, end: End) -> Result<PipeId, Errno> {
        let id = match self.named.get(&node) {
            Some(id) => *id,
            None => {
                let id = self.insert(Pipe { node: Some(node), ..Pipe::default() })?;
                self.named.insert(node, id);
                id
            }
        };
        self.open(id, end);
        Ok(id)
    }

    /// Opens an end once more (fork, dup, `/proc/PID/fd`).
    pub fn open(&mut self, id: PipeId, end: End) {
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        if end.reads() {
            pipe.readers = pipe.readers.saturating_add(1);
        }
        if end.writes() {
            pipe.writers = pipe.writers.saturating_add(1);
            pipe.written = true;
        }
    }

    /// Closes an end once; the pipe goes with its last.
    pub fn close(&mut self, id: PipeId, end: End) {
        let Some(pipe) = self.pipes.get_mut(&id) else { return };
        if end.reads() {
            pipe.readers = pipe.readers.saturating_sub(1);
        }
        if end.writes() {
            pipe.writers = pipe.writers.saturating_sub(1);
        }
        if pipe.readers == 0 && pipe.writers == 0 {
            if let Some(node) = pipe.node {
                self.named.remove(&node);
            }
            self.pipes.remove(&id);
        }
    }

    /// Open reading ends.
    pub fn readers(&self, id: PipeId) -> u32 {
        self.pipes.get(&id).map_or(0, |pipe| pipe.readers)
    }

    /// Open writing ends.
    pub fn writers(&self, id: PipeId) -> u32 {
        self.pipes.get(&id).map_or(0, |pipe| pipe.writers)
    }

    /// Whether it has a name in the file system; opening the others (`/proc/PID/fd`) never waits.
    pub fn is_named(&self, id: PipeId) -> bool {
        self.pipes.get(&id).is_some_and(|pipe| pipe.node.is_some())
    }

    /// Bytes that can be read (`FIONREAD`).
    pub fn available(&self, id: PipeId) -> usize {
        self.pipes.get(&id).map_or(0, |pipe| pipe.bytes.len())
    }

    /// The inode number of the pipe.
    pub fn inode(&self, id: PipeId) -> u64 {
        FIRST_INODE + u64::from(id.0)
    }

    /// Takes bytes out: `Ok(0)` is the end of stream, `EAGAIN` nothing yet.
    pub fn read(&mut self, id: PipeId, into: &mut [u8]) -> Result<usize, Errno> {
        let pipe = self.pipes.get_mut(&id).ok_or(Errno::EBADF)?;
        if into.is_empty() {
            return Ok(0);
        }
        if pipe.bytes.is_empty() {
            return if pipe.writers == 0 { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        let count = into.len().min(pipe.bytes.len());
        for (to, from) in into.iter_mut().zip(pipe.bytes.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }

    /// Copies bytes out that stay: as [`Pipes::read`].
    pub fn peek(&self, id: PipeId, into: &mut [u8]) -> Result<usize, Errno> {
        let pipe = self.pipes.get(&id).ok_or(Errno::EBADF)?;
        if pipe.bytes.is_empty() {
            return if pipe.writers == 0 { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        into.iter_mut().zip(&pipe.bytes).for_each(|(to, from)| *to = *from);
        Ok(into.len().min(pipe.bytes.len()))
    }

    /// Puts bytes in and says how many: `EPIPE` without a reader (the kernel adds SIGPIPE), `EAGAIN` when none
    /// fit or when a write of at most [`PIPE_BUF`] would be torn.
    pub fn write(&mut self, id: PipeId, bytes: &[u8]) -> Result<usize, Errno> {
        let pipe = self.pipes.get_mut(&id).ok_or(Errno::EBADF)?;
        if bytes.is_empty() {
            return Ok(0);
        }
        if pipe.readers == 0 {
            return Err(Errno::EPIPE);
        }
        let room = CAPACITY.saturating_sub(pipe.bytes.len());
        if room == 0 || (bytes.len() <= PIPE_BUF && room < bytes.len()) {
            return Err(Errno::EAGAIN);
        }
        let count = room.min(bytes.len());
        pipe.bytes.extend(bytes.iter().take(count));
        Ok(count)
    }

    /// What an end is ready for.
    pub fn poll(&self, id: PipeId, end: End) -> PollMask {
        let Some(pipe) = self.pipes.get(&id) else { return PollMask::NVAL };
        let mut mask = PollMask::NONE;
        if end.reads() {
            let ended = pipe.writers == 0 && (pipe.node.is_none() || pipe.written);
            mask = mask.with(PollMask::IN, !pipe.bytes.is_empty()).with(PollMask::HUP, ended);
        }
        if end.writes() {
            let room = CAPACITY - pipe.bytes.len().min(CAPACITY);
            mask = mask.with(PollMask::OUT, room >= PIPE_BUF).with(PollMask::ERR, pipe.readers == 0);
        }
        mask
    }

    fn insert(&mut self, pipe: Pipe) -> Result<PipeId, Errno> {
        if self.pipes.len() >= PIPES_MAX {
            return Err(Errno::ENFILE);
        }
        let id = PipeId(self.next);
        self.next = self.next.checked_add(1).ok_or(Errno::ENFILE)?;
        self.pipes.insert(id, pipe);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn bytes_come_out_in_order_and_end_with_the_last_writer() {
        let mut pipes = Pipes::default();
        let id = pipes.create().unwrap();
        let mut buffer = [0; 8];
        assert_eq!(pipes.read(id, &mut buffer), Err(Errno::EAGAIN));
        assert_eq!(pipes.write(id, b"hello"), Ok(5));
        assert_eq!(pipes.read(id, &mut buffer[..3]), Ok(3));
        assert_eq!(&buffer[..3], b"hel");
        pipes.close(id, End::Write);
        assert_eq!(pipes.poll(id, End::Read), PollMask::IN | PollMask::HUP);
        assert_eq!(pipes.read(id, &mut buffer), Ok(2));
        assert_eq!(pipes.read(id, &mut buffer), Ok(0));
        pipes.close(id, End::Read);
        assert_eq!(pipes.read(id, &mut buffer), Err(Errno::EBADF));
    }

    #[test]
    fn small_writes_are_whole_and_large_ones_fill_what_fits() {
        let mut pipes = Pipes::default();
        let id = pipes.create().unwrap();
        assert_eq!(pipes.write(id, &vec![1; CAPACITY - 10]), Ok(CAPACITY - 10));
        assert_eq!(pipes.write(id, &[2; 11]), Err(Errno::EAGAIN));
        assert_eq!(pipes.poll(id, End::Write), PollMask::NONE);
        assert_eq!(pipes.write(id, &[2; PIPE_BUF + 1]), Ok(10));
        assert_eq!(pipes.write(id, &[2; PIPE_BUF + 1]), Err(Errno::EAGAIN));
        pipes.close(id, End::Read);
        assert_eq!(pipes.write(id, b"x"), Err(Errno::EPIPE));
    }

    #[test]
    fn a_named_pipe_is_one_pipe_per_file_and_counts_are_bounded() {
        let mut pipes = Pipes::default();
        let node = Node { mount: 0, number: 7 };
        let reader = pipes.open_named(node, End::Read).unwrap();
        assert_eq!(pipes.poll(reader, End::Read), PollMask::NONE);
        assert_eq!(pipes.open_named(node, End::Write), Ok(reader));
        pipes.close(reader, End::Write);
        assert_eq!(pipes.poll(reader, End::Read), PollMask::HUP);
        pipes.close(reader, End::Read);
        for _ in 0..PIPES_MAX {
            pipes.create().unwrap();
        }
        assert_eq!(pipes.create(), Err(Errno::ENFILE));
    }
}
