//! Batches as Arrow IPC, for handing them to the host between two programs of one chain.
//!
//! The bytes are *frames*, one batch each: 4 bytes of the stream's length and 4 bytes of its number of rows, both little-endian,
//! then a whole Arrow IPC stream (schema, one record batch, end). The 8 bytes in front keep the 8-byte alignment of the stream.
//! Columns have the Arrow types of [`millrace_batch::arrow_types`]. When not every row is an insert, one more column behind
//! the last, [`KIND_FIELD`], has the wire values of the row kinds.
//!
//! # Options of the encoder
//! | option | default | meaning |
//! |---|---|---|
//! | `maxRows` | as many as come | rows of one frame at most |

mod decode;
mod encode;
mod fields;
mod layout;
mod stream;

#[cfg(test)]
mod tests;

use arrow_schema::{DataType as ArrowType, Field, Schema as ArrowSchema, SchemaRef};
use millrace_batch::arrow_types::arrow_schema;
use millrace_batch::codec::CodecDefinition;
use millrace_batch::{ErrorCode, KernelError, Schema};
use std::sync::Arc;

/// The format `arrow`; internal, no file has it.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "arrow",
    decoder: Some(decode::make_decoder),
    encoder: Some(encode::make_encoder),
    inspect: None,
    assemble: None,
};

/// Name of the column with the row kinds. Only its place behind the last column counts: a column of a table may have the same.
pub const KIND_FIELD: &str = "__kind";

/// Bytes in front of each stream.
const HEADER_BYTES: usize = 8;

/// The schema of a frame with row kinds.
fn schema_with_kinds(schema: &Schema) -> SchemaRef {
    let mut fields = arrow_schema(schema).fields().to_vec();
    fields.push(Arc::new(Field::new(KIND_FIELD, ArrowType::Int8, false)));
    Arc::new(ArrowSchema::new(fields))
}

fn corrupt(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::FileCorrupt, message)
}
