//! The API: one row per route. Router, access check and OpenAPI document are made from the same rows.
//!
//! Key items: [`ROUTES`], [`router`]. To add a route: a handler in its page's file and a row here; its answer's schema
//! in `openapi/schemas.json`; a line in docs/api.md.
mod account;
mod events;
mod knowledge;
mod samples;
mod sessions;
mod system;
mod windows;

use crate::hub::Shared;
use crate::{Problem, assets, guard, metrics, openapi, stream};
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use std::sync::Arc;

/// The most bytes of a request's body.
const BODY_MAX_BYTES: usize = 16 << 10;

/// Who gets an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// anyone
    Open,
    /// who is signed in
    Session,
    /// who is signed in; loopback peers, too, if the configuration says so
    Metrics,
}

/// What a successful answer is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// JSON of this schema
    Json(&'static str),
    /// text of this media type
    Text(&'static str),
    /// 204
    Nothing,
}

/// One parameter in the query or the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// for a person
    pub(crate) what: &'static str,
}

/// One row.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) summary: &'static str,
    pub(crate) parameters: &'static [Parameter],
    /// schema of the body; only POST has one
    pub(crate) body: Option<&'static str>,
    pub(crate) answer: Answer,
    mount: fn() -> MethodRouter<Arc<Shared>>,
}

const fn parameter(name: &'static str, what: &'static str) -> Parameter {
    Parameter { name, what }
}

const CURSOR: Parameter = parameter("cursor", "where the last page ended: its `next`");
const LIMIT: Parameter = parameter("limit", "entries, 1 to 500; 50 if absent");
const RANGE: Parameter = parameter("range", "1h, 24h, 7d, 30d or all; 24h if absent");
const DEMO: Parameter = parameter("demo", "include, exclude or only demonstrations; include if absent");
const PRODUCT: Parameter = parameter("product", "name of a product");
const SOURCE: Parameter = parameter("source", "one address");
const STAGE: Parameter = parameter("stage", "furthest stage: probe, login, exploit or infection");
const SESSION_ID: Parameter = parameter("id", "12 hexadecimal digits");

const fn row(
    path: &'static str,
    summary: &'static str,
    answer: Answer,
    mount: fn() -> MethodRouter<Arc<Shared>>,
) -> Route {
    Route { path, access: Access::Session, summary, parameters: &[], body: None, answer, mount }
}

impl Route {
    const fn with(self, parameters: &'static [Parameter]) -> Route {
        Route { parameters, ..self }
    }
    const fn for_all(self, access: Access) -> Route {
        Route { access, ..self }
    }
    const fn takes(self, body: &'static str) -> Route {
        Route { body: Some(body), ..self }
    }
    /// `path` is one of this row's paths.
    fn matches(&self, path: &str) -> bool {
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(ours), Some(theirs)) if ours.starts_with('{') && !theirs.is_empty() => {}
                (Some(ours), Some(theirs)) if ours == theirs => {}
                _ => return false,
            }
        }
    }
}

/// All routes, in the order of docs/api.md.
pub(crate) static ROUTES: &[Route] = &[
    row("/api/v1/sign-in", "Turn a one-time token into a session", Answer::Json("Me"), || {
        post(account::sign_in)
    })
    .for_all(Access::Open)
    .takes("Token"),
    row("/api/v1/sign-out", "End the session", Answer::Nothing, || post(account::sign_out)).takes("Nothing"),
    row("/api/v1/me", "Who is signed in", Answer::Json("Me"), || get(account::me)),
    row("/api/v1/overview", "What changed in a window", Answer::Json("Overview"), || get(windows::overview))
        .with(&[RANGE, DEMO]),
    row("/api/v1/geo", "Where sessions came from", Answer::Json("Geo"), || get(windows::geo))
        .with(&[RANGE, DEMO]),
    row("/api/v1/events", "Events, newest first", Answer::Json("EventPage"), || get(events::list)).with(&[
        CURSOR,
        LIMIT,
        parameter("kind", "kinds of events, separated by commas"),
        PRODUCT,
        parameter("session", "12 hexadecimal digits"),
        SOURCE,
        parameter("since", "RFC 3339, inclusive"),
        parameter("until", "RFC 3339, exclusive"),
        parameter("q", "text that the event's JSON holds, letter case ignored in ASCII"),
        DEMO,
    ]),
    row("/api/v1/stream", "Events as they become durable", Answer::Text("text/event-stream"), || {
        get(stream::stream)
    })
    .with(&[parameter("after", "sequence number to go on from, if there is no Last-Event-ID"), DEMO]),
    row("/api/v1/sessions", "Sessions, newest first", Answer::Json("SessionPage"), || get(sessions::list))
        .with(&[CURSOR, LIMIT, PRODUCT, STAGE, parameter("front", "telnet, http …"), SOURCE, RANGE, DEMO]),
    row("/api/v1/sessions/{id}", "One session with its events", Answer::Json("SessionDetail"), || {
        get(sessions::one)
    })
    .with(&[SESSION_ID, CURSOR, LIMIT]),
    row("/api/v1/sessions/{id}/recording", "A recording, asciinema v2", Answer::Text("text/plain"), || {
        get(sessions::recording)
    })
    .with(&[SESSION_ID]),
    row("/api/v1/samples", "Captured files, newest first", Answer::Json("SamplePage"), || get(samples::list))
        .with(&[CURSOR, LIMIT, RANGE, parameter("cpu", "instruction set, as classified"), DEMO]),
    row(
        "/api/v1/samples/{sha256}",
        "One captured file with its report",
        Answer::Json("SampleDetail"),
        || get(samples::one),
    )
    .with(&[parameter("sha256", "64 hexadecimal digits")]),
    row("/api/v1/indicators", "What is known, newest first", Answer::Json("IndicatorPage"), || {
        get(knowledge::list)
    })
    .with(&[
        CURSOR,
        LIMIT,
        parameter("kind", "url, address, service, domain or sha256"),
        parameter("state", "observed, candidate, guarded, active, stale, revoked or vetoed"),
        parameter("q", "text that the value holds"),
        DEMO,
    ]),
    row("/api/v1/network", "What is enforced on the wire", Answer::Json("Network"), || get(windows::network))
        .with(&[RANGE, DEMO]),
    row("/api/v1/system", "The product itself", Answer::Json("System"), || get(system::system)),
    row("/openapi.json", "This document", Answer::Json("OpenApi"), || get(openapi::serve)),
    row("/metrics", "Prometheus text format 0.0.4", Answer::Text("text/plain"), || get(metrics::serve))
        .for_all(Access::Metrics),
    row("/healthz", "The process answers", Answer::Json("Health"), || get(system::healthz))
        .for_all(Access::Open),
    row("/readyz", "All engines run", Answer::Json("Health"), || get(system::readyz)).for_all(Access::Open),
];

/// The row of a path, if it has one.
pub(crate) fn find(path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.matches(path))
}

/// Everything that the hub answers.
pub(crate) fn router(hub: Arc<Shared>) -> Router {
    let rows = ROUTES.iter().fold(Router::new(), |router, route| router.route(route.path, (route.mount)()));
    rows.fallback(other)
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this path does not take this method",
                "see /openapi.json",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(middleware::from_fn_with_state(hub.clone(), guard::check))
        .with_state(hub)
}

/// The dashboard, or nothing.
async fn other(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") || uri.path() == "/api" {
        return Problem::not_found("path").into_response();
    }
    assets::dashboard(method, uri, headers).await
}
