//! `+ - * / %` and the minus sign.

use super::convert::{to_doubles, to_ints, to_longs, to_number};
use super::value::Value;
use crate::java::big_decimal::{Rounding, from_f64, rescale, to_f64};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::sync::Arc;

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

fn division_by_zero(row: usize) -> KernelError {
    KernelError::new(ErrorCode::ExpressionFailed, "/ by zero").at_row(row)
}

/// Computes two numbers of any type in the type of the result.
///
/// # Null
/// Null if either operand is.
///
/// # Errors
/// `EXPRESSION_FAILED` at the lowest row where a whole number or a decimal is divided by zero, or where a decimal result
/// does not fit its type.
///
/// # Source
/// SeaTunnel `ZetaSQLFunction.executeBinaryExpr`: `int` and `long` wrap, decimals are computed from doubles. Results of a
/// division round up (away from zero) to the result's scale; what else has more digits than the result rounds half up.
pub(crate) fn arithmetic(
    operator: Operator,
    left: &Value,
    right: &Value,
    result: &DataType,
    rows: usize,
) -> Result<ArrayRef> {
    match result {
        DataType::Int => {
            let (a, b) = (to_ints(left.array())?, to_ints(right.array())?);
            let pair = Pair::new(&a, left.is_scalar(), &b, right.is_scalar(), rows);
            whole::<Int32Type>(operator, &pair, |a, b| match operator {
                Operator::Divide if b != 0 => a.wrapping_div(b),
                Operator::Modulo if b != 0 => a.wrapping_rem(b),
                _ => 0,
            })
        }
        DataType::BigInt => {
            let (a, b) = (to_longs(left.array())?, to_longs(right.array())?);
            let pair = Pair::new(&a, left.is_scalar(), &b, right.is_scalar(), rows);
            whole::<Int64Type>(operator, &pair, |a, b| match operator {
                Operator::Divide if b != 0 => a.wrapping_div(b),
                Operator::Modulo if b != 0 => a.wrapping_rem(b),
                _ => 0,
            })
        }
        DataType::Decimal { precision, scale } => decimals(operator, left, right, (*precision, *scale), rows),
        _ => {
            let (a, b) = (to_doubles(left.array())?, to_doubles(right.array())?);
            let pair = Pair::new(&a, left.is_scalar(), &b, right.is_scalar(), rows);
            Ok(match operator {
                Operator::Add => pair.map(|a, b| a + b),
                Operator::Subtract => pair.map(|a, b| a - b),
                Operator::Multiply => pair.map(|a, b| a * b),
                Operator::Divide => pair.map(|a, b| a / b),
                Operator::Modulo => pair.map(|a, b| a % b),
            })
        }
    }
}

/// Two operands of one type, each a column or a single value.
struct Pair<'a, T: ArrowPrimitiveType> {
    left: &'a PrimitiveArray<T>,
    left_scalar: bool,
    right: &'a PrimitiveArray<T>,
    right_scalar: bool,
    rows: usize,
}

impl<'a, T: ArrowPrimitiveType> Pair<'a, T> {
    fn new(
        left: &'a PrimitiveArray<T>,
        left_scalar: bool,
        right: &'a PrimitiveArray<T>,
        right_scalar: bool,
        rows: usize,
    ) -> Self {
        Self { left, left_scalar, right, right_scalar, rows }
    }

    /// Whether a single null makes every result null.
    fn all_null(&self) -> bool {
        (self.left_scalar && self.left.is_null(0)) || (self.right_scalar && self.right.is_null(0))
    }

    fn nulls(&self) -> Option<NullBuffer> {
        let left = if self.left_scalar { None } else { self.left.nulls() };
        let right = if self.right_scalar { None } else { self.right.nulls() };
        NullBuffer::union(left, right)
    }

    fn map(&self, apply: impl Fn(T::Native, T::Native) -> T::Native) -> ArrayRef {
        if self.all_null() {
            return Arc::new(PrimitiveArray::<T>::new_null(self.rows));
        }
        let (a, b) = (self.left.values(), self.right.values());
        let values: Vec<T::Native> = match (self.left_scalar, self.right_scalar) {
            (false, false) => a.iter().zip(b.iter()).map(|(a, b)| apply(*a, *b)).collect(),
            (false, true) => {
                let b = b[0];
                a.iter().map(|a| apply(*a, b)).collect()
            }
            (true, false) => {
                let a = a[0];
                b.iter().map(|b| apply(a, *b)).collect()
            }
            (true, true) => vec![apply(a[0], b[0]); self.rows],
        };
        Arc::new(PrimitiveArray::<T>::new(values.into(), self.nulls()))
    }

