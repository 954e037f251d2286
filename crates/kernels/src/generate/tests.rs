//! What the generator promises.

#![allow(clippy::unwrap_used)]

use super::{BATCH_ROWS, DEFINITION};
use crate::row_text::value_text;
use crate::testing::{any_type, column, schema_of, texts};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int32Type, Int64Type};
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::{Batch, Column, DataType, ErrorCode, Result, RowKind, StructField};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

const BOUNDS: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: 0 };

fn context(seed: u64) -> Context {
    // 2024-02-29T10:15:00.5
    Context { seed, now_micros: 1_709_201_700_500_000, ..Context::default() }
}

fn run(columns: &[Column], options: &Value, arguments: &Value, context: &Context) -> Result<Vec<Batch>> {
    let mut decoder = DEFINITION.decoder.unwrap()(&schema_of("db.t", columns), options, context)?;
    decoder.begin(&arguments.to_string())?;
    let mut batches = Vec::new();
    loop {
        let decoded = decoder.decode(&[], BOUNDS)?;
        batches.extend(decoded.batch);
        if decoded.done {
            return Ok(batches);
        }
    }
}

fn one(columns: &[Column], options: &Value, rows: usize) -> Batch {
    let batches = run(columns, options, &json!({"split": 0, "from": 0, "rows": rows}), &context(1)).unwrap();
    assert_eq!(batches.len(), 1);
    batches.into_iter().next().unwrap()
}

