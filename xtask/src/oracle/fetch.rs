//! `cargo xtask oracle fetch`: root folders of Debian programs per set and group, in a cache outside of the repository.
//! Key function: [`fetch`]. Neighbour: programs.rs builds what Debian does not have.
//!
//! `apt-get` runs with a state and cache folder of its own per set, so that the system's package lists are neither read
//! nor changed; it checks the signed hashes. Packages are unpacked, never configured: no script of theirs runs.
use super::set::Set;
use crate::shell::root as workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The environment variable that names the cache folder, and where it is without.
const CACHE_VARIABLE: &str = "OTORI_ORACLE_CACHE";
const CACHE: &str = ".cache/oracle";

/// A group's root: its name, the packages that are wanted in it, whether what they depend on is unpacked too.
struct Root {
    name: &'static str,
    packages: &'static [&'static str],
    alone: bool,
    when: When,
}

/// When a root is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// by `cargo xtask test` too
    Test,
    /// by `cargo xtask oracle fetch` alone: too large for every test run
    Asked,
}

const ROOTS: &[Root] = &[
    Root { name: "busybox", packages: &["busybox-static"], alone: true, when: When::Test },
    Root { name: "coreutils", packages: &["bash", "coreutils"], alone: false, when: When::Test },
    Root {
        name: "python",
        packages: &["python3.11-minimal", "libpython3.11-stdlib"],
        alone: false,
        when: When::Test,
    },
    Root { name: "sqlite", packages: &["sqlite3"], alone: false, when: When::Test },
    Root { name: "perl", packages: &["perl-base"], alone: false, when: When::Test },
    Root { name: "stress", packages: &["stress-ng"], alone: false, when: When::Test },
    Root { name: "shells", packages: SHELLS, alone: false, when: When::Asked },
    Root { name: "text", packages: TEXT, alone: false, when: When::Asked },
    Root { name: "languages", packages: LANGUAGES, alone: false, when: When::Asked },
    Root { name: "system", packages: SYSTEM, alone: false, when: When::Asked },
    Root { name: "servers", packages: SERVERS, alone: false, when: When::Asked },
    Root { name: "runtimes", packages: RUNTIMES, alone: false, when: When::Asked },
    Root { name: "ocaml", packages: &["dash", "coreutils", "ocaml-nox"], alone: false, when: When::Asked },
    Root { name: "node", packages: &["dash", "coreutils", "nodejs"], alone: false, when: When::Asked },
    Root { name: "appliance", packages: APPLIANCE, alone: false, when: When::Asked },
    Root { name: "workshop", packages: WORKSHOP, alone: false, when: When::Asked },
    Root { name: "media", packages: MEDIA, alone: false, when: When::Asked },
    Root { name: "musl", packages: &["musl", "musl-dev"], alone: true, when: When::Asked },
];
/// Programs of languages that bring a scheduler, a collector or a compiler of their own: Go, Rust, Haskell, Erlang, Lisp.
const RUNTIMES: &[&str] =
    &["dash", "coreutils", "gron", "fzf", "ripgrep", "fd-find", "shellcheck", "erlang-base", "sbcl"];
