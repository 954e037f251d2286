//! The rule `RANGE`.

use crate::row_text::value_text;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use millrace_batch::parse::{parse_date, parse_decimal, parse_f32, parse_f64, parse_time, parse_timestamp};
use millrace_batch::text::{MAX_SCALAR_BYTES, write_f64};
use millrace_batch::{DataType, ErrorCode, KernelError, Result};
use std::cmp::Ordering;

/// A range for values of one type.
pub(super) struct Range {
    bounds: Bounds,
    /// The bounds as messages have them.
    min_text: Option<String>,
    max_text: Option<String>,
}

/// What a value must be within; a float's and a text's bounds say whether they belong to the range.
enum Bounds {
    /// Both ends included, for whole numbers of the column: integers, unscaled decimals, days, units of time.
    Whole {
        low: i128,
        high: i128,
    },
    Float {
        min: Option<(f64, bool)>,
        max: Option<(f64, bool)>,
    },
    Text {
        min: Option<(String, bool)>,
        max: Option<(String, bool)>,
    },
    /// Values of this type have no order; they are in every range.
    Unordered,
}

impl Range {
    /// Compiles a range over a column of a type; `inclusive` says whether the bounds belong to it.
    ///
    /// # Errors
    /// `OPTION_INVALID` for a bound that is not of the type.
    pub(super) fn compile(
        min: Option<String>,
        max: Option<String>,
        inclusive: (bool, bool),
        data_type: &DataType,
    ) -> Result<Self> {
        let whole = |read: &dyn Fn(&str) -> Option<Fraction>| {
            let low = bound(min.as_deref(), data_type, read)?.map(|value| value.low(inclusive.0));
            let high = bound(max.as_deref(), data_type, read)?.map(|value| value.high(inclusive.1));
            Ok(Bounds::Whole { low: low.unwrap_or(i128::MIN), high: high.unwrap_or(i128::MAX) })
        };
        let float = |read: &dyn Fn(&str) -> Option<f64>| {
            Ok(Bounds::Float {
                min: bound(min.as_deref(), data_type, read)?.map(|value| (value, inclusive.0)),
                max: bound(max.as_deref(), data_type, read)?.map(|value| (value, inclusive.1)),
            })
        };
        let bounds = match data_type {
            DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt => {
                whole(&|text| Fraction::decimal(text, 0))
            }
            DataType::Decimal { scale, .. } => whole(&|text| Fraction::decimal(text, i32::from(*scale))),
            DataType::Date => whole(&|text| parse_date(text.as_bytes()).map(Fraction::whole)),
            DataType::Time => whole(&|text| parse_time(text.as_bytes()).map(Fraction::whole)),
            DataType::Timestamp => whole(&|text| parse_timestamp(text.as_bytes()).map(Fraction::whole)),
            DataType::Float => float(&|text| parse_f32(text.as_bytes()).map(f64::from)),
            DataType::Double => float(&|text| parse_f64(text.as_bytes())),
            DataType::String => {
                let read = |text: &str| parse_decimal(text.trim().as_bytes()).is_none().then(|| text.to_owned());
                Ok(Bounds::Text {
                    min: bound(min.as_deref(), data_type, read)?.map(|value| (value, inclusive.0)),
                    max: bound(max.as_deref(), data_type, read)?.map(|value| (value, inclusive.1)),
                })
            }
            DataType::Boolean | DataType::TimestampTz => {
                bound(min.as_deref().or(max.as_deref()), data_type, |_| None::<()>).map(|_| Bounds::Unordered)
            }
            _ => Ok(Bounds::Unordered),
        }?;
        Ok(Self { bounds, min_text: min.map(bound_text), max_text: max.map(bound_text) })
    }

