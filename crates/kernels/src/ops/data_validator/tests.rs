#![allow(clippy::unwrap_used)]
use super::*;
use crate::testing::{any_batch, apply, batch_of, column, compile, texts};
use proptest::prelude::*;
use serde_json::json;

fn table() -> Value {
    json!({ "path": "db.bad", "sourceTableId": "c.db.t", "sourceTablePath": "db.t" })
}

fn options(on_failure: &str, fields: &Value) -> Value {
    json!({ "onFailure": on_failure, "errorTable": table(), "fields": fields })
}

/// What is said of one value under one rule; `None` when it keeps it.
fn fault(data_type: &DataType, value: &Value, rule: &Value) -> Option<String> {
    let batch = batch_of("t", &[column("c", data_type.clone())], &[json!([value])]);
    let fields = json!([{ "field": "c", "rules": [rule] }]);
    let message = apply(&DEFINITION, &options("FAIL", &fields), batch).err()?.message;
    Some(message.strip_prefix("Validation failed: c: ").unwrap().to_owned())
}

fn range(min: &Value, max: &Value, inclusive: bool) -> Value {
    json!({ "kind": "RANGE", "min": min, "max": max, "minInclusive": inclusive, "maxInclusive": inclusive })
}

#[test]
fn rules_say_what_is_wrong() {
    let integers = || DataType::Array { element: Box::new(DataType::Int) };
    let decimal = || DataType::Decimal { precision: 10, scale: 2 };
    let not_null = json!({ "kind": "NOT_NULL" });
    let length = |min: Option<i64>, max: Option<i64>, exact: Option<i64>| json!({ "kind": "LENGTH", "min": min, "max": max, "exact": exact });
    let regex = |pattern: &str, case: bool| json!({ "kind": "REGEX", "pattern": pattern, "caseSensitive": case });
    let (zero_to_ten, open) = (range(&json!("0"), &json!("10"), true), range(&json!("0"), &json!("10"), false));
    for (data_type, value, rule, expected) in [
        (DataType::Int, json!(null), &not_null, Some("Field cannot be null")),
        (DataType::Null, json!(null), &not_null, Some("Field cannot be null")),
        (DataType::Int, json!(1), &not_null, None),
        (DataType::Int, json!(null), &zero_to_ten, None),
        (DataType::Int, json!(0), &zero_to_ten, None),
        (DataType::Int, json!(10), &zero_to_ten, None),
        (DataType::Int, json!(-1), &zero_to_ten, Some("Value -1 is below minimum 0")),
        (DataType::TinyInt, json!(11), &zero_to_ten, Some("Value 11 exceeds maximum 10")),
        (DataType::SmallInt, json!(0), &open, Some("Value 0 is below minimum 0")),
        (DataType::BigInt, json!(10), &open, Some("Value 10 exceeds maximum 10")),
        (
            DataType::BigInt,
            json!(i64::MAX),
            &range(&json!("1e30"), &json!(null), true),
            Some("Value 9223372036854775807 is below minimum 1e30"),
        ),
        (DataType::Int, json!(1), &range(&json!("0.5"), &json!("1.50"), true), None),
        (DataType::Int, json!(2), &range(&json!("0.5"), &json!("1.50"), true), Some("Value 2 exceeds maximum 1.5")),
        (DataType::Double, json!("NaN"), &range(&json!("0"), &json!(null), true), None),
        (DataType::Double, json!("NaN"), &zero_to_ten, Some("Value NaN exceeds maximum 10")),
        (DataType::Double, json!(0.0), &open, Some("Value 0.0 is below minimum 0")),
        (DataType::Float, json!(0.1), &range(&json!(null), &json!("0.1"), true), None),
        (decimal(), json!("10.01"), &zero_to_ten, Some("Value 10.01 exceeds maximum 10")),
        (decimal(), json!("10.00"), &zero_to_ten, None),
        (
            decimal(),
            json!("0.00"),
            &range(&json!("0.001"), &json!(null), true),
            Some("Value 0.00 is below minimum 0.001"),
        ),
        (
            DataType::Date,
            json!("2024-01-01"),
            &range(&json!("2024-01-02"), &json!(null), true),
            Some("Value 2024-01-01 is below minimum 2024-01-02"),
        ),
        (
            DataType::Timestamp,
            json!("2024-01-01 00:00:00"),
            &range(&json!(null), &json!("2024-01-01 00:00:00"), true),
            None,
        ),
        (DataType::String, json!("b"), &range(&json!("a"), &json!("c"), true), None),
        (DataType::String, json!("d"), &range(&json!("a"), &json!("c"), true), Some("Value d exceeds maximum c")),
        (integers(), json!([1]), &zero_to_ten, None),
        (DataType::String, json!("aé\u{1F600}"), &length(None, None, Some(4)), None),
        (DataType::String, json!("ab"), &length(None, None, Some(4)), Some("Expected length 4 but got 2")),
        (DataType::String, json!(""), &length(Some(1), None, None), Some("Length 0 is below minimum 1")),
        (DataType::String, json!("abc"), &length(Some(1), Some(2), None), Some("Length 3 exceeds maximum 2")),
        (integers(), json!([1, 2, 3]), &length(None, Some(2), None), Some("Length 3 exceeds maximum 2")),
        (DataType::Bytes, json!("Af4="), &length(None, None, Some(2)), None),
        (DataType::Int, json!(1234), &length(None, Some(3), None), Some("Length 4 exceeds maximum 3")),
        (DataType::String, json!("xab"), &regex("a|ab", true), Some("Value 'xab' does not match pattern 'a|ab'")),
        (DataType::String, json!("ab"), &regex("a|ab", true), None),
        (DataType::String, json!("AB"), &regex("ab", true), Some("Value 'AB' does not match pattern 'ab'")),
        (DataType::String, json!("AB"), &regex("ab", false), None),
        (DataType::Int, json!(12), &regex("\\d", true), Some("Value '12' does not match pattern '\\d'")),
        (
            DataType::String,
            json!("a"),
            &json!({ "kind": "REGEX", "pattern": "b", "caseSensitive": true, "message": "no b" }),
            Some("no b"),
        ),
    ] {
        assert_eq!(fault(&data_type, &value, rule).as_deref(), expected, "{data_type} {value} {rule}");
    }
}

