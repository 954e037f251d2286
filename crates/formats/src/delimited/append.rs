//! Whole columns of fields into a builder: one tight loop per type.

use super::columns::{ColumnBuilder, FieldSource, Reading, RowError, Values};
use super::number::{Field, POWERS_U64, fast_f32, fast_f64, fast_i64, fast_plain};
use super::temporal::{fast_date, fast_time, fast_timestamp};
use super::value::{is_blank, malformed, parse_boolean, parse_decimal};
use millrace_batch::parse;
use millrace_batch::schema::DataType;

/// The one-line loops of the primitive types: a fast path over a field, and the careful way over its text.
macro_rules! primitive {
    ($builder:ident, $values:expr, $source:ident, $column:ident, $rows:ident, $reading:ident, $fast:expr, $careful:expr) => {
        append_primitive(
            $source,
            $column,
            $rows,
            $values,
            &mut $builder.null_rows,
            $reading.null_format,
            &$builder.data_type,
            $fast,
            $careful,
        )
    };
}

impl ColumnBuilder {
    /// Parses one column of `rows` rows. On an error the rows before it are in the column, and nothing after them.
    pub(super) fn append<S: FieldSource>(
        &mut self,
        source: &S,
        column: usize,
        rows: usize,
        reading: Reading<'_>,
    ) -> Result<(), RowError> {
        let builder = self;
        let before = builder.rows;
        let result = match &mut builder.values {
            Values::Int64(values) => {
                primitive!(builder, values, source, column, rows, reading, fast_i64, parse::parse_i64)
            }
            Values::Int32(values) => primitive!(
                builder,
                values,
                source,
                column,
                rows,
                reading,
                |field| i32::try_from(fast_i64(field)?).ok(),
                |text| i32::try_from(parse::parse_i64(text)?).ok()
            ),
            Values::Int16(values) => primitive!(
                builder,
                values,
                source,
                column,
                rows,
                reading,
                |field| i16::try_from(fast_i64(field)?).ok(),
                |text| i16::try_from(parse::parse_i64(text)?).ok()
            ),
            Values::Int8(values) => primitive!(
                builder,
                values,
                source,
                column,
                rows,
                reading,
                |field| i8::try_from(fast_i64(field)?).ok(),
                |text| i8::try_from(parse::parse_i64(text)?).ok()
            ),
            Values::Float64(values) => {
                primitive!(builder, values, source, column, rows, reading, fast_f64, parse::parse_f64)
            }
            Values::Float32(values) => {
                primitive!(builder, values, source, column, rows, reading, fast_f32, parse::parse_f32)
            }
            Values::Decimal { values, precision, scale } => {
                let (precision, scale) = (*precision, *scale);
                primitive!(
                    builder,
                    values,
                    source,
                    column,
                    rows,
                    reading,
                    |field| fast_decimal(field, precision, scale),
                    |text| parse_decimal(text, precision, scale)
                )
            }
            Values::Date(values) => {
                primitive!(builder, values, source, column, rows, reading, fast_date, parse::parse_date)
            }
            Values::Time(values) => {
                primitive!(builder, values, source, column, rows, reading, fast_time, parse::parse_time)
            }
            Values::Timestamp(values) => {
                primitive!(builder, values, source, column, rows, reading, fast_timestamp, parse::parse_timestamp)
            }
            Values::Boolean(values) => primitive!(
                builder,
                values,
                source,
                column,
                rows,
                reading,
                |field: Field<'_>| match field.bytes.get(field.start) {
                    Some(byte) if byte.is_ascii_graphic() => Some(parse_boolean(field.text())),
                    _ => None,
                },
                |text| Some(parse_boolean(text))
            ),
            Values::Bytes { offsets, bytes } => {
                append_bytes(source, column, rows, offsets, bytes, &mut builder.null_rows, reading.null_format);
                Ok(())
            }
            _ => return builder.append_slowly(source, column, rows, reading),
        };
        match result {
            Ok(()) => builder.rows = before + rows,
            Err((row, _)) => builder.rows = before + row,
        }
        result
    }

    fn append_slowly<S: FieldSource>(
        &mut self,
        source: &S,
        column: usize,
        rows: usize,
        reading: Reading<'_>,
    ) -> Result<(), RowError> {
        for row in 0..rows {
            let before = self.rows;
            if let Err(error) = self.push(source.field(row, column).text(), reading) {
                self.truncate(before);
                return Err((row, error));
            }
        }
        Ok(())
    }
}

/// A decimal of few digits that needs no rounding.
#[inline(always)]
fn fast_decimal(field: Field<'_>, precision: u8, scale: i8) -> Option<i128> {
    let plain = fast_plain(field)?;
    let missing = usize::try_from(scale).ok()?.checked_sub(plain.scale)?;
    let value = i128::from(plain.digits) * i128::from(*POWERS_U64.get(missing)?);
    let limit = *POWERS_U64.get(usize::from(precision)).unwrap_or(&u64::MAX);
    (value < i128::from(limit)).then_some(if plain.negative { -value } else { value })
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn append_primitive<S: FieldSource, T: Copy + Default>(
    source: &S,
    column: usize,
    rows: usize,
    values: &mut Vec<T>,
    null_rows: &mut Vec<u32>,
    null_format: Option<&[u8]>,
    data_type: &DataType,
    fast: impl Fn(Field<'_>) -> Option<T>,
    careful: impl Fn(&[u8]) -> Option<T>,
) -> Result<(), RowError> {
    let before = values.len();
    values.reserve(rows);
    for row in 0..rows {
        let field = source.field(row, column);
        let value = if null_format.is_some_and(|format| format == field.text()) {
            None
        } else if let Some(value) = fast(field) {
            Some(value)
        } else if is_blank(field.text()) {
            None
        } else {
            Some(careful(field.text()).ok_or_else(|| (row, malformed(data_type, field.text())))?)
        };
        values.push(value.unwrap_or_else(|| {
            null_rows.push((before + row) as u32);
            T::default()
        }));
    }
    Ok(())
}

#[inline(always)]
fn append_bytes<S: FieldSource>(
    source: &S,
    column: usize,
    rows: usize,
    offsets: &mut Vec<i32>,
    bytes: &mut Vec<u8>,
    null_rows: &mut Vec<u32>,
    null_format: Option<&[u8]>,
) {
    /// Bytes that are copied without asking how many are needed.
    const CHUNK: usize = 32;
    let before = offsets.len() - 1;
    offsets.reserve(rows);
    bytes.reserve(source.text_bytes() + CHUNK);
    let mut length = bytes.len();
    for row in 0..rows {
        let field = source.field(row, column);
        let text = field.text();
        if is_blank(text) || null_format == Some(text) {
            null_rows.push((before + row) as u32);
        } else if text.len() <= CHUNK && field.start + CHUNK <= field.bytes.len() {
            // SAFETY: the source holds 32 bytes from `start` on; the room for all texts and 32 bytes was reserved.
            unsafe {
                let from = field.bytes.as_ptr().add(field.start);
                std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr().add(length), CHUNK);
            }
            length += text.len();
        } else {
            // SAFETY: the room for all texts was reserved, and the new text does not overlap it.
            unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), bytes.as_mut_ptr().add(length), text.len()) };
            length += text.len();
        }
        offsets.push(length as i32);
    }
    // SAFETY: every byte up to `length` was written, and `length` is within what was reserved.
    unsafe { bytes.set_len(length) };
}
