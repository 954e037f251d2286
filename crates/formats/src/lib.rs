//! Data formats, bytes to batches and back: one module per format, each with a `DEFINITION`.

pub mod binary;
mod cell;
pub mod console;
pub mod delimited;
pub mod json;
pub mod lzo;
pub mod parquet;
pub mod xml;

use millrace_batch::codec::CodecDefinition;

/// Every format of this crate.
pub const FORMATS: &[&CodecDefinition] = &[
    &binary::DEFINITION,
    &console::DEFINITION,
    &console::discard::DEFINITION,
    &delimited::csv::DEFINITION,
    &delimited::text::DEFINITION,
    &json::DEFINITION,
    &parquet::DEFINITION,
    &xml::DEFINITION,
];
