//! Writes one segment: rows in the order of their ids, group by group.
//!
//! Key type: [`SegmentWriter`]. The file is complete and durable when [`SegmentWriter::finish`] returns.
use super::{GROUP_ROWS, MESSAGE};
use crate::StoreError;
use crate::folder::{sync_folder, temporary_name};
use crate::row::EventRow;
use otori_event::SessionId;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A segment that is being written.
pub(crate) struct SegmentWriter {
    temporary: PathBuf,
    file: File,
    writer: SerializedFileWriter<File>,
    waiting: Vec<EventRow>,
}

impl SegmentWriter {
    pub(crate) fn create(folder: &Path) -> Result<Self, StoreError> {
        let temporary = temporary_name(folder);
        let file = File::create(&temporary).map_err(StoreError::file(&temporary))?;
        let twin = file.try_clone().map_err(StoreError::file(&temporary))?;
        let new = || {
            let schema = Arc::new(parse_message_type(MESSAGE)?);
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
                .build();
            SerializedFileWriter::new(twin, schema, Arc::new(properties))
        };
        let writer = new().map_err(StoreError::segment(&temporary))?;
        Ok(SegmentWriter { temporary, file, writer, waiting: Vec::new() })
    }

    /// Takes the next row; ids must ascend.
    pub(crate) fn push(&mut self, row: EventRow) -> Result<(), StoreError> {
        self.waiting.push(row);
        if self.waiting.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let rows = std::mem::take(&mut self.waiting);
        if rows.is_empty() {
            return Ok(());
        }
        let mut write = || {
            let mut group = self.writer.next_row_group()?;
            write_group(&mut group, &rows)?;
            group.close()
        };
        write().map(|_| ()).map_err(StoreError::segment(&self.temporary))
    }

    /// Ends the file, makes it durable under `path`, and returns its size in bytes.
    pub(crate) fn finish(mut self, path: &Path) -> Result<u64, StoreError> {
        self.flush()?;
        self.writer.close().map_err(StoreError::segment(&self.temporary))?;
        self.file.sync_all().map_err(StoreError::file(&self.temporary))?;
        let size = self.file.metadata().map_err(StoreError::file(&self.temporary))?.len();
        fs::rename(&self.temporary, path).map_err(StoreError::file(path))?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))?;
        Ok(size)
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, File>;

fn write_group(group: &mut Group<'_>, rows: &[EventRow]) -> Result<(), ParquetError> {
    let at = |row: &EventRow| ((row.id.0 >> 80) as i64).saturating_mul(1_000_000);
    let session = |row: &EventRow| row.session.map(|id| SessionId::new(id as u64).to_string());
    required::<ByteArrayType>(group, rows, |row| row.id.to_string().into_bytes().into())?;
    required::<Int64Type>(group, rows, |row| row.seq)?;
    required::<Int64Type>(group, rows, at)?;
    required::<ByteArrayType>(group, rows, |row| bytes(&row.kind))?;
    optional(group, rows, |row| row.product.as_deref().map(bytes))?;
    optional(group, rows, |row| session(row).as_deref().map(bytes))?;
    optional(group, rows, |row| row.source.as_deref().map(bytes))?;
    required::<BoolType>(group, rows, |row| row.demo)?;
    required::<ByteArrayType>(group, rows, |row| bytes(&row.json))
}

fn bytes(text: &str) -> ByteArray {
    text.as_bytes().to_vec().into()
}

fn missing() -> ParquetError {
    ParquetError::General("the schema has fewer columns than the writer".into())
}

fn required<T: DataType>(
    group: &mut Group<'_>,
    rows: &[EventRow],
    value: impl Fn(&EventRow) -> T::T,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(missing)?;
    let values: Vec<T::T> = rows.iter().map(value).collect();
    column.typed::<T>().write_batch(&values, None, None)?;
    column.close()
}

fn optional(
    group: &mut Group<'_>,
    rows: &[EventRow],
    value: impl Fn(&EventRow) -> Option<ByteArray>,
) -> Result<(), ParquetError> {
    let mut column = group.next_column()?.ok_or_else(missing)?;
    let all: Vec<Option<ByteArray>> = rows.iter().map(value).collect();
    let levels: Vec<i16> = all.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<ByteArray> = all.into_iter().flatten().collect();
    column.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
    column.close()
}
