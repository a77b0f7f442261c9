//! HTTP API, OpenAPI document, dashboard, sign-in.
#[allow(dead_code)] // the router takes it with its first route
mod assets;

pub mod place;
