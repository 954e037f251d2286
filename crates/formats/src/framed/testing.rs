//! What the tests of message formats have in common.

use millrace_batch::codec::{CodecDefinition, Context, Decoder, InputBounds};
use millrace_batch::{Batch, KernelError, OutputBuffer, Schema};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;

pub(crate) const WHOLE: InputBounds =
    InputBounds { skip_partial_record: false, start_of_file: true, end_of_file: true, limit: usize::MAX };

pub(crate) fn decoder(
    format: &CodecDefinition,
    schema: &Arc<Schema>,
    options: &Value,
) -> Result<Box<dyn Decoder>, KernelError> {
    (format.decoder.unwrap())(schema, options, &Context::default())
}

/// Messages behind their lengths.
pub(crate) fn framed(messages: &[&[u8]]) -> Vec<u8> {
    messages.iter().flat_map(|message| [&(message.len() as u32).to_le_bytes()[..], message].concat()).collect()
}

pub(crate) fn decode(
    format: &CodecDefinition,
    schema: &Arc<Schema>,
    options: &Value,
    input: &[u8],
) -> Result<Option<Batch>, KernelError> {
    decoder(format, schema, options)?.decode(input, WHOLE).map(|decoded| decoded.batch)
}

/// Writes a batch into outputs that are too small at first.
pub(crate) fn encode(format: &CodecDefinition, options: &Value, batch: &Batch) -> Result<Vec<u8>, KernelError> {
    let mut encoder = (format.encoder.unwrap())(&batch.schema, options, &Context::default())?;
    let (mut out, mut row, mut capacity) = (Vec::new(), 0, 16);
    while row < batch.rows {
        let mut bytes = vec![0; capacity];
        let mut output = OutputBuffer::new(&mut bytes);
        let done = encoder.encode(batch, row, &mut output)?;
        if done == row {
            capacity = encoder.row_bound(batch, row);
        }
        row = done;
        out.extend_from_slice(output.written());
        assert_eq!(encoder.row_ends().last().copied().unwrap_or(0), out.len() as u64);
    }
    Ok(out)
}

/// Reads messages that come in pieces, as they do from a host, and compares them with a batch.
pub(crate) fn check_pieces(
    format: &CodecDefinition,
    options: &Value,
    written: &[u8],
    cut: usize,
    batch: &Batch,
) -> Result<(), TestCaseError> {
    let mut decoder = decoder(format, &batch.schema, options).unwrap();
    let (mut at, mut visible, mut rows) = (0, cut.min(written.len()), 0);
    while at < written.len() {
        let bounds = InputBounds { end_of_file: visible == written.len(), limit: written.len() - at, ..WHOLE };
        let decoded = decoder.decode(&written[at..visible], bounds).unwrap();
        at += decoded.consumed;
        visible = (visible + cut).min(written.len());
        if let Some(part) = decoded.batch {
            prop_assert_eq!(part.columns, batch.slice(rows, part.rows).columns);
            rows += part.rows;
        }
    }
    prop_assert_eq!(rows, if written.is_empty() { 0 } else { batch.rows });
    Ok(())
}
