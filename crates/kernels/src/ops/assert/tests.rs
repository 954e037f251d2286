//! Rules that hold and rules that do not.

#![allow(clippy::unwrap_used)]

use super::DEFINITION;
use crate::row_text::value_text;
use crate::testing::{any_batch, apply, batch_of, batch_with_types, column, compile, schema_of, texts};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use millrace_batch::{DataType, ErrorCode, KernelError, StructField};
use proptest::prelude::*;
use serde_json::{Value, json};

fn check(data_type: &DataType, values: &[Value], rule: &Value) -> Result<(), KernelError> {
    let rows: Vec<_> = values.iter().map(|value| json!([value])).collect();
    let batch = batch_of("fake", &[column("a", data_type.clone())], &rows);
    let mut rule = rule.clone();
    rule["field"] = json!("a");
    apply(&DEFINITION, &json!({"fieldRules": [rule]}), batch).map(|_| ())
}

fn decimal(precision: u8, scale: i8) -> DataType {
    DataType::Decimal { precision, scale }
}

#[test]
fn the_message_is_the_one_of_the_original() {
    let columns = [column("id", DataType::BigInt), column("name", DataType::String)];
    let batch = batch_of("fake", &columns, &[json!([114_414_129_553_203_200i64, "hxIeJ"])]);
    let options =
        json!({"fieldRules": [{"field": "id", "type": {"kind": "BIGINT"}, "rules": [{"kind": "MAX", "value": -1}]}]});
    let error = apply(&DEFINITION, &options, batch).unwrap_err();
    assert_eq!(
        error,
        KernelError::new(
            ErrorCode::AssertionFailed,
            "row :SeaTunnelRow{tableId=fake, kind=+I, fields=[114414129553203200, hxIeJ]} fail rule: AssertFieldRule(\
             fieldName=id, fieldType=BIGINT, fieldRules=[AssertFieldRule.AssertRule(ruleType=MAX, ruleValue=-1.0, equalTo=null)])"
        )
        .at_row(0)
        .at_field("id")
    );
}

#[test]
fn a_long_row_is_cut_in_the_message() {
    let error =
        check(&DataType::String, &[json!("é".repeat(50_000))], &json!({"rules": [{"kind": "NULL"}]})).unwrap_err();
    assert!(error.message.len() < 66_000 && error.message.contains("é… fail rule: "));
}

#[test]
fn all_rules_of_a_field_are_printed() {
    let rule = json!({"rules": [{"kind": "NOT_NULL", "equalsTo": {"k": [1, "b"]}}, {"equalsTo": null}]});
    let error = check(&DataType::String, &[json!(null)], &rule).unwrap_err();
    assert!(
        error.message.ends_with(
            "fail rule: AssertFieldRule(fieldName=a, fieldType=null, fieldRules=[\
             AssertFieldRule.AssertRule(ruleType=NOT_NULL, ruleValue=null, equalTo={k=[1, b]}), \
             AssertFieldRule.AssertRule(ruleType=null, ruleValue=null, equalTo=null)])"
        ),
        "{}",
        error.message
    );
}

#[test]
fn rules_hold_or_fail_by_value() {
    let text = DataType::String;
    for (data_type, value, rule, holds) in [
        (&text, json!(null), json!({"kind": "NULL"}), true),
        (&text, json!(""), json!({"kind": "NULL"}), false),
        (&text, json!(""), json!({"kind": "NOT_NULL"}), true),
        (&text, json!(null), json!({"kind": "NOT_NULL"}), false),
        (&text, json!("abcde"), json!({"kind": "MIN_LENGTH", "value": 5}), true),
        (&text, json!("abcd"), json!({"kind": "MIN_LENGTH", "value": 5}), false),
        (&text, json!(null), json!({"kind": "MIN_LENGTH", "value": 1}), false),
        (&text, json!(null), json!({"kind": "MAX_LENGTH", "value": 0}), true),
        (&text, json!("😀"), json!({"kind": "MAX_LENGTH", "value": 1}), false),
        (&text, json!("5"), json!({"kind": "MIN", "value": 1}), false),
        (&DataType::Double, json!(12.5), json!({"kind": "MAX_LENGTH", "value": 4}), true),
        (&DataType::Int, json!(18), json!({"kind": "MIN", "value": 18}), true),
        (&DataType::Int, json!(17), json!({"kind": "MIN", "value": "18"}), false),
        (&DataType::Int, json!(null), json!({"kind": "MAX", "value": 9}), false),
        (&DataType::TinyInt, json!(9), json!({"kind": "MAX", "value": 9}), true),
        (&DataType::Float, json!(9.5), json!({"kind": "MAX", "value": 9.25}), false),
        (&decimal(30, 8), json!("99999.99999999"), json!({"kind": "MAX", "value": 99_999.999_999_99}), true),
        (
            &decimal(38, 0),
            json!("99999999999999999999999999999999999999"),
            json!({"kind": "MAX", "value": 9e37}),
            false,
        ),
    ] {
        let result = check(data_type, std::slice::from_ref(&value), &json!({"rules": [rule]}));
        assert_eq!(result.is_ok(), holds, "{data_type} {value} {rule}");
    }
}

