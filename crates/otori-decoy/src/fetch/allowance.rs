//! How many files a source, and all sources together, may cause to be fetched in an hour.
//!
//! Key type: [`Allowance`]; fixed windows, no clock of its own.
use super::FetchError;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Sources that are counted; when there are more, all windows but the total begin anew.
pub(super) const SOURCES_MAX: usize = 10_000;
const HOUR_NS: u64 = 3600 * 1_000_000_000;

#[derive(Clone, Copy, Default)]
struct Window {
    start_ns: u64,
    count: u32,
}

impl Window {
    fn is_full(&mut self, max: u32, now_ns: u64) -> bool {
        if now_ns.saturating_sub(self.start_ns) >= HOUR_NS {
            *self = Window { start_ns: now_ns, count: 0 };
        }
        self.count >= max
    }
}

pub(super) struct Allowance {
    per_source: u32,
    total: u32,
    sources: BTreeMap<IpAddr, Window>,
    all: Window,
}

impl Allowance {
    pub(super) fn new(per_source: u32, total: u32) -> Self {
        Allowance { per_source, total, sources: BTreeMap::new(), all: Window::default() }
    }
    /// Uses one up for `source`.
    pub(super) fn take(&mut self, source: IpAddr, now_ns: u64) -> Result<(), FetchError> {
        if self.all.is_full(self.total, now_ns) {
            return Err(FetchError::TotalAllowance);
        }
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            self.sources.clear();
        }
        let window = self.sources.entry(source).or_insert(Window { start_ns: now_ns, count: 0 });
        if window.is_full(self.per_source, now_ns) {
            return Err(FetchError::SourceAllowance);
        }
        window.count += 1;
        self.all.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_the_sum_are_limited_by_the_hour() {
        let mut allowance = Allowance::new(2, 5);
        let source = |n: u8| IpAddr::from([192, 0, 2, n]);
        assert_eq!(allowance.take(source(1), 0), Ok(()));
        assert_eq!(allowance.take(source(1), 1), Ok(()));
        assert_eq!(allowance.take(source(1), 2), Err(FetchError::SourceAllowance));
        assert_eq!(allowance.take(source(1), HOUR_NS), Ok(()));
        for n in 2..6 {
            assert_eq!(allowance.take(source(n), HOUR_NS), Ok(()));
        }
        assert_eq!(allowance.take(source(9), HOUR_NS), Err(FetchError::TotalAllowance));
        for n in 0..(SOURCES_MAX as u32 + 10) {
            let _ = allowance.take(IpAddr::from(n.to_be_bytes()), HOUR_NS * (3 + u64::from(n)));
        }
        assert!(allowance.sources.len() <= SOURCES_MAX);
    }
}
