//! Score, decay and time to live (shared notes: intel; decay as in MISP's model).
//!
//! `score = 100 (1 - product of (1 - w))` over independent kinds of evidence, and
//! `decayed = base (1 - (t / T)^(1 / d))`, with `t` since the last sighting and `T` the time to live.
use otori_event::{Evidence, EvidenceKind, Indicator, IndicatorKind, Timestamp};
use std::collections::BTreeMap;

/// Decay speed `d`: below 1 the score holds long and falls at the end.
const DECAY_SPEED: f64 = 0.3;
/// Further sites that count.
const FURTHER_SITES_MAX: i32 = 2;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Score before decay, 0 to 100, rounded to a hundredth so that 0.7 reaches a threshold of 70.
pub fn base_score(evidence: &[Evidence]) -> f64 {
    let mut kinds: BTreeMap<EvidenceKind, i32> = BTreeMap::new();
    for piece in evidence {
        *kinds.entry(piece.kind).or_default() += 1;
    }
    let innocent: f64 = kinds
        .iter()
        .map(|(kind, count)| {
            let times = if *kind == EvidenceKind::FurtherSite { (*count).min(FURTHER_SITES_MAX) } else { 1 };
            (1.0 - kind.weight()).powi(times)
        })
        .product();
    (10_000.0 * (1.0 - innocent)).round() / 100.0
}

/// Two independent kinds, or one detonation, or a person: what a block needs beside the score.
pub fn is_corroborated(evidence: &[Evidence]) -> bool {
    let strong = |kind| {
        matches!(kind, EvidenceKind::SandboxContact | EvidenceKind::SandboxBehaviour | EvidenceKind::Person)
    };
    let first = evidence.first().map(|piece| piece.kind);
    evidence.iter().any(|piece| strong(piece.kind) || Some(piece.kind) != first)
}

/// The score at `now`.
pub fn decayed(indicator: &Indicator, now: Timestamp) -> f64 {
    let base = base_score(&indicator.evidence);
    let Some(end) = indicator.expires_at else { return base };
    let life = end.since_ns(indicator.last_seen) as f64;
    let age = now.since_ns(indicator.last_seen) as f64;
    if age <= 0.0 {
        return base;
    }
    if life <= age {
        return 0.0;
    }
    (100.0 * base * (1.0 - (age / life).powf(1.0 / DECAY_SPEED))).round() / 100.0
}

/// How long evidence of this kind keeps an indicator alive, in seconds; `None` for ever.
pub fn time_to_live_seconds(indicator: IndicatorKind, evidence: EvidenceKind) -> Option<i64> {
    match (indicator, evidence) {
        (IndicatorKind::Sha256, _) => None,
        (IndicatorKind::Domain, EvidenceKind::SandboxContact) => Some(30 * DAY),
        (_, EvidenceKind::Person) => Some(30 * DAY),
        (IndicatorKind::Address, EvidenceKind::Scan) => Some(6 * HOUR),
        (IndicatorKind::Address, EvidenceKind::Login | EvidenceKind::Exploit) => Some(DAY),
        _ => Some(7 * DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(kinds: &[EvidenceKind]) -> Vec<Evidence> {
        let piece = |kind: &EvidenceKind| Evidence {
            kind: *kind,
            events: vec![],
            artifact: None,
            at: Timestamp(0),
            note: String::new(),
        };
        kinds.iter().map(piece).collect()
    }

    #[test]
    fn scores_are_those_of_the_table() {
        use EvidenceKind::*;
        for (kinds, expect, corroborated) in [
            (&[][..], 0.0, false),
            (&[Scan, Scan], 5.0, false),
            (&[PayloadSource, PayloadSource], 60.0, false),
            (&[SandboxContact], 70.0, true),
            (&[PayloadSource, SandboxBehaviour], 90.0, true),
            (&[Scan, Login, Exploit], 55.59, true),
            (&[FurtherSite, FurtherSite, FurtherSite], 64.0, false),
            (&[Person], 100.0, true),
        ] {
            assert_eq!(base_score(&evidence(kinds)), expect, "{kinds:?}");
            assert_eq!(is_corroborated(&evidence(kinds)), corroborated, "{kinds:?}");
        }
    }
}
