//! Parquet: row groups to batches, and morsels of batches to row groups.
//!
//! Reading is by position: [`inspect`] looks at the footer before a job is planned, the decoder asks for the byte ranges of
//! the columns it needs. Writing is parallel: every encoder makes self-contained row groups, which the host may place
//! anywhere behind [`FILE_HEADER`]; [`assemble_footer`] then makes the file's end from where they were placed.
//!
//! # Options of the decoder
//! | option | meaning |
//! |---|---|
//! | `partitionColumns` | names of columns of the schema that are constants of the file and come with each piece of work |
//!
//! # Options of the encoder
//! | option | default | meaning |
//! |---|---|---|
//! | `compression` | `none` | `none`, `snappy`, `gzip`, `lz4` (`LZ4_RAW`), `brotli`, `zstd` (native build only); `lzo` is refused |
//! | `timestampUnit` | `millis` | `millis` or `micros`; `millis` cuts the digits behind milliseconds |
//! | `timestampAsInt96` | `false` | top-level timestamps as INT96 instead of INT64 |
//! | `fixedAsInt96` | none | names of BYTES columns of 12 bytes that are written as INT96 |
//!
//! # Source
//! SeaTunnel `ParquetReadStrategy` and `ParquetWriteStrategy`. Listed differences: microsecond timestamps are read as
//! TIMESTAMP (there BIGINT), nanoseconds are cut to microseconds, unsigned integers take the next wider type, and no `.crc` side
//! files are written.

mod assemble;
mod convert;
mod decode;
mod dictionary;
mod encode;
mod flat;
mod footer;
mod int96;
mod layout;
mod library;
mod options;
mod prepare;
mod thrift;
mod types;

#[cfg(test)]
mod tests;

pub use assemble::assemble_footer;

use crate::columnar::corrupt;

use millrace_batch::codec::{CodecDefinition, Context};
use millrace_batch::{ErrorCode, KernelError, Result, Schema};
use parquet::errors::ParquetError;
use serde_json::Value;
use std::sync::Arc;

/// The format `parquet`.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "parquet",
    decoder: Some(decode::make_decoder),
    encoder: Some(encode::make_encoder),
    inspect: Some(footer::inspect),
    assemble: Some(assemble),
};

fn assemble(schema: &Arc<Schema>, options: &Value, context: &Context, pieces: &[(u64, &[u8])]) -> Result<Vec<u8>> {
    assemble_footer(schema, options, context, pieces)
}

/// What every Parquet file begins with; row groups are placed behind it.
pub const FILE_HEADER: &[u8] = b"PAR1";

/// Calls into the library and turns its errors into `code`.
///
/// The library asserts a few things about a file instead of checking them. What the checks of this module leave open ends
/// as an error here as well; in the WASM build such an assertion ends the instance, which the host replaces.
fn guarded<T>(code: ErrorCode, doing: &str, work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(KernelError::new(code, format!("{doing} failed: {}", plain(&error)))),
        Err(_) => Err(KernelError::new(code, format!("{doing} failed: the file contradicts itself"))),
    }
}

fn plain(error: &ParquetError) -> String {
    match error {
        ParquetError::General(text)
        | ParquetError::NYI(text)
        | ParquetError::EOF(text)
        | ParquetError::ArrowError(text) => text.clone(),
        other => other.to_string(),
    }
}
