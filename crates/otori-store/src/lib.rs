//! Durable inbox, sealed segments, roll-ups, queries.
