//! Two interfaces joined like a bridge; what the engine drops is not sent on.
//!
//! Key type: [`Pair`]. Frames that one interface receives leave by the other, bit by bit the same, tags and offload
//! state included. Frames that this host sends are not touched, so nothing loops. The sockets may be shared with a
//! process that stands by ([`crate::watchdog`]): each frame is received by one of the two.
use super::{
    Backend, BackendError, Counters, Decide, Failure, Incoming, PAIRS_MAX, now,
    socket::{BATCH_FRAMES, Frame, PacketSocket, Received, wait_for},
    spread::Share,
};
use crate::{
    engine::Decision,
    reject::{self, Sinkhole},
};
use otori_wire::LinkType;
use std::{io, os::fd::BorrowedFd, time::Duration};

/// Bytes of a batch, about: those of large frames stay in the processor's cache until they are sent.
const BATCH_BYTES: usize = 128 << 10;

/// Both ends.
pub(crate) struct Pair {
    sockets: [PacketSocket; 2],
    /// what one call has brought, and what is sent with one
    frames: Vec<Frame>,
    /// how many one call may bring, from each side
    batches: [usize; 2],
    counters: Counters,
    sinkhole: Option<Sinkhole>,
}

/// Opens `IF:IF`.
pub(super) fn open(argument: &str, _failure: Failure) -> Result<Box<dyn Backend>, BackendError> {
    Ok(Box::new(Pair::open(argument, None)?))
}

/// Opens `IF:IF` so many times; what goes between the same two addresses goes through the same pair.
pub(crate) fn open_pairs(argument: &str, count: usize) -> Result<Vec<Pair>, BackendError> {
    if count <= 1 {
        return Ok(vec![Pair::open(argument, None)?]);
    }
    if count > PAIRS_MAX {
        return Err(BackendError::Argument(format!("{count} workers: {PAIRS_MAX} at most")));
    }
    let shares = Share::pair();
    (0..count).map(|_| Pair::open(argument, Some(&shares))).collect()
}

impl Pair {
    /// Opens `IF:IF`; `shares` where others get the rest of the frames.
    fn open(argument: &str, shares: Option<&[Share; 2]>) -> Result<Pair, BackendError> {
        let (a, b) =
            argument.split_once(':').filter(|(a, b)| !a.is_empty() && !b.is_empty() && a != b).ok_or_else(
                || BackendError::Argument(format!("{argument:?}: wants two interfaces, as eth1:eth2")),
            )?;
        let of = |side: usize| shares.and_then(|shares| shares.get(side));
        Ok(Pair::of([PacketSocket::open(a, of(0))?, PacketSocket::open(b, of(1))?]))
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
        Pair {
            sockets,
            frames: (0..BATCH_FRAMES).map(|_| Frame::new()).collect(),
            batches: [BATCH_FRAMES; 2],
            counters: Counters::default(),
            sinkhole: None,
        }
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
        let mut seen = 0;
        for side in 0..2 {
            let mut count = 0;
            while count < BATCH_FRAMES {
                let (room, taken) = (self.batches[side], self.side(side, decide)?);
                count += taken;
                if taken < room {
                    break;
                }
            }
            seen += count;
        }
        Ok(seen)
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
    /// Takes a batch from one side, decides it and sends on what passes; how many frames came.
    fn side(&mut self, side: usize, decide: &mut Decide<'_>) -> Result<usize, BackendError> {
        let Pair { sockets, frames, batches, counters, sinkhole } = self;
        let Some(frames) = frames.get_mut(..batches[side]) else { return Ok(0) };
        let [from, to] = if side == 0 { [&sockets[0], &sockets[1]] } else { [&sockets[1], &sockets[0]] };
        let mut received = [Received::Skip; BATCH_FRAMES];
        let count = from.receive(frames, &mut received);
        let count = count.map_err(|error| BackendError::of("receiving", error))?;
        let mut passes = [false; BATCH_FRAMES];
        let (mut seen, mut begin, mut done) = (0, 0, Forwarded::default());
        for place in (0..count).filter(|place| received[*place] == Received::Frame) {
            seen += 1;
            let frame = frames[place].bytes();
            let decision = decide(&Incoming { at: now(), link: LinkType::Ethernet, frame });
            passes[place] = decision == Decision::Pass;
            if decision >= Decision::Reject {
                // What came before goes first: a reset must not overtake the hand-shake that it belongs to.
                done.add(to, &frames[begin..place], &passes[begin..place]);
                begin = place;
                let sinkhole = sinkhole.as_ref().filter(|_| decision == Decision::Sinkhole);
                answer(frame, sinkhole, [from, to]);
            }
        }
        done.add(to, &frames[begin..count], &passes[begin..count]);
        counters.received += seen as u64;
        counters.forwarded += done.sent as u64;
        counters.lost += (done.wanted - done.sent) as u64;
        counters.dropped += (seen - done.wanted) as u64;
        let bytes = frames.iter().take(count).map(|frame| frame.bytes().len()).sum::<usize>();
        if let Some(mean) = bytes.checked_div(count) {
            batches[side] = (BATCH_BYTES / mean.max(1)).clamp(1, BATCH_FRAMES);
        }
        Ok(count)
    }
}

/// Frames that were to be sent on, and those that the interface took.
#[derive(Default)]
struct Forwarded {
    wanted: usize,
    sent: usize,
}

impl Forwarded {
    /// Sends those that pass, in order.
    fn add(&mut self, to: &PacketSocket, frames: &[Frame], passes: &[bool]) {
        let wanted = passes.iter().filter(|passes| **passes).count();
        if wanted > 0 {
            self.wanted += wanted;
            let passing = frames.iter().zip(passes).filter(|(_, passes)| **passes);
            self.sent += to.send(passing.map(|(frame, _)| frame));
        }
    }
}

/// Tells both ends of a frame that it goes nowhere.
fn answer(frame: &[u8], sinkhole: Option<&Sinkhole>, [from, to]: [&PacketSocket; 2]) {
    let Some(reject::Answers { back, on }) = reject::answers(LinkType::Ethernet, frame, sinkhole) else {
        return;
    };
    let mut ours = Frame::new();
    for (socket, answer) in [(from, Some(back)), (to, on)] {
        let Some(answer) = answer else { continue };
        ours.set(&answer);
        socket.send(core::iter::once(&ours));
    }
}

/// Waits until a frame comes to one of several pairs, `wake` can be read or `wait` is over.
pub(crate) fn wait_for_pairs(
    pairs: &[Pair],
    wake: BorrowedFd<'_>,
    wait: Duration,
) -> Result<(), BackendError> {
    let sockets: Vec<&PacketSocket> = pairs.iter().flat_map(|pair| &pair.sockets).collect();
    wait_for(&sockets, wake, wait).map_err(|error| BackendError::of("waiting for packets", error))
}
