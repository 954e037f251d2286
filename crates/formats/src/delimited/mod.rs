//! Delimited text: the formats [`csv`] and [`text`], which share one engine and differ in their defaults.
//!
//! # Reading
//! A step of 64 KiB is indexed 64 bytes at a time ([`index`]), its UTF-8 is checked once, and each column is parsed in one
//! tight loop straight from the index into its typed buffer. Rows that are ragged, quoted or ended by `\r\n` go through a
//! table of cells; long delimiters, escapes and quotes at odd places go through a cutter that looks at every byte. All
//! three ways give the same rows, and the rows never depend on how the input was cut into pieces.
//!
//! A piece that may begin inside a record is presented from as many bytes before its begin as the row delimiter is long, so
//! that a record that begins exactly at its begin is not lost. Header rows and the partial record are skipped in the first
//! call that consumes something; the caller clears `start_of_file` and `skip_partial_record` then. Row delimiters in the
//! header are physical ones.
//!
//! | input | result |
//! |---|---|
//! | a blank field (no character but white space), quoted or not | null, of whatever type |
//! | a missing field at the end of a row; an extra one | null; ignored |
//! | a line without any character | no row |
//! | `\r\n` where the row delimiter is `\n` | a row delimiter; a lone `\r` is data |
//! | `true` in any letter case; any other text, for a boolean | true; false |
//! | a decimal with more digits behind the point than its column | rounded half up |
//! | a quote inside a field that does not begin with one | text |
//! | blanks behind a closing quote | ignored |
//!
//! Options of a decoder: `fieldDelimiter`, `rowDelimiter`, `quote`, `escape`, `quotedNewlines`, `skipHeaderRows`,
//! `nullFormat`, `nestedSeparators`, `fileSchema` (the columns as they are in the file; by default those of the output),
//! `projection` (for each output column its index in the file; by default its name decides), `partitionColumns` (columns
//! whose value `begin` is given: `{"partitions":{"day":"2024-01-01"}}`).
//!
//! # Writing
//! A row is its row delimiter, then its fields; whoever writes the file drops the first delimiter. Numbers are in Java's
//! text forms, bytes are UTF-8 text with U+FFFD in place of what is not, null is empty, row kinds are ignored. Quoting
//! concerns text, bytes and nested values, and any value that holds a delimiter.
//!
//! Options of an encoder: `fieldDelimiter`, `rowDelimiter`, `quote`, `quoteMode` (`MINIMAL`, `ALL`, `NONE`),
//! `nestedSeparators`, `dateFormat`, `timeFormat`, `datetimeFormat`.
//!
//! # Errors
//! `RECORD_MALFORMED` for a quoted field that is not closed or has text behind its end, `VALUE_MALFORMED`,
//! `DATE_FORMAT_UNSUPPORTED` and `DATETIME_FORMAT_UNSUPPORTED` at a row and field, `ENCODING_INVALID` at a row,
//! `VALUE_TOO_LARGE` for a record over the limit, `OPTION_INVALID`, `TYPE_UNSUPPORTED`.
//!
//! # Source
//! SeaTunnel `TextReadStrategy`, `TextDeserializationSchema`, `CsvReadStrategy`, `TextSerializationSchema`. It turns a CSV
//! record that cannot be parsed into a row of nulls and logs it; here it fails.

#![allow(
    clippy::inline_always,
    reason = "the loops over fields must be compiled as one function, under the instruction set of their caller"
)]

mod append;
pub(crate) mod arrays;
mod careful;
pub(crate) mod columns;
pub mod csv;
mod decoder;
mod encoder;
#[cfg(test)]
mod encoder_tests;
mod header;
mod index;
mod nested;
mod number;
pub(crate) mod options;
mod pattern;
mod pen;
mod table;
mod temporal;
#[cfg(test)]
mod tests;
pub mod text;
pub(crate) mod value;
pub(crate) mod view;
mod write;
