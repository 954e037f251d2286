//! Dates and times: clock, addition, difference, truncation.

use super::cells::{Longs, Texts, failed, primitive_column};
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::offset_time::{OffsetTime, has_offset, offset_time, offset_time_column};
use crate::compute::value::Value;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type, Time64NanosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType as ArrowType;
use millrace_batch::calendar::{
    MICROS_PER_DAY, NANOS_PER_DAY, civil_from_days, days_from_civil, days_in_month, split_micros,
};
use millrace_batch::{DataType, KernelError, Result};

use Parameter::{Long, Temporal, Text};

const fn clock(names: &'static [&'static str], result: DataType, evaluate: Evaluate, doc: &'static str) -> Function {
    Function {
        names,
        parameters: &[],
        required: 0,
        variadic: false,
        result: ResultType::Fixed(result),
        pure: false,
        evaluate,
        doc,
        example: ("", ""),
    }
}

type Evaluate = fn(&Call<'_>, &[Value]) -> Result<ArrayRef>;

/// Dates and times: clock, addition, difference, truncation.
pub(super) static FUNCTIONS: &[Function] = &[
    clock(&["CURRENT_DATE"], DataType::Date, current_date, "Today in the program's zone."),
    clock(&["CURRENT_TIME"], DataType::Time, current_time, "The time of day in the program's zone."),
    clock(
        &["CURRENT_TIMESTAMP", "NOW"],
        DataType::Timestamp,
        current_timestamp,
        "Date and time in the program's zone.",
    ),
    function!(
        ["DATEADD", "TIMESTAMPADD"],
        [Temporal, Long, Text],
        2,
        ResultType::SameAs(0),
        date_add,
        "Adds a number of units: YEAR, MONTH, WEEK, DAY (default), HOUR, MINUTE, SECOND, MILLISECOND. A unit that \
         the type does not have changes nothing; a time wraps at midnight.",
        ("DATEADD(CAST(20240229 AS DATE), 1, 'YEAR')", "2025-02-28")
    ),
    function!(
        ["DATEDIFF"],
        [Temporal, Temporal, Text],
        2,
        ResultType::Fixed(DataType::BigInt),
        date_diff,
        "Second minus first argument in whole units: YEAR and MONTH (parts of the period), WEEK, DAY (default, by \
         calendar date), DAYTIME, HOUR, MINUTE, SECOND, MILLISECOND. Null for date units of times.",
        ("DATEDIFF(CAST(20240101 AS DATE), CAST(20240131 AS DATE))", "30")
    ),
    function!(
        ["DATE_TRUNC"],
        [Temporal, Text],
        1,
        ResultType::Fixed(DataType::Timestamp),
        date_trunc,
        "Start of the YEAR, MONTH, DAY (default), HOUR, MINUTE or SECOND.",
        ("DATE_TRUNC(CAST(20240229 AS DATE), 'MONTH')", "2024-02-01T00:00")
    ),
];

/// A temporal value taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// Days since 1970-01-01; `None` for a time.
    pub(super) days: Option<i32>,
    /// Nanoseconds of the day; `None` for a date.
    pub(super) nanos: Option<i64>,
}

/// An argument of type DATE, TIME, TIMESTAMP or `TIMESTAMP_TZ`, of which the local time counts.
pub(super) struct Temporals<'a>(&'a Value);

impl<'a> Temporals<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        Self(value)
    }

    /// Minutes east of UTC, for a `TIMESTAMP_TZ` that is there.
    pub(super) fn offset_minutes(&self, row: usize) -> Option<i16> {
        let there = !self.0.is_null(row) && has_offset(self.0.array().data_type());
        there.then(|| offset_time(self.0.array().as_ref(), self.0.index(row)).offset_minutes)
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<Parts> {
        if self.0.is_null(row) {
            return None;
        }
        let (array, index) = (self.0.array(), self.0.index(row));
        Some(match array.data_type() {
            ArrowType::Date32 => Parts { days: Some(array.as_primitive::<Date32Type>().value(index)), nanos: None },
            ArrowType::Time64(_) => {
                Parts { days: None, nanos: Some(array.as_primitive::<Time64NanosecondType>().value(index)) }
            }
            ArrowType::Timestamp(_, _) => {
                let (days, nanos) = split_micros(array.as_primitive::<TimestampMicrosecondType>().value(index));
                Parts { days: Some(days), nanos: Some(nanos) }
            }
            other if has_offset(other) => {
                let (days, nanos) = split_micros(offset_time(array.as_ref(), index).local_micros());
                Parts { days: Some(days), nanos: Some(nanos) }
            }
            _ => return None,
        })
    }
}

fn current_date(call: &Call<'_>, _: &[Value]) -> Result<ArrayRef> {
    let (days, _) = split_micros(call.runtime.local_now_micros());
    primitive_column::<Date32Type>(call, |_| Ok(Some(days)))
}

