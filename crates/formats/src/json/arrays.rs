//! Finished columns as Arrow arrays.

use super::column::{Column, Values};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Int16Array, ListArray, MapArray, NullArray, PrimitiveArray, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType as ArrowType};
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

impl Column {
    /// The column as an array of the type that holds its values; the column is empty afterwards.
    ///
    /// # Errors
    /// `PROGRAM_INVALID` when Arrow refuses the parts: a bug.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef> {
        let rows = std::mem::take(&mut self.rows);
        let nulls = null_buffer(&self.null_rows, rows);
        self.null_rows.clear();
        let array_type = arrow_type(&self.data_type);
        Ok(match &mut self.values {
            Values::Text { offsets, bytes } => {
                let (offsets, values) = (take_offsets(offsets), take_bytes(bytes));
                // SAFETY: the text was validated as UTF-8, is cut only at ASCII bytes, and escapes add whole characters.
                Arc::new(unsafe { StringArray::new_unchecked(offsets, values, nulls) })
            }
            Values::Binary { offsets, bytes } => {
                let (offsets, values) = (take_offsets(offsets), take_bytes(bytes));
                Arc::new(BinaryArray::try_new(offsets, values, nulls).map_err(|error| refused(&error))?)
            }
            Values::Boolean(values) => {
                let bits = BooleanBuffer::collect_bool(values.len(), |index| values[index]);
                values.clear();
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
            Values::Map(map) => {
                let ArrowType::Map(field, sorted) = array_type else { return Err(bug("a map type")) };
                let ArrowType::Struct(fields) = field.data_type() else { return Err(bug("a struct type")) };
                let columns = vec![map.key.finish()?, map.value.finish()?];
                let entries = StructArray::try_new(fields.clone(), columns, None).map_err(|error| refused(&error))?;
                let map = MapArray::try_new(field, take_offsets(&mut map.offsets), entries, nulls, sorted);
                Arc::new(map.map_err(|error| refused(&error))?)
            }
            Values::Row(row) => {
                let ArrowType::Struct(fields) = array_type else { return Err(bug("a struct type")) };
                row.rows = 0;
                let columns = row.columns.iter_mut().map(Column::finish).collect::<Result<Vec<_>>>()?;
                Arc::new(
                    StructArray::try_new_with_length(fields, columns, nulls, rows).map_err(|error| refused(&error))?,
                )
            }
            Values::Null => Arc::new(NullArray::new(rows)),
        })
    }

    /// Bytes held for values, without spare room.
    pub(crate) fn memory_bytes(&self) -> usize {
        let own = match &self.values {
            Values::Null => 0,
            Values::Boolean(values) => values.capacity(),
            Values::Int8(values) => values.capacity(),
            Values::Int16(values) => 2 * values.capacity(),
            Values::Int32(values) | Values::Date(values) => 4 * values.capacity(),
            Values::Int64(values) | Values::Time(values) | Values::Timestamp(values) => 8 * values.capacity(),
            Values::Float32(values) => 4 * values.capacity(),
            Values::Float64(values) => 8 * values.capacity(),
            Values::Decimal { values, .. } => 16 * values.capacity(),
            Values::TimestampTz { instants, .. } => 10 * instants.capacity(),
            Values::Text { offsets, bytes } | Values::Binary { offsets, bytes } => {
                4 * offsets.capacity() + bytes.capacity()
            }
            Values::List { offsets, element } => 4 * offsets.capacity() + element.memory_bytes(),
            Values::Map(map) => 4 * map.offsets.capacity() + map.key.memory_bytes() + map.value.memory_bytes(),
            Values::Row(row) => row.columns.iter().map(Column::memory_bytes).sum(),
        };
        own + 4 * self.null_rows.capacity()
    }
}

/// `value` repeated, or nulls.
pub(super) fn constant_text(value: Option<&str>, rows: usize) -> Result<ArrayRef> {
    let text = value.unwrap_or_default();
    if text.len().saturating_mul(rows) > i32::MAX as usize {
        return Err(KernelError::new(ErrorCode::ValueTooLarge, "partition values of a batch are over 2 GiB"));
    }
    let offsets = OffsetBuffer::from_repeated_length(text.len(), rows);
    let nulls = value.is_none().then(|| NullBuffer::new_null(rows));
    let array = StringArray::try_new(offsets, Buffer::from_vec(text.repeat(rows).into_bytes()), nulls);
    Ok(Arc::new(array.map_err(|error| refused(&error))?))
}

fn primitive<T: ArrowPrimitiveType>(
    values: &mut Vec<T::Native>,
    nulls: Option<NullBuffer>,
    data_type: ArrowType,
) -> Result<ArrayRef> {
    let empty = Vec::with_capacity(values.len());
    let taken = ScalarBuffer::from(std::mem::replace(values, empty));
    let array = PrimitiveArray::<T>::try_new(taken, nulls).map_err(|error| refused(&error))?;
    Ok(Arc::new(array.with_data_type(data_type)))
}

fn take_bytes(bytes: &mut Vec<u8>) -> Buffer {
    let empty = Vec::with_capacity(bytes.len());
    Buffer::from_vec(std::mem::replace(bytes, empty))
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
