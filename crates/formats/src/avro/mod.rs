//! Format `avro`: single Avro records in binary form, as messages hold them; no container file.
//!
//! Every message stands behind its length, four bytes, little endian: so a batch of messages of a queue is one piece of input.
//!
//! | option | meaning |
//! |---|---|
//! | `avroSchema` | JSON text of the schema that the messages were written with; absent: the one that follows from the columns |
//! | `registryHeader` | messages begin with a zero and the four bytes of a schema number, which are skipped (decoder only) |
//!
//! # Schema
//! Columns are fields of the same names in order. Every field is a union of null and its type, but a ROW is a record and never null:
//!
//! | column | Avro |
//! |---|---|
//! | STRING, BYTES, BOOLEAN, FLOAT, DOUBLE | the type of that name |
//! | TINYINT, SMALLINT, INT / BIGINT | int / long |
//! | DECIMAL | bytes, logical type decimal |
//! | DATE / TIMESTAMP | int, date / long, local-timestamp-millis |
//! | ARRAY, MAP with keys of text, ROW | array, map, record |
//!
//! With `avroSchema` fields are found by name, missing ones are null, others are skipped; whole numbers, numbers and text widen as
//! far as nothing is lost, logical dates, times and timestamps of any unit are read.
//!
//! # Errors
//! `TYPE_UNSUPPORTED` for a column that has no Avro type or cannot take its field; `OPTION_INVALID` for a schema that is none;
//! `RECORD_MALFORMED` at a row for bytes that end too early or too late; `VALUE_MALFORMED` at a row and field for a number that does
//! not fit; `ENCODING_INVALID`; `VALUE_TOO_LARGE` for a message over the limit; `ENCODE_FAILED` for a ROW that is null.
//!
//! # Source
//! SeaTunnel `SeaTunnelRowTypeToAvroSchemaConverter`, `AvroToRowConverter`. Different on purpose: a timestamp is read as the local time
//! it is, not shifted to UTC+8; decimals are rounded half up to their column's scale.

mod decoder;
mod encoder;
mod read;
mod schema;
#[cfg(test)]
mod tests;

use crate::framed::{MessageDecoder, MessageEncoder};
use millrace_batch::codec::CodecDefinition;

pub(crate) use read::big_endian;

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "avro",
    decoder: Some(|schema, options, context| {
        Ok(Box::new(MessageDecoder::new(schema, decoder::AvroReader::new(schema, options)?, context)))
    }),
    encoder: Some(|schema, options, _| Ok(Box::new(MessageEncoder::new(encoder::AvroWriter::new(schema, options)?)))),
    inspect: None,
    assemble: None,
};
