//! Dates and times: single fields.

use super::cells::{Texts, failed, primitive_column, text_column};
use super::date_arithmetic::{Parts, Temporals, unknown_unit};
use super::{Call, Function, Parameter, ResultType, function};
use crate::eval::value::Value;
use crate::java::date_time_pattern::{DAY_NAMES, MONTH_NAMES};
use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;
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
        INT,
        extract,
        "Written EXTRACT(field FROM x): YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, DAYOFWEEK (Monday is \
         1), DAYOFYEAR. Null for a field that the type does not have.",
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
    quarter => "quarter", |parts| month_of(parts).map(|month| (month - 1) / 3 + 1);
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

fn extract(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (fields, values) = (Texts::new(&arguments[0]), Temporals::new(&arguments[1]));
    primitive_column::<Int32Type>(call, |row| {
        let (Some(name), Some(parts)) = (fields.get(row), values.get(row)) else { return Ok(None) };
        let field: Field = match name.to_ascii_uppercase().as_str() {
            "YEAR" => year_of,
            "MONTH" => month_of,
            "DAY" => day_of,
            "HOUR" => hour_of,
            "MINUTE" => minute_of,
            "SECOND" => second_of,
            "MILLISECOND" => millisecond_of,
            "DAYOFWEEK" => weekday_of,
            "DAYOFYEAR" => year_day_of,
            other => return Err(unknown_unit(other, "EXTRACT")),
        };
        Ok(field(parts))
    })
}
