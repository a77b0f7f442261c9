//! Identifiers: events, sessions, products, artifacts.
//!
//! Neighbour: [`crate::event`]. All are values that can be recomputed from what they name, so that
//! a replay gives the same identifiers (invariant 4) and the store can drop duplicates by them.
use crate::Timestamp;
use alloc::string::String;
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not the number of hexadecimal digits that this identifier has.
    #[error("an identifier of this kind has {expected} hexadecimal digits, this has {found}")]
    Length {
        /// digits that the kind has
        expected: usize,
        /// characters found
        found: usize,
    },
    /// A character that is not a lower- or upper-case hexadecimal digit.
    #[error("{0:?} is not a hexadecimal digit")]
    Digit(char),
    /// A product name outside `[a-z0-9-]{1,64}`.
    #[error("a product name is 1 to 64 of a-z, 0-9 and '-', this is {0:?}")]
    Product(String),
}

fn parse_hex(text: &str, digits: usize) -> Result<u128, IdError> {
    if text.len() != digits {
        return Err(IdError::Length { expected: digits, found: text.len() });
    }
    text.chars().try_fold(0u128, |value, c| {
        c.to_digit(16).map(|d| value << 4 | u128::from(d)).ok_or(IdError::Digit(c))
    })
}

macro_rules! hex_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

/// One event: 48 bits of milliseconds since 1970 UTC, then 80 bits of origin and sequence.
/// Sorts by time; shown as 32 hexadecimal digits. The store's primary key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub u128);

impl EventId {
    /// The id of the `sequence`-th event of `origin` at `at`. The same input gives the same id.
    /// `origin` is a session's number or another 64-bit name of who speaks (see [`fnv1a`]).
    pub const fn new(at: Timestamp, origin: u64, sequence: u32) -> Self {
        let ms = (at.0 / 1_000_000) as u64 & 0xffff_ffff_ffff;
        let origin = (origin ^ (origin >> 48)) & 0xffff_ffff_ffff;
        EventId((ms as u128) << 80 | (origin as u128) << 32 | sequence as u128)
    }
}
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
impl FromStr for EventId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_hex(text, 32).map(EventId)
    }
}
hex_serde!(EventId);

/// One session of one peer on one front. Shown as 12 hexadecimal digits, as Cowrie's parsers expect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u64);

impl SessionId {
    /// Takes the low 48 bits.
    pub const fn new(value: u64) -> Self {
        SessionId(value & 0xffff_ffff_ffff)
    }
    /// The 48-bit number.
    pub const fn get(self) -> u64 {
        self.0
    }
}
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}
impl FromStr for SessionId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_hex(text, 12).map(|value| SessionId(value as u64))
    }
}
hex_serde!(SessionId);

/// The SHA-256 of a file's bytes: the name of an [`crate::Artifact`]. Shown as 64 lower-case digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl FromStr for Sha256 {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(IdError::Length { expected: 64, found: text.len() });
        }
        let high = parse_hex(&text[..32], 32)?;
        let low = parse_hex(&text[32..], 32)?;
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&high.to_be_bytes());
        bytes[16..].copy_from_slice(&low.to_be_bytes());
        Ok(Sha256(bytes))
    }
}
hex_serde!(Sha256);

/// The short name of a product, `[a-z0-9-]{1,64}`: the folder under `products/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId(String);

impl ProductId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for ProductId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
            let shown: String = text.chars().take(80).collect();
            return Err(IdError::Product(shown));
        }
        Ok(ProductId(text.into()))
    }
}
hex_serde!(ProductId);

/// FNV-1a, 64 bits: turns the name of a speaker (a product, a guard) into an origin for [`EventId::new`].
pub const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_round_trip() {
        let early = EventId::new(Timestamp(1_000_000), 7, 9);
        let late = EventId::new(Timestamp(2_000_000), 1, 0);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<EventId>(), Ok(early));
        let hash = Sha256([0xab; 32]);
        assert_eq!(hash.to_string().parse::<Sha256>(), Ok(hash));
        assert!("xy".parse::<SessionId>().is_err());
        assert!("../etc".parse::<ProductId>().is_err());
    }
    use alloc::string::ToString;
}
