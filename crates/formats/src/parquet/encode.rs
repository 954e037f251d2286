//! Morsels of batches to row groups.

use super::assemble::describe_group;
use super::dictionary::{self, SAMPLE_VALUES};
use super::flat::{Compressor, FlatColumn};
use super::int96::Int96Column;
use super::layout::FileLayout;
use super::library::{LibraryColumn, encode_int96, moved};
use super::types::ColumnForm;
use super::{guarded, prepare};
use crate::columnar::check::{check_rows, shifted};
use crate::columnar::finished::Finished;
use crate::columnar::zone::LocalZone;
use arrow_array::ArrayRef;
use millrace_batch::codec::{Context, Encoder};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use parquet::errors::ParquetError;
use serde_json::Value;
use std::sync::Arc;

/// Makes the encoder; see the [module](super) for its options.
pub(super) fn make_encoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Encoder>> {
    let layout = FileLayout::try_new(schema, options)?;
    Ok(Box::new(ParquetEncoder {
        compressor: Compressor::of(layout.options.compression),
        layout,
        zone: LocalZone::try_new(&context.zone)?,
        held: Vec::new(),
        held_rows: 0,
        group: None,
        finished: Finished::default(),
    }))
}

/// Encodes a morsel as one row group.
///
/// Rows are held until the first [`SAMPLE_VALUES`] are there, which decide about dictionaries; the pages of all columns are
/// held, compressed, until [`Encoder::finish`].
struct ParquetEncoder {
    layout: FileLayout,
    zone: LocalZone,
    /// Row counts and columns.
    held: Vec<(usize, Vec<ArrayRef>)>,
    held_rows: usize,
    group: Option<OpenGroup>,
    /// Absent when the library compresses all columns.
    compressor: Option<Compressor>,
    finished: Finished,
}

/// The row group being written.
struct OpenGroup {
    rows: u64,
    columns: Vec<ColumnEncoder>,
}

enum ColumnEncoder {
    Library(Box<LibraryColumn>),
    Flat(Box<FlatColumn>),
    Int96(Int96Column),
}

impl Encoder for ParquetEncoder {
    fn check(&mut self, batch: &Batch) -> Result<()> {
        check_rows(batch, |rows| self.prepare(rows, 0).map(drop))
    }

    fn encode(&mut self, batch: &Batch, first_row: usize, _output: &mut OutputBuffer<'_>) -> Result<usize> {
        if first_row >= batch.rows {
            return Ok(batch.rows);
        }
        let rows = batch.rows - first_row;
        let columns = self.prepare(batch, first_row).map_err(|error| shifted(error, first_row))?;
        if let Some(group) = &mut self.group {
            group.write(&self.layout, rows, &columns, &mut self.zone, self.compressor.as_mut())?;
        } else {
            self.held.push((rows, columns));
            self.held_rows += rows;
            if self.held_rows >= SAMPLE_VALUES {
                self.open_group()?;
            }
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, _batch: &Batch, _row: usize) -> usize {
        0
    }

    fn reset(&mut self, _first_row: u64) {
        self.held.clear();
        self.held_rows = 0;
        self.group = None;
        self.finished.reset();
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        if !self.finished.is_open() {
            self.close_group()?;
        }
        Ok(self.finished.hand_out(output))
    }

    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        self.finished.take_metadata()
    }

    fn memory_bytes(&self) -> usize {
        let held: usize =
            self.held.iter().flat_map(|(_, columns)| columns).map(|column| column.get_array_memory_size()).sum();
        let spare = self.compressor.as_ref().map_or(0, Compressor::memory_bytes);
        held + spare + self.finished.memory_bytes() + self.group.as_ref().map_or(0, OpenGroup::memory_bytes)
    }
}

impl ParquetEncoder {
    /// The columns in the form in which they are written; checks every value that may not be writable.
    fn prepare(&mut self, batch: &Batch, first_row: usize) -> Result<Vec<ArrayRef>> {
        let columns = batch.columns.iter().zip(&batch.schema.columns).zip(&self.layout.forms);
        let mut failed: Option<KernelError> = None;
        let mut prepared = Vec::with_capacity(batch.columns.len());
        for ((array, column), form) in columns {
            let array = array.slice(first_row, batch.rows - first_row);
            let unit = self.layout.options.timestamp_unit;
            let result = match form {
                ColumnForm::Arrow => prepare::prepare(&array, &column.data_type, unit, &mut self.zone),
                ColumnForm::TimestampInt96 => Ok(array),
                ColumnForm::FixedInt96 => Int96Column::default().push_fixed(&array).map(|()| array),
            };
            match result {
                Ok(array) => prepared.push(array),
                Err(error) if failed.as_ref().is_none_or(|failed| error.row < failed.row) => {
                    failed = Some(error.at_field(&column.name));
                }
                Err(_) => {}
            }
        }
        failed.map_or(Ok(prepared), Err)
    }

