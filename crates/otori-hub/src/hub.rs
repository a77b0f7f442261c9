//! The hub itself: what it is made with, how it begins and ends.
//!
//! Key types: [`HubConfig`], [`Hub`]. `bind` takes the port, so that a wrong address is an error at the start; `serve`
//! answers until `shutdown`. Questions to the store run on tokio's blocking threads, [`QUESTIONS_MAX`] at a time.
use crate::account::{Accounts, issue_token};
use crate::listener::{Door, Peer};
use crate::place::Atlas;
use crate::status::{Phase, Status};
use crate::{Problem, api};
use otori_event::Timestamp;
use otori_store::{QueryLimit, Store, StoreError};
use std::fs;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// Questions to the store at once.
const QUESTIONS_MAX: usize = 8;
/// How long a question waits for its turn.
const TURN_TIME_MAX: Duration = Duration::from_secs(5);
/// How long open answers may take after the end was asked for.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(3);

/// Where the time comes from; tests bring their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How the hub is set up.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// address and port to listen on; port 0 takes a free one
    pub listen: SocketAddr,
    /// names under which it is reached, beside addresses and `localhost`
    pub host_names: Vec<String>,
    /// `/metrics` answers loopback peers without a session
    pub metrics_open: bool,
    /// data directory: `otori sign-in-link` leaves its tokens there
    pub data: Option<PathBuf>,
    /// version of the binary
    pub version: String,
}

impl Default for HubConfig {
    fn default() -> Self {
        HubConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 7878)),
            host_names: Vec::new(),
            metrics_open: false,
            data: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// Why the hub cannot run.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The address cannot be listened on.
    #[error("the hub cannot listen on {address}: {source}; choose another with hub.listen")]
    Listen {
        /// what was asked for
        address: SocketAddr,
        /// the system's reason
        source: io::Error,
    },
    /// Serving ended by itself.
    #[error("the hub stopped: {0}")]
    Serve(io::Error),
    /// No hub runs with this data directory.
    #[error("no otori runs with the data directory {}; start `otori up`, or name another with --data", .0.display())]
    NotRunning(PathBuf),
    /// The token could not be made or left for the hub.
    #[error("the sign-in link cannot be made: {0}")]
    Token(io::Error),
}

/// What every handler shares.
pub(crate) struct Shared {
    pub(crate) config: HubConfig,
    pub(crate) store: Arc<Store>,
    pub(crate) status: Arc<Status>,
    pub(crate) accounts: Accounts,
    pub(crate) atlas: Atlas,
    pub(crate) started_at: Timestamp,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) stopping: watch::Receiver<bool>,
    clock: Clock,
    turns: Arc<Semaphore>,
}

/// Stops a query when nobody waits for its answer any more.
struct StopOnDrop(QueryLimit);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Asks the store on a thread that may block.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Store, &QueryLimit) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = tokio::time::timeout(TURN_TIME_MAX, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::busy()) };
        let limit = QueryLimit::default();
        let _stop = StopOnDrop(limit.clone());
        let store = self.store.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let _turn = turn; // given back when the thread is done, not when the client went away
            question(&store, &limit)
        });
        Ok(answer.await.map_err(|_| Problem::busy())??)
    }
}

/// A hub that listens and does not answer yet.
pub struct Hub {
    shared: Arc<Shared>,
    listener: TcpListener,
    address: SocketAddr,
    stop: watch::Sender<bool>,
}

/// Where a running hub says on which address it listens.
fn address_file(data: &Path) -> PathBuf {
    data.join("hub.address")
}

fn link(address: SocketAddr, token: &str) -> String {
    format!("http://{address}/sign-in#{token}")
}

/// A sign-in link for the hub that runs with this data directory, made from another process.
pub fn sign_in_link(data: &Path, now: Timestamp) -> Result<String, HubError> {
    let not_running = || HubError::NotRunning(data.to_owned());
    let address = fs::read_to_string(address_file(data)).map_err(|_| not_running())?;
    let address = address.trim().parse().map_err(|_| not_running())?;
    let token = issue_token(data, now).map_err(HubError::Token)?;
    Ok(link(address, &token))
}

impl Hub {
    /// Takes the port.
    pub async fn bind(
        config: HubConfig,
        store: Arc<Store>,
        status: Arc<Status>,
        clock: Clock,
    ) -> Result<Hub, HubError> {
        let failed = |source| HubError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        if let Some(data) = &config.data {
            fs::write(address_file(data), address.to_string()).map_err(HubError::Token)?;
        }
        let (stop, stopping) = watch::channel(false);
        let shared = Arc::new(Shared {
            accounts: Accounts::new(config.data.as_deref()),
            config,
            store,
            status,
            atlas: Atlas::embedded(),
            started_at: clock(),
            streams: Arc::new(Semaphore::new(crate::stream::STREAMS_MAX)),
            stopping,
            clock,
            turns: Arc::new(Semaphore::new(QUESTIONS_MAX)),
        });
        Ok(Hub { shared, listener, address, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A link that signs one browser in, once, within ten minutes.
    pub fn sign_in_link(&self) -> Result<String, HubError> {
        let token = self.shared.accounts.issue(self.shared.now()).map_err(HubError::Token)?;
        Ok(link(self.address, &token))
    }

    /// Answers until `shutdown`, then ends the streams and waits a little for open answers.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), HubError> {
        let Hub { shared, listener, stop, .. } = self;
        let data = shared.config.data.clone();
        let mut stopping = shared.stopping.clone();
        let router = api::router(shared.clone()).into_make_service_with_connect_info::<Peer>();
        let end = async move {
            shutdown.await;
            shared.status.set_phase(Phase::Draining);
            let _ = stop.send(true);
        };
        let serving = axum::serve(Door::new(listener), router).with_graceful_shutdown(end);
        let drained = async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
            tokio::time::sleep(DRAIN_TIME_MAX).await;
        };
        let result = tokio::select! {
            result = serving => result.map_err(HubError::Serve),
            () = drained => Ok(()),
        };
        if let Some(data) = data {
            let _ = fs::remove_file(address_file(&data));
        }
        result
    }
}
