//! Dates and times to text and back.

use super::cells::{Longs, Texts, boolean_column, failed, primitive_column, text_column};
use super::date_arithmetic::Temporals;
use super::{Argument, Call, Function, Parameter, ResultType, function};
use crate::compute::offset_time::has_offset;
use crate::compute::value::Value;
use crate::java::date_time_format::{Moment, format};
use crate::java::date_time_parse::{Parsed, parse};
use crate::java::date_time_pattern::{PatternItem, parse_pattern};
use crate::java::text_form::push_cell;
use crate::java::zone::Zone;
use arrow_array::types::{Date32Type, Time64NanosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;
use millrace_batch::calendar::MICROS_PER_DAY;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};

use Parameter::{Any, Long, Temporal, Text};

const STRING: ResultType = ResultType::Fixed(DataType::String);

/// Dates and times to text and back.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["FORMATDATETIME"],
        [Temporal, Text],
        2,
        STRING,
        format_date_time,
        "Prints by a Java pattern, with English names.",
        ("FORMATDATETIME(CAST(20240315 AS DATE), 'EEE, d MMM yyyy')", "Fri, 15 Mar 2024")
    ),
    function!(
        ["PARSEDATETIME", "TO_DATE"],
        [Text, Text],
        2,
        ResultType::Rule(parsed_type),
        parse_date_time,
        "Reads by a constant Java pattern: a TIMESTAMP when the pattern has `yy` and `mm`, a DATE with `yy` only, a \
         TIME with `mm` only. A day up to 31 that the month does not have becomes its last day.",
        ("PARSEDATETIME('2021-02-30', 'yyyy-MM-dd')", "2021-02-28")
    ),
    function!(
        ["IS_DATE"],
        [Text, Text],
        2,
        ResultType::Fixed(DataType::Boolean),
        is_date,
        "Whether PARSEDATETIME would read it; true for null.",
        ("IS_DATE('2021-13-01', 'yyyy-MM-dd')", "false")
    ),
    function!(
        ["FROM_UNIXTIME"],
        [Long, Text, Text],
        2,
        STRING,
        from_unix_time,
        "Seconds since 1970 printed by a Java pattern, in a zone (the program's by default).",
        ("FROM_UNIXTIME(1700000000, 'yyyy-MM-dd HH:mm:ss', 'UTC+8')", "2023-11-15 06:13:20")
    ),
    function!(
        ["TO_CHAR"],
        [Any, Text],
        1,
        STRING,
        to_char,
        "A date or time by a Java pattern; anything else, or without a pattern, as Java text.",
        ("TO_CHAR(CAST(20240315 AS DATE), 'yyyy/MM/dd')", "2024/03/15")
    ),
];

/// Patterns of a column; the last one stays parsed.
struct Patterns<'a> {
    texts: Texts<'a>,
    last: Option<(&'a str, Vec<PatternItem>)>,
}

impl<'a> Patterns<'a> {
    fn new(value: &'a Value) -> Self {
        Self { texts: Texts::new(value), last: None }
    }

    fn get(&mut self, row: usize) -> Result<Option<(&'a str, &[PatternItem])>> {
        let Some(text) = self.texts.get(row) else { return Ok(None) };
        if self.last.as_ref().is_none_or(|(known, _)| *known != text) {
            self.last = Some((text, parse_pattern(text)?));
        }
        Ok(self.last.as_ref().map(|(text, items)| (*text, items.as_slice())))
    }
}

fn moment(values: &Temporals<'_>, row: usize) -> Option<Moment> {
    let parts = values.get(row)?;
    Some(match (parts.days, parts.nanos) {
        (Some(days), Some(nanos)) => Moment {
            nanos_of_day: Some(nanos),
            offset_seconds: values.offset_minutes(row).map(|minutes| i32::from(minutes) * 60),
            ..Moment::of_date(days)
        },
        (Some(days), None) => Moment::of_date(days),
        (None, nanos) => Moment::of_time(nanos.unwrap_or(0)),
    })
}

fn format_date_time(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (values, mut patterns) = (Temporals::new(&arguments[0]), Patterns::new(&arguments[1]));
    text_column(call, |row, out| {
        let Some(moment) = moment(&values, row) else { return Ok(false) };
        let Some((_, items)) = patterns.get(row)? else { return Ok(false) };
        format(items, &moment, out)?;
        Ok(true)
    })
}