    /// Decides about dictionaries and writes the rows that were held for it.
    fn open_group(&mut self) -> Result<()> {
        let mut with_dictionary = Vec::new();
        for index in 0..self.layout.forms.len() {
            match self.layout.forms[index] {
                ColumnForm::Arrow => {
                    let parts: Vec<_> = self.held.iter().map(|(_, columns)| columns[index].as_ref()).collect();
                    dictionary::decide(&first_values(&parts)?, &mut with_dictionary);
                }
                _ => with_dictionary.push(false),
            }
        }
        let pieces = self.finished.take_pieces();
        if let Some(compressor) = &mut self.compressor {
            compressor.recycle_chunks(pieces);
        }
        let mut group = OpenGroup::try_new(&self.layout, &with_dictionary, self.compressor.as_mut())?;
        for (rows, columns) in std::mem::take(&mut self.held) {
            group.write(&self.layout, rows, &columns, &mut self.zone, self.compressor.as_mut())?;
        }
        self.held_rows = 0;
        self.group = Some(group);
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        if self.group.is_none() && self.held_rows > 0 {
            self.open_group()?;
        }
        self.finished.reset();
        let Some(group) = self.group.take() else { return Ok(()) };
        let (pieces, metadata) = guarded(ErrorCode::EncodeFailed, "ending a row group", || {
            group.close(&self.layout, self.compressor.as_mut())
        })?;
        self.finished = Finished::new(pieces, metadata);
        Ok(())
    }
}

/// The first [`SAMPLE_VALUES`] rows of a column.
fn first_values(parts: &[&dyn arrow_array::Array]) -> Result<ArrayRef> {
    let mut missing = SAMPLE_VALUES;
    let mut sample = Vec::new();
    for part in parts {
        let rows = part.len().min(missing);
        missing -= rows;
        sample.push(part.slice(0, rows));
    }
    if let [single] = sample.as_slice() {
        return Ok(Arc::clone(single));
    }
    let sample: Vec<_> = sample.iter().map(AsRef::as_ref).collect();
    arrow_select::concat::concat(&sample)
        .map_err(|error| KernelError::new(ErrorCode::EncodeFailed, format!("sampling a column failed: {error}")))
}

impl OpenGroup {
    fn try_new(layout: &FileLayout, with_dictionary: &[bool], mut compressor: Option<&mut Compressor>) -> Result<Self> {
        let mut columns = Vec::with_capacity(layout.forms.len());
        let mut leaf = 0;
        for (root, form) in layout.forms.iter().enumerate() {
            let first_leaf = leaf;
            while leaf < layout.descriptor().num_columns() && layout.descriptor().get_column_root_idx(leaf) == root {
                leaf += 1;
            }
            if *form != ColumnForm::Arrow {
                columns.push(ColumnEncoder::Int96(Int96Column::default()));
                continue;
            }
            let arrow = layout.arrow_schema.field(root).data_type();
            let use_dictionary = with_dictionary.get(first_leaf).copied().unwrap_or(false);
            let flat = compressor.as_deref_mut().and_then(|compressor| {
                FlatColumn::try_new(layout.descriptor().column(first_leaf), arrow, use_dictionary, compressor)
            });
            columns.push(match flat {
                Some(flat) => ColumnEncoder::Flat(Box::new(flat)),
                None => ColumnEncoder::Library(Box::new(LibraryColumn::try_new(layout, root, with_dictionary)?)),
            });
        }
        Ok(Self { rows: 0, columns })
    }

    fn write(
        &mut self,
        layout: &FileLayout,
        rows: usize,
        arrays: &[ArrayRef],
        zone: &mut LocalZone,
        mut compressor: Option<&mut Compressor>,
    ) -> Result<()> {
        self.rows += rows as u64;
        let fields = layout.arrow_schema.fields();
        for (((column, array), field), form) in self.columns.iter_mut().zip(arrays).zip(fields).zip(&layout.forms) {
            match (column, form) {
                (ColumnEncoder::Int96(values), ColumnForm::FixedInt96) => values.push_fixed(array)?,
                (ColumnEncoder::Int96(values), _) => values.push_timestamps(array, zone),
                (column, _) => guarded(ErrorCode::EncodeFailed, "encoding a column", || {
                    match (column, compressor.as_deref_mut()) {
                        (ColumnEncoder::Library(library), _) => library.append(array),
                        (ColumnEncoder::Flat(flat), Some(compressor)) => flat.append(array, compressor),
                        _ => Ok(()),
                    }
                })
                .map_err(|error| error.at_field(field.name()))?,
            }
        }
        Ok(())
    }

    /// Ends the row group: its bytes in order, and what describes them.
    fn close(
        self,
        layout: &FileLayout,
        mut compressor: Option<&mut Compressor>,
    ) -> Result<(Vec<Vec<u8>>, Vec<u8>), ParquetError> {
        let (mut pieces, mut chunks, mut position) = (Vec::new(), Vec::new(), 0);
        for (root, column) in self.columns.into_iter().enumerate() {
            let part = match (column, compressor.as_deref_mut()) {
                (ColumnEncoder::Library(library), _) => library.close()?,
                (ColumnEncoder::Flat(flat), Some(compressor)) => flat.close(compressor)?,
                (ColumnEncoder::Int96(column), _) => {
                    let file = layout.column_file(root, &[]).map_err(|error| ParquetError::General(error.message))?;
                    encode_int96(file, &column)?
                }
                (ColumnEncoder::Flat(_), None) => return Err(ParquetError::General("a column has no codec".into())),
            };
            for chunk in part.chunks {
                chunks.push(moved(chunk, position)?);
            }
            position += part.pieces.iter().map(|piece| piece.len() as i64).sum::<i64>();
            pieces.extend(part.pieces);
        }
        let metadata = describe_group(layout, self.rows, chunks)?;
        Ok((pieces, metadata))
    }

    fn memory_bytes(&self) -> usize {
        let column_bytes = |column: &ColumnEncoder| match column {
            ColumnEncoder::Library(library) => library.memory_bytes(),
            ColumnEncoder::Flat(flat) => flat.memory_bytes(),
            ColumnEncoder::Int96(column) => column.memory_bytes(),
        };
        self.columns.iter().map(column_bytes).sum()
    }
}
