//! Measures the delimited decoder and encoder on generated rows of the standard eight columns.
//!
//! `cargo run --profile ci -p millrace-formats --example delimited_speed [megabytes] [passes]` prints gigabytes of text per
//! second of one core's time (Linux).

use millrace_batch::codec::{CodecDefinition, Context, InputBounds};
use millrace_batch::schema::{Column, DataType};
use millrace_batch::{Batch, KernelError, OutputBuffer, Schema};
use millrace_formats::delimited::{csv, text};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

const PIECE_BYTES: usize = 8 << 20;

fn main() -> Result<(), KernelError> {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (megabytes, passes) = (numbers.next().unwrap_or(256), numbers.next().unwrap_or(5));
    let schema = schema();
    let plain = generate(megabytes << 20, false);
    let quoted = generate(megabytes << 20, true);
    for (name, format, options, input) in [
        ("csv, plain", &csv::DEFINITION, json!({}), &plain),
        ("csv, quoted names", &csv::DEFINITION, json!({}), &quoted),
        ("csv, quoted names and newlines allowed", &csv::DEFINITION, json!({"quotedNewlines": true}), &quoted),
        ("text, delimiter ,", &text::DEFINITION, json!({"fieldDelimiter": ","}), &plain),
    ] {
        measure(name, format, &schema, &options, input, passes)?;
    }
    Ok(())
}

fn measure(
    name: &str,
    format: &CodecDefinition,
    schema: &Arc<Schema>,
    options: &Value,
    input: &[u8],
    passes: usize,
) -> Result<(), KernelError> {
    let (mut best_decode, mut best_encode, mut rows, mut encoded) = (f64::MAX, f64::MAX, 0, 0);
    let mut output = vec![0u8; PIECE_BYTES];
    for _ in 0..passes {
        let (mut decode_seconds, mut encode_seconds) = (0.0, 0.0);
        (rows, encoded) = (0, 0);
        let mut position = 0;
        let Some(make) = format.decoder else { return Ok(()) };
        let mut decoder = make(schema, options, &Context::default())?;
        let mut encoder = format.encoder.map(|make| make(schema, options, &Context::default())).transpose()?;
        while position < input.len() {
            let end = (position + PIECE_BYTES).min(input.len());
            let bounds = InputBounds {
                skip_partial_record: false,
                start_of_file: position == 0,
                end_of_file: end == input.len(),
                limit: usize::MAX,
            };
            let start = processor_seconds();
            let decoded = decoder.decode(&input[position..end], bounds)?;
            decode_seconds += processor_seconds() - start;
            position += decoded.consumed;
            let Some(batch) = decoded.batch else { break };
            rows += batch.rows;
            if let Some(encoder) = &mut encoder {
                let start = processor_seconds();
                encoded += encode(encoder.as_mut(), &batch, &mut output)?;
                encode_seconds += processor_seconds() - start;
            }
        }
        best_decode = best_decode.min(decode_seconds);
        best_encode = best_encode.min(encode_seconds);
    }
    println!(
        "{name}: {rows} rows; decode {:.2} GB/s, {:.1} M rows/s; encode {:.2} GB/s",
        input.len() as f64 / best_decode / 1e9,
        rows as f64 / best_decode / 1e6,
        encoded as f64 / best_encode / 1e9,
    );
    Ok(())
}

fn encode(
    encoder: &mut dyn millrace_batch::codec::Encoder,
    batch: &Batch,
    bytes: &mut [u8],
) -> Result<usize, KernelError> {
    let (mut row, mut total) = (0, 0);
    encoder.reset(0);
    while row < batch.rows {
        let mut output = OutputBuffer::new(bytes);
        row = encoder.encode(batch, row, &mut output)?;
        total += output.len();
    }
    Ok(total)
}

fn schema() -> Arc<Schema> {
    let columns = [
        ("id", DataType::BigInt),
        ("name", DataType::String),
        ("email", DataType::String),
        ("city", DataType::String),
        ("amount", DataType::Double),
        ("qty", DataType::Int),
        ("ts", DataType::Timestamp),
        ("flag", DataType::Boolean),
    ];
    let columns =
        columns.map(|(name, data_type)| Column { name: name.into(), data_type, nullable: true }).into_iter().collect();
    Arc::new(Schema { table: "speed".into(), columns })
}

/// Time this thread has spent on a processor: other work on the machine does not count.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok()).map_or(0.0, |nanos| nanos as f64 / 1e9)
}

/// Rows of about 88 bytes from a fixed seed.
fn generate(bytes: usize, quoted: bool) -> Vec<u8> {
    const CITIES: [&str; 8] = ["Berlin", "São Paulo", "Tokyo", "New York", "Lagos", "Oslo", "Melbourne", "Kraków"];
    let mut out = String::with_capacity(bytes + 256);
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut id = 1_000_000u64;
    while out.len() < bytes {
        id += 1 + random(9);
        let (quote, number) = (if quoted { "\"" } else { "" }, random(1_000_000));
        let _ = writeln!(
            out,
            "{id},{quote}user name {number}{quote},user{number}@example.com,{},{}.{:02},{},20{:02}-{:02}-{:02} {:02}:{:02}:{:02},{}",
            CITIES[random(8) as usize],
            random(100_000),
            random(100),
            random(1_000),
            random(25),
            1 + random(12),
            1 + random(28),
            random(24),
            random(60),
            random(60),
            random(2) == 0,
        );
    }
    out.into_bytes()
}
