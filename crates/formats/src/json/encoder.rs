//! Batches to lines.

use super::member::{Key, check, keys, writers};
use super::options::row_delimiter;
use super::write::{DateCache, Sink};
use millrace_batch::codec::Encoder;
use millrace_batch::json_text::CHUNK;
use millrace_batch::{Batch, OutputBuffer, Result, Schema};
use serde_json::Value;
use std::sync::Arc;

/// See [`super`].
pub(super) struct JsonEncoder {
    schema: Arc<Schema>,
    delimiter: Vec<u8>,
    keys: Vec<Key>,
    row_ends: Vec<u64>,
    written: u64,
    dates: DateCache,
}

impl JsonEncoder {
    /// An encoder for batches of `schema`.
    pub(super) fn new(schema: &Arc<Schema>, options: &Value) -> Result<Self> {
        for column in &schema.columns {
            check(&column.data_type).map_err(|error| error.at_field(&column.name))?;
        }
        Ok(Self {
            keys: keys(schema.columns.iter().map(|column| column.name.as_str())),
            delimiter: row_delimiter(options)?,
            schema: Arc::clone(schema),
            row_ends: Vec::new(),
            written: 0,
            dates: DateCache::default(),
        })
    }

    /// Bytes of a row beside its values.
    fn frame_bound(&self) -> usize {
        self.delimiter.len() + self.keys.iter().map(|key| key.text.len()).sum::<usize>() + 2 + CHUNK
    }
}

impl Encoder for JsonEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let writers = writers(&self.schema, batch)?;
        let frame = self.frame_bound();
        let mut sink = Sink::new(output.spare(), &mut self.dates);
        let mut row = first_row;
        while row < batch.rows {
            let bound = frame + writers.iter().map(|writer| writer.bound(row)).sum::<usize>();
            if bound > sink.room() {
                break;
            }
            sink.bytes(&self.delimiter);
            if writers.is_empty() {
                sink.push(b'{');
            }
            for (key, writer) in self.keys.iter().zip(&writers) {
                key.write(&mut sink);
                writer.write(row, &mut sink);
            }
            sink.push(b'}');
            self.row_ends.push(self.written + sink.len() as u64);
            row += 1;
        }
        let length = sink.len();
        self.written += length as u64;
        output.advance(length);
        Ok(row)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        writers(&self.schema, batch)
            .map_or(0, |writers| self.frame_bound() + writers.iter().map(|writer| writer.bound(row)).sum::<usize>())
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, _first_row: u64) {
        self.row_ends.clear();
        self.written = 0;
    }

    fn memory_bytes(&self) -> usize {
        self.row_ends.capacity() * 8
    }
}
