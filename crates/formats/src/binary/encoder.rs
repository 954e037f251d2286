//! Parts to their file.

use super::invalid;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use millrace_batch::codec::Encoder;
use millrace_batch::schema::DataType;
use millrace_batch::{Batch, ErrorCode, KernelError, OutputBuffer, Result, Schema};
use std::sync::Arc;

/// Number of the row that says that a file is complete.
const END_PART: i64 = -1;

/// See [`super`].
pub(super) struct BinaryEncoder {
    data: usize,
    part_index: usize,
    /// The first part since the last reset, and the one that must follow.
    parts: Option<(i64, i64)>,
}

impl BinaryEncoder {
    pub(super) fn new(schema: &Arc<Schema>) -> Result<Self> {
        let find = |name: &str, data_type: &DataType| {
            let found = schema.columns.iter().position(|column| column.name == name && column.data_type == *data_type);
            found.ok_or_else(|| invalid(format!("binary files need a column '{name}' of type '{data_type}'")))
        };
        Ok(Self {
            data: find("data", &DataType::Bytes)?,
            part_index: find("partIndex", &DataType::BigInt)?,
            parts: None,
        })
    }

    fn check_order(&mut self, part: i64) -> Result<()> {
        match &mut self.parts {
            None if part >= 0 => self.parts = Some((part, part.saturating_add(1))),
            Some((_, next)) if *next == part => *next = part.saturating_add(1),
            found => {
                let after = found.map_or(-1, |(_, next)| next - 1);
                let message = format!("part '{part}' of a binary file comes behind part '{after}'");
                return Err(KernelError::new(ErrorCode::BinaryPartOrder, message));
            }
        }
        Ok(())
    }
}

impl Encoder for BinaryEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let wrong = || invalid("a part of a binary file is not of its type");
        let data = batch.columns[self.data].as_binary_opt::<i32>().ok_or_else(wrong)?;
        let parts = batch.columns[self.part_index].as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        for row in first_row..batch.rows {
            if parts.is_null(row) || data.is_null(row) {
                let message = "a part of a binary file is null";
                return Err(KernelError::new(ErrorCode::EncodeFailed, message).at_row(row));
            }
            if parts.value(row) == END_PART {
                continue;
            }
            let bytes = data.value(row);
            if !output.has_room(bytes.len()) {
                return Ok(row);
            }
            self.check_order(parts.value(row)).map_err(|error| error.at_row(row).at_field("partIndex"))?;
            output.push_slice(bytes);
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        batch.columns[self.data].as_binary_opt::<i32>().map_or(0, |data| data.value_length(row) as usize)
    }

    fn reset(&mut self, _first_row: u64) {
        self.parts = None;
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn take_metadata(&mut self) -> Option<Vec<u8>> {
        let (first, next) = self.parts.take()?;
        Some([first.to_le_bytes(), next.to_le_bytes()].concat())
    }
}
