//! Errors as a client sees them: RFC 9457 problem details with a remedy.
//!
//! Key type: [`Problem`].
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use otori_store::StoreError;
use serde::Serialize;

/// What went wrong and what helps. `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    remedy: String,
    retry_after_seconds: Option<u32>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    remedy: &'a str,
}

impl Problem {
    /// A problem with this status; `detail` says what, `remedy` what to do.
    pub fn new(status: StatusCode, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Problem { status, detail: detail.into(), remedy: remedy.into(), retry_after_seconds: None }
    }
    /// The client may come back after so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
    /// No session, or one that has ended.
    pub fn unauthorised() -> Self {
        let remedy =
            "open the sign-in link that `otori up` printed, or print a new one with `otori sign-in-link`";
        Problem::new(StatusCode::UNAUTHORIZED, "you are not signed in", remedy)
    }
    /// A parameter that is not understood.
    pub fn parameter(name: &str, what: impl std::fmt::Display) -> Self {
        let detail = format!("parameter {name}: {what}");
        Problem::new(StatusCode::BAD_REQUEST, detail, "see /openapi.json for what each parameter takes")
    }
    /// Nothing of this name.
    pub fn not_found(what: &str) -> Self {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no such {what}"), "check the identifier")
    }
    /// Too much to do right now.
    pub fn busy() -> Self {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many questions are being answered",
            "ask again in some seconds",
        );
        problem.retry_after(2)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::NotFound => StatusCode::NOT_FOUND,
            StoreError::Cursor => StatusCode::BAD_REQUEST,
            StoreError::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // The message of an internal error may name paths of this machine: they stay in the log.
        let detail = match status {
            StatusCode::INTERNAL_SERVER_ERROR => {
                eprintln!("otori-hub: {error}");
                "the store could not answer; the reason is in the log".to_owned()
            }
            _ => error.to_string(),
        };
        Problem::new(status, detail, error.remedy())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            remedy: &self.remedy,
        };
        let mut response = (self.status, Json(body)).into_response();
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            fields.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
