//! HTTP API, OpenAPI document, dashboard, sign-in.
//!
//! Key types: [`Hub`], [`HubConfig`], [`Status`]. The hub only reads the store; docs/api.md says what it answers.
//! Reading order: `hub.rs` (begin and end), `guard.rs` (what every request passes), `api/mod.rs` (one row per route).
#![forbid(unsafe_code)]

mod account;
mod api;
mod assets;
mod guard;
mod hub;
mod listener;
mod metrics;
mod openapi;
mod parameters;
pub mod place;
mod problem;
mod status;
mod stream;

pub use hub::{Clock, Hub, HubConfig, HubError, sign_in_link};
pub use openapi::document as openapi_document;
pub use problem::Problem;
pub use status::{Front, Phase, Queue, Status};

use otori_store::Store;
use std::future::Future;
use std::sync::Arc;

/// Binds and serves in one call, for who needs no sign-in link. See [`Hub`].
pub async fn serve(
    config: HubConfig,
    store: Arc<Store>,
    status: Arc<Status>,
    clock: Clock,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HubError> {
    Hub::bind(config, store, status, clock).await?.serve(shutdown).await
}
