//! Token buckets: so many bytes in a second, and a burst.
//!
//! Key types: [`Rate`], [`Buckets`]. A packet passes as long as any token is left and may leave the bucket in debt, so that
//! frames of segmentation offload, larger than a burst, pass as often as the rate lets them.
use core::{net::IpAddr, str::FromStr};
use otori_event::Timestamp;
use std::collections::HashMap;

/// Devices and entries that are counted at a time; full: those that have all their tokens are forgotten, then all.
const BUCKETS: usize = 65_536;
/// The burst, where none is given: as much as comes in that part of a second, and at least a few packets.
const BURST_MS: u64 = 250;
const BURST_BYTES_MIN: u64 = 6_000;

/// How much may pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// bytes in a second
    pub bytes_per_s: u64,
    /// bytes at once
    pub burst_bytes: u64,
}

impl Rate {
    /// A rate with that burst, or the usual one.
    pub fn new(bytes_per_s: u64, burst_bytes: Option<u64>) -> Rate {
        let usual = (bytes_per_s * BURST_MS / 1000).max(BURST_BYTES_MIN);
        Rate { bytes_per_s, burst_bytes: burst_bytes.unwrap_or(usual) }
    }
}

/// A number and its unit.
fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok().filter(|number| *number > 0)?, unit.trim()))
}

/// `256kbit/s`, `2Mbit/s`, `64kB/s`, as bytes in a second.
pub(super) struct Speed(pub(super) u64);

impl FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Speed, String> {
        let wrong = || format!("{text:?} is no rate: write 256kbit/s, 2Mbit/s or 64kB/s");
        let (number, unit) = number(text.trim()).ok_or_else(wrong)?;
        let (times, bits) = match unit.strip_suffix("/s").ok_or_else(wrong)? {
            "bit" => (1, 8),
            "kbit" => (1_000, 8),
            "Mbit" => (1_000_000, 8),
            "Gbit" => (1_000_000_000, 8),
            "B" => (1, 1),
            "kB" => (1_000, 1),
            "MB" => (1_000_000, 1),
            _ => return Err(wrong()),
        };
        let speed = number.checked_mul(times).map(|count| count / bits).filter(|speed| *speed > 0);
        // The usual burst must fit too.
        speed.filter(|speed| speed.checked_mul(BURST_MS).is_some()).map(Speed).ok_or_else(wrong)
    }
}

/// `64kB`, as bytes.
pub(super) struct Size(pub(super) u64);

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Size, String> {
        let wrong = || format!("{text:?} is no size: write 20kB or 1MB");
        let (number, unit) = number(text.trim()).ok_or_else(wrong)?;
        let times = match unit {
            "B" | "" => 1,
            "kB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            _ => return Err(wrong()),
        };
        number.checked_mul(times).filter(|size| i64::try_from(*size).is_ok()).map(Size).ok_or_else(wrong)
    }
}

struct Bucket {
    tokens: f64,
    at: Timestamp,
}

impl Bucket {
    fn fill(&mut self, rate: Rate, now: Timestamp) {
        let passed_ns = now.since_ns(self.at).max(0);
        self.at = self.at.max(now);
        let more = passed_ns as f64 / 1e9 * rate.bytes_per_s as f64;
        self.tokens = (self.tokens + more).min(rate.burst_bytes as f64);
    }
}

/// A bucket for each device and entry.
#[derive(Default)]
pub struct Buckets {
    buckets: HashMap<(IpAddr, usize), Bucket>,
}

impl Buckets {
    /// Whether so many bytes of that device may pass.
    pub fn take(&mut self, key: (IpAddr, usize), rate: Rate, bytes: usize, now: Timestamp) -> bool {
        if self.buckets.len() >= BUCKETS && !self.buckets.contains_key(&key) {
            self.make_room(now);
        }
        let full = rate.burst_bytes as f64;
        let bucket = self.buckets.entry(key).or_insert(Bucket { tokens: full, at: now });
        bucket.fill(rate, now);
        let passes = bucket.tokens > 0.0;
        if passes {
            bucket.tokens -= bytes as f64;
        }
        passes
    }
    /// New entries have other places.
    pub fn clear(&mut self) {
        self.buckets.clear();
    }
    fn make_room(&mut self, now: Timestamp) {
        self.buckets.retain(|_, bucket| now.since_ns(bucket.at) < 1_000_000_000);
        if self.buckets.len() >= BUCKETS {
            self.buckets.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_the_rate_and_a_burst_pass() {
        let rate = Rate::new("80kbit/s".parse::<Speed>().unwrap().0, Some(10_000));
        let key = (IpAddr::from([192, 0, 2, 1]), 0);
        let mut buckets = Buckets::default();
        let mut passed = 0;
        // Ten times too much, for ten seconds.
        for millisecond in 0..10_000 {
            let now = Timestamp(millisecond * 1_000_000);
            if buckets.take(key, rate, 100, now) {
                passed += 100;
            }
        }
        assert!((109_000..=111_000).contains(&passed), "100,000 and a burst of 10,000: {passed}");
        let other = (IpAddr::from([192, 0, 2, 2]), 0);
        assert!(buckets.take(other, rate, 100, Timestamp(10_000_000_000)));
    }

    #[test]
    fn frames_above_the_burst_pass_at_the_rate() {
        let rate = Rate::new(100_000, Some(6_000));
        let key = (IpAddr::from([192, 0, 2, 1]), 0);
        let mut buckets = Buckets::default();
        let times =
            (0..1_000i64).filter(|step| buckets.take(key, rate, 60_000, Timestamp(step * 10_000_000)));
        let passed = times.count() * 60_000;
        assert!((900_000..=1_070_000).contains(&passed), "{passed}");
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let rate = Rate::new(1_000, None);
        let mut buckets = Buckets::default();
        for number in 0..(BUCKETS as u32 + 10) {
            buckets.take((IpAddr::from(number.to_be_bytes()), 0), rate, 1, Timestamp(0));
        }
        assert!(buckets.buckets.len() <= BUCKETS);
    }

    #[test]
    fn rates_have_units() {
        let speed = |text: &str| text.parse::<Speed>().map(|speed| speed.0);
        assert_eq!(speed("256kbit/s"), Ok(32_000));
        assert_eq!(speed("2Mbit/s"), Ok(250_000));
        assert_eq!(speed("64 kB/s"), Ok(64_000));
        for wrong in ["", "256", "256kbit", "0kbit/s", "1bit/s", "99999999999999999999bit/s", "-1kB/s"] {
            assert!(speed(wrong).unwrap_err().contains("write 256kbit/s"), "{wrong}");
        }
        assert_eq!("20kB".parse::<Size>().map(|size| size.0), Ok(20_000));
        assert!("20 apples".parse::<Size>().is_err());
    }
}
