//! A copy of what an interface receives and sends; nothing is held back.
//!
//! Key type: [`Mirror`].
use super::{
    Backend, BackendError, Counters, Decide, Failure, Incoming, PACKETS_PER_TURN, now,
    socket::{Frame, Outgoing, PacketSocket, Received, wait_for},
};
use otori_wire::LinkType;
use std::{os::fd::BorrowedFd, time::Duration};

struct Mirror {
    socket: PacketSocket,
    frame: Frame,
    counters: Counters,
}

/// Opens an interface.
pub(super) fn open(argument: &str, _failure: Failure) -> Result<Box<dyn Backend>, BackendError> {
    let socket = PacketSocket::open(argument, Outgoing::Include)?;
    Ok(Box::new(Mirror { socket, frame: Frame::new(), counters: Counters::default() }))
}

impl Backend for Mirror {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<(), BackendError> {
        wait_for(&[&self.socket], wake, wait);
        for _ in 0..PACKETS_PER_TURN {
            let received = self.socket.receive(&mut self.frame);
            match received.map_err(|error| BackendError::of("receiving", error))? {
                Received::Nothing => break,
                Received::Skip => {}
                Received::Frame => {
                    self.counters.received += 1;
                    decide(&Incoming { at: now(), link: LinkType::Ethernet, frame: self.frame.bytes() });
                }
            }
        }
        Ok(())
    }
    fn counters(&mut self) -> Counters {
        self.counters.lost += self.socket.lost();
        self.counters
    }
}
