//! Which rules of a feed are asked, and which of them drop: the files of suricata-update.
//!
//! Key types: [`Selection`], [`Kind`], [`Selected`]. suricata-update's manual, "Example Configuration Files": `enable.conf`,
//! `disable.conf`, `drop.conf` and `modify.conf` (and Oinkmaster's `modifysid`). A rule that a feed has commented out is one
//! that is not enabled. Files act in that order: disable, enable, drop, modify; a later one sees what an earlier one made.
//! Neighbours: `matcher` (one condition of a line), `facts` (what conditions ask of a rule), `sensible` (our default).
mod facts;
mod line;
mod matcher;
mod sensible;

#[cfg(test)]
mod tests;

use crate::{
    limits::SELECTION_LINES,
    parse::{RuleError, all_rule_lines},
};
use facts::Facts;
use line::{Line, Modify};
use std::borrow::Cow;

/// What the lines of a file do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// rules that are commented out count
    Enable,
    /// rules do not count
    Disable,
    /// rules that alert drop
    Drop,
    /// the text of rules is changed
    Modify,
}

/// The lines of all files.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    enable: Vec<Line>,
    disable: Vec<Line>,
    drop: Vec<Line>,
    modify: Vec<Modify>,
}

/// A rule of a file after the selection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// its line in the file, from 1
    pub line: usize,
    /// column of its first byte, from 1
    pub column: usize,
    /// the rule as it counts
    pub text: String,
}

/// What was done to the rules of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// rules that were commented out and count
    pub enabled: usize,
    /// rules that do not count any more
    pub disabled: usize,
    /// rules that alerted and drop
    pub dropped: usize,
    /// rules whose text was changed
    pub modified: usize,
}

impl Selection {
    /// Takes the lines of a file; those that cannot be read are told, the others count.
    pub fn read(&mut self, kind: Kind, file: &str, text: &str) -> Vec<RuleError> {
        let mut refused = Vec::new();
        for (number, written) in text.lines().enumerate() {
            let trimmed = written.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if let Err(reason) = self.take(kind, trimmed) {
                let column = written.len() - written.trim_start().len() + 1;
                refused.push(RuleError { file: file.into(), line: number + 1, column, reason, sid: None });
            }
        }
        refused
    }
    fn take(&mut self, kind: Kind, text: &str) -> Result<(), String> {
        if self.line_count() >= SELECTION_LINES {
            return Err(format!("more than {SELECTION_LINES} lines"));
        }
        match kind {
            Kind::Enable => self.enable.push(Line::read(text, kind)?),
            Kind::Disable => self.disable.push(Line::read(text, kind)?),
            Kind::Drop => self.drop.push(Line::read(text, kind)?),
            Kind::Modify => self.modify.push(Modify::read(text)?),
        }
        Ok(())
    }
    const fn line_count(&self) -> usize {
        self.enable.len() + self.disable.len() + self.drop.len() + self.modify.len()
    }
    /// Nothing is selected: files count as they are.
    pub const fn is_empty(&self) -> bool {
        self.line_count() == 0
    }

    /// The rules of a file as they count. `group` is the file's name, which `group:` asks for.
    pub fn rules<'a>(
        &'a self,
        group: &'a str,
        text: &'a str,
        tally: &'a mut Tally,
    ) -> impl Iterator<Item = Selected> + 'a {
        all_rule_lines(text).filter_map(move |found| {
            if self.is_empty() {
                let (line, column) = (found.line, found.column);
                return found.enabled.then_some(Selected { line, column, text: found.text });
            }
            let text = self.one(group, found.text, found.enabled, tally)?;
            Some(Selected { line: found.line, column: found.column, text })
        })
    }

    /// A rule as it counts, if it does.
    fn one(&self, group: &str, text: String, written: bool, tally: &mut Tally) -> Option<String> {
        let facts = Facts::of(group, &text);
        let any = |lines: &[Line]| line::any(lines, &facts);
        let mut enabled = written;
        if enabled && any(&self.disable) {
            enabled = false;
        }
        if !enabled && any(&self.enable) {
            enabled = true;
        }
        // A rule that only notes something for others would drop what nobody has judged.
        let drops = facts.action == "alert" && !facts.silent && any(&self.drop);
        let mut rule = if drops { Cow::Owned(with_action(&text, "drop")) } else { Cow::Borrowed(&*text) };
        let mut modified = false;
        for modify in &self.modify {
            if let Some(changed) = modify.run(&Facts::of(group, &rule), enabled) {
                let bare = changed.trim_start();
                enabled = !bare.starts_with('#');
                rule = Cow::Owned(bare.trim_start_matches(['#', ' ', '\t']).to_owned());
                modified = true;
            }
        }
        tally.enabled += usize::from(enabled && !written);
        tally.disabled += usize::from(!enabled && written);
        tally.dropped += usize::from(enabled && drops);
        tally.modified += usize::from(enabled && modified);
        enabled.then(|| rule.into_owned())
    }
}

/// Generator and sid of a rule that may be broken otherwise.
pub fn key_of(text: &str) -> Option<(u32, u32)> {
    let facts = Facts::of("", text);
    Some((facts.gid, facts.sid?))
}

/// The rule with another first word.
fn with_action(text: &str, action: &str) -> String {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    format!("{action}{}", text.get(end..).unwrap_or_default())
}
