//! Connections with limits: how many, and how long one may neither read nor write.
//!
//! Key type: [`Door`]. A stream's client that does not read for [`STALLED`] is cut off here and resumes by
//! `Last-Event-ID`; one that sends its request a byte at a time runs into [`SILENT`].
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Connections at once; others wait in the system's queue.
const CONNECTIONS_MAX: usize = 256;
/// A write that makes no progress for so long ends the connection.
pub const STALLED: Duration = Duration::from_secs(30);
/// A connection on which nothing at all moved for so long is closed. A stream's heartbeat comes each 15 s.
pub const SILENT: Duration = Duration::from_secs(75);

/// The other side of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Peer(*stream.remote_addr())
    }
}

/// Accepts connections and gives each its limits.
pub(crate) struct Door {
    listener: TcpListener,
    slots: Arc<Semaphore>,
    stalled: Duration,
    silent: Duration,
}

impl Door {
    pub(crate) fn new(listener: TcpListener) -> Self {
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        Door { listener, slots, stalled: STALLED, silent: SILENT }
    }
    /// With other times, for tests.
    #[cfg(test)]
    pub(crate) fn with_times(listener: TcpListener, stalled: Duration, silent: Duration) -> Self {
        Door { stalled, silent, ..Door::new(listener) }
    }
}

impl Listener for Door {
    type Io = Limited;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Limited, SocketAddr) {
        loop {
            // The semaphore is never closed; if it were, nothing more would be accepted.
            let Ok(slot) = self.slots.clone().acquire_owned().await else {
                return std::future::pending().await;
            };
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true); // a batch goes out at once
                    return (Limited::new(stream, slot, self.stalled, self.silent), peer);
                }
                Err(_) => sleep(Duration::from_millis(100)).await, // out of descriptors: others must end first
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection with its limits.
pub(crate) struct Limited {
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    stalled: Duration,
    silent: Duration,
    write_deadline: Option<Pin<Box<Sleep>>>,
    read_deadline: Pin<Box<Sleep>>,
}

impl Limited {
    fn new(stream: TcpStream, slot: OwnedSemaphorePermit, stalled: Duration, silent: Duration) -> Self {
        let read_deadline = Box::pin(sleep(silent));
        Limited { stream, _slot: slot, stalled, silent, write_deadline: None, read_deadline }
    }
    fn moved(&mut self) {
        self.write_deadline = None;
        self.read_deadline.as_mut().reset(Instant::now() + self.silent);
    }
    /// Whatever the write said, unless it has been waiting for too long.
    fn judge<T>(&mut self, result: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.moved();
            return result;
        }
        let stalled = self.stalled;
        let deadline =
            self.write_deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + stalled)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Limited {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_read(context, into) {
            Poll::Pending => match this.read_deadline.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
            ready => {
                this.read_deadline.as_mut().reset(Instant::now() + this.silent);
                ready
            }
        }
    }
}

impl AsyncWrite for Limited {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.judge(result, context)
    }
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(context, buffers);
        this.judge(result, context)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn pair(stalled: Duration, silent: Duration) -> (Limited, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut door = Door::with_times(listener, stalled, silent);
        let client = TcpStream::connect(address).await.unwrap();
        (door.accept().await.0, client)
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_is_cut_off() {
        let (mut ours, theirs) = pair(Duration::from_millis(50), SILENT).await;
        let flood = async {
            loop {
                ours.write_all(&[0; 65_536]).await?;
            }
        };
        let result: io::Result<()> = tokio::time::timeout(SILENT, flood).await.unwrap();
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(theirs);
    }

    #[tokio::test]
    async fn a_connection_on_which_nothing_moves_is_closed_and_a_write_keeps_it() {
        let (mut ours, _theirs) = pair(STALLED, Duration::from_millis(80)).await;
        for _ in 0..4 {
            let read = tokio::time::timeout(Duration::from_millis(40), ours.read_u8()).await;
            assert!(read.is_err(), "closed too early");
            ours.write_all(b": heartbeat\n\n").await.unwrap();
        }
        assert_eq!(ours.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
