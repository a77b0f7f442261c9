//! What every request passes first: host name, session, cross-site defence; and the fields of every answer.
//!
//! Key function: [`check`]. Closed by default: a path of the API answers without a session only if its row in
//! [`crate::api::ROUTES`] says so. Sources: RFC 9110 15.5.20 (421), Fetch metadata, OWASP's advice on DNS rebinding.
use crate::account::same_secret;
use crate::api::{Access, find};
use crate::assets::CONTENT_SECURITY_POLICY;
use crate::listener::Peer;
use crate::{Problem, hub::Shared};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Name of the session's cookie.
pub(crate) const COOKIE: &str = "otori_session";
/// Field that carries the session's csrf value back.
pub(crate) const CSRF: HeaderName = HeaderName::from_static("x-otori-csrf");

/// Answers from the API are data and nothing else.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The middleware around all routes.
pub(crate) async fn check(State(hub): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let data = is_data(request.uri().path());
    let mut response = match admit(&hub, &mut request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let fields = response.headers_mut();
    let policy = if data { DATA_POLICY } else { CONTENT_SECURITY_POLICY };
    fields.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    let constant: [(&'static str, &'static str); 6] = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in constant {
        fields.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if data {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// The path is the API's, not the dashboard's.
fn is_data(path: &str) -> bool {
    path.starts_with("/api/") || path == "/api" || find(path).is_some()
}

fn admit(hub: &Shared, request: &mut Request) -> Result<(), Problem> {
    check_host(hub, request)?;
    let path = request.uri().path();
    if !is_data(path) {
        return Ok(()); // the dashboard's files hold nothing secret
    }
    let access = find(path).map_or(Access::Session, |route| route.access);
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0.0.ip());
    let loopback = peer.is_some_and(|ip| ip.to_canonical().is_loopback());
    let open = match access {
        Access::Open => true,
        Access::Session => false,
        Access::Metrics => hub.config.metrics_open && loopback,
    };
    let cookie = cookie(request.headers());
    let session = cookie.as_deref().and_then(|cookie| hub.accounts.session(cookie, hub.now()));
    if !open && session.is_none() {
        return Err(Problem::unauthorised());
    }
    if request.method() == Method::POST {
        check_same_site(request.headers())?;
        if let (false, Some(session)) = (open, &session) {
            let sent = request.headers().get(CSRF).and_then(|value| value.to_str().ok()).unwrap_or_default();
            if !same_secret(sent, &session.csrf) {
                return Err(forbidden("the field X-Otori-Csrf does not match this session"));
            }
        }
    }
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    Ok(())
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, detail, "reload the page and try again")
}

/// Against DNS rebinding: a name that the owner did not give us is not ours. Addresses cannot be rebound.
fn check_host(hub: &Shared, request: &Request) -> Result<(), Problem> {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.or_else(|| request.uri().host()).unwrap_or_default();
    let name = host_name(host).to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let ours = name == "localhost"
        || bare.parse::<IpAddr>().is_ok()
        || hub.config.host_names.iter().any(|known| known.eq_ignore_ascii_case(&name));
    if ours {
        return Ok(());
    }
    let remedy = "use the address that `otori up` printed, or add the name to hub.host_names";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "this host name is not ours", remedy))
}

/// The host of a Host field, without its port.
fn host_name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// A POST comes from our own pages, as JSON (which a foreign form cannot send).
fn check_same_site(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let json = text("content-type").is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    if !json {
        let remedy = "send Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "only JSON is taken here", remedy));
    }
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(forbidden("the request comes from another site"));
    }
    if let (Some(origin), Some(host)) = (text("origin"), text("host")) {
        let ours = origin.split_once("://").is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host));
        if !ours {
            return Err(forbidden("the request comes from another origin"));
        }
    }
    Ok(())
}

/// The session's cookie.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_port_only() {
        for (host, name) in [
            ("localhost:7878", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]:7878", "[::1]"),
            ("[::1]", "[::1]"),
            ("evil.example:80", "evil.example"),
        ] {
            assert_eq!(host_name(host), name);
        }
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; otori_session=x; otori_session_2=y"));
        assert_eq!(cookie(&headers).as_deref(), Some("x"));
        assert_eq!(cookie(&HeaderMap::new()), None);
    }
}
