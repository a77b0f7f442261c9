//! Runs one program of the host to its end, with a time limit; key function [`run`]. Neighbour: mod.rs.
use super::UserlandError;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(40);
/// Most bytes of a program's output that are kept.
const OUTPUT_MAX: u64 = 256 << 10;
/// Most characters of it that an error shows.
const SHOWN_MAX: usize = 600;

/// Runs a program in a folder and gives its standard output; errors show the end of what it said.
pub(super) fn run(
    program: &'static str,
    arguments: &[&str],
    folder: &Path,
    environment: &[(&str, &OsStr)],
    time: Duration,
    remedy: &'static str,
) -> Result<String, UserlandError> {
    let command = format!("{program} {}", arguments.join(" "));
    let (output_path, error_path) = (folder.join("command.output"), folder.join("command.error"));
    let open = |path: &Path| {
        let opened = File::options().create(true).truncate(true).read(true).write(true).open(path);
        opened.map_err(|source| UserlandError::Folder { path: path.into(), source })
    };
    let (mut output, mut error) = (open(&output_path)?, open(&error_path)?);
    let copies = (output.try_clone(), error.try_clone());
    let (Ok(output_copy), Ok(error_copy)) = copies else {
        let source = io::Error::other("cannot duplicate a descriptor");
        return Err(UserlandError::Folder { path: folder.into(), source });
    };
    let spawned = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .envs(environment.iter().copied())
        .env("LC_ALL", "C")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(output_copy)
        .stderr(error_copy)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(UserlandError::Missing { program });
        }
        Err(error) => return Err(UserlandError::Failed { command, output: error.to_string(), remedy }),
    };
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < time => sleep(LOOK),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(UserlandError::Slow { command, seconds: time.as_secs() });
            }
        }
    };
    let text = content(&mut output);
    if status.success() {
        return Ok(text);
    }
    let said = content(&mut error);
    let said = if said.trim().is_empty() { text } else { said };
    let skip = said.trim().chars().count().saturating_sub(SHOWN_MAX);
    let output = said.trim().chars().skip(skip).collect();
    Err(UserlandError::Failed { command, output, remedy })
}

fn content(file: &mut File) -> String {
    let mut bytes = Vec::new();
    if file.rewind().is_ok() {
        let _ = file.take(OUTPUT_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_errors_absence_and_slowness_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let run = |program, arguments: &[&str], milliseconds| {
            super::run(program, arguments, folder.path(), &[], Duration::from_millis(milliseconds), "mend it")
        };
        assert_eq!(run("sh", &["-c", "echo out; echo err >&2"], 5_000).unwrap(), "out\n");
        let failed = run("sh", &["-c", "echo why >&2; exit 3"], 5_000).unwrap_err().to_string();
        assert!(failed.contains("why") && failed.contains("remedy: mend it"), "{failed}");
        assert!(matches!(run("otori-no-such-program", &[], 5_000), Err(UserlandError::Missing { .. })));
        assert!(matches!(run("sleep", &["60"], 50), Err(UserlandError::Slow { .. })));
    }
}
