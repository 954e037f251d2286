#![allow(clippy::unwrap_used, clippy::expect_used, clippy::needless_pass_by_value)]

//! Messages of every dialect: what they become, what is refused, and what is written.

use super::super::tests::{batch_rows, schema};
use super::{CANAL, CONNECT, DEBEZIUM, MAXWELL, OGG};
use millrace_batch::codec::{CodecDefinition, Context, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Schema};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

const WHOLE: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };

fn orders() -> Arc<Schema> {
    schema(&json!({ "id": "INT", "name": "STRING", "qty": "BIGINT" }))
}

fn decode(format: &CodecDefinition, schema: &Arc<Schema>, text: &str) -> Result<Option<Batch>, KernelError> {
    let mut decoder = (format.decoder.unwrap())(schema, &json!({}), &Context::default()).unwrap();
    decoder.begin("").unwrap();
    decoder.decode(text.as_bytes(), WHOLE).map(|decoded| decoded.batch)
}

/// Rows with their kinds in short form: `["+I", [1, "a", 5]]`.
fn rows(batch: Option<Batch>) -> Vec<Value> {
    let Some(batch) = batch else { return Vec::new() };
    let kinds = (0..batch.rows).map(|row| ["+I", "-U", "+U", "-D"][batch.kind(row) as usize]);
    kinds.zip(batch_rows(&batch)).map(|(kind, row)| json!([kind, row])).collect()
}

fn row(kind: &str, id: Value, name: Value, qty: Value) -> Value {
    json!([kind, [id, name, qty]])
}

