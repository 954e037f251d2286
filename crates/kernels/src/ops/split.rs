//! `split`: cuts a field's text into several string columns.

use super::{Additions, position, read_options};
use crate::row_text::value_text;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use memchr::memmem::Finder;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::java_regex::{Flags, JavaRegex, literal};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"separator":"\\|","splitField":"a","outputFields":["x","y"]}`: the field's text is cut at the separator, a
/// Java regular expression, into at most as many parts as there are output fields; the last part keeps the rest. Missing
/// parts are null, and every part is null when the field is. Output columns are nullable strings; one of an existing name
/// takes its place, others are appended.
///
/// # Errors
/// `FIELD_NOT_FOUND`; `OPTION_INVALID` for a pattern that is not valid or no output field; `UNIMPLEMENTED` for a
/// construct of patterns that is not there; when applied, `EXPRESSION_FAILED` at a row whose text takes too many steps.
///
/// # Source
/// SeaTunnel `SplitTransform`; Java `String.split(regex, limit)`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "split", compile };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    separator: String,
    split_field: String,
    output_fields: Vec<String>,
}

enum Separator {
    Literal(Box<Finder<'static>>),
    Pattern(Box<JavaRegex>),
}

struct Split {
    output: Arc<Schema>,
    additions: Additions,
    source: usize,
    source_type: DataType,
    separator: Separator,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let source = position(DEFINITION.name, input, &options.split_field)?;
    if options.output_fields.is_empty() {
        return Err(KernelError::new(ErrorCode::OptionInvalid, "operator 'split' has no output field"));
    }
    let separator = match literal(&options.separator) {
        Some(text) if !text.is_empty() => Separator::Literal(Box::new(Finder::new(text.as_bytes()).into_owned())),
        _ => Separator::Pattern(Box::new(JavaRegex::compile(&options.separator, Flags::default())?)),
    };
    let additions = Additions::plan(input, options.output_fields.into_iter().map(|name| (name, DataType::String)));
    let output = Arc::new(Schema { table: input.table.clone(), columns: additions.columns.clone() });
    let source_type = input.columns[source].data_type.clone();
    Ok(Box::new(Split { output, additions, source, source_type, separator }))
}

impl Operator for Split {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        self.additions.lineage()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        let source = Arc::clone(&batch.columns[self.source]);
        let mut builders: Vec<_> = self.additions.positions.iter().map(|_| StringBuilder::new()).collect();
        let texts = source.as_string_opt::<i32>();
        for row in 0..batch.rows {
            if source.is_null(row) || self.source_type == DataType::Null {
                builders.iter_mut().for_each(StringBuilder::append_null);
            } else if let Some(texts) = texts {
                self.cut(texts.value(row), &mut builders).map_err(|error| error.at_row(row))?;
            } else {
                let text = value_text(&source, &self.source_type, row);
                self.cut(&text, &mut builders).map_err(|error| error.at_row(row))?;
            }
        }
        let added = builders.into_iter().map(|mut builder| Arc::new(builder.finish()) as ArrayRef).collect();
        self.additions.place(&mut batch, added);
        batch.schema = Arc::clone(&self.output);
        Ok(batch)
    }
}

impl Split {
    fn cut(&self, text: &str, builders: &mut [StringBuilder]) -> Result<()> {
        let limit = builders.len();
        let mut filled = 0;
        let mut part = |part: &str| {
            builders[filled].append_value(part);
            filled += 1;
        };
        match &self.separator {
            Separator::Pattern(regex) => regex.split(text, limit, part)?,
            Separator::Literal(finder) => {
                let mut from = 0;
                for found in finder.find_iter(text.as_bytes()).take(limit - 1) {
                    part(&text[from..found]);
                    from = found + finder.needle().len();
                }
                part(&text[from..]);
            }
        }
        builders[filled..].iter_mut().for_each(StringBuilder::append_null);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{apply, batch_of, batch_with_types, column, compile, schema_of, texts};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn parts_replace_or_append_and_missing_ones_are_null() {
        let columns = [column("a", DataType::String), column("b", DataType::Int)];
        let rows = [json!(["x y z", 1]), json!(["x", 2]), json!([null, 3]), json!(["", 4])];
        let options = json!({"separator": " ", "splitField": "a", "outputFields": ["c", "a"]});
        let batch = batch_of("t", &columns, &rows);
        let mut operator = compile(&DEFINITION, &options, &batch.schema).unwrap();
        assert_eq!(operator.lineage(), [None, Some(1), None]);
        let fields: Vec<_> = ["y z, 1, x", "null, 2, x", "null, 3, null", "null, 4, "]
            .map(|fields| format!("SeaTunnelRow{{tableId=t, kind=+I, fields=[{fields}]}}"))
            .into();
        assert_eq!(texts(&operator.apply(batch).unwrap()), fields);
    }

    #[test]
    fn a_number_is_cut_by_its_text() {
        let batch = batch_of("t", &[column("a", DataType::Double)], &[json!([12.5])]);
        let options = json!({"separator": "\\.", "splitField": "a", "outputFields": ["i", "f"]});
        let result = apply(&DEFINITION, &options, batch).unwrap();
        assert_eq!(texts(&result), ["SeaTunnelRow{tableId=t, kind=+I, fields=[12.5, 12, 5]}"]);
    }

    #[test]
    fn faults_are_found_at_compile_time() {
        let schema = schema_of("t", &[column("a", DataType::String)]);
        for (separator, field, outputs, code) in [
            (" ", "z", json!(["x"]), ErrorCode::FieldNotFound),
            (" ", "a", json!([]), ErrorCode::OptionInvalid),
            ("(", "a", json!(["x"]), ErrorCode::OptionInvalid),
            ("\\X", "a", json!(["x"]), ErrorCode::Unimplemented),
        ] {
            let options = json!({"separator": separator, "splitField": field, "outputFields": outputs});
            assert_eq!(compile(&DEFINITION, &options, &schema).err().unwrap().code, code, "{options}");
        }
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn a_literal_and_its_pattern_cut_alike(batch in batch_with_types(vec![DataType::String, DataType::Int]), count in 1usize..5) {
            let outputs: Vec<_> = (0..count).map(|index| format!("p{index}")).collect();
            let run = |separator: &str| {
                let options = json!({"separator": separator, "splitField": "c0", "outputFields": outputs});
                texts(&apply(&DEFINITION, &options, batch.clone()).unwrap())
            };
            prop_assert_eq!(run("\\|"), run("[|]"));
            let strings = batch.columns[0].as_string::<i32>();
            for (row, text) in run(",").iter().enumerate() {
                let mut parts: Vec<_> = if strings.is_null(row) {
                    vec![]
                } else {
                    strings.value(row).splitn(count, ',').map(str::to_owned).collect()
                };
                parts.resize(count, "null".into());
                prop_assert!(text.ends_with(&format!(", {}]}}", parts.join(", "))), "{} {:?}", text, parts);
            }
        }
    }
}
