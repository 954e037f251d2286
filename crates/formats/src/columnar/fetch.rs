//! Asking the host for byte ranges of a file, and collecting what comes.

use super::corrupt;
use millrace_batch::Result;
use std::ops::Range;

/// The decoder asks for at most this many bytes at a time, so that the host needs no larger buffer.
const MAX_WANTED_BYTES: u64 = 8 << 20;

/// Byte ranges that were asked for, and what came of them.
#[derive(Default)]
pub(crate) struct Fetch {
    pub(crate) ranges: Vec<Range<u64>>,
    /// The bytes of each range, as far as they have arrived.
    pub(crate) arrived: Vec<Vec<u8>>,
    /// Bytes asked for by the last answer; 0 when nothing is outstanding.
    pub(crate) outstanding: u64,
}

impl Fetch {
    pub(crate) fn of_one(start: u64, length: u64) -> Self {
        Self { ranges: std::iter::once(start..start + length).collect(), arrived: vec![Vec::new()], outstanding: 0 }
    }

    /// # Errors
    /// [`millrace_batch::ErrorCode::FileCorrupt`] when a range is outside the file.
    pub(crate) fn checked(ranges: Vec<Range<u64>>, file_length: u64) -> Result<Self> {
        if ranges.iter().any(|range| range.start > range.end || range.end > file_length) {
            return Err(corrupt("a column is outside the file"));
        }
        let arrived = ranges.iter().map(|_| Vec::new()).collect();
        Ok(Self { ranges, arrived, outstanding: 0 })
    }

    /// Takes the bytes that the last answer asked for.
    pub(crate) fn take_input(&mut self, mut input: &[u8]) -> Result<()> {
        if self.outstanding != input.len() as u64 {
            return Err(corrupt(format!("the file gave {} bytes of {}", input.len(), self.outstanding)));
        }
        for (range, arrived) in self.ranges.iter().zip(&mut self.arrived) {
            let missing = (range.end - range.start) as usize - arrived.len();
            let (head, tail) = input.split_at(missing.min(input.len()));
            arrived.extend_from_slice(head);
            input = tail;
        }
        self.outstanding = 0;
        Ok(())
    }

    /// The next ranges (start, length) to ask for, neighbours joined; empty when everything has arrived.
    pub(crate) fn next_wanted(&mut self) -> Vec<(u64, u64)> {
        let mut wanted: Vec<(u64, u64)> = Vec::new();
        for (range, arrived) in self.ranges.iter().zip(&self.arrived) {
            let start = range.start + arrived.len() as u64;
            let length = (range.end - start).min(MAX_WANTED_BYTES - self.outstanding);
            if length == 0 {
                continue;
            }
            self.outstanding += length;
            match wanted.last_mut() {
                Some((last, joined)) if *last + *joined == start => *joined += length,
                _ => wanted.push((start, length)),
            }
        }
        wanted
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.arrived.iter().map(Vec::capacity).sum()
    }
}
