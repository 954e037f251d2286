//! Tests of the format as a whole: what is written can be read, by this module and by the library alone.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod flat;
mod hostile;
mod reading;
mod round_trip;
mod speed;
mod writing;

use super::{DEFINITION, FILE_HEADER, assemble_footer};
use arrow_array::{ArrayRef, RecordBatch};
use millrace_batch::codec::{Context, Decoder, Encoder, InputBounds};
use millrace_batch::{Batch, Column, DataType, OutputBuffer, Result, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};
use std::sync::Arc;

const BOUNDS: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };

fn in_zone(zone: &str) -> Context {
    Context { zone: zone.into(), ..Context::default() }
}

fn schema(columns: Vec<(&str, DataType)>) -> Arc<Schema> {
    let columns = columns.into_iter();
    let columns = columns.map(|(name, data_type)| Column { name: name.into(), data_type, nullable: true }).collect();
    Arc::new(Schema { table: "t".into(), columns })
}

fn batch(schema: &Arc<Schema>, columns: Vec<ArrayRef>) -> Batch {
    let rows = columns.first().map_or(0, |column| column.len());
    Batch::try_new(Arc::clone(schema), columns, rows).unwrap()
}

fn encoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Encoder>> {
    DEFINITION.encoder.unwrap()(schema, options, context)
}

fn decoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Decoder>> {
    DEFINITION.decoder.unwrap()(schema, options, context)
}

/// Ends the row group: its bytes and, if there is one, its metadata. The output is small on purpose.
fn finish(encoder: &mut dyn Encoder) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut bytes = Vec::new();
    loop {
        let mut region = [0u8; 1_000];
        let mut output = OutputBuffer::new(&mut region);
        let is_done = encoder.finish(&mut output).unwrap();
        bytes.extend_from_slice(output.written());
        if is_done {
            return (bytes, encoder.take_metadata());
        }
        assert!(encoder.take_metadata().is_none(), "metadata before the end");
    }
}

fn encode_group(encoder: &mut dyn Encoder, batches: &[Batch]) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    encoder.reset(0);
    for batch in batches {
        assert_eq!(encoder.encode(batch, 0, &mut OutputBuffer::new(&mut []))?, batch.rows);
    }
    Ok(finish(encoder))
}

/// A file of one row group per morsel, with `gap` unused bytes before each.
fn write_file(
    schema: &Arc<Schema>,
    options: &Value,
    context: &Context,
    morsels: &[Vec<Batch>],
    gap: usize,
) -> Result<Vec<u8>> {
    let mut encoder = encoder(schema, options, context)?;
    let mut file = FILE_HEADER.to_vec();
    let mut groups = Vec::new();
    for morsel in morsels {
        let (bytes, metadata) = encode_group(encoder.as_mut(), morsel)?;
        file.extend(std::iter::repeat_n(0, gap));
        if let Some(metadata) = metadata {
            groups.push((file.len() as u64, metadata));
        }
        file.extend(bytes);
    }
    file.extend(assemble_footer(schema, options, context, &groups)?);
    Ok(file)
}

/// A file written by the library alone.
fn library_file(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
    let rows = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let rows = rows.unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.into_inner().unwrap()
}

fn piece(file: &[u8], start: u64, length: u64) -> &[u8] {
    &file[start as usize..(start + length) as usize]
}

fn inspect(file: &[u8], options: &Value, context: &Context) -> Result<Value> {
    let (mut offset, mut bytes) = (0, &file[..0]);
    for _ in 0..4 {
        let answer = DEFINITION.inspect.unwrap()(options, file.len() as u64, offset, bytes, context)?;
        match &answer["wanted"] {
            Value::Null => return Ok(answer),
            wanted => {
                let (start, length) = (wanted[0][0].as_u64().unwrap(), wanted[0][1].as_u64().unwrap());
                (offset, bytes) = (start, piece(file, start, length));
            }
        }
    }
    panic!("inspect never ends");
}

/// Decodes one piece of work and counts the bytes that were asked for.
fn decode_work(decoder: &mut dyn Decoder, file: &[u8], arguments: &str) -> Result<(Vec<Batch>, u64)> {
    decoder.begin(arguments)?;
    let (mut input, mut batches, mut read) = (Vec::new(), Vec::new(), 0);
    loop {
        let decoded = decoder.decode(&input, BOUNDS)?;
        assert_eq!(decoded.consumed, input.len());
        input.clear();
        for (start, length) in decoded.wanted_ranges {
            input.extend_from_slice(piece(file, start, length));
            read += length;
        }
        batches.extend(decoded.batch);
        if decoded.done {
            return Ok((batches, read));
        }
    }
}

/// Every row group of a file, each as its batches.
fn read_file(file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<Vec<Vec<Batch>>> {
    let answer = inspect(file, &json!({}), context)?;
    let mut decoder = decoder(schema, &json!({}), context)?;
    let splits = answer["splits"].as_array().unwrap();
    splits
        .iter()
        .map(|split| Ok(decode_work(decoder.as_mut(), file, split["arguments"].as_str().unwrap())?.0))
        .collect()
}

/// The schema that `inspect` finds.
fn schema_of(file: &[u8]) -> Arc<Schema> {
    let answer = inspect(file, &json!({}), &Context::default()).unwrap();
    Arc::new(serde_json::from_value(answer["schema"].clone()).unwrap())
}
