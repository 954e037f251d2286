//! Every recorded query gives the recorded row type and row, or fails where the recording failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use arrow_array::builder::{Int32Builder, MapBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, StringArray, Time64NanosecondArray, TimestampMicrosecondArray,
};
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::calendar::{MICROS_PER_DAY, days_from_civil};
use millrace_batch::codec::{Context, Operator};
use millrace_batch::{Batch, DataType};
use millrace_expr::SqlTransform;
use serde_json::Value;
use std::fs;
use std::sync::Arc;

/// Queries whose outcome differs from the recording on purpose, and why. One that no longer differs fails the test.
const KNOWN_DIFFERENCES: &[(&str, &str)] = &[
    ("select +i from t", "the original overflows its stack; a plus sign changes nothing"),
    ("select CAST(i AS BOOLEAN) from t", "the target of later versions is there, and 7 is neither 0 nor 1"),
    ("select CAST(i AS TINYINT) from t", "the target of later versions is there"),
    ("select ABS(ti) from t", "a small integer has an absolute value too"),
    ("select ROUND(dec, 1) from t", "a column has one scale, so the text keeps its zero: 12.40"),
    ("select TRUNCATE(i) from t", "the result is the DOUBLE it is declared to be: 7.0"),
    ("select COALESCE(nn, 1.5) from t", "a value that the declared INT does not hold is an error, not another type"),
    ("select CASE WHEN i > 5 THEN ti ELSE si END from t", "the cast to SMALLINT of later versions is there"),
    ("select MD5(s) from t", "the function of later versions is there"),
    ("select TRUE from t", "the literals of later versions are there"),
    ("select EXTRACT(DOW FROM ts) from t", "the fields of later versions are there"),
    ("select DATE '2024-01-01' from t", "the literals of later versions are there"),
    ("select i from t where bo", "a BOOLEAN column is a condition, as in later versions"),
    ("select i from t where bo = true", "the literals of later versions are there"),
    ("select i from t where bo = TRUE", "the literals of later versions are there"),
];

fn map_type() -> DataType {
    DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) }
}

fn map_array() -> ArrayRef {
    let names =
        arrow_array::builder::MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
    let mut map = MapBuilder::new(Some(names), StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(5);
    map.append(true).unwrap();
    let map = map.finish();
    assert_eq!(
        map.entries().data_type(),
        &match arrow_type(&map_type()) {
            arrow_schema::DataType::Map(entries, _) => entries.data_type().clone(),
            _ => unreachable!(),
        }
    );
    Arc::new(map)
}

/// The one row of the recording.
fn recorded_row() -> Batch {
    let day = |year, month, day| days_from_civil(year, month, day);
    let decimal = DataType::Decimal { precision: 10, scale: 2 };
    let list = DataType::Array { element: Box::new(DataType::Int) };
    let quarter_past_ten = 36_900_000_000_000;
    support::table(vec![
        ("i", DataType::Int, Arc::new(Int32Array::from(vec![7]))),
        ("b", DataType::BigInt, Arc::new(Int64Array::from(vec![9_007_199_254_740_993]))),
        ("s", DataType::String, Arc::new(StringArray::from(vec!["Hello"]))),
        ("e", DataType::String, Arc::new(StringArray::from(vec![""]))),
        ("n", DataType::String, Arc::new(StringArray::from(vec![None::<&str>]))),
        ("f", DataType::Float, Arc::new(Float32Array::from(vec![1.5]))),
        ("d", DataType::Double, Arc::new(Float64Array::from(vec![12_345_678.9]))),
        ("dec", decimal, Arc::new(Decimal128Array::from(vec![1_235]).with_precision_and_scale(10, 2).unwrap())),
        ("dt", DataType::Date, Arc::new(Date32Array::from(vec![day(2024, 2, 29)]))),
        ("tm", DataType::Time, Arc::new(Time64NanosecondArray::from(vec![quarter_past_ten]))),
        (
            "ts",
            DataType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![
                i64::from(day(2024, 3, 15)) * MICROS_PER_DAY + quarter_past_ten / 1_000,
            ])),
        ),
        ("bo", DataType::Boolean, Arc::new(BooleanArray::from(vec![true]))),
        ("ti", DataType::TinyInt, Arc::new(Int8Array::from(vec![3]))),
        ("si", DataType::SmallInt, Arc::new(Int16Array::from(vec![4]))),
        ("ar", list, Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), Some(2)])]))),
        ("mp", map_type(), map_array()),
        ("by", DataType::Bytes, Arc::new(BinaryArray::from_vec(vec![b"ab"]))),
        ("nn", DataType::Int, Arc::new(Int32Array::from(vec![None]))),
    ])
}

