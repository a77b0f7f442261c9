//! What classes of rules mean, as a `classification.config` says: a description and a severity.
//!
//! Key type: [`Classification`]. Suricata's manual, "classtype". Neighbour: `keyword::meta`, which asks for the class of a
//! rule. Classes that no file names mean what they do in the file that Suricata comes with.
use crate::{limits::CLASS_NAMES, parse::RuleError};
use std::{collections::HashMap, sync::Arc};

/// What a class means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// for people
    pub text: String,
    /// 1 is most severe
    pub severity: u8,
}

/// Classes by their short names, which have no case.
#[derive(Clone, Debug, Default)]
pub struct Classification {
    classes: HashMap<String, Arc<Meaning>>,
}

impl Classification {
    /// Takes the lines of a file; those that cannot be read are told. Of two lines about one class the first counts.
    pub fn load(&mut self, file: &str, text: &str) -> Vec<RuleError> {
        let mut refused = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Err(reason) = self.line(line) {
                refused.push(RuleError { file: file.into(), line: number + 1, column: 1, reason, sid: None });
            }
        }
        refused
    }
    fn line(&mut self, line: &str) -> Result<(), String> {
        let rest = line.strip_prefix("config").map(str::trim_start);
        let rest = rest.and_then(|rest| rest.strip_prefix("classification:"));
        let rest = rest.ok_or("a line is: config classification: NAME,DESCRIPTION,PRIORITY")?;
        // The description may have commas.
        let ends = rest.split_once(',').and_then(|(name, rest)| Some((name, rest.rsplit_once(',')?)));
        let (name, (text, severity)) = ends.ok_or("a name, a description and a priority are needed")?;
        let known = severity.trim().parse().ok().filter(|severity| *severity > 0);
        let severity = known.ok_or_else(|| format!("{:?} is no priority: 1 to 255", severity.trim()))?;
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() {
            return Err("a name is needed".into());
        }
        if self.classes.len() >= CLASS_NAMES {
            return Err(format!("more than {CLASS_NAMES} classes"));
        }
        let meaning = Meaning { text: text.trim().into(), severity };
        self.classes.entry(name).or_insert_with(|| Arc::new(meaning));
        Ok(())
    }
    /// What a file says of that class.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Meaning>> {
        self.classes.get(&name.trim().to_ascii_lowercase()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_mean_what_the_file_says_and_wrong_lines_are_told() {
        let mut classes = Classification::default();
        let refused = classes.load(
            "c",
            "# classes\n\nconfig classification: Own-Class,Mine, and yours,4\n\
             config classification: own-class,later,1\nconfig classification: x,y\n\
             config classification: x,y,0\nconfig reference: cve http://cve.example/\n",
        );
        assert_eq!(refused.iter().map(|error| error.line).collect::<Vec<_>>(), [5, 6, 7], "{refused:?}");
        let meaning = |text: &str, severity| Some(Arc::new(Meaning { text: text.into(), severity }));
        assert_eq!(classes.get("own-class"), meaning("Mine, and yours", 4));
        assert_eq!(classes.get("bad-unknown"), None);
    }
}
