//! JSON values to columns, with the rules of SeaTunnel's JSON converter.
//!
//! Meant for values that come with a plan (rows of a generator, defaults, expected values), not for record streams.

mod nested;
mod short_float;
#[cfg(test)]
mod tests;

pub use short_float::{brain_bits, half_bits};

use crate::arrow_types::arrow_type;
use crate::error::{ErrorCode, KernelError, Result};
use crate::parse::rescale_half_up;
use crate::parse::{parse_date, parse_decimal, parse_f32, parse_f64, parse_i64, parse_time, parse_timestamp};
use crate::schema::DataType;
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Decimal128Builder, Int16Builder, PrimitiveBuilder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, NullArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nested::{lists, maps, rows};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// Builds one column of `data_type` from one JSON value per row.
///
/// | type | accepted |
/// |---|---|
/// | every type | absent and JSON null → null |
/// | integers | numbers, cut towards zero; text of an integer, trimmed |
/// | FLOAT, DOUBLE | numbers; text of a number, trimmed |
/// | DECIMAL | exact from the number's or the trimmed text's digits, then half up to the scale |
/// | BOOLEAN | `true` when the value's text is `true` in any case, else `false` |
/// | STRING | a scalar's text; a container's JSON text |
/// | DATE, TIME, TIMESTAMP | text in any pattern of [`crate::parse`] |
/// | `TIMESTAMP_TZ` | as TIMESTAMP with `Z` or `±HH:mm` behind it; without, the offset is 0 |
/// | BYTES | base64 text |
/// | ARRAY | JSON array |
/// | MAP | JSON object; keys are read from their text |
/// | ROW | JSON object by field name, or JSON array by position; missing fields are null |
/// | `FLOAT_VECTOR` | JSON array of numbers |
/// | other dense vectors | base64 text of the packed bytes; or an array of numbers: bytes for `BINARY_VECTOR`, else floats |
/// | `SPARSE_FLOAT_VECTOR` | JSON object of index to number |
///
/// # Shape
/// The array has `values.len()` rows and the type of [`arrow_type`].
///
/// # Errors
/// `VALUE_MALFORMED`, `DATE_FORMAT_UNSUPPORTED` or `DATETIME_FORMAT_UNSUPPORTED` with the row, and with the path of the
/// nested field when there is one.
///
/// # Source
/// SeaTunnel `JsonToRowConverters`.
pub fn array_from_json(values: &[Option<&Value>], data_type: &DataType) -> Result<ArrayRef> {
    match data_type {
        DataType::String => strings(values),
        DataType::Boolean => Ok(booleans(values)),
        DataType::TinyInt => primitives::<Int8Type>(values, data_type, |value| integer(value)?.try_into().ok()),
        DataType::SmallInt => primitives::<Int16Type>(values, data_type, |value| integer(value)?.try_into().ok()),
        DataType::Int => primitives::<Int32Type>(values, data_type, |value| integer(value)?.try_into().ok()),
        DataType::BigInt => primitives::<Int64Type>(values, data_type, integer),
        DataType::Float => primitives::<Float32Type>(values, data_type, float),
        DataType::Double => primitives::<Float64Type>(values, data_type, double),
        DataType::Decimal { precision, scale } => decimals(values, *precision, *scale),
        DataType::Null => Ok(Arc::new(NullArray::new(values.len()))),
        DataType::Bytes => binaries(values, data_type, |value| STANDARD.decode(value.as_str()?).ok()),
        DataType::Date => {
            primitives::<Date32Type>(values, data_type, |value| parse_date(scalar_text(value)?.as_bytes()))
        }
        DataType::Time => {
            primitives::<Time64NanosecondType>(values, data_type, |value| parse_time(scalar_text(value)?.as_bytes()))
        }
        DataType::Timestamp => primitives::<TimestampMicrosecondType>(values, data_type, |value| {
            parse_timestamp(scalar_text(value)?.as_bytes())
        }),
        DataType::TimestampTz => instants(values),
        DataType::Array { element } => lists(values, data_type, element),
        DataType::FloatVector => lists(values, data_type, &DataType::Float),
        DataType::Map { key, value } => maps(values, data_type, key, value),
        DataType::SparseFloatVector => maps(values, data_type, &DataType::Int, &DataType::Float),
        DataType::Row { fields } => rows(values, fields),
        DataType::BinaryVector => binaries(values, data_type, |value| {
            packed(value, |item| u8::try_from(integer(item)?).ok().map(|byte| vec![byte]))
        }),
        DataType::Float16Vector => binaries(values, data_type, |value| {
            packed(value, |item| Some(half_bits(float(item)?).to_le_bytes().to_vec()))
        }),
        DataType::BFloat16Vector => binaries(values, data_type, |value| {
            packed(value, |item| Some(brain_bits(float(item)?).to_le_bytes().to_vec()))
        }),
    }
}

fn malformed(value: &Value, data_type: &DataType, row: usize) -> KernelError {
    let code = match data_type {
        DataType::Date => ErrorCode::DateUnsupported,
        DataType::Timestamp | DataType::TimestampTz => ErrorCode::DateTimeUnsupported,
        _ => ErrorCode::ValueMalformed,
    };
    let mut text = value.to_string();
    if text.len() > 200 {
        let cut = (0..=200).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    KernelError::new(code, format!("value '{text}' is not of type '{data_type}'")).at_row(row)
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// Text of a scalar; `None` for containers.
fn scalar_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn java_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            // Exact digits beyond i64 must not be rounded into range, so only fractions and exponents go through f64.
            let text = number.to_string();
            if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
                return None;
            }
            let cut = parse_f64(text.as_bytes())?.trunc();
            (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&cut).then_some(cut as i64)
        }),
        Value::String(text) => parse_i64(java_trim(text).as_bytes()),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f32> {
    parse_f32(number_text(value)?.as_bytes())
}

