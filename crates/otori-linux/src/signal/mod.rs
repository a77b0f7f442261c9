//! Signals: numbers and sets, what is installed, what waits.
//!
//! Key types: [`Signal`], [`Action`], [`Pending`], [`Frame`]. Neighbours: `signal/send.rs` sends,
//! `signal/deliver.rs` lets them act, `arch` lays out the frames. signal(7), sigaction(2).
pub(crate) mod deliver;
mod information;
mod number;
pub(crate) mod send;

pub(crate) use information::{Detail, INFORMATION_BYTES, Information};
pub(crate) use number::DefaultAction;
pub use number::{Signal, SignalSet};

use alloc::{boxed::Box, vec, vec::Vec};

/// Signals that wait for one process or thread at most; then sigqueue fails with EAGAIN, and others are lost.
const QUEUED_MAX: usize = 128;

/// What sigaction installed, flags in the generic numbering.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Action {
    pub(crate) handler: Handler,
    /// SA_* as the guest gave them, so that it gets them back
    pub(crate) guest_flags: u32,
    pub(crate) flags: ActionFlags,
    pub(crate) mask: SignalSet,
    /// sa_restorer, where the architecture has it
    pub(crate) restorer: u64,
}

/// SIG_DFL, SIG_IGN or a function of the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Handler {
    #[default]
    Default,
    Ignore,
    Function(u64),
}

/// The SA_* bits that the kernel acts on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ActionFlags {
    pub(crate) information: bool,
    pub(crate) restart: bool,
    pub(crate) no_defer: bool,
    pub(crate) reset: bool,
    pub(crate) alternate_stack: bool,
    pub(crate) no_child_stop: bool,
    pub(crate) no_child_wait: bool,
}

/// One action per signal.
#[derive(Clone, Debug)]
pub(crate) struct Actions(Box<[Action]>);

impl Default for Actions {
    fn default() -> Self {
        Actions(vec![Action::default(); usize::from(Signal::MAX)].into_boxed_slice())
    }
}

impl Actions {
    pub(crate) fn get(&self, signal: Signal) -> Action {
        self.0.get(usize::from(signal.number()) - 1).copied().unwrap_or_default()
    }
    pub(crate) fn set(&mut self, signal: Signal, action: Action) {
        if let Some(slot) = self.0.get_mut(usize::from(signal.number()) - 1) {
            *slot = action;
        }
    }
    /// execve: functions are gone with the program, what is ignored stays ignored.
    pub(crate) fn reset_functions(&mut self) {
        for action in &mut self.0 {
            let ignored = action.handler == Handler::Ignore;
            *action = Action {
                handler: if ignored { Handler::Ignore } else { Handler::Default },
                ..Action::default()
            };
        }
    }
    /// Is the signal thrown away on arrival?
    pub(crate) fn ignores(&self, signal: Signal) -> bool {
        match self.get(signal).handler {
            Handler::Ignore => !signal.is_unblockable(),
            Handler::Default => signal.default_action() == DefaultAction::Ignore,
            Handler::Function(_) => false,
        }
    }
    /// Signals whose handler is as asked.
    pub(crate) fn with(&self, wanted: impl Fn(Handler) -> bool) -> SignalSet {
        let mut set = SignalSet::EMPTY;
        for (number, action) in (1u8..).zip(self.0.iter()) {
            if wanted(action.handler)
                && let Some(signal) = Signal::new(number)
            {
                set.insert(signal);
            }
        }
        set
    }
}

/// SI_USER, SI_KERNEL, SI_TKILL, CLD_* and fault codes of siginfo(2).
pub(crate) mod code {
    pub(crate) const USER: i32 = 0;
    pub(crate) const KERNEL: i32 = 0x80;
    pub(crate) const TKILL: i32 = -6;
    /// SI_MESGQ
    pub(crate) const MESSAGE: i32 = -3;
    /// SI_TIMER
    pub(crate) const TIMER: i32 = -2;
    pub(crate) const CLD_EXITED: i32 = 1;
    pub(crate) const CLD_KILLED: i32 = 2;
    /// a traced thread stopped
    pub(crate) const CLD_TRAPPED: i32 = 4;
    pub(crate) const CLD_STOPPED: i32 = 5;
    pub(crate) const CLD_CONTINUED: i32 = 6;
    pub(crate) const SEGV_MAPERR: i32 = 1;
    pub(crate) const SEGV_ACCERR: i32 = 2;
    pub(crate) const BUS_ADRALN: i32 = 1;
    pub(crate) const BUS_ADRERR: i32 = 2;
    pub(crate) const ILL_ILLOPC: i32 = 1;
    /// illegal operand
    pub(crate) const ILL_ILLOPN: i32 = 2;
    pub(crate) const TRAP_BRKPT: i32 = 1;
    /// one instruction was made
    pub(crate) const TRAP_TRACE: i32 = 2;
    /// a filter refused a call
    pub(crate) const SYS_SECCOMP: i32 = 1;
    pub(crate) const FPE_INTDIV: i32 = 1;
    pub(crate) const FPE_INTOVF: i32 = 2;
    pub(crate) const FPE_FLTDIV: i32 = 3;
    pub(crate) const FPE_FLTOVF: i32 = 4;
    pub(crate) const FPE_FLTUND: i32 = 5;
    pub(crate) const FPE_FLTRES: i32 = 6;
    pub(crate) const FPE_FLTINV: i32 = 7;
    /// no known reason
    pub(crate) const FPE_FLTUNK: i32 = 14;
}

