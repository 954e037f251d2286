//! Java text of values and rows, as error messages and text-based operators see them.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use millrace_batch::text::{
    MAX_SCALAR_BYTES, write_date, write_decimal, write_f32, write_f64, write_i64, write_time, write_timestamp,
};
use millrace_batch::{Batch, DataType, RowKind, StructField};
use std::fmt::Write;

/// Appends the Java text of one value; `null` for a null.
///
/// Scalars as [`millrace_batch::text`] writes them, `TIMESTAMP_TZ` with its offset behind (`Z` for 0), arrays and float
/// vectors as `[a, b]`, maps as `{k=v}`, nested rows as `SeaTunnelRow{tableId=, kind=+I, fields=[…]}`. Bytes, which Java
/// prints as an identity, and packed vectors are listed as signed bytes: `[1, -2]`.
///
/// # Panics
/// When `array` is not of the Arrow type of `data_type`, or has no such row.
///
/// # Source
/// Java `toString` of the value classes; SeaTunnel `SeaTunnelRow.toString`.
pub fn write_value(array: &ArrayRef, data_type: &DataType, row: usize, out: &mut String) {
    if *data_type == DataType::Null || array.is_null(row) {
        out.push_str("null");
        return;
    }
    match data_type {
        DataType::Null => {}
        DataType::String => out.push_str(array.as_string::<i32>().value(row)),
        DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        DataType::TinyInt => scalar(out, |b| write_i64(array.as_primitive::<Int8Type>().value(row).into(), b)),
        DataType::SmallInt => scalar(out, |b| write_i64(array.as_primitive::<Int16Type>().value(row).into(), b)),
        DataType::Int => scalar(out, |b| write_i64(array.as_primitive::<Int32Type>().value(row).into(), b)),
        DataType::BigInt => scalar(out, |b| write_i64(array.as_primitive::<Int64Type>().value(row), b)),
        DataType::Float => scalar(out, |b| write_f32(array.as_primitive::<Float32Type>().value(row), b)),
        DataType::Double => scalar(out, |b| write_f64(array.as_primitive::<Float64Type>().value(row), b)),
        DataType::Decimal { scale, .. } => {
            scalar(out, |b| write_decimal(array.as_primitive::<Decimal128Type>().value(row), *scale, b));
        }
        DataType::Date => scalar(out, |b| write_date(array.as_primitive::<Date32Type>().value(row), b)),
        DataType::Time => scalar(out, |b| write_time(array.as_primitive::<Time64NanosecondType>().value(row), b)),
        DataType::Timestamp => {
            scalar(out, |b| write_timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), b));
        }
        DataType::TimestampTz => write_instant(array, row, out),
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            let bytes = array.as_binary::<i32>().value(row);
            write_sequence(out, bytes.len(), |out, index| scalar(out, |b| write_i64((bytes[index] as i8).into(), b)));
        }
        DataType::Array { element } => write_list(array, element, row, out),
        DataType::FloatVector => write_list(array, &DataType::Float, row, out),
        DataType::Map { key, value } => write_map(array, key, value, row, out),
        DataType::SparseFloatVector => write_map(array, &DataType::Int, &DataType::Float, row, out),
        DataType::Row { fields } => write_nested_row(array, fields, row, out),
    }
}

/// The Java text of one value; see [`write_value`].
///
/// # Panics
/// As [`write_value`].
pub fn value_text(array: &ArrayRef, data_type: &DataType, row: usize) -> String {
    let mut out = String::new();
    write_value(array, data_type, row, &mut out);
    out
}

/// A whole row: `SeaTunnelRow{tableId=db.t, kind=+I, fields=[1, null, a]}`. A kind outside 0..3 prints as its number.
///
/// # Panics
/// As [`write_value`].
pub fn row_text(batch: &Batch, row: usize) -> String {
    let mut out = String::new();
    let kind = batch.kind(row);
    let kind = RowKind::from_wire(kind).map_or_else(|_| kind.to_string(), |kind| kind.short_name().to_owned());
    // Writing to a string cannot fail.
    let _ = write!(out, "SeaTunnelRow{{tableId={}, kind={kind}, fields=", batch.schema.table);
    write_sequence(&mut out, batch.columns.len(), |out, index| {
        write_value(&batch.columns[index], &batch.schema.columns[index].data_type, row, out);
    });
    out.push('}');
    out
}

fn scalar(out: &mut String, write: impl FnOnce(&mut [u8]) -> usize) {
    let mut buffer = [0u8; MAX_SCALAR_BYTES];
    let length = write(&mut buffer);
    out.push_str(std::str::from_utf8(&buffer[..length]).unwrap_or_default());
}

