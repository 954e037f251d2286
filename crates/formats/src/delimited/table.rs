//! Where the fields of a step's rows are: straight in the index when every row is regular, else in a table.

use super::columns::FieldSource;
use super::number::Field;
use millrace_batch::{ErrorCode, KernelError};

/// Set in a cell's start: the field is in the side buffer, because its text differs from its bytes in the file.
const COOKED: u32 = 1 << 31;

/// Bytes at a time: the text, its index and the columns' tails stay in the second-level cache.
pub(super) const STEP_BYTES: usize = 64 << 10;

/// Longest text that one step may hold.
pub(super) const TEXT_LIMIT: usize = (1 << 30) - 1;

/// Fields of rows that all have exactly as many fields as the file has columns, and no carriage return at their end.
/// `QUOTED` rows may have quoted fields, but no quote inside one.
pub(super) struct Regular<'a, const QUOTED: bool> {
    /// The text of the step, and what follows it.
    pub text: &'a [u8],
    /// A sentinel, then the end of every field; see [`super::index::find`].
    pub positions: &'a [u32],
    /// Fields of a row.
    pub columns: usize,
    /// Length of the step's own text.
    pub length: usize,
    /// Opens and closes a quoted field.
    pub quote: u8,
}

impl<const QUOTED: bool> FieldSource for Regular<'_, QUOTED> {
    #[inline(always)]
    fn field(&self, row: usize, column: usize) -> Field<'_> {
        let index = row * self.columns + column;
        let [before, end] = self.positions[index..].first_chunk::<2>().copied().unwrap_or_default();
        let (start, end) = (before.wrapping_add(1) as usize, end as usize);
        let quoted = QUOTED && self.text.get(start) == Some(&self.quote) && end - start >= 2;
        Field { bytes: self.text, start: start + usize::from(quoted), end: end - usize::from(quoted) }
    }

    fn text_bytes(&self) -> usize {
        self.length
    }
}

/// A row that is no record.
#[derive(Clone, Debug)]
pub(super) struct RowFault {
    /// Row of the step; the table holds the rows before it.
    pub row: usize,
    /// Why.
    pub error: KernelError,
}

/// Cells of the columns that are read, row by row.
#[derive(Default)]
pub(super) struct Table {
    /// For each row and wanted column, start and end in the text or in `cooked`; an absent field is 0, 0.
    cells: Vec<(u32, u32)>,
    /// For each row, where it begins and ends (without its delimiter) in the text.
    pub rows: Vec<(u32, u32)>,
    /// Unescaped texts.
    cooked: Vec<u8>,
    /// File columns that are read, ascending.
    wanted: Vec<usize>,
    /// Index of the next wanted column of the open row.
    next: usize,
}

impl Table {
    /// An empty table of these file columns, which ascend.
    pub(super) fn new(wanted: Vec<usize>) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.rows.clear();
        self.cooked.clear();
        self.next = 0;
    }

    /// Whether this file column's text is of interest.
    #[inline]
    pub(super) fn wants(&self, column: usize) -> bool {
        self.wanted.get(self.next) == Some(&column)
    }

    /// Sets the field of the wanted column that [`Table::wants`] was asked for.
    #[inline]
    pub(super) fn set(&mut self, start: usize, end: usize) {
        self.cells.push((start as u32, end as u32));
        self.next += 1;
    }

    /// As [`Table::set`], with a text of its own.
    pub(super) fn set_cooked(&mut self, text: impl FnOnce(&mut Vec<u8>)) {
        let start = self.cooked.len();
        text(&mut self.cooked);
        self.cells.push((start as u32 | COOKED, self.cooked.len() as u32));
        self.next += 1;
    }

    /// Ends the open row; what was not set is absent.
    #[inline]
    pub(super) fn end_row(&mut self, start: usize, end: usize) {
        for _ in self.next..self.wanted.len() {
            self.cells.push((0, 0));
        }
        self.next = 0;
        self.rows.push((start as u32, end as u32));
    }

    /// Takes back the cells of the open row.
    pub(super) fn abandon_row(&mut self) {
        self.cells.truncate(self.rows.len() * self.wanted.len());
        self.next = 0;
    }

    /// The cells over their text; columns are indices into the wanted ones.
    pub(super) fn source<'a>(&'a self, text: &'a [u8], length: usize) -> TableSource<'a> {
        TableSource {
            text,
            cooked: &self.cooked,
            cells: &self.cells,
            columns: self.wanted.len(),
            bytes: length + self.cooked.len(),
        }
    }

    /// The fields of the first row that are not absent: what stands at 0, 0 behind the first column is.
    pub(super) fn first_row(&self, text: &[u8]) -> Vec<Vec<u8>> {
        let cells = &self.cells[..self.wanted.len()];
        let last = cells.iter().rposition(|cell| *cell != (0, 0)).unwrap_or(0);
        let source = self.source(text, text.len());
        (0..=last).map(|column| source.field(0, column).text().to_vec()).collect()
    }

    /// Bytes held.
    pub(super) fn memory_bytes(&self) -> usize {
        self.cells.capacity() * 8 + self.rows.capacity() * 8 + self.cooked.capacity()
    }
}

