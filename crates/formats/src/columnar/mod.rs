//! What the formats that keep columns in pieces of a file share: asking for byte ranges, bringing values to declared types, zones,
//! finding rows that cannot be written, handing pieces out.

pub(crate) mod cast;
pub(crate) mod check;
pub(crate) mod fetch;
pub(crate) mod finished;
pub(crate) mod interner;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod zone;

use arrow_array::{ArrayRef, StringArray, new_null_array};
use arrow_schema::DataType as ArrowType;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// The error of a file that is damaged or contradicts itself.
pub(crate) fn corrupt(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::FileCorrupt, message)
}

/// The error of a codec that this build cannot read or write.
pub(crate) fn unavailable(codec: &str) -> KernelError {
    KernelError::new(ErrorCode::CodecUnavailable, format!("codec '{codec}' is not in this build"))
}

/// A constant of a file, such as a part of its path, as a column of type `to`; nulls when it has none.
///
/// # Errors
/// As [`cast::cast`] from a text.
pub(crate) fn constant_column(text: Option<&str>, rows: usize, to: &DataType) -> Result<ArrayRef> {
    let array: ArrayRef = match text {
        Some(text) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))),
        None => new_null_array(&ArrowType::Utf8, rows),
    };
    cast::cast(&array, &DataType::String, to)
}
