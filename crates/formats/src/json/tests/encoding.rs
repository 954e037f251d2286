//! Batches that are written.

use super::{DEFINITION, batch_rows, decode_all, schema};
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type};
use arrow_array::{ArrayRef, PrimitiveArray, StringArray};
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::{Batch, OutputBuffer};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

/// The text of a batch, written into buffers of `room` bytes.
fn encode(batch: &Batch, options: &Value, room: usize) -> (String, Vec<u64>) {
    let mut encoder = DEFINITION.encoder.unwrap()(&batch.schema, options, &Context::default()).unwrap();
    let (mut text, mut row) = (Vec::new(), 0);
    while row < batch.rows {
        let mut buffer = vec![0; room.max(encoder.row_bound(batch, row))];
        let mut output = OutputBuffer::new(&mut buffer);
        let next = encoder.encode(batch, row, &mut output).unwrap();
        assert!(next > row, "a buffer of the row's bound holds the row");
        text.extend_from_slice(output.written());
        row = next;
    }
    (String::from_utf8(text).unwrap(), encoder.row_ends().to_vec())
}

/// A batch that is read from text.
fn batch(columns: &Value, text: &str) -> Batch {
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: text.len() };
    let mut decoder = super::decoder(&schema(columns), &json!({}), &Context::default());
    decoder.decode(text.as_bytes(), bounds).unwrap().batch.unwrap()
}

#[test]
fn every_type_has_its_text() {
    let decimal = json!({ "kind": "DECIMAL", "precision": 20, "scale": 8 });
    for (data_type, read, written) in [
        (json!("BOOLEAN"), "true", "true"),
        (json!("TINYINT"), "-128", "-128"),
        (json!("SMALLINT"), "0", "0"),
        (json!("INT"), "12345", "12345"),
        (json!("BIGINT"), "-9223372036854775808", "-9223372036854775808"),
        (json!("FLOAT"), "3.1", "3.1"),
        (json!("DOUBLE"), "1e7", "1.0E7"),
        (json!("DOUBLE"), "0.001", "0.001"),
        (json!("DOUBLE"), "-12.34", "-12.34"),
        (json!("DOUBLE"), "5", "5.0"),
        (json!("DOUBLE"), "-0.0", "-0.0"),
        (json!("DOUBLE"), "\"NaN\"", "\"NaN\""),
        (json!("DOUBLE"), "1e400", "\"Infinity\""),
        (decimal.clone(), "12.30", "12.3"),
        (decimal.clone(), "100.00", "100"),
        (decimal.clone(), "0.00", "0"),
        (decimal, "0.00000010", "1E-7"),
        (
            json!("STRING"),
            r#""é \" \\ / \b\f\n\r\t\u0001\u001f\u007f""#,
            "\"é \\\" \\\\ / \\b\\f\\n\\r\\t\\u0001\\u001F\u{7f}\"",
        ),
        (json!("STRING"), "\"\"", "\"\""),
        (json!("DATE"), "\"2024/02/29\"", "\"2024-02-29\""),
        (json!("TIME"), "\"10:15\"", "\"10:15:00\""),
        (json!("TIME"), "\"10:15:01.50\"", "\"10:15:01.5\""),
        (json!("TIMESTAMP"), "\"2024-01-01 00:00:00\"", "\"2024-01-01T00:00:00\""),
        (json!("TIMESTAMP"), "\"1969-12-31 23:59:59.999999\"", "\"1969-12-31T23:59:59.999999\""),
        (json!("TIMESTAMP_TZ"), "\"2024-01-01T00:00:00+05:30\"", "\"2024-01-01T00:00:00+05:30\""),
        (json!("TIMESTAMP_TZ"), "\"2024-01-01T00:00:00Z\"", "\"2024-01-01T00:00:00Z\""),
        (json!("BYTES"), "\"AQI=\"", "\"AQI=\""),
        (json!("NULL"), "1", "null"),
        (json!({ "kind": "ARRAY", "element": { "kind": "INT" } }), "[1,null,3]", "[1,null,3]"),
        (json!({ "kind": "ARRAY", "element": { "kind": "INT" } }), "[]", "[]"),
        (
            json!({ "kind": "MAP", "key": { "kind": "INT" }, "value": { "kind": "STRING" } }),
            "{\"1\":\"a\",\"2\":null}",
            "{\"1\":\"a\",\"2\":null}",
        ),
        (
            json!({ "kind": "MAP", "key": { "kind": "DOUBLE" }, "value": { "kind": "INT" } }),
            "{\"NaN\":1,\"2\":2}",
            "{\"NaN\":1,\"2.0\":2}",
        ),
        (
            json!({ "kind": "MAP", "key": { "kind": "DATE" }, "value": { "kind": "INT" } }),
            "{\"2024-01-01\":1}",
            "{\"2024-01-01\":1}",
        ),
        (json!({ "kind": "ROW", "fields": [{ "name": "a\"b", "type": { "kind": "INT" } }] }), "[5]", "{\"a\\\"b\":5}"),
        (json!({ "kind": "ROW", "fields": [] }), "{}", "{}"),
        (json!("FLOAT_VECTOR"), "[1.5]", "[1.5]"),
    ] {
        let batch = batch(&json!({ "v": data_type }), &format!("{{\"v\":{read}}}\n{{}}\n"));
        let (text, _) = encode(&batch, &json!({}), 1 << 16);
        assert_eq!(text, format!("\n{{\"v\":{written}}}\n{{\"v\":null}}"), "{read} as {data_type}");
    }
}

