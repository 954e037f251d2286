//! Kernels, columns to columns: one module per operator, each with a `DEFINITION`.

use millrace_batch::codec::OperatorDefinition;

/// Every operator of this crate.
pub const OPERATORS: &[&OperatorDefinition] = &[];
