#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::tests::{WHOLE, schema};
use super::{csv, text};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int16Array,
    Int32Array, Int64Array, NullArray, StringArray, Time64NanosecondArray, TimestampMicrosecondArray,
};
use millrace_batch::codec::{CodecDefinition, Context, Encoder};
use millrace_batch::schema::{DataType, StructField};
use millrace_batch::{Batch, ErrorCode, OutputBuffer, Schema};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn encoder(format: &CodecDefinition, schema: &Arc<Schema>, options: &Value) -> Box<dyn Encoder> {
    format.encoder.unwrap()(schema, options, &Context::default()).unwrap()
}

/// Encodes with outputs of `room` bytes, which grow only for a row that does not fit alone.
fn encode(format: &CodecDefinition, options: &Value, batch: &Batch, room: usize) -> String {
    let mut encoder = encoder(format, &batch.schema, options);
    let (mut row, mut text, mut room) = (0, Vec::new(), room);
    while row < batch.rows {
        let mut bytes = vec![0u8; room];
        let mut output = OutputBuffer::new(&mut bytes);
        let next = encoder.encode(batch, row, &mut output).unwrap();
        text.extend_from_slice(output.written());
        if next == row {
            let bound = encoder.row_bound(batch, row);
            assert!(bound > room, "no progress although the row fits");
            room = bound;
        }
        row = next;
    }
    assert_eq!(encoder.row_ends().len(), batch.rows);
    assert_eq!(encoder.row_ends().last().copied().unwrap_or(0), text.len() as u64);
    encoder.reset(0);
    assert!(encoder.row_ends().is_empty());
    String::from_utf8(text).unwrap()
}

fn texts(values: &[Option<&str>]) -> Batch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int32Array::from_iter_values(0..values.len() as i32)),
        Arc::new(StringArray::from(values.to_vec())),
    ];
    Batch::try_new(schema(&[("i", DataType::Int), ("s", DataType::String)]), columns, values.len()).unwrap()
}

fn every_type() -> Batch {
    let columns: Vec<(&str, DataType, ArrayRef)> = vec![
        ("i", DataType::BigInt, Arc::new(Int64Array::from(vec![Some(-7), None]))),
        ("n", DataType::SmallInt, Arc::new(Int16Array::from(vec![Some(300), None]))),
        ("f", DataType::Float, Arc::new(Float32Array::from(vec![Some(3.1), None]))),
        ("d", DataType::Double, Arc::new(Float64Array::from(vec![Some(12_345_678.9), None]))),
        (
            "dec",
            DataType::Decimal { precision: 10, scale: 2 },
            Arc::new(Decimal128Array::from(vec![Some(110), None]).with_precision_and_scale(10, 2).unwrap()),
        ),
        ("b", DataType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("raw", DataType::Bytes, Arc::new(BinaryArray::from_opt_vec(vec![Some(b"a\xffb"), None]))),
        ("day", DataType::Date, Arc::new(Date32Array::from(vec![Some(19_782), None]))),
        ("time", DataType::Time, Arc::new(Time64NanosecondArray::from(vec![Some(36_900_000_000_000), None]))),
        ("at", DataType::Timestamp, Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None]))),
        ("none", DataType::Null, Arc::new(NullArray::new(2))),
    ];
    let schema = schema(&columns.iter().map(|(name, data_type, _)| (*name, data_type.clone())).collect::<Vec<_>>());
    Batch::try_new(schema, columns.into_iter().map(|column| column.2).collect(), 2).unwrap()
}

#[test]
fn every_type_has_its_java_text_and_null_is_empty() {
    assert_eq!(
        encode(&csv::DEFINITION, &json!({}), &every_type(), 4_096),
        "\n-7,300,3.1,1.23456789E7,1.10,true,a\u{fffd}b,2024-02-29,10:15:00,1969-12-31 23:59:59,\n,,,,,,,,,,"
    );
    let options = json!({"fieldDelimiter": "||", "rowDelimiter": "\r\n", "dateFormat": "yyyy年MM月dd日",
        "timeFormat": "HH:mm:ss.SSS", "datetimeFormat": "yyyyMMddHHmmss"});
    assert_eq!(
        encode(&text::DEFINITION, &options, &every_type(), 1),
        "\r\n-7||300||3.1||1.23456789E7||1.10||true||a\u{fffd}b||2024年02月29日||10:15:00.000||19691231235959||\
         \r\n||||||||||||||||||||"
    );
}

