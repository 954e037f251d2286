//! Rows that fail where an error handler takes them: found one by one, so that the others go on.

use crate::document::OnErrorDocument;
use arrow_buffer::BooleanBufferBuilder;
use millrace_batch::{Batch, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Which error handler takes the failing rows of an operator or a sink, and the plug-in they failed in.
#[derive(Clone)]
pub(crate) struct OnError {
    pub(crate) handler: usize,
    pub(crate) plugin: Arc<str>,
}

impl OnError {
    pub(crate) fn compile(document: Option<&OnErrorDocument>, handlers: usize) -> Result<Option<Self>> {
        let Some(OnErrorDocument { handler, plugin }) = document else { return Ok(None) };
        if *handler < handlers {
            return Ok(Some(Self { handler: *handler, plugin: plugin.as_str().into() }));
        }
        Err(KernelError::new(ErrorCode::ProgramInvalid, format!("the program has no error handler '{handler}'")))
    }
}

/// One row that failed.
pub(crate) struct FailedRow {
    pub(crate) on_error: OnError,
    /// The row as it was before the step in which it failed.
    pub(crate) row: Batch,
    pub(crate) error: KernelError,
}

/// Whether a failure is the fault of its row. Others, such as memory that is used up, end the job whatever its handlers.
fn is_of_row(error: &KernelError) -> bool {
    let is_of_system = matches!(
        error.code,
        ErrorCode::ProgramInvalid
            | ErrorCode::HandleClosed
            | ErrorCode::KernelPanic
            | ErrorCode::MemoryExceeded
            | ErrorCode::Unimplemented
    );
    error.row.is_some() && !is_of_system
}

/// The rows of a batch that pass `check`, which has just failed for the whole batch with `error`. The others go to `failed` in
/// their order, each with its own failure.
///
/// A failing range is halved until single rows are left: a few failing rows of a batch cost a few passes over it, and a batch
/// of failing rows only costs one for every halving.
///
/// # Errors
/// A failure that is not of a row.
pub(crate) fn without_failing_rows(
    batch: &Batch,
    error: KernelError,
    on_error: &OnError,
    failed: &mut Vec<FailedRow>,
    check: &mut dyn FnMut(Batch) -> Result<()>,
) -> Result<Batch> {
    let mut found = Vec::new();
    search(batch, (0, batch.rows), error, &mut found, check)?;
    let mut keep = BooleanBufferBuilder::new(batch.rows);
    keep.append_n(batch.rows, true);
    for (row, error) in found {
        keep.set_bit(row, false);
        failed.push(FailedRow { on_error: on_error.clone(), row: batch.slice(row, 1), error });
    }
    batch.filter(&keep.finish())
}

fn search(
    batch: &Batch,
    (start, rows): (usize, usize),
    error: KernelError,
    found: &mut Vec<(usize, KernelError)>,
    check: &mut dyn FnMut(Batch) -> Result<()>,
) -> Result<()> {
    if !is_of_row(&error) {
        return Err(error);
    }
    if rows <= 1 {
        found.push((start, error));
        return Ok(());
    }
    let half = rows / 2;
    for part in [(start, half), (start + half, rows - half)] {
        if let Err(error) = check(batch.slice(part.0, part.1)) {
            search(batch, part, error, found, check)?;
        }
    }
    Ok(())
}
