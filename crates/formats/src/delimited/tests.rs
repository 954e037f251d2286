#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{csv, text};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use millrace_batch::codec::{CodecDefinition, Context, Decoder, InputBounds};
use millrace_batch::schema::{Column, DataType, StructField};
use millrace_batch::{Batch, ErrorCode, KernelError, Schema};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn schema(columns: &[(&str, DataType)]) -> Arc<Schema> {
    let columns = columns
        .iter()
        .map(|(name, data_type)| Column { name: (*name).into(), data_type: data_type.clone(), nullable: true })
        .collect();
    Arc::new(Schema { table: "t".into(), columns })
}

fn decoder(format: &CodecDefinition, schema: &Arc<Schema>, options: &Value) -> Box<dyn Decoder> {
    decoder_with(format, schema, options, &Context::default())
}

fn decoder_with(
    format: &CodecDefinition,
    schema: &Arc<Schema>,
    options: &Value,
    context: &Context,
) -> Box<dyn Decoder> {
    let mut decoder = format.decoder.unwrap()(schema, options, context).unwrap();
    decoder.begin("{}").unwrap();
    decoder
}

pub(super) const WHOLE: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };

/// Presents `input` so that each call sees at least up to the next of `cuts`, as a host would.
fn decode_in_pieces(decoder: &mut dyn Decoder, input: &[u8], cuts: &[usize]) -> (Vec<Batch>, Option<KernelError>) {
    let (mut position, mut batches, mut cut, mut fresh) = (0, Vec::new(), 0, true);
    loop {
        let end = cuts.get(cut).copied().unwrap_or(input.len()).clamp(position, input.len());
        let end_of_file = end == input.len();
        let bounds = InputBounds { start_of_file: fresh, end_of_file, ..WHOLE };
        match decoder.decode(&input[position..end], bounds) {
            Ok(decoded) => {
                batches.extend(decoded.batch);
                position += decoded.consumed;
                fresh &= decoded.consumed == 0;
                if decoded.done {
                    return (batches, None);
                }
                assert!(decoded.consumed > 0 || !end_of_file, "no progress at the end of the file");
                cut += usize::from(decoded.consumed == 0);
            }
            Err(error) => {
                batches.extend(decoder.rows_before_error());
                return (batches, Some(error));
            }
        }
    }
}

/// Every row as text, one string a row; the debug form tells null from empty.
fn rows(batches: &[Batch]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in batches {
        let record: RecordBatch = batch.record_batch().unwrap();
        for row in 0..batch.rows {
            let values: Vec<String> = record.columns().iter().map(|column| cell(column.as_ref(), row)).collect();
            rows.push(values.join("|"));
        }
    }
    rows
}

fn cell(array: &dyn Array, row: usize) -> String {
    if array.is_null(row) || array.data_type().is_null() {
        return "∅".into();
    }
    if let Some(text) = array.as_string_opt::<i32>() {
        return text.value(row).to_owned();
    }
    if let Some(decimal) = array.as_primitive_opt::<Decimal128Type>() {
        return decimal.value_as_string(row);
    }
    let text = format!("{:?}", array.slice(row, 1));
    let body = text.lines().nth(2).unwrap_or_else(|| text.lines().nth(1).unwrap());
    body.trim().trim_end_matches(',').to_owned()
}

fn decode(format: &CodecDefinition, schema: &Arc<Schema>, options: &Value, input: &str) -> Vec<String> {
    let (batches, error) = decode_in_pieces(decoder(format, schema, options).as_mut(), input.as_bytes(), &[]);
    assert_eq!(error, None);
    rows(&batches)
}

fn failure(
    format: &CodecDefinition,
    schema: &Arc<Schema>,
    options: &Value,
    input: &[u8],
) -> (Vec<String>, KernelError) {
    let (batches, error) = decode_in_pieces(decoder(format, schema, options).as_mut(), input, &[]);
    (rows(&batches), error.unwrap())
}

