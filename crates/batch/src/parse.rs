//! Text to values, with Java's rules of what is accepted.

use crate::calendar::{MICROS_PER_DAY, days_from_civil, is_valid_date};

/// Parses an integer as `Long.parseLong` does: an optional sign, then digits; no blanks, no point, no overflow.
#[inline]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() || digits.len() > 40 {
        return None;
    }
    if digits.len() <= 18 {
        let mut value = 0i64;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    let mut value = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        let signed = if negative { -i64::from(digit) } else { i64::from(digit) };
        value = value.checked_mul(10)?.checked_add(signed)?;
    }
    Some(value)
}

#[inline]
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    }
}

/// Parses a number as `Double.parseDouble` does: blanks around it, `NaN`, `Infinity` and a trailing `d` or `f` are accepted.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    let text = java_number_body(text)?;
    match text {
        "NaN" | "+NaN" | "-NaN" => Some(f64::NAN),
        "Infinity" | "+Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if starts_like_number(text) => text.parse().ok(),
        _ => None,
    }
}

/// Parses a number as `Float.parseFloat` does, rounding once.
pub fn parse_f32(text: &[u8]) -> Option<f32> {
    let body = java_number_body(text)?;
    if starts_like_number(body) { body.parse().ok() } else { parse_f64(text).map(|value| value as f32) }
}

fn java_number_body(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(text).ok()?.trim_matches(|c: char| c <= ' ');
    Some(match text.as_bytes() {
        [.., digit, b'd' | b'D' | b'f' | b'F'] if digit.is_ascii_digit() || *digit == b'.' => &text[..text.len() - 1],
        _ => text,
    })
}

fn starts_like_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

/// Parses a decimal as `new BigDecimal(text)` does: sign, digits, point, exponent. Returns the unscaled value and its scale.
///
/// `None` also when the digits do not fit 128 bits or the exponent is absurd.
pub fn parse_decimal(text: &[u8]) -> Option<(i128, i32)> {
    let (negative, mut rest) = split_sign(text);
    let (mut unscaled, mut scale, mut digits, mut after_point) = (0i128, 0i32, 0usize, false);
    while let [byte, tail @ ..] = rest {
        match byte {
            b'0'..=b'9' => {
                unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                digits += 1;
                scale += i32::from(after_point);
            }
            b'.' if !after_point => after_point = true,
            b'e' | b'E' => {
                let exponent = i32::try_from(parse_i64(tail)?).ok()?;
                scale = scale.checked_sub(exponent)?;
                rest = &[];
                break;
            }
            _ => return None,
        }
        rest = tail;
    }
    if digits == 0 || !rest.is_empty() || !(-1_000..=1_000).contains(&scale) {
        return None;
    }
    Some((if negative { -unscaled } else { unscaled }, scale))
}

/// Brings a decimal to `scale` digits behind the point, rounding half away from zero.
///
/// `None` when the result has more than `precision` digits.
pub fn rescale_half_up(unscaled: i128, from_scale: i32, precision: u8, scale: i8) -> Option<i128> {
    let shift = i32::from(scale) - from_scale;
    let value = if shift >= 0 {
        if unscaled == 0 { 0 } else { unscaled.checked_mul(10i128.checked_pow(u32::try_from(shift).ok()?)?)? }
    } else {
        match 10i128.checked_pow(shift.unsigned_abs()) {
            Some(divisor) => {
                let (quotient, remainder) = (unscaled / divisor, unscaled % divisor);
                let up = remainder.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2);
                quotient + if up { unscaled.signum() } else { 0 }
            }
            None => 0,
        }
    };
    (value.unsigned_abs() < 10u128.pow(u32::from(precision.min(38)))).then_some(value)
}

/// Parses a date in any of the patterns `yyyy-MM-dd`, `yyyy/MM/dd`, `yyyy.MM.dd`, `yyyy年MM月dd日` and `yyyyMMdd`.
///
/// Month and day may have one digit with separators. A day the month does not have is refused.
///
/// # Source
/// SeaTunnel `DateUtils` (patterns).
pub fn parse_date(text: &[u8]) -> Option<i32> {
    let (days, rest) = take_date(text)?;
    rest.is_empty().then_some(days)
}

