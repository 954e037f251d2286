//! Dates and times at fixed positions of quoted text.
//!
//! As in [`super::number`], `None` of a fast path means the careful way, not a fault.

use millrace_batch::calendar::MICROS_PER_DAY;

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
/// Days before each month of a common year and of a leap year, and behind December.
const DAYS_BEFORE: [[u16; 13]; 2] = [
    [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
    [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
];

/// `"yyyy-MM-dd"`, the quotes included, at `at`: days since 1970-01-01.
#[inline(always)]
pub(super) fn quoted_date(bytes: &[u8], at: usize) -> Option<i32> {
    let text = bytes.get(at..)?.first_chunk::<12>()?;
    if text[0] != b'"' || text[11] != b'"' {
        return None;
    }
    let (tens, units) = (text[9].wrapping_sub(b'0'), text[10].wrapping_sub(b'0'));
    if tens > 9 || units > 9 {
        return None;
    }
    date(word(text, 1)?, u32::from(tens * 10 + units))
}

/// `"yyyy-MM-dd HH:mm:ss"` or with `T`, the quotes included, at `at`: microseconds.
#[inline(always)]
pub(super) fn quoted_timestamp(bytes: &[u8], at: usize) -> Option<i64> {
    let text = bytes.get(at..)?.first_chunk::<21>()?;
    if text[0] != b'"' || text[20] != b'"' || (text[11] != b' ' && text[11] != b'T') {
        return None;
    }
    let (tens, units) = (text[9].wrapping_sub(b'0'), text[10].wrapping_sub(b'0'));
    if tens > 9 || units > 9 {
        return None;
    }
    let days = date(word(text, 1)?, u32::from(tens * 10 + units))?;
    let seconds = seconds_of_day(word(text, 12)?)?;
    Some(i64::from(days) * MICROS_PER_DAY + i64::from(seconds) * 1_000_000)
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk::<8>()?))
}

/// Byte `i` of the result is the two-digit number that begins at byte `i`. `None` when a byte is not as in `pattern`, in
/// which `0` stands for any digit.
#[inline(always)]
fn pairs(word: u64, pattern: [u8; 8]) -> Option<u64> {
    let values = word ^ u64::from_le_bytes(pattern);
    let limits = pattern.map(|byte| if byte == b'0' { 0x76 } else { 0x7f });
    if (values.wrapping_add(u64::from_le_bytes(limits)) | values) & HIGH_BITS != 0 {
        return None;
    }
    Some(values.wrapping_mul(10).wrapping_add(values >> 8))
}

/// Days of `yyyy-MM-` and a day of the month.
#[inline(always)]
fn date(word: u64, day: u32) -> Option<i32> {
    let pairs = pairs(word, *b"0000-00-")?;
    let year = (pairs as u32 & 0xff) * 100 + (pairs as u32 >> 16 & 0xff);
    let month = (pairs >> 40) as usize & 0xff;
    if year == 0 || !(1..=12).contains(&month) {
        return None;
    }
    let leap = usize::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)));
    let before = u32::from(DAYS_BEFORE[leap][month - 1]);
    if day == 0 || before + day > u32::from(DAYS_BEFORE[leap][month]) {
        return None;
    }
    let past = year - 1;
    Some((past * 365 + past / 4 - past / 100 + past / 400 + before + day) as i32 - 719_163)
}

/// Seconds of `HH:mm:ss`.
#[inline(always)]
fn seconds_of_day(word: u64) -> Option<u32> {
    let pairs = pairs(word, *b"00:00:00")?;
    let (hour, minute, second) = (pairs as u32 & 0xff, (pairs >> 24) as u32 & 0xff, (pairs >> 48) as u32 & 0xff);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use millrace_batch::parse::{parse_date, parse_timestamp};
    use millrace_batch::text::write_date;
    use proptest::prelude::*;

    fn quoted(text: &str) -> Vec<u8> {
        format!("\"{text}\",\"next\":").into_bytes()
    }

    #[test]
    fn every_day_of_eight_centuries_is_read() {
        for days in -146_097..146_097 {
            let mut out = [0u8; 56];
            let length = write_date(days, &mut out);
            let text = std::str::from_utf8(&out[..length]).unwrap();
            assert_eq!(quoted_date(&quoted(text), 0), Some(days), "{text}");
            let micros = i64::from(days) * MICROS_PER_DAY;
            assert_eq!(quoted_timestamp(&quoted(&format!("{text} 00:00:00")), 0), Some(micros));
        }
    }

    #[test]
    fn what_is_not_at_fixed_positions_goes_the_careful_way() {
        for text in
            ["2024-1-01", "2024/01/01", "2023-02-29", "2024-13-01", "2024-01-00", "0000-01-01", "", "2024-01-011"]
        {
            assert_eq!(quoted_date(&quoted(text), 0), None, "{text}");
        }
        for text in ["2024-01-01 24:00:00", "2024-01-01_10:00:00", "2024-01-01 10:00:00.5", "2024-01-01 10:00"] {
            assert_eq!(quoted_timestamp(&quoted(text), 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_the_fast_paths_give_equals_the_careful_way(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][ T_][0-2][0-9]:[0-6][0-9]:[0-6][0-9]"
        ) {
            if let Some(value) = quoted_timestamp(&quoted(&text), 0) {
                prop_assert_eq!(Some(value), parse_timestamp(text.as_bytes()));
            }
            if let Some(value) = quoted_date(&quoted(&text[..10]), 0) {
                prop_assert_eq!(Some(value), parse_date(&text.as_bytes()[..10]));
            }
        }
    }
}
