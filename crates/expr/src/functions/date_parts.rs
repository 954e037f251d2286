//! Dates and times: single fields.

use super::cells::{Texts, failed, primitive_column, text_column};
use super::date_arithmetic::{Parts, Temporals, unknown_unit};
use super::{Argument, Call, Function, Parameter, ResultType, function};
use crate::compute::value::Value;
use crate::java::date_time_pattern::{DAY_NAMES, MONTH_NAMES};
use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type};
use millrace_batch::calendar::{civil_from_days, days_from_civil};
use millrace_batch::{DataType, Result};

use Parameter::{Temporal, Text};

const INT: ResultType = ResultType::Fixed(DataType::Int);
const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Dates and times: single fields.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["YEAR"],
        [Temporal],
        1,
        INT,
        year,
        "The year. Fails for a TIME.",
        ("YEAR(CAST(20240229 AS DATE))", "2024")
    ),
    function!(
        ["QUARTER"],
        [Temporal],
        1,
        INT,
        quarter,
        "1 to 4. Fails for a TIME.",
        ("QUARTER(CAST(20240229 AS DATE))", "1")
    ),
    function!(
        ["MONTH"],
        [Temporal],
        1,
        INT,
        month,
        "1 to 12. Fails for a TIME.",
        ("MONTH(CAST(20240229 AS DATE))", "2")
    ),
    function!(
        ["WEEK"],
        [Temporal],
        1,
        INT,
        week,
        "The ISO week of the calendar year (0 to 53) plus one. Fails for a TIME.",
        ("WEEK(CAST(20210104 AS DATE))", "2")
    ),
    function!(
        ["DAY_OF_MONTH"],
        [Temporal],
        1,
        INT,
        day_of_month,
        "1 to 31. Fails for a TIME.",
        ("DAY_OF_MONTH(CAST(20240229 AS DATE))", "29")
    ),
    function!(
        ["DAY_OF_WEEK"],
        [Temporal],
        1,
        INT,
        day_of_week,
        "Monday is 1, Sunday is 7. Fails for a TIME.",
        ("DAY_OF_WEEK(CAST(20240229 AS DATE))", "4")
    ),
    function!(
        ["DAY_OF_YEAR"],
        [Temporal],
        1,
        INT,
        day_of_year,
        "1 to 366. Fails for a TIME.",
        ("DAY_OF_YEAR(CAST(20240229 AS DATE))", "60")
    ),
    function!(
        ["DAYNAME"],
        [Temporal],
        1,
        STRING,
        day_name,
        "The English name of the day. Fails for a TIME.",
        ("DAYNAME(CAST(20240229 AS DATE))", "Thursday")
    ),
    function!(
        ["MONTHNAME"],
        [Temporal],
        1,
        STRING,
        month_name,
        "The English name of the month. Fails for a TIME.",
        ("MONTHNAME(CAST(20240229 AS DATE))", "February")
    ),
    function!(["HOUR"], [Temporal], 1, INT, hour, "0 to 23. Fails for a DATE.", ("HOUR(CAST(101516 AS TIME))", "10")),
    function!(
        ["MINUTE"],
        [Temporal],
        1,
        INT,
        minute,
        "0 to 59. Fails for a DATE.",
        ("MINUTE(CAST(101516 AS TIME))", "15")
    ),
    function!(
        ["SECOND"],
        [Temporal],
        1,
        INT,
        second,
        "0 to 59. Fails for a DATE.",
        ("SECOND(CAST(101516 AS TIME))", "16")
    ),
    function!(
        ["EXTRACT"],
        [Text, Temporal],
        2,
        ResultType::Rule(extracted_type),
        extract,
        "A field of a date or time: YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND (0 to 999), MILLISECONDS and \
         MICROSECONDS (of the minute's second and its fraction), QUARTER, WEEK (ISO, of the calendar year), ISOYEAR, \
         DECADE, CENTURY, MILLENNIUM, DAYOFWEEK and ISODOW (Monday is 1), DOW (Sunday is 0), DAYOFYEAR and DOY, EPOCH (a \
         BIGINT: seconds since 1970, a local time read as UTC). Null for a field that the type does not have.",
        ("EXTRACT(DAYOFWEEK FROM CAST(20240315 AS DATE))", "5")
    ),
];

type Field = fn(Parts) -> Option<i32>;

fn year_of(parts: Parts) -> Option<i32> {
    parts.days.map(|days| civil_from_days(days).0)
}

fn month_of(parts: Parts) -> Option<i32> {
    parts.days.map(|days| civil_from_days(days).1 as i32)
}

fn quarter_of(parts: Parts) -> Option<i32> {
    month_of(parts).map(|month| (month - 1) / 3 + 1)
}

fn day_of(parts: Parts) -> Option<i32> {
    parts.days.map(|days| civil_from_days(days).2 as i32)
}

fn weekday_of(parts: Parts) -> Option<i32> {
    parts.days.map(|days| (i64::from(days) + 3).rem_euclid(7) as i32 + 1)
}

fn year_day_of(parts: Parts) -> Option<i32> {
    parts.days.map(|days| days.wrapping_sub(days_from_civil(civil_from_days(days).0, 1, 1)) + 1)
}

/// # Source
/// `WeekFields.ISO.weekOfYear()`: weeks begin on Monday, the first one has at least four days in the year; plus one.
fn week_of(parts: Parts) -> Option<i32> {
    let (weekday, year_day) = (weekday_of(parts)?, year_day_of(parts)?);
    let week_start = (year_day - weekday).rem_euclid(7);
    let offset = if week_start + 1 > 4 { 7 - week_start } else { -week_start };
    Some((7 + offset + year_day - 1) / 7 + 1)
}

