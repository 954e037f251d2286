//! Data formats, bytes to batches and back: one module per format, each with a `DEFINITION`.

pub mod delimited;
pub mod discard_tmp;
pub mod parquet;

use millrace_batch::codec::CodecDefinition;

/// Every format of this crate.
pub const FORMATS: &[&CodecDefinition] = &[
    &delimited::csv::DEFINITION,
    &delimited::text::DEFINITION,
    &discard_tmp::DEFINITION,
    &parquet::DEFINITION,
];
