//! Points in time: nanoseconds since 1970-01-01T00:00:00Z, shown as RFC 3339.
//!
//! Key type: [`Timestamp`]. Who has a clock passes it in; this crate never reads one.
use alloc::string::String;
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Nanoseconds since the Unix epoch, UTC. JSON: RFC 3339 with nanoseconds, always `Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From whole milliseconds since the epoch; saturates.
    pub const fn from_ms(ms: i64) -> Self {
        Timestamp(ms.saturating_mul(1_000_000))
    }
    /// Whole milliseconds since the epoch.
    pub const fn as_ms(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }
    /// This moment `ns` nanoseconds later; saturates.
    pub const fn plus_ns(self, ns: i64) -> Self {
        Timestamp(self.0.saturating_add(ns))
    }
    /// This moment `seconds` later; saturates.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Timestamp(self.0.saturating_add(seconds.saturating_mul(1_000_000_000)))
    }
    /// Nanoseconds from `earlier` to here, negative if it is later.
    pub const fn since_ns(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0)).map_err(|_| fmt::Error)?;
        let (hour, minute, second) = date.to_hms();
        let (year, month, day) = date.to_calendar_date();
        let month = month as u8;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:09}Z", date.nanosecond())
    }
}

/// The text is not an RFC 3339 date-time between 1678 and 2262.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 date-time, as 2026-11-22T09:30:00Z")]
pub struct TimestampError;

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let date = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError)?;
        i64::try_from(date.unix_timestamp_nanos()).map(Timestamp).map_err(|_| TimestampError)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn shows_and_reads_rfc_3339() {
        let at = Timestamp(1_700_000_000_123_456_789);
        assert_eq!(at.to_string(), "2023-11-14T22:13:20.123456789Z");
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!("1970-01-01T09:00:00+09:00".parse(), Ok(Timestamp(0)));
        assert!("yesterday".parse::<Timestamp>().is_err());
    }
}
