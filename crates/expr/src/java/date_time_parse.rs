//! Reading dates and times by a Java pattern, with the SMART resolver's tolerance.

use super::date_time_pattern::{DAY_NAMES, MONTH_NAMES, PatternItem};
use millrace_batch::calendar::{days_from_civil, days_in_month, is_leap_year};

/// Fields found in a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parsed {
    year: Option<i32>,
    year_of_era: Option<i32>,
    before_era: bool,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: Option<u32>,
    clock_hour: Option<u32>,
    half_hour: Option<u32>,
    afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    nanos: Option<i64>,
}

/// Reads a whole text by a pattern. `None` when it does not match.
pub(crate) fn parse(items: &[PatternItem], text: &str) -> Option<Parsed> {
    let mut parsed = Parsed::default();
    let rest = parse_items(items, text, &mut parsed)?;
    rest.is_empty().then_some(parsed)
}

fn parse_items<'a>(items: &[PatternItem], mut text: &'a str, parsed: &mut Parsed) -> Option<&'a str> {
    for (index, item) in items.iter().enumerate() {
        text = match item {
            PatternItem::Literal(literal) => text.strip_prefix(literal.as_str())?,
            PatternItem::Optional(section) => {
                let mut attempt = *parsed;
                match parse_items(section, text, &mut attempt) {
                    Some(rest) => {
                        *parsed = attempt;
                        rest
                    }
                    None => text,
                }
            }
            PatternItem::Field(letter, count) => {
                let reserved = adjacent_digits(&items[index + 1..]);
                parse_field(*letter, *count, reserved, text, parsed)?
            }
        };
    }
    Some(text)
}

/// Digits that directly following numeric fields of fixed width need, so that a field of variable width leaves them.
fn adjacent_digits(following: &[PatternItem]) -> usize {
    following
        .iter()
        .map_while(|item| match item {
            PatternItem::Field(letter, count)
                if "yuMdHhmsSkKD".contains(*letter) && !("ML".contains(*letter) && *count > 2) =>
            {
                Some(*count)
            }
            _ => None,
        })
        .sum()
}

/// Digits at the front: at least `min`, at most `max`, leaving `reserved` of the run for what follows.
fn digits(text: &str, min: usize, max: usize, reserved: usize) -> Option<(i64, &str)> {
    let run = text.bytes().take(max + reserved).take_while(u8::is_ascii_digit).count();
    let length = run.saturating_sub(reserved).clamp(min, max.max(min));
    if run < length || length == 0 {
        return None;
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}

fn parse_field<'a>(letter: char, count: usize, reserved: usize, text: &'a str, parsed: &mut Parsed) -> Option<&'a str> {
    match letter {
        'y' | 'u' => {
            let (year, rest) = parse_year(count, reserved, text)?;
            *(if letter == 'y' { &mut parsed.year_of_era } else { &mut parsed.year }) = Some(year);
            return Some(rest);
        }
        'M' | 'L' if count > 2 => {
            return parse_name(&MONTH_NAMES, count, text).map(|(index, rest)| {
                parsed.month = Some(index as u32 + 1);
                rest
            });
        }
        'E' => return parse_name(&DAY_NAMES, count.max(3), text).map(|(_, rest)| rest),
        'a' => {
            let half = text.get(..2)?;
            parsed.afternoon = Some(match half {
                "AM" => false,
                "PM" => true,
                _ => return None,
            });
            return Some(&text[2..]);
        }
        'G' => {
            let era = text.get(..2)?;
            parsed.before_era = match era {
                "AD" => false,
                "BC" => true,
                _ => return None,
            };
            return Some(&text[2..]);
        }
        'S' => {
            let (value, rest) = digits(text, count, count, 0)?;
            parsed.nanos = Some(if count <= 9 {
                value * 10i64.pow(9 - count as u32)
            } else {
                value / 10i64.pow(count as u32 - 9)
            });
            return Some(rest);
        }
        'X' | 'x' | 'Z' | 'O' | 'V' | 'z' => return parse_zone(text),
        _ => {}
    }
    // One letter takes as many digits as there are, several letters exactly as many.
    let (min, max) = match (letter, count) {
        (_, 1) => (1, 19),
        ('D', 2) => (2, 3),
        _ => (count, count),
    };
    let (value, rest) = digits(text, min, max, if min == max { 0 } else { reserved })?;
    let value = u32::try_from(value).ok()?;
    let slot = match letter {
        'M' | 'L' => (1..=12).contains(&value).then_some(&mut parsed.month)?,
        'd' => (1..=31).contains(&value).then_some(&mut parsed.day)?,
        'D' => (1..=366).contains(&value).then_some(&mut parsed.day_of_year)?,
        'H' => (value <= 24).then_some(&mut parsed.hour)?,
        'k' => (1..=24).contains(&value).then_some(&mut parsed.clock_hour)?,
        'h' => (1..=12).contains(&value).then_some(&mut parsed.half_hour)?,
        'K' => (value <= 11).then_some(&mut parsed.half_hour)?,
        'm' => (value <= 59).then_some(&mut parsed.minute)?,
        's' => (value <= 59).then_some(&mut parsed.second)?,
        'n' => {
            parsed.nanos = Some(i64::from(value));
            return Some(rest);
        }
        _ => return None,
    };
    *slot = Some(value);
    Some(rest)
}

