//! Zones by IANA name or offset.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use millrace_batch::{ErrorCode, KernelError, Result};

/// A zone of local times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// A constant offset east of UTC in seconds.
    Fixed(i32),
    /// A zone of the database.
    Named(Tz),
}

impl Zone {
    /// Parses what `ZoneId.of` takes: `Asia/Shanghai`, `Z`, `+08:00`, `UTC+8`, `GMT-03:30`.
    ///
    /// # Errors
    /// `OPTION_INVALID` for anything else.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        let offset_text = ["UTC", "GMT", "UT"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
        if offset_text.is_empty() || offset_text == "Z" {
            return Ok(Zone::Fixed(0));
        }
        if let Some(seconds) = parse_offset(offset_text) {
            return Ok(Zone::Fixed(seconds));
        }
        name.parse::<Tz>()
            .map(Zone::Named)
            .map_err(|_| KernelError::new(ErrorCode::OptionInvalid, format!("the time zone '{name}' is not known")))
    }

    /// Offset east of UTC in seconds at an instant (seconds since 1970). Instants beyond the calendar of the zone
    /// database use the offset of its edge.
    pub(crate) fn offset_seconds(self, epoch_seconds: i64) -> i32 {
        match self {
            Zone::Fixed(seconds) => seconds,
            Zone::Named(zone) => {
                let bounded = epoch_seconds.clamp(-100_000_000_000, 100_000_000_000);
                DateTime::from_timestamp(bounded, 0)
                    .map_or(0, |instant| zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc())
            }
        }
    }

    /// The instant of a local time, both in microseconds. Of two instants that a clock put back shows alike it is the
    /// earlier one; a time that a clock put forward leaves out is moved on by as much.
    ///
    /// # Source
    /// `LocalDateTime.atZone`.
    pub(crate) fn to_instant_micros(self, local_micros: i64) -> i64 {
        const DAY_SECONDS: i64 = 86_400;
        let local_seconds = local_micros.div_euclid(1_000_000);
        // Clocks change less often than daily, so the offset in force is that of the day before or that of the day after.
        let before = i64::from(self.offset_seconds(local_seconds - DAY_SECONDS));
        let after = i64::from(self.offset_seconds(local_seconds + DAY_SECONDS));
        let holds = |offset: i64| i64::from(self.offset_seconds(local_seconds - offset)) == offset;
        let offset = if holds(before) || !holds(after) { before } else { after };
        local_micros.saturating_sub(offset * 1_000_000)
    }

    /// An instant in microseconds as local microseconds.
    pub(crate) fn to_local_micros(self, micros: i64) -> i64 {
        let offset = i64::from(self.offset_seconds(micros.div_euclid(1_000_000)));
        micros.saturating_add(offset * 1_000_000)
    }
}

/// An instant in microseconds since 1970 as local microseconds of a zone, by its name as in the original's `ZoneId.of`.
///
/// # Errors
/// `OPTION_INVALID` for a zone that is not known.
pub fn local_micros(zone: &str, micros: i64) -> Result<i64> {
    Ok(Zone::parse(zone)?.to_local_micros(micros))
}

/// `+8`, `+08`, `+0830`, `+08:30`, `+08:30:15`, up to 18 hours.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let pair = |digits: &str| -> Option<i32> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
    };
    let parts: Vec<i32> = if rest.contains(':') {
        rest.split(':').map(pair).collect::<Option<_>>()?
    } else if rest.len() == 1 {
        vec![i32::from(rest.parse::<u8>().ok()?)]
    } else if rest.is_ascii() && rest.len() <= 6 && rest.len() % 2 == 0 {
        (0..rest.len() / 2).map(|part| pair(&rest[part * 2..part * 2 + 2])).collect::<Option<_>>()?
    } else {
        return None;
    };
    let get = |index: usize| parts.get(index).copied().unwrap_or(0);
    let seconds = get(0) * 3_600 + get(1) * 60 + get(2);
    (parts.len() <= 3 && get(1) < 60 && get(2) < 60 && seconds <= 18 * 3_600).then_some(sign * seconds)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_names_or_offsets() {
        for (name, seconds) in [
            ("UTC", 0),
            ("Z", 0),
            ("UTC+8", 28_800),
            ("GMT-03:30", -12_600),
            ("+08:00", 28_800),
            ("+0530", 19_800),
            ("Asia/Shanghai", 28_800),
        ] {
            assert_eq!(Zone::parse(name).unwrap().offset_seconds(1_700_000_000), seconds, "{name}");
        }
        for name in ["Mars/Olympus", "+19:00", "+8:00", "utc+x"] {
            assert_eq!(Zone::parse(name).unwrap_err().code, ErrorCode::OptionInvalid, "{name}");
        }
    }

    #[test]
    fn local_times_have_the_instants_that_java_gives_them() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let minutes = |day: i64, hour: i64, minute: i64| (day * 24 + hour) * 60 + minute;
        // 2024-03-31 is day 19813, 2024-10-27 is day 20023.
        for (day, hour, minute, expected) in [
            (19_813, 1, 59, minutes(19_813, 0, 59)),
            (19_813, 2, 30, minutes(19_813, 1, 30)),
            (19_813, 3, 0, minutes(19_813, 1, 0)),
            (20_023, 1, 59, minutes(20_022, 23, 59)),
            (20_023, 2, 30, minutes(20_023, 0, 30)),
            (20_023, 3, 0, minutes(20_023, 2, 0)),
        ] {
            let local = minutes(day, hour, minute) * 60_000_000;
            assert_eq!(berlin.to_instant_micros(local), expected * 60_000_000, "{day} {hour}:{minute}");
        }
        assert_eq!(Zone::Fixed(3_600).to_instant_micros(0), -3_600_000_000);
    }

    #[test]
    fn summer_time_moves_the_offset() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(berlin.offset_seconds(1_705_000_000), 3_600);
        assert_eq!(berlin.offset_seconds(1_720_000_000), 7_200);
        assert_eq!(berlin.offset_seconds(i64::MAX), 3_600);
    }
}
