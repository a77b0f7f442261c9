//! Signals by their generic Linux numbers, sets of them, and what happens by default.
//!
//! Key types: [`Signal`], [`SignalSet`]. Guests may number differently (MIPS does): `arch` translates at the edge.
//! signal(7).

/// A signal in the generic numbering (SIGHUP 1 … SIGSYS 31, real-time 32 to 127).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Signal(u8);

/// What a signal does when nothing is installed for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DefaultAction {
    /// end the process
    Terminate,
    /// nothing
    Ignore,
    /// stop the process
    Stop,
    /// go on
    Continue,
}

macro_rules! signals {
    ($($constant:ident $number:literal $name:literal)*) => {
        impl Signal {
            $(#[doc = $name] #[allow(dead_code, reason = "the table is whole")] pub const $constant: Signal = Signal($number);)*
            /// Its name as `kill -l` has it with `SIG` before it; `SIGRT` for the real-time ones.
            pub const fn name(self) -> &'static str {
                match self.0 { $($number => $name,)* _ => "SIGRT" }
            }
        }
    };
}
signals! {
    HUP 1 "SIGHUP" INT 2 "SIGINT" QUIT 3 "SIGQUIT" ILL 4 "SIGILL" TRAP 5 "SIGTRAP" ABRT 6 "SIGABRT" BUS 7 "SIGBUS"
    FPE 8 "SIGFPE" KILL 9 "SIGKILL" USR1 10 "SIGUSR1" SEGV 11 "SIGSEGV" USR2 12 "SIGUSR2" PIPE 13 "SIGPIPE"
    ALRM 14 "SIGALRM" TERM 15 "SIGTERM" STKFLT 16 "SIGSTKFLT" CHLD 17 "SIGCHLD" CONT 18 "SIGCONT" STOP 19 "SIGSTOP"
    TSTP 20 "SIGTSTP" TTIN 21 "SIGTTIN" TTOU 22 "SIGTTOU" URG 23 "SIGURG" XCPU 24 "SIGXCPU" XFSZ 25 "SIGXFSZ"
    VTALRM 26 "SIGVTALRM" PROF 27 "SIGPROF" WINCH 28 "SIGWINCH" IO 29 "SIGIO" PWR 30 "SIGPWR" SYS 31 "SIGSYS"
}

impl Signal {
    /// The highest number that any guest uses (MIPS counts to 127; others to 64).
    pub const MAX: u8 = 127;

    /// `None` for 0 and for numbers above [`Signal::MAX`].
    pub const fn new(number: u8) -> Option<Signal> {
        if number == 0 || number > Self::MAX { None } else { Some(Signal(number)) }
    }
    /// The generic number.
    pub const fn number(self) -> u8 {
        self.0
    }
    /// What happens when nothing is installed.
    pub(crate) const fn default_action(self) -> DefaultAction {
        match self {
            Signal::CHLD | Signal::URG | Signal::WINCH => DefaultAction::Ignore,
            Signal::CONT => DefaultAction::Continue,
            Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => DefaultAction::Stop,
            _ => DefaultAction::Terminate,
        }
    }
    /// Raised by an instruction; delivered before others.
    pub(crate) const fn is_synchronous(self) -> bool {
        matches!(self, Signal::ILL | Signal::TRAP | Signal::BUS | Signal::FPE | Signal::SEGV | Signal::SYS)
    }
    /// A default end of this kind would write a core file: the wait status says so only if one was written; none is.
    pub(crate) const fn is_unblockable(self) -> bool {
        matches!(self, Signal::KILL | Signal::STOP)
    }
}

/// A set of signals, one bit per generic number.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SignalSet(pub(crate) u128);

impl SignalSet {
    /// No signal.
    pub const EMPTY: SignalSet = SignalSet(0);

    const fn bit(signal: Signal) -> u128 {
        1u128 << (signal.0 - 1)
    }
    /// The set of one.
    pub const fn of(signal: Signal) -> SignalSet {
        SignalSet(Self::bit(signal))
    }
    /// Is it in?
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & Self::bit(signal) != 0
    }
    /// Puts it in.
    pub fn insert(&mut self, signal: Signal) {
        self.0 |= Self::bit(signal);
    }
    /// Takes it out.
    pub fn remove(&mut self, signal: Signal) {
        self.0 &= !Self::bit(signal);
    }
    /// Both.
    pub const fn union(self, other: SignalSet) -> SignalSet {
        SignalSet(self.0 | other.0)
    }
    /// In the first and not in the second.
    pub const fn without(self, other: SignalSet) -> SignalSet {
        SignalSet(self.0 & !other.0)
    }
    /// In both.
    pub const fn intersection(self, other: SignalSet) -> SignalSet {
        SignalSet(self.0 & other.0)
    }
    /// The one that is delivered next: synchronous ones first, then the lowest number.
    pub(crate) fn next(self) -> Option<Signal> {
        let synchronous = [Signal::SEGV, Signal::BUS, Signal::ILL, Signal::TRAP, Signal::FPE, Signal::SYS];
        if let Some(found) = synchronous.into_iter().find(|&signal| self.contains(signal)) {
            debug_assert!(found.is_synchronous());
            return Some(found);
        }
        Signal::new(u8::try_from(self.0.trailing_zeros()).ok()?.checked_add(1)?)
    }
    /// Without SIGKILL and SIGSTOP, which cannot be blocked.
    pub(crate) const fn blockable(self) -> SignalSet {
        self.without(SignalSet(Self::bit(Signal::KILL) | Self::bit(Signal::STOP)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synchronous_signals_come_first_then_the_lowest() {
        let mut set = SignalSet::EMPTY;
        assert_eq!(set.next(), None);
        set.insert(Signal::TERM);
        set.insert(Signal::HUP);
        assert_eq!(set.next(), Some(Signal::HUP));
        set.insert(Signal::SEGV);
        assert_eq!(set.next(), Some(Signal::SEGV));
        set.insert(Signal::KILL);
        assert!(!set.blockable().contains(Signal::KILL));
    }

    #[test]
    fn numbers_outside_the_range_are_no_signals() {
        assert_eq!(Signal::new(0), None);
        assert_eq!(Signal::new(128), None);
        let top = Signal::new(127).unwrap();
        assert_eq!(SignalSet::of(top).next(), Some(top));
        assert_eq!(top.name(), "SIGRT");
        assert_eq!(Signal::INT.name(), "SIGINT");
    }
}
