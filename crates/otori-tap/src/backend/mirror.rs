//! A copy of what an interface receives and sends; nothing is held back.
//!
//! Key type: [`Mirror`]. Neighbour: `ring`, where frames are looked at in the kernel's own memory.
use super::{
    Backend, BackendError, Counters, Decide, Failure, Incoming, PACKETS_PER_TURN, ring::Ring,
    socket::wait_for,
};
use otori_wire::LinkType;
use std::{os::fd::BorrowedFd, time::Duration};

struct Mirror {
    ring: Ring,
    counters: Counters,
}

/// Opens an interface.
pub(super) fn open(argument: &str, _failure: Failure) -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(Mirror { ring: Ring::open(argument)?, counters: Counters::default() }))
}

impl Backend for Mirror {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<usize, BackendError> {
        let (mut count, mut may_wait) = (0, !wait.is_zero());
        while count < PACKETS_PER_TURN {
            let Some(seen) = self.ring.next() else {
                if count > 0 || !core::mem::take(&mut may_wait) {
                    break;
                }
                wait_for(&[self.ring.socket()], wake, wait)
                    .map_err(|error| BackendError::of("waiting for packets", error))?;
                continue;
            };
            count += 1;
            decide(&Incoming { at: seen.at, link: LinkType::Ethernet, frame: seen.frame });
        }
        self.counters.received += count as u64;
        Ok(count)
    }
    fn counters(&mut self) -> Counters {
        self.counters.lost += self.ring.lost();
        self.counters
    }
}
