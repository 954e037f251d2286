//! Formats `canal_json`, `debezium_json`, `maxwell_json`, `ogg_json` and `connect_json`: JSON messages that say how a row changed.
//!
//! One message per line. What a message means is said by its dialect; how values become columns is that of [`super`], and so are
//! the options of the decoder. Options of the encoders: `rowDelimiter`, written before every message, and `mergeUpdates`, which
//! makes one update event of a row before and the row after it.
//!
//! # Reading
//!
//! | dialect | members | one row of kind | two rows, `-U` and `+U` | no row |
//! |---|---|---|---|---|
//! | canal | `data` (list or object), `old`, `type` | `INSERT` +I, `DELETE` -D | `UPDATE`: `old` over `data`, then `data` | `QUERY`, `CREATE`, `ALTER` without data |
//! | maxwell | `data`, `old`, `type` in any case | `insert`, `bootstrap-insert` +I, `delete` -D | `update` as canal | other bootstrap and schema events |
//! | ogg | `before`, `after`, `op_type` | `I` +I, `D` -D | `U` | |
//! | debezium | `before`, `after`, `op`, alone or below `payload` | `c`, `r` +I, `d` -D | `u` | `t`, `m` |
//! | connect | the message, or its `payload` | +I always | | `null` |
//!
//! A blank line is a tombstone and skipped. In debezium and connect messages whole numbers stand for dates (days), times and
//! timestamps (the unit follows from the size of the number), and base64 text for decimals.
//!
//! # Writing
//! `+I` and `+U` are inserts, `-U` and `-D` deletes: the dialects' readers make the same table of it. With `mergeUpdates` a `-U` that
//! its `+U` follows becomes one update; rows are then held until a file's rows are known, and a `-U` at the end of a file's rows is
//! a delete.
//!
//! # Errors
//! As [`super`]; `RECORD_MALFORMED` also for a message without its members or of an unknown kind.
//!
//! # Source
//! SeaTunnel's `*JsonDeserializationSchema` and `*JsonSerializationSchema` of these dialects. Different on purpose: maxwell's kinds are
//! read in upper case too, because they are written so; a key of `old` that comes only inside a nested value does not count as a
//! changed column; timestamps in microseconds and nanoseconds keep their microseconds; decimals as plain text are read.

mod decoder;
mod encoder;
mod logical;
#[cfg(test)]
mod tests;

use super::decoder::JsonDecoder;
use millrace_batch::codec::CodecDefinition;

/// Whose messages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Alibaba Canal.
    Canal,
    /// Debezium, with or without the schema beside the payload.
    Debezium,
    /// Zendesk Maxwell.
    Maxwell,
    /// Oracle `GoldenGate`.
    Ogg,
    /// Kafka Connect's JSON converter.
    Connect,
}

macro_rules! definition {
    ($name:literal, $dialect:expr, $encoder:expr) => {
        CodecDefinition {
            name: $name,
            decoder: Some(|schema, options, context| {
                Ok(Box::new(JsonDecoder::new(schema, options, context, Some($dialect))?))
            }),
            encoder: $encoder,
            inspect: None,
            assemble: None,
        }
    };
}

/// Messages of Canal.
pub const CANAL: CodecDefinition = definition!(
    "canal_json",
    Dialect::Canal,
    Some(|schema, options, _| Ok(Box::new(encoder::ChangeEncoder::new(schema, options, Dialect::Canal)?)))
);
/// Messages of Debezium.
pub const DEBEZIUM: CodecDefinition = definition!(
    "debezium_json",
    Dialect::Debezium,
    Some(|schema, options, _| Ok(Box::new(encoder::ChangeEncoder::new(schema, options, Dialect::Debezium)?)))
);
/// Messages of Maxwell.
pub const MAXWELL: CodecDefinition = definition!(
    "maxwell_json",
    Dialect::Maxwell,
    Some(|schema, options, _| Ok(Box::new(encoder::ChangeEncoder::new(schema, options, Dialect::Maxwell)?)))
);
/// Messages of Oracle `GoldenGate`.
pub const OGG: CodecDefinition = definition!(
    "ogg_json",
    Dialect::Ogg,
    Some(|schema, options, _| Ok(Box::new(encoder::ChangeEncoder::new(schema, options, Dialect::Ogg)?)))
);
/// Messages of Kafka Connect; they are read only.
pub const CONNECT: CodecDefinition = definition!("connect_json", Dialect::Connect, None);
