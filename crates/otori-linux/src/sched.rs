//! Round robin with exact slices, waiting and waking, virtual deadlines.
//!
//! Key items: [`Kernel::run`], [`Core::wake`], [`Deadline`]. One instruction takes 2 ns of virtual time, one call
//! [`CALL_COST`] instructions more and what its work is worth ([`Core::charge`]); the clock never jumps by itself. Same machine, same input: same order.
use crate::{
    config::{Pid, Run},
    kernel::{Core, Kernel},
    notice::NoticeKind,
    signal::{Information, Signal, code},
    task::{
        Life, Tid,
        tracee::Until,
        waiting::{WaitKey, Waiting},
    },
};
use alloc::vec::Vec;
use otori_cpu::{Fault, FaultKind, Stop};

/// Instructions that a task runs before the next one has its turn: 2 ms of virtual time.
pub(crate) const SLICE: u64 = 1_000_000;

/// Virtual nanoseconds per instruction: a core of 500 MHz that finishes one per cycle.
pub(crate) const NS_PER_INSTRUCTION: u64 = 2;

/// What entering and leaving the kernel costs, in instructions.
pub(crate) const CALL_COST: u64 = 400;

/// Virtual time between two looks at the world outside while tasks run.
const LOOK_OUTSIDE_NS: u64 = SLICE * NS_PER_INSTRUCTION;

/// A task's turn that has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) tid: Tid,
    /// instructions of it so far, calls included
    spent: u64,
}

/// Something that happens at a moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Deadline {
    /// a waiting call gives up
    Wait(Tid),
    /// a process gets SIGALRM
    Alarm(Pid),
    /// a timer of timer_create
    Timer(Pid, u32),
    /// nobody fed the watchdog
    Watchdog,
}

impl Core {
    /// Lets time pass that was spent on instructions.
    pub(crate) fn spend(&mut self, instructions: u64) {
        self.now_ns = self.now_ns.saturating_add(instructions.saturating_mul(NS_PER_INSTRUCTION));
    }

    /// Puts a task at the end of the run queue, once.
    pub(crate) fn enqueue(&mut self, tid: Tid) {
        if let Some(task) = self.tasks.get_mut(&tid)
            && !task.queued
        {
            task.queued = true;
            self.queue.push_back(tid);
        }
    }

    /// Every task that waits for that key makes its call again.
    pub(crate) fn wake(&mut self, key: WaitKey) {
        let woken: Vec<Tid> = self.waits.range((key, 0)..=(key, Tid::MAX)).map(|(_, tid)| *tid).collect();
        for tid in woken {
            self.enqueue(tid);
        }
    }

    /// At most `count` tasks that wait for that key, in the order of their ids.
    pub(crate) fn waiters(&self, key: WaitKey, count: usize) -> Vec<Tid> {
        self.waits.range((key, 0)..=(key, Tid::MAX)).map(|(_, tid)| *tid).take(count).collect()
    }

    /// Suspends a task.
    pub(crate) fn begin_waiting(&mut self, tid: Tid, waiting: Waiting) {
        for key in &waiting.keys {
            self.waits.insert((*key, tid));
        }
        if let Some(deadline) = waiting.deadline_ns {
            self.deadlines.insert((deadline, Deadline::Wait(tid)));
        }
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.switches += 1;
            task.waiting = Some(waiting);
        }
    }

    /// The task does not wait any more; gives what it waited for.
    pub(crate) fn end_waiting(&mut self, tid: Tid) -> Option<Waiting> {
        let waiting = self.tasks.get_mut(&tid)?.waiting.take()?;
        for key in &waiting.keys {
            self.waits.remove(&(*key, tid));
        }
        if let Some(deadline) = waiting.deadline_ns {
            self.deadlines.remove(&(deadline, Deadline::Wait(tid)));
        }
        Some(waiting)
    }

    /// When the next thing happens by itself.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.deadlines.first().map(|(at_ns, _)| *at_ns)
    }

    /// Lets tasks that wait for sockets ask again, now and then: the world outside may have answered.
    fn look_outside(&mut self) {
        if self.now_ns >= self.next_look_ns {
            self.next_look_ns = self.now_ns.saturating_add(LOOK_OUTSIDE_NS);
            self.wake(WaitKey::Sockets);
        }
    }

    /// The turn of the task that waits longest for one.
    fn next_turn(&mut self) -> Option<Turn> {
        while let Some(tid) = self.queue.pop_front() {
            if let Some(task) = self.tasks.get_mut(&tid) {
                task.queued = false;
                self.switches += 1;
                return Some(Turn { tid, spent: 0 });
            }
        }
        None
    }

    fn pass_deadlines(&mut self) {
        while let Some(&(at_ns, deadline)) = self.deadlines.first()
            && at_ns <= self.now_ns
        {
            self.deadlines.pop_first();
            match deadline {
                Deadline::Wait(tid) => self.enqueue(tid),
                Deadline::Alarm(pid) => self.alarm(pid),
                Deadline::Timer(pid, id) => self.timer_due(pid, id),
                Deadline::Watchdog => self.watchdog_due(),
            }
        }
    }

    /// SIGALRM, and the timer again if it has an interval.
    fn alarm(&mut self, pid: Pid) {
        let now_ns = self.now_ns;
        let Some(process) = self.processes.get_mut(&pid) else { return };
        let interval_ns = process.timer.interval_ns;
        process.timer.deadline_ns = (interval_ns > 0).then(|| now_ns.saturating_add(interval_ns));
        if let Some(next) = process.timer.deadline_ns {
            self.deadlines.insert((next, Deadline::Alarm(pid)));
        }
        self.send_to_process(pid, Signal::ALRM, Information::kernel());
    }

    /// Changes ITIMER_REAL of a process.
    pub(crate) fn set_timer(&mut self, pid: Pid, deadline_ns: Option<u64>, interval_ns: u64) {
        let Some(process) = self.processes.get_mut(&pid) else { return };
        if let Some(old) = process.timer.deadline_ns.take() {
            self.deadlines.remove(&(old, Deadline::Alarm(pid)));
        }
        process.timer.deadline_ns = deadline_ns;
        process.timer.interval_ns = interval_ns;
        if let Some(next) = deadline_ns {
            self.deadlines.insert((next, Deadline::Alarm(pid)));
        }
    }
}

