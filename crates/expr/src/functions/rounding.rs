//! Numbers: rounding.

use super::cells::{Longs, failed, primitive_column as column};
use super::{Argument, Call, Function, Parameter, ResultType, function};
use crate::compute::convert::{to_doubles, to_longs, to_number};
use crate::compute::value::Value;
use crate::java::big_decimal::{Rounding, from_f64, rescale, round_f64, to_f64};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::DataType as ArrowType;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

use Parameter::{Long, Number};

const INT: ResultType = ResultType::Fixed(DataType::Int);

/// Numbers: rounding.
pub(super) static FUNCTIONS: &[Function] = &[
    function!(
        ["CEIL", "CEILING"],
        [Number, Long],
        1,
        INT,
        ceil,
        "Rounded up to digits behind the point (0 by default), as an INT: doubles saturate, decimals keep their low \
         32 bits.",
        ("CEIL(1.2)", "2")
    ),
    function!(["FLOOR"], [Number, Long], 1, INT, floor, "As CEIL, rounded down.", ("FLOOR(-1.5)", "-2")),
    function!(
        ["ROUND"],
        [Number, Long],
        1,
        ResultType::SameAs(0),
        round,
        "Rounded to digits behind the point (0 by default), halves away from zero.",
        ("ROUND(2.5)", "3.0")
    ),
    function!(
        ["TRUNC", "TRUNCATE"],
        [Number, Long],
        1,
        ResultType::Fixed(DataType::Double),
        trunc,
        "Cut to digits behind the point (0 by default), as a DOUBLE.",
        ("TRUNC(1.789, 2)", "1.78")
    ),
    function!(
        ["TRIM_SCALE"],
        [Number],
        1,
        ResultType::Rule(trimmed_type),
        trim_scale,
        "The number without zeros at the end of its fraction. A constant DECIMAL gets the scale that is left; a column has \
         one scale for all its values and keeps it.",
        ("TRIM_SCALE(CAST(1.50 AS DECIMAL(10, 4)))", "1.5")
    ),
];

/// A number and the digits to keep.
enum Cell {
    Exact(i128, i32),
    Double(f64),
}

struct Numbers<'a> {
    value: &'a Value,
    doubles: Option<PrimitiveArray<Float64Type>>,
    longs: Option<PrimitiveArray<Int64Type>>,
    digits: Option<Longs<'a>>,
}

impl<'a> Numbers<'a> {
    fn new(arguments: &'a [Value]) -> Result<Self> {
        let value = &arguments[0];
        let (mut doubles, mut longs) = (None, None);
        match value.array().data_type() {
            ArrowType::Decimal128(_, _) => {}
            ArrowType::Float32 | ArrowType::Float64 => doubles = Some(to_doubles(value.array())?),
            _ => longs = Some(to_longs(value.array())?),
        }
        Ok(Self { value, doubles, longs, digits: arguments.get(1).map(Longs::new) })
    }

    /// The number and its digits; `None` for null.
    fn get(&self, row: usize) -> Option<(Cell, i32)> {
        if self.value.is_null(row) {
            return None;
        }
        let digits = self.digits.as_ref().and_then(|digits| digits.get(row)).unwrap_or(0).clamp(-400, 400) as i32;
        let index = self.value.index(row);
        let cell = match (&self.doubles, &self.longs) {
            (Some(doubles), _) => Cell::Double(doubles.value(index)),
            (None, Some(longs)) => Cell::Exact(longs.value(index).into(), 0),
            (None, None) => {
                let ArrowType::Decimal128(_, scale) = self.value.array().data_type() else { return None };
                Cell::Exact(self.value.array().as_primitive::<Decimal128Type>().value(index), i32::from(*scale))
            }
        };
        Some((cell, digits))
    }
}

/// An exact number rounded to digits, as unscaled value and scale.
fn round_exact(unscaled: i128, scale: i32, digits: i32, rounding: Rounding) -> Option<(i128, i32)> {
    if digits >= scale { Some((unscaled, scale)) } else { Some((rescale(unscaled, scale, digits, rounding)?, digits)) }
}

fn too_large() -> KernelError {
    failed("the rounded number does not fit its type")
}

