//! Standard streams that lead to the driver, for `otori exec` and the lab.
//!
//! Key type: [`Host`]. They behave as pipes: output waits for the driver up to a bound, input ends when it says so.
use crate::{errno::Errno, poll::PollMask};
use alloc::{collections::VecDeque, vec::Vec};

/// Which stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HostStream {
    Input,
    Output,
    Error,
}

/// Bytes on their way to or from the driver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    input: VecDeque<u8>,
    input_closed: bool,
    output: Vec<u8>,
    error: Vec<u8>,
    capacity: usize,
}

impl Host {
    pub(crate) fn new(capacity: usize) -> Self {
        Host { capacity, ..Host::default() }
    }
    pub(crate) fn give_input(&mut self, bytes: &[u8]) {
        self.input.extend(bytes);
    }
    pub(crate) fn close_input(&mut self) {
        self.input_closed = true;
    }
    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.output)
    }
    pub(crate) fn take_error(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.error)
    }
    pub(crate) fn waiting_input(&self) -> usize {
        self.input.len()
    }
    /// EAGAIN when nothing is there yet.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        if self.input.is_empty() {
            return if self.input_closed { Ok(0) } else { Err(Errno::EAGAIN) };
        }
        let count = into.len().min(self.input.len());
        for (target, byte) in into.iter_mut().zip(self.input.drain(..count)) {
            *target = byte;
        }
        Ok(count)
    }
    /// EAGAIN when the driver has to take some first.
    pub(crate) fn write(&mut self, stream: HostStream, bytes: &[u8]) -> Result<usize, Errno> {
        let buffer = match stream {
            HostStream::Input => return Err(Errno::EBADF),
            HostStream::Output => &mut self.output,
            HostStream::Error => &mut self.error,
        };
        let room = self.capacity.saturating_sub(buffer.len());
        if room == 0 && !bytes.is_empty() {
            return Err(Errno::EAGAIN);
        }
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        buffer.extend_from_slice(taken);
        Ok(taken.len())
    }
    pub(crate) fn readiness(&self, stream: HostStream) -> PollMask {
        match stream {
            HostStream::Input => PollMask::NONE
                .with(PollMask::IN, !self.input.is_empty())
                .with(PollMask::HUP, self.input_closed && self.input.is_empty()),
            HostStream::Output => PollMask::NONE.with(PollMask::OUT, self.output.len() < self.capacity),
            HostStream::Error => PollMask::NONE.with(PollMask::OUT, self.error.len() < self.capacity),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_waits_at_its_bound_and_input_ends() {
        let mut host = Host::new(4);
        assert_eq!(host.write(HostStream::Output, b"abcdef"), Ok(4));
        assert_eq!(host.write(HostStream::Output, b"ef"), Err(Errno::EAGAIN));
        assert_eq!(host.take_output(), b"abcd");
        let mut buffer = [0; 8];
        assert_eq!(host.read(&mut buffer), Err(Errno::EAGAIN));
        host.give_input(b"xy");
        host.close_input();
        assert_eq!(host.read(&mut buffer), Ok(2));
        assert_eq!(host.read(&mut buffer), Ok(0));
    }
}
