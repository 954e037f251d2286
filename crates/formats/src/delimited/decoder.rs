//! Records to batches.

use super::arrays::constant_text;
use super::careful::Careful;
use super::columns::{ColumnBuilder, FieldSource, Reading};
use super::index::{self, Found, Separators};
use super::options::{DecoderOptions, Defaults, Origin};
use super::table::{Regular, RowFault, STEP_BYTES, TEXT_LIMIT, Table, fill_from_index, too_large};
use crate::partitions::Partitions;
use arrow_array::ArrayRef;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Rows after which a batch is closed.
const BATCH_ROWS: usize = 8_192;
/// Bytes of text after which a batch is closed.
const BATCH_BYTES: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// See [`super`].
pub(super) struct DelimitedDecoder {
    schema: Arc<Schema>,
    options: DecoderOptions,
    value_limit: usize,
    separators: Option<Separators>,
    careful: Careful,
    table: Table,
    positions: Vec<u32>,
    /// Columns that are read from the file: index in the schema, in the file, among the wanted ones of the table.
    columns: Vec<FileColumn>,
    partitions: Partitions,
    /// Rows in the builders.
    rows: usize,
}

struct FileColumn {
    output: usize,
    file: usize,
    wanted: usize,
    builder: ColumnBuilder,
}

/// Where reading begins in a piece.
enum Start {
    At(usize),
    NeedMore,
    Done,
}

/// What one step gave.
struct Step {
    consumed: usize,
    fault: Option<KernelError>,
}