#[test]
fn minimal_quoting_quotes_what_a_reader_would_misread() {
    let batch = texts(&[Some("a"), Some("b,c"), Some("d\"e"), Some("f\ng"), Some("h\r"), Some(""), None, Some("é")]);
    let expected = "\n0,a\n1,\"b,c\"\n2,\"d\"\"e\"\n3,\"f\ng\"\n4,\"h\r\"\n5,\n6,\n7,é";
    for room in [1, 60, 100_000] {
        assert_eq!(encode(&csv::DEFINITION, &json!({}), &batch, room), expected);
    }
    let expected = "\n0,a\n1,b,c\n2,d\"e\n3,f\ng\n4,h\r\n5,\n6,\n7,é";
    assert_eq!(encode(&csv::DEFINITION, &json!({"quoteMode": "NONE"}), &batch, 100), expected);
}

#[test]
fn quoting_all_tells_empty_from_null() {
    let batch = texts(&[Some("a"), Some("b\"c"), Some(""), None]);
    let expected = "\n0,\"a\"\n1,\"b\"\"c\"\n2,\"\"\n3,";
    assert_eq!(encode(&csv::DEFINITION, &json!({"quoteMode": "ALL"}), &batch, 4_096), expected);
}

#[test]
fn a_number_that_holds_the_delimiter_is_quoted() {
    let options = json!({"fieldDelimiter": "."});
    let encoded = encode(&csv::DEFINITION, &options, &every_type(), 4_096);
    assert!(encoded.starts_with("\n-7.300.\"3.1\".\"1.23456789E7\".\"1.10\".true."), "{encoded}");
}

#[test]
fn nested_values_are_joined_by_the_separators_of_their_level() {
    let schema = schema(&[
        ("m", DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) }),
        (
            "r",
            DataType::Row {
                fields: vec![
                    StructField { name: "x".into(), data_type: DataType::Int },
                    StructField {
                        name: "l".into(),
                        data_type: DataType::Array { element: Box::new(DataType::Double) },
                    },
                ],
            },
        ),
    ]);
    let input = "a\u{3}1\u{2}b\u{1}7\u{2}5.0\u{3}6.5\n\u{1}\u{2}1.0";
    let mut decoder = text::DEFINITION.decoder.unwrap()(&schema, &json!({}), &Context::default()).unwrap();
    let batch = decoder.decode(input.as_bytes(), WHOLE).unwrap().batch.unwrap();
    for room in [1, 1_000] {
        let encoded = encode(&text::DEFINITION, &json!({}), &batch, room);
        assert_eq!(encoded, "\na\u{3}1\u{2}b\u{3}\u{1}7\u{2}5.0\u{3}6.5\n\u{1}\u{2}1.0");
    }
}

#[test]
fn patterns_and_modes_that_are_not_known_are_refused() {
    for options in
        [json!({"dateFormat": "dd-MMM-yy"}), json!({"quoteMode": "SOME"}), json!({"quote": null, "quoteMode": "ALL"})]
    {
        let result = csv::DEFINITION.encoder.unwrap()(&schema(&[]), &options, &Context::default());
        assert_eq!(result.err().map(|error| error.code), Some(ErrorCode::OptionInvalid), "{options}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        values in proptest::collection::vec((any::<i64>(), "[ -~é\n\r\"]{0,40}", any::<f64>(), any::<bool>()), 1..200),
        room in 1usize..4_096, all: bool
    ) {
        let schema = schema(&[("i", DataType::BigInt), ("s", DataType::String), ("d", DataType::Double), ("b", DataType::Boolean)]);
        let texts: Vec<Option<&str>> =
            values.iter().map(|value| Some(value.1.as_str()).filter(|text| !text.trim().is_empty())).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(values.iter().map(|value| value.0).collect::<Int64Array>()),
            Arc::new(StringArray::from(texts)),
            Arc::new(values.iter().map(|value| Some(value.2).filter(|value| !value.is_nan())).collect::<Float64Array>()),
            Arc::new(values.iter().map(|value| Some(value.3)).collect::<BooleanArray>()),
        ];
        let batch = Batch::try_new(Arc::clone(&schema), columns, values.len()).unwrap();
        let options = json!({"quotedNewlines": true, "quoteMode": if all { "ALL" } else { "MINIMAL" }});
        let encoded = encode(&csv::DEFINITION, &options, &batch, room);
        let mut decoder = csv::DEFINITION.decoder.unwrap()(&schema, &options, &Context::default()).unwrap();
        let read = decoder.decode(&encoded.as_bytes()[1..], WHOLE).unwrap().batch.unwrap();
        prop_assert_eq!(read.columns, batch.columns);
    }
}
