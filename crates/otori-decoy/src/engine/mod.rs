//! The engine: runs every session's guest in slices on a few threads, so that none delays another.
//!
//! Key types: [`Engine`] and [`Place`], a session's place in the queue. Who was just rung (a key was pressed, a
//! download came) goes before who used up its slice; an idle guest costs nothing but its memory.
pub mod guest;
pub mod line;
pub mod machine;
pub mod seat;
mod switchboard;
pub mod wake;

use crate::ambient::Clock;
use seat::{Mailbox, Next, Seat, lock};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Rung guests that go first in a row before a busy one has its turn.
const FRESH_IN_A_ROW_MAX: u32 = 8;
/// The longest that a thread sleeps without looking at the clock again.
const NAP_MAX: Duration = Duration::from_secs(60);

/// Makes a guest, on an engine's thread; the text says why it could not.
pub type Builder = Box<dyn FnOnce() -> Result<Seat, String> + Send>;

enum Occupant {
    Nobody,
    Builder(Builder),
    Seat(Box<Seat>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Status {
    Resting,
    Queued,
    Running,
    /// rung while it ran
    Rerun,
    Ended,
}

type TimerKey = (u64, u64);

/// A session's place.
pub struct Place {
    /// bytes in and out
    pub mailbox: Mutex<Mailbox>,
    occupant: Mutex<Occupant>,
    status: Mutex<Status>,
    /// its timer; changed under the queue's lock only
    timer: Mutex<Option<TimerKey>>,
    session: Arc<crate::session::Session>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Queue {
    fresh: VecDeque<Arc<Place>>,
    busy: VecDeque<Arc<Place>>,
    fresh_in_a_row: u32,
    /// by time and a number that makes keys different; a place has one at most
    timers: BTreeMap<TimerKey, Arc<Place>>,
    order: u64,
    stopping: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    clock: Arc<dyn Clock>,
}

/// The worker threads. Dropping it stops them.
pub struct Engine {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts `threads` workers; 0 takes one for each core.
    pub fn start(threads: usize, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let count = if threads == 0 { cores } else { threads };
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), clock });
        let spawn = |number| {
            let shared = shared.clone();
            std::thread::Builder::new().name(format!("guest-{number}")).spawn(move || shared.work())
        };
        let threads = (0..count.min(256)).map(spawn).collect::<Result<_, _>>()?;
        Ok(Engine { shared, threads })
    }
    /// A place for the guest of `session`.
    pub fn place(&self, session: Arc<crate::session::Session>) -> Arc<Place> {
        Arc::new(Place {
            mailbox: Mutex::default(),
            occupant: Mutex::new(Occupant::Nobody),
            status: Mutex::new(Status::Resting),
            timer: Mutex::new(None),
            session,
            shared: self.shared.clone(),
        })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        {
            let mut queue = self.shared.queue();
            queue.stopping = true;
            queue.fresh.clear();
            queue.busy.clear();
            queue.timers.clear();
        }
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A worker that panicked has nothing more to give.
            let _ = thread.join();
        }
    }
}

