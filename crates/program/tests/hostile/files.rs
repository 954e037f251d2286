//! The readers and the files they are tried with.

use millrace_batch::codec::Context;
use millrace_batch::{Batch, OutputBuffer, Schema, array_from_json};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A reader with the options it is tried with.
pub(crate) struct Subject {
    /// Name of the test and of the folder in `corpus/`.
    pub(crate) name: &'static str,
    /// Name of the format.
    pub(crate) codec: &'static str,
    /// Whether the format names the byte ranges it wants.
    pub(crate) by_position: bool,
    /// Bytes that the host writes at the beginning of a file.
    header: &'static [u8],
    columns: fn() -> Value,
    options: fn() -> Value,
    /// What `begin` gets for a file, where the format does not say so itself.
    pub(crate) arguments: fn(&[u8]) -> String,
    /// Files that our own encoder does not write.
    foreign: fn() -> Vec<Vec<u8>>,
    /// Whether the encoder of the format writes what its decoder reads.
    own: bool,
}

const CANAL_MESSAGES: [&str; 2] = [
    r#"{"data":[{"id":"1","small":"2","name":"a","day":"2024-01-02","list":[1]}],"type":"INSERT","ts":1}"#,
    r#"{"data":[{"id":1,"name":"b"},{"id":2}],"old":[{"name":"a"},{"small":1}],"type":"UPDATE"}"#,
];
const DEBEZIUM_MESSAGES: [&str; 2] = [
    r#"{"schema":{"a":[1]},"payload":{"before":null,"after":{"id":1,"price":"AN3K","day":19753,"at":1706693400123},"op":"c"}}"#,
    r#"{"before":{"id":1,"price":{"scale":1,"value":"fQ=="}},"after":{"id":1,"flag":1},"op":"u"}"#,
];
const MAXWELL_MESSAGES: [&str; 2] = [
    r#"{"type":"insert","data":{"id":1,"map":{"k":1},"row":{"a":"x"}}}"#,
    r#"{"type":"update","data":{"id":1,"name":"b"},"old":{"name":"a"}}"#,
];
const OGG_MESSAGES: [&str; 2] = [
    r#"{"op_type":"I","after":{"id":1,"amount":2.5}}"#,
    r#"{"op_type":"U","before":{"id":1},"after":{"id":2,"name":"\u00e9"}}"#,
];
const CONNECT_MESSAGES: [&str; 2] =
    [r#"{"schema":{"type":"struct"},"payload":{"id":1,"name":"a"}}"#, r#"{"id":2,"at":1706693400123}"#];

/// Fields of every kind; the last ones are null in what our encoder writes.
const PROTO: &str = r#"
    syntax = "proto3";
    message Order {
      sint64 id = 1; int32 small = 2; string name = 3; double amount = 4; bool flag = 5; repeated int32 list = 6;
      message Row { string a = 1; float b = 2; }
      Row row = 7;
      map<string, fixed32> pairs = 8;
      enum Kind { NEW = 0; OLD = 1; }
      repeated Kind kinds = 9;
      oneof choice { Order next = 10; bytes raw = 11; }
      repeated Row rows = 12;
    }
"#;

/// A message with what our encoder does not write: fields in pieces, unknown ones, a group, entries of a map, another order.
const PROTO_MESSAGE: &[u8] = &[
    0x08, 0x02, 0x32, 2, 1, 2, 0x30, 3, 0x3a, 3, 0x0a, 1, b'x', 0x3a, 5, 0x15, 0, 0, 0x80, 0x3f, 0x42, 8, 0x0a, 1,
    b'k', 0x15, 1, 0, 0, 0, 0x42, 0, 0x4a, 3, 0, 1, 7, 0x5a, 1, 0xff, 0x52, 4, 0x08, 4, 0x10, 9, 0x62, 3, 0x0a, 1,
    b'y', 0x62, 0, 0xa3, 1, 8, 1, 0xa4, 1, 0xf8, 7, 1, 0x10, 0xff, 1,
];

fn messages(messages: &[&str]) -> Vec<Vec<u8>> {
    vec![messages.join("\n").into_bytes(), messages[1].as_bytes().to_vec()]
}

const PLAIN: Subject = Subject {
    name: "",
    codec: "",
    by_position: false,
    header: b"",
    columns,
    options: || json!({ "fileSchema": { "columns": columns() } }),
    arguments: |_| String::new(),
    foreign: Vec::new,
    own: true,
};

/// Every reader of files.
pub(crate) const SUBJECTS: &[Subject] = &[
    Subject {
        name: "binary",
        codec: "binary",
        by_position: true,
        columns: binary_columns,
        options: || json!({ "chunkSize": 7 }),
        arguments: |file| json!({ "length": file.len(), "relativePath": "a/b" }).to_string(),
        foreign: || vec![b"parts of seven bytes".to_vec(), vec![0; 300]],
        own: false,
        ..PLAIN
    },
    Subject {
        name: "markdown",
        codec: "markdown",
        columns: markdown_columns,
        options: || json!({}),
        foreign: || vec![MARKDOWN.into(), b"# a\n\ntext".to_vec()],
        ..PLAIN
    },
    Subject {
        name: "xml",
        codec: "xml",
        header: b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<RECORDS>",
        columns: flat_columns,
        options: || xml(false),
        foreign: || {
            vec![
                b"<r><RECORD><id>1</id><name>a &amp; b</name></RECORD><RECORD/><RECORD><id> 2 </id></RECORD></r>"
                    .to_vec(),
            ]
        },
        ..PLAIN
    },
    Subject {
        name: "xml-attributes",
        codec: "xml",
        header: b"<RECORDS>",
        columns: flat_columns,
        options: || xml(true),
        foreign: || vec![b"<!DOCTYPE r [<!ENTITY x 'y'>]><r><!-- c --><RECORD id='1' name='&#x41;'/></r>".to_vec()],
        ..PLAIN
    },
    Subject { name: "csv", codec: "csv", options: || delimited(json!({})), ..PLAIN },
    Subject {
        name: "csv-quoted-newlines",
        codec: "csv",
        options: || delimited(json!({ "quotedNewlines": true, "escape": "\\" })),
        ..PLAIN
    },
    Subject { name: "text", codec: "text", options: || delimited(json!({ "fieldDelimiter": "\u{1}" })), ..PLAIN },
    Subject { name: "json", codec: "json", ..PLAIN },
    Subject { name: "canal-json", codec: "canal_json", foreign: || messages(&CANAL_MESSAGES), ..PLAIN },
    Subject { name: "debezium-json", codec: "debezium_json", foreign: || messages(&DEBEZIUM_MESSAGES), ..PLAIN },
    Subject { name: "maxwell-json", codec: "maxwell_json", foreign: || messages(&MAXWELL_MESSAGES), ..PLAIN },
    Subject { name: "ogg-json", codec: "ogg_json", foreign: || messages(&OGG_MESSAGES), own: false, ..PLAIN },
    Subject { name: "connect-json", codec: "connect_json", foreign: || messages(&CONNECT_MESSAGES), ..PLAIN },
    Subject { name: "arrow", codec: "arrow", options: || json!({}), ..PLAIN },
    Subject { name: "avro", codec: "avro", columns: columns_but_the_row, options: || json!({}), ..PLAIN },
    Subject { name: "excel", codec: "excel", columns: flat_columns, options: sheet, own: false, ..PLAIN },
    Subject {
        name: "protobuf",
        codec: "protobuf",
        columns: protobuf_columns,
        options: || json!({ "protobufMessageName": "Order", "protobufSchema": PROTO }),
        foreign: protobuf_messages,
        ..PLAIN
    },
    Subject {
        name: "parquet",
        codec: "parquet",
        by_position: true,
        header: b"PAR1",
        options: || json!({ "compression": "snappy" }),
        ..PLAIN
    },
    Subject { name: "orc", codec: "orc", by_position: true, header: b"ORC", options: || json!({}), ..PLAIN },
    Subject {
        name: "orc-zlib",
        codec: "orc",
        by_position: true,
        header: b"ORC",
        options: || json!({ "compression": "zlib" }),
        ..PLAIN
    },
];

/// Columns of every kind that all formats can read and write.
fn columns() -> Value {
    json!([
        { "name": "id", "type": { "kind": "BIGINT" } },
        { "name": "small", "type": { "kind": "TINYINT" } },
        { "name": "name", "type": { "kind": "STRING" } },
        { "name": "amount", "type": { "kind": "DOUBLE" } },
        { "name": "price", "type": { "kind": "DECIMAL", "precision": 20, "scale": 3 } },
        { "name": "flag", "type": { "kind": "BOOLEAN" } },
        { "name": "day", "type": { "kind": "DATE" } },
        { "name": "at", "type": { "kind": "TIMESTAMP" } },
        { "name": "list", "type": { "kind": "ARRAY", "element": { "kind": "INT" } } },
        { "name": "map", "type": { "kind": "MAP", "key": { "kind": "STRING" }, "value": { "kind": "INT" } } },
        { "name": "row", "type": { "kind": "ROW", "fields": [
            { "name": "a", "type": { "kind": "STRING" } }, { "name": "b", "type": { "kind": "FLOAT" } },
        ] } },
    ])
}

fn protobuf_columns() -> Value {
    let row = json!({ "kind": "ROW", "fields": [
        { "name": "a", "type": { "kind": "STRING" } }, { "name": "b", "type": { "kind": "FLOAT" } },
    ] });
    let text = json!({ "kind": "STRING" });
    let more = json!([
        { "name": "pairs", "type": { "kind": "MAP", "key": text, "value": { "kind": "BIGINT" } } },
        { "name": "kinds", "type": { "kind": "ARRAY", "element": text } },
        { "name": "next", "type": { "kind": "ROW", "fields": [
            { "name": "small", "type": { "kind": "TINYINT" } }, { "name": "row", "type": row },
        ] } },
        { "name": "raw", "type": { "kind": "BYTES" } },
        { "name": "rows", "type": { "kind": "ARRAY", "element": row } },
    ]);
    let mut all = columns();
    let all = all.as_array_mut().unwrap();
    all.retain(|column| !matches!(column["name"].as_str(), Some("price" | "day" | "at" | "map")));
    all.extend(more.as_array().unwrap().iter().cloned());
    Value::from(all.clone())
}

fn protobuf_messages() -> Vec<Vec<u8>> {
    let message = [&(PROTO_MESSAGE.len() as u32).to_le_bytes()[..], PROTO_MESSAGE].concat();
    vec![message.repeat(3), message]
}

/// Without the last column: a row may not be null everywhere.
fn columns_but_the_row() -> Value {
    let mut all = columns();
    all.as_array_mut().unwrap().pop();
    all
}

/// Columns of single values.
fn flat_columns() -> Value {
    let mut all = columns();
    all.as_array_mut().unwrap().truncate(8);
    all
}

fn sheet() -> Value {
    json!({ "fileSchema": { "columns": flat_columns() }, "skipHeaderRows": 1 })
}

fn binary_columns() -> Value {
    json!([
        { "name": "data", "type": { "kind": "BYTES" } },
        { "name": "relativePath", "type": { "kind": "STRING" } },
        { "name": "partIndex", "type": { "kind": "BIGINT" } },
    ])
}

fn markdown_columns() -> Value {
    let texts = ["element_id", "element_type", "text", "parent_id", "child_ids"];
    let numbers = ["heading_level", "page_number", "position_index"];
    let texts = texts.map(|name| json!({ "name": name, "type": { "kind": "STRING" } }));
    let numbers = numbers.map(|name| json!({ "name": name, "type": { "kind": "INT" } }));
    texts.into_iter().chain(numbers).collect()
}

const MARKDOWN: &str = "# One\n\ntext *with* `marks`\n\n- a\n- b\n  1. c\n\n> quote\n\n```rust\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";

fn xml(use_attributes: bool) -> Value {
    json!({
        "rowTag": "RECORD", "rootTag": "RECORDS", "useAttributes": use_attributes, "fieldDelimiter": "\u{1}",
        "fileSchema": { "columns": flat_columns() },
    })
}

fn delimited(more: Value) -> Value {
    let mut options = json!({
        "fileSchema": { "columns": columns() }, "fieldDelimiter": ",", "rowDelimiter": "\n", "quote": "\"",
        "quoteMode": "MINIMAL", "dateFormat": "yyyy-MM-dd", "datetimeFormat": "yyyy-MM-dd HH:mm:ss", "timeFormat": "HH:mm:ss",
    });
    if let (Value::Object(options), Value::Object(more)) = (&mut options, more) {
        options.extend(more);
    }
    options
}

impl Subject {
    pub(crate) fn schema(&self) -> Arc<Schema> {
        Arc::new(serde_json::from_value(json!({ "table": "t", "columns": (self.columns)() })).unwrap())
    }

    pub(crate) fn options(&self) -> Value {
        (self.options)()
    }
}

fn row(index: i64) -> Value {
    if index % 7 == 6 {
        return json!([index, null, null, null, null, null, null, null, null, null, null]);
    }
    json!([
        index * 1_000_003 - 500,
        index % 100,
        format!("name \"{index}\", {}", "é,\\x".repeat((index % 5) as usize)),
        index as f64 / 7.0,
        format!("{}.{:03}", index * 77, index % 1_000),
        index % 2 == 0,
        format!("2024-02-{:02}", 1 + index % 28),
        format!("2024-02-{:02}T01:02:03", 1 + index % 28),
        (0..index % 4).collect::<Vec<_>>(),
        json!({ "k": index, "l": null }),
        { "a": format!("a{index}"), "b": 0.5 },
    ])
}

/// Rows of the columns of [`columns`]; other columns are null.
fn batch(schema: &Arc<Schema>, rows: i64) -> Batch {
    let rows: Vec<Value> = (0..rows).map(row).collect();
    let names = columns();
    let columns = schema.columns.iter().map(|column| {
        let place = names.as_array().unwrap().iter().position(|known| known["name"] == column.name.as_str());
        let values: Vec<_> =
            rows.iter().map(|row| place.map(|place| &row[place]).filter(|value| !value.is_null())).collect();
        array_from_json(&values, &column.data_type).unwrap()
    });
    Batch::try_new(Arc::clone(schema), columns.collect(), rows.len()).unwrap()
}

/// The files of a folder beside this one, by their names; none when there is no such folder.
pub(crate) fn stored(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(folder);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Files that are right, small ones and some larger: from code, from `seeds/`, and what our own encoder writes.
pub(crate) fn seeds(subject: &Subject) -> Vec<Vec<u8>> {
    let mut files = (subject.foreign)();
    files.extend(stored(&format!("seeds/{}", subject.name)).into_iter().map(|(_, file)| file));
    if subject.own
        && millrace_formats::FORMATS.iter().any(|format| format.name == subject.codec && format.encoder.is_some())
    {
        files.extend([1, 9, 120].map(|rows| write(subject, rows)));
    }
    files
}

/// One file as the host writes it: header, one piece of work, tail.
fn write(subject: &Subject, rows: i64) -> Vec<u8> {
    let definition = millrace_formats::FORMATS.iter().find(|format| format.name == subject.codec).unwrap();
    let (schema, context) = (subject.schema(), Context::default());
    let mut encoder = (definition.encoder.unwrap())(&schema, &subject.options(), &context).unwrap();
    let mut buffer = vec![0; 4 << 20];
    let mut output = OutputBuffer::new(&mut buffer);
    let batch = batch(&schema, rows);
    encoder.reset(0);
    assert_eq!(encoder.encode(&batch, 0, &mut output).unwrap(), batch.rows);
    assert!(encoder.finish(&mut output).unwrap());
    let metadata = encoder.take_metadata().unwrap_or_default();
    let mut file = subject.header.to_vec();
    let start = file.len() as u64;
    file.extend_from_slice(output.written());
    if let Some(assemble) = definition.assemble {
        file.extend(assemble(&schema, &subject.options(), &context, &[(start, &metadata)]).unwrap());
    }
    file
}
