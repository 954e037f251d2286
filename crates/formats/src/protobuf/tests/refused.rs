//! Messages and columns that are refused.

use super::{array, decode, encode, map, proto3, row};
use crate::framed::testing::{WHOLE, decoder, framed};
use crate::protobuf::DEFINITION;
use millrace_batch::{DataType, ErrorCode};
use millrace_testing::{batch_of, column, schema_of};
use serde_json::{Value, json};

/// Fields of the message, the column, a message; the code and the field of the error.
type Refused<'a> = (&'a str, DataType, &'a [u8], ErrorCode, Option<&'a str>);

#[test]
fn bytes_that_do_not_fit_are_refused_with_their_row() {
    let inner = "message I { int32 a = 1; string s = 2; } I v = 1;";
    let inner_type = row(&[("a", DataType::TinyInt), ("s", DataType::String)]);
    let deep = [vec![19; 200], vec![20; 200]].concat();
    let cases: Vec<Refused<'_>> = vec![
        ("int32 v = 1;", DataType::Int, &[8], ErrorCode::RecordMalformed, None),
        ("int32 v = 1;", DataType::Int, &[0, 1], ErrorCode::RecordMalformed, None),
        ("int32 v = 1;", DataType::Int, &[15], ErrorCode::RecordMalformed, None),
        (
            "int32 v = 1;",
            DataType::Int,
            &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            ErrorCode::RecordMalformed,
            None,
        ),
        ("int32 v = 1;", DataType::Int, &[12], ErrorCode::RecordMalformed, None),
        ("int32 v = 1;", DataType::Int, &[19, 28], ErrorCode::RecordMalformed, None),
        ("int32 v = 1;", DataType::Int, &[19], ErrorCode::RecordMalformed, None),
        ("int32 v = 1;", DataType::Int, &deep, ErrorCode::RecordMalformed, None),
        ("string v = 1;", DataType::String, &[10, 5, b'a'], ErrorCode::RecordMalformed, None),
        (
            "string v = 1;",
            DataType::String,
            &[10, 255, 255, 255, 255, 255, 255, 255, 255, 127],
            ErrorCode::RecordMalformed,
            None,
        ),
        ("fixed64 v = 1;", DataType::BigInt, &[9, 1, 2], ErrorCode::RecordMalformed, None),
        ("repeated fixed32 v = 1;", array(DataType::Int), &[10, 3, 1, 2, 3], ErrorCode::RecordMalformed, None),
        ("string v = 1;", DataType::String, &[10, 1, 255], ErrorCode::EncodingInvalid, Some("v")),
        ("int64 v = 1;", DataType::Int, &[8, 128, 128, 128, 128, 16], ErrorCode::ValueMalformed, Some("v")),
        (
            "uint64 v = 1;",
            DataType::TinyInt,
            &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            ErrorCode::ValueMalformed,
            Some("v"),
        ),
        ("int32 v = 1;", DataType::SmallInt, &[8, 128, 128, 2], ErrorCode::ValueMalformed, Some("v")),
        (inner, inner_type.clone(), &[10, 3, 8, 0x80, 2], ErrorCode::ValueMalformed, Some("v.a")),
        (inner, inner_type, &[10, 3, 18, 1, 255], ErrorCode::EncodingInvalid, Some("v.s")),
        (
            "map<string, string> v = 1;",
            map(DataType::String, DataType::String),
            &[10, 3, 18, 1, 255],
            ErrorCode::EncodingInvalid,
            Some("v.value"),
        ),
    ];
    for (body, data_type, bytes, code, field) in cases {
        let schema = schema_of("t", &[column("v", data_type)]);
        let input = [framed(&[&[]]), framed(&[bytes]), framed(&[&[]])].concat();
        let mut decoder = decoder(&DEFINITION, &schema, &proto3(body)).unwrap();
        let error = decoder.decode(&input, WHOLE).unwrap_err();
        assert_eq!(
            (error.code, error.row, error.field.as_deref()),
            (code, Some(1), field),
            "{body} {bytes:?}: {error}"
        );
        assert_eq!(decoder.rows_before_error().unwrap().rows, 1, "{bytes:?}");
    }
    let (schema, options) = (schema_of("t", &[column("v", DataType::Int)]), proto3("int32 v = 1;"));
    for cut in [&[5][..], &[5, 0, 0, 0], &[5, 0, 0, 0, 8]] {
        assert_eq!(decode(&schema, &options, cut).unwrap_err().code, ErrorCode::RecordMalformed, "{cut:?}");
    }
    assert_eq!(decode(&schema, &options, &[255; 4]).unwrap_err().code, ErrorCode::ValueTooLarge);
}

#[test]
fn messages_that_make_too_many_values_are_refused() {
    let body = format!("enum K {{ A{} = 0; }} repeated K v = 1;", "x".repeat(1_000));
    let packed = [vec![10, 0x90, 0x4e], vec![0; 10_000]].concat();
    let schema = schema_of("t", &[column("v", array(DataType::String))]);
    let error = decode(&schema, &proto3(&body), &framed(&[&packed])).unwrap_err();
    assert_eq!((error.code, error.row), (ErrorCode::ValueTooLarge, Some(0)));
}

