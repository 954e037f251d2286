//! Vectors of every kind as lists of 32-bit floats.

use super::convert::to_doubles;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type};
use arrow_array::{Array, ArrayRef, Float32Array, ListArray, MapArray, new_null_array};
use arrow_buffer::{OffsetBuffer, OffsetBufferBuilder};
use arrow_schema::Field;
use millrace_batch::arrow_types::{LIST_FIELD, arrow_type};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Highest number of dimensions a sparse vector is spread to.
const DIMENSION_LIMIT: usize = 1 << 20;
/// Most elements of all vectors of one batch.
const ELEMENT_LIMIT: usize = 1 << 26;

/// Whether values of the type can be read as vectors.
pub(crate) fn is_vector(data_type: &DataType) -> bool {
    match data_type {
        DataType::FloatVector
        | DataType::Float16Vector
        | DataType::BFloat16Vector
        | DataType::BinaryVector
        | DataType::SparseFloatVector => true,
        DataType::Array { element } => super::convert::is_number(element),
        _ => false,
    }
}

/// Every value as `List<Float32>` without null elements: 16-bit floats widened, bits of binary vectors as 0 and 1 from the
/// lowest bit of the first byte, sparse vectors with zeros up to their highest index, null elements as 0.
///
/// # Errors
/// `EXPRESSION_FAILED` at the row of a sparse vector with a negative index or one of 2²⁰ and above; `MEMORY_EXCEEDED` when
/// the vectors of a batch have more than 2²⁶ elements; `TYPE_UNSUPPORTED` for a type that [`is_vector`] refuses.
pub(crate) fn to_vectors(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    match data_type {
        DataType::Null => Ok(new_null_array(&arrow_type(&DataType::FloatVector), array.len())),
        DataType::FloatVector | DataType::Array { .. } => from_lists(array.as_list()),
        DataType::Float16Vector => packed(array, 2, |bytes, out| {
            out.extend(bytes.as_chunks::<2>().0.iter().map(|pair| half(u16::from_le_bytes(*pair))));
        }),
        DataType::BFloat16Vector => packed(array, 2, |bytes, out| {
            let wide = |pair: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*pair)) << 16);
            out.extend(bytes.as_chunks::<2>().0.iter().map(wide));
        }),
        DataType::BinaryVector => packed(array, 1, |bytes, out| {
            out.extend(bytes.iter().flat_map(|byte| (0..8).map(move |bit| f32::from(byte >> bit & 1))));
        }),
        DataType::SparseFloatVector => spread(array.as_map()),
        other => Err(KernelError::new(ErrorCode::TypeUnsupported, format!("a value of type {other} is not a vector"))),
    }
}

fn list_of(values: Vec<f32>, offsets: OffsetBuffer<i32>, source: &dyn Array) -> ArrayRef {
    let field = Arc::new(Field::new(LIST_FIELD, arrow_schema::DataType::Float32, true));
    Arc::new(ListArray::new(field, offsets, Arc::new(Float32Array::from(values)), source.nulls().cloned()))
}

fn from_lists(lists: &ListArray) -> Result<ArrayRef> {
    let values = lists.values();
    if values.data_type() == &arrow_schema::DataType::Float32 && values.null_count() == 0 {
        return Ok(Arc::new(lists.clone()));
    }
    let wide = to_doubles(values)?;
    let values = wide.iter().map(|value| value.map_or(0.0, |value| value as f32)).collect();
    Ok(list_of(values, lists.offsets().clone(), lists))
}

fn packed(array: &ArrayRef, width: usize, unpack: impl Fn(&[u8], &mut Vec<f32>)) -> Result<ArrayRef> {
    let binary = array.as_binary::<i32>();
    let (mut values, mut offsets) = (Vec::with_capacity(binary.value_data().len() / width), vec![0i32]);
    for row in 0..binary.len() {
        if binary.is_valid(row) {
            unpack(binary.value(row), &mut values);
        }
        if values.len() > ELEMENT_LIMIT {
            return Err(too_many().at_row(row));
        }
        offsets.push(values.len() as i32);
    }
    Ok(list_of(values, OffsetBuffer::new(offsets.into()), binary))
}

fn too_many() -> KernelError {
    KernelError::new(
        ErrorCode::MemoryExceeded,
        format!("the vectors of a batch have more than {ELEMENT_LIMIT} elements"),
    )
}

fn spread(maps: &MapArray) -> Result<ArrayRef> {
    let keys = maps.keys().as_primitive::<Int32Type>();
    let numbers = maps.values().as_primitive::<Float32Type>();
    let mut values: Vec<f32> = Vec::new();
    let mut offsets = OffsetBufferBuilder::new(maps.len());
    for row in 0..maps.len() {
        let start = values.len();
        let (from, to) = (maps.value_offsets()[row] as usize, maps.value_offsets()[row + 1] as usize);
        for entry in (from..to).filter(|_| maps.is_valid(row)) {
            let key = keys.value(entry);
            let index = usize::try_from(key).ok().filter(|index| *index < DIMENSION_LIMIT);
            let index = index.ok_or_else(|| {
                let message = format!("the index '{key}' of a sparse vector is not in 0..{DIMENSION_LIMIT}");
                KernelError::new(ErrorCode::ExpressionFailed, message).at_row(row)
            })?;
            if values.len() <= start + index {
                values.resize(start + index + 1, 0.0);
            }
            values[start + index] = if numbers.is_valid(entry) { numbers.value(entry) } else { 0.0 };
        }
        if values.len() > ELEMENT_LIMIT {
            return Err(too_many().at_row(row));
        }
        offsets.push_length(values.len() - start);
    }
    Ok(list_of(values, offsets.finish(), maps))
}

/// A 16-bit IEEE float.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (u32::from(bits & 0x8000) << 16, u32::from(bits >> 10 & 0x1f), bits & 0x3ff);
    match exponent {
        // A subnormal one is its fraction in units of 2^-24.
        0 => f32::from_bits(sign | (f32::from(fraction) * f32::from_bits(0x3380_0000)).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | u32::from(fraction) << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | u32::from(fraction) << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use millrace_batch::json_value::half_bits;

    #[test]
    fn half_floats_widen_exactly() {
        for (bits, expected) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x0001, 5.960_464_5e-8), (0x03ff, 6.097_555e-5), (0x7bff, 65_504.0)]
        {
            assert_eq!(half(bits).to_bits(), f32::to_bits(expected), "{bits:#x}");
        }
        for bits in (0..0x7c00).chain(0x8000..0xfc00) {
            assert_eq!(half_bits(half(bits)), bits);
        }
        assert!(half(0x7e00).is_nan() && half(0x7c00).is_infinite());
    }
}