fn to_char(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let value = &arguments[0];
    let temporal = match value.array().data_type() {
        ArrowType::Date32 | ArrowType::Time64(_) | ArrowType::Timestamp(_, _) => true,
        other => has_offset(other),
    };
    if temporal && arguments.len() > 1 {
        return format_date_time(call, arguments);
    }
    text_column(call, |row, out| {
        if value.is_null(row) {
            return Ok(false);
        }
        push_cell(value.array().as_ref(), value.index(row), out)?;
        Ok(true)
    })
}

fn from_unix_time(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (seconds, mut patterns) = (Longs::new(&arguments[0]), Patterns::new(&arguments[1]));
    let zones = arguments.get(2).map(Texts::new);
    let mut last: Option<(&str, Zone)> = None;
    text_column(call, |row, out| {
        let Some(seconds) = seconds.get(row) else { return Ok(false) };
        let Some((_, items)) = patterns.get(row)? else { return Ok(false) };
        let zone = match zones.as_ref().and_then(|zones| zones.get(row)) {
            None => call.runtime.zone,
            Some(name) => match last {
                Some((known, zone)) if known == name => zone,
                _ => {
                    let zone = Zone::parse(name).map_err(|error| failed(error.message))?;
                    last = Some((name, zone));
                    zone
                }
            },
        };
        format(items, &Moment::of_epoch_seconds(seconds, zone.offset_seconds(seconds)), out)?;
        Ok(true)
    })
}

/// What a pattern reads, told from its text.
fn pattern_type(pattern: &str) -> Option<DataType> {
    match (pattern.contains("yy"), pattern.contains("mm")) {
        (true, true) => Some(DataType::Timestamp),
        (true, false) => Some(DataType::Date),
        (false, true) => Some(DataType::Time),
        (false, false) => None,
    }
}

fn parsed_type(arguments: &[Argument]) -> Result<DataType> {
    let invalid = |message: String| KernelError::new(ErrorCode::SqlInvalid, message);
    let pattern = arguments[1]
        .constant
        .as_ref()
        .ok_or_else(|| invalid("the pattern of PARSEDATETIME must be a constant, for it decides the type".into()))?;
    let pattern = Texts::new(pattern).get(0).unwrap_or_default();
    pattern_type(pattern).ok_or_else(|| invalid(format!("the pattern '{pattern}' has neither 'yy' nor 'mm'")))
}

/// Days and microseconds of the day, as far as the type has them.
fn resolve(parsed: &Parsed, data_type: &DataType) -> Option<i64> {
    match data_type {
        DataType::Date => parsed.date().map(i64::from),
        DataType::Time => parsed.time().filter(|(_, midnight)| !midnight).map(|(nanos, _)| nanos),
        _ => {
            let (days, (nanos, midnight)) = (parsed.date()?, parsed.time()?);
            Some((i64::from(days) + i64::from(midnight)) * MICROS_PER_DAY + nanos / 1_000)
        }
    }
}

fn parse_date_time(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, mut patterns) = (Texts::new(&arguments[0]), Patterns::new(&arguments[1]));
    let mut value = |row: usize| -> Result<Option<i64>> {
        let Some(text) = texts.get(row) else { return Ok(None) };
        let Some((pattern, items)) = patterns.get(row)? else { return Ok(None) };
        let value = parse(items, text).and_then(|parsed| resolve(&parsed, call.result));
        value.map(Some).ok_or_else(|| failed(format!("the text '{text}' could not be read by the pattern '{pattern}'")))
    };
    match call.result {
        DataType::Date => primitive_column::<Date32Type>(call, |row| Ok(value(row)?.map(|days| days as i32))),
        DataType::Time => primitive_column::<Time64NanosecondType>(call, value),
        _ => primitive_column::<TimestampMicrosecondType>(call, value),
    }
}

fn is_date(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (texts, mut patterns) = (Texts::new(&arguments[0]), Patterns::new(&arguments[1]));
    boolean_column(call, |row| {
        let Some(text) = texts.get(row) else { return Ok(Some(true)) };
        let readable = match patterns.get(row) {
            Ok(Some((pattern, items))) => {
                pattern_type(pattern).and_then(|data_type| resolve(&parse(items, text)?, &data_type)).is_some()
            }
            Ok(None) | Err(_) => false,
        };
        Ok(Some(readable))
    })
}