impl Kernel {
    /// Runs tasks for about `instructions` (calls count too), or until all wait. How a driver cuts its calls changes
    /// nothing for the guest: a turn that a call leaves unfinished goes on with the next one, and whatever happens between
    /// turns happens there only.
    pub(crate) fn run(&mut self, instructions: u64) -> Run {
        let mut left = instructions;
        if self.core.turn.is_none() && self.core.queue.is_empty() {
            self.core.wake(WaitKey::Sockets);
        }
        loop {
            if self.core.turn.is_none() {
                self.core.pass_deadlines();
                self.core.look_outside();
            }
            if left == 0 {
                return self.when_out_of_budget();
            }
            let Some(turn) = self.core.turn.take().or_else(|| self.core.next_turn()) else {
                return self.when_idle();
            };
            let spent = self.go_on(turn, left);
            left = left.saturating_sub(spent.max(1));
        }
    }

    fn has_running(&self) -> bool {
        self.core.processes.values().any(|process| !process.is_zombie() && !process.threads.is_empty())
    }
    fn when_out_of_budget(&self) -> Run {
        match self.core.queue.is_empty() && self.core.turn.is_none() {
            true => self.when_idle(),
            false => Run::Budget,
        }
    }
    fn when_idle(&self) -> Run {
        match self.has_running() {
            true => Run::Idle { wake_ns: self.core.next_deadline() },
            false => Run::Finished,
        }
    }

    /// Goes on with a task's turn until it or the budget ends; gives the instructions that it took, calls included.
    fn go_on(&mut self, mut turn: Turn, budget: u64) -> u64 {
        let before = turn.spent;
        let ends = loop {
            let spent = turn.spent - before;
            if turn.spent >= SLICE || (spent < budget && !self.ready(turn.tid, &mut turn.spent)) {
                break true;
            }
            // A call that was made again may have used the rest up.
            let left = SLICE.saturating_sub(turn.spent).min(budget.saturating_sub(turn.spent - before));
            if left == 0 {
                break turn.spent >= SLICE;
            }
            if self.step(&mut turn, left) {
                break true;
            }
        };
        let spent = turn.spent - before;
        match ends {
            true => self.end_turn(turn.tid),
            false => self.core.turn = Some(turn),
        }
        spent
    }

    /// Executes until something stops the processor, and answers that; says whether the turn ends with it.
    fn step(&mut self, turn: &mut Turn, left: u64) -> bool {
        let tid = turn.tid;
        let steps = self.core.tracee(tid).is_some_and(|tracee| tracee.until == Until::Step);
        let (stop, count) = self.execute(tid, if steps { 1 } else { left });
        turn.spent += count;
        match stop {
            Stop::Budget if steps => {
                self.trap_after_step(tid);
                return true;
            }
            Stop::Budget => {}
            Stop::Syscall => {
                self.system_call(tid);
                turn.spent += self.pay_call();
            }
            Stop::Fault(fault) => self.fault(tid, fault),
            other => self.exception(tid, other),
        }
        false
    }

    fn end_turn(&mut self, tid: Tid) {
        self.core.check_cpu_time(tid);
        if self.is_runnable(tid) {
            self.core.enqueue(tid);
        }
        self.check_memory(tid);
    }

    /// Makes a waiting call again and lets signals act; says whether the task can execute instructions now.
    fn ready(&mut self, tid: Tid, spent: &mut u64) -> bool {
        let Ok(task) = self.core.task(tid) else { return false };
        let Ok(process) = self.core.process(task.pid) else { return false };
        let killed = process.pending.set().contains(Signal::KILL);
        if (matches!(process.life, Life::Stopped(_)) || self.core.is_held(tid)) && !killed {
            return false;
        }
        if let Some(ending) = self.core.task(tid).ok().and_then(|task| task.ending) {
            self.end_task(tid, ending);
            return false;
        }
        self.go_into_call(tid);
        if self.core.is_held(tid) && !killed {
            // the call itself stopped it for its tracer
            return false;
        }
        let Ok(task) = self.core.task(tid) else { return false };
        if task.waiting.is_some() {
            self.resume_call(tid);
            *spent += self.pay_call();
        }
        self.deliver_signals(tid);
        self.is_runnable(tid)
    }

