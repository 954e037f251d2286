//! Instants to local times and back in one IANA zone, fast for runs of nearby values.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use millrace_batch::{ErrorCode, KernelError, Result};

/// Values of one span of this many microseconds (6 hours) share an offset when its two ends do.
const SPAN_MICROS: i64 = 6 * 3_600 * 1_000_000;

/// A zone that remembers the offset of the last span it was asked about.
#[derive(Clone, Debug)]
pub(crate) struct LocalZone {
    zone: Tz,
    /// `UTC` needs no table at all.
    is_utc: bool,
    to_local: Span,
    to_instant: Span,
}

/// A span of time within which the offset does not change.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: i64,
    end: i64,
    offset_micros: i64,
}

impl Span {
    const NONE: Self = Self { start: 0, end: 0, offset_micros: 0 };
}

impl LocalZone {
    /// The zone of an IANA name.
    ///
    /// # Errors
    /// [`ErrorCode::OptionInvalid`] when there is no such zone.
    pub(crate) fn try_new(name: &str) -> Result<Self> {
        let zone: Tz = name
            .parse()
            .map_err(|_| KernelError::new(ErrorCode::OptionInvalid, format!("time zone '{name}' is not known")))?;
        let is_utc = matches!(zone, Tz::UTC | Tz::Etc__UTC | Tz::GMT | Tz::Etc__GMT);
        Ok(Self { zone, is_utc, to_local: Span::NONE, to_instant: Span::NONE })
    }

    /// Whether local time and UTC are the same.
    pub(crate) fn is_utc(&self) -> bool {
        self.is_utc
    }

    /// Local microseconds of an instant in microseconds. Outside the calendar the value is returned unchanged.
    pub(crate) fn local_from_instant(&mut self, micros: i64) -> i64 {
        if self.is_utc {
            return micros;
        }
        if micros < self.to_local.start || micros >= self.to_local.end {
            let start = micros.div_euclid(SPAN_MICROS).saturating_mul(SPAN_MICROS);
            let end = start.saturating_add(SPAN_MICROS);
            match (self.offset_at(start), self.offset_at(end), self.offset_at(micros)) {
                (Some(first), Some(last), _) if first == last => {
                    self.to_local = Span { start, end, offset_micros: first };
                }
                (_, _, Some(offset)) => return micros.saturating_add(offset),
                _ => return micros,
            }
        }
        micros.saturating_add(self.to_local.offset_micros)
    }

    /// The instant of a local time, both in microseconds. A time that the clock shows twice is the first of the two; one
    /// that it skips is moved forward by what was skipped.
    ///
    /// # Source
    /// `java.time.LocalDateTime.atZone`.
    pub(crate) fn instant_from_local(&mut self, micros: i64) -> i64 {
        if self.is_utc {
            return micros;
        }
        if micros < self.to_instant.start || micros >= self.to_instant.end {
            let start = micros.div_euclid(SPAN_MICROS).saturating_mul(SPAN_MICROS);
            let end = start.saturating_add(SPAN_MICROS);
            match (self.single_offset_of(start), self.single_offset_of(end)) {
                (Some(first), Some(last)) if first == last => {
                    self.to_instant = Span { start, end, offset_micros: first };
                }
                _ => return self.offset_of(micros).map_or(micros, |offset| micros.saturating_sub(offset)),
            }
        }
        micros.saturating_sub(self.to_instant.offset_micros)
    }

    fn offset_at(&self, instant_micros: i64) -> Option<i64> {
        let utc = DateTime::from_timestamp_micros(instant_micros)?.naive_utc();
        Some(micros_of(&self.zone.offset_from_utc_datetime(&utc)))
    }

    fn single_offset_of(&self, local_micros: i64) -> Option<i64> {
        match self.zone.offset_from_local_datetime(&naive(local_micros)?) {
            MappedLocalTime::Single(offset) => Some(micros_of(&offset)),
            _ => None,
        }
    }