#[test]
fn a_batch_ends_before_it_holds_too_many_values() {
    let schema = schema_of("t", &[column("v", array(DataType::Boolean))]);
    let message = [vec![10, 0x80, 0x80, 4], vec![1; 65_536]].concat();
    let input = framed(&[message.as_slice(); 20]);
    let mut decoder = decoder(&DEFINITION, &schema, &proto3("repeated bool v = 1;")).unwrap();
    let decoded = decoder.decode(&input, WHOLE).unwrap();
    assert_eq!((decoded.done, decoded.batch.unwrap().rows), (false, 16));
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let cases = [
        ("string v = 1;", DataType::Int, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("bytes v = 1;", DataType::String, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("int32 v = 1;", DataType::String, "", "TYPE_UNSUPPORTED"),
        ("int64 v = 1;", DataType::Timestamp, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("int64 v = 1;", DataType::Decimal { precision: 20, scale: 2 }, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("int64 v = 1;", DataType::Double, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("double v = 1;", DataType::Float, "TYPE_UNSUPPORTED", ""),
        ("float v = 1;", DataType::Double, "", "TYPE_UNSUPPORTED"),
        ("repeated int32 v = 1;", DataType::Int, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("int32 v = 1;", array(DataType::Int), "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("message I {} I v = 1;", DataType::String, "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        (
            "message I {} repeated I v = 1;",
            map(DataType::String, DataType::Int),
            "TYPE_UNSUPPORTED",
            "TYPE_UNSUPPORTED",
        ),
        ("map<string, int32> v = 1;", array(row(&[("key", DataType::String)])), "TYPE_UNSUPPORTED", "TYPE_UNSUPPORTED"),
        ("int32 w = 1;", DataType::Int, "", "FIELD_NOT_FOUND"),
        ("int32 w = 1;", DataType::Null, "", ""),
    ];
    for (body, data_type, reading, writing) in cases {
        let schema = schema_of("t", &[column("v", data_type.clone())]);
        let fault = |error: Option<millrace_batch::KernelError>| {
            error.map_or((String::new(), String::new()), |error| {
                (error.code.name().into(), error.field.unwrap_or_default())
            })
        };
        let place = |code: &str| (code.to_owned(), if code.is_empty() { String::new() } else { "v".to_owned() });
        let read = decoder(&DEFINITION, &schema, &proto3(body)).err();
        assert_eq!(fault(read), place(reading), "reading {body} as {data_type}");
        let written = encode(&proto3(body), &batch_of("t", &schema.columns, &[])).err();
        assert_eq!(fault(written), place(writing), "writing {data_type} as {body}");
    }
    let twice = schema_of("t", &[column("v", DataType::Int), column("V", DataType::Int)]);
    let error = decoder(&DEFINITION, &twice, &proto3("int32 v = 1;")).err().unwrap();
    assert_eq!(error.code, ErrorCode::OptionInvalid);
}

#[test]
fn values_that_have_no_form_are_refused() {
    let cases: Vec<(&str, DataType, Value)> = vec![
        ("int32 v = 1;", DataType::BigInt, json!(i64::from(i32::MAX) + 1)),
        ("uint32 v = 1;", DataType::BigInt, json!(-1)),
        ("uint64 v = 1;", DataType::Int, json!(-1)),
        ("uint32 v = 1;", DataType::SmallInt, json!(-1)),
        ("int64 v = 1;", DataType::Decimal { precision: 20, scale: 0 }, json!("9223372036854775808")),
        ("enum K { A = 0; } K v = 1;", DataType::String, json!("B")),
        ("enum K { A = 0; } K v = 1;", DataType::BigInt, json!(4_294_967_296_i64)),
        ("repeated int32 v = 1;", array(DataType::Int), json!([1, null])),
        ("repeated string v = 1;", array(DataType::String), json!([null])),
        ("map<string, int32> v = 1;", map(DataType::String, DataType::Int), json!({ "k": null })),
    ];
    for (body, data_type, value) in cases {
        let batch = batch_of("t", &[column("v", data_type)], &[json!([null]), json!([value])]);
        let error = encode(&proto3(body), &batch).unwrap_err();
        let found = (error.code, error.row, error.field.as_deref().map(|field| &field[..1]));
        assert_eq!(found, (ErrorCode::EncodeFailed, Some(1), Some("v")), "{body} {value}");
    }
}

#[test]
fn required_fields_must_be_there() {
    let proto = "message M { required int32 v = 1; optional I i = 2; message I { required int32 a = 1; } }";
    let options = super::options(proto);
    let columns = [column("v", DataType::Int), column("i", row(&[("a", DataType::Int)]))];
    let schema = schema_of("t", &columns);
    let read = decode(&schema, &options, &framed(&[&[8, 1]])).unwrap().unwrap();
    assert_eq!(read.columns, batch_of("t", &columns, &[json!([1, { "a": 0 }])]).columns);
    for (message, field) in [(&[][..], "v"), (&[8, 1, 18, 0], "i.a")] {
        let error = decode(&schema, &options, &framed(&[message])).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::RecordMalformed, Some(field)));
    }
    let error = encode(&options, &batch_of("t", &columns, &[json!([null, null])])).unwrap_err();
    assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::EncodeFailed, Some(0), Some("v")));
    let error = encode(&options, &batch_of("t", &columns[1..], &[])).unwrap_err();
    assert_eq!(error.code, ErrorCode::OptionInvalid);
}
