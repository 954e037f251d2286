//! Results of expressions: a column, or one value that stands for every row.

use arrow_array::{Array, ArrayRef, UInt32Array};
use millrace_batch::{ErrorCode, KernelError, Result};

/// A column of as many values as the frame has rows, or one value for all of them.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    array: ArrayRef,
    scalar: bool,
}

impl Value {
    /// One value per row.
    pub(crate) fn column(array: ArrayRef) -> Self {
        Self { array, scalar: false }
    }

    /// The single value of `array` for every row.
    pub(crate) fn scalar(array: ArrayRef) -> Self {
        debug_assert_eq!(array.len(), 1);
        Self { array, scalar: true }
    }

    /// The values: one per row, or exactly one.
    pub(crate) fn array(&self) -> &ArrayRef {
        &self.array
    }

    pub(crate) fn is_scalar(&self) -> bool {
        self.scalar
    }

    /// Where the value of `row` is in [`Value::array`].
    #[inline]
    pub(crate) fn index(&self, row: usize) -> usize {
        if self.scalar { 0 } else { row }
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        let index = self.index(row);
        self.array.data_type() == &arrow_schema::DataType::Null || self.array.is_null(index)
    }

    /// A value with the same number of rows, computed value by value from this one.
    pub(crate) fn map(&self, apply: impl FnOnce(&ArrayRef) -> Result<ArrayRef>) -> Result<Self> {
        Ok(Self { array: apply(&self.array)?, scalar: self.scalar })
    }

    /// An array of `rows` values.
    pub(crate) fn into_array(self, rows: usize) -> Result<ArrayRef> {
        if !self.scalar || rows == 1 {
            return Ok(self.array);
        }
        let indices = UInt32Array::from_value(0, rows);
        arrow_select::take::take(&self.array, &indices, None).map_err(|error| internal(&error))
    }
}

/// An Arrow kernel refused arrays that this crate made.
pub(crate) fn internal(error: &arrow_schema::ArrowError) -> KernelError {
    KernelError::new(ErrorCode::ExpressionFailed, format!("evaluating an expression failed: {error}"))
}