    /// Lets the time pass that a call took; gives its instructions.
    fn pay_call(&mut self) -> u64 {
        let cost = CALL_COST.saturating_add(core::mem::take(&mut self.core.owed));
        self.core.spend(cost);
        cost
    }

    fn is_runnable(&self, tid: Tid) -> bool {
        let Ok(task) = self.core.task(tid) else { return false };
        let alive = self.core.process(task.pid).is_ok_and(|process| process.life == Life::Alive);
        alive && task.waiting.is_none() && !self.core.is_held(tid)
    }

    /// PTRACE_SINGLESTEP: one instruction was made.
    fn trap_after_step(&mut self, tid: Tid) {
        let at = self.core.task(tid).map_or(0, |task| task.cpu.program_counter());
        self.core.stops_for_signal(tid, Signal::TRAP, Information::fault(code::TRAP_TRACE, at));
    }

    fn execute(&mut self, tid: Tid, budget: u64) -> (Stop, u64) {
        let core = &mut self.core;
        let generation = core.space_of(tid).map_or(0, |space| space.memory.generation());
        if !core.blocks.are_at(tid, generation) {
            core.bring_blocks(tid, generation);
        }
        let Some(task) = core.tasks.get_mut(&tid) else { return (Stop::Budget, 0) };
        let Some(space) = core.spaces.get_mut(task.space) else { return (Stop::Budget, 0) };
        // Counters that programs read follow the clock, its jumps included.
        let uptime_ns = core.config.uptime_ns.saturating_add(core.now_ns);
        task.cpu.set_clock(uptime_ns / NS_PER_INSTRUCTION);
        let (stop, count) = task.cpu.run(&mut space.memory, budget);
        core.blocks.note(tid, space.memory.generation(), space.memory.has_kin());
        task.instructions += count;
        core.instructions += count;
        core.spend(count);
        (stop, count)
    }

    fn fault(&mut self, tid: Tid, fault: Fault) {
        if fault.kind == FaultKind::Unmapped && self.grow_stack(tid, fault.address) {
            return;
        }
        let refused = self.core.task(tid).ok().and_then(|task| task.cpu.address_error(&fault));
        if let Some((signal, code)) = refused {
            return self.core.force_signal(tid, signal, told(code, fault.address));
        }
        let (signal, code) = match fault.kind {
            FaultKind::Unmapped => (Signal::SEGV, code::SEGV_MAPERR),
            FaultKind::Protection => (Signal::SEGV, code::SEGV_ACCERR),
            FaultKind::Unaligned => (Signal::BUS, code::BUS_ADRALN),
            FaultKind::BeyondFile => (Signal::BUS, code::BUS_ADRERR),
            FaultKind::Exhausted => {
                let pid = self.core.task(tid).map_or(0, |task| task.pid);
                self.core.notify(pid, NoticeKind::Limit { limit: "pages" });
                (Signal::KILL, code::KERNEL)
            }
        };
        self.core.force_signal(tid, signal, Information::fault(code, fault.address));
    }

    fn exception(&mut self, tid: Tid, stop: Stop) {
        let Some(task) = self.core.tasks.get_mut(&tid) else { return };
        let Some(space) = self.core.spaces.get_mut(task.space) else { return };
        let pc = task.cpu.program_counter();
        let (signal, code) = match stop {
            Stop::Illegal if task.cpu.is_at_breakpoint(&mut space.memory) => (Signal::TRAP, code::TRAP_BRKPT),
            stop => task.cpu.exception(stop),
        };
        self.core.force_signal(tid, signal, told(code, pc));
    }

    /// Above the machine's pages: the process that holds most is killed, as Linux's OOM killer does.
    fn check_memory(&mut self, tid: Tid) {
        let Ok(task) = self.core.task(tid) else { return };
        let space = task.space;
        if !self.core.count_pages(space) {
            return;
        }
        let pages = |core: &Core, tid: Tid| core.space_of(tid).map_or(0, |space| space.counted_pages);
        let largest = self.core.tasks.keys().copied().max_by_key(|&tid| (pages(&self.core, tid), tid));
        if let Some(pid) = largest.and_then(|tid| self.core.task(tid).ok()).map(|task| task.pid) {
            self.core.notify(pid, NoticeKind::Limit { limit: "total_pages" });
            self.core.send_to_process(pid, Signal::KILL, Information::kernel());
        }
    }
}

/// What a handler is told of an exception at that address; SI_KERNEL tells none.
fn told(code: i32, address: u64) -> Information {
    if code == code::KERNEL { Information::kernel() } else { Information::fault(code, address) }
}
