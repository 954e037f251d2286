//! The rows an expression is evaluated on: all rows of a batch, or those a condition selected.

use super::value::internal;
use arrow_array::{ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use arrow_select::filter::{FilterBuilder, FilterPredicate};
use millrace_batch::{KernelError, Result};
use std::cell::RefCell;

/// Rows of a batch. Columns of a selection are filtered when they are first asked for, and kept.
pub(crate) struct Frame<'a> {
    source: Source<'a>,
    rows: usize,
}

enum Source<'a> {
    Batch(&'a [ArrayRef]),
    Selection {
        parent: &'a Frame<'a>,
        mask: BooleanBuffer,
        predicate: FilterPredicate,
        cache: RefCell<Vec<Option<ArrayRef>>>,
    },
}

impl<'a> Frame<'a> {
    /// Every row of a batch.
    pub(crate) fn new(columns: &'a [ArrayRef], rows: usize) -> Self {
        Self { source: Source::Batch(columns), rows }
    }

    /// The rows of `parent` whose bit in `mask` is set.
    pub(crate) fn select(parent: &'a Frame<'a>, mask: BooleanBuffer) -> Self {
        let filter = BooleanArray::new(mask.clone(), None);
        // The optimised form materialises its indices once, which pays from the second column on.
        let predicate = FilterBuilder::new(&filter).optimize().build();
        let rows = predicate.count();
        let cache = RefCell::new(vec![None; parent.width()]);
        Self { source: Source::Selection { parent, mask, predicate, cache }, rows }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    fn width(&self) -> usize {
        match &self.source {
            Source::Batch(columns) => columns.len(),
            Source::Selection { parent, .. } => parent.width(),
        }
    }

    /// Column `index` restricted to the rows of this frame.
    pub(crate) fn column(&self, index: usize) -> Result<ArrayRef> {
        match &self.source {
            Source::Batch(columns) => Ok(ArrayRef::clone(&columns[index])),
            Source::Selection { parent, predicate, cache, .. } => {
                if let Some(column) = &cache.borrow()[index] {
                    return Ok(ArrayRef::clone(column));
                }
                let column = predicate.filter(&parent.column(index)?).map_err(|error| internal(&error))?;
                cache.borrow_mut()[index] = Some(ArrayRef::clone(&column));
                Ok(column)
            }
        }
    }

    /// Any array of the parent's rows restricted to the rows of this frame.
    pub(crate) fn restrict(&self, array: &ArrayRef) -> Result<ArrayRef> {
        match &self.source {
            Source::Batch(_) => Ok(ArrayRef::clone(array)),
            Source::Selection { predicate, .. } => predicate.filter(array).map_err(|error| internal(&error)),
        }
    }

    /// Translates the row of an error from this frame to the batch.
    pub(crate) fn locate(&self, mut error: KernelError) -> KernelError {
        if let Some(row) = error.row {
            error.row = Some(self.batch_row(row as usize) as u64);
        } else if self.rows > 0 {
            error.row = Some(self.batch_row(0) as u64);
        }
        error
    }

    /// For each row of this frame its row in the batch.
    pub(crate) fn batch_rows(&self) -> Vec<u32> {
        match &self.source {
            Source::Batch(_) => (0..self.rows as u32).collect(),
            Source::Selection { parent, mask, .. } => {
                let parent = parent.batch_rows();
                mask.set_indices().map(|row| parent[row]).collect()
            }
        }
    }

    fn batch_row(&self, row: usize) -> usize {
        match &self.source {
            Source::Batch(_) => row,
            Source::Selection { parent, mask, .. } => {
                parent.batch_row(mask.set_indices().nth(row).unwrap_or(mask.len()))
            }
        }
    }
}
