//! Data formats, bytes to batches and back: one module per format, each with a `DEFINITION`.

pub mod arrow;
pub mod avro;
pub mod console;
pub mod delimited;
pub mod json;
pub mod lzo;
pub mod parquet;

use millrace_batch::codec::CodecDefinition;

/// Every format of this crate.
pub const FORMATS: &[&CodecDefinition] = &[
    &arrow::DEFINITION,
    &avro::DEFINITION,
    &console::DEFINITION,
    &console::discard::DEFINITION,
    &delimited::csv::DEFINITION,
    &delimited::text::DEFINITION,
    &json::DEFINITION,
    &json::change::CANAL,
    &json::change::CONNECT,
    &json::change::DEBEZIUM,
    &json::change::MAXWELL,
    &json::change::OGG,
    &parquet::DEFINITION,
];
