//! Batches for tests of the other crates: written out, or random.
//!
//! Only ever a development dependency.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

use millrace_batch::{Batch, Column, DataType, Schema, StructField, array_from_json};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many cases a property gets: few in an ordinary run, many with `MILLRACE_TEST=long`.
pub fn cases() -> Config {
    let long = std::env::var("MILLRACE_TEST").is_ok_and(|value| value == "long");
    Config::with_cases(if long { 4_096 } else { 64 })
}

/// A nullable column.
pub fn column(name: &str, data_type: DataType) -> Column {
    Column { name: name.into(), data_type, nullable: true }
}

/// A schema of a table.
pub fn schema_of(table: &str, columns: &[Column]) -> Arc<Schema> {
    Arc::new(Schema { table: table.into(), columns: columns.to_vec() })
}

/// A batch of rows given as JSON arrays.
pub fn batch_of(table: &str, columns: &[Column], rows: &[Value]) -> Batch {
    let arrays = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let values: Vec<_> = rows.iter().map(|row| row.get(index)).collect();
            array_from_json(&values, &column.data_type).unwrap()
        })
        .collect();
    Batch::try_new(schema_of(table, columns), arrays, rows.len()).unwrap()
}

/// Any type, nested at most twice.
pub fn any_type() -> impl Strategy<Value = DataType> {
    let scalar = prop_oneof![
        Just(DataType::String),
        Just(DataType::Boolean),
        Just(DataType::TinyInt),
        Just(DataType::SmallInt),
        Just(DataType::Int),
        Just(DataType::BigInt),
        Just(DataType::Float),
        Just(DataType::Double),
        (1u8..=38)
            .prop_flat_map(|precision| (Just(precision), 0..=precision as i8))
            .prop_map(|(precision, scale)| DataType::Decimal { precision, scale }),
        Just(DataType::Null),
        Just(DataType::Bytes),
        Just(DataType::Date),
        Just(DataType::Time),
        Just(DataType::Timestamp),
        Just(DataType::TimestampTz),
        Just(DataType::BinaryVector),
        Just(DataType::FloatVector),
        Just(DataType::Float16Vector),
        Just(DataType::BFloat16Vector),
        Just(DataType::SparseFloatVector),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        let key = prop_oneof![Just(DataType::String), Just(DataType::Int), Just(DataType::Date)];
        prop_oneof![
            inner.clone().prop_map(|element| DataType::Array { element: Box::new(element) }),
            (key, inner.clone()).prop_map(|(key, value)| DataType::Map { key: Box::new(key), value: Box::new(value) }),
            prop::collection::vec(inner, 1..4).prop_map(|types| DataType::Row {
                fields: types
                    .into_iter()
                    .enumerate()
                    .map(|(index, data_type)| StructField { name: format!("f{index}"), data_type })
                    .collect(),
            }),
        ]
    })
}

/// A value of a type as JSON; null now and then.
pub fn any_value(data_type: &DataType) -> BoxedStrategy<Value> {
    let value = match data_type {
        DataType::String => "[a-z|,. é漢]{0,6}".prop_map(Value::from).boxed(),
        DataType::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        DataType::TinyInt => any::<i8>().prop_map(Value::from).boxed(),
        DataType::SmallInt => any::<i16>().prop_map(Value::from).boxed(),
        DataType::Int => any::<i32>().prop_map(Value::from).boxed(),
        DataType::BigInt => any::<i64>().prop_map(Value::from).boxed(),
        DataType::Float => any::<i32>().prop_map(|v| json!(f64::from(v as f32 / 8.0))).boxed(),
        DataType::Double => any::<i64>().prop_map(|v| json!(v as f64 / 1e9)).boxed(),
        DataType::Decimal { precision, scale } => {
            let (limit, scale) = (10i128.pow(u32::from(*precision)) - 1, *scale);
            (-limit..=limit).prop_map(move |v| json!(format!("{v}e-{scale}"))).boxed()
        }
        DataType::Null => Just(Value::Null).boxed(),
        DataType::Bytes | DataType::BinaryVector => {
            prop::collection::vec(any::<u8>(), 0..5).prop_map(|bytes| json!(base64(&bytes))).boxed()
        }
        DataType::Date => {
            (0i32..3_000).prop_map(|v| json!(format!("{}-{:02}-{:02}", 1_900 + v / 12, v % 12 + 1, 7))).boxed()
        }
        DataType::Time => (0u32..86_400).prop_map(|v| json!(clock(v))).boxed(),
        DataType::Timestamp => (0u32..86_400).prop_map(|v| json!(format!("2024-02-29 {}.25", clock(v)))).boxed(),
        DataType::TimestampTz => (0u32..86_400).prop_map(|v| json!(format!("2024-02-29T{}+05:30", clock(v)))).boxed(),
        DataType::FloatVector | DataType::Float16Vector | DataType::BFloat16Vector => prop::collection::vec(
            any_value(&DataType::TinyInt).prop_map(|v| if v.is_null() { json!(0) } else { v }),
            0..4,
        )
        .prop_map(Value::from)
        .boxed(),
        DataType::SparseFloatVector => prop::collection::btree_map(0i32..99, any::<i8>(), 0..4)
            .prop_map(|map| {
                map.into_iter().map(|(k, v)| (k.to_string(), json!(v))).collect::<serde_json::Map<_, _>>().into()
            })
            .boxed(),
        DataType::Array { element } => prop::collection::vec(any_value(element), 0..4).prop_map(Value::from).boxed(),
        DataType::Map { key, value } => {
            let date = **key == DataType::Date;
            let name = move |k: u32| if date { format!("2024-01-{:02}", k + 1) } else { k.to_string() };
            prop::collection::btree_map(0u32..28, any_value(value), 0..4)
                .prop_map(move |map| {
                    map.into_iter().map(|(k, v)| (name(k), v)).collect::<serde_json::Map<_, _>>().into()
                })
                .boxed()
        }
        DataType::Row { fields } => {
            fields.iter().map(|field| any_value(&field.data_type)).collect::<Vec<_>>().prop_map(Value::from).boxed()
        }
    };
    prop_oneof![1 => Just(Value::Null), 6 => value].boxed()
}

fn clock(second: u32) -> String {
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A batch with columns of the given types, `c0`, `c1`, …: up to 20 rows, inserts only or of any kind, and now and then a
/// slice out of the middle of larger arrays.
pub fn batch_with_types(types: Vec<DataType>) -> impl Strategy<Value = Batch> {
    let row: Vec<_> = types.iter().map(any_value).collect();
    let columns: Vec<_> =
        types.into_iter().enumerate().map(|(index, data_type)| column(&format!("c{index}"), data_type)).collect();
    let rows = prop::collection::vec((row.prop_map(Value::from), 0i8..4), 0..20);
    (rows, any::<bool>(), 0usize..4, 0usize..4).prop_map(move |(rows, changelog, skipped, left_off)| {
        let (values, kinds): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let mut batch = batch_of("t", &columns, &values);
        batch.kinds = changelog.then(|| kinds.into());
        let offset = skipped.min(batch.rows);
        batch.slice(offset, (batch.rows - offset).saturating_sub(left_off))
    })
}

/// A batch of 1 to 4 columns of any type.
pub fn any_batch() -> impl Strategy<Value = Batch> {
    prop::collection::vec(any_type(), 1..5).prop_flat_map(batch_with_types)
}
