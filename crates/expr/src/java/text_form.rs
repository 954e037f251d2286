//! Java text of any cell: what `CAST(x AS STRING)`, `CONCAT` and `TO_CHAR` give.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType as ArrowType;
use millrace_batch::text;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::fmt::Write;
use std::sync::Arc;

/// Appends what a scalar writer of the batch crate writes.
pub(crate) fn push_scalar(out: &mut String, write: impl FnOnce(&mut [u8]) -> usize) {
    let mut scratch = [0u8; text::MAX_SCALAR_BYTES];
    let length = write(&mut scratch);
    // The writers emit ASCII only.
    out.push_str(std::str::from_utf8(&scratch[..length]).unwrap_or_default());
}

/// Appends the text of one cell; `null` inside containers for null.
///
/// # Errors
/// `TYPE_UNSUPPORTED` for a type that no column has.
///
/// # Source
/// `String.valueOf` of the Java class that SeaTunnel holds for the type. Bytes are decoded as UTF-8.
pub(crate) fn push_cell(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    if array.is_null(row) || array.data_type() == &ArrowType::Null {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        ArrowType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        ArrowType::Boolean => push_scalar(out, |to| text::write_bool(array.as_boolean().value(row), to)),
        ArrowType::Int8 => push_integer(out, array.as_primitive::<Int8Type>().value(row)),
        ArrowType::Int16 => push_integer(out, array.as_primitive::<Int16Type>().value(row)),
        ArrowType::Int32 => push_integer(out, array.as_primitive::<Int32Type>().value(row)),
        ArrowType::Int64 => push_integer(out, array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Float32 => {
            push_scalar(out, |to| text::write_f32(array.as_primitive::<Float32Type>().value(row), to));
        }
        ArrowType::Float64 => {
            push_scalar(out, |to| text::write_f64(array.as_primitive::<Float64Type>().value(row), to));
        }
        ArrowType::Decimal128(_, scale) => {
            push_scalar(out, |to| text::write_decimal(array.as_primitive::<Decimal128Type>().value(row), *scale, to));
        }
        ArrowType::Binary => out.push_str(&String::from_utf8_lossy(array.as_binary::<i32>().value(row))),
        ArrowType::Date32 => push_scalar(out, |to| text::write_date(array.as_primitive::<Date32Type>().value(row), to)),
        ArrowType::Time64(_) => {
            push_scalar(out, |to| text::write_time(array.as_primitive::<Time64NanosecondType>().value(row), to));
        }
        ArrowType::Timestamp(_, _) => {
            push_scalar(out, |to| {
                text::write_timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), to)
            });
        }
        ArrowType::List(_) => push_list(array.as_list::<i32>().value(row).as_ref(), out)?,
        ArrowType::Map(_, _) => push_map(&array.as_map().value(row), out)?,
        ArrowType::Struct(fields) if is_offset_date_time(fields) => push_offset_date_time(array, row, out),
        ArrowType::Struct(_) => push_row(array, row, out)?,
        other => {
            return Err(KernelError::new(ErrorCode::TypeUnsupported, format!("a value of type '{other}' has no text")));
        }
    }
    Ok(())
}

fn push_integer(out: &mut String, value: impl Into<i64>) {
    push_scalar(out, |to| text::write_i64(value.into(), to));
}

fn push_list(values: &dyn Array, out: &mut String) -> Result<()> {
    out.push('[');
    for index in 0..values.len() {
        out.push_str(if index > 0 { ", " } else { "" });
        push_cell(values, index, out)?;
    }
    out.push(']');
    Ok(())
}

fn push_map(entries: &arrow_array::StructArray, out: &mut String) -> Result<()> {
    out.push('{');
    for index in 0..entries.len() {
        out.push_str(if index > 0 { ", " } else { "" });
        push_cell(entries.column(0).as_ref(), index, out)?;
        out.push('=');
        push_cell(entries.column(1).as_ref(), index, out)?;
    }
    out.push('}');
    Ok(())
}

