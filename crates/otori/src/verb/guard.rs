//! `otori guard`: enforces rules on the wire, and takes new ones from `otori up` while packets flow.
//!
//! Neighbours: [`otori_tap::guard`] runs the packets, `link` talks to the server, `standby` is the process that goes on
//! when the engine of an inline pair has died.
mod link;
mod standby;

use super::{Failure, devices, lists, policies, reputations, rules};
use anyhow::Context;
use link::Link;
use otori_event::{Event, EventId, EventKind, Timestamp, id::fnv1a};
use otori_rule::{Variables, address::AddressSet};
use otori_tap::{
    Control, Engine, Guard, Mode, Settings, Spread,
    backend::{self, Backend, BackendError, BackendRow},
    guard::Notice,
    watchdog::Heart,
};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Networks of the guarded devices, if nobody says so.
pub const HOME: &str = "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12,fc00::/7]";

/// Bytes of each direction that are put in order, as in suricata.yaml.
const STREAM_DEPTH_BYTES: u64 = 1 << 20;

/// What happens to packets that cannot be decided.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Fail {
    /// they pass
    Open,
    /// they do not
    Closed,
}

/// Options of `otori guard`.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("source").required(true)))]
pub struct Arguments {
    /// Join two interfaces and stand between them
    #[arg(long, value_name = "IF:IF", group = "source")]
    inline: Option<String>,
    /// Answer for an NFQUEUE
    #[arg(long, value_name = "N", group = "source")]
    queue: Option<String>,
    /// Look at a copy of an interface's packets; nothing is held back
    #[arg(long, value_name = "IF", group = "source")]
    mirror: Option<String>,
    /// Rules in Suricata's language, besides those of the link; may be repeated
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    #[command(flatten)]
    selection: rules::RuleOptions,
    #[command(flatten)]
    lists: lists::Options,
    #[command(flatten)]
    reputations: reputations::ReputationOptions,
    #[command(flatten)]
    devices: devices::DeviceOptions,
    /// A socket that takes further devices, a line of JSON each:
    /// {"device": {"name": "m1", "sim": "8981", "address": "10.0.0.9"}} or {"remove": "m1"}
    #[arg(long, value_name = "PATH")]
    device_socket: Option<PathBuf>,
    #[command(flatten)]
    policies: policies::PolicyOptions,
    /// A flow of so many bytes that is encrypted, or of an unknown protocol, is only counted from then on; 0: never
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    bypass_bytes: u64,
    /// Bytes of each direction of a TCP connection that are put in order and read, as `stream.reassembly.depth`; rules on
    /// single packets are asked about the rest; 0: all
    #[arg(long, value_name = "BYTES", default_value_t = STREAM_DEPTH_BYTES)]
    stream_depth: u64,
    /// An encrypted flow is only counted once its hand-shake was read, as `encryption-handling: bypass`
    #[arg(long)]
    bypass_encrypted: bool,
    /// A flow is only counted once one direction is longer than --stream-depth, as `stream.bypass`
    #[arg(long)]
    bypass_deep: bool,
    /// Socket of a running `otori up` [default: guard.sock in the data folder, if it is there]
    #[arg(long, value_name = "SOCKET")]
    link: Option<PathBuf>,
    /// Data folder of `otori up`, to find its socket
    #[arg(long, value_name = "DIR", default_value = "otori-data")]
    data: PathBuf,
    /// Write EVE lines to a file, or to standard output with -
    #[arg(long, value_name = "FILE")]
    eve: Option<PathBuf>,
    /// Of one kind of anomaly so many lines are written in a second, `stats` counts the others; 0: all
    #[arg(long, value_name = "N", default_value_t = 100)]
    anomaly_lines: u32,
    /// Counters go to the event log so often, as `stats.interval`, and at the end; 0: only then
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    stats_seconds: u32,
    /// Networks of the guarded devices, as a rule's header has them
    #[arg(long, value_name = "NET", default_value = HOME)]
    home: String,
    /// Packets that cannot be decided, because the engine of an inline pair is dead or hangs, or a queue is full: pass or not
    #[arg(long, value_name = "HOW", default_value = "closed")]
    fail: Fail,
    /// The engine of an inline pair counts as dead after that time without a sign of life; 0: no process stands by for it
    #[arg(long, value_name = "MS", default_value_t = 500)]
    watchdog_ms: u64,
    /// Threads that look at the packets of a mirror or an inline pair, each at some of the flows
    #[arg(long, value_name = "N", default_value_t = 1)]
    workers: usize,
    /// Flows go to workers by the addresses of the packets inside of tunnels, for a mirror that comes through one
    #[arg(long)]
    spread_inner: bool,
    /// The sockets that the process standing by has opened
    #[arg(long, hide = true, value_delimiter = ',')]
    engine: Vec<i32>,
    /// Name of this guard in verdicts
    #[arg(long, value_name = "NAME", default_value = "guard")]
    name: String,
}

