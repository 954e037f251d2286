//! `CASE`: every branch is evaluated on its own rows only.

use crate::compute::frame::Frame;
use crate::compute::runtime::Runtime;
use crate::compute::value::{Value, internal};
use crate::tree::{Node, Predicate, Typed};
use arrow_array::{ArrayRef, new_null_array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use arrow_select::interleave::interleave;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::{DataType, Result};

/// Values of one branch, and how they lie over the rows they are for.
enum Layout {
    /// One value for all rows.
    Single,
    /// One value per row of the frame.
    Full,
    /// One value per row of the branch.
    Dense,
}

/// For every row the value of the first branch whose condition holds; null when none holds and there is no `ELSE`.
///
/// # Errors
/// What a condition or a branch fails with, on the rows that reach it.
pub(super) fn evaluate_case(
    branches: &[(Predicate, Typed)],
    otherwise: Option<&Typed>,
    result: &DataType,
    frame: &Frame<'_>,
    runtime: &Runtime,
) -> Result<ArrayRef> {
    let rows = frame.rows();
    let mut arrays = vec![new_null_array(&arrow_type(result), 1)];
    let mut picks = vec![(0usize, 0usize); rows];
    let mut remaining = BooleanBuffer::new_set(rows);
    for (condition, value) in branches {
        if remaining.count_set_bits() == 0 {
            break;
        }
        let matched = condition_on(condition, &remaining, frame, runtime)?;
        remaining = &remaining & &!&matched;
        pick(value, &matched, frame, runtime, &mut arrays, &mut picks)?;
    }
    if let Some(value) = otherwise {
        pick(value, &remaining, frame, runtime, &mut arrays, &mut picks)?;
    }
    let sources: Vec<&dyn arrow_array::Array> = arrays.iter().map(AsRef::as_ref).collect();
    interleave(&sources, &picks).map_err(|error| internal(&error))
}

/// Where the condition holds, of the rows in `remaining`.
fn condition_on(
    condition: &Predicate,
    remaining: &BooleanBuffer,
    frame: &Frame<'_>,
    runtime: &Runtime,
) -> Result<BooleanBuffer> {
    if condition.is_infallible() || remaining.count_set_bits() == frame.rows() {
        return Ok(&condition.evaluate(frame, runtime)? & remaining);
    }
    let selected = Frame::select(frame, remaining.clone());
    let held = condition.evaluate(&selected, runtime)?;
    let mut matched = BooleanBufferBuilder::new(frame.rows());
    matched.append_n(frame.rows(), false);
    for (index, row) in remaining.set_indices().enumerate() {
        matched.set_bit(row, held.value(index));
    }
    Ok(matched.finish())
}

fn pick(
    value: &Typed,
    matched: &BooleanBuffer,
    frame: &Frame<'_>,
    runtime: &Runtime,
    arrays: &mut Vec<ArrayRef>,
    picks: &mut [(usize, usize)],
) -> Result<()> {
    let count = matched.count_set_bits();
    if count == 0 {
        return Ok(());
    }
    let (result, layout): (Value, Layout) = if count == frame.rows() || matches!(value.node, Node::Column(_)) {
        (value.evaluate(frame, runtime)?, Layout::Full)
    } else {
        (value.evaluate(&Frame::select(frame, matched.clone()), runtime)?, Layout::Dense)
    };
    let layout = if result.is_scalar() { Layout::Single } else { layout };
    let source = arrays.len();
    arrays.push(ArrayRef::clone(result.array()));
    for (index, row) in matched.set_indices().enumerate() {
        picks[row] = (
            source,
            match layout {
                Layout::Single => 0,
                Layout::Full => row,
                Layout::Dense => index,
            },
        );
    }
    Ok(())
}
