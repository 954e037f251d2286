//! `replace`: replaces text inside a field.

use super::{position, read_options};
use crate::java_regex::{self, Replacement};
use crate::row_text::value_text;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema, array_from_json};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"replaceField":"a","pattern":"x","replacement":"y","isRegex":false,"replaceFirst":false}`.
///
/// Works on the field's Java text; null stays null. Literal mode replaces every occurrence, whatever `replaceFirst` says;
/// with `isRegex` the pattern is a Java regular expression, `$1` and `${name}` in the replacement are its groups, and
/// `replaceFirst` stops after the first match. The column keeps its type: the new text of a column that is not a string is
/// read back, and must be a value of the type.
///
/// # Errors
/// `FIELD_NOT_FOUND`; `OPTION_INVALID` for a pattern or replacement that is not valid; `TYPE_UNSUPPORTED` for a field that
/// cannot be read back from text (bytes, vectors and nested types); when applied, `VALUE_MALFORMED` at the first row whose
/// new text is not of the type, `VALUE_TOO_LARGE` at the first one whose new text is over the value limit.
///
/// # Source
/// SeaTunnel `ReplaceTransform`; Java `String.replace`, `replaceAll`, `replaceFirst`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "replace", compile };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    replace_field: String,
    pattern: String,
    replacement: String,
    #[serde(default)]
    is_regex: Option<bool>,
    #[serde(default)]
    replace_first: Option<bool>,
}

enum Edit {
    Literal { pattern: String, replacement: String },
    Pattern { regex: Regex, replacement: Replacement, first_only: bool },
}

struct Replace {
    schema: Arc<Schema>,
    field: usize,
    edit: Edit,
    value_limit_bytes: usize,
}

fn compile(input: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let field = position(DEFINITION.name, input, &options.replace_field)?;
    let data_type = &input.columns[field].data_type;
    if !reads_back(data_type) {
        let message = format!("text cannot be replaced in field '{}' of type '{data_type}'", options.replace_field);
        return Err(KernelError::new(ErrorCode::TypeUnsupported, message).at_field(&options.replace_field));
    }
    let edit = if options.is_regex.unwrap_or(false) {
        let regex = java_regex::compile(&options.pattern)?;
        let replacement = Replacement::parse(&options.replacement, &regex)?;
        Edit::Pattern { regex, replacement, first_only: options.replace_first.unwrap_or(false) }
    } else {
        Edit::Literal { pattern: options.pattern, replacement: options.replacement }
    };
    let value_limit_bytes = context.value_limit_bytes;
    Ok(Box::new(Replace { schema: Arc::clone(input), field, edit, value_limit_bytes }))
}

fn reads_back(data_type: &DataType) -> bool {
    !matches!(
        data_type,
        DataType::Bytes
            | DataType::Array { .. }
            | DataType::Map { .. }
            | DataType::Row { .. }
            | DataType::BinaryVector
            | DataType::FloatVector
            | DataType::Float16Vector
            | DataType::BFloat16Vector
            | DataType::SparseFloatVector
    )
}

impl Operator for Replace {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        (0..self.schema.columns.len()).map(|column| (column != self.field).then_some(column)).collect()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        let data_type = &self.schema.columns[self.field].data_type;
        let source = &batch.columns[self.field];
        let edited = match data_type {
            DataType::Null => return Ok(batch),
            DataType::String => self.edit_strings(source),
            _ => self.edit_others(source, data_type),
        };
        let edited = edited.map_err(|error| error.at_field(&self.schema.columns[self.field].name))?;
        batch.columns[self.field] = edited;
        Ok(batch)
    }
}

impl Replace {
    /// Appends the new text; false when it is over the limit.
    fn edit(&self, text: &str, out: &mut String) -> bool {
        match &self.edit {
            Edit::Literal { pattern, replacement } => {
                let mut from = 0;
                for (at, found) in text.match_indices(pattern.as_str()) {
                    out.push_str(&text[from..at]);
                    out.push_str(replacement);
                    from = at + found.len();
                    if out.len() > self.value_limit_bytes {
                        return false;
                    }
                }
                out.push_str(&text[from..]);
                out.len() <= self.value_limit_bytes
            }
            Edit::Pattern { regex, replacement, first_only } => {
                java_regex::replace(regex, text, replacement, *first_only, self.value_limit_bytes, out)
            }
        }
    }

    fn too_large(&self, row: usize) -> KernelError {
        let limit = self.value_limit_bytes;
        KernelError::new(ErrorCode::ValueTooLarge, format!("a replaced text is over the limit of {limit} bytes"))
            .at_row(row)
    }

    fn edit_strings(&self, source: &ArrayRef) -> Result<ArrayRef> {
        let texts = source.as_string::<i32>();
        let mut builder = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
        let mut out = String::new();
        let mut total = 0usize;
        for (row, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                builder.append_null();
                continue;
            };
            out.clear();
            // Offsets are 32-bit, so the whole column has a limit too.
            if !self.edit(text, &mut out) || total + out.len() > i32::MAX as usize {
                return Err(self.too_large(row));
            }
            total += out.len();
            builder.append_value(&out);
        }
        Ok(Arc::new(builder.finish()))
    }

    fn edit_others(&self, source: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
        let mut values = Vec::with_capacity(source.len());
        for row in 0..source.len() {
            if source.is_null(row) {
                values.push(Value::Null);
                continue;
            }
            let mut out = String::new();
            if !self.edit(&value_text(source, data_type, row), &mut out) {
                return Err(self.too_large(row));
            }
            // The converter takes any text as a boolean; here a text that is none must not become false.
            if *data_type == DataType::Boolean && !matches!(out.as_str(), "true" | "false") {
                let message = format!("value '{out}' is not of type '{data_type}'");
                return Err(KernelError::new(ErrorCode::ValueMalformed, message).at_row(row));
            }
            values.push(Value::String(out));
        }
        let references: Vec<_> = values.iter().map(Some).collect();
        array_from_json(&references, data_type)
            .map_err(|error| KernelError { code: ErrorCode::ValueMalformed, ..error })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{apply, batch_of, batch_with_types, column, compile, schema_of};
    use proptest::prelude::*;
    use serde_json::json;

    fn run(data_type: &DataType, values: &[Value], options: &Value) -> Result<Vec<String>> {
        let rows: Vec<_> = values.iter().map(|value| json!([value])).collect();
        let result = apply(&DEFINITION, options, batch_of("t", &[column("a", data_type.clone())], &rows))?;
        Ok((0..result.rows).map(|row| value_text(&result.columns[0], data_type, row)).collect())
    }

    #[test]
    fn texts_are_replaced_as_java_replaces_them() {
        for (options, text, expected) in [
            (json!({"pattern": "a", "replacement": "b"}), "aXa", "bXb"),
            (json!({"pattern": ".", "replacement": "$1"}), "a.b", "a$1b"),
            (json!({"pattern": "", "replacement": "-"}), "ab", "-a-b-"),
            (json!({"pattern": "a", "replacement": "b", "replaceFirst": true}), "aa", "bb"),
            (json!({"pattern": "(.)b", "replacement": "$1", "isRegex": true, "replaceFirst": false}), "abcb", "ac"),
            (json!({"pattern": "a+", "replacement": "x", "isRegex": true, "replaceFirst": true}), "aabaa", "xbaa"),
        ] {
            let mut options = options;
            options["replaceField"] = json!("a");
            assert_eq!(run(&DataType::String, &[json!(text), json!(null)], &options).unwrap(), [expected, "null"]);
        }
    }

    #[test]
    fn other_types_are_read_back() {
        let options = |pattern: &str, replacement: &str| json!({"replaceField": "a", "pattern": pattern, "replacement": replacement});
        assert_eq!(run(&DataType::Int, &[json!(12), json!(null)], &options("1", "9")).unwrap(), ["92", "null"]);
        assert_eq!(run(&DataType::Date, &[json!("2024-01-02")], &options("2024", "2023")).unwrap(), ["2023-01-02"]);
        assert_eq!(run(&DataType::Boolean, &[json!(true)], &options("true", "false")).unwrap(), ["false"]);
        for data_type in [DataType::Int, DataType::Boolean] {
            let error = run(&data_type, &[json!(1)], &options("", "x")).unwrap_err();
            assert_eq!(
                (error.code, error.row, error.field.as_deref()),
                (ErrorCode::ValueMalformed, Some(0), Some("a"))
            );
        }
    }

    #[test]
    fn a_text_over_the_value_limit_is_refused_at_its_row() {
        let batch = batch_of("t", &[column("a", DataType::String)], &[json!(["b"]), json!(["aaa"])]);
        let context = Context { value_limit_bytes: 8, ..Context::default() };
        for is_regex in [false, true] {
            let options = json!({"replaceField": "a", "pattern": "a", "replacement": "xxx", "isRegex": is_regex});
            let mut operator = (DEFINITION.compile)(&batch.schema, &options, &context).unwrap();
            let error = operator.apply(batch.clone()).unwrap_err();
            assert_eq!((error.code, error.row), (ErrorCode::ValueTooLarge, Some(1)));
        }
    }

    #[test]
    fn faults_are_found_at_compile_time() {
        let schema = schema_of("t", &[column("a", DataType::String), column("b", DataType::Bytes)]);
        for (field, pattern, code) in [
            ("z", "a", ErrorCode::FieldNotFound),
            ("b", "a", ErrorCode::TypeUnsupported),
            ("a", "(", ErrorCode::OptionInvalid),
        ] {
            let options = json!({"replaceField": field, "pattern": pattern, "replacement": "", "isRegex": true});
            assert_eq!(compile(&DEFINITION, &options, &schema).err().unwrap().code, code, "{options}");
        }
    }

    proptest! {
        #[test]
        fn a_literal_is_replaced_everywhere(batch in batch_with_types(vec![DataType::String]), pattern in "[a-c|]{1,2}") {
            let options = json!({"replaceField": "c0", "pattern": pattern, "replacement": "<>"});
            let result = apply(&DEFINITION, &options, batch.clone()).unwrap();
            let (before, after) = (batch.columns[0].as_string::<i32>(), result.columns[0].as_string::<i32>());
            for row in 0..batch.rows {
                prop_assert_eq!(before.is_null(row), after.is_null(row));
                if before.is_valid(row) {
                    prop_assert_eq!(before.value(row).replace(&pattern, "<>"), after.value(row));
                }
            }
        }
    }
}
