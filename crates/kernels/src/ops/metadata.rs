//! `metadata`: what is known of a row beside its values, as columns.

use super::{exists_already, read_options, repeat};
use arrow_array::{Array, ArrayRef, StringArray};
use millrace_batch::codec::{Context, Operator, OperatorDefinition};
use millrace_batch::{Batch, Column, DataType, ErrorCode, KernelError, Result, RowKind, Schema, array_from_json};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Options `{"columns":[{"name":"op","type":{"kind":"STRING"},"from":"ROW_KIND"}]}`: appends nullable columns. `from` says what
/// they hold:
///
/// | `from` | value |
/// | --- | --- |
/// | `ROW_KIND` | the row's kind in its short form, `+I` |
/// | `CONSTANT` | `value`, as [`array_from_json`] reads it; absent is null |
/// | `WORK` | member `key` of the object `metadata` in the arguments of the piece of work; absent is null |
///
/// # Errors
/// `FIELD_EXISTS` when the input has a column of a name or a name is given twice; `OPTION_INVALID` at the field when a value is
/// not of its type; `KERNEL_ROW_KIND_UNKNOWN` at a wire value outside 0..3.
///
/// # Source
/// SeaTunnel `MetadataTransform`.
pub const DEFINITION: OperatorDefinition = OperatorDefinition { name: "metadata", compile };

#[derive(Deserialize)]
struct Options {
    columns: Vec<MetadataColumn>,
}

#[derive(Deserialize)]
struct MetadataColumn {
    name: String,
    #[serde(rename = "type")]
    data_type: DataType,
    #[serde(flatten)]
    from: From,
}

#[derive(Deserialize)]
#[serde(tag = "from", rename_all = "SCREAMING_SNAKE_CASE")]
enum From {
    RowKind,
    Constant {
        #[serde(default)]
        value: Value,
    },
    Work {
        key: String,
    },
}

/// A column and its value for the piece of work, where it has one.
struct Part {
    name: String,
    data_type: DataType,
    from: From,
    value: Option<ArrayRef>,
    /// The value repeated, as long as the longest batch so far.
    repeated: Option<ArrayRef>,
}

impl Part {
    fn set(&mut self, value: &Value) -> Result<()> {
        let array = array_from_json(&[Some(value)], &self.data_type).map_err(|error| {
            let message = format!("metadata of column '{}': {}", self.name, error.message);
            KernelError::new(ErrorCode::OptionInvalid, message).at_field(&self.name)
        })?;
        self.value = Some(array);
        self.repeated = None;
        Ok(())
    }

    fn rows(&mut self, batch: &Batch) -> Result<ArrayRef> {
        let Some(value) = &self.value else { return row_kinds(batch) };
        match &self.repeated {
            Some(repeated) if repeated.len() >= batch.rows => Ok(repeated.slice(0, batch.rows)),
            _ => Ok(self.repeated.insert(repeat(value, batch.rows)?).slice(0, batch.rows)),
        }
    }
}

fn row_kinds(batch: &Batch) -> Result<ArrayRef> {
    let names = (0..batch.rows)
        .map(|row| RowKind::from_wire(batch.kind(row)).map(RowKind::short_name).map_err(|error| error.at_row(row)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StringArray::from_iter_values(names)))
}

struct Metadata {
    output: Arc<Schema>,
    parts: Vec<Part>,
}

