//! Counts instructions of parsing a row's values from text and printing them in Java's text forms.
//!
//! `count_text_forms <repetitions>`; see `bench/counts.ts`.

use millrace_batch::parse::{parse_f64, parse_i64, parse_timestamp};
use millrace_batch::text::{MAX_SCALAR_BYTES, write_f64, write_i64, write_timestamp};
use std::hint::black_box;

const ROWS: u64 = 20_000;

/// The values of a row as text, spread over the usual widths.
fn row(index: u64) -> [String; 3] {
    let mixed = index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let (day, hour, second) = (1 + mixed % 28, mixed % 24, mixed % 60);
    [
        (mixed % 10_000_000).to_string(),
        format!("{}.{:02}", mixed % 10_000, mixed % 100),
        format!("2024-03-{day:02} {hour:02}:15:{second:02}"),
    ]
}

/// Parses and prints every value; the sum keeps the work from being removed.
fn round_trip(rows: &[[String; 3]]) -> Option<usize> {
    let mut out = [0u8; MAX_SCALAR_BYTES];
    let mut bytes = 0;
    for [integer, double, timestamp] in rows {
        bytes += write_i64(parse_i64(black_box(integer).as_bytes())?, &mut out);
        bytes += write_f64(parse_f64(black_box(double).as_bytes())?, &mut out);
        bytes += write_timestamp(parse_timestamp(black_box(timestamp).as_bytes())?, &mut out);
    }
    Some(bytes)
}

fn main() {
    let repetitions = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1);
    let rows: Vec<_> = (0..ROWS).map(row).collect();
    for _ in 0..repetitions {
        assert!(round_trip(black_box(&rows)).is_some(), "a value does not parse");
    }
    println!("rows {ROWS}");
}
