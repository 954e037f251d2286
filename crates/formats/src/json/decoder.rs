//! Lines to batches.

use super::arrays::constant_text;
use super::change::Dialect;
use super::document::Document;
use super::options::{DecoderOptions, Origin};
use super::row::RowReader;
use crate::partitions::Partitions;
use arrow_array::Int8Array;
use memchr::{memchr, memrchr};
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::json_text::shorten;
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Rows after which a batch is closed.
pub(super) const BATCH_ROWS: usize = 8_192;
/// Bytes of text after which a batch is closed.
pub(super) const BATCH_BYTES: usize = 1 << 20;
/// Bytes of text that are validated and read together, so that they are still in the cache when they are read.
const STEP_BYTES: usize = 64 << 10;
/// No record is longer, whatever the context says: offsets of text have 31 bits, and an escape may take six bytes.
const RECORD_LIMIT: usize = 256 << 20;
/// Values that a record may make beyond one for each of its bytes.
pub(super) const SPARE_VALUES: usize = 16 << 20;
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// See [`super`].
pub(super) struct JsonDecoder {
    schema: Arc<Schema>,
    options: DecoderOptions,
    records: Records,
    document: Document,
    partitions: Partitions,
}

/// The columns that are read from the file, and how a record gets into them.
pub(super) struct Records {
    pub(super) root: RowReader,
    /// One record may have this many bytes.
    pub(super) value_limit: usize,
    /// What a record is when it is not the row itself.
    pub(super) dialect: Option<Dialect>,
    /// Kinds of the rows, when records are change events.
    pub(super) kinds: Vec<i8>,
}

/// Where reading begins in a piece.
enum Start {
    At(usize),
    NeedMore,
    Done,
}

impl JsonDecoder {
    /// A decoder for batches of `schema` whose records are rows, or change events of a dialect.
    pub(super) fn new(
        schema: &Arc<Schema>,
        options: &Value,
        context: &Context,
        dialect: Option<Dialect>,
    ) -> Result<Self> {
        let options = DecoderOptions::read(schema, options)?;
        let members = schema.columns.iter().zip(&options.origins).filter(|(_, origin)| **origin == Origin::Member);
        let mut root = RowReader::new(members.map(|(column, _)| (column.name.as_str(), &column.data_type)));
        root.set_positions(options.positions.iter().map(String::as_str));
        for (column, origin) in schema.columns.iter().zip(&options.origins) {
            if matches!(origin, Origin::Partition(_)) && column.data_type != DataType::String {
                let message = format!("a partition column is of type '{}', not STRING", column.data_type);
                return Err(KernelError::new(ErrorCode::ProgramInvalid, message).at_field(&column.name));
            }
        }
        let value_limit = context.value_limit_bytes.min(RECORD_LIMIT);
        Ok(Self {
            schema: Arc::clone(schema),
            options,
            records: Records { root, value_limit, dialect, kinds: Vec::new() },
            document: Document::default(),
            partitions: Partitions::default(),
        })
    }

    fn decode_lines(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        let begin = match self.start(input, bounds)? {
            Start::At(position) => position,
            Start::NeedMore => return Ok(Decoded::default()),
            Start::Done => {
                return Ok(Decoded { consumed: input.len().min(bounds.limit), done: true, ..Decoded::default() });
            }
        };
        let limit = input.len().min(bounds.limit);
        let complete = memrchr(b'\n', &input[begin..]).map_or(begin, |index| begin + index + 1);
        let mut at = begin;
        while at < limit && self.records.root.rows < BATCH_ROWS && at - begin < BATCH_BYTES {
            let step = match step_end(input, at, complete) {
                Some(end) => end,
                None if bounds.end_of_file => input.len(),
                None if input.len() - at > self.records.value_limit => return Err(self.records.too_large()),
                None => break,
            };
            let valid = valid_lines(&input[at..step]) + at;
            if valid == at {
                return Err(self.records.bad_encoding(&input[at..step]));
            }
            while at < valid.min(limit) && self.records.root.rows < BATCH_ROWS && at - begin < BATCH_BYTES {
                let end = memchr(b'\n', &input[at..valid]).map_or(valid, |index| at + index);
                self.records.read_line(input, at, end)?;
                at = (end + 1).min(input.len());
            }
        }
        let done = at >= bounds.limit || (bounds.end_of_file && at >= input.len());
        Ok(Decoded { consumed: at, batch: self.take_batch()?, done, ..Decoded::default() })
    }

