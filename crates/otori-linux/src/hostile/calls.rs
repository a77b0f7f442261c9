//! Random calls of several processes and threads, with arguments that reach deep: descriptors of every kind that were
//! opened before, structures that point at others, lengths at the edges. Key function: [`calls()`].
//!
//! After each call the machine's tables are compared with their bounds, and in the end, when every process was killed,
//! nothing may be left in them.
use super::{
    Choices, Set,
    hint::{ENDERS, HINTS, MAKERS, Want},
    program::{FILE_BYTES, machine, spawn},
    scene::Scene,
    set::CODE,
    structure::{DATA, DATA_BYTES, Giver, TEMPLATES, Template},
};
use crate::{
    Machine, NoticeKind, Run,
    abi::Numbering,
    arch::{Abi, Column},
    record::Record,
    sched::Deadline,
    signal::{Information, Signal},
    syscall::{Argument, Row, TABLE},
    task::Tid,
};
use alloc::vec::Vec;

/// Calls between two turns of the scheduler.
const CALLS_PER_TURN: usize = 12;
/// Instructions of such a turn.
const INSTRUCTIONS: u64 = 3_000;
/// Where arguments that do not fit into registers stand above the stack pointer (o32).
const STACKED_AT: u64 = 16;

/// What was called.
#[derive(Debug)]
pub struct Called {
    /// how many calls
    pub calls: usize,
    /// of each row of the table, how many gave a result, and how many failed
    pub outcomes: Vec<[u64; 2]>,
}

struct World<'a> {
    set: &'a Set,
    machine: Machine,
    called: Called,
}

/// Makes calls until the choices are used up.
pub fn calls(set: &Set, choices: &mut Choices<'_>) -> Called {
    let called = Called { calls: 0, outcomes: alloc::vec![[0; 2]; TABLE.len()] };
    let mut world = World { set, machine: fresh(set), called };
    while !choices.is_over() {
        for _ in 0..CALLS_PER_TURN {
            world.call(choices);
        }
        world.turn(choices);
    }
    world.end();
    world.called
}

/// A machine whose program only loops.
fn fresh(set: &Set) -> Machine {
    let mut machine = machine(set, set.executable(set.spin, DATA - CODE + DATA_BYTES));
    machine.set_trace(true);
    machine
}