#[test]
fn expected_values_are_compared_by_type() {
    let array = DataType::Array { element: Box::new(DataType::Int) };
    let map = DataType::Map { key: Box::new(DataType::Date), value: Box::new(DataType::String) };
    let fields = vec![
        StructField { name: "n".into(), data_type: DataType::Null },
        StructField { name: "d".into(), data_type: decimal(30, 8) },
        StructField { name: "m".into(), data_type: map.clone() },
    ];
    let row = DataType::Row { fields };
    for (data_type, value, expected, holds) in [
        (&DataType::Int, json!(null), json!(1), true),
        (&DataType::Int, json!(1), json!("1"), true),
        (&DataType::Float, json!(3.1), json!(3.1), true),
        (&DataType::Double, json!("NaN"), json!("NaN"), true),
        (&DataType::Double, json!(0.0), json!("-0.0"), false),
        (&DataType::Bytes, json!("bWlJWmo="), json!("bWlJWmo="), true),
        (&DataType::Timestamp, json!("2012-12-21T12:34:56"), json!("2012-12-21 12:34:56.000"), true),
        (&DataType::Time, json!("12:34:56"), json!("12:34:57"), false),
        (&decimal(5, 2), json!("12.4"), json!("12.40"), true),
        (&decimal(5, 2), json!("12.4"), json!("12.400"), true),
        (&decimal(5, 2), json!("1.24"), json!("1.239"), false),
        (&array, json!([0, 1, 2]), json!([0, 1, 2]), true),
        (&array, json!([0, 1, 2]), json!([0, 2, 1]), false),
        (&array, json!([0, null]), json!([0, null]), true),
        (&array, json!([]), json!([0]), false),
        (&map, json!({"2024-01-26": "a", "2024-01-27": "b"}), json!({"2024-01-27": "b", "2024-01-26": "a"}), true),
        (&map, json!({"2024-01-26": "a"}), json!({"2024-01-26": "b"}), false),
        (&row, json!([null, 1, {"2024-01-26": "a"}]), json!({"d": "1.0", "m": {"2024-01-26": "a"}}), true),
        (&row, json!([null, 1, null]), json!([null, "1.000000001", null]), false),
    ] {
        let result = check(data_type, std::slice::from_ref(&value), &json!({"rules": [{"equalsTo": expected}]}));
        assert_eq!(result.is_ok(), holds, "{data_type} {value} {expected}");
    }
}

#[test]
fn types_are_compared_by_what_java_calls_a_class() {
    let array = |element: DataType| DataType::Array { element: Box::new(element) };
    let row = |name: &str| DataType::Row { fields: vec![StructField { name: name.into(), data_type: DataType::Int }] };
    for (column, rule, value, holds) in [
        (DataType::Int, DataType::Int, json!(1), true),
        (DataType::Int, DataType::BigInt, json!(1), false),
        (DataType::Int, DataType::BigInt, json!(null), true),
        (DataType::Null, DataType::Null, json!(null), true),
        (DataType::Int, DataType::Null, json!(1), false),
        (decimal(38, 4), decimal(17, 4), json!("1687747869032.0000"), true),
        (decimal(38, 4), decimal(5, 4), json!("12.5"), false),
        (decimal(38, 4), decimal(38, 3), json!("1"), false),
        (array(DataType::Int), array(DataType::Int), json!([1]), true),
        (array(DataType::Int), array(DataType::String), json!([1]), false),
        (row("x"), row("y"), json!([1]), true),
        (DataType::FloatVector, DataType::BinaryVector, json!([1]), true),
    ] {
        let result = check(&column, std::slice::from_ref(&value), &json!({"type": rule, "rules": []}));
        assert_eq!(result.is_ok(), holds, "{column} as {rule} with {value}");
    }
}

