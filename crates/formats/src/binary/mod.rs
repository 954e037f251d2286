//! Format `binary`: files as they are, in parts.
//!
//! # Reading
//! A file is rows of three columns, found by name: `data` (BYTES), `relativePath` (STRING) and `partIndex` (BIGINT, from 0).
//! The decoder reads by position; `begin` takes `{"length": n, "relativePath": text}`.
//!
//! Options of a decoder: `chunkSize`, the bytes of a part, 1024 when absent; `completeFile`, whether a file is one part.
//!
//! # Writing
//! The encoder takes the columns `data` and `partIndex` of the rows of one file. Rows of part -1 are left out. What
//! [`millrace_batch::codec::Encoder::take_metadata`] gives are two 64-bit numbers, little-endian: the first part and the one
//! that must follow.
//!
//! # Errors
//! `VALUE_TOO_LARGE` for a part over the limit of values, `BINARY_PART_ORDER` at a row, `PROGRAM_INVALID` for other columns.
//!
//! # Source
//! SeaTunnel `BinaryReadStrategy` and `BinaryWriteStrategy`.

mod decoder;
mod encoder;
#[cfg(test)]
mod tests;

use millrace_batch::codec::CodecDefinition;
use millrace_batch::{ErrorCode, KernelError};

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "binary",
    decoder: Some(|schema, options, context| Ok(Box::new(decoder::BinaryDecoder::new(schema, options, context)?))),
    encoder: Some(|schema, _, _| Ok(Box::new(encoder::BinaryEncoder::new(schema)?))),
    inspect: None,
    assemble: None,
};

fn invalid(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::ProgramInvalid, message)
}
