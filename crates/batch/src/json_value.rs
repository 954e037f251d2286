//! JSON values to columns, with the rules of SeaTunnel's JSON converter.
//!
//! Meant for values that come with a plan (rows of a generator, defaults, expected values), not for record streams.

use crate::arrow_types::{LIST_FIELD, arrow_type};
use crate::error::{ErrorCode, KernelError, Result};
use crate::parse::rescale_half_up;
use crate::parse::{parse_date, parse_decimal, parse_f32, parse_f64, parse_i64, parse_time, parse_timestamp};
use crate::schema::{DataType, StructField};
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Decimal128Builder, Int16Builder, PrimitiveBuilder, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, NullArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType as ArrowType, Field};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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

/// Nearest 16-bit IEEE float, ties to even; too large becomes infinity.
pub fn half_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    if magnitude >= 0x4780_0000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3300_0000 {
        return sign;
    }
    let exponent = (magnitude >> 23) as i32 - 112;
    let (mantissa, shift) = if exponent > 0 {
        (((exponent as u32) << 23) | (magnitude & 0x007f_ffff), 13)
    } else {
        ((magnitude & 0x007f_ffff) | 0x0080_0000, (14 - exponent) as u32)
    };
    let (kept, cut, middle) = (mantissa >> shift, mantissa & ((1 << shift) - 1), 1u32 << (shift - 1));
    sign | (kept + u32::from(cut > middle || (cut == middle && kept & 1 == 1))) as u16
}

/// Nearest 16-bit brain float, ties to even.
pub fn brain_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x0040;
    }
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
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

/// Moves an error of a flattened child to the row that holds it.
fn at_parent_row(mut error: KernelError, offsets: &[i32]) -> KernelError {
    if let Some(child) = error.row {
        let row = offsets.partition_point(|offset| u64::from(offset.unsigned_abs()) <= child);
        error.row = Some(row.saturating_sub(1) as u64);
    }
    error
}

fn lists(values: &[Option<&Value>], data_type: &DataType, element: &DataType) -> Result<ArrayRef> {
    let (mut children, mut offsets, mut valid) = (Vec::new(), vec![0i32], Vec::with_capacity(values.len()));
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        if let Some(value) = value {
            let items = value.as_array().ok_or_else(|| malformed(value, data_type, row))?;
            checked_length(children.len(), items.len(), row)?;
            children.extend(items.iter().map(Some));
        }
        offsets.push(children.len() as i32);
    }
    let child = array_from_json(&children, element).map_err(|error| at_parent_row(error, &offsets))?;
    let field = Arc::new(Field::new(LIST_FIELD, arrow_type(element), true));
    Ok(Arc::new(ListArray::new(field, OffsetBuffer::new(offsets.into()), child, Some(NullBuffer::from(valid)))))
}

fn maps(values: &[Option<&Value>], data_type: &DataType, key: &DataType, item: &DataType) -> Result<ArrayRef> {
    let (mut keys, mut items) = (Vec::new(), Vec::new());
    let (mut offsets, mut valid) = (vec![0i32], Vec::with_capacity(values.len()));
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        if let Some(value) = value {
            let members = value.as_object().ok_or_else(|| malformed(value, data_type, row))?;
            checked_length(keys.len(), members.len(), row)?;
            keys.extend(members.keys().map(|name| Value::String(name.clone())));
            items.extend(members.values().map(Some));
        }
        offsets.push(keys.len() as i32);
    }
    let key_values: Vec<_> = keys.iter().map(Some).collect();
    let key_array = array_from_json(&key_values, key).map_err(|error| at_parent_row(error, &offsets))?;
    let item_array = array_from_json(&items, item).map_err(|error| at_parent_row(error, &offsets))?;
    if key_array.null_count() > 0 || matches!(key, DataType::Null) && !keys.is_empty() {
        return Err(KernelError::new(ErrorCode::ValueMalformed, format!("a key of '{data_type}' cannot be null")));
    }
    let ArrowType::Map(entries_field, _) = arrow_type(data_type) else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the type of a map is not a map"));
    };
    let ArrowType::Struct(fields) = entries_field.data_type().clone() else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the entries of a map are not a struct"));
    };
    let entries = StructArray::new(fields, vec![key_array, item_array], None);
    let offsets = OffsetBuffer::new(offsets.into());
    Ok(Arc::new(MapArray::new(entries_field, offsets, entries, Some(NullBuffer::from(valid)), false)))
}

