//! What the tests of operators share.

#![allow(clippy::unwrap_used)]

use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

pub(crate) use millrace_testing::*;

/// Compiles an operator and applies it once.
pub(crate) fn apply(definition: &OperatorDefinition, options: &Value, batch: Batch) -> Result<Batch> {
    compile(definition, options, &batch.schema)?.apply(batch)
}

/// Compiles an operator.
pub(crate) fn compile(
    definition: &OperatorDefinition,
    options: &Value,
    schema: &Arc<Schema>,
) -> Result<Box<dyn Operator>> {
    (definition.compile)(schema, options, &Context::default())
}

/// Every row as its text, which names table, kind and fields.
pub(crate) fn texts(batch: &Batch) -> Vec<String> {
    (0..batch.rows).map(|row| crate::row_text::row_text(batch, row)).collect()
}
