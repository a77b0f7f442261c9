//! Events as they become durable, as server-sent events (WHATWG HTML, 9.2).
//!
//! Key function: [`stream`]. Nothing is queued for a client: each stream pulls from the store when its client has taken
//! the last batch, so a slow one costs nothing and misses nothing. One that stalls is cut off by the listener and resumes
//! by `Last-Event-ID`, which is the store's sequence number.
use crate::Problem;
use crate::hub::Shared;
use crate::parameters::Parameters;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use otori_store::brief;
use otori_store::query::{Demo, Missed};
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Streams at once.
pub(crate) const STREAMS_MAX: usize = 64;
/// Time between two batches.
const BATCH_INTERVAL: Duration = Duration::from_millis(100);
/// Events in one batch.
const BATCH_MAX: usize = 500;
/// Time between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Reader {
    hub: Arc<Shared>,
    after: i64,
    demo: Demo,
    tick: Interval,
    greeted: bool,
    _slot: OwnedSemaphorePermit,
}

pub(crate) async fn stream(
    State(hub): State<Arc<Shared>>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let slot = hub.streams.clone().try_acquire_owned().map_err(|_| Problem::busy())?;
    let header =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    let resumed = match header {
        Some(id) => {
            Some(id.parse().map_err(|_| Problem::parameter("Last-Event-ID", "not a sequence number"))?)
        }
        None => parameters.get("after")?,
    };
    let after = resumed.unwrap_or_else(|| hub.store.last_sequence());
    let mut tick = interval(BATCH_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reader = Reader { hub, after, demo: parameters.demo()?, tick, greeted: false, _slot: slot };
    let events = futures_util::stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat")))
}

impl Reader {
    /// The next message; `None` when the hub ends.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true; // an empty batch: the client knows that it is connected, and from where
            return Some(message("batch", self.after, &json!({ "events": [] })));
        }
        let mut stopping = self.hub.stopping.clone();
        loop {
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return None,
                _ = self.tick.tick() => {}
            }
            if self.hub.store.last_sequence() == self.after {
                continue;
            }
            let after = self.after;
            match self.hub.ask(move |store, limit| store.events_after(after, BATCH_MAX, limit)).await {
                Ok(Missed::Events(found)) => {
                    let Some((last, _)) = found.last() else { continue };
                    self.after = *last;
                    let wanted = found
                        .into_iter()
                        .map(|(_, event)| event)
                        .filter(|event| self.demo.admits(event.demo));
                    let events: Vec<_> = wanted.map(brief).collect();
                    if !events.is_empty() {
                        return Some(message("batch", self.after, &json!({ "events": events })));
                    }
                }
                Ok(Missed::TooMuch) => {
                    self.after = self.hub.store.last_sequence();
                    let reason = "more happened than a stream carries: load the page's data again";
                    return Some(message("reset", self.after, &json!({ "reason": reason })));
                }
                Err(_) => {} // the store is busy: the next tick asks again from the same place
            }
        }
    }
}

fn message(kind: &str, id: i64, data: &serde_json::Value) -> Event {
    // JSON in one line: serde_json escapes every line end.
    Event::default().event(kind).id(id.to_string()).data(data.to_string())
}
