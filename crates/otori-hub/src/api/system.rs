//! The product itself, and whether it is well.
use crate::Problem;
use crate::hub::Shared;
use crate::place::{Credit, credits};
use crate::status::{Front, Phase, Queue};
use crate::stream::STREAMS_MAX;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use otori_event::Timestamp;
use otori_store::view::Sizes;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(super) struct System {
    version: String,
    now: Timestamp,
    started_at: Timestamp,
    uptime_seconds: i64,
    ready: bool,
    store: Sizes,
    recovery: Option<Recovered>,
    queues: Vec<Queue>,
    fronts: Vec<Front>,
    streams: Streams,
    places: Places,
    credits: &'static [Credit],
}

#[derive(Serialize)]
struct Recovered {
    events: u64,
    interrupted_sessions: usize,
    requeued_artifacts: usize,
    at: Timestamp,
}

#[derive(Serialize)]
struct Streams {
    open: usize,
    capacity: usize,
}

#[derive(Serialize)]
struct Places {
    countries: bool,
    networks: bool,
}

pub(super) async fn system(State(hub): State<Arc<Shared>>) -> Result<Json<System>, Problem> {
    let store = hub.ask(|store, limit| store.sizes(store.retention(), limit)).await?;
    let (now, recovery) = (hub.now(), hub.store.recovery());
    let found = recovery.events > 0 || !recovery.interrupted_sessions.is_empty();
    Ok(Json(System {
        version: hub.config.version.clone(),
        now,
        started_at: hub.started_at,
        uptime_seconds: (now.since_ns(hub.started_at) / 1_000_000_000).max(0),
        ready: hub.status.phase() == Phase::Ready,
        store,
        recovery: found.then(|| Recovered {
            events: recovery.events,
            interrupted_sessions: recovery.interrupted_sessions.len(),
            requeued_artifacts: recovery.requeued_artifacts.len(),
            at: hub.started_at,
        }),
        queues: hub.status.queues(),
        fronts: hub.status.fronts(),
        streams: Streams { open: STREAMS_MAX - hub.streams.available_permits(), capacity: STREAMS_MAX },
        places: Places { countries: hub.atlas.has_countries(), networks: hub.atlas.has_networks() },
        credits: credits(),
    }))
}

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
}

pub(super) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

pub(super) async fn readyz(State(hub): State<Arc<Shared>>) -> (StatusCode, Json<Health>) {
    let phase = hub.status.phase();
    let status = if phase == Phase::Ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Health { status: phase.as_str() }))
}
