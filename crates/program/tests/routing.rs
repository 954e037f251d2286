//! Programs whose operators have several outputs, and programs whose failing rows are handled.
#![allow(clippy::unwrap_used)]

use millrace_batch::codec::InputBounds;
use millrace_batch::{ErrorCode, KernelError, LAYOUT_VERSION, OutputBuffer};
use millrace_program::{Program, Status};
use serde_json::{Value, json};
use std::fmt::Write;

fn column(name: &str, kind: &str) -> Value {
    json!({ "name": name, "type": { "kind": kind } })
}

fn json_sink(input: usize, port: usize) -> Value {
    json!({ "input": input, "port": port, "codec": "json" })
}

fn program(nodes: &Value, sinks: &Value, handlers: &Value) -> Result<Program, KernelError> {
    let columns = [column("id", "INT"), column("name", "STRING")];
    let document = json!({
        "layoutVersion": LAYOUT_VERSION,
        "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 1 << 20 },
        "input": {
            "codec": "json",
            "schema": { "table": "db.t", "columns": columns },
            "options": { "fileSchema": { "columns": columns } },
        },
        "nodes": nodes,
        "sinks": sinks,
        "errorHandlers": handlers,
    });
    Program::compile(&serde_json::from_value(document).unwrap())
}

/// What every sink wrote, and the failure at the end if there is one. The input comes in pieces of `piece` bytes.
fn run(program: &mut Program, input: &str, sinks: usize, piece: usize) -> (Vec<String>, Option<KernelError>) {
    let mut outputs = vec![String::new(); sinks];
    let mut memory = vec![0; 1 << 16];
    program.begin("").unwrap();
    let (mut consumed, mut presented) = (0, piece.min(input.len()));
    loop {
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: true,
            end_of_file: presented == input.len(),
            limit: input.len() - consumed,
        };
        let mut buffer = OutputBuffer::new(&mut memory);
        let report = match program.step(&input.as_bytes()[consumed..presented], bounds, &mut buffer, None) {
            Ok(report) => report,
            Err(error) => return (outputs, Some(error)),
        };
        for part in &report.parts {
            let bytes = &buffer.written()[part.offset..part.offset + part.length];
            outputs[part.sink].push_str(std::str::from_utf8(bytes).unwrap());
        }
        consumed += report.consumed;
        match report.status {
            Status::Done => return (outputs, None),
            Status::NeedInput => presented = (presented + piece).min(input.len()),
            Status::OutputFull => {}
        }
    }
}

