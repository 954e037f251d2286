//! Files of other writers, and what a job asks of them.

use super::*;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray,
    FixedSizeBinaryArray, Float16Array, Float32Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray,
    StringArray, StringViewArray, Time32MillisecondArray, Time64MicrosecondArray, Time64NanosecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_buffer::i256;
use millrace_batch::ErrorCode;
use millrace_batch::parse::parse_timestamp;

fn plain(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    library_file(columns, WriterProperties::default())
}

fn read_one(file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<Batch> {
    Ok(read_file(file, schema, context)?.remove(0).remove(0))
}

#[test]
fn every_type_of_a_file_has_its_type_and_value() {
    let keys = DictionaryArray::<Int32Type>::from_iter(["a", "b", "a"]);
    let wide = Decimal256Array::from(vec![i256::from_i128(-12_345); 3]).with_precision_and_scale(38, 2).unwrap();
    let small = Decimal128Array::from(vec![-12_345; 3]).with_precision_and_scale(9, 2).unwrap();
    let fixed = FixedSizeBinaryArray::try_from_iter([[1u8, 2], [3, 4], [5, 6]].iter()).unwrap();
    let (noon, noon_nanos) = (43_200_000, 43_200_000_000_000i64);
    let cases: Vec<(ArrayRef, DataType, ArrayRef)> = vec![
        (Arc::new(UInt8Array::from(vec![0, 1, 255])), DataType::SmallInt, Arc::new(Int16Array::from(vec![0, 1, 255]))),
        (
            Arc::new(UInt16Array::from(vec![0, 1, u16::MAX])),
            DataType::Int,
            Arc::new(Int32Array::from(vec![0, 1, 65_535])),
        ),
        (
            Arc::new(UInt32Array::from(vec![0, 1, u32::MAX])),
            DataType::BigInt,
            Arc::new(Int64Array::from(vec![0, 1, i64::from(u32::MAX)])),
        ),
        (
            Arc::new(UInt64Array::from(vec![0, 1, u64::MAX])),
            DataType::Decimal { precision: 20, scale: 0 },
            Arc::new(Decimal128Array::from(vec![0, 1, i128::from(u64::MAX)]).with_precision_and_scale(20, 0).unwrap()),
        ),
        (
            Arc::new(Float16Array::from_iter_values([1.5f32, 0.0, -2.0].map(half))),
            DataType::Float,
            Arc::new(Float32Array::from(vec![1.5, 0.0, -2.0])),
        ),
        (Arc::new(keys), DataType::String, Arc::new(StringArray::from(vec!["a", "b", "a"]))),
        (
            Arc::new(LargeStringArray::from(vec!["a", "b", "ü"])),
            DataType::String,
            Arc::new(StringArray::from(vec!["a", "b", "ü"])),
        ),
        (
            Arc::new(StringViewArray::from(vec!["a", "b", "ü"])),
            DataType::String,
            Arc::new(StringArray::from(vec!["a", "b", "ü"])),
        ),
        (Arc::new(fixed), DataType::Bytes, Arc::new(BinaryArray::from(vec![&[1u8, 2][..], &[3, 4], &[5, 6]]))),
        (
            Arc::new(wide),
            DataType::Decimal { precision: 38, scale: 2 },
            Arc::new(Decimal128Array::from(vec![-12_345; 3]).with_precision_and_scale(38, 2).unwrap()),
        ),
        (Arc::new(small.clone()), DataType::Decimal { precision: 9, scale: 2 }, Arc::new(small)),
        (
            Arc::new(Time32MillisecondArray::from(vec![noon; 3])),
            DataType::Time,
            Arc::new(Time64NanosecondArray::from(vec![noon_nanos; 3])),
        ),
        (
            Arc::new(Time64MicrosecondArray::from(vec![noon_nanos / 1_000; 3])),
            DataType::Time,
            Arc::new(Time64NanosecondArray::from(vec![noon_nanos; 3])),
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![-1, 0, 1])),
            DataType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![-1_000, 0, 1_000])),
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![-1, 0, 1_999])),
            DataType::Timestamp,
            Arc::new(TimestampMicrosecondArray::from(vec![-1, 0, 1])),
        ),
    ];
    for (written, data_type, expected) in cases {
        let kind = written.data_type().clone();
        let file = plain(vec![("c", written)]);
        let schema = schema_of(&file);
        assert_eq!(schema.columns[0].data_type, data_type, "{kind}");
        let read = read_one(&file, &schema, &in_zone("Asia/Tokyo")).unwrap();
        assert_eq!(read.columns[0].to_data(), expected.to_data(), "{kind}");
    }
}

fn half(value: f32) -> <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native {
    <arrow_array::types::Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_f32(value)
}

