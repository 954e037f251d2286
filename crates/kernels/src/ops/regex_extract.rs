//! `regex_extract`: the groups of a pattern as string columns.

use super::{Additions, position, read_options};
use crate::row_text::write_value;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::java_regex::{Flags, Groups, JavaRegex};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"sourceField":"a","regexPattern":"(\\w+)@(\\w+)","outputFields":["x","y"],"defaultValues":["-",null]}`: looks for a
/// Java pattern anywhere in the field's text, and gives each of its groups to one output field, in order. A group that took no
/// part in the match is null. Where the field is null or the pattern is not found, the default values stand, null without
/// them. Output columns are nullable strings; one of an existing name takes its place, others are appended.
///
/// # Errors
/// `FIELD_NOT_FOUND`; `OPTION_INVALID` for a pattern that is not valid, and when there are not as many output fields, and
/// default values, as groups; `UNIMPLEMENTED` for a construct of patterns that is not there; when applied,
/// `EXPRESSION_FAILED` at a row whose text takes too many steps.
///
/// # Source
/// SeaTunnel `RegexExtractTransform`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "regex_extract", compile };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    source_field: String,
    regex_pattern: String,
    output_fields: Vec<String>,
    #[serde(default)]
    default_values: Vec<Option<String>>,
}

struct RegexExtract {
    output: Arc<Schema>,
    additions: Additions,
    source: usize,
    source_type: DataType,
    regex: JavaRegex,
    groups: Groups,
    defaults: Vec<Option<String>>,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let source = position(DEFINITION.name, input, &options.source_field)?;
    let regex = JavaRegex::compile(&options.regex_pattern, Flags::default())?;
    let fields = options.output_fields.len();
    if regex.group_count() != fields {
        let message = format!("Regex group count ({}) must equal output fields size ({fields})", regex.group_count());
        return Err(KernelError::new(ErrorCode::OptionInvalid, message));
    }
    let mut defaults = options.default_values;
    if defaults.is_empty() {
        defaults.resize(fields, None);
    }
    if defaults.len() != fields {
        let message = format!("Default values size ({}) must equal output fields size ({fields})", defaults.len());
        return Err(KernelError::new(ErrorCode::OptionInvalid, message));
    }
    let additions = Additions::plan(input, options.output_fields.into_iter().map(|name| (name, DataType::String)));
    let output = Arc::new(Schema { table: input.table.clone(), columns: additions.columns.clone() });
    let source_type = input.columns[source].data_type.clone();
    let groups = regex.groups();
    Ok(Box::new(RegexExtract { output, additions, source, source_type, regex, groups, defaults }))
}

impl Operator for RegexExtract {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        self.additions.lineage()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        let source = Arc::clone(&batch.columns[self.source]);
        let mut builders: Vec<_> = self.defaults.iter().map(|_| StringBuilder::new()).collect();
        let texts = source.as_string_opt::<i32>();
        let mut printed = String::new();
        for row in 0..batch.rows {
            let found = if source.is_null(row) || self.source_type == DataType::Null {
                Ok(false)
            } else if let Some(texts) = texts {
                self.extract(texts.value(row), &mut builders)
            } else {
                printed.clear();
                write_value(&source, &self.source_type, row, &mut printed);
                self.extract(&printed, &mut builders)
            };
            if !found.map_err(|error| error.at_row(row))? {
                for (builder, default) in builders.iter_mut().zip(&self.defaults) {
                    builder.append_option(default.as_deref());
                }
            }
        }
        let added = builders.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
        self.additions.place(&mut batch, added);
        batch.schema = Arc::clone(&self.output);
        Ok(batch)
    }
}

impl RegexExtract {
    /// Appends the groups of the first match; false, and nothing appended, when there is none.
    fn extract(&mut self, text: &str, builders: &mut [StringBuilder]) -> Result<bool> {
        if !self.regex.search(text, 0, &mut self.groups)? {
            return Ok(false);
        }
        for (index, builder) in builders.iter_mut().enumerate() {
            builder.append_option(self.groups.get(index + 1).map(|range| &text[range]));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{apply, batch_of, batch_with_types, column, compile, schema_of, texts};
    use proptest::prelude::*;
    use serde_json::json;

    fn fields(options: &Value, rows: &[Value]) -> Vec<String> {
        let columns = [column("a", DataType::String), column("b", DataType::Int)];
        texts(&apply(&DEFINITION, options, batch_of("t", &columns, rows)).unwrap())
            .iter()
            .map(|text| text["SeaTunnelRow{tableId=t, kind=+I, fields=[".len()..text.len() - 2].to_owned())
            .collect()
    }

    #[test]
    fn groups_become_columns_and_misses_take_defaults() {
        let rows = [json!(["me@here", 1]), json!(["nobody", 2]), json!([null, 3]), json!(["@there", 4])];
        let options = json!({"sourceField": "a", "regexPattern": "(\\w+)?@(\\w+)", "outputFields": ["user", "b"]});
        assert_eq!(
            fields(&options, &rows),
            ["me@here, here, me", "nobody, null, null", "null, null, null", "@there, there, null"]
        );
        let mut options = options;
        options["defaultValues"] = json!(["?", null]);
        assert_eq!(
            fields(&options, &rows),
            ["me@here, here, me", "nobody, null, ?", "null, null, ?", "@there, there, null"]
        );
    }

    #[test]
    fn a_number_is_searched_by_its_text() {
        let options = json!({"sourceField": "b", "regexPattern": "^(-?)(\\d)", "outputFields": ["sign", "digit"]});
        assert_eq!(fields(&options, &[json!(["x", -42])]), ["x, -42, -, 4"]);
    }

    #[test]
    fn faults_are_found_at_compile_time() {
        let schema = schema_of("t", &[column("a", DataType::String)]);
        for (field, pattern, defaults, code, message) in [
            ("z", "(a)", json!([]), ErrorCode::FieldNotFound, "finds no input field 'z'"),
            ("a", "(", json!([]), ErrorCode::OptionInvalid, "is not valid"),
            ("a", "\\X(a)", json!([]), ErrorCode::Unimplemented, "'\\X'"),
            ("a", "a", json!([]), ErrorCode::OptionInvalid, "Regex group count (0) must equal output fields size (1)"),
            ("a", "(a)(b)", json!([]), ErrorCode::OptionInvalid, "Regex group count (2) must equal"),
            ("a", "(a)", json!(["x", "y"]), ErrorCode::OptionInvalid, "Default values size (2) must equal"),
        ] {
            let options = json!({"sourceField": field, "regexPattern": pattern, "outputFields": ["x"], "defaultValues": defaults});
            let error = compile(&DEFINITION, &options, &schema).err().unwrap();
            assert_eq!(error.code, code, "{options}");
            assert!(error.message.contains(message), "{error}");
        }
    }

    #[test]
    fn a_text_that_takes_too_long_fails_at_its_row() {
        let batch = batch_of("t", &[column("a", DataType::String)], &[json!(["y"]), json!(["x".repeat(99)])]);
        let options = json!({"sourceField": "a", "regexPattern": "(x+x+)+(?!x)y", "outputFields": ["g"]});
        let error = apply(&DEFINITION, &options, batch).unwrap_err();
        assert_eq!((error.code, error.row), (ErrorCode::ExpressionFailed, Some(1)));
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn every_row_is_matched_alone(batch in batch_with_types(vec![DataType::String, DataType::BigInt])) {
            let options = json!({"sourceField": "c0", "regexPattern": "([a-m])([^,]*)", "outputFields": ["c1", "new"]});
            let result = apply(&DEFINITION, &options, batch.clone()).unwrap();
            prop_assert_eq!(result.rows, batch.rows);
            prop_assert_eq!(&result.kinds, &batch.kinds);
            let (sources, heads) = (batch.columns[0].as_string::<i32>(), result.columns[1].as_string::<i32>());
            let tails = result.columns[2].as_string::<i32>();
            for row in 0..batch.rows {
                let text = if sources.is_null(row) { "" } else { sources.value(row) };
                let start = text.find(|symbol| ('a'..='m').contains(&symbol));
                prop_assert_eq!(heads.is_valid(row), start.is_some());
                if let Some(start) = start {
                    let rest = text[start + 1..].split(',').next().unwrap();
                    prop_assert_eq!((heads.value(row), tails.value(row)), (&text[start..=start], rest));
                }
            }
        }
    }
}
