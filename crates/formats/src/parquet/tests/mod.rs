//! Tests of the format as a whole: what is written can be read, by this module and by the library alone.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod flat;
mod hostile;
mod legacy;
mod reading;
mod round_trip;
mod speed;
mod writing;

use super::{DEFINITION, FILE_HEADER, assemble_footer};
use crate::columnar::testing::*;
use arrow_array::{ArrayRef, RecordBatch};
use millrace_batch::codec::{Context, Decoder, Encoder};
use millrace_batch::{Batch, DataType, OutputBuffer, Result, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};
use std::sync::Arc;

const FILES: Files = Files { definition: &DEFINITION, header: FILE_HEADER };

fn encoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Encoder>> {
    FILES.encoder(schema, options, context)
}

fn decoder(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Decoder>> {
    FILES.decoder(schema, options, context)
}

fn write_file(
    schema: &Arc<Schema>,
    options: &Value,
    context: &Context,
    morsels: &[Vec<Batch>],
    gap: usize,
) -> Result<Vec<u8>> {
    FILES.write(schema, options, context, morsels, gap)
}

fn inspect(file: &[u8], options: &Value, context: &Context) -> Result<Value> {
    FILES.inspect(file, options, context)
}

fn read_file(file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<Vec<Vec<Batch>>> {
    FILES.read(file, schema, context)
}

fn schema_of(file: &[u8]) -> Arc<Schema> {
    FILES.schema(file)
}

/// A file written by the library alone.
fn library_file(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Vec<u8> {
    let rows = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let rows = rows.unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.into_inner().unwrap()
}
