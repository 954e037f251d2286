//! Batches to frames.

use super::{HEADER_BYTES, schema_with_kinds};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_ipc::MetadataVersion;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, SchemaRef};
use millrace_batch::arrow_types::arrow_schema;
use millrace_batch::codec::{Context, Encoder};
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// Alignment of buffers inside a stream: what the host's typed arrays need.
const ALIGNMENT_BYTES: usize = 8;

/// Makes the encoder; see the [module](super) for its options.
#[allow(clippy::unnecessary_wraps, reason = "the signature is the one of every codec")]
pub(super) fn make_encoder(schema: &Arc<Schema>, options: &Value, _context: &Context) -> Result<Box<dyn Encoder>> {
    let max_rows = options["maxRows"].as_u64().map_or(usize::MAX, |rows| usize::try_from(rows).unwrap_or(usize::MAX));
    Ok(Box::new(ArrowEncoder {
        plain: arrow_schema(schema),
        with_kinds: schema_with_kinds(schema),
        max_rows: max_rows.max(1),
        frame: Vec::new(),
    }))
}

struct ArrowEncoder {
    plain: SchemaRef,
    with_kinds: SchemaRef,
    max_rows: usize,
    /// The frame under construction.
    frame: Vec<u8>,
}

impl ArrowEncoder {
    /// Makes the frame of rows `first_row .. first_row + rows`.
    fn build(&mut self, batch: &Batch, first_row: usize, rows: usize) -> Result<()> {
        let piece = batch.slice(first_row, rows);
        let mut columns = piece.columns;
        let schema = if let Some(kinds) = piece.kinds {
            columns.push(Arc::new(kinds) as ArrayRef);
            &self.with_kinds
        } else {
            &self.plain
        };
        self.frame.clear();
        self.frame.extend_from_slice(&[0; HEADER_BYTES]);
        write_stream(&mut self.frame, schema, columns, rows).map_err(|error| {
            KernelError::new(ErrorCode::EncodeFailed, format!("writing a batch as Arrow failed: {error}"))
        })?;
        let too_large = || {
            KernelError::new(ErrorCode::ValueTooLarge, format!("a batch of '{rows}' rows takes more than 4 GiB"))
                .at_row(first_row)
        };
        let length = u32::try_from(self.frame.len() - HEADER_BYTES).map_err(|_| too_large())?;
        let row_count = u32::try_from(rows).map_err(|_| too_large())?;
        self.frame[..4].copy_from_slice(&length.to_le_bytes());
        self.frame[4..HEADER_BYTES].copy_from_slice(&row_count.to_le_bytes());
        Ok(())
    }

    /// Appends a frame of at most `most` rows and gives their number; fewer when the output is short of room, 0 when one row
    /// alone does not fit.
    fn append(&mut self, batch: &Batch, row: usize, most: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let mut rows = most;
        loop {
            self.build(batch, row, rows)?;
            if output.has_room(self.frame.len()) {
                output.push_slice(&self.frame);
                return Ok(rows);
            }
            // With an output that is not fresh it is better to wait for one that is.
            if rows == 1 || !output.is_empty() {
                return Ok(0);
            }
            rows = rows.div_ceil(2);
        }
    }
}

fn write_stream(
    frame: &mut Vec<u8>,
    schema: &SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<(), ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
    let options = IpcWriteOptions::try_new(ALIGNMENT_BYTES, false, MetadataVersion::V5)?;
    let mut writer = StreamWriter::try_new_with_options(frame, schema, options)?;
    writer.write(&batch)?;
    writer.finish()
}

impl Encoder for ArrowEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let mut row = first_row;
        while row < batch.rows {
            let taken = self.append(batch, row, (batch.rows - row).min(self.max_rows), output)?;
            if taken == 0 {
                break;
            }
            row += taken;
        }
        Ok(row)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        // Nested values hide their size: the frame of the one row says it.
        let mut probe = ArrowEncoder {
            plain: Arc::clone(&self.plain),
            with_kinds: Arc::clone(&self.with_kinds),
            max_rows: 1,
            frame: Vec::new(),
        };
        probe.build(batch, row, 1).map_or(usize::MAX, |()| probe.frame.len())
    }

    fn memory_bytes(&self) -> usize {
        self.frame.capacity()
    }
}
