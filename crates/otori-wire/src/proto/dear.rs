//! Fields that cost much and that nothing but rules and the log looks at: they are made only when somebody asks for them.
//!
//! Key type: [`Wanted`]. A parser asks [`crate::transaction::Fields::wants`] before it makes one of [`DEAR`].
use super::{dns, http, mqtt, quic, smtp, tls};
use crate::{
    flow::Direction::{ToClient, ToServer},
    transaction::FieldId,
};

/// Such fields, and whether the log shows them. At most 64.
pub const DEAR: &[(FieldId, bool)] = &[
    (tls::JA3_HASH, true),
    (tls::JA3_STRING, true),
    (tls::JA4, true),
    (tls::JA3S_HASH, true),
    (tls::JA3S_STRING, true),
    (tls::FINGERPRINT, true),
    (tls::CERTIFICATE, false),
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
    (http::REQUEST_FRAME, false),
    (http::RESPONSE_FRAME, false),
    (dns::FRAME_QUERY, false),
    (dns::FRAME_RESPONSE, false),
    (smtp::FRAME_COMMAND, false),
    (smtp::FRAME_REPLY, false),
    (smtp::FRAME_DATA, false),
    (smtp::FRAME_STREAM, false),
    (smtp::FRAME_STREAM_BACK, false),
    (mqtt::field(ToServer, mqtt::FRAME), false),
    (mqtt::field(ToClient, mqtt::FRAME), false),
    (mqtt::field(ToServer, mqtt::FRAME_HEAD), false),
    (mqtt::field(ToClient, mqtt::FRAME_HEAD), false),
    (mqtt::field(ToServer, mqtt::FRAME_DATA), false),
    (mqtt::field(ToClient, mqtt::FRAME_DATA), false),
    (tls::FRAME_CLIENT, false),
    (tls::FRAME_SERVER, false),
    (tls::FRAME_HEAD_CLIENT, false),
    (tls::FRAME_HEAD_SERVER, false),
    (tls::FRAME_DATA_CLIENT, false),
    (tls::FRAME_DATA_SERVER, false),
    (tls::FRAME_ALERT_CLIENT, false),
    (tls::FRAME_ALERT_SERVER, false),
    (tls::FRAME_BEAT_CLIENT, false),
    (tls::FRAME_BEAT_SERVER, false),
];

/// Which of them somebody asks for; all others are always made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted(u64);

impl Wanted {
    /// Every one.
    pub const ALL: Wanted = Wanted(u64::MAX);
    /// None of them.
    pub const NONE: Wanted = Wanted(0);

    fn bit(id: FieldId) -> Option<u64> {
        DEAR.iter().position(|(dear, _)| *dear == id).map(|place| 1 << place)
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
        assert!(DEAR.len() <= 64);
        let mut wanted = Wanted::NONE;
        assert!(!wanted.has(tls::JA4) && wanted.has(tls::SNI));
        wanted.add(tls::JA3_HASH);
        assert!(wanted.has(tls::JA3_STRING) && !wanted.has(tls::JA3S_STRING));
        assert!(wanted.with_log().has(tls::FINGERPRINT) && !wanted.with_log().has(http::REQUEST_START));
        assert!(DEAR.iter().all(|(id, _)| Wanted::ALL.has(*id)));
    }
}
