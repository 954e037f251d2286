//! Arrays of every type from the tree of generators.

use super::draw::{Draw, binary, even_offsets, pick_day, pick_second, round, scale_f32, scale_f64};
use super::node::{Generator, Node};
use super::random::{below_u32, derive};
use crate::row_text::value_text;
use arrow_array::types::{Date32Type, Float32Type, Float64Type, Int32Type, Time64NanosecondType};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, NullArray, PrimitiveArray, StructArray, UInt32Array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType as ArrowType, Field};
use arrow_select::take::take;
use millrace_batch::arrow_types::{LIST_FIELD, arrow_type};
use millrace_batch::json_value::{brain_bits, half_bits};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::collections::HashSet;
use std::sync::Arc;

impl Node {
    /// Values number `first .. first + rows` of this node for a reader's `stream`.
    pub(crate) fn fill(&self, stream: u64, subtask: u64, first: u64, rows: usize) -> Result<ArrayRef> {
        let draw = Draw { stream, first, rows };
        Ok(match &self.generator {
            Generator::Null => Arc::new(NullArray::new(rows)),
            Generator::Constant(array) => gather(array, &UInt32Array::from(vec![0; rows]))?,
            Generator::Template(array) => {
                let size = array.len() as u32;
                gather(array, &draw.words().map(|word| below_u32(word, size)).collect::<Vec<_>>().into())?
            }
            Generator::AutoIncrement { start, rows_per_reader } => {
                let base = first_increment(&self.data_type, *start, subtask, *rows_per_reader, first, rows)?;
                draw.integers(&self.data_type, |index, _| base.wrapping_add(index as i64))
            }
            Generator::Boolean => Arc::new(draw.booleans()),
            Generator::Integer { min, max } => draw.bounded(&self.data_type, *min, *max),
            Generator::Float { min, max } => {
                Arc::new(draw.primitive::<Float32Type>(|word| scale_f32(word, *min, *max)))
            }
            Generator::Double { min, max } => {
                Arc::new(draw.primitive::<Float64Type>(|word| scale_f64(word, *min, *max)))
            }
            Generator::Rounded { min, max, power } if self.data_type == DataType::Float => {
                Arc::new(draw.primitive::<Float32Type>(|word| round(scale_f64(word, *min, *max), *power) as f32))
            }
            Generator::Rounded { min, max, power } => {
                Arc::new(draw.primitive::<Float64Type>(|word| round(scale_f64(word, *min, *max), *power)))
            }
            Generator::Decimal => draw.decimals(&self.data_type),
            Generator::Text { length } => draw.letters(&self.data_type, *length),
            Generator::Date(days) => Arc::new(draw.primitive::<Date32Type>(|word| pick_day(days, word))),
            Generator::Time(seconds) => Arc::new(
                draw.primitive::<Time64NanosecondType>(|word| i64::from(pick_second(seconds, word)) * 1_000_000_000),
            ),
            Generator::Timestamp(days, seconds) => draw.timestamps(&self.data_type, days, seconds),
            Generator::List { element, size } => {
                let child = element.fill(nested(stream, element), subtask, draw.child_first(*size), rows * size)?;
                let field = Arc::new(Field::new(LIST_FIELD, arrow_type(&element.data_type), true));
                Arc::new(ListArray::new(field, even_offsets(rows, *size), child, None))
            }
            Generator::Map { key, value, size } => {
                let (first, count) = (draw.child_first(*size), rows * size);
                let keys = key.fill(nested(stream, key), subtask, first, count)?;
                let values = value.fill(nested(stream, value), subtask, first, count)?;
                distinct_map(&self.data_type, key, keys, values, rows, *size)?
            }
            Generator::Row(fields) => {
                let columns = fields.iter().map(|field| field.fill(nested(stream, field), subtask, first, rows));
                struct_of(&self.data_type, columns.collect::<Result<_>>()?, rows)?
            }
            Generator::Bits { bytes } => Arc::new(binary(even_offsets(rows, *bytes), draw.bytes(*bytes, |word| word))),
            Generator::ShortFloats { min, max, dimension } => Arc::new(draw.short_floats(
                *dimension,
                if self.data_type == DataType::Float16Vector { half_bits } else { brain_bits },
                *min,
                *max,
            )),
            Generator::Sparse { values, dimension } => {
                let count = rows * dimension;
                let floats = values.fill(nested(stream, values), subtask, draw.child_first(*dimension), count)?;
                let indices = (0..rows).flat_map(|_| 0..*dimension as i32).collect::<Vec<_>>();
                let keys = Arc::new(PrimitiveArray::<Int32Type>::from_iter_values(indices));
                map_of(&self.data_type, even_offsets(rows, *dimension), keys, floats)?
            }
        })
    }
}

