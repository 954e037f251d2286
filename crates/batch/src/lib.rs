//! Batches, schemas, row kinds, Java text forms and value parsing.
//!
//! Every other crate stands on this one. A [`Batch`] is one table's rows as Arrow columns plus a row-kind column;
//! everything between a source and a sink is a sequence of batches.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod arrow_types;
pub mod batch;
pub mod calendar;
pub mod codec;
pub mod error;
pub mod java_regex;
pub mod json_path;
pub mod json_text;
pub mod json_value;
pub mod output;
pub mod parse;
pub mod row_kind;
pub mod schema;
pub mod text;

pub use batch::Batch;
pub use error::{ErrorCode, KernelError, Result};
pub use json_value::array_from_json;
pub use output::OutputBuffer;
pub use row_kind::RowKind;
pub use schema::{Column, DataType, Schema, StructField};

/// Version of the boundary protocol and of the step report. The host refuses an addon whose number differs.
pub const LAYOUT_VERSION: u32 = 1;