impl World<'_> {
    /// A task that does not wait; a new process, or one killed, when there is none.
    fn task(&mut self, choices: &mut Choices<'_>) -> Option<Tid> {
        let core = &self.machine.kernel.core;
        let ready: Vec<Tid> =
            core.tasks.values().filter(|task| task.waiting.is_none()).map(|task| task.tid).collect();
        if !ready.is_empty() && !choices.one_in(64) {
            return Some(choices.pick(&ready));
        }
        let spawned = spawn(&mut self.machine);
        if spawned.is_none() {
            let core = &mut self.machine.kernel.core;
            let pids: Vec<u32> = core.processes.keys().copied().collect();
            match pids.is_empty() {
                // a call has made something else of the program
                true => {
                    self.end();
                    self.machine = fresh(self.set);
                }
                false => core.send_to_process(choices.pick(&pids), Signal::KILL, Information::kernel()),
            }
        }
        spawned
    }

    fn call(&mut self, choices: &mut Choices<'_>) {
        let Some(tid) = self.task(choices) else { return };
        if choices.one_in(24) {
            return self.scene(tid, choices);
        }
        let place = row(choices);
        let row = &TABLE[place];
        let core = &mut self.machine.kernel.core;
        let arguments = Giver { choices, core, tid, set: self.set }.arguments(row);
        self.make(tid, place, arguments);
    }

    /// Makes that call with arguments as they stand in registers.
    fn make(&mut self, tid: Tid, place: usize, arguments: [u64; 8]) {
        let core = &mut self.machine.kernel.core;
        let stack = DATA + DATA_BYTES / 2;
        let word = core.abi.word_bytes;
        if let Ok(space) = core.space_of_mut(tid) {
            for (number, value) in arguments.iter().enumerate().skip(4) {
                let mut record = Record::new(Abi::of(self.set.isa));
                record.word(*value);
                let at = stack + STACKED_AT + ((number - 4) * word) as u64;
                let _ = space.memory.write(at, record.as_bytes());
            }
        }
        if let Ok(task) = core.task_mut(tid) {
            let mut registers = [0; 6];
            registers.copy_from_slice(&arguments[..6]);
            task.cpu.set_call(registers, stack);
        }
        let row = &TABLE[place];
        self.machine.kernel.call_row(tid, place as u16, row);
        self.machine.kernel.deliver_signals(tid);
        self.called.calls += 1;
        self.check(row);
    }

    /// Several calls that belong together and that chance would hardly put in a row.
    fn scene(&mut self, tid: Tid, choices: &mut Choices<'_>) {
        let core = &mut self.machine.kernel.core;
        let descriptors = core.config.limits.descriptors;
        let Ok(table) = core.table_of(tid) else { return };
        let Ok(new) = table.lowest_free(0, descriptors) else { return };
        let next = table.lowest_free(new + 1, descriptors).unwrap_or(descriptors) as u64;
        let mips = matches!(core.abi.numbering, Numbering::Mips);
        let mut record = Record::new(core.abi);
        let steps = Scene { new: new as u64, next, mips }.steps(choices, &mut record);
        if let Ok(space) = core.space_of_mut(tid) {
            let _ = space.memory.write(DATA, record.as_bytes());
        }
        let most = core.abi.word_max();
        for (name, [first, second, third, fourth]) in steps {
            let alive = self.machine.kernel.core.task(tid).is_ok_and(|task| task.waiting.is_none());
            let (true, Ok(place)) = (alive, TABLE.binary_search_by(|row| row.name.cmp(name))) else { return };
            let arguments = [first, second, third, fourth, 0, 0, 0, 0].map(|value| value & most);
            self.make(tid, place, arguments);
        }
    }

    fn turn(&mut self, choices: &mut Choices<'_>) {
        match self.machine.run(INSTRUCTIONS) {
            Run::Idle { wake_ns: Some(wake_ns) } => {
                self.machine.advance_to(wake_ns.min(self.machine.now_ns() + (1 << 42)));
            }
            _ if choices.one_in(4) => self.machine.advance_to(self.machine.now_ns() + (1 << 30)),
            _ => {}
        }
        for notice in self.machine.take_notices() {
            let NoticeKind::Call { line } = notice.kind else { continue };
            let name = line.split('(').next().unwrap_or_default();
            let Ok(place) = TABLE.binary_search_by(|row| row.name.cmp(name)) else { continue };
            let failed = line.rsplit(" = ").next().is_some_and(|result| result.starts_with('-'));
            self.called.outcomes[place][usize::from(failed)] += 1;
        }
        self.machine.take_stdout();
        self.machine.take_stderr();
        self.machine.host_stdin(b"typed\n");
        // a copy goes on as the original would
        if choices.one_in(32) {
            self.machine = self.machine.clone();
        }
    }

    /// Nothing is over its bound.
    fn check(&self, row: &Row) {
        let core = &self.machine.kernel.core;
        let limits = &core.config.limits;
        let (name, call) = (self.set.name, row.name);
        let counts = [
            ("tasks", core.tasks.len(), limits.processes),
            ("open files", core.files.len(), limits.open_files),
            ("bytes of files", self.machine.kernel.vfs.used_bytes() as usize, FILE_BYTES as usize),
            ("waits", core.waits.len(), limits.processes * 5000),
        ];
        for (what, count, most) in counts {
            assert!(count <= most, "{name}: {count} {what} after {call}, more than {most}");
        }
        // what a space holds is counted again at the end of each turn
        let pages: usize = core.spaces.iter().map(|(_, space)| space.memory.pages()).sum();
        let most = limits.processes * limits.pages;
        assert!(pages <= most, "{name}: {pages} pages after {call}, more than {most}");
    }

    fn end(&mut self) {
        self.machine.kill_all();
        assert_eq!(self.machine.run(100_000), Run::Finished, "{}: a process outlives SIGKILL", self.set.name);
        let core = &self.machine.kernel.core;
        // the watchdog waits for signs of life when nobody is left to give one
        let deadlines = core.deadlines.iter().filter(|(_, deadline)| *deadline != Deadline::Watchdog);
        let left = [
            ("tasks", core.tasks.len()),
            ("address spaces", core.spaces.len()),
            ("descriptor tables", core.tables.len()),
            ("sockets", core.sockets.len()),
            ("messages with files", usize::from(!core.passed.is_empty())),
            ("open files", core.files.len()),
            ("waits", core.waits.len()),
            ("deadlines", deadlines.count()),
            ("pages", core.total_pages as usize),
            ("pipes", core.pipes.len()),
        ];
        let kinds = || core.files.iter().map(|(_, file)| &file.kind).collect::<Vec<_>>();
        for (what, count) in left {
            assert_eq!(count, 0, "{}: {what} are left, files: {:?}", self.set.name, kinds());
        }
    }
}

/// A row of the table, those too that only other architectures have.
fn row(choices: &mut Choices<'_>) -> usize {
    let place = match choices.below(3) {
        0 => {
            let name = choices.pick(MAKERS);
            TABLE.binary_search_by(|row| row.name.cmp(name)).unwrap_or(0)
        }
        _ => choices.below(TABLE.len()),
    };
    match ENDERS.contains(&TABLE[place].name) && !choices.one_in(12) {
        true => (place + 1) % TABLE.len(),
        false => place,
    }
}

