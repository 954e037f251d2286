//! Columns of timestamps.

use super::integers::Integers;
use super::scalars::primitive;
use crate::columnar::corrupt;
use crate::columnar::zone::LocalZone;
use arrow_array::ArrayRef;
use arrow_array::types::TimestampMicrosecondType;
use arrow_buffer::NullBuffer;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Seconds in files are counted from the beginning of 2015.
pub(in crate::orc) const BASE_SECONDS: i64 = 1_420_070_400;

/// Seconds in one stream, nanoseconds in another.
#[derive(Debug)]
pub(super) struct Timestamps {
    seconds: Integers,
    nanos: Integers,
    base_seconds: i64,
    /// Shows the instants that result; local times were written in it.
    zone: LocalZone,
}

impl Timestamps {
    /// Local times that were written in a zone; its empty name is UTC.
    ///
    /// # Errors
    /// `FILE_CORRUPT` when there is no such zone.
    pub(super) fn local(seconds: Integers, nanos: Integers, zone: &str) -> Result<Self> {
        let mut zone = LocalZone::try_new(&iana_name(zone))
            .map_err(|_| corrupt(format!("the writer's time zone '{zone}' is not known")))?;
        let base_seconds = zone.instant_from_local(BASE_SECONDS * 1_000_000) / 1_000_000;
        Ok(Self { seconds, nanos, base_seconds, zone })
    }

    /// Instants, which are shown in a zone.
    pub(super) fn instants(seconds: Integers, nanos: Integers, zone: LocalZone) -> Self {
        Self { seconds, nanos, base_seconds: BASE_SECONDS, zone }
    }

    /// # Errors
    /// `FILE_CORRUPT`; `VALUE_MALFORMED` when a value is outside what microseconds can say.
    pub(super) fn read(&mut self, count: usize, rows: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let (mut seconds, mut nanos) = (Vec::new(), Vec::new());
        self.seconds.append(count, &mut seconds)?;
        self.nanos.append(count, &mut nanos)?;
        let mut values = Vec::with_capacity(count);
        for (seconds, nanos) in seconds.into_iter().zip(nanos) {
            let micros = self.micros(seconds, nanos).ok_or_else(|| {
                KernelError::new(ErrorCode::ValueMalformed, "a timestamp of the file is outside the range of its type")
            })?;
            values.push(self.zone.local_from_instant(micros));
        }
        Ok(primitive::<TimestampMicrosecondType>(values, rows, nulls))
    }

    fn micros(&self, seconds: i64, nanos: i64) -> Option<i64> {
        // The lower three bits say how many zeros were cut off, two at least.
        let zeros = (nanos & 7) as u32;
        // Some writers leave the sign of a fraction before 1970; it is then the fraction's own.
        let nanos = (nanos >> 3).checked_mul(if zeros == 0 { 1 } else { 10i64.pow(zeros + 1) })?;
        let mut seconds = seconds.checked_add(self.base_seconds)?;
        // Writers cut seconds before 1970 towards zero, but keep the fraction positive.
        if seconds < 0 && nanos > 999_999 {
            seconds -= 1;
        }
        seconds.checked_mul(1_000_000)?.checked_add(nanos.div_euclid(1_000))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.seconds.memory_bytes() + self.nanos.memory_bytes()
    }
}

/// Java's `GMT+08:00` as `Etc/GMT-8`; whole hours only. Other names are left alone.
fn iana_name(zone: &str) -> String {
    if zone.is_empty() {
        return "UTC".into();
    }
    let Some(offset) = zone.strip_prefix("GMT").filter(|offset| !offset.is_empty()) else { return zone.into() };
    let (sign, hours) = match offset.split_at_checked(1) {
        Some(("+", hours)) => ('-', hours),
        Some(("-", hours)) => ('+', hours),
        _ => return zone.into(),
    };
    match hours.strip_suffix(":00").unwrap_or(hours).parse::<u8>() {
        Ok(0) => "UTC".into(),
        Ok(hours) => format!("Etc/GMT{sign}{hours}"),
        Err(_) => zone.into(),
    }
}
