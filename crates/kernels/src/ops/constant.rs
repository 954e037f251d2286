//! `constant`: columns with one value for every row.

use super::{Additions, read_options, repeat};
use arrow_array::{Array, ArrayRef};
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Result, Schema, array_from_json};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"columns":[{"name":"day","type":{"kind":"STRING"},"value":"2024-01-01"}]}`: adds the columns, each with its
/// value in every row. A column of that name is replaced in place, else the new one is appended. `value` is read as
/// [`array_from_json`] does; absent is null.
///
/// # Errors
/// `OPTION_INVALID` at the field when a value is not of its type.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "constant", compile };

#[derive(Deserialize)]
struct Options {
    columns: Vec<ConstantColumn>,
}

#[derive(Deserialize)]
struct ConstantColumn {
    name: String,
    #[serde(rename = "type")]
    data_type: DataType,
    #[serde(default)]
    value: Value,
}

struct Constant {
    output: Arc<Schema>,
    additions: Additions,
    values: Vec<ArrayRef>,
    /// The values repeated, as long as the longest batch so far.
    repeated: Vec<ArrayRef>,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut values = Vec::with_capacity(options.columns.len());
    for column in &options.columns {
        values.push(array_from_json(&[Some(&column.value)], &column.data_type).map_err(|error| {
            let message = format!("constant of column '{}': {}", column.name, error.message);
            KernelError::new(ErrorCode::OptionInvalid, message).at_field(&column.name)
        })?);
    }
    let added = options.columns.into_iter().map(|column| (column.name, column.data_type));
    let additions = Additions::plan(input, added);
    let output = Arc::new(Schema { table: input.table.clone(), columns: additions.columns.clone() });
    Ok(Box::new(Constant { output, additions, repeated: values.clone(), values }))
}

impl Operator for Constant {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        self.additions.lineage()
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        let rows = batch.rows;
        if self.repeated.first().is_some_and(|array| array.len() < rows) {
            self.repeated = self.values.iter().map(|value| repeat(value, rows)).collect::<Result<_>>()?;
        }
        let added = self.repeated.iter().map(|array| array.slice(0, rows)).collect();
        self.additions.place(&mut batch, added);
        batch.schema = Arc::clone(&self.output);
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row_text::value_text;
    use crate::testing::{any_batch, any_type, any_value, apply, batch_of, column, compile, schema_of, texts};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_column_is_replaced_in_place_or_appended() {
        let columns = [column("a", DataType::Int), column("b", DataType::Int)];
        let batch = batch_of("t", &columns, &[json!([1, 2]), json!([3, 4])]);
        let options = json!({"columns": [
            {"name": "a", "type": {"kind": "STRING"}, "value": "x"},
            {"name": "n", "type": {"kind": "INT"}},
        ]});
        let mut operator = compile(&DEFINITION, &options, &batch.schema).unwrap();
        assert_eq!(operator.lineage(), [None, Some(1), None]);
        let result = operator.apply(batch).unwrap();
        assert_eq!(
            texts(&result),
            [
                "SeaTunnelRow{tableId=t, kind=+I, fields=[x, 2, null]}",
                "SeaTunnelRow{tableId=t, kind=+I, fields=[x, 4, null]}"
            ]
        );
    }

    #[test]
    fn batches_of_any_length_follow_each_other() {
        let options = json!({"columns": [{"name": "k", "type": {"kind": "STRING"}, "value": "x"}]});
        let columns = [column("a", DataType::Int)];
        let mut operator = compile(&DEFINITION, &options, &schema_of("t", &columns)).unwrap();
        for rows in [1, 3, 0, 2] {
            let rows: Vec<_> = (0..rows).map(|row| json!([row])).collect();
            let result = operator.apply(batch_of("t", &columns, &rows)).unwrap();
            assert!((0..rows.len()).all(|row| value_text(&result.columns[1], &DataType::String, row) == "x"));
            assert_eq!(result.columns[1].len(), rows.len());
        }
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        let options = json!({"columns": [{"name": "a", "type": {"kind": "INT"}, "value": "x"}]});
        let error = compile(&DEFINITION, &options, &schema_of("t", &[])).err().unwrap();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::OptionInvalid, Some("a")));
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn every_row_has_the_value(batch in any_batch(), (data_type, value) in any_type()
            .prop_flat_map(|data_type| (Just(data_type.clone()), any_value(&data_type)))) {
            let options = json!({"columns": [{"name": "k", "type": data_type, "value": value}]});
            let expected = value_text(&array_from_json(&[Some(&value)], &data_type).unwrap(), &data_type, 0);
            let result = apply(&DEFINITION, &options, batch.clone()).unwrap();
            result.record_batch().unwrap();
            for row in 0..batch.rows {
                prop_assert_eq!(value_text(result.columns.last().unwrap(), &data_type, row), expected.clone());
            }
        }
    }
}
