//! Tests of the format as a whole: what is written comes back, what others write is read, what is damaged is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod hostile;
mod reading;
mod round_trip;
mod runs;
mod writing;

use super::{DEFINITION, FILE_HEADER};
use crate::columnar::testing::*;
use arrow_array::ArrayRef;
use millrace_batch::codec::Context;
use millrace_batch::{Batch, DataType, ErrorCode, Result, Schema, StructField, array_from_json};
use serde_json::{Value, json};
use std::sync::Arc;

const FILES: Files = Files { definition: &DEFINITION, header: FILE_HEADER };

fn array_of(element: DataType) -> DataType {
    DataType::Array { element: Box::new(element) }
}

fn row_of(fields: Vec<(&str, DataType)>) -> DataType {
    let fields = fields.into_iter().map(|(name, data_type)| StructField { name: name.into(), data_type });
    DataType::Row { fields: fields.collect() }
}

fn map_of(key: DataType, value: DataType) -> DataType {
    DataType::Map { key: Box::new(key), value: Box::new(value) }
}

/// An array of JSON values.
fn array(data_type: &DataType, values: &[Value]) -> ArrayRef {
    let values: Vec<_> = values.iter().map(|value| Some(value).filter(|value| !value.is_null())).collect();
    array_from_json(&values, data_type).unwrap()
}

/// A file of one column and one stripe.
fn column_file(data_type: &DataType, array: &ArrayRef, options: &Value) -> Result<(Arc<Schema>, Vec<u8>)> {
    let schema = schema(vec![("c", data_type.clone())]);
    let rows = batch(&schema, vec![Arc::clone(array)]);
    let file = FILES.write(&schema, options, &Context::default(), &[vec![rows]], 0)?;
    Ok((schema, file))
}

/// The first column of all rows of a file.
fn first_column(file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<ArrayRef> {
    let batches: Vec<_> = FILES.read(file, schema, context)?.into_iter().flatten().collect();
    let arrays: Vec<_> = batches.iter().map(|batch| batch.columns[0].as_ref()).collect();
    Ok(arrow_select::concat::concat(&arrays).unwrap())
}
