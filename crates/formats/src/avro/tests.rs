#![allow(clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value)]

//! Messages byte for byte, schemas of others, what is refused, and random batches there and back.

use super::DEFINITION;
use super::schema::{parse, record_of};
use crate::framed::testing::{self, WHOLE, check_pieces, framed};
use millrace_batch::codec::{Context, Decoder};
use millrace_batch::{Batch, DataType, ErrorCode, KernelError, Schema};
use millrace_testing::{any_batch, batch_of, cases, column, schema_of};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn decoder(schema: &Arc<Schema>, options: Value) -> Box<dyn Decoder> {
    testing::decoder(&DEFINITION, schema, &options).unwrap()
}

fn decode(schema: &Arc<Schema>, options: Value, input: &[u8]) -> Result<Option<Batch>, KernelError> {
    testing::decode(&DEFINITION, schema, &options, input)
}

fn encode(batch: &Batch) -> Result<Vec<u8>, KernelError> {
    testing::encode(&DEFINITION, &json!({}), batch)
}

#[test]
fn values_have_the_bytes_of_the_specification() {
    let decimal = DataType::Decimal { precision: 10, scale: 2 };
    let row = DataType::Row { fields: vec![] };
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) };
    let cases: Vec<(DataType, Value, &[u8])> = vec![
        (DataType::Int, json!(0), &[2, 0]),
        (DataType::Int, json!(-1), &[2, 1]),
        (DataType::Int, json!(64), &[2, 0x80, 1]),
        (DataType::BigInt, json!(i64::MIN), &[2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        (DataType::TinyInt, json!(null), &[0]),
        (DataType::String, json!("é"), &[2, 4, 0xc3, 0xa9]),
        (DataType::Bytes, json!("AQI="), &[2, 4, 1, 2]),
        (DataType::Boolean, json!(true), &[2, 1]),
        (DataType::Double, json!(1.5), &[2, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f]),
        (DataType::Float, json!(-2.0), &[2, 0, 0, 0, 0xc0]),
        (decimal.clone(), json!("0"), &[2, 2, 0]),
        (decimal.clone(), json!("1.28"), &[2, 4, 0, 128]),
        (decimal.clone(), json!("-1.28"), &[2, 2, 128]),
        (decimal, json!("-1.29"), &[2, 4, 255, 127]),
        (DataType::Date, json!("1970-01-03"), &[2, 4]),
        (DataType::Timestamp, json!("1970-01-01 00:00:00.002"), &[2, 4]),
        (DataType::Timestamp, json!("1969-12-31 23:59:59.999"), &[2, 1]),
        (DataType::Array { element: Box::new(DataType::Int) }, json!([1, null]), &[2, 4, 2, 2, 0, 0]),
        (DataType::Array { element: Box::new(DataType::Int) }, json!([]), &[2, 0]),
        (map, json!({ "k": 5 }), &[2, 2, 2, b'k', 2, 10, 0]),
        (row, json!({}), &[]),
        (DataType::Null, json!(null), &[]),
    ];
    for (data_type, value, bytes) in cases {
        let batch = batch_of("t", &[column("v", data_type.clone())], &[json!([value])]);
        let written = encode(&batch).unwrap();
        assert_eq!(written, framed(&[bytes]), "{data_type} {value}");
        let read = decode(&batch.schema, json!({}), &written).unwrap().unwrap();
        assert_eq!(read.columns, batch.columns, "{data_type} {value}");
    }
}

#[test]
fn messages_of_another_schema_are_read_by_name() {
    let written = json!({ "type": "record", "name": "a.b.Order", "fields": [
        { "name": "skipped", "type": { "type": "map", "values": { "type": "array", "items": "string" } } },
        { "name": "qty", "type": "int" },
        { "name": "kind", "type": { "type": "enum", "name": "Kind", "symbols": ["NEW", "OLD"] } },
        { "name": "at", "type": ["null", { "type": "long", "logicalType": "timestamp-micros" }] },
        { "name": "price", "type": { "type": "fixed", "name": "P", "size": 2, "logicalType": "decimal", "precision": 4, "scale": 1 } },
        { "name": "again", "type": "Kind" },
        { "name": "time", "type": { "type": "int", "logicalType": "time-millis" } },
    ] });
    let columns = [
        column("kind", DataType::String),
        column("qty", DataType::Double),
        column("missing", DataType::Int),
        column("at", DataType::Timestamp),
        column("price", DataType::Decimal { precision: 6, scale: 2 }),
        column("time", DataType::Time),
    ];
    // One block with its length in bytes, as some writers do.
    let message = [1, 12, 2, b'k', 2, 2, b'x', 0, 0, 14, 2, 2, 0x80, 0x89, 0x7a, 0xff, 0xf6, 0, 2];
    let options = json!({ "avroSchema": written.to_string() });
    let read = decode(&schema_of("t", &columns), options, &framed(&[&message])).unwrap().unwrap();
    let expected = batch_of("t", &columns, &[json!(["OLD", 7, null, "1970-01-01 00:00:01", "-1.00", "00:00:00.001"])]);
    assert_eq!(read.columns, expected.columns);
}

#[test]
fn the_header_of_a_schema_registry_is_skipped() {
    let schema = schema_of("t", &[column("v", DataType::Int)]);
    let options = json!({ "registryHeader": true });
    let read = decode(&schema, options.clone(), &framed(&[&[0, 0, 0, 0, 9, 2, 10]])).unwrap().unwrap();
    assert_eq!(read.columns, batch_of("t", &schema.columns, &[json!([5])]).columns);
    for broken in [&[1, 0, 0, 0, 9, 2, 10][..], &[0, 0], &[]] {
        let error = decode(&schema, options.clone(), &framed(&[broken])).unwrap_err();
        assert_eq!(error.code, ErrorCode::RecordMalformed, "{broken:?}");
    }
}

#[test]
fn bytes_that_do_not_fit_are_refused_with_their_row() {
    let string = || vec![column("a", DataType::String)];
    let cases: Vec<(Vec<millrace_batch::Column>, &[u8], ErrorCode)> = vec![
        (string(), &[], ErrorCode::RecordMalformed),
        (string(), &[2], ErrorCode::RecordMalformed),
        (string(), &[4, 0], ErrorCode::RecordMalformed),
        (string(), &[1, 0], ErrorCode::RecordMalformed),
        (string(), &[2, 4, b'x'], ErrorCode::RecordMalformed),
        (string(), &[2, 1], ErrorCode::RecordMalformed),
        (string(), &[0, 0], ErrorCode::RecordMalformed),
        (string(), &[2, 2, 0xff], ErrorCode::EncodingInvalid),
        (vec![column("a", DataType::TinyInt)], &[2, 0x80, 2], ErrorCode::ValueMalformed),
        (
            vec![column("a", DataType::BigInt)],
            &[2, 255, 255, 255, 255, 255, 255, 255, 255, 255, 3],
            ErrorCode::RecordMalformed,
        ),
        (vec![column("a", DataType::Date)], &[2, 0x80, 0x80, 0x80, 0x80, 0x40], ErrorCode::ValueMalformed),
        (vec![column("a", DataType::Decimal { precision: 2, scale: 0 })], &[2, 2, 100], ErrorCode::ValueMalformed),
        (
            vec![column("a", DataType::Array { element: Box::new(DataType::Null) })],
            &[2, 0xfe, 0xff, 0xff, 0xff, 0x1f],
            ErrorCode::ValueTooLarge,
        ),
    ];
    for (columns, bytes, code) in cases {
        let schema = schema_of("t", &columns);
        let good = encode(&batch_of("t", &columns, &[json!([null])])).unwrap();
        let input = [good.clone(), framed(&[bytes]), good].concat();
        let mut decoder = decoder(&schema, json!({}));
        let error = decoder.decode(&input, WHOLE).unwrap_err();
        assert_eq!((error.code, error.row), (code, Some(1)), "{bytes:?}: {error}");
        assert_eq!(decoder.rows_before_error().unwrap().rows, 1, "{bytes:?}");
    }
    let schema = schema_of("t", &string());
    for cut in [&[5][..], &[5, 0, 0, 0], &[5, 0, 0, 0, 2]] {
        assert_eq!(decode(&schema, json!({}), cut).unwrap_err().code, ErrorCode::RecordMalformed, "{cut:?}");
    }
    assert_eq!(decode(&schema, json!({}), &[255; 4]).unwrap_err().code, ErrorCode::ValueTooLarge);
}

#[test]
fn schemas_that_are_none_are_refused() {
    let deep = format!("{}\"int\"{}", "[".repeat(100), "]".repeat(100));
    for text in [
        "",
        "7",
        "\"int\"",
        "{}",
        r#"{"type":"record","name":"r"}"#,
        r#"{"type":"record","fields":[]}"#,
        r#"{"type":"record","name":"r","fields":[{"type":"int"}]}"#,
        r#"{"type":"record","name":"r","fields":[{"name":"a","type":"unknown"}]}"#,
        r#"{"type":"record","name":"r","fields":[{"name":"a","type":["null","r"]}]}"#,
        &format!(r#"{{"type":"record","name":"r","fields":[{{"name":"a","type":{deep}}}]}}"#),
    ] {
        assert_eq!(parse(text).unwrap_err().code, ErrorCode::OptionInvalid, "{text}");
    }
    let text = r#"{"type":"record","name":"r","fields":[{"name":"a","type":"double"}]}"#;
    let schema = schema_of("t", &[column("a", DataType::Int)]);
    let error = (DEFINITION.decoder.unwrap())(&schema, &json!({ "avroSchema": text }), &Context::default());
    assert_eq!(
        error.err().map(|error| (error.code, error.field)),
        Some((ErrorCode::TypeUnsupported, Some("a".into())))
    );
}

#[test]
fn what_has_no_form_in_avro_is_refused() {
    for data_type in [DataType::Time, DataType::TimestampTz, DataType::FloatVector] {
        let error = record_of(&[column("v", data_type)]).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::TypeUnsupported, Some("v")));
    }
    let row =
        DataType::Row { fields: vec![millrace_batch::StructField { name: "a".into(), data_type: DataType::Int }] };
    let error = encode(&batch_of("t", &[column("v", row)], &[json!([null])])).unwrap_err();
    assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::EncodeFailed, Some(0), Some("v")));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn what_is_written_is_read_again(batch in any_batch(), cut in 1usize..40) {
        let written = match encode(&batch) {
            Ok(written) => written,
            Err(error) => {
                prop_assert!(matches!(error.code, ErrorCode::TypeUnsupported | ErrorCode::EncodeFailed), "{error}");
                return Ok(());
            }
        };
        check_pieces(&DEFINITION, &json!({}), &written, cut, &batch)?;
    }
}