    fn offset_of(&self, local_micros: i64) -> Option<i64> {
        let local = naive(local_micros)?;
        match self.zone.offset_from_local_datetime(&local) {
            MappedLocalTime::Single(offset) => Some(micros_of(&offset)),
            MappedLocalTime::Ambiguous(first, second) => Some(micros_of(&first).max(micros_of(&second))),
            MappedLocalTime::None => {
                // The offset before the gap: that of a day earlier, as no zone changes twice in a day.
                let before = local.checked_sub_signed(TimeDelta::days(1))?;
                Some(micros_of(&self.zone.offset_from_utc_datetime(&before)))
            }
        }
    }
}

fn naive(micros: i64) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp_micros(micros)?.naive_utc())
}

fn micros_of(offset: &impl Offset) -> i64 {
    i64::from(offset.fix().local_minus_utc()) * 1_000_000
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use millrace_batch::parse::parse_timestamp;

    fn micros(text: &str) -> i64 {
        parse_timestamp(text.as_bytes()).unwrap()
    }

    #[test]
    fn instants_are_shown_in_the_zone() {
        for (zone, instant, local) in [
            ("UTC", "2024-07-01 12:00:00", "2024-07-01 12:00:00"),
            ("Asia/Shanghai", "2024-07-01 12:00:00", "2024-07-01 20:00:00"),
            ("Europe/Berlin", "2024-01-01 12:00:00", "2024-01-01 13:00:00"),
            ("Europe/Berlin", "2024-03-31 00:59:59.999999", "2024-03-31 01:59:59.999999"),
            ("Europe/Berlin", "2024-03-31 01:00:00", "2024-03-31 03:00:00"),
            ("America/New_York", "1883-11-18 12:03:58", "1883-11-18 07:07:56"),
        ] {
            assert_eq!(
                LocalZone::try_new(zone).unwrap().local_from_instant(micros(instant)),
                micros(local),
                "{instant}"
            );
        }
    }

    #[test]
    fn local_times_become_instants_as_java_makes_them() {
        for (case, local, instant) in [
            ("winter", "2024-01-01 13:00:00", "2024-01-01 12:00:00"),
            ("skipped", "2024-03-31 02:30:00", "2024-03-31 01:30:00"),
            ("shown twice", "2024-10-27 02:30:00", "2024-10-27 00:30:00"),
            ("after the overlap", "2024-10-27 03:00:00", "2024-10-27 02:00:00"),
        ] {
            let mut zone = LocalZone::try_new("Europe/Berlin").unwrap();
            assert_eq!(zone.instant_from_local(micros(local)), micros(instant), "{case}");
        }
    }

    #[test]
    fn remembering_a_span_never_changes_a_result() {
        for name in ["Europe/Berlin", "America/St_Johns", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu"]
        {
            let mut remembering = LocalZone::try_new(name).unwrap();
            let mut value = micros("1900-01-01 00:00:00");
            while value < micros("2040-01-01 00:00:00") {
                let mut fresh = LocalZone::try_new(name).unwrap();
                assert_eq!(
                    remembering.local_from_instant(value),
                    value + fresh.offset_at(value).unwrap(),
                    "{name} {value}"
                );
                assert_eq!(
                    remembering.instant_from_local(value),
                    value - fresh.offset_of(value).unwrap(),
                    "{name} {value}"
                );
                fresh.is_utc = false;
                value += 13 * 3_600_000_000 + 17_000_001;
            }
        }
    }

    #[test]
    fn values_outside_the_calendar_stay_as_they_are() {
        let mut zone = LocalZone::try_new("Europe/Berlin").unwrap();
        for value in [i64::MIN, i64::MAX] {
            assert_eq!(zone.local_from_instant(value), value);
            assert_eq!(zone.instant_from_local(value), value);
        }
        assert_eq!(LocalZone::try_new("Mars/Olympus").unwrap_err().code, ErrorCode::OptionInvalid);
    }
}
