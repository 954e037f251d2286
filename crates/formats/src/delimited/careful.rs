//! Cuts records byte by byte: for long delimiters, escapes, and quotes at odd places.
//!
//! # Source
//! Apache Commons CSV `Lexer`: a quote has a meaning only at the start of a field; white space may follow the closing one.

use super::options::Dialect;
use super::table::{RowFault, STEP_BYTES, Table, too_large};
use memchr::memmem::Finder;
use millrace_batch::{ErrorCode, KernelError};

/// What was cut from a text.
pub(super) struct Cut {
    /// Bytes of the text that are done with.
    pub consumed: usize,
    /// The row at which cutting stopped, if it did.
    pub fault: Option<RowFault>,
}

/// What is behind a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// More text, which is not here yet.
    More,
    /// Nothing: the file ends.
    File,
    /// The delimiter of this line.
    Line,
}

/// How a record ended.
enum Record {
    /// Behind its delimiter, or at the end of the file.
    Ended { next: usize },
    /// The text ends before the record does.
    Open,
    /// It is no record.
    Malformed { at: usize, error: KernelError },
}

/// Cuts records of one dialect.
pub(super) struct Careful {
    dialect: Dialect,
    row: Finder<'static>,
    value_limit: usize,
    /// An unescaped field under construction.
    scratch: Vec<u8>,
}

impl Careful {
    /// A cutter for records of at most `value_limit` bytes.
    pub(super) fn new(dialect: &Dialect, value_limit: usize) -> Self {
        Self {
            row: Finder::new(&dialect.row_delimiter).into_owned(),
            dialect: dialect.clone(),
            value_limit,
            scratch: Vec::new(),
        }
    }

    /// Position of the first row delimiter, quotes notwithstanding.
    pub(super) fn find_row_end(&self, text: &[u8]) -> Option<usize> {
        self.row.find(text)
    }

    /// Fills the table with whole records of `text` that begin before `limit`: about one step's worth, at most `row_limit`.
    pub(super) fn cut(
        &mut self,
        text: &[u8],
        limit: usize,
        end_of_file: bool,
        row_limit: usize,
        table: &mut Table,
    ) -> Cut {
        table.clear();
        let mut position = 0;
        while position < text.len().min(limit) && position < STEP_BYTES && table.rows.len() < row_limit {
            let record = if self.dialect.quoted_newlines {
                self.cut_record(text, position, if end_of_file { End::File } else { End::More }, table)
            } else {
                self.cut_line(text, position, end_of_file, table)
            };
            let scanned = match &record {
                Record::Ended { .. } => 0,
                Record::Open => text.len() - position,
                Record::Malformed { at, .. } => at - position,
            };
            let fault = match record {
                Record::Ended { next } => {
                    let oversized = table.rows.last().filter(|_| next - position > self.value_limit);
                    if oversized.is_some_and(|(start, end)| (end - start) as usize > self.value_limit) {
                        table.rows.pop();
                        Some(too_large(self.value_limit))
                    } else {
                        position = next;
                        None
                    }
                }
                // Two bytes more may be a delimiter that is not complete yet.
                _ if scanned > self.value_limit + self.dialect.row_delimiter.len() + 1 => {
                    Some(too_large(self.value_limit))
                }
                Record::Malformed { error, .. } => Some(error),
                Record::Open => {
                    table.abandon_row();
                    break;
                }
            };
            if let Some(error) = fault {
                table.abandon_row();
                return Cut { consumed: position, fault: Some(RowFault { row: table.rows.len(), error }) };
            }
        }
        Cut { consumed: position, fault: None }
    }

    /// A record that is one physical line.
    fn cut_line(&mut self, text: &[u8], start: usize, end_of_file: bool, table: &mut Table) -> Record {
        let (end, next) = match self.row.find(&text[start..]) {
            Some(length) => (start + length, start + length + self.dialect.row_delimiter.len()),
            None if end_of_file => (text.len(), text.len()),
            None => return Record::Open,
        };
        let end = self.without_carriage_return(text, start, end);
        if end == start {
            return Record::Ended { next };
        }
        if end - start > self.value_limit {
            return Record::Malformed { at: end, error: too_large(self.value_limit) };
        }
        match self.cut_record(&text[..end], start, End::Line, table) {
            Record::Ended { .. } => Record::Ended { next },
            other => other,
        }
    }

    fn without_carriage_return(&self, text: &[u8], start: usize, end: usize) -> usize {
        let ends_so = self.dialect.row_delimiter == b"\n" && end > start && text[end - 1] == b'\r';
        end - usize::from(ends_so)
    }

    /// A record that begins at `start` and ends at a row delimiter outside quotes, or with the text.
    fn cut_record(&mut self, text: &[u8], start: usize, end: End, table: &mut Table) -> Record {
        let (mut position, mut column) = (start, 0);
        loop {
            let quoted = self.dialect.quote.is_some() && text.get(position) == self.dialect.quote.as_ref();
            let field = if quoted {
                self.quoted_field(text, position, end, column, table)
            } else {
                self.plain_field(text, position, end, column, table)
            };
            match field {
                Field::Next(next) => position = next,
                Field::RowEnd { end, next } => {
                    if column > 0 || end > start {
                        table.end_row(start, end);
                    } else {
                        table.abandon_row();
                    }
                    return Record::Ended { next };
                }
                Field::Open => return Record::Open,
                Field::Malformed { at, message } => {
                    return Record::Malformed { at, error: KernelError::new(ErrorCode::RecordMalformed, message) };
                }
            }
            column += 1;
        }
    }