/// Parses `HH:mm[:ss[.fraction]]` to nanoseconds of the day. The fraction has 1 to 9 digits.
pub fn parse_time(text: &[u8]) -> Option<i64> {
    let (hour, rest) = take_number(text, 1, 2)?;
    let rest = rest.strip_prefix(b":")?;
    let (minute, rest) = take_number(rest, 1, 2)?;
    let (second, rest) = match rest {
        [b':', tail @ ..] => take_number(tail, 1, 2)?,
        _ => (0, rest),
    };
    let nanos = match rest {
        [] => 0,
        [b'.' | b',', tail @ ..] => parse_fraction(tail)?,
        _ => return None,
    };
    time_of(hour, minute, second, nanos)
}

/// Parses a date-time to local microseconds: any date pattern, a blank or `T`, then a time; or `yyyyMMddHHmmss[SSS]`.
///
/// A trailing zone (`Z`, `+08:00`) is refused. Digits beyond microseconds are cut.
///
/// # Source
/// SeaTunnel `DateTimeUtils` (patterns).
pub fn parse_timestamp(text: &[u8]) -> Option<i64> {
    if text.len() >= 14 && text.iter().all(u8::is_ascii_digit) {
        return parse_compact_timestamp(text);
    }
    let (days, rest) = take_date(text)?;
    let [b' ' | b'T', rest @ ..] = rest else { return None };
    Some(i64::from(days) * MICROS_PER_DAY + parse_time(rest)? / 1_000)
}

/// A local date-time followed by `Z` or `±HH[:]MM`: microseconds since the epoch in UTC, and the offset in minutes.
pub fn parse_timestamp_tz(text: &[u8]) -> Option<(i64, i16)> {
    if let [local @ .., b'Z'] = text {
        return Some((parse_timestamp(local)?, 0));
    }
    // A sign before the time of day belongs to the date.
    let sign = text.iter().rposition(|byte| matches!(byte, b'+' | b'-')).filter(|index| *index > 10)?;
    let zone = &text[sign + 1..];
    let number = |digits: &[u8]| {
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0i16, |sum, d| sum * 10 + i16::from(d - b'0')))
    };
    let (hours, minutes) = match zone.len() {
        2 => (number(zone)?, 0),
        4 => (number(&zone[..2])?, number(&zone[2..])?),
        5 if zone[2] == b':' => (number(&zone[..2])?, number(&zone[3..])?),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let offset = (hours * 60 + minutes) * if text[sign] == b'-' { -1 } else { 1 };
    let local = parse_timestamp(text[..sign].trim_ascii_end())?;
    Some((local - i64::from(offset) * 60_000_000, offset))
}

fn parse_compact_timestamp(text: &[u8]) -> Option<i64> {
    let (days, rest) = take_date(&text[..8]).map(|(days, _)| (days, &text[8..]))?;
    let (hour, rest) = take_number(&rest[..2], 2, 2).map(|(value, _)| (value, &rest[2..]))?;
    let (minute, rest) = take_number(&rest[..2], 2, 2).map(|(value, _)| (value, &rest[2..]))?;
    let (second, rest) = take_number(&rest[..2], 2, 2).map(|(value, _)| (value, &rest[2..]))?;
    let nanos = if rest.is_empty() { 0 } else { parse_fraction(rest)? };
    Some(i64::from(days) * MICROS_PER_DAY + time_of(hour, minute, second, nanos)? / 1_000)
}

fn time_of(hour: u32, minute: u32, second: u32, nanos: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second < 60)
        .then(|| i64::from(hour * 3_600 + minute * 60 + second) * 1_000_000_000 + nanos)
}

fn parse_fraction(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |sum, byte| sum * 10 + i64::from(byte - b'0'));
    Some(value * 10i64.pow(9 - digits.len() as u32))
}

