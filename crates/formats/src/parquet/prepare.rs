//! Arrays of the SeaTunnel types to the arrays that are written.

use super::options::TimestampUnit;
use crate::columnar::check::check_digits;
use crate::columnar::zone::LocalZone;
use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, PrimitiveArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType as ArrowType, Field, Fields, TimeUnit};
use millrace_batch::arrow_types::{LIST_FIELD, arrow_type};
use millrace_batch::{DataType, KernelError, Result};
use std::sync::Arc;

/// The Arrow type in which values of a SeaTunnel type are written.
pub(super) fn prepared_type(data_type: &DataType, unit: TimestampUnit) -> ArrowType {
    match data_type {
        DataType::Timestamp | DataType::TimestampTz => ArrowType::Timestamp(
            match unit {
                TimestampUnit::Millis => TimeUnit::Millisecond,
                TimestampUnit::Micros => TimeUnit::Microsecond,
            },
            Some("UTC".into()),
        ),
        DataType::Array { element } => {
            ArrowType::List(Arc::new(Field::new(LIST_FIELD, prepared_type(element, unit), true)))
        }
        DataType::Map { key, value } => {
            let key = Field::new("key", prepared_type(key, unit), false);
            let value = Field::new("value", prepared_type(value, unit), true);
            let entries = Field::new("entries", ArrowType::Struct(Fields::from(vec![key, value])), false);
            ArrowType::Map(Arc::new(entries), false)
        }
        DataType::Row { fields } => ArrowType::Struct(
            fields.iter().map(|field| Field::new(&field.name, prepared_type(&field.data_type, unit), true)).collect(),
        ),
        other => arrow_type(other),
    }
}

/// Brings an array to [`prepared_type`]: local times become instants of the zone; of times with an offset, the instant is kept.
///
/// # Errors
/// [`ErrorCode::EncodeFailed`] at the first row whose decimal has more digits than its column.
pub(super) fn prepare(
    array: &ArrayRef,
    data_type: &DataType,
    unit: TimestampUnit,
    zone: &mut LocalZone,
) -> Result<ArrayRef> {
    match data_type {
        DataType::Timestamp => {
            let local = array.as_primitive::<TimestampMicrosecondType>();
            if zone.is_utc() {
                return Ok(in_unit(local, unit));
            }
            let instants: Vec<i64> = local.values().iter().map(|local| zone.instant_from_local(*local)).collect();
            Ok(in_unit(&PrimitiveArray::new(instants.into(), local.nulls().cloned()), unit))
        }
        DataType::TimestampTz => {
            let pair = array.as_struct();
            let instants = pair.column(0).as_primitive::<TimestampMicrosecondType>();
            let nulls = NullBuffer::union(pair.nulls(), instants.nulls());
            Ok(in_unit(&PrimitiveArray::new(instants.values().clone(), nulls), unit))
        }
        DataType::Decimal { precision, .. } => check_digits(array, *precision).map(|()| Arc::clone(array)),
        DataType::Array { element } => {
            let ArrowType::List(field) = prepared_type(data_type, unit) else { return Ok(Arc::clone(array)) };
            let list = array.as_list::<i32>();
            let values = inner(prepare(list.values(), element, unit, zone))?;
            Ok(Arc::new(ListArray::new(field, list.offsets().clone(), values, list.nulls().cloned())))
        }
        DataType::Map { key, value } => {
            let ArrowType::Map(field, sorted) = prepared_type(data_type, unit) else { return Ok(Arc::clone(array)) };
            let ArrowType::Struct(fields) = field.data_type() else { return Ok(Arc::clone(array)) };
            let map = array.as_map();
            let keys = inner(prepare(map.keys(), key, unit, zone))?;
            let values = inner(prepare(map.values(), value, unit, zone))?;
            let entries = StructArray::new(fields.clone(), vec![keys, values], None);
            Ok(Arc::new(MapArray::new(field, map.offsets().clone(), entries, map.nulls().cloned(), sorted)))
        }
        DataType::Row { fields } => {
            let ArrowType::Struct(arrow_fields) = prepared_type(data_type, unit) else { return Ok(Arc::clone(array)) };
            let row = array.as_struct();
            let columns = row.columns().iter().zip(fields);
            let columns = columns.map(|(column, field)| prepare(column, &field.data_type, unit, zone));
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::new(arrow_fields, columns, row.nulls().cloned())))
        }
        _ => Ok(Arc::clone(array)),
    }
}

fn in_unit(micros: &PrimitiveArray<TimestampMicrosecondType>, unit: TimestampUnit) -> ArrayRef {
    match unit {
        TimestampUnit::Micros => Arc::new(micros.clone().with_timezone("UTC")),
        TimestampUnit::Millis => {
            let millis = micros.unary::<_, TimestampMillisecondType>(|micros| micros.div_euclid(1_000));
            Arc::new(millis.with_timezone("UTC"))
        }
    }
}

/// Rows of inner arrays are not rows of the batch.
fn inner(result: Result<ArrayRef>) -> Result<ArrayRef> {
    result.map_err(|error| KernelError { row: None, ..error })
}
