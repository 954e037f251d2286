//! Finished columns as Arrow arrays.

use super::columns::{ColumnBuilder, Values};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Int16Array, ListArray, MapArray, NullArray, PrimitiveArray,
    StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType as ArrowType};
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::schema::DataType;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

impl ColumnBuilder {
    /// The column as an array of the type that holds its values; the builder is empty afterwards.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when Arrow refuses the parts: a bug.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef> {
        let rows = std::mem::take(&mut self.rows);
        let nulls = null_buffer(&std::mem::take(&mut self.null_rows), rows);
        let array_type = arrow_type(&self.data_type);
        Ok(match &mut self.values {
            Values::Bytes { offsets, bytes } => {
                let capacity = bytes.len();
                let (offsets, values) = (take_offsets(offsets), Buffer::from_vec(std::mem::take(bytes)));
                bytes.reserve(capacity);
                if self.data_type == DataType::String {
                    // SAFETY: the text was validated as UTF-8 before it was cut, and it is only cut at whole characters.
                    Arc::new(unsafe { StringArray::new_unchecked(offsets, values, nulls) })
                } else {
                    Arc::new(BinaryArray::try_new(offsets, values, nulls).map_err(|error| refused(&error))?)
                }
            }
            Values::Boolean(values) => {
                let values = std::mem::take(values);
                let bits = BooleanBuffer::collect_bool(values.len(), |index| values[index]);
                Arc::new(BooleanArray::new(bits, nulls))
            }
            Values::Int8(values) => primitive::<Int8Type>(values, nulls, array_type)?,
            Values::Int16(values) => primitive::<Int16Type>(values, nulls, array_type)?,
            Values::Int32(values) => primitive::<Int32Type>(values, nulls, array_type)?,
            Values::Int64(values) => primitive::<Int64Type>(values, nulls, array_type)?,
            Values::Float32(values) => primitive::<Float32Type>(values, nulls, array_type)?,
            Values::Float64(values) => primitive::<Float64Type>(values, nulls, array_type)?,
            Values::Decimal { values, .. } => primitive::<Decimal128Type>(values, nulls, array_type)?,
            Values::Date(values) => primitive::<Date32Type>(values, nulls, array_type)?,
            Values::Time(values) => primitive::<Time64NanosecondType>(values, nulls, array_type)?,
            Values::Timestamp(values) => primitive::<TimestampMicrosecondType>(values, nulls, array_type)?,
            Values::TimestampTz { instants, offsets } => {
                let ArrowType::Struct(fields) = array_type else { return Err(bug("a struct type")) };
                let instants = TimestampMicrosecondArray::new(std::mem::take(instants).into(), nulls.clone());
                let offsets = Int16Array::new(std::mem::take(offsets).into(), nulls.clone());
                let children: Vec<ArrayRef> = vec![Arc::new(instants.with_timezone("UTC")), Arc::new(offsets)];
                Arc::new(StructArray::try_new(fields, children, nulls).map_err(|error| refused(&error))?)
            }
            Values::List { offsets, element } => {
                let ArrowType::List(field) = array_type else { return Err(bug("a list type")) };
                let list = ListArray::try_new(field, take_offsets(offsets), element.finish()?, nulls);
                Arc::new(list.map_err(|error| refused(&error))?)
            }
            Values::Map { offsets, key, value } => {
                let ArrowType::Map(field, sorted) = array_type else { return Err(bug("a map type")) };
                let ArrowType::Struct(fields) = field.data_type() else { return Err(bug("a struct type")) };
                let columns = vec![key.finish()?, value.finish()?];
                let entries = StructArray::try_new(fields.clone(), columns, None).map_err(|error| refused(&error))?;
                let map = MapArray::try_new(field, take_offsets(offsets), entries, nulls, sorted);
                Arc::new(map.map_err(|error| refused(&error))?)
            }
            Values::Struct(children) => {
                let ArrowType::Struct(fields) = array_type else { return Err(bug("a struct type")) };
                let columns = children.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>>>()?;
                let length = StructArray::try_new_with_length(fields, columns, nulls, rows);
                Arc::new(length.map_err(|error| refused(&error))?)
            }
            Values::Null => Arc::new(NullArray::new(rows)),
        })
    }
}

/// `value` repeated, or nulls.
pub(crate) fn constant_text(value: Option<&str>, rows: usize) -> Result<ArrayRef> {
    let text = value.unwrap_or_default();
    if text.len().saturating_mul(rows) > i32::MAX as usize {
        return Err(KernelError::new(ErrorCode::ValueTooLarge, "partition values of a batch are over 2 GiB"));
    }
    let offsets = OffsetBuffer::from_repeated_length(text.len(), rows);
    let nulls = value.is_none().then(|| NullBuffer::new_null(rows));
    let array = StringArray::try_new(offsets, Buffer::from_vec(text.repeat(rows).into_bytes()), nulls);
    Ok(Arc::new(array.map_err(|error| refused(&error))?) as Arc<dyn Array>)
}

fn primitive<T: ArrowPrimitiveType>(
    values: &mut Vec<T::Native>,
    nulls: Option<NullBuffer>,
    data_type: ArrowType,
) -> Result<ArrayRef> {
    let capacity = values.len();
    let values_buffer = ScalarBuffer::from(std::mem::take(values));
    values.reserve(capacity);
    let array = PrimitiveArray::<T>::try_new(values_buffer, nulls).map_err(|error| refused(&error))?;
    Ok(Arc::new(array.with_data_type(data_type)))
}

/// Takes the offsets and leaves those of an empty column.
fn take_offsets(offsets: &mut Vec<i32>) -> OffsetBuffer<i32> {
    let mut empty = Vec::with_capacity(offsets.len());
    empty.push(0);
    let taken = std::mem::replace(offsets, empty);
    // SAFETY: the offsets begin at 0 and each is the one before plus a length.
    unsafe { OffsetBuffer::new_unchecked(ScalarBuffer::from(taken)) }
}

fn null_buffer(null_rows: &[u32], rows: usize) -> Option<NullBuffer> {
    if null_rows.is_empty() {
        return None;
    }
    let mut bits = MutableBuffer::new(rows.div_ceil(8)).with_bitset(rows.div_ceil(8), true);
    for row in null_rows {
        arrow_buffer::bit_util::unset_bit(bits.as_slice_mut(), *row as usize);
    }
    Some(NullBuffer::new(BooleanBuffer::new(bits.into(), 0, rows)))
}

fn refused(error: &ArrowError) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, format!("building a column: {error}"))
}

fn bug(expected: &str) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, format!("building a column: {expected} was expected"))
}
