//! Numbers from one type to another as Java's `Number` methods do it: `intValue`, `longValue`, `doubleValue`.

use crate::java::big_decimal::{Rounding, from_f64, rescale, to_f64};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal128Array, Float64Array, Int32Array, Int64Array, PrimitiveArray};
use arrow_schema::DataType as ArrowType;
use millrace_batch::arrow_types::arrow_type;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// Whether the type is a number.
pub(crate) fn is_number(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::TinyInt
            | DataType::SmallInt
            | DataType::Int
            | DataType::BigInt
            | DataType::Float
            | DataType::Double
            | DataType::Decimal { .. }
    )
}

/// `Number.doubleValue` of every value.
///
/// # Errors
/// `TYPE_UNSUPPORTED` for an array that is not of numbers.
pub(crate) fn to_doubles(array: &ArrayRef) -> Result<Float64Array> {
    Ok(match array.data_type() {
        ArrowType::Float64 => array.as_primitive::<Float64Type>().clone(),
        ArrowType::Float32 => array.as_primitive::<Float32Type>().unary(f64::from),
        ArrowType::Int8 => array.as_primitive::<Int8Type>().unary(f64::from),
        ArrowType::Int16 => array.as_primitive::<Int16Type>().unary(f64::from),
        ArrowType::Int32 => array.as_primitive::<Int32Type>().unary(f64::from),
        ArrowType::Int64 => array.as_primitive::<Int64Type>().unary(|value| value as f64),
        ArrowType::Decimal128(_, scale) => {
            let scale = *scale;
            array.as_primitive::<Decimal128Type>().unary(|value| to_f64(value, scale))
        }
        ArrowType::Null => Float64Array::new_null(array.len()),
        other => return Err(no_number(other)),
    })
}

/// `Number.longValue` of every value: fractions are cut, doubles saturate, decimals keep their low 64 bits.
///
/// # Errors
/// As [`to_doubles`].
pub(crate) fn to_longs(array: &ArrayRef) -> Result<Int64Array> {
    Ok(match array.data_type() {
        ArrowType::Int64 => array.as_primitive::<Int64Type>().clone(),
        ArrowType::Int8 => array.as_primitive::<Int8Type>().unary(i64::from),
        ArrowType::Int16 => array.as_primitive::<Int16Type>().unary(i64::from),
        ArrowType::Int32 => array.as_primitive::<Int32Type>().unary(i64::from),
        ArrowType::Float32 => array.as_primitive::<Float32Type>().unary(|value| value as i64),
        ArrowType::Float64 => array.as_primitive::<Float64Type>().unary(|value| value as i64),
        ArrowType::Decimal128(_, scale) => {
            let divisor = 10i128.pow(u32::from(scale.unsigned_abs()));
            array.as_primitive::<Decimal128Type>().unary(|value| (value / divisor) as i64)
        }
        ArrowType::Null => Int64Array::new_null(array.len()),
        other => return Err(no_number(other)),
    })
}

/// `Number.intValue` of every value: as [`to_longs`], with doubles saturating at 32 bits.
///
/// # Errors
/// As [`to_doubles`].
pub(crate) fn to_ints(array: &ArrayRef) -> Result<Int32Array> {
    Ok(match array.data_type() {
        ArrowType::Int32 => array.as_primitive::<Int32Type>().clone(),
        ArrowType::Float32 => array.as_primitive::<Float32Type>().unary(|value| value as i32),
        ArrowType::Float64 => array.as_primitive::<Float64Type>().unary(|value| value as i32),
        _ => to_longs(array)?.unary(|value| value as i32),
    })
}

/// Numbers as another type of number. A double becomes a decimal through its shortest digits, rounded half up.
///
/// # Errors
/// `EXPRESSION_FAILED` at the lowest row whose value the decimal type does not hold; `TYPE_UNSUPPORTED` as [`to_doubles`].
pub(crate) fn to_number(array: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    if array.data_type() == &arrow_type(target) {
        return Ok(ArrayRef::clone(array));
    }
    Ok(match target {
        DataType::TinyInt => Arc::new(to_ints(array)?.unary::<_, Int8Type>(|value| value as i8)),
        DataType::SmallInt => Arc::new(to_ints(array)?.unary::<_, Int16Type>(|value| value as i16)),
        DataType::Int => Arc::new(to_ints(array)?),
        DataType::BigInt => Arc::new(to_longs(array)?),
        DataType::Float => Arc::new(to_doubles(array)?.unary::<_, Float32Type>(|value| value as f32)),
        DataType::Double => Arc::new(to_doubles(array)?),
        DataType::Decimal { precision, scale } => Arc::new(to_decimals(array, *precision, *scale)?),
        other => {
            return Err(KernelError::new(ErrorCode::TypeUnsupported, format!("a number cannot become {other}")));
        }
    })
}

fn to_decimals(array: &ArrayRef, precision: u8, scale: i8) -> Result<Decimal128Array> {
    let convert = |unscaled: i128, from: i32| rescale(unscaled, from, i32::from(scale), Rounding::HalfUp);
    let decimals = match array.data_type() {
        ArrowType::Decimal128(_, from) => {
            let from = i32::from(*from);
            try_map::<Decimal128Type, Decimal128Type>(array.as_primitive(), |value| convert(value, from))
        }
        ArrowType::Float32 | ArrowType::Float64 => {
            try_map::<Float64Type, Decimal128Type>(&to_doubles(array)?, |value| {
                from_f64(value).and_then(|(unscaled, from)| convert(unscaled, from))
            })
        }
        _ => try_map::<Int64Type, Decimal128Type>(&to_longs(array)?, |value| convert(i128::from(value), 0)),
    }
    .map_err(|row| {
        KernelError::new(ErrorCode::ExpressionFailed, format!("a number does not fit Decimal({precision}, {scale})"))
            .at_row(row)
    })?;
    decimals
        .with_precision_and_scale(precision, scale)
        .map_err(|error| KernelError::new(ErrorCode::TypeUnsupported, error.to_string()))
}

/// Maps the values that are not null; `Err` is the first row for which `apply` had nothing.
pub(crate) fn try_map<A, B>(
    array: &PrimitiveArray<A>,
    apply: impl Fn(A::Native) -> Option<B::Native>,
) -> std::result::Result<PrimitiveArray<B>, usize>
where
    A: arrow_array::ArrowPrimitiveType,
    B: arrow_array::ArrowPrimitiveType,
{
    let mut values = Vec::with_capacity(array.len());
    for (row, value) in array.iter().enumerate() {
        values.push(match value {
            Some(value) => apply(value).ok_or(row)?,
            None => B::default_value(),
        });
    }
    Ok(PrimitiveArray::new(values.into(), array.nulls().cloned()))
}

fn no_number(data_type: &ArrowType) -> KernelError {
    KernelError::new(ErrorCode::TypeUnsupported, format!("a value of type '{data_type}' is not a number"))
}