    /// Skips the byte-order mark and the end of the previous piece's record.
    fn start(&self, input: &[u8], bounds: InputBounds) -> Result<Start> {
        let mut position = 0;
        if bounds.start_of_file {
            if input.starts_with(BYTE_ORDER_MARK) {
                position = BYTE_ORDER_MARK.len();
            } else if !bounds.end_of_file && BYTE_ORDER_MARK.starts_with(input) {
                return Ok(Start::NeedMore);
            }
        }
        if bounds.skip_partial_record {
            match memchr(b'\n', &input[position..]) {
                Some(length) => position += length + 1,
                None if bounds.end_of_file || input.len() >= bounds.limit => return Ok(Start::Done),
                None if input.len() > self.records.value_limit => return Err(self.records.too_large()),
                None => return Ok(Start::NeedMore),
            }
        }
        Ok(Start::At(position))
    }

    fn take_batch(&mut self) -> Result<Option<Batch>> {
        let rows = std::mem::take(&mut self.records.root.rows);
        if rows == 0 {
            return Ok(None);
        }
        let mut read = self.records.root.columns.iter_mut();
        let mut columns = Vec::with_capacity(self.options.origins.len());
        for origin in &self.options.origins {
            match origin {
                Origin::Member => columns.extend(read.next().map(super::column::Column::finish).transpose()?),
                Origin::Partition(name) => {
                    let value = self.partitions.text(name);
                    columns.push(constant_text(value, rows)?);
                }
            }
        }
        let mut batch = Batch::try_new(Arc::clone(&self.schema), columns, rows)?;
        let kinds = std::mem::take(&mut self.records.kinds);
        if kinds.iter().any(|kind| *kind != 0) {
            batch.kinds = Some(Int8Array::from(kinds));
        }
        Ok(Some(batch))
    }
}

impl Decoder for JsonDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.document = Document::default();
        self.partitions = Partitions::of(arguments)?;
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        self.records.root.truncate(0);
        self.records.kinds.clear();
        if !self.options.array_document {
            return self.decode_lines(input, bounds);
        }
        let (consumed, done) = self.document.read(&mut self.records, input, bounds)?;
        Ok(Decoded { consumed, batch: self.take_batch()?, done, ..Decoded::default() })
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.take_batch().ok().flatten()
    }

    fn memory_bytes(&self) -> usize {
        self.records.root.columns.iter().map(super::column::Column::memory_bytes).sum()
    }
}

impl Records {
    /// Reads the rows of one line; on an error the rows before it stay.
    #[inline]
    fn read_line(&mut self, input: &[u8], start: usize, end: usize) -> Result<()> {
        let row = self.root.rows;
        if end - start > self.value_limit {
            return Err(self.too_large());
        }
        if let Some(dialect) = self.dialect {
            return self.read_change(dialect, input, start, end);
        }
        let mut lexer = Lexer::new(input, start, end);
        lexer.budget = end - start + SPARE_VALUES;
        if self.read_top(&mut lexer).is_ok() {
            return Ok(());
        }
        self.root.truncate(row);
        self.read_carefully(Lexer::new(input, start, end), Self::read_top)
    }

    #[inline]
    fn read_top(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        lexer.skip_blanks();
        match lexer.peek() {
            b'{' => self.root.read(lexer)?,
            b'[' => {
                lexer.at += 1;
                lexer.enter()?;
                let mut first = true;
                while lexer.next_element(first, b']')? {
                    self.read_element(lexer)?;
                    first = false;
                }
                lexer.depth -= 1;
            }
            _ => {}
        }
        lexer.skip_blanks();
        if lexer.at == lexer.end { Ok(()) } else { Err(Fault::Syntax) }
    }

