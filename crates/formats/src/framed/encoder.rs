//! Batches to messages.

use super::PREFIX_BYTES;
use millrace_batch::codec::Encoder;
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result};

/// Writes one message.
pub(crate) trait WriteMessage: Send {
    /// Appends the message of a row.
    ///
    /// # Errors
    /// With the row, and the field where there is one.
    fn write(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<()>;
}

/// The encoder of messages that `W` writes.
pub(crate) struct MessageEncoder<W> {
    writer: W,
    /// The message that is being written.
    message: Vec<u8>,
    row_ends: Vec<u64>,
    written: u64,
}

impl<W: WriteMessage> MessageEncoder<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, message: Vec::new(), row_ends: Vec::new(), written: 0 }
    }
}

impl<W: WriteMessage> Encoder for MessageEncoder<W> {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        for row in first_row..batch.rows {
            self.message.clear();
            self.writer.write(batch, row, &mut self.message)?;
            let length = self.message.len();
            if !output.has_room(PREFIX_BYTES + length) {
                return Ok(row);
            }
            let prefix = u32::try_from(length).map_err(|_| {
                let text = format!("a message of {length} bytes is too long");
                KernelError::new(ErrorCode::ValueTooLarge, text).at_row(row)
            })?;
            output.push_slice(&prefix.to_le_bytes());
            output.push_slice(&self.message);
            self.written += (PREFIX_BYTES + length) as u64;
            self.row_ends.push(self.written);
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        let mut message = Vec::new();
        self.writer.write(batch, row, &mut message).map_or(0, |()| PREFIX_BYTES + message.len())
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, _first_row: u64) {
        self.row_ends.clear();
        self.written = 0;
    }

    fn memory_bytes(&self) -> usize {
        self.message.capacity() + 8 * self.row_ends.capacity()
    }
}
