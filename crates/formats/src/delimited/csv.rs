//! The format `csv`: fields may be quoted.

use super::decoder::DelimitedDecoder;
use super::options::{Defaults, QuoteMode};
use millrace_batch::codec::CodecDefinition;

const DEFAULTS: Defaults = Defaults { field_delimiter: ",", quote: Some('"'), quote_mode: QuoteMode::Minimal };

/// `csv`; see [`super`].
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "csv",
    decoder: Some(|schema, options, context| Ok(Box::new(DelimitedDecoder::new(schema, options, context, &DEFAULTS)?))),
    encoder: None,
    inspect: None,
    assemble: None,
};
