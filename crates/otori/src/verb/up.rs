//! `otori up`: decoy, lab, store, intelligence and hub in one process, on embedded defaults, without root.
use crate::config::{self, Config};
use crate::demo;
use crate::lab::{Bench, Job, Lab};
use crate::link::{Door, Link};
use crate::pipeline::{self, Clock, Pipeline};
use crate::subscriber::Subscriber;
use anyhow::Context;
use otori_decoy::ambient::Ambient;
use otori_decoy::product::Product;
use otori_decoy::{DecoyError, DemoPeers, Listening, World};
use otori_device::{Device, Profile, userland};
use otori_event::{Event, EventId, EventKind, Intake, Timestamp};
use otori_hub::place::Atlas;
use otori_hub::{Hub, HubConfig, HubError, Phase, Status};
use otori_intel::Intel;
use otori_store::{Options, Recovery, Store};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

/// How long a stop waits for the last events to be written.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Between two times that the store is tidied.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// An engine that runs beside the others.
type Task<E> = tokio::task::JoinHandle<Result<(), E>>;

/// Arguments of `otori up`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Also play attackers on loopback, marked as demonstration
    #[arg(long)]
    demo: bool,
    /// Configuration file, instead of those under /etc/otori
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "otori-data")]
    data: PathBuf,
}

/// Starts everything, runs until SIGINT or SIGTERM, stops in order.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = config::load(arguments.config.as_deref())?.config;
    let device = prepare_device(&config, &arguments.data)?;
    say("opening the store");
    let options = Options { locate: Arc::new(Atlas::embedded()), ..Options::default() };
    let (store, recovery) =
        Store::open_with(&arguments.data, options).context("the store cannot be opened")?;
    say_recovery(&recovery);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config, arguments, device, Arc::new(store), recovery))?;
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(ExitCode::SUCCESS)
}

