//! Java text forms of values: what Console prints, text files hold and `CAST(x AS STRING)` gives.
//!
//! Each function writes at the front of `out` and returns the number of bytes. `out` must hold at least the
//! [`MAX_SCALAR_BYTES`] bytes that the longest form takes.
//!
//! # Source
//! Java `Double.toString` (JDK 19 digits), `BigDecimal.toString`, `LocalDate`, `LocalTime` and `LocalDateTime.toString`.

use crate::calendar::{civil_from_days, split_micros};

/// Upper bound of every scalar's text form in bytes.
pub const MAX_SCALAR_BYTES: usize = 56;

/// Writes an integer in decimal.
#[inline]
pub fn write_i64(value: i64, out: &mut [u8]) -> usize {
    let mut buffer = itoa::Buffer::new();
    copy(buffer.format(value).as_bytes(), out)
}

/// Writes a 128-bit integer in decimal.
pub fn write_i128(value: i128, out: &mut [u8]) -> usize {
    let mut buffer = itoa::Buffer::new();
    copy(buffer.format(value).as_bytes(), out)
}

/// Writes `true` or `false`.
#[inline]
pub fn write_bool(value: bool, out: &mut [u8]) -> usize {
    copy(if value { b"true" } else { b"false" }, out)
}

/// Writes a double as Java does: plain from 1e-3 up to 1e7, else `1.0E7`; at least one digit behind the point.
pub fn write_f64(value: f64, out: &mut [u8]) -> usize {
    if !value.is_finite() {
        return write_non_finite(value, out);
    }
    let mut buffer = zmij::Buffer::new();
    write_java_float(buffer.format_finite(value).as_bytes(), value == 0.0, out)
}

/// Writes a float as Java does, with the digits that tell the 32-bit value apart.
pub fn write_f32(value: f32, out: &mut [u8]) -> usize {
    if !value.is_finite() {
        return write_non_finite(f64::from(value), out);
    }
    let mut buffer = zmij::Buffer::new();
    write_java_float(buffer.format_finite(value).as_bytes(), value == 0.0, out)
}

fn write_non_finite(value: f64, out: &mut [u8]) -> usize {
    let text: &[u8] = if value.is_nan() {
        b"NaN"
    } else if value > 0.0 {
        b"Infinity"
    } else {
        b"-Infinity"
    };
    copy(text, out)
}

/// Re-arranges shortest digits (`-12.5`, `1e21`, `1.5e-7`) into Java's layout.
fn write_java_float(shortest: &[u8], zero: bool, out: &mut [u8]) -> usize {
    let mut digits = [0u8; 24];
    let (mut count, mut point, mut exponent, mut seen_point) = (0usize, 0i32, 0i32, false);
    let negative = shortest.first() == Some(&b'-');
    let mut rest = &shortest[usize::from(negative)..];
    while let [byte, tail @ ..] = rest {
        match byte {
            b'.' => seen_point = true,
            b'e' => {
                exponent = parse_exponent(tail);
                break;
            }
            digit => {
                if count > 0 || *digit != b'0' {
                    digits[count] = *digit;
                    count += 1;
                    point += i32::from(!seen_point);
                } else if seen_point {
                    point -= 1;
                }
            }
        }
        rest = tail;
    }
    let mut length = 0;
    if negative {
        out[0] = b'-';
        length = 1;
    }
    if zero {
        return length + copy(b"0.0", &mut out[length..]);
    }
    while count > 1 && digits[count - 1] == b'0' {
        count -= 1;
    }
    length + layout_java_float(&digits[..count], point + exponent, &mut out[length..])
}

fn parse_exponent(text: &[u8]) -> i32 {
    let negative = text.first() == Some(&b'-');
    let magnitude =
        text.iter().filter(|byte| byte.is_ascii_digit()).fold(0, |sum, byte| sum * 10 + i32::from(byte - b'0'));
    if negative { -magnitude } else { magnitude }
}