fn column_texts(batches: &[Batch], index: usize) -> Vec<String> {
    batches
        .iter()
        .flat_map(|batch| {
            let data_type = &batch.schema.columns[index].data_type;
            (0..batch.rows).map(|row| value_text(&batch.columns[index], data_type, row)).collect::<Vec<_>>()
        })
        .collect()
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(Value::from),
        "[-+0-9.:eTZ/ =年A]{0,12}".prop_map(Value::from),
        Just(json!("CURRENT_DATE")),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[f0-9-]{1,3}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn array(element: DataType) -> DataType {
    DataType::Array { element: Box::new(element) }
}

fn map(key: DataType, value: DataType) -> DataType {
    DataType::Map { key: Box::new(key), value: Box::new(value) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_data_does_not_depend_on_how_it_is_cut(
        types in prop::collection::vec(any_type(), 1..5), from in 0u64..300, first in 0u64..150, second in 0u64..150,
        seed in any::<u64>(),
    ) {
        let columns: Vec<_> = types.into_iter().enumerate().map(|(i, t)| column(&format!("c{i}"), t)).collect();
        let piece = |from: u64, rows: u64| {
            let arguments = json!({"split": from, "subtask": 3, "from": from, "rows": rows});
            let batches = run(&columns, &json!({"stringLength": 11, "mapSize": 3}), &arguments, &context(seed)).unwrap();
            batches.iter().flat_map(|batch| { batch.record_batch().unwrap(); texts(batch) }).collect::<Vec<_>>()
        };
        let whole = piece(from, first + second);
        prop_assert_eq!(whole.len() as u64, first + second);
        prop_assert_eq!(whole, [piece(from, first), piece(from + first, second)].concat());
    }

    #[test]
    fn any_json_becomes_a_row_or_is_refused(data_type in any_type(), value in any_json()) {
        let columns = [column("a", data_type)];
        match run(&columns, &json!({"rows": [{"fields": [value]}]}), &json!({}), &context(1)) {
            Ok(batches) => { batches[0].record_batch().unwrap(); texts(&batches[0]); }
            Err(error) => prop_assert_eq!(error.row, Some(0)),
        }
    }

    #[test]
    fn bounds_hold(min in any::<i32>(), max in any::<i32>()) {
        let (min, max) = (min.min(max), min.max(max));
        let columns = [column("i", DataType::Int), column("l", DataType::BigInt), column("f", DataType::Float), column("d", DataType::Double)];
        let options = json!({"intMin": min, "intMax": max, "bigintMin": min.to_string(), "bigintMax": max.to_string(),
            "floatMin": min, "floatMax": max, "doubleMin": min, "doubleMax": max});
        let batch = one(&columns, &options, 200);
        let inside = |value: f64, min: f64, max: f64| value >= min && (value < max || min >= max);
        let (low, high) = (f64::from(min), f64::from(max));
        for row in 0..batch.rows {
            prop_assert!(inside(f64::from(batch.columns[0].as_primitive::<Int32Type>().value(row)), low, high));
            prop_assert!(inside(batch.columns[1].as_primitive::<Int64Type>().value(row) as f64, low, high));
            let float = f64::from(batch.columns[2].as_primitive::<Float32Type>().value(row));
            prop_assert!(inside(float, f64::from(min as f32), f64::from(max as f32)));
            prop_assert!(inside(batch.columns[3].as_primitive::<Float64Type>().value(row), low, high));
        }
    }
}

#[test]
fn batches_hold_8192_rows_and_wide_rows_make_them_smaller() {
    let rows = |length: usize| -> Vec<usize> {
        let options = json!({"stringLength": length});
        let batches = run(&[column("s", DataType::String)], &options, &json!({"rows": 9_000}), &context(1)).unwrap();
        batches.iter().map(|batch| batch.rows).collect()
    };
    assert_eq!(rows(5), [BATCH_ROWS, 9_000 - BATCH_ROWS]);
    assert!(rows(10_000).iter().all(|count| *count < 2_000));
}

#[test]
fn no_row_is_a_finished_piece_without_a_batch() {
    assert!(run(&[column("i", DataType::Int)], &json!({}), &json!({"rows": 0}), &context(1)).unwrap().is_empty());
    assert!(run(&[column("i", DataType::Int)], &json!({"rows": []}), &json!({}), &context(1)).unwrap().is_empty());
}

#[test]
fn readers_tables_columns_and_seeds_give_different_data() {
    let columns = [column("a", DataType::BigInt), column("b", DataType::BigInt)];
    let data = |subtask: u64, seed: u64| {
        let batches = run(&columns, &json!({}), &json!({"subtask": subtask, "rows": 4}), &context(seed)).unwrap();
        (column_texts(&batches, 0), column_texts(&batches, 1))
    };
    let base = data(0, 1);
    assert_eq!(base, data(0, 1));
    assert_ne!(base.0, base.1);
    assert_ne!(base, data(1, 1));
    assert_ne!(base, data(0, 2));
}

#[test]
fn defaults_are_those_of_the_plug_in() {
    let fields = vec![StructField { name: "a".into(), data_type: DataType::TinyInt }];
    let columns = [
        column("s", DataType::String),
        column("t", DataType::TinyInt),
        column("m", DataType::Decimal { precision: 38, scale: 18 }),
        column("y", DataType::Bytes),
        column("d", DataType::Date),
        column("l", array(DataType::Int)),
        column("k", map(DataType::String, DataType::String)),
        column("r", DataType::Row { fields }),
        column("v", DataType::FloatVector),
        column("b", DataType::BinaryVector),
        column("n", DataType::Null),
        column("z", DataType::Time),
    ];
    let batch = one(&columns, &json!({}), 500);
    batch.record_batch().unwrap();
    for row in 0..batch.rows {
        let text = |index: usize| value_text(&batch.columns[index], &columns[index].data_type, row);
        assert!(text(0).len() == 5 && text(0).bytes().all(|byte| byte.is_ascii_alphabetic()), "{}", text(0));
        assert!((0..127).contains(&batch.columns[1].as_primitive::<Int8Type>().value(row)));
        assert!(batch.columns[2].as_primitive::<Decimal128Type>().value(row) < 10i128.pow(38));
        assert_eq!(batch.columns[3].as_binary::<i32>().value(row).len(), 5);
        assert!(text(4).starts_with("2024-") && text(4)[8..].parse::<u32>().unwrap() <= 28, "{}", text(4));
        assert_eq!(batch.columns[5].as_list::<i32>().value(row).len(), 5);
        assert_eq!(batch.columns[6].as_map().value(row).len(), 5);
        assert_eq!(batch.columns[8].as_list::<i32>().value(row).len(), 4);
        assert_eq!(batch.columns[9].as_binary::<i32>().value(row).len(), 1);
        assert_eq!(text(10), "null");
        assert!(text(11).len() <= 8, "whole seconds: {}", text(11));
    }
    assert!(batch.columns.iter().take(10).all(|column| column.null_count() == 0));
}

#[test]
fn a_column_default_wins_over_auto_increment_over_template_over_bounds() {
    let columns = [
        column("a", DataType::Int),
        column("b", DataType::Int),
        column("c", DataType::Int),
        column("s", DataType::String),
        column("w", DataType::String),
        column("d", DataType::Date),
    ];
    let options = json!({
        "intTemplate": [7, 7], "intMin": 90, "autoIncrementColumns": ["a", "b"], "autoIncrementStart": 100,
        "rowsPerReader": 10, "stringTemplate": [], "columns": [
            {"name": "a", "defaultValue": "5"}, {"name": "s", "length": 12}, {"name": "w", "length": 0},
            {"name": "d", "defaultValue": "CURRENT_DATE"},
        ],
    });
    let batches = run(&columns, &options, &json!({"subtask": 2, "from": 3, "rows": 2}), &context(1)).unwrap();
    assert_eq!(column_texts(&batches, 0), ["5", "5"]);
    assert_eq!(column_texts(&batches, 1), ["123", "124"]);
    assert_eq!(column_texts(&batches, 2), ["7", "7"]);
    assert!(column_texts(&batches, 3).iter().all(|text| text.len() == 12));
    assert!(column_texts(&batches, 4).iter().all(|text| text.len() == 5));
    assert_eq!(column_texts(&batches, 5), ["2024-02-29", "2024-02-29"]);
}

#[test]
fn declared_columns_reach_into_nested_values() {
    let row = DataType::Row {
        fields: vec![
            StructField { name: "n".into(), data_type: DataType::Int },
            StructField { name: "b".into(), data_type: DataType::Bytes },
        ],
    };
    let columns = [
        column("l", array(DataType::Int)),
        column("m", map(DataType::String, DataType::Int)),
        column("r", row),
        column("w", array(DataType::Int)),
        column("s", array(DataType::String)),
        column("d", DataType::Double),
        column("v", DataType::FloatVector),
    ];
    let options = json!({"arraySize": 2, "mapSize": 2, "columns": [
        {"name": "l", "defaultValue": 5}, {"name": "m", "defaultValue": "7"}, {"name": "r", "defaultValue": "8"},
        {"name": "w", "defaultValue": [1, 2, 3]}, {"name": "s", "length": 1}, {"name": "d", "scale": 2},
        {"name": "v", "scale": 9, "defaultValue": 1},
    ], "doubleMax": 10});
    let batch = one(&columns, &options, 50);
    let texts = |index: usize| column_texts(std::slice::from_ref(&batch), index);
    assert_eq!((texts(0)[0].as_str(), texts(1)[0].as_str()), ("[5, 5]", "{7=7}"));
    assert_eq!(texts(2)[0], "SeaTunnelRow{tableId=, kind=+I, fields=[8, [56]]}");
    assert_eq!(texts(3)[0], "[1, 2, 3]");
    assert!(texts(4).iter().all(|text| text.len() == "[a, b]".len()));
    assert!(texts(5).iter().all(|text| text.split_once('.').unwrap().1.len() <= 2), "{:?}", texts(5));
    assert_eq!(batch.columns[6].as_list::<i32>().value(0).len(), 9);
}

#[test]
fn an_auto_increment_over_its_type_is_refused() {
    let columns = [column("i", DataType::TinyInt)];
    let last = |rows: u64| {
        let options = json!({"autoIncrementColumns": ["i"]});
        run(&columns, &options, &json!({"rows": rows}), &context(1)).map(|batches| column_texts(&batches, 0).pop())
    };
    assert_eq!(last(127).unwrap().as_deref(), Some("127"));
    assert_eq!(last(128).unwrap_err().code, ErrorCode::OptionInvalid);
}

#[test]
fn templates_of_dates_and_times_are_combined() {
    let columns = [column("t", DataType::Timestamp), column("d", DataType::Date), column("z", DataType::Time)];
    let options = json!({"dateYearTemplate": [2023], "dateMonthTemplate": [2], "dateDayTemplate": [31],
        "timeHourTemplate": [1], "timeMinuteTemplate": ["2"], "timeSecondTemplate": [3]});
    let batch = one(&columns, &options, 2);
    assert_eq!(
        texts(&batch)[0],
        "SeaTunnelRow{tableId=db.t, kind=+I, fields=[2023-02-28T01:02:03, 2023-02-28, 01:02:03]}"
    );
}

#[test]
fn every_letter_comes_up_and_a_to_l_twice_as_often() {
    let batch = one(&[column("s", DataType::String)], &json!({"stringLength": 100}), 1_000);
    let mut counts = std::collections::BTreeMap::new();
    for byte in batch.columns[0].as_string::<i32>().value_data() {
        *counts.entry(*byte as char).or_insert(0u32) += 1;
    }
    assert_eq!(counts.len(), 52);
    for (letter, count) in counts {
        let expected = if ('a'..='l').contains(&letter) { 2_900..3_350 } else { 1_400..1_725 };
        assert!(expected.contains(&count), "{letter}: {count}");
    }
}

#[test]
fn maps_have_no_key_twice() {
    let batch = one(&[column("m", map(DataType::Boolean, DataType::Int))], &json!({"mapSize": 5}), 100);
    let maps = batch.columns[0].as_map();
    assert!((0..100).all(|row| (1..=2).contains(&maps.value(row).len())));
}

#[test]
fn explicit_rows_come_as_they_are_in_every_split() {
    let columns = [column("id", DataType::Int), column("name", DataType::String), column("at", DataType::Timestamp)];
    let options = json!({"rows": [
        {"kind": "INSERT", "fields": [1, "a", "2020-01-01T00:00:00"]},
        {"kind": "-D", "fields": {"name": "b", "id": 2}},
        {"fields": [3, "CURRENT_DATE", "CURRENT_TIMESTAMP"]},
    ]});
    for split in 0..2 {
        let batches = run(&columns, &options, &json!({"split": split}), &context(1)).unwrap();
        assert_eq!(
            texts(&batches[0]),
            [
                "SeaTunnelRow{tableId=db.t, kind=+I, fields=[1, a, 2020-01-01T00:00]}",
                "SeaTunnelRow{tableId=db.t, kind=-D, fields=[2, b, null]}",
                "SeaTunnelRow{tableId=db.t, kind=+I, fields=[3, CURRENT_DATE, 2024-02-29T10:15:00.500]}",
            ]
        );
    }
    let rest = run(&columns, &options, &json!({"from": 1, "rows": 99}), &context(1)).unwrap();
    assert_eq!((rest.len(), rest[0].rows, rest[0].kind(0)), (1, 2, RowKind::Delete as i8));
}

#[test]
fn faults_are_found_at_compile_time() {
    let columns = [column("i", DataType::Int), column("s", DataType::String)];
    for (options, code) in [
        (json!({"intMin": 5, "intMax": 4}), ErrorCode::OptionInvalid),
        (json!({"intMax": "2147483648"}), ErrorCode::OptionInvalid),
        (json!({"intMax": "x"}), ErrorCode::OptionInvalid),
        (json!({"intTemplate": ["x"]}), ErrorCode::OptionInvalid),
        (json!({"stringLength": -1}), ErrorCode::OptionInvalid),
        (json!({"columns": [{"name": "i", "defaultValue": "x"}]}), ErrorCode::OptionInvalid),
        (json!({"columns": [{"name": "no"}]}), ErrorCode::FieldNotFound),
        (json!({"autoIncrementColumns": ["s"]}), ErrorCode::OptionInvalid),
        (json!({"stringLength": 1_u64 << 40}), ErrorCode::ValueTooLarge),
        (json!({"rows": [{"fields": ["x", "y"]}]}), ErrorCode::ValueMalformed),
        (json!({"rows": [{"kind": "UPSERT", "fields": []}]}), ErrorCode::OptionInvalid),
        (json!({"rows": [{"fields": 1}]}), ErrorCode::OptionInvalid),
    ] {
        let error = run(&columns, &options, &json!({"rows": 1}), &context(1)).unwrap_err();
        assert_eq!(error.code, code, "{options}: {error}");
    }
    let error =
        run(&columns, &json!({"rows": [{"fields": [1]}, {"fields": ["x"]}]}), &json!({}), &context(1)).unwrap_err();
    assert_eq!((error.row, error.field.as_deref()), (Some(1), Some("i")));
}

#[test]
fn arguments_of_another_shape_are_refused() {
    let mut decoder =
        DEFINITION.decoder.unwrap()(&schema_of("t", &[column("i", DataType::Int)]), &json!({}), &context(1)).unwrap();
    for arguments in ["", "[]", "{}", "{\"rows\":-1}", "{\"rows\":\"x\"}"] {
        assert_eq!(decoder.begin(arguments).unwrap_err().code, ErrorCode::ProgramInvalid, "{arguments}");
    }
}

#[test]
fn extreme_bounds_do_not_overflow() {
    let columns = [column("l", DataType::BigInt), column("d", DataType::Double), column("h", DataType::Float16Vector)];
    let options =
        json!({"bigintMin": i64::MIN, "bigintMax": i64::MAX, "doubleMin": -1.797e308, "doubleMax": 1.797e308});
    let batch = one(&columns, &options, 1_000);
    let longs = batch.columns[0].as_primitive::<Int64Type>();
    assert!(longs.values().iter().any(|value| *value < 0) && longs.values().iter().any(|value| *value > 0));
    assert!(batch.columns[1].as_primitive::<Float64Type>().values().iter().all(|value| value.is_finite()));
    assert_eq!(Arc::clone(&batch.columns[2]).as_binary::<i32>().value(0).len(), 8);
}
