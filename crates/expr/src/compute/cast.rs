//! `CAST` and `TRY_CAST`.

use super::convert::{to_doubles, to_longs};
use super::offset_time::{OffsetTime, has_offset, offset_time, offset_time_column};
use super::runtime::Runtime;
use crate::java::big_decimal::{Rounding, from_f64, rescale, to_f64};
use crate::java::text_form::{TextColumn, push_cell, to_text};
use arrow_array::builder::BinaryBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, new_null_array};
use arrow_schema::DataType as ArrowType;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::calendar::{MICROS_PER_DAY, NANOS_PER_DAY, days_from_civil, is_valid_date, split_micros};
use millrace_batch::parse::{parse_decimal, parse_f32, parse_f64, parse_i64};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// What a cast is to do.
#[derive(Clone, Debug)]
pub(crate) struct CastSpec {
    /// Type of the result.
    pub(crate) target: DataType,
    /// Name of the type as written, in capitals: a text that equals it becomes null.
    pub(crate) name: String,
    /// Null instead of an error.
    pub(crate) lenient: bool,
}

type Cell<T> = std::result::Result<Option<T>, String>;

/// Casts every value; null stays null.
///
/// # Errors
/// `EXPRESSION_FAILED` at the lowest row whose value has no counterpart in the target type.
///
/// # Source
/// SeaTunnel `SystemFunction.castAs`: numbers are parsed from their text, decimals round to +∞, temporal targets take
/// temporals and whole numbers only. The targets TINYINT, SMALLINT, BOOLEAN and `TIMESTAMP_TZ` are those of later versions.
pub(crate) fn cast(array: &ArrayRef, spec: &CastSpec, runtime: &Runtime) -> Result<ArrayRef> {
    if array.data_type() == &ArrowType::Null {
        return Ok(new_null_array(&arrow_type(&spec.target), array.len()));
    }
    match &spec.target {
        DataType::String => cast_text(array, spec),
        DataType::TinyInt => integers::<Int8Type>(array, spec),
        DataType::SmallInt => integers::<Int16Type>(array, spec),
        DataType::Int => integers::<Int32Type>(array, spec),
        DataType::BigInt => integers::<Int64Type>(array, spec),
        DataType::Float => floats(array, spec),
        DataType::Double => doubles(array, spec),
        DataType::Decimal { precision, scale } => decimals(array, spec, *precision, *scale),
        DataType::Boolean => booleans(array, spec),
        DataType::Bytes => bytes(array, spec),
        DataType::Timestamp => cells::<TimestampMicrosecondType>(array, spec, &|row| timestamp(array, row, runtime)),
        DataType::Date => cells::<Date32Type>(array, spec, &|row| date(array, row)),
        DataType::Time => cells::<Time64NanosecondType>(array, spec, &|row| time(array, row)),
        DataType::TimestampTz => offset_times(array, spec, runtime),
        other => Err(KernelError::new(ErrorCode::SqlInvalid, format!("Unsupported CAST AS type: {other}"))),
    }
}

fn cells<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    spec: &CastSpec,
    cell: &dyn Fn(usize) -> Cell<T::Native>,
) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        values.push(if array.is_null(row) { None } else { or_null(cell(row), spec, row)? });
    }
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values)))
}

fn or_null<T>(cell: Cell<T>, spec: &CastSpec, row: usize) -> Result<Option<T>> {
    match cell {
        Ok(value) => Ok(value),
        Err(_) if spec.lenient => Ok(None),
        Err(message) => Err(KernelError::new(ErrorCode::ExpressionFailed, message).at_row(row)),
    }
}

fn cast_text(array: &ArrayRef, spec: &CastSpec) -> Result<ArrayRef> {
    let text = to_text(array)?;
    let strings = text.as_string::<i32>();
    if !strings.iter().flatten().any(|value| value == spec.name) {
        return Ok(text);
    }
    let mut column = TextColumn::with_capacity(strings.len());
    for value in strings {
        match value {
            Some(value) if value != spec.name => {
                column.buffer().push_str(value);
                column.finish_value()?;
            }
            _ => column.push_null(),
        }
    }
    Ok(column.into_array())
}

/// Runs `parse` on the Java text of a cell; null when the text is the name of the type.
fn from_text<T>(array: &ArrayRef, spec: &CastSpec, row: usize, parse: impl Fn(&[u8]) -> Option<T>) -> Cell<T> {
    let mut scratch = String::new();
    let text = if array.data_type() == &ArrowType::Utf8 {
        array.as_string::<i32>().value(row)
    } else {
        push_cell(array.as_ref(), row, &mut scratch).map_err(|error| error.message)?;
        &scratch
    };
    if text == spec.name {
        return Ok(None);
    }
    parse(text.as_bytes()).map(Some).ok_or_else(|| format!("the value '{text}' cannot be cast to {}", spec.target))
}

