#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::console::{self, discard};
use crate::delimited::text;
use arrow_array::Int8Array;
use millrace_batch::codec::{CodecDefinition, Context, Encoder, InputBounds};
use millrace_batch::schema::{Column, DataType, StructField};
use millrace_batch::{Batch, ErrorCode, OutputBuffer, Schema};
use serde_json::{Value, json};
use std::sync::Arc;

fn encoder(format: &CodecDefinition, schema: &Arc<Schema>, options: &Value) -> Box<dyn Encoder> {
    format.encoder.unwrap()(schema, options, &Context::default()).unwrap()
}

fn batch(columns: &[(&str, DataType)], input: &str) -> Batch {
    let columns = columns
        .iter()
        .map(|(name, data_type)| Column { name: (*name).into(), data_type: data_type.clone(), nullable: true })
        .collect();
    let schema = Arc::new(Schema { table: "fake".into(), columns });
    let options = json!({"fieldDelimiter": "|"});
    let mut decoder = text::DEFINITION.decoder.unwrap()(&schema, &options, &Context::default()).unwrap();
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };
    decoder.decode(input.as_bytes(), bounds).unwrap().batch.unwrap()
}

fn encode(encoder: &mut dyn Encoder, batch: &Batch) -> String {
    let mut bytes = vec![0u8; 1 << 16];
    let mut output = OutputBuffer::new(&mut bytes);
    assert_eq!(encoder.encode(batch, 0, &mut output).unwrap(), batch.rows);
    String::from_utf8(output.written().to_vec()).unwrap()
}

#[test]
fn a_line_is_what_the_recorded_console_printed() {
    let batch = batch(
        &[
            ("i", DataType::Int),
            ("b", DataType::BigInt),
            ("s", DataType::String),
            ("n", DataType::String),
            ("f", DataType::Float),
            ("d", DataType::Double),
            ("dec", DataType::Decimal { precision: 10, scale: 2 }),
            ("dt", DataType::Date),
            ("tm", DataType::Time),
            ("ts", DataType::Timestamp),
            ("bo", DataType::Boolean),
            ("ti", DataType::TinyInt),
            ("ar", DataType::Array { element: Box::new(DataType::Int) }),
            ("mp", DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) }),
            ("by", DataType::Bytes),
            ("nn", DataType::Int),
        ],
        "7|9007199254740993|Hello||1.5|12345678.9|12.35|2024-02-29|10:15:00|2024-03-15T10:15:00|true|3|1\u{2}2|k\u{3}5|ab|",
    );
    let mut encoder = encoder(&console::DEFINITION, &batch.schema, &json!({}));
    assert!(encoder.needs_row_number());
    assert_eq!(
        encode(encoder.as_mut(), &batch),
        "subtaskIndex=0  rowIndex=1:  SeaTunnelRow#tableId=fake SeaTunnelRow#kind=INSERT : 7, 9007199254740993, Hello, , \
         1.5, 1.23456789E7, 12.35, 2024-02-29, 10:15, 2024-03-15T10:15, true, 3, [1, 2], {\"k\":5}, [97, 98], \n"
    );
}

#[test]
fn rows_are_numbered_from_the_first_row_of_the_sink() {
    let mut batch = batch(&[("v", DataType::String)], "a\nb\nc\nd");
    batch.kinds = Some(Int8Array::from(vec![0, 1, 2, 3]));
    let options = json!({"tableId": "db.t", "prefix": "INFO - "});
    let mut encoder = encoder(&console::DEFINITION, &batch.schema, &options);
    encoder.reset(40);
    let expected: Vec<String> = [
        (41, "INSERT", "a"),
        (42, "UPDATE_BEFORE", "b"),
        (43, "UPDATE_AFTER", "c"),
        (44, "DELETE", "d"),
    ]
    .iter()
    .map(|(number, kind, value)| {
        format!(
            "INFO - subtaskIndex=0  rowIndex={number}:  SeaTunnelRow#tableId=db.t SeaTunnelRow#kind={kind} : {value}\n"
        )
    })
    .collect();
    let expected = expected.concat();
    assert_eq!(encode(encoder.as_mut(), &batch), expected);
    assert_eq!(encoder.row_ends().last(), Some(&(expected.len() as u64)));
}

#[test]
fn nulls_inside_nested_values_print_as_null_and_maps_as_json() {
    let batch = batch(
        &[
            ("ar", DataType::Array { element: Box::new(DataType::String) }),
            (
                "ro",
                DataType::Row {
                    fields: vec![
                        StructField { name: "x".into(), data_type: DataType::Int },
                        StructField {
                            name: "y".into(),
                            data_type: DataType::Array { element: Box::new(DataType::Int) },
                        },
                    ],
                },
            ),
            ("mp", DataType::Map { key: Box::new(DataType::Date), value: Box::new(DataType::String) }),
        ],
        "a\u{2}\u{2}c|\u{2}1\u{3}2|2024-01-02\u{3}say \"x\"\t\u{2}2024-01-03",
    );
    let mut encoder = encoder(&console::DEFINITION, &batch.schema, &json!({}));
    let line = encode(encoder.as_mut(), &batch);
    let values = line.split_once(" : ").unwrap().1;
    assert_eq!(values, "[a, null, c], [null, [1, 2]], {\"2024-01-02\":\"say \\\"x\\\"\\t\",\"2024-01-03\":null}\n");
}

#[test]
fn a_line_that_does_not_fit_waits_for_the_next_output() {
    let batch = batch(&[("v", DataType::String)], "a\nb");
    let mut encoder = encoder(&console::DEFINITION, &batch.schema, &json!({}));
    let bound = encoder.row_bound(&batch, 0);
    let mut bytes = vec![0u8; bound];
    assert_eq!(encoder.encode(&batch, 0, &mut OutputBuffer::new(&mut bytes[..5])).unwrap(), 0);
    assert_eq!(encoder.encode(&batch, 0, &mut OutputBuffer::new(&mut bytes)).unwrap(), 1);
    let mut output = OutputBuffer::new(&mut bytes);
    assert_eq!(encoder.encode(&batch, 1, &mut output).unwrap(), 2);
    assert!(String::from_utf8_lossy(output.written()).contains("rowIndex=2:"));
}

#[test]
fn an_unknown_row_kind_fails_at_its_row() {
    let mut batch = batch(&[("v", DataType::String)], "a\nb");
    batch.kinds = Some(Int8Array::from(vec![0, 7]));
    let mut encoder = encoder(&console::DEFINITION, &batch.schema, &json!({}));
    let mut bytes = vec![0u8; 1_024];
    let error = encoder.encode(&batch, 0, &mut OutputBuffer::new(&mut bytes)).unwrap_err();
    assert_eq!((error.code, error.row), (ErrorCode::RowKindUnknown, Some(1)));
}

#[test]
fn discard_takes_every_row_and_writes_nothing() {
    let batch = batch(&[("v", DataType::String)], "a\nb");
    let mut encoder = encoder(&discard::DEFINITION, &batch.schema, &json!({}));
    let mut output = OutputBuffer::new(&mut []);
    assert_eq!(encoder.encode(&batch, 0, &mut output).unwrap(), 2);
    assert!(output.is_empty());
    assert!(!encoder.needs_row_number());
    assert_eq!(encoder.row_bound(&batch, 0), 0);
}
