//! Which rows cannot be written.

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{ArrayRef, UInt32Array};
use arrow_select::take::take;
use millrace_batch::{Batch, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Checks all rows at once. Where `check` fails without a row, because values inside of others do not know theirs, every row
/// is checked alone: taken out, it brings its own values only.
///
/// # Errors
/// That of `check`, at the lowest row that fails.
pub(crate) fn check_rows(batch: &Batch, mut check: impl FnMut(&Batch) -> Result<()>) -> Result<()> {
    let Err(error) = check(batch) else { return Ok(()) };
    if error.row.is_some() {
        return Err(error);
    }
    for row in 0..batch.rows {
        let only = UInt32Array::from(vec![row as u32]);
        let columns = batch.columns.iter().map(|column| take(column, &only, None)).collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(|error| KernelError::new(ErrorCode::EncodeFailed, error.to_string()))?;
        let alone = Batch { schema: Arc::clone(&batch.schema), columns, rows: 1, kinds: None };
        check(&alone).map_err(|error| error.at_row(row))?;
    }
    Ok(())
}

/// The error of rows that begin at `first_row` as one of their batch.
pub(crate) fn shifted(mut error: KernelError, first_row: usize) -> KernelError {
    error.row = error.row.map(|row| row + first_row as u64);
    error
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