impl Place {
    /// Has the guest made and run.
    pub fn start(self: &Arc<Self>, builder: Builder) {
        *self.occupant.lock().unwrap_or_else(PoisonError::into_inner) = Occupant::Builder(builder);
        self.ring();
    }
    /// Something came for the guest.
    pub fn ring(self: &Arc<Self>) {
        let mut status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        match *status {
            Status::Resting => {
                *status = Status::Queued;
                drop(status);
                self.shared.queue().fresh.push_back(self.clone());
                self.shared.changed.notify_one();
            }
            Status::Running => *status = Status::Rerun,
            Status::Queued | Status::Rerun | Status::Ended => {}
        }
    }
    fn set(&self, status: Status) -> Status {
        std::mem::replace(&mut *self.status.lock().unwrap_or_else(PoisonError::into_inner), status)
    }
    fn step(&self, now_ns: u64) -> Next {
        let mut occupant = self.occupant.lock().unwrap_or_else(PoisonError::into_inner);
        if let Occupant::Builder(_) = &*occupant
            && let Occupant::Builder(build) = std::mem::replace(&mut *occupant, Occupant::Nobody)
        {
            match build() {
                Ok(seat) => *occupant = Occupant::Seat(Box::new(seat)),
                Err(reason) => return Next::Ended(reason),
            }
        }
        let next = match &mut *occupant {
            Occupant::Seat(seat) => seat.step(now_ns, &self.mailbox),
            _ => Next::Ended("no guest".into()),
        };
        if matches!(next, Next::Ended(_)) {
            *occupant = Occupant::Nobody;
        }
        next
    }
    /// Runs one slice; a fault of ours ends this session alone.
    fn step_safely(&self, now_ns: u64) -> Next {
        catch_unwind(AssertUnwindSafe(|| self.step(now_ns))).unwrap_or_else(|_| {
            *self.occupant.lock().unwrap_or_else(PoisonError::into_inner) = Occupant::Nobody;
            self.session.anomaly("engine.fault", "the emulated device failed");
            Next::Ended("fault of the engine".into())
        })
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn work(&self) {
        while let Some(place) = self.next_place() {
            place.set(Status::Running);
            let next = place.step_safely(self.clock.monotonic_ns());
            if let Next::Ended(reason) = next {
                place.set(Status::Ended);
                lock(&place.mailbox).ended = Some(reason);
                place.session.bell.notify_one();
                continue;
            }
            self.put_back(place, next);
        }
    }
    /// Back into the line, or to rest.
    fn put_back(&self, place: Arc<Place>, next: Next) {
        let mut status = place.status.lock().unwrap_or_else(PoisonError::into_inner);
        let rung = *status == Status::Rerun;
        *status = if rung || next == Next::Again { Status::Queued } else { Status::Resting };
        drop(status);
        let mut queue = self.queue();
        match next {
            _ if queue.stopping => {}
            Next::Again => queue.busy.push_back(place),
            _ if rung => queue.fresh.push_back(place),
            Next::At(at_ns) => {
                queue.order += 1;
                let key = (at_ns, queue.order);
                let before = place.timer.lock().unwrap_or_else(PoisonError::into_inner).replace(key);
                if let Some(before) = before {
                    queue.timers.remove(&before);
                }
                queue.timers.insert(key, place);
            }
            Next::Rest | Next::Ended(_) => {}
        }
        drop(queue);
        self.changed.notify_one();
    }
    /// Waits for a guest that has something to do; `None` at the end.
    fn next_place(&self) -> Option<Arc<Place>> {
        let mut queue = self.queue();
        loop {
            if queue.stopping {
                return None;
            }
            let now_ns = self.clock.monotonic_ns();
            Self::move_due(&mut queue, now_ns);
            if let Some(place) = Self::pick(&mut queue) {
                return Some(place);
            }
            let nap = match queue.timers.first_key_value() {
                Some(((at_ns, _), _)) => Duration::from_nanos(at_ns.saturating_sub(now_ns)).min(NAP_MAX),
                None => NAP_MAX,
            };
            queue = self.changed.wait_timeout(queue, nap).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
    fn move_due(queue: &mut Queue, now_ns: u64) {
        while let Some(entry) = queue.timers.first_entry().filter(|entry| entry.key().0 <= now_ns) {
            let place = entry.remove();
            *place.timer.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let mut status = place.status.lock().unwrap_or_else(PoisonError::into_inner);
            match *status {
                Status::Resting => {
                    *status = Status::Queued;
                    drop(status);
                    queue.fresh.push_back(place);
                }
                Status::Running => *status = Status::Rerun,
                Status::Queued | Status::Rerun | Status::Ended => {}
            }
        }
    }
    fn pick(queue: &mut Queue) -> Option<Arc<Place>> {
        let busy_turn = queue.fresh_in_a_row >= FRESH_IN_A_ROW_MAX && !queue.busy.is_empty();
        match queue.fresh.pop_front_if(|_| !busy_turn) {
            Some(place) => {
                queue.fresh_in_a_row += 1;
                Some(place)
            }
            None => {
                queue.fresh_in_a_row = 0;
                queue.busy.pop_front()
            }
        }
    }
}

#[cfg(test)]
mod tests;
