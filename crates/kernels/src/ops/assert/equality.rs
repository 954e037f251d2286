//! Types and values that count as equal.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use millrace_batch::parse::parse_decimal;
use millrace_batch::{DataType, Result, array_from_json};
use serde_json::Value;

/// Whether a value of a column's type passes as a value of the type that a rule declares.
///
/// Field names of rows, and the precision of decimals, do not count; their scale does. Dense packed vectors pass as each
/// other.
///
/// # Source
/// SeaTunnel `AssertExecutor.checkType`, which compares Java classes.
pub(super) fn types_match(rule: &DataType, column: &DataType) -> bool {
    match (rule, column) {
        (DataType::Decimal { scale: rule, .. }, DataType::Decimal { scale: column, .. }) => rule == column,
        (DataType::Array { element: rule }, DataType::Array { element: column }) => types_match(rule, column),
        (DataType::Map { key: rule_key, value: rule }, DataType::Map { key: column_key, value: column }) => {
            types_match(rule_key, column_key) && types_match(rule, column)
        }
        (DataType::Row { fields: rule }, DataType::Row { fields: column }) => {
            rule.len() == column.len()
                && rule.iter().zip(column).all(|(rule, column)| types_match(&rule.data_type, &column.data_type))
        }
        (rule, column) if is_dense(rule) => is_dense(column),
        (rule, column) => rule == column,
    }
}

const fn is_dense(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::BinaryVector | DataType::FloatVector | DataType::Float16Vector | DataType::BFloat16Vector
    )
}

/// A value that a field must have.
pub(super) struct Expected {
    array: ArrayRef,
    /// Every decimal in it has the scale of its type; one that had to be rounded is never equal.
    exact: bool,
}

impl Expected {
    /// Converts the JSON value to the column's type.
    pub(super) fn compile(value: &Value, data_type: &DataType) -> Result<Self> {
        Ok(Self { array: array_from_json(&[Some(value)], data_type)?, exact: is_exact(value, data_type) })
    }

    /// Whether a row's value, which is not null, is equal.
    pub(super) fn equals(&self, array: &ArrayRef, data_type: &DataType, row: usize) -> bool {
        self.exact && values_equal(array, row, &self.array, 0, data_type)
    }
}

fn is_exact(value: &Value, data_type: &DataType) -> bool {
    match (data_type, value) {
        (DataType::Decimal { scale, .. }, Value::String(_) | Value::Number(_)) => {
            let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
            parse_decimal(text.as_bytes()).is_some_and(|(mut unscaled, mut from)| {
                while from > i32::from(*scale) && unscaled % 10 == 0 && unscaled != 0 {
                    unscaled /= 10;
                    from -= 1;
                }
                unscaled == 0 || from <= i32::from(*scale)
            })
        }
        (DataType::Array { element }, Value::Array(items)) => items.iter().all(|item| is_exact(item, element)),
        (DataType::Map { value: item, .. }, Value::Object(members)) => members.values().all(|v| is_exact(v, item)),
        (DataType::Row { fields }, Value::Array(items)) => {
            fields.iter().zip(items).all(|(field, item)| is_exact(item, &field.data_type))
        }
        (DataType::Row { fields }, Value::Object(members)) => {
            fields.iter().all(|field| members.get(&field.name).is_none_or(|item| is_exact(item, &field.data_type)))
        }
        _ => true,
    }
}

/// Whether two values of one type are equal: two nulls are, maps whatever the order of their entries, floats by their bits
/// as `Double.equals` compares them (`NaN` is equal to itself, `0.0` is not `-0.0`).
pub(super) fn values_equal(left: &ArrayRef, l: usize, right: &ArrayRef, r: usize, data_type: &DataType) -> bool {
    if *data_type == DataType::Null {
        return true;
    }
    if left.is_null(l) || right.is_null(r) {
        return left.is_null(l) && right.is_null(r);
    }
    macro_rules! primitive {
        ($type:ty) => {
            left.as_primitive::<$type>().value(l) == right.as_primitive::<$type>().value(r)
        };
    }
    match data_type {
        DataType::Null => true,
        DataType::String => left.as_string::<i32>().value(l) == right.as_string::<i32>().value(r),
        DataType::Boolean => left.as_boolean().value(l) == right.as_boolean().value(r),
        DataType::TinyInt => primitive!(Int8Type),
        DataType::SmallInt => primitive!(Int16Type),
        DataType::Int => primitive!(Int32Type),
        DataType::BigInt => primitive!(Int64Type),
        DataType::Float => {
            let bits = |array: &ArrayRef, row| canonical_f32(array.as_primitive::<Float32Type>().value(row));
            bits(left, l) == bits(right, r)
        }
        DataType::Double => {
            let bits = |array: &ArrayRef, row| canonical_f64(array.as_primitive::<Float64Type>().value(row));
            bits(left, l) == bits(right, r)
        }
        DataType::Decimal { .. } => primitive!(Decimal128Type),
        DataType::Date => primitive!(Date32Type),
        DataType::Time => primitive!(Time64NanosecondType),
        DataType::Timestamp => primitive!(TimestampMicrosecondType),
        DataType::TimestampTz => {
            let parts = |array: &ArrayRef, row| {
                let parts = array.as_struct();
                let instant = parts.column(0).as_primitive::<TimestampMicrosecondType>().value(row);
                (instant, parts.column(1).as_primitive::<Int16Type>().value(row))
            };
            parts(left, l) == parts(right, r)
        }
        DataType::Bytes | DataType::BinaryVector | DataType::Float16Vector | DataType::BFloat16Vector => {
            left.as_binary::<i32>().value(l) == right.as_binary::<i32>().value(r)
        }
        DataType::Array { element } => lists_equal(left, l, right, r, element),
        DataType::FloatVector => lists_equal(left, l, right, r, &DataType::Float),
        DataType::Map { key, value } => maps_equal(left, l, right, r, key, value),
        DataType::SparseFloatVector => maps_equal(left, l, right, r, &DataType::Int, &DataType::Float),
        DataType::Row { fields } => {
            let (left, right) = (left.as_struct(), right.as_struct());
            fields
                .iter()
                .enumerate()
                .all(|(index, field)| values_equal(left.column(index), l, right.column(index), r, &field.data_type))
        }
    }
}

fn canonical_f32(value: f32) -> u32 {
    if value.is_nan() { f32::NAN.to_bits() } else { value.to_bits() }
}

fn canonical_f64(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

fn lists_equal(left: &ArrayRef, l: usize, right: &ArrayRef, r: usize, element: &DataType) -> bool {
    let (left, right) = (left.as_list::<i32>().value(l), right.as_list::<i32>().value(r));
    left.len() == right.len() && (0..left.len()).all(|index| values_equal(&left, index, &right, index, element))
}

fn maps_equal(left: &ArrayRef, l: usize, right: &ArrayRef, r: usize, key: &DataType, value: &DataType) -> bool {
    let (left, right) = (left.as_map().value(l), right.as_map().value(r));
    left.len() == right.len()
        && (0..right.len()).all(|entry| {
            (0..left.len()).any(|other| {
                values_equal(left.column(0), other, right.column(0), entry, key)
                    && values_equal(left.column(1), other, right.column(1), entry, value)
            })
        })
}
