//! One inbound connection on its way into a guest; key type [`Line`]. Neighbours: the front's task fills and drains it,
//! [`super::guest::Guest::serve_line`] joins it with a server that listens in the guest.
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Notify;

/// How far a line has come in the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// the guest has not heard of it
    New,
    /// bytes flow
    Open,
    /// the peer's end of stream was passed on; bytes still come back
    Finished,
    /// the guest is done with it
    Closed,
}

/// An inbound connection. The front's task and the guest's thread hold it in turn, in the mailbox.
pub struct Line {
    /// who connects
    pub from: SocketAddr,
    /// the port inside the guest
    pub port: u16,
    /// bytes from the peer that the guest has not taken, at most [`super::seat::INPUT_MAX`]
    pub input: Vec<u8>,
    /// the peer sends no more
    pub input_ended: bool,
    /// bytes for the peer, at most [`super::seat::OUTPUT_MAX`] and a slice more
    pub output: Vec<u8>,
    /// the peer is gone; the line is forgotten at the next slice
    pub gone: bool,
    /// how far it has come
    pub reach: Reach,
    /// rung when the guest took or gave something
    pub bell: Arc<Notify>,
}

impl Line {
    /// A connection that the guest has not heard of.
    pub fn new(from: SocketAddr, port: u16) -> Line {
        Line {
            from,
            port,
            input: Vec::new(),
            input_ended: false,
            output: Vec::new(),
            gone: false,
            reach: Reach::New,
            bell: Arc::default(),
        }
    }
}
