//! Files as other readers see them.

use super::*;
use arrow_array::{
    Array, BinaryArray, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray, StringArray,
    Time64NanosecondArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::DataType as ArrowType;
use bytes::Bytes;
use millrace_batch::ErrorCode;
use millrace_batch::arrow_types::arrow_type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Encoding, PageType, Type as PhysicalType};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::statistics::Statistics;
use parquet::schema::printer::print_schema;

fn metadata(file: &[u8]) -> ParquetMetaData {
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip);
    let options = parquet::file::metadata::ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
    let mut reader = reader.with_metadata_options(Some(options));
    reader.try_parse(&Bytes::copy_from_slice(file)).unwrap();
    reader.finish().unwrap()
}

/// Rows `first ..` of a table whose columns differ in how often values repeat.
fn rows(schema: &Arc<Schema>, first: i64, count: i64) -> Batch {
    let range = first..first + count;
    batch(
        schema,
        vec![
            Arc::new(Int64Array::from_iter_values(range.clone())),
            Arc::new(
                range.clone().map(|row| (row % 10 > 0).then(|| format!("city {}", row % 50))).collect::<StringArray>(),
            ),
            Arc::new(Float64Array::from_iter_values(range.map(|row| row as f64 / 3.0))),
        ],
    )
}

fn table() -> Arc<Schema> {
    schema(vec![("Id", DataType::BigInt), ("City", DataType::String), ("amount", DataType::Double)])
}

#[test]
fn row_groups_may_be_placed_anywhere() {
    let schema = table();
    let morsels: Vec<Vec<Batch>> = (0..5).map(|morsel| vec![rows(&schema, morsel * 6_000, 6_000)]).collect();
    let options = json!({ "compression": "snappy" });
    for gap in [0, 1, 4_099] {
        let file = write_file(&schema, &options, &Context::default(), &morsels, gap).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file.clone())).unwrap();
        let mut next = 0;
        for read in reader.with_batch_size(6_000).build().unwrap() {
            let expected = rows(&schema, next, 6_000);
            for (read, expected) in read.unwrap().columns().iter().zip(&expected.columns) {
                assert_eq!(read.to_data(), expected.to_data());
            }
            next += 6_000;
        }
        assert_eq!(next, 30_000);

        let metadata = metadata(&file);
        assert_eq!(metadata.file_metadata().num_rows(), 30_000);
        assert_eq!(metadata.file_metadata().created_by(), Some("millrace"));
        assert_eq!(metadata.file_metadata().version(), 1);
        for (ordinal, group) in metadata.row_groups().iter().enumerate() {
            assert_eq!(group.ordinal(), Some(ordinal as i16));
            let first = group.columns().iter().map(|column| column.byte_range().0).min().unwrap();
            assert_eq!(group.file_offset(), Some(first as i64));
        }
    }
}

#[test]
fn statistics_are_those_of_each_row_group() {
    let schema = table();
    let morsels = [vec![rows(&schema, 0, 6_000)], vec![rows(&schema, 6_000, 100)]];
    let file = write_file(&schema, &json!({}), &Context::default(), &morsels, 0).unwrap();
    let metadata = metadata(&file);
    for (group, (min, max, nulls)) in metadata.row_groups().iter().zip([(0, 5_999, 600), (6_000, 6_099, 10)]) {
        let Some(Statistics::Int64(ids)) = group.column(0).statistics() else { panic!("no statistics") };
        assert_eq!((ids.min_opt(), ids.max_opt(), ids.null_count_opt()), (Some(&min), Some(&max), Some(0)));
        let cities = group.column(1).statistics().unwrap();
        assert_eq!(cities.null_count_opt(), Some(nulls));
        assert_eq!(cities.min_bytes_opt(), Some(&b"city 1"[..]));
        assert_eq!(cities.max_bytes_opt(), Some(&b"city 9"[..]));
        assert!(cities.min_is_exact() && cities.max_is_exact() && !cities.is_min_max_deprecated());
        let amounts = group.column(2).statistics().unwrap();
        assert_eq!(amounts.max_bytes_opt(), Some(&(max as f64 / 3.0).to_le_bytes()[..]));
        assert!(group.columns().iter().all(|column| column.column_index_offset().is_none()));
        assert!(group.columns().iter().all(|column| column.offset_index_offset().is_none()));
    }
}

