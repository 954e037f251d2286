//! Rows per second and core of every transform and of the most used SQL functions, on rows of the standing benchmark file.

mod chain;
mod rates;

use arrow_array::StringArray;
use millrace_batch::{Batch, Column, DataType, Result, Schema};
use rates::Unit::{self, Numbers, Strings};
use rates::{decode, operator_rate};
use serde_json::{Value, json};
use std::sync::Arc;

/// A measurement: its name, what it is held against, the operator and its options.
type Case = (&'static str, Unit, &'static str, Value);

/// The transforms, as they are lowered.
fn transforms() -> Vec<Case> {
    vec![
        (
            "Copy, FieldMapper, Filter",
            Numbers,
            "project",
            json!({ "columns": [{ "from": "qty" }, { "from": "id", "name": "key" }] }),
        ),
        ("FilterRowKind", Numbers, "filter_row_kind", json!({ "keep": ["INSERT"] })),
        ("RowKindExtractor", Numbers, "row_kind_extract", json!({ "name": "kind", "form": "SHORT" })),
        (
            "Replace, literal",
            Strings,
            "replace",
            json!({ "replaceField": "email", "pattern": "example", "replacement": "test", "isRegex": false, "replaceFirst": false }),
        ),
        (
            "Replace, regular expression",
            Strings,
            "replace",
            json!({ "replaceField": "name", "pattern": "[0-9]+", "replacement": "#", "isRegex": true, "replaceFirst": true }),
        ),
        (
            "Split",
            Strings,
            "split",
            json!({ "separator": "@", "splitField": "email", "outputFields": ["user", "host"] }),
        ),
        (
            "Split, regular expression",
            Strings,
            "split",
            json!({ "separator": "[@.]", "splitField": "email", "outputFields": ["user", "host", "tld"] }),
        ),
        (
            "RegexExtract",
            Strings,
            "regex_extract",
            json!({ "sourceField": "email", "regexPattern": "([^@]+)@(.+)", "outputFields": ["user", "host"] }),
        ),
        ("FieldEncrypt, AES_CBC", Strings, "field_encrypt", encryption("AES_CBC")),
        ("FieldEncrypt, AES_GCM", Strings, "field_encrypt", encryption("AES_GCM")),
    ]
}

fn encryption(algorithm: &str) -> Value {
    json!({
        "fields": ["email"], "key": "AAECAwQFBgcICQoLDA0ODw==", "algorithm": algorithm, "decrypt": false,
        "maxFieldLength": 10_485_760, "randomBytes": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    })
}

/// Why a path that makes a tree of each document is slower than the floor.
const TREE: Option<&str> = Some("a filter, a deep scan or a wildcard needs a tree of the document");

/// The transforms that read documents of some 200 bytes.
fn document_rates(rows: usize) -> Result<()> {
    let documents = StringArray::from_iter_values((0..rows).map(|row| {
        format!(
            r#"{{"id":{row},"user":{{"name":"user-{row}","mail":"user-{row}@example.com","active":true}},"#,
        ) + r#""tags":["a","b","c"],"amount":12.50,"address":{"street":"Main Street 12","city":"Altburgh","country":"Nowhere"}}"#
    }));
    let column = Column { name: "doc".into(), data_type: DataType::String, nullable: true };
    let schema = Arc::new(Schema { table: "documents".into(), columns: vec![column] });
    let batch = Batch::try_new(schema, vec![Arc::new(documents)], rows)?;
    let output = |path: &str, field: &str, kind: &str| json!({ "srcField": "doc", "path": path, "destField": field, "destType": { "kind": kind } });
    let cases = [
        (
            "JsonPath, two names",
            None,
            vec![output("$.user.name", "a", "STRING"), output("$.address.city", "b", "STRING")],
        ),
        ("JsonPath, two numbers", None, vec![output("$.id", "a", "BIGINT"), output("$.amount", "b", "DOUBLE")]),
        ("JsonPath, deep scan", TREE, vec![output("$..city", "a", "STRING")]),
        ("JsonPath, filter", TREE, vec![output("$.tags[?(@ == 'b')]", "a", "STRING")]),
    ];
    for (name, why, columns) in cases {
        operator_rate(name, Strings, why, &batch, "json_path", &json!({ "columns": columns, "rowOnError": "FAIL" }))?;
    }
    let chunks = json!({
        "textField": "doc", "outputField": "chunk", "chunkIndexField": "n", "chunkSize": 40, "overlapSize": 0,
        "separators": [",", " "], "skipEmptyText": true
    });
    operator_rate("TextChunk", Strings, None, &batch, "text_chunk", &chunks)
}

/// SQL: arithmetic, conditions and the functions that job files use most.
const QUERIES: [(&str, Unit, &str); 16] = [
    ("SQL arithmetic", Numbers, "amount * qty + 1 as total"),
    ("SQL ABS, ROUND", Numbers, "round(abs(amount), 1) as a"),
    ("SQL CAST to a number", Numbers, "cast(qty as bigint) as a"),
    ("SQL CASE", Numbers, "case when qty > 500 then 1 else 0 end as a"),
    ("SQL COALESCE", Numbers, "coalesce(amount, 0.0) as a"),
    ("SQL YEAR, MONTH", Numbers, "year(ts) as a, month(ts) as b"),
    ("SQL DATEDIFF", Numbers, "datediff(ts, ts, 'DAY') as a"),
    ("SQL UPPER", Strings, "upper(name) as a"),
    ("SQL CONCAT", Strings, "concat(name, '-', city) as a"),
    ("SQL SUBSTRING", Strings, "substring(name, 2, 5) as a"),
    ("SQL REPLACE", Strings, "replace(email, 'example', 'test') as a"),
    ("SQL TRIM", Strings, "trim(name) as a"),
    ("SQL CHAR_LENGTH", Strings, "char_length(name) as a"),
    ("SQL CAST to STRING", Strings, "cast(amount as string) as a"),
    ("SQL FORMATDATETIME", Strings, "formatdatetime(ts, 'yyyy-MM-dd HH:mm:ss') as a"),
    ("SQL REGEXP_REPLACE", Strings, "regexp_replace(name, '[0-9]+', '#') as a"),
];

/// Conditions, which leave rows out.
const CONDITIONS: [(&str, Unit, &str); 3] = [
    ("SQL WHERE on numbers", Numbers, "qty > 500 and amount < 5000"),
    ("SQL WHERE on text", Strings, "city = 'Altburgh'"),
    ("SQL WHERE with LIKE", Strings, "email like '%com'"),
];

fn main() -> Result<()> {
    let columns = serde_json::from_value(chain::columns()).unwrap_or_default();
    let schema = Arc::new(Schema { table: "standing".into(), columns });
    let batches = decode(&schema, "csv", &chain::options("csv"), &chain::csv())?;
    let Some(batch) = batches.into_iter().max_by_key(|batch: &Batch| batch.rows) else { return Ok(()) };
    for (name, unit, operator, options) in transforms() {
        operator_rate(name, unit, None, &batch, operator, &options)?;
    }
    document_rates(batch.rows)?;
    for (name, unit, expression) in QUERIES {
        let query = format!("select {expression} from standing");
        operator_rate(name, unit, None, &batch, "sql", &json!({ "query": query }))?;
    }
    for (name, unit, condition) in CONDITIONS {
        let query = format!("select id, name, qty from standing where {condition}");
        operator_rate(name, unit, None, &batch, "sql", &json!({ "query": query }))?;
    }
    Ok(())
}
