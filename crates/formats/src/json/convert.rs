//! Scalars to values of a column's type, the careful way.

use super::column::{Column, Values};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use millrace_batch::ErrorCode;
use millrace_batch::json_text::{Fault, Lexer};
use millrace_batch::json_text::{Scalar, double};
use millrace_batch::parse;
use millrace_batch::schema::DataType;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

impl Column {
    /// Converts a scalar that stands between `start` and the lexer's position.
    pub(super) fn push_scalar(
        &mut self,
        scalar: &Scalar<'_>,
        lexer: &mut Lexer<'_>,
        start: usize,
    ) -> Result<(), Fault> {
        if let (
            Values::Date(_) | Values::Time(_) | Values::Timestamp(_) | Values::TimestampTz { .. },
            Scalar::Text(text),
        ) = (&self.values, scalar)
            && text.is_empty()
        {
            self.push_null();
            return Ok(());
        }
        let converted = if lexer.logical { self.convert_logical(scalar, lexer, start) } else { self.convert(scalar) };
        if converted.is_none() {
            let code = match self.data_type {
                DataType::Date => ErrorCode::DateUnsupported,
                DataType::Timestamp | DataType::TimestampTz => ErrorCode::DateTimeUnsupported,
                _ => ErrorCode::ValueMalformed,
            };
            return Err(lexer.value_fault(code, start, &self.data_type));
        }
        self.rows += 1;
        Ok(())
    }

    /// Appends the value of a scalar, without counting it.
    pub(super) fn convert(&mut self, scalar: &Scalar<'_>) -> Option<()> {
        match &mut self.values {
            Values::Boolean(values) => {
                let text = scalar.as_text().unwrap_or_default();
                values.push(trim(&text).eq_ignore_ascii_case(b"true"));
            }
            Values::Int8(values) => values.push(integer(scalar)?),
            Values::Int16(values) => values.push(integer(scalar)?),
            Values::Int32(values) => values.push(integer(scalar)?),
            Values::Int64(values) => values.push(integer(scalar)?),
            Values::Float32(values) => values.push(match scalar {
                Scalar::Text(text) => parse::parse_f32(trim(text))?,
                Scalar::Integer(text) | Scalar::Decimal(text) => parse::parse_f32(text)?,
                _ => return None,
            }),
            Values::Float64(values) => values.push(match scalar {
                Scalar::Text(text) => parse::parse_f64(trim(text))?,
                Scalar::Integer(text) | Scalar::Decimal(text) => double(text),
                _ => return None,
            }),
            Values::Decimal { values, precision, scale } => {
                let text = match scalar {
                    Scalar::Text(text) => text,
                    Scalar::Integer(text) | Scalar::Decimal(text) => *text,
                    _ => return None,
                };
                let (unscaled, from_scale) = parse::parse_decimal(text)?;
                values.push(parse::rescale_half_up(unscaled, from_scale, *precision, *scale)?);
            }
            Values::Date(values) => values.push(parse::parse_date(&scalar.as_text()?)?),
            Values::Time(values) => values.push(parse::parse_time(&scalar.as_text()?)?),
            Values::Timestamp(values) => values.push(parse::parse_timestamp(&scalar.as_text()?)?),
            Values::TimestampTz { instants, offsets } => {
                let (instant, offset) = parse::parse_timestamp_tz(&scalar.as_text()?)?;
                instants.push(instant);
                offsets.push(offset);
            }
            Values::Text { offsets, bytes } => {
                bytes.extend_from_slice(&scalar.as_text()?);
                offsets.push(bytes.len() as i32);
            }
            Values::Binary { offsets, bytes } => {
                let Scalar::Text(text) = scalar else { return None };
                BASE64.decode_vec(text, bytes).ok()?;
                offsets.push(bytes.len() as i32);
            }
            Values::Null | Values::List { .. } | Values::Map(_) | Values::Row(_) => return None,
        }
        Some(())
    }
}

/// A number is cut to its whole part, a text is trimmed and parsed.
fn integer<T: TryFrom<i64>>(scalar: &Scalar<'_>) -> Option<T> {
    let value = match scalar {
        Scalar::Integer(text) => parse::parse_i64(text)?,
        Scalar::Text(text) => parse::parse_i64(trim(text))?,
        Scalar::Decimal(text) => {
            let whole = double(text).trunc();
            // The upper bound is 2^63, the first double that is too large.
            if !(whole >= i64::MIN as f64 && whole < -(i64::MIN as f64)) {
                return None;
            }
            whole as i64
        }
        Scalar::Boolean(_) | Scalar::Container => return None,
    };
    T::try_from(value).ok()
}

/// Takes away blanks and control characters at both ends, as Java's `trim` does.
fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| *byte > b' ').unwrap_or(text.len());
    let end = text.iter().rposition(|byte| *byte > b' ').map_or(start, |last| last + 1);
    &text[start..end]
}