#[test]
fn a_dictionary_is_used_only_where_values_repeat() {
    let schema = table();
    for batch_rows in [64, 1_000, 10_000] {
        let batches: Vec<_> =
            (0..10_000 / batch_rows).map(|index| rows(&schema, index * batch_rows, batch_rows)).collect();
        let file = write_file(&schema, &json!({}), &Context::default(), &[batches], 0).unwrap();
        let metadata = metadata(&file);
        let group = metadata.row_group(0);
        let with_dictionary: Vec<_> =
            group.columns().iter().map(|column| column.dictionary_page_offset().is_some()).collect();
        assert_eq!(with_dictionary, [false, true, false], "batches of {batch_rows}");
        assert!(group.column(0).encodings().any(|encoding| encoding == Encoding::PLAIN));
        let pages = group.column(1).page_encoding_stats().unwrap();
        let dictionary = pages.iter().find(|page| page.page_type == PageType::DATA_PAGE).unwrap();
        assert!(matches!(dictionary.encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY));
    }
}

#[test]
fn small_batches_give_the_same_bytes_as_one() {
    let schema = table();
    let whole = write_file(&schema, &json!({}), &Context::default(), &[vec![rows(&schema, 0, 8_000)]], 0).unwrap();
    let cut: Vec<_> = (0..8).map(|index| rows(&schema, index * 1_000, 1_000)).collect();
    let cut = write_file(&schema, &json!({}), &Context::default(), &[cut], 0).unwrap();
    assert!(whole == cut);
}

#[test]
fn the_schema_is_the_one_that_the_original_writes() {
    let list = DataType::Array { element: Box::new(DataType::Int) };
    let map = DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::BigInt) };
    let schema = schema(vec![
        ("ID", DataType::TinyInt),
        ("Price", DataType::Decimal { precision: 10, scale: 2 }),
        ("At", DataType::Timestamp),
        ("Tags", list),
        ("Map", map),
    ]);
    let file = write_file(&schema, &json!({}), &Context::default(), &[], 0).unwrap();
    let mut printed = Vec::new();
    print_schema(&mut printed, metadata(&file).file_metadata().schema());
    let expected = "\
message SeaTunnelRecord {
  OPTIONAL INT32 id (INTEGER(8,true));
  OPTIONAL FIXED_LEN_BYTE_ARRAY (5) price (DECIMAL(10,2));
  OPTIONAL INT64 at (TIMESTAMP(MILLIS,true));
  OPTIONAL group tags (LIST) {
    REPEATED group bag {
      OPTIONAL INT32 array_element;
    }
  }
  OPTIONAL group map (MAP) {
    REPEATED group key_value {
      REQUIRED BYTE_ARRAY key (STRING);
      OPTIONAL INT64 value;
    }
  }
}
";
    assert_eq!(String::from_utf8(printed).unwrap(), expected);
}

#[test]
fn twelve_bytes_are_written_as_int96_where_the_option_names_them() {
    let schema = schema(vec![("Raw", DataType::Bytes), ("id", DataType::Int)]);
    let raw: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&[0u8; 12][..]), None]));
    let ids: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let options = json!({ "fixedAsInt96": ["raw"] });
    let file = write_file(&schema, &options, &Context::default(), &[vec![batch(&schema, vec![raw, ids.clone()])]], 0);
    let metadata = metadata(&file.unwrap());
    assert_eq!(metadata.row_group(0).column(0).column_type(), PhysicalType::INT96);
    assert_eq!(metadata.row_group(0).column(0).num_values(), 2);

    let short: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&[0u8; 12][..]), Some(&[0u8; 11])]));
    let error = write_file(&schema, &options, &Context::default(), &[vec![batch(&schema, vec![short, ids])]], 0);
    let error = error.unwrap_err();
    assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::EncodeFailed, Some(1), Some("Raw")));
}

