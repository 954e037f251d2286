//! Plain values into columns.

use super::descriptor::{Enum, Kind};
use super::wire::Scalar;
use crate::framed::Fault;
use crate::json::column::{Column, Values};
use millrace_batch::ErrorCode;
use millrace_batch::parse::rescale_half_up;
use millrace_batch::text::{MAX_SCALAR_BYTES, write_bool, write_f32, write_f64, write_i128};
use std::borrow::Cow;

/// Appends a value; says how many bytes of text it made that are not in the message.
pub(super) fn push_scalar(kind: Kind, scalar: Scalar<'_>, enums: &[Enum], column: &mut Column) -> Result<usize, Fault> {
    let made = match (scalar, &mut column.values) {
        (Scalar::Bytes(value), Values::Text { offsets, bytes }) => {
            if simdutf8::basic::from_utf8(value).is_err() {
                let text = "text is not valid UTF-8".to_owned();
                return Err(Fault::Value(ErrorCode::EncodingInvalid, text, String::new()));
            }
            append(value, offsets, bytes)?;
            0
        }
        (Scalar::Bytes(value), Values::Binary { offsets, bytes }) => {
            append(value, offsets, bytes)?;
            0
        }
        (Scalar::Bits(value), Values::Text { offsets, bytes }) => push_text(kind, value, enums, offsets, bytes)?,
        (Scalar::Bits(value), values) => {
            push_number(kind, value, values)?;
            0
        }
        _ => return Err(Fault::Syntax),
    };
    column.rows += 1;
    Ok(made)
}

fn append(value: &[u8], offsets: &mut Vec<i32>, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    let end = i32::try_from(bytes.len() + value.len()).map_err(|_| Fault::TooLarge)?;
    bytes.extend_from_slice(value);
    offsets.push(end);
    Ok(())
}

/// The number that bits are, for all kinds that are whole.
fn whole(kind: Kind, bits: u64) -> i128 {
    if kind.is_unsigned_long() { i128::from(bits) } else { i128::from(bits as i64) }
}

fn push_text(
    kind: Kind,
    bits: u64,
    enums: &[Enum],
    offsets: &mut Vec<i32>,
    bytes: &mut Vec<u8>,
) -> Result<usize, Fault> {
    if let Kind::Enum(index) = kind {
        let (found, number) = (&enums[index], bits as i32);
        let unknown = || Cow::Owned(format!("UNKNOWN_ENUM_VALUE_{}_{number}", found.name));
        let text = found.name_of(number).map_or_else(unknown, Cow::Borrowed);
        append(text.as_bytes(), offsets, bytes)?;
        return Ok(text.len());
    }
    let mut buffer = [0; MAX_SCALAR_BYTES];
    let length = match kind {
        Kind::Bool => write_bool(bits != 0, &mut buffer),
        Kind::Float => write_f32(f32::from_bits(bits as u32), &mut buffer),
        Kind::Double => write_f64(f64::from_bits(bits), &mut buffer),
        _ => write_i128(whole(kind, bits), &mut buffer),
    };
    append(&buffer[..length], offsets, bytes)?;
    Ok(length)
}

fn push_number(kind: Kind, bits: u64, values: &mut Values) -> Result<(), Fault> {
    let value = whole(kind, bits);
    let too_large = || Fault::value(format!("'{value}' does not fit the type of its column"));
    match values {
        Values::Boolean(values) => values.push(bits != 0),
        // Tiny numbers are written without their sign.
        Values::Int8(values) => match value {
            128..=255 => values.push(value as u8 as i8),
            _ => values.push(value.try_into().map_err(|_| too_large())?),
        },
        Values::Int16(values) => values.push(value.try_into().map_err(|_| too_large())?),
        // Numbers without a sign keep their bits in a column of the same width.
        Values::Int32(values) if matches!(kind, Kind::Uint32 | Kind::Fixed32) => values.push(bits as u32 as i32),
        Values::Int32(values) => values.push(value.try_into().map_err(|_| too_large())?),
        Values::Int64(values) => values.push(bits as i64),
        Values::Float32(values) => values.push(f32::from_bits(bits as u32)),
        Values::Float64(values) if kind == Kind::Float => values.push(f64::from(f32::from_bits(bits as u32))),
        Values::Float64(values) => values.push(f64::from_bits(bits)),
        Values::Decimal { values, precision, scale } => {
            values.push(rescale_half_up(value, 0, *precision, *scale).ok_or_else(too_large)?);
        }
        _ => return Err(Fault::Syntax),
    }
    Ok(())
}
