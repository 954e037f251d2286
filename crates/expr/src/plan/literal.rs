//! Constants.

use crate::compute::offset_time::{OffsetTime, offset_time_column};
use crate::compute::value::Value;
use crate::tree::{Node, Typed};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, NullArray, StringArray,
    Time64NanosecondArray, TimestampMicrosecondArray,
};
use millrace_batch::parse::{parse_date, parse_time, parse_timestamp, parse_timestamp_tz};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

fn literal(array: ArrayRef, data_type: DataType) -> Typed {
    Typed::new(Node::Literal(Value::scalar(array)), data_type)
}

/// `NULL`.
pub(super) fn null() -> Typed {
    literal(Arc::new(NullArray::new(1)), DataType::Null)
}

/// `TRUE` or `FALSE`.
pub(super) fn boolean(value: bool) -> Typed {
    literal(Arc::new(BooleanArray::from(vec![value])), DataType::Boolean)
}

/// Text.
pub(super) fn text(value: &str) -> Typed {
    literal(Arc::new(StringArray::from(vec![value])), DataType::String)
}

/// An INT if it fits, else a BIGINT.
pub(super) fn integer(digits: &str, offset: usize) -> Result<Typed> {
    let value: i64 = digits.parse().map_err(|_| {
        KernelError::new(ErrorCode::SqlInvalid, format!("the number '{digits}' does not fit BIGINT")).at_offset(offset)
    })?;
    Ok(i32::try_from(value).map_or_else(
        |_| literal(Arc::new(Int64Array::from(vec![value])), DataType::BigInt),
        |value| literal(Arc::new(Int32Array::from(vec![value])), DataType::Int),
    ))
}

/// A DOUBLE.
pub(super) fn decimal(digits: &str, offset: usize) -> Result<Typed> {
    let value: f64 = digits.parse().map_err(|_| {
        KernelError::new(ErrorCode::SqlInvalid, format!("the number '{digits}' is not valid")).at_offset(offset)
    })?;
    Ok(literal(Arc::new(Float64Array::from(vec![value])), DataType::Double))
}

/// `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'` or `TIMESTAMPTZ '…'`.
pub(super) fn temporal(keyword: &str, content: &str, offset: usize) -> Result<Typed> {
    let bytes = content.as_bytes();
    match keyword.to_ascii_uppercase().as_str() {
        "DATE" => parse_date(bytes).map(|days| literal(Arc::new(Date32Array::from(vec![days])), DataType::Date)),
        "TIME" => {
            parse_time(bytes).map(|nanos| literal(Arc::new(Time64NanosecondArray::from(vec![nanos])), DataType::Time))
        }
        "TIMESTAMPTZ" => parse_timestamp_tz(bytes).map(|(instant_micros, offset_minutes)| {
            literal(offset_time_column(&[Some(OffsetTime { instant_micros, offset_minutes })]), DataType::TimestampTz)
        }),
        _ => parse_timestamp(bytes)
            .map(|micros| literal(Arc::new(TimestampMicrosecondArray::from(vec![micros])), DataType::Timestamp)),
    }
    .ok_or_else(|| {
        KernelError::new(ErrorCode::SqlInvalid, format!("the literal {keyword} '{content}' is not valid"))
            .at_offset(offset)
    })
}
