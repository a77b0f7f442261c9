//! Behaviour of the file system against the manual pages, and random operations against its own invariants.
use super::*;
use crate::proc::sample::Sample;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

const NOBODY: Credentials =
    Credentials { uid: 99, gid: 99, groups: Vec::new(), capabilities: CapabilitySet::EMPTY };
const WRITE: OpenRequest = OpenRequest {
    access: Access::Write,
    create: Create::Mode(0o644),
    truncate: false,
    directory: false,
    follow: Follow::Yes,
    scope: Scope::ANY,
};

/// A read-only root with a tmpfs on /tmp (1 MiB) and an attribute tree on /sys.
struct Fixture {
    vfs: Vfs,
    view: Sample,
}

impl Fixture {
    fn new() -> Fixture {
        let mut builder = BaseBuilder::new(1_000);
        let mode = |mode| Attributes { mode, uid: 0, gid: 0, time_ns: 5 };
        builder.file("/bin/busybox", Arc::from(&b"\x7fELF"[..]), mode(0o4755)).unwrap();
        builder.link("/bin/sh", b"busybox", mode(0)).unwrap();
        builder.file("/etc/shadow", Arc::from(&b"root:x"[..]), mode(0o600)).unwrap();
        for folder in ["/tmp", "/sys", "/var"] {
            builder.directory(folder, mode(0o755)).unwrap();
        }
        let root = MountSpec {
            source: "/dev/mtdblock2".into(),
            fstype: "squashfs".into(),
            read_only: true,
            ..MountSpec::tmpfs(Arc::new(builder.finish()), 0, 1)
        };
        let mut vfs = Vfs::new(root, Limits::default());
        let mut sys = BaseBuilder::new(0);
        sys.file("kernel/fixed", Arc::from(&b"1\n"[..]), mode(0o444)).unwrap();
        sys.file("kernel/value", Arc::from(&b"1\n"[..]), mode(0o644)).unwrap();
        let mut tmp = BaseBuilder::new(0);
        tmp.directory("/", mode(0o1777)).unwrap();
        for (path, spec) in [
            ("/tmp", MountSpec::tmpfs(Arc::new(tmp.finish()), 1 << 20, 2)),
            ("/sys", MountSpec::sysfs(Arc::new(sys.finish()), 3)),
        ] {
            let view = Sample::default();
            let context =
                Context { credentials: &Credentials::ROOT, root: vfs.root(), now_ns: 9, view: &view };
            let at = vfs.lookup(&context, vfs.root(), path.as_bytes(), Follow::Yes).unwrap();
            vfs.mount(at, spec).unwrap();
        }
        Fixture { vfs, view: Sample::default() }
    }

    fn with<T>(&mut self, who: &Credentials, act: impl FnOnce(&mut Vfs, &Context, Node) -> T) -> T {
        let root = self.vfs.root();
        let context = Context { credentials: who, root, now_ns: 77, view: &self.view };
        act(&mut self.vfs, &context, root)
    }

    fn root<T>(&mut self, act: impl FnOnce(&mut Vfs, &Context, Node) -> T) -> T {
        self.with(&Credentials::ROOT, act)
    }

    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<Node, Errno> {
        self.root(|vfs, context, root| {
            let node = vfs.open(context, root, path.as_bytes(), WRITE)?.node;
            vfs.write_at(context, node, 0, bytes)?;
            Ok(node)
        })
    }

    fn names(&mut self, path: &str) -> Vec<String> {
        self.root(|vfs, context, root| {
            let node = vfs.lookup(context, root, path.as_bytes(), Follow::Yes).unwrap();
            let list = vfs.list(context, node, 2, 10_000).unwrap();
            list.into_iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect()
        })
    }
}

