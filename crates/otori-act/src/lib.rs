//! Quarantine adapters: act on the subscriber.
