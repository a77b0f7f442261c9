//! Which of two addresses a keyword asks about: [`Side`], for `iprep` and `geoip`.
//!
//! Suricata's manual, "IP Reputation Keyword", "geoip". Neighbours: [`crate::reputation`], [`crate::country`].

/// Whose address is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// one of the two
    Any,
    /// the sender's
    Source,
    /// the receiver's
    Destination,
    /// that of each
    Both,
}

impl Side {
    /// The side of that name, as rules write it.
    pub fn named(name: &str) -> Option<Side> {
        match name {
            "any" => Some(Side::Any),
            "src" => Some(Side::Source),
            "dst" => Some(Side::Destination),
            "both" => Some(Side::Both),
            _ => None,
        }
    }
    /// Whether what `one` says of an address holds of those that are meant.
    pub fn holds<A>(self, one: impl Fn(A) -> bool, source: A, destination: A) -> bool {
        match self {
            Side::Any => one(source) || one(destination),
            Side::Source => one(source),
            Side::Destination => one(destination),
            Side::Both => one(source) && one(destination),
        }
    }
}
