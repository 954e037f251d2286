//! Frames to batches.

use super::stream::record_batch;
use super::{HEADER_BYTES, corrupt, schema_with_kinds};
use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{Array, ArrayRef, Int8Array, RecordBatch};
use arrow_schema::SchemaRef;
use millrace_batch::arrow_types::arrow_schema;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, Result, RowKind, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Makes the decoder; it has no options and takes no arguments.
#[allow(clippy::unnecessary_wraps, reason = "the signature is the one of every codec")]
pub(super) fn make_decoder(schema: &Arc<Schema>, _options: &Value, _context: &Context) -> Result<Box<dyn Decoder>> {
    Ok(Box::new(ArrowDecoder {
        schema: Arc::clone(schema),
        plain: arrow_schema(schema),
        with_kinds: schema_with_kinds(schema),
    }))
}

/// Decodes one frame at a call. Every frame has all columns of the schema in their order; names are not looked at.
struct ArrowDecoder {
    schema: Arc<Schema>,
    plain: SchemaRef,
    with_kinds: SchemaRef,
}

impl Decoder for ArrowDecoder {
    fn begin(&mut self, _arguments: &str) -> Result<()> {
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        if bounds.limit == 0 || (input.is_empty() && bounds.end_of_file) {
            return Ok(Decoded { done: true, ..Decoded::default() });
        }
        let Some((rows, stream)) = frame(input) else {
            if bounds.end_of_file {
                return Err(corrupt("the last Arrow batch is cut off"));
            }
            return Ok(Decoded::default());
        };
        let consumed = HEADER_BYTES + stream.len();
        if rows == 0 {
            return Ok(Decoded { consumed, ..Decoded::default() });
        }
        let batch = self.batch(record_batch(stream, rows, &self.plain, &self.with_kinds)?, rows)?;
        Ok(Decoded { consumed, batch: Some(batch), ..Decoded::default() })
    }
}

/// Rows and stream of the first frame, when it is there as a whole.
fn frame(input: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = input.split_first_chunk::<{ HEADER_BYTES / 2 }>()?;
    let (rows, rest) = rest.split_first_chunk::<{ HEADER_BYTES / 2 }>()?;
    let stream = rest.get(..u32::from_le_bytes(*length) as usize)?;
    Some((u32::from_le_bytes(*rows) as usize, stream))
}

impl ArrowDecoder {
    fn batch(&self, record: RecordBatch, rows: usize) -> Result<Batch> {
        let (_, mut columns, _) = record.into_parts();
        let kinds = columns.split_off(self.schema.columns.len()).pop();
        let mut batch = Batch::try_new(Arc::clone(&self.schema), columns, rows)?;
        batch.kinds = kinds.map(|kinds| row_kinds(&kinds)).transpose()?;
        Ok(batch)
    }
}

fn row_kinds(kinds: &ArrayRef) -> Result<Int8Array> {
    let kinds = kinds
        .as_primitive_opt::<Int8Type>()
        .filter(|kinds| kinds.null_count() == 0)
        .ok_or_else(|| corrupt("the row kinds of an Arrow batch are not whole numbers"))?;
    for (row, kind) in kinds.values().iter().enumerate() {
        RowKind::from_wire(*kind).map_err(|error| error.at_row(row))?;
    }
    Ok(kinds.clone())
}
