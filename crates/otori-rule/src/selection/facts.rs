//! What conditions ask of a rule's text. Key type: [`Facts`].
//!
//! The rule may be broken otherwise: only what is asked here is read.
use crate::parse::options;

/// A rule as conditions see it.
pub(super) struct Facts<'a> {
    /// name of the file it stands in
    pub(super) group: &'a str,
    /// all of it
    pub(super) text: &'a str,
    /// its first word
    pub(super) action: &'a str,
    pub(super) gid: u32,
    pub(super) sid: Option<u32>,
    pub(super) class: &'a str,
    /// `msg` without its quotes
    pub(super) message: &'a str,
    /// pairs of `metadata`
    pub(super) metadata: Vec<(&'a str, &'a str)>,
    /// it alerts nobody (`noalert`, `flowbits:noalert`)
    pub(super) silent: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn of(group: &'a str, text: &'a str) -> Facts<'a> {
        let mut facts = Facts {
            group,
            text,
            action: text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default(),
            gid: 1,
            sid: None,
            class: "",
            message: "",
            metadata: Vec::new(),
            silent: false,
        };
        let body = text.split_once('(').map_or("", |(_, body)| body);
        for (_, option) in options(body) {
            let (name, value) = option.split_once(':').unwrap_or((option, ""));
            facts.take(name.trim(), value.trim());
        }
        facts
    }
    fn take(&mut self, name: &str, value: &'a str) {
        match name {
            "gid" => self.gid = value.parse().unwrap_or(1),
            "sid" => self.sid = value.parse().ok(),
            "classtype" => self.class = value,
            "msg" => self.message = value.trim_matches('"'),
            "metadata" => self.metadata.extend(value.split(',').map(|pair| {
                let pair = pair.trim();
                let (key, value) = pair.split_once(char::is_whitespace).unwrap_or((pair, ""));
                (key, value.trim())
            })),
            "noalert" => self.silent = true,
            "flowbits" | "xbits" | "hostbits" if value.starts_with("noalert") => self.silent = true,
            _ => {}
        }
    }
    /// A pair of `metadata` is there, whatever the case of its letters.
    pub(super) fn has(&self, key: &str, value: &str) -> bool {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        self.metadata.iter().any(|(have, is)| same(have, key) && same(is, value))
    }
}
