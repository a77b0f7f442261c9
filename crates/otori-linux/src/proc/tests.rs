//! The texts of /proc against the form that proc(5) gives them.
use super::sample::Sample;
use super::*;
use crate::errno::Errno;
use crate::net::{Address, Domain, Kind as SocketKind, NoOutside};
use crate::vfs::{
    Access, BaseTree, Context, Create, Credentials, Follow, Limits, MountSpec, Node, OpenRequest, Vfs,
};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

fn machine() -> (Vfs, Node) {
    let empty = Arc::new(BaseTree::empty());
    let mut vfs = Vfs::new(MountSpec::tmpfs(empty, 0, 1), Limits::default());
    let sample = Sample::default();
    let credentials = Credentials::ROOT;
    let context = context(&vfs, &credentials, &sample);
    let at = vfs.mkdir(&context, vfs.root(), b"/proc", 0o755).unwrap();
    let proc = vfs.mount(at, MountSpec::proc(3)).unwrap();
    (vfs, proc)
}

fn context<'a>(vfs: &Vfs, credentials: &'a Credentials, view: &'a Sample) -> Context<'a> {
    Context { credentials, root: vfs.root(), now_ns: 0, view }
}

fn text(path: &str, view: &Sample) -> String {
    let (vfs, _) = machine();
    let credentials = Credentials::ROOT;
    let context = context(&vfs, &credentials, view);
    let node = vfs.lookup(&context, vfs.root(), path.as_bytes(), Follow::Yes).unwrap();
    String::from_utf8_lossy(&vfs.generate(&context, node).unwrap()).into_owned()
}

#[test]
fn every_entry_has_a_parent_row_and_a_number_that_comes_back() {
    for (table, rows) in [(0, table::ROOT), (1, table::PROCESS)] {
        for (index, row) in rows.iter().enumerate() {
            let row_number = index as u16;
            let entry = if table == 0 {
                ProcNode::Fixed(row_number)
            } else {
                ProcNode::Process { pid: 42, row: row_number, group: 0 }
            };
            assert_eq!(ProcNode::from_number(entry.number()), Some(entry), "{}", row.path);
            if let Some((folder, _)) = row.path.rsplit_once('/') {
                let parent = table::find(rows, folder).unwrap_or_else(|| panic!("{folder} has no row"));
                assert!(matches!(rows[usize::from(parent)].body, table::Body::Directory), "{folder}");
            }
        }
    }
}

#[test]
fn every_file_can_be_read_and_every_directory_listed() {
    let (vfs, proc) = machine();
    let sample = Sample { exe: Some(proc), ..Sample::default() };
    let credentials = Credentials::ROOT;
    let context = context(&vfs, &credentials, &sample);
    let mut pending = Vec::from([proc]);
    let mut files = 0;
    while let Some(directory) = pending.pop() {
        for entry in vfs.list(&context, directory, 2, 1000).unwrap() {
            let node = vfs.lookup(&context, directory, &entry.name, Follow::No).unwrap();
            let shown = String::from_utf8_lossy(&entry.name).into_owned();
            assert_eq!(vfs.stat(&context, node).unwrap().inode, entry.inode, "{shown}");
            match entry.kind {
                crate::vfs::Kind::Directory => {
                    assert_eq!(vfs.lookup(&context, node, b"..", Follow::Yes), Ok(directory), "{shown}");
                    pending.push(node);
                }
                crate::vfs::Kind::File => {
                    assert!(vfs.is_generated(node));
                    if vfs.memory_file(node).is_some() {
                        // bytes by address, which only the kernel has
                        assert_eq!(vfs.generate(&context, node), Err(Errno::EIO), "{shown}");
                        continue;
                    }
                    vfs.generate(&context, node).unwrap_or_else(|error| panic!("{shown}: {error}"));
                    files += 1;
                }
                _ => drop(vfs.link_target(&context, node)),
            }
        }
    }
    assert!(files > 120, "{files}");
}

