//! Drives a whole chain over fixed data, for the counting programs of this folder; see `bench/counts.ts`.
#![allow(dead_code, reason = "each counting program uses one form of the data")]

use millrace_batch::codec::InputBounds;
use millrace_batch::{LAYOUT_VERSION, OutputBuffer, Result};
use millrace_program::{Program, ProgramDocument, Status};
use serde_json::{Value, json};
use std::fmt::Write;
use std::hint::black_box;

/// Rows of one repetition.
const ROWS: u64 = 20_000;

/// Size of the output buffer: that of the host's arenas.
const OUTPUT_BYTES: usize = 8 << 20;

const CITIES: [&str; 4] = ["Altburgh", "Port Newhaven", "Granville", "Westford"];

/// The columns of the standing benchmark file.
pub(crate) fn columns() -> Value {
    let kinds = [
        ("id", "BIGINT"),
        ("name", "STRING"),
        ("email", "STRING"),
        ("city", "STRING"),
        ("amount", "DOUBLE"),
        ("qty", "INT"),
        ("ts", "TIMESTAMP"),
        ("flag", "BOOLEAN"),
    ];
    kinds.iter().map(|(name, kind)| json!({ "name": name, "type": { "kind": kind }, "nullable": true })).collect()
}

/// The values of a row as text, in the order of the columns; spread like those of the standing benchmark file.
fn row(id: u64) -> [String; 8] {
    let mixed = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
    let [day, hour, second] = [1 + mixed % 28, mixed / 28 % 24, mixed / 672 % 60];
    [
        id.to_string(),
        format!("Ada {:06X}", mixed & 0xFF_FFFF),
        format!("{:06x}@example.com", mixed >> 8 & 0xFF_FFFF),
        CITIES[(mixed % 4) as usize].to_owned(),
        format!("{}.{:02}", mixed % 10_000, mixed / 7 % 100),
        (1 + mixed % 1_000).to_string(),
        format!("2024-03-{day:02} {hour:02}:15:{second:02}"),
        mixed.is_multiple_of(2).to_string(),
    ]
}

/// The rows as CSV with a header.
pub(crate) fn csv() -> Vec<u8> {
    let mut text = String::from("id,name,email,city,amount,qty,ts,flag\n");
    for id in 0..ROWS {
        text.push_str(&row(id).join(","));
        text.push('\n');
    }
    text.into_bytes()
}

/// The rows as JSON Lines.
pub(crate) fn json_lines() -> Vec<u8> {
    let mut text = String::new();
    for id in 0..ROWS {
        let [id, name, email, city, amount, qty, ts, flag] = row(id);
        let strings = format!(r#""name":"{name}","email":"{email}","city":"{city}""#);
        writeln!(text, r#"{{"id":{id},{strings},"amount":{amount},"qty":{qty},"ts":"{ts}","flag":{flag}}}"#)
            .unwrap_or_default();
    }
    text.into_bytes()
}

/// Options under which the formats read and write the rows.
pub(crate) fn options(codec: &str) -> Value {
    match codec {
        "csv" => json!({
            "fileSchema": { "columns": columns() }, "fieldDelimiter": ",", "rowDelimiter": "\n", "quote": "\"",
            "skipHeaderRows": 1, "quoteMode": "MINIMAL", "dateFormat": "yyyy-MM-dd",
            "datetimeFormat": "yyyy-MM-dd HH:mm:ss", "timeFormat": "HH:mm:ss",
        }),
        "parquet" => json!({ "compression": "snappy" }),
        _ => json!({ "fileSchema": { "columns": columns() } }),
    }
}

/// Encodes what a sink held, and gives the number of bytes.
fn flush(program: &mut Program, output: &mut [u8]) -> Result<usize> {
    let mut bytes = 0;
    loop {
        let mut buffer = OutputBuffer::new(output);
        let report = program.flush(0, 0, 0, u64::MAX, &mut buffer)?;
        bytes += buffer.len();
        if report.status == Status::Done {
            return Ok(bytes + program.take_metadata(0)?.len());
        }
    }
}

/// Runs one piece of input through a program to its end, and gives the number of bytes that came out.
fn run(program: &mut Program, input: &[u8], output: &mut [u8]) -> Result<usize> {
    program.begin("")?;
    let (mut consumed, mut bytes) = (0, 0);
    loop {
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: true,
            end_of_file: true,
            limit: input.len() - consumed,
        };
        let mut buffer = OutputBuffer::new(output);
        let report = program.step(&input[consumed..], bounds, &mut buffer)?;
        consumed += report.consumed;
        bytes += buffer.len();
        if report.status == Status::Done {
            break;
        }
    }
    if program.holds_rows()[0] { Ok(bytes + flush(program, output)?) } else { Ok(bytes) }
}

/// Repeats a chain as often as the first argument says and prints the rows of one repetition.
///
/// # Errors
/// What the program says of its document or its data.
pub(crate) fn count(input: &[u8], from: &str, nodes: &Value, to: &str) -> Result<()> {
    repeat(input, from, nodes, to, false)
}

/// As [`count`], with model bytes counted.
///
/// # Errors
/// What the program says of its document or its data.
pub(crate) fn count_metered(input: &[u8], from: &str, nodes: &Value, to: &str) -> Result<()> {
    repeat(input, from, nodes, to, true)
}

fn repeat(input: &[u8], from: &str, nodes: &Value, to: &str, is_metered: bool) -> Result<()> {
    let repetitions = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let document: ProgramDocument = serde_json::from_value(json!({
        "layoutVersion": LAYOUT_VERSION,
        "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 64 << 20 },
        "input": { "codec": from, "schema": { "table": "standing", "columns": columns() }, "options": options(from) },
        "nodes": nodes,
        "countBytes": is_metered,
        "sinks": [{ "input": nodes.as_array().map_or(0, Vec::len), "codec": to, "options": options(to), "partitionBy": [] }],
    }))
    .map_err(|error| millrace_batch::KernelError::new(millrace_batch::ErrorCode::ProgramInvalid, error.to_string()))?;
    let mut output = vec![0; OUTPUT_BYTES];
    let mut program = Program::compile(&document)?;
    for _ in 0..repetitions {
        let bytes = run(&mut program, black_box(input), &mut output)?;
        assert!(bytes as u64 > ROWS, "hardly anything was written");
    }
    println!("rows {ROWS}");
    Ok(())
}
