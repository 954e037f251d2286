//! Rows per second of typical queries on batches of 64 Ki rows, one thread.
//! `cargo run --profile ci -p millrace-expr --example throughput`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use arrow_array::{ArrayRef, Decimal128Array, Float64Array, Int32Array, StringArray};
use millrace_batch::codec::{Context, Operator};
use millrace_batch::{Batch, Column, DataType, Schema};
use millrace_expr::SqlTransform;
use std::sync::Arc;
use std::time::Instant;

const ROWS: usize = 64 * 1024;
const ROUNDS: usize = 200;

fn orders() -> Batch {
    let cities = ["Berlin", "Hangzhou", "Zzz", "San Francisco", "Oslo", "Zürich"];
    let names: Vec<String> = (0..ROWS).map(|row| format!("customer {}", row * 7_919 % 100_003)).collect();
    let columns: Vec<(&str, DataType, ArrayRef)> = vec![
        ("id", DataType::Int, Arc::new(Int32Array::from_iter_values(0..ROWS as i32))),
        ("name", DataType::String, Arc::new(StringArray::from_iter_values(&names))),
        ("city", DataType::String, Arc::new(StringArray::from_iter_values((0..ROWS).map(|row| cities[row * 31 % 6])))),
        ("qty", DataType::Int, Arc::new(Int32Array::from_iter_values((0..ROWS).map(|row| (row * 37 % 1_000) as i32)))),
        ("amount", DataType::Double, Arc::new(Float64Array::from_iter_values((0..ROWS).map(|row| row as f64 / 7.0)))),
        (
            "price",
            DataType::Decimal { precision: 10, scale: 2 },
            Arc::new(
                Decimal128Array::from_iter_values((0..ROWS).map(|row| row as i128 * 3))
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
    ];
    let declared = columns
        .iter()
        .map(|(name, data_type, _)| Column { name: (*name).into(), data_type: data_type.clone(), nullable: true })
        .collect();
    let schema = Arc::new(Schema { table: "orders".into(), columns: declared });
    Batch::try_new(schema, columns.into_iter().map(|(_, _, array)| array).collect(), ROWS).unwrap()
}

fn main() {
    let batch = orders();
    for sql in [
        "select * from orders",
        "select upper(name) as n from orders",
        "select amount * qty as total from orders",
        "select price * qty as total from orders",
        "select id from orders where qty > 500 and city <> 'Zzz'",
        "select upper(name) as n, amount * qty as total from orders where qty > 500 and city <> 'Zzz'",
        "select id, name, city, qty, amount from orders where qty > 500 and city <> 'Zzz'",
        "select case when qty > 500 then 'big' else 'small' end as size from orders",
        "select concat(name, '-', city) as label from orders",
        "select id from orders where city like '%an%'",
        "select id from orders where city in ('Berlin', 'Oslo')",
        "select cast(amount as string) as a from orders",
        "select substring(name, 2, 5) as a from orders",
        "select regexp_replace(name, '[0-9]+', '#') as a from orders",
    ] {
        let mut transform = SqlTransform::compile(sql, &batch.schema, &Context::default()).unwrap();
        transform.apply(batch.clone()).unwrap();
        let start = Instant::now();
        for _ in 0..ROUNDS {
            std::hint::black_box(transform.apply(batch.clone()).unwrap());
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{:8.1} M rows/s  {sql}", (ROWS * ROUNDS) as f64 / seconds / 1e6);
    }
}
