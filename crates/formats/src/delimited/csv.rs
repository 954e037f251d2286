//! The format `csv`: fields may be quoted.

use super::decoder::DelimitedDecoder;
use super::encoder::DelimitedEncoder;
use super::header::inspect;
use super::options::{Defaults, QuoteMode};
use millrace_batch::codec::CodecDefinition;

const DEFAULTS: Defaults = Defaults { field_delimiter: ",", quote: Some('"'), quote_mode: QuoteMode::Minimal };

/// `csv`; see [`super`].
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "csv",
    decoder: Some(|schema, options, context| Ok(Box::new(DelimitedDecoder::new(schema, options, context, &DEFAULTS)?))),
    encoder: Some(|schema, options, _| Ok(Box::new(DelimitedEncoder::new(schema, options, &DEFAULTS)?))),
    inspect: Some(|options, file_length, offset, piece, _| inspect(options, &DEFAULTS, file_length, offset, piece)),
    assemble: None,
};
