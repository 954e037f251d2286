//! Values that stand for others: numbers for dates and times, base64 text for decimals.

use super::super::column::{Column, Values};
use crate::avro::big_endian;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use millrace_batch::json_text::Lexer;
use millrace_batch::json_text::Scalar;
use millrace_batch::parse;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
const NANOS_PER_DAY: i64 = MICROS_PER_DAY * 1_000;

impl Column {
    /// Appends the value of a scalar of a change event, without counting it.
    ///
    /// # Source
    /// SeaTunnel `DebeziumRowConverter`: days for a date; for a time milliseconds where the number has 32 bits, else microseconds
    /// within a day, else nanoseconds; for a timestamp the unit that the number of digits suggests.
    pub(in super::super) fn convert_logical(
        &mut self,
        scalar: &Scalar<'_>,
        lexer: &Lexer<'_>,
        start: usize,
    ) -> Option<()> {
        match (&mut self.values, scalar) {
            (Values::Boolean(values), Scalar::Integer(text)) => values.push(parse::parse_i64(text)? != 0),
            (Values::Date(values), Scalar::Integer(text)) => values.push(parse::parse_i64(text)?.try_into().ok()?),
            (Values::Time(values), Scalar::Integer(text)) => values.push(time_nanos(parse::parse_i64(text)?)?),
            (Values::Timestamp(values), Scalar::Integer(text)) => {
                values.push(timestamp_micros(parse::parse_i64(text)?, text.len())?);
            }
            (Values::Decimal { values, precision, scale }, Scalar::Text(text)) => {
                let (unscaled, from_scale) = match parse::parse_decimal(text) {
                    // Digits alone may be either: a decimal's bytes are what Debezium writes by default.
                    Some(plain) if !is_base64(text) => plain,
                    _ => (big_endian(&STANDARD.decode(&**text).ok()?)?, i32::from(*scale)),
                };
                values.push(parse::rescale_half_up(unscaled, from_scale, *precision, *scale)?);
            }
            (Values::Decimal { values, precision, scale }, Scalar::Container) => {
                let (unscaled, from_scale) = variable_scale(&lexer.bytes[start..lexer.at])?;
                values.push(parse::rescale_half_up(unscaled, from_scale, *precision, *scale)?);
            }
            _ => return self.convert(scalar),
        }
        Some(())
    }
}

/// Whether text could be the bytes of a decimal: whole groups of four of base64's characters.
fn is_base64(text: &[u8]) -> bool {
    text.len().is_multiple_of(4) && STANDARD.decode(text).is_ok()
}

/// `{"scale": 2, "value": "base64"}`.
fn variable_scale(text: &[u8]) -> Option<(i128, i32)> {
    let value: serde_json::Value = serde_json::from_slice(text).ok()?;
    let scale = i32::try_from(value.get("scale")?.as_i64()?).ok()?;
    let bytes = STANDARD.decode(value.get("value")?.as_str()?).ok()?;
    Some((big_endian(&bytes)?, scale))
}

fn time_nanos(value: i64) -> Option<i64> {
    let nanos = if i32::try_from(value).is_ok() {
        value.checked_mul(1_000_000)?
    } else if (0..MICROS_PER_DAY).contains(&value) {
        value * 1_000
    } else {
        value
    };
    (0..NANOS_PER_DAY).contains(&nanos).then_some(nanos)
}

/// The sign counts as a digit, as it does in the text that the original measures.
fn timestamp_micros(value: i64, digits: usize) -> Option<i64> {
    match digits {
        0..=10 => value.checked_mul(MICROS_PER_SECOND),
        11..=13 => value.checked_mul(1_000),
        14..=16 => Some(value),
        _ => Some(value.div_euclid(1_000)),
    }
}
