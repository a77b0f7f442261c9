//! The real package, fetched once into the target folder: what `otori up` does on its first start.
use otori_device::{Device, Profile, userland};
use otori_linux::proc::NoProcesses;
use otori_linux::vfs::{Context, Credentials, Follow, Kind, Want};
use std::path::PathBuf;

fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("userland")
}

#[test]
fn the_camera_is_prepared_from_the_package_and_agrees_with_itself() {
    let profile = Profile::embedded("camera-mipsel").unwrap();
    let mut said = Vec::new();
    let ready = userland::obtain(&cache(), &profile.table.userland, &mut |line| said.push(line.to_string()))
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(!said.is_empty());
    let again = userland::obtain(&cache(), &profile.table.userland, &mut |_| {}).unwrap();
    assert_eq!(again, ready);

    let device = Device::prepare(profile, &ready.root).unwrap();
    let vfs = device.files();
    let view = NoProcesses::default();
    let credentials = Credentials::ROOT;
    let context = Context { credentials: &credentials, root: vfs.root(), now_ns: 0, view: &view };
    let find = |path: &str| vfs.lookup(&context, vfs.root(), path.as_bytes(), Follow::Yes);
    let busybox = find("/bin/busybox").unwrap();
    for path in ["/bin/sh", "/usr/bin/wget", "/sbin/ifconfig", "/usr/sbin/telnetd", "/linuxrc"] {
        assert_eq!(find(path), Ok(busybox), "{path}");
    }
    assert_eq!(vfs.check_execute(&context, busybox), Ok(()));
    // the profile's list of applets names nothing that the program lacks
    let bytes = vfs.bytes(busybox).unwrap().to_vec();
    let links = include_str!("../../../products/camera-mipsel/applets.txt");
    for name in links.lines().filter_map(|line| line.strip_prefix('/')?.rsplit('/').next()) {
        let needle = [&[0], name.as_bytes(), &[0]].concat();
        assert!(bytes.windows(needle.len()).any(|window| window == needle), "{name} is no applet");
    }
    assert!(bytes.windows(8).any(|window| window == b"(2018-06"), "the product's own version line");
    // what /proc/mounts calls read-only refuses changes, the rest takes them
    for mount in vfs.mounts() {
        let at = mount.covered.map_or(vfs.root(), |_| find(&mount_path(vfs, mount)).unwrap());
        let expect = if mount.spec.read_only { Err(()) } else { Ok(()) };
        if mount.spec.fstype != "proc" {
            assert_eq!(vfs.access(&context, at, Want::WRITE).map_err(drop), expect, "{}", mount.spec.fstype);
        }
    }
    assert_eq!(vfs.kind(find("/dev/null").unwrap()), Ok(Kind::Character));
    assert_eq!(vfs.stat(&context, find("/etc/shadow").unwrap()).unwrap().mode, 0o600);
    assert_eq!(vfs.stat(&context, find("/tmp").unwrap()).unwrap().mode, 0o1777);
    assert!(find("/config/device.id").is_ok() && find("/system/bin/start.sh").is_ok());
    assert_eq!(vfs.used_bytes(), 0, "everything is shared");
}

fn mount_path(vfs: &otori_linux::vfs::Vfs, mount: &otori_linux::vfs::Mount) -> String {
    let path = mount.covered.map_or_else(|| b"/".to_vec(), |node| vfs.path_of(node));
    String::from_utf8_lossy(&path).into_owned()
}
