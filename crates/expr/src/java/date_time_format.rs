//! Printing dates and times by a Java pattern.

use super::date_time_pattern::{DAY_NAMES, MONTH_NAMES, PatternItem};
use millrace_batch::calendar::days_from_civil;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::fmt::Write;

/// What there is to print. A date has no time, a time has no date, only instants have a zone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    /// Year, month, day.
    pub(crate) date: Option<(i64, u32, u32)>,
    /// Nanoseconds of the day.
    pub(crate) nanos_of_day: Option<i64>,
    /// Offset of the zone in seconds.
    pub(crate) offset_seconds: Option<i32>,
}

/// Year, month and day of a day number that may be far outside of what 32 bits hold.
pub(crate) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    const DAYS_PER_ERA: i64 = 146_097;
    let (era, day) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let (year, month, day) = millrace_batch::calendar::civil_from_days(day as i32);
    (i64::from(year) + era * 400, month, day)
}

impl Moment {
    /// A day since 1970-01-01.
    pub(crate) fn of_date(days: i32) -> Self {
        Self { date: Some(civil_from_days(i64::from(days))), ..Self::default() }
    }

    /// A time of the day.
    pub(crate) fn of_time(nanos_of_day: i64) -> Self {
        Self { nanos_of_day: Some(nanos_of_day), ..Self::default() }
    }

    /// Local microseconds since 1970-01-01T00:00.
    #[cfg(test)]
    pub(crate) fn of_timestamp(micros: i64) -> Self {
        let (days, nanos_of_day) = millrace_batch::calendar::split_micros(micros);
        Self { nanos_of_day: Some(nanos_of_day), ..Self::of_date(days) }
    }

    /// Seconds since 1970-01-01T00:00Z seen in a zone.
    pub(crate) fn of_epoch_seconds(seconds: i64, offset_seconds: i32) -> Self {
        let local = i128::from(seconds) + i128::from(offset_seconds);
        let days = local.div_euclid(86_400) as i64;
        Self {
            date: Some(civil_from_days(days)),
            nanos_of_day: Some(local.rem_euclid(86_400) as i64 * 1_000_000_000),
            offset_seconds: Some(offset_seconds),
        }
    }

    fn day_of_year(date: (i64, u32, u32)) -> u32 {
        let year = date.0.rem_euclid(400) as i32;
        (days_from_civil(year, date.1, date.2) - days_from_civil(year, 1, 1)) as u32 + 1
    }

    /// ISO day of the week, Monday is 1.
    fn day_of_week(date: (i64, u32, u32)) -> u32 {
        let days = days_from_civil(date.0.rem_euclid(400) as i32, date.1, date.2);
        (days + 3).rem_euclid(7) as u32 + 1
    }
}

/// Prints a moment.
///
/// # Errors
/// `EXPRESSION_FAILED` for a field the moment does not have and for letters that are only known when parsing.
pub(crate) fn format(items: &[PatternItem], moment: &Moment, out: &mut String) -> Result<()> {
    for item in items {
        match item {
            PatternItem::Literal(text) => out.push_str(text),
            PatternItem::Field(letter, count) => format_field(*letter, *count, moment, out)?,
            PatternItem::Optional(section) => {
                let length = out.len();
                if format(section, moment, out).is_err() {
                    out.truncate(length);
                }
            }
        }
    }
    Ok(())
}

fn format_field(letter: char, count: usize, moment: &Moment, out: &mut String) -> Result<()> {
    let unsupported = || {
        let what = if moment.date.is_none() { "time" } else { "date" };
        KernelError::new(
            ErrorCode::ExpressionFailed,
            format!("a {what} has no field for the pattern letter '{letter}'"),
        )
    };
    if "yuMLdDEecQqG".contains(letter) {
        return format_date_field(letter, count, moment.date.ok_or_else(unsupported)?, out).ok_or_else(unsupported);
    }
    if "XxZOVz".contains(letter) {
        return format_offset(letter, count, moment.offset_seconds.ok_or_else(unsupported)?, out)
            .ok_or_else(unsupported);
    }
    let nanos = moment.nanos_of_day.ok_or_else(unsupported)?;
    let seconds = nanos / 1_000_000_000;
    let hour = seconds / 3_600;
    let value = match letter {
        'H' => hour,
        'k' => (hour + 23) % 24 + 1,
        'K' => hour % 12,
        'h' => (hour + 11) % 12 + 1,
        'm' => seconds / 60 % 60,
        's' => seconds % 60,
        'n' => nanos % 1_000_000_000,
        'A' => nanos / 1_000_000,
        'N' => nanos,
        'a' => {
            out.push_str(if hour < 12 { "AM" } else { "PM" });
            return Ok(());
        }
        'S' => {
            push_fraction(nanos % 1_000_000_000, count, out);
            return Ok(());
        }
        _ => return Err(unsupported()),
    };
    push_number(value, count, out);
    Ok(())
}

fn push_number(value: i64, width: usize, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value:0width$}");
}

fn push_fraction(nanos: i64, digits: usize, out: &mut String) {
    let text = format!("{nanos:09}");
    out.push_str(&text[..digits.min(9)]);
    out.extend(std::iter::repeat_n('0', digits.saturating_sub(9)));
}

