//! Suppressions and thresholds of a threshold file (`suppress`, `threshold`, `event_filter`, `rate_filter`).
//!
//! Key type: [`Suppressions`]. Suricata's manual, "Global-Thresholds". Neighbour: [`crate::state`], which counts.
use crate::{
    address::AddressSet,
    keyword::memory::{action_named, kind_named, track_named},
    limits::SUPPRESSIONS,
    parse::{RuleError, Variables},
    rule::{Rule, Threshold, ThresholdKind, Track},
    set::View,
};
use std::collections::HashMap;

/// Whose address hides an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Source,
    Destination,
    Either,
}

#[derive(Clone, Debug)]
enum Entry {
    /// always, or for these addresses
    Suppress(Option<(Side, AddressSet)>),
    Threshold(Threshold),
}

/// The first threshold, and the first `rate_filter`.
fn first_of<'e>(entries: impl Iterator<Item = &'e Entry>) -> [Option<Threshold>; 2] {
    let thresholds = entries.filter_map(|entry| match entry {
        Entry::Threshold(threshold) => Some(*threshold),
        Entry::Suppress(_) => None,
    });
    thresholds.fold([None; 2], |[plain, rate], one| match one.kind {
        ThresholdKind::Rate { .. } => [plain, rate.or(Some(one))],
        _ => [plain.or(Some(one)), rate],
    })
}

/// Lines of a threshold file by generator and signature; 0 stands for all.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    entries: HashMap<(u32, u32), Vec<Entry>>,
    count: usize,
}

impl Suppressions {
    fn of<const COUNT: usize>(&self, keys: [(u32, u32); COUNT]) -> impl Iterator<Item = &Entry> {
        keys.into_iter().filter_map(|key| self.entries.get(&key)).flatten()
    }
    /// No alert for this packet.
    pub(crate) fn hides(&self, rule: &Rule, view: &View<'_, '_>) -> bool {
        if self.count == 0 {
            return false;
        }
        self.of([(rule.gid, rule.sid), (rule.gid, 0), (0, 0)]).any(|entry| match entry {
            Entry::Suppress(None) => true,
            Entry::Suppress(Some((side, set))) => {
                let (source, destination) = (set.has(view.source.ip), set.has(view.destination.ip));
                match side {
                    Side::Source => source,
                    Side::Destination => destination,
                    Side::Either => source || destination,
                }
            }
            Entry::Threshold(_) => false,
        })
    }
    /// The thresholds that count for the rule, its own one first. A line about this very rule takes the place of what
    /// the rule says; before a line about all rules, what the rule says counts. A `rate_filter` stands beside both.
    pub(crate) fn thresholds(&self, rule: &Rule) -> [Option<Threshold>; 2] {
        let own = rule.threshold;
        if self.count == 0 {
            return [own, None];
        }
        let [of_this, rate_of_this] = first_of(self.of([(rule.gid, rule.sid)]));
        let [of_all, rate_of_all] = first_of(self.of([(rule.gid, 0), (0, 0)]));
        [of_this.or(own).or(of_all), rate_of_this.or(rate_of_all)]
    }
    /// Takes the lines of a file; those that cannot be read are told.
    pub fn load(&mut self, file: &str, text: &str, variables: &Variables) -> Vec<RuleError> {
        let mut refused = Vec::new();
        for (line, column, text) in crate::parse::rule_lines(text) {
            if let Err(reason) = self.line(&text, variables) {
                refused.push(RuleError { file: file.into(), line, column, reason, sid: None });
            }
        }
        refused
    }
    fn line(&mut self, text: &str, variables: &Variables) -> Result<(), String> {
        if self.count >= SUPPRESSIONS {
            return Err(format!("more than {SUPPRESSIONS} lines"));
        }
        let (word, rest) = text.split_once(char::is_whitespace).ok_or("a line has a command and options")?;
        let mut options = Options::default();
        for part in crate::address::split_group(rest) {
            let (key, value) = part
                .trim()
                .split_once(char::is_whitespace)
                .ok_or_else(|| format!("{part:?} has no value"))?;
            options.take(key, value.trim())?;
        }
        let entry = match word {
            "suppress" => Entry::Suppress(options.addresses(variables)?),
            "threshold" | "event_filter" => Entry::Threshold(options.threshold(None)?),
            "rate_filter" => Entry::Threshold(options.threshold(Some(()))?),
            other => return Err(format!("unknown command {other:?}")),
        };
        let gid = options.gid.ok_or("gen_id is needed")?;
        let sid = options.sid.ok_or("sig_id is needed")?;
        if gid == 0 && sid != 0 {
            return Err("gen_id 0 means all rules, and does not go with one sig_id".into());
        }
        self.entries.entry((gid, sid)).or_default().push(entry);
        self.count += 1;
        Ok(())
    }
}

