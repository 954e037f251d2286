//! Morsels of batches to row groups.

use super::dictionary::{self, SAMPLE_VALUES};
use super::flat::{Compressor, FlatColumn};
use super::int96::Int96Column;
use super::options::EncodeOptions;
use super::types::{ColumnForm, column_form, file_schema};
use super::zone::LocalZone;
use super::{guarded, prepare};
use arrow_array::ArrayRef;
use arrow_schema::{DataType as ArrowType, Field, Schema as ArrowSchema, SchemaRef};
use millrace_batch::codec::{Context, Encoder};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::data_type::Int96Type;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{SchemaDescriptor, TypePtr};
use serde_json::Value;
use std::sync::Arc;

/// Name of the writer in the file.
const CREATED_BY: &str = "millrace";
/// Values handed on at a time; larger than the default because the statistics of a batch are cheap.
const WRITE_BATCH_VALUES: usize = 8_192;

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

/// What all row groups of a file share.
pub(super) struct FileLayout {
    options: EncodeOptions,
    file_schema: TypePtr,
    descriptor: SchemaDescriptor,
    arrow_schema: SchemaRef,
    forms: Vec<ColumnForm>,
}

impl FileLayout {
    pub(super) fn try_new(schema: &Schema, options: &Value) -> Result<Self> {
        let options = EncodeOptions::try_new(options)?;
        let file_schema = file_schema(schema, &options)?;
        let forms: Vec<_> =
            schema.columns.iter().map(|column| column_form(&column.name, &column.data_type, &options)).collect();
        let fields = schema.columns.iter().zip(&forms).map(|(column, form)| {
            let arrow = match form {
                ColumnForm::Arrow => prepare::prepared_type(&column.data_type, options.timestamp_unit),
                // Any type with one leaf: its writer is not used.
                _ => ArrowType::Int64,
            };
            Field::new(&column.name, arrow, true)
        });
        let arrow_schema = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        let descriptor = SchemaDescriptor::new(Arc::clone(&file_schema));
        Ok(Self { options, file_schema, descriptor, arrow_schema, forms })
    }

    /// A file without rows that writes into `buffer`. `with_dictionary` has one decision per leaf.
    pub(super) fn file_writer(
        &self,
        buffer: Vec<u8>,
        with_dictionary: &[bool],
    ) -> Result<SerializedFileWriter<Vec<u8>>> {
        let mut properties = self.properties();
        for (leaf, use_dictionary) in self.descriptor.columns().iter().zip(with_dictionary) {
            properties = properties.set_column_dictionary_enabled(leaf.path().clone(), *use_dictionary);
        }
        guarded(ErrorCode::EncodeFailed, "starting a row group", || {
            SerializedFileWriter::new(buffer, Arc::clone(&self.file_schema), Arc::new(properties.build()))
        })
    }

    fn properties(&self) -> WriterPropertiesBuilder {
        WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_created_by(CREATED_BY.to_owned())
            .set_compression(self.options.compression)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_write_batch_size(WRITE_BATCH_VALUES)
            .set_data_page_row_count_limit(usize::MAX)
    }
}

/// Encodes a morsel as one row group.
///
/// Rows are held until the first [`SAMPLE_VALUES`] are there, which decide about dictionaries; the pages of all columns are
/// held, compressed, until [`Encoder::finish`].
struct ParquetEncoder {
    layout: FileLayout,
    zone: LocalZone,
    held: Vec<Vec<ArrayRef>>,
    held_rows: usize,
    group: Option<OpenGroup>,
    /// Absent when the library compresses all columns.
    compressor: Option<Compressor>,
    finished: Finished,
}

/// The row group being written.
struct OpenGroup {
    file: SerializedFileWriter<Vec<u8>>,
    columns: Vec<ColumnEncoder>,
}

enum ColumnEncoder {
    Arrow(Vec<ArrowColumnWriter>),
    Flat(Box<FlatColumn>),
    Int96(Int96Column),
}

