//! `row_kind_extract`: the change kind as a column.

use super::{exists_already, read_options};
use arrow_array::StringArray;
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Column, DataType, Result, RowKind, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"name":"row_kind","form":"SHORT"}`: appends a string column with each row's kind, short (`+I`) or full
/// (`INSERT`, form `FULL`), declared not null, and makes every row an insert.
///
/// # Errors
/// `FIELD_EXISTS` when the input has a column of that name; `KERNEL_ROW_KIND_UNKNOWN` at a wire value outside 0..3.
///
/// # Source
/// SeaTunnel `RowKindExtractor`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "row_kind_extract", compile };

#[derive(Deserialize)]
struct Options {
    name: String,
    form: Form,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Form {
    Short,
    Full,
}

struct RowKindExtract {
    output: Arc<Schema>,
    form: Form,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    if input.index_of(&options.name).is_some() {
        return Err(exists_already(DEFINITION.name, &options.name));
    }
    let mut columns = input.columns.clone();
    columns.push(Column { name: options.name, data_type: DataType::String, nullable: false });
    let output = Arc::new(Schema { table: input.table.clone(), columns });
    Ok(Box::new(RowKindExtract { output, form: options.form }))
}

impl Operator for RowKindExtract {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        let inputs = self.output.columns.len() - 1;
        (0..inputs).map(Some).chain([None]).collect()
    }

    fn apply(&mut self, batch: Batch) -> Result<Batch> {
        let names = (0..batch.rows)
            .map(|row| {
                let kind = RowKind::from_wire(batch.kind(row)).map_err(|error| error.at_row(row))?;
                Ok(match self.form {
                    Form::Short => kind.short_name(),
                    Form::Full => kind.full_name(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let mut columns = batch.columns;
        columns.push(Arc::new(StringArray::from_iter_values(names)));
        Batch::try_new(Arc::clone(&self.output), columns, batch.rows)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row_text::value_text;
    use crate::testing::{any_batch, apply, column, compile, schema_of};
    use millrace_batch::ErrorCode;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_taken_name_is_refused() {
        let schema = schema_of("t", &[column("k", DataType::Int)]);
        let error = compile(&DEFINITION, &json!({"name": "k", "form": "SHORT"}), &schema).err().unwrap();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::FieldExists, Some("k")));
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn the_last_column_names_the_kind(batch in any_batch(), full in any::<bool>()) {
            let form = if full { "FULL" } else { "SHORT" };
            let result = apply(&DEFINITION, &json!({"name": "kind", "form": form}), batch.clone()).unwrap();
            prop_assert!(result.kinds.is_none());
            prop_assert_eq!(result.columns.len(), batch.columns.len() + 1);
            for row in 0..batch.rows {
                let kind = RowKind::from_wire(batch.kind(row)).unwrap();
                let expected = if full { kind.full_name() } else { kind.short_name() };
                prop_assert_eq!(value_text(result.columns.last().unwrap(), &DataType::String, row), expected);
            }
        }
    }
}
