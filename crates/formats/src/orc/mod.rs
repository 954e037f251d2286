//! ORC: stripes to batches, and morsels of batches to stripes.
//!
//! Reading is by position: `inspect` looks at the end of a file before a job is planned, the decoder asks for the byte ranges of
//! the columns it needs. Writing is parallel: every encoder makes self-contained stripes, which the host may place anywhere behind
//! [`FILE_HEADER`]; `assemble` then makes the file's end from where they were placed.
//!
//! # Options of the decoder
//! | option | meaning |
//! |---|---|
//! | `partitionColumns` | names of columns of the schema that are constants of the file and come with each piece of work |
//!
//! # Options of the encoder
//! | option | default | meaning |
//! |---|---|---|
//! | `compression` | `none` | `none`, `zlib`, `snappy`, `lzo`, `lz4`, `zstd` (written by the native build only, read by both) |
//!
//! # Source
//! SeaTunnel `OrcReadStrategy` and `OrcWriteStrategy`; the format is that of the Apache ORC specification, version 1. Listed
//! differences: nanoseconds are cut to microseconds, instants are read, lists of any type are read.

mod codec;
mod metadata;
mod protobuf;
mod read;
mod types;
mod write;

#[cfg(test)]
mod tests;

use millrace_batch::codec::CodecDefinition;

/// The format `orc`.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "orc",
    decoder: Some(read::decoder::make_decoder),
    encoder: Some(write::encoder::make_encoder),
    inspect: Some(read::inspect::inspect),
    assemble: Some(write::assemble::assemble),
};

/// What every ORC file begins with; stripes are placed behind it.
pub const FILE_HEADER: &[u8] = metadata::MAGIC;