fn current_time(call: &Call<'_>, _: &[Value]) -> Result<ArrayRef> {
    let (_, nanos) = split_micros(call.runtime.local_now_micros());
    primitive_column::<Time64NanosecondType>(call, |_| Ok(Some(nanos)))
}

fn current_timestamp(call: &Call<'_>, _: &[Value]) -> Result<ArrayRef> {
    let micros = call.runtime.local_now_micros();
    primitive_column::<TimestampMicrosecondType>(call, |_| Ok(Some(micros)))
}

/// A unit of addition or difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many months.
    Months(i64),
    /// So many days.
    Days(i64),
    /// Whole days of elapsed time.
    DayTime,
    /// So many microseconds.
    Micros(i64),
}

fn unit(name: &str, function: &str) -> Result<Unit> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "YEAR" => Unit::Months(12),
        "MONTH" => Unit::Months(1),
        "WEEK" => Unit::Days(7),
        "DAY" => Unit::Days(1),
        "DAYTIME" if function == "DATEDIFF" => Unit::DayTime,
        "HOUR" => Unit::Micros(3_600_000_000),
        "MINUTE" => Unit::Micros(60_000_000),
        "SECOND" => Unit::Micros(1_000_000),
        "MILLISECOND" => Unit::Micros(1_000),
        other => return Err(unknown_unit(other, function)),
    })
}

pub(super) fn unknown_unit(name: &str, function: &str) -> KernelError {
    failed(format!("Unsupported dateTimeField: {name} for function: {function}"))
}

fn out_of_range() -> KernelError {
    failed("the date is out of range")
}

/// Days with so many months added; a day that the month does not have becomes its last day.
fn add_months(days: i32, months: i64) -> Result<i32> {
    let (year, month, day) = civil_from_days(days);
    let total = (i64::from(year) * 12 + i64::from(month) - 1).checked_add(months).ok_or_else(out_of_range)?;
    let year = total.div_euclid(12);
    let year = i32::try_from(year).ok().filter(|year| year.abs() <= 5_000_000).ok_or_else(out_of_range)?;
    let month = total.rem_euclid(12) as u32 + 1;
    Ok(days_from_civil(year, month, day.min(days_in_month(year, month))))
}

fn add_days(days: i32, count: i64) -> Result<i32> {
    i64::from(days).checked_add(count).and_then(|days| i32::try_from(days).ok()).ok_or_else(out_of_range)
}

fn add_to_date(days: i32, count: i64, unit: Unit) -> Result<i32> {
    match unit {
        Unit::Months(months) => add_months(days, count.checked_mul(months).ok_or_else(out_of_range)?),
        Unit::Days(width) => add_days(days, count.checked_mul(width).ok_or_else(out_of_range)?),
        Unit::DayTime | Unit::Micros(_) => Ok(days),
    }
}

fn add_to_timestamp(micros: i64, count: i64, unit: Unit) -> Result<i64> {
    if let Unit::Micros(width) = unit {
        return count.checked_mul(width).and_then(|added| micros.checked_add(added)).ok_or_else(out_of_range);
    }
    let days = add_to_date(micros.div_euclid(MICROS_PER_DAY) as i32, count, unit)?;
    let start = i64::from(days).checked_mul(MICROS_PER_DAY).ok_or_else(out_of_range)?;
    start.checked_add(micros.rem_euclid(MICROS_PER_DAY)).ok_or_else(out_of_range)
}

fn add_to_time(nanos: i64, count: i64, unit: Unit) -> i64 {
    match unit {
        Unit::Micros(width) => {
            let added = i128::from(count) * i128::from(width) * 1_000;
            (i128::from(nanos) + added).rem_euclid(i128::from(NANOS_PER_DAY)) as i64
        }
        _ => nanos,
    }
}

