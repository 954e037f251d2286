#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{any_value, apply, batch_of, batch_with_types, column, compile, schema_of, texts};
use arrow_array::cast::AsArray;
use millrace_batch::{StructField, array_from_json};
use proptest::prelude::*;
use serde_json::json;

fn options(columns: &[(&str, &str, DataType, Option<&str>)], row_on_error: &str) -> Value {
    let columns: Vec<_> = columns
        .iter()
        .map(|(path, field, data_type, on_error)| {
            json!({"srcField": "doc", "path": path, "destField": field, "destType": data_type, "onError": on_error})
        })
        .collect();
    json!({"columns": columns, "rowOnError": row_on_error})
}

fn documents(values: &[Value]) -> Batch {
    let rows: Vec<_> = values.iter().map(|value| json!([value])).collect();
    batch_of("t", &[column("doc", DataType::String)], &rows)
}

/// What one path gives for one value of a type, as Java text; `Err` is the code.
fn one(source: &DataType, value: &Value, path: &str, data_type: &DataType) -> Result<String, ErrorCode> {
    let batch = batch_of("t", &[column("doc", source.clone())], &[json!([value])]);
    let result = apply(&DEFINITION, &options(&[(path, "x", data_type.clone(), None)], "FAIL"), batch);
    let batch = result.map_err(|error| error.code)?;
    Ok(crate::row_text::value_text(&batch.columns[1], data_type, 0))
}

