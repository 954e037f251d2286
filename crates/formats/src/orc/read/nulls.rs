//! Values that are there, and places that have none.

use super::runs::Bits;
use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use millrace_batch::Result;

/// Which of `rows` places have a value: not where the parent has none, and what the column's own stream says of the others.
///
/// # Errors
/// `FILE_CORRUPT` when the stream ends before.
pub(super) fn read_nulls(
    present: Option<&mut Bits>,
    rows: usize,
    parent: Option<&NullBuffer>,
) -> Result<Option<NullBuffer>> {
    let Some(present) = present else { return Ok(parent.cloned()) };
    let nulls = match parent {
        None => NullBuffer::new(present.read(rows)?),
        Some(parent) => {
            let own = present.read(rows - parent.null_count())?;
            let mut own = own.iter();
            let mut merged = BooleanBufferBuilder::new(rows);
            for is_there in parent {
                merged.append(is_there && own.next().unwrap_or(false));
            }
            NullBuffer::new(merged.finish())
        }
    };
    Ok((nulls.null_count() > 0).then_some(nulls))
}

/// How many of `rows` places have a value.
pub(super) fn present_count(rows: usize, nulls: Option<&NullBuffer>) -> usize {
    rows - nulls.map_or(0, NullBuffer::null_count)
}

/// Moves values to their places; the others hold a default.
pub(super) fn spread<T: Copy + Default>(values: Vec<T>, rows: usize, nulls: Option<&NullBuffer>) -> Vec<T> {
    let Some(nulls) = nulls else { return values };
    let mut spread = vec![T::default(); rows];
    for (place, value) in nulls.valid_indices().zip(values) {
        spread[place] = value;
    }
    spread
}
