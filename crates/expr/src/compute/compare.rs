//! Comparisons, `IN` and `IS NULL` with two-valued logic: the result of a condition is never null.

use super::convert::to_doubles;
use super::equality::equal_cells;
use super::offset_time::has_offset;
use super::value::Value;
use crate::java::utf16;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Time64NanosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, StringArray};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType as ArrowType;
use millrace_batch::{ErrorCode, KernelError, Result};
use std::cmp::Ordering;
use std::collections::HashSet;

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering == Ordering::Equal,
            Comparison::NotEqual => ordering != Ordering::Equal,
            Comparison::Less => ordering == Ordering::Less,
            Comparison::LessOrEqual => ordering != Ordering::Greater,
            Comparison::Greater => ordering == Ordering::Greater,
            Comparison::GreaterOrEqual => ordering != Ordering::Less,
        }
    }

    fn is_order(self) -> bool {
        !matches!(self, Comparison::Equal | Comparison::NotEqual)
    }
}

/// What values are compared as; values of different classes are never equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Null,
    Number,
    Text,
    Boolean,
    Date,
    Time,
    Timestamp,
    /// A timestamp with an offset; the instant counts.
    Instant,
    Bytes,
    /// Arrays, maps, rows: equal by their elements, without an order.
    Nested,
}

impl Class {
    pub(crate) fn of(data_type: &ArrowType) -> Self {
        match data_type {
            ArrowType::Null => Class::Null,
            ArrowType::Utf8 => Class::Text,
            ArrowType::Boolean => Class::Boolean,
            ArrowType::Date32 => Class::Date,
            ArrowType::Time64(_) => Class::Time,
            ArrowType::Timestamp(_, _) => Class::Timestamp,
            ArrowType::Binary => Class::Bytes,
            other if other.is_numeric() => Class::Number,
            other if has_offset(other) => Class::Instant,
            _ => Class::Nested,
        }
    }

    fn has_order(self) -> bool {
        matches!(self, Class::Number | Class::Text | Class::Date | Class::Time | Class::Timestamp | Class::Instant)
    }

    /// Whether comparing the two cannot fail.
    pub(crate) fn comparable(left: Self, right: Self, comparison: Comparison) -> bool {
        left == Class::Null || right == Class::Null || !comparison.is_order() || (left == right && left.has_order())
    }

    fn java_name(data_type: &ArrowType) -> &'static str {
        match data_type {
            ArrowType::Utf8 => "String",
            ArrowType::Boolean => "Boolean",
            ArrowType::Int8 => "Byte",
            ArrowType::Int16 => "Short",
            ArrowType::Int32 => "Integer",
            ArrowType::Int64 => "Long",
            ArrowType::Float32 => "Float",
            ArrowType::Float64 => "Double",
            ArrowType::Decimal128(_, _) => "BigDecimal",
            ArrowType::Date32 => "LocalDate",
            ArrowType::Time64(_) => "LocalTime",
            ArrowType::Timestamp(_, _) => "LocalDateTime",
            ArrowType::Binary => "byte[]",
            ArrowType::List(_) => "Object[]",
            ArrowType::Map(_, _) => "LinkedHashMap",
            other if has_offset(other) => "OffsetDateTime",
            _ => "SeaTunnelRow",
        }
    }
}

/// Where a value is not null.
pub(crate) fn valid(value: &Value, rows: usize) -> BooleanBuffer {
    if value.array().data_type() == &ArrowType::Null {
        return BooleanBuffer::new_unset(rows);
    }
    if value.is_scalar() {
        return if value.is_null(0) { BooleanBuffer::new_unset(rows) } else { BooleanBuffer::new_set(rows) };
    }
    value.array().nulls().map_or_else(|| BooleanBuffer::new_set(rows), |nulls| nulls.inner().clone())
}

fn has_nulls(value: &Value) -> bool {
    value.array().data_type() == &ArrowType::Null || value.array().null_count() > 0
}

