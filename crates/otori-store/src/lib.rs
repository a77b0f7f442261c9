//! Durable inbox, sealed segments, roll-ups, queries.
//!
//! Key types: [`Store`] writes (one process), [`Reader`] reads (any), [`view`] is what queries answer.
//! Only this crate knows how events lie on disk: SQLite for what is new and for what is derived, Parquet for what is old,
//! plain files for artifacts and recordings. No clock: who asks says what time it is.
#![forbid(unsafe_code)]

mod artifact;
mod derive;
mod error;
mod folder;
mod limit;
pub mod place;
pub mod query;
mod reader;
mod recovery;
mod row;
mod seal;
mod segment;
mod store;
pub mod view;

pub use artifact::RECORDING_MAX_BYTES;
pub use error::StoreError;
pub use limit::{QUERY_TIME_MAX, QueryLimit, SCAN_EVENTS_MAX};
pub use query::events::{MISSED_MAX, brief};
pub use reader::Reader;
pub use recovery::Recovery;
pub use seal::Maintained;
pub use store::{Appended, Options, Store};

/// The longest that the reads at the start of the product take.
pub(crate) const START_TIME_MAX: std::time::Duration = std::time::Duration::from_secs(60);
