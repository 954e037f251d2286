//! JSON text of rows, for records of rows that are refused.

use crate::row_text::value_text;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_decimal_plain};
use millrace_batch::{Batch, DataType};
use std::fmt::Write;

/// A row as a JSON object of its fields in the order of the schema: `{"id":1,"name":null}`.
///
/// Numbers are numbers with all their digits, decimals without an exponent; numbers that JSON does not have (`NaN`, infinite
/// ones), dates and times are texts as Java prints them; bytes and packed vectors are base64; arrays and float vectors are
/// arrays, nested rows and maps objects, whose keys are the Java text of the map's.
///
/// # Panics
/// When a column is not of the Arrow type of the schema, or there is no such row.
pub fn row_json(batch: &Batch, row: usize) -> String {
    let mut out = String::new();
    let columns = batch.schema.columns.iter().zip(&batch.columns);
    write_object(&mut out, columns, |out, (column, array)| {
        write_text(&column.name, out);
        out.push(':');
        write_value(array, &column.data_type, row, out);
    });
    out
}

/// A text in quotes.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for symbol in text.chars() {
        match symbol {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

fn write_value(array: &ArrayRef, data_type: &DataType, row: usize, out: &mut String) {
    if *data_type == DataType::Null || array.is_null(row) {
        out.push_str("null");
        return;
    }
    match data_type {
        DataType::Boolean | DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt => {
            crate::row_text::write_value(array, data_type, row, out);
        }
        DataType::Float if array.as_primitive::<Float32Type>().value(row).is_finite() => {
            crate::row_text::write_value(array, data_type, row, out);
        }
        DataType::Double if array.as_primitive::<Float64Type>().value(row).is_finite() => {
            crate::row_text::write_value(array, data_type, row, out);
        }
        DataType::Decimal { scale, .. } => {
            let mut text = [0; MAX_SCALAR_BYTES];
            let unscaled = array.as_primitive::<Decimal128Type>().value(row);
            let length = write_decimal_plain(unscaled, scale.unsigned_abs(), &mut text);
            out.push_str(&String::from_utf8_lossy(&text[..length]));
        }
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            write_text(&STANDARD.encode(array.as_binary::<i32>().value(row)), out);
        }
        DataType::Array { element } => write_list(array, element, row, out),
        DataType::FloatVector => write_list(array, &DataType::Float, row, out),
        DataType::Map { key, value } => write_map(array, (key, value), row, out),
        DataType::SparseFloatVector => write_map(array, (&DataType::Int, &DataType::Float), row, out),
        DataType::Row { fields } => {
            write_object(out, fields.iter().zip(array.as_struct().columns()), |out, (field, column)| {
                write_text(&field.name, out);
                out.push(':');
                write_value(column, &field.data_type, row, out);
            });
        }
        _ => write_text(&value_text(array, data_type, row), out),
    }
}

fn write_list(array: &ArrayRef, element: &DataType, row: usize, out: &mut String) {
    let values = array.as_list::<i32>().value(row);
    out.push('[');
    for index in 0..values.len() {
        if index > 0 {
            out.push(',');
        }
        write_value(&values, element, index, out);
    }
    out.push(']');
}

fn write_map(array: &ArrayRef, (key, value): (&DataType, &DataType), row: usize, out: &mut String) {
    let entries = array.as_map().value(row);
    write_object(out, 0..entries.len(), |out, index| {
        write_text(&value_text(entries.column(0), key, index), out);
        out.push(':');
        write_value(entries.column(1), value, index, out);
    });
}

fn write_object<T>(out: &mut String, members: impl Iterator<Item = T>, mut member: impl FnMut(&mut String, T)) {
    out.push('{');
    for (index, each) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        member(out, each);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{any_batch, batch_of, column};
    use millrace_batch::StructField;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn every_type_has_its_json_form() {
        let array = |element| DataType::Array { element: Box::new(element) };
        let map = DataType::Map { key: Box::new(DataType::Int), value: Box::new(DataType::String) };
        let row = DataType::Row { fields: vec![StructField { name: "x".into(), data_type: DataType::Int }] };
        for (data_type, value, expected) in [
            (DataType::String, json!("a\"\\\n\u{1}é"), r#""a\"\\\n\u0001é""#),
            (DataType::Null, json!(null), "null"),
            (DataType::Int, json!(null), "null"),
            (DataType::Boolean, json!(true), "true"),
            (DataType::BigInt, json!(i64::MIN), "-9223372036854775808"),
            (DataType::Double, json!(0.5), "0.5"),
            (DataType::Double, json!("NaN"), r#""NaN""#),
            (DataType::Float, json!("-Infinity"), r#""-Infinity""#),
            (DataType::Decimal { precision: 20, scale: 10 }, json!("1e-10"), "0.0000000001"),
            (DataType::Date, json!("2024-02-29"), r#""2024-02-29""#),
            (DataType::Timestamp, json!("2024-01-01 10:15:00"), r#""2024-01-01T10:15""#),
            (DataType::Bytes, json!("Af4="), r#""Af4=""#),
            (array(DataType::Int), json!([1, null]), "[1,null]"),
            (map, json!({"7": "x", "8": null}), r#"{"7":"x","8":null}"#),
            (row, json!([3]), r#"{"x":3}"#),
        ] {
            let batch = batch_of("t", &[column("c", data_type.clone())], &[json!([value])]);
            assert_eq!(row_json(&batch, 0), format!(r#"{{"c":{expected}}}"#), "{data_type}");
        }
    }

    proptest! {
        #![proptest_config(crate::testing::cases())]
        #[test]
        fn every_row_is_one_json_object(batch in any_batch()) {
            for row in 0..batch.rows {
                let parsed: Value = serde_json::from_str(&row_json(&batch, row)).unwrap();
                prop_assert_eq!(parsed.as_object().unwrap().len(), batch.columns.len());
            }
        }
    }
}
