//! Loads rule files, as files that select rules say, for the verbs that match packets. Key type: [`RuleOptions`].
use super::watch;
use anyhow::Context;
use otori_rule::selection::{Kind, Selected, Selection, Tally};
use otori_tap::{Control, Engine, engine::FileChange};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

/// Refused rules that are shown one by one.
const SHOWN: usize = 20;

/// Stands for the key of lines that have none: they are refused, and whoever wrote one is to know it.
const WITHOUT_SID: (u32, u32) = (0, 0);

/// The options that select rules.
#[derive(clap::Args, Clone)]
pub struct RuleOptions {
    /// suricata-update's enable.conf: rules that are commented out and count (SID, GID:SID, re:…, group:…, metadata: …)
    #[arg(long, value_name = "FILE")]
    enable_conf: Vec<PathBuf>,
    /// suricata-update's disable.conf: rules that do not count
    #[arg(long, value_name = "FILE")]
    disable_conf: Vec<PathBuf>,
    /// suricata-update's drop.conf: rules that drop instead of alerting; a line `default` means those that are known to be
    /// about attacks with high confidence, `except …` takes rules out
    #[arg(long, value_name = "FILE")]
    drop_conf: Vec<PathBuf>,
    /// suricata-update's modify.conf: WHICH "from" "to"
    #[arg(long, value_name = "FILE")]
    modify_conf: Vec<PathBuf>,
    /// As a drop.conf with the line `default`
    #[arg(long)]
    drop_default: bool,
}

/// Rules of all files by generator and sid, with the file that they are from.
type ByKey = BTreeMap<(u32, u32), (String, Vec<Selected>)>;

impl RuleOptions {
    fn files(&self) -> impl Iterator<Item = (Kind, &PathBuf)> {
        let all = [
            (Kind::Enable, &self.enable_conf),
            (Kind::Disable, &self.disable_conf),
            (Kind::Drop, &self.drop_conf),
            (Kind::Modify, &self.modify_conf),
        ];
        all.into_iter().flat_map(|(kind, paths)| paths.iter().map(move |path| (kind, path)))
    }

    /// What the files say; lines that cannot be read are told, the others count.
    fn selection(&self) -> anyhow::Result<Selection> {
        let mut selection = Selection::default();
        for (kind, path) in self.files() {
            for error in selection.read(kind, &path.display().to_string(), &text_of(path)?) {
                eprintln!("otori: line refused: {error}");
            }
        }
        if self.drop_default {
            let refused = selection.read(Kind::Drop, "--drop-default", "default");
            debug_assert!(refused.is_empty(), "{refused:?}");
        }
        Ok(selection)
    }

    /// Loads every file; a rule that is refused is reported, the others load.
    pub fn load(&self, engine: &mut Engine, files: &[PathBuf]) -> anyhow::Result<()> {
        let selection = self.selection()?;
        for path in files {
            load(engine, path, &selection)?;
        }
        Ok(())
    }

    /// Takes changes of the files of rules and of those that select them from now on, rule by rule: those that did not
    /// change are asked all the while. What cannot be read is told, and the old rules stay.
    pub fn follow(&self, files: &[PathBuf], control: &Control) {
        let Ok(mut known) = self.by_key(files) else { return };
        let watched: Vec<PathBuf> = files.iter().chain(self.files().map(|(_, path)| path)).cloned().collect();
        let (options, files, control) = (self.clone(), files.to_vec(), control.clone());
        watch::any_changes(watched, move |path| {
            let begun = Instant::now();
            let now = match options.by_key(&files) {
                Ok(now) => now,
                Err(error) => {
                    eprintln!("otori: the rules stay as they were: {error:#}");
                    return;
                }
            };
            let changes = changes(&known, &now);
            let count = changes.len();
            for change in changes {
                if control.apply(otori_tap::guard::Change::File(Box::new(change))).is_err() {
                    return;
                }
            }
            known = now;
            let spent = begun.elapsed().as_millis();
            eprintln!("otori: {}: {count} rules changed, {spent} ms", path.display());
        });
    }

    fn by_key(&self, files: &[PathBuf]) -> anyhow::Result<ByKey> {
        let selection = self.selection()?;
        let mut all = ByKey::new();
        for path in files {
            let name = path.display().to_string();
            for rule in selection.rules(&name, &text_of(path)?, &mut Tally::default()) {
                let key = otori_rule::selection::key_of(&rule.text).unwrap_or(WITHOUT_SID);
                all.entry(key).or_insert_with(|| (name.clone(), Vec::new())).1.push(rule);
            }
        }
        Ok(all)
    }
}

/// What is different: rules whose line alone is another one are the same.
fn changes(known: &ByKey, now: &ByKey) -> Vec<FileChange> {
    let texts = |rules: &[Selected]| rules.iter().map(|rule| rule.text.clone()).collect::<Vec<_>>();
    let gone = known.iter().filter(|(key, _)| !now.contains_key(key)).map(|(key, (file, _))| FileChange {
        file: file.clone(),
        key: *key,
        rules: Vec::new(),
    });
    let other = now
        .iter()
        .filter(|(key, (_, rules))| known.get(key).is_none_or(|(_, before)| texts(before) != texts(rules)));
    let other =
        other.map(|(key, (file, rules))| FileChange { file: file.clone(), key: *key, rules: rules.clone() });
    gone.chain(other).collect()
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn load(engine: &mut Engine, path: &Path, selection: &Selection) -> anyhow::Result<()> {
    let begun = Instant::now();
    let report = engine.load_selected(&path.display().to_string(), &text_of(path)?, selection);
    for error in report.refused.iter().take(SHOWN) {
        eprintln!("otori: rule refused: {error}");
    }
    if report.refused.len() > SHOWN {
        eprintln!("otori: and {} more", report.refused.len() - SHOWN);
    }
    let Tally { enabled, disabled, dropped, modified } = report.tally;
    let selected = if selection.is_empty() {
        String::new()
    } else {
        format!(" ({enabled} enabled, {disabled} disabled, {dropped} turned into drops, {modified} modified)")
    };
    let skipped = match report.skipped.len() {
        0 => String::new(),
        count => format!(", {count} not meant for this engine"),
    };
    eprintln!(
        "otori: {}: {} rules loaded, {} refused{skipped}{selected}, {} ms",
        path.display(),
        report.loaded,
        report.refused.len(),
        begun.elapsed().as_millis()
    );
    Ok(())
}
