//! The clock's hand: lets the guest run in slices, jumps over every wait, stops at a bound.
//!
//! Key function: [`drive`]. When no process can run, the virtual clock jumps to the next deadline: an hour of
//! `sleep` costs nothing.
use super::Settings;
use super::dropped::{Collector, FILE_MAX_BYTES};
use super::watch::Watch;
use otori_device::linux::Machine;
use otori_device::linux::Run;
use otori_event::Artifact;

/// Instructions between two looks at the notices.
const SLICE_INSTRUCTIONS: u64 = 250_000;
/// Bytes of output that are kept.
const OUTPUT_MAX_BYTES: usize = 64 * 1024;
/// Slices and jumps of the clock; a guest that sleeps a microsecond for ever meets it.
const TURNS_MAX: u64 = 4_000_000;

/// Where to stop.
pub(crate) struct Bounds {
    end_ns: u64,
    instructions: u64,
    processes: u64,
}

impl Bounds {
    pub(crate) fn new(settings: &Settings, machine: &Machine) -> Bounds {
        let span_ns = settings.virtual_seconds.saturating_mul(1_000_000_000);
        let stats = machine.stats();
        Bounds {
            end_ns: machine.now_ns().saturating_add(span_ns),
            instructions: stats.instructions.saturating_add(settings.instructions),
            processes: stats.processes.saturating_add(PROCESSES_STARTED_MAX),
        }
    }
}

/// Processes that one sample may start in all; the field's record is 1,684.
const PROCESSES_STARTED_MAX: u64 = 20_000;

/// How it stopped and what was collected on the way.
#[derive(Default)]
pub(crate) struct Ended {
    pub(crate) all_processes_ended: bool,
    pub(crate) limit: Option<String>,
    pub(crate) output: Vec<u8>,
    pub(crate) dropped: Vec<(Artifact, Vec<u8>)>,
}

/// Runs until everything has ended, time is up or a bound is met.
pub(crate) fn drive(machine: &mut Machine, watch: &mut Watch, bounds: &Bounds, own: &Artifact) -> Ended {
    let mut ended = Ended::default();
    machine.keep_removed(FILE_MAX_BYTES);
    let mut collector = Collector::new(own.sha256);
    for turn in 0.. {
        let run = machine.run(SLICE_INSTRUCTIONS);
        watch.take(machine.take_notices());
        collector.collect(machine, watch);
        listen(machine, &mut ended.output);
        let stats = machine.stats();
        if turn >= TURNS_MAX {
            ended.limit = Some("turns".into());
            break;
        }
        if stats.instructions >= bounds.instructions {
            ended.limit = Some("instructions".into());
            break;
        }
        if stats.processes >= bounds.processes {
            ended.limit = Some("processes".into());
            break;
        }
        match run {
            // The device's own programs may go on for ever; only the sample's are waited for.
            _ if run == Run::Finished || watch.all_ended() => {
                ended.all_processes_ended = true;
                break;
            }
            Run::Finished => break,
            Run::Budget if machine.now_ns() >= bounds.end_ns => break,
            Run::Budget => {}
            Run::Idle { wake_ns: Some(wake_ns) } if wake_ns < bounds.end_ns => machine.advance_to(wake_ns),
            Run::Idle { .. } => {
                machine.advance_to(bounds.end_ns);
                break;
            }
        }
    }
    // What was still open for writing at the end counts as dropped too.
    collector.sweep(machine, watch);
    ended.dropped = collector.finish();
    ended
}

fn listen(machine: &mut Machine, output: &mut Vec<u8>) {
    for bytes in [machine.take_stdout(), machine.take_stderr()] {
        let room = OUTPUT_MAX_BYTES.saturating_sub(output.len());
        output.extend(bytes.iter().take(room));
    }
}
