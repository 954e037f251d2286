//! The format `discard`.

use millrace_batch::codec::{CodecDefinition, Encoder};
use millrace_batch::{Batch, OutputBuffer, Result};

/// `discard`: takes every row of every type and writes nothing.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "discard",
    decoder: None,
    encoder: Some(|_, _, _| Ok(Box::new(Discard))),
    inspect: None,
    assemble: None,
};

struct Discard;

impl Encoder for Discard {
    fn encode(&mut self, batch: &Batch, _first_row: usize, _output: &mut OutputBuffer<'_>) -> Result<usize> {
        Ok(batch.rows)
    }

    fn row_bound(&self, _batch: &Batch, _row: usize) -> usize {
        0
    }
}