/// A row group that is being handed out.
#[derive(Default)]
struct Finished {
    bytes: Vec<u8>,
    handed_out: usize,
    data_end: usize,
    metadata: Option<Vec<u8>>,
    is_open: bool,
}

impl Encoder for ParquetEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, _output: &mut OutputBuffer<'_>) -> Result<usize> {
        if first_row >= batch.rows {
            return Ok(batch.rows);
        }
        let rows = batch.rows - first_row;
        let columns = self.prepare(batch, first_row).map_err(|error| shifted(error, first_row))?;
        if let Some(group) = &mut self.group {
            group.write(&self.layout, &columns, &mut self.zone, self.compressor.as_mut())?;
        } else {
            self.held.push(columns);
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
        self.finished.metadata = None;
        self.finished.is_open = false;
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn finish(&mut self, output: &mut OutputBuffer<'_>) -> Result<bool> {
        if !self.finished.is_open {
            self.close_group()?;
        }
        let finished = &mut self.finished;
        let length = (finished.data_end - finished.handed_out).min(output.remaining());
        output.push_slice(&finished.bytes[finished.handed_out..finished.handed_out + length]);
        finished.handed_out += length;
        let is_done = finished.handed_out == finished.data_end;
        finished.is_open = !is_done;
        Ok(is_done)
    }

    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        if self.finished.is_open { None } else { self.finished.metadata.take() }
    }

    fn memory_bytes(&self) -> usize {
        let held: usize = self.held.iter().flatten().map(|column| column.get_array_memory_size()).sum();
        let spare = self.compressor.as_ref().map_or(0, Compressor::memory_bytes);
        held + spare + self.finished.bytes.capacity() + self.group.as_ref().map_or(0, OpenGroup::memory_bytes)
    }
}

