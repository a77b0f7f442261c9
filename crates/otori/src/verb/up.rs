//! `otori up`: decoy, lab, store, intelligence and hub in one process, on embedded defaults, without root.
use crate::config::{self, Config};
use crate::demo;
use crate::lab::{Bench, Job, Lab};
use crate::link::Link;
use crate::pipeline::{self, Clock, Pipeline};
use crate::subscriber::Subscriber;
use anyhow::Context;
use otori_decoy::ambient::Ambient;
use otori_decoy::product::Product;
use otori_decoy::{DemoPeers, World};
use otori_device::{Device, Profile, userland};
use otori_event::{Event, EventId, EventKind, Intake, Timestamp};
use otori_hub::place::Atlas;
use otori_hub::{Hub, HubConfig, Phase, Status};
use otori_intel::Intel;
use otori_store::{Options, Recovery, Store};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

/// How long a stop waits for the last events to be written.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Between two times that the store is tidied.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

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

/// Everything that runs, from the store outwards; ends on SIGINT, SIGTERM or when an engine fails.
async fn serve(
    config: Config,
    arguments: Arguments,
    device: Arc<Device>,
    store: Arc<Store>,
    recovery: Recovery,
) -> anyhow::Result<()> {
    let started = now();
    let clock: Clock = Arc::new(now);
    let (intake, queue) = mpsc::channel(pipeline::INTAKE_QUEUE);
    let status = Arc::new(Status::default());
    let (stop, stopped) = watch::channel(false);

    let mut intel = Intel::new(config.intel.clone());
    intel.restore(store.indicators_all()?, store.rules_live()?);
    let link = Link::new(intel.rules());
    let socket = arguments.data.join("guard.sock");
    let door =
        link.bind(&socket).with_context(|| format!("{}: cannot listen for guards", socket.display()))?;
    let bench = Bench {
        store: store.clone(),
        device: device.clone(),
        section: config.lab.clone(),
        clock: clock.clone(),
        intake: intake.clone(),
    };
    let lab = Lab::start(&bench)?;
    for artifact in recovery.requeued_artifacts.iter().cloned() {
        lab.take(Job { artifact, product: None, session: None, demo: false });
    }
    drop(bench);
    let pipeline = Pipeline {
        store: store.clone(),
        intel,
        lab,
        link,
        subscriber: Subscriber::new(&config.act),
        status: status.clone(),
        clock: clock.clone(),
        origin: pipeline::origin_of_run(started),
        sequence: 0,
        done: vec![],
    };
    let runtime = tokio::runtime::Handle::current();
    let line = std::thread::Builder::new().name("pipeline".into()).spawn(move || {
        let _entered = runtime.enter();
        pipeline.run(queue);
    })?;
    intake.send(Intake::Event(started_event(started, &recovery))).await.context("the pipeline ended")?;

    let guards = tokio::spawn(door.serve(intake.clone()));
    let keeper = tokio::spawn(keep_house(store.clone(), clock.clone()));
    let demo_peers = DemoPeers::default();
    let world = World { pipeline: intake.clone(), demo: demo_peers.clone(), ambient: Ambient::system() };
    let (listening, fronts) = oneshot::channel();
    let decoy = tokio::spawn(otori_decoy::run_appliance(
        config.decoy.clone(),
        Arc::new(Product::new(device)?),
        world,
        |list| drop(listening.send(list)),
        until(stopped.clone()),
    ));
    let Ok(fronts) = fronts.await else {
        decoy.await??;
        anyhow::bail!("the decoy ended before it listened");
    };
    for (front, address) in &fronts {
        status.add_front(front, &config.product.name, *address);
        say(format_args!("decoy: {front} on {address}"));
    }
    let hub_config = HubConfig {
        listen: config.hub.listen,
        host_names: config.hub.host_names.clone(),
        metrics_open: config.hub.metrics_open,
        data: Some(arguments.data.clone()),
        version: env!("CARGO_PKG_VERSION").into(),
    };
    let hub = Hub::bind(hub_config, store, status.clone(), clock).await?;
    say(format_args!("sign-in link: {}", hub.sign_in_link()?));
    let hub = tokio::spawn(hub.serve(until(stopped.clone())));
    status.set_phase(Phase::Ready);
    if arguments.demo {
        say("demonstration: attackers play on loopback; what they do is marked as demonstration");
        tokio::spawn(demo::play(fronts, demo_peers, until(stopped)));
    }
    wait_for_signal().await?;
    say("stopping; a second signal ends at once");
    let _ = stop.send(true);
    decoy.await??;
    guards.abort();
    keeper.abort();
    let _ = guards.await;
    hub.await??;
    drop(intake);
    // The lab's workers hold the queue open until their file is done: what they had not finished is queued again
    // at the next start.
    let _ = tokio::time::timeout(STOP_PATIENCE, tokio::task::spawn_blocking(move || line.join())).await;
    say("stopped");
    Ok(())
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
