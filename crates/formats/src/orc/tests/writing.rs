//! Writing: what the streams look like, what is refused, what a file says of itself.

use super::super::metadata::Kind;
use super::super::types::{data_type_of, file_nodes};
use super::*;
use arrow_array::{Int64Array, StringArray};
use millrace_batch::OutputBuffer;

#[test]
fn names_are_in_lower_case_at_every_level() {
    let schema = schema(vec![("Id", DataType::Int), ("Row", row_of(vec![("A", DataType::FloatVector)]))]);
    let nodes = file_nodes(&schema).unwrap();
    assert_eq!(nodes[0].names, ["id", "row"]);
    assert_eq!(nodes[2].names, ["a"]);
    assert_eq!(nodes[3].kind, Kind::List);
    assert_eq!(data_type_of(&nodes, 2).unwrap(), row_of(vec![("a", array_of(DataType::Float))]));
}

#[test]
fn what_cannot_be_written_is_refused_with_its_place() {
    let null = schema(vec![("id", DataType::Int), ("n", array_of(DataType::Null))]);
    let error = FILES.encoder(&null, &json!({}), &Context::default()).err().unwrap();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::TypeUnsupported, Some("n")));

    let decimal = DataType::Decimal { precision: 3, scale: 1 };
    let wide = DataType::Decimal { precision: 9, scale: 1 };
    let values = array(&wide, &[json!("1.0"), json!("99.9"), json!("100.0")]);
    let schema = schema(vec![("c", decimal)]);
    let rows = batch(&schema, vec![values]);
    let mut encoder = FILES.encoder(&schema, &json!({}), &Context::default()).unwrap();
    let error = encoder.encode(&rows, 1, &mut OutputBuffer::new(&mut [])).unwrap_err();
    assert_eq!((error.code, error.row, error.field.as_deref()), (ErrorCode::EncodeFailed, Some(2), Some("c")));
}

#[test]
fn rows_that_cannot_be_written_are_found_beforehand() {
    let narrow = DataType::Decimal { precision: 3, scale: 1 };
    let wide = DataType::Decimal { precision: 9, scale: 1 };
    let types = |decimal: &DataType| {
        let pair = row_of(vec![("a", decimal.clone()), ("b", decimal.clone())]);
        [decimal.clone(), array_of(decimal.clone()), map_of(DataType::String, decimal.clone()), pair]
    };
    let names = ["d", "list", "map", "row"];
    let table = schema(names.into_iter().zip(types(&narrow)).collect());
    let row = |d: &str, list: &str, map: &str, (a, b): (&str, &str)| {
        [json!(d), json!(["1.0", list]), json!({ "k": map }), json!({ "a": a, "b": b })]
    };
    let good = row("1.0", "1.0", "1.0", ("1.0", "99.9"));
    let nulls = [Value::Null, Value::Null, Value::Null, Value::Null];
    for (case, rows, expected) in [
        ("good rows", vec![good.clone(), nulls.clone(), good.clone()], None),
        ("no rows", vec![], None),
        ("a column", vec![good.clone(), nulls.clone(), row("100.0", "1.0", "1.0", ("1.0", "1.0"))], Some((2, "d"))),
        ("an element", vec![nulls, row("1.0", "100.0", "1.0", ("1.0", "1.0")), good.clone()], Some((1, "list"))),
        ("a value", vec![good.clone(), row("1.0", "1.0", "-100.0", ("1.0", "1.0"))], Some((1, "map"))),
        (
            "two fields",
            vec![good, row("1.0", "1.0", "1.0", ("1.0", "100.0")), row("1.0", "1.0", "1.0", ("100.0", "1.0"))],
            Some((1, "row")),
        ),
        (
            "several",
            vec![row("1.0", "1.0", "100.0", ("1.0", "1.0")), row("100.0", "1.0", "1.0", ("1.0", "1.0"))],
            Some((0, "map")),
        ),
    ] {
        let column = |(place, data_type): (usize, &DataType)| {
            let values: Vec<_> = rows.iter().map(|row| row[place].clone()).collect();
            array(data_type, &values)
        };
        let rows = batch(&table, types(&wide).iter().enumerate().map(column).collect());
        let mut encoder = FILES.encoder(&table, &json!({}), &Context::default()).unwrap();
        let found = encoder.check(&rows).err();
        let found = found.as_ref().map(|error| (error.code, error.row, error.field.as_deref()));
        assert_eq!(found, expected.map(|(row, field)| (ErrorCode::EncodeFailed, Some(row), Some(field))), "{case}");
    }
}