/// See [`Table::source`].
pub(super) struct TableSource<'a> {
    text: &'a [u8],
    cooked: &'a [u8],
    cells: &'a [(u32, u32)],
    columns: usize,
    bytes: usize,
}

impl FieldSource for TableSource<'_> {
    #[inline(always)]
    fn field(&self, row: usize, column: usize) -> Field<'_> {
        let (start, end) = self.cells[row * self.columns + column];
        let bytes = if start & COOKED == 0 { self.text } else { self.cooked };
        Field { bytes, start: (start & !COOKED) as usize, end: end as usize }
    }

    fn text_bytes(&self) -> usize {
        self.bytes
    }
}

/// The error of a record that is longer than the limit.
pub(super) fn too_large(limit: usize) -> KernelError {
    KernelError::new(ErrorCode::ValueTooLarge, format!("a record is longer than {limit} bytes"))
}

/// Fills the table from an index of rows that may be ragged, blank, quoted or ended by a carriage return.
///
/// `positions` are those of whole rows, with the sentinel; the last row may end at the end of `text`.
pub(super) fn fill_from_index(table: &mut Table, text: &[u8], positions: &[u32], row_delimiter: u8, quote: Option<u8>) {
    table.clear();
    let (mut row_start, mut column) = (0usize, 0usize);
    for pair in positions.windows(2) {
        let (start, mut end) = (pair[0].wrapping_add(1) as usize, pair[1] as usize);
        let ends_row = end == text.len() || text[end] == row_delimiter;
        let next = end + 1;
        if ends_row && row_delimiter == b'\n' && end > start && text[end - 1] == b'\r' {
            end -= 1;
        }
        if ends_row && column == 0 && start == end {
            row_start = next;
            continue;
        }
        if table.wants(column) {
            set_field(table, text, start, end, quote);
        }
        column += 1;
        if ends_row {
            table.end_row(row_start, end);
            row_start = next;
            column = 0;
        }
    }
}

/// A field whose quotes, if any, are known to be in order.
#[inline]
fn set_field(table: &mut Table, text: &[u8], start: usize, end: usize, quote: Option<u8>) {
    match quote {
        Some(quote) if end - start >= 2 && text[start] == quote => {
            let inner = &text[start + 1..end - 1];
            if memchr::memchr(quote, inner).is_none() {
                table.set(start + 1, end - 1);
            } else {
                table.set_cooked(|cooked| undouble(inner, quote, cooked));
            }
        }
        _ => table.set(start, end),
    }
}

/// Appends `text` with every pair of quotes as one.
pub(super) fn undouble(mut text: &[u8], quote: u8, out: &mut Vec<u8>) {
    while let Some(position) = memchr::memchr(quote, text) {
        out.extend_from_slice(&text[..=position]);
        text = text.get(position + 2..).unwrap_or_default();
    }
    out.extend_from_slice(text);
}
