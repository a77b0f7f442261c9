//! An NFQUEUE: the kernel asks about each packet that a rule of nftables or iptables queues.
//!
//! Key type: [`Queued`]. With `fail open` the kernel lets packets pass when the queue is full; what happens when no
//! guard listens is for the netfilter rule to say (`queue … bypass`). Who is rejected is answered through the host's
//! routes (`inject`).
use super::{
    Backend, BackendError, Counters, Decide, Failure, Incoming, PACKETS_PER_TURN, inject::Injector, now,
    socket::wait_alone,
};
use crate::{
    engine::Decision,
    reject::{self, Answers, Sinkhole},
};
use otori_wire::LinkType;
use std::{
    io,
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

/// Packets that may wait in the kernel.
const WAITING_PACKETS: u32 = 8192;
/// How long an idle queue is left alone: crate `nfq` does not lend its descriptor to poll.
const IDLE: Duration = Duration::from_millis(1);

struct Queued {
    queue: nfq::Queue,
    injector: Injector,
    sinkhole: Option<Sinkhole>,
    counters: Counters,
}

/// Opens queue `N`.
pub(super) fn open(argument: &str, failure: Failure) -> Result<Box<dyn Backend>, BackendError> {
    let number: u16 = argument
        .parse()
        .map_err(|_| BackendError::Argument(format!("{argument:?}: wants a queue, 0 to 65535")))?;
    let wrap = |what: &'static str| move |error: io::Error| BackendError::of(what, error);
    let mut queue = nfq::Queue::open().map_err(wrap("opening netfilter's queue"))?;
    queue.bind(number).map_err(wrap("binding to the queue"))?;
    queue.set_queue_max_len(number, WAITING_PACKETS).map_err(wrap("setting the queue's length"))?;
    queue.set_fail_open(number, failure == Failure::Open).map_err(wrap("setting fail open"))?;
    queue.set_recv_gso(number, true).map_err(wrap("asking for whole frames"))?;
    queue.set_nonblocking(true);
    let injector = Injector::open()?;
    Ok(Box::new(Queued { queue, injector, sinkhole: None, counters: Counters::default() }))
}

impl Backend for Queued {
    fn turn(
        &mut self,
        wait: Duration,
        wake: BorrowedFd<'_>,
        decide: &mut Decide<'_>,
    ) -> Result<usize, BackendError> {
        let begun = Instant::now();
        let mut count = 0;
        for _ in 0..PACKETS_PER_TURN {
            let mut message = match self.queue.recv() {
                Ok(message) => message,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    wait_alone(wake, IDLE.min(wait));
                    if begun.elapsed() >= wait.min(IDLE) {
                        return Ok(count);
                    }
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(BackendError::of("receiving", error)),
            };
            self.counters.received += 1;
            count += 1;
            let incoming = Incoming { at: now(), link: LinkType::Ip, frame: message.get_payload() };
            let decision = decide(&incoming);
            let sinkhole = self.sinkhole.as_ref().filter(|_| decision == Decision::Sinkhole);
            let verdict = if decision == Decision::Pass {
                self.counters.forwarded += 1;
                nfq::Verdict::Accept
            } else {
                self.counters.dropped += 1;
                nfq::Verdict::Drop
            };
            if decision >= Decision::Reject
                && let Some(Answers { back, on }) =
                    reject::answers(LinkType::Ip, message.get_payload(), sinkhole)
            {
                let answers = [Some(back), on];
                let sent = answers.iter().flatten().filter(|answer| self.injector.send(answer)).count();
                self.counters.lost += (answers.iter().flatten().count() - sent) as u64;
            }
            message.set_verdict(verdict);
            self.queue.verdict(message).map_err(|error| BackendError::of("answering", error))?;
        }
        Ok(count)
    }
    fn set_sinkhole(&mut self, sinkhole: Option<Sinkhole>) {
        self.sinkhole = sinkhole;
    }
    fn counters(&mut self) -> Counters {
        self.counters
    }
}