/// `{"id":n,"name":"n"}` for every id, one per line.
fn lines(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter().fold(String::new(), |mut text, id| {
        writeln!(text, r#"{{"id":{id},"name":"n{id}"}}"#).unwrap();
        text
    })
}

fn records(output: &str) -> Vec<Value> {
    output.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn ids(output: &str) -> Vec<i64> {
    records(output).iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

fn originals(output: &str) -> Vec<String> {
    records(output).iter().map(|record| record["original_data"].as_str().unwrap().to_owned()).collect()
}

fn validator(max: i64) -> Value {
    let rule = json!({ "kind": "RANGE", "max": max.to_string(), "minInclusive": true, "maxInclusive": true });
    json!({ "operator": "data_validator", "input": 0, "options": {
        "onFailure": "ROUTE",
        "errorTable": { "path": "db.bad", "sourceTableId": "db.t", "sourceTablePath": "db.t" },
        "fields": [{ "field": "id", "rules": [rule] }],
    } })
}

fn sql(input: usize, query: &str, on_error: &Value) -> Value {
    json!({ "operator": "sql", "input": input, "options": { "query": query }, "onError": on_error })
}

/// Fails for the given id with a division by zero.
fn divide(input: usize, id: i64, on_error: &Value) -> Value {
    sql(input, &format!("select id, 10 / (id - {id}) as x from t"), on_error)
}

fn on_error() -> Value {
    json!({ "handler": 0, "plugin": "Sql" })
}

fn handler(sinks: &Value) -> Value {
    let columns = [
        column("error_stage", "STRING"),
        column("plugin_type", "STRING"),
        column("plugin_name", "STRING"),
        column("source_table_path", "STRING"),
        column("job_id", "BIGINT"),
        column("error_message", "STRING"),
        column("exception_class", "STRING"),
        column("stacktrace", "STRING"),
        column("original_data", "STRING"),
        column("occur_time", "TIMESTAMP"),
    ];
    json!({
        "schema": { "table": "errors", "columns": columns },
        "stage": "TRANSFORM", "jobId": "9007199254740993", "includeOriginalData": true, "originalDataFormat": "JSON",
        "originalDataMaxLength": 20, "sinks": sinks, "log": json_sink(0, 0),
    })
}

#[test]
fn outputs_of_one_operator_go_their_own_ways() {
    let query = "select UPPER(source_table_path) as path from bad";
    let upper = json!({ "operator": "sql", "input": 1, "port": 1, "options": { "query": query } });
    let sinks = json!([json_sink(1, 0), json_sink(2, 0), json_sink(1, 1), json_sink(0, 0)]);
    let mut program = program(&json!([validator(2), upper]), &sinks, &json!([])).unwrap();
    assert_eq!(program.schemas().len(), 3);
    let (outputs, failure) = run(&mut program, &lines([1, 9, 2, 8]), 4, 1 << 20);
    assert_eq!(failure, None);
    assert_eq!(ids(&outputs[0]), [1, 2]);
    assert_eq!(records(&outputs[1]), [json!({ "path": "DB.T" }), json!({ "path": "DB.T" })]);
    assert_eq!(originals(&outputs[2]), [r#"{"id":9,"name":"n9"}"#, r#"{"id":8,"name":"n8"}"#]);
    assert_eq!(ids(&outputs[3]), [1, 9, 2, 8]);
}

#[test]
fn addresses_that_do_not_exist_are_refused() {
    let refusal = |nodes: Value, sinks: Value, handlers: Value| program(&nodes, &sinks, &handlers).err().unwrap().code;
    for sink in [json_sink(1, 2), json_sink(0, 1), json_sink(2, 0)] {
        assert_eq!(refusal(json!([validator(2)]), json!([sink]), json!([])), ErrorCode::ProgramInvalid);
    }
    let unhandled = refusal(json!([divide(0, 1, &on_error())]), json!([]), json!([]));
    assert_eq!(unhandled, ErrorCode::ProgramInvalid);
    let mut other = handler(&json!([]));
    other["schema"]["columns"][0]["name"] = json!("stage");
    assert_eq!(refusal(json!([]), json!([]), json!([other])), ErrorCode::ProgramInvalid);
}

#[test]
fn the_lowest_failing_row_is_the_failure_whatever_its_branch() {
    // The first branch fails at the later row, the second one behind a filter at the earlier one.
    let nodes = json!([validator(50), divide(0, 90, &Value::Null), divide(1, 40, &Value::Null)]);
    let sinks = json!([json_sink(2, 0), json_sink(3, 0), json_sink(1, 1)]);
    let mut program = program(&nodes, &sinks, &json!([])).unwrap();
    let (outputs, failure) = run(&mut program, &lines([60, 61, 62, 1, 2, 40, 63, 90, 3]), 3, 1 << 20);
    let failure = failure.unwrap();
    assert_eq!((failure.code, failure.row), (ErrorCode::ExpressionFailed, Some(5)));
    assert_eq!(ids(&outputs[0]), [60, 61, 62, 1, 2]);
    assert_eq!(ids(&outputs[1]), [1, 2]);
    assert_eq!(records(&outputs[2]).len(), 3);
    let (_, failure) = run(&mut program, &lines([60, 90, 40]), 3, 1 << 20);
    assert_eq!(failure.unwrap().row, Some(1));
}

#[test]
fn failing_rows_become_records_and_the_others_go_on() {
    let nodes = json!([divide(0, 3, &on_error()), divide(1, 5, &on_error())]);
    let handlers = json!([handler(&json!([json_sink(0, 0)]))]);
    let mut program = program(&nodes, &json!([json_sink(2, 0), json_sink(0, 0)]), &handlers).unwrap();
    let (outputs, failure) = run(&mut program, &lines([1, 3, 2, 5, 3, 4]), 4, 1 << 20);
    assert_eq!(failure, None);
    assert_eq!(ids(&outputs[0]), [1, 2, 4]);
    assert_eq!(ids(&outputs[1]), [1, 3, 2, 5, 3, 4]);
    assert_eq!(outputs[2], outputs[3]);
    let first = r#"{"id":3,"name":"n3"}"#;
    assert_eq!(originals(&outputs[2])[..2], [first, first]);
    assert!(originals(&outputs[2])[2].starts_with(r#"{"id":5,"x":5"#));
    let record = &records(&outputs[2])[0];
    for (name, value) in [
        ("error_stage", json!("TRANSFORM")),
        ("plugin_name", json!("Sql")),
        ("source_table_path", json!("db.t")),
        ("job_id", json!(9_007_199_254_740_993i64)),
        ("exception_class", json!("EXPRESSION_FAILED")),
        ("stacktrace", json!(null)),
    ] {
        assert_eq!(record.get(name).unwrap_or(&Value::Null), &value, "{name}");
    }
    assert!(record["occur_time"].as_str().unwrap().starts_with("1970-01-01T00:00"));
}

#[test]
fn an_original_that_is_too_long_is_cut_and_one_that_is_not_asked_for_is_left_out() {
    let mut short = handler(&json!([]));
    short["originalDataMaxLength"] = json!(5);
    let mut none = handler(&json!([]));
    none["includeOriginalData"] = json!(false);
    for (handler, expected) in [(short, json!("{\"id\"")), (none, Value::Null)] {
        let mut program = program(&json!([divide(0, 3, &on_error())]), &json!([]), &json!([handler])).unwrap();
        let (outputs, _) = run(&mut program, &lines([3]), 1, 1 << 20);
        assert_eq!(records(&outputs[0])[0].get("original_data").unwrap_or(&Value::Null), &expected);
    }
}

#[test]
fn a_failure_that_is_not_handled_ends_the_program_before_its_row() {
    let nodes = json!([divide(0, 3, &on_error()), divide(1, 5, &Value::Null)]);
    let mut program = program(&nodes, &json!([json_sink(2, 0)]), &json!([handler(&json!([]))])).unwrap();
    let (outputs, failure) = run(&mut program, &lines([3, 1, 3, 5, 3]), 2, 1 << 20);
    assert_eq!(failure.unwrap().row, Some(3));
    assert_eq!(ids(&outputs[0]), [1]);
    assert_eq!(records(&outputs[1]).len(), 2);
}

#[test]
fn any_mixture_of_failing_rows_is_told_apart_however_the_input_is_cut() {
    let nodes = json!([validator(900), sql(1, "select id, 10 / (id % 3) as x from t", &on_error())]);
    let handlers = json!([handler(&json!([]))]);
    let mut state = 1u64;
    for count in [0, 1, 2, 3, 17, 500, 9_000] {
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as i64 % 1_000
        };
        let rows: Vec<i64> = (0..count).map(next).collect();
        let valid: Vec<i64> = rows.iter().copied().filter(|id| *id <= 900).collect();
        let mut program = program(&nodes, &json!([json_sink(2, 0), json_sink(1, 1)]), &handlers).unwrap();
        for piece in [97, 4_096, 1 << 20] {
            let (outputs, failure) = run(&mut program, &lines(rows.iter().copied()), 3, piece);
            assert_eq!(failure, None);
            assert_eq!(ids(&outputs[0]), valid.iter().copied().filter(|id| id % 3 != 0).collect::<Vec<_>>());
            assert_eq!(records(&outputs[1]).len(), rows.len() - valid.len());
            assert_eq!(records(&outputs[2]).len(), valid.iter().filter(|id| *id % 3 == 0).count());
        }
    }
}

#[test]
fn counts_model_bytes_of_what_is_decoded_and_of_what_reaches_each_sink() {
    let columns = [column("id", "INT"), column("name", "STRING")];
    let nodes = json!([{ "operator": "sql", "input": 0, "options": { "query": "select name from t where id > 1" } }]);
    let document = |count_bytes: bool| {
        json!({
            "layoutVersion": LAYOUT_VERSION,
            "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 1 << 20 },
            "input": {
                "codec": "json",
                "schema": { "table": "t", "columns": columns },
                "options": { "fileSchema": { "columns": columns } },
            },
            "nodes": nodes,
            "sinks": [json_sink(0, 0), json_sink(1, 0), json_sink(1, 0), { "input": 0, "codec": "json", "partitionBy": ["id"] }],
            "countBytes": count_bytes,
        })
    };
    let input = "{\"id\":1,\"name\":\"ab\"}\n{\"id\":2,\"name\":\"😀é\"}\n{\"id\":3,\"name\":null}\n";
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: input.len() };
    let mut memory = vec![0; 1 << 16];
    let mut counted = Program::compile(&serde_json::from_value(document(true)).unwrap()).unwrap();
    for _ in 0..2 {
        counted.begin("").unwrap();
        let report = counted.step(input.as_bytes(), bounds, &mut OutputBuffer::new(&mut memory), None).unwrap();
        let bytes = report.model_bytes.clone().unwrap();
        assert_eq!((report.status, bytes.read, bytes.sinks), (Status::Done, 12 + 5, vec![17, 3, 3, 17]));
        let words = report.to_words();
        assert_eq!(words[words.len() - 5..], [17.0, 17.0, 3.0, 3.0, 17.0]);
    }
    let mut plain = Program::compile(&serde_json::from_value(document(false)).unwrap()).unwrap();
    plain.begin("").unwrap();
    let report = plain.step(input.as_bytes(), bounds, &mut OutputBuffer::new(&mut memory), None).unwrap();
    assert_eq!(report.model_bytes, None);
    assert_eq!(report.to_words().len(), 5 + report.parts.len() * 4);
}
