//! Batches to records.

use super::options::{Defaults, Dialect, QuoteMode, invalid, nested_separators, quote_mode, text as text_option};
use super::pattern::{MAX_PATTERN_BYTES, Pattern};
use super::pen::{Pen, SLACK};
use super::view::{View, ViewValues, range};
use super::write::Writing;
use memchr::memchr;
use millrace_batch::codec::Encoder;
use millrace_batch::schema::DataType;
use millrace_batch::text::MAX_SCALAR_BYTES;
use millrace_batch::{Batch, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Rows whose room is checked at once.
const BLOCK_ROWS: usize = 64;
/// Upper bound of one field that is neither text nor nested, its quotes and its delimiter excluded.
const SCALAR_BOUND: usize = MAX_PATTERN_BYTES + 8;

/// See [`super`].
pub(super) struct DelimitedEncoder {
    writing: Writing,
    columns: usize,
    row_ends: Vec<u64>,
    total: u64,
}

impl DelimitedEncoder {
    /// An encoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, defaults: &Defaults) -> Result<Self> {
        let dialect = Dialect::read(options, defaults)?;
        let pattern = |name, default| Pattern::compile(text_option(options, name)?.unwrap_or(default));
        let patterns = [
            pattern("dateFormat", "yyyy-MM-dd")?,
            pattern("timeFormat", "HH:mm:ss")?,
            pattern("datetimeFormat", "yyyy-MM-dd HH:mm:ss")?,
        ];
        let separators = nested_separators(options)?;
        for column in &schema.columns {
            check(&column.data_type, 0, separators.len()).map_err(|error| error.at_field(&column.name))?;
        }
        let quote = dialect.quote;
        let mode = quote_mode(options, if quote.is_some() { defaults.quote_mode } else { QuoteMode::None })?;
        if mode != QuoteMode::None && quote.is_none() {
            return Err(invalid("'quoteMode' needs a 'quote'"));
        }
        Ok(Self {
            writing: Writing::new(&dialect, mode, patterns, separators),
            columns: schema.columns.len(),
            row_ends: Vec::new(),
            total: 0,
        })
    }

    /// Upper bound of the bytes of some rows.
    fn bound(&self, views: &[View<'_>], first: usize, rows: usize) -> usize {
        let delimiters = self.writing.row_delimiter.len() + self.columns * self.writing.field_delimiter.len();
        let mut bound = SLACK + rows * delimiters;
        for view in views {
            bound += match &view.values {
                ViewValues::Text { offsets, .. } => {
                    (offsets[first + rows] - offsets[first]) as usize * self.writing.text_growth() + rows * 2
                }
                ViewValues::Bytes { offsets, .. } => {
                    // A byte that is not UTF-8 becomes a character of three.
                    (offsets[first + rows] - offsets[first]) as usize * self.writing.text_growth() * 3 + rows * 2
                }
                ViewValues::List { .. } | ViewValues::Map { .. } | ViewValues::Row(_) => (first..first + rows)
                    .map(|row| self.writing.nested_bound(view, row, 0) * self.writing.text_growth() + 2)
                    .sum(),
                ViewValues::Null => 0,
                _ => rows * (SCALAR_BOUND + 2),
            };
        }
        bound
    }

    /// Writes rows whose room was checked.
    fn write_rows(&mut self, views: &[View<'_>], first: usize, rows: usize, pen: &mut Pen<'_>) {
        let special: Vec<bool> = views.iter().map(|view| self.writing.is_special(view, first, rows)).collect();
        for row in first..first + rows {
            pen.short(&self.writing.before_row);
            for (index, view) in views.iter().enumerate() {
                if index > 0 {
                    pen.short(&self.writing.between_fields);
                }
                if !view.is_null(row) {
                    self.writing.field(view, row, special[index], pen);
                }
            }
            self.row_ends.push(self.total + pen.length as u64);
        }
    }
}

/// Refuses what a row of text cannot hold.
fn check(data_type: &DataType, level: usize, separators: usize) -> Result<()> {
    // A builder knows the same rule.
    super::columns::ColumnBuilder::new(data_type, level, separators).map(|_| ())
}

impl Encoder for DelimitedEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let views = View::columns(batch)?;
        let mut row = first_row;
        let mut block = BLOCK_ROWS;
        while row < batch.rows {
            let rows = block.min(batch.rows - row);
            if !output.has_room(self.bound(&views, row, rows)) {
                if rows == 1 {
                    break;
                }
                block = rows / 2;
                continue;
            }
            let mut pen = Pen { out: output.spare(), length: 0 };
            self.write_rows(&views, row, rows, &mut pen);
            let length = pen.length;
            output.advance(length);
            self.total += length as u64;
            row += rows;
        }
        Ok(row)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        View::columns(batch).map_or(0, |views| self.bound(&views, row, 1))
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, _first_row: u64) {
        self.row_ends.clear();
        self.total = 0;
    }

    fn memory_bytes(&self) -> usize {
        self.row_ends.capacity() * 8 + self.writing.memory_bytes()
    }
}

impl Writing {
    /// Whether some text of these rows may have to be quoted.
    pub(super) fn is_special(&self, view: &View<'_>, first: usize, rows: usize) -> bool {
        match (&view.values, self.mode) {
            (_, QuoteMode::None) => false,
            (ViewValues::Text { offsets, bytes }, QuoteMode::Minimal) => {
                self.holds_special(&bytes[offsets[first] as usize..offsets[first + rows] as usize])
            }
            _ => true,
        }
    }

    /// Whether a text holds the first byte of a delimiter, a quote or a line break.
    pub(super) fn holds_special(&self, text: &[u8]) -> bool {
        self.special_bytes.iter().any(|byte| memchr(*byte, text).is_some())
    }

    /// Upper bound of a value inside a nested one, and of a nested one.
    fn nested_bound(&self, view: &View<'_>, row: usize, level: usize) -> usize {
        let separator = |level: usize| self.separators.get(level).map_or(0, Vec::len);
        if view.is_null(row) {
            return 0;
        }
        match &view.values {
            ViewValues::Text { offsets, .. } => range(offsets, row).len(),
            ViewValues::Bytes { offsets, .. } => range(offsets, row).len() * 3,
            ViewValues::List { offsets, element } => {
                range(offsets, row).map(|index| self.nested_bound(element, index, level + 1) + separator(level)).sum()
            }
            ViewValues::Map { offsets, key, value } => range(offsets, row)
                .map(|index| {
                    self.nested_bound(key, index, level + 1)
                        + self.nested_bound(value, index, level + 1)
                        + separator(level)
                        + separator(level + 1)
                })
                .sum(),
            ViewValues::Row(children) => {
                children.iter().map(|child| self.nested_bound(child, row, level + 1) + separator(level)).sum()
            }
            _ => SCALAR_BOUND.max(MAX_SCALAR_BYTES),
        }
    }
}
