//! The lab's workers: a bounded pool of threads that take files apart and hand back events.
//!
//! Key type: [`Lab`]. Neighbours: `pipeline.rs`, which gives jobs, and `otori-lab`, which does the work.
use crate::config::LabSection;
use crate::pipeline::Clock;
use otori_device::Device;
use otori_event::{Artifact, Event, EventId, EventKind, Intake, ProductId, SessionId, Sha256};
use otori_store::Store;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Names of files that wait; a job is small, the bytes stay in the store.
pub const WAITING_MAX: usize = 100_000;

/// A file that a file left behind that a file left behind … is taken apart up to here.
const GENERATIONS_MAX: u32 = 2;

/// A file to take apart.
#[derive(Clone, Debug)]
pub struct Job {
    /// the file
    pub artifact: Artifact,
    /// product that caught it
    pub product: Option<ProductId>,
    /// session that brought it
    pub session: Option<SessionId>,
    /// part of a demonstration
    pub demo: bool,
}

/// What the workers share.
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    known: HashSet<Sha256>,
    closed: bool,
}

/// The pool.
pub struct Lab {
    shared: Arc<Shared>,
}

/// What a worker needs.
#[derive(Clone)]
pub struct Bench {
    /// where the bytes are
    pub store: Arc<Store>,
    /// root file system and profile that the files run on
    pub device: Arc<Device>,
    /// limits and seed
    pub section: LabSection,
    /// wall clock, for the time of the events
    pub clock: Clock,
    /// where results go; weak, so that idle workers do not hold the line open
    pub intake: mpsc::WeakSender<Intake>,
}

impl Lab {
    /// Starts the workers.
    pub fn start(bench: &Bench) -> std::io::Result<Lab> {
        let shared = Arc::new(Shared { waiting: Mutex::default(), wake: Condvar::new() });
        for number in 0..bench.section.workers.clamp(1, 64) {
            let (shared, bench) = (shared.clone(), bench.clone());
            std::thread::Builder::new().name(format!("lab-{number}")).spawn(move || work(&shared, &bench))?;
        }
        Ok(Lab { shared })
    }

    /// Files that wait.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).jobs.len()
    }

    /// Takes a job, once per file.
    pub fn take(&self, job: Job) {
        let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.jobs.len() < WAITING_MAX && waiting.known.insert(job.artifact.sha256) {
            waiting.jobs.push_back(job);
            self.shared.wake.notify_one();
        }
        if waiting.known.len() > 2 * WAITING_MAX {
            waiting.known = waiting.jobs.iter().map(|job| job.artifact.sha256).collect();
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.closed = true;
        self.shared.wake.notify_all();
    }
}

fn next(shared: &Shared) -> Option<Job> {
    let mut waiting = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if waiting.closed {
            return None;
        }
        if let Some(job) = waiting.jobs.pop_front() {
            return Some(job);
        }
        waiting = shared.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

/// One file after the other until the pool is closed or the pipeline is gone.
fn work(shared: &Shared, bench: &Bench) {
    while let Some(job) = next(shared) {
        match bench.store.artifact(&job.artifact.sha256) {
            Ok(Some(bytes)) => {
                let done =
                    bench.intake.upgrade().and_then(|intake| take_apart(bench, &intake, &job, &bytes, 0));
                if done.is_none() {
                    return;
                }
            }
            Ok(None) => eprintln!("otori: lab: {} is not in the store any more", job.artifact.sha256),
            Err(error) => eprintln!("otori: lab: cannot read {}: {error}", job.artifact.sha256),
        }
    }
}

/// Classifies and runs one file, then those that it left behind. `None` when the pipeline is gone.
fn take_apart(
    bench: &Bench,
    intake: &mpsc::Sender<Intake>,
    job: &Job,
    bytes: &[u8],
    generation: u32,
) -> Option<()> {
    let mut speaker = Speaker { job, clock: &bench.clock, sequence: 0 };
    let class = Box::new(otori_lab::classify(bytes, &job.artifact.name.to_lossy()));
    let classified = EventKind::Classified { sha256: job.artifact.sha256, class };
    intake.blocking_send(Intake::Event(speaker.say(classified))).ok()?;
    let settings = otori_lab::Settings {
        virtual_seconds: bench.section.virtual_seconds,
        seed: bench.section.seed,
        device: Some(bench.device.clone()),
        ..otori_lab::Settings::default()
    };
    let outcome = otori_lab::detonate(&job.artifact, bytes, &settings);
    for (artifact, bytes) in &outcome.dropped {
        let event = speaker.say(EventKind::FileCaptured { artifact: artifact.clone() });
        intake.blocking_send(Intake::File { event, bytes: bytes.clone() }).ok()?;
    }
    let report = EventKind::Detonated { report: Box::new(outcome.report) };
    intake.blocking_send(Intake::Event(speaker.say(report))).ok()?;
    if generation < GENERATIONS_MAX {
        for (artifact, bytes) in outcome.dropped {
            take_apart(bench, intake, &Job { artifact, ..job.clone() }, &bytes, generation + 1)?;
        }
    }
    Some(())
}

/// Makes the events of one job. Ids come from the file and the time, so that no two jobs share one.
struct Speaker<'a> {
    job: &'a Job,
    clock: &'a Clock,
    sequence: u32,
}

impl Speaker<'_> {
    fn say(&mut self, kind: EventKind) -> Event {
        let at = (self.clock)();
        self.sequence += 1;
        let origin = otori_event::id::fnv1a(&self.job.artifact.sha256.0);
        Event {
            id: EventId::new(at, origin, self.sequence),
            at,
            product: self.job.product.clone(),
            session: self.job.session,
            demo: self.job.demo,
            kind,
        }
    }
}