/// Signals that wait to act.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    queue: Vec<(Signal, Information)>,
    set: SignalSet,
}

impl Pending {
    pub(crate) fn set(&self) -> SignalSet {
        self.set
    }
    /// No real-time signal more finds room.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= QUEUED_MAX
    }
    /// Standard signals wait once; real-time ones each time.
    pub(crate) fn add(&mut self, signal: Signal, information: Information) {
        let repeated = self.set.contains(signal);
        if (repeated && signal.number() < 32) || self.queue.len() >= QUEUED_MAX {
            return;
        }
        self.set.insert(signal);
        self.queue.push((signal, information));
    }
    pub(crate) fn take(&mut self, signal: Signal) -> Option<Information> {
        let place = self.queue.iter().position(|(waiting, _)| *waiting == signal)?;
        let (_, information) = self.queue.remove(place);
        if !self.queue.iter().any(|(waiting, _)| *waiting == signal) {
            self.set.remove(signal);
        }
        Some(information)
    }
    /// Throws those away.
    pub(crate) fn discard(&mut self, set: SignalSet) {
        self.queue.retain(|(signal, _)| !set.contains(*signal));
        self.set = self.set.without(set);
    }
}

/// sigaltstack(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AlternateStack {
    pub(crate) base: u64,
    pub(crate) bytes: u64,
    /// SS_ONSTACK 1, SS_DISABLE 2
    pub(crate) flags: u32,
}

impl Default for AlternateStack {
    fn default() -> Self {
        AlternateStack { base: 0, bytes: 0, flags: 2 }
    }
}

impl AlternateStack {
    /// Is that stack pointer on it?
    pub(crate) fn holds(&self, pointer: u64) -> bool {
        self.flags & 2 == 0 && pointer > self.base && pointer - self.base <= self.bytes
    }
}

/// What `arch` needs to let a handler run.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) signal: Signal,
    pub(crate) handler: u64,
    /// SA_SIGINFO: the frame with `siginfo_t` and `ucontext_t`
    pub(crate) with_information: bool,
    /// why; [`Information::layout`] gives the `siginfo_t`
    pub(crate) information: Information,
    /// SA_RESTORER: where the handler returns to
    #[allow(dead_code, reason = "MIPS has no restorer")]
    pub(crate) restorer: Option<u64>,
    /// mask to go back to
    pub(crate) mask: SignalSet,
    /// where to put the frame if not on the current stack
    pub(crate) stack: Option<u64>,
    pub(crate) alternate: AlternateStack,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_signals_wait_once_and_real_time_ones_queue() {
        let mut pending = Pending::default();
        let real_time = Signal::new(40).unwrap();
        for _ in 0..3 {
            pending.add(Signal::TERM, Information::kernel());
            pending.add(real_time, Information::kernel());
        }
        assert!(pending.take(Signal::TERM).is_some());
        assert!(pending.take(Signal::TERM).is_none());
        assert!(pending.take(real_time).is_some());
        assert!(pending.set().contains(real_time));
        (0..1000).for_each(|_| pending.add(real_time, Information::kernel()));
        assert!(pending.queue.len() <= QUEUED_MAX);
    }

    #[test]
    fn exec_keeps_what_is_ignored() {
        let mut actions = Actions::default();
        actions.set(Signal::HUP, Action { handler: Handler::Ignore, ..Action::default() });
        actions.set(Signal::INT, Action { handler: Handler::Function(0x40_0000), ..Action::default() });
        actions.reset_functions();
        assert!(actions.ignores(Signal::HUP) && !actions.ignores(Signal::INT));
        assert!(actions.ignores(Signal::CHLD) && !actions.ignores(Signal::KILL));
    }
}
