//! A batch's columns as typed slices, for encoders that write values one after the other.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result};

/// Values of one column, with what says which are null.
pub(crate) struct View<'a> {
    /// `None` when no value is null.
    pub nulls: Option<&'a NullBuffer>,
    /// The values; those of null rows mean nothing.
    pub values: ViewValues<'a>,
}

/// Typed slices, one entry per value; offsets have one more.
pub(crate) enum ViewValues<'a> {
    Text { offsets: &'a [i32], bytes: &'a [u8] },
    Bytes { offsets: &'a [i32], bytes: &'a [u8] },
    Boolean(&'a BooleanArray),
    Int8(&'a [i8]),
    Int16(&'a [i16]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Decimal { values: &'a [i128], scale: i8 },
    Date(&'a [i32]),
    Time(&'a [i64]),
    Timestamp(&'a [i64]),
    TimestampTz { instants: &'a [i64], offsets: &'a [i16] },
    List { offsets: &'a [i32], element: Box<View<'a>> },
    Map { offsets: &'a [i32], key: Box<View<'a>>, value: Box<View<'a>> },
    Row(Vec<View<'a>>),
    Null,
}

impl<'a> View<'a> {
    /// Views of every column of a batch.
    ///
    /// # Errors
    /// `TYPE_UNSUPPORTED` for vectors, `PROGRAM_INVALID` when an array is not of its column's type.
    pub(crate) fn columns(batch: &'a Batch) -> Result<Vec<Self>> {
        let columns = batch.columns.iter().zip(&batch.schema.columns);
        columns
            .map(|(array, column)| {
                Self::new(array.as_ref(), &column.data_type).map_err(|error| error.at_field(&column.name))
            })
            .collect()
    }

    pub(crate) fn new(array: &'a dyn Array, data_type: &DataType) -> Result<Self> {
        let values = match data_type {
            DataType::String => {
                let array = array.as_string_opt::<i32>().ok_or_else(|| wrong(data_type, array))?;
                ViewValues::Text { offsets: array.value_offsets(), bytes: array.value_data() }
            }
            DataType::Bytes => {
                let array = array.as_binary_opt::<i32>().ok_or_else(|| wrong(data_type, array))?;
                ViewValues::Bytes { offsets: array.value_offsets(), bytes: array.value_data() }
            }
            DataType::Boolean => ViewValues::Boolean(array.as_boolean_opt().ok_or_else(|| wrong(data_type, array))?),
            DataType::TinyInt => ViewValues::Int8(primitive::<Int8Type>(array, data_type)?),
            DataType::SmallInt => ViewValues::Int16(primitive::<Int16Type>(array, data_type)?),
            DataType::Int => ViewValues::Int32(primitive::<Int32Type>(array, data_type)?),
            DataType::BigInt => ViewValues::Int64(primitive::<Int64Type>(array, data_type)?),
            DataType::Float => ViewValues::Float32(primitive::<Float32Type>(array, data_type)?),
            DataType::Double => ViewValues::Float64(primitive::<Float64Type>(array, data_type)?),
            DataType::Decimal { scale, .. } => {
                // The array knows the scale its numbers were stored with.
                let scale = if let ArrowType::Decimal128(_, scale) = array.data_type() { *scale } else { *scale };
                ViewValues::Decimal { values: primitive::<Decimal128Type>(array, data_type)?, scale }
            }
            DataType::Date => ViewValues::Date(primitive::<Date32Type>(array, data_type)?),
            DataType::Time => ViewValues::Time(primitive::<Time64NanosecondType>(array, data_type)?),
            DataType::Timestamp => ViewValues::Timestamp(primitive::<TimestampMicrosecondType>(array, data_type)?),
            DataType::TimestampTz => {
                let array = array.as_struct_opt().filter(|array| array.num_columns() == 2);
                let array =
                    array.ok_or_else(|| KernelError::new(ErrorCode::ProgramInvalid, "viewing a TIMESTAMP_TZ"))?;
                ViewValues::TimestampTz {
                    instants: primitive::<TimestampMicrosecondType>(array.column(0).as_ref(), data_type)?,
                    offsets: primitive::<Int16Type>(array.column(1).as_ref(), data_type)?,
                }
            }
            DataType::Array { element } => {
                let array = array.as_list_opt::<i32>().ok_or_else(|| wrong(data_type, array))?;
                let element = Box::new(Self::new(array.values().as_ref(), element)?);
                ViewValues::List { offsets: array.value_offsets(), element }
            }
            DataType::Map { key, value } => {
                let array = array.as_map_opt().ok_or_else(|| wrong(data_type, array))?;
                ViewValues::Map {
                    offsets: array.value_offsets(),
                    key: Box::new(Self::new(array.keys().as_ref(), key)?),
                    value: Box::new(Self::new(array.values().as_ref(), value)?),
                }
            }
            DataType::Row { fields } => {
                let array = array.as_struct_opt().ok_or_else(|| wrong(data_type, array))?;
                let children = array.columns().iter().zip(fields);
                ViewValues::Row(
                    children
                        .map(|(child, field)| Self::new(child.as_ref(), &field.data_type))
                        .collect::<Result<_>>()?,
                )
            }
            DataType::Null => ViewValues::Null,
            other => {
                return Err(KernelError::new(
                    ErrorCode::TypeUnsupported,
                    format!("a row of text cannot hold '{other}'"),
                ));
            }
        };
        Ok(Self { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), values })
    }

    /// Whether a value is null.
    #[inline(always)]
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row)) || matches!(self.values, ViewValues::Null)
    }
}

/// One entry's range of a list, a map, a text or bytes.
#[inline(always)]
pub(crate) fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

fn primitive<'a, T: ArrowPrimitiveType>(array: &'a dyn Array, data_type: &DataType) -> Result<&'a [T::Native]> {
    Ok(array.as_primitive_opt::<T>().ok_or_else(|| wrong(data_type, array))?.values())
}

fn wrong(data_type: &DataType, array: &dyn Array) -> KernelError {
    KernelError::new(
        ErrorCode::ProgramInvalid,
        format!("a column of type '{data_type}' is held by an array of type '{}'", array.data_type()),
    )
}
