//! A file to its parts.

use super::invalid;
use crate::delimited::arrays::constant_text;
use arrow_array::{ArrayRef, BinaryArray, Int64Array};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use millrace_batch::codec::{Context, Decoded, Decoder, InputBounds};
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, Result, Schema};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Bytes of a file that are asked for at a time.
const WANTED_BYTES: u64 = 1 << 20;
const DEFAULT_CHUNK_BYTES: u64 = 1024;

#[derive(Clone, Copy)]
enum Part {
    Data,
    Path,
    Index,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    length: u64,
    relative_path: String,
}

/// See [`super`].
pub(super) struct BinaryDecoder {
    schema: Arc<Schema>,
    parts: Vec<Part>,
    /// Absent when a file is one part.
    chunk_bytes: Option<u64>,
    value_limit: u64,
    piece: Piece,
    position: u64,
    /// Bytes asked for by the last answer.
    outstanding: u64,
}

impl BinaryDecoder {
    pub(super) fn new(schema: &Arc<Schema>, options: &Value, context: &Context) -> Result<Self> {
        let parts = schema.columns.iter().map(|column| match (column.name.as_str(), &column.data_type) {
            ("data", DataType::Bytes) => Ok(Part::Data),
            ("relativePath", DataType::String) => Ok(Part::Path),
            ("partIndex", DataType::BigInt) => Ok(Part::Index),
            (name, data_type) => Err(invalid(format!("a binary file has no column '{name}' of type '{data_type}'"))),
        });
        let chunk_bytes = options.get("chunkSize").and_then(Value::as_u64).unwrap_or(DEFAULT_CHUNK_BYTES);
        let value_limit = context.value_limit_bytes.min(i32::MAX as usize) as u64;
        if chunk_bytes == 0 || chunk_bytes > value_limit {
            let message = format!("parts of '{chunk_bytes}' bytes are not between 1 and the limit of '{value_limit}'");
            return Err(KernelError::new(ErrorCode::OptionInvalid, message));
        }
        let is_complete = options.get("completeFile").and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            schema: Arc::clone(schema),
            parts: parts.collect::<Result<_>>()?,
            chunk_bytes: (!is_complete).then_some(chunk_bytes),
            value_limit,
            piece: Piece::default(),
            position: 0,
            outstanding: 0,
        })
    }

    /// The parts in `input`, which begins at a part's begin.
    fn batch(&self, input: &[u8]) -> Result<Batch> {
        let chunk = self.chunk_bytes.map_or(input.len(), |bytes| bytes as usize).max(1);
        let rows = input.len().div_ceil(chunk).max(usize::from(self.chunk_bytes.is_none()));
        let first = self.chunk_bytes.map_or(0, |bytes| self.position / bytes) as i64;
        let columns = self.parts.iter().map(|part| -> Result<ArrayRef> {
            Ok(match part {
                Part::Data => {
                    let ends = (0..=rows).map(|row| (row * chunk).min(input.len()) as i32);
                    let offsets = OffsetBuffer::new(ScalarBuffer::from(ends.collect::<Vec<_>>()));
                    let array = BinaryArray::try_new(offsets, Buffer::from_slice_ref(input), None);
                    Arc::new(array.map_err(|error| invalid(format!("building a column: {error}")))?)
                }
                Part::Path => constant_text(Some(&self.piece.relative_path), rows)?,
                Part::Index => Arc::new(Int64Array::from_iter_values(first..first + rows as i64)),
            })
        });
        Batch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_>>()?, rows)
    }

    /// How many bytes of the file come next.
    fn wanted(&self) -> u64 {
        let left = self.piece.length - self.position;
        match self.chunk_bytes {
            None => left,
            Some(chunk) => left.min(chunk * (WANTED_BYTES / chunk).max(1)),
        }
    }
}

impl Decoder for BinaryDecoder {
    fn begin(&mut self, arguments: &str) -> Result<()> {
        self.piece = serde_json::from_str(arguments)
            .map_err(|error| invalid(format!("reading the arguments of a piece: {error}")))?;
        (self.position, self.outstanding) = (0, 0);
        if self.chunk_bytes.is_none() && self.piece.length > self.value_limit {
            let message = format!(
                "'{}' has '{}' bytes, more than the limit of '{}' for one part",
                self.piece.relative_path, self.piece.length, self.value_limit
            );
            return Err(KernelError::new(ErrorCode::ValueTooLarge, message));
        }
        Ok(())
    }

    fn decode(&mut self, input: &[u8], _bounds: InputBounds) -> Result<Decoded> {
        if input.len() as u64 != self.outstanding {
            let message = format!("the file gave '{}' bytes of '{}'", input.len(), self.outstanding);
            return Err(KernelError::new(ErrorCode::FileCorrupt, message));
        }
        let mut decoded = Decoded { consumed: input.len(), ..Decoded::default() };
        if self.outstanding > 0 {
            decoded.batch = Some(self.batch(input)?);
            self.position += self.outstanding;
        }
        self.outstanding = self.wanted();
        if self.outstanding == 0 {
            decoded.done = true;
        } else {
            decoded.wanted_ranges = vec![(self.position, self.outstanding)];
        }
        Ok(decoded)
    }
}
