//! The format `text`: fields are never quoted, unless the document says so.

use super::decoder::DelimitedDecoder;
use super::options::{Defaults, QuoteMode};
use millrace_batch::codec::CodecDefinition;

const DEFAULTS: Defaults = Defaults { field_delimiter: "\u{1}", quote: None, quote_mode: QuoteMode::None };

/// `text`; see [`super`].
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "text",
    decoder: Some(|schema, options, context| Ok(Box::new(DelimitedDecoder::new(schema, options, context, &DEFAULTS)?))),
    encoder: None,
    inspect: None,
    assemble: None,
};
