//! `project`: picks, orders, repeats and renames columns.

use super::{exists_already, position, read_options};
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Column, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"columns":[{"from":"a","name":"b"}]}`: the output columns in order, each an input column under a new name
/// (`name` absent: the same one). No data is copied; row kinds are kept.
///
/// # Errors
/// `FIELD_NOT_FOUND` for an unknown `from`, `FIELD_EXISTS` for a name given twice.
///
/// # Source
/// SeaTunnel `FieldMapper`, `Filter`, `Copy` and the `sink_columns` option.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "project", compile };

#[derive(Deserialize)]
struct Options {
    columns: Vec<Pick>,
}

#[derive(Deserialize)]
struct Pick {
    from: String,
    #[serde(default)]
    name: Option<String>,
}

struct Project {
    output: Arc<Schema>,
    sources: Vec<usize>,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut columns: Vec<Column> = Vec::with_capacity(options.columns.len());
    let mut sources = Vec::with_capacity(options.columns.len());
    for pick in options.columns {
        let source = position(DEFINITION.name, input, &pick.from)?;
        let name = pick.name.unwrap_or(pick.from);
        if columns.iter().any(|column| column.name == name) {
            return Err(exists_already(DEFINITION.name, &name));
        }
        columns.push(Column { name, ..input.columns[source].clone() });
        sources.push(source);
    }
    let output = Arc::new(Schema { table: input.table.clone(), columns });
    Ok(Box::new(Project { output, sources }))
}

impl Operator for Project {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        self.sources.iter().copied().map(Some).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        let columns = self.sources.iter().map(|source| Arc::clone(&batch.columns[*source])).collect();
        Ok(Batch { schema: Arc::clone(&self.output), columns, ..batch })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row_text::value_text;
    use crate::testing::{any_batch, apply, batch_of, column, compile, schema_of, texts};
    use millrace_batch::{DataType, ErrorCode};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn columns_are_reordered_repeated_and_renamed() {
        let columns = [column("a", DataType::Int), column("b", DataType::String)];
        let batch = batch_of("t", &columns, &[json!([1, "x"]), json!([null, null])]);
        let picks = json!({"columns": [{"from": "b"}, {"from": "a", "name": "x"}, {"from": "a", "name": "y"}]});
        let result = apply(&DEFINITION, &picks, batch).unwrap();
        let names: Vec<_> = result.schema.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["b", "x", "y"]);
        assert_eq!(
            texts(&result),
            [
                "SeaTunnelRow{tableId=t, kind=+I, fields=[x, 1, 1]}",
                "SeaTunnelRow{tableId=t, kind=+I, fields=[null, null, null]}"
            ]
        );
    }

    #[test]
    fn faults_are_found_at_compile_time() {
        let schema = schema_of("t", &[column("a", DataType::Int)]);
        for (options, code) in [
            (json!({"columns": [{"from": "z"}]}), ErrorCode::FieldNotFound),
            (json!({"columns": [{"from": "a"}, {"from": "a"}]}), ErrorCode::FieldExists),
            (json!({"columns": 1}), ErrorCode::OptionInvalid),
        ] {
            assert_eq!(compile(&DEFINITION, &options, &schema).err().unwrap().code, code, "{options}");
        }
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn every_row_is_the_picked_row((batch, picks) in any_batch().prop_flat_map(|batch| {
            let width = batch.columns.len();
            (Just(batch), prop::collection::vec(0..width, 0..5))
        })) {
            let options = json!({"columns": picks.iter().enumerate()
                .map(|(index, pick)| json!({"from": format!("c{pick}"), "name": format!("n{index}")})).collect::<Vec<_>>()});
            let mut operator = compile(&DEFINITION, &options, &batch.schema).unwrap();
            prop_assert_eq!(operator.lineage(), picks.iter().copied().map(Some).collect::<Vec<_>>());
            let result = operator.apply(batch.clone()).unwrap();
            result.record_batch().unwrap();
            for row in 0..batch.rows {
                prop_assert_eq!(result.kind(row), batch.kind(row));
                for (index, pick) in picks.iter().enumerate() {
                    let text = |batch: &Batch, at: usize| value_text(&batch.columns[at], &batch.schema.columns[at].data_type, row);
                    prop_assert_eq!(text(&result, index), text(&batch, *pick));
                }
            }
        }
    }
}
