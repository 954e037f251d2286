//! Larger data: a real file, and the standing data set of the speed figures (run with `--ignored --nocapture`).

use super::*;
use arrow_array::{
    BooleanArray, Float64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray, builder::StringBuilder,
};
use std::path::Path;
use std::time::Duration;

/// Time that this thread has computed, which a busy machine does not change much. Zero where the system does not tell.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

fn since(begin: Duration) -> Duration {
    cpu_time().saturating_sub(begin)
}

const MORSEL_ROWS: usize = 98_304;
const BATCH_ROWS: usize = 8_192;

#[test]
fn a_file_of_three_million_flights_is_read_and_written_again() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/vega-datasets/data/flights-3m.parquet");
    let Ok(file) = std::fs::read(path) else { return };
    let schema = schema_of(&file);
    let groups = read_file(&file, &schema, &Context::default()).unwrap();
    assert_eq!(groups.iter().flatten().map(|batch| batch.rows).sum::<usize>(), 3_000_000);
    let morsels = &groups[..1];
    let written = write_file(&schema, &json!({ "compression": "snappy" }), &Context::default(), morsels, 0).unwrap();
    let read = read_file(&written, &lower_case(&schema), &Context::default()).unwrap();
    let columns = |batches: &[Batch]| {
        let batches: Vec<_> = batches.iter().map(|batch| batch.record_batch().unwrap()).collect();
        let batches = batches.iter().map(|batch| batch.columns().to_vec()).collect::<Vec<_>>();
        (0..schema.columns.len())
            .map(|column| {
                let parts: Vec<_> = batches.iter().map(|columns| columns[column].as_ref()).collect();
                arrow_select::concat::concat(&parts).unwrap()
            })
            .collect::<Vec<_>>()
    };
    assert!(columns(&read[0]) == columns(&groups[0]));
}

fn lower_case(schema: &Schema) -> Arc<Schema> {
    let mut schema = schema.clone();
    schema.columns.iter_mut().for_each(|column| column.name = column.name.to_lowercase());
    Arc::new(schema)
}

fn standing_schema() -> Arc<Schema> {
    schema(vec![
        ("id", DataType::BigInt),
        ("name", DataType::String),
        ("email", DataType::String),
        ("city", DataType::String),
        ("amount", DataType::Double),
        ("qty", DataType::Int),
        ("ts", DataType::Timestamp),
        ("flag", DataType::Boolean),
    ])
}

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn standing_batch(schema: &Arc<Schema>, first: u64, rows: u64, state: &mut u64) -> Batch {
    let mut names = StringBuilder::new();
    let mut emails = StringBuilder::new();
    for id in first..first + rows {
        let number = random(state) % 1_000_000;
        names.append_value(format!("User {number}"));
        emails.append_value(format!("user{id}.{}@example.com", number % 997));
    }
    let numbers: Vec<u64> = (0..rows).map(|_| random(state)).collect();
    let cities = numbers.iter().map(|number| Some(format!("City-{:03}", number % 100)));
    batch(
        schema,
        vec![
            Arc::new(Int64Array::from_iter_values((first..first + rows).map(|id| id as i64))),
            Arc::new(names.finish()),
            Arc::new(emails.finish()),
            Arc::new(cities.collect::<StringArray>()),
            Arc::new(Float64Array::from_iter_values(numbers.iter().map(|number| (number % 10_000_000) as f64 / 100.0))),
            Arc::new(Int32Array::from_iter_values(numbers.iter().map(|number| ((number >> 20) % 1_000) as i32))),
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                numbers.iter().map(|number| 1_700_000_000_000_000 + ((number >> 30) % 31_536_000) as i64 * 1_000_000),
            )),
            Arc::new(numbers.iter().map(|number| Some(number & 1 == 0)).collect::<BooleanArray>()),
        ],
    )
}

#[test]
#[ignore = "a measurement: run with --profile ci and --nocapture"]
fn measure_the_standing_data_set() {
    let schema = standing_schema();
    let mut state = 7;
    let morsel: Vec<Batch> = (0..MORSEL_ROWS / BATCH_ROWS)
        .map(|index| standing_batch(&schema, (index * BATCH_ROWS) as u64, BATCH_ROWS as u64, &mut state))
        .collect();
    let repeats = 5_000_000 / MORSEL_ROWS;
    for codec in ["none", "snappy", "lz4", "zstd"] {
        let mut encoder = encoder(&schema, &json!({ "compression": codec }), &Context::default()).unwrap();
        let mut region = vec![0u8; 1 << 20];
        let (mut bytes, mut metadata) = (0, None);
        let (mut encode, mut finish) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..repeats {
            let begin = cpu_time();
            encoder.reset(0);
            for batch in &morsel {
                encoder.encode(batch, 0, &mut OutputBuffer::new(&mut [])).unwrap();
            }
            encode += since(begin);
            let begin = cpu_time();
            loop {
                let mut output = OutputBuffer::new(&mut region);
                let is_done = encoder.finish(&mut output).unwrap();
                bytes += output.len();
                if is_done {
                    break;
                }
            }
            metadata = encoder.take_metadata();
            finish += since(begin);
        }
        let rows = (repeats * MORSEL_ROWS) as f64;
        let rate = rows / (encode + finish).as_secs_f64() / 1e6;
        println!("{codec:7} {rate:5.2} M rows/s, encode {encode:?}, finish {finish:?}, {bytes} bytes");
        if codec == "snappy" {
            let footer = parquet::file::metadata::ParquetMetaDataReader::decode_metadata(&metadata.unwrap()).unwrap();
            for column in footer.row_group(0).columns() {
                println!(
                    "  {:7} {:9} of {:9} bytes, dictionary {}",
                    column.column_path().string(),
                    column.compressed_size(),
                    column.uncompressed_size(),
                    column.dictionary_page_offset().is_some()
                );
            }
        }
    }
    let file = write_file(&schema, &json!({ "compression": "snappy" }), &Context::default(), &[morsel], 0).unwrap();
    let begin = cpu_time();
    let mut rows = 0;
    for _ in 0..20 {
        rows +=
            read_file(&file, &schema, &Context::default()).unwrap()[0].iter().map(|batch| batch.rows).sum::<usize>();
    }
    println!("decode  {:5.2} M rows/s", rows as f64 / since(begin).as_secs_f64() / 1e6);
}

#[test]
#[ignore = "a measurement: run with --profile ci and --nocapture"]
fn measure_each_column() {
    let schema = standing_schema();
    let mut state = 7;
    let morsel: Vec<Batch> = (0..MORSEL_ROWS / BATCH_ROWS)
        .map(|index| standing_batch(&schema, (index * BATCH_ROWS) as u64, BATCH_ROWS as u64, &mut state))
        .collect();
    for (index, column) in schema.columns.iter().enumerate() {
        let one = super::schema(vec![(column.name.as_str(), column.data_type.clone())]);
        let batches: Vec<_> = morsel.iter().map(|rows| batch(&one, vec![rows.columns[index].clone()])).collect();
        for codec in ["none", "snappy"] {
            let mut encoder = encoder(&one, &json!({ "compression": codec }), &Context::default()).unwrap();
            let begin = cpu_time();
            for _ in 0..10 {
                encode_group(encoder.as_mut(), &batches).unwrap();
            }
            println!("{:7} {codec:7} {:?} for a million rows", column.name, since(begin));
        }
    }
}
