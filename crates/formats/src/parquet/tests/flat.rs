//! The columns that are encoded without the library's writers, over pages, dictionaries, runs and nulls.

use super::*;
use arrow_array::{
    Array, BinaryArray, BooleanArray, Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, StringArray,
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Encoding;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

/// Writes one column as one row group of several batches, checks it with the library's reader, and gives its metadata.
fn written(data_type: DataType, array: &ArrayRef, batch_rows: usize, codec: &str) -> ParquetMetaData {
    let schema = schema(vec![("c", data_type)]);
    let batches: Vec<_> = (0..array.len().div_ceil(batch_rows))
        .map(|index| index * batch_rows)
        .map(|first| batch(&schema, vec![array.slice(first, batch_rows.min(array.len() - first))]))
        .collect();
    let file = write_file(&schema, &json!({ "compression": codec }), &Context::default(), &[batches], 0).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file.clone())).unwrap();
    let read: Vec<_> = reader.with_batch_size(array.len()).build().unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), 1);
    let read = read[0].column(0);
    assert_eq!((read.len(), read.null_count()), (array.len(), array.null_count()));
    assert!(arrow_select::concat::concat(&[read]).unwrap().to_data() == array.to_data(), "values of {codec}");
    let mut metadata = ParquetMetaDataReader::new();
    metadata.try_parse(&Bytes::from(file)).unwrap();
    metadata.finish().unwrap()
}

fn mixed(row: u64) -> u64 {
    row.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 17
}

/// `nulls` of ten rows are null, in no regular order.
fn masked<T>(rows: u64, nulls: u64, value: impl Fn(u64) -> T) -> Vec<Option<T>> {
    (0..rows).map(|row| (mixed(row + 7) % 10 >= nulls).then(|| value(row))).collect()
}

#[test]
fn every_kind_of_column_comes_back_over_several_pages() {
    let rows = 300_000;
    for nulls in [0, 3, 10] {
        let long = |row: u64| format!("{}{}", mixed(row), "x".repeat((mixed(row) % 50) as usize));
        let columns: Vec<(DataType, ArrayRef)> = vec![
            (DataType::TinyInt, Arc::new(Int8Array::from(masked(rows, nulls, |row| mixed(row) as i8)))),
            (DataType::Int, Arc::new(Int32Array::from(masked(rows, nulls, |row| mixed(row) as i32)))),
            (DataType::Int, Arc::new(Int32Array::from(masked(rows, nulls, |row| (mixed(row) % 1_000) as i32)))),
            (DataType::BigInt, Arc::new(Int64Array::from(masked(rows, nulls, |row| row as i64)))),
            (DataType::BigInt, Arc::new(Int64Array::from(masked(rows, nulls, |row| row as i64 / 700)))),
            (DataType::Float, Arc::new(Float32Array::from(masked(rows, nulls, |row| mixed(row) as f32)))),
            (DataType::Double, Arc::new(Float64Array::from(masked(rows, nulls, |row| (mixed(row) % 9) as f64 / 3.0)))),
            (DataType::Boolean, Arc::new(BooleanArray::from(masked(rows, nulls, |row| mixed(row).is_multiple_of(3))))),
            (DataType::String, Arc::new(StringArray::from(masked(rows, nulls, long)))),
            (DataType::String, Arc::new(StringArray::from(masked(rows, nulls, |row| format!("city {}", row % 77))))),
            (DataType::Bytes, Arc::new(BinaryArray::from_iter(masked(rows, nulls, u64::to_le_bytes)))),
        ];
        for (data_type, array) in columns {
            for (batch_rows, codec) in [(8_192, "snappy"), (99_999, "none")] {
                written(data_type.clone(), &array, batch_rows, codec);
            }
        }
    }
}

#[test]
fn a_dictionary_that_grows_too_large_is_followed_by_plain_pages() {
    // The first rows repeat; what comes after them does not.
    let value = |row: u64| if row < 10_000 { row % 10 } else { mixed(row) };
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values((0..100_000).map(|row| value(row) as i64)));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..100_000).map(|row| value(row).to_string())));
    for (data_type, array) in [(DataType::BigInt, numbers), (DataType::String, texts)] {
        let metadata = written(data_type, &array, 8_192, "snappy");
        let column = metadata.row_group(0).column(0);
        let encodings: Vec<_> = column.encodings().collect();
        assert!(encodings.contains(&Encoding::PLAIN_DICTIONARY) && encodings.contains(&Encoding::PLAIN));
        assert!(column.dictionary_page_offset().is_some());
        let statistics = column.statistics().unwrap();
        assert_eq!(statistics.min_bytes_opt().map(|bytes| bytes[0]), Some(first_byte_of_zero(&array)));
    }
}

fn first_byte_of_zero(array: &ArrayRef) -> u8 {
    if array.data_type() == &arrow_schema::DataType::Utf8 { b'0' } else { 0 }
}

#[test]
fn repeated_values_are_stored_as_runs() {
    for (case, values, most_bytes) in [
        ("one value", vec![5i64; 100_000], 100),
        ("two long runs", (0..100_000).map(|row| row / 50_000).collect(), 120),
        (
            "runs between changing values",
            (0..100_000).map(|row| if row % 1_000 < 900 { 1 } else { row % 7 }).collect(),
            7_000,
        ),
        ("runs of fifteen", (0..99_990).map(|row| row / 15 % 3).collect(), 30_000),
        ("fewer than eight", vec![1, 1, 2], 100),
    ] {
        let array: ArrayRef = Arc::new(Int64Array::from(values));
        let metadata = written(DataType::BigInt, &array, 8_192, "none");
        let bytes = metadata.row_group(0).column(0).compressed_size();
        assert!(bytes <= most_bytes, "{case}: {bytes} bytes");
    }
}

#[test]
fn a_large_value_has_a_page_of_its_own() {
    let texts = (0..40).map(|row| "y".repeat(if row % 20 == 3 { 3 << 20 } else { 10 }));
    let array: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let metadata = written(DataType::String, &array, 40, "snappy");
    assert!(metadata.row_group(0).column(0).uncompressed_size() > 6 << 20);
}
