//! Kernels, columns to columns: one module per operator, each with a `DEFINITION`.

use millrace_batch::codec::{CodecDefinition, OperatorDefinition};

/// Every operator of this crate.
pub const OPERATORS: &[&OperatorDefinition] = &[];

/// Every generator of rows: codecs that read nothing.
pub const GENERATORS: &[&CodecDefinition] = &[];
pub mod partition;
