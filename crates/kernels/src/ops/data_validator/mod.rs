//! `data_validator`: checks fields against rules, and lets through, drops, refuses or sets aside the rows that break one.

mod email;
mod range;
mod rules;
#[cfg(test)]
mod tests;

use super::{position, read_options, shortened};
use crate::row_json::{row_json, write_text};
use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, StringArray, TimestampMicrosecondArray};
use arrow_buffer::BooleanBuffer;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Column, DataType, ErrorCode, KernelError, Result, Schema};
use rules::{Rule, RuleOptions};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options:
///
/// ```json
/// {"onFailure": "ROUTE", "errorTable": {"path": "db.errors", "sourceTableId": "c.db.t", "sourceTablePath": "db.t"},
///  "fields": [{"field": "age", "rules": [
///    {"kind": "NOT_NULL", "message": "age is missing"},
///    {"kind": "RANGE", "min": "0", "max": "150", "minInclusive": true, "maxInclusive": true},
///    {"kind": "LENGTH", "min": 1, "max": 3, "exact": null},
///    {"kind": "REGEX", "pattern": "[0-9]+", "caseSensitive": true},
///    {"kind": "UDF", "function": "EMAIL"}]}]}
/// ```
///
/// A row is valid when every value keeps all rules of its field. Null keeps every rule but `NOT_NULL`. Valid rows come out as
/// they came in; what becomes of the others is `onFailure`:
///
/// - `FAIL`: the lowest such row is the failure;
/// - `SKIP`: they are dropped;
/// - `ROUTE`: they leave through port 1, one insert each, with the columns `source_table_id`, `source_table_path`,
///   `original_data` (the row as JSON), `validation_errors` (JSON list of `field_name` and `error_message`, in the order of
///   the options) and `create_time` (the clock of the job's start in its zone).
///
/// Rules:
///
/// - `RANGE`: bounds are numbers for numbers, dates and times for dates and times, texts for strings. NaN is above every
///   bound. Bytes, vectors and nested values are in every range.
/// - `LENGTH`: UTF-16 units of a string, bytes of bytes, elements of arrays and maps, UTF-16 units of the Java text of others.
/// - `REGEX`: the whole Java text of the value matches the pattern.
/// - `UDF`: the function `EMAIL`.
///
/// # Errors
/// When compiled: `FIELD_NOT_FOUND`, `OPTION_INVALID` (bounds that are not of the field's type, a pattern that is not
/// supported, an unknown function). When applied with `FAIL`: `VALIDATION_FAILED` at the lowest invalid row.
///
/// # Source
/// SeaTunnel `DataValidatorTransform` and its rules (messages and columns).
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "data_validator", compile };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    on_failure: OnFailure,
    #[serde(default)]
    error_table: Option<ErrorTable>,
    fields: Vec<FieldOptions>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum OnFailure {
    Fail,
    Skip,
    Route,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorTable {
    path: String,
    source_table_id: String,
    source_table_path: String,
}

#[derive(Deserialize)]
struct FieldOptions {
    field: String,
    rules: Vec<RuleOptions>,
}

/// A rule of a column.
struct FieldRule {
    column: usize,
    rule: Rule,
}

struct DataValidator {
    schema: Arc<Schema>,
    on_failure: OnFailure,
    rules: Vec<FieldRule>,
    errors: Option<ErrorTable>,
    /// Schema of the error table, when there is one.
    sides: Vec<Arc<Schema>>,
    create_time_micros: i64,
}

fn compile(input: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut rules = Vec::new();
    for FieldOptions { field, rules: of_field } in options.fields {
        let column = position(DEFINITION.name, input, &field)?;
        let data_type = &input.columns[column].data_type;
        for rule in of_field {
            let rule = Rule::compile(rule, data_type).map_err(|error| error.at_field(&field))?;
            rules.push(FieldRule { column, rule });
        }
    }
    let errors = match options.on_failure {
        OnFailure::Route => Some(options.error_table.ok_or_else(|| {
            KernelError::new(ErrorCode::OptionInvalid, "operator 'data_validator' has no error table to route to")
        })?),
        _ => None,
    };
    Ok(Box::new(DataValidator {
        schema: Arc::clone(input),
        on_failure: options.on_failure,
        rules,
        sides: errors.iter().map(|table| Arc::new(error_schema(&table.path))).collect(),
        errors,
        create_time_micros: millrace_expr::local_micros(&context.zone, context.now_micros)?,
    }))
}

fn error_schema(table: &str) -> Schema {
    let column = |(name, data_type): (&str, DataType)| Column { name: name.into(), data_type, nullable: false };
    let columns = [
        ("source_table_id", DataType::String),
        ("source_table_path", DataType::String),
        ("original_data", DataType::String),
        ("validation_errors", DataType::String),
        ("create_time", DataType::Timestamp),
    ];
    Schema { table: table.into(), columns: columns.map(column).into() }
}

/// The rules that a batch breaks, each with the rows that break it.
type Broken<'a> = Vec<(&'a FieldRule, BooleanBuffer)>;

