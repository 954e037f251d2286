//! Data formats, bytes to batches and back: one module per format, each with a `DEFINITION`.

pub mod arrow;
pub mod avro;
pub mod binary;
mod cell;
mod columnar;
pub mod console;
pub mod delimited;
pub mod excel;
mod framed;
pub mod json;
pub mod lzo;
pub mod markdown;
pub mod orc;
pub mod parquet;
mod partitions;
pub mod protobuf;
pub mod xml;

use millrace_batch::codec::CodecDefinition;

/// Every format of this crate.
pub const FORMATS: &[&CodecDefinition] = &[
    &arrow::DEFINITION,
    &avro::DEFINITION,
    &binary::DEFINITION,
    &console::DEFINITION,
    &console::discard::DEFINITION,
    &delimited::csv::DEFINITION,
    &delimited::text::DEFINITION,
    &excel::DEFINITION,
    &json::DEFINITION,
    &json::change::CANAL,
    &json::change::CONNECT,
    &json::change::DEBEZIUM,
    &json::change::MAXWELL,
    &json::change::OGG,
    &markdown::DEFINITION,
    &orc::DEFINITION,
    &parquet::DEFINITION,
    &protobuf::DEFINITION,
    &xml::DEFINITION,
];