/// A line of progress, with the seconds since the start.
#[allow(clippy::print_stdout, reason = "progress and the sign-in link are this verb's data")]
fn say(text: impl std::fmt::Display) {
    println!("otori: {text}");
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// The product with its programs, which are fetched at the first start; sessions share its files.
fn prepare_device(config: &Config, data: &Path) -> anyhow::Result<Arc<Device>> {
    let name = &config.product.name;
    let began = Instant::now();
    let profile = Profile::find(name, &data.join("products"))?;
    let userland = if profile.table.userland.package.is_some() {
        userland::obtain(&config::userland_cache(data), &profile.table.userland, &mut |line| say(line))?.root
    } else {
        PathBuf::new()
    };
    let device = Device::prepare(profile, &userland)?;
    say(format_args!("product {name} is ready after {:.1} s", began.elapsed().as_secs_f32()));
    Ok(Arc::new(device))
}

fn say_recovery(recovery: &Recovery) {
    say(format_args!(
        "recovered {} events, {} interrupted sessions, {} files to take apart again",
        recovery.events,
        recovery.interrupted_sessions.len(),
        recovery.requeued_artifacts.len()
    ));
    for name in &recovery.missing_segments {
        say(format_args!(
            "  segment {name} is missing: its events are gone; restore it from a backup into the data folder"
        ));
    }
}

/// What every part of a run shares.
#[derive(Clone)]
struct Run {
    config: Config,
    data: PathBuf,
    device: Arc<Device>,
    store: Arc<Store>,
    status: Arc<Status>,
    clock: Clock,
    started: Timestamp,
    stopped: watch::Receiver<bool>,
}

/// Everything that runs, from the store outwards; ends on SIGINT, SIGTERM or when an engine fails.
async fn serve(
    config: Config,
    arguments: Arguments,
    device: Arc<Device>,
    store: Arc<Store>,
    recovery: Recovery,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let (data, status, started) = (arguments.data, Arc::new(Status::default()), now());
    let run = Run { config, data, device, store, status, clock: Arc::new(now), started, stopped };
    let (intake, queue) = mpsc::channel(pipeline::INTAKE_QUEUE);
    let (link, line) = run.start_pipeline(&intake, queue, &recovery)?;
    intake.send(Intake::Event(started_event(started, &recovery))).await.context("the pipeline ended")?;
    let guards = tokio::spawn(run.open_door(&link)?.serve(intake.clone()));
    let keeper = tokio::spawn(keep_house(run.store.clone(), run.clock.clone()));
    let peers = DemoPeers::default();
    let (decoy, fronts) = run.start_decoy(intake, peers.clone()).await?;
    let hub = run.start_hub().await?;
    run.status.set_phase(Phase::Ready);
    if arguments.demo {
        say("demonstration: attackers play on loopback; what they do is marked as demonstration");
        tokio::spawn(demo::play(fronts, peers, until(run.stopped.clone())));
    }
    wait_for_signal().await?;
    say("stopping; a second signal ends at once");
    let _ = stop.send(true);
    decoy.await??;
    for task in [guards, keeper] {
        task.abort();
        let _ = task.await;
    }
    hub.await??;
    // A file that is being taken apart holds the line open; what is not finished is queued again at the next start.
    let _ = tokio::time::timeout(STOP_PATIENCE, tokio::task::spawn_blocking(move || line.join())).await;
    say("stopped");
    Ok(())
}

impl Run {
    /// The lab's workers and the thread of the line.
    fn start_pipeline(
        &self,
        intake: &mpsc::Sender<Intake>,
        queue: mpsc::Receiver<Intake>,
        recovery: &Recovery,
    ) -> anyhow::Result<(Link, JoinHandle<()>)> {
        let mut intel = Intel::new(self.config.intel.clone());
        intel.restore(self.store.indicators_all()?, self.store.rules_live()?);
        let link = Link::new(intel.rules());
        let lab = Lab::start(&Bench {
            store: self.store.clone(),
            device: self.device.clone(),
            section: self.config.lab.clone(),
            clock: self.clock.clone(),
            intake: intake.downgrade(),
        })?;
        for artifact in recovery.requeued_artifacts.iter().cloned() {
            lab.take(Job { artifact, product: None, session: None, demo: false });
        }
        let pipeline = Pipeline {
            store: self.store.clone(),
            intel,
            lab,
            link: link.clone(),
            subscriber: Subscriber::new(&self.config.act),
            status: self.status.clone(),
            clock: self.clock.clone(),
            origin: pipeline::origin_of_run(self.started),
            sequence: 0,
            done: vec![],
        };
        let runtime = tokio::runtime::Handle::current();
        let line = std::thread::Builder::new().name("pipeline".into()).spawn(move || {
            let _entered = runtime.enter();
            pipeline.run(queue);
        })?;
        Ok((link, line))
    }

    /// The socket for guards.
    fn open_door(&self, link: &Link) -> anyhow::Result<Door> {
        let socket = self.data.join("guard.sock");
        link.bind(&socket).with_context(|| format!("{}: cannot listen for guards", socket.display()))
    }

    /// The fronts; returns when they listen.
    async fn start_decoy(
        &self,
        pipeline: mpsc::Sender<Intake>,
        demo: DemoPeers,
    ) -> anyhow::Result<(Task<DecoyError>, Listening)> {
        let world = World { pipeline, demo, ambient: Ambient::system() };
        let (listening, fronts) = oneshot::channel();
        let decoy = tokio::spawn(otori_decoy::run_appliance(
            self.config.decoy.clone(),
            Arc::new(Product::new(self.device.clone())?),
            world,
            |list| drop(listening.send(list)),
            until(self.stopped.clone()),
        ));
        let Ok(fronts) = fronts.await else {
            decoy.await??;
            anyhow::bail!("the decoy ended before it listened");
        };
        for (front, address) in &fronts {
            self.status.add_front(front, &self.config.product.name, *address);
            say(format_args!("decoy: {front} on {address}"));
        }
        Ok((decoy, fronts))
    }

    /// The page; prints its sign-in link.
    async fn start_hub(&self) -> anyhow::Result<Task<HubError>> {
        let config = HubConfig {
            listen: self.config.hub.listen,
            host_names: self.config.hub.host_names.clone(),
            metrics_open: self.config.hub.metrics_open,
            data: Some(self.data.clone()),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let hub = Hub::bind(config, self.store.clone(), self.status.clone(), self.clock.clone()).await?;
        say(format_args!("sign-in link: {}", hub.sign_in_link()?));
        Ok(tokio::spawn(hub.serve(until(self.stopped.clone()))))
    }
}

/// Seals old events, applies retention: once a minute, for as long as the product runs.
async fn keep_house(store: Arc<Store>, clock: Clock) {
    let mut minute = tokio::time::interval(HOUSEKEEPING);
    loop {
        minute.tick().await;
        let (store, now) = (store.clone(), clock());
        let kept = tokio::task::spawn_blocking(move || store.maintain(now)).await;
        if let Ok(Err(error)) = kept {
            eprintln!("otori: the store cannot be tidied: {error}; remedy: {}", error.remedy());
        }
    }
}

/// Ends when the product is told to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender is gone: that is a stop too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// SIGINT or SIGTERM; from then on a second one kills.
async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}

fn started_event(at: Timestamp, recovery: &Recovery) -> Event {
    Event {
        id: EventId::new(at, pipeline::origin_of_run(at), 0),
        at,
        product: None,
        session: None,
        demo: false,
        kind: EventKind::SystemStarted {
            version: env!("CARGO_PKG_VERSION").into(),
            recovered_events: recovery.events,
            interrupted_sessions: recovery.interrupted_sessions.len() as u64,
            requeued_artifacts: recovery.requeued_artifacts.len() as u64,
        },
    }
}