/// What runs in appliances: web and file servers, packet filters, file systems, flash, debuggers.
const APPLIANCE: &[&str] = &[
    "bash",
    "coreutils",
    "nginx-light",
    "redis-server",
    "memcached",
    "iptables",
    "nftables",
    "ethtool",
    "e2fsprogs",
    "dosfstools",
    "squashfs-tools",
    "mtd-utils",
    "u-boot-tools",
    "device-tree-compiler",
    "i2c-tools",
    "hostapd",
    "chrony",
    "cron",
    "gdb",
    "tcpdump",
    "ffmpeg",
    "curl",
];
/// Servers and clients that talk to each other inside of one machine, and the tools that look at its network.
const SERVERS: &[&str] = &[
    "bash",
    "coreutils",
    "busybox-static",
    "lighttpd",
    "mini-httpd",
    "micro-httpd",
    "mosquitto",
    "mosquitto-clients",
    "dnsmasq-base",
    "dropbear-bin",
    "snmpd",
    "snmp",
    "wget",
    "curl",
    "netcat-openbsd",
    "iproute2",
    "iputils-ping",
    "net-tools",
];
/// Compilers, parser generators, and programs that are languages of their own.
const WORKSHOP: &[&str] = &[
    "dash",
    "coreutils",
    "grep",
    "sed",
    "gcc-12",
    "g++-12",
    "libc6-dev",
    "make",
    "bison",
    "flex",
    "emacs-nox",
    "gnupg",
    "gpg-agent",
    "datamash",
    "units",
    "gforth",
    "pari-gp",
    "swi-prolog-nox",
];
/// Pictures, sound, documents, compressors with threads, measured networks and disks, a name server.
const MEDIA: &[&str] = &[
    "dash",
    "coreutils",
    "grep",
    "imagemagick",
    "sox",
    "brotli",
    "xmlstarlet",
    "pigz",
    "gnuplot-nox",
    "ghostscript",
    "poppler-utils",
    "iperf3",
    "unbound",
    "bind9-dnsutils",
    "w3m",
    "fio",
    "openssl",
];
const SHELLS: &[&str] =
    &["bash-static", "zsh-static", "sash", "dash", "mksh", "busybox", "musl", "coreutils", "tcsh"];
const TEXT: &[&str] = &[
    "dash",
    "coreutils",
    "gawk",
    "mawk",
    "sed",
    "grep",
    "findutils",
    "diffutils",
    "patch",
    "tar",
    "gzip",
    "bzip2",
    "xz-utils",
    "zstd",
    "lz4",
    "cpio",
    "zip",
    "unzip",
    "bc",
    "dc",
    "jq",
    "m4",
    "file",
    "less",
];
const LANGUAGES: &[&str] = &[
    "dash",
    "coreutils",
    "lua5.4",
    "tcl8.6",
    "ruby3.1",
    "php8.2-cli",
    "make",
    "binutils",
    "tcc",
    "libc6-dev",
    "guile-3.0",
];
const SYSTEM: &[&str] = &[
    "dash",
    "coreutils",
    "grep",
    "procps",
    "psmisc",
    "util-linux",
    "iproute2",
    "net-tools",
    "strace",
    "tmux",
    "screen",
    "vim-tiny",
    "nano",
    "ed",
    "openssl",
    "dropbear-bin",
    "openssh-client",
    "rsync",
    "git",
    "netcat-openbsd",
    "socat",
    "kmod",
    "e2fsprogs",
];

/// Folders of a package that no program of the list reads.
const LEFT_OUT: &[&str] = &[
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/bug",
    "usr/share/X11",
    "usr/share/dpkg",
    "usr/share/common-licenses",
];
/// Packages that others ask for and that nothing of the list runs; unpacked where a root names them itself.
const NOT_UNPACKED: &[&str] =
    &["dpkg", "tar", "mawk", "debianutils", "gcc-12-base", "media-types", "libx11-data"];

/// Packages that Debian does not build for a set; the invocations that need them say `not=SET`.
const NOT_BUILT: &[(&str, &str)] = &[("mipsel", "tcc")];

/// Modules that the invocations of Python import.
const MODULES: &str = "argparse, array, ast, asyncio, atexit, base64, bisect, bz2, calendar, cmath, collections, \
    compileall, concurrent.futures.thread, contextlib, copy, csv, ctypes, dataclasses, datetime, decimal, enum, \
    fractions, functools, gc, hashlib, heapq, hmac, html, io, itertools, json, linecache, locale, lzma, mmap, numbers, \
    operator, pickle, queue, quopri, random, re, select, selectors, shutil, signal, socket, sqlite3, stat, statistics, \
    string, struct, subprocess, tempfile, textwrap, threading, traceback, types, typing, unicodedata, urllib.parse, \
    uuid, warnings, weakref, zlib";

/// The cache folder.
pub fn cache() -> PathBuf {
    std::env::var_os(CACHE_VARIABLE).map_or_else(|| workspace().join(CACHE), PathBuf::from)
}

