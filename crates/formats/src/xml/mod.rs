//! Format `xml`: every element of one name is a row.
//!
//! # Reading
//! | what | rule |
//! |---|---|
//! | row | an element named `rowTag`, at any depth; rows inside of rows follow the one they are in |
//! | field | with `useAttributes` an attribute of the row, else a child element; found by its local name |
//! | value | the attribute's value, or the text between the child's own markup; elements inside of it are left out |
//! | repeated field | the last one counts |
//! | missing field | null |
//! | blank field | the text for STRING and BYTES, null for every other type |
//! | row without any wanted field | no row |
//!
//! A file is read from its beginning and cut into pieces behind rows. Document types are skipped and never followed: the only
//! entities are the five of XML and characters by number.
//!
//! Options of a decoder: `rowTag`, `useAttributes`, `fieldDelimiter` (between the fields of a ROW), `fileSchema`,
//! `partitionColumns`.
//!
//! # Writing
//! A document is its declaration, the root element and a row element per row, indented by tabs. Values are in Java's text
//! forms; null is an empty text. The host writes the beginning of a file; [`assemble`](CodecDefinition::assemble) gives its end.
//!
//! Options of an encoder: `rootTag`, `rowTag`, `useAttributes`, `fieldDelimiter`.
//!
//! # Errors
//! `FILE_CORRUPT` for a document that is not well-formed, `ENCODING_INVALID`, `VALUE_TOO_LARGE` for a row over the limit, the
//! errors of values at a row and field; `OPTION_INVALID` for a name that XML does not allow, `ENCODE_FAILED` for a text with a
//! character that XML cannot hold.
//!
//! # Source
//! SeaTunnel `XmlReadStrategy`, `XmlWriter`. Different on purpose: texts are written and read with all their white space.

mod decoder;
mod encoder;
mod record;
#[cfg(test)]
mod tests;

use millrace_batch::codec::CodecDefinition;

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "xml",
    decoder: Some(|schema, options, context| Ok(Box::new(decoder::XmlDecoder::new(schema, options, context)?))),
    encoder: Some(|schema, options, _| Ok(Box::new(encoder::XmlEncoder::new(schema, options)?))),
    inspect: None,
    assemble: Some(|_, options, _, _| encoder::document_end(options)),
};