fn shifted(mut error: KernelError, first_row: usize) -> KernelError {
    error.row = error.row.map(|row| row + first_row as u64);
    error
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
                    let parts: Vec<_> = self.held.iter().map(|columns| columns[index].as_ref()).collect();
                    dictionary::decide(&first_values(&parts)?, &mut with_dictionary);
                }
                _ => with_dictionary.push(false),
            }
        }
        let mut buffer = std::mem::take(&mut self.finished.bytes);
        buffer.clear();
        let file = self.layout.file_writer(buffer, &with_dictionary)?;
        let mut group = OpenGroup::try_new(&self.layout, file, &with_dictionary, self.compressor.as_mut())?;
        for columns in std::mem::take(&mut self.held) {
            group.write(&self.layout, &columns, &mut self.zone, self.compressor.as_mut())?;
        }
        self.held_rows = 0;
        self.group = Some(group);
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        if self.group.is_none() && self.held_rows > 0 {
            self.open_group()?;
        }
        self.finished.handed_out = 0;
        self.finished.data_end = 0;
        self.finished.metadata = None;
        let Some(group) = self.group.take() else { return Ok(()) };
        let bytes = guarded(ErrorCode::EncodeFailed, "ending a row group", || group.close(self.compressor.as_mut()))?;
        let (data_end, metadata) = super::assemble::split_footer(&bytes)?;
        self.finished = Finished {
            handed_out: super::FILE_HEADER.len(),
            data_end,
            metadata: Some(metadata.to_vec()),
            bytes,
            is_open: true,
        };
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
    fn try_new(
        layout: &FileLayout,
        file: SerializedFileWriter<Vec<u8>>,
        with_dictionary: &[bool],
        mut compressor: Option<&mut Compressor>,
    ) -> Result<Self> {
        let factory = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&layout.arrow_schema));
        let writers = guarded(ErrorCode::EncodeFailed, "starting a row group", || factory.create_column_writers(0))?;
        let mut writers = writers.into_iter();
        let mut columns: Vec<ColumnEncoder> = layout
            .forms
            .iter()
            .map(|form| match form {
                ColumnForm::Arrow => ColumnEncoder::Arrow(Vec::new()),
                _ => ColumnEncoder::Int96(Int96Column::default()),
            })
            .collect();
        for leaf in 0..layout.descriptor.num_columns() {
            let writer = writers.next();
            if let (ColumnEncoder::Arrow(leaves), Some(writer)) =
                (&mut columns[layout.descriptor.get_column_root_idx(leaf)], writer)
            {
                leaves.push(writer);
            }
        }
        for leaf in 0..layout.descriptor.num_columns() {
            let root = layout.descriptor.get_column_root_idx(leaf);
            let arrow = layout.arrow_schema.field(root).data_type();
            let use_dictionary = with_dictionary.get(leaf).copied().unwrap_or(false);
            if let Some(compressor) = compressor.as_deref_mut()
                && layout.forms[root] == ColumnForm::Arrow
                && let Some(flat) =
                    FlatColumn::try_new(layout.descriptor.column(leaf), arrow, use_dictionary, compressor)
            {
                columns[root] = ColumnEncoder::Flat(Box::new(flat));
            }
        }
        Ok(Self { file, columns })
    }

    fn write(
        &mut self,
        layout: &FileLayout,
        arrays: &[ArrayRef],
        zone: &mut LocalZone,
        mut compressor: Option<&mut Compressor>,
    ) -> Result<()> {
        let fields = layout.arrow_schema.fields();
        for (((column, array), field), form) in self.columns.iter_mut().zip(arrays).zip(fields).zip(&layout.forms) {
            match (column, form) {
                (ColumnEncoder::Arrow(writers), _) => {
                    guarded(ErrorCode::EncodeFailed, "encoding a column", || write_leaves(writers, field, array))
                        .map_err(|error| error.at_field(field.name()))?;
                }
                (ColumnEncoder::Flat(flat), _) => {
                    if let Some(compressor) = compressor.as_deref_mut() {
                        guarded(ErrorCode::EncodeFailed, "encoding a column", || flat.append(array, compressor))
                            .map_err(|error| error.at_field(field.name()))?;
                    }
                }
                (ColumnEncoder::Int96(values), ColumnForm::FixedInt96) => values.push_fixed(array)?,
                (ColumnEncoder::Int96(values), _) => values.push_timestamps(array, zone),
            }
        }
        Ok(())
    }

    /// Ends the row group and gives it as a whole file.
    fn close(mut self, mut compressor: Option<&mut Compressor>) -> Result<Vec<u8>, ParquetError> {
        let mut group = self.file.next_row_group()?;
        for column in self.columns {
            match column {
                ColumnEncoder::Arrow(writers) => {
                    for writer in writers {
                        writer.close()?.append_to_row_group(&mut group)?;
                    }
                }
                ColumnEncoder::Flat(flat) => {
                    if let Some(compressor) = compressor.as_deref_mut() {
                        flat.close(&mut group, compressor)?;
                    }
                }
                ColumnEncoder::Int96(column) => {
                    let missing = || ParquetError::General("a column has no writer".into());
                    let mut writer = group.next_column()?.ok_or_else(missing)?;
                    writer.typed::<Int96Type>().write_batch(&column.values, Some(&column.levels), None)?;
                    writer.close()?;
                }
            }
        }
        group.close()?;
        self.file.into_inner()
    }

    fn memory_bytes(&self) -> usize {
        let column_bytes = |column: &ColumnEncoder| match column {
            ColumnEncoder::Arrow(writers) => writers.iter().map(ArrowColumnWriter::memory_size).sum(),
            ColumnEncoder::Flat(flat) => flat.memory_bytes(),
            ColumnEncoder::Int96(column) => column.memory_bytes(),
        };
        self.columns.iter().map(column_bytes).sum()
    }
}

fn write_leaves(writers: &mut [ArrowColumnWriter], field: &Field, array: &ArrayRef) -> Result<(), ParquetError> {
    let leaves = compute_leaves(field, array)?;
    writers.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))
}
