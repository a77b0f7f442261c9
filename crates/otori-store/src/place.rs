//! Where an address belongs: special ranges first, then country and network.
//!
//! Key types: [`Place`], [`Locate`]. The data tables belong to the hub, which implements [`Locate`]; without them
//! [`SpecialRanges`] still names loopback, private and documentation addresses. The ranges
//! stand in `otori_event::special`.
pub use otori_event::{Special, special_range};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Country and network of an address, or the special range that it lies in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// ISO 3166-1 alpha-2
    pub country: Option<String>,
    /// set when the address is in a special range; the other fields are then `None`
    pub special: Option<Special>,
    /// number of the autonomous system that announces it
    pub asn: Option<u32>,
    /// that system's name
    pub as_name: Option<String>,
}

/// Looks addresses up. Called on the writer's thread for each new session: must not block.
pub trait Locate: Send + Sync {
    /// Where `ip` belongs. Unknown is an empty [`Place`].
    fn place(&self, ip: IpAddr) -> Place;
}

/// The look-up without any data: special ranges only.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpecialRanges;

impl Locate for SpecialRanges {
    fn place(&self, ip: IpAddr) -> Place {
        Place { special: special_range(ip), ..Place::default() }
    }
}
