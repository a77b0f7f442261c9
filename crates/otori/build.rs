//! Asks for packed relative relocations (DT_RELR) where the C library of this host starts such programs: the tables of
//! the device engine hold some 50,000 addresses, which cost each start a tenth of a short process otherwise.
use std::env;
use std::process::Command;

/// Releases of glibc from this one on know DT_RELR.
const GLIBC: (u32, u32) = (2, 36);

/// Release of the host's glibc: `getconf GNU_LIBC_VERSION` says "glibc 2.36".
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    let for_host = env::var("HOST").is_ok_and(|host| is("TARGET", &host));
    let is_gnu = is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu");
    if for_host && is_gnu && glibc().is_some_and(|release| release >= GLIBC) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