fn integers<T>(array: &ArrayRef, spec: &CastSpec) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64>,
{
    if array.data_type() == &T::DATA_TYPE {
        return Ok(ArrayRef::clone(array));
    }
    let narrow = |value: i64| T::Native::try_from(value).ok();
    let checked = |value: i64| {
        narrow(value).map(Some).ok_or_else(|| format!("the value '{value}' cannot be cast to {}", spec.target))
    };
    match array.data_type() {
        ArrowType::Int8 => cells::<T>(array, spec, &|row| checked(array.as_primitive::<Int8Type>().value(row).into())),
        ArrowType::Int16 => {
            cells::<T>(array, spec, &|row| checked(array.as_primitive::<Int16Type>().value(row).into()))
        }
        ArrowType::Int32 => {
            cells::<T>(array, spec, &|row| checked(array.as_primitive::<Int32Type>().value(row).into()))
        }
        ArrowType::Int64 => cells::<T>(array, spec, &|row| checked(array.as_primitive::<Int64Type>().value(row))),
        _ => cells::<T>(array, spec, &|row| from_text(array, spec, row, |text| parse_i64(text).and_then(narrow))),
    }
}

fn floats(array: &ArrayRef, spec: &CastSpec) -> Result<ArrayRef> {
    let parsed = |row: usize| from_text(array, spec, row, parse_f32);
    match array.data_type() {
        ArrowType::Float32 => Ok(ArrayRef::clone(array)),
        // The text of a whole number rounds as the number does.
        ArrowType::Int8 | ArrowType::Int16 | ArrowType::Int32 | ArrowType::Int64 => {
            Ok(Arc::new(to_longs(array)?.unary::<_, Float32Type>(|value| value as f32)))
        }
        ArrowType::Float64 => cells::<Float32Type>(array, spec, &|row| {
            let value = array.as_primitive::<Float64Type>().value(row);
            if rounds_as_its_text(value) { Ok(Some(value as f32)) } else { parsed(row) }
        }),
        _ => cells::<Float32Type>(array, spec, &parsed),
    }
}

/// Whether the float nearest to a double is the one nearest to its text. Between a double and its shortest text there is
/// no other double, so only one that is in the middle of two floats itself can make a difference.
fn rounds_as_its_text(value: f64) -> bool {
    const CUT_BITS: u64 = (1 << 29) - 1;
    let is_normal = value == 0.0 || (1.2e-38..3.4e38).contains(&value.abs());
    is_normal && value.to_bits() & CUT_BITS != 1 << 28
}

fn doubles(array: &ArrayRef, spec: &CastSpec) -> Result<ArrayRef> {
    match array.data_type() {
        // For these the text reads back as the nearest double, which is what the conversion gives.
        ArrowType::Int8 | ArrowType::Int16 | ArrowType::Int32 | ArrowType::Int64 | ArrowType::Float64 => {
            Ok(Arc::new(to_doubles(array)?))
        }
        ArrowType::Decimal128(_, scale) => cells::<Float64Type>(array, spec, &|row| {
            Ok(Some(to_f64(array.as_primitive::<Decimal128Type>().value(row), *scale)))
        }),
        _ => cells::<Float64Type>(array, spec, &|row| from_text(array, spec, row, parse_f64)),
    }
}

fn decimals(array: &ArrayRef, spec: &CastSpec, precision: u8, scale: i8) -> Result<ArrayRef> {
    let round = |(unscaled, from): (i128, i32)| rescale(unscaled, from, i32::from(scale), Rounding::Ceiling);
    let cell = |row: usize| -> Cell<i128> {
        let parts = match array.data_type() {
            ArrowType::Decimal128(_, from) => {
                Some((array.as_primitive::<Decimal128Type>().value(row), i32::from(*from)))
            }
            ArrowType::Int32 => Some((i128::from(array.as_primitive::<Int32Type>().value(row)), 0)),
            ArrowType::Int64 => Some((i128::from(array.as_primitive::<Int64Type>().value(row)), 0)),
            ArrowType::Float64 => from_f64(array.as_primitive::<Float64Type>().value(row)),
            _ => None,
        };
        match parts.and_then(round) {
            Some(value) => Ok(Some(value)),
            None => from_text(array, spec, row, |text| parse_decimal(text).and_then(round)),
        }
    };
    let values = cells::<Decimal128Type>(array, spec, &cell)?;
    let typed = values.as_primitive::<Decimal128Type>().clone().with_precision_and_scale(precision, scale);
    Ok(Arc::new(typed.map_err(|error| KernelError::new(ErrorCode::TypeUnsupported, error.to_string()))?))
}

fn booleans(array: &ArrayRef, spec: &CastSpec) -> Result<ArrayRef> {
    if array.data_type() == &ArrowType::Boolean {
        return Ok(ArrayRef::clone(array));
    }
    let parse = |text: &[u8]| match text {
        b"1" => Some(true),
        b"0" => Some(false),
        _ if text.eq_ignore_ascii_case(b"true") => Some(true),
        _ if text.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    };
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        values.push(if array.is_null(row) { None } else { or_null(from_text(array, spec, row, parse), spec, row)? });
    }
    Ok(Arc::new(BooleanArray::from(values)))
}