#[test]
fn elements_of_other_rows_do_not_matter() {
    let wide = array_of(DataType::Decimal { precision: 9, scale: 1 });
    let values = array(&wide, &[json!(["100.0"]), json!(["1.0"]), json!(["-100.0"])]);
    let table = schema(vec![("list", array_of(DataType::Decimal { precision: 3, scale: 1 }))]);
    let rows = batch(&table, vec![values]).slice(1, 1);
    let mut encoder = FILES.encoder(&table, &json!({}), &Context::default()).unwrap();
    assert_eq!(encoder.check(&rows), Ok(()));
    assert_eq!(encoder.encode(&rows, 0, &mut OutputBuffer::new(&mut [])), Ok(1));
}

#[test]
fn repeated_values_take_little_room() {
    let rows = 50_000usize;
    for (case, data_type, array, most_bytes) in [
        ("one number", DataType::BigInt, Arc::new(Int64Array::from(vec![7; rows])) as ArrayRef, 1_000),
        ("steps", DataType::BigInt, Arc::new(Int64Array::from_iter_values(0..rows as i64)) as ArrayRef, 1_500),
        (
            "few texts",
            DataType::String,
            Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("a longer text {}", row * row % 7))))
                as ArrayRef,
            25_000,
        ),
    ] {
        let (_, file) = column_file(&data_type, &array, &json!({})).unwrap();
        assert!(file.len() < most_bytes, "{case}: {} bytes", file.len());
    }
}

#[test]
fn small_batches_give_the_same_bytes_as_one() {
    let schema = schema(vec![("id", DataType::BigInt), ("text", DataType::String)]);
    let ids: ArrayRef = Arc::new((0..3_000).map(|row| (row % 5 > 0).then_some(row)).collect::<Int64Array>());
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..3_000).map(|row| format!("{}", row % 90))));
    let rows = batch(&schema, vec![ids, texts]);
    let parts: Vec<_> = (0..100).map(|part| rows.slice(part * 30, 30)).collect();
    let write = |morsel| FILES.write(&schema, &json!({}), &Context::default(), &[morsel], 0).unwrap();
    assert_eq!(write(parts), write(vec![rows]));
}

#[test]
fn a_reset_encoder_forgets_what_was_begun() {
    let schema = schema(vec![("id", DataType::BigInt)]);
    let rows = batch(&schema, vec![Arc::new(Int64Array::from(vec![1, 2]))]);
    let mut encoder = FILES.encoder(&schema, &json!({}), &Context::default()).unwrap();
    encoder.encode(&rows, 0, &mut OutputBuffer::new(&mut [])).unwrap();
    assert_eq!(encode_group(encoder.as_mut(), &[]).unwrap(), (Vec::new(), None));
}

#[test]
fn foreign_metadata_is_refused_when_a_file_is_completed() {
    let one = schema(vec![("id", DataType::BigInt)]);
    let two = schema(vec![("id", DataType::BigInt), ("b", DataType::Int)]);
    let rows = batch(&one, vec![Arc::new(Int64Array::from(vec![1, 2]))]);
    let mut encoder = FILES.encoder(&one, &json!({}), &Context::default()).unwrap();
    let metadata = encode_group(encoder.as_mut(), &[rows]).unwrap().1.unwrap();
    let assemble = DEFINITION.assemble.unwrap();
    for (schema, blob) in [(&two, metadata.as_slice()), (&one, &metadata[..metadata.len() - 1]), (&one, b"\x08")] {
        let error = assemble(schema, &json!({}), &Context::default(), &[(3, blob)]).unwrap_err();
        assert_eq!(error.code, ErrorCode::FileCorrupt);
    }
    assert!(assemble(&one, &json!({}), &Context::default(), &[(3, &metadata)]).is_ok());
}
