//! Drives the machine of `otori exec`: lets it run, moves bytes, jumps the clock. Key function: [`drive`].
use otori_linux::{Machine, NoticeKind, Pid, Run};
use std::io::{Read as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Instructions between two looks at input and output.
const SLICE: u64 = 2_000_000;
/// Bytes read from standard input at a time, and parts of it that may wait.
const INPUT_BYTES: usize = 16 * 1024;
const INPUT_PARTS: usize = 4;
/// Unread input in the guest up to which more is given.
const INPUT_WAITING_MAX: usize = 64 * 1024;
/// How long real input is waited for before the clock of an idle guest jumps ahead.
const INPUT_GRACE: Duration = Duration::from_millis(20);
/// Exit statuses as a shell shows them: killed by SIGKILL, SIGPIPE.
const KILLED: u8 = 137;
const BROKEN_PIPE: u8 = 141;

/// Standard input on its way into the guest. A program that ends within its first slice never costs the thread.
struct Input {
    parts: Option<Receiver<Vec<u8>>>,
    ended: bool,
    /// Nothing came within the grace time; the clock may jump until something comes.
    quiet: bool,
}

impl Input {
    fn new() -> Input {
        Input { parts: None, ended: false, quiet: false }
    }

    fn parts(&mut self) -> &Receiver<Vec<u8>> {
        self.parts.get_or_insert_with(|| {
            let (sender, parts) = sync_channel(INPUT_PARTS);
            std::thread::spawn(move || read_input(&sender));
            parts
        })
    }

    /// Takes what there is; waits for it at most `patience`, or for ever.
    fn give(&mut self, machine: &mut Machine, patience: Option<Duration>) -> bool {
        if self.ended || machine.host_stdin_waiting() > INPUT_WAITING_MAX {
            return false;
        }
        let part = match patience {
            Some(patience) => self.parts().recv_timeout(patience),
            None => self.parts().recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match part {
            Ok(part) => machine.host_stdin(&part),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => {
                self.ended = true;
                machine.host_stdin_close();
            }
        }
        self.quiet = false;
        true
    }
}

/// Reads standard input to its end; the sender is dropped there.
fn read_input(sender: &SyncSender<Vec<u8>>) {
    let mut input = std::io::stdin().lock();
    let mut buffer = vec![0; INPUT_BYTES];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Runs until the process ends, or the budget does; gives the exit status.
pub(super) fn drive(machine: &mut Machine, pid: Pid, budget: Option<u64>) -> anyhow::Result<u8> {
    let mut input = Input::new();
    loop {
        let left = budget.map_or(SLICE, |budget| budget.saturating_sub(machine.stats().instructions));
        if left == 0 {
            flush(machine)?;
            eprintln!("otori: the budget of instructions is used up");
            return Ok(KILLED);
        }
        let ran = machine.run(left.min(SLICE));
        if !flush(machine)? {
            return Ok(BROKEN_PIPE);
        }
        if let Some(status) = machine.exit_status(pid) {
            return Ok(u8::try_from(status).unwrap_or(u8::MAX));
        }
        match ran {
            Run::Budget => {
                input.give(machine, Some(Duration::ZERO));
            }
            Run::Idle { wake_ns: Some(wake_ns) } => {
                let patience = if input.quiet { Duration::ZERO } else { INPUT_GRACE };
                if !input.give(machine, Some(patience)) {
                    input.quiet = true;
                    machine.advance_to(wake_ns);
                }
            }
            Run::Idle { wake_ns: None } if input.give(machine, None) => {}
            Run::Idle { wake_ns: None } | Run::Finished => {
                eprintln!("otori: every process waits for something that cannot happen");
                return Ok(KILLED);
            }
        }
    }
}

/// Passes on what the guest wrote, and the trace. False if nobody reads our standard output any more.
fn flush(machine: &mut Machine) -> anyhow::Result<bool> {
    let trace: String = machine
        .take_notices()
        .into_iter()
        .filter_map(|notice| match notice.kind {
            NoticeKind::Call { line } => Some(format!("[{}] {line}\n", notice.pid)),
            _ => None,
        })
        .collect();
    let mut errors = std::io::stderr().lock();
    errors.write_all(trace.as_bytes())?;
    errors.write_all(&machine.take_stderr())?;
    let output = machine.take_stdout();
    if output.is_empty() {
        return Ok(true);
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(&output).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}
