//! Measures the `json` format on rows of eight columns: `json_speed [megabytes] [rounds]`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::{OutputBuffer, Schema};
use millrace_formats::json::DEFINITION;
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

fn rows(bytes: usize) -> String {
    const NAMES: [&str; 5] = ["Anna Larsson", "Bo", "Cecilia Svensdotter", "Dmitri Ivanov", "Élodie Durand"];
    const CITIES: [&str; 4] = ["Stockholm", "Oslo", "New York", "São Paulo"];
    let mut text = String::with_capacity(bytes + 256);
    let mut id = 0usize;
    while text.len() < bytes {
        id += 1;
        let cents = id * 7_919 % 1_000_000;
        writeln!(
            text,
            r#"{{"id":{id},"name":"{}","email":"user{}@example.com","city":"{}","amount":{}.{:02},"qty":{},"ts":"2024-{:02}-{:02} {:02}:{:02}:{:02}","flag":{}}}"#,
            NAMES[id % 5], id * 31 % 1_000_003, CITIES[id % 4], cents / 100, cents % 100, id % 17,
            id / 100_000 % 12 + 1, id / 3_000 % 28 + 1, id / 3_600 % 24, id / 60 % 60, id % 60, id.is_multiple_of(3),
        )
        .unwrap();
    }
    text
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let (megabytes, rounds) = (arguments.next().unwrap_or(256), arguments.next().unwrap_or(5));
    let text = rows(megabytes << 20);
    let schema: Arc<Schema> = Arc::new(
        serde_json::from_value(json!({ "table": "", "columns": [
            { "name": "id", "type": { "kind": "BIGINT" } },
            { "name": "name", "type": { "kind": "STRING" } },
            { "name": "email", "type": { "kind": "STRING" } },
            { "name": "city", "type": { "kind": "STRING" } },
            { "name": "amount", "type": { "kind": "DOUBLE" } },
            { "name": "qty", "type": { "kind": "INT" } },
            { "name": "ts", "type": { "kind": "TIMESTAMP" } },
            { "name": "flag", "type": { "kind": "BOOLEAN" } },
        ] }))
        .unwrap(),
    );
    let context = Context::default();
    for round in 0..rounds {
        let mut decoder = DEFINITION.decoder.unwrap()(&schema, &json!({}), &context).unwrap();
        let mut encoder = DEFINITION.encoder.unwrap()(&schema, &json!({}), &context).unwrap();
        let mut buffer = vec![0; 4 << 20];
        let (mut at, mut rows, mut written) = (0, 0, 0);
        let (mut decoding, mut encoding) = (0.0, 0.0);
        loop {
            let bounds = InputBounds {
                skip_partial_record: false,
                start_of_file: at == 0,
                end_of_file: true,
                limit: text.len() - at,
            };
            let start = Instant::now();
            let decoded = decoder.decode(&text.as_bytes()[at..], bounds).unwrap();
            decoding += start.elapsed().as_secs_f64();
            at += decoded.consumed;
            if let Some(batch) = &decoded.batch {
                rows += batch.rows;
                let start = Instant::now();
                let mut row = 0;
                while row < batch.rows {
                    let mut output = OutputBuffer::new(&mut buffer);
                    row = encoder.encode(batch, row, &mut output).unwrap();
                    written += output.len();
                }
                encoder.reset(0);
                encoding += start.elapsed().as_secs_f64();
            }
            if decoded.done {
                break;
            }
        }
        println!(
            "round {round}: {rows} rows; decode {:.3} GB/s, {:.2} M rows/s; encode {:.3} GB/s, {:.2} M rows/s",
            text.len() as f64 / decoding / 1e9,
            rows as f64 / decoding / 1e6,
            written as f64 / encoding / 1e9,
            rows as f64 / encoding / 1e6,
        );
    }
}
