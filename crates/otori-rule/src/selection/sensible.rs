//! Which rules of a feed may drop when nobody has said more than `default`. Key function: [`may_drop`].
//!
//! A rule drops that its author is sure of and that is about an attack or a machine that is somebody else's already. What
//! only informs, what is against somebody's policy and what helps people to search never drops by itself.
use super::facts::Facts;

/// Who wrote the rule is sure of it (metadata of Emerging Threats).
const CONFIDENCE: (&str, &str) = ("confidence", "High");
/// How bad it is.
const SEVERITY: &str = "signature_severity";
const SEVERITIES: &[&str] = &["Critical", "Major"];
/// What it is about (`classtype`).
const CLASSES: &[&str] = &[
    "attempted-admin",
    "coin-mining",
    "command-and-control",
    "domain-c2",
    "exploit-kit",
    "shellcode-detect",
    "successful-admin",
    "targeted-activity",
    "trojan-activity",
    "web-application-attack",
];
/// Second word of a message: rules that are to be looked at, or that are old.
const NEVER: &[&str] = &[
    "ADWARE_PUP",
    "CHAT",
    "DELETED",
    "DYN_DNS",
    "FILE_SHARING",
    "GAMES",
    "HUNTING",
    "ICMP_INFO",
    "INAPPROPRIATE",
    "INFO",
    "P2P",
    "POLICY",
    "REMOTE_ACCESS",
    "RETIRED",
    "SCAN",
    "TA_ABUSED_SERVICES",
    "TOR",
    "USER_AGENTS",
];

/// The rule may drop.
pub(super) fn may_drop(facts: &Facts<'_>) -> bool {
    let topic = facts.message.split_whitespace().nth(1).unwrap_or_default();
    facts.has(CONFIDENCE.0, CONFIDENCE.1)
        && SEVERITIES.iter().any(|severity| facts.has(SEVERITY, severity))
        && CLASSES.contains(&facts.class)
        && !NEVER.contains(&topic)
}
