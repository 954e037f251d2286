#![allow(clippy::unwrap_used, clippy::expect_used, clippy::format_collect, clippy::needless_pass_by_value)]

//! What the format does as a whole: tables of records, an oracle, cuts at every place, hostile input.

mod cuts;
mod encoding;
mod oracle;
mod reading;

use super::DEFINITION;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use millrace_batch::codec::{Context, Decoder, InputBounds};
use millrace_batch::{Batch, KernelError, Schema};
use serde_json::{Value, json};
use std::sync::Arc;

/// A schema from pairs of name and type; a type is a kind or a whole type object.
pub(super) fn schema(columns: &Value) -> Arc<Schema> {
    let columns: Vec<Value> = columns
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, data_type)| json!({ "name": name, "type": typed(data_type) }))
        .collect();
    Arc::new(serde_json::from_value(json!({ "table": "t", "columns": columns })).unwrap())
}

/// The type object of a kind, or the object itself.
pub(super) fn typed(data_type: &Value) -> Value {
    if data_type.is_string() { json!({ "kind": data_type }) } else { data_type.clone() }
}

pub(super) fn decoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Box<dyn Decoder> {
    DEFINITION.decoder.unwrap()(schema, options, context).unwrap()
}

/// All rows of a file, and the error that ended it with its row counted from the first one.
pub(super) fn decode_all(schema: &Arc<Schema>, options: &Value, input: &[u8]) -> (Vec<Value>, Option<KernelError>) {
    let mut decoder = decoder(schema, options, &Context::default());
    let (mut rows, mut at) = (Vec::new(), 0);
    loop {
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: at == 0,
            end_of_file: true,
            limit: input.len() - at,
        };
        match decoder.decode(&input[at..], bounds) {
            Ok(decoded) => {
                at += decoded.consumed;
                rows.extend(decoded.batch.iter().flat_map(batch_rows));
                if decoded.done {
                    return (rows, None);
                }
                assert!(decoded.consumed > 0, "no progress at byte {at}");
            }
            Err(error) => return end_with(rows, decoder.rows_before_error(), error),
        }
    }
}

/// Adds the rows before an error and counts its row from the first one of the file.
pub(super) fn end_with(
    mut rows: Vec<Value>,
    before: Option<Batch>,
    mut error: KernelError,
) -> (Vec<Value>, Option<KernelError>) {
    let before = before.iter().flat_map(batch_rows).collect::<Vec<_>>();
    assert_eq!(error.row, Some(before.len() as u64), "{error}");
    error.row = Some((rows.len() + before.len()) as u64);
    rows.extend(before);
    (rows, Some(error))
}

/// The rows of a batch as lists of values.
pub(super) fn batch_rows(batch: &Batch) -> Vec<Value> {
    batch.record_batch().unwrap();
    (0..batch.rows).map(|row| batch.columns.iter().map(|column| value(column, row)).collect()).collect()
}

/// One value of an array: numbers as they are held, bytes as a list, maps as lists of pairs.
pub(super) fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) || *array.data_type() == ArrowType::Null {
        return Value::Null;
    }
    let children = |array: &ArrayRef| (0..array.len()).map(|index| value(array, index)).collect::<Vec<_>>();
    match array.data_type() {
        ArrowType::Boolean => json!(array.as_boolean().value(row)),
        ArrowType::Int8 => json!(array.as_primitive::<Int8Type>().value(row)),
        ArrowType::Int16 => json!(array.as_primitive::<Int16Type>().value(row)),
        ArrowType::Int32 => json!(array.as_primitive::<Int32Type>().value(row)),
        ArrowType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Float32 => json!(array.as_primitive::<Float32Type>().value(row).to_string()),
        ArrowType::Float64 => json!(array.as_primitive::<Float64Type>().value(row).to_string()),
        ArrowType::Decimal128(..) => json!(array.as_primitive::<Decimal128Type>().value(row).to_string()),
        ArrowType::Date32 => json!(array.as_primitive::<Date32Type>().value(row)),
        ArrowType::Time64(TimeUnit::Nanosecond) => json!(array.as_primitive::<Time64NanosecondType>().value(row)),
        ArrowType::Timestamp(..) => json!(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        ArrowType::Utf8 => json!(array.as_string::<i32>().value(row)),
        ArrowType::Binary => json!(array.as_binary::<i32>().value(row)),
        ArrowType::List(_) => json!(children(&array.as_list::<i32>().value(row))),
        ArrowType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (children(entries.column(0)), children(entries.column(1)));
            json!(keys.into_iter().zip(values).map(|(key, value)| json!([key, value])).collect::<Vec<_>>())
        }
        ArrowType::Struct(_) => array.as_struct().columns().iter().map(|column| value(column, row)).collect(),
        other => panic!("no text for {other}"),
    }
}
