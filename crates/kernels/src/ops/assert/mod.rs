//! `assert`: lets rows through that keep every rule, and fails at the first that does not.

mod check;
mod equality;
mod rules;
#[cfg(test)]
mod tests;

use super::shortened;
use crate::row_text::row_text;
use check::first_failure;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use rules::{FieldRule, compile_rules};
use serde_json::Value;
use std::sync::Arc;

/// Options:
///
/// ```json
/// {"fieldRules": [{"field": "age", "type": {"kind": "INT"}, "rules": [
///   {"kind": "NOT_NULL"}, {"kind": "MIN", "value": 18}, {"equalsTo": 21}]}]}
/// ```
///
/// Batches come out as they came in. A field's rules:
///
/// - `type` (absent or null: not checked): a value that is not null fails when the column has another type. Row field
///   names and decimal precision of the column do not count; the scale of a decimal does, and a value must not have more
///   digits than declared. Null passes as any type, also as NULL, and nothing else passes as NULL.
/// - `NULL`, `NOT_NULL`.
/// - `MIN`, `MAX`: the value as a double is at least, at most `value`; null and what is no number fail.
/// - `MIN_LENGTH`, `MAX_LENGTH`: the UTF-16 length of the value's Java text; null has length 0.
/// - `equalsTo`, with or without a `kind`: the value equals the JSON value read as the column's type; maps in any order,
///   decimals by their number. Null values are not compared.
///
/// # Errors
/// When compiled: `FIELD_NOT_FOUND`, `OPTION_INVALID` (an unknown kind, a missing number, an expected value that is not of
/// the column's type). When applied: `ASSERTION_FAILED` at the lowest failing row and its first failing field,
/// with SeaTunnel's text: `row :<row> fail rule: <rules of the field>`; a row's text is cut after 64 KiB.
///
/// # Source
/// SeaTunnel `AssertExecutor`, `AssertFieldRule`; null values pass the type check as in its later versions.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "assert", compile };

struct Assert {
    schema: Arc<Schema>,
    rules: Vec<FieldRule>,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let rules = compile_rules(DEFINITION.name, input, options)?;
    Ok(Box::new(Assert { schema: Arc::clone(input), rules }))
}

impl Operator for Assert {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.schema.columns.len()).map(Some).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        let mut failed: Option<(usize, &FieldRule)> = None;
        for rule in &self.rules {
            let data_type = &self.schema.columns[rule.column].data_type;
            let limit = failed.map_or(batch.rows, |(row, _)| row);
            if let Some(row) = first_failure(rule, &batch.columns[rule.column], data_type, limit) {
                failed = Some((row, rule));
            }
        }
        let Some((row, rule)) = failed else { return Ok(batch) };
        let text = shortened(row_text(&batch, row));
        let message = format!("row :{text} fail rule: {}", rule.text);
        let field = &self.schema.columns[rule.column].name;
        Err(KernelError::new(ErrorCode::AssertionFailed, message).at_row(row).at_field(field))
    }
}