#[test]
fn instants_are_shown_in_the_zone_and_local_times_are_not_moved() {
    let micros = |text: &str| parse_timestamp(text.as_bytes()).unwrap();
    let instant = micros("2024-07-01 12:00:00.5");
    let millis = TimestampMillisecondArray::from(vec![instant / 1_000]).with_timezone("UTC");
    let file =
        plain(vec![("instant", Arc::new(millis)), ("local", Arc::new(TimestampMicrosecondArray::from(vec![instant])))]);
    for (zone, expected) in [("UTC", "2024-07-01 12:00:00.5"), ("Europe/Berlin", "2024-07-01 14:00:00.5")] {
        let read = read_one(&file, &schema_of(&file), &in_zone(zone)).unwrap();
        let expected = [micros(expected), instant].map(|value| TimestampMicrosecondArray::from(vec![value]).to_data());
        assert_eq!([read.columns[0].to_data(), read.columns[1].to_data()], expected, "{zone}");
    }
}

#[test]
fn a_declared_type_is_taken_where_the_value_fits() {
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), None, Some(300)]));
    let file = plain(vec![
        ("int", ints),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), None, Some(b"y")]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("day", Arc::new(Date32Array::from(vec![Some(0), None, Some(1)]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(2)]).with_timezone("UTC"))),
    ]);
    let cents = Decimal128Array::from(vec![Some(100), None, Some(30_000)]).with_precision_and_scale(5, 2).unwrap();
    let day = 86_400_000_000;
    for (name, to, expected) in [
        ("int", DataType::BigInt, Arc::new(Int64Array::from(vec![Some(1), None, Some(300)])) as ArrayRef),
        ("int", DataType::SmallInt, Arc::new(Int16Array::from(vec![Some(1), None, Some(300)]))),
        ("int", DataType::Float, Arc::new(Float32Array::from(vec![Some(1.0), None, Some(300.0)]))),
        ("int", DataType::String, Arc::new(StringArray::from(vec![Some("1"), None, Some("300")]))),
        ("int", DataType::Decimal { precision: 5, scale: 2 }, Arc::new(cents)),
        ("bytes", DataType::String, Arc::new(StringArray::from(vec![Some("x"), None, Some("y")]))),
        ("flag", DataType::String, Arc::new(StringArray::from(vec![Some("true"), None, Some("false")]))),
        ("day", DataType::Timestamp, Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None, Some(day)]))),
        ("at", DataType::BigInt, Arc::new(Int64Array::from(vec![Some(1), None, Some(2)]))),
        (
            "at",
            DataType::String,
            Arc::new(StringArray::from(vec![
                Some("1970-01-01T00:00:00.000001"),
                None,
                Some("1970-01-01T00:00:00.000002"),
            ])),
        ),
    ] {
        let read = read_one(&file, &schema(vec![(name, to.clone())]), &Context::default()).unwrap();
        assert_eq!(read.columns[0].to_data(), expected.to_data(), "{name} as {to}");
    }
    for (name, to, code, row) in [
        ("int", DataType::TinyInt, ErrorCode::ValueMalformed, Some(2)),
        ("int", DataType::Date, ErrorCode::TypeUnsupported, None),
        ("day", DataType::BigInt, ErrorCode::TypeUnsupported, None),
        ("other", DataType::Int, ErrorCode::FieldNotFound, None),
    ] {
        let error = read_one(&file, &schema(vec![(name, to.clone())]), &Context::default()).unwrap_err();
        assert_eq!((error.code, error.row, error.field.as_deref()), (code, row, Some(name)), "{name} as {to}");
    }
}

#[test]
fn the_rows_before_a_failing_one_can_be_had() {
    let file = plain(vec![("int", Arc::new(Int32Array::from(vec![1, 2, 300])))]);
    let schema = schema(vec![("int", DataType::TinyInt)]);
    let mut decoder = decoder(&schema, &json!({}), &Context::default()).unwrap();
    let arguments = json!({ "rowGroup": 0, "fileLength": file.len() }).to_string();
    assert_eq!(decode_work(decoder.as_mut(), &file, &arguments).unwrap_err().row, Some(2));
    let before = decoder.rows_before_error().unwrap();
    assert_eq!(before.columns[0].to_data(), Int8Array::from(vec![1, 2]).to_data());
    assert!(decoder.rows_before_error().is_none());
}

