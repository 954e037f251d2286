//! The encoder-only formats `console` and `discard`: lines for people, and nothing at all.

pub mod discard;
mod line;

use crate::delimited::view::View;
use line::LineWriter;
use millrace_batch::codec::{CodecDefinition, Encoder};
use millrace_batch::{Batch, OutputBuffer, Result};

/// `console`: one line per row.
///
/// A line is `<prefix>subtaskIndex=<i>  rowIndex=<n>:  SeaTunnelRow#tableId=<t> SeaTunnelRow#kind=<KIND> : v1, v2, …` and a
/// line feed; `n` is 1 for the first row that the sink writes, so rows must be numbered before they are encoded. A null
/// prints as nothing; `i` is the context's subtask. Options: `tableId` (default the table of the schema), `prefix` (default
/// empty).
///
/// | type | text |
/// |---|---|
/// | scalars | Java's `toString` |
/// | array, bytes | `[1, -2]` |
/// | map | a JSON object |
/// | row | `[a, [b, c]]` |
///
/// Inside an array or a row a null prints as `null`.
///
/// # Errors
/// `TYPE_UNSUPPORTED` for vectors, `KERNEL_ROW_KIND_UNKNOWN` for a kind outside 0..=3.
///
/// # Source
/// SeaTunnel `ConsoleSinkWriter`.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "console",
    decoder: None,
    encoder: Some(|schema, options, context| {
        let text = |name: &str| options.get(name).and_then(serde_json::Value::as_str);
        Ok(Box::new(ConsoleEncoder {
            writer: LineWriter::new(
                text("prefix").unwrap_or_default(),
                u64::from(context.subtask),
                text("tableId").unwrap_or(&schema.table),
            ),
            line: Vec::new(),
            next_row: 0,
            row_ends: Vec::new(),
            total: 0,
        }))
    }),
    inspect: None,
    assemble: None,
};

struct ConsoleEncoder {
    writer: LineWriter,
    /// The line under construction.
    line: Vec<u8>,
    /// Number of the next row, 0-based.
    next_row: u64,
    row_ends: Vec<u64>,
    total: u64,
}

impl Encoder for ConsoleEncoder {
    fn encode(&mut self, batch: &Batch, first_row: usize, output: &mut OutputBuffer<'_>) -> Result<usize> {
        let views = View::columns(batch)?;
        for row in first_row..batch.rows {
            self.line.clear();
            self.writer
                .write(&views, row, batch.kind(row), self.next_row + 1, &mut self.line)
                .map_err(|error| error.at_row(row))?;
            if !output.has_room(self.line.len()) {
                return Ok(row);
            }
            output.push_slice(&self.line);
            self.total += self.line.len() as u64;
            self.row_ends.push(self.total);
            self.next_row += 1;
        }
        Ok(batch.rows)
    }

    fn row_bound(&self, batch: &Batch, row: usize) -> usize {
        let mut line = Vec::new();
        let written =
            View::columns(batch).and_then(|views| self.writer.write(&views, row, batch.kind(row), u64::MAX, &mut line));
        written.map_or(0, |()| line.len())
    }

    fn row_ends(&self) -> &[u64] {
        &self.row_ends
    }

    fn reset(&mut self, first_row: u64) {
        self.next_row = first_row;
        self.row_ends.clear();
        self.total = 0;
    }

    fn needs_row_number(&self) -> bool {
        true
    }

    fn memory_bytes(&self) -> usize {
        self.line.capacity() + self.row_ends.capacity() * 8
    }
}

#[cfg(test)]
mod tests;
