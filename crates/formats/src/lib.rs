//! Data formats, bytes to batches and back: one module per format, each with a `DEFINITION`.

use millrace_batch::codec::CodecDefinition;

pub mod console;
pub mod delimited;

/// Every format of this crate.
#[rustfmt::skip]
pub const FORMATS: &[&CodecDefinition] = &[
    &console::DEFINITION,
    &console::discard::DEFINITION,
    &delimited::csv::DEFINITION,
    &delimited::text::DEFINITION,
];
