//! INT96, the timestamp of old readers: nanoseconds of the day and the Julian day.

use crate::columnar::zone::LocalZone;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use millrace_batch::calendar::split_micros;
use millrace_batch::{ErrorCode, KernelError, Result};
use parquet::data_type::Int96;

/// Julian day of 1970-01-01.
const EPOCH_JULIAN_DAY: i32 = 2_440_588;

/// The values of one column of a row group that is written as INT96.
#[derive(Default)]
pub(super) struct Int96Column {
    /// Values that are not null.
    pub(super) values: Vec<Int96>,
    /// One definition level per row, 1 for a value and 0 for null.
    pub(super) levels: Vec<i16>,
}

impl Int96Column {
    /// Appends local times as instants of the zone.
    pub(super) fn push_timestamps(&mut self, array: &ArrayRef, zone: &mut LocalZone) {
        for value in array.as_primitive::<TimestampMicrosecondType>() {
            self.levels.push(i16::from(value.is_some()));
            if let Some(local) = value {
                let (days, nanos) = split_micros(zone.instant_from_local(local));
                let mut int96 = Int96::new();
                let julian_day = days.saturating_add(EPOCH_JULIAN_DAY);
                int96.set_data(nanos as u32, (nanos >> 32) as u32, julian_day as u32);
                self.values.push(int96);
            }
        }
    }

    /// Appends values of 12 bytes as they are.
    ///
    /// # Errors
    /// [`ErrorCode::EncodeFailed`] at the first row whose value has another length; the rows before it were appended.
    pub(super) fn push_fixed(&mut self, array: &ArrayRef) -> Result<()> {
        for (row, value) in array.as_binary::<i32>().iter().enumerate() {
            if let Some(bytes) = value {
                let (words, []) = bytes.as_chunks::<4>() else { return Err(not_twelve(bytes, row)) };
                let &[low, high, day] = words else { return Err(not_twelve(bytes, row)) };
                let mut int96 = Int96::new();
                int96.set_data(u32::from_le_bytes(low), u32::from_le_bytes(high), u32::from_le_bytes(day));
                self.values.push(int96);
            }
            self.levels.push(i16::from(value.is_some()));
        }
        Ok(())
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.values.capacity() * size_of::<Int96>() + self.levels.capacity() * size_of::<i16>()
    }
}

fn not_twelve(bytes: &[u8], row: usize) -> KernelError {
    let message = format!("{} bytes cannot be written as INT96, which takes 12", bytes.len());
    KernelError::new(ErrorCode::EncodeFailed, message).at_row(row)
}