fn bytes(array: &ArrayRef, spec: &CastSpec) -> Result<ArrayRef> {
    if array.data_type() == &ArrowType::Binary {
        return Ok(ArrayRef::clone(array));
    }
    let text = cast_text(array, spec)?;
    let mut builder = BinaryBuilder::new();
    for value in text.as_string::<i32>() {
        builder.append_option(value);
    }
    Ok(Arc::new(builder.finish()))
}

fn unsupported<T>(target: &str) -> Cell<T> {
    Err(format!("Unsupported CAST AS type: {target}"))
}

fn whole_number(array: &ArrayRef, row: usize) -> Option<i64> {
    Some(match array.data_type() {
        ArrowType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        ArrowType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        ArrowType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
        ArrowType::Int64 => array.as_primitive::<Int64Type>().value(row),
        _ => return None,
    })
}

fn timestamp(array: &ArrayRef, row: usize, runtime: &Runtime) -> Cell<i64> {
    if let Some(local) = local_micros(array, row) {
        return Ok(Some(local));
    }
    Ok(Some(match array.data_type() {
        ArrowType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            let micros = i64::from(days).checked_mul(MICROS_PER_DAY);
            micros.ok_or_else(|| format!("the day '{days}' is beyond the timestamps"))?
        }
        ArrowType::Time64(_) => {
            let (today, _) = split_micros(runtime.local_now_micros());
            i64::from(today) * MICROS_PER_DAY + array.as_primitive::<Time64NanosecondType>().value(row) / 1_000
        }
        ArrowType::Int64 => {
            let millis = array.as_primitive::<Int64Type>().value(row);
            let micros = millis.checked_mul(1_000);
            runtime.zone.to_local_micros(micros.ok_or_else(|| format!("'{millis}' milliseconds are out of range"))?)
        }
        _ => return unsupported("TIMESTAMP"),
    }))
}

/// Local times are those of the program's zone.
fn offset_times(array: &ArrayRef, spec: &CastSpec, runtime: &Runtime) -> Result<ArrayRef> {
    if has_offset(array.data_type()) {
        return Ok(ArrayRef::clone(array));
    }
    let cell = |row: usize| -> Cell<OffsetTime> {
        let zone = runtime.zone;
        let instant = match array.data_type() {
            ArrowType::Date32 | ArrowType::Time64(_) | ArrowType::Timestamp(_, _) => {
                timestamp(array, row, runtime)?.map(|local| zone.to_instant_micros(local))
            }
            ArrowType::Int64 => {
                let millis = array.as_primitive::<Int64Type>().value(row);
                let micros = millis.checked_mul(1_000);
                Some(micros.ok_or_else(|| format!("'{millis}' milliseconds are out of range"))?)
            }
            _ => return unsupported("TIMESTAMP_TZ"),
        };
        Ok(instant.map(|instant| OffsetTime::in_zone(zone, instant)))
    };
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        values.push(if array.is_null(row) { None } else { or_null(cell(row), spec, row)? });
    }
    Ok(offset_time_column(&values))
}

/// Where the local time of a `TIMESTAMP_TZ` goes into a type without a zone.
fn local_micros(array: &ArrayRef, row: usize) -> Option<i64> {
    match array.data_type() {
        ArrowType::Timestamp(_, _) => Some(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        other if has_offset(other) => Some(offset_time(array.as_ref(), row).local_micros()),
        _ => None,
    }
}

fn date(array: &ArrayRef, row: usize) -> Cell<i32> {
    if let Some(local) = local_micros(array, row) {
        return Ok(Some(split_micros(local).0));
    }
    if array.data_type() == &ArrowType::Date32 {
        return Ok(Some(array.as_primitive::<Date32Type>().value(row)));
    }
    let Some(number) = whole_number(array, row) else { return unsupported("DATE") };
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let valid = (0..=99_999_999).contains(&number) && is_valid_date(year as i32, month as u32, day as u32);
    if !valid {
        return Err(format!("the number '{number}' is not a date yyyymmdd"));
    }
    Ok(Some(days_from_civil(year as i32, month as u32, day as u32)))
}

fn time(array: &ArrayRef, row: usize) -> Cell<i64> {
    if let Some(local) = local_micros(array, row) {
        return Ok(Some(split_micros(local).1));
    }
    Ok(Some(match array.data_type() {
        ArrowType::Time64(_) => array.as_primitive::<Time64NanosecondType>().value(row),
        ArrowType::Date32 => 0,
        _ => {
            let Some(number) = whole_number(array, row) else { return unsupported("TIME") };
            let (hour, minute, second) = (number / 10_000, number / 100 % 100, number % 100);
            if number < 0 || hour > 23 || minute > 59 || second > 59 {
                return Err(format!("the number '{number}' is not a time hhmmss"));
            }
            let nanos = (hour * 3_600 + minute * 60 + second) * 1_000_000_000;
            debug_assert!(nanos < NANOS_PER_DAY);
            nanos
        }
    }))
}