/// The stream of a nested node for the reader whose stream of the parent is `parent`.
fn nested(parent: u64, child: &Node) -> u64 {
    derive(parent, child.stream)
}

/// The first value of an auto-increment column, when the last one is still of its type.
fn first_increment(
    data_type: &DataType,
    start: i64,
    subtask: u64,
    rows_per_reader: u64,
    first: u64,
    rows: usize,
) -> Result<i64> {
    let limit = match data_type {
        DataType::TinyInt => i128::from(i8::MAX),
        DataType::SmallInt => i128::from(i16::MAX),
        DataType::Int => i128::from(i32::MAX),
        _ => i128::from(i64::MAX),
    };
    let skipped = i128::try_from(u128::from(subtask) * u128::from(rows_per_reader)).unwrap_or(i128::MAX);
    let base = skipped.saturating_add(i128::from(first)).saturating_add(i128::from(start));
    if base.saturating_add(rows as i128 - 1) > limit || base < -limit - 1 {
        let message = format!("the auto increment goes over the largest value of type '{data_type}'");
        return Err(KernelError::new(ErrorCode::OptionInvalid, message));
    }
    Ok(base as i64)
}

fn unfit(error: impl std::fmt::Display) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, format!("generated values do not fit their type: {error}"))
}

fn gather(array: &ArrayRef, indices: &UInt32Array) -> Result<ArrayRef> {
    take(array, indices, None).map_err(unfit)
}

fn struct_of(data_type: &DataType, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef> {
    if columns.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(rows, None)));
    }
    let ArrowType::Struct(fields) = arrow_type(data_type) else { return Err(unfit("not a row")) };
    Ok(Arc::new(StructArray::try_new(fields, columns, None).map_err(unfit)?))
}

fn map_of(data_type: &DataType, offsets: OffsetBuffer<i32>, keys: ArrayRef, values: ArrayRef) -> Result<ArrayRef> {
    let ArrowType::Map(field, _) = arrow_type(data_type) else { return Err(unfit("not a map")) };
    let ArrowType::Struct(fields) = field.data_type().clone() else { return Err(unfit("not a map")) };
    let entries = StructArray::try_new(fields, vec![keys, values], None).map_err(unfit)?;
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, None, false).map_err(unfit)?))
}

/// A map per row of `size` candidate entries; of entries with equal keys the first one stays.
fn distinct_map(
    data_type: &DataType,
    key: &Node,
    keys: ArrayRef,
    values: ArrayRef,
    rows: usize,
    size: usize,
) -> Result<ArrayRef> {
    let mut kept = Vec::with_capacity(keys.len());
    let mut offsets = Vec::with_capacity(rows + 1);
    offsets.push(0i32);
    for row in 0..rows {
        let mut seen = HashSet::with_capacity(size);
        for entry in row * size..(row + 1) * size {
            if key.data_type != DataType::Null && seen.insert(value_text(&keys, &key.data_type, entry)) {
                kept.push(entry as u32);
            }
        }
        offsets.push(kept.len() as i32);
    }
    let offsets = OffsetBuffer::new(offsets.into());
    if kept.len() == keys.len() {
        return map_of(data_type, offsets, keys, values);
    }
    let kept = UInt32Array::from(kept);
    map_of(data_type, offsets, gather(&keys, &kept)?, gather(&values, &kept)?)
}
