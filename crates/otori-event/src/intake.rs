//! What an engine hands to the pipeline: an event alone, or with the bytes it speaks of.
//!
//! Key type: [`Intake`]. The pipeline makes it durable before anyone is shown it.
use crate::{Event, SessionId};
use alloc::vec::Vec;

/// One hand-over. Travels through bounded queues only.
#[derive(Clone, Debug, PartialEq)]
pub enum Intake {
    /// an event
    Event(Event),
    /// an event that speaks of a file, with its bytes: these are stored first
    File {
        /// `FileCaptured`, or `DownloadRequested` with outcome `Fetched`
        event: Event,
        /// the whole file
        bytes: Vec<u8>,
    },
    /// the next piece of a session's recording (asciinema v2, whole lines)
    Recording {
        /// whose
        session: SessionId,
        /// appended as it is
        chunk: Vec<u8>,
    },
}
