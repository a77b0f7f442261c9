//! What is wrong with a product, where, and how to mend it; key type [`ProfileError`].
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// A place in a product's files: line and column count from 1, 0 where the whole file is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// the file
    pub file: PathBuf,
    /// line
    pub line: usize,
    /// column in characters
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}:{}", self.file.display(), self.column),
        }
    }
}

/// Why a product cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}: {problem}\n  remedy: {remedy}")]
pub struct ProfileError {
    /// where
    pub place: Place,
    /// what is wrong
    pub problem: String,
    /// what to do about it
    pub remedy: String,
}

impl ProfileError {
    /// An error about a whole file.
    pub(crate) fn of_file(
        file: impl Into<PathBuf>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ProfileError {
        let place = Place { file: file.into(), line: 0, column: 0 };
        ProfileError { place, problem: problem.into(), remedy: remedy.into() }
    }

    /// An error at a byte of the file's text.
    pub(crate) fn at(
        file: impl Into<PathBuf>,
        text: &str,
        byte: usize,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ProfileError {
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let place = Place { file: file.into(), line, column };
        ProfileError { place, problem: problem.into(), remedy: remedy.into() }
    }

    /// What the TOML reader found, with the nearest known key for one that is not known.
    pub(crate) fn of_toml(file: impl Into<PathBuf>, text: &str, error: &toml::de::Error) -> ProfileError {
        let message = error.message();
        let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let remedy = match names.split_first() {
            Some((unknown, known)) if message.starts_with("unknown") => match nearest(unknown, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("remove it; known here: {}", known.join(", ")),
            },
            Some((missing, _)) if message.starts_with("missing field") => {
                format!("add `{missing} = …`; products/camera-mipsel/product.toml is a complete example")
            }
            _ => "compare with products/camera-mipsel/product.toml".to_string(),
        };
        let byte = error.span().map_or(0, |span| span.start);
        ProfileError::at(file, text, byte, message.replace('\n', " "), remedy)
    }
}

/// The known name that needs the fewest changes to become `unknown`, if it is near.
fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let (best, changes) =
        known.iter().map(|name| (*name, distance(unknown, name))).min_by_key(|(_, d)| *d)?;
    (changes <= 1 + best.len() / 3).then_some(best)
}

/// Insertions, removals and replacements between two names (Levenshtein).
fn distance(first: &str, second: &str) -> usize {
    let second: Vec<char> = second.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=second.len()).collect();
    for (index, character) in first.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in second.iter().enumerate() {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(nearest("hostnam", &["release", "hostname"]), Some("hostname"));
        assert_eq!(nearest("colour", &["release", "hostname"]), None);
    }
}
