//! Rows per second of the generator on one core: `cargo run --profile ci -p millrace-kernels --example generate_rate`.

use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::{Column, DataType, Result, Schema};
use millrace_kernels::generate::DEFINITION;
use serde_json::json;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const ROWS: u32 = 10_000_000;

fn main() -> Result<()> {
    let types = [
        DataType::BigInt,
        DataType::String,
        DataType::String,
        DataType::String,
        DataType::Double,
        DataType::Int,
        DataType::Timestamp,
        DataType::Boolean,
    ];
    measure("8 columns", &types)?;
    for data_type in &types {
        measure(&data_type.to_string(), std::slice::from_ref(data_type))?;
    }
    Ok(())
}

fn measure(name: &str, types: &[DataType]) -> Result<()> {
    let columns = types.iter().enumerate();
    let columns = columns
        .map(|(index, data_type)| Column { name: format!("c{index}"), data_type: data_type.clone(), nullable: true })
        .collect();
    let schema = Arc::new(Schema { table: "fake".into(), columns });
    let Some(decoder) = DEFINITION.decoder else { return Ok(()) };
    let mut decoder = decoder(&schema, &json!({}), &Context::default())?;
    decoder.begin(&json!({"split": 0, "from": 0, "rows": ROWS}).to_string())?;
    let bounds = InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: 0 };
    let start = Instant::now();
    while !black_box(decoder.decode(&[], bounds)?).done {}
    println!("{name:>10}: {:7.1} M rows/s", f64::from(ROWS) / start.elapsed().as_secs_f64() / 1e6);
    Ok(())
}
