//! What is written comes back.

use super::*;
use arrow_array::{Int64Array, StringArray, new_empty_array, new_null_array};
use millrace_batch::arrow_types::arrow_type;
use proptest::prelude::*;

/// Every type with limits, a null and ordinary values.
fn columns() -> Vec<(&'static str, DataType, Vec<Value>)> {
    let digits = "9".repeat(38);
    let row = row_of(vec![("a", DataType::String), ("at", DataType::Timestamp)]);
    vec![
        ("boolean", DataType::Boolean, vec![json!(true), Value::Null, json!(false)]),
        ("tinyint", DataType::TinyInt, vec![json!(-128), Value::Null, json!(127)]),
        ("smallint", DataType::SmallInt, vec![json!(-32_768), Value::Null, json!(32_767)]),
        ("int", DataType::Int, vec![json!(i32::MIN), Value::Null, json!(i32::MAX)]),
        ("bigint", DataType::BigInt, vec![json!(i64::MIN), Value::Null, json!(i64::MAX)]),
        ("float", DataType::Float, vec![json!(-0.0), Value::Null, json!(3.5e37)]),
        ("double", DataType::Double, vec![json!(1e-300), Value::Null, json!(-1.5e300)]),
        ("dec1", DataType::Decimal { precision: 1, scale: 0 }, vec![json!("-9"), Value::Null, json!("9")]),
        ("dec9", DataType::Decimal { precision: 9, scale: 2 }, vec![json!("-9999999.99"), Value::Null, json!("0.01")]),
        (
            "dec38",
            DataType::Decimal { precision: 38, scale: 0 },
            vec![json!(digits), Value::Null, json!(format!("-{digits}"))],
        ),
        ("string", DataType::String, vec![json!("ä"), Value::Null, json!("")]),
        ("bytes", DataType::Bytes, vec![json!("/wA="), Value::Null, json!("")]),
        ("date", DataType::Date, vec![json!("0001-01-01"), Value::Null, json!("9999-12-31")]),
        (
            "timestamp",
            DataType::Timestamp,
            vec![json!("1900-01-01T00:00:00"), Value::Null, json!("2024-07-01T12:30:45.123456")],
        ),
        ("list", array_of(DataType::Int), vec![json!([1, null]), Value::Null, json!([])]),
        ("lists", array_of(array_of(DataType::String)), vec![json!([["x"], null, []]), Value::Null, json!([])]),
        ("map", map_of(DataType::String, DataType::Int), vec![json!({ "a": 1, "b": null }), Value::Null, json!({})]),
        (
            "row",
            row,
            vec![json!({ "a": "x", "at": "2024-01-01T00:00:00" }), Value::Null, json!({ "a": null, "at": null })],
        ),
        (
            "rows",
            array_of(row_of(vec![("x", DataType::Double)])),
            vec![json!([{ "x": 1.5 }, null]), Value::Null, json!([])],
        ),
    ]
}

fn all_types() -> (Arc<Schema>, Batch) {
    let columns = columns();
    let schema = schema(columns.iter().map(|(name, data_type, _)| (*name, data_type.clone())).collect());
    let arrays = columns.iter().map(|(_, data_type, values)| array(data_type, values)).collect();
    let batch = batch(&schema, arrays);
    (schema, batch)
}

#[test]
fn every_type_comes_back_with_its_nulls_and_limits() {
    let (schema, batch) = all_types();
    for (zone, gap) in [("UTC", 0), ("Asia/Shanghai", 13)] {
        let file = FILES.write(&schema, &json!({}), &in_zone(zone), &[vec![batch.clone()], vec![batch.clone()]], gap);
        let file = file.unwrap();
        assert_eq!(FILES.schema(&file).columns, schema.columns);
        let read = FILES.read(&file, &schema, &in_zone(zone)).unwrap();
        assert_eq!(read.len(), 2);
        for stripe in &read {
            for ((read, written), column) in stripe[0].columns.iter().zip(&batch.columns).zip(&schema.columns) {
                assert_eq!(read, written, "{} in {zone}", column.name);
            }
        }
    }
}

#[test]
fn every_codec_comes_back_and_the_others_are_refused() {
    let (_, batch) = all_types();
    for codec in ["none", "zlib", "snappy", "lzo", "lz4", "zstd", "ZLIB"] {
        let schema = Arc::clone(&batch.schema);
        let file = FILES.write(&schema, &json!({ "compression": codec }), &in_zone("UTC"), &[vec![batch.clone()]], 0);
        let read = FILES.read(&file.unwrap(), &schema, &in_zone("UTC")).unwrap();
        assert_eq!(read[0][0].columns, batch.columns, "{codec}");
    }
    for (codec, code) in [("gzip", ErrorCode::OptionInvalid), ("", ErrorCode::OptionInvalid)] {
        let error = FILES.write(&batch.schema, &json!({ "compression": codec }), &in_zone("UTC"), &[], 0).unwrap_err();
        assert_eq!(error.code, code, "{codec}");
    }
}

#[test]
fn a_column_of_nulls_and_an_empty_column_come_back() {
    for (name, data_type, _) in columns() {
        for rows in [1, 9_000] {
            let nulls = new_null_array(&arrow_type(&data_type), rows);
            let (schema, file) = column_file(&data_type, &nulls, &json!({})).unwrap();
            assert_eq!(&first_column(&file, &schema, &Context::default()).unwrap(), &nulls, "{name}");
        }
        let empty = new_empty_array(&arrow_type(&data_type));
        let (schema, file) = column_file(&data_type, &empty, &json!({})).unwrap();
        assert_eq!(FILES.schema(&file).columns, schema.columns);
        assert!(FILES.read(&file, &schema, &Context::default()).unwrap().is_empty(), "{name}");
    }
}

