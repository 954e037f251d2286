//! Messages to batches.

use super::PREFIX_BYTES;
use crate::json::column::Column;
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use std::sync::Arc;

const BATCH_ROWS: usize = 8_192;
const BATCH_BYTES: usize = 1 << 20;
/// Values that the nested fields of a batch may make before it ends.
const BATCH_VALUES: usize = 1 << 20;

/// Reads one message.
pub(crate) trait ReadMessage: Send {
    /// What a message holds, for errors: "an Avro record".
    const WHAT: &'static str;

    /// Appends one value to every column, and says how many values of nested fields that made.
    ///
    /// # Errors
    /// Without a row. The columns may be uneven then.
    fn read(&mut self, message: &[u8], columns: &mut [Column]) -> Result<usize>;
}

/// The decoder of messages that `R` reads.
pub(crate) struct MessageDecoder<R> {
    schema: Arc<Schema>,
    reader: R,
    columns: Vec<Column>,
    rows: usize,
    value_limit: usize,
}

impl<R: ReadMessage> MessageDecoder<R> {
    /// A decoder for batches of `schema`.
    pub(crate) fn new(schema: &Arc<Schema>, reader: R, context: &Context) -> Self {
        Self {
            schema: Arc::clone(schema),
            reader,
            columns: schema.columns.iter().map(|column| Column::new(&column.data_type)).collect(),
            rows: 0,
            value_limit: context.value_limit_bytes,
        }
    }

    /// The values that the message made.
    fn read_message(&mut self, message: &[u8]) -> Result<usize> {
        match self.reader.read(message, &mut self.columns) {
            Ok(values) => {
                self.rows += 1;
                Ok(values)
            }
            Err(error) => {
                self.columns.iter_mut().for_each(|column| column.truncate(self.rows));
                Err(error.at_row(self.rows))
            }
        }
    }

    fn take_batch(&mut self) -> Result<Option<Batch>> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(None);
        }
        let columns = self.columns.iter_mut().map(Column::finish).collect::<Result<_>>()?;
        Batch::try_new(Arc::clone(&self.schema), columns, rows).map(Some)
    }
}

impl<R: ReadMessage> Decoder for MessageDecoder<R> {
    fn begin(&mut self, _arguments: &str) -> Result<()> {
        self.rows = 0;
        Ok(())
    }

    fn decode(&mut self, input: &[u8], bounds: InputBounds) -> Result<Decoded> {
        self.columns.iter_mut().for_each(|column| column.truncate(0));
        self.rows = 0;
        let (mut at, mut values) = (0, 0);
        let end = input.len().min(bounds.limit);
        while at < end && self.rows < BATCH_ROWS && at < BATCH_BYTES && values < BATCH_VALUES {
            let Some(prefix) = input[at..].first_chunk::<PREFIX_BYTES>() else { break };
            let length = u32::from_le_bytes(*prefix) as usize;
            if length > self.value_limit {
                let text = format!("a message of {length} bytes is longer than {} bytes", self.value_limit);
                return Err(KernelError::new(ErrorCode::ValueTooLarge, text).at_row(self.rows));
            }
            let start = at + PREFIX_BYTES;
            let Some(message) = input.get(start..start + length) else { break };
            values += self.read_message(message)?;
            at = start + length;
        }
        let done = at >= bounds.limit || (bounds.end_of_file && at >= input.len());
        if bounds.end_of_file && !done && at < input.len() && self.rows == 0 {
            let text = format!("reading {}: the messages end inside of it", R::WHAT);
            return Err(KernelError::new(ErrorCode::RecordMalformed, text).at_row(0));
        }
        Ok(Decoded { consumed: at, batch: self.take_batch()?, done, ..Decoded::default() })
    }

    fn rows_before_error(&mut self) -> Option<Batch> {
        self.take_batch().ok().flatten()
    }

    fn memory_bytes(&self) -> usize {
        self.columns.iter().map(Column::memory_bytes).sum()
    }
}