impl Operator for DataValidator {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.schema.columns.len()).map(Some).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        let broken = self.broken(&batch)?;
        match invalid_rows(&broken) {
            None => Ok(batch),
            Some(invalid) if self.on_failure == OnFailure::Fail => Err(self.failure(&batch, &broken, &invalid)),
            Some(invalid) => batch.filter(&!&invalid),
        }
    }

    fn side_schemas(&self) -> &[Arc<Schema>] {
        &self.sides
    }

    fn apply_with_sides(&mut self, batch: Batch) -> Result<(Batch, Vec<Batch>)> {
        let broken = self.broken(&batch)?;
        let invalid = invalid_rows(&broken);
        let rows: Vec<usize> = invalid.iter().flat_map(BooleanBuffer::set_indices).collect();
        let errors = self.error_rows(&batch, &broken, &rows)?;
        let valid = match invalid {
            Some(invalid) => batch.filter(&!&invalid)?,
            None => batch,
        };
        Ok((valid, errors))
    }
}

impl DataValidator {
    /// What a batch breaks.
    ///
    /// # Errors
    /// The failure of a rule itself, unless an earlier row is the failure.
    fn broken(&self, batch: &Batch) -> Result<Broken<'_>> {
        let mut broken = Vec::new();
        let mut failure: Option<KernelError> = None;
        for field in &self.rules {
            let column = &self.schema.columns[field.column];
            match field.rule.failing(&batch.columns[field.column], &column.data_type) {
                Ok(rows) => broken.extend(rows.map(|rows| (field, rows))),
                Err(error) if failure.as_ref().is_none_or(|failure| error.row < failure.row) => {
                    failure = Some(error.at_field(&column.name));
                }
                Err(_) => {}
            }
        }
        let Some(failure) = failure else { return Ok(broken) };
        let rows_before = failure.row.map_or(0, |row| row as usize);
        // The rows before it are looked at again by themselves: one of them may be the failure of all.
        if self.on_failure == OnFailure::Fail {
            let before = batch.slice(0, rows_before);
            if let Some(invalid) = invalid_rows(&self.broken(&before)?) {
                return Err(self.failure(&before, &self.broken(&before)?, &invalid));
            }
        }
        Err(failure)
    }

    fn messages<'a>(
        &'a self,
        batch: &'a Batch,
        broken: &'a Broken<'_>,
        row: usize,
    ) -> impl Iterator<Item = (&'a str, String)> {
        broken.iter().filter(move |(_, rows)| rows.value(row)).map(move |(field, _)| {
            let column = &self.schema.columns[field.column];
            (column.name.as_str(), field.rule.message(&batch.columns[field.column], &column.data_type, row))
        })
    }

    fn failure(&self, batch: &Batch, broken: &Broken<'_>, invalid: &BooleanBuffer) -> KernelError {
        let row = invalid.set_indices().next().unwrap_or_default();
        let messages = self.messages(batch, broken, row).map(|(field, message)| format!("{field}: {message}"));
        let text = format!("Validation failed: {}", messages.collect::<Vec<_>>().join("; "));
        let failure = KernelError::new(ErrorCode::ValidationFailed, shortened(text)).at_row(row);
        match self.messages(batch, broken, row).next() {
            Some((field, _)) => failure.at_field(field),
            None => failure,
        }
    }

    /// One record per invalid row, for the error table when there is one.
    fn error_rows(&self, batch: &Batch, broken: &Broken<'_>, rows: &[usize]) -> Result<Vec<Batch>> {
        let (Some(table), Some(schema)) = (&self.errors, self.sides.first()) else { return Ok(Vec::new()) };
        let (mut originals, mut errors) = (StringBuilder::new(), StringBuilder::new());
        for row in rows {
            originals.append_value(row_json(batch, *row));
            errors.append_value(errors_json(self.messages(batch, broken, *row)));
        }
        let all = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows.len()])) };
        let columns: Vec<ArrayRef> = vec![
            all(&table.source_table_id),
            all(&table.source_table_path),
            Arc::new(originals.finish()),
            Arc::new(errors.finish()),
            Arc::new(TimestampMicrosecondArray::from(vec![self.create_time_micros; rows.len()])),
        ];
        Ok(vec![Batch::try_new(Arc::clone(schema), columns, rows.len())?])
    }
}

fn invalid_rows(broken: &Broken<'_>) -> Option<BooleanBuffer> {
    let mut masks = broken.iter().map(|(_, rows)| rows);
    let first = masks.next()?.clone();
    Some(masks.fold(first, |all, rows| &all | rows))
}

fn errors_json<'a>(messages: impl Iterator<Item = (&'a str, String)>) -> String {
    let mut out = String::from("[");
    for (index, (field, message)) in messages.enumerate() {
        out.push_str(if index > 0 { ",{\"field_name\":" } else { "{\"field_name\":" });
        write_text(field, &mut out);
        out.push_str(",\"error_message\":");
        write_text(&message, &mut out);
        out.push('}');
    }
    out.push(']');
    out
}
