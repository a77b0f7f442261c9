//! `otori config show | check`: the effective configuration, where each value comes from, and whether it holds.
use crate::config;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `otori config`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Print the effective configuration as TOML
    Show {
        /// Configuration file, instead of those under /etc/otori
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Print one line per value, with the layer that set it
        #[arg(long)]
        origin: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read the configuration and say what is wrong with it
    Check {
        /// Configuration file, instead of those under /etc/otori
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Runs the verb; exit 3 when the configuration is wrong.
#[allow(clippy::print_stdout, reason = "the configuration is this verb's data")]
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Show { config, origin, json } => {
            let loaded = config::load(config.as_deref())?;
            let table = toml::Table::try_from(&loaded.config)?;
            if json {
                println!("{}", serde_json::to_string_pretty(&table)?);
            } else if origin {
                print_origins(&table, "", &loaded.origins);
            } else {
                print!("{}", toml::to_string(&table)?);
            }
        }
        Command::Check { config } => {
            let loaded = config::load(config.as_deref())?;
            println!(
                "the configuration is good; {} values are set by files or the environment",
                loaded.origins.len()
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::print_stdout, reason = "the configuration is this verb's data")]
fn print_origins(table: &toml::Table, prefix: &str, origins: &std::collections::BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => print_origins(inner, &path, origins),
            value => println!("{path} = {value}  # {}", origins.get(&path).map_or("default", String::as_str)),
        }
    }
}
