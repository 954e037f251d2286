//! What programs tell of themselves: the times of their parts, the rows of their taps, and the part that failed.
#![allow(clippy::unwrap_used)]

use millrace_batch::codec::InputBounds;
use millrace_batch::{ErrorCode, OutputBuffer};
use millrace_program::{Program, Status};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock that goes on by a millisecond with every look.
fn ticking() -> u64 {
    static TIME: AtomicU64 = AtomicU64::new(0);
    TIME.fetch_add(1_000_000, Ordering::Relaxed)
}

#[test]
fn a_measured_program_tells_the_times_of_its_parts_and_the_rows_of_its_taps() {
    let columns = json!([{ "name": "id", "type": { "kind": "BIGINT" }, "nullable": true }]);
    let document = |count_bytes: bool, taps: Value| {
        json!({
            "layoutVersion": 1,
            "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 1024 },
            "input": {
                "codec": "json",
                "schema": { "table": "t", "columns": columns },
                "options": { "fileSchema": { "columns": columns } },
            },
            "nodes": [{ "operator": "sql", "input": 0, "options": { "query": "select id from t where id > 1" } }],
            "sinks": [json_sink(1, 0), json_sink(0, 0)],
            "countBytes": count_bytes,
            "measure": { "taps": taps },
        })
    };
    let input = "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n";
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: input.len() };
    let taps = json!([{ "input": 0 }, { "input": 1 }]);
    for (count_bytes, clock, bytes) in [(true, Some(ticking as fn() -> u64), vec![24, 16]), (false, None, vec![0, 0])] {
        let mut memory = vec![0; 1 << 16];
        let mut program =
            Program::compile(&serde_json::from_value(document(count_bytes, taps.clone())).unwrap()).unwrap();
        for _ in 0..2 {
            program.begin("").unwrap();
            let report = program.step(input.as_bytes(), bounds, &mut OutputBuffer::new(&mut memory), clock).unwrap();
            let measured = report.measured.clone().unwrap();
            assert_eq!((&measured.tap_rows, &measured.tap_bytes), (&vec![3, 2], &bytes));
            let times = [&[measured.decode][..], &measured.operators, &measured.sinks].concat();
            assert_eq!((times.len(), times.iter().all(|time| (*time > 0) == clock.is_some())), (4, true), "{times:?}");
            let words = report.to_words();
            assert_eq!(words[words.len() - 4..], [3.0, 2.0, bytes[0] as f64, bytes[1] as f64]);
        }
    }
    let missing = document(true, json!([{ "input": 0, "port": 1 }]));
    let refused = Program::compile(&serde_json::from_value(missing).unwrap()).err().map(|error| error.code);
    assert_eq!(refused, Some(ErrorCode::ProgramInvalid));
}

#[test]
fn a_failure_names_the_part_of_the_program() {
    let columns = json!([{ "name": "id", "type": { "kind": "BIGINT" }, "nullable": true }]);
    let document = json!({
        "layoutVersion": 1,
        "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 1024 },
        "input": {
            "codec": "json",
            "schema": { "table": "t", "columns": columns },
            "options": { "fileSchema": { "columns": columns } },
        },
        "nodes": [
            { "operator": "sql", "input": 0, "options": { "query": "select id from t" } },
            { "operator": "sql", "input": 1, "options": { "query": "select 1 / (id - 2) as id from t" } },
        ],
        "sinks": [json_sink(2, 0)],
    });
    let mut memory = vec![0; 1 << 16];
    let mut program = Program::compile(&serde_json::from_value(document).unwrap()).unwrap();
    for (input, part) in [("{\"id\":1}\n{\"id\":2}\n", Some(1)), ("{\"id\":1}\n{x\n", None)] {
        let bounds =
            InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: input.len() };
        program.begin("").unwrap();
        let failed = loop {
            match program.step(input.as_bytes(), bounds, &mut OutputBuffer::new(&mut memory), None) {
                Ok(report) => assert_eq!(report.status, Status::OutputFull),
                Err(error) => break error,
            }
        };
        assert_eq!(failed.part, part, "{failed:?}");
    }
}

fn json_sink(input: usize, port: usize) -> Value {
    json!({ "input": input, "port": port, "codec": "json" })
}