fn two_texts() -> Arc<Schema> {
    schema(&[("a", DataType::String), ("b", DataType::String)])
}

#[test]
fn a_row_has_one_value_of_its_type_per_column() {
    let schema = schema(&[
        ("id", DataType::BigInt),
        ("name", DataType::String),
        ("amount", DataType::Double),
        ("quantity", DataType::Int),
        ("at", DataType::Timestamp),
        ("flag", DataType::Boolean),
        ("day", DataType::Date),
        ("time", DataType::Time),
        ("price", DataType::Decimal { precision: 5, scale: 2 }),
        ("tiny", DataType::TinyInt),
        ("raw", DataType::Bytes),
        ("nothing", DataType::Null),
    ]);
    let input = "-7,Zoë,1.5,3,2024-02-29 10:15:01,TRUE,2024/1/2,10:15,1.239,-128,ab,x\n\
                 9223372036854775807,x,1e3,-2147483648,2024-02-29T10:15:00.5,no,20240102,10:15:00.25,-.005,127,,\n";
    let rows = decode(&csv::DEFINITION, &schema, &json!({}), input);
    assert_eq!(
        rows,
        [
            "-7|Zoë|1.5|3|2024-02-29T10:15:01|true|2024-01-02|10:15:00|1.24|-128|[97, 98]|∅",
            "9223372036854775807|x|1000.0|-2147483648|2024-02-29T10:15:00.500|false|2024-01-02|10:15:00.250|-0.01|127|∅|∅",
        ]
    );
}

#[test]
fn blank_fields_missing_fields_and_blank_lines() {
    let options = json!({"fieldDelimiter": "|"});
    for (case, input, expected) in [
        ("a blank field is null", "x|\n |\t\n", vec!["x|∅", "∅|∅"]),
        ("missing trailing fields are null", "x\n", vec!["x|∅"]),
        ("extra fields are ignored", "x|y|z\n", vec!["x|y"]),
        ("a blank line is skipped", "\n\r\nx|y\n\n", vec!["x|y"]),
        ("a last row needs no delimiter", "x|y\nv|w", vec!["x|y", "v|w"]),
        ("a carriage return before the line feed belongs to it", "x|y\r\nv|w\r\n", vec!["x|y", "v|w"]),
        ("a byte-order mark is skipped", "\u{feff}x|y\n", vec!["x|y"]),
        ("an empty file has no rows", "", vec![]),
        ("a field keeps its blanks", " x |y\n", vec![" x |y"]),
        ("a quote is text", "\"x|y\"\n", vec!["\"x|y\""]),
    ] {
        assert_eq!(decode(&text::DEFINITION, &two_texts(), &options, input), expected, "{case}");
    }
}

#[test]
fn quotes_follow_commons_csv() {
    for (case, input, expected) in [
        ("a quoted field may hold delimiters", "\"x,1\",y\n", vec!["x,1|y"]),
        ("two quotes are one", "\"x\"\"1\"\"\",y\n", vec!["x\"1\"|y"]),
        ("an empty quoted field is null", "\"\",y\n", vec!["∅|y"]),
        ("a quote inside a field is text", "x\"1,y\"\n", vec!["x\"1|y\""]),
        ("blanks may follow a closing quote", "\"x\" ,y\n", vec!["x|y"]),
        ("a blank before a quote makes it text", " \"x\",y\n", vec![" \"x\"|y"]),
        ("a quoted last field before a carriage return", "x,\"y\"\r\nv,w\r\n", vec!["x|y", "v|w"]),
        ("only quotes", "\"\"\"\",\"\"\"\"\"\"\n", vec!["\"|\"\""]),
    ] {
        for quoted_newlines in [false, true] {
            let options = json!({"quotedNewlines": quoted_newlines});
            assert_eq!(decode(&csv::DEFINITION, &two_texts(), &options, input), expected, "{case}");
        }
    }
    let options = json!({"quotedNewlines": true});
    assert_eq!(decode(&csv::DEFINITION, &two_texts(), &options, "\"x\n1\r\n\",y\nv,w"), ["x\n1\r\n|y", "v|w"]);
}

