//! Whole columns of fields into a builder: one tight loop per type.

use super::columns::{ColumnBuilder, FieldSource, Reading, RowError, Values};
use super::number::{Field, POWERS_U64, fast_f32, fast_f64, fast_i64, fast_plain};
use super::temporal::{fast_date, fast_time, fast_timestamp};
use super::value::{is_blank, malformed, parse_boolean, parse_decimal};
use millrace_batch::parse;
use millrace_batch::schema::DataType;
use std::marker::PhantomData;

/// How the fields of one type are read. A trait and not two functions, because a call through a function value is not
/// compiled into the loop.
trait Parse<T> {
    /// `None` when the text has to go the careful way.
    fn fast(&self, field: Field<'_>) -> Option<T>;
    /// `None` when the text is not of the type.
    fn careful(&self, text: &[u8]) -> Option<T>;
}

struct Integer;
struct Narrow<T>(PhantomData<T>);
struct Double;
struct Float;
struct Decimal(u8, i8);
struct Date;
struct Time;
struct Timestamp;
struct Boolean;

/// A type with a fast path and a careful way that need nothing but the text.
macro_rules! parse_by {
    ($name:ident, $value:ty, $fast:path, $careful:path) => {
        impl Parse<$value> for $name {
            #[inline(always)]
            fn fast(&self, field: Field<'_>) -> Option<$value> {
                $fast(field)
            }

            fn careful(&self, text: &[u8]) -> Option<$value> {
                $careful(text)
            }
        }
    };
}

parse_by!(Integer, i64, fast_i64, parse::parse_i64);
parse_by!(Double, f64, fast_f64, parse::parse_f64);
parse_by!(Float, f32, fast_f32, parse::parse_f32);
parse_by!(Date, i32, fast_date, parse::parse_date);
parse_by!(Time, i64, fast_time, parse::parse_time);
parse_by!(Timestamp, i64, fast_timestamp, parse::parse_timestamp);

impl<T: TryFrom<i64>> Parse<T> for Narrow<T> {
    #[inline(always)]
    fn fast(&self, field: Field<'_>) -> Option<T> {
        T::try_from(fast_i64(field)?).ok()
    }

    fn careful(&self, text: &[u8]) -> Option<T> {
        T::try_from(parse::parse_i64(text)?).ok()
    }
}

impl Parse<i128> for Decimal {
    /// Few digits that need no rounding.
    #[inline(always)]
    fn fast(&self, field: Field<'_>) -> Option<i128> {
        let plain = fast_plain(field)?;
        let missing = usize::try_from(self.1).ok()?.checked_sub(plain.scale)?;
        let value = i128::from(plain.digits) * i128::from(*POWERS_U64.get(missing)?);
        let limit = *POWERS_U64.get(usize::from(self.0)).unwrap_or(&u64::MAX);
        (value < i128::from(limit)).then_some(if plain.negative { -value } else { value })
    }

    fn careful(&self, text: &[u8]) -> Option<i128> {
        parse_decimal(text, self.0, self.1)
    }
}

impl Parse<bool> for Boolean {
    #[inline(always)]
    fn fast(&self, field: Field<'_>) -> Option<bool> {
        let text = field.text();
        text.first().filter(|byte| byte.is_ascii_graphic()).map(|_| parse_boolean(text))
    }

    fn careful(&self, text: &[u8]) -> Option<bool> {
        Some(parse_boolean(text))
    }
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
        let before = self.rows;
        let mut fields = Fields {
            source,
            column,
            rows,
            null_rows: &mut self.null_rows,
            null_format: reading.null_format,
            data_type: &self.data_type,
        };
        let result = match &mut self.values {
            Values::Int64(values) => fields.append(values, &Integer),
            Values::Int32(values) => fields.append(values, &Narrow(PhantomData)),
            Values::Int16(values) => fields.append(values, &Narrow(PhantomData)),
            Values::Int8(values) => fields.append(values, &Narrow(PhantomData)),
            Values::Float64(values) => fields.append(values, &Double),
            Values::Float32(values) => fields.append(values, &Float),
            Values::Decimal { values, precision, scale } => fields.append(values, &Decimal(*precision, *scale)),
            Values::Date(values) => fields.append(values, &Date),
            Values::Time(values) => fields.append(values, &Time),
            Values::Timestamp(values) => fields.append(values, &Timestamp),
            Values::Boolean(values) => fields.append(values, &Boolean),
            Values::Bytes { offsets, bytes } => {
                fields.append_bytes(offsets, bytes);
                Ok(())
            }
            _ => return self.append_slowly(source, column, rows, reading),
        };
        self.rows = before + result.as_ref().map_or_else(|(row, _)| *row, |()| rows);
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

/// One column of a step.
struct Fields<'a, S> {
    source: &'a S,
    column: usize,
    rows: usize,
    null_rows: &'a mut Vec<u32>,
    null_format: Option<&'a [u8]>,
    data_type: &'a DataType,
}

impl<S: FieldSource> Fields<'_, S> {
    #[inline(never)]
    fn append<T: Copy + Default, P: Parse<T>>(&mut self, values: &mut Vec<T>, parse: &P) -> Result<(), RowError> {
        let before = values.len();
        values.reserve(self.rows);
        for row in 0..self.rows {
            let field = self.source.field(row, self.column);
            let value = if self.null_format.is_some_and(|format| format == field.text()) {
                None
            } else if let Some(value) = parse.fast(field) {
                Some(value)
            } else if is_blank(field.text()) {
                None
            } else {
                let text = field.text();
                Some(parse.careful(text).ok_or_else(|| (row, malformed(self.data_type, text)))?)
            };
            values.push(value.unwrap_or_else(|| {
                self.null_rows.push((before + row) as u32);
                T::default()
            }));
        }
        Ok(())
    }

    #[inline(never)]
    fn append_bytes(&mut self, offsets: &mut Vec<i32>, bytes: &mut Vec<u8>) {
        /// Bytes that are copied without asking how many are needed.
        const CHUNK: usize = 32;
        let before = offsets.len() - 1;
        offsets.reserve(self.rows);
        bytes.reserve(self.source.text_bytes() + CHUNK);
        let mut length = bytes.len();
        for row in 0..self.rows {
            let field = self.source.field(row, self.column);
            let text = field.text();
            if is_blank(text) || self.null_format == Some(text) {
                self.null_rows.push((before + row) as u32);
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
}
