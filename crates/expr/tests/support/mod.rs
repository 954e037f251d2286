//! Tables to query, and rows as Console prints them.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;
use millrace_batch::codec::{Context, Operator};
use millrace_batch::{Batch, Column, DataType, KernelError, Schema, text};
use millrace_expr::SqlTransform;
use std::sync::Arc;

/// A table of nullable columns.
pub fn table(columns: Vec<(&str, DataType, ArrayRef)>) -> Batch {
    let rows = columns.first().map_or(0, |(_, _, array)| array.len());
    let declared = columns
        .iter()
        .map(|(name, data_type, _)| Column { name: (*name).into(), data_type: data_type.clone(), nullable: true })
        .collect();
    let schema = Arc::new(Schema { table: "t".into(), columns: declared });
    Batch::try_new(schema, columns.into_iter().map(|(_, _, array)| array).collect(), rows).unwrap()
}

/// Compiles and runs a query over a batch.
pub fn query(sql: &str, batch: &Batch) -> Result<Batch, KernelError> {
    query_with(sql, batch, &Context::default())
}

/// As [`query`] with clock, zone and seed.
pub fn query_with(sql: &str, batch: &Batch, context: &Context) -> Result<Batch, KernelError> {
    SqlTransform::compile(sql, &batch.schema, context)?.apply(batch.clone())
}

/// `name<TYPE>, …` as Console prints a row type.
pub fn row_type(schema: &Schema) -> String {
    let columns: Vec<_> =
        schema.columns.iter().map(|column| format!("{}<{}>", column.name, column.data_type)).collect();
    columns.join(", ")
}

/// Every row as Console prints it: values between `, `, null as nothing.
pub fn rows(batch: &Batch) -> Vec<String> {
    (0..batch.rows)
        .map(|row| {
            let cells: Vec<_> = batch.columns.iter().map(|column| cell(column.as_ref(), row)).collect();
            cells.join(", ")
        })
        .collect()
}

/// One value as Console prints it.
pub fn cell(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) || array.data_type() == &ArrowType::Null {
        return String::new();
    }
    let mut scratch = [0u8; text::MAX_SCALAR_BYTES];
    let length = match array.data_type() {
        ArrowType::Utf8 => return array.as_string::<i32>().value(row).to_owned(),
        ArrowType::Boolean => return array.as_boolean().value(row).to_string(),
        ArrowType::Int8 => return array.as_primitive::<Int8Type>().value(row).to_string(),
        ArrowType::Int16 => return array.as_primitive::<Int16Type>().value(row).to_string(),
        ArrowType::Int32 => return array.as_primitive::<Int32Type>().value(row).to_string(),
        ArrowType::Int64 => return array.as_primitive::<Int64Type>().value(row).to_string(),
        ArrowType::Float32 => text::write_f32(array.as_primitive::<Float32Type>().value(row), &mut scratch),
        ArrowType::Float64 => text::write_f64(array.as_primitive::<Float64Type>().value(row), &mut scratch),
        ArrowType::Decimal128(_, scale) => {
            text::write_decimal(array.as_primitive::<Decimal128Type>().value(row), *scale, &mut scratch)
        }
        ArrowType::Date32 => text::write_date(array.as_primitive::<Date32Type>().value(row), &mut scratch),
        ArrowType::Time64(_) => text::write_time(array.as_primitive::<Time64NanosecondType>().value(row), &mut scratch),
        ArrowType::Timestamp(_, _) => {
            text::write_timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row), &mut scratch)
        }
        ArrowType::Binary => {
            let bytes: Vec<_> =
                array.as_binary::<i32>().value(row).iter().map(|byte| (*byte as i8).to_string()).collect();
            return format!("[{}]", bytes.join(", "));
        }
        ArrowType::List(_) => {
            let values = array.as_list::<i32>().value(row);
            let values: Vec<_> = (0..values.len()).map(|index| cell(values.as_ref(), index)).collect();
            return format!("[{}]", values.join(", "));
        }
        ArrowType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let entries: Vec<_> = (0..entries.len())
                .map(|index| {
                    format!(
                        "\"{}\":{}",
                        cell(entries.column(0).as_ref(), index),
                        cell(entries.column(1).as_ref(), index)
                    )
                })
                .collect();
            return format!("{{{}}}", entries.join(","));
        }
        ArrowType::Struct(fields) if fields.first().is_some_and(|field| field.name() == "instant") => {
            return offset_time(array, row);
        }
        other => panic!("no text for {other}"),
    };
    String::from_utf8(scratch[..length].to_vec()).unwrap()
}

/// A date and time with its offset: `2024-03-15T10:15+08:00`.
fn offset_time(array: &dyn Array, row: usize) -> String {
    let fields = array.as_struct();
    let minutes = i64::from(fields.column(1).as_primitive::<Int16Type>().value(row));
    let instant = fields.column(0).as_primitive::<TimestampMicrosecondType>().value(row);
    let mut scratch = [0u8; text::MAX_SCALAR_BYTES];
    let length = text::write_timestamp(instant + minutes * 60_000_000, &mut scratch);
    let local = String::from_utf8(scratch[..length].to_vec()).unwrap();
    let sign = if minutes < 0 { '-' } else { '+' };
    match minutes.abs() {
        0 => format!("{local}Z"),
        minutes => format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60),
    }
}