#[test]
fn paths_resolve_through_links_mounts_and_dots() {
    let mut fixture = Fixture::new();
    fixture.root(|vfs, context, root| {
        let node = |path: &[u8]| vfs.lookup(context, root, path, Follow::Yes);
        let busybox = node(b"/bin/busybox").unwrap();
        assert_eq!(node(b"/bin/sh"), Ok(busybox));
        assert_eq!(node(b"//bin/./../bin//sh"), Ok(busybox));
        assert_eq!(node(b"/tmp/.."), Ok(root));
        assert_eq!(node(b"/../.."), Ok(root));
        assert_eq!(node(b"/bin/sh/"), Err(Errno::ENOTDIR));
        assert_eq!(node(b"/bin/sh/x"), Err(Errno::ENOTDIR));
        assert_eq!(node(b"/nothing/x"), Err(Errno::ENOENT));
        assert_eq!(node(b""), Err(Errno::ENOENT));
        assert_eq!(node(&[b'a'; 256]), Err(Errno::ENAMETOOLONG));
        assert_eq!(node(&[b'/'; 5000]), Err(Errno::ENAMETOOLONG));
        assert_eq!(vfs.path_of(busybox), b"/bin/busybox");
        assert_eq!(vfs.kind(vfs.lookup(context, root, b"/bin/sh", Follow::No).unwrap()), Ok(Kind::Link));
        vfs.symlink(context, root, b"/tmp/a", b"b").unwrap();
        vfs.symlink(context, root, b"/tmp/b", b"a").unwrap();
        assert_eq!(vfs.lookup(context, root, b"/tmp/a", Follow::Yes), Err(Errno::ELOOP));
        vfs.symlink(context, root, b"/tmp/d", b"/tmp/new").unwrap();
        let made = vfs.open(context, root, b"/tmp/d", WRITE).unwrap();
        assert_eq!((made.created, vfs.path_of(made.node)), (true, b"/tmp/new".to_vec()));
        assert_eq!(vfs.open(context, root, b"/tmp/x/", WRITE), Err(Errno::EISDIR));
    });
}

#[test]
fn what_may_be_written_agrees_with_the_mounts() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.put("/var/x", b"1"), Err(Errno::EROFS));
    assert_eq!(fixture.put("/bin/busybox", b"1"), Err(Errno::EROFS));
    assert!(fixture.put("/tmp/x", b"1").is_ok());
    assert_eq!(fixture.put("/sys/kernel/fixed", b"1"), Err(Errno::EACCES));
    assert!(fixture.put("/sys/kernel/value", b"0\n").is_ok());
    assert_eq!(fixture.put("/sys/new", b"1"), Err(Errno::EACCES));
    fixture.root(|vfs, context, root| {
        assert_eq!(vfs.mkdir(context, root, b"/sys/new", 0o755), Err(Errno::EPERM));
        assert_eq!(vfs.mkdir(context, root, b"/var/new", 0o755), Err(Errno::EROFS));
        assert_eq!(vfs.mkdir(context, root, b"/var", 0o755), Err(Errno::EEXIST));
        assert_eq!(vfs.unlink(context, root, b"/bin/sh"), Err(Errno::EROFS));
        assert_eq!(vfs.unlink(context, root, b"/sys/kernel/value"), Err(Errno::EPERM));
        assert_eq!(vfs.rmdir(context, root, b"/tmp"), Err(Errno::EBUSY));
        assert_eq!(
            vfs.rename(context, (root, b"/tmp/x"), (root, b"/var/x"), RenameMode::Replace),
            Err(Errno::EXDEV)
        );
        vfs.remount(root, RemountAs::ReadWrite, Depth::All).unwrap();
        assert!(vfs.mkdir(context, root, b"/var/new", 0o755).is_ok());
        assert_eq!(vfs.unmount(vfs.lookup(context, root, b"/tmp", Follow::Yes).unwrap()), Ok(()));
        assert_eq!(vfs.lookup(context, root, b"/tmp/x", Follow::Yes), Err(Errno::ENOENT));
        assert_eq!(vfs.unmount(root), Err(Errno::EBUSY));
    });
}

