//! Counters and timers behind a descriptor: eventfd(2), timerfd_create(2).
//!
//! Key types: [`EventCounter`], [`TimerFile`].
use crate::{errno::Errno, poll::PollMask};

/// eventfd(2).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventCounter {
    pub(crate) value: u64,
    pub(crate) semaphore: bool,
}

impl EventCounter {
    pub(crate) fn take(&mut self) -> Result<u64, Errno> {
        let taken = match (self.value, self.semaphore) {
            (0, _) => return Err(Errno::EAGAIN),
            (_, true) => 1,
            (value, false) => value,
        };
        self.value -= taken;
        Ok(taken)
    }
    /// IN with a value, OUT with room for one more.
    pub(crate) fn readiness(&self) -> PollMask {
        PollMask::NONE.with(PollMask::IN, self.value > 0).with(PollMask::OUT, self.value < u64::MAX - 1)
    }
    pub(crate) fn add(&mut self, value: u64) -> Result<(), Errno> {
        if value == u64::MAX {
            return Err(Errno::EINVAL);
        }
        self.value = self.value.checked_add(value).filter(|&sum| sum < u64::MAX).ok_or(Errno::EAGAIN)?;
        Ok(())
    }
}

/// timerfd(2); times are virtual nanoseconds since the machine's start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimerFile {
    pub(crate) next_ns: Option<u64>,
    pub(crate) interval_ns: u64,
    /// CLOCK_REALTIME: absolute times are on the wall clock
    pub(crate) wall: bool,
}

impl TimerFile {
    /// How often it went off since the last read, and the next time from now on.
    pub(crate) fn take(&mut self, now_ns: u64) -> Result<u64, Errno> {
        let next = self.next_ns.filter(|&next| next <= now_ns).ok_or(Errno::EAGAIN)?;
        if self.interval_ns == 0 {
            self.next_ns = None;
            return Ok(1);
        }
        let times = (now_ns - next) / self.interval_ns + 1;
        self.next_ns = next.checked_add(times.saturating_mul(self.interval_ns));
        Ok(times)
    }
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        self.next_ns.is_some_and(|next| next <= now_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_gives_all_or_one() {
        let mut counter = EventCounter { value: 3, semaphore: false };
        assert_eq!((counter.take(), counter.take()), (Ok(3), Err(Errno::EAGAIN)));
        let mut semaphore = EventCounter { value: 2, semaphore: true };
        assert_eq!(
            (semaphore.take(), semaphore.take(), semaphore.take()),
            (Ok(1), Ok(1), Err(Errno::EAGAIN))
        );
        assert_eq!(counter.add(u64::MAX - 1).and_then(|()| counter.add(1)), Err(Errno::EAGAIN));
    }

    #[test]
    fn an_interval_timer_counts_what_was_missed() {
        let mut timer = TimerFile { next_ns: Some(10), interval_ns: 10, wall: false };
        assert_eq!(timer.take(9), Err(Errno::EAGAIN));
        assert_eq!(timer.take(35), Ok(3));
        assert_eq!(timer.next_ns, Some(40));
    }
}