/// The root folder of a group for a set.
pub fn root_of(set: &Set, name: &str) -> PathBuf {
    cache().join(set.name).join("roots").join(name)
}

/// Makes the roots of the sets that are wanted then, those that are there already left as they are. Goes on with the
/// other sets when one cannot be fetched; the error names them all.
pub fn fetch(sets: &[&Set], when: When) -> Result<()> {
    let mut failed = vec![];
    for set in sets.iter().filter(|set| set.debian) {
        if let Err(error) = fetch_set(set, when) {
            println!("  {}: {error:#}", set.name);
            failed.push(set.name);
        }
    }
    ensure!(
        failed.is_empty(),
        "no programs for {}; check the network, its proxy and that the configured sources have Debian 12 (bookworm) \
         main; for the proxy of apt see apt.conf(5)",
        failed.join(", ")
    );
    Ok(())
}

fn fetch_set(set: &Set, when: When) -> Result<()> {
    warm_python(set)?;
    let wanted = |root: &&Root| when == When::Asked || root.when == When::Test;
    let missing: Vec<&Root> =
        ROOTS.iter().filter(wanted).filter(|root| !root_of(set, root.name).is_dir()).collect();
    if missing.is_empty() {
        println!("  {}: the roots are there", set.name);
        return Ok(());
    }
    let apt = Apt::prepare(set)?;
    let mut failed = vec![];
    for root in missing {
        // One package that cannot be had shall not keep the other roots away.
        if let Err(error) = fetch_root(set, root, &apt) {
            failed.push(format!("{}: {error:#}", root.name));
        }
    }
    ensure!(failed.is_empty(), "{}", failed.join("; "));
    warm_python(set)
}

fn fetch_root(set: &Set, root: &Root, apt: &Apt) -> Result<()> {
    let files = apt.download(set, root)?;
    println!("  {}: unpacking {} packages into {}", set.name, files.len(), root.name);
    unpack(set, root, &files)
}

/// Compiles the modules that the list imports once, with the oracle: otherwise every run would compile them again.
fn warm_python(set: &Set) -> Result<()> {
    let root = root_of(set, "python");
    // Python writes beside the modules it finds: below the root, not where -L would look.
    let done = root.join("usr/lib/python3.11/json/__pycache__");
    let program = root.join("usr/bin/python3.11");
    if !program.is_file() || done.is_dir() || !crate::shell::has(set.qemu) {
        return Ok(());
    }
    println!("  {}: compiling Python's modules", set.name);
    let code = format!("import {MODULES}");
    let status = Command::new(set.qemu)
        .arg("-L")
        .arg(&root)
        .arg(&program)
        .args(["-c", &code])
        .env_clear()
        .env("PYTHONHOME", root.join("usr"))
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", set.qemu))?;
    ensure!(status.success(), "{}: compiling Python's modules: {status}", set.name);
    Ok(())
}