#[test]
fn the_lowest_row_fails_and_in_it_the_first_rule() {
    let columns = [column("a", DataType::Int), column("b", DataType::Int)];
    let rows = [json!([1, 1]), json!([1, 9]), json!([9, 9])];
    let rule = |field: &str| json!({"field": field, "rules": [{"kind": "MAX", "value": 5}]});
    let fail = |rules: Value| {
        let error = apply(&DEFINITION, &json!({"fieldRules": rules}), batch_of("t", &columns, &rows)).unwrap_err();
        (error.row.unwrap(), error.field.unwrap())
    };
    assert_eq!(fail(json!([rule("a"), rule("b")])), (1, "b".into()));
    assert_eq!(fail(json!([rule("a")])), (2, "a".into()));
    let not_one = json!({"field": "a", "rules": [{"kind": "MIN", "value": 2}]});
    let not_one_either = json!({"field": "b", "rules": [{"kind": "MIN", "value": 2}]});
    assert_eq!(fail(json!([not_one_either, not_one])), (0, "b".into()));
}

#[test]
fn faults_are_found_at_compile_time() {
    let schema = schema_of("t", &[column("a", DataType::Int)]);
    for (rule, code) in [
        (json!({"field": "z"}), ErrorCode::FieldNotFound),
        (json!({"field": "a", "rules": [{"kind": "MIN_ROW", "value": 1}]}), ErrorCode::OptionInvalid),
        (json!({"field": "a", "rules": [{"kind": "MIN"}]}), ErrorCode::OptionInvalid),
        (json!({"field": "a", "rules": [{"kind": "MIN", "value": "x"}]}), ErrorCode::OptionInvalid),
        (json!({"field": "a", "rules": [{"equalsTo": "x"}]}), ErrorCode::OptionInvalid),
    ] {
        let error = compile(&DEFINITION, &json!({"fieldRules": [rule]}), &schema).err().unwrap();
        assert_eq!(error.code, code, "{rule}");
    }
    assert!(compile(&DEFINITION, &json!({}), &schema).is_ok());
}

proptest! {
    #![proptest_config(crate::testing::cases())]

    #[test]
    fn every_row_passes_as_itself(batch in any_batch()) {
        let rules: Vec<_> = batch.schema.columns.iter()
            .map(|column| json!({"field": column.name, "type": column.data_type, "rules": []})).collect();
        let expected = texts(&batch);
        prop_assert_eq!(texts(&apply(&DEFINITION, &json!({"fieldRules": rules}), batch).unwrap()), expected);
    }

    #[test]
    fn the_first_failing_row_is_the_one_a_loop_finds(
        batch in batch_with_types(vec![DataType::Int, DataType::String]), limit in -1_000_000_000i32..1_000_000_000, length in 0usize..6,
    ) {
        let (numbers, strings) = (batch.columns[0].as_primitive::<Int32Type>(), batch.columns[1].as_string::<i32>());
        let model = (0..batch.rows).find(|row| {
            let text = if strings.is_null(*row) { "" } else { strings.value(*row) };
            numbers.is_null(*row) || numbers.value(*row) > limit || text.encode_utf16().count() < length
        });
        let options = json!({"fieldRules": [
            {"field": "c0", "rules": [{"kind": "MAX", "value": limit}]},
            {"field": "c1", "rules": [{"kind": "MIN_LENGTH", "value": length}]},
        ]});
        let result = apply(&DEFINITION, &options, batch.clone());
        prop_assert_eq!(result.err().and_then(|error| error.row), model.map(|row| row as u64));
    }

    #[test]
    fn a_number_is_not_null_exactly_where_it_has_a_text(batch in batch_with_types(vec![DataType::Double])) {
        let model = (0..batch.rows).find(|row| value_text(&batch.columns[0], &DataType::Double, *row) == "null");
        let options = json!({"fieldRules": [{"field": "c0", "rules": [{"kind": "NOT_NULL"}]}]});
        prop_assert_eq!(apply(&DEFINITION, &options, batch).err().and_then(|error| error.row), model.map(|row| row as u64));
    }
}
