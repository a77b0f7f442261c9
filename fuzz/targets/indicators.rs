//! Any command line becomes indicators without a panic; the normal form of a URL is stable.
#![no_main]
use libfuzzer_sys::fuzz_target;
use otori_event::{Event, EventId, EventKind, RawText, Timestamp, find_urls};
use otori_intel::normalise::Url;
use otori_intel::{Intel, Policy};

fuzz_target!(|bytes: &[u8]| {
    for url in find_urls(bytes, 8).iter().filter_map(|url| Url::parse(url)) {
        assert_eq!(Url::parse(&url.to_string()), Some(url));
    }
    let at = Timestamp(0);
    let kind = EventKind::Command { line: RawText::new(bytes) };
    let event = Event { id: EventId::new(at, 0, 0), at, product: None, session: None, demo: false, kind };
    Intel::new(Policy::default()).observe(&event);
});
