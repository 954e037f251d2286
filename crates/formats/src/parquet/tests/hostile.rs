//! Damaged and hostile files end as errors: no panic, no endless loop, no large reservation.

use super::*;
use arrow_array::builder::{Int64Builder, ListBuilder};
use arrow_array::{Int32Array, StringArray};
use millrace_batch::ErrorCode;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A small file with a dictionary column, a plain column and a list, in two row groups.
fn small_file(codec: &str) -> (Arc<Schema>, Vec<u8>) {
    let list = DataType::Array { element: Box::new(DataType::BigInt) };
    let schema = schema(vec![("city", DataType::String), ("id", DataType::Int), ("list", list)]);
    let cities: ArrayRef = Arc::new((0..40).map(|row| (row % 7 > 0).then_some("Reykjavik")).collect::<StringArray>());
    let ids: ArrayRef = Arc::new(Int32Array::from_iter_values((0..40).map(|row| row * 7_919)));
    let mut lists = ListBuilder::new(Int64Builder::new());
    for row in 0..40i64 {
        (0..row % 3).for_each(|value| lists.values().append_value(value));
        lists.append(row % 5 > 0);
    }
    let rows = batch(&schema, vec![cities, ids, Arc::new(lists.finish())]);
    let options = json!({ "compression": codec });
    let file = write_file(&schema, &options, &Context::default(), &[vec![rows.clone()], vec![rows]], 0).unwrap();
    (schema, file)
}

/// Reads everything; whatever comes back must be an error or rows, in reasonable number.
fn read_untrusted(file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<usize> {
    let result = catch_unwind(AssertUnwindSafe(|| read_file(file, schema, context)));
    let batches = result.expect("a panic")?;
    Ok(batches.iter().flatten().map(|batch| batch.rows).sum())
}

#[test]
fn a_file_cut_at_any_byte_is_an_error() {
    let (schema, file) = small_file("none");
    for length in 0..file.len() {
        let error = read_untrusted(&file[..length], &schema, &Context::default()).unwrap_err();
        let expected = if length < 12 { ErrorCode::FileTypeInvalid } else { ErrorCode::FileCorrupt };
        assert_eq!(error.code, expected, "{length} bytes: {error}");
    }
}

#[test]
fn a_changed_byte_never_panics() {
    for codec in ["none", "snappy", "gzip", "lz4", "brotli", "zstd"] {
        let (schema, file) = small_file(codec);
        let context = Context { value_limit_bytes: 1 << 20, ..Context::default() };
        for position in 0..file.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut file = file.clone();
                file[position] ^= change;
                match read_untrusted(&file, &schema, &context) {
                    Ok(rows) => assert!(rows <= 80, "{codec}: {rows} rows after a change at {position}"),
                    Err(error) => assert_ne!(error.code, ErrorCode::KernelPanic),
                }
            }
        }
    }
}

#[test]
fn changed_arguments_of_a_piece_of_work_are_refused() {
    let (schema, file) = small_file("none");
    let length = file.len();
    for arguments in [
        String::new(),
        "[]".into(),
        "{}".into(),
        json!({ "rowGroup": 0 }).to_string(),
        json!({ "rowGroup": -1, "fileLength": length }).to_string(),
        json!({ "rowGroup": 2, "fileLength": length }).to_string(),
        json!({ "rowGroup": 0, "fileLength": length, "footer": "*" }).to_string(),
    ] {
        let mut decoder = decoder(&schema, &json!({}), &Context::default()).unwrap();
        let error = decode_work(decoder.as_mut(), &file, &arguments).unwrap_err();
        assert_eq!(error.code, ErrorCode::ProgramInvalid, "{arguments}");
        assert_eq!(decoder.decode(&[], BOUNDS).unwrap_err().code, ErrorCode::ProgramInvalid);
    }
}

#[test]
fn fewer_bytes_than_were_asked_for_are_a_damaged_file() {
    let (schema, file) = small_file("none");
    let mut decoder = decoder(&schema, &json!({}), &Context::default()).unwrap();
    decoder.begin(&json!({ "rowGroup": 0, "fileLength": file.len() }).to_string()).unwrap();
    assert_eq!(decoder.decode(&[], BOUNDS).unwrap().wanted_ranges.len(), 1);
    assert_eq!(decoder.decode(&[1], BOUNDS).unwrap_err().code, ErrorCode::FileCorrupt);
}

#[test]
fn other_files_are_told_apart_from_damaged_ones() {
    let (_, file) = small_file("none");
    let long_text = b"id,name\n".repeat(20_000);
    let mut long_cut = file.clone();
    long_cut.truncate(file.len() - 1);
    long_cut.splice(4..4, std::iter::repeat_n(0, 100_000));
    let mut encrypted = file.clone();
    let end = encrypted.len();
    encrypted[end - 4..].copy_from_slice(b"PARE");
    for (case, file, code) in [
        ("empty", &[][..], ErrorCode::FileTypeInvalid),
        ("short text", b"id,name\n1,x\n", ErrorCode::FileTypeInvalid),
        ("long text", &long_text, ErrorCode::FileTypeInvalid),
        ("cut off, long", &long_cut, ErrorCode::FileCorrupt),
        ("encrypted", &encrypted, ErrorCode::Unimplemented),
    ] {
        assert_eq!(inspect(file, &json!({}), &Context::default()).unwrap_err().code, code, "{case}");
    }
}

#[test]
fn sizes_over_the_limit_are_refused_before_they_are_reserved() {
    let (schema, file) = small_file("gzip");
    let context = Context { value_limit_bytes: 100, ..Context::default() };
    assert_eq!(read_untrusted(&file, &schema, &context).unwrap_err().code, ErrorCode::ValueTooLarge, "footer");

    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..2_000).map(|row| format!("{row:0200}"))));
    let columns = super::schema(vec![("text", DataType::String)]);
    let rows = batch(&columns, vec![texts]);
    let options = json!({ "compression": "gzip" });
    let file = write_file(&columns, &options, &Context::default(), &[vec![rows]], 0).unwrap();
    let context = Context { value_limit_bytes: 50_000, ..Context::default() };
    assert_eq!(read_untrusted(&file, &columns, &context).unwrap_err().code, ErrorCode::ValueTooLarge, "page");
}
