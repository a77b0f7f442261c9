//! Indicators.
use crate::Problem;
use crate::hub::Shared;
use crate::parameters::Parameters;
use axum::Json;
use axum::extract::State;
use otori_store::query::IndicatorQuery;
use otori_store::view::{IndicatorEntry, Page};
use std::sync::Arc;

pub(super) async fn list(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Page<IndicatorEntry>>, Problem> {
    let query = IndicatorQuery {
        kind: parameters.word("kind")?,
        state: parameters.word("state")?,
        text: parameters.text("q"),
        demo: parameters.demo()?,
        limit: parameters.limit()?,
        cursor: parameters.text("cursor"),
    };
    Ok(Json(hub.ask(move |store, limit| store.indicators(&query, limit)).await?))
}