#[derive(Default)]
struct Options {
    gid: Option<u32>,
    sid: Option<u32>,
    words: HashMap<String, String>,
}

impl Options {
    fn take(&mut self, key: &str, value: &str) -> Result<(), String> {
        let number = || value.parse::<u32>().map_err(|_| format!("{value:?} is no number"));
        match key {
            "gen_id" => self.gid = Some(number()?),
            "sig_id" => self.sid = Some(number()?),
            "track" | "ip" | "type" | "count" | "seconds" | "new_action" | "timeout" => {
                self.words.insert(key.into(), value.into());
            }
            _ => return Err(format!("unknown option {key:?}")),
        }
        Ok(())
    }
    fn word(&self, key: &str) -> Result<&str, String> {
        self.words.get(key).map(String::as_str).ok_or_else(|| format!("{key} is needed"))
    }
    fn number(&self, key: &str) -> Result<u32, String> {
        self.word(key)?.parse().map_err(|_| format!("{key} wants a number"))
    }
    fn addresses(&self, variables: &Variables) -> Result<Option<(Side, AddressSet)>, String> {
        // With half of it, a rule would be hidden altogether.
        if self.words.contains_key("track") != self.words.contains_key("ip") {
            return Err("track and ip belong together".into());
        }
        let Some(ip) = self.words.get("ip") else { return Ok(None) };
        let side = match self.word("track")? {
            "by_src" => Side::Source,
            "by_dst" => Side::Destination,
            "by_either" => Side::Either,
            other => return Err(format!("unknown track {other:?}")),
        };
        Ok(Some((side, AddressSet::parse(ip, variables)?)))
    }
    fn threshold(&self, rate: Option<()>) -> Result<Threshold, String> {
        let track: Track = track_named(self.word("track")?)?;
        let (count, seconds) = (self.number("count")?, self.number("seconds")?);
        if count == 0 || seconds == 0 {
            return Err("count and seconds are not 0".into());
        }
        let kind = match rate {
            None => kind_named(self.word("type")?)?,
            Some(()) => ThresholdKind::Rate {
                action: action_named(self.word("new_action")?)?,
                timeout_seconds: self.number("timeout")?,
            },
        };
        Ok(Threshold { kind, track, count, seconds, unique: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_refused_with_their_place() {
        let text = "# c\nsuppress gen_id 1, sig_id 7, track by_src, ip [192.0.2.0/24, 198.51.100.1]\n\
            rate_filter gen_id 1, sig_id 8, track by_both, count 1, seconds 60, new_action drop, timeout 9\n\
            threshold gen_id 1, sig_id 9, type both, track by_flow, count 5, seconds 60\nsuppress sig_id 1\nx y 1\n";
        let mut suppressions = Suppressions::default();
        let refused = suppressions.load("t", text, &Variables::default());
        let lines: Vec<usize> = refused.iter().map(|error| error.line).collect();
        assert_eq!((suppressions.count, lines), (3, vec![5, 6]));
    }

    #[test]
    fn half_a_line_hides_no_rule() {
        for line in [
            "suppress gen_id 1, sig_id 7, track by_src",
            "suppress gen_id 1, sig_id 7, ip 192.0.2.1",
            "suppress gen_id 0, sig_id 7",
            "threshold gen_id 1, sig_id 7, type limit, track by_src, count 0, seconds 9",
        ] {
            let mut suppressions = Suppressions::default();
            assert_eq!(suppressions.load("t", line, &Variables::default()).len(), 1, "{line}");
            assert_eq!(suppressions.count, 0, "{line}");
        }
    }

    #[test]
    fn a_line_about_one_rule_takes_the_place_of_its_own_threshold() {
        let rule =
            "alert ip any any -> any any (threshold:type limit, track by_src, count 1, seconds 9; sid:7;)";
        let rule = crate::parse_rule(rule, &Variables::default(), &mut crate::Tables::default()).unwrap();
        let counts = |lines: &str| {
            let mut suppressions = Suppressions::default();
            assert!(suppressions.load("t", lines, &Variables::default()).is_empty(), "{lines}");
            suppressions.thresholds(&rule).map(|threshold| threshold.map(|threshold| threshold.count))
        };
        let of_all = "threshold gen_id 1, sig_id 0, type limit, track by_src, count 5, seconds 9\n";
        let of_one = "threshold gen_id 1, sig_id 7, type limit, track by_src, count 6, seconds 9\n";
        let rate =
            "rate_filter gen_id 1, sig_id 7, track by_src, count 8, seconds 9, new_action drop, timeout 9";
        assert_eq!(counts(""), [Some(1), None]);
        assert_eq!(counts(of_all), [Some(1), None]);
        assert_eq!(counts(&[of_all, of_one].concat()), [Some(6), None]);
        assert_eq!(counts(&[of_one, rate].concat()), [Some(6), Some(8)]);
        assert_eq!(counts(rate), [Some(1), Some(8)]);
    }
}