fn to_int(call: &Call<'_>, arguments: &[Value], rounding: Rounding) -> Result<ArrayRef> {
    let numbers = Numbers::new(arguments)?;
    column::<Int32Type>(call, |row| {
        let Some((cell, digits)) = numbers.get(row) else { return Ok(None) };
        Ok(Some(match cell {
            Cell::Double(value) => round_f64(value, digits, rounding) as i32,
            Cell::Exact(unscaled, scale) => {
                let (rounded, scale) = round_exact(unscaled, scale, digits, rounding).ok_or_else(too_large)?;
                rescale(rounded, scale, 0, Rounding::Down).ok_or_else(too_large)? as i32
            }
        }))
    })
}

fn ceil(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    to_int(call, arguments, Rounding::Ceiling)
}

fn floor(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    to_int(call, arguments, Rounding::Floor)
}

fn trunc(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let numbers = Numbers::new(arguments)?;
    column::<Float64Type>(call, |row| {
        let Some((cell, digits)) = numbers.get(row) else { return Ok(None) };
        Ok(Some(match cell {
            Cell::Double(value) => round_f64(value, digits, Rounding::Down),
            Cell::Exact(unscaled, scale) => {
                let (rounded, at) = round_exact(unscaled, scale, digits, Rounding::Down).ok_or_else(too_large)?;
                let rounded =
                    if at < 0 { rescale(rounded, at, 0, Rounding::Down).ok_or_else(too_large)? } else { rounded };
                to_f64(rounded, at.max(0) as i8)
            }
        }))
    })
}

fn whole<T: TryFrom<i128>>(value: Option<i128>) -> Result<Option<T>> {
    value.map(|value| T::try_from(value).map_err(|_| too_large())).transpose()
}

fn round(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    let numbers = Numbers::new(arguments)?;
    let exact = |row: usize, target_scale: i32| -> Result<Option<i128>> {
        let Some((Cell::Exact(unscaled, scale), digits)) = numbers.get(row) else { return Ok(None) };
        // A decimal is rounded after a way through a double.
        let through_double = i8::try_from(scale).ok().filter(|scale| *scale > 0);
        let (unscaled, scale) =
            through_double.and_then(|scale| from_f64(to_f64(unscaled, scale))).unwrap_or((unscaled, scale));
        let rounded = round_exact(unscaled, scale, digits, Rounding::HalfUp)
            .and_then(|(rounded, at)| rescale(rounded, at, target_scale, Rounding::HalfUp));
        rounded.ok_or_else(too_large).map(Some)
    };
    let double = |row: usize| match numbers.get(row) {
        Some((Cell::Double(value), digits)) => Some(round_f64(value, digits, Rounding::HalfUp)),
        _ => None,
    };
    match call.result {
        DataType::TinyInt => column::<Int8Type>(call, |row| whole(exact(row, 0)?)),
        DataType::SmallInt => column::<Int16Type>(call, |row| whole(exact(row, 0)?)),
        DataType::Int => column::<Int32Type>(call, |row| whole(exact(row, 0)?)),
        DataType::BigInt => column::<Int64Type>(call, |row| whole(exact(row, 0)?)),
        DataType::Float => column::<Float32Type>(call, |row| Ok(double(row).map(|value| value as f32))),
        DataType::Decimal { precision, scale } => {
            let values = column::<Decimal128Type>(call, |row| exact(row, i32::from(*scale)))?;
            let typed = values.as_primitive::<Decimal128Type>().clone().with_precision_and_scale(*precision, *scale);
            Ok(Arc::new(typed.map_err(|error| KernelError::new(ErrorCode::TypeUnsupported, error.to_string()))?))
        }
        _ => column::<Float64Type>(call, |row| Ok(double(row))),
    }
}

#[allow(clippy::unnecessary_wraps)] // The shape of every type rule.
fn trimmed_type(arguments: &[Argument]) -> Result<DataType> {
    let argument = &arguments[0];
    let (DataType::Decimal { precision, scale }, Some(constant)) = (&argument.data_type, &argument.constant) else {
        return Ok(argument.data_type.clone());
    };
    let mut unscaled = constant.array().as_primitive::<Decimal128Type>().value(0);
    let mut scale = *scale;
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    Ok(DataType::Decimal { precision: *precision, scale })
}

fn trim_scale(call: &Call<'_>, arguments: &[Value]) -> Result<ArrayRef> {
    to_number(&arguments[0].clone().into_array(call.rows)?, call.result)
}
