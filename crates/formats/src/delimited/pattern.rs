//! Dates and times to text by a pattern of Java's letters.

use super::options::invalid;
use millrace_batch::Result;
use millrace_batch::calendar::civil_from_days;

/// Longest text of a pattern: patterns are at most this long, and a year takes six characters more than its letters.
pub(super) const MAX_PATTERN_BYTES: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// This many digits of the fraction of a second.
    Fraction(usize),
}

/// A compiled pattern, with the day it wrote last.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The text with zeros in place of the parts.
    template: Vec<u8>,
    /// Parts and where they begin.
    date_parts: Vec<(usize, Part)>,
    time_parts: Vec<(usize, Part)>,
    /// The template with the date of `day`.
    rendered: [u8; MAX_PATTERN_BYTES],
    day: Option<i32>,
    /// It is [`USUAL`], the pattern of nearly all files.
    is_usual: bool,
}

/// What timestamps are written by where no pattern is given.
const USUAL: &str = "yyyy-MM-dd HH:mm:ss";

impl Pattern {
    /// Compiles a pattern of `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss`, `S…`, quoted texts and other characters.
    ///
    /// # Errors
    /// `OPTION_INVALID` for any other letter, and for a pattern over 48 bytes.
    pub(super) fn compile(text: &str) -> Result<Self> {
        let unknown = || invalid(format!("the pattern '{text}' is not supported"));
        if text.is_empty() || text.len() > 48 {
            return Err(unknown());
        }
        let mut pattern = Self {
            template: Vec::new(),
            date_parts: Vec::new(),
            time_parts: Vec::new(),
            rendered: [0; MAX_PATTERN_BYTES],
            day: None,
            is_usual: text == USUAL,
        };
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let run = rest.chars().take_while(|c| *c == letter).count();
            let at = pattern.template.len();
            let part = match (letter, run) {
                ('y', 4) => Part::Year,
                ('M', 2) => Part::Month,
                ('d', 2) => Part::Day,
                ('H', 2) => Part::Hour,
                ('m', 2) => Part::Minute,
                ('s', 2) => Part::Second,
                ('S', 1..=9) => Part::Fraction(run),
                ('\'', _) => {
                    let end = rest[1..].find('\'').ok_or_else(unknown)?;
                    let quoted = if end == 0 { "'" } else { &rest[1..=end] };
                    pattern.template.extend_from_slice(quoted.as_bytes());
                    rest = &rest[end + 2..];
                    continue;
                }
                (letter, _) if letter.is_ascii_alphabetic() => return Err(unknown()),
                _ => {
                    let literal = &rest[..run * letter.len_utf8()];
                    pattern.template.extend_from_slice(literal.as_bytes());
                    rest = &rest[literal.len()..];
                    continue;
                }
            };
            pattern.template.extend(std::iter::repeat_n(b'0', run));
            match part {
                Part::Year | Part::Month | Part::Day => pattern.date_parts.push((at, part)),
                _ => pattern.time_parts.push((at, part)),
            }
            rest = &rest[run..];
        }
        Ok(pattern)
    }

    /// Whether the text can hold this byte.
    pub(super) fn may_write(&self, byte: u8) -> bool {
        self.template.contains(&byte) || byte.is_ascii_digit() || byte == b'+'
    }

    /// Writes a day and nanoseconds of the day; `out` must hold [`MAX_PATTERN_BYTES`]. Returns the number of bytes.
    #[inline]
    pub(super) fn write(&mut self, day: i32, nanos: i64, out: &mut [u8; MAX_PATTERN_BYTES]) -> usize {
        if self.is_usual
            && let Some(date) = near_civil(day)
        {
            return write_usual(date, nanos, out);
        }
        if self.day != Some(day) && !self.render(day) {
            return self.write_far_year(day, nanos, out);
        }
        *out = self.rendered;
        for (at, part) in &self.time_parts {
            write_time_part(&mut out[*at..], *part, nanos);
        }
        self.template.len()
    }

    /// Puts the date into the template; `false` when the year has not four digits.
    fn render(&mut self, day: i32) -> bool {
        let Some((year, month, day_of_month)) = near_civil(day) else {
            return self.date_parts.is_empty() && self.render(0);
        };
        self.rendered[..self.template.len()].copy_from_slice(&self.template);
        for (at, part) in &self.date_parts {
            let slot = &mut self.rendered[*at..];
            match part {
                Part::Year => {
                    put_pair(slot, year / 100);
                    put_pair(&mut slot[2..], year % 100);
                }
                Part::Month => put_pair(slot, month),
                _ => put_pair(slot, day_of_month),
            }
        }
        self.day = Some(day);
        true
    }

    /// As `write` when the year has more or fewer than four digits: `yyyy` gives the year of its era, with a sign above 9999.
    #[cold]
    fn write_far_year(&self, day: i32, nanos: i64, out: &mut [u8; MAX_PATTERN_BYTES]) -> usize {
        let (year, month, day_of_month) = civil_from_days(day);
        let year_of_era = if year > 0 { i64::from(year) } else { 1 - i64::from(year) };
        let mut text = self.template.clone();
        for (at, part) in &self.time_parts {
            write_time_part(&mut text[*at..], *part, nanos);
        }
        for (at, part) in self.date_parts.iter().rev() {
            let (width, digits) = match part {
                Part::Year if year_of_era > 9_999 => (4, format!("+{year_of_era}")),
                Part::Year => (4, format!("{year_of_era:04}")),
                Part::Month => (2, format!("{month:02}")),
                _ => (2, format!("{day_of_month:02}")),
            };
            text.splice(*at..at + width, digits.bytes());
        }
        let length = text.len().min(MAX_PATTERN_BYTES);
        out[..length].copy_from_slice(&text[..length]);
        length
    }
}

