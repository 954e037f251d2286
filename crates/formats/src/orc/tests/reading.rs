//! Reading: declared types, wanted columns, constants of files.

use super::*;
use arrow_array::{Int64Array, StringArray};

#[test]
fn a_declared_type_is_taken_where_the_value_fits() {
    for (written, values, declared, expected) in [
        (DataType::SmallInt, json!([1, null]), DataType::BigInt, json!([1, null])),
        (DataType::Float, json!([1.5, null]), DataType::String, json!(["1.5", null])),
        (DataType::Timestamp, json!(["2024-01-02T03:04:05"]), DataType::Time, json!(["03:04:05"])),
        (DataType::Timestamp, json!(["1969-12-31T23:00:00"]), DataType::Date, json!(["1969-12-31"])),
        (DataType::BigInt, json!([7]), DataType::TinyInt, json!([7])),
    ] {
        let (_, file) = column_file(&written, &array(&written, values.as_array().unwrap()), &json!({})).unwrap();
        let read = first_column(&file, &schema(vec![("c", declared.clone())]), &Context::default()).unwrap();
        assert_eq!(&read, &array(&declared, expected.as_array().unwrap()), "{written} as {declared}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_refused_behind_the_rows_before_it() {
    let (_, file) =
        column_file(&DataType::BigInt, &array(&DataType::BigInt, &[json!(1), json!(300)]), &json!({})).unwrap();
    let declared = schema(vec![("c", DataType::TinyInt)]);
    let mut decoder = FILES.decoder(&declared, &json!({}), &Context::default()).unwrap();
    let arguments = json!({ "stripe": 0, "fileLength": file.len() }).to_string();
    let error = decode_work(decoder.as_mut(), &file, &arguments).unwrap_err();
    assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::ValueMalformed, Some(1), Some("c")));
    assert_eq!(decoder.rows_before_error().unwrap().rows, 1);
}

fn two_columns() -> (Arc<Schema>, Vec<u8>) {
    let schema = schema(vec![("id", DataType::BigInt), ("text", DataType::String)]);
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_000));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..1_000).map(|row| format!("{row:050}"))));
    let rows = batch(&schema, vec![ids, texts]);
    let file = FILES.write(&schema, &json!({}), &Context::default(), &[vec![rows]], 0).unwrap();
    (schema, file)
}

#[test]
fn only_the_wanted_columns_are_read_in_the_wanted_order() {
    let (_, file) = two_columns();
    let arguments = json!({ "stripe": 0, "fileLength": file.len(), "fileId": "f" }).to_string();
    for (columns, most_bytes) in [(vec!["id"], 6_000), (vec!["text", "id"], 70_000)] {
        let all = FILES.schema(&file);
        let wanted = columns.iter().map(|name| (*name, all.columns[all.index_of(name).unwrap()].data_type.clone()));
        let wanted = schema(wanted.collect());
        let mut decoder = FILES.decoder(&wanted, &json!({}), &Context::default()).unwrap();
        decode_work(decoder.as_mut(), &file, &arguments).unwrap();
        // The footer is known the second time.
        let (batches, read) = decode_work(decoder.as_mut(), &file, &arguments).unwrap();
        assert_eq!(batches[0].columns.len(), columns.len());
        assert!(read < most_bytes, "{read} bytes for {columns:?}");
    }
    let missing = schema(vec![("nope", DataType::Int)]);
    let error = FILES.read(&file, &missing, &Context::default()).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::FieldNotFound, Some("nope")));
}

#[test]
fn partition_columns_are_constants_of_the_file() {
    let (_, file) = two_columns();
    let wanted = schema(vec![("day", DataType::Int), ("id", DataType::BigInt), ("part", DataType::String)]);
    let options = json!({ "partitionColumns": ["part"] });
    let mut decoder = FILES.decoder(&wanted, &options, &Context::default()).unwrap();
    let arguments = json!({ "stripe": 0, "fileLength": file.len(), "partitions": { "day": "3" } }).to_string();
    let error = decode_work(decoder.as_mut(), &file, &arguments).unwrap_err();
    assert_eq!(error.code, ErrorCode::TypeUnsupported);
    let wanted = schema(vec![("day", DataType::String), ("id", DataType::BigInt), ("part", DataType::String)]);
    let mut decoder = FILES.decoder(&wanted, &options, &Context::default()).unwrap();
    let (batches, _) = decode_work(decoder.as_mut(), &file, &arguments).unwrap();
    assert_eq!(batches[0].columns[0].to_data(), StringArray::from(vec!["3"; batches[0].rows]).into());
    assert_eq!(batches[0].columns[2].null_count(), batches[0].rows);
}
