//! Groups the rows of a batch by the values of key columns, for files that are partitioned by field values.

use crate::row_text::write_value;
use arrow_array::{Array, UInt32Array};
use arrow_select::take::take;
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result};
use std::collections::HashMap;
use std::sync::Arc;

/// What stands for a null key, as in Hive's folder names.
pub const NULL_KEY: &str = "__HIVE_DEFAULT_PARTITION__";

/// The rows of one key.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Java text of each key column's value, in the order of the names given; a null is [`NULL_KEY`].
    pub keys: Vec<String>,
    /// The rows of this key in their order, all columns and kinds.
    pub batch: Batch,
}

/// Groups a batch by key columns; partitions come in the order in which their first row comes.
///
/// Two values belong together when their Java texts are equal. Rows that already stand together are not copied. No key
/// column at all, as well as no row, is fine: the first gives one partition, the second none.
///
/// # Errors
/// `FIELD_NOT_FOUND` for a name that is not a column.
///
/// # Source
/// SeaTunnel `AbstractWriteStrategy.generatorPartitionDir`, which fails for a null key; the text used here instead is
/// Hive's.
pub fn partition(batch: &Batch, key_names: &[&str]) -> Result<Vec<Partition>> {
    let keys = key_names
        .iter()
        .map(|name| {
            batch.schema.index_of(name).ok_or_else(|| {
                let message = format!("partition field '{name}' is not in the input");
                KernelError::new(ErrorCode::FieldNotFound, message).at_field(*name)
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let groups = group(batch, &keys);
    groups
        .into_iter()
        .map(|rows| Ok(Partition { keys: key_texts(batch, &keys, rows[0]), batch: pick(batch, &rows)? }))
        .collect()
}

/// Rows of each group, in order of first appearance.
fn group(batch: &Batch, keys: &[usize]) -> Vec<Vec<u32>> {
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let (mut key, mut last_key, mut last_group) = (String::new(), String::new(), usize::MAX);
    for row in 0..batch.rows {
        key.clear();
        for column in keys {
            let start = key.len();
            write_key(batch, *column, row, &mut key);
            // The length behind every key keeps ("a", "bc") apart from ("ab", "c").
            if keys.len() > 1 {
                let length = key.len() - start;
                key.push('\0');
                key.push_str(itoa::Buffer::new().format(length));
            }
        }
        if last_group == usize::MAX || key != last_key {
            last_group = *known.entry(key.clone()).or_insert_with(|| {
                groups.push(Vec::new());
                groups.len() - 1
            });
            std::mem::swap(&mut key, &mut last_key);
        }
        groups[last_group].push(row as u32);
    }
    groups
}

fn write_key(batch: &Batch, column: usize, row: usize, out: &mut String) {
    let (array, data_type) = (&batch.columns[column], &batch.schema.columns[column].data_type);
    if *data_type == DataType::Null || array.is_null(row) {
        out.push_str(NULL_KEY);
    } else {
        write_value(array, data_type, row, out);
    }
}

fn key_texts(batch: &Batch, keys: &[usize], row: u32) -> Vec<String> {
    keys.iter()
        .map(|column| {
            let mut text = String::new();
            write_key(batch, *column, row as usize, &mut text);
            text
        })
        .collect()
}

fn pick(batch: &Batch, rows: &[u32]) -> Result<Batch> {
    let (first, count) = (rows[0] as usize, rows.len());
    if rows[count - 1] as usize == first + count - 1 {
        return Ok(batch.slice(first, count));
    }
    let failed = |error| KernelError::new(ErrorCode::ProgramInvalid, format!("a column cannot be reordered: {error}"));
    let indices = UInt32Array::from(rows.to_vec());
    let columns = batch
        .columns
        .iter()
        .map(|column| take(column, &indices, None))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    let kinds = match &batch.kinds {
        Some(kinds) => Some(take(kinds, &indices, None).map_err(failed)?.to_data().into()),
        None => None,
    };
    Ok(Batch { schema: Arc::clone(&batch.schema), columns, rows: count, kinds })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{any_batch, batch_of, column, texts};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn rows_are_grouped_in_order_of_first_appearance() {
        let columns = [column("a", DataType::String), column("n", DataType::Int)];
        let rows = [json!(["x", 1]), json!([null, 2]), json!(["x", 3]), json!(["y", 4])];
        let partitions = partition(&batch_of("t", &columns, &rows), &["a"]).unwrap();
        let keys: Vec<_> = partitions.iter().map(|partition| partition.keys.join("/")).collect();
        assert_eq!(keys, ["x", NULL_KEY, "y"]);
        let fields = |fields: &str| format!("SeaTunnelRow{{tableId=t, kind=+I, fields=[{fields}]}}");
        assert_eq!(texts(&partitions[0].batch), [fields("x, 1"), fields("x, 3")]);
        assert_eq!(texts(&partitions[1].batch), [fields("null, 2")]);
    }

    #[test]
    fn keys_do_not_run_into_each_other() {
        let columns = [column("a", DataType::String), column("b", DataType::String)];
        let batch = batch_of("t", &columns, &[json!(["a", "bc"]), json!(["ab", "c"])]);
        assert_eq!(partition(&batch, &["a", "b"]).unwrap().len(), 2);
    }

    #[test]
    fn no_key_is_one_partition_and_no_row_is_none() {
        let columns = [column("a", DataType::Int)];
        assert_eq!(partition(&batch_of("t", &columns, &[json!([1]), json!([2])]), &[]).unwrap().len(), 1);
        assert!(partition(&batch_of("t", &columns, &[]), &["a"]).unwrap().is_empty());
        let error = partition(&batch_of("t", &columns, &[]), &["z"]).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::FieldNotFound, Some("z")));
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn partitions_hold_every_row_once_and_in_order(batch in any_batch()) {
            let parts = partition(&batch, &["c0"]).unwrap();
            prop_assert_eq!(parts.iter().map(|part| part.batch.rows).sum::<usize>(), batch.rows);
            for part in &parts {
                part.batch.record_batch().unwrap();
                let expected: Vec<_> = (0..batch.rows)
                    .filter(|row| key_texts(&batch, &[0], *row as u32) == part.keys)
                    .map(|row| crate::row_text::row_text(&batch, row))
                    .collect();
                prop_assert_eq!(texts(&part.batch), expected);
            }
        }
    }
}