/// Year, month and day of a day in the years 1 to 9999; `None` outside.
///
/// # Source
/// Cassio Neri and Lorenz Schneider, "Euclidean affine functions and their application to calendar algorithms".
#[inline(always)]
fn near_civil(day: i32) -> Option<(u32, u32, u32)> {
    if !(-719_162..=2_932_896).contains(&day) {
        return None;
    }
    let centuries = 4 * (day + 719_468) as u32 + 3;
    let (century, rest) = (centuries / 146_097, centuries % 146_097);
    let years = 2_939_745 * u64::from(rest | 3);
    let day_of_year = years as u32 / 2_939_745 / 4;
    let months = 2_141 * day_of_year + 197_913;
    let after_december = day_of_year >= 306;
    let year = 100 * century + (years >> 32) as u32 + u32::from(after_december);
    let month = (months >> 16) - if after_december { 12 } else { 0 };
    Some((year, month, (months & 0xffff) / 2_141 + 1))
}

/// The two digits of every number below 100, for numbers that are known to be: the rest makes a mask do for a check.
const MASKED_PAIRS: [[u8; 2]; 128] = {
    let mut pairs = [[0; 2]; 128];
    let mut index = 0;
    while index < 128 {
        pairs[index] = super::pen::PAIRS[index % 100];
        index += 1;
    }
    pairs
};

/// As the pattern [`USUAL`] says, without a template: days of different rows are mostly different too.
#[inline(always)]
fn write_usual((year, month, day_of_month): (u32, u32, u32), nanos: i64, out: &mut [u8; MAX_PATTERN_BYTES]) -> usize {
    let seconds = (nanos / 1_000_000_000) as u32;
    let pairs = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day_of_month),
        (11, seconds / 3_600),
        (14, seconds / 60 % 60),
        (17, seconds % 60),
    ];
    let mut text = *b"0000-00-00 00:00:00";
    for (at, value) in pairs {
        [text[at], text[at + 1]] = MASKED_PAIRS[value as usize & 127];
    }
    out[..text.len()].copy_from_slice(&text);
    text.len()
}

#[inline(always)]
fn write_time_part(slot: &mut [u8], part: Part, nanos: i64) {
    let seconds = (nanos / 1_000_000_000) as u32;
    match part {
        Part::Hour => put_pair(slot, seconds / 3_600),
        Part::Minute => put_pair(slot, seconds / 60 % 60),
        Part::Second => put_pair(slot, seconds % 60),
        Part::Fraction(digits) => {
            let mut fraction = (nanos % 1_000_000_000) as u32 / 10u32.pow(9 - digits as u32);
            for byte in slot[..digits].iter_mut().rev() {
                *byte = b'0' + (fraction % 10) as u8;
                fraction /= 10;
            }
        }
        Part::Year | Part::Month | Part::Day => {}
    }
}

