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
//! # Reading
//! A member that is missing or null is null; the last of equal keys wins; text is trimmed and parsed where a number or a
//! boolean is wanted; a container is its compact text where text is wanted; a line that is an array is a row for each of its
//! elements; control characters inside strings are taken as they are. A record is refused as a whole before its values
//! are looked at, and of several bad values the first in the order of the columns is told.
//!
//! # Errors
//! `RECORD_MALFORMED` at a row for text that is not JSON, no object, or nested deeper than 64 levels; `VALUE_MALFORMED`,
//! `DATE_FORMAT_UNSUPPORTED` and `DATETIME_FORMAT_UNSUPPORTED` at a row and field (`a.b` inside a nested row);
//! `ENCODING_INVALID` at a row; `VALUE_TOO_LARGE` for a record over the limit, or one that makes more than 16 Mi values
//! beyond one for each of its bytes; `OPTION_INVALID`, `PROGRAM_INVALID`; `TYPE_UNSUPPORTED` for writing a map whose keys
//! have no text.
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

pub(crate) mod arrays;
pub mod change;
pub(crate) mod column;
mod convert;
mod decoder;
mod document;
mod encoder;
mod inspect;
pub(crate) mod map;
pub(crate) mod member;
mod number;
mod options;
pub(crate) mod row;
mod temporal;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use millrace_batch::codec::CodecDefinition;

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "json",
    decoder: Some(|schema, options, context| Ok(Box::new(decoder::JsonDecoder::new(schema, options, context, None)?))),
    encoder: Some(|schema, options, _| Ok(Box::new(encoder::JsonEncoder::new(schema, options)?))),
    inspect: Some(inspect::inspect),
    assemble: None,
};