fn write_sequence(out: &mut String, length: usize, mut item: impl FnMut(&mut String, usize)) {
    out.push('[');
    for index in 0..length {
        if index > 0 {
            out.push_str(", ");
        }
        item(out, index);
    }
    out.push(']');
}

fn write_list(array: &ArrayRef, element: &DataType, row: usize, out: &mut String) {
    let values = array.as_list::<i32>().value(row);
    write_sequence(out, values.len(), |out, index| write_value(&values, element, index, out));
}

fn write_map(array: &ArrayRef, key: &DataType, value: &DataType, row: usize, out: &mut String) {
    let entries = array.as_map().value(row);
    out.push('{');
    for index in 0..entries.len() {
        if index > 0 {
            out.push_str(", ");
        }
        write_value(entries.column(0), key, index, out);
        out.push('=');
        write_value(entries.column(1), value, index, out);
    }
    out.push('}');
}

fn write_nested_row(array: &ArrayRef, fields: &[StructField], row: usize, out: &mut String) {
    let columns = array.as_struct().columns();
    out.push_str("SeaTunnelRow{tableId=, kind=+I, fields=");
    write_sequence(out, fields.len(), |out, index| write_value(&columns[index], &fields[index].data_type, row, out));
    out.push('}');
}

fn write_instant(array: &ArrayRef, row: usize, out: &mut String) {
    let parts = array.as_struct();
    let minutes = parts.column(1).as_primitive::<Int16Type>().value(row);
    let instant = parts.column(0).as_primitive::<TimestampMicrosecondType>().value(row);
    scalar(out, |b| write_timestamp(instant.saturating_add(i64::from(minutes) * 60_000_000), b));
    if minutes == 0 {
        out.push('Z');
    } else {
        let sign = if minutes < 0 { '-' } else { '+' };
        let _ = write!(out, "{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::{batch_of, column};
    use serde_json::json;

    #[test]
    fn values_print_as_java_prints_them() {
        let array = |element| DataType::Array { element: Box::new(element) };
        let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
        let row = DataType::Row {
            fields: vec![
                StructField { name: "a".into(), data_type: DataType::Int },
                StructField { name: "b".into(), data_type: array(DataType::String) },
            ],
        };
        for (data_type, value, expected) in [
            (DataType::String, json!("a b"), "a b"),
            (DataType::String, json!(null), "null"),
            (DataType::Null, json!(null), "null"),
            (DataType::Boolean, json!(true), "true"),
            (DataType::TinyInt, json!(-128), "-128"),
            (DataType::BigInt, json!(114_414_129_553_203_200i64), "114414129553203200"),
            (DataType::Float, json!("1e10"), "1.0E10"),
            (DataType::Double, json!(0.0001), "1.0E-4"),
            (DataType::Decimal { precision: 10, scale: 2 }, json!("1.1"), "1.10"),
            (DataType::Date, json!("2024-02-29"), "2024-02-29"),
            (DataType::Time, json!("10:15:00"), "10:15"),
            (DataType::Timestamp, json!("2024-01-01 10:15:00.5"), "2024-01-01T10:15:00.500"),
            (DataType::TimestampTz, json!("2024-01-01T10:15:00+08:00"), "2024-01-01T10:15+08:00"),
            (DataType::TimestampTz, json!("2024-01-01T10:15:00-01:30"), "2024-01-01T10:15-01:30"),
            (DataType::TimestampTz, json!("2024-01-01T10:15:00Z"), "2024-01-01T10:15Z"),
            (DataType::Bytes, json!("Af4="), "[1, -2]"),
            (array(DataType::Int), json!([1, null, 3]), "[1, null, 3]"),
            (array(DataType::Int), json!([]), "[]"),
            (map, json!({"k": 1, "l": null}), "{k=1, l=null}"),
            (row, json!([7, ["x"]]), "SeaTunnelRow{tableId=, kind=+I, fields=[7, [x]]}"),
            (DataType::FloatVector, json!([1, 2.5]), "[1.0, 2.5]"),
            (DataType::SparseFloatVector, json!({"3": 0.5}), "{3=0.5}"),
        ] {
            let array = millrace_batch::array_from_json(&[Some(&value)], &data_type).unwrap();
            assert_eq!(value_text(&array, &data_type, 0), expected, "{data_type}");
        }
    }

    #[test]
    fn a_row_prints_its_table_kind_and_fields() {
        let columns = [column("id", DataType::Int), column("name", DataType::String)];
        let mut batch = batch_of("db.t", &columns, &[json!([1, null]), json!([2, "x"])]);
        batch.kinds = Some(vec![0i8, 3].into());
        assert_eq!(row_text(&batch, 0), "SeaTunnelRow{tableId=db.t, kind=+I, fields=[1, null]}");
        assert_eq!(row_text(&batch, 1), "SeaTunnelRow{tableId=db.t, kind=-D, fields=[2, x]}");
    }
}