#[test]
fn permissions_are_those_of_the_caller() {
    let mut fixture = Fixture::new();
    fixture.put("/tmp/mine", b"1").unwrap();
    fixture.with(&NOBODY, |vfs, context, root| {
        let open = |vfs: &mut Vfs, path: &[u8], request| {
            vfs.open(context, root, path, request).map(|opened| opened.node)
        };
        assert_eq!(open(vfs, b"/etc/shadow", OpenRequest::READ), Err(Errno::EACCES));
        assert!(open(vfs, b"/tmp/mine", OpenRequest::READ).is_ok());
        assert_eq!(open(vfs, b"/tmp/mine", WRITE), Err(Errno::EACCES));
        let own = open(vfs, b"/tmp/own", WRITE).unwrap();
        assert_eq!(vfs.unlink(context, root, b"/tmp/mine"), Err(Errno::EPERM));
        assert_eq!(vfs.chown(context, own, Owner { uid: Some(0), gid: None }), Err(Errno::EPERM));
        assert_eq!(vfs.chmod(context, own, 0o6755), Ok(()));
        vfs.write_at(context, own, 0, b"x").unwrap();
        assert_eq!(vfs.stat(context, own).unwrap().mode, 0o755);
        assert_eq!(
            vfs.mknod(context, root, b"/tmp/n", Kind::Character, 0o666, DeviceNumber::default()),
            Err(Errno::EPERM)
        );
        vfs.mkdir(context, root, b"/tmp/closed", 0o000).unwrap();
        assert_eq!(vfs.lookup(context, root, b"/tmp/closed/x", Follow::Yes), Err(Errno::EACCES));
        let busybox = vfs.lookup(context, root, b"/bin/busybox", Follow::Yes).unwrap();
        assert_eq!(vfs.access(context, busybox, Want::WRITE), Err(Errno::EROFS));
        assert_eq!(vfs.check_execute(context, busybox), Ok(()));
        assert_eq!(vfs.set_times(context, busybox, Times::default()), Err(Errno::EPERM));
    });
}

#[test]
fn an_unlinked_file_lives_while_it_is_open() {
    let mut fixture = Fixture::new();
    let node = fixture.put("/tmp/gone", b"still here").unwrap();
    fixture.root(|vfs, context, root| {
        vfs.hold(node);
        let used = vfs.used_bytes();
        vfs.unlink(context, root, b"/tmp/gone").unwrap();
        assert_eq!(vfs.path_of(node), b"/tmp/gone (deleted)");
        let mut buffer = [0; 16];
        assert_eq!(vfs.read_at(node, 6, &mut buffer), Ok(4));
        assert_eq!((&buffer[..4], vfs.stat(context, node).unwrap().links), (&b"here"[..], 0));
        assert_eq!(vfs.used_bytes(), used);
        vfs.release(node);
        assert!(vfs.used_bytes() < used);
        assert_eq!(vfs.read_at(node, 0, &mut buffer), Err(Errno::ENOENT));
    });
}

#[test]
fn names_and_links_are_counted() {
    let mut fixture = Fixture::new();
    let node = fixture.put("/tmp/a", b"1").unwrap();
    fixture.root(|vfs, context, root| {
        vfs.link(context, node, root, b"/tmp/b").unwrap();
        assert_eq!(vfs.stat(context, node).unwrap().links, 2);
        vfs.unlink(context, root, b"/tmp/b").unwrap();
        assert_eq!((vfs.stat(context, node).unwrap().links, vfs.path_of(node)), (1, b"/tmp/a".to_vec()));
        vfs.mkdir(context, root, b"/tmp/d", 0o755).unwrap();
        vfs.mkdir(context, root, b"/tmp/d/e", 0o755).unwrap();
        let tmp = vfs.lookup(context, root, b"/tmp/d", Follow::Yes).unwrap();
        assert_eq!(vfs.stat(context, tmp).unwrap().links, 3);
        assert_eq!(vfs.rmdir(context, root, b"/tmp/d"), Err(Errno::ENOTEMPTY));
        let rename = |vfs: &mut Vfs, from: &[u8], to: &[u8]| {
            vfs.rename(context, (root, from), (root, to), RenameMode::Replace)
        };
        assert_eq!(rename(vfs, b"/tmp/d", b"/tmp/d/e/f"), Err(Errno::EINVAL));
        assert_eq!(rename(vfs, b"/tmp/a", b"/tmp/d"), Err(Errno::EISDIR));
        assert_eq!(rename(vfs, b"/tmp/d", b"/tmp/a"), Err(Errno::ENOTDIR));
        assert_eq!(rename(vfs, b"/tmp/d/e", b"/tmp/e"), Ok(()));
        assert_eq!(vfs.stat(context, tmp).unwrap().links, 2);
        assert_eq!(rename(vfs, b"/tmp/e", b"/tmp/d"), Ok(()));
        assert_eq!(rename(vfs, b"/tmp/a", b"/tmp/c"), Ok(()));
        assert_eq!(vfs.path_of(node), b"/tmp/c");
        let moved = vfs.lookup(context, root, b"/tmp/d", Follow::Yes).unwrap();
        assert_eq!(vfs.link(context, moved, root, b"/tmp/x"), Err(Errno::EPERM));
        assert_eq!(vfs.unlink(context, root, b"/tmp/d"), Err(Errno::EISDIR));
    });
    assert_eq!(fixture.names("/tmp"), ["d", "c"]);
}

