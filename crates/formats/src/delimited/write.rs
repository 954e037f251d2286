//! One value to its text in a file.

use super::options::{Dialect, QuoteMode};
use super::pattern::{MAX_PATTERN_BYTES, Pattern};
use super::pen::{Pen, Short};
use super::view::{View, ViewValues, range};
use memchr::{memchr, memmem};
use millrace_batch::calendar::split_micros;
use millrace_batch::text;

/// How values are written.
pub(super) struct Writing {
    pub field_delimiter: Vec<u8>,
    pub row_delimiter: Vec<u8>,
    /// The delimiters once more, for the pen.
    pub between_fields: Short,
    pub before_row: Short,
    pub mode: QuoteMode,
    pub separators: Vec<Vec<u8>>,
    /// Bytes that make a text be looked at before it is written bare.
    pub special_bytes: Vec<u8>,
    quote: u8,
    date: Pattern,
    time: Pattern,
    timestamp: Pattern,
    /// A number or a date may hold a delimiter.
    scalars_may_need_quotes: bool,
    scratch: Vec<u8>,
}

impl Writing {
    /// `patterns` are those of dates, times and timestamps.
    pub(super) fn new(
        dialect: &Dialect,
        mode: QuoteMode,
        [date, time, timestamp]: [Pattern; 3],
        separators: Vec<Vec<u8>>,
    ) -> Self {
        let quote = dialect.quote.unwrap_or(b'"');
        let mut special_bytes = vec![dialect.field_delimiter[0], quote, b'\n', b'\r', dialect.row_delimiter[0]];
        special_bytes.sort_unstable();
        special_bytes.dedup();
        let in_scalars = |byte: u8| {
            b"0123456789+-.:ENaIfinitytruefalse".contains(&byte)
                || [&date, &time, &timestamp].iter().any(|pattern| pattern.may_write(byte))
        };
        Self {
            scalars_may_need_quotes: mode != QuoteMode::None
                && (in_scalars(dialect.field_delimiter[0]) || in_scalars(dialect.row_delimiter[0])),
            between_fields: Short::new(&dialect.field_delimiter),
            before_row: Short::new(&dialect.row_delimiter),
            field_delimiter: dialect.field_delimiter.clone(),
            row_delimiter: dialect.row_delimiter.clone(),
            mode,
            separators,
            special_bytes,
            quote,
            date,
            time,
            timestamp,
            scratch: Vec::new(),
        }
    }

    /// How many times longer a text may become.
    pub(super) fn text_growth(&self) -> usize {
        if self.mode == QuoteMode::None { 1 } else { 2 }
    }

    /// Bytes held.
    pub(super) fn memory_bytes(&self) -> usize {
        self.scratch.capacity()
    }

    /// Writes a value that is not null. `special` means that a text of the block may have to be quoted.
    #[inline(always)]
    pub(super) fn field(&mut self, view: &View<'_>, row: usize, special: bool, pen: &mut Pen<'_>) {
        match &view.values {
            ViewValues::Text { offsets, bytes } => {
                let range = range(offsets, row);
                if special && self.needs_quotes(&bytes[range.clone()]) {
                    self.quoted(&bytes[range], pen);
                } else {
                    pen.text(bytes, range);
                }
            }
            ViewValues::Bytes { .. } | ViewValues::List { .. } | ViewValues::Map { .. } | ViewValues::Row(_) => {
                self.composed(view, row, pen);
            }
            _ => {
                let before = pen.length;
                self.scalar(view, row, pen);
                if self.scalars_may_need_quotes {
                    self.quote_scalar(before, pen);
                }
            }
        }
    }

    /// Bytes and nested values: they are put together first, then written like a text.
    fn composed(&mut self, view: &View<'_>, row: usize, pen: &mut Pen<'_>) {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        self.append(view, row, 0, &mut text);
        if self.mode != QuoteMode::None && self.needs_quotes(&text) {
            self.quoted(&text, pen);
        } else {
            pen.slice(&text);
        }
        self.scratch = text;
    }

    fn needs_quotes(&self, text: &[u8]) -> bool {
        self.mode == QuoteMode::All
            || memchr(self.quote, text).is_some()
            || memchr(b'\n', text).is_some()
            || memchr(b'\r', text).is_some()
            || self.holds_delimiter(text)
    }

    fn holds_delimiter(&self, text: &[u8]) -> bool {
        memmem::find(text, &self.field_delimiter).is_some() || memmem::find(text, &self.row_delimiter).is_some()
    }

    fn quoted(&self, mut text: &[u8], pen: &mut Pen<'_>) {
        pen.push(self.quote);
        while let Some(position) = memchr(self.quote, text) {
            pen.slice(&text[..=position]);
            pen.push(self.quote);
            text = &text[position + 1..];
        }
        pen.slice(text);
        pen.push(self.quote);
    }

