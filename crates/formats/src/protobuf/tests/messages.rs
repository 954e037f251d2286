//! What is read and written.

use super::{array, decode, encode, map, options, proto3, row};
use crate::framed::testing::{check_pieces, framed};
use crate::protobuf::DEFINITION;
use millrace_batch::{Column, DataType};
use millrace_testing::{any_type, batch_of, batch_with_types, cases, column, schema_of};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write;

#[test]
fn values_have_the_bytes_of_the_specification() {
    let all = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
    let wide = DataType::Decimal { precision: 20, scale: 0 };
    let cases: Vec<(&str, DataType, Value, Vec<u8>)> = vec![
        ("int32 v = 1;", DataType::Int, json!(150), vec![8, 150, 1]),
        ("int32 v = 1;", DataType::Int, json!(-1), [&[8][..], &all].concat()),
        ("int32 v = 1;", DataType::Int, json!(0), vec![]),
        ("optional int32 v = 1;", DataType::Int, json!(0), vec![8, 0]),
        ("oneof o { int32 v = 1; }", DataType::Int, json!(0), vec![8, 0]),
        (
            "int64 v = 16;",
            DataType::BigInt,
            json!(i64::MIN),
            vec![128, 1, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1],
        ),
        ("uint32 v = 1;", DataType::Int, json!(-1), vec![8, 255, 255, 255, 255, 15]),
        ("uint32 v = 1;", DataType::BigInt, json!(4_294_967_295_i64), vec![8, 255, 255, 255, 255, 15]),
        ("uint64 v = 1;", DataType::BigInt, json!(-1), [&[8][..], &all].concat()),
        ("uint64 v = 1;", wide, json!("18446744073709551615"), [&[8][..], &all].concat()),
        ("sint32 v = 1;", DataType::Int, json!(i32::MIN), vec![8, 255, 255, 255, 255, 15]),
        ("sint64 v = 1;", DataType::BigInt, json!(-2), vec![8, 3]),
        ("sint32 v = 1;", DataType::SmallInt, json!(-2), vec![8, 3]),
        ("int32 v = 1;", DataType::TinyInt, json!(-1), vec![8, 255, 1]),
        ("fixed32 v = 1;", DataType::Int, json!(-2), vec![13, 254, 255, 255, 255]),
        ("sfixed32 v = 1;", DataType::BigInt, json!(-2), vec![13, 254, 255, 255, 255]),
        ("fixed64 v = 1;", DataType::BigInt, json!(1), vec![9, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("sfixed64 v = 1;", DataType::BigInt, json!(-1), vec![9, 255, 255, 255, 255, 255, 255, 255, 255]),
        ("float v = 1;", DataType::Float, json!(-2.0), vec![13, 0, 0, 0, 0xc0]),
        ("double v = 1;", DataType::Double, json!(1.5), vec![9, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f]),
        ("double v = 1;", DataType::Double, json!(-0.0), vec![9, 0, 0, 0, 0, 0, 0, 0, 0x80]),
        ("bool v = 1;", DataType::Boolean, json!(true), vec![8, 1]),
        ("string v = 1;", DataType::String, json!("é"), vec![10, 2, 0xc3, 0xa9]),
        ("string v = 1;", DataType::String, json!(""), vec![]),
        ("bytes v = 1;", DataType::Bytes, json!("AQI="), vec![10, 2, 1, 2]),
        ("enum K { A = 0; B = 5; } K v = 1;", DataType::String, json!("B"), vec![8, 5]),
        ("enum K { A = 0; B = -1; } K v = 1;", DataType::Int, json!(-1), [&[8][..], &all].concat()),
        ("repeated int32 v = 1;", array(DataType::Int), json!([1, 300]), vec![10, 3, 1, 172, 2]),
        ("repeated int32 v = 1 [packed = false];", array(DataType::Int), json!([1, 2]), vec![8, 1, 8, 2]),
        ("repeated string v = 1;", array(DataType::String), json!(["a", ""]), vec![10, 1, b'a', 10, 0]),
        ("repeated int32 v = 1;", array(DataType::Int), json!([]), vec![]),
        (
            "map<string, int32> v = 1;",
            map(DataType::String, DataType::Int),
            json!({ "k": 5 }),
            vec![10, 5, 10, 1, b'k', 16, 5],
        ),
        (
            "map<int64, bool> v = 1;",
            map(DataType::BigInt, DataType::Boolean),
            json!({ "7": false }),
            vec![10, 4, 8, 7, 16, 0],
        ),
        ("message I { int32 a = 1; } I v = 1;", row(&[("a", DataType::Int)]), json!({ "a": 1 }), vec![10, 2, 8, 1]),
        ("message I { int32 a = 1; } I v = 1;", row(&[("a", DataType::Int)]), json!({ "a": 0 }), vec![10, 0]),
        (
            "message I { int32 a = 1; } repeated I v = 1;",
            array(row(&[("a", DataType::Int)])),
            json!([{ "a": 1 }, { "a": 0 }]),
            vec![10, 2, 8, 1, 10, 0],
        ),
        (
            "message I { M next = 2; } I v = 1; string s = 3;",
            row(&[("next", row(&[("s", DataType::String)]))]),
            json!({ "next": { "s": "x" } }),
            vec![10, 5, 18, 3, 26, 1, b'x'],
        ),
    ];
    for (body, data_type, value, bytes) in cases {
        let batch = batch_of("t", &[column("v", data_type.clone())], &[json!([value])]);
        let written = encode(&proto3(body), &batch).unwrap();
        assert_eq!(written, framed(&[&bytes]), "{body} {value}");
        let read = decode(&batch.schema, &proto3(body), &written).unwrap().unwrap();
        assert_eq!(read.columns, batch.columns, "{body} {data_type} {value}");
    }
}

/// Reads one message and compares the only column.
fn reads(options: &Value, data_type: &DataType, message: &[u8], expected: &Value) {
    let columns = [column("v", data_type.clone())];
    let read = decode(&schema_of("t", &columns), options, &framed(&[message])).unwrap().unwrap();
    let wanted = batch_of("t", &columns, &[json!([expected])]);
    assert_eq!(read.columns, wanted.columns, "{options} {message:?}");
}

#[test]
fn what_others_write_is_read() {
    let inner = row(&[("a", DataType::Int), ("b", DataType::Int), ("c", array(DataType::Int))]);
    let body = "message I { int32 a = 1; int32 b = 2; repeated int32 c = 3; }";
    let cases: Vec<(String, DataType, &[u8], Value)> = vec![
        // The last one counts.
        ("int32 v = 1;".into(), DataType::Int, &[8, 1, 8, 2], json!(2)),
        ("string v = 1;".into(), DataType::String, &[10, 1, b'a', 10, 2, b'b', b'c'], json!("bc")),
        // Packed where it is not said, and the other way round, and both.
        ("repeated int32 v = 1;".into(), array(DataType::Int), &[8, 1, 10, 2, 2, 3, 8, 4], json!([1, 2, 3, 4])),
        ("repeated fixed32 v = 1 [packed = false];".into(), array(DataType::BigInt), &[10, 4, 9, 0, 0, 0], json!([9])),
        // Unknown fields of every wire type, a group in a group too.
        (
            "int32 v = 1;".into(),
            DataType::Int,
            &[16, 1, 25, 0, 0, 0, 0, 0, 0, 0, 0, 34, 1, 0, 43, 16, 1, 51, 52, 44, 61, 0, 0, 0, 0, 8, 7],
            json!(7),
        ),
        // Another wire type than the field has.
        ("int32 v = 1;".into(), DataType::Int, &[13, 1, 0, 0, 0], json!(0)),
        ("int32 v = 1;".into(), DataType::Int, &[10, 1, 5], json!(0)),
        // A value in more bytes than it needs, and one that is cut to its 32 bits.
        ("int32 v = 1;".into(), DataType::Int, &[8, 0x85, 0x80, 0], json!(5)),
        ("int32 v = 1;".into(), DataType::Int, &[8, 0x85, 0x80, 0x80, 0x80, 0x10], json!(5)),
        ("bool v = 1;".into(), DataType::Boolean, &[8, 0x80, 1], json!(true)),
        // Messages are merged field by field.
        (
            format!("{body} I v = 1;"),
            inner.clone(),
            &[10, 4, 8, 1, 24, 9, 10, 4, 16, 2, 24, 8],
            json!({ "a": 1, "b": 2, "c": [9, 8] }),
        ),
        // One that is missing is a row of defaults.
        (format!("{body} I v = 1;"), inner, &[], json!({ "a": 0, "b": 0, "c": [] })),
        ("map<string, int32> v = 1;".into(), map(DataType::String, DataType::Int), &[10, 0], json!({ "": 0 })),
        (
            "map<string, int32> v = 1;".into(),
            map(DataType::String, DataType::Int),
            &[10, 5, 10, 1, b'k', 16, 5, 10, 5, 10, 1, b'l', 16, 6, 10, 5, 16, 7, 10, 1, b'k'],
            json!({ "k": 7, "l": 6 }),
        ),
        ("enum K { A = 0; } K v = 1;".into(), DataType::String, &[8, 9], json!("UNKNOWN_ENUM_VALUE_K_9")),
        ("enum K { A = 0; } K v = 1;".into(), DataType::String, &[], json!("A")),
        (
            "uint64 v = 1;".into(),
            DataType::String,
            &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            json!("18446744073709551615"),
        ),
        ("double v = 1;".into(), DataType::String, &[], json!("0.0")),
        ("bool v = 1;".into(), DataType::String, &[8, 1], json!("true")),
        ("float v = 1;".into(), DataType::Double, &[13, 0, 0, 0x20, 0x40], json!(2.5)),
        ("int32 v = 1;".into(), DataType::TinyInt, &[8, 200, 1], json!(-56)),
        ("int32 other = 1;".into(), DataType::Int, &[8, 1], json!(null)),
        ("int32 v = 1;".into(), DataType::Null, &[8, 1], json!(null)),
        ("int32 V = 1;".into(), DataType::Int, &[8, 1], json!(1)),
        ("int32 V = 1; int32 v = 2;".into(), DataType::Int, &[8, 1, 16, 2], json!(2)),
    ];
    for (body, data_type, message, expected) in cases {
        reads(&proto3(&body), &data_type, message, &expected);
    }
}

#[test]
fn only_the_last_field_of_a_oneof_counts() {
    let body = "message I { int32 a = 1; } oneof o { int32 v = 1; I w = 2; string x = 3; }";
    let columns = [column("v", DataType::Int), column("w", row(&[("a", DataType::Int)]))];
    let cases: [(&[u8], Value); 5] = [
        (&[8, 1, 18, 2, 8, 5], json!([0, { "a": 5 }])),
        (&[18, 2, 8, 5, 8, 1], json!([1, { "a": 0 }])),
        (&[8, 1, 26, 0], json!([0, { "a": 0 }])),
        (&[8, 1, 8, 2], json!([2, { "a": 0 }])),
        (&[18, 2, 8, 5, 8, 1, 18, 0], json!([0, { "a": 0 }])),
    ];
    for (message, expected) in cases {
        let read = decode(&schema_of("t", &columns), &proto3(body), &framed(&[message])).unwrap().unwrap();
        assert_eq!(read.columns, batch_of("t", &columns, &[expected]).columns, "{message:?}");
    }
}

#[test]
fn proto2_has_defaults_and_closed_enums() {
    let cases: Vec<(&str, DataType, &[u8], Value)> = vec![
        ("optional int32 v = 1 [default = -0x10];", DataType::Int, &[], json!(-16)),
        ("optional sint64 v = 1 [default = 017];", DataType::BigInt, &[], json!(15)),
        ("optional string v = 1 [default = \"a\\n\\x41\\101\\u00e9\" 'b'];", DataType::String, &[], json!("a\nAAéb")),
        ("optional bytes v = 1 [default = \"\\001\\xff\"];", DataType::Bytes, &[], json!("Af8=")),
        ("optional double v = 1 [deprecated = true, default = 1.5e3];", DataType::Double, &[], json!(1500.0)),
        ("optional float v = 1 [default = -inf];", DataType::String, &[], json!("-Infinity")),
        ("optional bool v = 1 [default = true];", DataType::Boolean, &[8, 0], json!(false)),
        ("enum K { A = 3; B = 1; } optional K v = 1;", DataType::String, &[8, 9], json!("A")),
        ("enum K { A = 3; B = 1; } optional K v = 1 [default = B];", DataType::Int, &[], json!(1)),
        ("enum K { A = 3; } repeated K v = 1;", array(DataType::String), &[8, 3, 8, 4, 10, 2, 5, 3], json!(["A", "A"])),
        (
            "enum K { A = 3; } map<int32, K> v = 1;",
            map(DataType::Int, DataType::String),
            &[10, 4, 8, 1, 16, 4, 10, 4, 8, 2, 16, 3],
            json!({ "2": "A" }),
        ),
        ("required int32 v = 1; extensions 100 to max; reserved 5 to 9, 12;", DataType::Int, &[8, 4], json!(4)),
    ];
    for (body, data_type, message, expected) in cases {
        reads(&options(&format!("message M {{ {body} }}")), &data_type, message, &expected);
    }
    let batch = batch_of("t", &[column("v", array(DataType::Int))], &[json!([[1, 2]])]);
    for (body, bytes) in [("", &[8, 1, 8, 2]), (" [packed = true]", &[10, 2, 1, 2])] {
        let options = options(&format!("syntax = 'proto2'; message M {{ repeated int32 v = 1{body}; }}"));
        assert_eq!(encode(&options, &batch).unwrap(), framed(&[bytes]));
    }
}

#[test]
fn the_header_of_a_schema_registry_is_skipped() {
    let schema = schema_of("t", &[column("v", DataType::Int)]);
    let mut options = proto3("int32 v = 1;");
    options["registryHeader"] = json!(true);
    for header in [&[0, 0, 0, 0, 9, 0][..], &[0, 0, 0, 0, 9, 4, 2, 0]] {
        let read = decode(&schema, &options, &framed(&[&[header, &[8, 5]].concat()])).unwrap().unwrap();
        assert_eq!(read.columns, batch_of("t", &schema.columns, &[json!([5])]).columns);
    }
    for broken in [&[1, 0, 0, 0, 9, 0, 8, 5][..], &[0, 0, 0, 0, 9], &[0, 0, 0, 0, 9, 255, 255, 255, 255, 15, 0], &[]] {
        let error = decode(&schema, &options, &framed(&[broken])).unwrap_err();
        assert_eq!((error.code.name(), error.row), ("RECORD_MALFORMED", Some(0)), "{broken:?}");
    }
}

/// The text of a field for a column; `None` where there is none.
fn field(data_type: &DataType, name: &str, number: usize, proto: &mut String) -> Option<()> {
    let plain = |data_type: &DataType, proto: &mut String| {
        Some(match data_type {
            DataType::String => "string".to_owned(),
            DataType::Bytes => "bytes".to_owned(),
            DataType::Boolean => "bool".to_owned(),
            DataType::TinyInt | DataType::Int => ["int32", "sint32", "sfixed32", "uint32"][number % 4].to_owned(),
            DataType::SmallInt => "sint32".to_owned(),
            DataType::BigInt => ["int64", "sint64", "fixed64", "uint64"][number % 4].to_owned(),
            DataType::Float => "float".to_owned(),
            DataType::Double => "double".to_owned(),
            DataType::Row { fields } => {
                write!(proto, "message I_{name} {{ ").unwrap();
                for (index, inner) in fields.iter().enumerate() {
                    field(&inner.data_type, &inner.name, index + 1, proto)?;
                }
                *proto += "} ";
                format!("I_{name}")
            }
            _ => return None,
        })
    };
    let kind = match data_type {
        DataType::Array { element } => format!("repeated {}", plain(element, proto)?),
        DataType::Map { key, value } => {
            if matches!(**key, DataType::Row { .. } | DataType::Bytes | DataType::Float | DataType::Double) {
                return None;
            }
            format!("map<{}, {}>", plain(key, proto)?, plain(value, proto)?)
        }
        DataType::Null => return Some(()),
        single => format!("{}{}", ["", "optional "][number % 2], plain(single, proto)?),
    };
    write!(proto, "{kind} {name} = {number}; ").unwrap();
    Some(())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_written_is_read_again(
        batch in prop::collection::vec(any_type(), 1..5).prop_flat_map(batch_with_types),
        cut in 1usize..40,
    ) {
        let mut body = String::new();
        let columns: &[Column] = &batch.schema.columns;
        let fields = columns.iter().enumerate();
        if fields.into_iter().try_for_each(|(index, column)| field(&column.data_type, &column.name, index + 1, &mut body)).is_none() {
            return Ok(());
        }
        let options = proto3(&body);
        let written = match encode(&options, &batch) {
            Ok(written) => written,
            Err(error) => {
                prop_assert_eq!(error.code.name(), "ENCODE_FAILED", "{} {}", error, body);
                return Ok(());
            }
        };
        if batch.rows == 0 {
            return Ok(());
        }
        // Nulls become defaults; from then on nothing changes.
        let first = decode(&batch.schema, &options, &written).unwrap().unwrap();
        prop_assert_eq!(first.rows, batch.rows);
        for (before, after) in batch.columns.iter().zip(&first.columns) {
            if before.null_count() == 0 && !before.data_type().is_nested() {
                prop_assert_eq!(before, after);
            }
        }
        let again = encode(&options, &first).unwrap();
        check_pieces(&DEFINITION, &options, &again, cut, &first)?;
    }
}