#[test]
fn sizes_are_bounded_per_file_mount_and_machine() {
    let mut fixture = Fixture::new();
    let node = fixture.put("/tmp/big", &[1; 1000]).unwrap();
    fixture.root(|vfs, context, root| {
        assert_eq!(vfs.set_length(node, 1 << 40, 1), Err(Errno::EFBIG));
        assert_eq!(vfs.set_length(node, 2 << 20, 1), Err(Errno::ENOSPC));
        assert_eq!(vfs.write_at(context, node, u64::MAX, b"x"), Err(Errno::EFBIG));
        let part = vfs.write_at(context, node, 0, &alloc::vec![2; 2 << 20]).unwrap();
        assert!(part > 900_000 && part < 1 << 20, "{part}");
        assert_eq!(vfs.append(context, node, b"x"), Err(Errno::ENOSPC));
        assert_eq!(vfs.write_at(context, node, 0, b"x"), Ok(1));
        vfs.set_length(node, 0, 1).unwrap();
        let mut made = 0;
        while vfs.open(context, root, format!("/tmp/{made}").as_bytes(), WRITE).is_ok() {
            made += 1;
            assert!(made < 100_000);
        }
        assert_eq!(vfs.mkdir(context, root, b"/tmp/one-more", 0o755), Err(Errno::ENOSPC));
    });
}

#[test]
fn machines_share_the_base_and_keep_their_changes_apart() {
    let mut first = Fixture::new();
    first.root(|vfs, _, root| vfs.remount(root, RemountAs::ReadWrite, Depth::All).unwrap());
    let snapshot = first.vfs.clone();
    first.put("/bin/busybox", b"over").unwrap();
    let read = |vfs: &mut Vfs| {
        let view = Sample::default();
        let context = Context { credentials: &Credentials::ROOT, root: vfs.root(), now_ns: 0, view: &view };
        let node = vfs.lookup(&context, vfs.root(), b"/bin/sh", Follow::Yes).unwrap();
        (vfs.share(node).unwrap().whole(), vfs.share(node).unwrap().whole())
    };
    let (one, again) = read(&mut first.vfs);
    assert!(Arc::ptr_eq(&one, &again));
    assert_eq!(&one[..], b"over");
    let (base, other) = (read(&mut snapshot.clone()).0, read(&mut snapshot.clone()).0);
    assert!(Arc::ptr_eq(&base, &other));
    assert_eq!(&base[..], b"\x7fELF");
    assert_eq!(snapshot.used_bytes(), 0);
    first.put("/bin/busybox", b"more").unwrap();
    assert_eq!(&one[..], b"over", "a mapping keeps the bytes it had");
}

#[test]
fn a_listing_goes_on_where_it_stopped_whatever_is_removed() {
    let mut fixture = Fixture::new();
    for index in 0..100 {
        fixture.put(&format!("/tmp/{index}"), b"").unwrap();
    }
    fixture.root(|vfs, context, root| {
        let tmp = vfs.lookup(context, root, b"/tmp", Follow::Yes).unwrap();
        let mut position = 0;
        let mut seen = Vec::new();
        loop {
            let part = vfs.list(context, tmp, position, 7).unwrap();
            let Some(last) = part.last() else { break };
            position = last.next;
            for entry in part {
                if entry.kind == Kind::File {
                    vfs.unlink(context, tmp, &entry.name).unwrap();
                }
                seen.push(String::from_utf8_lossy(&entry.name).into_owned());
            }
        }
        let expect: Vec<String> = [".".to_string(), "..".to_string()]
            .into_iter()
            .chain((0..100).map(|index| index.to_string()))
            .collect();
        assert_eq!(seen, expect);
    });
}