/// Runs it until a signal comes.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let (row, argument) = source(&arguments)?;
    if arguments.workers > 1 && row.name == "queue" {
        let text = "--workers is for --inline and --mirror: a queue has one thread";
        return Err(Failure::Configuration(text.into()).into());
    }
    if row.name == "inline" && arguments.watchdog_ms > 0 && arguments.engine.is_empty() {
        let patience = Duration::from_millis(arguments.watchdog_ms);
        return standby::run(argument, arguments.workers, arguments.failure(), patience);
    }
    let engine = engine(&arguments, row)?;
    let rule_count = engine.rule_count();
    let (mut guard, control) = arguments.join(engine, row, argument)?;
    if !arguments.engine.is_empty() {
        let patience = Duration::from_millis(arguments.watchdog_ms);
        guard = guard
            .with_heart(Heart::of_standard_input(patience, arguments.failure()).context("nobody stands by")?);
    }
    if arguments.eve.is_some() && arguments.stats_seconds > 0 {
        guard = guard.with_stats(Duration::from_secs(arguments.stats_seconds.into()));
    }
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, control.stop_flag()).context("cannot watch for signals")?;
    }
    arguments.selection.follow(&arguments.rules, &control);
    let mut voice = Voice {
        name: arguments.name.clone(),
        link: link_path(&arguments).map(|path| Link::start(path, control)),
        eve: arguments.eve.as_deref().map(eve_file).transpose()?,
        sequence: 0,
    };
    eprintln!("otori: guard {} on {} {argument}, {rule_count} rules from files", arguments.name, row.name);
    let ended = guard.run(&mut |notice| voice.tell(notice));
    voice.close();
    let counters = ended.map_err(|error| Failure::Unavailable(error.to_string()))?;
    eprintln!(
        "otori: guard {} ends: {} packets received, {} sent on, {} held back, {} lost",
        arguments.name, counters.received, counters.forwarded, counters.dropped, counters.lost
    );
    Ok(ExitCode::SUCCESS)
}

/// What a back-end's error means for who runs this.
fn refused(error: BackendError) -> anyhow::Error {
    match error {
        BackendError::Permission { .. } => anyhow::Error::new(Failure::Permission(error.to_string())),
        BackendError::Argument(_) => anyhow::Error::new(Failure::Configuration(error.to_string())),
        _ => anyhow::Error::new(Failure::Unavailable(error.to_string())),
    }
}

impl Arguments {
    const fn failure(&self) -> backend::Failure {
        match self.fail {
            Fail::Open => backend::Failure::Open,
            Fail::Closed => backend::Failure::Closed,
        }
    }
    /// Engine and back-ends, in as many threads as wanted.
    fn join(&self, engine: Engine, row: &BackendRow, argument: &str) -> anyhow::Result<(Guard, Control)> {
        let mut backends = self.open(row, argument).map_err(refused)?;
        let joined = match (self.workers, backends.pop()) {
            (_, None) => return Err(Failure::Unavailable("no packets from anywhere".into()).into()),
            (_, Some(last)) if !backends.is_empty() => {
                backends.push(last);
                Guard::crew(engine, backends)
            }
            (0 | 1, Some(only)) => Guard::new(engine, only),
            (count, Some(only)) => {
                let spread = if self.spread_inner { Spread::Inner } else { Spread::Outer };
                Guard::new(engine.spread(count, spread).context("cannot start the workers")?, only)
            }
        };
        joined.context("cannot start the guard")
    }
    fn open(&self, row: &BackendRow, argument: &str) -> Result<Vec<Box<dyn Backend>>, BackendError> {
        match (self.engine.as_slice(), row.name) {
            ([], "inline") => otori_tap::watchdog::pairs(argument, self.workers),
            ([], _) => Ok(vec![(row.open)(argument, self.failure())?]),
            (numbers, _) => otori_tap::watchdog::inherited(numbers),
        }
    }
}

/// A guard's settings as long as nobody says more, and what headers of rules mean by their variables.
pub fn settings(home: &str, name: &str, mode: Mode) -> anyhow::Result<(Settings, Variables)> {
    let mut variables = Variables::default();
    variables.set_address("HOME_NET", home);
    let home = AddressSet::parse(home, &variables);
    let home = home.map_err(|reason| Failure::Configuration(format!("--home: {reason}")))?;
    let mut settings = Settings { name: name.to_owned(), mode, home, ..Settings::default() };
    settings.reassembly.depth_bytes = STREAM_DEPTH_BYTES;
    Ok((settings, variables))
}

