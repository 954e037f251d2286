//! Damaged and hostile files end as errors: no panic, no endless loop, no large reservation.

use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A small file with a dictionary, numbers and a list, in two stripes.
fn small_file(codec: &str) -> (Arc<Schema>, Vec<u8>) {
    let schema = schema(vec![
        ("city", DataType::String),
        ("id", DataType::Int),
        ("price", DataType::Decimal { precision: 9, scale: 2 }),
        ("at", DataType::Timestamp),
        ("list", array_of(DataType::BigInt)),
    ]);
    let rows: Vec<_> = (0..40i64).collect();
    let values = |of: fn(i64) -> Value| rows.iter().map(|row| of(*row)).collect::<Vec<_>>();
    let contents: Vec<Vec<Value>> = vec![
        values(|row| if row % 7 > 0 { json!("Reykjavik") } else { Value::Null }),
        values(|row| json!(row * 7_919)),
        values(|row| json!(format!("{row}.25"))),
        values(|row| json!(format!("2024-01-01T00:00:{row:02}.5"))),
        values(|row| if row % 5 > 0 { json!((0..row % 3).collect::<Vec<_>>()) } else { Value::Null }),
    ];
    let arrays =
        schema.columns.iter().zip(&contents).map(|(column, values)| array(&column.data_type, values)).collect();
    let rows = batch(&schema, arrays);
    let options = json!({ "compression": codec });
    let file = FILES.write(&schema, &options, &Context::default(), &[vec![rows.clone()], vec![rows]], 0).unwrap();
    (schema, file)
}

/// Reads everything; whatever comes back must be an error or rows, in reasonable number.
fn read_untrusted(file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<usize> {
    let result = catch_unwind(AssertUnwindSafe(|| FILES.read(file, schema, context)));
    let batches = result.expect("a panic")?;
    Ok(batches.iter().flatten().map(|batch| batch.rows).sum())
}

#[test]
fn a_file_cut_at_any_byte_is_an_error() {
    for codec in ["none", "snappy"] {
        let (schema, file) = small_file(codec);
        for length in 0..file.len() {
            let error = read_untrusted(&file[..length], &schema, &Context::default()).unwrap_err();
            let expected = if length < 7 { ErrorCode::FileTypeInvalid } else { ErrorCode::FileCorrupt };
            assert_eq!(error.code, expected, "{codec}, {length} bytes: {error}");
        }
    }
}

#[test]
fn a_changed_byte_never_panics() {
    for codec in ["none", "zlib", "snappy", "lzo", "lz4", "zstd"] {
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
        json!({ "stripe": 0 }).to_string(),
        json!({ "stripe": -1, "fileLength": length }).to_string(),
        json!({ "stripe": 2, "fileLength": length }).to_string(),
    ] {
        let mut decoder = FILES.decoder(&schema, &json!({}), &Context::default()).unwrap();
        let error = decode_work(decoder.as_mut(), &file, &arguments).unwrap_err();
        assert_eq!(error.code, ErrorCode::ProgramInvalid, "{arguments}");
        assert_eq!(decoder.decode(&[], BOUNDS).unwrap_err().code, ErrorCode::ProgramInvalid);
    }
}

#[test]
fn other_files_are_told_apart_from_damaged_ones() {
    let (_, file) = small_file("none");
    let long_text = b"id,name\n".repeat(20_000);
    let mut long_cut = file.clone();
    long_cut.truncate(file.len() - 1);
    long_cut.splice(3..3, std::iter::repeat_n(0, 100_000));
    for (case, file, code) in [
        ("empty", &[][..], ErrorCode::FileTypeInvalid),
        ("short text", b"id,name\n1,x\n", ErrorCode::FileTypeInvalid),
        ("long text", &long_text, ErrorCode::FileTypeInvalid),
        ("cut off, long", &long_cut, ErrorCode::FileCorrupt),
    ] {
        assert_eq!(FILES.inspect(file, &json!({}), &Context::default()).unwrap_err().code, code, "{case}");
    }
}

#[test]
fn sizes_over_the_limit_are_refused_before_they_are_reserved() {
    let (schema, file) = small_file("zlib");
    let context = Context { value_limit_bytes: 100, ..Context::default() };
    assert_eq!(read_untrusted(&file, &schema, &context).unwrap_err().code, ErrorCode::ValueTooLarge, "footer");

    let texts = vec![json!("x".repeat(40_000)); 30];
    let (schema, file) = column_file(&DataType::Bytes, &array(&DataType::Bytes, &texts), &json!({})).unwrap();
    let context = Context { value_limit_bytes: 100_000, ..Context::default() };
    assert_eq!(read_untrusted(&file, &schema, &context).unwrap_err().code, ErrorCode::ValueTooLarge, "a batch");
}
