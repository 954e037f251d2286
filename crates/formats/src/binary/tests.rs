#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::DEFINITION;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{BinaryArray, Int64Array};
use millrace_batch::codec::{Context, InputBounds};
use millrace_batch::schema::{Column, DataType};
use millrace_batch::{Batch, ErrorCode, OutputBuffer, Result, Schema};
use serde_json::{Value, json};
use std::sync::Arc;

const BOUNDS: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: false, limit: usize::MAX };

fn schema(columns: &[(&str, DataType)]) -> Arc<Schema> {
    let columns = columns.iter().map(|(name, data_type)| Column {
        name: (*name).to_owned(),
        data_type: data_type.clone(),
        nullable: true,
    });
    Arc::new(Schema { table: "t".to_owned(), columns: columns.collect() })
}

fn all() -> Arc<Schema> {
    schema(&[("data", DataType::Bytes), ("relativePath", DataType::String), ("partIndex", DataType::BigInt)])
}

fn read(options: &Value, file: &[u8]) -> Result<Vec<(Vec<u8>, String, i64)>> {
    let context = Context { value_limit_bytes: 3 << 20, ..Context::default() };
    let mut decoder = DEFINITION.decoder.unwrap()(&all(), options, &context)?;
    decoder.begin(&json!({ "length": file.len(), "relativePath": "a/b", "fileId": "x" }).to_string())?;
    let mut input: &[u8] = &[];
    let mut rows = Vec::new();
    loop {
        let decoded = decoder.decode(input, BOUNDS)?;
        assert_eq!(decoded.consumed, input.len());
        if let Some(batch) = decoded.batch {
            for row in 0..batch.rows {
                let data = batch.columns[0].as_binary::<i32>().value(row).to_vec();
                let path = batch.columns[1].as_string::<i32>().value(row).to_owned();
                rows.push((data, path, batch.columns[2].as_primitive::<Int64Type>().value(row)));
            }
        }
        if decoded.done {
            return Ok(rows);
        }
        let (start, length) = decoded.wanted_ranges[0];
        input = &file[start as usize..(start + length) as usize];
    }
}

#[test]
fn a_file_is_cut_into_parts() {
    let file: Vec<u8> = (0..3_000_000u32).map(|index| (index * 7) as u8).collect();
    for (length, chunk) in
        [(2500, 1024), (2048, 1024), (1, 1024), (3_000_000, 1_000_000), (3_000_000, 2_000_000), (9, 1)]
    {
        let rows = read(&json!({ "chunkSize": chunk }), &file[..length]).unwrap();
        assert_eq!(rows.len(), length.div_ceil(chunk), "{length} in {chunk}");
        assert!(rows.iter().enumerate().all(|(index, row)| row.1 == "a/b" && row.2 == index as i64));
        assert!(rows.iter().rev().skip(1).all(|row| row.0.len() == chunk));
        assert!(rows.into_iter().flat_map(|row| row.0).eq(file[..length].iter().copied()));
    }
    let rows = read(&json!({ "completeFile": true }), &file).unwrap();
    assert_eq!((rows.len(), rows[0].0.len(), rows[0].2), (1, 3_000_000, 0));
    assert!(read(&json!({}), &[]).unwrap().is_empty());
}

#[test]
fn what_is_too_large_or_of_other_columns_is_refused() {
    let context = Context { value_limit_bytes: 100, ..Context::default() };
    let make = |schema: &Arc<Schema>, options: Value| DEFINITION.decoder.unwrap()(schema, &options, &context);
    assert_eq!(make(&all(), json!({ "chunkSize": 0 })).err().unwrap().code, ErrorCode::OptionInvalid);
    assert_eq!(make(&all(), json!({ "chunkSize": 101 })).err().unwrap().code, ErrorCode::OptionInvalid);
    let other = schema(&[("data", DataType::String)]);
    assert_eq!(make(&other, json!({ "chunkSize": 9 })).err().unwrap().code, ErrorCode::ProgramInvalid);
    let mut decoder = make(&all(), json!({ "chunkSize": 9, "completeFile": true })).unwrap();
    let error = decoder.begin("{\"length\":101,\"relativePath\":\"x\"}").unwrap_err();
    assert_eq!(error.code, ErrorCode::ValueTooLarge);
    assert_eq!(decoder.begin("{}").unwrap_err().code, ErrorCode::ProgramInvalid);
    decoder.begin("{\"length\":10,\"relativePath\":\"x\"}").unwrap();
    decoder.decode(&[], BOUNDS).unwrap();
    assert_eq!(decoder.decode(b"short", BOUNDS).unwrap_err().code, ErrorCode::FileCorrupt);
}

fn parts() -> Arc<Schema> {
    schema(&[("data", DataType::Bytes), ("partIndex", DataType::BigInt)])
}

fn write(parts_of_rows: &[Option<i64>]) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    let data: Vec<Vec<u8>> = (0..parts_of_rows.len()).map(|row| vec![row as u8; row]).collect();
    let data = BinaryArray::from_iter_values(data);
    let batch = Batch::try_new(
        parts(),
        vec![Arc::new(data), Arc::new(Int64Array::from(parts_of_rows.to_vec()))],
        parts_of_rows.len(),
    )?;
    let mut encoder = DEFINITION.encoder.unwrap()(&parts(), &json!({}), &Context::default())?;
    let mut bytes = [0; 64];
    let mut output = OutputBuffer::new(&mut bytes);
    assert_eq!(encoder.encode(&batch, 0, &mut output)?, batch.rows);
    Ok((output.written().to_vec(), encoder.take_metadata()))
}

#[test]
fn parts_follow_each_other_and_say_where_they_belong() {
    let (bytes, metadata) = write(&[Some(7), Some(8), Some(9), Some(-1)]).unwrap();
    assert_eq!(bytes, [1, 2, 2]);
    assert_eq!(metadata.unwrap(), [7i64.to_le_bytes(), 10i64.to_le_bytes()].concat());
    for (rows, row) in
        [(&[Some(0), Some(2)][..], 1), (&[Some(0), Some(0)], 1), (&[Some(1), Some(0)], 1), (&[Some(-2)], 0)]
    {
        let error = write(rows).unwrap_err();
        assert_eq!((error.code, error.row), (ErrorCode::BinaryPartOrder, Some(row)), "{rows:?}");
    }
    assert_eq!(write(&[None]).unwrap_err().code, ErrorCode::EncodeFailed);
    assert!(DEFINITION.encoder.unwrap()(&all(), &json!({}), &Context::default()).is_ok());
    let other = schema(&[("data", DataType::Bytes)]);
    assert!(DEFINITION.encoder.unwrap()(&other, &json!({}), &Context::default()).is_err());
}