    /// Reads an element of an array of rows.
    #[inline]
    pub(super) fn read_element(&mut self, lexer: &mut Lexer<'_>) -> Result<(), Fault> {
        lexer.spend(self.root.width)?;
        self.root.read(lexer)
    }

    /// Reads a record again that did not go the fast way: checks its grammar as a whole first, then its values.
    #[cold]
    pub(super) fn read_carefully(
        &mut self,
        mut lexer: Lexer<'_>,
        read: impl Fn(&mut Self, &mut Lexer<'_>) -> Result<(), Fault>,
    ) -> Result<()> {
        let (start, depth) = (lexer.at, lexer.depth);
        let record = &lexer.bytes[start..lexer.end];
        let mut checked = lexer.skip_value();
        lexer.skip_blanks();
        if checked.is_ok() && lexer.at < lexer.end {
            checked = Err(Fault::Syntax);
        }
        if let Err(fault) = checked {
            return Err(self.malformed(fault, record, lexer.at - start));
        }
        (lexer.at, lexer.depth, lexer.careful) = (start, depth, true);
        lexer.budget = record.len() + SPARE_VALUES;
        let Err(fault) = read(self, &mut lexer) else { return Ok(()) };
        let row = self.root.rows;
        self.root.truncate(row);
        Err(match (fault, lexer.error) {
            (Fault::Value, Some(error)) => error.at_row(row),
            _ => self.malformed(fault, record, lexer.at - start),
        })
    }

    #[cold]
    pub(super) fn malformed(&self, fault: Fault, record: &[u8], offset: usize) -> KernelError {
        let shown = shorten(record.trim_ascii());
        let (code, what) = match fault {
            Fault::TooLarge => (ErrorCode::ValueTooLarge, "it makes too many values".to_owned()),
            Fault::Depth => (ErrorCode::RecordMalformed, "it is nested deeper than 64 levels".to_owned()),
            _ if offset >= record.len() => (ErrorCode::RecordMalformed, "it ends too early".to_owned()),
            _ => (ErrorCode::RecordMalformed, format!("unexpected text at byte {offset}")),
        };
        KernelError::new(code, format!("reading '{shown}' as a JSON record: {what}")).at_row(self.root.rows)
    }

    #[cold]
    pub(super) fn too_large(&self) -> KernelError {
        let message = format!("a record is longer than {} bytes", self.value_limit);
        KernelError::new(ErrorCode::ValueTooLarge, message).at_row(self.root.rows)
    }

    /// The error of a line that is not UTF-8.
    #[cold]
    pub(super) fn bad_encoding(&self, text: &[u8]) -> KernelError {
        if memchr(b'\n', text).unwrap_or(text.len()) > self.value_limit {
            return self.too_large();
        }
        KernelError::new(ErrorCode::EncodingInvalid, "a record is not valid UTF-8").at_row(self.root.rows)
    }
}

/// End of the complete lines from `at` on that are read next; `None` when there is none.
#[inline]
fn step_end(input: &[u8], at: usize, complete: usize) -> Option<usize> {
    if complete <= at {
        return None;
    }
    let end = (at + STEP_BYTES).min(complete);
    match memrchr(b'\n', &input[at..end]) {
        Some(index) => Some(at + index + 1),
        None => memchr(b'\n', &input[end..]).map(|index| end + index + 1),
    }
}

/// Length of the lines from the beginning that are valid UTF-8.
#[inline]
fn valid_lines(text: &[u8]) -> usize {
    if simdutf8::basic::from_utf8(text).is_ok() {
        return text.len();
    }
    let valid = simdutf8::compat::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
    memrchr(b'\n', &text[..valid]).map_or(0, |index| index + 1)
}
