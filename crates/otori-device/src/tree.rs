//! From a profile and its programs to mounted file systems; key function [`mounted`]. Files that lie below a
//! mount point become the first content of that mount. Neighbours: entry.rs, device.rs.
use crate::device::DeviceError;
use crate::entry::{Body, Entry};
use crate::import;
use crate::profile::{MountTable, Profile, ProfileError, Source};
use otori_linux::dev;
use otori_linux::vfs::{
    Attributes, BaseBuilder, Behaviour, Context, DeviceNumber, Follow, Limits, MountSpec, Node, Vfs,
};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Every file of the product's root, parents before children; later ones replace earlier ones of the same path.
pub(crate) fn root_entries(profile: &Profile, userland: &Path) -> Result<Vec<Entry>, DeviceError> {
    let table = &profile.table;
    let image = match &table.userland.rootfs {
        Some(folder) => imported_root(profile, folder)?,
        None => Vec::new(),
    };
    let mut entries = match &table.userland.package {
        Some(_) => program_entries(profile, userland)?,
        None => Vec::new(),
    };
    // the package only fills gaps
    entries.extend(image);
    let time = table.files.time;
    let root_owned = |path: &str, body, mode| Entry { path: path.into(), body, mode, uid: 0, gid: 0, time };
    for folder in &table.files.folder {
        let mode = octal(folder.mode.as_deref(), 0o755);
        entries.push(root_owned(&folder.path, Body::Directory, mode));
    }
    let mode_of = |path: &str| {
        let row = table.files.mode.iter().find(|row| row.path == path);
        octal(row.and_then(|row| row.mode.as_deref()), 0o644)
    };
    match &profile.source {
        Source::Embedded(_) => {
            for (path, bytes) in profile.source.embedded_below("root") {
                entries.push(root_owned(path, Body::File(Arc::from(bytes)), mode_of(path)));
            }
        }
        Source::Folder(folder) if folder.join("root").is_dir() => {
            for entry in import::from_folder(&folder.join("root"))?.entries {
                let mode = match entry.body {
                    Body::File(_) => mode_of(&entry.path),
                    _ => 0o755,
                };
                entries.push(Entry { mode, uid: 0, gid: 0, time, ..entry });
            }
        }
        Source::Folder(_) => {}
    }
    Ok(entries)
}

/// A whole root file system that was imported.
fn imported_root(profile: &Profile, folder: &str) -> Result<Vec<Entry>, DeviceError> {
    if let Source::Embedded(name) = &profile.source {
        let remedy =
            format!("give the image's root file system: otori product import --rootfs DIR --name {name}");
        let file = profile.source.path("product.toml");
        return Err(ProfileError::of_file(file, "describes an image that is not here", remedy).into());
    }
    let mut imported = import::from_folder(&profile.source.path(folder))?;
    if let Ok(owners) = std::fs::read_to_string(profile.source.path(import::OWNERS)) {
        import::apply_owners(&mut imported, &owners);
    }
    Ok(imported.entries)
}

/// One program out of a package, and the links to it.
fn program_entries(profile: &Profile, userland: &Path) -> Result<Vec<Entry>, DeviceError> {
    let table = &profile.table.userland;
    let time = profile.table.files.time;
    let program = table.program.as_deref().unwrap_or("bin/busybox");
    let path = userland.join(program);
    let mut bytes = std::fs::read(&path).map_err(|source| DeviceError::Program { path, source })?;
    if let Some(banner) = &table.banner {
        replace_banner(&mut bytes, banner).map_err(|problem| {
            let remedy = "shorten the banner in [userland], or remove it";
            ProfileError::of_file(profile.source.path("product.toml"), problem, remedy)
        })?;
    }
    for text in &table.silent {
        silence(&mut bytes, text);
    }
    let entry = |path: &str, body, mode| Entry { path: path.into(), body, mode, uid: 0, gid: 0, time };
    let mut entries = vec![entry(program, Body::File(Arc::from(bytes)), 0o755)];
    let Some(list) = &table.applets else { return Ok(entries) };
    let text = String::from_utf8_lossy(&profile.source.read(list)?).into_owned();
    for line in text.lines().filter(|line| line.starts_with('/')) {
        let path = line.trim_start_matches('/');
        let depth = path.matches('/').count();
        let target = match (path.rsplit_once('/'), program.rsplit_once('/')) {
            (Some((folder, _)), Some((home, name))) if folder == home => name.to_string(),
            _ => format!("{}{program}", "../".repeat(depth)),
        };
        entries.push(entry(path, Body::Link(target.into_bytes()), 0o777));
    }
    Ok(entries)
}

