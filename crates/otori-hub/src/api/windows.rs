//! What is counted over a window: overview, map, network.
use crate::Problem;
use crate::hub::Shared;
use crate::parameters::Parameters;
use axum::Json;
use axum::extract::State;
use otori_store::view::{Geo, Network, Overview};
use std::sync::Arc;

pub(super) async fn overview(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Overview>, Problem> {
    let (range, demo, now) = (parameters.range()?, parameters.demo()?, hub.now());
    Ok(Json(hub.ask(move |store, limit| store.overview(range, demo, now, limit)).await?))
}

pub(super) async fn geo(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Geo>, Problem> {
    let (range, demo, now) = (parameters.range()?, parameters.demo()?, hub.now());
    Ok(Json(hub.ask(move |store, limit| store.geo(range, demo, now, limit)).await?))
}

pub(super) async fn network(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Network>, Problem> {
    let (range, demo, now) = (parameters.range()?, parameters.demo()?, hub.now());
    Ok(Json(hub.ask(move |store, limit| store.network(range, demo, now, limit)).await?))
}
