//! `otori sign-in-link`: a fresh link for the page of the `otori up` that runs with this data folder.
use anyhow::Context;
use otori_event::Timestamp;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments of `otori sign-in-link`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Data folder of the running `otori up`
    #[arg(long, value_name = "DIR", default_value = "otori-data")]
    data: PathBuf,
}

/// Prints the link.
#[allow(clippy::print_stdout, reason = "the link is this verb's data")]
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    let now = Timestamp(i64::try_from(since.as_nanos()).context("the clock stands after 2262")?);
    println!("{}", otori_hub::sign_in_link(&arguments.data, now)?);
    Ok(ExitCode::SUCCESS)
}