/// Puts the product's own text over the program's version line: the longest text that begins with its name, up to
/// the closing NUL.
fn replace_banner(bytes: &mut [u8], banner: &str) -> Result<(), String> {
    let length_at = |start: usize| bytes.iter().skip(start).take_while(|byte| **byte != 0).count();
    let starts = bytes.windows(9).enumerate().filter(|(_, window)| *window == b"BusyBox v").map(|(at, _)| at);
    let longest = starts.map(|start| (length_at(start), start)).max();
    let (length, start) = longest.ok_or("the program has no version line to replace")?;
    if banner.len() > length {
        return Err(format!("the banner has {} bytes, the program has place for {length}", banner.len()));
    }
    let place = bytes.iter_mut().skip(start).take(length);
    for (to, from) in place.zip(banner.bytes().chain(std::iter::repeat(0))) {
        *to = from;
    }
    Ok(())
}

/// Empties every text of the program that is exactly this one: NUL before it, NUL behind it.
fn silence(bytes: &mut [u8], text: &str) {
    let whole = [&[0], text.as_bytes(), &[0]].concat();
    let starts: Vec<usize> = bytes
        .windows(whole.len())
        .enumerate()
        .filter(|(_, window)| *window == whole)
        .map(|(at, _)| at)
        .collect();
    for at in starts {
        bytes[at + 1] = 0;
    }
}

fn octal(text: Option<&str>, otherwise: u16) -> u16 {
    text.and_then(|text| u16::from_str_radix(text, 8).ok()).unwrap_or(otherwise)
}

/// The mounted file systems of a product before anything ran.
pub(crate) fn mounted(profile: &Profile, entries: &[Entry]) -> Result<Vfs, DeviceError> {
    let mounts = &profile.table.mount;
    let time_ns = profile.table.files.time.saturating_mul(1_000_000_000);
    let mut builders: Vec<BaseBuilder> = mounts.iter().map(|_| BaseBuilder::new(time_ns)).collect();
    let mut numbers = HashMap::new();
    for entry in entries {
        let index = holder(mounts, &entry.path);
        let below = below(&mounts[index].at, &entry.path);
        if !below.is_empty() {
            add(&mut builders[index], below, entry, index, &mut numbers)?;
        }
    }
    for (index, mount) in mounts.iter().enumerate() {
        let attributes = |mode| Attributes { mode, uid: 0, gid: 0, time_ns };
        if let Some(mode) = &mount.mode {
            builders[index].directory("/", attributes(octal(Some(mode), 0o755)))?;
        }
        match mount.fstype.as_str() {
            "devtmpfs" => dev::populate(&mut builders[index], &profile.identity)?,
            "sysfs" => dev::populate_sysfs(&mut builders[index], &profile.identity)?,
            _ => {}
        }
        // the directory that the mount covers
        if index > 0 {
            let path = mount.at.trim_start_matches('/');
            let parent = holder(mounts.get(..index).unwrap_or_default(), path);
            let covered = below(&mounts[parent].at, path).to_string();
            builders[parent].directory(&covered, attributes(0o755))?;
        }
    }
    join(profile, builders)
}

fn add(
    builder: &mut BaseBuilder,
    below: &str,
    entry: &Entry,
    index: usize,
    numbers: &mut HashMap<String, (usize, u32)>,
) -> Result<(), DeviceError> {
    let time_ns = entry.time.saturating_mul(1_000_000_000);
    let attributes = Attributes { mode: entry.mode, uid: entry.uid, gid: entry.gid, time_ns };
    let number = match &entry.body {
        Body::Directory => builder.directory(below, attributes)?,
        Body::File(bytes) => builder.file(below, bytes.clone(), attributes)?,
        Body::Later(file) => builder.deferred(below, file.clone(), attributes)?,
        Body::Link(target) => builder.link(below, target, attributes)?,
        Body::HardLink(first) => {
            if let Some((_, number)) = numbers.get(first).filter(|(mount, _)| *mount == index) {
                builder.hard_link(below, *number)?;
            }
            return Ok(());
        }
    };
    numbers.insert(entry.path.clone(), (index, number));
    Ok(())
}

