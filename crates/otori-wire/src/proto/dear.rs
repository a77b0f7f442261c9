//! Fields that cost much and that nothing but rules and the log looks at: they are made only when somebody asks for them.
//!
//! Key type: [`Wanted`]. A parser asks [`crate::transaction::Fields::wants`] before it makes one of [`DEAR`] or a frame.
use super::{fields, http, quic, tls};
use crate::transaction::FieldId;
use std::sync::LazyLock;

/// Such fields, and whether the log shows them; frames are dear as well, and the log shows none.
pub const DEAR: &[(FieldId, bool)] = &[
    (tls::JA3_HASH, true),
    (tls::JA3_STRING, true),
    (tls::JA4, true),
    (tls::JA3S_HASH, true),
    (tls::JA3S_STRING, true),
    (tls::FINGERPRINT, true),
    (tls::CERTIFICATE, false),
    (tls::ALTERNATIVE, false),
    (tls::NOT_BEFORE, false),
    (tls::NOT_AFTER, false),
    (tls::RANDOM_TIME, false),
    (tls::RANDOM_BYTES, false),
    (quic::JA3_HASH, true),
    (quic::JA3_STRING, true),
    (quic::JA4, true),
    (http::REQUEST_HEADER, false),
    (http::RESPONSE_HEADER, false),
    (http::REQUEST_HEADER_RAW, false),
    (http::RESPONSE_HEADER_RAW, false),
    (http::REQUEST_HEADER_NAMES, false),
    (http::RESPONSE_HEADER_NAMES, false),
    (http::REQUEST_START, false),
    (http::RESPONSE_START, false),
    (http::RESPONSE_ONE_HEADER, false),
];

/// What the keyword of a frame, which is a piece of a message as it came, begins with.
const FRAME: &str = "frame:";

/// All of them, sorted; each has the bit of its place.
static PLACES: LazyLock<Vec<FieldId>> = LazyLock::new(|| {
    let frames = fields().filter(|row| row.keyword.starts_with(FRAME)).map(|row| row.id);
    let mut all: Vec<FieldId> = DEAR.iter().map(|(id, _)| *id).chain(frames).collect();
    all.sort_unstable();
    all.dedup();
    all
});

/// Which of them somebody asks for; all others are always made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted(u128);

impl Wanted {
    /// Every one.
    pub const ALL: Wanted = Wanted(u128::MAX);
    /// None of them.
    pub const NONE: Wanted = Wanted(0);

    fn bit(id: FieldId) -> Option<u128> {
        PLACES.binary_search(&id).ok().map(|place| 1 << place)
    }
    /// That one as well; a hash of a text wants the text too.
    pub fn add(&mut self, id: FieldId) {
        self.0 |= Self::bit(id).unwrap_or(0);
        for (hash, text) in [
            (tls::JA3_HASH, tls::JA3_STRING),
            (tls::JA3S_HASH, tls::JA3S_STRING),
            (quic::JA3_HASH, quic::JA3_STRING),
        ] {
            if id == hash {
                self.0 |= Self::bit(text).unwrap_or(0);
            }
        }
    }
    /// Those that the log shows as well.
    #[must_use]
    pub fn with_log(mut self) -> Wanted {
        DEAR.iter().filter(|(_, logged)| *logged).for_each(|(id, _)| self.add(*id));
        self
    }
    /// Whether that field is to be made.
    pub fn has(self, id: FieldId) -> bool {
        self == Wanted::ALL || Self::bit(id).is_none_or(|bit| self.0 & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_not_wanted() {
        assert!(PLACES.len() <= 128);
        let mut wanted = Wanted::NONE;
        assert!(!wanted.has(tls::JA4) && wanted.has(tls::SNI));
        wanted.add(tls::JA3_HASH);
        assert!(wanted.has(tls::JA3_STRING) && !wanted.has(tls::JA3S_STRING));
        assert!(wanted.with_log().has(tls::FINGERPRINT) && !wanted.with_log().has(http::REQUEST_START));
        assert!(DEAR.iter().all(|(id, _)| Wanted::ALL.has(*id)));
        let frames = || fields().filter(|row| row.keyword.starts_with(FRAME));
        assert!(frames().count() > 60 && frames().all(|row| !wanted.with_log().has(row.id)));
        assert!(frames().all(|row| Wanted::ALL.has(row.id)));
    }
}