fn compile(input: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Operator>> {
    let options: Options = read_options(DEFINITION.name, options)?;
    let mut columns = input.columns.clone();
    let mut parts = Vec::with_capacity(options.columns.len());
    for MetadataColumn { name, data_type, from } in options.columns {
        if columns.iter().any(|column| column.name == name) {
            return Err(exists_already(DEFINITION.name, &name));
        }
        columns.push(Column { name: name.clone(), data_type: data_type.clone(), nullable: true });
        let mut part = Part { name, data_type, from, value: None, repeated: None };
        match &part.from {
            From::RowKind => {}
            From::Constant { value } => part.set(&value.clone())?,
            From::Work { .. } => part.set(&Value::Null)?,
        }
        parts.push(part);
    }
    let output = Arc::new(Schema { table: input.table.clone(), columns });
    Ok(Box::new(Metadata { output, parts }))
}

impl Operator for Metadata {
    fn output_schema(&self) -> &Arc<Schema> {
        &self.output
    }

    fn lineage(&self) -> Vec<Option<usize>> {
        let inputs = self.output.columns.len() - self.parts.len();
        (0..inputs).map(Some).chain(self.parts.iter().map(|_| None)).collect()
    }

    fn begin(&mut self, arguments: &str) -> Result<()> {
        if !self.parts.iter().any(|part| matches!(part.from, From::Work { .. })) {
            return Ok(());
        }
        let arguments: Value = serde_json::from_str(arguments).map_err(|error| {
            KernelError::new(
                ErrorCode::ProgramInvalid,
                format!("the arguments of a piece of work do not parse: {error}"),
            )
        })?;
        for part in &mut self.parts {
            if let From::Work { key } = &part.from {
                let value = arguments["metadata"][key.as_str()].clone();
                part.set(&value)?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, mut batch: Batch) -> Result<Batch> {
        for index in 0..self.parts.len() {
            let column = self.parts[index].rows(&batch)?;
            batch.columns.push(column);
        }
        batch.schema = Arc::clone(&self.output);
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row_text::value_text;
    use crate::testing::{any_batch, any_type, any_value, batch_of, column, compile, schema_of, texts};
    use proptest::prelude::*;
    use serde_json::json;

    fn text(name: &str, from: &str) -> Value {
        json!({"name": name, "type": {"kind": "STRING"}, "from": from})
    }

    fn with(mut column: Value, name: &str, value: Value) -> Value {
        column[name] = value;
        column
    }

    #[test]
    fn every_source_gives_its_column() {
        let mut batch = batch_of("t", &[column("a", DataType::Int)], &[json!([1]), json!([2])]);
        batch.kinds = Some(vec![0i8, 3].into());
        let size = json!({"name": "size", "type": {"kind": "BIGINT"}, "from": "WORK", "key": "FileSize"});
        let options = json!({"columns": [
            with(text("table", "CONSTANT"), "value", json!("orders")),
            text("database", "CONSTANT"),
            text("op", "ROW_KIND"),
            size,
        ]});
        let mut operator = compile(&DEFINITION, &options, &batch.schema).unwrap();
        assert_eq!(operator.lineage(), [Some(0), None, None, None, None]);
        let row = |kind: &str, a: u8, size: &str| {
            format!("SeaTunnelRow{{tableId=t, kind={kind}, fields=[{a}, orders, null, {kind}, {size}]}}")
        };
        assert_eq!(texts(&operator.apply(batch.clone()).unwrap()), [row("+I", 1, "null"), row("-D", 2, "null")]);
        for (arguments, size) in [
            (r#"{"partitions":{},"metadata":{"FileSize":9007199254740993}}"#, "9007199254740993"),
            (r#"{"metadata":{"FilePath":"/a"}}"#, "null"),
            ("{}", "null"),
            (r#"{"metadata":{"FileSize":7}}"#, "7"),
        ] {
            operator.begin(arguments).unwrap();
            let result = operator.apply(batch.clone()).unwrap();
            assert_eq!(texts(&result), [row("+I", 1, size), row("-D", 2, size)], "{arguments}");
            assert_eq!(operator.apply(batch.slice(0, 0)).unwrap().rows, 0);
        }
    }

    #[test]
    fn faults_are_coded() {
        let schema = schema_of("t", &[column("a", DataType::Int)]);
        for (columns, code) in [
            (json!([text("a", "ROW_KIND")]), ErrorCode::FieldExists),
            (json!([text("b", "ROW_KIND"), text("b", "CONSTANT")]), ErrorCode::FieldExists),
            (json!([text("b", "MOON")]), ErrorCode::OptionInvalid),
            (
                json!([{"name": "b", "type": {"kind": "INT"}, "from": "CONSTANT", "value": "x"}]),
                ErrorCode::OptionInvalid,
            ),
            (json!([text("b", "WORK")]), ErrorCode::OptionInvalid),
        ] {
            let error = compile(&DEFINITION, &json!({"columns": columns}), &schema).err().unwrap();
            assert_eq!(error.code, code, "{columns}");
        }
    }

    #[test]
    fn arguments_of_a_wrong_shape_are_refused() {
        let column = json!({"name": "b", "type": {"kind": "INT"}, "from": "WORK", "key": "k"});
        let mut operator = compile(&DEFINITION, &json!({"columns": [column]}), &schema_of("t", &[])).unwrap();
        assert_eq!(operator.begin("{").err().unwrap().code, ErrorCode::ProgramInvalid);
        assert_eq!(operator.begin(r#"{"metadata":{"k":"x"}}"#).err().unwrap().code, ErrorCode::OptionInvalid);
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]

        #[test]
        fn columns_come_behind_the_row_and_nothing_else_changes(batch in any_batch(), (data_type, value) in any_type()
            .prop_flat_map(|data_type| (Just(data_type.clone()), any_value(&data_type)))) {
            let work = json!({"name": "@work", "type": data_type, "from": "WORK", "key": "k"});
            let constant = json!({"name": "@constant", "type": data_type, "from": "CONSTANT", "value": value});
            let options = json!({"columns": [text("@kind", "ROW_KIND"), constant, work]});
            let mut operator = compile(&DEFINITION, &options, &batch.schema).unwrap();
            operator.begin(&json!({"metadata": {"k": value}}).to_string()).unwrap();
            let result = operator.apply(batch.clone()).unwrap();
            result.record_batch().unwrap();
            let inputs = batch.columns.len();
            prop_assert_eq!(&result.columns[..inputs], &batch.columns[..]);
            prop_assert_eq!(&result.kinds, &batch.kinds);
            let expected = value_text(&array_from_json(&[Some(&value)], &data_type).unwrap(), &data_type, 0);
            for row in 0..batch.rows {
                let kind = RowKind::from_wire(batch.kind(row)).unwrap().short_name();
                prop_assert_eq!(value_text(&result.columns[inputs], &DataType::String, row), kind);
                for column in &result.columns[inputs + 1..] {
                    prop_assert_eq!(value_text(column, &data_type, row), expected.clone());
                }
            }
        }
    }
}
