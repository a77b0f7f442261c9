//! HTTP API, OpenAPI document, dashboard, sign-in.
