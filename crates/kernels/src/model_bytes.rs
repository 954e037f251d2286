//! The size of rows by SeaTunnel's model of values, which metrics and read limits are measured in.

use arrow_array::{Array, ArrayRef, BinaryArray, ListArray, MapArray, StringArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use millrace_batch::{Batch, DataType};

/// Model bytes of all values of a batch. Not what they take in memory or on the wire.
///
/// | type | bytes |
/// |---|---|
/// | STRING | UTF-16 units |
/// | BOOLEAN, TINYINT / SMALLINT / INT, FLOAT / BIGINT, DOUBLE | 1 / 2 / 4 / 8 |
/// | DECIMAL / DATE / TIME / TIMESTAMP and `TIMESTAMP_TZ` | 36 / 24 / 12 / 48 |
/// | BYTES and vectors | their bytes |
/// | ARRAY, MAP, ROW | the sum of their parts |
///
/// A null is 0, also with something below it. The row kind and the row itself count nothing.
///
/// # Source
/// SeaTunnel `SeaTunnelRow.getBytesSize`
pub fn model_bytes(batch: &Batch) -> u64 {
    batch.columns.iter().zip(&batch.schema.columns).map(|(array, column)| column_bytes(array, &column.data_type)).sum()
}

fn column_bytes(array: &ArrayRef, data_type: &DataType) -> u64 {
    if let Some(width) = fixed_width(data_type) {
        return width * (array.len() - array.null_count()) as u64;
    }
    let any = array.as_any();
    if let Some(strings) = any.downcast_ref::<StringArray>() {
        let values = strings.value_data();
        return over_present(strings.nulls(), strings.len(), &mut |from, to| {
            utf16_units(&values[byte_range(strings.offsets(), from, to)])
        });
    }
    if let Some(bytes) = any.downcast_ref::<BinaryArray>() {
        return over_present(bytes.nulls(), bytes.len(), &mut |from, to| {
            byte_range(bytes.offsets(), from, to).len() as u64
        });
    }
    nested_bytes(array, data_type)
}

fn nested_bytes(array: &ArrayRef, data_type: &DataType) -> u64 {
    let any = array.as_any();
    if let (Some(lists), Some(element)) = (any.downcast_ref::<ListArray>(), element_type(data_type)) {
        return over_present(lists.nulls(), lists.len(), &mut |from, to| {
            let range = byte_range(lists.offsets(), from, to);
            column_bytes(&lists.values().slice(range.start, range.len()), element)
        });
    }
    if let (Some(maps), Some((key, value))) = (any.downcast_ref::<MapArray>(), entry_types(data_type)) {
        return over_present(maps.nulls(), maps.len(), &mut |from, to| {
            let range = byte_range(maps.offsets(), from, to);
            column_bytes(&maps.keys().slice(range.start, range.len()), key)
                + column_bytes(&maps.values().slice(range.start, range.len()), value)
        });
    }
    if let (Some(rows), DataType::Row { fields }) = (any.downcast_ref::<StructArray>(), data_type) {
        return over_present(rows.nulls(), rows.len(), &mut |from, to| {
            let columns = rows.columns().iter().zip(fields);
            columns.map(|(column, field)| column_bytes(&column.slice(from, to - from), &field.data_type)).sum()
        });
    }
    0
}

/// Bytes of every value of a type that is not null; `None` where that depends on the value.
fn fixed_width(data_type: &DataType) -> Option<u64> {
    match data_type {
        DataType::Null => Some(0),
        DataType::Boolean | DataType::TinyInt => Some(1),
        DataType::SmallInt => Some(2),
        DataType::Int | DataType::Float => Some(4),
        DataType::BigInt | DataType::Double => Some(8),
        DataType::Decimal { .. } => Some(36),
        DataType::Date => Some(24),
        DataType::Time => Some(12),
        DataType::Timestamp | DataType::TimestampTz => Some(48),
        DataType::String
        | DataType::Bytes
        | DataType::BinaryVector
        | DataType::Float16Vector
        | DataType::BFloat16Vector
        | DataType::FloatVector
        | DataType::SparseFloatVector
        | DataType::Array { .. }
        | DataType::Map { .. }
        | DataType::Row { .. } => None,
    }
}

const fn element_type(data_type: &DataType) -> Option<&DataType> {
    match data_type {
        DataType::Array { element } => Some(element),
        DataType::FloatVector => Some(&DataType::Float),
        _ => None,
    }
}

const fn entry_types(data_type: &DataType) -> Option<(&DataType, &DataType)> {
    match data_type {
        DataType::Map { key, value } => Some((key, value)),
        DataType::SparseFloatVector => Some((&DataType::Int, &DataType::Float)),
        _ => None,
    }
}

/// Sums over the runs of values that are not null: what lies below a null is not looked at.
fn over_present(nulls: Option<&NullBuffer>, length: usize, sum: &mut dyn FnMut(usize, usize) -> u64) -> u64 {
    match nulls {
        Some(nulls) if nulls.null_count() > 0 => nulls.valid_slices().map(|(from, to)| sum(from, to)).sum(),
        _ => sum(0, length),
    }
}

/// Where the values `from .. to` lie in the data below.
fn byte_range(offsets: &OffsetBuffer<i32>, from: usize, to: usize) -> std::ops::Range<usize> {
    offsets[from] as usize..offsets[to] as usize
}

/// UTF-16 units of UTF-8 text: one for every byte that begins a character, and one more for those of four bytes.
fn utf16_units(text: &[u8]) -> u64 {
    let mut units = 0;
    // Sums of one block fit a byte, so that a whole register of bytes is counted at once.
    for block in text.chunks(64) {
        units +=
            u64::from(block.iter().map(|byte| u8::from(byte & 0xC0 != 0x80) + u8::from(*byte >= 0xF0)).sum::<u8>());
    }
    units
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_buffer::Buffer;
    use millrace_batch::StructField;
    use millrace_testing::{any_batch, batch_of, cases, column};
    use proptest::prelude::*;
    use serde_json::json;
    use std::sync::Arc;

    /// One value, as slowly and plainly as it can be said.
    fn value_bytes(array: &ArrayRef, row: usize, data_type: &DataType) -> u64 {
        let all = |values: &ArrayRef, data_type: &DataType| -> u64 {
            (0..values.len()).map(|index| value_bytes(values, index, data_type)).sum()
        };
        if array.is_null(row) {
            return 0;
        }
        match data_type {
            DataType::String => array.as_string::<i32>().value(row).encode_utf16().count() as u64,
            DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
                array.as_binary::<i32>().value(row).len() as u64
            }
            DataType::Array { element } => all(&array.as_list::<i32>().value(row), element),
            DataType::FloatVector => 4 * array.as_list::<i32>().value(row).len() as u64,
            DataType::SparseFloatVector => 8 * array.as_map().value(row).len() as u64,
            DataType::Map { key, value } => {
                let entries = array.as_map().value(row);
                all(entries.column(0), key) + all(entries.column(1), value)
            }
            DataType::Row { fields } => array
                .as_struct()
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| value_bytes(column, row, &field.data_type))
                .sum(),
            DataType::Null => 0,
            DataType::Boolean | DataType::TinyInt => 1,
            DataType::SmallInt => 2,
            DataType::Int | DataType::Float => 4,
            DataType::BigInt | DataType::Double => 8,
            DataType::Decimal { .. } => 36,
            DataType::Date => 24,
            DataType::Time => 12,
            DataType::Timestamp | DataType::TimestampTz => 48,
        }
    }

    proptest! {
        #![proptest_config(cases())]
        #[test]
        fn gives_what_counting_value_by_value_gives(batch in any_batch()) {
            let rows = (0..batch.rows).map(|row| {
                let columns = batch.columns.iter().zip(&batch.schema.columns);
                columns.map(|(array, column)| value_bytes(array, row, &column.data_type)).sum::<u64>()
            });
            prop_assert_eq!(model_bytes(&batch), rows.sum::<u64>());
        }

        #[test]
        fn counts_the_units_of_any_text(text in any::<String>()) {
            prop_assert_eq!(utf16_units(text.as_bytes()), text.encode_utf16().count() as u64);
        }
    }

    #[test]
    fn counts_the_rows_of_a_recorded_job() {
        let columns = [column("name", DataType::String), column("id", DataType::BigInt)];
        let rows: Vec<_> = (0..5).map(|id| json!(["abRVh", id])).collect();
        assert_eq!(model_bytes(&batch_of("fake", &columns, &rows)), 65);
    }

    #[test]
    fn counts_nothing_in_an_empty_batch_and_in_nulls() {
        let types = [DataType::String, DataType::BigInt, DataType::Array { element: Box::new(DataType::String) }];
        let columns: Vec<_> = types.into_iter().map(|data_type| column("c", data_type)).collect();
        assert_eq!(model_bytes(&batch_of("t", &columns, &[])), 0);
        assert_eq!(model_bytes(&batch_of("t", &columns, &[json!([null, null, null]), json!([null, null, [null]])])), 0);
    }

    #[test]
    fn does_not_count_what_lies_below_a_null() {
        let strings = StringArray::new(
            OffsetBuffer::new(vec![0, 3, 6].into()),
            Buffer::from_slice_ref(b"abcdef"),
            Some(NullBuffer::from(vec![false, true])),
        );
        let field = StructField { name: "f".into(), data_type: DataType::String };
        let rows = StructArray::new(
            vec![arrow_schema::Field::new("f", arrow_schema::DataType::Utf8, true)].into(),
            vec![Arc::new(StringArray::from(vec!["abc", "de"])) as ArrayRef],
            Some(NullBuffer::from(vec![true, false])),
        );
        let columns = [column("s", DataType::String), column("r", DataType::Row { fields: vec![field] })];
        let schema = millrace_testing::schema_of("t", &columns);
        let batch = Batch::try_new(schema, vec![Arc::new(strings), Arc::new(rows)], 2).unwrap();
        assert_eq!(model_bytes(&batch), 3 + 3);
    }

    #[test]
    fn counts_long_texts_of_wide_characters() {
        let text = "😀é漢a".repeat(1_000);
        assert_eq!(utf16_units(text.as_bytes()), 5_000);
    }
}