impl DelimitedDecoder {
    /// A decoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, context: &Context, defaults: &Defaults) -> Result<Self> {
        let options = DecoderOptions::read(schema, options, defaults)?;
        let value_limit = context.value_limit_bytes.min(TEXT_LIMIT - 64);
        let mut wanted: Vec<usize> = options.origins.iter().filter_map(Origin::file).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut columns = Vec::new();
        for (output, origin) in options.origins.iter().enumerate() {
            if let Some(file) = origin.file() {
                let data_type = &schema.columns[output].data_type;
                let builder = ColumnBuilder::new(data_type, 0, options.nested_separators.len())
                    .map_err(|error| error.at_field(&schema.columns[output].name))?;
                let wanted = wanted.partition_point(|column| *column < file);
                columns.push(FileColumn { output, file, wanted, builder });
            }
        }
        let dialect = &options.dialect;
        let simple = dialect.field_delimiter.len() == 1 && dialect.row_delimiter.len() == 1 && dialect.escape.is_none();
        Ok(Self {
            separators: simple.then(|| Separators {
                field: dialect.field_delimiter[0],
                row: dialect.row_delimiter[0],
                quote: dialect.quote,
                quoted_rows: dialect.quoted_newlines,
            }),
            careful: Careful::new(dialect, value_limit),
            table: Table::new(wanted),
            positions: Vec::new(),
            schema: Arc::clone(schema),
            value_limit,
            columns,
            partitions: Partitions::default(),
            rows: 0,
            options,
        })
    }

    /// Skips byte-order mark, header and the end of the previous piece's record.
    fn start(&self, input: &[u8], bounds: InputBounds) -> Start {
        let mut position = 0;
        if bounds.start_of_file {
            if input.starts_with(BYTE_ORDER_MARK) {
                position = BYTE_ORDER_MARK.len();
            } else if !bounds.end_of_file && BYTE_ORDER_MARK.starts_with(input) {
                return Start::NeedMore;
            }
        }
        let header_rows = if bounds.start_of_file { self.options.skip_header_rows } else { 0 };
        for _ in 0..header_rows.saturating_add(usize::from(bounds.skip_partial_record)) {
            match self.careful.find_row_end(&input[position..]) {
                Some(length) => position += length + self.options.dialect.row_delimiter.len(),
                None if bounds.end_of_file || input.len() >= bounds.limit => return Start::Done,
                None => return Start::NeedMore,
            }
        }
        Start::At(position)
    }

    /// Reads whole records from the beginning of `text` into the builders.
    fn step(&mut self, text: &[u8], limit: usize, end_of_file: bool, row_limit: usize) -> Step {
        if let Some(separators) = self.separators
            && let Some(step) = self.indexed_step(text, limit, end_of_file, row_limit, separators)
        {
            return step;
        }
        let cut = self.careful.cut(text, limit, end_of_file, row_limit, &mut self.table);
        self.read_table(text, cut.consumed, cut.fault)
    }

    /// `None` when the quotes are for the careful cutter.
    fn indexed_step(
        &mut self,
        text: &[u8],
        limit: usize,
        end_of_file: bool,
        row_limit: usize,
        separators: Separators,
    ) -> Option<Step> {
        let mut length = STEP_BYTES.min(text.len());
        let (found, last_row_open) = loop {
            let found = index::find(&text[..length], separators, row_limit, &mut self.positions);
            if found.unclear {
                return None;
            }
            let at_end = end_of_file && length == text.len() && found.rows < row_limit;
            if at_end && found.open {
                return None;
            }
            let last_end = self.positions.get(found.complete).map_or(0, |end| end.wrapping_add(1) as usize);
            if at_end && last_end < length {
                break (found, true);
            }
            if found.rows > 0 {
                break (found, false);
            }
            if length == text.len() {
                let fault = (length > self.value_limit + 2).then(|| too_large(self.value_limit).at_row(self.rows));
                return Some(Step { consumed: 0, fault });
            }
            length = (length * 2).min(text.len());
        };
        if last_row_open {
            self.positions.push(length as u32);
        } else {
            self.positions.truncate(found.complete + 1);
        }
        let rows = found.rows + usize::from(last_row_open);
        Some(self.read_index(text, limit, separators, rows, found))
    }

    /// Reads the rows of the index that begin before `limit` and are not too long.
    fn read_index(&mut self, text: &[u8], limit: usize, separators: Separators, rows: usize, found: Found) -> Step {
        let columns = self.options.file_columns;
        let length = self.positions.last().map_or(0, |end| (*end as usize + 1).min(text.len()));
        let regular = !found.doubled && length <= limit && length <= self.value_limit && columns > 1;
        if regular && is_regular(&text[..length], &self.positions, rows, columns, separators.row) {
            let fault = check_encoding(&text[..length], |offset| {
                self.positions[1..].partition_point(|end| *end as usize <= offset) / columns
            });
            let positions = std::mem::take(&mut self.positions);
            let quote = separators.quote.unwrap_or_default();
            let step = if found.quotes {
                let source = Regular::<true> { text, positions: &positions, columns, length, quote };
                self.read_columns(&source, false, rows, length, fault)
            } else {
                let source = Regular::<false> { text, positions: &positions, columns, length, quote };
                self.read_columns(&source, false, rows, length, fault)
            };
            self.positions = positions;
            return step;
        }
        fill_from_index(&mut self.table, &text[..length], &self.positions, separators.row, separators.quote);
        let mut fault = None;
        if length > self.value_limit {
            let too_long = |row: &(u32, u32)| (row.1 - row.0) as usize > self.value_limit;
            fault = self
                .table
                .rows
                .iter()
                .position(too_long)
                .map(|row| RowFault { row, error: too_large(self.value_limit) });
        }
        let inside = self.table.rows.partition_point(|(start, _)| (*start as usize) < limit);
        let mut consumed = length;
        if inside < self.table.rows.len() {
            consumed = self.table.rows[inside].0 as usize;
            self.table.rows.truncate(inside);
            fault = fault.filter(|fault| fault.row < inside);
        }
        self.read_table(text, consumed, fault)
    }

    fn read_table(&mut self, text: &[u8], consumed: usize, fault: Option<RowFault>) -> Step {
        let table = std::mem::take(&mut self.table);
        let invalid = check_encoding(&text[..consumed], |offset| {
            table.rows.partition_point(|(start, _)| *start as usize <= offset).saturating_sub(1)
        });
        let fault = match (fault, invalid) {
            (Some(fault), Some(invalid)) if fault.row <= invalid.row => Some(fault),
            (fault, None) => fault,
            (_, invalid) => invalid,
        };
        let step = self.read_columns(&table.source(text, consumed), true, table.rows.len(), consumed, fault);
        self.table = table;
        step
    }

    /// Parses the rows into the builders, up to the lowest row that fails.
    fn read_columns<S: FieldSource>(
        &mut self,
        source: &S,
        by_wanted: bool,
        rows: usize,
        consumed: usize,
        fault: Option<RowFault>,
    ) -> Step {
        let (mut rows, mut error) = match fault {
            Some(fault) => (fault.row.min(rows), Some(fault.error)),
            None => (rows, None),
        };
        let reading =
            Reading { null_format: self.options.null_format.as_deref(), separators: &self.options.nested_separators };
        for column in &mut self.columns {
            let index = if by_wanted { column.wanted } else { column.file };
            if let Err((row, fault)) = column.builder.append(source, index, rows, reading) {
                rows = row;
                error = Some(fault.at_field(&self.schema.columns[column.output].name));
            }
        }
        self.rows += rows;
        if error.is_some() {
            self.columns.iter_mut().for_each(|column| column.builder.truncate(self.rows));
        }
        Step { consumed, fault: error.map(|error| error.at_row(self.rows)) }
    }

    /// The rows in the builders as a batch.
    fn take_batch(&mut self) -> Result<Option<Batch>> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(None);
        }
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; self.schema.columns.len()];
        for column in &mut self.columns {
            arrays[column.output] = Some(column.builder.finish()?);
        }
        let mut columns = Vec::with_capacity(arrays.len());
        for (array, origin) in arrays.into_iter().zip(&self.options.origins) {
            columns.push(match (array, origin) {
                (Some(array), _) => array,
                (None, Origin::Partition(name)) => constant_text(self.partitions.text(name), rows)?,
                (None, Origin::File(_)) => {
                    return Err(KernelError::new(ErrorCode::ProgramInvalid, "a column was not read"));
                }
            });
        }
        Batch::try_new(Arc::clone(&self.schema), columns, rows).map(Some)
    }
}

