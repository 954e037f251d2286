//! SQL over columns: parse, type, evaluate, with the semantics of SeaTunnel's SQL transform.
//!
//! [`parse`] reads a `SELECT`; [`SqlTransform`] compiles one against a schema and runs it over batches. Functions are
//! registered in [`functions`], one file per group.

mod eval;
pub mod functions;
mod java;
mod plan;
pub mod sql;
pub mod syntax;

pub use java::zone::local_micros;
pub use sql::SqlTransform;
pub use syntax::parse;