#[test]
fn texts_have_the_form_of_the_manual() {
    let sample = Sample::default();
    assert_eq!(text("/proc/uptime", &sample), "123.45 120.00\n");
    assert_eq!(
        text("/proc/mtd", &sample),
        "dev:    size   erasesize  name\nmtd0: 00040000 00008000 \"boot\"\n"
    );
    assert_eq!(text("/proc/self/cmdline", &sample), "sh\0-c\0id\0");
    assert_eq!(text("/proc/sys/kernel/hostname", &sample), "cam\n");
    let stat = text("/proc/42/stat", &sample);
    assert!(stat.starts_with("42 (s h)) S 1 "), "{stat}");
    // 52 fields; the comm holds one space and one bracket
    assert_eq!(stat.trim_end().rsplit_once(')').unwrap().1.split_whitespace().count(), 50, "{stat}");
    let status = text("/proc/self/status", &sample);
    for line in [
        "Name:\ts h)\n",
        "State:\tS (sleeping)\n",
        "Pid:\t42\n",
        "VmRSS:\t       8 kB\n",
        "Uid:\t0\t0\t0\t0\n",
    ] {
        assert!(status.contains(line), "{line} not in {status}");
    }
    assert!(text("/proc/mounts", &sample).contains("proc /proc proc rw,relatime 0 0\n"));
    assert!(text("/proc/self/mountinfo", &sample).contains(" /proc rw,relatime - proc proc rw\n"));
    assert!(text("/proc/meminfo", &sample).starts_with("MemTotal:          62464 kB\nMemFree:  "));
    assert!(
        text("/proc/self/limits", &sample)
            .contains("Max open files            1024                 unlimited            files     \n")
    );
    assert!(text("/proc/partitions", &sample).contains("  31        0        256 mtdblock0\n"));
    assert_eq!(text("/proc/sys/kernel/random/boot_id", &sample).trim().len(), 36);
}

#[test]
fn network_files_show_the_sockets() {
    let mut sample = Sample::default();
    let id = sample.sockets.create(Domain::Inet, SocketKind::Stream, 0, (1, 0, 0)).unwrap();
    sample.sockets.bind(id, Address::Inet("127.0.0.1:48101".parse().unwrap())).unwrap();
    sample.sockets.listen(id, 1).unwrap();
    let tcp = text("/proc/net/tcp", &sample);
    let line = tcp.lines().nth(1).unwrap();
    assert!(
        line.starts_with("   0: 0100007F:BBE5 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"),
        "{line}"
    );
    assert_eq!(line.len(), 149);
    assert!(line.split_whitespace().nth(9) == Some(&alloc::format!("{}", sample.sockets.inode(id))));
    sample.sockets.close(id, &mut NoOutside);
    assert_eq!(text("/proc/net/tcp", &sample).lines().count(), 1);
    assert!(text("/proc/net/dev", &sample).contains("\n    lo:"));
}

#[test]
fn changes_are_refused_with_the_errors_of_a_real_kernel() {
    let (mut vfs, _) = machine();
    let sample = Sample::default();
    let credentials = Credentials::ROOT;
    let root = vfs.root();
    let context = context(&vfs, &credentials, &sample);
    let write = OpenRequest {
        access: Access::Write,
        create: Create::Mode(0o644),
        truncate: true,
        ..OpenRequest::READ
    };
    assert_eq!(vfs.open(&context, root, b"/proc/foo", write), Err(Errno::ENOENT));
    assert_eq!(vfs.open(&context, root, b"/proc/self/foo", write), Err(Errno::ENOENT));
    assert_eq!(vfs.mkdir(&context, root, b"/proc/foo", 0o755), Err(Errno::ENOENT));
    assert_eq!(vfs.unlink(&context, root, b"/proc/cpuinfo"), Err(Errno::EPERM));
    assert_eq!(vfs.rmdir(&context, root, b"/proc/sys"), Err(Errno::EPERM));
    let opened = vfs.open(&context, root, b"/proc/cpuinfo", write).unwrap();
    assert_eq!(vfs.write_generated(&context, opened.node, b"x"), Err(Errno::EIO));
    let opened = vfs.open(&context, root, b"/proc/self/status", write).unwrap();
    assert_eq!(vfs.write_generated(&context, opened.node, b"x"), Err(Errno::EINVAL));
    assert_eq!(vfs.chmod(&context, opened.node, 0o777), Err(Errno::EPERM));
}

