//! Kernels, columns to columns: one module per operator, each with a `DEFINITION`.

pub mod generate;
pub mod model_bytes;
pub mod ops;
pub mod partition;
pub mod row_json;
pub mod row_text;
#[cfg(test)]
mod testing;

use millrace_batch::codec::{CodecDefinition, OperatorDefinition};

/// Every operator of this crate.
pub const OPERATORS: &[&OperatorDefinition] = &[
    &ops::assert::DEFINITION,
    &ops::constant::DEFINITION,
    &ops::data_validator::DEFINITION,
    &ops::field_encrypt::DEFINITION,
    &ops::filter_row_kind::DEFINITION,
    &ops::json_path::DEFINITION,
    &ops::metadata::DEFINITION,
    &ops::project::DEFINITION,
    &ops::regex_extract::DEFINITION,
    &ops::rename_table::DEFINITION,
    &ops::replace::DEFINITION,
    &ops::row_kind_extract::DEFINITION,
    &ops::set_row_kind_insert::DEFINITION,
    &ops::split::DEFINITION,
    &ops::text_chunk::DEFINITION,
    &millrace_expr::sql::DEFINITION,
];

/// Every generator of rows: codecs that read nothing.
pub const GENERATORS: &[&CodecDefinition] = &[&generate::DEFINITION];
