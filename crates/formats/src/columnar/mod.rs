//! What the formats that keep columns in pieces of a file share: asking for byte ranges, bringing values to declared types, zones.

pub(crate) mod cast;
pub(crate) mod fetch;
pub(crate) mod interner;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod zone;

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
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

/// Checks that decimals have no more digits than their column.
///
/// # Errors
/// [`ErrorCode::EncodeFailed`] at the first row with more.
pub(crate) fn check_digits(array: &ArrayRef, precision: u8) -> Result<()> {
    let limit = 10i128.pow(u32::from(precision.min(38)));
    let decimals = array.as_primitive::<Decimal128Type>();
    if decimals.values().iter().all(|value| -limit < *value && *value < limit) {
        return Ok(());
    }
    match decimals.iter().position(|value| value.is_some_and(|value| value <= -limit || value >= limit)) {
        None => Ok(()),
        Some(row) => {
            let message = format!("a decimal has more than {precision} digits");
            Err(KernelError::new(ErrorCode::EncodeFailed, message).at_row(row))
        }
    }
}