#[test]
fn what_cannot_be_written_is_refused_with_its_place() {
    let times = schema(vec![("id", DataType::Int), ("At", DataType::Time)]);
    let error = encoder(&times, &json!({}), &Context::default()).err().unwrap();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::TypeUnsupported, Some("At")));
    let _: ArrayRef = Arc::new(Time64NanosecondArray::from(vec![1]));

    let decimals = schema(vec![("d", DataType::Decimal { precision: 3, scale: 1 })]);
    let values = Decimal128Array::from(vec![Some(999), Some(-999), None, Some(1_000)]);
    let values = values.with_precision_and_scale(3, 1).unwrap();
    let error =
        write_file(&decimals, &json!({}), &Context::default(), &[vec![batch(&decimals, vec![Arc::new(values)])]], 0);
    assert_eq!(error.unwrap_err().row, Some(3));

    for (options, code) in [
        (json!({ "timestampUnit": "nanos" }), ErrorCode::OptionInvalid),
        (json!({ "compression": "lzo" }), ErrorCode::CodecUnavailable),
    ] {
        assert_eq!(encoder(&times, &options, &Context::default()).err().unwrap().code, code, "{options}");
    }
    let zone = encoder(&decimals, &json!({}), &in_zone("Nowhere"));
    assert_eq!(zone.err().unwrap().code, ErrorCode::OptionInvalid);
}

#[test]
fn rows_that_cannot_be_written_are_found_beforehand() {
    let decimal = DataType::Decimal { precision: 3, scale: 1 };
    let nested = DataType::Array { element: Box::new(decimal.clone()) };
    let table = schema(vec![("raw", DataType::Bytes), ("d", decimal), ("list", nested)]);
    let raw =
        |lengths: [usize; 3]| -> ArrayRef { Arc::new(BinaryArray::from_iter_values(lengths.map(|n| vec![0; n]))) };
    let decimals = |values: Vec<i128>| -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(3, 1).unwrap())
    };
    let lists = |values: Vec<i128>| -> ArrayRef {
        let ArrowType::List(field) = arrow_type(&table.columns[2].data_type) else { unreachable!() };
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([1, 1, 1]), decimals(values), None))
    };
    let (good, bad) = (vec![1, 2, 999], vec![1, 1_000, 2]);
    for (columns, expected) in [
        (vec![raw([12, 12, 12]), decimals(good.clone()), lists(good.clone())], None),
        (vec![raw([12, 12, 3]), decimals(bad.clone()), lists(good.clone())], Some(1)),
        (vec![raw([12, 12, 3]), decimals(good.clone()), lists(good.clone())], Some(2)),
        (vec![raw([12, 12, 12]), decimals(good), lists(bad)], Some(1)),
    ] {
        let mut encoder = encoder(&table, &json!({ "fixedAsInt96": ["raw"] }), &Context::default()).unwrap();
        let found = encoder.check(&batch(&table, columns)).err().map(|error| (error.code, error.row));
        assert_eq!(found, expected.map(|row| (ErrorCode::EncodeFailed, Some(row))));
    }
}

#[test]
fn foreign_metadata_is_refused_when_a_footer_is_assembled() {
    let (ours, other) = (table(), schema(vec![("x", DataType::Int)]));
    let mut encoder = encoder(&ours, &json!({}), &Context::default()).unwrap();
    let (_, blob) = encode_group(encoder.as_mut(), &[rows(&ours, 0, 10)]).unwrap();
    let blob = blob.unwrap();
    for (case, schema, offset, blob) in [
        ("another schema", &other, 4, &blob[..]),
        ("cut off", &ours, 4, &blob[..blob.len() / 2]),
        ("an absurd offset", &ours, u64::MAX, &blob[..]),
    ] {
        assert!(assemble_footer(schema, &json!({}), &Context::default(), &[(offset, blob)]).is_err(), "{case}");
    }
}

#[test]
fn a_reset_encoder_forgets_what_was_begun() {
    let schema = table();
    let mut encoder = encoder(&schema, &json!({}), &Context::default()).unwrap();
    let expected = encode_group(encoder.as_mut(), &[rows(&schema, 0, 10)]).unwrap();
    for begun in [10, 10_000] {
        encoder.encode(&rows(&schema, 50, begun), 0, &mut OutputBuffer::new(&mut [])).unwrap();
        assert!(encoder.memory_bytes() > 0);
        assert_eq!(encode_group(encoder.as_mut(), &[rows(&schema, 0, 10)]).unwrap(), expected, "{begun} rows begun");
    }
    let tail = encode_group(encoder.as_mut(), &[]).unwrap();
    assert_eq!(tail, (vec![], None));
    let all = rows(&schema, 0, 10);
    encoder.reset(0);
    encoder.encode(&rows(&schema, -5, 15), 5, &mut OutputBuffer::new(&mut [])).unwrap();
    assert_eq!(finish(encoder.as_mut()), expected, "{} rows behind the first", all.rows);
}
