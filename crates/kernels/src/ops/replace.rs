//! `replace`: replaces text inside a field.

use super::{position, read_options};
use crate::row_text::value_text;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use memchr::memmem::Finder;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::java_regex::{Flags, Groups, JavaRegex, Replacement};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema, array_from_json};
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
/// cannot be read back from text (bytes, vectors and nested types); `UNIMPLEMENTED` for a construct of patterns that is not
/// there; when applied, `VALUE_MALFORMED` at the first row whose new text is not of the type, `VALUE_TOO_LARGE` at the first
/// one whose new text is over the value limit, `EXPRESSION_FAILED` at one whose text takes too many steps.
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
    Literal { finder: Box<Finder<'static>>, replacement: String },
    Pattern { regex: Box<JavaRegex>, replacement: Replacement, first_only: bool, groups: Groups },
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
        let regex = Box::new(JavaRegex::compile(&options.pattern, Flags::default())?);
        let replacement = Replacement::parse(&options.replacement, &regex)?;
        let groups = regex.groups();
        Edit::Pattern { regex, replacement, first_only: options.replace_first.unwrap_or(false), groups }
    } else {
        let finder = Box::new(Finder::new(options.pattern.as_bytes()).into_owned());
        Edit::Literal { finder, replacement: options.replacement }
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
        let schema = Arc::clone(&self.schema);
        let data_type = &schema.columns[self.field].data_type;
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

impl Edit {
    /// Appends the new text and answers true, or answers false and appends nothing when there is nothing to replace.
    fn apply(&mut self, text: &str, limit_bytes: usize, out: &mut String) -> Result<bool> {
        match self {
            Edit::Literal { finder, replacement } => replace_literal(text, finder, replacement, limit_bytes, out),
            Edit::Pattern { regex, replacement, first_only, groups } => {
                regex.replace(text, replacement, *first_only, limit_bytes, groups, out)
            }
        }
    }

    /// Whether no part of the bytes can be replaced, whatever the rows are that they are cut into.
    fn misses(&self, bytes: &[u8]) -> bool {
        matches!(self, Edit::Literal { finder, .. } if finder.find(bytes).is_none())
    }
}

fn replace_literal(
    text: &str,
    finder: &Finder<'_>,
    replacement: &str,
    limit_bytes: usize,
    out: &mut String,
) -> Result<bool> {
    let width = finder.needle().len();
    let mut from = 0;
    // An empty text is found before every character and at the end.
    let mut at = if width == 0 { Some(0) } else { finder.find(text.as_bytes()) };
    if at.is_none() {
        return Ok(false);
    }
    while let Some(found) = at {
        out.push_str(&text[from..found]);
        out.push_str(replacement);
        if out.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        from = found + width;
        at = if width == 0 {
            text[found..].chars().next().map(|symbol| found + symbol.len_utf8())
        } else {
            finder.find(&text.as_bytes()[from..]).map(|next| from + next)
        };
    }
    out.push_str(&text[from..]);
    if out.len() > limit_bytes { Err(too_large(limit_bytes)) } else { Ok(true) }
}

fn too_large(limit_bytes: usize) -> KernelError {
    KernelError::new(ErrorCode::ValueTooLarge, format!("a replaced text is over the limit of {limit_bytes} bytes"))
}

impl Replace {
    fn edit_strings(&mut self, source: &ArrayRef) -> Result<ArrayRef> {
        let texts = source.as_string::<i32>();
        let offsets = texts.value_offsets();
        let bytes = &texts.value_data()[offsets[0] as usize..offsets[texts.len()] as usize];
        if self.edit.misses(bytes) {
            return Ok(Arc::clone(source));
        }
        let mut builder = StringBuilder::with_capacity(texts.len(), bytes.len());
        let mut edited = String::new();
        let mut total = 0usize;
        for (row, text) in texts.iter().enumerate() {
            let Some(text) = text else {
                builder.append_null();
                continue;
            };
            edited.clear();
            let changed = self.edit.apply(text, self.value_limit_bytes, &mut edited);
            let text = if changed.map_err(|error| error.at_row(row))? { &edited } else { text };
            total += text.len();
            // Offsets are 32-bit, so the whole column has a limit too.
            if total > i32::MAX as usize {
                return Err(too_large(self.value_limit_bytes).at_row(row));
            }
            builder.append_value(text);
        }
        Ok(Arc::new(builder.finish()))
    }

    fn edit_others(&mut self, source: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
        let mut values = Vec::with_capacity(source.len());
        for row in 0..source.len() {
            if source.is_null(row) {
                values.push(Value::Null);
                continue;
            }
            let (text, mut edited) = (value_text(source, data_type, row), String::new());
            let changed = self.edit.apply(&text, self.value_limit_bytes, &mut edited);
            let text = if changed.map_err(|error| error.at_row(row))? { edited } else { text };
            // The converter takes any text as a boolean; here a text that is none must not become false.
            if *data_type == DataType::Boolean && !matches!(text.as_str(), "true" | "false") {
                let message = format!("value '{text}' is not of type '{data_type}'");
                return Err(KernelError::new(ErrorCode::ValueMalformed, message).at_row(row));
            }
            values.push(Value::String(text));
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
        #![proptest_config(crate::testing::cases())]

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
