#![allow(clippy::unwrap_used, clippy::expect_used)]

//! Messages byte for byte, what others write, what is refused, and random batches there and back.

mod messages;
mod refused;
mod schemas;

use super::DEFINITION;
use crate::framed::testing;
use millrace_batch::{Batch, DataType, KernelError, Schema, StructField};
use serde_json::{Value, json};
use std::sync::Arc;

/// Options for message `M` of a text.
fn options(proto: &str) -> Value {
    json!({ "protobufMessageName": "M", "protobufSchema": proto })
}

/// Options for a proto3 message `M` with a body.
fn proto3(body: &str) -> Value {
    options(&format!("syntax = \"proto3\"; message M {{ {body} }}"))
}

fn decode(schema: &Arc<Schema>, options: &Value, input: &[u8]) -> Result<Option<Batch>, KernelError> {
    testing::decode(&DEFINITION, schema, options, input)
}

fn encode(options: &Value, batch: &Batch) -> Result<Vec<u8>, KernelError> {
    testing::encode(&DEFINITION, options, batch)
}

fn array(element: DataType) -> DataType {
    DataType::Array { element: Box::new(element) }
}

fn map(key: DataType, value: DataType) -> DataType {
    DataType::Map { key: Box::new(key), value: Box::new(value) }
}

fn row(fields: &[(&str, DataType)]) -> DataType {
    let fields =
        fields.iter().map(|(name, data_type)| StructField { name: (*name).into(), data_type: data_type.clone() });
    DataType::Row { fields: fields.collect() }
}