/// `point` is the position of the decimal point relative to the first digit: 0.ddd × 10^point.
fn layout_java_float(digits: &[u8], point: i32, out: &mut [u8]) -> usize {
    let mut length = 0;
    let mut push = |bytes: &[u8]| {
        out[length..length + bytes.len()].copy_from_slice(bytes);
        length += bytes.len();
    };
    if (-2..=7).contains(&point) {
        if point <= 0 {
            push(b"0.");
            (point..0).for_each(|_| push(b"0"));
            push(digits);
        } else {
            let whole = point as usize;
            if digits.len() > whole {
                push(&digits[..whole]);
                push(b".");
                push(&digits[whole..]);
            } else {
                push(digits);
                (digits.len()..whole).for_each(|_| push(b"0"));
                push(b".0");
            }
        }
        return length;
    }
    push(&digits[..1]);
    push(b".");
    push(if digits.len() > 1 { &digits[1..] } else { b"0" });
    push(b"E");
    let mut buffer = itoa::Buffer::new();
    push(buffer.format(point - 1).as_bytes());
    length
}

/// Writes a decimal as `BigDecimal.toString` does: `1E-7` and `0E-8` when the exponent is below −6, else plain.
pub fn write_decimal(unscaled: i128, scale: i8, out: &mut [u8]) -> usize {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs()).as_bytes();
    let adjusted = digits.len() as i32 - 1 - i32::from(scale);
    let mut length = 0;
    if unscaled < 0 {
        out[0] = b'-';
        length = 1;
    }
    if scale >= 0 && adjusted >= -6 {
        return length + write_plain_digits(digits, scale as usize, &mut out[length..]);
    }
    length += copy(&digits[..1], &mut out[length..]);
    if digits.len() > 1 {
        length += copy(b".", &mut out[length..]);
        length += copy(&digits[1..], &mut out[length..]);
    }
    if adjusted != 0 {
        length += copy(if adjusted > 0 { b"E+" } else { b"E" }, &mut out[length..]);
        length += write_i64(i64::from(adjusted), &mut out[length..]);
    }
    length
}

/// Writes a decimal without an exponent, as `BigDecimal.toPlainString` does. `scale` must not be negative.
pub fn write_decimal_plain(unscaled: i128, scale: u8, out: &mut [u8]) -> usize {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs()).as_bytes();
    let sign = usize::from(unscaled < 0);
    if unscaled < 0 {
        out[0] = b'-';
    }
    sign + write_plain_digits(digits, usize::from(scale), &mut out[sign..])
}

fn write_plain_digits(digits: &[u8], scale: usize, out: &mut [u8]) -> usize {
    if scale == 0 {
        return copy(digits, out);
    }
    let mut length = 0;
    if digits.len() > scale {
        length += copy(&digits[..digits.len() - scale], out);
        length += copy(b".", &mut out[length..]);
        return length + copy(&digits[digits.len() - scale..], &mut out[length..]);
    }
    length += copy(b"0.", out);
    out[length..length + scale - digits.len()].fill(b'0');
    length += scale - digits.len();
    length + copy(digits, &mut out[length..])
}

/// Writes `yyyy-MM-dd`; a year above 9999 gets a `+`, one below 0 a `-`.
pub fn write_date(days: i32, out: &mut [u8]) -> usize {
    let (year, month, day) = civil_from_days(days);
    let mut length = write_year(year, out);
    out[length] = b'-';
    write_pair(month, &mut out[length + 1..]);
    out[length + 3] = b'-';
    write_pair(day, &mut out[length + 4..]);
    length += 6;
    length
}

fn write_year(year: i32, out: &mut [u8]) -> usize {
    if (0..=9999).contains(&year) {
        write_pair(year as u32 / 100, out);
        write_pair(year as u32 % 100, &mut out[2..]);
        return 4;
    }
    out[0] = if year < 0 { b'-' } else { b'+' };
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(year.unsigned_abs()).as_bytes();
    let pad = 4usize.saturating_sub(digits.len());
    out[1..=pad].fill(b'0');
    1 + pad + copy(digits, &mut out[1 + pad..])
}

