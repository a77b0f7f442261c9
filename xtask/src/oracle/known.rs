//! Differences that are the oracle's fault, from `vectors/oracle/known.txt`. Key type: [`Known`].
//!
//! A line is `SET GROUP/NAME REASON`; SET may be `*`, NAME may end in `*`. A row without a reason is refused, and so
//! is one that names nothing.
use super::invocation::folder;
use anyhow::{Context, Result, ensure};

/// The table.
pub struct Known {
    rows: Vec<Row>,
}

struct Row {
    set: String,
    place: String,
    reason: String,
}

impl Known {
    /// Reads the table.
    pub fn read() -> Result<Known> {
        let path = folder().join("known.txt");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Why a difference there is the oracle's fault.
    pub fn reason(&self, set: &str, group: &str, name: &str) -> Option<&str> {
        let place = format!("{group}/{name}");
        let fits = |row: &&Row| {
            let same_set = row.set == "*" || row.set == set;
            let same_place = match row.place.strip_suffix('*') {
                Some(start) => place.starts_with(start),
                None => row.place == place,
            };
            same_set && same_place
        };
        self.rows.iter().find(fits).map(|row| row.reason.as_str())
    }
}

fn parse(text: &str) -> Result<Known> {
    let mut rows = vec![];
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let mut words = line.splitn(3, ' ');
        let mut next = || words.next().unwrap_or_default().trim().to_owned();
        let row = Row { set: next(), place: next(), reason: next() };
        ensure!(row.place.contains('/') && !row.reason.is_empty(), "{line:?} is not SET GROUP/NAME REASON");
        rows.push(row);
    }
    Ok(Known { rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_by_set_and_name() {
        let known = parse("# c\n* stress/cpu-a* it loses a bit\nmips perl/one it is late\n").unwrap();
        assert_eq!(known.reason("arm64", "stress", "cpu-ackermann"), Some("it loses a bit"));
        assert_eq!(known.reason("mips", "perl", "one"), Some("it is late"));
        assert_eq!(known.reason("mipsel", "perl", "one"), None);
        assert!(parse("mips perl/one\n").is_err());
        assert!(Known::read().is_ok());
    }
}