#[test]
fn values_are_found_and_converted() {
    let document = json!(
        r#"{"s":"a\u0041","i":42,"f":1.9,"d":1.50,"b":"TRUE","date":"2024-02-29","time":"10:15:30","n":null,
            "list":[1, 2],"map":{"k":"v"},"rows":[{"a":1}],"deep":{"x":[{"y":7}]}}"#
    );
    let array = |element| DataType::Array { element: Box::new(element) };
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::String) };
    let row = DataType::Row { fields: vec![StructField { name: "a".into(), data_type: DataType::Int }] };
    for (path, data_type, expected) in [
        ("$.s", DataType::String, Ok("aA")),
        ("$.i", DataType::String, Ok("42")),
        ("$.d", DataType::String, Ok("1.5")),
        ("$.n", DataType::String, Ok("null")),
        ("$.list", DataType::String, Ok("[1,2]")),
        ("$.map", DataType::String, Ok(r#"{"k":"v"}"#)),
        ("$.f", DataType::Int, Ok("1")),
        ("$.i", DataType::BigInt, Ok("42")),
        ("$.f", DataType::Double, Ok("1.9")),
        ("$.b", DataType::Boolean, Ok("true")),
        ("$.d", DataType::Decimal { precision: 4, scale: 2 }, Ok("1.50")),
        ("$.date", DataType::Date, Ok("2024-02-29")),
        ("$.time", DataType::Time, Ok("10:15:30")),
        ("$.list", array(DataType::Int), Ok("[1, 2]")),
        ("$.map", map, Ok("{k=v}")),
        ("$.rows", array(row), Ok("[SeaTunnelRow{tableId=, kind=+I, fields=[1]}]")),
        ("$..y", DataType::String, Ok("[7]")),
        ("$..missing", DataType::String, Ok("[]")),
        ("$.list.length()", DataType::Int, Ok("2")),
        ("$.list[?(@ > 1)]", array(DataType::Int), Ok("[2]")),
        ("$.missing", DataType::String, Err(ErrorCode::JsonPathFailed)),
        ("$.list[2]", DataType::String, Err(ErrorCode::JsonPathFailed)),
        ("$.s", DataType::Int, Err(ErrorCode::JsonPathConversion)),
        ("$.s", DataType::Date, Err(ErrorCode::JsonPathConversion)),
        ("$.map", DataType::Int, Err(ErrorCode::JsonPathConversion)),
    ] {
        let found = one(&DataType::String, &document, path, &data_type);
        assert_eq!(found, expected.map(str::to_owned), "{path} as {data_type}");
    }
    for broken in ["", "{", "{\"s\":1} x"] {
        for path in ["$.s", "$..s"] {
            assert_eq!(
                one(&DataType::String, &json!(broken), path, &DataType::String),
                Err(ErrorCode::JsonPathFailed),
                "{broken} {path}"
            );
        }
    }
}

#[test]
fn other_sources_become_json_first() {
    let array = |element| DataType::Array { element: Box::new(element) };
    let map = |value| DataType::Map { key: Box::new(DataType::Int), value: Box::new(value) };
    let row = DataType::Row {
        fields: vec![
            StructField { name: "a".into(), data_type: DataType::String },
            StructField { name: "b".into(), data_type: array(DataType::Double) },
        ],
    };
    for (source, value, path, expected) in [
        (DataType::Bytes, json!("eyJhIjoi6ZOBIn0="), "$.a", "铁"),
        (array(DataType::String), json!(["x\"y", null]), "$[0]", "x\"y"),
        (array(DataType::Date), json!(["2024-01-02"]), "$[0]", "2024-01-02"),
        (map(DataType::Boolean), json!({"7": true}), "$['7']", "true"),
        (row.clone(), json!(["n", [1.5, null]]), "$[0]", "n"),
        (row.clone(), json!(["n", [1.5, null]]), "$[1]", "[1.5,null]"),
        (array(row), json!([["n", []]]), "$[0]", "[\"n\",[]]"),
    ] {
        assert_eq!(one(&source, &value, path, &DataType::String).as_deref(), Ok(expected), "{source} {path}");
    }
}

#[test]
fn faults_are_handled_by_the_column_and_then_by_the_row() {
    let batch = documents(&[
        json!(r#"{"a":1,"b":2}"#),
        json!(null),
        json!(r#"{"b":3}"#),
        json!(r#"{"a":"x","b":4}"#),
        json!("no json"),
    ]);
    let run = |on_error: Option<&str>, row_on_error: &str| {
        let columns = [("$.a", "a", DataType::Int, on_error), ("$.b", "b", DataType::String, None)];
        let batch = apply(&DEFINITION, &options(&columns, row_on_error), batch.clone())?;
        let fields = |text: String| text.rsplit_once(", doc").map_or(text.clone(), |(_, rest)| rest.to_owned());
        let rows = (0..batch.rows).map(|row| {
            let (a, b) = (batch.columns[1].slice(row, 1), batch.columns[2].slice(row, 1));
            let a = crate::row_text::value_text(&a, &DataType::Int, 0);
            fields(format!("{a} {}", crate::row_text::value_text(&b, &DataType::String, 0)))
        });
        Ok::<_, KernelError>(rows.collect::<Vec<_>>())
    };
    assert_eq!(run(Some("SKIP"), "SKIP").unwrap(), ["1 2", "null null", "null 3", "null 4"]);
    assert_eq!(run(Some("SKIP_ROW"), "FAIL").unwrap(), ["1 2", "null null"]);
    assert_eq!(run(None, "SKIP").unwrap(), ["1 2", "null null"]);
    for (on_error, row_on_error, code, row) in [
        (None, "FAIL", ErrorCode::JsonPathFailed, 2),
        (Some("FAIL"), "SKIP", ErrorCode::JsonPathFailed, 2),
        (Some("SKIP"), "FAIL", ErrorCode::JsonPathFailed, 4),
    ] {
        let error = run(on_error, row_on_error).unwrap_err();
        assert_eq!((error.code, error.row), (code, Some(row)), "{on_error:?} {row_on_error}");
    }
}

#[test]
fn dropped_rows_keep_the_others_kinds() {
    let mut batch = documents(&[json!("{}"), json!(r#"{"a":1}"#), json!(r#"{"a":2}"#)]);
    batch.kinds = Some(vec![0i8, 1, 2].into());
    let options = options(&[("$.a", "doc", DataType::Int, None)], "SKIP");
    assert_eq!(
        texts(&apply(&DEFINITION, &options, batch).unwrap()),
        ["SeaTunnelRow{tableId=t, kind=-U, fields=[1]}", "SeaTunnelRow{tableId=t, kind=+U, fields=[2]}"]
    );
}

#[test]
fn a_bad_value_is_not_shown() {
    let columns = [("$.a", "a", DataType::Int, None)];
    let error = apply(&DEFINITION, &options(&columns, "FAIL"), documents(&[json!(r#"{"a":"secret"}"#)])).unwrap_err();
    assert_eq!(error.message, "what was found in field 'doc' for field 'a' is not of type 'INT'");
    assert_eq!((error.row, error.field.as_deref()), (Some(0), Some("a")));
}

#[test]
fn faults_are_found_at_compile_time() {
    let schema = schema_of("t", &[column("doc", DataType::String), column("n", DataType::Int)]);
    for (field, path, code) in [
        ("z", "$.a", ErrorCode::FieldNotFound),
        ("n", "$.a", ErrorCode::TypeUnsupported),
        ("doc", "$.a[", ErrorCode::JsonPathFailed),
        ("doc", "$.a.foo()", ErrorCode::Unimplemented),
    ] {
        let mut options = options(&[(path, "x", DataType::String, None)], "FAIL");
        options["columns"][0]["srcField"] = json!(field);
        assert_eq!(compile(&DEFINITION, &options, &schema).err().unwrap().code, code, "{options}");
    }
}

proptest! {
    #![proptest_config(crate::testing::cases())]

    #[test]
    fn every_row_is_read_alone(
        values in prop::collection::vec((any_value(&DataType::String), any_value(&DataType::BigInt)), 0..20),
        skipped in 0usize..3,
    ) {
        let rows: Vec<_> = values.iter().map(|(s, n)| json!(json!({"s": s, "x": {"n": n}}).to_string())).collect();
        let batch = documents(&rows);
        let from = skipped.min(rows.len());
        let batch = batch.slice(from, rows.len() - from);
        let columns = [
            ("$.s", "s", DataType::String, None),
            ("$.x.n", "n", DataType::BigInt, None),
            ("$..n", "all", DataType::String, None),
        ];
        let result = apply(&DEFINITION, &options(&columns, "FAIL"), batch).unwrap();
        let (s, n): (Vec<_>, Vec<_>) = values[from..].iter().map(|(s, n)| (Some(s), Some(n))).unzip();
        prop_assert_eq!(&result.columns[1], &array_from_json(&s, &DataType::String).unwrap());
        prop_assert_eq!(&result.columns[2], &array_from_json(&n, &DataType::BigInt).unwrap());
        for (row, n) in n.iter().enumerate() {
            prop_assert_eq!(result.columns[3].as_string::<i32>().value(row), json!([n]).to_string());
        }
    }

    #[test]
    fn no_text_panics(batch in batch_with_types(vec![DataType::String]), path in "\\$[.a*\\[\\]0-9]{0,6}") {
        let options = json!({"columns": [{"srcField": "c0", "path": path, "destField": "x", "destType": DataType::Int}],
            "rowOnError": "SKIP"});
        if let Ok(mut operator) = compile(&DEFINITION, &options, &batch.schema) {
            let kept = operator.apply(batch.clone()).unwrap();
            prop_assert!(kept.rows <= batch.rows);
        }
    }
}