    /// The lowest row where both are there and the right one is zero.
    fn first_zero_divisor(&self) -> Option<usize> {
        if self.all_null() {
            return None;
        }
        let zero = T::default_value();
        if self.right_scalar {
            if self.right.value(0) != zero {
                return None;
            }
            return (0..self.rows).find(|row| self.left_scalar || self.left.is_valid(*row));
        }
        (0..self.rows).find(|row| {
            self.right.value(*row) == zero
                && self.right.is_valid(*row)
                && (self.left_scalar || self.left.is_valid(*row))
        })
    }
}

fn whole<T: ArrowPrimitiveType>(
    operator: Operator,
    pair: &Pair<'_, T>,
    divide: impl Fn(T::Native, T::Native) -> T::Native,
) -> Result<ArrayRef>
where
    T::Native: num::Wrapping,
{
    Ok(match operator {
        Operator::Add => pair.map(num::Wrapping::add),
        Operator::Subtract => pair.map(num::Wrapping::subtract),
        Operator::Multiply => pair.map(num::Wrapping::multiply),
        Operator::Divide | Operator::Modulo => match pair.first_zero_divisor() {
            Some(row) => return Err(division_by_zero(row)),
            None => pair.map(divide),
        },
    })
}

/// Arithmetic that wraps, for both widths.
mod num {
    pub(super) trait Wrapping: Copy {
        fn add(self, other: Self) -> Self;
        fn subtract(self, other: Self) -> Self;
        fn multiply(self, other: Self) -> Self;
    }

    macro_rules! wrapping {
        ($($native:ty),*) => {$(
            impl Wrapping for $native {
                fn add(self, other: Self) -> Self { self.wrapping_add(other) }
                fn subtract(self, other: Self) -> Self { self.wrapping_sub(other) }
                fn multiply(self, other: Self) -> Self { self.wrapping_mul(other) }
            }
        )*};
    }
    wrapping!(i32, i64);
}

/// One operand of decimal arithmetic, read as `BigDecimal.valueOf(x.doubleValue())`.
enum DecimalOperand {
    Decimal(PrimitiveArray<Decimal128Type>, i8),
    Long(PrimitiveArray<Int64Type>),
    Double(PrimitiveArray<Float64Type>),
}

/// Below this many units a decimal survives the way through a double unchanged.
const EXACT_AS_DOUBLE: u128 = 1_000_000_000_000_000;

impl DecimalOperand {
    fn new(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            ArrowType::Decimal128(_, scale) => Self::Decimal(array.as_primitive::<Decimal128Type>().clone(), *scale),
            ArrowType::Float32 | ArrowType::Float64 => Self::Double(to_doubles(array)?),
            _ => Self::Long(to_longs(array)?),
        })
    }

    /// `Err` when the value is not a finite number.
    fn get(&self, index: usize) -> Option<(i128, i32)> {
        match self {
            Self::Decimal(array, scale) => {
                let unscaled = array.value(index);
                if unscaled.unsigned_abs() < EXACT_AS_DOUBLE && (0..=15).contains(scale) {
                    return Some((unscaled, i32::from(*scale)));
                }
                from_f64(to_f64(unscaled, *scale))
            }
            Self::Long(array) => {
                let value = array.value(index);
                if value.unsigned_abs() < 1 << 53 { Some((value.into(), 0)) } else { from_f64(value as f64) }
            }
            Self::Double(array) => from_f64(array.value(index)),
        }
    }
}

