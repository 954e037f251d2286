//! What is accepted and what is refused.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::schema::StructField;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use serde_json::json;

fn one(data_type: &DataType, value: &Value) -> Result<ArrayRef> {
    let array = array_from_json(&[Some(value)], data_type)?;
    assert_eq!((array.len(), array.data_type()), (1, &arrow_type(data_type)));
    Ok(array)
}

fn row(fields: &[(&str, DataType)]) -> DataType {
    let field =
        |(name, data_type): &(&str, DataType)| StructField { name: (*name).into(), data_type: data_type.clone() };
    DataType::Row { fields: fields.iter().map(field).collect() }
}

#[test]
fn integers_are_cut_and_texts_are_trimmed() {
    for (text, expected) in [
        ("1", Some(1)),
        ("1.9", Some(1)),
        ("-1.9", Some(-1)),
        ("1e3", Some(1_000)),
        ("\" 12 \"", Some(12)),
        ("\"1.9\"", None),
        ("\"\"", None),
        ("true", None),
        ("[]", None),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("1e30", None),
    ] {
        let value: Value = serde_json::from_str(text).unwrap();
        let read = one(&DataType::BigInt, &value).ok().map(|array| array.as_primitive::<Int64Type>().value(0));
        assert_eq!(read, expected, "{text}");
    }
    assert!(one(&DataType::TinyInt, &json!(128)).is_err());
    assert!(one(&DataType::TinyInt, &json!(-128)).is_ok());
    assert!(one(&DataType::SmallInt, &json!(32_768)).is_err());
}

#[test]
fn scalars_follow_the_converter() {
    let texts = [json!("a"), json!(1.50), json!(true), json!({"k": [1]}), json!(null)];
    let values: Vec<_> = texts.iter().map(Some).chain([None]).collect();
    let array = array_from_json(&values, &DataType::String).unwrap();
    let read: Vec<_> = array.as_string::<i32>().iter().collect();
    assert_eq!(read, [Some("a"), Some("1.5"), Some("true"), Some("{\"k\":[1]}"), None, None]);
    for (value, expected) in [(json!(true), true), (json!(" TRUE"), true), (json!(1), false), (json!([]), false)] {
        assert_eq!(one(&DataType::Boolean, &value).unwrap().as_boolean().value(0), expected, "{value}");
    }
    assert_eq!(one(&DataType::Bytes, &json!("bWlJWmo=")).unwrap().as_binary::<i32>().value(0), b"miIZj");
    assert!(one(&DataType::Bytes, &json!("*")).is_err());
    assert!((one(&DataType::Float, &json!(3.1)).unwrap().as_primitive::<Float32Type>().value(0) - 3.1).abs() < 1e-9);
}

