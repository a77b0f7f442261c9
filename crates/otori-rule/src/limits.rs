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
/// Bytes of states that a regular expression finds out while it searches, and keeps.
pub const REGEX_CACHE_BYTES: usize = 256 << 10;
/// States of a regular expression that is sure to stay below that.
pub const REGEX_STATES: usize = 4_096;
/// Regular expressions that are kept compiled.
pub const COMPILED_EXPRESSIONS: usize = 512;
/// Rules waiting for more of one transaction.
pub const CANDIDATES: usize = 512;
/// Flow bits of one flow.
pub const FLOW_BITS: usize = 128;
/// Names of flow bits and variables in a set.
pub const BIT_NAMES: usize = 65_536;
/// Counters for thresholds.
pub const THRESHOLDS: usize = 65_536;
/// Lists that a configuration may declare.
pub const DECLARED: usize = 4_096;
/// Classes of rules that a file may give a meaning.
pub const CLASS_NAMES: usize = 4_096;
/// Bits of hosts and pairs of hosts.
pub const HOST_BITS: usize = 65_536;
/// Bytes of a pattern that the prefilter compares; of a longer one the beginning.
pub const PATTERN_BYTES: usize = 256;
/// Slots of a prefilter of many patterns, a byte each.
pub const FILTER_SLOTS: usize = 1 << 13;
/// Different headers of rules that are told apart before their rules are looked at.
pub const HEADERS: usize = 16_384;
/// Different sets of addresses, and of ports, in those headers.
pub const HEADER_SETS: usize = 4_096;
/// Kinds of flow whose rules are kept at hand.
pub const CLASSES: usize = 1_024;
/// Pairs of ends that are known to be of one kind of flow.
pub const CLASS_KEYS: usize = 65_536;
/// Nesting of address and port groups.
pub const GROUP_DEPTH: usize = 8;
/// Numbers that `byte_extract` keeps for one rule.
pub const EXTRACTS: usize = 8;
/// Bytes of a stream looked at together.
pub const STREAM_WINDOW: usize = 4_096;
/// Lines of a threshold file.
pub const SUPPRESSIONS: usize = 65_536;
/// Lines of the files that select rules.
pub const SELECTION_LINES: usize = 65_536;
/// Entries of one dataset.
pub const DATASET_ENTRIES: usize = 4_000_000;
/// Countries of one `geoip`.
pub const COUNTRIES_PER_RULE: usize = 256;
/// The largest number of a category of reputations, as Suricata has it.
pub const REPUTATION_CATEGORY: u8 = 60;
/// Addresses and networks with a reputation.
pub const REPUTATION_ENTRIES: usize = 4_000_000;
/// Lines of files of reputations that are told when they are refused.
pub const REPUTATION_TOLD: usize = 20;
/// Bytes that `base64_decode` looks at.
pub const BASE64_BYTES: usize = 65_536;
