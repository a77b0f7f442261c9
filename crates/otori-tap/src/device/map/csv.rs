//! Reads a mapping file in CSV (RFC 4180): the first row names the columns as TOML names its keys, and several values of
//! one field stand between spaces or semicolons.
use super::{
    Entry, MARKS_PER_ENTRY, MapError,
    read::{Checked, Peer, Teid, Vlan, Word},
};
use core::str::FromStr;

/// Names of columns.
const COLUMNS: &[&str] =
    &["name", "sim", "imsi", "model", "group", "mac", "address", "teid", "gre_peer", "vlan"];

/// The fields of a line.
fn fields(line: &str) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    let mut rest = line;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (field, next) =
                rest.split_once(',').map_or((rest, None), |(field, next)| (field, Some(next)));
            all.push(field.trim().to_owned());
            match next {
                Some(next) => rest = next,
                None => return Ok(all),
            }
            continue;
        };
        let mut field = String::new();
        let mut characters = quoted.char_indices().peekable();
        let end = loop {
            match characters.next() {
                Some((_, '"')) if characters.next_if(|(_, next)| *next == '"').is_some() => field.push('"'),
                Some((place, '"')) => break place + 1,
                Some((_, character)) => field.push(character),
                None => return Err("a quotation mark is not closed: close it in the same line".into()),
            }
        };
        all.push(field);
        match quoted.get(end..) {
            Some("") | None => return Ok(all),
            Some(next) => match next.strip_prefix(',') {
                Some(next) => rest = next,
                None => return Err("a comma is missing behind a quotation mark".into()),
            },
        }
    }
}

fn several<T: FromStr<Err = String>>(field: &str) -> Result<Vec<T>, String> {
    let parts = field.split([' ', ';']).filter(|part| !part.is_empty());
    let all: Vec<T> = parts.map(str::parse).collect::<Result<_, _>>()?;
    if all.len() > MARKS_PER_ENTRY {
        return Err(format!("more than {MARKS_PER_ENTRY} values: write further rows"));
    }
    Ok(all)
}

fn set(entry: &mut Entry, column: &str, field: &str) -> Result<(), String> {
    let word = || field.parse().map(|Word(text)| Some(text));
    match column {
        "name" => entry.name = word()?.map(Into::into),
        "sim" => entry.sim = word()?,
        "imsi" => entry.imsi = word()?,
        "model" => entry.model = word()?,
        "group" => entry.groups = several(field)?.into_iter().map(|Word(text)| text).collect(),
        "mac" => entry.macs = several(field)?,
        "address" => entry.addresses = several(field)?,
        "teid" => entry.teids = several(field)?.into_iter().map(|Teid(value)| value).collect(),
        "gre_peer" => entry.gre_peers = several(field)?.into_iter().map(|Peer(ip)| ip).collect(),
        _ => entry.vlan = Some(field.parse().map(|Vlan(id)| id)?),
    }
    Ok(())
}

/// Reads all entries.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Entry>, MapError> {
    let error = |line, problem| MapError { file: file.to_owned(), line, problem };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = (1..).zip(text.lines());
    let mut lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let Some((number, head)) = lines.next() else { return Ok(Vec::new()) };
    let columns = fields(head).map_err(|problem| error(number, problem))?;
    if let Some(unknown) = columns.iter().find(|column| !COLUMNS.contains(&column.as_str())) {
        let problem =
            format!("unknown column {unknown:?}: the first row names columns of {}", COLUMNS.join(", "));
        return Err(error(number, problem));
    }
    let mut checked = Checked::new();
    for (number, line) in lines {
        let row = || {
            let fields = fields(line)?;
            if fields.len() > columns.len() {
                return Err(format!("{} fields, but {} columns", fields.len(), columns.len()));
            }
            let mut entry = Entry { line: number, ..Entry::default() };
            for (column, field) in columns.iter().zip(&fields).filter(|(_, field)| !field.is_empty()) {
                set(&mut entry, column, field)?;
            }
            Ok(entry)
        };
        let added = row().and_then(|entry| checked.add(entry));
        added.map_err(|problem| error(number, problem))?;
    }
    Ok(checked.entries)
}
