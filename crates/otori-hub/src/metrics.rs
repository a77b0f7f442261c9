//! `/metrics`: Prometheus text format 0.0.4.
use crate::Problem;
use crate::hub::Shared;
use crate::status::Phase;
use crate::stream::STREAMS_MAX;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use otori_store::query::{Demo, Range};
use std::fmt::{Display, Write};
use std::sync::Arc;

/// Lines of the answer, grouped by name.
#[derive(Default)]
struct Page(String);

impl Page {
    /// Begins a metric. `kind` is `counter` or `gauge`.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }
    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.metric(name, kind, help);
        self.value(name, &[], value);
    }
}

pub(crate) async fn serve(State(hub): State<Arc<Shared>>) -> Result<Response, Problem> {
    let now = hub.now();
    let question = move |store: &otori_store::Store, limit: &otori_store::QueryLimit| {
        let overview = store.overview(Range::Hour, Demo::Include, now, limit)?;
        Ok((store.totals(limit)?, store.sizes(store.retention(), limit)?, overview))
    };
    let (totals, sizes, overview) = hub.ask(question).await?;
    let mut page = Page::default();
    page.metric("otori_build_info", "gauge", "Version of the running binary");
    page.value("otori_build_info", &[("version", &hub.config.version)], 1);
    let uptime = now.since_ns(hub.started_at) / 1_000_000_000;
    page.single("otori_uptime_seconds", "gauge", "Seconds since the hub started", uptime.max(0));
    page.single(
        "otori_ready",
        "gauge",
        "1 when all engines run",
        u8::from(hub.status.phase() == Phase::Ready),
    );
    page.metric("otori_events_total", "counter", "Events stored, by kind");
    for (kind, count) in &totals {
        page.value("otori_events_total", &[("kind", kind)], count);
    }
    page.metric("otori_store_events", "gauge", "Events in the store");
    page.value("otori_store_events", &[("part", "inbox")], sizes.inbox_events);
    page.value("otori_store_events", &[("part", "sealed")], sizes.sealed_events);
    page.metric("otori_store_bytes", "gauge", "Size of the store");
    page.value("otori_store_bytes", &[("part", "database")], sizes.database_bytes);
    page.value("otori_store_bytes", &[("part", "segments")], sizes.segment_bytes);
    page.value("otori_store_bytes", &[("part", "artifacts")], sizes.artifact_bytes);
    page.value("otori_store_bytes", &[("part", "recordings")], sizes.recording_bytes);
    page.single("otori_samples", "gauge", "Different files captured", sizes.artifacts);
    page.single(
        "otori_rules_live",
        "gauge",
        "Rules made from indicators that are live",
        overview.active_blocks,
    );
    if let Some(median) = overview.capture_to_block_ms.median {
        let help = "Median seconds from capture to enforcement, rules of the last hour";
        page.single("otori_capture_to_block_seconds", "gauge", help, median as f64 / 1_000.0);
    }
    if let Some(at) = overview.last_event_at {
        let help = "Time of the newest event, seconds since 1970";
        page.single("otori_last_event_timestamp_seconds", "gauge", help, at.as_ms() as f64 / 1_000.0);
    }
    page.metric("otori_queue_depth", "gauge", "Entries that wait in a queue");
    page.metric("otori_queue_capacity", "gauge", "Entries that fit into a queue");
    for queue in hub.status.queues() {
        page.value("otori_queue_depth", &[("queue", &queue.name)], queue.depth);
        page.value("otori_queue_capacity", &[("queue", &queue.name)], queue.capacity);
    }
    let open = STREAMS_MAX - hub.streams.available_permits();
    page.single("otori_streams_open", "gauge", "Pages that listen to the stream", open);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page.0).into_response())
}
