//! `otori product`: which products there are, what one says about itself, and how a root folder becomes one.
//!
//! Neighbour: `otori-device` reads and writes them. JSON: `docs/schema/product.json`.
use crate::verb::Failure;
use clap::Subcommand;
use otori_device::import::{self, ImportError};
use otori_device::profile::{Listed, Source};
use otori_device::{Profile, ProfileError, userland};
use serde_json::json;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `otori product`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Data folder; imported products are in its `products`
    #[arg(long, value_name = "DIR", default_value = "otori-data", global = true)]
    data: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List every product: those that come with Otori and those that were imported
    List {
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Show what one product is, and check that it is whole
    Show {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Name of the product
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Fetch the programs of a product, as the first `otori up` does
    Fetch {
        /// Name of the product
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Make a product of the root file system of a device; nothing in it is run
    Import {
        /// Folder that holds the root file system
        #[arg(long, value_name = "DIR")]
        rootfs: PathBuf,
        /// Name of the product: a-z, 0-9 and -; that of the folder if not given
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
}

/// Runs it; a product that does not load is exit 3.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let products = arguments.data.join("products");
    let mut out = io::stdout().lock();
    match arguments.action {
        Action::List { json } => list(&mut out, &products, json)?,
        Action::Show { json, name } => {
            let profile = Profile::find(&name, &products).map_err(configuration)?;
            if json {
                serde_json::to_writer(&mut out, &facts(&profile))?;
                writeln!(out)?;
            } else {
                show(&mut out, &profile)?;
            }
        }
        Action::Fetch { name } => {
            let profile = Profile::find(&name, &products).map_err(configuration)?;
            let cache = crate::config::userland_cache(&arguments.data);
            let fetched = userland::obtain(&cache, &profile.table.userland, &mut |line| eprintln!("{line}"))?;
            writeln!(out, "{name}: {} {}, SHA-256 {}", fetched.package, fetched.version, fetched.sha256)?;
        }
        Action::Import { rootfs, name } => {
            let name = name.unwrap_or_else(|| name_of(&rootfs));
            let (folder, imported) = add(&rootfs, &name, &products)?;
            let mut notes = io::stderr().lock();
            for note in &imported.notes {
                writeln!(notes, "note: {note}")?;
            }
            writeln!(
                out,
                "{name}: {} files, {} bytes in {}",
                imported.files(),
                imported.bytes,
                folder.display()
            )?;
            writeln!(
                out,
                "edit {} to say what the device shows of itself",
                folder.join("product.toml").display()
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn configuration(error: ProfileError) -> Failure {
    Failure::Configuration(error.to_string())
}

fn add(rootfs: &Path, name: &str, products: &Path) -> anyhow::Result<(PathBuf, import::Imported)> {
    fs::create_dir_all(products).map_err(|error| {
        Failure::Permission(format!("cannot make {}: {error}; choose another --data", products.display()))
    })?;
    import::write_product(rootfs, name, products).map_err(|error| match &error {
        ImportError::Read { .. } => Failure::Unavailable(error.to_string()).into(),
        ImportError::Write { .. } => Failure::Permission(error.to_string()).into(),
        _ => Failure::Configuration(error.to_string()).into(),
    })
}

/// The folder's own name as a product's: lower case, other characters become `-`.
fn name_of(rootfs: &Path) -> String {
    let name = rootfs.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let fitting = name.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' });
    fitting.collect::<String>().trim_matches('-').chars().take(64).collect()
}

fn origin(source: &Source) -> &'static str {
    match source {
        Source::Embedded(_) => "embedded",
        Source::Folder(_) => "imported",
    }
}

fn list(out: &mut impl Write, products: &Path, json: bool) -> anyhow::Result<()> {
    for Listed { id, source } in Profile::list(products) {
        let profile = Profile::find(&id, products);
        if json {
            let row = match &profile {
                Ok(profile) => facts(profile),
                Err(error) => json!({ "id": id, "origin": origin(&source), "problem": error.to_string() }),
            };
            serde_json::to_writer(&mut *out, &row)?;
            writeln!(out)?;
            continue;
        }
        match profile {
            Ok(profile) => {
                let product = &profile.table.product;
                let what = format!("{} {}, {}", product.vendor, product.model, product.kind);
                writeln!(out, "{id:<20} {:<9} {:<9} {what}", product.isa, origin(&source))?;
            }
            Err(error) => writeln!(out, "{id:<20} {:<9} {:<9} does not load: {error}", "-", origin(&source))?,
        }
    }
    Ok(())
}

fn programs(profile: &Profile) -> String {
    let userland = &profile.table.userland;
    match (&userland.package, &userland.rootfs) {
        (Some(package), Some(folder)) => {
            format!("its own, {}; {package} fills gaps", profile.source.path(folder).display())
        }
        (Some(package), None) => {
            format!("Debian package {package}:{}", userland.architecture.as_deref().unwrap_or("mipsel"))
        }
        (None, Some(folder)) => format!("its own, {}", profile.source.path(folder).display()),
        (None, None) => "none".into(),
    }
}

fn facts(profile: &Profile) -> serde_json::Value {
    let table = &profile.table;
    let mounts: Vec<_> = table
        .mount
        .iter()
        .map(|mount| json!({ "at": mount.at, "type": mount.fstype, "read_only": mount.read_only }))
        .collect();
    let routes =
        table.http.as_ref().map(|http| http.route.iter().map(|route| &route.path).collect::<Vec<_>>());
    json!({
        "id": table.product.id,
        "origin": origin(&profile.source),
        "vendor": table.product.vendor,
        "model": table.product.model,
        "kind": table.product.kind,
        "firmware": table.product.firmware,
        "isa": table.product.isa,
        "hostname": table.kernel.hostname,
        "kernel": table.kernel.release,
        "mac": table.network.mac,
        "programs": programs(profile),
        "telnet_port": table.telnet.as_ref().map(|telnet| telnet.port),
        "http_port": table.http.as_ref().map(|http| http.port),
        "http_routes": routes.unwrap_or_default(),
        "credential_lists": table.credentials.lists,
        "mounts": mounts,
    })
}

fn show(out: &mut impl Write, profile: &Profile) -> io::Result<()> {
    let table = &profile.table;
    let product = &table.product;
    writeln!(out, "{} {} ({}), {}", product.vendor, product.model, product.kind, origin(&profile.source))?;
    writeln!(out, "  firmware   {}", product.firmware)?;
    writeln!(out, "  machine    {}", product.isa)?;
    writeln!(out, "  kernel     Linux {} {}", table.kernel.release, table.kernel.version)?;
    writeln!(out, "  host name  {}", table.kernel.hostname)?;
    writeln!(out, "  interface  {} {}", table.network.interface, table.network.mac)?;
    writeln!(out, "  programs   {}", programs(profile))?;
    for mount in &table.mount {
        let mode = if mount.read_only { "read-only" } else { "writable" };
        writeln!(out, "  mount      {:<10} {:<9} {mode}", mount.at, mount.fstype)?;
    }
    for route in table.http.iter().flat_map(|http| &http.route) {
        let deed = match (&route.exec, &route.sign_in, &route.file) {
            (Some(template), _, _) => format!("runs `{template}`"),
            (_, Some(_), _) => "takes the sign-in form".into(),
            (_, _, Some(file)) => file.clone(),
            _ => String::new(),
        };
        writeln!(out, "  page       {:<22} {deed}", route.path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_product() {
        assert_eq!(name_of(Path::new("/x/Router_v2.1")), "router-v2-1");
        assert_eq!(name_of(Path::new("/x/_root")), "root");
    }

    #[test]
    fn the_camera_is_listed_and_shown() {
        let mut text = Vec::new();
        list(&mut text, Path::new("/nowhere"), false).unwrap();
        assert!(String::from_utf8_lossy(&text).starts_with("camera-mipsel        mips32el  embedded "));
        let profile = Profile::embedded("camera-mipsel").unwrap();
        let mut text = Vec::new();
        show(&mut text, &profile).unwrap();
        assert!(String::from_utf8_lossy(&text).contains("page       /cgi-bin/ping.cgi      runs `ping"));
        assert_eq!(facts(&profile)["mounts"][0]["read_only"], true);
    }
}