#[test]
fn only_the_wanted_columns_are_read_in_the_wanted_order() {
    let wide: ArrayRef = Arc::new(StringArray::from_iter_values((0..20_000).map(|row| format!("{row:050}"))));
    let ids: ArrayRef = Arc::new(Int32Array::from_iter_values(0..20_000));
    let file = plain(vec![("a", ids.clone()), ("wide", wide), ("b", ids)]);
    let options = json!({ "readColumns": ["b", "a"] });
    let answer = inspect(&file, &options, &Context::default()).unwrap();
    let names: Vec<_> = answer["schema"]["columns"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
    assert_eq!(names, ["b", "a"]);

    let schema = Arc::new(serde_json::from_value(answer["schema"].clone()).unwrap());
    let mut decoder = decoder(&schema, &options, &Context::default()).unwrap();
    let arguments = answer["splits"][0]["arguments"].as_str().unwrap();
    let (batches, read) = decode_work(decoder.as_mut(), &file, arguments).unwrap();
    assert_eq!(batches.iter().map(|batch| batch.rows).collect::<Vec<_>>(), [8_192, 8_192, 3_616]);
    let tail = (64 << 10).min(file.len() as u64);
    assert_eq!(read - tail, answer["splits"][0]["bytes"].as_u64().unwrap());
    assert!(decoder.memory_bytes() < 1 << 20);
    assert_eq!(
        inspect(&file, &json!({ "readColumns": ["c"] }), &Context::default()).unwrap_err().code,
        ErrorCode::FieldNotFound
    );
}

#[test]
fn partition_columns_are_constants_of_the_file() {
    let file = plain(vec![("id", Arc::new(Int64Array::from(vec![1, 2])))]);
    let columns = vec![("id", DataType::BigInt), ("day", DataType::String), ("other", DataType::String)];
    let wanted = schema(columns.clone());
    let options = json!({ "partitionColumns": ["day", "other"] });
    let arguments = json!({ "rowGroup": 0, "fileLength": file.len(), "partitions": { "day": "2024-01-01" } });
    let mut decoder = decoder(&wanted, &options, &Context::default()).unwrap();
    let (batches, _) = decode_work(decoder.as_mut(), &file, &arguments.to_string()).unwrap();
    let days: ArrayRef = Arc::new(StringArray::from(vec!["2024-01-01"; 2]));
    assert_eq!(batches[0].columns[1].to_data(), days.to_data());
    assert_eq!(batches[0].columns[2].null_count(), 2);

    let only_constants = schema(columns[1..].to_vec());
    let mut decoder = super::decoder(&only_constants, &options, &Context::default()).unwrap();
    let (batches, _) = decode_work(decoder.as_mut(), &file, &arguments.to_string()).unwrap();
    assert_eq!(batches[0].columns[0].to_data(), days.to_data());
}

#[test]
fn a_known_footer_is_not_read_again() {
    let ids: ArrayRef = Arc::new(Int32Array::from_iter_values(0..1_000));
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(500)).build();
    let file = library_file(vec![("id", ids)], properties);
    let answer = inspect(&file, &json!({}), &Context::default()).unwrap();
    let schema = schema_of(&file);
    let mut decoder = decoder(&schema, &json!({}), &Context::default()).unwrap();
    let mut bytes_read = |row_group: u64, more: Value| {
        let mut arguments = json!({ "rowGroup": row_group, "fileLength": file.len() });
        for (name, value) in more.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        decode_work(decoder.as_mut(), &file, &arguments.to_string()).unwrap().1
    };
    let group_bytes = |group: usize| answer["splits"][group]["bytes"].as_u64().unwrap();
    assert!(bytes_read(0, json!({ "fileId": "f" })) > group_bytes(0));
    assert_eq!(bytes_read(1, json!({ "fileId": "f" })), group_bytes(1));
    assert!(bytes_read(1, json!({ "fileId": "g" })) > group_bytes(1));
    assert_eq!(bytes_read(0, json!({ "footer": answer["metadata"] })), group_bytes(0));
}

#[test]
fn a_large_row_group_is_asked_for_in_pieces() {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..20_000).map(|row| format!("{row:01000}"))));
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let file = library_file(vec![("a", texts.clone()), ("b", texts)], properties);
    let schema = schema_of(&file);
    let mut decoder = decoder(&schema, &json!({}), &Context::default()).unwrap();
    decoder.begin(&json!({ "rowGroup": 0, "fileLength": file.len() }).to_string()).unwrap();
    let (mut input, mut rows, mut asked) = (Vec::new(), 0, 0);
    loop {
        let decoded = decoder.decode(&input, BOUNDS).unwrap();
        asked += u64::from(!decoded.wanted_ranges.is_empty());
        assert!(decoded.wanted_ranges.iter().map(|range| range.1).sum::<u64>() <= 8 << 20);
        input.clear();
        decoded.wanted_ranges.iter().for_each(|(start, length)| input.extend(piece(&file, *start, *length)));
        rows += decoded.batch.map_or(0, |batch| batch.rows);
        if decoded.done {
            break;
        }
    }
    assert_eq!((rows, asked), (20_000, 6));
}
