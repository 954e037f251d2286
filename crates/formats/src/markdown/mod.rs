//! Format `markdown`: every block of a document is a row. Read only.
//!
//! | column | type | value |
//! |---|---|---|
//! | `element_id` | STRING | the block's kind and its number among those of its kind, such as `Heading_1` |
//! | `element_type` | STRING | `Heading`, `Paragraph`, `BulletList`, `OrderedList`, `BulletListItem`, `OrderedListItem`, `BlockQuote`, `FencedCodeBlock` |
//! | `heading_level` | INT | 1 to 6 for headings, else null |
//! | `text` | STRING | its source without the marks of the block; of a list its items line by line |
//! | `page_number` | INT | 1 |
//! | `position_index` | INT | its place among the blocks beside it, from 1 |
//! | `parent_id` | STRING | the block it is directly in, null for the document and for what makes no row |
//! | `child_ids` | STRING | the blocks directly in it with commas between, null without any |
//!
//! Rows come in the order of the blocks' begins. Paragraphs in lists and quotes make no row of their own; tables are
//! paragraphs. Columns are found by name, so that any of them may be left out.
//!
//! # Errors
//! `VALUE_TOO_LARGE` for a file over the limit of values or with more than 2,000,000 lines and marks, for blocks nested deeper
//! than 500 levels, and for texts that take more than 16 times the file; `PROGRAM_INVALID` for other columns.
//!
//! # Source
//! SeaTunnel `MarkdownReadStrategy`, which parses with flexmark; here `CommonMark` 0.31. Definitions of links count as no block.

mod blocks;
mod decoder;
#[cfg(test)]
mod tests;

use millrace_batch::codec::CodecDefinition;

/// The format's registration.
pub const DEFINITION: CodecDefinition = CodecDefinition {
    name: "markdown",
    decoder: Some(|schema, options, context| Ok(Box::new(decoder::MarkdownDecoder::new(schema, options, context)?))),
    encoder: None,
    inspect: None,
    assemble: None,
};