#[test]
fn a_record_that_is_none_fails_at_its_row() {
    for (input, quoted_newlines) in [
        ("a,b\n\"x\"y,z\nc,d\n", false),
        ("a,b\n\"x,z\nc,d\n", false),
        ("a,b\n\"x\"y,z\nc,d\n", true),
        ("a,b\n\"x,z\nc,d\n", true),
    ] {
        let (rows, error) =
            failure(&csv::DEFINITION, &two_texts(), &json!({"quotedNewlines": quoted_newlines}), input.as_bytes());
        assert_eq!(
            (error.code, error.row, rows),
            (ErrorCode::RecordMalformed, Some(1), vec!["a|b".to_owned()]),
            "{input}"
        );
    }
}

#[test]
fn a_value_that_is_not_of_its_type_fails_at_its_row_and_field() {
    for (data_type, text, code) in [
        (DataType::Int, "2147483648", ErrorCode::ValueMalformed),
        (DataType::TinyInt, "128", ErrorCode::ValueMalformed),
        (DataType::BigInt, "1.0", ErrorCode::ValueMalformed),
        (DataType::BigInt, " 1", ErrorCode::ValueMalformed),
        (DataType::Double, "x", ErrorCode::ValueMalformed),
        (DataType::Decimal { precision: 3, scale: 2 }, "10", ErrorCode::ValueMalformed),
        (DataType::Date, "2023-02-29", ErrorCode::DateUnsupported),
        (DataType::Timestamp, "2023-02-28", ErrorCode::DateTimeUnsupported),
    ] {
        let schema = schema(&[("s", DataType::String), ("v", data_type)]);
        let input = format!("first,\nsecond,{text}\nthird,x\n");
        let (rows, error) = failure(&csv::DEFINITION, &schema, &json!({}), input.as_bytes());
        assert_eq!((error.code, error.row, error.field.as_deref()), (code, Some(1), Some("v")), "{text}");
        assert_eq!(rows, ["first|∅"], "{text}");
    }
}

#[test]
fn the_lowest_failing_row_wins_over_columns() {
    let schema = schema(&[("a", DataType::Int), ("b", DataType::Int)]);
    let (rows, error) = failure(&csv::DEFINITION, &schema, &json!({}), b"1,1\n2,x\ny,3\n");
    assert_eq!((error.row, error.field.as_deref(), rows), (Some(1), Some("b"), vec!["1|1".to_owned()]));
}

#[test]
fn bytes_that_are_not_utf8_fail_at_their_row() {
    for input in [&b"a,b\nc,\xff\nd,e\n"[..], b"a,b\n\"c\",\xc3\nd,e\n"] {
        let (rows, error) = failure(&csv::DEFINITION, &two_texts(), &json!({}), input);
        assert_eq!((error.code, error.row), (ErrorCode::EncodingInvalid, Some(1)));
        assert_eq!(rows, ["a|b"]);
    }
}

#[test]
fn a_record_over_the_limit_fails_at_its_row() {
    let context = Context { value_limit_bytes: 8, ..Context::default() };
    for options in [json!({}), json!({"escape": "\\"}), json!({"quotedNewlines": true})] {
        for cuts in [&[][..], &[3, 6, 9, 12, 15, 18]] {
            let mut decoder = decoder_with(&csv::DEFINITION, &two_texts(), &options, &context);
            let (batches, error) = decode_in_pieces(decoder.as_mut(), b"abcd,efg\n123456789\nx,y\n", cuts);
            let error = error.unwrap();
            assert_eq!(error.code, ErrorCode::ValueTooLarge);
            assert_eq!(rows(&batches), ["abcd|efg"]);
        }
    }
}