#[test]
fn email_addresses_are_checked() {
    let rule = json!({ "kind": "UDF", "function": "email" });
    let (long, local) = ("a".repeat(255), format!("{}@b.c", "a".repeat(64)));
    for (text, expected) in [
        ("user@example.com", None),
        ("  user@example.com ", None),
        ("", None),
        ("user", Some("Email must contain exactly one @ symbol: user")),
        ("@b.c", Some("Email must contain exactly one @ symbol: @b.c")),
        ("a@b@c.d", Some("Email must contain exactly one @ symbol: a@b@c.d")),
        ("o'neil@b.c", Some("Email contains dangerous characters: o'neil@b.c")),
        ("a@b_c.d", Some("Email domain contains invalid characters: a@b_c.d")),
        ("a@", Some("Email domain contains invalid characters: a@")),
        (" a@b", Some("Email domain must contain at least one dot: a@b")),
        (&local, Some("Email local part too long (max 63 characters): ")),
        (&long, Some("Email too long (max 254 characters): ")),
    ] {
        let found = fault(&DataType::String, &json!(text), &rule);
        let starts = expected.is_some_and(|expected| found.as_deref().is_some_and(|found| found.starts_with(expected)));
        assert!(starts || expected.is_none() && found.is_none(), "{text}: {found:?}");
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for (data_type, rule) in [
        (DataType::Int, range(&json!("a"), &json!(null), true)),
        (DataType::String, range(&json!("5"), &json!(null), true)),
        (DataType::Date, range(&json!(null), &json!("5"), true)),
        (DataType::Boolean, range(&json!("true"), &json!(null), true)),
        (DataType::String, json!({ "kind": "REGEX", "pattern": "a)(b", "caseSensitive": true })),
        (DataType::String, json!({ "kind": "UDF", "function": "PHONE" })),
        (DataType::String, json!({ "kind": "UNIQUE" })),
    ] {
        let schema = crate::testing::schema_of("t", &[column("c", data_type)]);
        let fields = json!([{ "field": "c", "rules": [rule] }]);
        let error = compile(&DEFINITION, &options("SKIP", &fields), &schema).err().unwrap();
        assert_eq!(error.code, ErrorCode::OptionInvalid, "{rule}");
    }
    let schema = crate::testing::schema_of("t", &[]);
    let missing = json!([{ "field": "c", "rules": [] }]);
    assert_eq!(compile(&DEFINITION, &options("SKIP", &missing), &schema).err().unwrap().code, ErrorCode::FieldNotFound);
    let no_table = json!({ "onFailure": "ROUTE", "fields": [] });
    assert_eq!(compile(&DEFINITION, &no_table, &schema).err().unwrap().code, ErrorCode::OptionInvalid);
}

fn people() -> (Batch, Value) {
    let columns = [column("id", DataType::Int), column("name", DataType::String)];
    let batch = batch_of("t", &columns, &[json!([1, "a"]), json!([200, null]), json!([2, null]), json!([3, "b"])]);
    let fields = json!([
        { "field": "name", "rules": [{ "kind": "NOT_NULL" }] },
        { "field": "id", "rules": [range(&json!(null), &json!("100"), true)] },
    ]);
    (batch, fields)
}

#[test]
fn the_lowest_invalid_row_fails_with_everything_that_is_wrong_with_it() {
    let (batch, fields) = people();
    let error = apply(&DEFINITION, &options("FAIL", &fields), batch).unwrap_err();
    let expected = "Validation failed: name: Field cannot be null; id: Value 200 exceeds maximum 100";
    assert_eq!((error.code, error.message.as_str()), (ErrorCode::ValidationFailed, expected));
    assert_eq!((error.row, error.field.as_deref()), (Some(1), Some("name")));
}

#[test]
fn invalid_rows_are_dropped_or_leave_through_their_own_port() {
    let (batch, fields) = people();
    let valid = ["SeaTunnelRow{tableId=t, kind=+I, fields=[1, a]}", "SeaTunnelRow{tableId=t, kind=+I, fields=[3, b]}"];
    assert_eq!(texts(&apply(&DEFINITION, &options("SKIP", &fields), batch.clone()).unwrap()), valid);
    let mut operator = compile(&DEFINITION, &options("ROUTE", &fields), &batch.schema).unwrap();
    assert_eq!(operator.side_schemas().len(), 1);
    let (main, sides) = operator.apply_with_sides(batch).unwrap();
    assert_eq!(texts(&main), valid);
    sides[0].record_batch().unwrap();
    let name = r#"{"field_name":"name","error_message":"Field cannot be null"}"#;
    let id = r#"{"field_name":"id","error_message":"Value 200 exceeds maximum 100"}"#;
    assert_eq!(
        texts(&sides[0]),
        [
            format!(
                r#"SeaTunnelRow{{tableId=db.bad, kind=+I, fields=[c.db.t, db.t, {{"id":200,"name":null}}, [{name},{id}], 1970-01-01T00:00]}}"#
            ),
            format!(
                r#"SeaTunnelRow{{tableId=db.bad, kind=+I, fields=[c.db.t, db.t, {{"id":2,"name":null}}, [{name}], 1970-01-01T00:00]}}"#
            ),
        ]
    );
}

#[test]
fn a_batch_without_rows_or_without_faults_gives_no_error_row() {
    let (batch, fields) = people();
    let mut operator = compile(&DEFINITION, &options("ROUTE", &fields), &batch.schema).unwrap();
    for (piece, valid) in [(batch.slice(0, 0), 0), (batch.slice(3, 1), 1)] {
        let (main, sides) = operator.apply_with_sides(piece).unwrap();
        assert_eq!((main.rows, sides[0].rows), (valid, 0));
    }
}

proptest! {
    #![proptest_config(crate::testing::cases())]
    #[test]
    fn a_batch_is_validated_as_its_rows_are(batch in any_batch(), seed in 0u8..8) {
        let fields: Vec<_> = batch.schema.columns.iter().map(|column| json!({ "field": column.name, "rules": [
            if seed & 1 > 0 { json!({ "kind": "NOT_NULL" }) } else { json!({ "kind": "LENGTH", "max": 3 }) },
            if seed & 2 > 0 { json!({ "kind": "REGEX", "pattern": ".*[02468].*", "caseSensitive": true }) } else { json!({ "kind": "LENGTH", "min": 2 }) },
        ] })).collect();
        let options = options("ROUTE", &json!(fields));
        let mut operator = compile(&DEFINITION, &options, &batch.schema).unwrap();
        let (mut valid, mut errors) = (Vec::new(), Vec::new());
        for row in 0..batch.rows {
            let (main, sides) = operator.apply_with_sides(batch.slice(row, 1)).unwrap();
            prop_assert_eq!(main.rows + sides[0].rows, 1);
            valid.extend(texts(&main));
            errors.extend(texts(&sides[0]));
        }
        let (main, sides) = operator.apply_with_sides(batch).unwrap();
        main.record_batch().unwrap();
        prop_assert_eq!(texts(&main), valid);
        prop_assert_eq!(texts(&sides[0]), errors);
    }
}
