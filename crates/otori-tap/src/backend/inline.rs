//! Two interfaces joined like a bridge; what the engine drops is not sent on.
//!
//! Key type: [`Pair`]. Frames that one interface receives leave by the other, bit by bit the same, tags and offload
//! state included. Frames that this host sends are not touched, so nothing loops. When the process ends nothing
//! passes any more: an inline pair always fails closed.
use super::{
    Backend, BackendError, Counters, Decide, Failure, Incoming, PACKETS_PER_TURN, now,
    socket::{Frame, Outgoing, PacketSocket, Received, wait_for},
};
use crate::{engine::Decision, reject};
use otori_wire::LinkType;
use std::{os::fd::BorrowedFd, time::Duration};

struct Pair {
    sockets: [PacketSocket; 2],
    frame: Frame,
    counters: Counters,
}

/// Opens `IF:IF`.
pub(super) fn open(argument: &str, _failure: Failure) -> Result<Box<dyn Backend>, BackendError> {
    let (a, b) = argument
        .split_once(':')
        .filter(|(a, b)| !a.is_empty() && !b.is_empty() && a != b)
        .ok_or_else(|| BackendError::Argument(format!("{argument:?}: wants two interfaces, as eth1:eth2")))?;
    let sockets = [PacketSocket::open(a, Outgoing::Ignore)?, PacketSocket::open(b, Outgoing::Ignore)?];
    Ok(Box::new(Pair { sockets, frame: Frame::new(), counters: Counters::default() }))
}

impl Backend for Pair {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<(), BackendError> {
        let [a, b] = &self.sockets;
        wait_for(&[a, b], wake, wait);
        for side in 0..2 {
            for _ in 0..PACKETS_PER_TURN / 2 {
                let received = self.sockets[side].receive(&mut self.frame);
                match received.map_err(|error| BackendError::of("receiving", error))? {
                    Received::Nothing => break,
                    Received::Skip => continue,
                    Received::Frame => self.frame(side, decide),
                }
            }
        }
        Ok(())
    }
    fn counters(&mut self) -> Counters {
        self.counters.lost += self.sockets.iter().map(PacketSocket::lost).sum::<u64>();
        self.counters
    }
}

impl Pair {
    fn frame(&mut self, side: usize, decide: &mut Decide<'_>) {
        self.counters.received += 1;
        let incoming = Incoming { at: now(), link: LinkType::Ethernet, frame: self.frame.bytes() };
        let decision = decide(&incoming);
        if decision == Decision::Pass {
            match self.sockets[1 - side].send(&self.frame) {
                true => self.counters.forwarded += 1,
                false => self.counters.lost += 1,
            }
            return;
        }
        self.counters.dropped += 1;
        if decision == Decision::Reject
            && let Some(reject::Answers { back, on }) = reject::answers(self.frame.bytes())
        {
            for (socket, answer) in [(side, Some(back)), (1 - side, on)] {
                let Some(answer) = answer else { continue };
                self.frame.set(&answer);
                self.sockets[socket].send(&self.frame);
            }
        }
    }
}