impl Giver<'_, '_> {
    /// Arguments as they stand in registers: values of 64 bits are two where a register has 32.
    fn arguments(&mut self, row: &Row) -> [u64; 8] {
        let hint =
            HINTS.binary_search_by(|hint| hint.0.cmp(row.name)).ok().map_or(&[] as &[Want], |at| HINTS[at].1);
        let abi = self.core.abi;
        let mut slots = Vec::new();
        for (number, argument) in row.arguments.iter().enumerate() {
            let want = hint.get(number).copied().unwrap_or(Want::Typed);
            let value = if self.choices.one_in(24) { self.anything() } else { self.wanted(want, *argument) };
            if *argument == Argument::Pair && abi.word_bytes == 4 {
                if abi.pairs_aligned && slots.len() % 2 == 1 {
                    slots.push(0);
                }
                let (low, high) = (value & 0xffff_ffff, value >> 32);
                let little = matches!(abi.endian, crate::abi::Endian::Little);
                slots.extend(if little { [low, high] } else { [high, low] });
            } else {
                slots.push(value & abi.word_max());
            }
        }
        // calls that are all answered the same way have no types
        while slots.len() < 8 {
            slots.push(if abi.column == Column::MipsO32 { 0 } else { 1 });
        }
        slots.truncate(8);
        let mut arguments = [0; 8];
        arguments.copy_from_slice(&slots);
        arguments
    }

    fn wanted(&mut self, want: Want, argument: Argument) -> u64 {
        match want {
            Want::Typed => self.typed(argument),
            Want::One(values) => self.choices.pick(values),
            Want::At(template) => self.pointer(template),
            Want::Open => self.descriptor(),
            Want::Task => self.task(),
            Want::Length => self.length(),
        }
    }

    fn typed(&mut self, argument: Argument) -> u64 {
        match argument {
            Argument::Descriptor => self.descriptor(),
            Argument::At if self.choices.one_in(3) => self.descriptor(),
            Argument::At => u64::MAX - 99,
            Argument::Path => self.pointer(Template::Path),
            Argument::Strings => self.pointer(Template::Strings),
            Argument::Input | Argument::Output | Argument::DescriptorPair | Argument::Status => {
                self.pointer(Template::Room)
            }
            Argument::Address => self.pointer(Template::Address),
            Argument::OpenFlags => self
                .choices
                .pick(&[0, 1, 2, 0x42, 0x102, 0o2, 0o102, 0o1102, 0o4002, 0o20_0000, 0x301, 0x10_000, 0x80]),
            Argument::Mode => {
                self.choices.pick(&[0o644, 0o755, 0, 0o4755, 0o10_644, 0o20_666, 0o140_755, u64::MAX])
            }
            Argument::Signal => self.choices.number(1) % 70,
            Argument::Protection => self.choices.number(1) % 9,
            Argument::MapFlags => self.choices.pick(&[0x22, 0x822, 0x21, 0x821, 0x32, 0x832]),
            Argument::Pair => self.length(),
            Argument::Unsigned => match self.choices.one_in(2) {
                true => self.length(),
                false => self.choices.number(1) % 12,
            },
            Argument::Int => match self.choices.below(3) {
                0 => self.task(),
                1 => self.choices.number(1) % 8,
                _ => self.choices.pick(&[0, 1, u64::MAX, 0x7fff_ffff, 0x8000_0000, 2]),
            },
            Argument::Hex => match self.choices.below(3) {
                0 => self.choices.number(1) % 32,
                _ => {
                    let template = self.choices.pick(&TEMPLATES);
                    self.pointer(template)
                }
            },
        }
    }

    fn anything(&mut self) -> u64 {
        match self.choices.below(4) {
            0 => self.choices.number(8),
            1 => u64::from(self.choices.byte()),
            2 => 1 << (self.choices.byte() % 64),
            _ => u64::MAX - u64::from(self.choices.byte()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_table() {
        let known = |name: &&str| TABLE.binary_search_by(|row| row.name.cmp(name)).is_ok();
        let wrong: Vec<&&str> = MAKERS.iter().chain(ENDERS).filter(|name| !known(name)).collect();
        assert_eq!(wrong, Vec::<&&str>::new());
        assert_eq!(HINTS.iter().map(|hint| hint.0).filter(|name| !known(name)).count(), 0);
        assert!(HINTS.windows(2).all(|pair| pair[0].0 < pair[1].0), "sorted by name");
    }
}
