//! Flows: which packets belong together, and in which direction.
//!
//! Key types: [`FlowTable`], [`Flow`], [`TcpSession`].
pub(crate) mod overlap;
mod table;
mod tcp;

pub use overlap::Policy;
pub use table::{Flow, FlowId, FlowKey, FlowLimits, FlowState, FlowTable};
pub use tcp::{Midstream, Notes, Piece, Reassembly, TcpSession, TcpState, Urgent, is_refused};

/// Which way a packet goes in its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// from who opened the flow
    ToServer = 0,
    /// to who opened the flow
    ToClient = 1,
}

impl Direction {
    /// Both.
    pub const BOTH: [Direction; 2] = [Direction::ToServer, Direction::ToClient];
    /// For arrays of two.
    pub const fn index(self) -> usize {
        self as usize
    }
    /// The other one.
    pub const fn flip(self) -> Self {
        match self {
            Direction::ToServer => Direction::ToClient,
            Direction::ToClient => Direction::ToServer,
        }
    }
    /// EVE's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::ToServer => "to_server",
            Direction::ToClient => "to_client",
        }
    }
}
