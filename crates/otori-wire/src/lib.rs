//! Bytes to facts: decode, flows, reassembly, application protocols; no I/O, no clock.
