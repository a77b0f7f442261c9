//! One GET over one connection to an address that was already judged; hyper is the client.
//!
//! Key type: [`Answer`]. Neighbour: [`super::Fetcher`] follows redirects, each judged anew.
use super::{FetchError, Fetched, Request};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::{self, HeaderValue};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// Bytes of the user agent that is passed on.
const USER_AGENT_MAX: usize = 256;

/// What the server said.
pub(super) enum Answer {
    /// a body, whatever the status
    File(Fetched),
    /// its Location field
    Redirect(String),
}

/// Asks `address` for the file of `request`.
pub(super) async fn get(
    request: &Request,
    address: SocketAddr,
    max_bytes: u64,
) -> Result<Answer, FetchError> {
    let broken = |error: &dyn std::fmt::Display| FetchError::Transfer(error.to_string());
    let stream = TcpStream::connect(address).await.map_err(|e| broken(&e))?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    let driver = tokio::spawn(connection);
    let answer = exchange(&mut sender, request, max_bytes).await;
    driver.abort();
    answer
}

async fn exchange(
    sender: &mut hyper::client::conn::http1::SendRequest<Empty<Bytes>>,
    request: &Request,
    max_bytes: u64,
) -> Result<Answer, FetchError> {
    let broken = |error: &dyn std::fmt::Display| FetchError::Transfer(error.to_string());
    let bracketed =
        if request.host.contains(':') { format!("[{}]", request.host) } else { request.host.clone() };
    let host = if request.port == 80 { bracketed } else { format!("{bracketed}:{}", request.port) };
    let agent = &request.user_agent[..request.user_agent.len().min(USER_AGENT_MAX)];
    let agent = HeaderValue::from_bytes(agent).unwrap_or_else(|_| HeaderValue::from_static("Wget"));
    let outgoing = hyper::Request::get(&request.path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, agent)
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| FetchError::Url)?;
    let response = sender.send_request(outgoing).await.map_err(|e| broken(&e))?;
    let (head, mut body) = response.into_parts();
    let text = |name| head.headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::to_string);
    if head.status.is_redirection()
        && let Some(location) = text(header::LOCATION)
    {
        return Ok(Answer::Redirect(location));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| broken(&e))?;
        if let Some(data) = frame.data_ref() {
            if (bytes.len() + data.len()) as u64 > max_bytes {
                return Err(FetchError::TooLarge(max_bytes));
            }
            bytes.extend_from_slice(data);
        }
    }
    Ok(Answer::File(Fetched {
        status: head.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        bytes: bytes.into(),
        url: request.url(),
    }))
}
