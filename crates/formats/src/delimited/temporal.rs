//! Dates and times at fixed positions: `yyyy-MM-dd`, `HH:mm:ss` and both joined by a blank or `T`.
//!
//! As in [`super::number`], `None` means the careful way, not a fault.

use super::number::Field;
use millrace_batch::calendar::MICROS_PER_DAY;

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
/// Days before each month of a common year and of a leap year, and behind December.
const DAYS_BEFORE: [[u16; 13]; 2] = [
    [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365],
    [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366],
];

/// `yyyy-MM-dd` to days since 1970-01-01.
#[inline(always)]
pub(super) fn fast_date(field: Field<'_>) -> Option<i32> {
    if field.end - field.start != 10 {
        return None;
    }
    let head = word(field, 0)?;
    let day = word_ending(field.bytes, field.end)?;
    // The last word is `yy-MM-dd`: its last two bytes are the day.
    let day = pairs(day, *b"00-00-00")? >> 48;
    date(head, day as u32 & 0xff)
}

/// `HH:mm:ss` to nanoseconds of the day.
#[inline(always)]
pub(super) fn fast_time(field: Field<'_>) -> Option<i64> {
    if field.end - field.start != 8 {
        return None;
    }
    Some(i64::from(seconds_of_day(word(field, 0)?)?) * 1_000_000_000)
}

/// `yyyy-MM-dd HH:mm:ss` or with `T`, and with `.` and 1 to 6 digits behind it, to microseconds.
#[inline(always)]
pub(super) fn fast_timestamp(field: Field<'_>) -> Option<i64> {
    let length = field.end - field.start;
    if length < 19 {
        return None;
    }
    let middle = word(field, 8)?;
    let separator = middle as u32 >> 16 & 0xff;
    if separator != u32::from(b' ') && separator != u32::from(b'T') {
        return None;
    }
    let (tens, units) = ((middle as u32 & 0xff) ^ 0x30, (middle as u32 >> 8 & 0xff) ^ 0x30);
    if tens > 9 || units > 9 {
        return None;
    }
    let days = date(word(field, 0)?, tens * 10 + units)?;
    let seconds = seconds_of_day(word(field, 11)?)?;
    let fraction = if length == 19 { 0 } else { fraction_micros(&field.bytes[field.start + 19..field.end])? };
    Some(i64::from(days) * MICROS_PER_DAY + i64::from(seconds) * 1_000_000 + fraction)
}

fn fraction_micros(text: &[u8]) -> Option<i64> {
    let [b'.', digits @ ..] = text else { return None };
    if digits.is_empty() || digits.len() > 6 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
    Some(value * [100_000, 10_000, 1_000, 100, 10, 1][digits.len() - 1])
}

#[inline(always)]
fn word(field: Field<'_>, offset: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*field.bytes.get(field.start + offset..)?.first_chunk::<8>()?))
}

#[inline(always)]
fn word_ending(bytes: &[u8], end: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(end.checked_sub(8)?..end)?.try_into().ok()?))
}

/// Byte `i` of the result is the two-digit number that begins at byte `i`. `None` when a byte is not as in `pattern`, in
/// which `0` stands for any digit.
#[inline(always)]
fn pairs(word: u64, pattern: [u8; 8]) -> Option<u64> {
    let values = word ^ u64::from_le_bytes(pattern);
    let mut limits = [0x76u8; 8];
    let mut index = 0;
    while index < 8 {
        if pattern[index] != b'0' {
            limits[index] = 0x7f;
        }
        index += 1;
    }
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
    use millrace_batch::parse::{parse_date, parse_time, parse_timestamp};
    use millrace_batch::text::write_date;
    use proptest::prelude::*;

    fn with_field<T>(text: &str, read: impl Fn(Field<'_>) -> T) -> T {
        let padded = format!("0123456789{text},0123456789");
        read(Field { bytes: padded.as_bytes(), start: 10, end: 10 + text.len() })
    }

    #[test]
    fn every_day_of_eight_centuries_is_read() {
        for days in -146_097..146_097 {
            let mut out = [0u8; 56];
            let length = write_date(days, &mut out);
            let text = std::str::from_utf8(&out[..length]).unwrap();
            assert_eq!(with_field(text, fast_date), Some(days), "{text}");
            assert_eq!(with_field(&format!("{text} 00:00:00"), fast_timestamp), Some(i64::from(days) * MICROS_PER_DAY));
        }
    }

    #[test]
    fn what_is_not_at_fixed_positions_goes_the_careful_way() {
        for text in
            ["2024-1-01", "2024/01/01", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "0000-01-01", ""]
        {
            assert_eq!(with_field(text, fast_date), None, "{text}");
        }
        for text in [
            "2024-01-01 24:00:00",
            "2024-01-01 10:60:00",
            "2024-01-01_10:00:00",
            "2024-01-01 10:00:00.1234567",
            "2024-01-01 10:00:00Z",
            "2024-01-01 10:00",
            "2024-01-0x 10:00:00",
            "2024-01-01 10:00:00.",
        ] {
            assert_eq!(with_field(text, fast_timestamp), None, "{text}");
        }
        assert_eq!(with_field("10:15", fast_time), None);
        assert_eq!(with_field("10:15:61", fast_time), None);
    }

    #[test]
    fn a_field_at_the_end_of_the_text_is_read_or_left() {
        let bytes = b"2024-01-01 10:00:00";
        assert_eq!(fast_timestamp(Field { bytes, start: 0, end: 19 }), parse_timestamp(bytes));
        assert_eq!(fast_date(Field { bytes: b"2024-01-01", start: 0, end: 10 }), parse_date(b"2024-01-01"));
    }

    proptest! {
        #[test]
        fn what_the_fast_paths_give_equals_the_careful_way(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][ T_][0-2][0-9]:[0-6][0-9]:[0-6][0-9]([.][0-9]{0,7})?"
        ) {
            if let Some(value) = with_field(&text, fast_timestamp) {
                prop_assert_eq!(Some(value), parse_timestamp(text.as_bytes()));
            }
            if let Some(value) = with_field(&text[..10], fast_date) {
                prop_assert_eq!(Some(value), parse_date(&text.as_bytes()[..10]));
            }
            if let Some(value) = with_field(&text[11..19], fast_time) {
                prop_assert_eq!(Some(value), parse_time(&text.as_bytes()[11..19]));
            }
        }
    }
}
