//! Starting and stopping a decoy.
//!
//! Key function: [`run`]; [`run_appliance`] plays anything that an [`Appliance`] is.
use crate::ambient::Ambient;
use crate::appliance::Appliance;
use crate::config::DecoyConfig;
use crate::credential::Credentials;
use crate::decoy::Decoy;
use crate::demo::DemoPeers;
use crate::engine::Engine;
use crate::fetch::Fetcher;
use crate::front::inside::Lodgings;
use crate::front::{FRONTS, listen};
use crate::gate::Gate;
use crate::product::{Product, ProductError};
use otori_device::Device;
use otori_event::Intake;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Why a decoy does not run.
#[derive(Debug, thiserror::Error)]
pub enum DecoyError {
    /// an address cannot be listened on
    #[error("the {front} front cannot listen on {address}: {source}")]
    Listen {
        /// which front
        front: &'static str,
        /// where
        address: SocketAddr,
        /// why
        source: std::io::Error,
    },
    /// the product names what the decoy does not have
    #[error(transparent)]
    Product(#[from] ProductError),
    /// the worker threads do not start
    #[error("the threads that run guests do not start: {0}")]
    Threads(std::io::Error),
}

/// What a running decoy needs beside its configuration.
pub struct World {
    /// where everything goes
    pub pipeline: mpsc::Sender<Intake>,
    /// announced peers of a demonstration
    pub demo: DemoPeers,
    /// time and chance
    pub ambient: Ambient,
}

/// Where the fronts listen: name and address, once they do.
pub type Listening = Vec<(&'static str, SocketAddr)>;

/// Plays `device` until `shutdown` comes; `started` hears where the fronts listen.
///
/// # Errors
/// [`DecoyError`] when the product names what the decoy does not have or a front cannot listen; nothing runs then.
pub async fn run(
    config: DecoyConfig,
    device: Arc<Device>,
    world: World,
    started: impl FnOnce(Listening),
    shutdown: impl Future<Output = ()>,
) -> Result<(), DecoyError> {
    let product = Product::new(device)?;
    run_appliance(config, Arc::new(product), world, started, shutdown).await
}

/// Plays `appliance` until `shutdown` comes; `started` hears the addresses (useful with port 0).
///
/// # Errors
/// [`DecoyError`] when a front cannot listen; nothing runs then.
pub async fn run_appliance(
    config: DecoyConfig,
    appliance: Arc<dyn Appliance>,
    world: World,
    started: impl FnOnce(Listening),
    shutdown: impl Future<Output = ()>,
) -> Result<(), DecoyError> {
    let mut listeners = Vec::new();
    for front in FRONTS {
        for &address in (front.listen)(&config) {
            let error = |source| DecoyError::Listen { front: front.name, address, source };
            let listener = TcpListener::bind(address).await.map_err(error)?;
            let own = listener.local_addr().map_err(error)?;
            listeners.push((front, own, listener));
        }
    }
    let (stop, stopped) = watch::channel(false);
    let engine =
        Engine::start(config.limits.threads, world.ambient.clock.clone()).map_err(DecoyError::Threads)?;
    let policy = config.credentials.clone().unwrap_or_else(|| appliance.persona().credentials.clone());
    let decoy = Arc::new(Decoy {
        credentials: Credentials::new(policy),
        engine,
        fetcher: Arc::new(Fetcher::new(config.fetch.clone(), world.ambient.clock.clone())),
        gate: Gate::new(config.limits.sessions, config.limits.sessions_per_source),
        demo: world.demo,
        lodgings: Lodgings::default(),
        pipeline: world.pipeline,
        shutdown: stopped,
        runtime: tokio::runtime::Handle::current(),
        ambient: world.ambient,
        appliance,
        config,
    });
    started(listeners.iter().map(|(front, own, _)| (front.name, *own)).collect());
    let mut fronts = JoinSet::new();
    for (front, _, listener) in listeners {
        fronts.spawn(listen(decoy.clone(), front, listener));
    }
    shutdown.await;
    // The fronts go when the last visit has written its end; a send cannot fail before that.
    let _ = stop.send(true);
    while fronts.join_next().await.is_some() {}
    // The last of the decoy joins the worker threads: not on a thread of the runtime.
    let _ = tokio::task::spawn_blocking(move || drop(decoy)).await;
    Ok(())
}