fn rows(values: &[Option<&Value>], fields: &[StructField]) -> Result<ArrayRef> {
    let mut valid = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let value = present(*value);
        valid.push(value.is_some());
        if let Some(value) = value.filter(|value| !value.is_object() && !value.is_array()) {
            return Err(malformed(value, &DataType::Row { fields: fields.to_vec() }, row));
        }
    }
    let valid = NullBuffer::from(valid);
    let mut columns = Vec::with_capacity(fields.len());
    for (position, field) in fields.iter().enumerate() {
        let children: Vec<Option<&Value>> = values
            .iter()
            .map(|value| match value {
                Some(Value::Object(members)) => members.get(&field.name),
                Some(Value::Array(items)) => items.get(position),
                _ => None,
            })
            .collect();
        columns.push(array_from_json(&children, &field.data_type).map_err(|error| within(error, &field.name))?);
    }
    if fields.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(values.len(), Some(valid))));
    }
    let ArrowType::Struct(arrow_fields) = arrow_type(&DataType::Row { fields: fields.to_vec() }) else {
        return Err(KernelError::new(ErrorCode::ProgramInvalid, "the type of a row is not a struct"));
    };
    Ok(Arc::new(StructArray::new(arrow_fields, columns, Some(valid))))
}

/// The same error with `name` in front of its field path.
fn within(mut error: KernelError, name: &str) -> KernelError {
    error.field = Some(match error.field.take() {
        Some(inner) => format!("{name}.{inner}"),
        None => name.to_owned(),
    });
    error
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Decimal128Type;
    use serde_json::json;

    fn one(data_type: &DataType, value: &Value) -> Result<ArrayRef> {
        let array = array_from_json(&[Some(value)], data_type)?;
        assert_eq!((array.len(), array.data_type()), (1, &arrow_type(data_type)));
        Ok(array)
    }

    fn row(fields: &[(&str, DataType)]) -> DataType {
        let field =
            |(name, data_type): &(&str, DataType)| StructField { name: (*name).into(), data_type: data_type.clone() };
        DataType::Row { fields: fields.iter().map(field).collect() }
    }

    #[test]
    fn integers_are_cut_and_texts_are_trimmed() {
        for (text, expected) in [
            ("1", Some(1)),
            ("1.9", Some(1)),
            ("-1.9", Some(-1)),
            ("1e3", Some(1_000)),
            ("\" 12 \"", Some(12)),
            ("\"1.9\"", None),
            ("\"\"", None),
            ("true", None),
            ("[]", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("1e30", None),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let read = one(&DataType::BigInt, &value).ok().map(|array| array.as_primitive::<Int64Type>().value(0));
            assert_eq!(read, expected, "{text}");
        }
        assert!(one(&DataType::TinyInt, &json!(128)).is_err());
        assert!(one(&DataType::TinyInt, &json!(-128)).is_ok());
        assert!(one(&DataType::SmallInt, &json!(32_768)).is_err());
    }

    #[test]
    fn scalars_follow_the_converter() {
        let texts = [json!("a"), json!(1.50), json!(true), json!({"k": [1]}), json!(null)];
        let values: Vec<_> = texts.iter().map(Some).chain([None]).collect();
        let array = array_from_json(&values, &DataType::String).unwrap();
        let read: Vec<_> = array.as_string::<i32>().iter().collect();
        assert_eq!(read, [Some("a"), Some("1.5"), Some("true"), Some("{\"k\":[1]}"), None, None]);
        for (value, expected) in [(json!(true), true), (json!(" TRUE"), true), (json!(1), false), (json!([]), false)] {
            assert_eq!(one(&DataType::Boolean, &value).unwrap().as_boolean().value(0), expected, "{value}");
        }
        assert_eq!(one(&DataType::Bytes, &json!("bWlJWmo=")).unwrap().as_binary::<i32>().value(0), b"miIZj");
        assert!(one(&DataType::Bytes, &json!("*")).is_err());
        assert!(
            (one(&DataType::Float, &json!(3.1)).unwrap().as_primitive::<Float32Type>().value(0) - 3.1).abs() < 1e-9
        );
    }

    #[test]
    fn decimals_are_exact_and_rounded_half_up() {
        let data_type = DataType::Decimal { precision: 5, scale: 2 };
        for (text, expected) in [
            ("1.1", Some(110)),
            ("1.005", Some(101)),
            ("-1.005", Some(-101)),
            ("\" 12 \"", Some(1_200)),
            ("1e2", Some(10_000)),
            ("1000", None),
            ("\"x\"", None),
            ("true", None),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            let read = one(&data_type, &value).ok().map(|array| array.as_primitive::<Decimal128Type>().value(0));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn temporals_take_every_pattern_and_have_their_own_codes() {
        for (data_type, value, code) in [
            (DataType::Date, json!("2024/02/29"), None),
            (DataType::Date, json!("soon"), Some(ErrorCode::DateUnsupported)),
            (DataType::Timestamp, json!("2024-02-29T10:15"), None),
            (DataType::Timestamp, json!("2024-02-29"), Some(ErrorCode::DateTimeUnsupported)),
            (DataType::Time, json!("10:15:00.5"), None),
            (DataType::Time, json!("25:00"), Some(ErrorCode::ValueMalformed)),
            (DataType::TimestampTz, json!("2024-02-29T10:15:00Z"), None),
            (DataType::TimestampTz, json!("2024-02-29T10:15:00+25:00"), Some(ErrorCode::DateTimeUnsupported)),
            (DataType::TimestampTz, json!("+1"), Some(ErrorCode::DateTimeUnsupported)),
        ] {
            assert_eq!(one(&data_type, &value).err().map(|error| error.code), code, "{data_type} {value}");
        }
        let array = one(&DataType::TimestampTz, &json!("1970-01-01 08:00:00+08:00")).unwrap();
        assert_eq!(array.as_struct().column(0).as_primitive::<TimestampMicrosecondType>().value(0), 0);
        assert_eq!(array.as_struct().column(1).as_primitive::<Int16Type>().value(0), 480);
    }

    #[test]
    fn rows_are_read_by_name_or_by_position() {
        let data_type = row(&[("a", DataType::Int), ("b", DataType::String)]);
        let values = [json!({"b": "x"}), json!([1, "y", "behind"]), json!(null), json!([])];
        let values: Vec<_> = values.iter().map(Some).collect();
        let array = array_from_json(&values, &data_type).unwrap();
        let (a, b) = (array.as_struct().column(0), array.as_struct().column(1));
        assert_eq!(a.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [None, Some(1), None, None]);
        assert_eq!(b.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("x"), Some("y"), None, None]);
        assert_eq!((0..4).map(|row| array.is_null(row)).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!(one(&data_type, &json!("text")).unwrap_err().code, ErrorCode::ValueMalformed);
    }

    #[test]
    fn errors_name_the_row_and_the_path() {
        let list = DataType::Array { element: Box::new(DataType::Int) };
        let map = DataType::Map { key: Box::new(DataType::Int), value: Box::new(list.clone()) };
        let data_type = row(&[("r", row(&[("l", list), ("m", map)]))]);
        let good = json!([[[1, 2], {"1": [1]}]]);
        for (bad, path) in [
            (json!([[[1, "x"], null]]), "r.l"),
            (json!({"r": {"m": {"1": ["x"]}}}), "r.m"),
            (json!({"r": {"m": {"x": []}}}), "r.m"),
            (json!([5]), "r"),
        ] {
            let error = array_from_json(&[Some(&good), None, Some(&bad)], &data_type).unwrap_err();
            assert_eq!(
                (error.code, error.row, error.field.as_deref()),
                (ErrorCode::ValueMalformed, Some(2), Some(path))
            );
        }
    }

    #[test]
    fn vectors_are_read_from_numbers_or_packed_bytes() {
        let bytes = |data_type, value| one(&data_type, &value).unwrap().as_binary::<i32>().value(0).to_vec();
        assert_eq!(bytes(DataType::BinaryVector, json!([1, 255])), [1, 255]);
        assert_eq!(bytes(DataType::BinaryVector, json!("Af8=")), [1, 255]);
        assert_eq!(bytes(DataType::Float16Vector, json!([1, -2])), [0x00, 0x3c, 0x00, 0xc0]);
        assert_eq!(bytes(DataType::BFloat16Vector, json!([1, -2])), [0x80, 0x3f, 0x00, 0xc0]);
        assert_eq!(one(&DataType::FloatVector, &json!([1, 2])).unwrap().as_list::<i32>().value(0).len(), 2);
        assert_eq!(one(&DataType::SparseFloatVector, &json!({"7": 1})).unwrap().as_map().value(0).len(), 1);
        assert!(one(&DataType::BinaryVector, &json!([256])).is_err());
    }

    #[test]
    fn short_floats_round_to_the_nearest_even() {
        for (value, half) in [
            (0.0, 0x0000),
            (-0.0, 0x8000),
            (65_504.0, 0x7bff),
            (65_520.0, 0x7c00),
            (1.0 + 1.0 / 2_048.0, 0x3c00),
            (1.0 + 3.0 / 2_048.0, 0x3c02),
            (5.960_464_5e-8, 0x0001),
            (2.0e-8, 0x0000),
            (6.103_515_6e-5, 0x0400),
            (f32::INFINITY, 0x7c00),
        ] {
            assert_eq!(half_bits(value), half, "{value}");
        }
        assert_eq!(half_bits(f32::NAN) & 0x7e00, 0x7e00);
        assert_eq!(brain_bits(f32::NAN) & 0x7fc0, 0x7fc0);
        assert_eq!(brain_bits(f32::MAX), 0x7f80);
    }

    #[test]
    fn no_value_is_an_empty_column_of_the_type() {
        for data_type in
            [DataType::Null, DataType::String, DataType::TimestampTz, row(&[]), row(&[("a", DataType::Int)])]
        {
            let array = array_from_json(&[], &data_type).unwrap();
            assert_eq!((array.len(), array.data_type()), (0, &arrow_type(&data_type)));
        }
    }
}
