//! Every bound of this crate, named.

/// Bytes of one rule line.
pub const RULE_BYTES: usize = 65_536;
/// Rules in a set.
pub const RULES: usize = 1 << 20;
/// Tries of one rule on one buffer, as Suricata's inspection-recursion-limit.
pub const MATCH_TRIES: u32 = 3_000;
/// Steps back of one regular expression.
pub const BACKTRACKS: usize = 10_000;
/// Bytes of one compiled regular expression.
pub const REGEX_BYTES: usize = 10 << 20;
/// Rules waiting for more of one transaction.
pub const CANDIDATES: usize = 512;
/// Flow bits of one flow.
pub const FLOW_BITS: usize = 128;
/// Names of flow bits and variables in a set.
pub const BIT_NAMES: usize = 65_536;
/// Counters for thresholds.
pub const THRESHOLDS: usize = 65_536;
/// Bits of hosts and pairs of hosts.
pub const HOST_BITS: usize = 65_536;
/// Patterns of live rules searched one by one before they get an automaton.
pub const PLAIN_PATTERNS: usize = 32;
/// Nesting of address and port groups.
pub const GROUP_DEPTH: usize = 8;
/// Numbers that `byte_extract` keeps for one rule.
pub const EXTRACTS: usize = 8;
/// Bytes of a stream looked at together.
pub const STREAM_WINDOW: usize = 4_096;
/// Lines of a threshold file.
pub const SUPPRESSIONS: usize = 65_536;
/// Entries of one dataset.
pub const DATASET_ENTRIES: usize = 4_000_000;
/// Bytes that `base64_decode` looks at.
pub const BASE64_BYTES: usize = 65_536;
