//! Rows multiplied by the elements of an array.

use super::value::internal;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_schema::DataType as ArrowType;
use arrow_select::take::take;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Most rows of one exploded batch.
const ROW_LIMIT: usize = 1 << 22;
/// Most bytes of text or binary values in one column of an exploded batch.
const COLUMN_LIMIT_BYTES: usize = 1 << 30;

/// For each row of the result the row it comes from, and its element.
pub(crate) struct Explosion {
    rows: UInt32Array,
    elements: UInt32Array,
}

impl Explosion {
    /// One row per element of each list. A null or empty list gives no row, or one row with a null element if `outer`.
    ///
    /// # Errors
    /// `MEMORY_EXCEEDED` at the row where the result grows over its limit.
    pub(crate) fn new(lists: &ArrayRef, outer: bool) -> Result<Self> {
        let lists = lists.as_list::<i32>();
        let (mut rows, mut elements) = (Vec::with_capacity(lists.len()), Vec::with_capacity(lists.len()));
        for row in 0..lists.len() {
            let (start, end) = (lists.value_offsets()[row] as u32, lists.value_offsets()[row + 1] as u32);
            let there = lists.is_valid(row) && start < end;
            if there {
                rows.extend(std::iter::repeat_n(row as u32, (end - start) as usize));
                elements.extend((start..end).map(Some));
            } else if outer {
                rows.push(row as u32);
                elements.push(None);
            }
            if rows.len() > ROW_LIMIT {
                return Err(too_large().at_row(row));
            }
        }
        Ok(Self { rows: rows.into(), elements: elements.into() })
    }

    /// Number of rows of the result.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// A column repeated.
    ///
    /// # Errors
    /// `MEMORY_EXCEEDED` when its values would be too many bytes.
    pub(crate) fn repeat(&self, column: &ArrayRef) -> Result<ArrayRef> {
        if let ArrowType::Utf8 | ArrowType::Binary = column.data_type() {
            let data = column.to_data();
            let offsets = data.buffers()[0].typed_data::<i32>();
            let offsets = &offsets[data.offset()..];
            let length = |row: &u32| (offsets[*row as usize + 1] - offsets[*row as usize]) as usize;
            if self.rows.values().iter().map(length).sum::<usize>() > COLUMN_LIMIT_BYTES {
                return Err(too_large());
            }
        }
        take(column, &self.rows, None).map_err(|error| internal(&error))
    }

    /// The elements.
    ///
    /// # Errors
    /// `EXPRESSION_FAILED` when the arrays do not fit each other.
    pub(crate) fn elements(&self, lists: &ArrayRef) -> Result<ArrayRef> {
        take(lists.as_list::<i32>().values(), &self.elements, None).map_err(|error| internal(&error))
    }
}

fn too_large() -> KernelError {
    KernelError::new(ErrorCode::MemoryExceeded, "exploding arrays makes a batch too large")
}