fn push_row(array: &dyn Array, row: usize, out: &mut String) -> Result<()> {
    out.push_str("SeaTunnelRow{tableId=, kind=+I, fields=[");
    for (index, field) in array.as_struct().columns().iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        push_cell(field.as_ref(), row, out)?;
    }
    out.push_str("]}");
    Ok(())
}

/// Whether the fields are those of a `TIMESTAMP_TZ`.
pub(crate) fn is_offset_date_time(fields: &arrow_schema::Fields) -> bool {
    fields.len() == 2
        && fields[0].name() == "instant"
        && matches!(fields[0].data_type(), ArrowType::Timestamp(_, Some(_)))
        && fields[1].name() == "offsetMinutes"
}

fn push_offset_date_time(array: &dyn Array, row: usize, out: &mut String) {
    let fields = array.as_struct();
    let minutes = i64::from(fields.column(1).as_primitive::<Int16Type>().value(row));
    let instant = fields.column(0).as_primitive::<TimestampMicrosecondType>().value(row);
    push_scalar(out, |to| text::write_timestamp(instant.saturating_add(minutes * 60_000_000), to));
    if minutes == 0 {
        out.push('Z');
    } else {
        let sign = if minutes < 0 { '-' } else { '+' };
        let _ = write!(out, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    }
}

/// The text of every cell; null stays null.
///
/// # Errors
/// `MEMORY_EXCEEDED` over 1 GiB of text; as [`push_cell`].
pub(crate) fn to_text(array: &ArrayRef) -> Result<ArrayRef> {
    if array.data_type() == &ArrowType::Utf8 {
        return Ok(ArrayRef::clone(array));
    }
    if array.data_type() == &ArrowType::Null {
        return Ok(Arc::new(StringArray::new_null(array.len())));
    }
    let mut column = TextColumn::with_capacity(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            column.push_null();
        } else {
            push_cell(array.as_ref(), row, column.buffer())?;
            column.finish_value()?;
        }
    }
    Ok(column.into_array())
}

/// Most bytes of text in one column of one batch.
pub(crate) const TEXT_COLUMN_LIMIT_BYTES: usize = 1 << 30;

/// Builds a text column by appending to one string.
pub(crate) struct TextColumn {
    text: String,
    offsets: Vec<i32>,
    valid: Vec<bool>,
    nulls: usize,
}

impl TextColumn {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { text: String::with_capacity(rows * 8), offsets, valid: Vec::with_capacity(rows), nulls: 0 }
    }

    /// Where the next value is to be appended.
    pub(crate) fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    /// Bytes appended since the last value.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.text.len() - self.last_offset()
    }

    fn last_offset(&self) -> usize {
        self.offsets.last().map_or(0, |offset| *offset as usize)
    }

    /// Ends a value.
    pub(crate) fn finish_value(&mut self) -> Result<()> {
        if self.text.len() > TEXT_COLUMN_LIMIT_BYTES {
            return Err(KernelError::new(
                ErrorCode::MemoryExceeded,
                format!("a text column of one batch is longer than {TEXT_COLUMN_LIMIT_BYTES} bytes"),
            ));
        }
        self.offsets.push(self.text.len() as i32);
        self.valid.push(true);
        Ok(())
    }

    /// Drops what was appended since the last value, and adds a null.
    pub(crate) fn push_null(&mut self) {
        self.text.truncate(self.last_offset());
        self.offsets.push(self.text.len() as i32);
        self.valid.push(false);
        self.nulls += 1;
    }

    pub(crate) fn into_array(self) -> ArrayRef {
        let nulls = (self.nulls > 0).then(|| NullBuffer::from(self.valid));
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        // SAFETY: every offset was the length of the string at some time, so offsets rise, end at its length and lie on
        // character boundaries; the bytes are those of a `String`.
        let array = unsafe { StringArray::new_unchecked(offsets, self.text.into_bytes().into(), nulls) };
        Arc::new(array)
    }
}