/// Compares row by row.
///
/// # Null
/// A null makes every comparison false, except `<>`, which is true when exactly one side is null.
///
/// # Errors
/// `EXPRESSION_FAILED` at the lowest row where two values without a common order are compared for order.
///
/// # Source
/// SeaTunnel `ZetaSQLFilter`: numbers are compared as doubles, values of different classes are not equal.
pub(crate) fn compare(comparison: Comparison, left: &Value, right: &Value, rows: usize) -> Result<BooleanBuffer> {
    let classes = (Class::of(left.array().data_type()), Class::of(right.array().data_type()));
    let raw = if classes.0 == classes.1 && classes.0 != Class::Null && (classes.0.has_order() || !comparison.is_order())
    {
        compare_values(comparison, classes.0, left, right, rows)?
    } else if classes.0 == Class::Null || classes.1 == Class::Null || !comparison.is_order() {
        if comparison == Comparison::NotEqual { BooleanBuffer::new_set(rows) } else { BooleanBuffer::new_unset(rows) }
    } else {
        let both = &valid(left, rows) & &valid(right, rows);
        if let Some(row) = both.set_indices().next() {
            let (left, right) =
                (Class::java_name(left.array().data_type()), Class::java_name(right.array().data_type()));
            return Err(KernelError::new(
                ErrorCode::ExpressionFailed,
                format!("Filed types not matched, left is: {left}, right is: {right}"),
            )
            .at_row(row));
        }
        BooleanBuffer::new_unset(rows)
    };
    if !has_nulls(left) && !has_nulls(right) {
        return Ok(raw);
    }
    let (a, b) = (valid(left, rows), valid(right, rows));
    let both = &(&a & &b) & &raw;
    Ok(if comparison == Comparison::NotEqual { &both | &(&a ^ &b) } else { both })
}

fn compare_values(
    comparison: Comparison,
    class: Class,
    left: &Value,
    right: &Value,
    rows: usize,
) -> Result<BooleanBuffer> {
    let (a, b) = (left.array(), right.array());
    Ok(match class {
        Class::Number if a.data_type() == &ArrowType::Int32 && b.data_type() == &ArrowType::Int32 => {
            primitives::<Int32Type>(comparison, a.as_primitive(), left, b.as_primitive(), right, rows)
        }
        Class::Number => primitives(comparison, &to_doubles(a)?, left, &to_doubles(b)?, right, rows),
        Class::Date => primitives::<Date32Type>(comparison, a.as_primitive(), left, b.as_primitive(), right, rows),
        Class::Time => {
            primitives::<Time64NanosecondType>(comparison, a.as_primitive(), left, b.as_primitive(), right, rows)
        }
        Class::Timestamp => {
            primitives::<TimestampMicrosecondType>(comparison, a.as_primitive(), left, b.as_primitive(), right, rows)
        }
        Class::Instant => {
            let (a, b) = (a.as_struct().column(0), b.as_struct().column(0));
            primitives::<TimestampMicrosecondType>(comparison, a.as_primitive(), left, b.as_primitive(), right, rows)
        }
        Class::Text => texts(comparison, (a.as_string(), left), (b.as_string(), right), rows),
        Class::Boolean => {
            let (a, b) = (a.as_boolean(), b.as_boolean());
            let wanted = comparison == Comparison::Equal;
            BooleanBuffer::collect_bool(rows, |row| (a.value(left.index(row)) == b.value(right.index(row))) == wanted)
        }
        Class::Bytes => {
            let (a, b) = (a.as_binary::<i32>(), b.as_binary::<i32>());
            let wanted = comparison == Comparison::Equal;
            BooleanBuffer::collect_bool(rows, |row| (a.value(left.index(row)) == b.value(right.index(row))) == wanted)
        }
        Class::Nested | Class::Null => {
            let wanted = comparison == Comparison::Equal;
            BooleanBuffer::collect_bool(rows, |row| {
                equal_cells(a.as_ref(), left.index(row), b.as_ref(), right.index(row)) == wanted
            })
        }
    })
}

fn primitives<T: ArrowPrimitiveType>(
    comparison: Comparison,
    a: &PrimitiveArray<T>,
    left: &Value,
    b: &PrimitiveArray<T>,
    right: &Value,
    rows: usize,
) -> BooleanBuffer
where
    T::Native: PartialOrd,
{
    fn rows_of<N: Copy>(a: (&[N], bool), b: (&[N], bool), rows: usize, holds: impl Fn(N, N) -> bool) -> BooleanBuffer {
        match (a.1, b.1) {
            (false, true) => {
                let (values, single) = (&a.0[..rows], b.0[0]);
                BooleanBuffer::collect_bool(rows, |row| holds(values[row], single))
            }
            (true, false) => {
                let (single, values) = (a.0[0], &b.0[..rows]);
                BooleanBuffer::collect_bool(rows, |row| holds(single, values[row]))
            }
            (false, false) => {
                let (a, b) = (&a.0[..rows], &b.0[..rows]);
                BooleanBuffer::collect_bool(rows, |row| holds(a[row], b[row]))
            }
            (true, true) => {
                let result = holds(a.0[0], b.0[0]);
                BooleanBuffer::collect_bool(rows, |_| result)
            }
        }
    }
    let a = (a.values().as_ref(), left.is_scalar());
    let b = (b.values().as_ref(), right.is_scalar());
    match comparison {
        Comparison::Equal => rows_of(a, b, rows, |a, b| a == b),
        Comparison::NotEqual => rows_of(a, b, rows, |a, b| a != b),
        Comparison::Less => rows_of(a, b, rows, |a, b| a < b),
        Comparison::LessOrEqual => rows_of(a, b, rows, |a, b| a <= b),
        Comparison::Greater => rows_of(a, b, rows, |a, b| a > b),
        Comparison::GreaterOrEqual => rows_of(a, b, rows, |a, b| a >= b),
    }
}

