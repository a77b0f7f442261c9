//! Reads one segment, row group by row group; the JSON column is decoded only where a row may match.
//!
//! Key type: [`SegmentReader`].
use crate::StoreError;
use crate::row::EventRow;
use otori_event::{EventId, SessionId};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Ids that one row group spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) first: u128,
    pub(crate) last: u128,
}

/// An open segment.
pub(crate) struct SegmentReader {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    spans: Vec<Span>,
}

impl SegmentReader {
    /// `None` when retention removed the file meanwhile.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::file(path)(error)),
        };
        let reader = SerializedFileReader::new(file).map_err(StoreError::segment(path))?;
        let spans = reader.metadata().row_groups().iter().map(|group| {
            let statistics = group.columns().first().and_then(|column| column.statistics());
            let id = |bytes: Option<&[u8]>| parse_id(bytes.unwrap_or_default());
            let first = statistics.and_then(|found| id(found.min_bytes_opt())).unwrap_or(0);
            let last = statistics.and_then(|found| id(found.max_bytes_opt())).unwrap_or(u128::MAX);
            Span { first, last }
        });
        let spans = spans.collect();
        Ok(Some(SegmentReader { path: path.to_owned(), reader, spans }))
    }

    /// What each row group spans, in ascending order.
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Rows of one group for which `wanted` holds, ascending, and how many rows were looked at.
    /// `wanted` sees rows without their JSON.
    pub(crate) fn rows(
        &self,
        group: usize,
        wanted: impl Fn(&EventRow) -> bool,
    ) -> Result<(Vec<EventRow>, u64), StoreError> {
        self.read(group, wanted).map_err(StoreError::segment(&self.path))
    }

    fn read(
        &self,
        group: usize,
        wanted: impl Fn(&EventRow) -> bool,
    ) -> Result<(Vec<EventRow>, u64), ParquetError> {
        let group = self.reader.get_row_group(group)?;
        let group = group.as_ref();
        let mut ids = texts(group, 0)?;
        let seqs = required::<Int64Type>(group, 1)?;
        let mut kinds = texts(group, 3)?;
        let mut products = optional_texts(group, 4)?;
        let mut sessions = optional_texts(group, 5)?;
        let mut sources = optional_texts(group, 6)?;
        let demos = required::<BoolType>(group, 7)?;
        let looked_at = ids.len() as u64;
        let mut found: Vec<(usize, EventRow)> = Vec::new();
        for (at, seq) in seqs.iter().enumerate() {
            let take = |column: &mut Vec<Option<String>>| column.get_mut(at).and_then(Option::take);
            let row = EventRow {
                seq: *seq,
                id: EventId(take(&mut ids).and_then(|id| parse_id(id.as_bytes())).ok_or_else(damaged)?),
                kind: take(&mut kinds).ok_or_else(damaged)?,
                product: take(&mut products),
                session: take(&mut sessions)
                    .and_then(|id| id.parse::<SessionId>().ok())
                    .map(|id| id.get() as i64),
                source: take(&mut sources),
                demo: demos.get(at).copied().ok_or_else(damaged)?,
                json: String::new(),
            };
            if wanted(&row) {
                found.push((at, row));
            }
        }
        if !found.is_empty() {
            let mut all = texts(group, 8)?;
            for (at, row) in &mut found {
                row.json = all.get_mut(*at).and_then(Option::take).ok_or_else(damaged)?;
            }
        }
        Ok((found.into_iter().map(|(_, row)| row).collect(), looked_at))
    }
}

fn damaged() -> ParquetError {
    ParquetError::General("a column is shorter than its row group, or holds no text".into())
}

fn parse_id(text: &[u8]) -> Option<u128> {
    std::str::from_utf8(text).ok()?.parse::<EventId>().ok().map(|id| id.0)
}

fn text(value: &ByteArray) -> Result<String, ParquetError> {
    std::str::from_utf8(value.data()).map(str::to_owned).map_err(|_| damaged())
}

fn required<T: DataType>(group: &dyn RowGroupReader, column: usize) -> Result<Vec<T::T>, ParquetError> {
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|_| damaged())?;
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(column)?);
    let mut values = Vec::new();
    while values.len() < rows {
        let (read, ..) = reader.read_records(rows - values.len(), None, None, &mut values)?;
        if read == 0 {
            return Err(damaged());
        }
    }
    Ok(values)
}

fn texts(group: &dyn RowGroupReader, column: usize) -> Result<Vec<Option<String>>, ParquetError> {
    required::<ByteArrayType>(group, column)?.iter().map(|value| text(value).map(Some)).collect()
}

fn optional_texts(group: &dyn RowGroupReader, column: usize) -> Result<Vec<Option<String>>, ParquetError> {
    let rows = usize::try_from(group.metadata().num_rows()).map_err(|_| damaged())?;
    let mut reader = get_typed_column_reader::<ByteArrayType>(group.get_column_reader(column)?);
    let (mut values, mut levels): (Vec<ByteArray>, Vec<i16>) = (Vec::new(), Vec::new());
    while levels.len() < rows {
        let (read, ..) = reader.read_records(rows - levels.len(), Some(&mut levels), None, &mut values)?;
        if read == 0 {
            return Err(damaged());
        }
    }
    let mut values = values.iter();
    levels
        .iter()
        .map(
            |level| {
                if *level == 1 {
                    values.next().ok_or_else(damaged).and_then(text).map(Some)
                } else {
                    Ok(None)
                }
            },
        )
        .collect()
}
