//! SQL text to a tree and back: lexer, parser, printer.

pub mod ast;
pub(crate) mod lexer;
mod parser;
mod primary;
mod printer;

pub use ast::{BinaryOperator, CastForm, Expression, ExpressionKind, LateralView, Query, SelectItem, TypeName};
pub use parser::parse;
pub(crate) use printer::unquote;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