/// The engine with all that files tell it.
fn engine(arguments: &Arguments, row: &BackendRow) -> anyhow::Result<Engine> {
    let sinkhole = arguments.lists.sinkhole()?;
    let mode = if row.inline { Mode::Inline } else { Mode::Observe };
    let (settings, variables) = settings(&arguments.home, &arguments.name, mode)?;
    let mut settings = Settings {
        eve: arguments.eve.is_some(),
        anomaly_lines: (arguments.anomaly_lines > 0).then_some(arguments.anomaly_lines),
        bypass_bytes: (arguments.bypass_bytes > 0).then_some(arguments.bypass_bytes),
        bypass_encrypted: arguments.bypass_encrypted,
        bypass_deep: arguments.bypass_deep,
        sinkhole,
        ..settings
    };
    settings.reassembly.depth_bytes =
        if arguments.stream_depth == 0 { u64::MAX } else { arguments.stream_depth };
    let home = settings.home.clone();
    let mut engine = Engine::new(settings, variables);
    let socket = arguments.device_socket.as_deref();
    let devices = match socket {
        Some(_) => Some(arguments.devices.load_always(&mut engine, &home)?),
        None => arguments.devices.load(&mut engine, &home)?,
    };
    if let Some(devices) = devices {
        arguments.devices.follow(&devices, socket)?;
    }
    let sinkholes = policies::Sinkholes::of(sinkhole.as_ref());
    if let Some(book) = arguments.policies.load(&mut engine, sinkholes)? {
        arguments.policies.watch(book, sinkholes);
    }
    let reputations = engine.tables().reputations.clone();
    arguments.reputations.load_countries(&engine.tables().countries)?;
    arguments.reputations.load(&reputations)?;
    arguments.reputations.follow(reputations);
    arguments.selection.load(&mut engine, &arguments.rules)?;
    arguments.lists.load(&mut engine, &home)?;
    Ok(engine)
}

fn source(arguments: &Arguments) -> anyhow::Result<(&'static backend::BackendRow, &str)> {
    let given = [("inline", &arguments.inline), ("mirror", &arguments.mirror), ("queue", &arguments.queue)];
    let found =
        given.into_iter().find_map(|(name, value)| Some((backend::by_name(name)?, value.as_deref()?)));
    found.ok_or_else(|| {
        Failure::Configuration("one of --inline, --mirror and --queue is needed".into()).into()
    })
}

/// The socket to use: the one given, or that of the data folder when a server has made it, or when no rule file says
/// what to enforce otherwise.
fn link_path(arguments: &Arguments) -> Option<PathBuf> {
    let default = arguments.data.join("guard.sock");
    arguments.link.clone().or_else(|| {
        (default.exists() || (arguments.rules.is_empty() && arguments.lists.is_empty())).then_some(default)
    })
}

fn eve_file(path: &Path) -> anyhow::Result<Box<dyn Write>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdout()));
    }
    let file = File::options().create(true).append(true).open(path);
    Ok(Box::new(BufWriter::new(file.with_context(|| format!("cannot write {}", path.display()))?)))
}

/// Tells the server, the log and the person.
struct Voice {
    name: String,
    link: Option<Link>,
    eve: Option<Box<dyn Write>>,
    sequence: u32,
}

impl Voice {
    fn tell(&mut self, notice: Notice) {
        match notice {
            Notice::Lines(lines) => {
                let written = self.eve.as_mut().map(|eve| eve.write_all(&lines).and_then(|()| eve.flush()));
                if let Some(Err(error)) = written {
                    eprintln!("otori: the event log ends here: {error}");
                    self.eve = None;
                }
            }
            Notice::Verdict(at, verdict) => {
                if verdict.repeated == 0 && self.link.is_none() {
                    let subject = verdict.subject.as_deref().unwrap_or("");
                    let subject = otori_event::RawText::from(subject);
                    eprintln!(
                        "otori: {:?} sid {} {} -> {} {subject}",
                        verdict.action, verdict.sid, verdict.source, verdict.destination
                    );
                }
                self.event(at, EventKind::VerdictGiven { verdict });
            }
            Notice::Enforced(at, sid) => {
                let guard = self.name.clone();
                self.event(at, EventKind::RuleEnforced { sid, guard });
            }
            Notice::Removed(_) => {}
            Notice::Alone => eprintln!("otori: nobody stands by for the engine any more; it goes on alone"),
            Notice::Refused(error) => eprintln!("otori: rule refused: {error}"),
        }
    }
    fn event(&mut self, at: Timestamp, kind: EventKind) {
        let Some(link) = &self.link else { return };
        self.sequence = self.sequence.wrapping_add(1);
        let id = EventId::new(at, fnv1a(self.name.as_bytes()), self.sequence);
        link.send(Event { id, at, product: None, session: None, demo: false, kind });
    }
    fn close(&mut self) {
        if let Some(link) = self.link.take() {
            link.close();
        }
        if let Some(eve) = &mut self.eve {
            // Every piece was flushed when it was written; what fails now was said then.
            let _ = eve.flush();
        }
    }
}
