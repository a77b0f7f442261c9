//! The line of the whole product: remember, take apart, conclude, act on the wire, act on the subscriber.
//!
//! Key type: [`Pipeline`]. Values of `otori_event` come in through one bounded queue; engines do not know each
//! other. What is concluded from an event is made durable in the same transaction as the event, and nobody is
//! shown an event before that.
use crate::lab::{self, Job, Lab};
use crate::link::Link;
use crate::subscriber::Subscriber;
use otori_event::{CaptureMethod, Event, EventId, EventKind, Intake, Timestamp, id::fnv1a};
use otori_hub::Status;
use otori_intel::Intel;
use otori_store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Intakes made durable by one transaction.
const BATCH_MAX: usize = 4096;
/// Bytes of files and recordings in one batch.
const BATCH_MAX_BYTES: usize = 64 << 20;
/// Intakes that wait: a full queue slows the engines down, nothing is dropped.
pub const INTAKE_QUEUE: usize = 8192;
/// How long a failed write waits until it is tried again.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// Where the time comes from; tests bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The engines behind the queue. See the module.
pub struct Pipeline {
    /// remembers
    pub store: Arc<Store>,
    /// concludes
    pub intel: Intel,
    /// takes apart
    pub lab: Lab,
    /// acts on the wire
    pub link: Link,
    /// acts on the subscriber
    pub subscriber: Subscriber,
    /// says how full the queues are
    pub status: Arc<Status>,
    /// wall clock
    pub clock: Clock,
    /// names the conclusions of this run
    pub origin: u64,
    /// number of the last conclusion
    pub sequence: u32,
    /// what was done to subscribers and is not yet remembered
    pub done: Vec<EventKind>,
}

impl Pipeline {
    /// Runs until every sender of the queue is gone.
    pub fn run(mut self, mut intake: mpsc::Receiver<Intake>) {
        loop {
            let batch = match next_batch(&mut intake) {
                Batch::Some(batch) => batch,
                Batch::Quiet => vec![],
                Batch::End => return,
            };
            self.status.set_queue("intake", intake.len(), INTAKE_QUEUE);
            self.status.set_queue("lab", self.lab.waiting(), lab::WAITING_MAX);
            let mut events = self.remember_bytes(batch);
            self.conclude(&mut events);
            if events.is_empty() {
                continue;
            }
            self.remember(&events);
            for event in &events {
                self.take_apart(event);
                self.act_on_the_wire(event);
            }
            self.act_on_the_subscriber();
        }
    }

    /// Bytes first: an event that names a file is only worth something when the file is there.
    fn remember_bytes(&mut self, batch: Vec<Intake>) -> Vec<Event> {
        let mut events = Vec::with_capacity(batch.len());
        for intake in batch {
            match intake {
                Intake::Event(event) => events.push(event),
                Intake::File { event, bytes } => {
                    persist(|| self.store.put_artifact(&bytes).map(drop));
                    events.push(event);
                }
                Intake::Recording { session, chunk } => {
                    persist(|| self.store.append_recording(session, &chunk).map(drop))
                }
            }
        }
        events
    }

    /// Adds to the batch what follows from it, and what the passing of time changes.
    fn conclude(&mut self, events: &mut Vec<Event>) {
        let now = (self.clock)();
        let mut conclusions: Vec<(EventKind, bool)> = vec![];
        for event in events.iter() {
            conclusions.extend(self.intel.observe(event).into_iter().map(|kind| (kind, event.demo)));
            conclusions.extend(self.subscriber.observe(event).map(|kind| (kind, event.demo)));
        }
        conclusions.extend(self.intel.tick(now).into_iter().map(|kind| (kind, false)));
        conclusions.extend(self.done.drain(..).map(|kind| (kind, false)));
        for (kind, demo) in conclusions {
            let demo = demo && !matches!(&kind, EventKind::IndicatorChanged { indicator } if !indicator.demo);
            self.sequence = self.sequence.wrapping_add(1);
            let id = EventId::new(now, self.origin, self.sequence);
            events.push(Event { id, at: now, product: None, session: None, demo, kind });
        }
    }

    fn remember(&self, events: &[Event]) {
        persist(|| self.store.append(events).map(drop));
    }

    /// A new file goes to the lab; its report comes back through the queue.
    fn take_apart(&mut self, event: &Event) {
        if let EventKind::FileCaptured { artifact } = &event.kind
            && artifact.method != CaptureMethod::Dropped
        {
            let job = Job {
                artifact: artifact.clone(),
                product: event.product.clone(),
                session: event.session,
                demo: event.demo,
            };
            self.lab.take(job);
        }
    }

    fn act_on_the_wire(&self, event: &Event) {
        if let EventKind::RuleChanged { change } = &event.kind {
            self.link.apply(change);
        }
    }

    /// After the proposal is durable; what came of it is remembered with the next batch.
    fn act_on_the_subscriber(&mut self) {
        self.done.extend(self.subscriber.act());
    }
}

/// The origin of a run's conclusions: no two runs share one.
pub fn origin_of_run(started: Timestamp) -> u64 {
    fnv1a(b"pipeline") ^ started.0 as u64
}

/// What the queue held.
enum Batch {
    Some(Vec<Intake>),
    Quiet,
    End,
}

/// Waits at most a second for the first, takes what else is there.
fn next_batch(intake: &mut mpsc::Receiver<Intake>) -> Batch {
    let first = tokio::runtime::Handle::current()
        .block_on(async { tokio::time::timeout(Duration::from_secs(1), intake.recv()).await });
    let mut batch = match first {
        Ok(Some(first)) => vec![first],
        Ok(None) => return Batch::End,
        Err(_) => return Batch::Quiet,
    };
    let mut bytes = size(&batch[0]);
    while batch.len() < BATCH_MAX && bytes < BATCH_MAX_BYTES {
        let Ok(next) = intake.try_recv() else { break };
        bytes += size(&next);
        batch.push(next);
    }
    Batch::Some(batch)
}

fn size(intake: &Intake) -> usize {
    match intake {
        Intake::Event(_) => 0,
        Intake::File { bytes, .. } => bytes.len(),
        Intake::Recording { chunk, .. } => chunk.len(),
    }
}

/// Tries until it is written: what was taken is not dropped because a disk is full. The queue fills up
/// meanwhile and slows the engines down; /readyz says so.
fn persist<E: std::fmt::Display>(mut write: impl FnMut() -> Result<(), E>) {
    let mut failures = 0u32;
    while let Err(error) = write() {
        failures += 1;
        eprintln!(
            "otori: cannot write to the store (try {failures}): {error}; remedy: free space in the data folder"
        );
        std::thread::sleep(STORE_RETRY);
    }
}