fn parse_year(count: usize, reserved: usize, text: &str) -> Option<(i32, &str)> {
    if count == 2 {
        let (value, rest) = digits(text, 2, 2, 0)?;
        return Some((2_000 + i32::try_from(value).ok()?, rest));
    }
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (1, text),
    };
    // More digits than letters are only read behind a sign, or where nothing numeric follows.
    let max = if reserved > 0 { count.max(4) } else { 10 };
    let (value, rest) = digits(unsigned, count.min(4), max, reserved)?;
    if text.len() == unsigned.len() && count >= 4 && text.len() - rest.len() > count {
        return None;
    }
    Some((sign * i32::try_from(value).ok()?, rest))
}

fn parse_name<'a>(names: &[&str], count: usize, text: &'a str) -> Option<(usize, &'a str)> {
    names.iter().enumerate().find_map(|(index, name)| {
        let shown = if count == 3 { &name[..3] } else { name };
        text.strip_prefix(shown).map(|rest| (index, rest))
    })
}

fn parse_zone(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-:/_".contains(c))).unwrap_or(text.len());
    super::zone::Zone::parse(&text[..end]).ok().filter(|_| end > 0)?;
    Some(&text[end..])
}

impl Parsed {
    /// The date as days since 1970-01-01. A day up to 31 that the month does not have becomes its last day.
    pub(crate) fn date(&self) -> Option<i32> {
        let year = match (self.year, self.year_of_era) {
            (Some(year), _) => year,
            (None, Some(year)) => {
                if self.before_era {
                    1 - year
                } else {
                    year
                }
            }
            (None, None) => return None,
        };
        if !(-200_000..=200_000).contains(&year) {
            return None;
        }
        if let Some(day) = self.day_of_year {
            let length = 365 + u32::from(is_leap_year(year));
            return (day <= length).then(|| days_from_civil(year, 1, 1) + day as i32 - 1);
        }
        let (month, day) = (self.month?, self.day?);
        Some(days_from_civil(year, month, day.min(days_in_month(year, month))))
    }

    /// The time as nanoseconds of the day, and whether it is 24:00 of the day (which only a date-time can be).
    pub(crate) fn time(&self) -> Option<(i64, bool)> {
        let hour = match (self.hour, self.clock_hour, self.half_hour, self.afternoon) {
            (Some(hour), ..) => hour,
            (None, Some(hour), ..) => hour % 24,
            (None, None, Some(hour), Some(afternoon)) => hour % 12 + if afternoon { 12 } else { 0 },
            _ => return None,
        };
        let (minute, second, nanos) = (self.minute.unwrap_or(0), self.second.unwrap_or(0), self.nanos.unwrap_or(0));
        if self.minute.is_none() && (self.second.is_some() || self.nanos.is_some()) {
            return None;
        }
        if hour == 24 {
            return (minute == 0 && second == 0 && nanos == 0).then_some((0, true));
        }
        Some((i64::from(hour * 3_600 + minute * 60 + second) * 1_000_000_000 + nanos, false))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::date_time_pattern::parse_pattern;
    use super::*;

    fn date(pattern: &str, text: &str) -> Option<i32> {
        parse(&parse_pattern(pattern).unwrap(), text)?.date()
    }

    fn time(pattern: &str, text: &str) -> Option<(i64, bool)> {
        parse(&parse_pattern(pattern).unwrap(), text)?.time()
    }

    #[test]
    fn dates_resolve_with_tolerance_for_the_day() {
        let day = |y, m, d| Some(days_from_civil(y, m, d));
        for (pattern, text, expected) in [
            ("yyyy-MM-dd", "2021-02-30", day(2021, 2, 28)),
            ("yyyy-MM-dd", "2021-02-32", None),
            ("yyyy-MM-dd", "2021-2-3", None),
            ("yyyy-M-d", "2021-2-3", day(2021, 2, 3)),
            ("yyyyMMdd", "20210203", day(2021, 2, 3)),
            ("yy/MM/dd", "21/02/03", day(2021, 2, 3)),
            ("d MMM yyyy", "3 Feb 2021", day(2021, 2, 3)),
            ("EEEE, MMMM d, yyyy", "Wednesday, February 3, 2021", day(2021, 2, 3)),
            ("yyyy[-MM-dd][/MM/dd]", "2021/02/03", day(2021, 2, 3)),
            ("yyyy-DDD", "2021-034", day(2021, 2, 3)),
            ("yyyy-MM-dd", "2021-02-03x", None),
            ("yyyy-MM", "2021-02", None),
            ("yyyy-MM-dd", "", None),
        ] {
            assert_eq!(date(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn times_resolve_from_either_clock() {
        let at = |h: i64, m: i64, s: i64| Some(((h * 3_600 + m * 60 + s) * 1_000_000_000, false));
        for (pattern, text, expected) in [
            ("HH:mm", "10:15", at(10, 15, 0)),
            ("hh:mm a", "10:15 PM", at(22, 15, 0)),
            ("HHmmss", "101516", at(10, 15, 16)),
            ("HH:mm:ss.SSS", "10:15:16.250", Some((36_916_250_000_000, false))),
            ("HH:mm", "24:00", Some((0, true))),
            ("HH:mm", "24:01", None),
            ("HH:mm", "25:00", None),
            ("hh:mm", "10:15", None),
        ] {
            assert_eq!(time(pattern, text), expected, "{pattern} {text}");
        }
    }
}
