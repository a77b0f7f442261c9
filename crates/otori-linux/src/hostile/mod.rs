//! Hostile guests on every set: random code, random programs, random calls in several processes.
//!
//! One harness for three users: the tests below (seconds, and as many minutes as `OTORI_HOSTILE_SECONDS` says), the
//! targets in `fuzz/` (`cargo xtask fuzz`), and who wants to look at one input. Key functions: [`code()`], [`program()`],
//! [`file()`], [`calls()`]; each takes its decisions from [`Choices`], so an input that fails is its own report. Compiled for tests
//! and with the feature `hostile` only. Neighbours: `set.rs` names the sets, `hint.rs` knows what calls like to be given.
#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a failed check is what this is for")]
mod calls;
mod choices;
mod code;
mod file;
mod hint;
mod program;
mod scene;
mod set;
mod structure;

pub use calls::{Called, calls};
pub use choices::Choices;
pub use code::{Executed, code};
pub use file::file;
pub use program::program;
pub use set::{SETS, Set};

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::random::Random;
    use alloc::{string::String, vec, vec::Vec};
    use std::time::{Duration, Instant};

    /// Rounds per set when no time is asked for.
    const ROUNDS: u64 = 40;
    /// Bytes of choices of one round.
    const CODE_BYTES: usize = 48 << 10;
    const CALL_BYTES: usize = 24 << 10;

    /// Says which input it was, when a check fails.
    struct ToldIfItFails {
        set: &'static str,
        seed: u64,
    }

    impl Drop for ToldIfItFails {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let ToldIfItFails { set, seed } = self;
                std::eprintln!("again with OTORI_HOSTILE_SET={set} OTORI_HOSTILE_SEED={seed}");
            }
        }
    }

    /// Calls `body` with the bytes of seed after seed: a fixed number, or for that long on each set.
    fn rounds(bytes: usize, mut body: impl FnMut(&Set, u64, &[u8])) {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let only = std::env::var("OTORI_HOSTILE_SET").ok();
        let first = number("OTORI_HOSTILE_SEED").unwrap_or(0);
        for set in SETS.iter().filter(|set| only.as_ref().is_none_or(|name| name == set.name)) {
            let (start, mut seed) = (Instant::now(), first);
            let more = |seed: u64| match number("OTORI_HOSTILE_SECONDS") {
                Some(seconds) => start.elapsed() < Duration::from_secs(seconds),
                None => seed < first + ROUNDS,
            };
            while more(seed) {
                let mut input = vec![0; bytes];
                Random::new(seed).fill(&mut input);
                let told = ToldIfItFails { set: set.name, seed };
                body(set, seed, &input);
                drop(told);
                seed += 1;
            }
            std::eprintln!("{}: {} rounds", set.name, seed - first);
        }
    }

    #[test]
    fn random_code_never_panics_and_runs_twice_the_same() {
        let mut executed = vec![0; SETS.len()];
        rounds(CODE_BYTES, |set, seed, input| {
            let first = code(set, &mut Choices::new(input));
            assert!(first == code(set, &mut Choices::new(input)), "{} seed {seed}: not the same", set.name);
            let place = SETS.iter().position(|other| other.name == set.name).unwrap();
            executed[place] += first.instructions;
        });
        let idle: Vec<&str> = SETS
            .iter()
            .zip(executed)
            .filter(|(_, count)| (1..ROUNDS * 100).contains(count))
            .map(|(set, _)| set.name)
            .collect();
        assert_eq!(idle, Vec::<&str>::new(), "programs that hardly run");
    }

    #[test]
    fn random_programs_end_within_their_limits() {
        rounds(4 << 10, |set, _, input| program(set, input));
    }

    #[test]
    fn random_files_end_within_their_limits() {
        rounds(1 << 10, |set, _, input| {
            for part in input.chunks(128) {
                file(set, &mut Choices::new(part));
            }
        });
    }

    #[test]
    fn random_calls_never_panic_and_leave_nothing_behind() {
        /// Calls that random ones succeed in only when what is opened is used afterwards.
        const DEEP: [&str; 8] = [
            "accept4",
            "epoll_ctl",
            "inotify_rm_watch",
            "recvmsg",
            "semop",
            "shmat",
            "timer_settime",
            "wait4",
        ];
        let mut worked = vec![[0u64; 2]; crate::syscall::TABLE.len()];
        rounds(CALL_BYTES, |set, seed, input| {
            let called = calls(set, &mut Choices::new(input));
            assert!(called.calls > 20, "{} seed {seed}: {} calls", set.name, called.calls);
            for (sum, outcome) in worked.iter_mut().zip(&called.outcomes) {
                sum[0] += outcome[0];
                sum[1] += outcome[1];
            }
        });
        let rows = crate::syscall::TABLE.iter().zip(&worked);
        let never: Vec<String> = rows
            .filter(|(_, outcome)| outcome[0] == 0)
            .map(|(row, outcome)| alloc::format!("{} ({})", row.name, outcome[1]))
            .collect();
        std::eprintln!("{} calls never succeeded: {}", never.len(), never.join(" "));
        let shallow = DEEP.iter().filter(|name| never.iter().any(|row| row.split(' ').next() == Some(name)));
        assert_eq!(shallow.collect::<Vec<_>>(), Vec::<&&str>::new(), "calls that chance does not reach");
    }
}
