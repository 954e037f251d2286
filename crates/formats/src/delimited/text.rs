//! The format `text`: fields are never quoted, unless the document says so.

use super::decoder::DelimitedDecoder;
use super::encoder::DelimitedEncoder;
use super::header::inspect;
use super::options::{Defaults, QuoteMode};
use millrace_batch::codec::CodecDefinition;

const DEFAULTS: Defaults = Defaults { field_delimiter: "\u{1}", quote: None, quote_mode: QuoteMode::None };

/// `text`; see [`super`].
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "text",
    decoder: Some(|schema, options, context| Ok(Box::new(DelimitedDecoder::new(schema, options, context, &DEFAULTS)?))),
    encoder: Some(|schema, options, _| Ok(Box::new(DelimitedEncoder::new(schema, options, &DEFAULTS)?))),
    inspect: Some(|options, file_length, offset, piece, _| inspect(options, &DEFAULTS, file_length, offset, piece)),
    assemble: None,
};