/// Whether every one of `rows` rows has exactly `columns` fields and no carriage return at its end.
fn is_regular(text: &[u8], positions: &[u32], rows: usize, columns: usize, row_delimiter: u8) -> bool {
    let ends = &positions[1..];
    if ends.len() != rows * columns {
        return false;
    }
    // There are as many row delimiters as rows: when each stands at the end of `columns` fields, none stands elsewhere.
    let mut irregular = false;
    for row in ends.chunks_exact(columns) {
        let end = row[columns - 1] as usize;
        irregular |= end < text.len() && text[end] != row_delimiter;
        irregular |= row_delimiter == b'\n' && end > 0 && text[end - 1] == b'\r';
    }
    !irregular
}

/// The row, by its byte offset, that holds bytes which are not UTF-8.
fn check_encoding(text: &[u8], row_of: impl Fn(usize) -> usize) -> Option<RowFault> {
    if simdutf8::basic::from_utf8(text).is_ok() {
        return None;
    }
    let offset = std::str::from_utf8(text).err()?.valid_up_to();
    let error = KernelError::new(ErrorCode::EncodingInvalid, "reading bytes that are not valid UTF-8");
    Some(RowFault { row: row_of(offset), error })
}

impl Decoder for DelimitedDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.partitions = Partitions::of(arguments)?;
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        self.rows = 0;
        self.columns.iter_mut().for_each(|column| column.builder.truncate(0));
        let begin = match self.start(input, bounds) {
            Start::At(position) => position,
            Start::NeedMore => return Ok(Decoded::default()),
            Start::Done => {
                return Ok(Decoded { consumed: input.len().min(bounds.limit), done: true, ..Decoded::default() });
            }
        };
        let mut position = begin;
        while position < input.len().min(bounds.limit) && self.rows < BATCH_ROWS && position - begin < BATCH_BYTES {
            let rest = &input[position..];
            let text = &rest[..rest.len().min(TEXT_LIMIT)];
            let end_of_file = bounds.end_of_file && text.len() == rest.len();
            let step = self.step(text, bounds.limit - position, end_of_file, BATCH_ROWS - self.rows);
            if let Some(error) = step.fault {
                return Err(error);
            }
            if step.consumed == 0 {
                break;
            }
            position += step.consumed;
        }
        let done = position >= bounds.limit || (bounds.end_of_file && position >= input.len());
        Ok(Decoded { consumed: position, batch: self.take_batch()?, done, ..Decoded::default() })
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.take_batch().ok().flatten()
    }

    fn memory_bytes(&self) -> usize {
        self.positions.capacity() * 4 + self.table.memory_bytes()
    }
}
