//! Builds the dashboard (`ui/`) and embeds it: npm packages, `vite build`, a table of assets for [`src/assets.rs`].
//!
//! Runs npm only when the lock file changed, vite only when a source of the dashboard changed, and writes
//! nothing that git sees. `OTORI_UI_DIST=DIR` takes a folder made by `npm run build -- DIR` instead, for
//! machines without npm. Leaves `OUT_DIR/ui/data` (country and AS of addresses) and `OUT_DIR/assets_table.rs`.
#[path = "src/place/networks.rs"]
mod networks;

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the dashboard is made of, below `ui/`. Cargo looks into folders by itself.
const SOURCES: [&str; 8] = [
    "src",
    "public",
    "index.html",
    "build.mjs",
    "vite.config.js",
    "svelte.config.js",
    "package.json",
    "package-lock.json",
];
/// Kept inside `node_modules`: the lock file that the packages there were installed from.
const STAMP: &str = "node_modules/.otori-lock";

const REMEDY: &str = "The dashboard is built with npm (Node.js 20.19 or later).
  Debian and Ubuntu: apt-get install npm      others: https://nodejs.org
  Without npm: build it elsewhere with `cd ui && npm ci --ignore-scripts && npm run build -- DIR`
  and set OTORI_UI_DIST=DIR.";

fn main() {
    if let Err(message) = run() {
        eprintln!("\notori-hub: {message}\n");
        std::process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).ok_or(format!("cargo did not set {name}"));
    let (manifest, out) = (folder("CARGO_MANIFEST_DIR")?, folder("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=OTORI_UI_DIST");
    let built = out.join("ui");
    match env::var_os("OTORI_UI_DIST").filter(|value| !value.is_empty()) {
        Some(given) => {
            println!("cargo:rerun-if-changed={}", Path::new(&given).display());
            let _ = fs::remove_dir_all(&built);
            copy_tree(Path::new(&given), &built)?;
        }
        None => {
            let ui = manifest.join("../../ui");
            for source in SOURCES {
                println!("cargo:rerun-if-changed={}", ui.join(source).display());
            }
            install(&ui)?;
            call(&ui, Command::new("node").arg("build.mjs").arg(&built), "building the dashboard")?;
        }
    }
    for needed in ["dashboard/index.html", "data/country.mmdb", "data/asn-ipv4.csv", "data/asn-ipv6.csv"] {
        if !built.join(needed).is_file() {
            return Err(format!(
                "{} is missing after the build of the dashboard.\n{REMEDY}",
                built.join(needed).display()
            ));
        }
    }
    write_networks(&built.join("data"), &out.join("asn.bin"))?;
    write_table(&built.join("dashboard"), &out.join("assets_table.rs"))
}

/// Turns the CSV of autonomous systems into the table that `src/place` reads in place.
fn write_networks(data: &Path, table: &Path) -> Result<(), String> {
    println!("cargo:rerun-if-changed=src/place/networks.rs");
    let text = |name: &str| {
        let path = data.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let bytes = networks::build(&text("asn-ipv4.csv")?, &text("asn-ipv6.csv")?)?;
    fs::write(table, bytes).map_err(|error| format!("{}: {error}", table.display()))
}

/// Brings `ui/node_modules` to the state of the lock file; two builds at once wait for each other.
fn install(ui: &Path) -> Result<(), String> {
    let lock_path = ui.join("package-lock.json");
    let lock = fs::File::open(&lock_path).map_err(|error| format!("{}: {error}", lock_path.display()))?;
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", lock_path.display()))?;
    let wanted = read(&lock_path)?;
    if fs::read(ui.join(STAMP)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let arguments = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    call(ui, Command::new(npm).args(arguments), "installing the packages of the dashboard")?;
    fs::write(ui.join(STAMP), wanted).map_err(|error| format!("{}: {error}", ui.join(STAMP).display()))
}

fn call(folder: &Path, command: &mut Command, doing: &str) -> Result<(), String> {
    let output = command
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{doing}: cannot start {:?}: {error}\n{REMEDY}", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    Err(format!(
        "{doing} failed ({}):\n{}\n{}\n{REMEDY}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    ))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Every file below `folder`, as `(path relative to it with '/', path)`, sorted.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), folder.to_path_buf())];
    while let Some((prefix, folder)) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                open.push((format!("{name}/"), entry.path()));
            } else {
                found.push((name, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    for (name, path) in files(from)? {
        let target = to.join(&name);
        let parent = target.parent().unwrap_or(to);
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        fs::copy(&path, &target).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Writes the static slice that `src/assets.rs` includes: path, entity tag, bytes, gzip bytes.
fn write_table(dashboard: &Path, table: &Path) -> Result<(), String> {
    let mut text = String::from("&[\n");
    let all = files(dashboard)?;
    for (name, path) in all.iter().filter(|(name, _)| !name.ends_with(".gz")) {
        let bytes = read(path)?;
        let zipped =
            path.with_file_name(format!("{}.gz", path.file_name().unwrap_or_default().to_string_lossy()));
        let gzip = match zipped.is_file() {
            true => format!("Some(include_bytes!({zipped:?}))"),
            false => "None".into(),
        };
        let tag = format!("\"{:016x}\"", fnv1a(&bytes));
        let _ = writeln!(
            text,
            "    Asset {{ path: {name:?}, tag: {tag:?}, bytes: include_bytes!({path:?}), gzip: {gzip} }},"
        );
    }
    text.push_str("]\n");
    fs::write(table, text).map_err(|error| format!("{}: {error}", table.display()))
}

/// FNV-1a, 64 bits: enough for an entity tag.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
