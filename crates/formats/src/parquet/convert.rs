//! Arrays as the library decodes them to arrays of the SeaTunnel types.

use crate::columnar::zone::LocalZone;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Decimal256Type, Float16Type, Float32Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BinaryArray, ListArray, MapArray, PrimitiveArray, StructArray};
use arrow_buffer::i256;
use arrow_schema::{ArrowError, DataType as ArrowType, TimeUnit};
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::calendar::NANOS_PER_DAY;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Brings a decoded array to the Arrow type of `target`, which must be its type by [`super::types::data_type_of`].
///
/// Instants become local times of `zone`; timestamps that are not instants stay as they are. Most types are not copied.
///
/// # Errors
/// [`ErrorCode::ValueMalformed`] at the row of the top-level array whose time or decimal is out of range.
pub(super) fn to_batch_array(array: &ArrayRef, target: &DataType, zone: &mut LocalZone) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        ArrowType::UInt8 => Arc::new(array.as_primitive::<UInt8Type>().unary::<_, Int16Type>(i16::from)),
        ArrowType::UInt16 => Arc::new(array.as_primitive::<UInt16Type>().unary::<_, Int32Type>(i32::from)),
        ArrowType::UInt32 => Arc::new(array.as_primitive::<UInt32Type>().unary::<_, Int64Type>(i64::from)),
        ArrowType::UInt64 => {
            let values = array.as_primitive::<UInt64Type>().unary::<_, Decimal128Type>(i128::from);
            Arc::new(values.with_data_type(ArrowType::Decimal128(20, 0)))
        }
        ArrowType::Float16 => Arc::new(array.as_primitive::<Float16Type>().unary::<_, Float32Type>(f32::from)),
        ArrowType::FixedSizeBinary(_) => Arc::new(array.as_fixed_size_binary().iter().collect::<BinaryArray>()),
        ArrowType::Decimal256(precision, scale) => {
            let values = checked::<Decimal256Type, Decimal128Type>(array, i256::to_i128)?;
            Arc::new(values.with_data_type(ArrowType::Decimal128(*precision, *scale)))
        }
        ArrowType::Time32(_) => {
            time::<Time32MillisecondType>(array, |millis| i64::from(millis).checked_mul(1_000_000))?
        }
        ArrowType::Time64(TimeUnit::Microsecond) => {
            time::<Time64MicrosecondType>(array, |micros| micros.checked_mul(1_000))?
        }
        ArrowType::Time64(_) => time::<Time64NanosecondType>(array, Some)?,
        ArrowType::Timestamp(unit, instant) => local_timestamps(array, *unit, instant.is_some(), zone)?,
        ArrowType::List(_) | ArrowType::Map(_, _) | ArrowType::Struct(_) => nested(array, target, zone)?,
        _ => Arc::clone(array),
    })
}

fn checked<From: ArrowPrimitiveType, To: ArrowPrimitiveType>(
    array: &ArrayRef,
    convert: impl Fn(From::Native) -> Option<To::Native>,
) -> Result<PrimitiveArray<To>> {
    let array = array.as_primitive::<From>();
    let values = array.try_unary(|value| convert(value).ok_or(()));
    values.or_else(|()| {
        // Slow path: find the row, or learn that only places of nulls were out of range.
        let mut result = Vec::with_capacity(array.len());
        for (row, value) in array.iter().enumerate() {
            result.push(match value.map(&convert) {
                None => None,
                Some(Some(value)) => Some(value),
                Some(None) => return Err(out_of_range(row)),
            });
        }
        Ok(result.into_iter().collect())
    })
}

fn out_of_range(row: usize) -> KernelError {
    KernelError::new(ErrorCode::ValueMalformed, "a value of the file is outside the range of its type").at_row(row)
}

fn time<From: ArrowPrimitiveType>(array: &ArrayRef, nanos: impl Fn(From::Native) -> Option<i64>) -> Result<ArrayRef> {
    let in_day = |value| nanos(value).filter(|nanos| (0..NANOS_PER_DAY).contains(nanos));
    Ok(Arc::new(checked::<From, Time64NanosecondType>(array, in_day)?))
}

fn local_timestamps(array: &ArrayRef, unit: TimeUnit, is_instant: bool, zone: &mut LocalZone) -> Result<ArrayRef> {
    let micros: PrimitiveArray<TimestampMicrosecondType> = match unit {
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().clone(),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().unary(|nanos| nanos.div_euclid(1_000)),
        TimeUnit::Millisecond | TimeUnit::Second => {
            checked::<TimestampMillisecondType, _>(array, |millis| millis.checked_mul(1_000))?
        }
    };
    let micros = micros.with_timezone_opt(None::<&str>);
    if !is_instant || zone.is_utc() {
        return Ok(Arc::new(micros));
    }
    let local: Vec<i64> = micros.values().iter().map(|micros| zone.local_from_instant(*micros)).collect();
    Ok(Arc::new(PrimitiveArray::<TimestampMicrosecondType>::new(local.into(), micros.nulls().cloned())))
}

fn nested(array: &ArrayRef, target: &DataType, zone: &mut LocalZone) -> Result<ArrayRef> {
    match (target, arrow_type(target)) {
        (DataType::Array { element }, ArrowType::List(field)) => {
            let list = array.as_list::<i32>();
            let values = inner(to_batch_array(list.values(), element, zone))?;
            rebuilt(ListArray::try_new(field, list.offsets().clone(), values, list.nulls().cloned()))
        }
        (DataType::Map { key, value }, ArrowType::Map(field, sorted)) => {
            let map = array.as_map();
            let keys = inner(to_batch_array(map.keys(), key, zone))?;
            let values = inner(to_batch_array(map.values(), value, zone))?;
            let ArrowType::Struct(fields) = field.data_type() else { return Err(mismatch(target)) };
            let entries = StructArray::try_new(fields.clone(), vec![keys, values], None).map_err(|e| damaged(&e))?;
            rebuilt(MapArray::try_new(Arc::clone(&field), map.offsets().clone(), entries, map.nulls().cloned(), sorted))
        }
        (DataType::Row { fields }, ArrowType::Struct(arrow_fields)) => {
            let row = array.as_struct();
            let columns = row.columns().iter().zip(fields);
            let columns = columns
                .map(|(column, field)| to_batch_array(column, &field.data_type, zone))
                .collect::<Result<Vec<_>>>()?;
            rebuilt(StructArray::try_new(arrow_fields, columns, row.nulls().cloned()))
        }
        _ => Err(mismatch(target)),
    }
}

/// Rows of inner arrays are not rows of the batch.
fn inner(result: Result<ArrayRef>) -> Result<ArrayRef> {
    result.map_err(|error| KernelError { row: None, ..error })
}

fn rebuilt<A: Array + 'static>(array: Result<A, ArrowError>) -> Result<ArrayRef> {
    array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| damaged(&error))
}

fn damaged(error: &ArrowError) -> KernelError {
    super::corrupt(format!("a nested value contradicts its schema: {error}"))
}

fn mismatch(target: &DataType) -> KernelError {
    KernelError::new(ErrorCode::TypeUnsupported, format!("a nested value is not of type '{target}'"))
}
