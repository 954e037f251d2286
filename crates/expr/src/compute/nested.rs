//! Fields of rows and values of maps.

use super::value::internal;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt32Array, make_array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::Result;

/// Field `index` of nested rows; null where the row is null.
pub(crate) fn field(array: &ArrayRef, index: usize) -> Result<ArrayRef> {
    let rows = array.as_struct();
    let field = rows.column(index);
    if rows.null_count() == 0 || field.data_type() == &ArrowType::Null {
        return Ok(ArrayRef::clone(field));
    }
    let nulls = NullBuffer::union(rows.nulls(), field.nulls());
    let data = field.to_data().into_builder().nulls(nulls).build().map_err(|error| internal(&error))?;
    Ok(make_array(data))
}

/// The value of a key; null where the map is null or has no such key. Of equal keys the last one counts.
pub(crate) fn map_value(array: &ArrayRef, key: &str) -> Result<ArrayRef> {
    let maps = array.as_map();
    let keys = maps.keys();
    let text_keys = (keys.data_type() == &ArrowType::Utf8).then(|| keys.as_string::<i32>());
    let indices: UInt32Array = (0..maps.len())
        .map(|row| {
            let text_keys = text_keys.filter(|_| maps.is_valid(row))?;
            let (start, end) = (maps.value_offsets()[row] as usize, maps.value_offsets()[row + 1] as usize);
            (start..end).rev().find(|entry| text_keys.value(*entry) == key).map(|entry| entry as u32)
        })
        .collect();
    arrow_select::take::take(maps.values(), &indices, None).map_err(|error| internal(&error))
}