fn join(profile: &Profile, builders: Vec<BaseBuilder>) -> Result<Vfs, DeviceError> {
    let mut vfs: Option<Vfs> = None;
    for (index, (mount, builder)) in profile.table.mount.iter().zip(builders).enumerate() {
        let spec = specification(mount, index as u32, Arc::new(builder.finish()));
        match &mut vfs {
            None => vfs = Some(Vfs::new(spec, Limits::default())),
            Some(vfs) => {
                let at = find(vfs, &mount.at)?;
                let failed = |error| DeviceError::Mount { at: mount.at.clone(), error };
                vfs.mount(at, spec).map_err(failed)?;
            }
        }
    }
    vfs.ok_or_else(|| {
        let file = profile.source.path("product.toml");
        DeviceError::Profile(ProfileError::of_file(
            file,
            "there is no mount",
            "add [[mount]] with at = \"/\"",
        ))
    })
}

fn find(vfs: &Vfs, path: &str) -> Result<Node, DeviceError> {
    let nobody = otori_linux::proc::NoProcesses::default();
    let credentials = otori_linux::vfs::Credentials::ROOT;
    let context = Context { credentials: &credentials, root: vfs.root(), now_ns: 0, view: &nobody };
    let failed = |error| DeviceError::Mount { at: path.into(), error };
    vfs.lookup(&context, vfs.root(), path.as_bytes(), Follow::Yes).map_err(failed)
}

fn specification(mount: &MountTable, index: u32, content: Arc<otori_linux::vfs::BaseTree>) -> MountSpec {
    let behaviour = match mount.fstype.as_str() {
        "proc" => Behaviour::Proc,
        "sysfs" => Behaviour::Sysfs,
        "devpts" => Behaviour::Devpts,
        _ => Behaviour::Storage,
    };
    let usual = match mount.fstype.as_str() {
        "devpts" => "relatime,mode=600".to_string(),
        "tmpfs" if mount.size_kib > 0 => format!("relatime,size={}k", mount.size_kib),
        _ => "relatime".to_string(),
    };
    MountSpec {
        source: mount.source.clone(),
        fstype: mount.fstype.clone(),
        options: mount.options.clone().unwrap_or(usual),
        read_only: mount.read_only,
        no_execute: mount.no_execute,
        behaviour,
        content,
        capacity_bytes: mount.size_kib * 1024,
        device: DeviceNumber { major: mount.major, minor: mount.minor.unwrap_or(index + 1) },
    }
}

/// The mount that holds a path below the root: the one with the longest matching place.
fn holder(mounts: &[MountTable], path: &str) -> usize {
    let fits = |mount: &MountTable| {
        let at = mount.at.trim_matches('/');
        at.is_empty() || path == at || path.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'))
    };
    let found = mounts.iter().enumerate().filter(|(_, mount)| fits(mount));
    found.max_by_key(|(_, mount)| mount.at.trim_matches('/').len()).map_or(0, |(index, _)| index)
}

/// The part of a path below a mount.
fn below<'p>(at: &str, path: &'p str) -> &'p str {
    path.strip_prefix(at.trim_matches('/')).unwrap_or(path).trim_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_line_is_replaced_in_place() {
        let mut bytes = b"BusyBox v1\0..BusyBox v1.35.0 (Debian 1:1.35.0-4)\0next".to_vec();
        let length = bytes.len();
        replace_banner(&mut bytes, "BusyBox v1.35.0 (2018)").unwrap();
        assert_eq!(bytes.len(), length);
        assert!(bytes.starts_with(b"BusyBox v1\0..BusyBox v1.35.0 (2018)\0") && bytes.ends_with(b"\0next"));
        assert!(replace_banner(&mut bytes, &"x".repeat(100)).is_err());
        assert!(replace_banner(&mut b"none".to_vec(), "x").is_err());
    }

    #[test]
    fn a_silenced_text_is_empty_and_its_neighbours_stay() {
        let mut bytes = b"%s\0\x1b[6n\0\0a\x1b[6n\0".to_vec();
        silence(&mut bytes, "\x1b[6n");
        assert_eq!(bytes, b"%s\0\0[6n\0\0a\x1b[6n\0");
    }

    #[test]
    fn files_go_to_the_mount_that_covers_them() {
        let mounts = crate::Profile::embedded("camera-mipsel").unwrap().table.mount;
        let at = |path| &mounts[holder(&mounts, path)].at[..];
        assert_eq!(at("etc/passwd"), "/");
        assert_eq!(at("dev/pts/0"), "/dev/pts");
        assert_eq!(at("devil"), "/");
        assert_eq!(below("/config", "config/a/b"), "a/b");
        assert_eq!(below("/", "config/a/b"), "config/a/b");
    }
}