/// A small generator of repeatable random numbers (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn random_operations_keep_the_tree_whole() {
    for seed in 1..=8 {
        let mut fixture = Fixture::new();
        let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ seed << 7);
        let names = ["a", "b", "c", "d"];
        fixture.root(|vfs, context, root| {
            let base = vfs.lookup(context, root, b"/tmp", Follow::Yes).unwrap();
            let mut held: Vec<Node> = Vec::new();
            for _ in 0..3_000 {
                let path = |random: &mut Random| {
                    let depth = 1 + random.below(3);
                    let parts: Vec<&str> = (0..depth).map(|_| names[random.below(4) as usize]).collect();
                    parts.join("/").into_bytes()
                };
                let (one, two) = (path(&mut random), path(&mut random));
                match random.below(12) {
                    0 | 1 => drop(vfs.mkdir(context, base, &one, 0o755)),
                    2 | 3 => {
                        if let Ok(opened) = vfs.open(context, base, &one, WRITE) {
                            let bytes = alloc::vec![7; random.below(3_000) as usize];
                            {
                                let _ = vfs.write_at(context, opened.node, random.below(5_000), &bytes);
                            }
                            if random.below(3) == 0 && held.len() < 20 {
                                vfs.hold(opened.node);
                                held.push(opened.node);
                            }
                        }
                    }
                    4 => drop(vfs.unlink(context, base, &one)),
                    5 => {
                        let _ = vfs.rmdir(context, base, &one);
                    }
                    6 | 7 => {
                        let _ = vfs.rename(context, (base, &one), (base, &two), RenameMode::Replace);
                    }
                    8 => {
                        let _ = vfs.rename(context, (base, &one), (base, &two), RenameMode::Exchange);
                    }
                    9 => {
                        if let Ok(node) = vfs.lookup(context, base, &one, Follow::No) {
                            {
                                let _ = vfs.link(context, node, base, &two);
                            }
                        }
                    }
                    10 => drop(vfs.symlink(context, base, &one, &two)),
                    _ => {
                        if let Some(node) = held.pop() {
                            vfs.release(node);
                        }
                    }
                }
            }
            for node in held {
                vfs.release(node);
            }
            check_whole(vfs, context, base);
        });
    }
}

/// Every name leads to a live inode whose path leads back, link counts are right, the account is exact.
fn check_whole(vfs: &mut Vfs, context: &Context, base: Node) {
    let mut counts: alloc::collections::BTreeMap<Node, u32> = alloc::collections::BTreeMap::new();
    let mut pending = Vec::from([base]);
    while let Some(directory) = pending.pop() {
        let mut below = 2;
        for entry in vfs.list(context, directory, 2, 10_000).unwrap() {
            let node = vfs.lookup(context, directory, &entry.name, Follow::No).unwrap();
            *counts.entry(node).or_default() += 1;
            if entry.kind == Kind::Directory {
                below += 1;
                assert_eq!(vfs.lookup(context, node, b"..", Follow::No), Ok(directory));
                pending.push(node);
            }
            assert_eq!(vfs.lookup(context, vfs.root(), &vfs.path_of(node), Follow::No), Ok(node));
        }
        assert_eq!(vfs.stat(context, directory).unwrap().links, below);
    }
    let mut bytes = 256;
    for (node, count) in &counts {
        let stat = vfs.stat(context, *node).unwrap();
        bytes += 256 + if stat.kind == Kind::Directory { 0 } else { stat.size };
        if stat.kind != Kind::Directory {
            assert_eq!(stat.links, *count);
        }
    }
    assert_eq!(vfs.used_bytes(), bytes, "the account of used bytes drifted");
}
