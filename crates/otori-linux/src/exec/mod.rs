//! execve: from a path to a running program.
//!
//! Key function: [`Kernel::execute_program`]. Neighbours: `elf.rs` reads headers, `load.rs` loads, `segments.rs` maps, `stack.rs` lays
//! out arguments and the auxiliary vector. execve(2): scripts run by their interpreter, at most
//! [`INTERPRETERS_MAX`] deep.
pub mod elf;
mod header;
pub(crate) mod load;
mod segments;
pub(crate) mod stack;

use crate::{
    errno::Errno,
    kernel::Kernel,
    notice::NoticeKind,
    signal::AlternateStack,
    task::{Executable, Space, Task, Tid, waiting::WaitKey},
    vfs::{Follow, Node, Stored},
};
use alloc::{vec, vec::Vec};
use elf::ElfError;
use load::Loaded;

/// How many `#!` lines may follow one another, as in Linux.
const INTERPRETERS_MAX: usize = 4;

/// Bytes of a `#!` line that are looked at (BINPRM_BUF_SIZE).
const SCRIPT_LINE_BYTES: usize = 256;

/// Entries of an argument vector that a notice keeps.
const NOTICE_ARGUMENTS: usize = 64;

/// Of a personality: what may be read may be executed (personality(2)).
pub(crate) const READ_IMPLIES_EXEC: u32 = 0x040_0000;

/// What to run, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) node: Node,
    /// as the caller named it; AT_EXECFN and the argument of a script's interpreter
    pub(crate) name: Vec<u8>,
    pub(crate) arguments: Vec<Vec<u8>>,
    pub(crate) environment: Vec<Vec<u8>>,
}

/// Why a program does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExecError {
    Errno(Errno),
    /// refused before anything has changed
    Format(ElfError),
    /// its dynamic loader is not there, or is not one
    Interpreter {
        path: Vec<u8>,
        error: Errno,
    },
    /// the program that was to be replaced is gone, and the new one cannot run: SIGSEGV
    Killed(ElfError),
}

impl From<Errno> for ExecError {
    fn from(error: Errno) -> Self {
        ExecError::Errno(error)
    }
}

impl ExecError {
    pub(crate) fn errno(&self) -> Errno {
        match self {
            ExecError::Errno(error) | ExecError::Interpreter { error, .. } => *error,
            ExecError::Format(error) => error.errno(),
            ExecError::Killed(_) => Errno::ENOEXEC,
        }
    }
}

impl Kernel {
    /// Makes a task run another program. On an error nothing has changed; after [`ExecError::Killed`] the caller ends the
    /// process.
    pub(crate) fn execute_program(&mut self, tid: Tid, program: Program) -> Result<(), ExecError> {
        let asked = program.node;
        let (program, file) = self.follow_scripts(tid, program)?;
        let loaded = load::load(self, tid, &program, &file)?;
        self.replace_program(tid, program, asked, loaded)?;
        Ok(())
    }

    /// Checks permission and reads the file; while it is a script, goes on with its interpreter.
    fn follow_scripts(&mut self, tid: Tid, mut program: Program) -> Result<(Program, Stored), ExecError> {
        for _ in 0..=INTERPRETERS_MAX {
            self.with_files(tid, |vfs, context| vfs.check_execute(context, program.node))?;
            let file = self.vfs.share(program.node)?;
            let mut start = [0; SCRIPT_LINE_BYTES];
            let count = file.read(0, &mut start);
            let Some(line) = start.get(..count).unwrap_or_default().strip_prefix(b"#!") else {
                return Ok((program, file));
            };
            let (interpreter, argument) = script_line(line).ok_or(Errno::ENOEXEC)?;
            let cwd = self.core.process(self.core.task(tid)?.pid)?.place.cwd;
            let node =
                self.with_files(tid, |vfs, context| vfs.lookup(context, cwd, &interpreter, Follow::Yes))?;
            let mut arguments = vec![interpreter.clone()];
            arguments.extend(argument);
            arguments.push(program.name);
            arguments.extend(program.arguments.into_iter().skip(1));
            program = Program { node, name: interpreter, arguments, environment: program.environment };
        }
        Err(Errno::ELOOP.into())
    }