/// Writes `HH:mm`, then `:ss` only when seconds or nanoseconds are not zero, then 3, 6 or 9 digits of fraction if needed.
pub fn write_time(nanos_of_day: i64, out: &mut [u8]) -> usize {
    let seconds = nanos_of_day / 1_000_000_000;
    let nanos = (nanos_of_day % 1_000_000_000) as u32;
    write_pair((seconds / 3_600) as u32, out);
    out[2] = b':';
    write_pair((seconds / 60 % 60) as u32, &mut out[3..]);
    if seconds % 60 == 0 && nanos == 0 {
        return 5;
    }
    out[5] = b':';
    write_pair((seconds % 60) as u32, &mut out[6..]);
    8 + write_fraction(nanos, &mut out[8..])
}

fn write_fraction(nanos: u32, out: &mut [u8]) -> usize {
    let (value, width) = match nanos {
        0 => return 0,
        n if n % 1_000_000 == 0 => (n / 1_000_000, 3),
        n if n % 1_000 == 0 => (n / 1_000, 6),
        n => (n, 9),
    };
    out[0] = b'.';
    let mut rest = value;
    for slot in out[1..=width].iter_mut().rev() {
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    width + 1
}

/// Writes `<date>T<time>` with the rules of both.
pub fn write_timestamp(micros: i64, out: &mut [u8]) -> usize {
    let (days, nanos) = split_micros(micros);
    let length = write_date(days, out);
    out[length] = b'T';
    length + 1 + write_time(nanos, &mut out[length + 1..])
}

/// Writes a number of two digits; `value` must be below 100.
#[inline]
pub fn write_pair(value: u32, out: &mut [u8]) {
    out[0] = b'0' + (value / 10) as u8;
    out[1] = b'0' + (value % 10) as u8;
}

#[inline]
fn copy(bytes: &[u8], out: &mut [u8]) -> usize {
    out[..bytes.len()].copy_from_slice(bytes);
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut [u8]) -> usize) -> String {
        let mut out = [0u8; MAX_SCALAR_BYTES];
        let length = write(&mut out);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0009, "9.0E-4"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (123.456, "123.456"),
            (-1.5e-7, "-1.5E-7"),
            (1e21, "1.0E21"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (100.0, "100.0"),
            (0.1, "0.1"),
        ] {
            assert_eq!(text(|out| write_f64(value, out)), expected);
        }
        assert_eq!(text(|out| write_f32(3.1, out)), "3.1");
        assert_eq!(text(|out| write_f32(3.402_823_5e38, out)), "3.4028235E38");
    }

    #[test]
    fn decimals_print_as_big_decimal_prints_them() {
        for (unscaled, scale, expected) in [
            (0, 0, "0"),
            (0, 8, "0E-8"),
            (1, 7, "1E-7"),
            (12, 7, "0.0000012"),
            (110, 2, "1.10"),
            (-5, 2, "-0.05"),
            (12, -3, "1.2E+4"),
            (i128::from(u64::MAX), 0, "18446744073709551615"),
        ] {
            assert_eq!(text(|out| write_decimal(unscaled, scale, out)), expected);
        }
        assert_eq!(text(|out| write_decimal_plain(1, 7, out)), "0.0000001");
    }

    #[test]
    fn temporals_print_as_java_time_prints_them() {
        assert_eq!(text(|out| write_date(19_782, out)), "2024-02-29");
        assert_eq!(text(|out| write_date(2_932_897, out)), "+10000-01-01");
        assert_eq!(text(|out| write_time(36_900_000_000_000, out)), "10:15");
        assert_eq!(text(|out| write_time(36_901_000_000_000, out)), "10:15:01");
        assert_eq!(text(|out| write_time(36_900_500_000_000, out)), "10:15:00.500");
        assert_eq!(text(|out| write_time(36_900_000_001_000, out)), "10:15:00.000001");
        assert_eq!(text(|out| write_timestamp(0, out)), "1970-01-01T00:00");
        assert_eq!(text(|out| write_timestamp(-1, out)), "1969-12-31T23:59:59.999999");
    }
}
