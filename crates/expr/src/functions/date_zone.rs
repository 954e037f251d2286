//! Dates and times: zones.

use super::cells::{Texts, failed};
use super::date_arithmetic::Temporals;
use super::{Call, Function, Parameter, ResultType, function};
use crate::compute::offset_time::{OffsetTime, has_offset, offset_time, offset_time_column};
use crate::compute::value::Value;
use crate::java::zone::Zone;
use arrow_array::ArrayRef;
use millrace_batch::calendar::MICROS_PER_DAY;
use millrace_batch::{DataType, KernelError, Result};

use Parameter::{Temporal, Text};

/// Dates and times: zones.
pub(super) static FUNCTIONS: &[Function] = &[function!(
    ["AT TIME ZONE"],
    [Temporal, Text],
    2,
    ResultType::Fixed(DataType::TimestampTz),
    at_time_zone,
    "A TIMESTAMP (or the midnight of a DATE) as the instant at which clocks of the zone show it; a TIMESTAMP_TZ as the \
     same instant with the offset of the zone. Fails for a TIME and for a zone that is not known.",
    ("TIMESTAMP '2024-07-01 10:15:00' AT TIME ZONE 'Europe/Berlin'", "2024-07-01T10:15+02:00")
)];

fn at_time_zone(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let (value, temporals, zones) = (&arguments[0], Temporals::new(&arguments[0]), Texts::new(&arguments[1]));
    let mut last: Option<(&str, Zone)> = None;
    let mut convert = |row: usize| -> Result<Option<OffsetTime>> {
        let (Some(parts), Some(name)) = (temporals.get(row), zones.get(row)) else { return Ok(None) };
        let zone = match last {
            Some((known, zone)) if known == name => zone,
            _ => Zone::parse(name).map_err(|error| failed(error.message))?,
        };
        last = Some((name, zone));
        if has_offset(value.array().data_type()) {
            let instant_micros = offset_time(value.array().as_ref(), value.index(row)).instant_micros;
            return Ok(Some(OffsetTime::in_zone(zone, instant_micros)));
        }
        let days = parts.days.ok_or_else(|| failed("a TIME has no day, so it has no zone"))?;
        let start = i64::from(days).checked_mul(MICROS_PER_DAY).ok_or_else(|| failed("the date is out of range"))?;
        Ok(Some(OffsetTime::in_zone(zone, zone.to_instant_micros(start + parts.nanos.unwrap_or(0) / 1_000))))
    };
    let mut values = Vec::with_capacity(call.rows);
    for row in 0..call.rows {
        values.push(convert(row).map_err(|error: KernelError| error.at_row(row))?);
    }
    Ok(offset_time_column(&values))
}
