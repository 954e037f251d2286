//! Columns that the library encodes: nested ones, decimals, INT96, and all columns under its own codecs.

use super::int96::Int96Column;
use super::layout::FileLayout;
use super::{FILE_HEADER, guarded};
use arrow_array::ArrayRef;
use arrow_schema::{FieldRef, Schema as ArrowSchema};
use millrace_batch::{ErrorCode, Result};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::data_type::Int96Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::SerializedFileWriter;
use std::sync::Arc;

/// The chunks of one column of a row group.
pub(super) struct ColumnPart {
    /// The bytes, in order, in one or more pieces.
    pub(super) pieces: Vec<Vec<u8>>,
    /// One chunk per leaf, with offsets relative to the first of the bytes.
    pub(super) chunks: Vec<ColumnChunkMetaData>,
}

/// The chunk with its offsets moved.
pub(super) fn moved(chunk: ColumnChunkMetaData, shift: i64) -> Result<ColumnChunkMetaData, ParquetError> {
    let add =
        |offset: i64| offset.checked_add(shift).ok_or_else(|| ParquetError::General("an offset is too large".into()));
    let data_page = add(chunk.data_page_offset())?;
    let dictionary_page = chunk.dictionary_page_offset().map(add).transpose()?;
    chunk.into_builder().set_data_page_offset(data_page).set_dictionary_page_offset(dictionary_page).build()
}

/// One column of the row group being written, as a file of its own.
pub(super) struct LibraryColumn {
    file: SerializedFileWriter<Vec<u8>>,
    field: FieldRef,
    writers: Vec<ArrowColumnWriter>,
}

impl LibraryColumn {
    /// The column at `root`. `with_dictionary` has one decision per leaf of the whole schema.
    pub(super) fn try_new(layout: &FileLayout, root: usize, with_dictionary: &[bool]) -> Result<Self> {
        let file = layout.column_file(root, with_dictionary)?;
        let field = Arc::clone(&layout.arrow_schema.fields()[root]);
        let factory = ArrowRowGroupWriterFactory::new(&file, Arc::new(ArrowSchema::new(vec![Arc::clone(&field)])));
        let writers = guarded(ErrorCode::EncodeFailed, "starting a column", || factory.create_column_writers(0))?;
        Ok(Self { file, field, writers })
    }

    pub(super) fn append(&mut self, array: &ArrayRef) -> Result<(), ParquetError> {
        let leaves = compute_leaves(&self.field, array)?;
        self.writers.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))
    }

    pub(super) fn close(mut self) -> Result<ColumnPart, ParquetError> {
        let mut group = self.file.next_row_group()?;
        for writer in self.writers {
            writer.close()?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        part_of(self.file)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.writers.iter().map(ArrowColumnWriter::memory_size).sum()
    }
}

/// Encodes a column that was collected as INT96.
pub(super) fn encode_int96(
    mut file: SerializedFileWriter<Vec<u8>>,
    column: &Int96Column,
) -> Result<ColumnPart, ParquetError> {
    let mut group = file.next_row_group()?;
    if let Some(mut writer) = group.next_column()? {
        writer.typed::<Int96Type>().write_batch(&column.values, Some(&column.levels), None)?;
        writer.close()?;
    }
    group.close()?;
    part_of(file)
}

/// Takes a column out of its file.
fn part_of(file: SerializedFileWriter<Vec<u8>>) -> Result<ColumnPart, ParquetError> {
    let header = FILE_HEADER.len();
    let group = file.flushed_row_groups().first().ok_or_else(|| ParquetError::General("a column is missing".into()))?;
    let chunks = group.columns().iter().map(|chunk| moved(chunk.clone(), -(header as i64)));
    let chunks = chunks.collect::<Result<Vec<_>, _>>()?;
    let pages_end = file.bytes_written();
    let mut bytes = file.into_inner()?;
    bytes.truncate(pages_end);
    bytes.drain(..header);
    Ok(ColumnPart { pieces: vec![bytes], chunks })
}
