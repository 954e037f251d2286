//! One table's rows as columns, plus the row-kind column.

use crate::arrow_types::arrow_schema;
use crate::error::{ErrorCode, KernelError, Result};
use crate::schema::Schema;
use arrow_array::{Array, ArrayRef, BooleanArray, Int8Array, RecordBatch, RecordBatchOptions};
use arrow_buffer::BooleanBuffer;
use arrow_select::filter::FilterBuilder;
use std::sync::Arc;

/// Rows of one table.
///
/// # Shape
/// `columns` has one array of `rows` values per column of `schema`, with the Arrow types of
/// [`crate::arrow_types::arrow_type`]. `kinds` is `None` when every row is an insert, else `[rows]` wire values of
/// [`crate::RowKind`] without nulls.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Table, names and types.
    pub schema: Arc<Schema>,
    /// One array per column.
    pub columns: Vec<ArrayRef>,
    /// Number of rows; needed when there is no column.
    pub rows: usize,
    /// Row kinds, or `None` for all inserts.
    pub kinds: Option<Int8Array>,
}

impl Batch {
    /// A batch of inserts.
    ///
    /// # Errors
    /// [`ErrorCode::ProgramInvalid`] when the number of columns or a length differs from the schema's.
    pub fn try_new(schema: Arc<Schema>, columns: Vec<ArrayRef>, rows: usize) -> Result<Self> {
        if columns.len() != schema.columns.len() || columns.iter().any(|column| column.len() != rows) {
            return Err(KernelError::new(
                ErrorCode::ProgramInvalid,
                format!("{} columns of {rows} rows do not fit a schema of {}", columns.len(), schema.columns.len()),
            ));
        }
        Ok(Self { schema, columns, rows, kinds: None })
    }

    /// Rows `offset .. offset + length` without copying.
    ///
    /// # Panics
    /// When the range is outside the batch.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        Self {
            schema: Arc::clone(&self.schema),
            columns: self.columns.iter().map(|column| column.slice(offset, length)).collect(),
            rows: length,
            kinds: self.kinds.as_ref().map(|kinds| kinds.slice(offset, length)),
        }
    }

    /// The rows whose bit is set, in their order. Copies nothing when that is all of them.
    ///
    /// # Errors
    /// [`ErrorCode::ProgramInvalid`] when `keep` has not one bit per row.
    pub fn filter(&self, keep: &BooleanBuffer) -> Result<Self> {
        if keep.len() != self.rows {
            let message = format!("{} bits do not choose from {} rows", keep.len(), self.rows);
            return Err(KernelError::new(ErrorCode::ProgramInvalid, message));
        }
        let rows = keep.count_set_bits();
        if rows == self.rows || rows == 0 {
            return Ok(self.slice(0, rows));
        }
        let failed =
            |error| KernelError::new(ErrorCode::ProgramInvalid, format!("a column cannot be filtered: {error}"));
        let predicate = FilterBuilder::new(&BooleanArray::new(keep.clone(), None)).optimize().build();
        let columns = self.columns.iter().map(|column| predicate.filter(column));
        let columns = columns.collect::<Result<_, _>>().map_err(failed)?;
        let kinds = match &self.kinds {
            Some(kinds) => Some(predicate.filter(kinds).map_err(failed)?.to_data().into()),
            None => None,
        };
        Ok(Self { schema: Arc::clone(&self.schema), columns, rows, kinds })
    }

    /// The wire value of a row's kind; 0 (insert) when the batch has no kind column.
    pub fn kind(&self, row: usize) -> i8 {
        self.kinds.as_ref().map_or(0, |kinds| kinds.value(row))
    }

    /// The columns as an Arrow record batch, without the kinds.
    ///
    /// # Errors
    /// [`ErrorCode::ProgramInvalid`] when an array's type is not the one of its column.
    pub fn record_batch(&self) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(arrow_schema(&self.schema), self.columns.clone(), &options).map_err(|error| {
            KernelError::new(ErrorCode::ProgramInvalid, format!("columns do not fit the schema: {error}"))
        })
    }

    /// Bytes held by the arrays of this batch, shared ones counted in full.
    pub fn memory_bytes(&self) -> usize {
        self.columns.iter().map(Array::get_array_memory_size).sum::<usize>() + self.kinds.as_ref().map_or(0, Array::len)
    }
}
