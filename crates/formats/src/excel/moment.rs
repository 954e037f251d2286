//! Serial numbers of days to moments and back.

use millrace_batch::calendar::MICROS_PER_DAY;

const MILLIS_PER_DAY: f64 = 86_400_000.0;
/// Days from 1970-01-01 to 1900-01-01 and to 1904-01-01.
const DAY_OF_1900: i64 = -25_567;
const DAY_OF_1904: i64 = -24_107;
/// Serial number of 1900-03-01: before it is a 29th of February that was none.
const AFTER_FALSE_LEAP_DAY: i64 = 61;
/// Serial number behind 9999-12-31.
const END_OF_DAYS: f64 = 2_958_466.0;

/// Local microseconds of a serial number, rounded to milliseconds; `None` outside of what a workbook can show.
///
/// # Source
/// Apache POI `DateUtil.getLocalDateTime`.
pub(super) fn micros_of_serial(serial: f64, is_1904: bool) -> Option<i64> {
    if !(0.0..END_OF_DAYS).contains(&serial) {
        return None;
    }
    let whole = serial.floor();
    let millis = ((serial - whole) * MILLIS_PER_DAY + 0.5) as i64;
    let whole = whole as i64;
    let days =
        if is_1904 { DAY_OF_1904 + whole } else { DAY_OF_1900 + whole - 1 - i64::from(whole >= AFTER_FALSE_LEAP_DAY) };
    Some(days * MICROS_PER_DAY + millis * 1_000)
}

/// Serial number of a day since 1970 in the system of 1900; `None` before 1900 and after 9999.
pub(super) fn serial_of_day(days: i64) -> Option<i64> {
    let serial = days - DAY_OF_1900 + 1;
    let serial = if serial + 1 >= AFTER_FALSE_LEAP_DAY { serial + 1 } else { serial };
    (serial >= 1 && (serial as f64) < END_OF_DAYS).then_some(serial)
}

/// Serial number of local microseconds; `None` as for [`serial_of_day`].
pub(super) fn serial_of_micros(micros: i64) -> Option<f64> {
    let day = serial_of_day(micros.div_euclid(MICROS_PER_DAY))?;
    Some(day as f64 + micros.rem_euclid(MICROS_PER_DAY) as f64 / MICROS_PER_DAY as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use millrace_batch::parse::{parse_date, parse_timestamp};

    #[test]
    fn serial_numbers_are_days_since_1900() {
        for (serial, text) in [
            (0.0, "1899-12-31 00:00:00"),
            (1.0, "1900-01-01 00:00:00"),
            (59.0, "1900-02-28 00:00:00"),
            (60.0, "1900-03-01 00:00:00"),
            (61.0, "1900-03-01 00:00:00"),
            (25_569.0, "1970-01-01 00:00:00"),
            (45_351.427_083_333_3, "2024-02-29 10:15:00"),
            (0.5, "1899-12-31 12:00:00"),
            (2_958_465.999_99, "9999-12-31 23:59:59.136"),
        ] {
            assert_eq!(micros_of_serial(serial, false), parse_timestamp(text.as_bytes()), "{serial}");
        }
        assert_eq!(micros_of_serial(0.0, true), parse_timestamp(b"1904-01-01 00:00:00"));
        for serial in [-1.0, 2_958_466.0, f64::NAN, f64::INFINITY] {
            assert_eq!(micros_of_serial(serial, false), None, "{serial}");
        }
    }

    #[test]
    fn days_come_back() {
        for text in ["1900-01-01", "1900-02-28", "1900-03-01", "1970-01-01", "2024-02-29", "9999-12-31"] {
            let day = i64::from(parse_date(text.as_bytes()).unwrap());
            let serial = serial_of_day(day).unwrap();
            assert_eq!(micros_of_serial(serial as f64, false), Some(day * MICROS_PER_DAY), "{text}");
        }
        for text in ["1899-12-31", "0001-01-01"] {
            assert_eq!(serial_of_day(i64::from(parse_date(text.as_bytes()).unwrap())), None, "{text}");
        }
        assert_eq!(serial_of_day(i64::from(parse_date(b"9999-12-31").unwrap()) + 1), None);
        let noon = parse_timestamp(b"2024-02-29 12:00:00").unwrap();
        assert_eq!(serial_of_micros(noon), Some(45_351.5));
    }
}