/// apt with a state of its own for one set.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn prepare(set: &Set) -> Result<Apt> {
        let folder = cache().join(set.name).join("apt");
        for below in ["state/lists/partial", "cache/archives/partial"] {
            let path = folder.join(below);
            fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        }
        let folder = folder.canonicalize()?;
        fs::write(folder.join("state/status"), "")?;
        // As root apt would hand the work to the user _apt, who may not write here.
        let sandbox = if crate::shell::is_root() { "APT::Sandbox::User \"root\";\n" } else { "" };
        let text = format!(
            "Dir::State \"{folder}/state\";\nDir::State::status \"{folder}/state/status\";\n\
             Dir::Cache \"{folder}/cache\";\nAPT::Architecture \"{name}\";\n#clear APT::Architectures;\n\
             APT::Architectures {{ \"{name}\"; }};\nAPT::Install-Recommends \"false\";\n\
             Acquire::Languages \"none\";\nAcquire::Retries \"2\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n{sandbox}",
            folder = folder.display(),
            name = set.name,
        );
        fs::write(folder.join("apt.conf"), text)?;
        println!("  {}: fetching Debian's package lists", set.name);
        let apt = Apt { folder };
        // A list that cannot be had is left out by apt: what is missing then shows at the packages.
        if let Err(error) = apt.run(&["update", "-q"]) {
            println!("  {}: {error:#}; going on with what there is", set.name);
        }
        Ok(apt)
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("apt-get")
            .args(arguments)
            .env("APT_CONFIG", self.folder.join("apt.conf"))
            .env("LC_ALL", "C")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null())
            .output()
            .context("cannot start apt-get; the oracle's programs come from Debian packages")?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last: Vec<&str> = said.lines().filter(|line| line.starts_with("E:")).collect();
        ensure!(output.status.success(), "apt-get {}: {}", arguments[0], last.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Downloads what the root needs; gives the package files.
    fn download(&self, set: &Set, root: &Root) -> Result<Vec<PathBuf>> {
        let install = ["install", "-q", "-y", "--no-install-recommends"];
        let packages =
            || root.packages.iter().copied().filter(|name| !NOT_BUILT.contains(&(set.name, *name)));
        let with = |option: &'static str| -> Vec<&str> {
            install.iter().copied().chain([option]).chain(packages()).collect()
        };
        let list = self.run(&with("--print-uris"))?;
        let archives = self.folder.join("cache/archives");
        // 'URI' FILE SIZE HASH; packages that are there already are not listed.
        let names = |list: &str| -> Vec<String> {
            let rows = list.lines().filter(|line| line.starts_with('\''));
            rows.filter_map(|line| line.split_whitespace().nth(1)).map(str::to_owned).collect()
        };
        let before = names(&list);
        if !before.is_empty() {
            println!("  fetching {} packages for {}", before.len(), root.name);
            self.run(&with("--download-only"))?;
        }
        let wanted = self.run(&with("--simulate"))?;
        let mut files = vec![];
        // Inst NAME (VERSION RELEASE [ARCHITECTURE])
        for name in wanted.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next()) {
            let own = root.packages.contains(&name);
            if !own && (NOT_UNPACKED.contains(&name) || root.alone) {
                continue;
            }
            files.push(package_file(&archives, name)?);
        }
        Ok(files)
    }
}

fn package_file(archives: &Path, name: &str) -> Result<PathBuf> {
    let start = format!("{name}_");
    for entry in fs::read_dir(archives)? {
        let path = entry?.path();
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        if file.starts_with(&start) && file.ends_with(".deb") {
            return Ok(path);
        }
    }
    anyhow::bail!("apt-get downloaded no file of the package {name}")
}

fn unpack(set: &Set, root: &Root, files: &[PathBuf]) -> Result<()> {
    let target = root_of(set, root.name);
    let new = target.with_extension("new");
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir_all(&new)?;
    for file in files {
        let status = Command::new("dpkg-deb").arg("-x").arg(file).arg(&new).stdin(Stdio::null()).status();
        let status = status.context("cannot start dpkg-deb")?;
        ensure!(status.success(), "dpkg-deb -x {}: {status}", file.display());
    }
    finish_root(&new)?;
    fs::rename(&new, &target)?;
    Ok(())
}

/// What Debian's maintainer scripts would have made, and the folders every root has.
pub fn finish_root(root: &Path) -> Result<()> {
    for path in LEFT_OUT {
        let path = root.join(path);
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        }
    }
    for folder in ["tmp", "proc", "sys", "dev", "etc", "root", "bin", "var/tmp", "oracle"] {
        let path = root.join(folder);
        if !path.exists() {
            fs::create_dir_all(path)?;
        }
    }
    let accounts = [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n"),
        ("etc/group", "root:x:0:\ndaemon:x:1:\n"),
        ("etc/hosts", "127.0.0.1 localhost\n"),
        ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    ];
    for (path, text) in accounts {
        fs::write(root.join(path), text)?;
    }
    if root.join("bin/bash").exists() && !root.join("bin/sh").exists() {
        symlink("bash", root.join("bin/sh"))?;
    }
    if root.join("bin/busybox").exists() && !root.join("bin/sh").exists() {
        symlink("busybox", root.join("bin/sh"))?;
    }
    Ok(())
}
