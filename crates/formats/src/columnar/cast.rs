//! Values of a file as the type that the job declares for them.

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, ListArray, MapArray, PrimitiveArray, StringArray, StructArray, new_null_array,
};
use arrow_schema::DataType as ArrowType;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::calendar::MICROS_PER_DAY;
use millrace_batch::parse::rescale_half_up;
use millrace_batch::text;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Casts an array of type `from` to type `to`.
///
/// | from | to |
/// |---|---|
/// | any integer | any integer (checked), FLOAT, DOUBLE, DECIMAL (checked), STRING |
/// | FLOAT | DOUBLE, STRING |
/// | DECIMAL | DECIMAL (half up, checked), DOUBLE, STRING |
/// | BOOLEAN, DOUBLE, DATE, TIME, TIMESTAMP | STRING |
/// | DATE | TIMESTAMP |
/// | TIMESTAMP | TIME, DATE: the part of the day, and the day |
/// | BYTES | STRING (checked), any vector of bytes |
/// | STRING | BYTES |
/// | NULL | anything |
/// | ARRAY, MAP, ROW | the same with other inner types, fields of a row by name |
///
/// # Errors
/// [`ErrorCode::TypeUnsupported`] for any other pair; [`ErrorCode::ValueMalformed`] or [`ErrorCode::EncodingInvalid`] at
/// the first row whose value does not fit.
pub(crate) fn cast(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef> {
    let target = arrow_type(to);
    if array.data_type() == &target {
        return Ok(Arc::clone(array));
    }
    if matches!(from, DataType::Null) {
        return Ok(new_null_array(&target, array.len()));
    }
    if let Some(integers) = integers_of(array, from) {
        return cast_integers(&integers, array, from, to);
    }
    Ok(match (from, to) {
        (_, DataType::String) => return to_text(array, from, to),
        (DataType::Float, DataType::Double) => {
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float64Type>(f64::from))
        }
        (DataType::Decimal { scale: from_scale, .. }, DataType::Decimal { precision, scale }) => {
            let rescale = |value| rescale_half_up(value, i32::from(*from_scale), *precision, *scale);
            let values: PrimitiveArray<Decimal128Type> = checked(array.as_primitive::<Decimal128Type>(), to, rescale)?;
            Arc::new(values.with_data_type(target))
        }
        (DataType::Decimal { scale, .. }, DataType::Double) => {
            let scale = *scale;
            let parse = |value: i128| {
                let mut digits = [0u8; text::MAX_SCALAR_BYTES];
                let length = text::write_decimal(value, scale, &mut digits);
                std::str::from_utf8(&digits[..length]).ok()?.parse::<f64>().ok()
            };
            Arc::new(checked::<Decimal128Type, Float64Type>(array.as_primitive(), to, parse)?)
        }
        (DataType::Date, DataType::Timestamp) => Arc::new(
            array.as_primitive::<Date32Type>().unary::<_, TimestampMicrosecondType>(|d| i64::from(d) * MICROS_PER_DAY),
        ),
        (DataType::Timestamp, DataType::Time) => {
            let of_day = |micros: i64| micros.rem_euclid(MICROS_PER_DAY) * 1_000;
            Arc::new(array.as_primitive::<TimestampMicrosecondType>().unary::<_, Time64NanosecondType>(of_day))
        }
        (DataType::Timestamp, DataType::Date) => {
            let day = |micros: i64| i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok();
            Arc::new(checked::<TimestampMicrosecondType, Date32Type>(array.as_primitive(), to, day)?)
        }
        (DataType::String, DataType::Bytes) => {
            let (offsets, values, nulls) = array.as_string::<i32>().clone().into_parts();
            Arc::new(BinaryArray::new(offsets, values, nulls))
        }
        (DataType::Array { element: from_element }, DataType::Array { element }) => {
            let (ArrowType::List(field), list) = (target, array.as_list::<i32>()) else { return unsupported(from, to) };
            let values = inner(cast(list.values(), from_element, element))?;
            Arc::new(ListArray::new(field, list.offsets().clone(), values, list.nulls().cloned()))
        }
        (DataType::Map { key: from_key, value: from_value }, DataType::Map { key, value }) => {
            let (ArrowType::Map(field, sorted), map) = (target, array.as_map()) else { return unsupported(from, to) };
            let ArrowType::Struct(fields) = field.data_type() else { return unsupported(from, to) };
            let columns = vec![inner(cast(map.keys(), from_key, key))?, inner(cast(map.values(), from_value, value))?];
            let entries = StructArray::new(fields.clone(), columns, None);
            Arc::new(MapArray::new(field, map.offsets().clone(), entries, map.nulls().cloned(), sorted))
        }
        (DataType::Row { fields: from_fields }, DataType::Row { fields }) => {
            let (ArrowType::Struct(arrow_fields), row) = (target, array.as_struct()) else {
                return unsupported(from, to);
            };
            let mut columns = Vec::with_capacity(fields.len());
            for field in fields {
                let Some(index) = from_fields.iter().position(|candidate| candidate.name == field.name) else {
                    return unsupported(from, to);
                };
                columns.push(cast(row.column(index), &from_fields[index].data_type, &field.data_type)?);
            }
            Arc::new(
                StructArray::try_new_with_length(arrow_fields, columns, row.nulls().cloned(), row.len())
                    .map_err(|error| super::corrupt(format!("a nested value contradicts its schema: {error}")))?,
            )
        }
        _ => return unsupported(from, to),
    })
}

