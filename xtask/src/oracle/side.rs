//! Runs one invocation on one side: on our engine, or on qemu-user in the same root. Key types: [`Sides`], [`Ran`].
//!
//! The oracle runs in namespaces of its own (user, mount, process): the root is the lower folder of an overlay whose
//! changes vanish, and qemu-user is registered with a binfmt_misc that only that namespace sees, so that programs
//! start programs. Specification: user_namespaces(7), the kernel's `admin-guide/binfmt-misc.rst`.
use super::fetch::cache;
use super::set::{MARK_AT, Set};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes of a stream that are kept and compared; more ends the run.
const OUTPUT_MAX: u64 = 1 << 20;
/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// The environment on both sides; `otori exec` gives the same to its program.
const ENVIRONMENT: [(&str, &str); 4] =
    [("PATH", "/bin:/sbin:/usr/bin:/usr/sbin"), ("HOME", "/"), ("USER", "root"), ("SHELL", "/bin/sh")];
/// Prepares the namespaces; $1 is the folder to mount on, $2 the root, $3 the rule, $4 chroot, then the program.
const PREPARE: &str = r#"
set -e
umask 022
ulimit -n 1024
base=$1 root=$2 rule=$3 chroot=$4
shift 4
mount -t tmpfs none "$base"
cd "$base"
mkdir upper work top rules
mount -t overlay -o "userxattr,lowerdir=$root,upperdir=$base/upper,workdir=$base/work" overlay top
mount -t binfmt_misc none rules
ip link set lo up
mount -t tmpfs -o mode=1777 none top/tmp
mount -t proc proc top/proc
mount -t tmpfs none top/dev
mkdir top/dev/pts top/dev/shm
for name in null zero full random urandom tty; do
    : > top/dev/$name
    mount --bind /dev/$name top/dev/$name
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts top/dev/pts
ln -s pts/ptmx top/dev/ptmx
ln -s /proc/self/fd top/dev/fd
ln -s fd/0 top/dev/stdin
ln -s fd/1 top/dev/stdout
ln -s fd/2 top/dev/stderr
printf %s "$rule" > rules/register
# Not in place of the shell: process 1 of a name space is not ended by its own signals.
status=0
unset PWD OLDPWD
"$chroot" top "$@" || status=$?
exit $status
"#;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// exit status; 128+N for a signal
    Status(i32),
    /// it was still running at its time limit
    Late,
    /// it wrote more than is compared
    Flood,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Ran {
    pub ended: Ended,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub took: Duration,
}

/// Both sides, ready.
pub struct Sides {
    engine: PathBuf,
    tools: PathBuf,
    mount: PathBuf,
}

impl Sides {
    /// Finds the engine's binary and prepares what the oracle needs.
    pub fn prepare(engine: PathBuf) -> Result<Sides> {
        let (tools, mount) = (cache().join("tools"), cache().join("mount"));
        fs::create_dir_all(&tools)?;
        fs::create_dir_all(&mount)?;
        let sides = Sides { engine, tools: tools.canonicalize()?, mount: mount.canonicalize()? };
        marked_copy("chroot", &sides.tools)?;
        Ok(sides)
    }

    /// Whether the oracle of that set can run here; if not, why.
    pub fn oracle_ready(&self, set: &Set) -> Result<()> {
        marked_copy(set.qemu, &self.tools).context("install qemu-user-static")?;
        let mut probe = Command::new("unshare");
        probe
            .args(["-Urmpnf", "--kill-child", "sh", "-c", "mount -t binfmt_misc none \"$0\""])
            .arg(&self.mount);
        let ran = capture(&mut probe, Duration::from_secs(10))?;
        ensure!(
            ran.ended == Ended::Status(0),
            "a user name space with its own binfmt_misc is needed (Linux 6.7 or later): {}",
            String::from_utf8_lossy(&ran.stderr).trim()
        );
        Ok(())
    }

    /// Runs on our engine.
    pub fn ours(&self, root: &Path, arguments: &[String], limit: Duration) -> Result<Ran> {
        capture(&mut self.our_command(root, arguments), limit)
    }