#[test]
fn decimals_are_exact_and_rounded_half_up() {
    let data_type = DataType::Decimal { precision: 5, scale: 2 };
    for (text, expected) in [
        ("1.1", Some(110)),
        ("1.005", Some(101)),
        ("-1.005", Some(-101)),
        ("\" 12 \"", Some(1_200)),
        ("1e2", Some(10_000)),
        ("1000", None),
        ("\"x\"", None),
        ("true", None),
    ] {
        let value: Value = serde_json::from_str(text).unwrap();
        let read = one(&data_type, &value).ok().map(|array| array.as_primitive::<Decimal128Type>().value(0));
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn temporals_take_every_pattern_and_have_their_own_codes() {
    for (data_type, value, code) in [
        (DataType::Date, json!("2024/02/29"), None),
        (DataType::Date, json!("soon"), Some(ErrorCode::DateUnsupported)),
        (DataType::Timestamp, json!("2024-02-29T10:15"), None),
        (DataType::Timestamp, json!("2024-02-29"), Some(ErrorCode::DateTimeUnsupported)),
        (DataType::Time, json!("10:15:00.5"), None),
        (DataType::Time, json!("25:00"), Some(ErrorCode::ValueMalformed)),
        (DataType::TimestampTz, json!("2024-02-29T10:15:00Z"), None),
        (DataType::TimestampTz, json!("2024-02-29T10:15:00+25:00"), Some(ErrorCode::DateTimeUnsupported)),
        (DataType::TimestampTz, json!("+1"), Some(ErrorCode::DateTimeUnsupported)),
    ] {
        assert_eq!(one(&data_type, &value).err().map(|error| error.code), code, "{data_type} {value}");
    }
    let array = one(&DataType::TimestampTz, &json!("1970-01-01 08:00:00+08:00")).unwrap();
    assert_eq!(array.as_struct().column(0).as_primitive::<TimestampMicrosecondType>().value(0), 0);
    assert_eq!(array.as_struct().column(1).as_primitive::<Int16Type>().value(0), 480);
}

#[test]
fn rows_are_read_by_name_or_by_position() {
    let data_type = row(&[("a", DataType::Int), ("b", DataType::String)]);
    let values = [json!({"b": "x"}), json!([1, "y", "behind"]), json!(null), json!([])];
    let values: Vec<_> = values.iter().map(Some).collect();
    let array = array_from_json(&values, &data_type).unwrap();
    let (a, b) = (array.as_struct().column(0), array.as_struct().column(1));
    assert_eq!(a.as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [None, Some(1), None, None]);
    assert_eq!(b.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("x"), Some("y"), None, None]);
    assert_eq!((0..4).map(|row| array.is_null(row)).collect::<Vec<_>>(), [false, false, true, false]);
    assert_eq!(one(&data_type, &json!("text")).unwrap_err().code, ErrorCode::ValueMalformed);
}

#[test]
fn errors_name_the_row_and_the_path() {
    let list = DataType::Array { element: Box::new(DataType::Int) };
    let map = DataType::Map { key: Box::new(DataType::Int), value: Box::new(list.clone()) };
    let data_type = row(&[("r", row(&[("l", list), ("m", map)]))]);
    let good = json!([[[1, 2], {"1": [1]}]]);
    for (bad, path) in [
        (json!([[[1, "x"], null]]), "r.l"),
        (json!({"r": {"m": {"1": ["x"]}}}), "r.m"),
        (json!({"r": {"m": {"x": []}}}), "r.m"),
        (json!([5]), "r"),
    ] {
        let error = array_from_json(&[Some(&good), None, Some(&bad)], &data_type).unwrap_err();
        assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::ValueMalformed, Some(2), Some(path)));
    }
}

#[test]
fn vectors_are_read_from_numbers_or_packed_bytes() {
    let bytes = |data_type, value| one(&data_type, &value).unwrap().as_binary::<i32>().value(0).to_vec();
    assert_eq!(bytes(DataType::BinaryVector, json!([1, 255])), [1, 255]);
    assert_eq!(bytes(DataType::BinaryVector, json!("Af8=")), [1, 255]);
    assert_eq!(bytes(DataType::Float16Vector, json!([1, -2])), [0x00, 0x3c, 0x00, 0xc0]);
    assert_eq!(bytes(DataType::BFloat16Vector, json!([1, -2])), [0x80, 0x3f, 0x00, 0xc0]);
    assert_eq!(one(&DataType::FloatVector, &json!([1, 2])).unwrap().as_list::<i32>().value(0).len(), 2);
    assert_eq!(one(&DataType::SparseFloatVector, &json!({"7": 1})).unwrap().as_map().value(0).len(), 1);
    assert!(one(&DataType::BinaryVector, &json!([256])).is_err());
}

#[test]
fn short_floats_round_to_the_nearest_even() {
    for (value, half) in [
        (0.0, 0x0000),
        (-0.0, 0x8000),
        (65_504.0, 0x7bff),
        (65_520.0, 0x7c00),
        (1.0 + 1.0 / 2_048.0, 0x3c00),
        (1.0 + 3.0 / 2_048.0, 0x3c02),
        (5.960_464_5e-8, 0x0001),
        (2.0e-8, 0x0000),
        (6.103_515_6e-5, 0x0400),
        (f32::INFINITY, 0x7c00),
    ] {
        assert_eq!(half_bits(value), half, "{value}");
    }
    assert_eq!(half_bits(f32::NAN) & 0x7e00, 0x7e00);
    assert_eq!(brain_bits(f32::NAN) & 0x7fc0, 0x7fc0);
    assert_eq!(brain_bits(f32::MAX), 0x7f80);
}

#[test]
fn no_value_is_an_empty_column_of_the_type() {
    for data_type in [DataType::Null, DataType::String, DataType::TimestampTz, row(&[]), row(&[("a", DataType::Int)])] {
        let array = array_from_json(&[], &data_type).unwrap();
        assert_eq!((array.len(), array.data_type()), (0, &arrow_type(&data_type)));
    }
}
