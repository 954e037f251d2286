//! Arguments read row by row, results built row by row.

use super::Call;
use crate::compute::value::Value;
use crate::java::text_form::TextColumn;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, StringArray};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

/// An argument of type STRING.
pub(crate) struct Texts<'a> {
    array: &'a StringArray,
    value: &'a Value,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { array: value.array().as_string(), value }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        let index = self.value.index(row);
        self.array.is_valid(index).then(|| self.array.value(index))
    }

    /// Whether one value, perhaps null, stands for all rows.
    pub(crate) fn is_constant(&self) -> bool {
        self.value.is_scalar()
    }
}

/// An argument of a primitive type.
pub(crate) struct Primitives<'a, T: ArrowPrimitiveType> {
    array: &'a PrimitiveArray<T>,
    value: &'a Value,
}

impl<'a, T: ArrowPrimitiveType> Primitives<'a, T> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { array: value.array().as_primitive(), value }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<T::Native> {
        let index = self.value.index(row);
        self.array.is_valid(index).then(|| self.array.value(index))
    }
}

/// An argument converted to BIGINT.
pub(crate) type Longs<'a> = Primitives<'a, Int64Type>;
/// An argument converted to DOUBLE.
pub(crate) type Doubles<'a> = Primitives<'a, Float64Type>;

/// A failure without a row; the builders below add it.
pub(crate) fn failed(message: impl Into<String>) -> KernelError {
    KernelError::new(ErrorCode::ExpressionFailed, message)
}

/// The same failure at a row, unless it has one.
fn at(error: KernelError, row: usize) -> KernelError {
    if error.row.is_some() { error } else { error.at_row(row) }
}

/// Builds texts: `write` appends to the string and says whether the row has a value.
pub(crate) fn text_column(
    call: &Call<'_>,
    mut write: impl FnMut(usize, &mut String) -> Result<bool>,
) -> Result<ArrayRef> {
    let mut column = TextColumn::with_capacity(call.rows);
    for row in 0..call.rows {
        if write(row, column.buffer()).map_err(|error| at(error, row))? {
            check_length(call, column.pending_bytes()).map_err(|error| at(error, row))?;
            column.finish_value().map_err(|error| at(error, row))?;
        } else {
            column.push_null();
        }
    }
    Ok(column.into_array())
}

/// Refuses a text that would be longer than one value may be. For use before it is built.
pub(crate) fn check_length(call: &Call<'_>, bytes: usize) -> Result<()> {
    let limit = call.runtime.value_limit_bytes;
    if bytes > limit {
        return Err(KernelError::new(
            ErrorCode::ValueTooLarge,
            format!("a text of {bytes} bytes is longer than the limit of {limit}"),
        ));
    }
    Ok(())
}

/// Builds values of a primitive type.
pub(crate) fn primitive_column<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    mut value: impl FnMut(usize) -> Result<Option<T::Native>>,
) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        values.push(value(row).map_err(|error| at(error, row))?);
    }
    Ok(Arc::new(PrimitiveArray::<T>::from_iter(values)))
}

/// Builds booleans.
pub(crate) fn boolean_column(
    call: &Call<'_>,
    mut value: impl FnMut(usize) -> Result<Option<bool>>,
) -> Result<ArrayRef> {
    let mut values = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        values.push(value(row).map_err(|error| at(error, row))?);
    }
    Ok(Arc::new(BooleanArray::from(values)))
}