fn format_date_field(letter: char, count: usize, date: (i64, u32, u32), out: &mut String) -> Option<()> {
    let (year, month, day) = date;
    match letter {
        'y' | 'u' => {
            let shown = if letter == 'y' && year <= 0 { 1 - year } else { year };
            push_year(shown, count, out);
        }
        'M' | 'L' if count <= 2 => push_number(i64::from(month), count, out),
        'M' | 'L' => push_name(MONTH_NAMES[month as usize - 1], count, out)?,
        'd' => push_number(i64::from(day), count, out),
        'D' => push_number(i64::from(Moment::day_of_year(date)), count, out),
        'E' => push_name(DAY_NAMES[Moment::day_of_week(date) as usize - 1], count.max(3), out)?,
        'e' | 'c' if count <= 2 => push_number(i64::from(Moment::day_of_week(date) % 7 + 1), count, out),
        'e' | 'c' => push_name(DAY_NAMES[Moment::day_of_week(date) as usize - 1], count, out)?,
        'Q' | 'q' => {
            let quarter = (month - 1) / 3 + 1;
            match count {
                1 | 2 => push_number(i64::from(quarter), count, out),
                3 => {
                    let _ = write!(out, "Q{quarter}");
                }
                4 => out.push_str(["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"][quarter as usize - 1]),
                _ => push_number(i64::from(quarter), 1, out),
            }
        }
        'G' => out.push_str(match (year > 0, count) {
            (true, 4) => "Anno Domini",
            (false, 4) => "Before Christ",
            (true, 5) => "A",
            (false, 5) => "B",
            (true, _) => "AD",
            (false, _) => "BC",
        }),
        _ => return None,
    }
    Some(())
}

/// Two letters are the last two digits; otherwise a sign is printed when there are more digits than letters.
fn push_year(year: i64, count: usize, out: &mut String) {
    if count == 2 {
        return push_number(year.rem_euclid(100), 2, out);
    }
    let digits = year.unsigned_abs().to_string();
    if year < 0 {
        out.push('-');
    } else if count >= 4 && digits.len() > count {
        out.push('+');
    }
    out.extend(std::iter::repeat_n('0', count.saturating_sub(digits.len())));
    out.push_str(&digits);
}

fn push_name(name: &str, count: usize, out: &mut String) -> Option<()> {
    out.push_str(match count {
        3 => &name[..3],
        4 => name,
        5 => &name[..1],
        _ => return None,
    });
    Some(())
}

fn format_offset(letter: char, count: usize, seconds: i32, out: &mut String) -> Option<()> {
    let (sign, magnitude) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (hours, minutes, rest) = (magnitude / 3_600, magnitude / 60 % 60, magnitude % 60);
    let (colon, zulu) = match (letter, count) {
        ('X', _) => (count == 3 || count == 5, true),
        ('x', _) => (count == 3 || count == 5, false),
        ('Z', 1..=3) => (false, false),
        ('Z', 5) => (true, true),
        _ => return None,
    };
    if zulu && seconds == 0 {
        out.push('Z');
        return Some(());
    }
    let separator = if colon { ":" } else { "" };
    let _ = write!(out, "{sign}{hours:02}");
    if count > 1 || letter == 'Z' || minutes != 0 {
        let _ = write!(out, "{separator}{minutes:02}");
    }
    if count >= 4 && rest != 0 {
        let _ = write!(out, "{separator}{rest:02}");
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::date_time_pattern::parse_pattern;
    use super::*;

    fn printed(pattern: &str, moment: &Moment) -> Result<String> {
        let mut out = String::new();
        format(&parse_pattern(pattern)?, moment, &mut out)?;
        Ok(out)
    }

    #[test]
    fn moments_print_by_their_pattern() {
        // 2024-03-15T13:04:05.678901
        let moment = Moment::of_timestamp(1_710_507_845_678_901);
        for (pattern, expected) in [
            ("yyyy-MM-dd HH:mm:ss", "2024-03-15 13:04:05"),
            ("yy/M/d h:m:s a", "24/3/15 1:4:5 PM"),
            ("EEE, d MMM yyyy", "Fri, 15 Mar 2024"),
            ("EEEE MMMM", "Friday March"),
            ("S SSS SSSSSSSSS", "6 678 678901000"),
            ("D Q QQQ", "75 1 Q1"),
            ("'at' yyyy''", "at 2024'"),
            ("yyyy[ XXX]", "2024"),
            ("G u", "AD 2024"),
        ] {
            assert_eq!(printed(pattern, &moment).as_deref(), Ok(expected), "{pattern}");
        }
        assert_eq!(printed("yyyy", &Moment::of_epoch_seconds(9_007_199_254_740_993, 0)).unwrap(), "+285428751");
        assert_eq!(printed("XXX Z", &Moment::of_epoch_seconds(0, 28_800)).unwrap(), "+08:00 +0800");
    }

    #[test]
    fn a_missing_field_is_an_error() {
        for (pattern, moment) in [("HH", Moment::of_date(0)), ("yyyy", Moment::of_time(0)), ("X", Moment::of_date(0))] {
            assert_eq!(printed(pattern, &moment).unwrap_err().code, ErrorCode::ExpressionFailed, "{pattern}");
        }
        for pattern in ["b", "'x", "]", "{"] {
            assert_eq!(parse_pattern(pattern).unwrap_err().code, ErrorCode::ExpressionFailed, "{pattern}");
        }
    }
}
