//! Drives a whole chain over fixed data, for the counting programs of this folder; see `bench/counts.ts`.
#![allow(dead_code, reason = "each counting program uses one form of the data")]

use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::{LAYOUT_VERSION, OutputBuffer, Result};
use millrace_formats::parquet::{FILE_HEADER, assemble_footer};
use millrace_program::{Program, ProgramDocument, Status};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Instant;

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

/// What a chain reads.
pub(crate) struct Input {
    bytes: Vec<u8>,
    /// Arguments of the piece of work.
    arguments: String,
    /// The program asks for ranges of the bytes.
    by_position: bool,
}

impl From<Vec<u8>> for Input {
    /// What is read in order.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, arguments: String::new(), by_position: false }
    }
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

/// The rows as a Parquet file of one row group.
///
/// # Errors
/// What the program that makes it says.
pub(crate) fn parquet() -> Result<Input> {
    let mut bytes = FILE_HEADER.to_vec();
    let mut program = compile("csv", &json!([]), "parquet", false)?;
    let mut output = vec![0; OUTPUT_BYTES];
    let metadata = run(&mut program, &csv().into(), &mut output, &mut |piece| bytes.extend_from_slice(piece))?;
    let schema = program.schemas()[0].clone();
    let context =
        Context { zone: "UTC".to_owned(), now_micros: 0, seed: 1, value_limit_bytes: 64 << 20, subtask: 0, worker: 0 };
    let pieces = [(FILE_HEADER.len() as u64, metadata)];
    bytes.extend(assemble_footer(&schema, &options("parquet"), &context, &pieces)?);
    let arguments = json!({ "rowGroup": 0, "fileLength": bytes.len(), "fileId": "0" }).to_string();
    Ok(Input { bytes, arguments, by_position: true })
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

/// Encodes what a sink held, gives what comes out piece by piece to `take`, and returns the metadata.
fn flush(program: &mut Program, output: &mut [u8], take: &mut impl FnMut(&[u8])) -> Result<Vec<u8>> {
    loop {
        let mut buffer = OutputBuffer::new(output);
        let report = program.flush(0, 0, 0, u64::MAX, &mut buffer)?;
        let length = buffer.len();
        take(&output[..length]);
        if report.status == Status::Done {
            return program.take_metadata(0);
        }
    }
}

/// The clock of the addon.
fn nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Runs one piece of work through a program to its end, gives what comes out piece by piece to `take`, and returns the metadata.
/// A program that reads by position is presented what it asks for.
fn run(program: &mut Program, input: &Input, output: &mut [u8], take: &mut impl FnMut(&[u8])) -> Result<Vec<u8>> {
    program.begin(&input.arguments)?;
    let mut unread = if input.by_position { Cow::Owned(Vec::new()) } else { Cow::Borrowed(&input.bytes[..]) };
    let mut consumed = 0;
    loop {
        let bounds = InputBounds {
            skip_partial_record: false,
            start_of_file: true,
            end_of_file: !input.by_position,
            limit: unread.len() - consumed,
        };
        let mut buffer = OutputBuffer::new(output);
        let report = program.step(&unread[consumed..], bounds, &mut buffer, Some(nanos))?;
        consumed += report.consumed;
        let length = buffer.len();
        take(&output[..length]);
        if report.status == Status::Done {
            break;
        }
        if !report.wanted_ranges.is_empty() {
            unread = Cow::Owned(ranges(&input.bytes, &report.wanted_ranges));
            consumed = 0;
        }
    }
    if program.holds_rows()[0] { flush(program, output, take) } else { Ok(Vec::new()) }
}

/// Byte ranges of a file, one behind the other.
fn ranges(file: &[u8], wanted: &[(u64, u64)]) -> Vec<u8> {
    let pieces = wanted.iter().map(|(start, length)| &file[*start as usize..(start + length) as usize]);
    pieces.collect::<Vec<_>>().concat()
}

/// A program of one chain.
fn compile(from: &str, nodes: &Value, to: &str, is_metered: bool) -> Result<Program> {
    let last = nodes.as_array().map_or(0, Vec::len);
    let measure = is_metered.then(|| json!({ "taps": [{ "input": 0 }, { "input": last }] }));
    let document: ProgramDocument = serde_json::from_value(json!({
        "layoutVersion": LAYOUT_VERSION,
        "context": { "zone": "UTC", "nowMicros": 0, "seed": 1, "valueLimitBytes": 64 << 20 },
        "input": { "codec": from, "schema": { "table": "standing", "columns": columns() }, "options": options(from) },
        "nodes": nodes,
        "countBytes": is_metered,
        "measure": measure,
        "sinks": [{ "input": last, "codec": to, "options": options(to), "partitionBy": [] }],
    }))
    .map_err(|error| millrace_batch::KernelError::new(millrace_batch::ErrorCode::ProgramInvalid, error.to_string()))?;
    Program::compile(&document)
}

/// Repeats a chain as often as the first argument says and prints the rows of one repetition.
///
/// # Errors
/// What the program says of its document or its data.
pub(crate) fn count(input: &Input, from: &str, nodes: &Value, to: &str) -> Result<()> {
    repeat(input, compile(from, nodes, to, false)?)
}

/// As [`count`], with model bytes counted and the transforms measured, as nodes do it.
///
/// # Errors
/// What the program says of its document or its data.
pub(crate) fn count_metered(input: &Input, from: &str, nodes: &Value, to: &str) -> Result<()> {
    repeat(input, compile(from, nodes, to, true)?)
}

fn repeat(input: &Input, mut program: Program) -> Result<()> {
    let repetitions = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut output = vec![0; OUTPUT_BYTES];
    for _ in 0..repetitions {
        let mut bytes = 0;
        let metadata = run(&mut program, black_box(input), &mut output, &mut |piece| bytes += piece.len())?;
        assert!((bytes + metadata.len()) as u64 > ROWS, "hardly anything was written");
    }
    println!("rows {ROWS}");
    Ok(())
}
