//! Two interfaces joined like a bridge; what the engine drops is not sent on.
//!
//! Key type: [`Pair`]. Frames that one interface receives leave by the other, bit by bit the same, tags and offload
//! state included. Frames that this host sends are not touched, so nothing loops. The sockets may be shared with a
//! process that stands by ([`crate::watchdog`]): each frame is received by one of the two.
use super::{
    Backend, BackendError, Counters, Decide, Failure, Incoming, PACKETS_PER_TURN, now,
    socket::{Frame, PacketSocket, Received, wait_for},
};
use crate::{
    engine::Decision,
    reject::{self, Sinkhole},
};
use otori_wire::LinkType;
use std::{io, os::fd::BorrowedFd, time::Duration};

/// Both ends.
pub(crate) struct Pair {
    sockets: [PacketSocket; 2],
    frame: Frame,
    counters: Counters,
    sinkhole: Option<Sinkhole>,
}

/// Opens `IF:IF`.
pub(super) fn open(argument: &str, _failure: Failure) -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(Pair::open(argument)?))
}

impl Pair {
    /// Opens `IF:IF`.
    pub(crate) fn open(argument: &str) -> Result<Pair, BackendError> {
        let (a, b) =
            argument.split_once(':').filter(|(a, b)| !a.is_empty() && !b.is_empty() && a != b).ok_or_else(
                || BackendError::Argument(format!("{argument:?}: wants two interfaces, as eth1:eth2")),
            )?;
        Ok(Pair::of([PacketSocket::open(a)?, PacketSocket::open(b)?]))
    }
    /// Two sockets that another process has opened and left open for this one.
    pub(crate) fn inherited(numbers: [i32; 2]) -> io::Result<Pair> {
        Ok(Pair::of([PacketSocket::inherited(numbers[0])?, PacketSocket::inherited(numbers[1])?]))
    }
    /// Both interfaces are still there.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.sockets.iter().try_for_each(PacketSocket::check)
    }
    /// Numbers of the sockets, which stay open in programs that this process starts.
    pub(crate) fn hand_down(&self) -> io::Result<[i32; 2]> {
        let [a, b] = &self.sockets;
        Ok([a.hand_down()?, b.hand_down()?])
    }
    fn of(sockets: [PacketSocket; 2]) -> Pair {
        Pair { sockets, frame: Frame::new(), counters: Counters::default(), sinkhole: None }
    }
}

impl Backend for Pair {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<usize, BackendError> {
        let [a, b] = &self.sockets;
        wait_for(&[a, b], wake, wait).map_err(|error| BackendError::of("waiting for packets", error))?;
        let mut count = 0;
        for side in 0..2 {
            for _ in 0..PACKETS_PER_TURN / 2 {
                let received = self.sockets[side].receive(&mut self.frame);
                match received.map_err(|error| BackendError::of("receiving", error))? {
                    Received::Nothing => break,
                    Received::Skip => continue,
                    Received::Frame => {
                        count += 1;
                        self.frame(side, decide);
                    }
                }
            }
        }
        Ok(count)
    }
    fn set_sinkhole(&mut self, sinkhole: Option<Sinkhole>) {
        self.sinkhole = sinkhole;
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
        let sinkhole = self.sinkhole.as_ref().filter(|_| decision == Decision::Sinkhole);
        if decision >= Decision::Reject
            && let Some(reject::Answers { back, on }) = reject::answers(self.frame.bytes(), sinkhole)
        {
            for (socket, answer) in [(side, Some(back)), (1 - side, on)] {
                let Some(answer) = answer else { continue };
                self.frame.set(&answer);
                self.sockets[socket].send(&self.frame);
            }
        }
    }
}