    /// The command of [`Sides::ours`].
    pub fn our_command(&self, root: &Path, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.engine);
        if self.engine.ends_with("otori") {
            command.arg("exec");
        }
        command.arg("--root").arg(root).arg("--").args(arguments);
        command
    }

    /// Runs on qemu-user.
    pub fn oracle(&self, set: &Set, root: &Path, arguments: &[String], limit: Duration) -> Result<Ran> {
        let root = root.canonicalize()?;
        let interpreter = self.tools.join(set.qemu);
        let rule = set.binfmt_rule(&interpreter.to_string_lossy());
        let mut command = Command::new("unshare");
        command.args(["-Urmpnf", "--kill-child", "sh", "-c", PREPARE, "prepare"]).arg(&self.mount).arg(root);
        command.arg(rule).arg(self.tools.join("chroot")).args(arguments);
        command.env_clear().envs(ENVIRONMENT);
        if let Some(processor) = set.processor {
            // The program must not see in its environment what is meant for qemu-user.
            command.env("QEMU_CPU", processor).env("QEMU_UNSET_ENV", "QEMU_CPU,QEMU_UNSET_ENV");
        }
        capture(&mut command, limit)
    }
}

/// A copy of a program of this machine whose ELF identification carries a mark: the rule for this machine's own
/// instruction set must not send the oracle to itself.
fn marked_copy(program: &str, folder: &Path) -> Result<()> {
    let target = folder.join(program);
    if target.is_file() {
        return Ok(());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let Some(found) = places.map(|place| place.join(program)).find(|file| file.is_file()) else {
        bail!("{program} is not on the search path");
    };
    let mut bytes = fs::read(&found).with_context(|| format!("cannot read {}", found.display()))?;
    if let Some(mark) = bytes.get_mut(MARK_AT) {
        *mark = 1;
    }
    let new = target.with_extension("new");
    fs::write(&new, bytes)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
    fs::rename(&new, &target)?;
    Ok(())
}

/// Runs a command to its end, its time limit, or too much output.
fn capture(command: &mut Command, limit: Duration) -> Result<Ran> {
    let began = Instant::now();
    let shown = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    let out = child.stdout.take().context("standard output is piped")?;
    let error = child.stderr.take().context("standard error is piped")?;
    let (out, error) = (reader(out), reader(error));
    let ended = wait(&mut child, began + limit, &[&out, &error])?;
    let stdout = out.join().unwrap_or_default();
    let stderr = error.join().unwrap_or_default();
    let flood = |bytes: &[u8]| bytes.len() as u64 > OUTPUT_MAX;
    let ended = if flood(&stdout) || flood(&stderr) { Ended::Flood } else { ended };
    Ok(Ran { ended, stdout, stderr, took: began.elapsed() })
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

/// Reads a stream to its end or to one byte more than is compared.
fn reader(stream: impl Read + Send + 'static) -> Reader {
    std::thread::spawn(move || {
        let mut bytes = vec![];
        // What was read before an error is compared; the exit status tells the rest.
        let _ = stream.take(OUTPUT_MAX + 1).read_to_end(&mut bytes);
        bytes
    })
}

fn wait(child: &mut Child, deadline: Instant, readers: &[&Reader; 2]) -> Result<Ended> {
    loop {
        if let Some(status) = child.try_wait()? {
            let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
            return Ok(Ended::Status(code.unwrap_or(-1)));
        }
        // A reader that ended while the program runs: it closed the stream, or there is too much. Both end soon.
        let late = Instant::now() >= deadline;
        if late {
            child.kill()?;
            child.wait()?;
            return Ok(Ended::Late);
        }
        let pause = if readers.iter().all(|reader| reader.is_finished()) { LOOK / 5 } else { LOOK };
        std::thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit_ms: u64) -> Ran {
        capture(Command::new("sh").args(["-c", script]), Duration::from_millis(limit_ms)).unwrap()
    }

    #[test]
    fn endings_are_told_apart() {
        let ran = shell("echo out; echo error >&2; exit 3", 10_000);
        assert_eq!(
            (ran.ended, ran.stdout.as_slice(), ran.stderr.as_slice()),
            (Ended::Status(3), &b"out\n"[..], &b"error\n"[..])
        );
        assert_eq!(shell("kill -TERM $$", 10_000).ended, Ended::Status(143));
        assert_eq!(shell("exec sleep 60", 50).ended, Ended::Late);
        assert_eq!(shell("yes | head -c 2000000", 10_000).ended, Ended::Flood);
    }
}