    /// The rows outside the range, whatever their validity; `None` when there is none for sure.
    pub(super) fn failing(&self, array: &ArrayRef) -> Option<BooleanBuffer> {
        match &self.bounds {
            Bounds::Unordered => None,
            Bounds::Whole { low, high } => Some(outside(array, *low, *high)),
            Bounds::Float { min, max } => Some(if let Some(values) = array.as_primitive_opt::<Float32Type>() {
                rows(values.values(), |value| side_of_float(f64::from(*value), *min, *max).is_ne())
            } else {
                let values = array.as_primitive::<Float64Type>().values();
                rows(values, |value| side_of_float(*value, *min, *max).is_ne())
            }),
            Bounds::Text { min, max } => {
                let texts = array.as_string::<i32>();
                let fails = |row| side_of_text(texts.value(row), min.as_ref(), max.as_ref()).is_ne();
                Some(BooleanBuffer::collect_bool(array.len(), fails))
            }
        }
    }

    /// What is said of a row outside the range.
    pub(super) fn message(&self, array: &ArrayRef, data_type: &DataType, row: usize) -> String {
        let side = match &self.bounds {
            Bounds::Unordered => Ordering::Equal,
            Bounds::Whole { low, .. } => {
                if whole_value(array, row) < *low {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            Bounds::Float { min, max } => {
                let value = array.as_primitive_opt::<Float32Type>().map(|values| f64::from(values.value(row)));
                side_of_float(value.unwrap_or_else(|| array.as_primitive::<Float64Type>().value(row)), *min, *max)
            }
            Bounds::Text { min, max } => side_of_text(array.as_string::<i32>().value(row), min.as_ref(), max.as_ref()),
        };
        let value = value_text(array, data_type, row);
        if side == Ordering::Less {
            return format!("Value {value} is below minimum {}", self.min_text.as_deref().unwrap_or_default());
        }
        format!("Value {value} exceeds maximum {}", self.max_text.as_deref().unwrap_or_default())
    }
}

/// Reads a bound of a type.
fn bound<T>(text: Option<&str>, data_type: &DataType, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    let found = if *data_type == DataType::String { read(text) } else { read(text.trim()) };
    found.map(Some).ok_or_else(|| {
        let message = format!("the bound '{text}' of a RANGE cannot be compared with values of type {data_type}");
        KernelError::new(ErrorCode::OptionInvalid, message)
    })
}

/// A bound as Java prints it: numbers with a point are doubles.
///
/// # Source
/// SeaTunnel `DataValidatorTransformConfig.parseComparable`.
fn bound_text(text: String) -> String {
    let trimmed = text.trim();
    match parse_f64(trimmed.as_bytes()) {
        Some(value) if trimmed.contains('.') => {
            let mut out = [0; MAX_SCALAR_BYTES];
            let length = write_f64(value, &mut out);
            String::from_utf8_lossy(&out[..length]).into_owned()
        }
        Some(_) => trimmed.to_owned(),
        None => text,
    }
}

/// A number between two whole ones, or a whole one.
#[derive(Clone, Copy)]
struct Fraction {
    floor: i128,
    is_whole: bool,
}

impl Fraction {
    fn whole(value: impl Into<i128>) -> Self {
        Self { floor: value.into(), is_whole: true }
    }

    /// A decimal in units of 10^-`scale`.
    fn decimal(text: &str, scale: i32) -> Option<Self> {
        let (unscaled, from_scale) = parse_decimal(text.as_bytes())?;
        let shift = scale - from_scale;
        let saturated = if unscaled < 0 { i128::MIN } else { i128::MAX };
        let power = 10i128.checked_pow(shift.unsigned_abs());
        Some(match (shift < 0, power) {
            (false, power) => {
                Self::whole(power.and_then(|power| unscaled.checked_mul(power)).unwrap_or(if unscaled == 0 {
                    0
                } else {
                    saturated
                }))
            }
            (true, Some(power)) => {
                Self { floor: unscaled.div_euclid(power), is_whole: unscaled.rem_euclid(power) == 0 }
            }
            (true, None) => Self { floor: if unscaled < 0 { -1 } else { 0 }, is_whole: unscaled == 0 },
        })
    }

    /// The lowest whole number that is not below the bound.
    fn low(self, inclusive: bool) -> i128 {
        if self.is_whole && inclusive { self.floor } else { self.floor.saturating_add(1) }
    }

    /// The highest whole number that is not above the bound.
    fn high(self, inclusive: bool) -> i128 {
        if self.is_whole && !inclusive { self.floor.saturating_sub(1) } else { self.floor }
    }
}

fn rows<T>(values: &[T], fails: impl Fn(&T) -> bool) -> BooleanBuffer {
    BooleanBuffer::collect_bool(values.len(), |row| fails(&values[row]))
}

/// Rows of a whole-number column that are below `low` or above `high`.
fn outside(array: &ArrayRef, low: i128, high: i128) -> BooleanBuffer {
    fn of<T: ArrowPrimitiveType>(array: &ArrayRef, low: i128, high: i128) -> BooleanBuffer
    where
        T::Native: Into<i64>,
    {
        let values = array.as_primitive::<T>().values();
        let (Ok(low), Ok(high)) = (i64::try_from(low.max(i64::MIN.into())), i64::try_from(high.min(i64::MAX.into())))
        else {
            return BooleanBuffer::new_set(values.len());
        };
        rows(values, |value| {
            let value: i64 = (*value).into();
            !(low..=high).contains(&value)
        })
    }
    if let Some(values) = array.as_primitive_opt::<Decimal128Type>() {
        return rows(values.values(), |value| *value < low || *value > high);
    }
    match array.data_type() {
        kind if *kind == Int8Type::DATA_TYPE => of::<Int8Type>(array, low, high),
        kind if *kind == Int16Type::DATA_TYPE => of::<Int16Type>(array, low, high),
        kind if *kind == Int32Type::DATA_TYPE => of::<Int32Type>(array, low, high),
        kind if *kind == Date32Type::DATA_TYPE => of::<Date32Type>(array, low, high),
        kind if *kind == Time64NanosecondType::DATA_TYPE => of::<Time64NanosecondType>(array, low, high),
        kind if *kind == TimestampMicrosecondType::DATA_TYPE => of::<TimestampMicrosecondType>(array, low, high),
        _ => of::<Int64Type>(array, low, high),
    }
}

fn whole_value(array: &ArrayRef, row: usize) -> i128 {
    if let Some(values) = array.as_primitive_opt::<Decimal128Type>() {
        return values.value(row);
    }
    if let Some(values) = array.as_primitive_opt::<Int8Type>() {
        return values.value(row).into();
    }
    if let Some(values) = array.as_primitive_opt::<Int16Type>() {
        return values.value(row).into();
    }
    if let Some(values) = array.as_primitive_opt::<Int32Type>() {
        return values.value(row).into();
    }
    if let Some(values) = array.as_primitive_opt::<Date32Type>() {
        return values.value(row).into();
    }
    if let Some(values) = array.as_primitive_opt::<Time64NanosecondType>() {
        return values.value(row).into();
    }
    if let Some(values) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        return values.value(row).into();
    }
    array.as_primitive::<Int64Type>().value(row).into()
}

/// Where a value is: below the range, in it, above it.
fn side_of_float(value: f64, min: Option<(f64, bool)>, max: Option<(f64, bool)>) -> Ordering {
    if min.is_some_and(|(min, inclusive)| if inclusive { value < min } else { value <= min }) {
        return Ordering::Less;
    }
    let is_within = |(max, inclusive): (f64, bool)| if inclusive { value <= max } else { value < max };
    if max.is_none_or(is_within) { Ordering::Equal } else { Ordering::Greater }
}

fn side_of_text(value: &str, min: Option<&(String, bool)>, max: Option<&(String, bool)>) -> Ordering {
    let against = |bound: &(String, bool), outside: Ordering| {
        let order = value.encode_utf16().cmp(bound.0.encode_utf16());
        order == outside || (order == Ordering::Equal && !bound.1)
    };
    if min.is_some_and(|min| against(min, Ordering::Less)) {
        Ordering::Less
    } else if max.is_some_and(|max| against(max, Ordering::Greater)) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}
