//! The HTTP front: the product's pages on a small embedded server.
//!
//! Key function: [`serve`]. Requests are read by `request.rs` and `body.rs`, answered from the product's [`site`]; a
//! route with a command line runs it on a fresh computer of the product, with the parameter as the attacker sent it.
pub mod body;
pub mod decode;
mod exchange;
pub mod note;
pub mod reply;
pub mod request;
pub mod site;
pub mod suspicion;

use crate::decoy::{Decoy, stopped};
use crate::front::send;
use crate::session::Session;
use body::Body;
use exchange::Exchange;
use reply::{Manner, Reply};
use request::{Head, parse_head};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

struct Visit {
    decoy: Arc<Decoy>,
    session: Arc<Session>,
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    buffer: Vec<u8>,
}

/// Why no request was read.
enum Trouble {
    /// the visit is over
    Over(String),
    /// answer this, then it is over
    Answer(u16, String),
}

/// Serves one visit; the answer says why it ended.
pub(super) async fn serve(decoy: Arc<Decoy>, stream: TcpStream, session: Arc<Session>) -> String {
    let (reader, writer) = stream.into_split();
    let mut visit = Visit { decoy, session, reader, writer, buffer: Vec::new() };
    match visit.run().await {
        Ok(reason) | Err(reason) => reason,
    }
}

impl Visit {
    async fn run(&mut self) -> Result<String, String> {
        let mut exchange = Exchange::new(self.decoy.clone(), self.session.clone());
        for _ in 0..self.decoy.config.http.requests {
            let (head, body) = match self.request().await {
                Ok(request) => request,
                Err(Trouble::Over(reason)) => return Ok(reason),
                Err(Trouble::Answer(status, what)) => {
                    self.session.anomaly(&what, &self.buffer[..self.buffer.len().min(512)]);
                    self.answer(&Reply::error(status), None).await?;
                    return Ok("bad request".into());
                }
            };
            for oddity in &head.oddities {
                self.session.anomaly(oddity, &head.target);
            }
            let reply = exchange.answer(&head, body).await;
            self.answer(&reply, Some(&head)).await?;
            if !head.keeps_open() {
                return Ok("done".into());
            }
        }
        Ok("limit: requests".into())
    }
    async fn answer(&mut self, reply: &Reply, head: Option<&Head>) -> Result<(), String> {
        let manner = Manner {
            server: &self.decoy.appliance.persona().site.server,
            now: self.decoy.ambient.clock.wall(),
            keeps_open: head.is_some_and(Head::keeps_open),
            head_only: head.is_some_and(|h| h.method == b"HEAD"),
            version: head.map_or(11, |h| h.version),
        };
        let bytes = reply.encode(&manner);
        send(&self.decoy, &self.session, &mut self.writer, &bytes).await?;
        Ok(self.session.deliver(&self.decoy.pipeline).await?)
    }
    /// Reads one request whole.
    async fn request(&mut self) -> Result<(Head, Vec<u8>), Trouble> {
        let config = self.decoy.config.http.clone();
        let head = loop {
            match parse_head(&self.buffer, config.head_bytes) {
                Ok(Some((head, length))) => {
                    self.buffer.drain(..length);
                    break head;
                }
                Ok(None) => self.read_more().await?,
                Err(bad) => return Err(Trouble::Answer(bad.status(), bad.to_string())),
            }
        };
        let too_bad = |error: body::BodyError| {
            let status = if error == body::BodyError::TooLarge { 413 } else { 400 };
            Trouble::Answer(status, error.to_string())
        };
        let mut body = Body::new(head.framing, config.body_bytes).map_err(too_bad)?;
        if head.field("expect").is_some_and(|v| v.eq_ignore_ascii_case(b"100-continue"))
            && !body.is_complete()
        {
            let go_on = send(&self.decoy, &self.session, &mut self.writer, b"HTTP/1.1 100 Continue\r\n\r\n");
            go_on.await.map_err(|e| Trouble::Over(e.to_string()))?;
        }
        loop {
            let used = body.push(&self.buffer).map_err(too_bad)?;
            self.buffer.drain(..used);
            if body.is_complete() {
                return Ok((head, body.into_bytes()));
            }
            self.read_more().await?;
        }
    }
    async fn read_more(&mut self) -> Result<(), Trouble> {
        let over = |reason: &str| Trouble::Over(reason.into());
        let idle = Duration::from_secs(self.decoy.config.http.idle_seconds);
        let mut chunk = [0; 8192];
        let count = tokio::select! {
            read = self.reader.read(&mut chunk) => read.map_err(|_| over("peer closed"))?,
            () = tokio::time::sleep(idle) => return Err(over("idle")),
            () = stopped(self.decoy.shutdown.clone()) => return Err(over("shutdown")),
        };
        if count == 0 {
            return Err(over("peer closed"));
        }
        if self.session.count_in(count) > self.decoy.config.limits.input_bytes {
            return Err(over("limit: input bytes"));
        }
        self.buffer.extend_from_slice(&chunk[..count]);
        Ok(())
    }
}
