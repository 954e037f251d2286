//! Columns of texts and bytes.

use super::integers::Integers;
use super::nulls::spread;
use super::source::ByteSource;
use crate::columnar::corrupt;
use arrow_array::{ArrayRef, BinaryArray, StringArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use millrace_batch::{ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Entries of a dictionary.
const MAX_ENTRIES: u64 = 1 << 24;

/// Lengths in one stream and the bytes in another, or places in a dictionary.
#[derive(Debug)]
pub(super) enum Texts {
    Direct { lengths: Integers, data: ByteSource },
    Dictionary { places: Integers, dictionary: Dictionary },
}

/// The distinct values of a column in one stripe.
#[derive(Debug)]
pub(super) struct Dictionary {
    bytes: Vec<u8>,
    /// Where each entry begins, and where the last one ends.
    starts: Vec<u32>,
}

impl Dictionary {
    /// # Errors
    /// `FILE_CORRUPT`; `VALUE_TOO_LARGE` when it has more than so many entries or than `limit` bytes.
    pub(super) fn read(mut lengths: Integers, data: ByteSource, entries: u64, limit: usize) -> Result<Self> {
        if entries > MAX_ENTRIES {
            return Err(KernelError::new(
                ErrorCode::ValueTooLarge,
                format!("a dictionary of '{entries}' entries is too large"),
            ));
        }
        let bytes = data.read_all(limit.min(u32::MAX as usize), "a dictionary")?;
        let mut dense = Vec::new();
        lengths.append(entries as usize, &mut dense)?;
        let mut starts = Vec::with_capacity(dense.len() + 1);
        let mut end = 0usize;
        starts.push(0);
        for length in dense {
            end = usize::try_from(length).ok().and_then(|length| end.checked_add(length)).unwrap_or(usize::MAX);
            if end > bytes.len() {
                return Err(corrupt("a dictionary is shorter than its entries"));
            }
            starts.push(end as u32);
        }
        Ok(Self { bytes, starts })
    }

    fn entry(&self, place: i64) -> Option<&[u8]> {
        let place = usize::try_from(place).ok()?;
        let (start, end) = (*self.starts.get(place)?, *self.starts.get(place.checked_add(1)?)?);
        Some(&self.bytes[start as usize..end as usize])
    }
}

impl Texts {
    /// `count` values at their places among `rows`; `limit` bytes for all of them.
    ///
    /// # Errors
    /// `FILE_CORRUPT`, also for a text that is not UTF-8; `VALUE_TOO_LARGE`.
    pub(super) fn read(
        &mut self,
        is_text: bool,
        count: usize,
        rows: usize,
        nulls: Option<NullBuffer>,
        limit: usize,
    ) -> Result<ArrayRef> {
        let mut numbers = Vec::new();
        let mut bytes = Vec::new();
        let lengths = match self {
            Texts::Direct { lengths, data } => {
                lengths.append(count, &mut numbers)?;
                data.append(total(&numbers, limit)?, &mut bytes)?;
                numbers
            }
            Texts::Dictionary { places, dictionary } => {
                places.append(count, &mut numbers)?;
                for place in &mut numbers {
                    let entry = dictionary.entry(*place).ok_or_else(|| corrupt("a place is outside its dictionary"))?;
                    if bytes.len() + entry.len() > limit {
                        return Err(too_large(limit));
                    }
                    bytes.extend_from_slice(entry);
                    *place = entry.len() as i64;
                }
                numbers
            }
        };
        let offsets = offsets_of(spread(lengths, rows, nulls.as_ref()));
        let bytes = Buffer::from_vec(bytes);
        let array: Result<ArrayRef, _> = if is_text {
            StringArray::try_new(offsets, bytes, nulls).map(|array| Arc::new(array) as ArrayRef)
        } else {
            BinaryArray::try_new(offsets, bytes, nulls).map(|array| Arc::new(array) as ArrayRef)
        };
        array.map_err(|_| corrupt("a text of the file is not valid UTF-8"))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        match self {
            Texts::Direct { lengths, data } => lengths.memory_bytes() + data.memory_bytes(),
            Texts::Dictionary { places, dictionary } => {
                places.memory_bytes() + dictionary.bytes.capacity() + dictionary.starts.capacity() * 4
            }
        }
    }
}

/// The sum of lengths, each not negative.
///
/// # Errors
/// `FILE_CORRUPT`, `VALUE_TOO_LARGE`.
pub(super) fn total(lengths: &[i64], limit: usize) -> Result<usize> {
    let mut total = 0usize;
    for length in lengths {
        let length = usize::try_from(*length).map_err(|_| corrupt("a length is negative"))?;
        total = total.checked_add(length).filter(|total| *total <= limit).ok_or_else(|| too_large(limit))?;
    }
    Ok(total)
}

fn too_large(limit: usize) -> KernelError {
    KernelError::new(ErrorCode::ValueTooLarge, format!("the values of a batch are over the limit of {limit}"))
}

/// Where each value begins, from lengths whose sum was checked by [`total`].
pub(super) fn offsets_of(lengths: Vec<i64>) -> OffsetBuffer<i32> {
    let mut offsets = Vec::with_capacity(lengths.len() + 1);
    let mut end = 0i32;
    offsets.push(end);
    for length in lengths {
        end += length as i32;
        offsets.push(end);
    }
    OffsetBuffer::new(ScalarBuffer::from(offsets))
}
