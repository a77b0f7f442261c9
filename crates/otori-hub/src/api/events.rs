//! The list of events.
use crate::Problem;
use crate::hub::Shared;
use crate::parameters::Parameters;
use axum::Json;
use axum::extract::State;
use otori_event::Event;
use otori_store::query::{EventFilter, EventQuery, Order};
use otori_store::{brief, view::Page};
use std::sync::Arc;

/// The most kinds that one question names.
const KINDS_MAX: usize = 32;

pub(super) async fn list(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
) -> Result<Json<Page<Event>>, Problem> {
    let kinds = parameters.text("kind").unwrap_or_default();
    let filter = EventFilter {
        kinds: kinds.split(',').filter(|kind| !kind.is_empty()).take(KINDS_MAX).map(str::to_owned).collect(),
        product: parameters.get("product")?,
        session: parameters.get("session")?,
        source: parameters.get("source")?,
        since: parameters.get("since")?,
        until: parameters.get("until")?,
        text: parameters.text("q"),
        demo: parameters.demo()?,
    };
    let query = EventQuery {
        filter,
        order: Order::Newest,
        limit: parameters.limit()?,
        cursor: parameters.text("cursor"),
    };
    let page = hub.ask(move |store, limit| store.events(&query, limit)).await?;
    Ok(Json(Page { items: page.items.into_iter().map(brief).collect(), next: page.next }))
}