fn unsupported(from: &DataType, to: &DataType) -> Result<ArrayRef> {
    Err(KernelError::new(ErrorCode::TypeUnsupported, format!("the file's type '{from}' cannot be read as '{to}'")))
}

fn does_not_fit(to: &DataType, row: usize) -> KernelError {
    KernelError::new(ErrorCode::ValueMalformed, format!("a value of the file does not fit type '{to}'")).at_row(row)
}

fn inner(result: Result<ArrayRef>) -> Result<ArrayRef> {
    result.map_err(|error| KernelError { row: None, ..error })
}

fn checked<From: ArrowPrimitiveType, To: ArrowPrimitiveType>(
    array: &PrimitiveArray<From>,
    to: &DataType,
    convert: impl Fn(From::Native) -> Option<To::Native>,
) -> Result<PrimitiveArray<To>> {
    let mut values = Vec::with_capacity(array.len());
    for (row, value) in array.iter().enumerate() {
        values.push(match value {
            None => To::default_value(),
            Some(value) => convert(value).ok_or_else(|| does_not_fit(to, row))?,
        });
    }
    Ok(PrimitiveArray::new(values.into(), array.nulls().cloned()))
}

fn integers_of(array: &ArrayRef, from: &DataType) -> Option<PrimitiveArray<Int64Type>> {
    Some(match from {
        DataType::TinyInt => array.as_primitive::<Int8Type>().unary(i64::from),
        DataType::SmallInt => array.as_primitive::<Int16Type>().unary(i64::from),
        DataType::Int => array.as_primitive::<Int32Type>().unary(i64::from),
        DataType::BigInt => array.as_primitive::<Int64Type>().clone(),
        _ => return None,
    })
}

fn cast_integers(
    integers: &PrimitiveArray<Int64Type>,
    array: &ArrayRef,
    from: &DataType,
    to: &DataType,
) -> Result<ArrayRef> {
    Ok(match to {
        DataType::TinyInt => Arc::new(checked::<_, Int8Type>(integers, to, |value| value.try_into().ok())?),
        DataType::SmallInt => Arc::new(checked::<_, Int16Type>(integers, to, |value| value.try_into().ok())?),
        DataType::Int => Arc::new(checked::<_, Int32Type>(integers, to, |value| value.try_into().ok())?),
        DataType::BigInt => Arc::new(integers.clone()),
        DataType::Float => Arc::new(integers.unary::<_, Float32Type>(|value| value as f32)),
        DataType::Double => Arc::new(integers.unary::<_, Float64Type>(|value| value as f64)),
        DataType::Decimal { precision, scale } => {
            let rescale = |value| rescale_half_up(i128::from(value), 0, *precision, *scale);
            Arc::new(checked::<_, Decimal128Type>(integers, to, rescale)?.with_data_type(arrow_type(to)))
        }
        DataType::String => return to_text(array, from, to),
        _ => return unsupported(from, to),
    })
}

fn to_text(array: &ArrayRef, from: &DataType, to: &DataType) -> Result<ArrayRef> {
    match from {
        DataType::TinyInt => Ok(write::<Int8Type>(array, |value, out| text::write_i64(value.into(), out))),
        DataType::SmallInt => Ok(write::<Int16Type>(array, |value, out| text::write_i64(value.into(), out))),
        DataType::Int => Ok(write::<Int32Type>(array, |value, out| text::write_i64(value.into(), out))),
        DataType::BigInt => Ok(write::<Int64Type>(array, text::write_i64)),
        DataType::Float => Ok(write::<Float32Type>(array, text::write_f32)),
        DataType::Double => Ok(write::<Float64Type>(array, text::write_f64)),
        DataType::Decimal { scale, .. } => {
            Ok(write::<Decimal128Type>(array, |value, out| text::write_decimal(value, *scale, out)))
        }
        DataType::Date => Ok(write::<Date32Type>(array, text::write_date)),
        DataType::Time => Ok(write::<Time64NanosecondType>(array, text::write_time)),
        DataType::Timestamp => Ok(write::<TimestampMicrosecondType>(array, text::write_timestamp)),
        DataType::Boolean => {
            let texts = array.as_boolean().iter().map(|value| value.map(|value| if value { "true" } else { "false" }));
            Ok(Arc::new(texts.collect::<StringArray>()))
        }
        DataType::Bytes => {
            let bytes = array.as_binary::<i32>();
            for (row, value) in bytes.iter().enumerate() {
                if value.is_some_and(|value| simdutf8::basic::from_utf8(value).is_err()) {
                    let message = "bytes of the file are not valid UTF-8";
                    return Err(KernelError::new(ErrorCode::EncodingInvalid, message).at_row(row));
                }
            }
            let (offsets, values, nulls) = bytes.clone().into_parts();
            let texts = StringArray::try_new(offsets, values, nulls);
            texts.map(|texts| Arc::new(texts) as ArrayRef).map_err(|error| super::corrupt(error.to_string()))
        }
        _ => unsupported(from, to),
    }
}

fn write<T: ArrowPrimitiveType>(array: &ArrayRef, form: impl Fn(T::Native, &mut [u8]) -> usize) -> ArrayRef {
    let array = array.as_primitive::<T>();
    let mut builder = StringBuilder::with_capacity(array.len(), array.len() * 8);
    let mut scalar = [0u8; text::MAX_SCALAR_BYTES];
    for value in array {
        builder.append_option(value.map(|value| {
            let length = form(value, &mut scalar);
            // Every scalar form is ASCII.
            std::str::from_utf8(&scalar[..length]).unwrap_or_default()
        }));
    }
    Arc::new(builder.finish())
}