    fn replace_program(
        &mut self,
        tid: Tid,
        program: Program,
        asked: Node,
        loaded: Loaded,
    ) -> Result<(), Errno> {
        self.end_other_threads(tid)?;
        let pid = self.core.task(tid)?.pid;
        let path = self.path_of(pid, program.node);
        let script = (asked != program.node).then(|| self.path_of(pid, asked));
        // the name as it was given: a link's own, not its target's
        let comm = Task::comm_of_path(script.as_ref().unwrap_or(&program.name));
        self.release_robust_list(tid);
        self.clear_child_tid(tid);
        let space = self.core.spaces.insert(Space {
            memory: loaded.memory,
            layout: loaded.layout,
            shared_files: Vec::new(),
            counted_pages: 0,
        });
        let abi = self.core.abi;
        self.core.put_blocks_down(tid);
        let task = self.core.task_mut(tid)?;
        let before = core::mem::replace(&mut task.space, space);
        let borrowed = core::mem::take(&mut task.borrows_memory);
        task.cpu = (abi.start)(loaded.entry, loaded.stack_pointer);
        task.cpu.take_mode(loaded.mode);
        task.alternate_stack = AlternateStack::default();
        task.comm = comm;
        self.core.count_pages(space);
        self.release_space(before);
        if borrowed {
            self.core.wake(WaitKey::Memory(tid));
        }
        self.own_files(tid)?;
        self.vfs.hold(program.node);
        self.core.delete_timers(pid);
        let process = self.core.process_mut(pid)?;
        process.actions.reset_functions();
        process.executed = true;
        process.personality &= !READ_IMPLIES_EXEC;
        if loaded.reads_execute {
            process.personality |= READ_IMPLIES_EXEC;
        }
        let executable = Executable { node: program.node, path: path.clone() };
        if let Some(old) = process.executable.replace(executable) {
            self.vfs.release(old.node);
        }
        let argv = program.arguments.into_iter().take(NOTICE_ARGUMENTS).collect();
        self.core.notify(pid, NoticeKind::Exec { path, script, argv });
        self.take_set_ids(tid, program.node)
    }

    /// A shared descriptor table becomes the task's own; descriptors marked so are closed.
    fn own_files(&mut self, tid: Tid) -> Result<(), Errno> {
        let task = self.core.task(tid)?;
        let (pid, table) = (task.pid, task.files);
        if self.core.tables.users(table) > 1 {
            let copy = self.core.tables.get(table).cloned().unwrap_or_default();
            copy.iter().for_each(|(_, descriptor)| self.core.files.hold(descriptor.file));
            let own = self.core.tables.insert(copy);
            self.core.tables.release(table);
            self.core.task_mut(tid)?.files = own;
        }
        for descriptor in self.core.table_of_mut(tid)?.take_close_on_exec() {
            self.release_file(pid, descriptor.file);
        }
        Ok(())
    }

    fn end_other_threads(&mut self, tid: Tid) -> Result<(), Errno> {
        let pid = self.core.task(tid)?.pid;
        let others: Vec<Tid> = self.core.process(pid)?.threads.clone();
        for other in others.into_iter().filter(|other| *other != tid) {
            self.end_task(other, crate::task::Ending::Exited(0));
        }
        Ok(())
    }

    /// Set-user-id and set-group-id files change the effective ids.
    fn take_set_ids(&mut self, tid: Tid, node: Node) -> Result<(), Errno> {
        let stat = self.with_files(tid, |vfs, context| vfs.stat(context, node))?;
        let pid = self.core.task(tid)?.pid;
        let process = self.core.process_mut(pid)?;
        let honoured = !process.no_new_privileges;
        if honoured && stat.mode & 0o4000 != 0 {
            process.identity.effective.uid = stat.uid;
        }
        process.identity.begin_program();
        if honoured && stat.mode & 0o2010 == 0o2010 {
            process.identity.effective.gid = stat.gid;
        }
        process.identity.saved_uid = process.identity.effective.uid;
        process.identity.saved_gid = process.identity.effective.gid;
        Ok(())
    }
}

/// Interpreter and its one argument from what follows `#!`; `None` when there is none.
fn script_line(rest: &[u8]) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let rest = rest.get(..rest.len().min(SCRIPT_LINE_BYTES - 2))?;
    let line = rest.split(|&byte| byte == b'\n' || byte == 0).next()?.trim_ascii();
    let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
    let (interpreter, argument) = line.split_at(end);
    let argument = argument.trim_ascii();
    if interpreter.is_empty() {
        return None;
    }
    Some((interpreter.to_vec(), (!argument.is_empty()).then(|| argument.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &[u8], expect: Option<(&[u8], Option<&[u8]>)>) {
        let expect =
            expect.map(|(interpreter, argument)| (interpreter.to_vec(), argument.map(<[u8]>::to_vec)));
        assert_eq!(script_line(line), expect, "{:?}", core::str::from_utf8(line));
    }

    #[test]
    fn the_first_line_names_the_interpreter_and_one_argument() {
        check(b"/bin/sh\necho", Some((b"/bin/sh", None)));
        check(b" \t/bin/sh -e  x \nrest", Some((b"/bin/sh", Some(b"-e  x"))));
        check(b"\n", None);
        check(b"", None);
        check(&[b'x'; 400], Some((&[b'x'; 254], None)));
    }
}