#[test]
fn settings_are_kept_and_the_kernel_hears_of_the_others() {
    let (mut vfs, _) = machine();
    let sample = Sample::default();
    let credentials = Credentials::ROOT;
    let context = context(&vfs, &credentials, &sample);
    let mut write = |path: &[u8], bytes: &[u8]| {
        let node = vfs.lookup(&context, vfs.root(), path, Follow::Yes).unwrap();
        let written = vfs.write_generated(&context, node, bytes);
        (written, vfs.generate(&context, node).unwrap())
    };
    assert_eq!(
        write(b"/proc/sys/kernel/core_pattern", b"/tmp/core\nrest"),
        (Ok(Written::Kept), b"/tmp/core\n".to_vec())
    );
    assert_eq!(write(b"/proc/sys/kernel/hostname", b"evil\n").0, Ok(Written::Hostname(b"evil".to_vec())));
    assert_eq!(write(b"/proc/self/oom_score_adj", b"-1000").0, Ok(Written::OomScoreAdjust(42, -1000)));
    assert_eq!(write(b"/proc/self/oom_adj", b"-17\n").0, Ok(Written::OomScoreAdjust(42, -1000)));
    assert_eq!(write(b"/proc/self/oom_adj", b"x\n").0, Err(Errno::EINVAL));
    assert_eq!(
        write(b"/proc/self/comm", b"0123456789abcdefgh\n").0,
        Ok(Written::Comm(42, b"0123456789abcde".to_vec()))
    );
}

#[test]
fn links_of_a_process_lead_straight_to_its_files() {
    let (mut vfs, _) = machine();
    let root = vfs.root();
    let credentials = Credentials::ROOT;
    let mut sample = Sample::default();
    let write = OpenRequest { access: Access::Write, create: Create::Mode(0o755), ..OpenRequest::READ };
    let file = vfs.open(&context(&vfs, &credentials, &sample), root, b"/a", write).unwrap().node;
    vfs.hold(file);
    sample.exe = Some(file);
    sample.cwd = Some(root);
    sample.descriptors = Vec::from([(3, DescriptorTarget::Node(file)), (4, DescriptorTarget::Pipe(4711))]);
    let context = context(&vfs, &credentials, &sample);
    let link = |vfs: &Vfs, path: &[u8]| {
        vfs.readlink(&context, root, path).map(|text| String::from_utf8_lossy(&text).into_owned())
    };
    assert_eq!(link(&vfs, b"/proc/self/exe").as_deref(), Ok("/a"));
    assert_eq!(link(&vfs, b"/proc/self").as_deref(), Ok("42"));
    assert_eq!(link(&vfs, b"/proc/self/fd/4").as_deref(), Ok("pipe:[4711]"));
    vfs.unlink(&context, root, b"/a").unwrap();
    assert_eq!(link(&vfs, b"/proc/self/exe").as_deref(), Ok("/a (deleted)"));
    assert_eq!(vfs.lookup(&context, root, b"/proc/self/exe", Follow::Yes), Ok(file));
    assert_eq!(vfs.lookup(&context, root, b"/proc/self/cwd/proc/self/fd/3", Follow::Yes), Ok(file));
    let opened = vfs.open(&context, root, b"/proc/self/fd/4", OpenRequest::READ).unwrap();
    assert_eq!(opened.reopen, Some((42, 4)));
    let nobody = Credentials::of(99, 99, Vec::new());
    let context = Context { credentials: &nobody, ..context };
    assert_eq!(vfs.readlink(&context, root, b"/proc/self/exe"), Err(Errno::EACCES));
    assert_eq!(
        vfs.list(&context, vfs.lookup(&context, root, b"/proc/1", Follow::Yes).unwrap(), 0, 9)
            .map(|list| list.len()),
        Ok(9)
    );
}
