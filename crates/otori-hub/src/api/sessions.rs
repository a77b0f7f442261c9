//! Sessions, and their recordings.
use crate::Problem;
use crate::hub::Shared;
use crate::parameters::Parameters;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use otori_event::SessionId;
use otori_store::query::SessionQuery;
use otori_store::view::{Page, SessionDetail, SessionSummary};
use std::sync::Arc;

pub(super) async fn list(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Page<SessionSummary>>, Problem> {
    let query = SessionQuery {
        product: parameters.get("product")?,
        stage: parameters.word("stage")?,
        front: parameters.text("front"),
        source: parameters.get("source")?,
        range: parameters.range()?,
        demo: parameters.demo()?,
        limit: parameters.limit()?,
        cursor: parameters.text("cursor"),
    };
    let now = hub.now();
    Ok(Json(hub.ask(move |store, limit| store.sessions(&query, now, limit)).await?))
}

fn session_id(text: &str) -> Result<SessionId, Problem> {
    text.parse().map_err(|_| Problem::not_found("session"))
}

pub(super) async fn one(
    State(hub): State<Arc<Shared>>,
    Path(id): Path<String>,
    parameters: Parameters,
) -> Result<Json<SessionDetail>, Problem> {
    let id = session_id(&id)?;
    let (wanted, cursor) = (parameters.limit()?, parameters.text("cursor"));
    Ok(Json(hub.ask(move |store, limit| store.session(id, wanted, cursor, limit)).await?))
}

pub(super) async fn recording(
    State(hub): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = session_id(&id)?;
    let bytes = hub.ask(move |store, _| store.recording(id)).await?;
    let bytes = bytes.ok_or_else(|| Problem::not_found("recording"))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], bytes).into_response())
}