fn texts(
    comparison: Comparison,
    (a, left): (&StringArray, &Value),
    (b, right): (&StringArray, &Value),
    rows: usize,
) -> BooleanBuffer {
    if comparison.is_order() {
        return BooleanBuffer::collect_bool(rows, |row| {
            comparison.holds(utf16::compare(a.value(left.index(row)), b.value(right.index(row))))
        });
    }
    let wanted = comparison == Comparison::Equal;
    if right.is_scalar() && !left.is_scalar() && !right.is_null(0) {
        return equal_to(a, b.value(0).as_bytes(), rows, wanted);
    }
    if left.is_scalar() && !right.is_scalar() && !left.is_null(0) {
        return equal_to(b, a.value(0).as_bytes(), rows, wanted);
    }
    BooleanBuffer::collect_bool(rows, |row| (a.value(left.index(row)) == b.value(right.index(row))) == wanted)
}

fn equal_to(column: &StringArray, wanted: &[u8], rows: usize, result: bool) -> BooleanBuffer {
    let (offsets, values) = (&column.value_offsets()[..=rows], column.value_data());
    BooleanBuffer::collect_bool(rows, |row| {
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        (end - start == wanted.len() && &values[start..end] == wanted) == result
    })
}

/// `left [NOT] IN (items)`.
///
/// # Null
/// Where `left` is null only the first item counts: the result is whether it is null, with and without `NOT`.
/// A null item equals nothing.
///
/// # Errors
/// As [`compare`] with `=`.
pub(crate) fn in_list(left: &Value, negated: bool, items: &[Value], rows: usize) -> Result<BooleanBuffer> {
    let mut found = if let Some(found) = constant_set(left, items, rows)? {
        found
    } else {
        let mut found = BooleanBuffer::new_unset(rows);
        for item in items {
            found = &found | &compare(Comparison::Equal, left, item, rows)?;
        }
        found
    };
    if negated {
        found = !&found;
    }
    if !has_nulls(left) {
        return Ok(found);
    }
    let there = valid(left, rows);
    let first_is_null = items.first().map_or_else(|| BooleanBuffer::new_unset(rows), |first| !&valid(first, rows));
    Ok(&(&there & &found) | &(&(!&there) & &first_is_null))
}

/// Fewer items are compared one by one.
const SET_MINIMUM_ITEMS: usize = 6;

/// Looks constants up in a set, when all of them are of the class of `left`.
fn constant_set(left: &Value, items: &[Value], rows: usize) -> Result<Option<BooleanBuffer>> {
    let class = Class::of(left.array().data_type());
    let uniform =
        items.iter().all(|item| item.is_scalar() && !item.is_null(0) && Class::of(item.array().data_type()) == class);
    if items.len() < SET_MINIMUM_ITEMS || !uniform || left.is_scalar() {
        return Ok(None);
    }
    let found = match class {
        Class::Text => {
            let set: HashSet<&str> = items.iter().map(|item| item.array().as_string::<i32>().value(0)).collect();
            let column = left.array().as_string::<i32>();
            BooleanBuffer::collect_bool(rows, |row| set.contains(column.value(row)))
        }
        Class::Number => {
            // Adding zero makes both zeros one key; NaN equals nothing.
            let mut set = HashSet::with_capacity(items.len());
            for item in items {
                let value = to_doubles(item.array())?.value(0);
                if !value.is_nan() {
                    set.insert((value + 0.0).to_bits());
                }
            }
            let column = to_doubles(left.array())?;
            BooleanBuffer::collect_bool(rows, |row| set.contains(&(column.value(row) + 0.0).to_bits()))
        }
        _ => return Ok(None),
    };
    Ok(Some(&found & &valid(left, rows)))
}