fn take_date(text: &[u8]) -> Option<(i32, &[u8])> {
    let (year, rest) = take_number(text, 4, 4)?;
    let (month, day, rest) = if rest.first().is_some_and(u8::is_ascii_digit) {
        let (month, rest) = take_number(rest, 2, 2)?;
        let (day, rest) = take_number(rest, 2, 2)?;
        (month, day, rest)
    } else if let Some(rest) = rest.strip_prefix("年".as_bytes()) {
        let (month, rest) = take_number(rest, 1, 2)?;
        let (day, rest) = take_number(rest.strip_prefix("月".as_bytes())?, 1, 2)?;
        (month, day, rest.strip_prefix("日".as_bytes())?)
    } else {
        let separator = *rest.first()?;
        if !matches!(separator, b'-' | b'/' | b'.') {
            return None;
        }
        let (month, rest) = take_number(&rest[1..], 1, 2)?;
        let (day, rest) = take_number(rest.strip_prefix(&[separator])?, 1, 2)?;
        (month, day, rest)
    };
    let year = year as i32;
    is_valid_date(year, month, day).then(|| (days_from_civil(year, month, day), rest))
}

fn take_number(text: &[u8], min: usize, max: usize) -> Option<(u32, &[u8])> {
    let length = text.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
    if length < min {
        return None;
    }
    let value = text[..length].iter().fold(0u32, |sum, byte| sum * 10 + u32::from(byte - b'0'));
    Some((value, &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_accept_what_java_accepts() {
        for (text, expected) in [
            ("0", Some(0)),
            ("+7", Some(7)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("00000000000000000000000042", Some(42)),
            ("", None),
            ("-", None),
            (" 1", None),
            ("1.5", None),
            ("1e3", None),
        ] {
            assert_eq!(parse_i64(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn doubles_accept_what_java_accepts() {
        assert_eq!(parse_f64(b" 1.5d "), Some(1.5));
        assert_eq!(parse_f64(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_f64(b".5"), Some(0.5));
        assert_eq!(parse_f64(b"1e400"), Some(f64::INFINITY));
        for text in ["", "inf", "nan", "x", "1,5", "--1"] {
            assert_eq!(parse_f64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn decimals_keep_their_scale_until_rescaled() {
        assert_eq!(parse_decimal(b"1.230"), Some((1_230, 3)));
        assert_eq!(parse_decimal(b"-1.5E3"), Some((-15, -2)));
        assert_eq!(parse_decimal(b"."), None);
        assert_eq!(rescale_half_up(1_239, 3, 5, 2), Some(124));
        assert_eq!(rescale_half_up(-1_235, 3, 5, 2), Some(-124));
        assert_eq!(rescale_half_up(123_456, 0, 5, 2), None);
    }

    #[test]
    fn temporals_accept_every_known_pattern() {
        let day = days_from_civil(2024, 2, 29);
        for text in ["2024-02-29", "2024/2/29", "2024.02.29", "20240229", "2024年02月29日"] {
            assert_eq!(parse_date(text.as_bytes()), Some(day), "{text}");
        }
        for text in ["2023-02-29", "2024-02-29 ", "24-02-29", "2024-02/29", ""] {
            assert_eq!(parse_date(text.as_bytes()), None, "{text}");
        }
        let micros = i64::from(day) * MICROS_PER_DAY + 36_900_500_000;
        for text in ["2024-02-29 10:15:00.5", "2024-02-29T10:15:00.500", "20240229101500500"] {
            assert_eq!(parse_timestamp(text.as_bytes()), Some(micros), "{text}");
        }
        assert_eq!(parse_timestamp(b"2024-02-29 24:00:00"), None);
        assert_eq!(parse_timestamp(b"2024-02-29"), None);
    }

    #[test]
    fn offsets_are_taken_off_the_local_time() {
        assert_eq!(parse_timestamp_tz(b"1970-01-01T08:00:00+08:00"), Some((0, 480)));
        assert_eq!(parse_timestamp_tz(b"1969-12-31 23:30:00 -0030"), Some((0, -30)));
        assert_eq!(parse_timestamp_tz(b"1970-01-01T00:00:00Z"), Some((0, 0)));
        for text in ["1970-01-01T00:00:00", "1970-01-01", "1970-01-01T00:00:00+19:00", "1970-01-01T00:00:00+1", ""] {
            assert_eq!(parse_timestamp_tz(text.as_bytes()), None, "{text}");
        }
    }
}