/// What happened, in the terms of the recording.
#[derive(Debug, PartialEq)]
enum Outcome {
    Refused,
    Failed { row_type: String },
    Rows { row_type: String, rows: Vec<String> },
}

fn recorded(case: &Value) -> Outcome {
    let row_type = || case["rowType"].as_str().unwrap_or_default().to_owned();
    match case["end"].as_str() {
        None => Outcome::Refused,
        Some("FAILED") => Outcome::Failed { row_type: row_type() },
        Some(_) => Outcome::Rows {
            row_type: row_type(),
            rows: case["rows"].as_array().unwrap().iter().map(|row| row.as_str().unwrap().to_owned()).collect(),
        },
    }
}

fn ours(sql: &str, batch: &Batch) -> (Outcome, String) {
    match SqlTransform::compile(sql, &batch.schema, &Context::default()) {
        Err(error) => (Outcome::Refused, error.message),
        Ok(mut transform) => {
            let row_type = support::row_type(transform.output_schema());
            match transform.apply(batch.clone()) {
                Err(error) => (Outcome::Failed { row_type }, error.message),
                Ok(result) => (Outcome::Rows { row_type, rows: support::rows(&result) }, String::new()),
            }
        }
    }
}

/// Refusing a query when it is compiled, which the original only notices on the first row, is as good.
fn agrees(recorded: &Outcome, ours: &Outcome, query: &str) -> bool {
    match (recorded, ours) {
        (Outcome::Failed { .. }, Outcome::Refused) => true,
        (Outcome::Rows { row_type, .. }, Outcome::Rows { row_type: other, rows }) if query.contains("UUID()") => {
            row_type == other && rows[0].len() == 36
        }
        _ => recorded == ours,
    }
}

/// The part of a recorded reply that is about the query, without what the parser expected instead.
fn recorded_message(case: &Value) -> Option<String> {
    let message = case["reply"]["message"].as_str()?;
    let message = message.split_once("[Unsupported operation] - ").map_or(message, |(_, rest)| rest);
    let message = message.split(", cause: net.sf.").next()?;
    Some(message.trim_end().to_owned()).filter(|message| !message.starts_with("ErrorCode:"))
}

/// The page that tells users of them.
#[test]
fn every_difference_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");
    let page = fs::read_to_string(path).unwrap();
    for (query, _) in KNOWN_DIFFERENCES {
        let expression = query.strip_prefix("select ").unwrap().trim_end_matches(" from t");
        let shown = expression.replace(" from t where ", "` with `WHERE ");
        assert!(page.contains(&format!("`{shown}`")), "docs/compatibility.md does not list `{shown}`");
    }
}

#[test]
fn recorded_queries_end_as_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../test/golden/sql-probes.json");
    let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let batch = recorded_row();
    let (mut same, mut faults) = (0, Vec::new());
    for case in document["cases"].as_array().unwrap() {
        let sql = case["query"].as_str().unwrap();
        let expected = recorded(case);
        let (actual, message) = ours(sql, &batch);
        let known = KNOWN_DIFFERENCES.iter().any(|(query, _)| *query == sql);
        let mut agreed = agrees(&expected, &actual, sql);
        if agreed && actual == Outcome::Refused {
            agreed = recorded_message(case).is_none_or(|text| message.contains(&text));
        }
        match (agreed, known) {
            (true, false) => same += 1,
            (false, true) => {}
            (true, true) => faults.push(format!("{sql}: agrees although it is listed as different")),
            (false, false) => faults.push(format!(
                "{sql}\n  recorded {expected:?} {:?}\n  ours     {actual:?} {message}",
                recorded_message(case)
            )),
        }
    }
    assert!(faults.is_empty(), "{} of the queries agree; {} do not:\n{}", same, faults.len(), faults.join("\n"));
}