#[test]
fn messages_become_rows_with_kinds() {
    let before = row("-U", json!(1), json!("a"), json!(5));
    let after = row("+U", json!(1), json!("b"), json!(5));
    let cases: Vec<(&CodecDefinition, &str, Vec<Value>)> = vec![
        (
            &CANAL,
            r#"{"data":[{"id":"1","name":"a","qty":"5"},{"id":"2","name":null}],"database":"d","type":"INSERT","ts":1}"#,
            vec![row("+I", json!(1), json!("a"), json!(5)), row("+I", json!(2), json!(null), json!(null))],
        ),
        (
            &CANAL,
            r#"{"type":"UPDATE","old":[{"name":"a"}],"data":[{"id":"1","name":"b","qty":"5"}]}"#,
            vec![before.clone(), after.clone()],
        ),
        (
            &CANAL,
            r#"{"type":"UPDATE","old":[{"name":null}],"data":[{"id":1,"name":"b","qty":5}]}"#,
            vec![row("-U", json!(1), json!(null), json!(5)), after.clone()],
        ),
        (&CANAL, r#"{"data":[{"id":1}],"type":"DELETE"}"#, vec![row("-D", json!(1), json!(null), json!(null))]),
        (&CANAL, r#"{"data":{"id":1},"type":"INSERT"}"#, vec![row("+I", json!(1), json!(null), json!(null))]),
        (&CANAL, r#"{"data":null,"type":"ALTER","sql":"alter table t"}"#, vec![]),
        (&CANAL, r#"{"type":"QUERY"}"#, vec![]),
        (&CANAL, r#"{"data":[],"type":"INSERT"}"#, vec![]),
        (&MAXWELL, r#"{"type":"insert","data":{"id":1}}"#, vec![row("+I", json!(1), json!(null), json!(null))]),
        (
            &MAXWELL,
            r#"{"type":"bootstrap-insert","data":{"id":1}}"#,
            vec![row("+I", json!(1), json!(null), json!(null))],
        ),
        (&MAXWELL, r#"{"type":"bootstrap-start","data":{}}"#, vec![]),
        (
            &MAXWELL,
            r#"{"type":"update","data":{"id":1,"name":"b","qty":5},"old":{"name":"a"}}"#,
            vec![before.clone(), after.clone()],
        ),
        (&MAXWELL, r#"{"type":"DELETE","data":{"id":1}}"#, vec![row("-D", json!(1), json!(null), json!(null))]),
        (&MAXWELL, r#"{"type":"table-create"}"#, vec![]),
        (&OGG, r#"{"op_type":"I","after":{"id":1}}"#, vec![row("+I", json!(1), json!(null), json!(null))]),
        (
            &OGG,
            r#"{"op_type":" U","before":{"id":1,"name":"a","qty":5},"after":{"id":1,"name":"b","qty":5}}"#,
            vec![before.clone(), after.clone()],
        ),
        (&OGG, r#"{"op_type":"D","before":{"id":1}}"#, vec![row("-D", json!(1), json!(null), json!(null))]),
        (
            &DEBEZIUM,
            r#"{"before":null,"after":{"id":1,"name":"a","qty":5},"source":{"op":"x"},"op":"c"}"#,
            vec![row("+I", json!(1), json!("a"), json!(5))],
        ),
        (&DEBEZIUM, r#"{"after":{"id":1},"op":"r"}"#, vec![row("+I", json!(1), json!(null), json!(null))]),
        (
            &DEBEZIUM,
            r#"{"schema":{"type":"struct"},"payload":{"op":"u","before":{"id":1,"name":"a","qty":5},"after":{"id":1,"name":"b","qty":5}}}"#,
            vec![before.clone(), after.clone()],
        ),
        (&DEBEZIUM, r#"{"op":"d","before":{"id":1}}"#, vec![row("-D", json!(1), json!(null), json!(null))]),
        (&DEBEZIUM, r#"{"op":"t"}"#, vec![]),
        (&CONNECT, r#"{"schema":{},"payload":{"id":1}}"#, vec![row("+I", json!(1), json!(null), json!(null))]),
        (&CONNECT, r#"{"id":1}"#, vec![row("+I", json!(1), json!(null), json!(null))]),
        (&CONNECT, r#"{"payload":null}"#, vec![]),
        (&CONNECT, "null", vec![]),
        (&CONNECT, " \t", vec![]),
        // Of equal keys the last one counts, outside and inside the row.
        (
            &OGG,
            r#"{"op_type":"D","op_type":"I","after":{"id":2,"id":1}}"#,
            vec![row("+I", json!(1), json!(null), json!(null))],
        ),
    ];
    for (format, text, expected) in cases {
        let read = decode(format, &orders(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(rows(read), expected, "{}: {text}", format.name);
    }
}

#[test]
fn what_is_no_message_of_the_dialect_is_refused_with_its_row() {
    let good = r#"{"op":"c","after":{"id":1}}"#;
    let cases: Vec<(&str, ErrorCode, &str)> = vec![
        ("[]", ErrorCode::RecordMalformed, "it is no object"),
        ("12", ErrorCode::RecordMalformed, "it is no object"),
        ("{}", ErrorCode::RecordMalformed, "it does not say its kind"),
        (r#"{"op":7}"#, ErrorCode::RecordMalformed, "it does not say its kind"),
        (r#"{"op":"x"}"#, ErrorCode::RecordMalformed, "'x' is no kind of change"),
        (r#"{"op":"c"}"#, ErrorCode::RecordMalformed, "its 'after' is missing or null"),
        (r#"{"op":"u","after":{"id":1}}"#, ErrorCode::RecordMalformed, "REPLICA IDENTITY FULL"),
        (r#"{"op":"d","before":null}"#, ErrorCode::RecordMalformed, "its 'before' is missing or null"),
        (r#"{"op":"c","after":[1]}"#, ErrorCode::RecordMalformed, "a row in it is no object"),
        (r#"{"op":"c","after":{"id":"x"}}"#, ErrorCode::ValueMalformed, "reading '\"x\"' as INT"),
        (r#"{"op":"c","after":{"id":1}"#, ErrorCode::RecordMalformed, "it ends too early"),
        (r#"{"op":"c","after":{"id":1}} x"#, ErrorCode::RecordMalformed, "unexpected text at byte 28"),
    ];
    for (text, code, what) in cases {
        let mut decoder = (DEBEZIUM.decoder.unwrap())(&orders(), &json!({}), &Context::default()).unwrap();
        decoder.begin("").unwrap();
        let lines = format!("{good}\n{text}\n{good}");
        let error = decoder.decode(lines.as_bytes(), WHOLE).unwrap_err();
        assert_eq!((error.code, error.row), (code, Some(1)), "{text}: {error}");
        assert!(error.message.contains(what), "{text}: {}", error.message);
        assert_eq!(rows(decoder.rows_before_error()).len(), 1, "{text}");
    }
    let uneven = r#"{"type":"UPDATE","old":[],"data":[{"id":1}]}"#;
    assert!(decode(&CANAL, &orders(), uneven).unwrap_err().message.contains("1 rows have 0 old ones"));
    let half = r#"{"op":"u","before":{"id":1},"after":{"id":{}}}"#;
    let mut decoder = (DEBEZIUM.decoder.unwrap())(&orders(), &json!({}), &Context::default()).unwrap();
    let error = decoder.decode(half.as_bytes(), WHOLE).unwrap_err();
    assert_eq!((error.row, error.field.as_deref()), (Some(0), Some("id")));
    assert!(decoder.rows_before_error().is_none(), "half a message is no message");
}

#[test]
fn debezium_numbers_and_bytes_stand_for_other_values() {
    let decimal = json!({ "kind": "DECIMAL", "precision": 10, "scale": 2 });
    let cases: Vec<(Value, &str, Value)> = vec![
        (json!("DATE"), "19753", json!(19_753)),
        (json!("DATE"), "-1", json!(-1)),
        (json!("DATE"), "\"2024-01-31\"", json!(19_753)),
        (json!("TIME"), "3661000", json!(3_661_000_000_000i64)),
        (json!("TIME"), "3661000000", json!(3_661_000_000_000i64)),
        (json!("TIME"), "86399999999999", json!(86_399_999_999_999i64)),
        (json!("TIMESTAMP"), "1706693400", json!(1_706_693_400_000_000i64)),
        (json!("TIMESTAMP"), "1706693400123", json!(1_706_693_400_123_000i64)),
        (json!("TIMESTAMP"), "1706693400123456", json!(1_706_693_400_123_456i64)),
        (json!("TIMESTAMP"), "1706693400123456789", json!(1_706_693_400_123_456i64)),
        (json!("TIMESTAMP"), "\"2024-01-31 09:30:00\"", json!(1_706_693_400_000_000i64)),
        (json!("BOOLEAN"), "1", json!(true)),
        (json!("BOOLEAN"), "0", json!(false)),
        (json!("BOOLEAN"), "true", json!(true)),
        (decimal.clone(), "12.5", json!("1250")),
        (decimal.clone(), "\"12.5\"", json!("1250")),
        (decimal.clone(), "\"-0.01\"", json!("-1")),
        (decimal.clone(), "\"AN3K\"", json!("56778")),
        (decimal.clone(), "\"/w==\"", json!("-1")),
        (decimal.clone(), r#"{"scale":1,"value":"fQ=="}"#, json!("1250")),
    ];
    for (data_type, text, expected) in cases {
        let schema = schema(&json!({ "v": data_type }));
        let message = format!(r#"{{"op":"c","after":{{"v":{text}}}}}"#);
        let batch = decode(&DEBEZIUM, &schema, &message).unwrap_or_else(|error| panic!("{message}: {error}"));
        let read = batch_rows(&batch.unwrap()).remove(0)[0].clone();
        assert_eq!(read, expected, "{message}");
    }
    for (data_type, text) in [
        (json!("TIME"), "86400000"),
        (json!("TIME"), "-1"),
        (json!("TIMESTAMP"), "9223372036854775808"),
        (json!("DATE"), "3000000000"),
        (decimal.clone(), "\"&&\""),
        (decimal.clone(), "{}"),
        (decimal, r#"{"scale":1,"value":"AAAAAAAAAAAAAAAAAAAAAAA="}"#),
    ] {
        let message = format!(r#"{{"op":"c","after":{{"v":{text}}}}}"#);
        let result = decode(&DEBEZIUM, &schema(&json!({ "v": data_type })), &message);
        let is_zero = text.contains("AAAA");
        assert_eq!(result.is_err(), !is_zero, "{message}: a long zero is zero, everything else is refused");
    }
}

fn encode(format: &CodecDefinition, batch: &Batch, options: Value, capacity: usize) -> String {
    let mut encoder = (format.encoder.unwrap())(&batch.schema, &options, &Context::default()).unwrap();
    encoder.reset(0);
    let (mut text, mut row) = (String::new(), 0);
    let mut capacity = capacity;
    while row < batch.rows {
        let mut bytes = vec![0; capacity];
        let mut output = OutputBuffer::new(&mut bytes);
        let done = encoder.encode(batch, row, &mut output).unwrap();
        if done == row {
            capacity = capacity.max(encoder.row_bound(batch, row));
        }
        row = done;
        text.push_str(std::str::from_utf8(output.written()).unwrap());
        assert_eq!(encoder.row_ends().last().copied().unwrap_or(0), text.len() as u64);
    }
    let mut bytes = vec![0; 4096];
    let mut output = OutputBuffer::new(&mut bytes);
    assert!(encoder.finish(&mut output).unwrap());
    text + std::str::from_utf8(output.written()).unwrap()
}

fn changes(schema: &Arc<Schema>) -> Batch {
    let mut text = String::new();
    for message in [
        r#"{"op":"c","after":{"id":1,"name":"a\"","qty":5}}"#,
        r#"{"op":"u","before":{"id":1,"name":"a\"","qty":5},"after":{"id":1,"name":null,"qty":6}}"#,
        r#"{"op":"d","before":{"id":1,"name":null,"qty":6}}"#,
    ] {
        writeln!(text, "{message}").unwrap();
    }
    decode(&DEBEZIUM, schema, &text).unwrap().unwrap()
}

#[test]
fn rows_are_written_as_their_dialect_writes_them() {
    let schema = Arc::new(Schema { table: "shop.orders".into(), ..(*orders()).clone() });
    let batch = changes(&schema);
    let a = r#"{"id":1,"name":"a\"","qty":5}"#;
    let b = r#"{"id":1,"name":null,"qty":6}"#;
    let canal = |kind: &str, rows: &str| {
        format!(r#"{{"data":[{rows}],"type":"{kind}","database":"shop","table":"orders","ts":null}}"#)
    };
    let maxwell = |kind: &str, rows: &str| format!(r#"{{"data":{rows},"type":"{kind}"}}"#);
    let source = r#""source":{"database":"shop","schema":null,"table":"orders"},"ts_ms":null}"#;
    let debezium =
        |op: &str, before: &str, after: &str| format!(r#"{{"before":{before},"after":{after},"op":"{op}",{source}"#);
    let plain = json!({});
    let merged = json!({ "mergeUpdates": true });
    let cases: Vec<(&CodecDefinition, &Value, Vec<String>)> = vec![
        (&CANAL, &plain, vec![canal("INSERT", a), canal("DELETE", a), canal("INSERT", b), canal("DELETE", b)]),
        (
            &CANAL,
            &merged,
            vec![
                canal("INSERT", a),
                canal("UPDATE", b).replace("],\"type", &format!("],\"old\":[{a}],\"type")),
                canal("DELETE", b),
            ],
        ),
        (
            &MAXWELL,
            &plain,
            vec![maxwell("INSERT", a), maxwell("DELETE", a), maxwell("INSERT", b), maxwell("DELETE", b)],
        ),
        (
            &MAXWELL,
            &merged,
            vec![maxwell("INSERT", a), maxwell("UPDATE", &format!("{b},\"old\":{a}")), maxwell("DELETE", b)],
        ),
        (&OGG, &plain, vec![maxwell("INSERT", a), maxwell("DELETE", a), maxwell("INSERT", b), maxwell("DELETE", b)]),
        (
            &DEBEZIUM,
            &plain,
            vec![
                debezium("c", "null", a),
                debezium("d", a, "null"),
                debezium("c", "null", b),
                debezium("d", b, "null"),
            ],
        ),
        (&DEBEZIUM, &merged, vec![debezium("c", "null", a), debezium("u", a, b), debezium("d", b, "null")]),
    ];
    for (format, options, expected) in cases {
        let expected = format!("\n{}", expected.join("\n"));
        for capacity in [1, 700, 1 << 16] {
            assert_eq!(encode(format, &batch, options.clone(), capacity), expected, "{}", format.name);
        }
    }
}

#[test]
fn a_row_before_a_change_that_stands_alone_is_a_delete() {
    let batch = changes(&orders());
    let merged = json!({ "mergeUpdates": true, "rowDelimiter": "" });
    let cut = batch.slice(0, 2);
    assert!(encode(&MAXWELL, &cut, merged.clone(), 1 << 16).ends_with(r#""type":"DELETE"}"#));
    let twice = decode(
        &DEBEZIUM,
        &orders(),
        "{\"op\":\"u\",\"before\":{\"id\":1},\"after\":{\"id\":2}}\n{\"op\":\"c\",\"after\":{\"id\":3}}",
    );
    let twice = twice.unwrap().unwrap();
    let text = encode(&MAXWELL, &twice, merged, 1 << 16);
    assert_eq!(text.matches("UPDATE").count(), 1, "{text}");
}

#[test]
fn what_is_written_is_read_again_as_the_same_table() {
    let batch = changes(&orders());
    for format in [&CANAL, &MAXWELL, &DEBEZIUM] {
        let merged = encode(format, &batch, json!({ "mergeUpdates": true }), 1 << 16);
        assert_eq!(rows(decode(format, &orders(), &merged).unwrap()), rows(Some(batch.clone())), "{}", format.name);
        let plain = rows(decode(format, &orders(), &encode(format, &batch, json!({}), 1 << 16)).unwrap());
        let kinds: Vec<_> = plain.iter().map(|row| row[0].as_str().unwrap()).collect();
        assert_eq!(kinds, ["+I", "-D", "+I", "-D"], "{}", format.name);
    }
}
