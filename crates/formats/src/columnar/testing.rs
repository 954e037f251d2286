//! Writing and reading files in tests, as the host does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use arrow_array::ArrayRef;
use millrace_batch::codec::{CodecDefinition, Context, Decoder, Encoder, InputBounds};
use millrace_batch::{Batch, Column, DataType, OutputBuffer, Result, Schema};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const BOUNDS: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };

pub(crate) fn in_zone(zone: &str) -> Context {
    Context { zone: zone.into(), ..Context::default() }
}

pub(crate) fn schema(columns: Vec<(&str, DataType)>) -> Arc<Schema> {
    let columns = columns.into_iter();
    let columns = columns.map(|(name, data_type)| Column { name: name.into(), data_type, nullable: true }).collect();
    Arc::new(Schema { table: "t".into(), columns })
}

pub(crate) fn batch(schema: &Arc<Schema>, columns: Vec<ArrayRef>) -> Batch {
    let rows = columns.first().map_or(0, |column| column.len());
    Batch::try_new(Arc::clone(schema), columns, rows).unwrap()
}

/// Ends a piece of work: its bytes and, if there is one, its metadata. The output is small on purpose.
pub(crate) fn finish(encoder: &mut dyn Encoder) -> (Vec<u8>, Option<Vec<u8>>) {
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

pub(crate) fn encode_group(encoder: &mut dyn Encoder, batches: &[Batch]) -> Result<(Vec<u8>, Option<Vec<u8>>)> {
    encoder.reset(0);
    for batch in batches {
        assert_eq!(encoder.encode(batch, 0, &mut OutputBuffer::new(&mut []))?, batch.rows);
    }
    Ok(finish(encoder))
}

pub(crate) fn piece(file: &[u8], start: u64, length: u64) -> &[u8] {
    &file[start as usize..(start + length) as usize]
}

/// Decodes one piece of work and counts the bytes that were asked for.
pub(crate) fn decode_work(decoder: &mut dyn Decoder, file: &[u8], arguments: &str) -> Result<(Vec<Batch>, u64)> {
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

/// A format that is read by position and written in pieces.
pub(crate) struct Files {
    pub(crate) definition: &'static CodecDefinition,
    pub(crate) header: &'static [u8],
}

impl Files {
    pub(crate) fn encoder(&self, schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Encoder>> {
        self.definition.encoder.unwrap()(schema, options, context)
    }

    pub(crate) fn decoder(&self, schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Box<dyn Decoder>> {
        self.definition.decoder.unwrap()(schema, options, context)
    }

    /// A file of one piece per morsel, with `gap` unused bytes before each.
    pub(crate) fn write(
        &self,
        schema: &Arc<Schema>,
        options: &Value,
        context: &Context,
        morsels: &[Vec<Batch>],
        gap: usize,
    ) -> Result<Vec<u8>> {
        let mut encoder = self.encoder(schema, options, context)?;
        let mut file = self.header.to_vec();
        let mut groups = Vec::new();
        for morsel in morsels {
            let (bytes, metadata) = encode_group(encoder.as_mut(), morsel)?;
            file.extend(std::iter::repeat_n(0, gap));
            if let Some(metadata) = metadata {
                groups.push((file.len() as u64, metadata));
            }
            file.extend(bytes);
        }
        let groups: Vec<_> = groups.iter().map(|(offset, metadata)| (*offset, metadata.as_slice())).collect();
        file.extend(self.definition.assemble.unwrap()(schema, options, context, &groups)?);
        Ok(file)
    }

    pub(crate) fn inspect(&self, file: &[u8], options: &Value, context: &Context) -> Result<Value> {
        let (mut offset, mut bytes) = (0, &file[..0]);
        for _ in 0..4 {
            let answer = self.definition.inspect.unwrap()(options, file.len() as u64, offset, bytes, context)?;
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

    /// Every piece of a file, each as its batches.
    pub(crate) fn read(&self, file: &[u8], schema: &Arc<Schema>, context: &Context) -> Result<Vec<Vec<Batch>>> {
        let answer = self.inspect(file, &json!({}), context)?;
        let mut decoder = self.decoder(schema, &json!({}), context)?;
        let splits = answer["splits"].as_array().unwrap();
        splits
            .iter()
            .map(|split| Ok(decode_work(decoder.as_mut(), file, split["arguments"].as_str().unwrap())?.0))
            .collect()
    }

    /// The schema that `inspect` finds.
    pub(crate) fn schema(&self, file: &[u8]) -> Arc<Schema> {
        let answer = self.inspect(file, &json!({}), &Context::default()).unwrap();
        Arc::new(serde_json::from_value(answer["schema"].clone()).unwrap())
    }
}