fn seconds_of(parts: Parts) -> Option<i32> {
    parts.nanos.map(|nanos| (nanos / 1_000_000_000) as i32)
}

fn hour_of(parts: Parts) -> Option<i32> {
    seconds_of(parts).map(|seconds| seconds / 3_600)
}

fn minute_of(parts: Parts) -> Option<i32> {
    seconds_of(parts).map(|seconds| seconds / 60 % 60)
}

fn second_of(parts: Parts) -> Option<i32> {
    seconds_of(parts).map(|seconds| seconds % 60)
}

fn millisecond_of(parts: Parts) -> Option<i32> {
    parts.nanos.map(|nanos| (nanos / 1_000_000 % 1_000) as i32)
}

/// The field of every row; a value that does not have it fails.
fn required(call: &Call<'_>, arguments: &[Value], name: &str, field: Field) -> Result<ArrayRef> {
    let values = Temporals::new(&arguments[0]);
    primitive_column::<Int32Type>(call, |row| {
        let Some(parts) = values.get(row) else { return Ok(None) };
        let what = if parts.days.is_none() { "TIME" } else { "DATE" };
        field(parts).map(Some).ok_or_else(|| failed(format!("a {what} has no {name}")))
    })
}

/// One function of a field per line.
macro_rules! field_functions {
    ($($function:ident => $name:literal, $field:expr;)*) => {$(
        fn $function(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
            required(call, arguments, $name, $field)
        }
    )*};
}

field_functions! {
    year => "year", year_of;
    quarter => "quarter", quarter_of;
    month => "month", month_of;
    week => "week", week_of;
    day_of_month => "day", day_of;
    day_of_week => "day of the week", weekday_of;
    day_of_year => "day of the year", year_day_of;
    hour => "hour", hour_of;
    minute => "minute", minute_of;
    second => "second", second_of;
}

fn named(call: &Call<'_>, arguments: &[Value], names: &[&str], field: Field) -> Result<ArrayRef> {
    let values = Temporals::new(&arguments[0]);
    text_column(call, |row, out| {
        let Some(parts) = values.get(row) else { return Ok(false) };
        let index = field(parts).ok_or_else(|| failed("a TIME has no day and no month"))?;
        out.push_str(names[index as usize - 1]);
        Ok(true)
    })
}

fn day_name(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    named(call, arguments, &DAY_NAMES, weekday_of)
}

fn month_name(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    named(call, arguments, &MONTH_NAMES, month_of)
}

/// The ISO year: that of the Thursday in the same week.
fn iso_year_of(parts: Parts) -> Option<i32> {
    let (days, weekday) = (parts.days?, weekday_of(parts)?);
    Some(civil_from_days(days.saturating_add(4 - weekday)).0)
}

/// Spans of so many years, counted from year 1.
fn span_of(year: i32, width: i32) -> i32 {
    if year > 0 { (year - 1) / width + 1 } else { year / width }
}

/// # Source
/// SeaTunnel `DateTimeFunction.extract`; MILLISECOND and DAYOFWEEK as in 2.3.9, the fields that came later as they came.
fn field_of(name: &str) -> Option<Field> {
    Some(match name {
        "YEAR" => year_of,
        "MONTH" => month_of,
        "DAY" => day_of,
        "HOUR" => hour_of,
        "MINUTE" => minute_of,
        "SECOND" => second_of,
        "MILLISECOND" => millisecond_of,
        "MILLISECONDS" => |parts| Some((parts.nanos? / 1_000_000 % 60_000) as i32),
        "MICROSECOND" | "MICROSECONDS" => |parts| Some((parts.nanos? / 1_000 % 60_000_000) as i32),
        "QUARTER" => quarter_of,
        "WEEK" => |parts| week_of(parts).map(|week| week - 1),
        "ISOYEAR" => iso_year_of,
        "DECADE" => |parts| year_of(parts).map(|year| year / 10),
        "CENTURY" => |parts| year_of(parts).map(|year| span_of(year, 100)),
        "MILLENNIUM" => |parts| year_of(parts).map(|year| span_of(year, 1_000)),
        "DAYOFWEEK" | "ISODOW" => weekday_of,
        "DOW" => |parts| weekday_of(parts).map(|weekday| weekday % 7),
        "DAYOFYEAR" | "DOY" => year_day_of,
        _ => return None,
    })
}

const EPOCH: &str = "EPOCH";

/// The name of the field, in capitals. The grammar gives it as a constant.
fn field_name(value: Option<&Value>) -> String {
    value.and_then(|value| Texts::new(value).get(0)).unwrap_or_default().to_ascii_uppercase()
}

#[allow(clippy::unnecessary_wraps)] // The shape of every type rule.
fn extracted_type(arguments: &[Argument]) -> Result<DataType> {
    Ok(if field_name(arguments[0].constant.as_ref()) == EPOCH { DataType::BigInt } else { DataType::Int })
}

fn extract(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (name, values) = (field_name(arguments.first()), Temporals::new(&arguments[1]));
    if name == EPOCH {
        return primitive_column::<Int64Type>(call, |row| {
            let Some((days, nanos)) = values.get(row).and_then(|parts| Some((parts.days?, parts.nanos.unwrap_or(0))))
            else {
                return Ok(None);
            };
            let offset = i64::from(values.offset_minutes(row).unwrap_or(0)) * 60;
            Ok(Some(i64::from(days) * 86_400 + nanos / 1_000_000_000 - offset))
        });
    }
    let field = field_of(&name);
    primitive_column::<Int32Type>(call, |row| {
        let Some(parts) = values.get(row) else { return Ok(None) };
        Ok(field.ok_or_else(|| unknown_unit(&name, "EXTRACT"))?(parts))
    })
}
