//! One row with a column of every type, and expressions evaluated on it.

use crate::support;
use arrow_array::builder::{Float32Builder, Int32Builder, ListBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, StringArray, StructArray, Time64NanosecondArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType as ArrowType, Field};
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::parse::{parse_date, parse_time, parse_timestamp};
use millrace_batch::{Batch, DataType};
use std::sync::Arc;

fn names() -> MapFieldNames {
    MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() }
}

fn floats(values: &[f32]) -> ArrayRef {
    let field = Field::new("item", ArrowType::Float32, true);
    let mut lists = ListBuilder::new(Float32Builder::new()).with_field(field);
    lists.values().append_slice(values);
    lists.append(true);
    Arc::new(lists.finish())
}

fn bytes(value: &[u8]) -> ArrayRef {
    Arc::new(BinaryArray::from_vec(vec![value]))
}

/// `{0=3.0, 4=4.0}`.
fn sparse() -> ArrayRef {
    let mut map = MapBuilder::new(Some(names()), Int32Builder::new(), Float32Builder::new());
    map.keys().append_slice(&[0, 4]);
    map.values().append_slice(&[3.0, 4.0]);
    map.append(true).unwrap();
    Arc::new(map.finish())
}

fn map() -> ArrayRef {
    let mut map = MapBuilder::new(Some(names()), StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(5);
    map.append(true).unwrap();
    Arc::new(map.finish())
}

/// 2024-03-15T10:15+08:00.
fn offset_time() -> ArrayRef {
    let ArrowType::Struct(fields) = arrow_type(&DataType::TimestampTz) else { unreachable!() };
    let instant = parse_timestamp(b"2024-03-15 02:15:00").unwrap();
    let instants = TimestampMicrosecondArray::from(vec![instant]).with_timezone("UTC");
    Arc::new(StructArray::new(fields, vec![Arc::new(instants), Arc::new(Int16Array::from(vec![480]))], None))
}

/// One row with a column of every type.
pub(crate) fn row() -> Batch {
    let text = |value: Option<&str>| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
    let price = Decimal128Array::from(vec![1_235]).with_precision_and_scale(10, 2).unwrap();
    let array = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), Some(2)])]);
    let map_type = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
    support::table(vec![
        ("i", DataType::Int, Arc::new(Int32Array::from(vec![7]))),
        ("b", DataType::BigInt, Arc::new(Int64Array::from(vec![9_007_199_254_740_993]))),
        ("ti", DataType::TinyInt, Arc::new(Int8Array::from(vec![-3]))),
        ("si", DataType::SmallInt, Arc::new(Int16Array::from(vec![300]))),
        ("f", DataType::Float, Arc::new(Float32Array::from(vec![1.5]))),
        ("d", DataType::Double, Arc::new(Float64Array::from(vec![-2.5]))),
        ("p", DataType::Decimal { precision: 10, scale: 2 }, Arc::new(price)),
        ("s", DataType::String, text(Some("Hello"))),
        ("n", DataType::String, text(None)),
        ("nn", DataType::Int, Arc::new(Int32Array::from(vec![None::<i32>]))),
        ("bo", DataType::Boolean, Arc::new(BooleanArray::from(vec![true]))),
        ("dt", DataType::Date, Arc::new(Date32Array::from(vec![parse_date(b"2024-02-29")]))),
        ("tm", DataType::Time, Arc::new(Time64NanosecondArray::from(vec![parse_time(b"10:15:00")]))),
        (
            "ts",
            DataType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![parse_timestamp(b"2024-03-15 10:15:00")])),
        ),
        ("tz", DataType::TimestampTz, offset_time()),
        ("bin", DataType::Bytes, bytes(b"ab")),
        ("ar", DataType::Array { element: Box::new(DataType::Int) }, Arc::new(array)),
        ("mp", map_type, map()),
        ("fv", DataType::FloatVector, floats(&[3.0, 4.0])),
        ("sv", DataType::SparseFloatVector, sparse()),
        // 1.0 and -2.0, 1.0 and 2.0, the bits 1 0 1 0 0 0 0 0.
        ("hv", DataType::Float16Vector, bytes(&[0x00, 0x3c, 0x00, 0xc0])),
        ("gv", DataType::BFloat16Vector, bytes(&[0x80, 0x3f, 0x00, 0x40])),
        ("bv", DataType::BinaryVector, bytes(&[0b101])),
    ])
}

/// `TYPE value` or `! error`.
pub(crate) fn outcome(expression: &str, row: &Batch) -> String {
    match support::query(&format!("SELECT {expression} AS x FROM t"), row) {
        Err(error) => format!("! {}", error.message),
        Ok(result) => {
            let array = result.columns[0].as_ref();
            let null = array.is_null(0) || array.data_type() == &ArrowType::Null;
            let value = if null { "null".to_owned() } else { support::cell(array, 0) };
            format!("{} {value}", result.schema.columns[0].data_type)
        }
    }
}