fn date_add(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (value, counts) = (&arguments[0], Longs::new(&arguments[1]));
    let units = arguments.get(2).map(Texts::new);
    // Both are there, or the result is null.
    let amount = |row: usize| -> Result<Option<(usize, i64, Unit)>> {
        let name = units.as_ref().map_or(Some("DAY"), |units| units.get(row)).unwrap_or("DAY");
        match counts.get(row) {
            Some(count) if !value.is_null(row) => Ok(Some((value.index(row), count, unit(name, "DATEADD")?))),
            _ => Ok(None),
        }
    };
    let array = value.array();
    match array.data_type() {
        ArrowType::Date32 => primitive_column::<Date32Type>(call, |row| {
            let Some((index, count, unit)) = amount(row)? else { return Ok(None) };
            add_to_date(array.as_primitive::<Date32Type>().value(index), count, unit).map(Some)
        }),
        ArrowType::Time64(_) => primitive_column::<Time64NanosecondType>(call, |row| {
            let Some((index, count, unit)) = amount(row)? else { return Ok(None) };
            Ok(Some(add_to_time(array.as_primitive::<Time64NanosecondType>().value(index), count, unit)))
        }),
        other if has_offset(other) => {
            let mut values = Vec::with_capacity(call.rows);
            for row in 0..call.rows {
                let moved = amount(row).and_then(|amount| {
                    let Some((index, count, unit)) = amount else { return Ok(None) };
                    let start = offset_time(array.as_ref(), index);
                    // The calendar of the offset counts, and the offset stays.
                    let local = add_to_timestamp(start.local_micros(), count, unit)?;
                    let moved = local.checked_sub(start.local_micros());
                    let instant_micros = moved.and_then(|by| start.instant_micros.checked_add(by));
                    Ok(Some(OffsetTime { instant_micros: instant_micros.ok_or_else(out_of_range)?, ..start }))
                });
                values.push(moved.map_err(|error: KernelError| error.at_row(row))?);
            }
            Ok(offset_time_column(&values))
        }
        _ => primitive_column::<TimestampMicrosecondType>(call, |row| {
            let Some((index, count, unit)) = amount(row)? else { return Ok(None) };
            add_to_timestamp(array.as_primitive::<TimestampMicrosecondType>().value(index), count, unit).map(Some)
        }),
    }
}

/// Whole months from one date to another, toward zero.
fn months_between(from: i32, to: i32) -> i64 {
    let ((y1, m1, d1), (y2, m2, d2)) = (civil_from_days(from), civil_from_days(to));
    let months = i64::from(y2 - y1) * 12 + i64::from(m2) - i64::from(m1);
    if months > 0 && d2 < d1 {
        months - 1
    } else if months < 0 && d2 > d1 {
        months + 1
    } else {
        months
    }
}

fn date_diff(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (from, to) = (Temporals::new(&arguments[0]), Temporals::new(&arguments[1]));
    let units = arguments.get(2).map(Texts::new);
    primitive_column::<Int64Type>(call, |row| {
        let (Some(from), Some(to)) = (from.get(row), to.get(row)) else { return Ok(None) };
        let unit = unit(units.as_ref().and_then(|units| units.get(row)).unwrap_or("DAY"), "DATEDIFF")?;
        Ok(difference(from, to, unit))
    })
}

fn difference(from: Parts, to: Parts, unit: Unit) -> Option<i64> {
    let micros = |parts: Parts| {
        i128::from(parts.days.unwrap_or(0)) * i128::from(MICROS_PER_DAY) + i128::from(parts.nanos.unwrap_or(0) / 1_000)
    };
    // Times have no date, so only units of a day or less have a meaning for them.
    let dates = from.days.zip(to.days);
    let is_period = matches!(unit, Unit::Months(_) | Unit::Days(_) | Unit::DayTime);
    if dates.is_none() && (is_period || from.days.is_some() || to.days.is_some()) {
        return None;
    }
    let (first, second) = dates.unwrap_or((0, 0));
    let elapsed = micros(to) - micros(from);
    Some(match unit {
        Unit::Months(12) => months_between(first, second) / 12,
        Unit::Months(_) => months_between(first, second) % 12,
        Unit::Days(width) => (i64::from(second) - i64::from(first)) / width,
        Unit::DayTime => (elapsed / i128::from(MICROS_PER_DAY)) as i64,
        Unit::Micros(width) => (elapsed / i128::from(width)) as i64,
    })
}

fn date_trunc(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let values = Temporals::new(&arguments[0]);
    let units = arguments.get(1).map(Texts::new);
    primitive_column::<TimestampMicrosecondType>(call, |row| {
        let Some(parts) = values.get(row) else { return Ok(None) };
        let days = parts.days.ok_or_else(|| failed("a time cannot be truncated to a TIMESTAMP"))?;
        let micros = parts.nanos.unwrap_or(0) / 1_000;
        let name = units.as_ref().and_then(|units| units.get(row)).unwrap_or("DAY").to_ascii_uppercase();
        let (year, month, _) = civil_from_days(days);
        let (days, micros) = match name.as_str() {
            "YEAR" => (days_from_civil(year, 1, 1), 0),
            "MONTH" => (days_from_civil(year, month, 1), 0),
            "DAY" => (days, 0),
            "HOUR" => (days, micros - micros % 3_600_000_000),
            "MINUTE" => (days, micros - micros % 60_000_000),
            "SECOND" => (days, micros - micros % 1_000_000),
            other => return Err(unknown_unit(other, "DATE_TRUNC")),
        };
        i64::from(days)
            .checked_mul(MICROS_PER_DAY)
            .and_then(|start| start.checked_add(micros))
            .map(Some)
            .ok_or_else(out_of_range)
    })
}