#[test]
fn long_delimiters_and_escapes_are_cut_by_the_careful_way() {
    let options = json!({"fieldDelimiter": "||", "rowDelimiter": "<>\n"});
    assert_eq!(decode(&text::DEFINITION, &two_texts(), &options, "a|b||c\n<>\nd||<>\ne"), ["a|b|c\n", "d|∅", "e|∅"]);
    let options = json!({"fieldDelimiter": "，"});
    assert_eq!(decode(&text::DEFINITION, &two_texts(), &options, "a，b\r\nc，d"), ["a|b", "c|d"]);
    let options = json!({"escape": "\\"});
    assert_eq!(
        decode(&csv::DEFINITION, &two_texts(), &options, "a\\,1,\\n\\x\r\n\"q\\\"\",\"\\\\\"\n"),
        ["a,1|\n\\x", "q\"|\\"]
    );
}

#[test]
fn header_rows_are_skipped_at_the_start_of_the_file_only() {
    let options = json!({"skipHeaderRows": 1});
    assert_eq!(decode(&csv::DEFINITION, &two_texts(), &options, "\u{feff}h,i\na,b\n"), ["a|b"]);
    assert_eq!(decode(&csv::DEFINITION, &two_texts(), &options, "h,i"), Vec::<String>::new());
    let mut decoder = decoder(&csv::DEFINITION, &two_texts(), &options);
    let decoded = decoder.decode(b"a,b\n", InputBounds { start_of_file: false, ..WHOLE }).unwrap();
    assert_eq!(decoded.batch.unwrap().rows, 1);
    let decoded = decoder.decode(b"h,i", InputBounds { end_of_file: false, ..WHOLE }).unwrap();
    assert_eq!((decoded.consumed, decoded.done), (0, false));
}

