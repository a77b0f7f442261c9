//! Captured files.
use crate::Problem;
use crate::hub::Shared;
use crate::parameters::Parameters;
use axum::Json;
use axum::extract::{Path, State};
use otori_event::Sha256;
use otori_store::query::SampleQuery;
use otori_store::view::{Page, SampleDetail, SampleSummary};
use std::sync::Arc;

pub(super) async fn list(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Page<SampleSummary>>, Problem> {
    let query = SampleQuery {
        range: parameters.range()?,
        cpu: parameters.text("cpu"),
        demo: parameters.demo()?,
        limit: parameters.limit()?,
        cursor: parameters.text("cursor"),
    };
    let now = hub.now();
    Ok(Json(hub.ask(move |store, limit| store.samples(&query, now, limit)).await?))
}

pub(super) async fn one(
    State(hub): State<Arc<Shared>>,
    Path(sha256): Path<String>,
) -> Result<Json<SampleDetail>, Problem> {
    let sha256: Sha256 = sha256.parse().map_err(|_| Problem::not_found("sample"))?;
    Ok(Json(hub.ask(move |store, limit| store.sample(&sha256, limit)).await?))
}