    #[cold]
    fn quote_scalar(&self, start: usize, pen: &mut Pen<'_>) {
        if self.holds_delimiter(&pen.out[start..pen.length]) {
            pen.out.copy_within(start..pen.length, start + 1);
            pen.out[start] = self.quote;
            pen.length += 1;
            pen.push(self.quote);
        }
    }

    /// Writes a value that is neither text nor bytes nor nested.
    #[inline(always)]
    fn scalar(&mut self, view: &View<'_>, row: usize, pen: &mut Pen<'_>) {
        match &view.values {
            ViewValues::Boolean(values) => {
                let value = values.value(row);
                pen.eight(if value { *b"true\0\0\0\0" } else { *b"false\0\0\0" }, 5 - usize::from(value));
            }
            ViewValues::Int8(values) => pen.integer(i64::from(values[row])),
            ViewValues::Int16(values) => pen.integer(i64::from(values[row])),
            ViewValues::Int32(values) => pen.integer(i64::from(values[row])),
            ViewValues::Int64(values) => pen.integer(values[row]),
            ViewValues::Float32(values) => {
                pen.length += text::write_f32(values[row], &mut pen.out[pen.length..]);
            }
            ViewValues::Float64(values) => pen.double(values[row]),
            ViewValues::Decimal { values, scale } => {
                pen.length += text::write_decimal(values[row], *scale, &mut pen.out[pen.length..]);
            }
            ViewValues::Date(values) => write_pattern(&mut self.date, values[row], 0, pen),
            ViewValues::Time(values) => write_pattern(&mut self.time, 0, values[row], pen),
            ViewValues::Timestamp(values) => {
                let (day, nanos) = split_micros(values[row]);
                write_pattern(&mut self.timestamp, day, nanos, pen);
            }
            ViewValues::TimestampTz { instants, offsets } => {
                let minutes = offsets[row];
                let (day, nanos) = split_micros(instants[row].wrapping_add(i64::from(minutes) * 60_000_000));
                write_pattern(&mut self.timestamp, day, nanos, pen);
                write_offset(minutes, pen);
            }
            ViewValues::Text { .. }
            | ViewValues::Bytes { .. }
            | ViewValues::List { .. }
            | ViewValues::Map { .. }
            | ViewValues::Row(_)
            | ViewValues::Null => {}
        }
    }

    /// Appends the bare text of any value; nothing for a null.
    fn append(&mut self, view: &View<'_>, row: usize, level: usize, out: &mut Vec<u8>) {
        if view.is_null(row) {
            return;
        }
        match &view.values {
            ViewValues::Text { offsets, bytes } => out.extend_from_slice(&bytes[range(offsets, row)]),
            ViewValues::Bytes { offsets, bytes } => {
                out.extend_from_slice(String::from_utf8_lossy(&bytes[range(offsets, row)]).as_bytes());
            }
            ViewValues::List { offsets, element } => {
                for (index, entry) in range(offsets, row).enumerate() {
                    self.separate(index, level, out);
                    self.append(element, entry, level + 1, out);
                }
            }
            ViewValues::Map { offsets, key, value } => {
                for (index, entry) in range(offsets, row).enumerate() {
                    self.separate(index, level, out);
                    self.append(key, entry, level + 1, out);
                    self.separate(1, level + 1, out);
                    self.append(value, entry, level + 1, out);
                }
            }
            ViewValues::Row(children) => {
                for (index, child) in children.iter().enumerate() {
                    self.separate(index, level, out);
                    self.append(child, row, level + 1, out);
                }
            }
            _ => {
                let mut buffer = [0u8; 2 * MAX_PATTERN_BYTES];
                let mut pen = Pen { out: &mut buffer, length: 0 };
                self.scalar(view, row, &mut pen);
                let length = pen.length;
                out.extend_from_slice(&buffer[..length]);
            }
        }
    }

    fn separate(&self, index: usize, level: usize, out: &mut Vec<u8>) {
        if index > 0 {
            out.extend_from_slice(self.separators.get(level).map_or(&[], Vec::as_slice));
        }
    }
}

#[inline(always)]
fn write_pattern(pattern: &mut Pattern, day: i32, nanos: i64, pen: &mut Pen<'_>) {
    if let Some(out) = pen.out[pen.length..].first_chunk_mut::<MAX_PATTERN_BYTES>() {
        pen.length += pattern.write(day, nanos, out);
    } else {
        let mut out = [0; MAX_PATTERN_BYTES];
        let length = pattern.write(day, nanos, &mut out);
        pen.slice(&out[..length]);
    }
}

/// `Z`, or the offset as `+08:00`.
fn write_offset(minutes: i16, pen: &mut Pen<'_>) {
    if minutes == 0 {
        return pen.push(b'Z');
    }
    pen.push(if minutes < 0 { b'-' } else { b'+' });
    let minutes = u32::from(minutes.unsigned_abs());
    pen.slice(&super::pen::PAIRS[(minutes / 60 % 100) as usize]);
    pen.push(b':');
    pen.slice(&super::pen::PAIRS[(minutes % 60) as usize]);
}