#[test]
fn many_rows_come_back_in_batches() {
    let schema = schema(vec![("id", DataType::BigInt), ("text", DataType::String)]);
    let ids: ArrayRef = Arc::new((0..50_000).map(|row| (row % 13 > 0).then_some(row * 7_919)).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new((0..50_000).map(|row| Some(format!("{}", row % 600))).collect::<StringArray>());
    let rows = batch(&schema, vec![ids, texts]);
    let parts: Vec<_> = (0..10).map(|part| rows.slice(part * 5_000, 5_000)).collect();
    for codec in ["none", "snappy"] {
        let options = json!({ "compression": codec });
        let file = FILES.write(&schema, &options, &Context::default(), std::slice::from_ref(&parts), 0).unwrap();
        let batches = FILES.read(&file, &schema, &Context::default()).unwrap().remove(0);
        assert!(batches.len() > 5 && batches.iter().all(|batch| batch.rows <= 8_192));
        let mut first = 0;
        for batch in batches {
            assert_eq!(batch.columns, rows.slice(first, batch.rows).columns);
            first += batch.rows;
        }
        assert_eq!(first, 50_000);
    }
}

#[test]
fn times_and_instants_have_the_form_that_orc_knows() {
    let time = array(&DataType::Time, &[json!("00:00:00"), json!("23:59:59.999999"), Value::Null]);
    let (_, file) = column_file(&DataType::Time, &time, &json!({})).unwrap();
    let stamps =
        array(&DataType::Timestamp, &[json!("1970-01-01T00:00:00"), json!("1970-01-01T23:59:59.999999"), Value::Null]);
    assert_eq!(&first_column(&file, &FILES.schema(&file), &in_zone("UTC")).unwrap(), &stamps);
    // Declared as what it was, it is a time again.
    assert_eq!(&first_column(&file, &schema(vec![("c", DataType::Time)]), &in_zone("UTC")).unwrap(), &time);

    let offset = array(&DataType::TimestampTz, &[json!("2024-07-01T12:00:00+02:00"), Value::Null]);
    let (_, file) = column_file(&DataType::TimestampTz, &offset, &json!({})).unwrap();
    for (zone, local) in [("UTC", "2024-07-01T10:00:00"), ("Asia/Shanghai", "2024-07-01T18:00:00")] {
        let expected = array(&DataType::Timestamp, &[json!(local), Value::Null]);
        assert_eq!(&first_column(&file, &FILES.schema(&file), &in_zone(zone)).unwrap(), &expected, "{zone}");
    }
}

#[test]
fn fractions_before_1970_keep_what_the_format_can_say() {
    let stamps =
        |texts: &[&str]| array(&DataType::Timestamp, &texts.iter().map(|text| json!(text)).collect::<Vec<_>>());
    let written =
        ["1969-12-31T23:59:58.500", "1969-12-31T23:59:59.000500", "1969-12-31T23:59:59", "1969-12-31T23:59:59.500"];
    // The last second before 1970 has no place for a fraction of a millisecond and more.
    let read =
        ["1969-12-31T23:59:58.500", "1969-12-31T23:59:59.000500", "1969-12-31T23:59:59", "1970-01-01T00:00:00.500"];
    let (schema, file) = column_file(&DataType::Timestamp, &stamps(&written), &json!({})).unwrap();
    assert_eq!(&first_column(&file, &schema, &Context::default()).unwrap(), &stamps(&read));
}

proptest! {
    #[test]
    fn any_integers_come_back(
        values in prop::collection::vec(
            prop_oneof![Just(None), (-5i64..5).prop_map(Some), any::<i64>().prop_map(Some), any::<i16>().prop_map(|value| Some(i64::from(value)))],
            1..1_500,
        ),
        repeats in 1usize..20,
    ) {
        let values: Vec<_> = values.into_iter().flat_map(|value| std::iter::repeat_n(value, repeats)).collect();
        let array: ArrayRef = Arc::new(Int64Array::from(values));
        let (schema, file) = column_file(&DataType::BigInt, &array, &json!({})).unwrap();
        prop_assert_eq!(&first_column(&file, &schema, &Context::default()).unwrap(), &array);
    }

    #[test]
    fn any_steps_come_back(start: i64, steps in prop::collection::vec(0i64..1 << 20, 1..1_000), is_falling: bool) {
        let mut value = start;
        let values: Vec<_> = steps.into_iter().map(|step| {
            value = if is_falling { value.saturating_sub(step) } else { value.saturating_add(step) };
            value
        }).collect();
        let array: ArrayRef = Arc::new(Int64Array::from(values));
        let (schema, file) = column_file(&DataType::BigInt, &array, &json!({})).unwrap();
        prop_assert_eq!(&first_column(&file, &schema, &Context::default()).unwrap(), &array);
    }

    #[test]
    fn any_texts_come_back(texts in prop::collection::vec(prop::option::of(".{0,12}"), 1..300), repeats in 1usize..4) {
        let texts: Vec<_> = texts.into_iter().flat_map(|text| std::iter::repeat_n(text, repeats)).collect();
        let array: ArrayRef = Arc::new(StringArray::from(texts));
        let (schema, file) = column_file(&DataType::String, &array, &json!({ "compression": "lzo" })).unwrap();
        prop_assert_eq!(&first_column(&file, &schema, &Context::default()).unwrap(), &array);
    }
}
