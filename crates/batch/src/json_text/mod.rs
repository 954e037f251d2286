//! Reading JSON text without making a tree of it.
//!
//! A [`Lexer`] is a cursor over text that is valid UTF-8: it skips values, reads scalars, and knows how Jackson prints what it
//! has read. Formats and operators build columns with it.

#![allow(
    clippy::inline_always,
    reason = "the loops over values must be compiled as one function, whatever the number of code generation units"
)]

mod compact;
mod lexer;
mod scalar;
mod scan;
mod string;

pub use compact::{compact, escape_into, escape_sequence};
pub use lexer::{DEPTH_LIMIT, Fault, Lexer};
pub use scalar::{Scalar, decimal_text, double, integer_text, shorten};
pub use scan::{CHUNK, escaped_bytes, find_escaped, find_string_end, is_escaped, string_ends};
