//! Records that are read, and records that are refused.

use super::{decode_all, schema};
use millrace_batch::ErrorCode::{
    DateTimeUnsupported, DateUnsupported, EncodingInvalid, RecordMalformed, ValueMalformed,
};
use millrace_batch::codec::{Context, InputBounds};
use serde_json::{Value, json};

/// The value of a column `v` of a type in the record `{"v": text}`, or the error's code and field.
fn read(data_type: &Value, text: &str) -> Result<Value, (millrace_batch::ErrorCode, Option<String>)> {
    let line = format!("{{\"v\":{text},\"behind\":\"a text that makes the line long enough for every fast path\"}}\n");
    let (rows, error) = decode_all(&schema(&json!({ "v": data_type })), &json!({}), line.as_bytes());
    match error {
        None => Ok(rows[0][0].clone()),
        Some(error) => Err((error.code, error.field)),
    }
}

#[test]
fn scalars_are_read_as_their_columns_say() {
    let decimal = json!({ "kind": "DECIMAL", "precision": 5, "scale": 2 });
    for (data_type, text, expected) in [
        (json!("INT"), "12", json!(12)),
        (json!("INT"), "-2147483648", json!(i32::MIN)),
        (json!("INT"), "1.9", json!(1)),
        (json!("INT"), "-1.9", json!(-1)),
        (json!("INT"), "1e3", json!(1_000)),
        (json!("INT"), "\" 42 \"", json!(42)),
        (json!("INT"), "null", Value::Null),
        (json!("TINYINT"), "127", json!(127)),
        (json!("SMALLINT"), "\"-7\"", json!(-7)),
        (json!("BIGINT"), "9223372036854775807", json!(i64::MAX)),
        (json!("BIGINT"), "1234567890123456", json!(1_234_567_890_123_456i64)),
        (json!("BOOLEAN"), "true", json!(true)),
        (json!("BOOLEAN"), "\" TRUE \"", json!(true)),
        (json!("BOOLEAN"), "1", json!(false)),
        (json!("BOOLEAN"), "{}", json!(false)),
        (json!("DOUBLE"), "12.34", json!("12.34")),
        (json!("DOUBLE"), "1e400", json!("inf")),
        (json!("DOUBLE"), "\"NaN\"", json!("NaN")),
        (json!("DOUBLE"), "123456789.123456789", json!("123456789.12345679")),
        (json!("FLOAT"), "0.1", json!("0.1")),
        (json!("FLOAT"), "16777217", json!("16777216")),
        (decimal.clone(), "1.235", json!("124")),
        (decimal.clone(), "\"-1.5\"", json!("-150")),
        (decimal, "999.99", json!("99999")),
        (json!("STRING"), "\"text\"", json!("text")),
        (json!("STRING"), "\"\"", json!("")),
        (json!("STRING"), r#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, json!("a\"\\/\u{8}\u{c}\n\r\té😀")),
        (
            json!("STRING"),
            "\"thirty-two bytes and then still more of them, é\"",
            json!("thirty-two bytes and then still more of them, é"),
        ),
        (json!("STRING"), "12", json!("12")),
        (json!("STRING"), "1.50", json!("1.5")),
        (json!("STRING"), "true", json!("true")),
        (json!("STRING"), "{ \"a\" : [ 1 , 2.0 ] }", json!("{\"a\":[1,2.0]}")),
        (json!("STRING"), "\"a raw\ttab\"", json!("a raw\ttab")),
        (json!("DATE"), "\"2024-02-29\"", json!(19_782)),
        (json!("DATE"), "\"2024/2/29\"", json!(19_782)),
        (json!("DATE"), "20240229", json!(19_782)),
        (json!("DATE"), "\"\"", Value::Null),
        (json!("TIME"), "\"10:15:00.5\"", json!(36_900_500_000_000i64)),
        (json!("TIMESTAMP"), "\"1970-01-02 00:00:01\"", json!(86_401_000_000i64)),
        (json!("TIMESTAMP"), "\"1970-01-02T00:00:01.25\"", json!(86_401_250_000i64)),
        (json!("TIMESTAMP"), r#""1970-01-02\u002000:00:01""#, json!(86_401_000_000i64)),
        (json!("TIMESTAMP_TZ"), "\"1970-01-01T08:00:00+08:00\"", json!([0, 480])),
        (json!("BYTES"), "\"AQID\"", json!([1, 2, 3])),
        (json!("BYTES"), "\"AQI=\"", json!([1, 2])),
        (json!("NULL"), "{\"a\":1}", Value::Null),
        (json!("FLOAT_VECTOR"), "[1, 2.5]", json!(["1", "2.5"])),
        (json!("SPARSE_FLOAT_VECTOR"), "{\"3\":0.5}", json!([[3, "0.5"]])),
    ] {
        assert_eq!(read(&data_type, text), Ok(expected), "{text} as {data_type}");
    }
}

#[test]
fn values_of_another_type_are_refused_with_their_field() {
    let decimal = json!({ "kind": "DECIMAL", "precision": 5, "scale": 2 });
    let list = json!({ "kind": "ARRAY", "element": { "kind": "INT" } });
    for (data_type, text, code) in [
        (json!("INT"), "2147483648", ValueMalformed),
        (json!("INT"), "\"1.5\"", ValueMalformed),
        (json!("INT"), "\"\"", ValueMalformed),
        (json!("INT"), "true", ValueMalformed),
        (json!("INT"), "{}", ValueMalformed),
        (json!("TINYINT"), "128", ValueMalformed),
        (json!("BIGINT"), "9223372036854775808", ValueMalformed),
        (json!("BIGINT"), "1e19", ValueMalformed),
        (json!("DOUBLE"), "\"x\"", ValueMalformed),
        (json!("DOUBLE"), "false", ValueMalformed),
        (decimal, "1000", ValueMalformed),
        (json!("DATE"), "\"2023-02-29\"", DateUnsupported),
        (json!("TIME"), "\"25:00\"", ValueMalformed),
        (json!("TIMESTAMP"), "\"2024-01-01\"", DateTimeUnsupported),
        (json!("TIMESTAMP_TZ"), "\"2024-01-01T00:00:00\"", DateTimeUnsupported),
        (json!("BYTES"), "\"***\"", ValueMalformed),
        (json!("BYTES"), "1", ValueMalformed),
        (list, "5", ValueMalformed),
        (json!({ "kind": "MAP", "key": { "kind": "STRING" }, "value": { "kind": "INT" } }), "[1]", ValueMalformed),
        (json!({ "kind": "MAP", "key": { "kind": "DATE" }, "value": { "kind": "INT" } }), "{\"\":1}", ValueMalformed),
    ] {
        assert_eq!(read(&data_type, text), Err((code, Some("v".into()))), "{text} as {data_type}");
    }
    let row = json!({ "kind": "ROW", "fields": [{ "name": "a", "type": { "kind": "INT" } }] });
    assert_eq!(read(&row, "{\"a\":\"x\"}"), Err((ValueMalformed, Some("v.a".into()))));
    assert_eq!(read(&row, "7"), Err((ValueMalformed, Some("v".into()))));
}

#[test]
fn nested_values_are_read_by_their_types() {
    let row = json!({ "kind": "ROW", "fields": [
        { "name": "a", "type": { "kind": "INT" } },
        { "name": "b", "type": { "kind": "ARRAY", "element": { "kind": "STRING" } } },
    ] });
    let map = json!({ "kind": "MAP", "key": { "kind": "STRING" }, "value": row });
    for (data_type, text, expected) in [
        (&row, "{\"b\":[\"x\",null,1],\"a\":1}", json!([1, ["x", null, "1"]])),
        (&row, "[1,[],3]", json!([1, []])),
        (&row, "[1]", json!([1, null])),
        (&row, "{}", json!([null, null])),
        (&row, "null", Value::Null),
        (&row, "{\"a\":1,\"a\":2}", json!([2, null])),
        (&map, "{}", json!([])),
        (&map, "{\"k\":{\"a\":1},\"l\":null,\"k\":{\"a\":2}}", json!([["k", [2, null]], ["l", null]])),
        (&map, r#"{"k":null,"\u006b":[3]}"#, json!([["k", [3, null]]])),
    ] {
        assert_eq!(read(data_type, text), Ok(expected), "{text}");
    }
}

#[test]
fn keys_may_come_in_any_order_and_more_than_once() {
    let schema = schema(&json!({ "a": "INT", "b": "STRING", "a key of more than thirty-two bytes": "INT" }));
    let text = concat!(
        "{\"a\":1,\"b\":\"x\",\"a key of more than thirty-two bytes\":7}\n",
        "{\"b\":\"y\",\"a\":2}\n",
        "\n",
        "  \t\r\n",
        "{ \"a\" : 3 , \"other\" : { \"b\" : [ ] } , \"b\" : \"z\" }\r\n",
        "{\"a\":\"bad\",\"b\":\"w\",\"a\":4}\n",
        "{\"\\u0061\":5}\n",
        "{}\n",
        "[{\"a\":6},[7,\"v\"],{\"b\":null}]\n",
        "[]\n",
        "{\"a\":8,\"b\":\"end without a newline\"}",
    );
    let expected = json!([
        [1, "x", 7],
        [2, "y", null],
        [3, "z", null],
        [4, "w", null],
        [5, null, null],
        [null, null, null],
        [6, null, null],
        [7, "v", null],
        [null, null, null],
        [8, "end without a newline", null],
    ]);
    assert_eq!(decode_all(&schema, &json!({}), text.as_bytes()), (expected.as_array().unwrap().clone(), None));
}

#[test]
fn malformed_records_name_their_row_and_keep_the_rows_before() {
    for (record, code) in [
        ("{\"a\":1", RecordMalformed),
        ("{\"a\":1}}", RecordMalformed),
        ("{\"a\":1} {\"a\":2}", RecordMalformed),
        ("{\"a\":1,}", RecordMalformed),
        ("{\"a\" 1}", RecordMalformed),
        ("{\"a\":1{\"a\":2}", RecordMalformed),
        ("{\"a\":01}", RecordMalformed),
        ("{\"a\":\"x\", nonsense}", RecordMalformed),
        ("{\"b\":\"\\ud800\"}", RecordMalformed),
        ("{\"unread\":tru}", RecordMalformed),
        ("{\"a\":1,\"b\":\"a text that", RecordMalformed),
        ("7", RecordMalformed),
        ("null", RecordMalformed),
        ("text", RecordMalformed),
        ("{\"a\":\"x\"}", ValueMalformed),
    ] {
        let text = format!("{{\"a\":1}}\n{{\"a\":2}}\n{record}\n{{\"a\":3}}\n");
        let (rows, error) = decode_all(&schema(&json!({ "a": "INT" })), &json!({}), text.as_bytes());
        let error = error.expect(record);
        assert_eq!((error.code, error.row), (code, Some(2)), "{record}");
        assert_eq!(rows, [json!([1]), json!([2])], "{record}");
    }
}

#[test]
fn a_message_shows_the_text_and_at_most_64_bytes_of_it() {
    let text = format!("{{\"a\":\"{}\"}}\n", "x".repeat(500));
    let (_, error) = decode_all(&schema(&json!({ "a": "INT" })), &json!({}), text.as_bytes());
    let message = error.unwrap().message;
    assert!(message.starts_with("reading '\"xxx") && message.ends_with("…' as INT") && message.len() < 90, "{message}");
}

#[test]
fn text_that_is_not_utf8_is_refused_at_its_row() {
    let text = b"{\"a\":\"x\"}\n{\"a\":\"\xff\"}\n{\"a\":\"y\"}\n";
    let (rows, error) = decode_all(&schema(&json!({ "a": "STRING" })), &json!({}), text);
    let error = error.unwrap();
    assert_eq!((rows, error.code, error.row), (vec![json!(["x"])], EncodingInvalid, Some(1)));
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let (rows, error) = decode_all(&schema(&json!({ "a": "INT" })), &json!({}), "\u{feff}{\"a\":1}".as_bytes());
    assert_eq!((rows, error), (vec![json!([1])], None));
}

#[test]
fn columns_can_be_chosen_and_partition_columns_added() {
    let options = json!({
        "fileSchema": { "columns": [
            { "name": "a", "type": { "kind": "INT" } }, { "name": "b", "type": { "kind": "STRING" } },
        ] },
        "readColumns": ["b"],
        "partitionColumns": ["day", "hour"],
    });
    let schema = schema(&json!({ "b": "STRING", "day": "STRING", "hour": "STRING" }));
    let mut decoder = super::decoder(&schema, &options, &Context::default());
    decoder.begin("{\"partitions\":{\"day\":\"monday\"}}").unwrap();
    let text = b"{\"a\":1,\"b\":\"x\"}\n[[2,\"y\"]]\n";
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: text.len() };
    let batch = decoder.decode(text, bounds).unwrap().batch.unwrap();
    assert_eq!(super::batch_rows(&batch), [json!(["x", "monday", null]), json!(["y", "monday", null])]);
    let wrong = json!({ "readColumns": ["a"] });
    assert!(super::DEFINITION.decoder.unwrap()(&schema, &wrong, &Context::default()).is_err());
}

#[test]
fn what_is_too_large_is_refused() {
    let context = Context { value_limit_bytes: 64, ..Context::default() };
    let schema = schema(&json!({ "a": "STRING" }));
    let bounds =
        |limit, end_of_file| InputBounds { skip_partial_record: false, start_of_file: true, end_of_file, limit };
    for text in [format!("{{\"a\":\"{}\"}}\n", "x".repeat(64)), format!("{{\"a\":\"{}", "x".repeat(64))] {
        let error = super::decoder(&schema, &json!({}), &context).decode(text.as_bytes(), bounds(text.len(), false));
        assert_eq!(error.unwrap_err().code, millrace_batch::ErrorCode::ValueTooLarge);
    }
    let fields: Vec<Value> =
        (0..1_000).map(|i| json!({ "name": format!("f{i}"), "type": { "kind": "INT" } })).collect();
    let wide = json!({ "kind": "ARRAY", "element": { "kind": "ROW", "fields": fields } });
    let bomb = format!("{{\"v\":[{}{{}}]}}\n", "{},".repeat(20_000));
    let (rows, error) = decode_all(&super::schema(&json!({ "v": wide })), &json!({}), bomb.as_bytes());
    assert_eq!((rows.len(), error.unwrap().code), (0, millrace_batch::ErrorCode::ValueTooLarge));
}

#[test]
fn nesting_beyond_64_levels_is_refused() {
    let nested = |depth: usize| format!("{{\"v\":{}{}}}\n", "[".repeat(depth), "]".repeat(depth));
    let schema = schema(&json!({ "v": "STRING" }));
    assert_eq!(decode_all(&schema, &json!({}), nested(63).as_bytes()).1, None);
    assert_eq!(decode_all(&schema, &json!({}), nested(64).as_bytes()).1.unwrap().code, RecordMalformed);
    assert_eq!(decode_all(&schema, &json!({}), nested(100_000).as_bytes()).1.unwrap().code, RecordMalformed);
}

#[test]
fn one_array_over_many_lines_is_read_element_by_element() {
    let schema = schema(&json!({ "a": "INT" }));
    let options = json!({ "arrayDocument": true });
    for text in ["[{\"a\":1},{\"a\":2}]", "\u{feff} [\n  {\n    \"a\": 1\n  },\n  [ 2 ]\n]\n\n"] {
        assert_eq!(decode_all(&schema, &options, text.as_bytes()), (vec![json!([1]), json!([2])], None), "{text}");
    }
    for text in ["", " ", "[]", "[ ]\n"] {
        assert_eq!(decode_all(&schema, &options, text.as_bytes()), (vec![], None), "{text:?}");
    }
    for text in [
        "[{\"a\":1}",
        "[{\"a\":1},",
        "[{\"a\":1},]",
        "[{\"a\":1} {\"a\":2}]",
        "[{\"a\":1},{\"a\":2]",
        "[{\"a\":1}]x",
        "[{\"a\":1},2]",
    ] {
        let (rows, error) = decode_all(&schema, &options, text.as_bytes());
        let error = error.expect(text);
        assert_eq!((rows, error.code, error.row), (vec![json!([1])], RecordMalformed, Some(1)), "{text}");
    }
    let error = decode_all(&schema, &options, b"{\"a\":1}").1.unwrap();
    assert_eq!((error.code, error.row), (RecordMalformed, Some(0)));
}

#[test]
fn a_large_file_comes_in_batches() {
    let text: String = (0..20_000).map(|i| format!("{{\"a\":{i}}}\n")).collect();
    let schema = schema(&json!({ "a": "INT" }));
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: text.len() };
    let decoded = super::decoder(&schema, &json!({}), &Context::default()).decode(text.as_bytes(), bounds).unwrap();
    assert_eq!((decoded.batch.unwrap().rows, decoded.done), (8_192, false));
    let (rows, _) = decode_all(&schema, &json!({}), text.as_bytes());
    assert_eq!((rows.len(), &rows[19_999]), (20_000, &json!([19_999])));
}
