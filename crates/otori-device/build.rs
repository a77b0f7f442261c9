//! Puts every file of `products/` into the binary, so that an installed binary needs nothing beside it.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let products = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../products").canonicalize()?;
    println!("cargo::rerun-if-changed={}", products.display());
    let mut found = Vec::new();
    collect(&products, &mut found)?;
    found.sort();
    let mut rows = String::from("&[\n");
    for path in &found {
        let name = path.strip_prefix(&products)?.to_str().ok_or("a product's file name is not UTF-8")?;
        writeln!(rows, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    rows.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("products.rs"), rows)?;
    Ok(())
}
