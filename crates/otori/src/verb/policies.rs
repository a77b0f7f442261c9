//! What devices may do, for the verbs that look at packets. Key type: [`PolicyOptions`].
use super::{Failure, watch};
use anyhow::Context;
use otori_tap::{
    Engine,
    policy::{Policies, PolicyBook},
    reject::Sinkhole,
};
use std::path::{Path, PathBuf};

/// The options about policies.
#[derive(clap::Args)]
pub struct PolicyOptions {
    /// What devices may do: TOML, ordered [[policy]] entries of name, who, what, when, zone and do (allow, alert, throttle,
    /// block, reject, sinkhole); the first that fits a flow decides. A running guard takes changes of the file
    #[arg(long = "policy", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl PolicyOptions {
    /// Tells the engine the policies, if there are any.
    pub fn load(&self, engine: &mut Engine, has_sinkhole: Sinkholes) -> anyhow::Result<Option<PolicyBook>> {
        let Some(path) = &self.file else { return Ok(None) };
        let policies = read(path, has_sinkhole)?;
        eprintln!("otori: {}: {} policies", path.display(), policies.entries().len());
        let book = PolicyBook::new(policies);
        engine.set_policies(book.clone());
        Ok(Some(book))
    }
    /// Takes changes of the file from now on; what cannot be read is told, and the old ones stay.
    pub fn watch(&self, book: PolicyBook, has_sinkhole: Sinkholes) {
        let Some(path) = self.file.clone() else { return };
        watch::changes(path, move |path| match read(path, has_sinkhole) {
            Ok(policies) => {
                let count = policies.entries().len();
                book.replace(policies);
                eprintln!("otori: {}: {count} policies from now on", path.display());
            }
            Err(error) => eprintln!("otori: the policies stay as they were: {error:#}"),
        });
    }
}

/// Whether questions of DNS can be answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sinkholes {
    /// with addresses of our own
    Answered,
    /// no address was given
    None,
}

impl Sinkholes {
    /// As the option says.
    pub const fn of(addresses: Option<&Sinkhole>) -> Sinkholes {
        if addresses.is_some() { Sinkholes::Answered } else { Sinkholes::None }
    }
}

fn read(path: &Path, sinkholes: Sinkholes) -> anyhow::Result<Policies> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let policies = Policies::read(&path.display().to_string(), &text)
        .map_err(|error| Failure::Configuration(error.to_string()))?;
    if policies.wants_sinkhole() && sinkholes == Sinkholes::None {
        let text = format!(
            "{}: do = \"sinkhole\" needs --sinkhole ADDR, which questions are answered with",
            path.display()
        );
        return Err(Failure::Configuration(text).into());
    }
    Ok(policies)
}