#[test]
fn a_projection_and_partition_values_make_the_output_columns() {
    let schema = schema(&[("c", DataType::Int), ("day", DataType::String), ("a", DataType::String)]);
    let file = json!([
        {"name": "a", "type": {"kind": "STRING"}},
        {"name": "b", "type": {"kind": "INT"}},
        {"name": "c", "type": {"kind": "INT"}},
    ]);
    for options in [
        json!({"fileSchema": {"table": "", "columns": file.clone()}, "partitionColumns": ["day"]}),
        json!({"fileSchema": file, "partitionColumns": ["day"], "projection": [2, 0]}),
    ] {
        let mut decoder = decoder(&csv::DEFINITION, &schema, &options);
        decoder.begin(r#"{"partitions":{"day":"2024-01-01"}}"#).unwrap();
        let batch = decoder.decode(b"x,not read,3\ny\n", WHOLE).unwrap().batch.unwrap();
        assert_eq!(rows(&[batch]), ["3|2024-01-01|x", "∅|2024-01-01|y"]);
        decoder.begin("").unwrap();
        assert_eq!(rows(&[decoder.decode(b"x,1,3", WHOLE).unwrap().batch.unwrap()]), ["3|∅|x"]);
    }
}

#[test]
fn pieces_of_a_file_share_its_rows_without_loss() {
    let schema = schema(&[("a", DataType::Int), ("b", DataType::Int)]);
    let lines: Vec<String> = (0..200).map(|row| format!("{row},{}\n", row * 7_919)).collect();
    let input = lines.concat();
    for piece in [1, 2, 3, 7, 64, 100, 1_000] {
        let mut decoder = decoder(&csv::DEFINITION, &schema, &json!({}));
        let mut seen = Vec::new();
        for begin in (0..input.len()).step_by(piece) {
            // A piece is presented from the byte before it, so that a record start exactly at it is seen.
            let from = begin.saturating_sub(1);
            let limit = (begin + piece).min(input.len()) - from;
            let bounds =
                InputBounds { skip_partial_record: begin > 0, start_of_file: begin == 0, end_of_file: true, limit };
            let decoded = decoder.decode(&input.as_bytes()[from..], bounds).unwrap();
            assert!(decoded.done);
            seen.extend(decoded.batch);
        }
        let expected: Vec<String> = input.lines().map(|line| line.replace(',', "|")).collect();
        assert_eq!(rows(&seen), expected, "pieces of {piece} bytes");
    }
}

#[test]
fn nested_values_are_cut_at_their_level() {
    let schema = schema(&[
        ("m", DataType::Map { key: Box::new(DataType::String), value: Box::new(DataType::Int) }),
        (
            "r",
            DataType::Row {
                fields: vec![
                    StructField { name: "x".into(), data_type: DataType::Int },
                    StructField {
                        name: "l".into(),
                        data_type: DataType::Array { element: Box::new(DataType::BigInt) },
                    },
                ],
            },
        ),
        ("l", DataType::Array { element: Box::new(DataType::Int) }),
    ]);
    let input = "a\u{3}1\u{2}b\u{1}7\u{2}5\u{3}6\u{2}extra\u{1}1\u{2}\u{2}3\u{2}\u{2}\n\u{1}8\u{1}\u{2}\n";
    let mut decoder = decoder(&text::DEFINITION, &schema, &json!({}));
    let batch = decoder.decode(input.as_bytes(), WHOLE).unwrap().batch.unwrap();
    let map = batch.columns[0].as_map();
    assert_eq!(map.keys().as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(map.values().as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
    assert!(map.is_null(1));
    let row = batch.columns[1].as_struct();
    assert_eq!(row.column(0).as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(7), Some(8)]);
    let inner = row.column(1).as_list::<i32>();
    assert_eq!(inner.value(0).as_primitive::<Int64Type>().values(), &[5, 6]);
    assert!(inner.is_null(1));
    let list = batch.columns[2].as_list::<i32>();
    assert_eq!(list.value(0).as_primitive::<Int32Type>().iter().collect::<Vec<_>>(), [Some(1), None, Some(3)]);
    assert_eq!(list.value(1).len(), 0);
    assert!(!list.is_null(1));
}

#[test]
fn a_null_text_is_null_in_every_column() {
    let schema = schema(&[("a", DataType::Int), ("b", DataType::String), ("c", DataType::Double)]);
    assert_eq!(
        decode(&csv::DEFINITION, &schema, &json!({"nullFormat": "\\N"}), "\\N,\\N,\\N\n1,x,2.5\n"),
        ["∅|∅|∅", "1|x|2.5"]
    );
    assert_eq!(decode(&csv::DEFINITION, &schema, &json!({"nullFormat": "0"}), "0,0,0\n"), ["∅|∅|∅"]);
}

#[test]
fn long_decimals_keep_every_digit() {
    let schema = schema(&[("a", DataType::Decimal { precision: 38, scale: 18 }), ("b", DataType::String)]);
    let mut decoder = decoder(&csv::DEFINITION, &schema, &json!({}));
    let batch = decoder.decode(b"48955630047163560901.284889942790858409,x\n", WHOLE).unwrap().batch.unwrap();
    let value = batch.columns[0].as_primitive::<Decimal128Type>().value(0);
    assert_eq!(value, 48_955_630_047_163_560_901_284_889_942_790_858_409);
}

#[test]
fn options_that_are_not_allowed_are_refused() {
    for options in [
        json!({"fieldDelimiter": ""}),
        json!({"fieldDelimiter": "\n"}),
        json!({"quote": "ab"}),
        json!({"quote": "é"}),
        json!({"fieldDelimiter": "\""}),
        json!({"quotedNewlines": 1}),
    ] {
        let result = csv::DEFINITION.decoder.unwrap()(&two_texts(), &options, &Context::default());
        assert_eq!(result.err().map(|error| error.code), Some(ErrorCode::OptionInvalid), "{options}");
    }
    let vectors = schema(&[("v", DataType::FloatVector)]);
    let result = csv::DEFINITION.decoder.unwrap()(&vectors, &json!({}), &Context::default());
    assert_eq!(result.err().map(|error| error.code), Some(ErrorCode::TypeUnsupported));
}

#[test]
fn a_batch_is_closed_after_about_eight_thousand_rows() {
    let schema = schema(&[("a", DataType::Int), ("b", DataType::Int)]);
    let input = "1,2\n".repeat(30_000);
    let (batches, error) =
        decode_in_pieces(decoder(&csv::DEFINITION, &schema, &json!({})).as_mut(), input.as_bytes(), &[]);
    assert_eq!(error, None);
    assert!(batches.iter().all(|batch| batch.rows <= 8_192 + 64));
    assert_eq!(batches.iter().map(|batch| batch.rows).sum::<usize>(), 30_000);
}

fn anything() -> impl Strategy<Value = Vec<u8>> {
    let symbols = prop_oneof![
        6 => Just(b"a".to_vec()), 3 => Just(b"12".to_vec()), 4 => Just(b",".to_vec()), 3 => Just(b"\n".to_vec()),
        2 => Just(b"\"".to_vec()), 1 => Just(b"\"\"".to_vec()), 1 => Just(b"\r\n".to_vec()), 1 => Just(b"\r".to_vec()),
        1 => Just(b"\\".to_vec()), 1 => Just("é".as_bytes().to_vec()), 1 => Just(b"||".to_vec()), 1 => Just(b" ".to_vec()),
        1 => Just(b",\"x,y\",".to_vec()), 1 => Just(b"\n\"z\",".to_vec()),
    ];
    proptest::collection::vec(symbols, 0..120).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_result_does_not_depend_on_how_the_input_is_cut(
        input in anything(), mut cuts in proptest::collection::vec(0usize..300, 0..12), variant in 0usize..7
    ) {
        cuts.sort_unstable();
        let options = [
            json!({}),
            json!({"quotedNewlines": true}),
            json!({"quotedNewlines": true, "escape": "\\"}),
            json!({"fieldDelimiter": "||"}),
            json!({"quote": null}),
            json!({"skipHeaderRows": 2}),
            json!({"rowDelimiter": "||", "quotedNewlines": true}),
        ][variant].clone();
        let schema = schema(&[("a", DataType::String), ("b", DataType::String), ("c", DataType::Int)]);
        let context = Context { value_limit_bytes: 40, ..Context::default() };
        let (whole, whole_error) =
            decode_in_pieces(decoder_with(&csv::DEFINITION, &schema, &options, &context).as_mut(), &input, &[]);
        let (cut, cut_error) =
            decode_in_pieces(decoder_with(&csv::DEFINITION, &schema, &options, &context).as_mut(), &input, &cuts);
        prop_assert_eq!(rows(&whole), rows(&cut));
        let place = |error: Option<KernelError>| error.map(|error| (error.code, error.message, error.field));
        prop_assert_eq!(place(whole_error), place(cut_error));
    }

    #[test]
    fn index_and_careful_cutter_agree(input in anything(), quoted_newlines: bool) {
        let schema = schema(&[("a", DataType::String), ("b", DataType::String), ("c", DataType::String)]);
        let fast = json!({"quotedNewlines": quoted_newlines});
        // An escape that never appears sends everything the careful way.
        let careful = json!({"quotedNewlines": quoted_newlines, "escape": "\u{7}"});
        let (first, first_error) = decode_in_pieces(decoder(&csv::DEFINITION, &schema, &fast).as_mut(), &input, &[]);
        let (second, second_error) = decode_in_pieces(decoder(&csv::DEFINITION, &schema, &careful).as_mut(), &input, &[]);
        prop_assert_eq!(rows(&first), rows(&second));
        prop_assert_eq!(first_error, second_error);
    }
}
