//! Format `json`: one JSON object per line, or one array of objects per file.
//!
//! Options of the decoder:
//!
//! | member | meaning |
//! |---|---|
//! | `readColumns` | names of the file's columns that are read; the batch has no other ones |
//! | `fileSchema` | all columns of the file, a schema or a list; gives arrays that stand for rows their positions |
//! | `partitionColumns` | names of columns whose text comes with `begin`, as `{"partitions":{"name":"text"}}` |
//! | `arrayDocument` | the file is one array over any number of lines; such a file cannot be split |
//!
//! Option of the encoder: `rowDelimiter`, written **before** every row; `"\n"` when absent.
//!
//! # Source
//! SeaTunnel `JsonDeserializationSchema`, `JsonToRowConverters` and `RowToJsonConverters`. Different on purpose:
//!
//! - a blank line is skipped;
//! - a value of another kind than its column's (an object for a number, a number for an array) is refused;
//! - numbers are cut to whole ones for the 8-bit and 16-bit integers too;
//! - a decimal is rounded half up to its column's scale, and `100.00` is written as `100`, not as `1E+2`;
//! - digits of a second beyond microseconds are cut from timestamps;
//! - a key that comes twice in an object which is read as text is kept twice.

#![allow(
    clippy::inline_always,
    reason = "the loops over values must be compiled as one function, whatever the number of code generation units"
)]

mod arrays;
mod column;
mod compact;
mod decoder;
mod document;
mod encoder;
mod inspect;
mod lexer;
mod map;
mod number;
mod options;
mod row;
mod scan;
mod temporal;
#[cfg(test)]
mod tests;
mod write;

use millrace_batch::codec::CodecDefinition;

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "json",
    decoder: Some(|schema, options, context| Ok(Box::new(decoder::JsonDecoder::new(schema, options, context)?))),
    encoder: Some(|schema, options, _| Ok(Box::new(encoder::JsonEncoder::new(schema, options)?))),
    inspect: Some(inspect::inspect),
    assemble: None,
};