    /// What stands at `position`, if it is a delimiter or the end.
    fn delimiter_at(&self, text: &[u8], position: usize, end: End) -> Option<Field> {
        let rest = &text[position..];
        if rest.is_empty() {
            return Some(match end {
                End::More => Field::Open,
                End::File | End::Line => Field::RowEnd { end: position, next: position },
            });
        }
        if rest.starts_with(&self.dialect.field_delimiter) {
            return Some(Field::Next(position + self.dialect.field_delimiter.len()));
        }
        if rest.starts_with(&self.dialect.row_delimiter) {
            return Some(Field::RowEnd { end: position, next: position + self.dialect.row_delimiter.len() });
        }
        if self.dialect.row_delimiter == b"\n" && rest[0] == b'\r' {
            match (rest.get(1), end) {
                (Some(b'\n'), _) => return Some(Field::RowEnd { end: position, next: position + 2 }),
                (None, End::File) => return Some(Field::RowEnd { end: position, next: position + 1 }),
                (None, End::More) => return Some(Field::Open),
                _ => {}
            }
        }
        let cut_off =
            |delimiter: &[u8]| end == End::More && rest.len() < delimiter.len() && delimiter.starts_with(rest);
        (cut_off(&self.dialect.field_delimiter) || cut_off(&self.dialect.row_delimiter)).then_some(Field::Open)
    }

    fn plain_field(&mut self, text: &[u8], start: usize, end: End, column: usize, table: &mut Table) -> Field {
        let mut position = start;
        // Bytes before this position are in the scratch buffer, once there was an escape.
        let mut copied = None;
        self.scratch.clear();
        let result = loop {
            position += self.plain_length(&text[position..]);
            if let Some(field) = self.delimiter_at(text, position, end) {
                break field;
            }
            if self.dialect.escape == Some(text[position]) {
                self.scratch.extend_from_slice(&text[copied.unwrap_or(start)..position]);
                match self.unescape(text, position) {
                    Some(next) => position = next,
                    None if end == End::More => return Field::Open,
                    None => {
                        self.scratch.push(text[position]);
                        position += 1;
                    }
                }
                copied = Some(position);
            } else {
                position += 1;
            }
        };
        if !matches!(result, Field::Open) && table.wants(column) {
            match copied {
                None => table.set(start, position),
                Some(copied) => table.set_cooked(|cooked| {
                    cooked.extend_from_slice(&self.scratch);
                    cooked.extend_from_slice(&text[copied..position]);
                }),
            }
        }
        result
    }

    /// Number of bytes before the first that may begin a delimiter or an escape.
    fn plain_length(&self, text: &[u8]) -> usize {
        let (field, row) = (self.dialect.field_delimiter[0], self.dialect.row_delimiter[0]);
        let other = self.dialect.escape.unwrap_or(row);
        let length = memchr::memchr3(field, row, other, text).unwrap_or(text.len());
        // The carriage return of a row's end belongs to the delimiter.
        let carriage_return = row == b'\n' && length > 0 && text[length - 1] == b'\r';
        length - usize::from(carriage_return)
    }

    fn quoted_field(&mut self, text: &[u8], start: usize, end: End, column: usize, table: &mut Table) -> Field {
        let Some(quote) = self.dialect.quote else { return Field::Open };
        let mut position = start + 1;
        self.scratch.clear();
        loop {
            let special = memchr::memchr2(quote, self.dialect.escape.unwrap_or(quote), &text[position..]);
            let plain = special.unwrap_or(text.len() - position);
            self.scratch.extend_from_slice(&text[position..position + plain]);
            position += plain;
            let Some(byte) = text.get(position) else {
                let message = "reading a quoted field that is not closed";
                return if end == End::More { Field::Open } else { Field::Malformed { at: position, message } };
            };
            if *byte == quote {
                match text.get(position + 1) {
                    Some(next) if *next == quote => {
                        self.scratch.push(quote);
                        position += 2;
                    }
                    None if end == End::More => return Field::Open,
                    _ => break,
                }
            } else {
                match self.unescape(text, position) {
                    Some(next) => position = next,
                    None if end == End::More => return Field::Open,
                    None => {
                        self.scratch.push(*byte);
                        position += 1;
                    }
                }
            }
        }
        let close = position;
        position += 1;
        let result = loop {
            if let Some(field) = self.delimiter_at(text, position, end) {
                break field;
            }
            if !matches!(text[position], b' ' | b'\t') {
                return Field::Malformed { at: position, message: "reading text behind the closing quote of a field" };
            }
            position += 1;
        };
        if matches!(result, Field::Open) {
            return result;
        }
        if table.wants(column) {
            if self.scratch.len() == close - start - 1 {
                table.set(start + 1, close);
            } else {
                table.set_cooked(|cooked| cooked.extend_from_slice(&self.scratch));
            }
        }
        result
    }

    /// Appends what an escape and the character behind it mean; the position behind both, or `None` at the end of the text.
    fn unescape(&mut self, text: &[u8], position: usize) -> Option<usize> {
        let next = *text.get(position + 1)?;
        let meaning = match next {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            _ => next,
        };
        let special = meaning != next
            || matches!(next, b'\r' | b'\n' | b'\t' | 8 | 12)
            || Some(next) == self.dialect.escape
            || Some(next) == self.dialect.quote
            || next == self.dialect.field_delimiter[0];
        if !special {
            self.scratch.push(text[position]);
        }
        self.scratch.push(meaning);
        Some(position + 2)
    }
}

/// How a field ended.
enum Field {
    /// At a field delimiter; the next field begins here.
    Next(usize),
    /// At a row delimiter or the end of the file.
    RowEnd { end: usize, next: usize },
    /// The text ends before the field does.
    Open,
    /// It is no field.
    Malformed { at: usize, message: &'static str },
}