fn decimals(operator: Operator, left: &Value, right: &Value, target: (u8, i8), rows: usize) -> Result<ArrayRef> {
    let (precision, scale) = target;
    let (a, b) = (DecimalOperand::new(left.array())?, DecimalOperand::new(right.array())?);
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        if left.is_null(row) || right.is_null(row) {
            values.push(None);
            continue;
        }
        let out_of_range = || {
            KernelError::new(
                ErrorCode::ExpressionFailed,
                format!("the result of a decimal operation does not fit Decimal({precision}, {scale})"),
            )
            .at_row(row)
        };
        let x = a.get(left.index(row)).ok_or_else(out_of_range)?;
        let y = b.get(right.index(row)).ok_or_else(out_of_range)?;
        if y.0 == 0 && matches!(operator, Operator::Divide | Operator::Modulo) {
            return Err(division_by_zero(row));
        }
        let exact = exact_decimal(operator, x, y, i32::from(scale));
        values.push(Some(exact.or_else(|| decimal_by_doubles(operator, x, y, scale)).ok_or_else(out_of_range)?));
    }
    let array = PrimitiveArray::<Decimal128Type>::from_iter(values).with_precision_and_scale(precision, scale);
    Ok(Arc::new(array.map_err(|error| KernelError::new(ErrorCode::TypeUnsupported, error.to_string()))?))
}

/// `None` when 128 bits do not hold a step of the calculation.
fn exact_decimal(operator: Operator, x: (i128, i32), y: (i128, i32), scale: i32) -> Option<i128> {
    let align = |value: (i128, i32), to: i32| rescale(value.0, value.1, to, Rounding::HalfUp);
    let common = x.1.max(y.1);
    match operator {
        Operator::Add => rescale(align(x, common)?.checked_add(align(y, common)?)?, common, scale, Rounding::HalfUp),
        Operator::Subtract => {
            rescale(align(x, common)?.checked_sub(align(y, common)?)?, common, scale, Rounding::HalfUp)
        }
        Operator::Multiply => rescale(x.0.checked_mul(y.0)?, x.1.checked_add(y.1)?, scale, Rounding::HalfUp),
        Operator::Divide => {
            let shift = scale.checked_add(y.1)?.checked_sub(x.1)?;
            let power = 10i128.checked_pow(shift.unsigned_abs())?;
            let (numerator, divisor) =
                if shift >= 0 { (x.0.checked_mul(power)?, y.0) } else { (x.0, y.0.checked_mul(power)?) };
            let (quotient, remainder) = (numerator / divisor, numerator % divisor);
            let sign = if (numerator < 0) == (divisor < 0) { 1 } else { -1 };
            Some(quotient + if remainder == 0 { 0 } else { sign })
        }
        Operator::Modulo => None,
    }
}

fn decimal_by_doubles(operator: Operator, x: (i128, i32), y: (i128, i32), scale: i8) -> Option<i128> {
    let double = |(unscaled, scale): (i128, i32)| i8::try_from(scale).ok().map(|scale| to_f64(unscaled, scale));
    let (a, b) = (double(x)?, double(y)?);
    let (value, rounding) = match operator {
        Operator::Add => (a + b, Rounding::HalfUp),
        Operator::Subtract => (a - b, Rounding::HalfUp),
        Operator::Multiply => (a * b, Rounding::HalfUp),
        Operator::Divide => (a / b, Rounding::Up),
        Operator::Modulo => (a % b, Rounding::HalfUp),
    };
    let (unscaled, from) = from_f64(value)?;
    rescale(unscaled, from, i32::from(scale), rounding)
}

/// Changes the sign; the type stays, the lowest whole number stays itself.
///
/// # Errors
/// `TYPE_UNSUPPORTED` for an array that is not of numbers.
pub(crate) fn negate(array: &ArrayRef, result: &DataType) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        ArrowType::Int8 => Arc::new(array.as_primitive::<Int8Type>().unary::<_, Int8Type>(i8::wrapping_neg)),
        ArrowType::Int16 => Arc::new(array.as_primitive::<Int16Type>().unary::<_, Int16Type>(i16::wrapping_neg)),
        ArrowType::Int32 => Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int32Type>(i32::wrapping_neg)),
        ArrowType::Int64 => Arc::new(array.as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_neg)),
        ArrowType::Float32 => Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(|value| -value)),
        ArrowType::Float64 => Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(|value| -value)),
        ArrowType::Decimal128(_, _) => {
            let negated = array.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(i128::wrapping_neg);
            Arc::new(negated.with_data_type(array.data_type().clone()))
        }
        _ => to_number(array, result)?,
    })
}