#[test]
fn rows_come_in_schema_order_behind_their_delimiter() {
    let columns = json!({ "a name of more than thirty-two bytes, that is": "INT", "b": "STRING" });
    let batch = batch(&columns, "{\"b\":\"x\"}\n{\"b\":\"y\",\"a name of more than thirty-two bytes, that is\":2}\n");
    let (text, row_ends) = encode(&batch, &json!({ "rowDelimiter": "\r\n" }), 1 << 16);
    let first = "\r\n{\"a name of more than thirty-two bytes, that is\":null,\"b\":\"x\"}";
    assert_eq!(text, format!("{first}\r\n{{\"a name of more than thirty-two bytes, that is\":2,\"b\":\"y\"}}"));
    assert_eq!(row_ends, [first.len() as u64, text.len() as u64]);
}

#[test]
fn a_full_buffer_stops_at_a_row() {
    let text: String = (0..500).map(|i| format!("{{\"a\":{i},\"b\":\"text {i}\"}}\n")).collect();
    let batch = batch(&json!({ "a": "INT", "b": "STRING" }), &text);
    let whole = encode(&batch, &json!({}), 1 << 20);
    assert_eq!(encode(&batch, &json!({}), 0), whole);
    assert_eq!(encode(&batch, &json!({}), 1_000), whole);
    assert_eq!(whole.0.trim_start(), text.trim_end());
    let mut encoder = DEFINITION.encoder.unwrap()(&batch.schema, &json!({}), &Context::default()).unwrap();
    assert_eq!(encoder.encode(&batch, 0, &mut OutputBuffer::new(&mut [0; 8])), Ok(0));
}

#[test]
fn a_slice_of_a_batch_is_written_alone() {
    let columns = json!({ "a": "INT", "b": "STRING", "c": { "kind": "ARRAY", "element": { "kind": "STRING" } } });
    let text: String = (0..10).map(|i| format!("{{\"a\":{i},\"b\":\"b{i}\",\"c\":[\"c{i}\"]}}\n")).collect();
    let slice = batch(&columns, &text).slice(3, 2);
    let (written, _) = encode(&slice, &json!({}), 1 << 16);
    assert_eq!(written, "\n{\"a\":3,\"b\":\"b3\",\"c\":[\"c3\"]}\n{\"a\":4,\"b\":\"b4\",\"c\":[\"c4\"]}");
}

#[test]
fn a_map_whose_keys_have_no_text_is_refused() {
    let map =
        json!({ "kind": "MAP", "key": { "kind": "ARRAY", "element": { "kind": "INT" } }, "value": { "kind": "INT" } });
    let error =
        DEFINITION.encoder.unwrap()(&schema(&json!({ "m": map })), &json!({}), &Context::default()).err().unwrap();
    assert_eq!((error.code, error.field.as_deref()), (millrace_batch::ErrorCode::TypeUnsupported, Some("m")));
}

#[test]
fn a_batch_without_columns_gives_empty_objects() {
    let schema = schema(&json!({}));
    let (text, _) = encode(&Batch::try_new(schema, vec![], 2).unwrap(), &json!({}), 1 << 10);
    assert_eq!(text, "\n{}\n{}");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        texts in prop::collection::vec(prop::option::of("[\\x00-\\x7fé\u{1F600}]{0,80}"), 1..20),
        doubles in prop::collection::vec(prop_oneof![any::<f64>(), (-1_000_000i64..1_000_000).prop_map(|n| n as f64 / 100.0)], 20),
        room in 0usize..2_000,
    ) {
        let rows = texts.len();
        let decimal = json!({ "kind": "DECIMAL", "precision": 38, "scale": 10 });
        let schema = schema(&json!({ "s": "STRING", "d": "DOUBLE", "f": "FLOAT", "n": decimal }));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>()),
            Arc::new(PrimitiveArray::<Float64Type>::from_iter_values(doubles[..rows].iter().copied())),
            Arc::new(PrimitiveArray::<Float32Type>::from_iter_values(doubles[..rows].iter().map(|value| *value as f32))),
            Arc::new(
                PrimitiveArray::<Decimal128Type>::from_iter_values(doubles[..rows].iter().map(|value| i128::from(*value as i64)))
                    .with_precision_and_scale(38, 10).unwrap(),
            ),
        ];
        let batch = Batch::try_new(Arc::clone(&schema), columns, rows).unwrap();
        let (text, row_ends) = encode(&batch, &json!({}), room);
        prop_assert_eq!(row_ends.last(), Some(&(text.len() as u64)));
        for line in text.lines().skip(1) {
            prop_assert!(serde_json::from_str::<Value>(line).is_ok(), "{}", line);
        }
        prop_assert_eq!(decode_all(&schema, &json!({}), text.as_bytes()), (batch_rows(&batch), None));
    }

    #[test]
    fn doubles_have_the_text_of_java(value in prop_oneof![any::<f64>(), (-100_000_000i64..100_000_000).prop_map(|n| n as f64 / 1e4), -1e8..1e8]) {
        let column: ArrayRef = Arc::new(PrimitiveArray::<Float64Type>::from_iter_values([value]));
        let batch = Batch::try_new(schema(&json!({ "d": "DOUBLE" })), vec![column], 1).unwrap();
        let mut out = [0; millrace_batch::text::MAX_SCALAR_BYTES];
        let length = millrace_batch::text::write_f64(value, &mut out);
        let quote = if value.is_finite() { "" } else { "\"" };
        let expected = format!("\n{{\"d\":{quote}{}{quote}}}", std::str::from_utf8(&out[..length]).unwrap());
        prop_assert_eq!(encode(&batch, &json!({}), 1 << 10).0, expected);
    }
}