fn double(value: &Value) -> Option<f64> {
    parse_f64(number_text(value)?.as_bytes())
}

fn number_text(value: &Value) -> Option<Cow<'_, str>> {
    if value.is_boolean() { None } else { scalar_text(value) }
}

fn primitives<T: ArrowPrimitiveType>(
    values: &[Option<&Value>],
    data_type: &DataType,
    read: impl Fn(&Value) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        match present(*value) {
            None => builder.append_null(),
            Some(value) => builder.append_value(read(value).ok_or_else(|| malformed(value, data_type, row))?),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn strings(values: &[Option<&Value>]) -> Result<ArrayRef> {
    let mut builder = StringBuilder::new();
    let mut bytes = 0usize;
    for (row, value) in values.iter().enumerate() {
        let Some(value) = present(*value) else {
            builder.append_null();
            continue;
        };
        let text = scalar_text(value).unwrap_or_else(|| Cow::Owned(value.to_string()));
        bytes = checked_length(bytes, text.len(), row)?;
        builder.append_value(text);
    }
    Ok(Arc::new(builder.finish()))
}

/// Offsets are 32-bit; more bytes than that in one column is refused instead of overflowing.
fn checked_length(total: usize, more: usize, row: usize) -> Result<usize> {
    let sum = total.saturating_add(more);
    if sum > i32::MAX as usize {
        return Err(KernelError::new(ErrorCode::ValueTooLarge, "a column of JSON values is over 2 GiB").at_row(row));
    }
    Ok(sum)
}

fn booleans(values: &[Option<&Value>]) -> ArrayRef {
    let mut builder = BooleanBuilder::with_capacity(values.len());
    for value in values {
        let read = |value| scalar_text(value).is_some_and(|text| java_trim(&text).eq_ignore_ascii_case("true"));
        builder.append_option(present(*value).map(read));
    }
    Arc::new(builder.finish())
}

fn decimals(values: &[Option<&Value>], precision: u8, scale: i8) -> Result<ArrayRef> {
    let data_type = DataType::Decimal { precision, scale };
    let mut builder = Decimal128Builder::with_capacity(values.len()).with_data_type(arrow_type(&data_type));
    for (row, value) in values.iter().enumerate() {
        let Some(value) = present(*value) else {
            builder.append_null();
            continue;
        };
        let read = || {
            let text = number_text(value)?;
            let (unscaled, from_scale) = parse_decimal(java_trim(&text).as_bytes())?;
            rescale_half_up(unscaled, from_scale, precision, scale)
        };
        builder.append_value(read().ok_or_else(|| malformed(value, &data_type, row))?);
    }
    Ok(Arc::new(builder.finish()))
}

fn binaries(
    values: &[Option<&Value>],
    data_type: &DataType,
    read: impl Fn(&Value) -> Option<Vec<u8>>,
) -> Result<ArrayRef> {
    let mut builder = BinaryBuilder::new();
    let mut total = 0usize;
    for (row, value) in values.iter().enumerate() {
        let Some(value) = present(*value) else {
            builder.append_null();
            continue;
        };
        let bytes = read(value).ok_or_else(|| malformed(value, data_type, row))?;
        total = checked_length(total, bytes.len(), row)?;
        builder.append_value(bytes);
    }
    Ok(Arc::new(builder.finish()))
}

fn packed(value: &Value, item: impl Fn(&Value) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => STANDARD.decode(text).ok(),
        Value::Array(items) => items.iter().map(item).collect::<Option<Vec<_>>>().map(|parts| parts.concat()),
        _ => None,
    }
}

/// Splits `Z` or `±HH:mm` from the end of a date-time; minutes east of UTC, 0 when there is none.
fn split_offset(text: &[u8]) -> Option<(&[u8], i16)> {
    if let [local @ .., b'Z' | b'z'] = text {
        return Some((local, 0));
    }
    let (local, zone) = text.split_at_checked(text.len().saturating_sub(6))?;
    let sign = match zone.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Some((text, 0)),
    };
    let minutes = parse_time(&zone[1..])? / 60_000_000_000;
    (zone[3] == b':' && minutes <= 18 * 60).then_some((local, sign * minutes as i16))
}

fn instants(values: &[Option<&Value>]) -> Result<ArrayRef> {
    let ArrowType::Struct(fields) = arrow_type(&DataType::TimestampTz) else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the type of an instant is not a struct"));
    };
    let mut instants = TimestampMicrosecondBuilder::with_capacity(values.len()).with_timezone("UTC");
    let mut offsets = Int16Builder::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        let Some(value) = value else {
            instants.append_null();
            offsets.append_null();
            continue;
        };
        let read = || {
            let text = value.as_str()?;
            let (local, minutes) = split_offset(text.as_bytes())?;
            parse_timestamp(local)?.checked_sub(i64::from(minutes) * 60_000_000).map(|instant| (instant, minutes))
        };
        let (instant, minutes) = read().ok_or_else(|| malformed(value, &DataType::TimestampTz, row))?;
        instants.append_value(instant);
        offsets.append_value(minutes);
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(instants.finish()), Arc::new(offsets.finish())];
    Ok(Arc::new(StructArray::new(fields, columns, Some(NullBuffer::from(valid)))))
}