#[inline(always)]
fn put_pair(slot: &mut [u8], value: u32) {
    slot[..2].copy_from_slice(&super::pen::PAIRS[value as usize % 100]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use millrace_batch::ErrorCode;
    use millrace_batch::calendar::days_from_civil;

    fn write(pattern: &str, day: i32, nanos: i64) -> String {
        let mut out = [0; MAX_PATTERN_BYTES];
        let length = Pattern::compile(pattern).unwrap().write(day, nanos, &mut out);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    #[test]
    fn every_pattern_of_the_file_connectors_is_written() {
        let day = days_from_civil(2024, 2, 9);
        for (pattern, expected) in [
            ("yyyy-MM-dd", "2024-02-09"),
            ("yyyy/MM/dd", "2024/02/09"),
            ("yyyy.MM.dd", "2024.02.09"),
            ("yyyyMMdd", "20240209"),
            ("yyyy年MM月dd日", "2024年02月09日"),
            ("yyyy-MM-dd HH:mm:ss", "2024-02-09 10:05:07"),
            ("yyyy-MM-dd HH:mm:ss.SSS", "2024-02-09 10:05:07.012"),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2024-02-09 10:05:07.012345678"),
            ("yyyy-MM-dd'T'HH:mm:ss", "2024-02-09T10:05:07"),
            ("yyyyMMddHHmmss", "20240209100507"),
            ("yyyy年MM月dd日 HH时mm分ss秒", "2024年02月09日 10时05分07秒"),
            ("HH:mm:ss", "10:05:07"),
            ("HH''mm", "10'05"),
        ] {
            assert_eq!(write(pattern, day, 36_307_012_345_678), expected, "{pattern}");
        }
    }

    #[test]
    fn every_near_day_is_the_calendar_s() {
        for day in (-719_162..=2_932_896).step_by(3) {
            let (year, month, day_of_month) = civil_from_days(day);
            assert_eq!(near_civil(day), Some((year as u32, month, day_of_month)));
        }
        assert_eq!((near_civil(-719_163), near_civil(2_932_897)), (None, None));
    }

    #[test]
    fn years_of_other_than_four_digits_are_written_as_java_writes_them() {
        assert_eq!(write("yyyy-MM-dd", days_from_civil(12_024, 1, 2), 0), "+12024-01-02");
        assert_eq!(write("yyyy/MM/dd", days_from_civil(-1, 1, 2), 0), "0002/01/02");
        assert_eq!(write("HH:mm", days_from_civil(12_024, 1, 2), 0), "00:00");
    }

    #[test]
    fn the_day_before_is_not_remembered_for_another() {
        let mut pattern = Pattern::compile("yyyyMMdd").unwrap();
        let mut out = [0; MAX_PATTERN_BYTES];
        for (day, expected) in [(0, b"19700101"), (0, b"19700101"), (1, b"19700102"), (0, b"19700101")] {
            assert_eq!(pattern.write(day, 0, &mut out), 8);
            assert_eq!(&out[..8], expected);
        }
    }

    #[test]
    fn the_usual_pattern_is_written_as_any_other() {
        let nanos_of_day = 86_400_000_000_000;
        let mut usual = Pattern::compile(USUAL).unwrap();
        let mut general = Pattern { is_usual: false, ..usual.clone() };
        let days = (-800_000..3_000_000).step_by(997).chain([-719_163, -719_162, -1, 0, 1, 2_932_896, 2_932_897]);
        for (index, day) in days.enumerate() {
            let nanos = (index as i64 * 7_919_000_000_123) % nanos_of_day;
            for nanos in [nanos, 0, nanos_of_day - 1] {
                let (mut left, mut right) = ([0; MAX_PATTERN_BYTES], [0; MAX_PATTERN_BYTES]);
                let (left_length, right_length) =
                    (usual.write(day, nanos, &mut left), general.write(day, nanos, &mut right));
                assert_eq!(left[..left_length], right[..right_length], "{day} {nanos}");
            }
        }
    }

    #[test]
    fn other_letters_are_refused() {
        for pattern in ["", "yy-MM-dd", "yyyy-M-d", "hh:mm", "yyyy-MM-dd z", "yyyy'T", "SSSSSSSSSS"] {
            assert_eq!(Pattern::compile(pattern).unwrap_err().code, ErrorCode::OptionInvalid, "{pattern}");
        }
    }
}
