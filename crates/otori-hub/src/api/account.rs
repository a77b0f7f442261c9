//! Sign in, sign out, who am I.
use crate::account::{Refused, SESSION_SECONDS, Session};
use crate::guard::{COOKIE, cookie};
use crate::{Problem, hub::Shared};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use otori_event::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    token: String,
}

#[derive(Serialize)]
pub(super) struct Me {
    role: &'static str,
    csrf: String,
    signed_in_at: Timestamp,
    expires_at: Timestamp,
}

impl From<Session> for Me {
    fn from(session: Session) -> Self {
        let Session { csrf, signed_in_at, expires_at } = session;
        Me { role: "admin", csrf, signed_in_at, expires_at }
    }
}

fn set_cookie(value: &str, seconds: i64) -> Result<HeaderValue, Problem> {
    let text = format!("{COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}");
    HeaderValue::from_str(&text).map_err(|_| Problem::busy())
}

pub(super) async fn sign_in(
    State(hub): State<Arc<Shared>>,
    body: Result<Json<Token>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(Token { token }) = body.map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, error.body_text(), "send {\"token\": \"…\"}")
    })?;
    let result = hub.accounts.sign_in(&token, hub.now()).map_err(|_| Problem::busy())?;
    match result {
        Ok((cookie, session)) => {
            let mut response = Json(Me::from(session)).into_response();
            response.headers_mut().insert(header::SET_COOKIE, set_cookie(&cookie, SESSION_SECONDS)?);
            Ok(response)
        }
        Err(Refused::Token) => {
            let remedy = "print a new link with `otori sign-in-link`";
            let detail = "this sign-in link was used already, has expired, or is not ours";
            Err(Problem::new(StatusCode::UNAUTHORIZED, detail, remedy))
        }
        Err(Refused::Tries) => {
            let detail = "too many failed sign-ins";
            Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail, "wait a minute").retry_after(60))
        }
    }
}

pub(super) async fn sign_out(
    State(hub): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(cookie) = cookie(&headers) {
        hub.accounts.sign_out(&cookie);
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, set_cookie("", 0)?);
    Ok(response)
}

pub(super) async fn me(Extension(session): Extension<Session>) -> Json<Me> {
    Json(session.into())
}
