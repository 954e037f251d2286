//! SQL over columns: parse, type, evaluate, with the semantics of SeaTunnel's SQL transform.
//!
//! [`parse`] reads a `SELECT`; [`SqlTransform`] compiles one against a schema and runs it over batches. Functions are
//! registered in [`functions`], one file per group.

// The test `layers` says which of these may use which.
mod compute;
pub mod functions;
mod java;
pub mod syntax;
mod tree;

mod eval;
mod plan;
pub mod sql;

pub use java::zone::local_micros;
pub use sql::SqlTransform;
pub use syntax::parse;
